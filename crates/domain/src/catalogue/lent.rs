//! Keys that the server lends to its own sender: good for one stream, kept in memory alone, in no list, gone with the process.
//!
//! So the test signal comes through the same door as everybody and leaves no trace among the owner's keys.

use crate::caller::Caller;
use crate::id::{KeyId, StreamId};
use crate::secret::{Hash, Kind, Secret};
use crate::slug::Slug;
use crate::stream::Refused;

use super::streams::managed;
use super::{Catalogue, lock};

/// Keys lent at once; each is a sender of the server's own.
const LENT_MAX: usize = 16;

/// A key that was lent.
#[derive(Debug, Clone)]
pub struct Lent {
    /// Its id, as the engine knows a publisher by it.
    pub id: KeyId,
    /// To which stream it publishes.
    pub stream: StreamId,
    /// What the sender sends.
    pub secret: Secret,
}

impl Catalogue {
    /// Lends a key for a stream that the caller may change, until [`Catalogue::take_back`] or the end of the process.
    ///
    /// # Errors
    /// [`Refused::NotFound`] or [`Refused::NotAllowed`] as for a key that stays; [`Refused::TooMany`] past 16 at once.
    pub fn lend_key(&self, caller: &Caller, slug: &Slug) -> Result<Lent, Refused> {
        let stream = managed(&self.rights(), caller, slug, self.now())?.id;
        let random = self.random();
        let lent = Lent {
            id: KeyId::new(&*random),
            stream,
            secret: Secret::generate(Kind::StreamKey, &*random),
        };
        let mut all = lock(&self.inner.lent);
        if all.len() >= LENT_MAX {
            return Err(Refused::TooMany { max: LENT_MAX });
        }
        all.insert(*lent.secret.hash().bytes(), (lent.id, stream));
        Ok(lent)
    }

    /// Ends a lent key: it opens nothing any more. A publisher that came with it is the engine's to close.
    pub fn take_back(&self, id: KeyId) {
        lock(&self.inner.lent).retain(|_, (known, _)| *known != id);
    }

    /// The lent key with this hash.
    pub(super) fn lent(&self, hash: Hash) -> Option<(KeyId, StreamId)> {
        lock(&self.inner.lent).get(hash.bytes()).copied()
    }
}

//! Keys that are lent instead of given: good for one stream, kept in memory alone, in no list, gone with the process.
//!
//! The server lends them to its own sender, so that the test signal comes through the same door as everybody and leaves no trace among
//! the owner's keys; and to a page of a login that goes live from its browser. The latter ends with the login, when its user may not
//! change the stream any more, after a day, and when four newer ones were lent for the stream; whoever sends with it is cut off then.

use std::time::Duration;

use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::id::{KeyId, LoginId, StreamId};
use crate::secret::{Hash, Kind, Secret};
use crate::slug::Slug;
use crate::stream::Refused;

use super::rights::Rights;
use super::streams::managed;
use super::{Catalogue, Ended, Inner, lock};

/// Keys lent at once to senders of the server's own.
const OWN_MAX: usize = 16;
/// Keys lent at once to pages for one stream: a few tabs and devices of those who may change it.
const TO_PAGES_MAX: usize = 4;
/// Keys lent at once to pages for all streams.
const TO_ALL_PAGES_MAX: usize = 1_024;
/// How long a page may begin to send with the key that it was lent; then it asks for another.
const TO_PAGE: Duration = Duration::from_secs(24 * 3600);

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

/// A key that is out.
pub(super) struct Loan {
    id: KeyId,
    stream: StreamId,
    /// The page that has it; `None` for a sender of the server's own.
    page: Option<Page>,
}

struct Page {
    login: LoginId,
    caller: Caller,
    slug: Slug,
    lent: Time,
}

impl Loan {
    fn is_of(&self, login: LoginId) -> bool {
        self.page.as_ref().is_some_and(|page| page.login == login)
    }

    /// Whether it still opens anything.
    fn holds(&self, rights: &Rights, now: Time) -> bool {
        self.page.as_ref().is_none_or(|page| {
            now.since(page.lent) < TO_PAGE
                && managed(rights, &page.caller, &page.slug, now)
                    .is_ok_and(|stream| stream.id == self.stream)
        })
    }
}

impl Catalogue {
    /// Lends a key for a stream that the caller may change, until [`Catalogue::take_back`] or the end of the process.
    ///
    /// # Errors
    /// [`Refused::NotFound`] or [`Refused::NotAllowed`] as for a key that stays; [`Refused::TooMany`] past 16 at once.
    pub fn lend_key(&self, caller: &Caller, slug: &Slug) -> Result<Lent, Refused> {
        let stream = managed(&self.rights(), caller, slug, self.now())?.id;
        let mut all = lock(&self.inner.lent);
        if all.values().filter(|loan| loan.page.is_none()).count() >= OWN_MAX {
            return Err(Refused::TooMany { max: OWN_MAX });
        }
        let lent = self.generate(stream);
        let loan = Loan {
            id: lent.id,
            stream,
            page: None,
        };
        all.insert(*lent.secret.hash().bytes(), loan);
        Ok(lent)
    }

    /// Lends a key to a page of the caller's login, for a stream that they may change. It ends by itself.
    ///
    /// # Errors
    /// [`Refused::NotFound`] or [`Refused::NotAllowed`] as for a key that stays, also without a login; [`Refused::TooMany`] past
    /// 1,024 for all streams.
    pub fn lend_key_to_page(&self, caller: &Caller, slug: &Slug) -> Result<Lent, Refused> {
        let now = self.now();
        let stream = managed(&self.rights(), caller, slug, now)?.id;
        let Subject::Login { login, .. } = caller.subject else {
            return Err(Refused::NotAllowed);
        };
        self.end_void_loans();
        let lent = self.generate(stream);
        let displaced = {
            let mut all = lock(&self.inner.lent);
            let mut of_stream: Vec<_> = all
                .iter()
                .filter(|(_, loan)| loan.stream == stream)
                .filter_map(|(hash, loan)| Some((loan.page.as_ref()?.lent, *hash)))
                .collect();
            of_stream.sort_unstable();
            let surplus = (of_stream.len() + 1).saturating_sub(TO_PAGES_MAX);
            let to_pages = all.values().filter(|loan| loan.page.is_some()).count();
            if to_pages - surplus >= TO_ALL_PAGES_MAX {
                return Err(Refused::TooMany {
                    max: TO_ALL_PAGES_MAX,
                });
            }
            let displaced: Vec<KeyId> = of_stream
                .iter()
                .take(surplus)
                .filter_map(|(_, hash)| Some(all.remove(hash)?.id))
                .collect();
            let page = Page {
                login,
                caller: caller.clone(),
                slug: slug.clone(),
                lent: now,
            };
            let loan = Loan {
                id: lent.id,
                stream,
                page: Some(page),
            };
            all.insert(*lent.secret.hash().bytes(), loan);
            displaced
        };
        self.inner.tell(displaced.into_iter().map(Ended::Key));
        Ok(lent)
    }

    /// Ends a lent key: it opens nothing any more. A publisher that came with it is the engine's to close.
    pub fn take_back(&self, id: KeyId) {
        lock(&self.inner.lent).retain(|_, loan| loan.id != id);
    }

    /// Ends what pages were lent and does not hold any more.
    pub(super) fn end_void_loans(&self) {
        let now = self.now();
        let mut ended = Vec::new();
        {
            let rights = self.rights();
            lock(&self.inner.lent).retain(|_, loan| {
                let holds = loan.holds(&rights, now);
                if !holds {
                    ended.push(Ended::Key(loan.id));
                }
                holds
            });
        }
        self.inner.tell(ended);
    }

    fn generate(&self, stream: StreamId) -> Lent {
        let random = self.random();
        Lent {
            id: KeyId::new(&*random),
            stream,
            secret: Secret::generate(Kind::StreamKey, &*random),
        }
    }

    /// The lent key with this hash.
    pub(super) fn lent(&self, rights: &Rights, hash: Hash, now: Time) -> Option<(KeyId, StreamId)> {
        let all = lock(&self.inner.lent);
        let loan = all.get(hash.bytes())?;
        loan.holds(rights, now).then_some((loan.id, loan.stream))
    }
}

impl Inner {
    /// Ends the keys that pages of a login were lent.
    pub(super) fn end_loans_of(&self, login: LoginId) -> Vec<Ended> {
        let mut ended = Vec::new();
        lock(&self.lent).retain(|_, loan| {
            let is_of = loan.is_of(login);
            if is_of {
                ended.push(Ended::Key(loan.id));
            }
            !is_of
        });
        ended
    }
}

//! The port Gatekeeper: the one place that decides who may publish and who may watch, whatever the protocol.
//!
//! It answers from memory, without waiting: rights are loaded at start and kept with every change, never queried.

use std::sync::Arc;

use crate::clock::Time;
use crate::grant::Granted;
use crate::id::StreamId;
use crate::item::Space;
use crate::slug::Slug;
use crate::{publish, view};

/// Leave to watch one item, carried as a token.
#[derive(Debug, Clone)]
pub struct Leave {
    /// The token; plain characters of base64url. Never log it.
    pub token: Arc<str>,
    /// When it ends by itself.
    pub ends: Time,
    /// Which item and to whom.
    pub granted: Granted,
}

impl Leave {
    /// Whether anyone may have this token, so that shared caches may keep what lies below it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.granted.is_everybodys()
    }
}

/// Decides who may publish and who may watch.
pub trait Gatekeeper: Send + Sync {
    /// Whether the attempt may publish, and to which stream.
    ///
    /// # Errors
    /// [`publish::Refused`] says why not and what to do.
    fn admit_publish(
        &self,
        attempt: &publish::Attempt<'_>,
    ) -> Result<publish::Admitted, publish::Refused>;

    /// Whether somebody may see what has this name, as a token for all its pieces. With an access code it may take one of the code's places.
    ///
    /// # Errors
    /// [`view::Refused`]; what is not allowed and what does not exist are alike.
    fn admit_view(
        &self,
        asking: &view::Asking<'_>,
        space: Space,
        slug: &Slug,
    ) -> Result<Leave, view::Refused>;

    /// Whether the token opens what has this name now; the hot path, one look-up once a token is known.
    ///
    /// # Errors
    /// [`view::Refused::NotFound`], whatever is wrong with it; [`view::Unopened::Full`] where it holds and all places of its code are taken.
    fn check(
        &self,
        space: Space,
        slug: &str,
        token: &str,
        purpose: view::Purpose,
    ) -> Result<Granted, view::Refused>;

    /// The stream that a refused attempt is about, so that its owner reads of it: the last one that the path names, unless that is
    /// `live` or somebody else's than the key's; then that of the key, also where it was revoked. Most encoders send `live` and a
    /// key, and a mistyped key names nothing.
    fn stream_about(&self, attempt: &publish::Attempt<'_>) -> Option<Slug>;

    /// The stream with this slug, whoever asks; for what is kept about streams, never for an answer to a stranger.
    fn stream_named(&self, slug: &Slug) -> Option<StreamId>;
}

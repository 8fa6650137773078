//! The port TestSignal: the server's own sender, started and stopped from the page of a stream.
//!
//! Whoever stands behind it publishes with a lent key through the same door as everybody. It ends by itself after an hour, when
//! its stream ends it, and with the process; its key is taken back whenever it ends.

use domain::{catalogue::Lent, slug::Slug};

/// Sends a moving picture with a clock and a tone.
pub trait TestSignal: Send + Sync {
    /// Whether it is sent to this stream now.
    fn runs(&self, slug: &Slug) -> bool;

    /// Begins to send to this stream with this key; nothing more where it is sent already.
    ///
    /// # Errors
    /// [`Refused`]; the key is not used then, and is the caller's to take back.
    fn start(&self, slug: &Slug, key: Lent) -> Result<(), Refused>;

    /// Stops sending to this stream, and takes the key back.
    fn stop(&self, slug: &Slug);
}

/// Why the test signal did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no door to send it through.
    #[error("RTMP is switched off")]
    NoDoor,
    /// It runs on as many streams as it may.
    #[error("the test signal runs on {max} streams already")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// It is sent to this stream already.
    #[error("the test signal runs on this stream already")]
    Running,
}

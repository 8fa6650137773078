//! Low-latency HLS, from frames to answers, without I/O: time, frames and requests come in as arguments.
//!
//! | what | specification |
//! |---|---|
//! | playlists, parts, delivery directives | draft-ietf-hls-rfc8216bis-22 (RFC 8216bis), protocol version 9 |
//! | delivery profile, cache lifetimes | the same, appendix B.1 |
//! | fragments | ISO/IEC 14496-12 and CMAF, ISO/IEC 23000-19 (crate `media`) |
//! | `CODECS` | RFC 6381 |
//!
//! A [`Packager`] cuts frames into parts and segments and says so in [`Output`]s; a [`Window`] keeps what exists and
//! answers [`Request`]s from it. Neither has a clock, a task or a lock; every buffer has a bound in [`Settings`].

use std::time::Duration;

mod body;
pub mod check;
pub mod name;
pub mod packager;
mod playlist;
pub mod read;
mod settings;
pub mod window;

pub use body::{Body, Chunk};
pub use packager::{Output, Packager, Resume};
pub use settings::Settings;
pub use window::{Answer, Kind, Reply, Request, Window};

/// The two clocks of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since an arbitrary start, the same for all calls; never backwards.
    pub mono: Duration,
    /// Unix time in ms; may step.
    pub wall_ms: i64,
}

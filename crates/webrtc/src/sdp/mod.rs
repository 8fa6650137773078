//! Session descriptions: what a client offers ([`offer`]) and what it is answered ([`answer`]), for one picture and one sound over
//! one bundled transport (RFC 8829, RFC 8843, RFC 9725).

pub mod answer;
pub mod fragment;
pub mod offer;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Carrier, Local, Sent, Wish, answer, candidate};
pub(crate) use answer::{colons, profile_of, repair_of, write_candidates};
pub use fragment::Fragment;
pub(crate) use offer::{Direction, Payload, Section, Setup};
pub use offer::{Error, Offer};

/// Pictures or sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

impl MediaKind {
    /// Its word in an `m=` line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

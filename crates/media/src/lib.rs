//! Media as the whole program sees it: [`Timestamp`], [`Track`], [`Frame`], the configuration of each codec and fragmented MP4.
//!
//! No I/O, no clock, no protocol. Everything that parses bytes from outside answers with an error, never with a panic.

pub mod aac;
pub mod fmp4;
pub mod h264;

mod frame;
mod time;
mod track;

pub use frame::Frame;
pub use time::Timestamp;
pub use track::{Codec, Kind, Track, TrackId};

//! Media as the whole program sees it: [`Timestamp`], [`Track`], [`Frame`], the configuration of each codec,
//! sound from one codec into another, and fragmented MP4.
//!
//! No I/O, no clock, no protocol. Everything that parses bytes from outside answers with an error, never with a panic.
//!
//! | what | specification |
//! |---|---|
//! | [`h264`] | ITU-T H.264 (08/2021), ISO/IEC 14496-15:2022 |
//! | [`aac`] | ISO/IEC 14496-3:2019 |
//! | [`opus`] | RFC 6716, RFC 7845, RFC 7587, Encapsulation of Opus in ISO Base Media File Format 0.8.1 |
//! | [`audio`] | AAC to Opus and back; ITU-R BS.775-4 (downmix) |
//! | [`fmp4`] | ISO/IEC 14496-12:2022, 14496-14:2020, 23000-19:2024 (CMAF) |
//! | codec names | RFC 6381 |

pub mod aac;
pub mod audio;
pub mod fmp4;
pub mod h264;
pub mod opus;

mod bits;
mod frame;
mod time;
mod track;

pub use frame::Frame;
pub use time::Timestamp;
pub use track::{Codec, Kind, Track, TrackId};

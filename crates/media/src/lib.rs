//! Media as the whole program sees it: [`Timestamp`], [`Track`], [`Frame`], the configuration of each codec,
//! sound from one codec into another, fragmented MP4, and MP4 files taken apart.
//!
//! No I/O, no clock, no protocol. Everything that parses bytes from outside answers with an error, never with a panic.
//!
//! | what | specification |
//! |---|---|
//! | [`h264`] | ITU-T H.264 (08/2021), ISO/IEC 14496-15:2022 |
//! | [`h265`] | ITU-T H.265 (08/2021), ISO/IEC 14496-15:2022 |
//! | [`av1`] | AV1 bitstream specification, AV1 ISO Media File Format Binding 1.2.0 |
//! | [`aac`] | ISO/IEC 14496-3:2019 |
//! | [`opus`] | RFC 6716, RFC 7845, RFC 7587, Encapsulation of Opus in ISO Base Media File Format 0.8.1 |
//! | [`audio`] | AAC to Opus and back; ITU-R BS.775-4 (downmix) |
//! | [`fmp4`] | ISO/IEC 14496-12:2022, 14496-14:2020, 23000-19:2024 (CMAF) |
//! | [`mp4`] | the same, and the QuickTime File Format, as files that people bring |
//! | codec names | RFC 6381 |

pub mod aac;
pub mod audio;
pub mod av1;
pub mod fmp4;
pub mod h264;
pub mod h265;
pub mod mp4;
pub mod opus;

mod bits;
mod frame;
mod time;
mod track;

pub use frame::Frame;
pub use time::Timestamp;
pub use track::{Codec, Kind, Track, TrackId};

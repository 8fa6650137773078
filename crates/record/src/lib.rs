//! Stored media: an index of segments, files packaged into them, and what is played from an index.
//!
//! A stored item is one append-only file (initialisation segment, then segments of fragmented MP4) and its [`Index`].
//! [`package::Packager`] makes both from samples, [`vod`] makes playlists and byte ranges from the index alone. No I/O, no clock:
//! whoever runs this reads, writes and serves. RFC 8216bis (HLS), ISO/IEC 14496-12 and 23000-19 by way of [`media::fmp4`].

pub mod index;
pub mod package;
pub mod vod;

mod checksum;

pub use index::{Index, Segment};

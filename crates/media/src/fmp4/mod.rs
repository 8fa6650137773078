//! Fragmented MP4 (ISO/IEC 14496-12, CMAF ISO/IEC 23000-19): written for delivery, read back for checks.
//!
//! [`init`] and [`fragment_head`] write what players get; the media bytes themselves are never copied here, they follow the
//! head as they are. [`read`] is a bounded reader for checks and recordings. No sample groups, no encryption, and of edit lists the one
//! entry that says where presentation begins: delivery needs no more.

mod fragment;
mod init;
pub mod read;

pub use fragment::{SEGMENT_TYPE, fragment_head, fragment_head_len};
pub use init::{LANGUAGE_UNDETERMINED, TrackHeader, UNITY, init, init_of};

/// One frame as a `trun` describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Ticks of the track's timescale.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// `pts - dts` in ticks of the track's timescale; may be negative (`trun` version 1).
    pub composition_offset: i32,
    /// A sync sample.
    pub key: bool,
}

/// The consecutive frames of one track in a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// Which track; `track_ID` in the file is its number plus 1.
    pub track: crate::TrackId,
    /// Decode time of the first frame, in ticks of the track's timescale (`tfdt` version 1).
    pub base_decode_time: u64,
    /// In decode order; their bytes follow in `mdat` in the order of runs and samples.
    pub samples: &'a [Sample],
}

/// `sample_depends_on` 2, nothing else: a sync sample (ISO/IEC 14496-12, 8.8.3.1).
pub const FLAGS_KEY: u32 = 0x0200_0000;
/// `sample_depends_on` 1 and `sample_is_non_sync_sample`.
pub const FLAGS_DELTA: u32 = 0x0101_0000;
/// `sample_is_non_sync_sample`, the bit that tells the two apart.
pub const FLAG_NON_SYNC: u32 = 0x0001_0000;

const fn track_id(track: crate::TrackId) -> u32 {
    track.0 as u32 + 1
}

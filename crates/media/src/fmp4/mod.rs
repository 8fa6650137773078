//! Fragmented MP4 (ISO/IEC 14496-12, CMAF ISO/IEC 23000-19): written for delivery, read back for checks.

use bytes::Bytes;

use crate::Track;

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

/// `ftyp` and `moov` for these tracks: the initialisation segment of CMAF.
pub fn init(_tracks: &[Track]) -> Bytes {
    Bytes::new()
}

/// `moof` and the header of `mdat`: the head of one fragment, to be followed by the samples' bytes.
pub fn fragment_head(_sequence: u32, _runs: &[Run<'_>]) -> Bytes {
    Bytes::new()
}

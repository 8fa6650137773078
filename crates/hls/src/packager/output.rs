//! What a packager says: the events that a window is made of.

use media::Track;

use super::Timing;
use crate::Body;

/// One step of a presentation, in the order in which a window must apply them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A media playlist begins; its promises hold until it ends.
    Epoch(Epoch),
    /// An initialisation segment that the segments begun after it refer to.
    Init(Init),
    /// A segment begins; its tags stand before its first part.
    SegmentBegun(SegmentBegun),
    /// A part of the segment begun last is complete.
    Part(Part),
    /// The segment begun last is complete; what a restart needs is new too.
    SegmentDone(SegmentDone),
    /// The epoch is over for good: `EXT-X-ENDLIST`.
    Ended,
}

/// A media playlist's identity and promises, fixed for its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Prefix of all its names; never used twice for a stream.
    pub number: u32,
    /// First `EXT-X-MEDIA-SEQUENCE`.
    pub first_msn: u64,
    /// First `EXT-X-DISCONTINUITY-SEQUENCE`.
    pub discontinuity_sequence: u64,
    /// `EXT-X-TARGETDURATION` in seconds.
    pub target_duration_s: u32,
    /// `PART-TARGET` in microseconds.
    pub part_target_us: u64,
    /// What the part target was derived from, saved to judge whether a returning publisher fits.
    pub timing: Timing,
}

/// An initialisation segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// Number within the epoch, from 0.
    pub number: u32,
    /// `ftyp` and `moov`.
    pub body: Body,
    /// The tracks it describes.
    pub tracks: Vec<Track>,
}

/// A segment's tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentBegun {
    /// Media sequence number.
    pub msn: u64,
    /// `EXT-X-PROGRAM-DATE-TIME` of its first frame, Unix ms.
    pub date_ms: i64,
    /// Formats, tracks or time line change here.
    pub discontinuity: bool,
    /// The initialisation segment its media needs.
    pub init: u32,
    /// It carries no media (`EXT-X-GAP`); all its parts are gaps.
    pub gap: bool,
}

/// A part that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Segment it belongs to.
    pub msn: u64,
    /// Index within the segment, from 0.
    pub index: u32,
    /// Microseconds of the time line it covers.
    pub duration_us: u64,
    /// Decoding can begin in it.
    pub independent: bool,
    /// It carries no media.
    pub gap: bool,
    /// `moof` and `mdat`.
    pub body: Body,
}

/// A segment that is complete; its bytes are those of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentDone {
    /// Media sequence number.
    pub msn: u64,
    /// Microseconds: the sum of its parts.
    pub duration_us: u64,
}

/// What outlives a restart of the server: enough to go on under the same address without breaking a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Number of the epoch.
    pub epoch: u32,
    /// First media sequence number that was not complete.
    pub next_msn: u64,
    /// Discontinuities before `next_msn`, since the epoch began.
    pub discontinuity_sequence: u64,
    /// First number no initialisation segment had.
    pub next_init: u32,
    /// Promise: `EXT-X-TARGETDURATION`, seconds.
    pub target_duration_s: u32,
    /// Promise: `PART-TARGET`, microseconds.
    pub part_target_us: u64,
    /// What the part target rests on.
    pub timing: Timing,
    /// Pictures were among the tracks.
    pub video: bool,
    /// Sound was among the tracks.
    pub audio: bool,
    /// The epoch has ended: only its number counts.
    pub ended: bool,
}

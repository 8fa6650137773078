//! A segment as the window keeps it.

use std::time::Duration;

use crate::Body;
use crate::packager::{SegmentBegun, SegmentDone};
use crate::playlist;

/// A part's bytes; none where it is a gap.
#[derive(Debug)]
pub(super) struct KeptPart {
    pub body: Body,
    pub gap: bool,
}

/// One segment, complete or being filled, and its lines in playlists.
#[derive(Debug)]
pub(super) struct Segment {
    pub begun: SegmentBegun,
    /// Once it is complete.
    pub done: Option<SegmentDone>,
    pub body: Body,
    /// Number of its first part.
    pub first_part: u64,
    pub parts: Vec<KeptPart>,
    /// Number of parts, also once their bytes have gone.
    pub part_count: usize,
    pub parts_us: u64,
    pub bytes: usize,
    /// Playlist lines: before the parts, the parts, after them.
    pub head: String,
    pub part_lines: String,
    pub tail: String,
    pub with_map: bool,
    /// Monotonic time at which it was first listed whole.
    pub listed: Duration,
}

impl Segment {
    /// A segment without parts. `with_map` where its map differs from the segment before.
    pub(super) fn new(epoch: u32, begun: SegmentBegun, first_part: u64, with_map: bool) -> Self {
        let mut head = String::with_capacity(160);
        playlist::segment_head(&mut head, epoch, &begun, with_map);
        Self {
            begun,
            done: None,
            body: Body::default(),
            first_part,
            parts: Vec::new(),
            part_count: 0,
            parts_us: 0,
            bytes: 0,
            head,
            part_lines: String::new(),
            tail: String::new(),
            with_map,
            listed: Duration::ZERO,
        }
    }
}

//! What an operator may choose, and every bound of this crate by name.

/// Cuts, promises and bounds. The defaults suit 200 ms parts and a few viewers seconds behind the live edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Wished length of a part in ms; the part target is the whole number of frames nearest to it.
    pub part_ms: u32,
    /// Part target in ms where the frame rate is not constant: wide enough that one frame is less than 15 % of it.
    pub variable_part_ms: u32,
    /// A segment ends at the first key frame after this many ms.
    pub segment_ms: u32,
    /// `EXT-X-TARGETDURATION` in whole seconds, at least 1; a segment is cut without a key frame rather than exceed it.
    pub target_duration_s: u32,
    /// Wished length of the playlist in seconds; never under `CAN-SKIP-UNTIL` plus a segment unless bytes run out.
    pub window_s: u32,
    /// Bytes of media one epoch keeps; over it the window shrinks, down to three target durations.
    pub window_bytes_max: usize,
    /// How long the first frames wait for a second track or for enough frames to know the frame rate, in ms.
    pub gather_ms: u32,
    /// How long a run waits for a first key frame before it begins without one, in ms.
    pub key_wait_ms: u32,
    /// A connected publisher that sends nothing for this long is bridged with gaps, in ms.
    pub stall_ms: u32,
    /// A step of the time stamps beyond this begins a new time line, in ms.
    pub jump_ms: u32,
    /// Sound and picture further apart than this are brought together by arrival, in ms.
    pub skew_ms: u32,
    /// Frames one part may hold; more begin the next part early. Bounds the head of a part.
    pub part_frames_max: usize,
    /// Bytes one part may hold; more begin the next part early. Bounds a part request.
    pub part_bytes_max: usize,
    /// Bytes of one frame; larger frames are dropped and counted.
    pub frame_bytes_max: usize,
    /// Frames held while tracks and frame rate are not yet known; the oldest go first.
    pub gather_frames_max: usize,
    /// Numbers skipped after a restart, so that no name sent before it can come again with other bytes.
    pub resume_margin: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            part_ms: 200,
            variable_part_ms: 500,
            segment_ms: 1000,
            target_duration_s: 4,
            window_s: 36,
            window_bytes_max: 96 << 20,
            gather_ms: 400,
            key_wait_ms: 3000,
            stall_ms: 1000,
            jump_ms: 2000,
            skew_ms: 1000,
            part_frames_max: 512,
            part_bytes_max: 8 << 20,
            frame_bytes_max: 8 << 20,
            gather_frames_max: 2048,
            resume_margin: 2,
        }
    }
}

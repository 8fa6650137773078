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
    /// Frames of one track that a part may hold; more are dropped. Bounds the head of a part against absurd frame rates.
    pub part_frames_max: usize,
    /// Bytes one part may hold; frames beyond are dropped. With the part target it bounds the bit rate.
    pub part_bytes_max: usize,
    /// Bytes of one frame; larger frames are dropped and counted.
    pub frame_bytes_max: usize,
    /// Frames held while tracks and frame rate are not yet known; when full, what is known must do.
    pub gather_frames_max: usize,
    /// Bytes held meanwhile; when full, what is known must do.
    pub gather_bytes_max: usize,
    /// Length in ms after which an epoch's first segment ends even without a key frame: a playlist must hold a whole
    /// segment before players take it, and viewers must not wait for a long group of pictures.
    pub first_segment_ms: u32,
    /// Numbers skipped after a restart, so that no name sent before it can come again with other bytes.
    pub resume_margin: u64,
}

impl Settings {
    /// The same with every value within what the rest of the crate relies on.
    pub(crate) fn clamped(mut self) -> Self {
        self.target_duration_s = self.target_duration_s.clamp(1, 60);
        let target_ms = self.target_duration_s * 1000;
        self.part_ms = self.part_ms.clamp(50, target_ms / 2);
        self.variable_part_ms = self.variable_part_ms.clamp(self.part_ms, target_ms);
        self.segment_ms = self.segment_ms.clamp(self.part_ms, target_ms);
        self.first_segment_ms = self.first_segment_ms.clamp(self.part_ms, target_ms);
        self.window_s = self.window_s.clamp(3 * self.target_duration_s, 24 * 3600);
        self.jump_ms = self.jump_ms.clamp(250, 10_000);
        self.part_frames_max = self.part_frames_max.max(1);
        self.gather_frames_max = self.gather_frames_max.max(16);
        self
    }

    /// `EXT-X-TARGETDURATION` in microseconds.
    pub(crate) fn target_us(&self) -> u64 {
        u64::from(self.target_duration_s) * 1_000_000
    }
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
            gather_bytes_max: 16 << 20,
            first_segment_ms: 400,
            resume_margin: 2,
        }
    }
}

//! Where a broadcast begins to be unwell: every threshold with its reason. The guide for streamers repeats them.
//!
//! Two times stand beside each: how long it must be so before it is said, and how long it must be over before it is taken back,
//! so that nothing flickers on a page.

use std::time::Duration;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A code with its unit and its two times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    pub(crate) unit: &'static str,
    /// Raised once it was found at every look for this long.
    pub(crate) raise_after: Duration,
    /// Taken back once it was found at no look for this long.
    pub(crate) drop_after: Duration,
}

const fn kind(code: &'static str, unit: &'static str, raise_s: u64, drop_s: u64) -> Kind {
    Kind {
        code,
        unit,
        raise_after: s(raise_s),
        drop_after: s(drop_s),
    }
}

pub(crate) const KEY_FRAMES_FAR_APART: Kind = kind("key_frames_far_apart", "s", 0, 10);
pub(crate) const B_FRAMES: Kind = kind("b_frames", "ms", 2, 5);
pub(crate) const NO_SOUND: Kind = kind("no_sound", "s", 0, 2);
pub(crate) const SILENT_SOUND: Kind = kind("silent_sound", "s", 0, 3);
pub(crate) const VARIABLE_FRAME_RATE: Kind = kind("variable_frame_rate", "percent", 5, 10);
pub(crate) const BIT_RATE_OVER_TOLD: Kind = kind("bit_rate_over_told", "bits_per_second", 5, 10);
/// Stands for a minute after the last jump, by its own count.
pub(crate) const TIMESTAMPS_JUMP: Kind = kind("timestamps_jump", "ms", 0, 0);
pub(crate) const AUDIO_VIDEO_DRIFT: Kind = kind("audio_video_drift", "ms", 5, 10);
pub(crate) const FRAMES_LATE: Kind = kind("frames_late", "ms", 3, 10);
pub(crate) const FRAMES_LOST: Kind = kind("frames_lost", "frames_per_minute", 0, 10);

/// Two seconds between key frames, which every guide and the live platforms ask for.
pub(crate) const KEY_FRAMES_EXPECTED_S: f64 = 2.0;
/// 2 s, and room for encoders that place key frames by scene or count frames of another rate.
pub(crate) const KEY_FRAMES_FAR_US: i64 = 2_500_000;
/// One interval this long says it alone, even while it still grows; a shorter one may be a single dropped key frame.
pub(crate) const KEY_FRAMES_FAR_AT_ONCE_US: i64 = 2 * KEY_FRAMES_FAR_US;

/// Composition offsets differ by more than the rounding of whole milliseconds: pictures are reordered.
pub(crate) const REORDER_US_MIN: i64 = 2_000;

/// Sound is a little later than pictures in some encoders; five seconds is none of them.
pub(crate) const NO_SOUND_AFTER: Duration = s(5);
/// Pictures must have come within this time for their sound to be missed.
pub(crate) const COMES_STILL: Duration = s(2);
/// A pause between two songs is shorter; a muted source is not.
pub(crate) const SILENT_US: i64 = 10_000_000;

/// How far back the cadence of pictures is judged, microseconds.
pub(crate) const CADENCE_US: u64 = 10_000_000;
/// Fewer intervals than this say nothing about a cadence.
pub(crate) const CADENCE_INTERVALS_MIN: usize = 20;
/// An interval is off beyond a fifth of the usual one.
pub(crate) const OFF_DIVISOR: u32 = 5;
/// And beyond the rounding of both its ends to whole milliseconds, microseconds.
pub(crate) const OFF_ROUNDING_US: u32 = 1_000;
/// More than a fifth of the intervals off is no constant rate with losses any more.
pub(crate) const OFF_PERCENT_MAX: f64 = 20.0;

/// One picture in six seconds: fewer nobody sees.
pub(crate) const LOST_PER_MINUTE: u32 = 10;
/// One picture in twenty missing: movement stutters all the time.
pub(crate) const LOST_SHARE_PROBLEM: f64 = 0.05;

/// Encoders overshoot what they were set to for some seconds; a third more over ten seconds is another setting.
pub(crate) const OVER_TOLD: f64 = 1.3;
/// Seconds over which it is measured.
pub(crate) const TOLD_SECONDS: usize = 10;
/// Of which so many must have come, in media time, microseconds.
pub(crate) const TOLD_US_MIN: i64 = 8_000_000;

/// Timestamps of a track that go back further are no rounding and no reordering, microseconds.
pub(crate) const JUMP_BACK_US: i64 = 100_000;
/// Timestamps that run ahead of all that came before by more in one step, microseconds. A gap that time has really passed for
/// is not ahead.
pub(crate) const JUMP_AHEAD_US: i64 = 500_000;
/// Both tracks jump at about the same time: one jump.
pub(crate) const JUMP_SAME: Duration = s(2);
/// More jumps than this in a minute is a broken source, not an accident.
pub(crate) const JUMPS_PROBLEM: u32 = 5;

/// Half a second later than the best so far: more than the jitter of a network, about what a low-latency player holds.
pub(crate) const LATE_US: i64 = 500_000;
/// Beyond what players hold: they stand still.
pub(crate) const LATE_PROBLEM_US: i64 = 2_000_000;
/// The best so far is forgotten at this rate, microseconds a second: more than any two clocks drift apart (0.1), less than an
/// uplink loses that is too slow.
pub(crate) const LATE_FORGET_US: i64 = 2_000;

/// Beyond ±185 ms, where ITU-R BT.1359 has sound and picture no longer acceptable, and beyond what interleaving moves.
pub(crate) const DRIFT_US: i64 = 200_000;
/// From here on everybody sees it.
pub(crate) const DRIFT_PROBLEM_US: i64 = 500_000;
/// A hole in the sound: frames are missing, which is no drift; it is measured anew, microseconds.
pub(crate) const DRIFT_HOLE_US: i64 = 100_000;
/// Seconds left out after a begin, when encoders fill their queues.
pub(crate) const DRIFT_SETTLE_S: u32 = 3;
/// Seconds whose mean is where drift is counted from.
pub(crate) const DRIFT_BASE_S: u32 = 10;
/// Sound older than this is not compared with a picture that comes now.
pub(crate) const DRIFT_FRESH: Duration = Duration::from_millis(500);

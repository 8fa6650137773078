//! Where a frame lies on the time line: sound is counted, and stamps correct the count only where they must.
//!
//! RTMP rounds stamps to milliseconds and encoders write them with some jitter, while sound itself is as even as its samples. So
//! frames follow each other by their lengths, and a stamp is heeded in three cases: it is a whole frame or more ahead (frames were
//! lost), it stays off to one side (the encoder's clock and its samples part), or it is far off (another time line).

use crate::Timestamp;

/// Frames in a row that must be off to one side before the line is moved: some 170 ms at 48 kHz, well below what is noticed.
const LEANING_FRAMES: u32 = 8;

/// What is done with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It begins a new time line at this position, in ticks.
    Anew(i64),
    /// It follows what came before at this position, in ticks.
    On {
        /// Where it begins, behind the gap.
        position: i64,
        /// Ticks of silence that come before it.
        gap: i64,
        /// Ticks of it that overlap with what came before and are left out; up to its whole length.
        late: i64,
    },
}

/// Counts the ticks of one track.
#[derive(Debug)]
pub(super) struct Line {
    rate: i64,
    next: Option<i64>,
    /// Least distance of the frames that are off to one side, and how many there are.
    leaning: (i64, u32),
}

impl Line {
    /// A line of `rate` ticks a second.
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate: i64::from(rate.max(1)),
            next: None,
            leaning: (0, 0),
        }
    }

    /// What comes next begins a new time line.
    pub(super) fn end(&mut self) {
        self.next = None;
        self.leaning = (0, 0);
    }

    /// Places a frame of `length` ticks.
    pub(super) fn place(&mut self, pts: Timestamp, length: u32) -> Place {
        let length = i64::from(length);
        let rate = u32::try_from(self.rate).unwrap_or(u32::MAX);
        let stamped = pts.to_scale(rate);
        let jump = self.rate;
        let near = self
            .next
            .filter(|next| stamped.saturating_sub(*next).saturating_abs() <= jump);
        let Some(next) = near else {
            self.leaning = (0, 0);
            self.next = Some(stamped.saturating_add(length));
            return Place::Anew(stamped);
        };
        let shift = self.shift(stamped - next, length);
        let position = next.saturating_add(shift.max(0));
        let late = (-shift).clamp(0, length);
        self.next = Some(position.saturating_add(length - late));
        Place::On {
            position,
            gap: shift.max(0),
            late,
        }
    }

    /// How far the line is moved for a frame that is `off`.
    fn shift(&mut self, off: i64, length: i64) -> i64 {
        let tolerance = self.rate / 100;
        let lost = (length - length / 8).max(tolerance);
        let overlapping = length + self.rate / 50;
        if off >= lost || off <= -overlapping {
            self.leaning = (0, 0);
            return off;
        }
        let (least, frames) = self.leaning;
        if off.abs() <= tolerance {
            self.leaning = (0, 0);
            return 0;
        }
        let same_side = frames > 0 && least.signum() == off.signum();
        let least = if same_side && least.abs() < off.abs() {
            least
        } else {
            off
        };
        let frames = if same_side { frames + 1 } else { 1 };
        if frames < LEANING_FRAMES {
            self.leaning = (least, frames);
            return 0;
        }
        self.leaning = (0, 0);
        least
    }
}

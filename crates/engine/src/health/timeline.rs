//! The publisher's media time against the clock on the wall: jumps, and falling behind.
//!
//! How far media time is ahead of the wall clock moves with the network; the furthest so far is what the connection can do.
//! What comes is late by how far it is behind that. A step that goes back, or beyond the furthest at once, is a jump of the
//! publisher's clock: a stall never looks like that, since it delivers afterwards what belongs into the gap, or time has
//! passed for it.

use std::time::Duration;

use domain::engine::Severity;
use media::TrackId;

use super::{Finding, PerSecond, limits, ms};

/// Media time of one publish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    /// The newest decode time of any track, and of pictures and sound.
    newest_us: Option<i64>,
    pictures_us: Option<i64>,
    sound_us: Option<i64>,
    /// How far media time was ahead of the wall at most; forgotten slowly.
    best_us: i64,
    /// The least late frame since the last look.
    late_us: Option<i64>,
    last_late_us: i64,
    jumps: PerSecond,
    last_jump: Option<(Duration, i64)>,
}

fn micros(at: Duration) -> i64 {
    i64::try_from(at.as_micros()).unwrap_or(i64::MAX)
}

impl Timeline {
    /// A frame came, with its decode time; whether the publisher's clock jumped.
    pub(crate) fn frame(&mut self, now: Duration, track: TrackId, at_us: i64) -> bool {
        let jump = self.jump(now, track, at_us);
        if let Some(by_us) = jump {
            let same = self
                .last_jump
                .is_some_and(|(at, _)| now.saturating_sub(at) < limits::JUMP_SAME);
            if !same {
                self.jumps.add(1);
                self.last_jump = Some((now, by_us));
            }
            (self.newest_us, self.pictures_us, self.sound_us) = (None, None, None);
            self.late_us = None;
        }
        let ahead = at_us.saturating_sub(micros(now));
        let newest = self.newest_us.map_or(at_us, |newest| newest.max(at_us));
        if self.newest_us.is_none() {
            self.best_us = ahead;
        }
        self.newest_us = Some(newest);
        *self.last_of(track) = Some(at_us);
        let ahead = newest.saturating_sub(micros(now));
        self.best_us = self.best_us.max(ahead);
        let late = self.best_us.saturating_sub(ahead);
        self.late_us = Some(self.late_us.map_or(late, |least| least.min(late)));
        jump.is_some()
    }

    fn last_of(&mut self, track: TrackId) -> &mut Option<i64> {
        if track == TrackId::VIDEO {
            &mut self.pictures_us
        } else {
            &mut self.sound_us
        }
    }

    /// By how much the publisher's clock jumps with this frame, if it does.
    fn jump(&mut self, now: Duration, track: TrackId, at_us: i64) -> Option<i64> {
        let newest = self.newest_us?;
        let last = (*self.last_of(track))?;
        let back = at_us.saturating_sub(last);
        if back < -limits::JUMP_BACK_US {
            return Some(back);
        }
        let step = at_us.saturating_sub(newest);
        let ahead = at_us.saturating_sub(micros(now));
        let beyond = ahead.saturating_sub(self.best_us);
        (step > limits::JUMP_AHEAD_US && beyond > limits::JUMP_AHEAD_US).then_some(step)
    }

    /// Once a second.
    pub(crate) fn look(&mut self, now: Duration) {
        self.jumps.second_over();
        let Some(newest) = self.newest_us else { return };
        let ahead = newest.saturating_sub(micros(now));
        // Where nothing came since the last look, time alone makes it late.
        self.last_late_us = self
            .late_us
            .take()
            .unwrap_or_else(|| self.best_us.saturating_sub(ahead))
            .max(0);
        self.best_us = self.best_us.saturating_sub(limits::LATE_FORGET_US);
    }

    /// What comes is later than it could be.
    pub(crate) fn late(&self) -> Option<Finding> {
        let late = self.last_late_us;
        let severity = if late > limits::LATE_PROBLEM_US {
            Severity::Problem
        } else {
            Severity::Warning
        };
        (late > limits::LATE_US).then(|| Finding {
            severity,
            actual: Some(ms(late)),
            expected: Some(0.0),
        })
    }

    /// The publisher's clock jumped in the last minute; by how much the last time.
    pub(crate) fn jumped(&self) -> Option<Finding> {
        let jumps = self.jumps.minute();
        let (_, by_us) = self.last_jump?;
        let severity = if jumps > limits::JUMPS_PROBLEM {
            Severity::Problem
        } else {
            Severity::Warning
        };
        (jumps > 0).then(|| Finding {
            severity,
            actual: Some(ms(by_us)),
            expected: Some(0.0),
        })
    }
}

//! Whether sound and picture drift apart.
//!
//! Sound has a clock of its own: each frame is so many samples at so many a second, whatever time the encoder wrote on it.
//! Counted so, the sound that has come is compared with the time of each picture that comes. Both come interleaved, so the
//! difference stays the same but for some jitter; where one clock runs faster than it says, it moves steadily, and viewers see
//! lips and words part. A hole in the sound is none of that and begins the measurement anew.

use std::time::Duration;

use super::{Finding, limits, ms, sound::Format};
use domain::engine::Severity;

/// Weight of a second's mean in the running one: about ten seconds of memory.
const WEIGHT: f64 = 0.1;

/// Sound against picture in one publish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drift {
    format: Option<Format>,
    sound: Option<Sound>,
    /// Of this second: microseconds of sound ahead of the picture, summed, and how often.
    sum_us: f64,
    count: u32,
    /// Seconds measured so far.
    seconds: u32,
    base_us: f64,
    running_us: f64,
}

#[derive(Clone, Copy, Debug)]
struct Sound {
    /// Decode time of the first frame, microseconds.
    begin_us: i64,
    samples: i64,
    last_us: i64,
    came: Duration,
}

impl Drift {
    /// The sound's configuration.
    pub(crate) fn configure(&mut self, format: Format) {
        *self = Self {
            format: Some(format),
            ..Self::default()
        };
    }

    /// Nothing is compared across this.
    pub(crate) fn restart(&mut self) {
        *self = Self {
            format: self.format,
            ..Self::default()
        };
    }

    /// A frame of sound came, with its decode time.
    pub(crate) fn sound(&mut self, now: Duration, at_us: i64, data: &[u8]) {
        let Some(format) = self.format else { return };
        let frame_us = format.frame_us(data);
        let hole = self.sound.is_some_and(|sound| {
            let step = at_us.saturating_sub(sound.last_us);
            step.saturating_sub(frame_us).saturating_abs() > limits::DRIFT_HOLE_US
        });
        if hole {
            self.restart();
        }
        let sound = self.sound.get_or_insert(Sound {
            begin_us: at_us,
            samples: 0,
            last_us: at_us,
            came: now,
        });
        sound.last_us = at_us;
        sound.came = now;
        sound.samples += i64::from(format.samples(data));
    }

    /// A picture came, with its decode time.
    pub(crate) fn picture(&mut self, now: Duration, at_us: i64) {
        let (Some(format), Some(sound)) = (self.format, self.sound) else {
            return;
        };
        if now.saturating_sub(sound.came) > limits::DRIFT_FRESH {
            return;
        }
        let whole = sound.samples.saturating_mul(1_000_000) / i64::from(format.rate().max(1));
        let ahead = sound.begin_us.saturating_add(whole).saturating_sub(at_us);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a difference of some seconds; of years it is no less true rounded"
        )]
        let ahead = ahead as f64;
        self.sum_us += ahead;
        self.count += 1;
    }

    /// Once a second.
    pub(crate) fn look(&mut self) {
        if self.count == 0 {
            return;
        }
        let mean = self.sum_us / f64::from(self.count);
        (self.sum_us, self.count) = (0.0, 0);
        self.seconds = self.seconds.saturating_add(1);
        let Some(measured) = self.seconds.checked_sub(limits::DRIFT_SETTLE_S) else {
            return;
        };
        if measured <= limits::DRIFT_BASE_S {
            // A running mean over the first seconds.
            self.base_us += (mean - self.base_us) / f64::from(measured.max(1));
            self.running_us = self.base_us;
        } else {
            self.running_us += (mean - self.running_us) * WEIGHT;
        }
    }

    /// Sound and picture have moved against each other since the beginning; positive where sound runs ahead.
    pub(crate) fn drifted(&self) -> Option<Finding> {
        let moved = self.running_us - self.base_us;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and is compared with less than a second"
        )]
        let moved = moved as i64;
        let severity = if moved.saturating_abs() > limits::DRIFT_PROBLEM_US {
            Severity::Problem
        } else {
            Severity::Warning
        };
        (moved.saturating_abs() > limits::DRIFT_US).then(|| Finding {
            severity,
            actual: Some(ms(moved)),
            expected: Some(0.0),
        })
    }
}

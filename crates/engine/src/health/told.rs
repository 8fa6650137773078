//! What the encoder said it would send against what it sends.
//!
//! `onMetaData` is advisory: where it says nothing (or 0) nothing is compared, and a kind of track whose rate it leaves out is
//! left out of what is measured too. Bytes are counted over media time, so that a burst after a stall is no overshoot.

use std::collections::VecDeque;

use domain::engine::Severity;

use super::{Finding, limits};

/// Kilobits a second that are believed; more is a slip of units.
const KBIT_RATE_MAX: f64 = 1e6;

/// Bytes and what was told of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Bits per second.
    picture_rate: Option<f64>,
    sound_rate: Option<f64>,
    sum: Sum,
    /// The sums at the last looks, one a second.
    seconds: VecDeque<Sum>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    picture_bytes: u64,
    sound_bytes: u64,
    newest_us: Option<i64>,
}

impl Told {
    /// The encoder's word, kilobits a second.
    pub(crate) fn told(&mut self, picture_kbit: Option<f64>, sound_kbit: Option<f64>) {
        let rate = |kbit: Option<f64>| {
            kbit.filter(|kbit| *kbit >= 1.0 && *kbit < KBIT_RATE_MAX)
                .map(|kbit| kbit * 1000.0)
        };
        self.picture_rate = rate(picture_kbit);
        self.sound_rate = rate(sound_kbit);
    }

    /// A picture came, with its decode time.
    pub(crate) fn picture(&mut self, at_us: i64, bytes: usize) {
        self.sum.picture_bytes += bytes as u64;
        self.newest(at_us);
    }

    /// A frame of sound came, with its decode time.
    pub(crate) fn sound(&mut self, at_us: i64, bytes: usize) {
        self.sum.sound_bytes += bytes as u64;
        self.newest(at_us);
    }

    fn newest(&mut self, at_us: i64) {
        self.sum.newest_us = Some(self.sum.newest_us.map_or(at_us, |us| us.max(at_us)));
    }

    /// Timestamps jumped: nothing is measured across that.
    pub(crate) fn forget_times(&mut self) {
        self.sum.newest_us = None;
        self.seconds.clear();
    }

    /// Once a second.
    pub(crate) fn look(&mut self) {
        if self.seconds.len() > limits::TOLD_SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(self.sum);
    }

    /// More comes than was told.
    pub(crate) fn over(&self) -> Option<Finding> {
        let (first, last) = (self.seconds.front()?, self.seconds.back()?);
        let us = last.newest_us?.saturating_sub(first.newest_us?);
        if us < limits::TOLD_US_MIN {
            return None;
        }
        // Sound is little; without a word on the pictures there is nothing to hold it against.
        let mut told = self.picture_rate?;
        let mut bytes = last.picture_bytes - first.picture_bytes;
        if let Some(rate) = self.sound_rate {
            told += rate;
            bytes += last.sound_bytes - first.sound_bytes;
        }
        #[expect(clippy::cast_precision_loss, reason = "ten seconds of bytes and time")]
        let measured = bytes as f64 * 8e6 / us as f64;
        (measured > told * limits::OVER_TOLD).then(|| Finding {
            severity: Severity::Warning,
            actual: Some(measured.round()),
            expected: Some(told.round()),
        })
    }
}

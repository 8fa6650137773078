//! Whether pictures come at a constant rate, and how many are missing from it.
//!
//! By the times that the publisher gave them, so that the network has no part in it. The last ten seconds of intervals are
//! kept; a look finds the usual one (the median) and the share that is off. Where that share is small the rate is constant,
//! and an interval of two or more times the usual one is a picture or more that was dropped before it got here.

use domain::engine::Severity;

use super::{Finding, PerSecond, limits};

/// Intervals kept: ten seconds at 25 frames a second, less at higher rates.
const KEPT: usize = 256;

/// The intervals between pictures of one publish.
#[derive(Clone, Debug)]
pub(crate) struct Cadence {
    /// Microseconds each, the place to write next, and how many are there.
    intervals: Box<[u32; KEPT]>,
    next: usize,
    len: usize,
    last_us: Option<i64>,
    usual_us: Option<u32>,
    off_percent: f64,
    /// Missing pictures.
    lost: PerSecond,
}

impl Default for Cadence {
    fn default() -> Self {
        Self {
            intervals: Box::new([0; KEPT]),
            next: 0,
            len: 0,
            last_us: None,
            usual_us: None,
            off_percent: 0.0,
            lost: PerSecond::default(),
        }
    }
}

impl Cadence {
    /// A picture came, with its decode time.
    pub(crate) fn picture(&mut self, at_us: i64) {
        let Some(last) = self.last_us.replace(at_us) else {
            return;
        };
        let interval = u32::try_from(at_us.saturating_sub(last).max(0)).unwrap_or(u32::MAX);
        if let Some(slot) = self.intervals.get_mut(self.next) {
            *slot = interval;
        }
        self.next = (self.next + 1) % KEPT;
        self.len = (self.len + 1).min(KEPT);
        if let Some(usual) = self.usual_us.filter(|_| self.is_constant()) {
            self.lost.add(missing(interval, usual));
        }
    }

    /// Timestamps jumped: the interval across that says nothing.
    pub(crate) fn forget_last(&mut self) {
        self.last_us = None;
    }

    fn is_constant(&self) -> bool {
        self.off_percent <= limits::OFF_PERCENT_MAX
    }

    /// Once a second: judges what is kept.
    pub(crate) fn look(&mut self) {
        self.lost.second_over();
        let mut recent = [0; KEPT];
        let mut count = 0;
        let mut span = 0;
        for back in 1..=self.len {
            let interval = self.intervals[(self.next + KEPT - back) % KEPT];
            span += u64::from(interval);
            if span > limits::CADENCE_US {
                break;
            }
            recent[count] = interval;
            count += 1;
        }
        if count < limits::CADENCE_INTERVALS_MIN {
            return;
        }
        let (_, usual, _) = recent[..count].select_nth_unstable(count / 2);
        let usual = *usual;
        // The mean of those near the median is finer than whole milliseconds.
        let (mut sum, mut near) = (0_u64, 0_u64);
        for interval in &recent[..count] {
            if interval.abs_diff(usual) <= tolerance(usual) {
                sum += u64::from(*interval);
                near += 1;
            }
        }
        let mean = sum.checked_div(near).unwrap_or(0);
        self.usual_us = u32::try_from(mean).ok().filter(|us| *us > 0);
        let off = count - usize::try_from(near).unwrap_or(count);
        #[expect(clippy::cast_precision_loss, reason = "at most 256 intervals")]
        let percent = off as f64 * 100.0 / count as f64;
        self.off_percent = percent;
    }

    /// The rate is not constant.
    pub(crate) fn variable(&self) -> Option<Finding> {
        (!self.is_constant()).then(|| Finding {
            severity: Severity::Warning,
            actual: Some(self.off_percent.round()),
            expected: Some(0.0),
        })
    }

    /// Pictures are missing from a constant rate.
    pub(crate) fn lost(&self) -> Option<Finding> {
        let lost = self.lost.minute();
        let usual = self.usual_us?;
        if lost < limits::LOST_PER_MINUTE {
            return None;
        }
        let pictures_a_minute = 60e6 / f64::from(usual);
        let severity = if f64::from(lost) > pictures_a_minute * limits::LOST_SHARE_PROBLEM {
            Severity::Problem
        } else {
            Severity::Warning
        };
        Some(Finding {
            severity,
            actual: Some(f64::from(lost)),
            expected: Some(0.0),
        })
    }
}

fn tolerance(usual: u32) -> u32 {
    usual / limits::OFF_DIVISOR + limits::OFF_ROUNDING_US
}

/// Pictures that are missing inside an interval: it is a multiple of the usual one.
fn missing(interval: u32, usual: u32) -> u32 {
    let times = interval
        .saturating_add(usual / 2)
        .checked_div(usual)
        .unwrap_or(0);
    let off = interval.abs_diff(times.saturating_mul(usual));
    if times >= 2 && off <= tolerance(usual) {
        times - 1
    } else {
        0
    }
}

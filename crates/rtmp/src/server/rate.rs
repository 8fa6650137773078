//! A ceiling on an average: bursts up to a window's worth pass, more in the long run does not.

use std::time::Duration;

/// A leaking bucket, counted in thousandths so that milliseconds leak whole.
pub(super) struct Rate {
    per_second: u64,
    level_max: u64,
    level: u64,
    last: Duration,
}

impl Rate {
    pub(super) fn new(per_second: u64, window_ms: u64, now: Duration) -> Self {
        Self {
            per_second,
            level_max: per_second.saturating_mul(window_ms),
            level: 0,
            last: now,
        }
    }

    /// Counts `amount` at `now`; false when it is too much.
    pub(super) fn take(&mut self, now: Duration, amount: u64) -> bool {
        let elapsed_ms =
            u64::try_from(now.saturating_sub(self.last).as_millis()).unwrap_or(u64::MAX);
        // Whole milliseconds only, so that many small steps lose nothing.
        self.last = self.last.saturating_add(Duration::from_millis(elapsed_ms));
        self.level = self
            .level
            .saturating_sub(elapsed_ms.saturating_mul(self.per_second));
        self.level = self.level.saturating_add(amount.saturating_mul(1000));
        self.level <= self.level_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_pass_and_floods_do_not() {
        let at = Duration::from_micros;
        let mut rate = Rate::new(100, 10_000, at(0));
        assert!(rate.take(at(0), 1000), "a window's worth at once");
        assert!(!rate.take(at(0), 1));
        let mut rate = Rate::new(100, 10_000, at(0));
        assert!(
            (0..100_000).all(|step| rate.take(at(step * 10_000), 1)),
            "exactly the rate, for ever"
        );
        let mut rate = Rate::new(100, 10_000, at(0));
        assert!(
            !(0..100_000).all(|step| rate.take(at(step * 9_500), 1)),
            "a twentieth above, for ever"
        );
        let mut rate = Rate::new(1000, 10_000, at(0));
        assert!(
            (0..100_000).all(|step| rate.take(at(step * 1_300), 1)),
            "steps that are no whole milliseconds"
        );
    }
}

//! The rate at which a counter grows, from readings that somebody takes now and then.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::clock::Time;

/// Over how long a rate is taken; what was read before says nothing about now.
const WINDOW: Duration = Duration::from_secs(10);
/// The least time between two readings that are kept: many may ask in one second.
const STEP: Duration = Duration::from_secs(1);

/// Readings of a counter; at most one for each [`STEP`] of the [`WINDOW`].
#[derive(Debug, Default)]
pub(crate) struct Rate(Mutex<VecDeque<(Time, u64)>>);

impl Rate {
    /// How much the counter grew a second, over the last seconds; `None` where nobody read it a moment ago.
    pub(crate) fn read(&self, now: Time, count: u64) -> Option<u64> {
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back leaves readings of the future behind.
        readings.retain(|(at, _)| *at <= now && now.since(*at) <= WINDOW);
        let first = readings.front().copied();
        let is_kept = readings.back().is_some_and(|(at, _)| now.since(*at) < STEP);
        if !is_kept {
            readings.push_back((now, count));
        }
        let (at, before) = first?;
        let ms = u64::try_from(now.since(at).as_millis()).ok()?;
        let grown = count.checked_sub(before)?;
        (ms >= STEP.as_millis() as u64).then(|| grown.saturating_mul(1000) / ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Time {
        Time::from_ms(1_793_728_800_000 + ms)
    }

    #[test]
    fn rate_is_taken_over_the_last_seconds_and_no_longer_ago() {
        let rate = Rate::default();
        assert_eq!(rate.read(at(0), 5_000), None);
        assert_eq!(rate.read(at(400), 6_000), None, "too soon to tell");
        assert_eq!(rate.read(at(2_000), 9_000), Some(2_000));
        assert_eq!(rate.read(at(10_000), 15_000), Some(1_000));
        assert_eq!(rate.read(at(11_000), 24_000), Some(1_666), "from 2 s on");
        assert_eq!(rate.read(at(60_000), 99_000), None, "long ago");
        assert_eq!(
            rate.read(at(50_000), 99_000),
            None,
            "the clock was set back"
        );
        assert_eq!(rate.read(at(51_000), 99_000), Some(0));
    }

    #[test]
    fn readings_are_bounded_however_often_it_is_asked() {
        let rate = Rate::default();
        for ms in 0..100_000 {
            rate.read(at(ms), 0);
        }
        assert!(rate.0.lock().unwrap().len() <= 12);
    }
}

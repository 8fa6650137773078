//! A clock that stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::clock::{Clock, Time};

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// A clock that stands at this time.
    #[must_use]
    pub fn at(time: Time) -> Self {
        Self(Arc::new(AtomicI64::new(time.ms())))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }

    /// Sets it, backwards too.
    pub fn set(&self, time: Time) {
        self.0.store(time.ms(), Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// Stands at 3 November 2026, 18:00 UTC.
    fn default() -> Self {
        Self::at(Time::from_ms(1_793_728_800_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Time {
        Time::from_ms(self.0.load(Ordering::SeqCst))
    }
}

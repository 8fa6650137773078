//! The real clock and the real randomness behind the domain's ports.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::{
    clock::{Clock, Time},
    random::Random,
};

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| age.as_millis());
        Time::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
    }
}

/// The kernel's randomness.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no secret can be made; going on would make guessable ones.
        getrandom::fill(bytes).expect("the kernel gives randomness");
    }
}

//! Waiting for a condition, by name and with a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Long enough for whatever takes a moment, also on a machine that is busy with other stories.
pub const MOMENT: Duration = Duration::from_secs(15);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Looks again and again until there is something, and says how long that took.
///
/// # Panics
/// With the name of what was awaited, once the deadline has passed.
pub fn until<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            start.elapsed() < deadline,
            "waited {deadline:?} for this and it did not come: {what}"
        );
        thread::sleep(LOOK_EVERY);
    }
}

/// Holds that something stays true for a while: a look that answers `Err` ends it.
///
/// # Panics
/// With the first objection.
pub fn throughout(time: Duration, mut look: impl FnMut() -> Result<(), String>) {
    let start = Instant::now();
    while start.elapsed() < time {
        if let Err(objection) = look() {
            panic!("after {:?}: {objection}", start.elapsed());
        }
        thread::sleep(LOOK_EVERY);
    }
}

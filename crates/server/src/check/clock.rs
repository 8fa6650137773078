//! The clock: whether it can be right at all, agrees with the stamps of files, and was not set while the server ran. Whether a time
//! service keeps it right cannot be asked of the kernel by safe calls, and is not claimed.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::clock::Time;
use web::check::Finding;

use super::finding;

/// 2026-01-01, before this version was made: a machine without a battery starts in 1970.
const EARLIEST_S: i64 = 1_767_225_600;
/// 2100-01-01: grants and logins that end would never end.
const LATEST_S: i64 = 4_102_444_800;
/// Stamps are some milliseconds old by nature; network file systems with a clock of their own differ by more.
const STAMP_OFF_S: i64 = 3;
/// Time services correct less than this by running faster or slower, which both clocks follow; more was set.
const STEPPED_S: i64 = 5;

/// Both clocks at the start.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    wall: SystemTime,
    steady_s: i64,
}

impl Start {
    /// Reads them.
    pub fn now() -> Self {
        Self {
            wall: SystemTime::now(),
            steady_s: steady_s(),
        }
    }

    /// By how many seconds the clock was set since then, forward or (negative) back.
    pub fn stepped_s(&self) -> i64 {
        seconds_between(self.wall, SystemTime::now()) - (steady_s() - self.steady_s)
    }
}

/// Seconds on a clock that nobody sets and that goes on while the machine sleeps.
fn steady_s() -> i64 {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    // On macOS this one goes on in sleep.
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    rustix::time::clock_gettime(clock).tv_sec
}

/// Whole seconds from one time to another, negative backwards.
pub fn seconds_between(from: SystemTime, to: SystemTime) -> i64 {
    let seconds = |d: std::time::Duration| i64::try_from(d.as_secs()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    seconds_between(UNIX_EPOCH, SystemTime::now())
}

/// Judges the time, by how much it was set, and how far a file that was just written is stamped away from it.
pub fn judge(now_s: i64, stepped_s: i64, stamp_offset_s: Option<i64>) -> Finding {
    let now = Time::from_ms(now_s.saturating_mul(1000)).rfc3339();
    let mut values = vec![("now", now)];
    let off = stamp_offset_s.unwrap_or(0);
    let state = if now_s < EARLIEST_S {
        "past"
    } else if now_s >= LATEST_S {
        "future"
    } else if off.abs() >= STAMP_OFF_S {
        values.push(("seconds", off.abs().to_string()));
        "filesystem"
    } else if stepped_s.abs() >= STEPPED_S {
        values.push(("seconds", stepped_s.to_string()));
        "stepped"
    } else {
        "right"
    };
    finding("clock", state, values)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn clock_is_judged_at_its_thresholds() {
        for (now, stepped, stamp, state) in [
            (EARLIEST_S, 0, None, "right"),
            (EARLIEST_S - 1, 0, None, "past"),
            (0, 0, None, "past"),
            (LATEST_S - 1, 0, Some(0), "right"),
            (LATEST_S, 0, None, "future"),
            (EARLIEST_S, 0, Some(-2), "right"),
            (EARLIEST_S, 0, Some(-3), "filesystem"),
            (EARLIEST_S, 4, Some(2), "right"),
            (EARLIEST_S, -5, None, "stepped"),
        ] {
            assert_eq!(
                judge(now, stepped, stamp).state,
                state,
                "{now} {stepped} {stamp:?}"
            );
        }
    }

    #[test]
    fn clock_that_was_set_since_the_start_is_seen() {
        let start = Start::now();
        assert!(start.stepped_s().abs() <= 1);
        let set_forward = Start {
            wall: start.wall - Duration::from_secs(60),
            ..start
        };
        assert!((59..=61).contains(&set_forward.stepped_s()));
        let set_back = Start {
            wall: start.wall + Duration::from_secs(60),
            ..start
        };
        assert!((-61..=-59).contains(&set_back.stepped_s()));
    }
}

//! From findings at each look to a warning that does not flicker.

use std::time::Duration;

use domain::{
    clock::Time,
    engine::{Severity, Warning},
};

use super::limits::Kind;

/// What a look found wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) actual: Option<f64>,
    pub(crate) expected: Option<f64>,
}

/// One kind of warning: raised once it was found for long enough, dropped once it was gone for longer.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    kind: Kind,
    /// Found at every look since.
    found_since: Option<(Duration, Time)>,
    raised: Option<Raised>,
}

#[derive(Clone, Copy, Debug)]
struct Raised {
    since: Time,
    finding: Finding,
    /// When it was last found at all, and when as bad as it is said to be.
    found: Duration,
    as_bad: Duration,
}

impl Alarm {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            found_since: None,
            raised: None,
        }
    }

    /// Takes what a look found; whether what is said changed: it was raised or dropped, or is worse or less bad.
    pub(crate) fn look(&mut self, now: Duration, wall: Time, found: Option<Finding>) -> bool {
        let Some(finding) = found else {
            self.found_since = None;
            return self.absent(now);
        };
        let (begin, since) = *self.found_since.get_or_insert((now, wall));
        let Some(raised) = &mut self.raised else {
            if now.saturating_sub(begin) < self.kind.raise_after {
                return false;
            }
            self.raised = Some(Raised {
                since,
                finding,
                found: now,
                as_bad: now,
            });
            return true;
        };
        let before = raised.finding.severity;
        raised.found = now;
        if finding.severity >= before {
            raised.as_bad = now;
        }
        let stays = now.saturating_sub(raised.as_bad) < self.kind.drop_after;
        let severity = if stays {
            before.max(finding.severity)
        } else {
            raised.as_bad = now;
            finding.severity
        };
        raised.finding = Finding {
            severity,
            ..finding
        };
        severity != before
    }

    fn absent(&mut self, now: Duration) -> bool {
        let over = self
            .raised
            .is_some_and(|raised| now.saturating_sub(raised.found) >= self.kind.drop_after);
        if over {
            self.raised = None;
        }
        over
    }

    /// The warning, while it stands.
    pub(crate) fn warning(&self) -> Option<Warning> {
        self.raised.map(|raised| Warning {
            code: self.kind.code,
            severity: raised.finding.severity,
            actual: raised.finding.actual,
            expected: raised.finding.expected,
            unit: self.kind.unit,
            since: raised.since,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::limits::VARIABLE_FRAME_RATE;

    const BAD: Option<Finding> = Some(Finding {
        severity: Severity::Warning,
        actual: Some(30.0),
        expected: Some(0.0),
    });
    const WORSE: Option<Finding> = Some(Finding {
        severity: Severity::Problem,
        actual: Some(60.0),
        expected: Some(0.0),
    });

    /// Looks once a second from this second on; the seconds at which what is said changed.
    fn looks(alarm: &mut Alarm, from: u64, found: &[Option<Finding>]) -> Vec<u64> {
        (from..)
            .zip(found)
            .filter_map(|(second, found)| {
                let wall = Time::from_ms(i64::try_from(second).unwrap() * 1000);
                alarm
                    .look(Duration::from_secs(second), wall, *found)
                    .then_some(second)
            })
            .collect()
    }

    #[test]
    fn warning_is_raised_after_its_time_and_says_since_when() {
        let mut alarm = Alarm::new(VARIABLE_FRAME_RATE);
        assert!(looks(&mut alarm, 0, &[BAD, BAD, None, BAD, BAD]).is_empty());
        assert_eq!(alarm.warning(), None);
        assert_eq!(looks(&mut alarm, 5, &[BAD; 6]), [8]);
        let warning = alarm.warning().unwrap();
        assert_eq!(
            (warning.code, warning.unit),
            ("variable_frame_rate", "percent")
        );
        assert_eq!(warning.since, Time::from_ms(3000));
    }

    #[test]
    fn warning_stays_over_short_gaps_and_is_dropped_after_its_time() {
        let mut alarm = Alarm::new(VARIABLE_FRAME_RATE);
        assert_eq!(looks(&mut alarm, 0, &[BAD; 6]), [5]);
        assert!(looks(&mut alarm, 6, &[None; 9]).is_empty());
        assert!(looks(&mut alarm, 15, &[BAD]).is_empty());
        assert_eq!(looks(&mut alarm, 16, &[None; 12]), [25]);
        assert_eq!(alarm.warning(), None);
    }

    #[test]
    fn severity_rises_at_once_and_falls_after_its_time() {
        let mut alarm = Alarm::new(VARIABLE_FRAME_RATE);
        looks(&mut alarm, 0, &[BAD; 6]);
        assert_eq!(looks(&mut alarm, 6, &[WORSE]), [6]);
        assert!(looks(&mut alarm, 7, &[BAD; 9]).is_empty());
        assert_eq!(alarm.warning().unwrap().severity, Severity::Problem);
        assert_eq!(looks(&mut alarm, 16, &[BAD; 5]), [16]);
        assert_eq!(alarm.warning().unwrap().severity, Severity::Warning);
    }
}

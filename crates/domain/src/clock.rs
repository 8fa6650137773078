//! Points in time, and the port that tells them.
//!
//! Everything here is UTC in whole milliseconds. The domain never reads a clock of its own: a shell hands one in,
//! tests hand in one that stands still. Durations are `std::time::Duration`.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time: milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// The text is not a time in the form of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time like 2026-06-30T18:00:00Z (RFC 3339)")]
pub struct ParseError;

/// The last millisecond of the year 9999, the end of what RFC 3339 can write.
const LAST_MS: i64 = 253_402_300_799_999;
/// The first millisecond of the year 0 (proleptic), the beginning of what RFC 3339 can write.
const FIRST_MS: i64 = -62_167_219_200_000;

impl Time {
    /// The point so many milliseconds after the Unix epoch, moved into the years 0 to 9999 that RFC 3339 can write.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(if ms > LAST_MS {
            LAST_MS
        } else if ms < FIRST_MS {
            FIRST_MS
        } else {
            ms
        })
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This time, or a millisecond past `before` where it is not later: two changes in one millisecond must not look like one.
    #[must_use]
    pub fn after(self, before: Self) -> Self {
        self.max(Self::from_ms(before.0.saturating_add(1)))
    }

    /// Whole seconds since the Unix epoch.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This time in the form of RFC 3339, UTC; a fraction is written only where there is one.
    #[must_use]
    pub fn rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|at| at.format(&Rfc3339).ok())
            .expect("from_ms keeps the time within the years that RFC 3339 can write")
    }

    /// Reads RFC 3339 with any offset; what is finer than a millisecond is cut off.
    ///
    /// # Errors
    /// [`ParseError`] for every other text.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ParseError)?;
        let ms = at.unix_timestamp_nanos().div_euclid(1_000_000);
        Ok(Self::from_ms(i64::try_from(ms).map_err(|_| ParseError)?))
    }

    /// This time and so much more; stops at the last time that can be written.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The calendar day as people read it near to it, like `3 November`, UTC.
    #[must_use]
    pub fn day_and_month(self) -> String {
        let day = OffsetDateTime::from_unix_timestamp(self.seconds())
            .expect("from_ms keeps the time within the years that the calendar has");
        format!("{} {}", day.day(), day.month())
    }

    /// The calendar day as people read it, like `3 November 2026`, UTC.
    #[must_use]
    pub fn day(self) -> String {
        let day = OffsetDateTime::from_unix_timestamp(self.seconds())
            .expect("from_ms keeps the time within the years that the calendar has");
        format!("{} {} {}", day.day(), day.month(), day.year())
    }
}

impl Time {
    /// On which day it lies.
    #[must_use]
    pub const fn date(self) -> Date {
        Date(self.0.div_euclid(MS_A_DAY))
    }
}

const MS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// A day, UTC: how many lie between it and 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

impl Date {
    /// The day with this number, as it was stored.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number, to store it.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The day so many days before it.
    #[must_use]
    pub const fn before(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days as i64))
    }

    /// When it begins.
    #[must_use]
    pub const fn begins(self) -> Time {
        Time::from_ms(self.0.saturating_mul(MS_A_DAY))
    }
}

/// As RFC 3339 writes a `full-date`: `2026-11-03`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begins = self.begins().rfc3339();
        f.write_str(begins.split('T').next().unwrap_or_default())
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, by the wall clock; it may be set back by its operator.
    fn now(&self) -> Time;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_with_any_offset_and_written_in_utc() {
        for (text, expected) in [
            ("2026-06-30T18:00:00Z", Some("2026-06-30T18:00:00Z")),
            ("2026-06-30T20:00:00+02:00", Some("2026-06-30T18:00:00Z")),
            (
                "2026-06-30T18:00:00.1239Z",
                Some("2026-06-30T18:00:00.123Z"),
            ),
            (
                "1969-12-31T23:59:59.9999Z",
                Some("1969-12-31T23:59:59.999Z"),
            ),
            ("2026-06-30", None),
            ("2026-06-30T18:00:00", None),
            ("2026-02-30T18:00:00Z", None),
            ("", None),
            ("99999-01-01T00:00:00Z", None),
        ] {
            let found = Time::parse(text).ok().map(Time::rfc3339);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn days_are_told_as_people_say_them() {
        let at = Time::parse("2026-11-03T23:59:59Z").expect("a time");
        assert_eq!(
            (at.day().as_str(), at.day_and_month().as_str()),
            ("3 November 2026", "3 November")
        );
    }

    #[test]
    fn days_are_counted_and_written() {
        let at = |text: &str| Time::parse(text).expect("a time").date();
        let day = at("2026-11-03T23:59:59.999Z");
        assert_eq!(day, at("2026-11-03T00:00:00Z"));
        assert_eq!(day.to_string(), "2026-11-03");
        assert_eq!(day.before(3).to_string(), "2026-10-31");
        assert_eq!(day.begins().rfc3339(), "2026-11-03T00:00:00Z");
        assert_eq!(at("1969-12-31T12:00:00Z"), Date::from_number(-1));
    }

    proptest! {
        #[test]
        fn every_time_can_be_written_and_read_again(ms in any::<i64>()) {
            let at = Time::from_ms(ms);
            prop_assert_eq!(Time::parse(&at.rfc3339()), Ok(at));
            prop_assert!(!at.day().is_empty());
        }
    }
}

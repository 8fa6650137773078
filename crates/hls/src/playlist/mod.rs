//! Playlists as text, rendered from plain values: no state, no clock.

mod media;
mod multivariant;

pub(crate) use media::{
    Head, Hint, SKIP_TARGETS, delta, full, part_line, segment_head, segment_tail,
};
pub(crate) use multivariant::{Variant, multivariant};

use std::fmt;

/// Microseconds as decimal seconds without trailing zeros, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seconds(pub u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut fraction) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let mut digits = 6;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            digits -= 1;
        }
        write!(f, "{whole}.{fraction:0digits$}")
    }
}

/// Unix milliseconds as RFC 3339 in UTC, with milliseconds; years 0 to 9999, clamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date(pub i64);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // First and last millisecond that four digits of a year can say.
        let ms = self.0.clamp(-62_167_219_200_000, 253_402_300_799_999);
        let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        let (hour, minute, second, ms) = (
            in_day / 3_600_000,
            in_day / 60_000 % 60,
            in_day / 1000 % 60,
            in_day % 1000,
        );
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
        )
    }
}

/// Year, month and day of a count of days since 1970-01-01: eras of 400 years that begin on 1 March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_and_short() {
        for (us, text) in [
            (0, "0"),
            (200_000, "0.2"),
            (200_200, "0.2002"),
            (208_334, "0.208334"),
            (4_000_001, "4.000001"),
        ] {
            assert_eq!(Seconds(us).to_string(), text);
        }
    }

    #[test]
    fn dates_are_civil() {
        let table = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_795_541_131_005, "2026-11-24T17:25:31.005Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
        ];
        for (ms, text) in table {
            assert_eq!(Date(ms).to_string(), text);
        }
    }
}

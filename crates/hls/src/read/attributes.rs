//! The lexical part of playlists: attribute lists, decimals, dates.
//!
//! RFC 8216bis section 4.2. Values borrow from the playlist.

use std::time::Duration;

use super::Problem;

/// Largest whole number that is read: what every player can count exactly. Closes: sums of numbers from outside overflow.
const NUMBER_MAX: u64 = 1 << 53;
/// Longest duration that is read, in seconds: thirty years. Closes the same for durations.
const SECONDS_MAX: u64 = 1_000_000_000;

/// The attributes of one tag, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes<'a>(Vec<(&'a str, Value<'a>)>);

#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    text: &'a str,
    quoted: bool,
}

impl<'a> Attributes<'a> {
    /// Reads `NAME=value,NAME="value"`; spaces around commas are tolerated, a name twice is not.
    pub fn read(list: &'a str) -> Result<Self, Problem> {
        let mut attributes: Vec<(&str, Value<'_>)> = Vec::new();
        let mut rest = list.trim();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').ok_or(Problem::AttributeList)?;
            let name = name.trim();
            let plain =
                |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty()
                || !name.bytes().all(plain)
                || attributes.iter().any(|(other, _)| *other == name)
            {
                return Err(Problem::AttributeList);
            }
            let (text, tail, quoted) = match after.strip_prefix('"') {
                Some(after) => {
                    let (text, tail) = after.split_once('"').ok_or(Problem::AttributeList)?;
                    (text, tail, true)
                }
                None => {
                    let end = after.find(',').unwrap_or(after.len());
                    let (text, tail) = after.split_at(end);
                    (text.trim(), tail, false)
                }
            };
            attributes.push((name, Value { text, quoted }));
            rest = match tail.trim_start().strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if tail.trim().is_empty() => "",
                None => return Err(Problem::AttributeList),
            };
        }
        Ok(Self(attributes))
    }

    fn value(&self, name: &'static str) -> Option<Value<'a>> {
        self.0
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| *value)
    }

    pub fn text(&self, name: &'static str) -> Result<Option<&'a str>, Problem> {
        match self.value(name) {
            Some(value) if !value.quoted => Err(Problem::Attribute { name }),
            value => Ok(value.map(|value| value.text)),
        }
    }

    /// An enumerated string, which has no quotes.
    pub fn word(&self, name: &'static str) -> Result<Option<&'a str>, Problem> {
        match self.value(name) {
            Some(value) if value.quoted => Err(Problem::Attribute { name }),
            value => Ok(value.map(|value| value.text)),
        }
    }

    /// YES or NO; absent is NO.
    pub fn yes(&self, name: &'static str) -> Result<bool, Problem> {
        match self.word(name)? {
            Some("YES") => Ok(true),
            Some("NO") | None => Ok(false),
            Some(_) => Err(Problem::Attribute { name }),
        }
    }

    pub fn integer(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        let word = self.word(name)?;
        word.map(|word| integer(word).ok_or(Problem::Attribute { name }))
            .transpose()
    }

    pub fn seconds(&self, name: &'static str) -> Result<Option<Duration>, Problem> {
        let word = self.word(name)?;
        word.map(|word| decimal(word).ok_or(Problem::Attribute { name }))
            .transpose()
    }
}

/// What an attribute that must be there says.
pub(super) fn required<T>(value: Option<T>, name: &'static str) -> Result<T, Problem> {
    value.ok_or(Problem::MissingAttribute { name })
}

/// A decimal integer, at most [`NUMBER_MAX`].
pub(super) fn integer(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then(|| text.parse().ok())
        .flatten()
        .filter(|number| *number <= NUMBER_MAX)
}

/// `12` or `12.345` as a duration of seconds; at most [`SECONDS_MAX`]; digits beyond nanoseconds are dropped.
pub(super) fn decimal(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let mut nanos = 0_u32;
    let mut scale = 100_000_000;
    for digit in fraction.bytes().take(9) {
        nanos += u32::from(digit - b'0') * scale;
        scale /= 10;
    }
    let whole = whole.parse().ok().filter(|whole| *whole <= SECONDS_MAX)?;
    Some(Duration::new(whole, nanos))
}

/// An ISO/IEC 8601 date with time and zone as Unix time in milliseconds.
pub(super) fn date_ms(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once(['T', 't'])?;
    let (clock, zone_minutes) = split_zone(clock)?;
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (number(clock.next()?)?, number(clock.next()?)?);
    let second = decimal(clock.next()?)?;
    let second_ms = i64::try_from(second.as_millis()).ok()?;
    let sane = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second_ms < 61_000;
    let minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute - zone_minutes;
    sane.then_some(minutes * 60_000 + second_ms)
}

/// The time of day and how many minutes its zone is ahead of UTC.
fn split_zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let (clock, zone) = clock.split_at_checked(clock.rfind(['+', '-'])?)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let zone = zone.get(1..)?;
    let (hours, minutes) = match zone.split_once(':') {
        Some((hours, minutes)) => (number(hours)?, number(minutes)?),
        None => (
            number(zone.get(..2)?)?,
            number(zone.get(2..).filter(|rest| !rest.is_empty()).unwrap_or("0"))?,
        ),
    };
    (hours < 24 && minutes < 60).then_some((clock, sign * (hours * 60 + minutes)))
}

fn number(text: &str) -> Option<i64> {
    let plain =
        !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_zone_come_out_in_unix_time() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-24T17:25:09.250Z", Some(1_795_541_109_250)),
            ("2026-11-24T18:25:09.250+01:00", Some(1_795_541_109_250)),
            ("2026-11-24T12:55:09.25-0430", Some(1_795_541_109_250)),
            ("2024-02-29T00:00:00.000Z", Some(1_709_164_800_000)),
            ("2026-11-24", None),
            ("2026-11-24T17:25:09", None),
            ("2026-13-24T17:25:09Z", None),
            ("2026-11-24T17:25:99Z", None),
            ("é-11-24T17:25:09+é", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(date_ms(text), wanted, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal("0.2"), Some(Duration::from_millis(200)));
        assert_eq!(decimal("4"), Some(Duration::from_secs(4)));
        assert_eq!(decimal("1.0000000019"), Some(Duration::new(1, 1)));
        for bad in ["", ".5", "-1", "1e3", "1.2.3", "99999999999999999999"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn commas_inside_quotes_do_not_part_attributes() {
        let list =
            Attributes::read(r#"CODECS="avc1.64001f,mp4a.40.2",BANDWIDTH=5, NAME="""#).unwrap();
        assert_eq!(list.text("CODECS"), Ok(Some("avc1.64001f,mp4a.40.2")));
        assert_eq!(list.integer("BANDWIDTH"), Ok(Some(5)));
        assert_eq!(list.text("NAME"), Ok(Some("")));
        assert_eq!(
            list.text("BANDWIDTH"),
            Err(Problem::Attribute { name: "BANDWIDTH" })
        );
        for bad in ["A", "A=1,A=2", "A=\"1", "a=1", "A=\"1\"x", "=1"] {
            assert!(Attributes::read(bad).is_err(), "{bad}");
        }
    }
}

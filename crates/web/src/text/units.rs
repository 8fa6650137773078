//! Figures as people read them: the unit after a space that does not break, thousands apart.

use std::time::Duration;

use domain::clock::Time;

use super::Text;

impl Text {
    /// A whole number with its thousands apart: `1,280`.
    #[must_use]
    pub fn count(self, n: u64) -> String {
        let digits = n.to_string();
        let mut said = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                said.push(',');
            }
            said.push(digit);
        }
        said
    }

    /// How long something has lasted: `just now`, `42 min`, `1 h 12 min`, `2 d 3 h`.
    #[must_use]
    pub fn age(self, duration: Duration) -> String {
        let minutes = duration.as_secs() / 60;
        let (hours, days) = (minutes / 60, minutes / 1440);
        if days > 0 {
            match hours % 24 {
                0 => self.msg("unit-d").arg("n", days).to_string(),
                rest => {
                    let message = self.msg("unit-d-h").arg("d", days).arg("h", rest);
                    message.to_string()
                }
            }
        } else if hours > 0 && minutes.is_multiple_of(60) {
            self.msg("unit-h").arg("n", hours).to_string()
        } else if hours > 0 {
            let message = self.msg("unit-h-min").arg("h", hours);
            message.arg("min", minutes % 60).to_string()
        } else if minutes > 0 {
            self.msg("unit-min").arg("n", minutes).to_string()
        } else {
            self.msg("unit-just-now").to_string()
        }
    }

    /// How much time was spent on something: `0 min`, `42 min`, `1 h 12 min`, `186 h`.
    #[must_use]
    pub fn spent(self, duration: Duration) -> String {
        /// From so many hours on minutes say nothing.
        const WHOLE_HOURS: u64 = 10;
        let minutes = duration.as_secs() / 60;
        let hours = minutes / 60;
        if hours >= WHOLE_HOURS {
            self.msg("unit-h").arg("n", self.count(hours)).to_string()
        } else if minutes == 0 {
            self.msg("unit-min").arg("n", 0).to_string()
        } else {
            self.age(duration)
        }
    }

    /// How long a recording is, as clocks write it: `0:07`, `4:18`, `1:24:06`; rounded to whole seconds.
    #[must_use]
    pub fn length(self, ms: u64) -> String {
        let seconds = ms.saturating_add(500) / 1000;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            format!("{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{minutes}:{seconds:02}")
        }
    }

    /// How many days ago something was, roughly: `Today`, `Yesterday`, `3 days ago`, `2 weeks ago`, `5 months ago`, `1 year ago`; days by UTC.
    #[must_use]
    pub fn days_ago(self, at: Time, now: Time) -> String {
        let days = now.date().number() - at.date().number();
        let (id, count) = match days {
            ..=0 => return self.msg("library-today").to_string(),
            1 => return self.msg("library-yesterday").to_string(),
            2..14 => ("library-days-ago", days),
            14..60 => ("library-weeks-ago", days / 7),
            60..730 => ("library-months-ago", days / 30),
            _ => ("library-years-ago", days / 365),
        };
        self.msg(id).arg("count", count).to_string()
    }

    /// The calendar day: `3 November 2026`, UTC.
    #[must_use]
    pub fn day(self, at: Time) -> String {
        let written = at.rfc3339();
        let mut parts = written
            .split(['-', 'T'])
            .map(|part| part.trim_start_matches('0'));
        let [year, month, day] = [(); 3].map(|()| parts.next().unwrap_or_default());
        let month = self.msg(format!("unit-month-{month}")).to_string();
        let message = self.msg("unit-day").arg("day", day);
        message.arg("month", month).arg("year", year).to_string()
    }

    /// The calendar day, with the year where it is another than now: `1 December`, UTC.
    #[must_use]
    pub fn day_near(self, at: Time, now: Time) -> String {
        let written = at.rfc3339();
        let mut parts = written
            .split(['-', 'T'])
            .map(|part| part.trim_start_matches('0'));
        let [year, month, day] = [(); 3].map(|()| parts.next().unwrap_or_default());
        if !now.rfc3339().starts_with(year) {
            return self.day(at);
        }
        let month = self.msg(format!("unit-month-{month}")).to_string();
        let message = self.msg("unit-day").attr("near");
        message.arg("day", day).arg("month", month).to_string()
    }

    /// A day and its hour: `1 December, 18:00 UTC`, with the year where it is another than now.
    #[must_use]
    pub fn moment(self, at: Time, now: Time) -> String {
        let written = at.rfc3339();
        let mut parts = written
            .split(['-', 'T'])
            .map(|part| part.trim_start_matches('0'));
        let [year, month, day] = [(); 3].map(|()| parts.next().unwrap_or_default());
        let time = written.get(11..16).unwrap_or_default();
        let month = self.msg(format!("unit-month-{month}")).to_string();
        let message = self.msg("unit-moment");
        let message = message
            .arg("day", day)
            .arg("month", month)
            .arg("time", time);
        if now.rfc3339().starts_with(year) {
            message.to_string()
        } else {
            message.attr("year").arg("year", year).to_string()
        }
    }

    /// Seconds with one place: `8.3 s`; whole where nothing follows: `2 s`.
    #[must_use]
    pub fn seconds(self, s: f64) -> String {
        self.msg("unit-s").arg("n", tidy(s)).to_string()
    }

    /// Bits per second: `850 kb/s`, `2.6 Mb/s`, `12 Mb/s`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    pub fn bit_rate(self, bits_per_second: u64) -> String {
        let mega = bits_per_second as f64 / 1e6;
        let message = if mega < 0.9995 {
            self.msg("unit-kbps")
                .arg("n", format!("{:.0}", bits_per_second as f64 / 1e3))
        } else if mega < 9.95 {
            self.msg("unit-mbps").arg("n", format!("{mega:.1}"))
        } else {
            self.msg("unit-mbps").arg("n", format!("{mega:.0}"))
        };
        message.to_string()
    }

    /// Bytes, decimal: `3.4 GB`, `640 MB`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    pub fn bytes(self, bytes: u64) -> String {
        let n = bytes as f64;
        let (unit, n) = match bytes {
            0..1_000_000 => ("unit-kb", n / 1e3),
            1_000_000..1_000_000_000 => ("unit-mb", n / 1e6),
            1_000_000_000..1_000_000_000_000 => ("unit-gb", n / 1e9),
            _ => ("unit-tb", n / 1e12),
        };
        let shown = if n < 9.95 {
            format!("{n:.1}")
        } else {
            format!("{n:.0}")
        };
        self.msg(unit).arg("n", shown).to_string()
    }

    /// Pictures per second: `30 fps`, `29.97 fps`.
    #[must_use]
    pub fn frame_rate(self, fps: f64) -> String {
        let shown = format!("{fps:.2}");
        let shown = shown.trim_end_matches('0').trim_end_matches('.');
        self.msg("unit-fps").arg("n", shown).to_string()
    }
}

fn tidy(n: f64) -> String {
    let shown = format!("{n:.1}");
    shown.strip_suffix(".0").map(str::to_owned).unwrap_or(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_said_as_the_design_says_them() {
        let text = Text::default();
        assert_eq!(text.count(1_280), "1,280");
        assert_eq!(text.count(12), "12");
        assert_eq!(text.count(1_000_000), "1,000,000");
        assert_eq!(text.age(Duration::from_secs(59)), "just now");
        assert_eq!(text.age(Duration::from_secs(42 * 60)), "42\u{a0}min");
        assert_eq!(
            text.age(Duration::from_secs(72 * 60)),
            "1\u{a0}h 12\u{a0}min"
        );
        assert_eq!(
            text.age(Duration::from_secs(51 * 3600)),
            "2\u{a0}d 3\u{a0}h"
        );
        assert_eq!(text.age(Duration::from_secs(3600)), "1\u{a0}h");
        assert_eq!(text.age(Duration::from_secs(86_400)), "1\u{a0}d");
        assert_eq!(text.length(7_200), "0:07");
        assert_eq!(text.length(258_000), "4:18");
        assert_eq!(text.length(5_046_499), "1:24:06");
        let ago = |written| {
            let now = Time::parse("2026-11-27T00:10:00Z").unwrap();
            text.days_ago(Time::parse(written).unwrap(), now)
        };
        for (written, said) in [
            ("2026-12-24T00:00:00Z", "Today"),
            ("2026-11-27T00:00:00Z", "Today"),
            ("2026-11-26T23:59:00Z", "Yesterday"),
            ("2026-11-25T00:00:00Z", "2 days ago"),
            ("2026-11-14T00:00:00Z", "13 days ago"),
            ("2026-11-13T00:00:00Z", "2 weeks ago"),
            ("2026-09-29T00:00:00Z", "8 weeks ago"),
            ("2026-09-28T00:00:00Z", "2 months ago"),
            ("2024-11-28T00:00:00Z", "24 months ago"),
            ("2024-11-27T00:00:00Z", "2 years ago"),
        ] {
            assert_eq!(ago(written), said, "{written}");
        }
        let day = |written| text.day(Time::parse(written).unwrap());
        assert_eq!(day("2026-11-03T23:59:59Z"), "3 November 2026");
        assert_eq!(day("1970-01-10T00:00:00Z"), "10 January 1970");
        let now = Time::parse("2026-11-26T18:02:00Z").unwrap();
        let day_near = |written| text.day_near(Time::parse(written).unwrap(), now);
        assert_eq!(day_near("2026-12-01T18:00:59Z"), "1 December");
        assert_eq!(day_near("2027-12-01T18:00:59Z"), "1 December 2027");
        let moment = |written| text.moment(Time::parse(written).unwrap(), now);
        assert_eq!(moment("2026-12-01T18:00:59Z"), "1 December, 18:00 UTC");
        assert_eq!(moment("2027-01-31T00:05:00Z"), "31 January 2027, 00:05 UTC");
        assert_eq!(text.seconds(8.34), "8.3\u{a0}s");
        assert_eq!(text.seconds(2.0), "2\u{a0}s");
        assert_eq!(text.bit_rate(2_600_000), "2.6\u{a0}Mb/s");
        assert_eq!(text.bit_rate(850_000), "850\u{a0}kb/s");
        assert_eq!(text.bytes(3_400_000_000), "3.4\u{a0}GB");
        assert_eq!(text.frame_rate(29.97), "29.97\u{a0}fps");
        assert_eq!(text.frame_rate(30.0), "30\u{a0}fps");
    }
}

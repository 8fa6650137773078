//! One caption: when, where and what.

use std::fmt;

use super::{Dialect, text};

/// The longest time that is read, in milliseconds: a hundred hours.
const TIME_MAX_MS: u64 = 100 * 3_600_000;

/// A caption as it is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Cue {
    pub start_ms: u64,
    pub end_ms: u64,
    /// Settings that hold, as they are written: a space before each.
    settings: String,
    /// Lines with the tags and escapes of WebVTT; none empty.
    pub text: String,
}

impl Cue {
    /// Reads a line of times and the lines below it; `None` where the times mean nothing.
    pub fn read(timing: &str, lines: &[&str], dialect: Dialect) -> Option<Self> {
        let (start, rest) = timing.split_once("-->")?;
        let mut rest = rest.split([' ', '\t']).filter(|word| !word.is_empty());
        let (start_ms, end_ms) = (time(start.trim())?, time(rest.next()?)?);
        if start_ms >= end_ms {
            return None;
        }
        let mut settings = String::new();
        let text = match dialect {
            Dialect::WebVtt => {
                let mut names = Vec::new();
                for (name, value) in rest.filter_map(|word| word.split_once(':')) {
                    if !names.contains(&name) && holds(name, value) {
                        names.push(name);
                        settings.extend([" ", name, ":", value]);
                    }
                }
                text::clean(lines)
            }
            Dialect::SubRip => {
                let (plain, is_above) = without_overrides(lines);
                if is_above {
                    settings.push_str(" line:0");
                }
                text::clean(&plain.iter().map(String::as_str).collect::<Vec<_>>())
            }
        };
        Some(Self {
            start_ms,
            end_ms,
            settings,
            text,
        })
    }
}

impl fmt::Display for Cue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = |ms: u64| {
            let (seconds, ms) = (ms / 1000, ms % 1000);
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            format!(
                "{:02}:{:02}:{seconds:02}.{ms:03}",
                minutes / 60,
                minutes % 60
            )
        };
        let (start, end) = (stamp(self.start_ms), stamp(self.end_ms));
        writeln!(f, "{start} --> {end}{}", self.settings)?;
        write!(f, "{}", self.text)
    }
}

/// `[hours:]minutes:seconds.fraction`, with SubRip's comma as well; one to three digits of fraction.
fn time(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |part: &str, most: usize| -> Option<u64> {
        let is_number =
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if is_number { part.parse().ok() } else { None }
    };
    let scale = match fraction.len() {
        1 => 100,
        2 => 10,
        _ => 1,
    };
    let ms = digits(fraction, 3)? * scale;
    let mut parts = whole.rsplit(':');
    let (seconds, minutes) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let hours = parts.next().map_or(Some(0), |part| digits(part, 3))?;
    if parts.next().is_some() || seconds > 59 || minutes > 59 {
        return None;
    }
    let all = ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
    (all < TIME_MAX_MS).then_some(all)
}

/// Whether a setting says where a cue stands in a way that players know. Regions are gone, so that nothing can name one.
fn holds(name: &str, value: &str) -> bool {
    let (first, second) = match value.split_once(',') {
        Some((first, second)) => (first, Some(second)),
        None => (value, None),
    };
    match name {
        "vertical" => matches!(value, "rl" | "lr"),
        "align" => matches!(value, "start" | "center" | "end" | "left" | "right"),
        "size" => is_percent(value),
        "line" => {
            let number = first.strip_prefix('-').unwrap_or(first);
            let is_line =
                (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
            (is_line || is_percent(first))
                && second.is_none_or(|at| matches!(at, "start" | "center" | "end"))
        }
        "position" => {
            is_percent(first)
                && second.is_none_or(|at| matches!(at, "line-left" | "center" | "line-right"))
        }
        _ => false,
    }
}

fn is_percent(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|number| {
        number.len() <= 8
            && number.starts_with(|first: char| first.is_ascii_digit())
            && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && number
                .parse::<f32>()
                .is_ok_and(|percent| (0.0..=100.0).contains(&percent))
    })
}

/// SubRip's text without `{\an8}` and its kin, and whether they put it to the top.
fn without_overrides(lines: &[&str]) -> (Vec<String>, bool) {
    let mut is_above = false;
    let plain = lines
        .iter()
        .map(|line| {
            let mut out = String::with_capacity(line.len());
            let mut rest = *line;
            while let Some((before, after)) = rest.split_once("{\\") {
                let Some((said, behind)) = after.split_once('}') else {
                    break;
                };
                out.push_str(before);
                is_above |= matches!(said, "an7" | "an8" | "an9" | "a5" | "a6" | "a7");
                rest = behind;
            }
            out.push_str(rest);
            out
        })
        .collect();
    (plain, is_above)
}

//! What is wrong with a broadcast, in words: the same on pages and in the API.

use domain::engine::Warning;
use serde_json::{Value, json};

use crate::text::Text;

/// A warning as people read it: what it is, why it matters, what to do.
pub(crate) struct Words {
    pub(crate) what: String,
    pub(crate) why: String,
    /// Settings of OBS by their names.
    pub(crate) fix: String,
    /// Options of ffmpeg, where some help.
    pub(crate) ffmpeg: Option<String>,
}

/// The words of a warning.
pub(crate) fn words(t: Text, warning: &Warning) -> Words {
    let id = format!("warning-{}", warning.code);
    let figure = |n: Option<f64>| n.map_or_else(String::new, |n| figure(t, warning.unit, n));
    let (actual, expected) = (figure(warning.actual), figure(warning.expected));
    let message = || {
        let message = t.msg(id.as_str());
        message
            .arg("actual", actual.as_str())
            .arg("expected", expected.as_str())
    };
    let ffmpeg = t
        .has(&id, Some("ffmpeg"))
        .then(|| message().attr("ffmpeg").to_string());
    Words {
        what: message().to_string(),
        why: message().attr("why").to_string(),
        fix: message().attr("fix").to_string(),
        ffmpeg,
    }
}

fn figure(t: Text, unit: &str, n: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is positive and far below the bounds"
    )]
    match unit {
        "s" => t.seconds(n),
        "ms" if n >= 1000.0 => t.seconds(n / 1000.0),
        "bits_per_second" => t.bit_rate(n as u64),
        "" => format!("{n:.0}"),
        unit => {
            let id = format!("warning-unit-{unit}");
            t.msg(id).arg("n", format!("{n:.0}")).to_string()
        }
    }
}

/// A warning of the API.
pub(crate) fn value(t: Text, warning: &Warning) -> Value {
    let words = words(t, warning);
    json!({
        "type": warning.code,
        "code": warning.code,
        "severity": warning.severity.word(),
        "actual": warning.actual,
        "expected": warning.expected,
        "unit": warning.unit,
        "since": warning.since.rfc3339(),
        "title": words.what,
        "why": words.why,
        "message": format!("{}. {}", words.what, words.why),
        "fix": words.fix,
        "fix_ffmpeg": words.ffmpeg,
    })
}

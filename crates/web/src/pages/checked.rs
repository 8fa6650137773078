//! The self-check as pages show it: beside setup, at `/admin/check`, and what of it needs a look.

use crate::{
    App,
    check::{Asked, Finding, Level, Report},
    text::Text,
};

use super::health::When;

/// One line.
pub(super) struct Line {
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) name: String,
    /// How bad it is, for who does not see the icon.
    pub(super) verdict: String,
    pub(super) found: String,
    pub(super) fix: Option<String>,
}

/// All lines, and what they come to.
pub(super) struct Checked {
    pub(super) summary: String,
    /// When the machine was looked at.
    pub(super) at: When,
    pub(super) lines: Vec<Line>,
}

/// What the last look found, for somebody who came this way.
pub(super) async fn last(app: &App, asked: Asked) -> Checked {
    let Report { at, findings } = app.inner.self_check.last(asked).await;
    let t = app.text();
    let count = |is: fn(Level) -> bool| findings.iter().filter(|f| is(f.level)).count();
    let fine = count(|level| level == Level::Ok);
    let summary = match count(|level| level >= Level::Warning) {
        0 => t.msg("admin-check-fine").arg("fine", fine),
        look => t
            .msg("admin-check-look")
            .arg("fine", fine)
            .arg("look", look),
    };
    Checked {
        summary: summary.to_string(),
        at: When::of(t, at, app.inner.clock.now()),
        lines: findings.iter().map(|finding| line(t, finding)).collect(),
    }
}

impl Checked {
    /// The lines that are amber or red alone.
    pub(super) fn needing_a_look(self) -> Vec<Line> {
        let lines = self.lines.into_iter();
        lines
            .filter(|line| line.tone == WARN || line.tone == BAD)
            .collect()
    }
}

const WARN: &str = " tone-warn";
const BAD: &str = " tone-bad";

fn line(t: Text, finding: &Finding) -> Line {
    let (icon, tone) = match finding.level {
        Level::Ok => ("okc", " tone-ok"),
        Level::Notice => ("info", ""),
        Level::Warning => ("warn", WARN),
        Level::Problem => ("badc", BAD),
    };
    Line {
        icon,
        tone,
        name: finding.name(t).to_string(),
        verdict: t
            .msg(format!("admin-check-verdict-{}", finding.level.word()))
            .to_string(),
        found: finding.found(t).to_string(),
        fix: finding.fix(t).map(|fix| fix.to_string()),
    }
}

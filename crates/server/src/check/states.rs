//! Every line and what can be found in it, with how bad that is. Words exist for each (a test holds that).

use web::check::Level::{Notice, Ok, Problem, Warning};
use web::check::{Finding, Level};

/// What a port says that is in use by this version.
const PORT: &[(&str, Level)] = &[
    ("listening", Ok),
    ("local", Notice),
    ("free", Ok),
    ("any", Ok),
    ("held", Problem),
    ("held-unknown", Problem),
    ("taken", Problem),
    ("denied", Problem),
    ("unavailable", Problem),
];
/// What a port says that a later version will use.
const LATER: &[(&str, Level)] = &[
    ("later", Notice),
    ("later-held", Notice),
    ("later-off", Notice),
];

/// States that several lines share, with how bad each is.
type States = &'static [(&'static str, Level)];

/// Lines with their states; a line of ports has those of [`PORT`] or [`LATER`] too.
const STATES: &[(&str, &[States])] = &[
    ("http", &[PORT, &[("behind", Ok), ("off", Problem)]]),
    ("rtmp", &[PORT, &[("off", Notice)]]),
    ("webrtc", &[PORT, &[("off", Notice)]]),
    // Figures are for this machine alone unless somebody wants it otherwise.
    (
        "metrics",
        &[&[("local", Ok), ("open", Notice)], PORT, &[("off", Notice)]],
    ),
    ("compat-hls", &[LATER]),
    // A MediaMTX that has its port is no fault: the server does without.
    (
        "compat-webrtc",
        &[&[
            ("listening", Ok),
            ("local", Ok),
            ("free", Ok),
            ("any", Ok),
            ("held", Notice),
            ("held-unknown", Notice),
            ("taken", Notice),
            ("denied", Problem),
            ("unavailable", Problem),
            ("off", Notice),
        ]],
    ),
    ("compat-api", &[LATER]),
    (
        "address",
        &[&[
            ("set", Ok),
            ("request", Notice),
            ("seen", Ok),
            ("direct", Notice),
            ("invalid", Problem),
            ("differs", Warning),
            ("scheme", Warning),
        ]],
    ),
    (
        "proxy",
        &[&[
            ("none", Ok),
            ("trusted", Ok),
            ("working", Ok),
            ("direct", Notice),
            ("invalid", Problem),
            ("everyone", Warning),
            ("untrusted", Warning),
            ("silent", Warning),
            ("no-proto", Warning),
        ]],
    ),
    (
        "tls",
        &[&[
            ("proxy", Ok),
            ("none", Notice),
            ("plain", Warning),
            ("unused", Warning),
        ]],
    ),
    (
        "disk",
        &[&[
            ("enough", Ok),
            ("low", Warning),
            ("full", Problem),
            ("inodes", Problem),
            ("read-only", Problem),
            ("unknown", Warning),
            ("stuck", Problem),
        ]],
    ),
    (
        "clock",
        &[&[
            ("right", Ok),
            ("past", Problem),
            ("future", Problem),
            ("filesystem", Warning),
            ("stepped", Warning),
        ]],
    ),
    (
        "database",
        &[&[
            ("whole", Ok),
            ("new", Ok),
            ("large", Notice),
            ("older", Notice),
            ("newer", Problem),
            ("old-sqlite", Problem),
            ("damaged", Problem),
            ("unreadable", Problem),
            ("denied", Problem),
            ("stuck", Problem),
        ]],
    ),
    (
        "permissions",
        &[&[
            ("private", Ok),
            ("new", Ok),
            ("open", Warning),
            ("exposed", Problem),
            ("not-writable", Problem),
            ("no-parent", Problem),
            ("no-folder", Problem),
            ("unknown", Warning),
        ]],
    ),
    (
        "reach",
        &[&[
            ("public", Ok),
            ("network", Ok),
            ("outside", Warning),
            ("local", Notice),
            ("invalid", Problem),
            ("off", Notice),
        ]],
    ),
    (
        "files",
        &[&[("enough", Ok), ("unlimited", Ok), ("few", Warning)]],
    ),
    (
        "ffmpeg",
        &[&[("found", Ok), ("silent", Ok), ("absent", Notice)]],
    ),
    ("server", &[&[("silent", Problem)]]),
];

/// A finding; how bad it is says [`STATES`], where the first entry counts.
pub fn finding(
    id: &'static str,
    state: &'static str,
    values: Vec<(&'static str, String)>,
) -> Finding {
    let level = all()
        .find(|(line, one, _)| (*line, *one) == (id, state))
        .map(|(_, _, level)| level);
    debug_assert!(level.is_some(), "no such state: {id} {state}");
    Finding {
        id,
        level: level.unwrap_or(Problem),
        state,
        values,
    }
}

/// Every line, state and level.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, Level)> {
    STATES.iter().flat_map(|(id, groups)| {
        let states = groups.iter().flat_map(|group| group.iter());
        states.map(move |(state, level)| (*id, *state, *level))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::text::Text;

    #[test]
    fn every_state_has_words_and_amber_and_red_have_a_fix() {
        let text = Text::default();
        for (id, state, level) in all() {
            assert!(text.has(&format!("check-{id}"), None), "{id} has no name");
            let words = format!("check-{id}-{state}");
            assert!(text.has(&words, None), "{words} is not there");
            assert_eq!(
                text.has(&words, Some("fix")),
                level >= Warning,
                "{words} is {level:?}"
            );
        }
    }
}

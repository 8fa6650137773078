//! The whole look: its order, its sharing, and what it leaves behind.

use std::{collections::HashSet, time::Duration};

use web::{check::Level, text::Text};

use super::*;
use crate::config::Resolved;

fn checker(folder: &Path, settings: &[&str]) -> Checker {
    let flags: Vec<String> = ["http.listen=127.0.0.1:0", "rtmp.listen=127.0.0.1:0"]
        .iter()
        .chain(["metrics.listen=127.0.0.1:0", "webrtc.listen="].iter())
        .chain(settings)
        .map(|flag| (*flag).to_owned())
        .collect();
    let resolved = Resolved::new(None, std::iter::empty(), &flags).unwrap();
    Checker::new(Subject {
        config: Config::new(resolved),
        folder: folder.to_owned(),
        vantage: Vantage::Alone,
    })
}

#[tokio::test]
async fn every_line_is_there_once_in_order_and_none_is_red_in_a_new_directory() {
    let folder = tempfile::tempdir().unwrap();
    let findings = checker(&folder.path().join("data"), &[]).look(None).await;
    let ids: Vec<&str> = findings.iter().map(|finding| finding.id).collect();
    let expected = [
        "http",
        "rtmp",
        "webrtc",
        "metrics",
        "compat-hls",
        "compat-webrtc",
        "compat-api",
        "address",
        "proxy",
        "tls",
        "reach",
        "disk",
        "clock",
        "database",
        "permissions",
        "files",
        "ffmpeg",
    ];
    assert_eq!(ids, expected);
    for finding in &findings {
        // The room of the machine that runs the tests is not ours to judge.
        if finding.id != "disk" {
            assert!(finding.level < Level::Problem, "{finding:?}");
        }
        let said = finding.found(Text::default()).to_string();
        assert!(
            !said.contains('{'),
            "{finding:?} is told without a value: {said}"
        );
    }
    assert!(!folder.path().join("data").exists(), "it makes nothing");
}

#[tokio::test]
async fn those_who_ask_together_share_one_look_and_it_is_kept_for_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let checker = checker(folder.path(), &[]);
    let (first, second) = tokio::join!(checker.look(None), checker.look(None));
    assert_eq!(first, second);
    let looked = looked(&checker);
    checker.look(None).await;
    assert_eq!(looked, self::looked(&checker));
    long_ago(&checker);
    checker.look(None).await;
    assert!(self::looked(&checker) > looked);
}

/// When the machine was looked at last.
fn looked(checker: &Checker) -> Option<Instant> {
    checker.0.seen().map(|seen| seen.since)
}

/// As if the last look had been a while ago.
fn long_ago(checker: &Checker) {
    let mut seen = checker.0.seen.write().unwrap();
    let seen = seen.as_mut().unwrap();
    let ago = KEPT_FOR + Duration::from_millis(1);
    seen.since = seen.since.checked_sub(ago).unwrap();
}

fn asked(host: &str) -> Asked {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("host", host.parse().unwrap());
    Asked::plain(&headers, None, [127, 0, 0, 1].into())
}

#[tokio::test]
async fn page_tells_the_last_look_and_waits_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let checker = checker(folder.path(), &[]);
    let first = checker.last(asked("localhost")).await;
    long_ago(&checker);
    let before = looked(&checker);
    // Somebody looks, and it takes long.
    let looking = checker.0.looking.clone().lock_owned().await;
    let again = tokio::spawn(checker.again());
    let now = tokio::time::timeout(Duration::ZERO, checker.last(asked("localhost")));
    assert_eq!(now.await.unwrap(), first, "told without waiting");
    let now = tokio::time::timeout(Duration::ZERO, checker.last(asked("media.example.org")));
    let elsewhere = now.await.unwrap();
    assert_eq!(elsewhere.at, first.at);
    assert_ne!(
        elsewhere.findings, first.findings,
        "the way somebody came is judged for them"
    );
    assert_eq!(looked(&checker), before, "no page looks");
    drop(looking);
    again.await.unwrap();
    assert!(looked(&checker) > before, "who asks for a look gets one");
}

#[tokio::test(start_paused = true)]
async fn server_looks_at_its_start_and_every_five_minutes_until_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let checker = checker(folder.path(), &[]);
    let (stop, stopping) = watch::channel(false);
    let keeper = tokio::spawn(checker.clone().keep_looking(stopping));
    let look = async || {
        while looked(&checker).is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        checker.0.seen.write().unwrap().take();
    };
    look().await;
    let started = tokio::time::Instant::now();
    look().await;
    assert!(started.elapsed() >= LOOKED_EVERY - Duration::from_secs(10));
    stop.send_replace(true);
    keeper.await.unwrap();
}

#[tokio::test]
async fn disk_that_hangs_does_not_take_the_page_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let checker = checker(folder.path(), &[]);
    // A look that a dead disk holds still has the only permit.
    let held = checker.0.storage.clone().acquire_owned().await.unwrap();
    let stuck = checker.look(None).await;
    let state = |findings: &[Finding], id| {
        let found = findings.iter().find(|finding| finding.id == id);
        found.map(|finding| finding.state)
    };
    assert_eq!(state(&stuck, "disk"), Some("stuck"));
    drop(held);
    checker.0.seen.write().unwrap().take();
    let after = checker.look(None).await;
    assert_ne!(state(&after, "disk"), Some("stuck"));
}

#[test]
fn no_line_has_two_levels_for_one_state() {
    let mut seen = HashSet::new();
    for (id, state, _) in states::all() {
        // Metrics say `local` in a way of their own, before what every port says.
        let is_again = !seen.insert((id, state));
        assert!(
            !is_again || (id, state) == ("metrics", "local"),
            "{id} {state}"
        );
    }
}

/// A state that no test provokes is a sentence that nobody has read. Looks for each word in the tests of its line, and in those of
/// `doctor` on the real binary.
#[test]
fn every_state_of_every_line_is_provoked_by_a_test() {
    const DOCTOR: &str = include_str!("../../../../tests/e2e/tests/doctor.rs");
    let part = |source: &'static str| {
        source
            .split_once("#[cfg(test)]")
            .map_or("", |(_, tests)| tests)
    };
    let listeners = part(include_str!("listeners.rs"));
    let tests = |id: &str| match id {
        "address" | "proxy" | "tls" => part(include_str!("address.rs")),
        "disk" => part(include_str!("disk.rs")),
        "clock" => part(include_str!("clock.rs")),
        "database" => part(include_str!("database.rs")),
        "permissions" => part(include_str!("permissions.rs")),
        "files" => part(include_str!("files.rs")),
        "ffmpeg" => part(include_str!("ffmpeg.rs")),
        "reach" => part(include_str!("reach.rs")),
        _ => listeners,
    };
    for (id, state, _) in states::all() {
        let word = format!("\"{state}\"");
        assert!(
            tests(id).contains(&word) || DOCTOR.contains(&word),
            "no test provokes {id} {state}"
        );
    }
}

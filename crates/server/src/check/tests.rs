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
    let at = |seen: &Option<(Instant, Vec<Finding>)>| seen.as_ref().map(|(at, _)| *at);
    let looked = at(&*checker.0.seen.lock().await);
    checker.look(None).await;
    assert_eq!(at(&*checker.0.seen.lock().await), looked);
    // As if it had been a while ago.
    let old = Instant::now().checked_sub(KEPT_FOR + Duration::from_millis(1));
    if let Some(((kept, _), old)) = checker.0.seen.lock().await.as_mut().zip(old) {
        *kept = old;
    }
    checker.look(None).await;
    assert!(at(&*checker.0.seen.lock().await) > looked);
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
    *checker.0.seen.lock().await = None;
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

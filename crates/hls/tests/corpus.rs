//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.
#![expect(clippy::unwrap_used, reason = "the rig may fail the test")]

#[path = "../fuzz/inputs/check.rs"]
mod check;
#[path = "../fuzz/inputs/packager.rs"]
mod packager;
#[path = "../fuzz/inputs/playlist.rs"]
mod playlist;
#[path = "../fuzz/inputs/request.rs"]
mod request;
#[path = "stories/rig.rs"]
#[expect(dead_code, reason = "a rig of many stories")]
mod rig;
#[path = "stories/rules.rs"]
mod rules;

fn replay(target: &str, run: impl Fn(&[u8])) {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), target, run);
}

#[test]
fn playlists_are_read_or_refused() {
    replay("hls_playlist", playlist::run);
}

#[test]
fn answers_of_foreign_servers_are_judged() {
    replay("hls_check", check::run);
}

#[test]
fn requests_are_answered_the_same_way_each_time() {
    replay("hls_request", request::run);
}

#[test]
fn any_order_of_events_keeps_the_rules() {
    replay("hls_packager", packager::run);
}

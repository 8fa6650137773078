//! Replays the corpus of the fuzz targets of uploads: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/multipart.rs"]
mod multipart;
#[path = "../fuzz/inputs/tus.rs"]
mod tus;

fn replay(target: &str, run: impl Fn(&[u8])) {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), target, run);
}

#[test]
fn headers_of_tus_stay_within_their_bounds() {
    replay("tus_headers", tus::run);
}

#[test]
fn forms_hold_the_same_however_they_are_cut() {
    replay("multipart", multipart::run);
}

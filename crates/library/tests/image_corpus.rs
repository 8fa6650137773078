//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/image.rs"]
mod image;
#[path = "../fuzz/inputs/webvtt.rs"]
mod webvtt;

fn replay(target: &str, run: impl Fn(&[u8])) {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), target, run);
}

#[test]
fn pictures_are_taken_whole_or_refused() {
    replay("image_entry", image::run);
}

#[test]
fn captions_are_written_plain() {
    replay("webvtt", webvtt::run);
}

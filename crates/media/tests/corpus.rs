//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/aac.rs"]
mod aac;
#[path = "../fuzz/inputs/annex_b.rs"]
mod annex_b;
#[path = "../fuzz/inputs/audio.rs"]
mod audio;
#[path = "../fuzz/inputs/config.rs"]
mod config;
#[path = "../fuzz/inputs/fmp4.rs"]
mod fmp4;
#[path = "../fuzz/inputs/mp4.rs"]
mod mp4;
#[path = "../fuzz/inputs/nal.rs"]
mod nal;
#[path = "../fuzz/inputs/silence.rs"]
mod silence;

fn replay(target: &str, run: impl Fn(&[u8])) {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), target, run);
}

#[test]
fn h264_configurations_keep_their_promises() {
    replay("h264_config", config::run);
}

#[test]
fn access_units_look_the_same_from_all_sides() {
    replay("h264_nal", nal::run);
}

#[test]
fn byte_streams_become_frames_that_can_be_read() {
    replay("h264_annex_b", annex_b::run);
}

#[test]
fn aac_configurations_keep_their_promises() {
    replay("aac_config", aac::run);
}

#[test]
fn silence_is_judged_alike_however_much_is_there() {
    replay("aac_silence", silence::run);
}

#[test]
fn any_frames_of_sound_are_transcoded_within_bounds() {
    replay("audio_transcode", audio::run);
}

#[test]
fn files_are_read_within_bounds() {
    replay("fmp4_read", fmp4::run);
}

/// Abuse case G9.
#[test]
fn files_that_people_bring_are_taken_apart_within_bounds() {
    replay("mp4_demux", mp4::run);
}

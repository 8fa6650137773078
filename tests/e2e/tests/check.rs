//! What the real binary makes of what real encoders send, held against the rules of LL-HLS by `hls-check`.

use e2e::{Encoder, Ffmpeg, Server, playlist::Viewer, server::wait_until_receiving};
use serde_json::Value;

/// How long each stream is watched: some target durations.
const SECONDS: &str = "12";

fn conforms(encoder: &Encoder) {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _publisher = encoder.publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let _ = Viewer::join(&server.client(), "live");
    let check = server
        .command()
        .args([
            "hls-check",
            &server.url("/hls/live/index.m3u8"),
            "--seconds",
            SECONDS,
            "--json",
        ])
        .output()
        .unwrap_or_else(|error| panic!("hls-check does not start: {error}"));
    let findings: Vec<Value> = serde_json::from_slice(&check.stdout).unwrap_or_else(|error| {
        panic!(
            "no findings ({error}): {}",
            String::from_utf8_lossy(&check.stderr)
        )
    });
    let broken: Vec<String> = findings
        .iter()
        .filter(|f| f["ok"] != true)
        .map(|f| format!("{}: {}", f["rule"], f["evidence"]))
        .collect();
    let media = Viewer::join(&server.client(), "live").look();
    assert!(
        broken.is_empty(),
        "{}\nbroken by {encoder:?}:\n{}",
        broken.join("\n"),
        media.text
    );
    assert!(
        findings.len() > 10,
        "so few rules were judged: {findings:?}"
    );
    assert_eq!(
        check.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
}

#[test]
fn picture_and_sound_of_a_modern_ffmpeg_conform() {
    conforms(&Encoder::new(Ffmpeg::Modern));
}

#[test]
fn picture_and_sound_of_the_systems_ffmpeg_conform() {
    conforms(&Encoder::new(Ffmpeg::System));
}

#[test]
fn picture_alone_conforms() {
    conforms(&Encoder::new(Ffmpeg::System).video_only());
}

#[test]
fn sound_alone_conforms() {
    conforms(&Encoder::new(Ffmpeg::Modern).audio_only());
}

#[test]
fn key_frames_eight_seconds_apart_conform() {
    conforms(&Encoder::new(Ffmpeg::Modern).key_frame_every(8));
}

#[test]
fn check_fails_on_what_is_no_playlist() {
    let server = Server::start(&[]);
    let check = server
        .command()
        .args([
            "hls-check",
            &server.url("/hls/nothing/index.m3u8"),
            "--seconds",
            "2",
            "--json",
        ])
        .output()
        .unwrap_or_else(|error| panic!("hls-check does not start: {error}"));
    assert_eq!(
        check.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&check.stdout)
    );
}

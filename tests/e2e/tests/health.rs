//! What the API says is wrong with what a real encoder sends, and that it stops saying so.

use std::time::Duration;

use e2e::{Client, Encoder, Ffmpeg, Server, server::wait_until_receiving, until};

/// The slowest of these warnings needs six seconds; a busy machine more.
const SOON: Duration = Duration::from_secs(30);

fn codes(operator: &Client) -> Vec<String> {
    let live = operator.get("/api/streams/live").json();
    let warnings = live["live"]["warnings"].as_array().cloned();
    let codes = warnings.into_iter().flatten();
    codes
        .filter_map(|warning| warning["code"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn faults_of_an_encoder_are_told_and_go_with_it() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let url = server.rtmp_url(&format!("live?token={key}"));
    let bad = Encoder::new(Ffmpeg::Modern)
        .video_only()
        .key_frame_every(8)
        .publish(&url);
    wait_until_receiving(&operator, "live");
    until("both warnings", SOON, || {
        let codes = codes(&operator);
        let told = |code: &str| codes.iter().any(|told| told == code);
        (told("no_sound") && told("key_frames_far_apart")).then_some(())
    });
    bad.kill();
    let _good = Encoder::new(Ffmpeg::Modern).publish(&url);
    until("the end of both", SOON, || {
        let live = operator.get("/api/streams/live").json();
        let sound = live["live"]["tracks"].as_array()?.len() == 2;
        (sound && codes(&operator).is_empty()).then_some(())
    });
}

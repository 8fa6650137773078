//! Each warning, provoked by an encoder that does what it warns of: in the API and on the page. One server, one stream for each,
//! all at once, since some take long to rise.

use std::time::Duration;

use e2e::{Browser, Ffmpeg, Publisher, Server, encoder, server::PASSWORD, until};
use serde_json::Value;

/// The slowest needs half a minute by its own rules; twice that for a busy machine.
const RISEN: Duration = Duration::from_secs(75);

/// What provokes a warning: the speed of reading, filters, and options of ffmpeg.
struct Provoked {
    code: &'static str,
    rate: &'static str,
    picture: &'static str,
    sound: Option<&'static str>,
    options: &'static str,
}

const TONE: Option<&str> = Some("sine=frequency=440:sample_rate=48000");
const PICTURE: &str = "testsrc2=size=160x90:rate=25";
const CALM: &str = "-tune zerolatency -g 25 -b:v 100k";

const fn provoked(code: &'static str, options: &'static str) -> Provoked {
    Provoked {
        code,
        rate: "1",
        picture: PICTURE,
        sound: TONE,
        options,
    }
}

const ALL: &[Provoked] = &[
    provoked(
        "key_frames_far_apart",
        "-tune zerolatency -g 300 -keyint_min 300 -sc_threshold 0 -b:v 100k",
    ),
    provoked(
        "b_frames",
        "-bf 2 -x264-params b-adapt=0:rc-lookahead=4 -g 25 -b:v 100k",
    ),
    Provoked {
        sound: None,
        ..provoked("no_sound", CALM)
    },
    Provoked {
        sound: Some("anullsrc=r=48000:cl=stereo"),
        ..provoked("silent_sound", CALM)
    },
    Provoked {
        picture: "testsrc2=size=160x90:rate=25,settb=1/1000,setpts=PTS+floor(25*random(1))",
        ..provoked(
            "variable_frame_rate",
            "-fps_mode passthrough -enc_time_base 1:1000 -tune zerolatency -g 25 -b:v 100k",
        )
    },
    provoked(
        "bit_rate_over_told",
        "-tune zerolatency -g 25 -b:v 20k -qmax 8",
    ),
    // Ten seconds in, the clock of both goes on by five seconds; after the reading, which keeps real time.
    provoked(
        "timestamps_jump",
        "-filter:v setpts=PTS+5/TB*gte(N\\,250) -filter:a asetpts=PTS+5/TB*gte(T\\,10) -fps_mode passthrough -tune zerolatency -g 25 -b:v 100k",
    ),
    Provoked {
        sound: Some("sine=frequency=440:sample_rate=48000,asetpts=PTS*1.1"),
        ..provoked("audio_video_drift", CALM)
    },
    Provoked {
        rate: "0.7",
        ..provoked("frames_late", CALM)
    },
    Provoked {
        picture: "testsrc2=size=160x90:rate=25,select=mod(n\\,20)-7",
        ..provoked(
            "frames_lost",
            "-fps_mode passthrough -tune zerolatency -g 25 -b:v 100k",
        )
    },
];

/// A stream's address says its warning: no `_` in it.
fn slug(code: &str) -> String {
    code.replace('_', "-")
}

fn publish(what: &Provoked, url: &str) -> Publisher {
    let mut arguments = vec!["-readrate", what.rate, "-f", "lavfi", "-i", what.picture];
    if let Some(sound) = what.sound {
        arguments.extend(["-readrate", what.rate, "-f", "lavfi", "-i", sound]);
        arguments.extend(["-c:a", "aac", "-b:a", "64k"]);
    }
    arguments.extend("-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1".split(' '));
    arguments.extend(what.options.split(' '));
    arguments.extend(["-f", "flv", url]);
    encoder::run(Ffmpeg::Modern, &arguments)
}

fn warnings(answer: &Value) -> Vec<String> {
    let warnings = answer["live"]["warnings"].as_array();
    let code = |warning: &Value| warning["code"].as_str().unwrap_or_default().to_owned();
    warnings.into_iter().flatten().map(code).collect()
}

#[test]
fn each_warning_is_provoked_by_an_encoder_that_does_it() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let keys: Vec<String> = ALL
        .iter()
        .map(|what| server.add_stream(&slug(what.code), "public"))
        .collect();
    let _publishers: Vec<Publisher> = ALL
        .iter()
        .zip(&keys)
        .map(|(what, key)| publish(what, &server.rtmp_url(&format!("live/{key}"))))
        .collect();
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    // One page is open from before, and is told.
    assert_eq!(anna.open(&server.url("/streams/no-sound")), 200);
    let _ = anna.until(
        "document.querySelector('[data-notes]').innerText.includes('No sound arrives')",
        RISEN,
    );
    let mut missing: Vec<&str> = ALL.iter().map(|what| what.code).collect();
    let shown = |code: &str| {
        let answer = operator.get(&format!("/api/streams/{}", slug(code))).json();
        warnings(&answer).iter().any(|known| known == code)
    };
    until("every warning", RISEN, || {
        missing.retain(|code| !shown(code));
        println!("still awaited: {missing:?}");
        missing.is_empty().then_some(())
    });
    for what in ALL {
        assert_eq!(
            anna.open(&server.url(&format!("/streams/{}", slug(what.code)))),
            200
        );
        let _ = anna.until(
            "document.querySelectorAll('[data-notes] li .fix').length > 0",
            RISEN,
        );
    }
    anna.picture("warning-1280");
    assert_eq!(anna.complaints(), Vec::<String>::new(), "a page complained");
}

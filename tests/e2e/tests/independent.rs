//! An implementation of WebRTC that shares no line with ours or the browser's: aiortc, in Python.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use e2e::{
    Encoder, Ffmpeg, Server, encoder,
    playlist::Viewer,
    server::{PASSWORD, text, wait_until_gone, wait_until_receiving},
    tool, until,
};
use serde_json::Value;

/// One of the programs in `aiortc/`.
fn aiortc(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(tool("PYTHON"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/aiortc/");
    command.arg(format!("{folder}{program}")).args(arguments);
    command.stdin(Stdio::null());
    command
}

/// What the program tells in its last line.
fn told(mut command: Command) -> Value {
    let output = command.output().unwrap_or_else(|error| panic!("{error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().last().unwrap_or_default();
    match serde_json::from_str(last) {
        Ok(value) if output.status.success() => value,
        _ => panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn aiortc_watches_with_picture_and_sound() {
    let (server, publisher, _) = Server::live(&[], &Encoder::new(Ffmpeg::Modern));
    let told = told(aiortc("watch.py", &[&server.url("/live/whep"), "4"]));
    println!("aiortc saw {told}");
    assert_eq!(told["state"], "connected", "{told}");
    assert_eq!(told["ended"], 200, "{told}");
    let count = |name: &str| told[name].as_u64().unwrap_or_default();
    assert!(count("video") > 20 && count("brightest") > 100, "{told}");
    assert!(count("audio") > 50 && count("loudest") > 1000, "{told}");
    drop(publisher);
}

#[test]
fn aiortc_publishes_and_another_one_watches_beside_hls() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let mut publisher = aiortc("publish.py", &[&server.url("/live/whip"), "12", &key]);
    let publisher = publisher
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}"));
    wait_until_receiving(&operator, "live");
    let viewer = Viewer::join(&server.client(), "live");
    let live = operator.get("/api/streams/live").json();
    let tracks = live["live"]["tracks"].to_string();
    assert!(
        tracks.contains("H.264") && tracks.contains("Opus"),
        "{live}"
    );
    let index = server.client().get("/hls/live/index.m3u8").text();
    assert!(
        index.contains("avc1.") && index.contains("mp4a.40.2"),
        "{index}"
    );
    let told = told(aiortc("watch.py", &[&server.url("/live/whep"), "4"]));
    println!("aiortc saw {told}");
    let count = |name: &str| told[name].as_u64().unwrap_or_default();
    assert!(count("video") > 20 && count("brightest") > 200, "{told}");
    assert!(count("audio") > 50 && count("loudest") > 1000, "{told}");
    let media = viewer.look();
    assert!(!media.has_gap(), "{}", media.text);
    let output = publisher.wait_with_output();
    let output = output.unwrap_or_else(|error| panic!("{error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("\"ended\": 200"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Abuse case F6: in real time.
#[test]
fn viewer_in_real_time_is_put_out_when_their_person_is_disabled() {
    /// What ends, ends within a second; fivefold slack for busy machines.
    const ENDS: Duration = Duration::from_secs(5);
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("club", "members");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("club?token={key}")));
    wait_until_receiving(&operator, "club");
    let _ = server.cli(&["user", "add", "ben"], PASSWORD);
    let made = server.cli(
        &["api-key", "add", "bot", "--user", "ben", "--scopes", "read"],
        "",
    );
    // It would look on for far longer than all of this takes.
    let (url, bens) = (server.url("/club/whep"), text(&made, "key"));
    let mut viewer = aiortc("watch.py", &[&url, "60", &bens])
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}"));
    let watching = || {
        let live = operator.get("/api/streams/club").json()["live"].clone();
        live["viewers"]["webrtc"].as_u64()
    };
    until("a viewer in real time", ENDS * 3, || {
        (watching() == Some(1)).then_some(())
    });
    let _ = server.cli(&["user", "disable", "ben"], "");
    until("the viewer's end", ENDS, || {
        (watching() == Some(0)).then_some(())
    });
    let is_still_there = viewer.try_wait().is_ok_and(|status| status.is_none());
    let _ = viewer.kill();
    let _ = viewer.wait();
    assert!(is_still_there, "it did not go by itself");
}

/// Abuse case D11.
#[test]
fn viewer_who_asks_without_end_is_sent_little_more_and_harms_nobody() {
    const SECONDS: u64 = 6;
    let (server, publisher, _) = Server::live(&[], &Encoder::new(Ffmpeg::Modern));
    let (url, seconds) = (server.url("/live/whep"), SECONDS.to_string());
    let watch = |how: &[&str]| {
        let all = [&[url.as_str(), seconds.as_str()], how].concat();
        told(aiortc("watch.py", &all))
    };
    let (calm, storm) = std::thread::scope(|scope| {
        let calm = scope.spawn(|| watch(&[]));
        let storm = watch(&["storm"]);
        (calm.join().unwrap_or_default(), storm)
    });
    println!("calm {calm}, storm {storm}");
    let count = |told: &Value, name: &str| told[name].as_u64().unwrap_or_default();
    assert_eq!(storm["state"], "connected", "{storm}");
    assert!(count(&storm, "asked") > 100, "{storm}");
    assert!(
        count(&calm, "video") > 20 && count(&calm, "audio") > 50,
        "{calm}"
    );
    // Repairs are half a megabyte a second at most, with as much saved up; a still or a group every two seconds is a part of the stream again.
    let allowed = count(&calm, "bytes") * 3 + (SECONDS + 1) * 500_000;
    assert!(count(&storm, "bytes") < allowed, "{storm}, {calm}");
    assert!(!server.log().contains("panicked"), "{}", server.log());
    drop(publisher);
}

/// A flash and a beep at the beginning of each second, as one source gives them to an encoder.
const FLASH: &str =
    "color=black:s=320x180:r=25,drawbox=w=320:h=180:color=white:t=fill:enable='lt(mod(t,1),0.12)'";

#[test]
fn sound_is_in_step_with_the_picture_whatever_it_was_made_from() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    for (how, rate, sound) in [
        ("AAC of 48 kHz by RTMP", 48_000, "aac"),
        ("AAC of 44.1 kHz by RTMP", 44_100, "aac"),
        ("Opus by WHIP", 48_000, "libopus"),
    ] {
        let beep = format!("aevalsrc='if(lt(mod(t,1),0.12),0.5*sin(2*PI*1000*t),0)':s={rate}");
        let to = if sound == "aac" {
            vec![
                "-f".into(),
                "flv".into(),
                server.rtmp_url(&format!("live?token={key}")),
            ]
        } else {
            let door = server.url("/live/whip");
            vec![
                "-f".into(),
                "whip".into(),
                "-authorization".into(),
                key.clone(),
                door,
            ]
        };
        let mut arguments = vec![
            "-re", "-f", "lavfi", "-i", FLASH, "-re", "-f", "lavfi", "-i", &beep,
        ];
        arguments.extend([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-tune",
            "zerolatency",
        ]);
        arguments.extend(["-profile:v", "baseline", "-pix_fmt", "yuv420p", "-g", "25"]);
        arguments.extend(["-c:a", sound, "-ac", "2"]);
        arguments.extend(to.iter().map(String::as_str));
        let publisher = encoder::run(Ffmpeg::Modern, &arguments);
        wait_until_receiving(&operator, "live");
        let told = told(aiortc("sync.py", &[&server.url("/live/whep"), "8"]));
        println!("{how}: {told}");
        let apart: Vec<f64> = told["apart_ms"]
            .as_array()
            .map(|all| all.iter().filter_map(Value::as_f64).collect())
            .unwrap_or_default();
        assert!(apart.len() >= 4, "{how}: {told}");
        assert!(apart.iter().all(|ms| ms.abs() < 40.0), "{how}: {told}");
        drop(publisher);
        wait_until_gone(&operator, "live", Duration::from_secs(40));
    }
}

//! An implementation of WebRTC that shares no line with ours or the browser's: aiortc, in Python.

use std::process::{Command, Stdio};

use e2e::{Encoder, Ffmpeg, Server, server::wait_until_receiving, tool};
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
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let told = told(aiortc("watch.py", &[&server.url("/live/whep"), "4"]));
    println!("aiortc saw {told}");
    assert_eq!(told["state"], "connected", "{told}");
    assert_eq!(told["ended"], 200, "{told}");
    let count = |name: &str| told[name].as_u64().unwrap_or_default();
    assert!(count("video") > 20 && count("brightest") > 100, "{told}");
    assert!(count("audio") > 50 && count("loudest") > 1000, "{told}");
    drop(publisher);
}

//! How to send: the server's address for encoders, and commands that can be copied.

use crate::{Settings, extract::Client, text::Text};

/// What stands in commands where the key goes.
pub(super) const YOUR_KEY: &str = "YOUR-KEY";
/// Settings that keep the delay low, as ffmpeg spells them.
const X264: &str = "-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -b:v 2500k -maxrate 2500k -bufsize 2500k -g 60";
const AAC: &str = "-c:a aac -b:a 128k -ar 48000 -f flv";

/// A command with what it is for.
pub(super) struct Line {
    pub(super) id: &'static str,
    pub(super) label: String,
    /// What else one needs to know.
    pub(super) note: Option<String>,
    pub(super) code: String,
}

/// `rtmp://HOST:PORT/live` under the name by which the visitor reached this server.
pub(super) fn server(settings: &Settings, client: &Client) -> Option<String> {
    let port = settings.rtmp?.port();
    Some(format!("rtmp://{}:{port}/live", host(&client.origin)))
}

/// The host of an origin: without scheme and port, an IPv6 address in its brackets.
fn host(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or(rest);
    match rest.find(']') {
        Some(end) => rest.get(..=end).unwrap_or(rest),
        None => rest.split(':').next().unwrap_or(rest),
    }
}

/// Commands for the usual programs; none without a server.
pub(super) fn lines(t: Text, server: Option<&str>) -> Vec<Line> {
    let Some(server) = server else {
        return Vec::new();
    };
    let to = format!("\"{server}/{YOUR_KEY}\"");
    let ffmpeg = |input: &str| format!("ffmpeg {input} \\\n  {X264} \\\n  {AAC} {to}");
    let commands = [
        ("file", ffmpeg("-re -i talk.mp4")),
        (
            "linux",
            ffmpeg("-f v4l2 -framerate 30 -video_size 1280x720 -i /dev/video0 -f pulse -i default"),
        ),
        (
            "macos",
            ffmpeg("-f avfoundation -framerate 30 -video_size 1280x720 -i \"0:0\""),
        ),
        (
            "windows",
            // One line: what breaks a line differs between its shells.
            format!(
                "ffmpeg -f gdigrab -framerate 30 -i desktop -f dshow -i audio=\"Microphone\" -vf scale=-2:720 {X264} {AAC} {to}"
            ),
        ),
        (
            "gstreamer",
            format!(
                "gst-launch-1.0 flvmux name=mux streamable=true ! rtmp2sink location={to} \\\n  \
                 autovideosrc ! videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency speed-preset=veryfast bitrate=2500 key-int-max=60 ! h264parse ! queue ! mux. \\\n  \
                 autoaudiosrc ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=128000 ! aacparse ! queue ! mux."
            ),
        ),
    ];
    let line = |(id, code): (&'static str, String)| {
        let message = format!("golive-line-{id}");
        let note = t
            .has(&message, Some("note"))
            .then(|| t.msg(message.as_str()).attr("note").to_string());
        Line {
            id,
            label: t.msg(message.as_str()).to_string(),
            note,
            code,
        }
    };
    commands.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_what_the_visitor_typed_without_its_port() {
        for (origin, expected) in [
            ("http://media.example.org:3000", "media.example.org"),
            ("https://media.example.org", "media.example.org"),
            ("http://192.0.2.7:3000", "192.0.2.7"),
            ("http://[2001:db8::7]:3000", "[2001:db8::7]"),
            ("http://[::1]", "[::1]"),
            ("https://media.example.org/base", "media.example.org"),
        ] {
            assert_eq!(host(origin), expected, "{origin}");
        }
    }

    #[test]
    fn every_command_ends_with_the_place_of_the_key() {
        let t = Text::default();
        let lines = lines(t, Some("rtmp://media.example.org:1935/live"));
        assert_eq!(lines.len(), 5);
        for line in lines {
            let place = "\"rtmp://media.example.org:1935/live/YOUR-KEY\"";
            assert!(line.code.contains(place), "{}", line.code);
            assert!(!line.label.starts_with("golive-"), "{}", line.label);
        }
        assert!(super::lines(t, None).is_empty());
    }
}

//! FFmpeg as a decoder: files in, the hash and time of every decoded frame out.

use std::{path::Path, process::Command};

use e2e::Ffmpeg;

/// A decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// When it is shown or heard, in ticks of 90 kHz or in samples.
    pub at: i64,
    /// Samples in it; 1 for a picture.
    pub length: i64,
    /// MD5 of its pixels or samples.
    pub hash: String,
}

/// Which stream of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Video,
    Audio,
}

/// Decodes one stream of each file, all in one run. Anything that FFmpeg complains about is told by `words`.
pub fn decode_all(
    ffmpeg: Ffmpeg,
    files: &[impl AsRef<Path>],
    stream: Stream,
) -> (Vec<Vec<Decoded>>, String) {
    let mut command = Command::new(ffmpeg.program());
    command.args([
        "-hide_banner",
        "-loglevel",
        "warning",
        "-nostdin",
        "-copyts",
    ]);
    for file in files {
        command.arg("-i").arg(file.as_ref());
    }
    for place in 0..files.len() {
        let kind = if stream == Stream::Video { 'v' } else { 'a' };
        command.args(["-map", &format!("{place}:{kind}:0")]);
    }
    if stream == Stream::Video {
        // Every picture once, at the time it carries, counted finely enough to tell one tick.
        command.args(["-fps_mode", "passthrough", "-enc_time_base", "1:90000"]);
    }
    let output = command
        .args(["-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg starts");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{ffmpeg:?} says: {words}");
    let decoded = read(
        &String::from_utf8_lossy(&output.stdout),
        files.len(),
        stream,
    );
    (decoded, words)
}

/// Decodes one stream of a file; fails if FFmpeg complains about anything.
pub fn decode(ffmpeg: Ffmpeg, file: &Path, stream: Stream) -> Vec<Decoded> {
    let (mut decoded, words) = decode_all(ffmpeg, &[file], stream);
    assert!(words.is_empty(), "{ffmpeg:?} says: {words}");
    decoded.remove(0)
}

/// Reads `stream, dts, pts, duration, size, hash` lines and their time bases.
fn read(text: &str, files: usize, stream: Stream) -> Vec<Vec<Decoded>> {
    let mut decoded = vec![Vec::new(); files];
    for line in text.lines() {
        if let Some(base) = line.strip_prefix("#tb ") {
            let fine = stream == Stream::Audio || base.ends_with(" 1/90000");
            assert!(fine, "times are counted in {base}");
        }
        if line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let number = |place: usize| fields[place].parse::<i64>().expect("a number");
        decoded[number(0) as usize].push(Decoded {
            at: number(2),
            length: if stream == Stream::Video {
                1
            } else {
                number(3)
            },
            hash: fields[5].to_owned(),
        });
    }
    decoded
}

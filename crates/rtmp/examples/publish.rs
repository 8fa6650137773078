//! Publishes an FLV file over and over, in real time: `publish ADDRESS APP NAME FILE`, each as an encoder would spell it.
//!
//! Prints what happens, a line each: `connected`, `publishing`, `refused CODE: description`, `closed: reason`. Ends when the server ends
//! it, with status 1 where that came before `publishing`. The stories of the whole program publish with it, so that
//! `rtmp::client::Session` meets the real server in every form in which a key is sent.
#![expect(
    clippy::disallowed_methods,
    reason = "an example is the shell around the session: it has the socket and the clock"
)]

use std::{
    error::Error,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    process::ExitCode,
    time::{Duration, Instant},
};

use bytes::Bytes;
use media::{Codec, Frame, Timestamp, Track, TrackId, aac, h264};
use rtmp::client::{Event, Output, Session, Target};

/// Between two looks at the socket: how far a frame may come late.
const STEP: Duration = Duration::from_millis(5);
/// What follows the last frame before the loop begins anew, milliseconds.
const LAST_FRAME_MS: i64 = 40;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, app, name, file] = arguments.as_slice() else {
        eprintln!("publish ADDRESS APP NAME FILE");
        return ExitCode::FAILURE;
    };
    let target = Target::new(app, format!("rtmp://{address}/{app}"), name);
    let was_published = std::fs::read(file)
        .map_err(Into::into)
        .and_then(|bytes| Clip::read(&Bytes::from(bytes)))
        .and_then(|clip| publish(address, target, &clip));
    match was_published {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("closed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Publishes until the session is over; whether the server had ever said yes.
fn publish(address: &str, target: Target, clip: &Clip) -> Result<bool, Box<dyn Error>> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(STEP))?;
    let start = Instant::now();
    // Only this example may: a real seed is random.
    let mut session = Session::new(target, [1; 32], Duration::ZERO);
    let mut buffer = vec![0; 4 << 10];
    let mut began = None;
    let mut next = 0;
    loop {
        let due = loop {
            match session.poll() {
                Output::Transmit(bytes) => socket.write_all(&bytes)?,
                Output::Event(Event::Connected) => println!("connected"),
                Output::Event(Event::Publishing) => {
                    println!("publishing");
                    began = Some(Instant::now());
                    for track in &clip.tracks {
                        session.send_track(track)?;
                    }
                }
                Output::Event(Event::Rejected { code, description }) => {
                    println!("refused {code}: {description}");
                }
                Output::Closed(closed) => {
                    println!("closed: {closed}");
                    return Ok(began.is_some());
                }
                Output::Timeout(due) => break due,
            }
        };
        match socket.read(&mut buffer) {
            Ok(0) => return Err("the server closed the connection".into()),
            Ok(length) => session.receive(start.elapsed(), buffer.get(..length).unwrap_or(&[])),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
        if due.is_some_and(|due| start.elapsed() >= due) {
            session.handle_timeout(start.elapsed());
        }
        while let Some(began) = began {
            let frame = clip.at(next);
            if Duration::from_millis(frame.dts.ticks().unsigned_abs()) > began.elapsed() {
                break;
            }
            session.send_frame(&frame)?;
            next += 1;
        }
    }
}

/// Tracks and frames of a file, times from 0.
struct Clip {
    tracks: Vec<Track>,
    frames: Vec<Frame>,
    length_ms: i64,
}

impl Clip {
    /// Reads H.264 and AAC in their legacy form (Adobe FLV 10.1, annex E).
    fn read(file: &Bytes) -> Result<Self, Box<dyn Error>> {
        let (mut tracks, mut frames) = (Vec::new(), Vec::new());
        // Behind the header (9 bytes) and the size of a tag that was not (4).
        let mut at = 13;
        while let Some(&[kind, s2, s1, s0, t2, t1, t0, t3, ..]) = file.get(at..at + 11) {
            let size = u32::from_be_bytes([0, s2, s1, s0]) as usize;
            let ms = i64::from(u32::from_be_bytes([t3, t2, t1, t0]));
            if file.len() < at + 11 + size {
                break;
            }
            let body = file.slice(at + 11..at + 11 + size);
            at += 11 + size + 4;
            match (kind, body.as_ref()) {
                (9, [_, 0, _, _, _, ..]) => tracks.push(Track {
                    id: TrackId::VIDEO,
                    codec: Codec::H264(h264::Config::parse(body.slice(5..))?),
                }),
                (9, [head, 1, c2, c1, c0, ..]) => {
                    // 24 bits with a sign.
                    let offset = i64::from(i32::from_be_bytes([*c2, *c1, *c0, 0]) >> 8);
                    frames.push(Frame {
                        pts: Timestamp::from_ms(ms + offset),
                        key: head >> 4 == 1,
                        ..frame(TrackId::VIDEO, ms, body.slice(5..))
                    });
                }
                (8, [_, 0, ..]) => tracks.push(Track {
                    id: TrackId::AUDIO,
                    codec: Codec::Aac(aac::Config::parse(body.slice(2..))?),
                }),
                (8, [_, 1, ..]) => frames.push(frame(TrackId::AUDIO, ms, body.slice(2..))),
                _ => {}
            }
        }
        frames.sort_by_key(|frame| frame.dts.ticks());
        let last = frames.last().ok_or("no frames in the file")?;
        Ok(Self {
            length_ms: last.dts.ticks() + LAST_FRAME_MS,
            tracks,
            frames,
        })
    }

    /// The frame of this number, as if the file had no end.
    fn at(&self, number: usize) -> Frame {
        let rounds = i64::try_from(number / self.frames.len()).unwrap_or(0);
        let frame = &self.frames[number % self.frames.len()];
        let shift = |time: Timestamp| Timestamp::from_ms(time.ticks() + rounds * self.length_ms);
        Frame {
            dts: shift(frame.dts),
            pts: shift(frame.pts),
            ..frame.clone()
        }
    }
}

fn frame(track: TrackId, ms: i64, data: Bytes) -> Frame {
    let at = Timestamp::from_ms(ms);
    Frame {
        track,
        dts: at,
        pts: at,
        key: true,
        data,
    }
}

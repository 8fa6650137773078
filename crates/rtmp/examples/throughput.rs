//! Prints how fast a server session takes video in for three chunk sizes: `cargo run --release -p rtmp --example throughput`.
//!
//! One 1 MB frame after the other, handed over in pieces as a socket would (64 KiB).
#![expect(
    clippy::disallowed_methods,
    reason = "this measures how long the session takes; what the session is told of time is fixed"
)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use media::{Codec, Frame, Timestamp, Track, TrackId, h264};
use rtmp::{
    Event, Limits, Output, Session,
    client::{self, Target},
};

const FRAME_BYTES: usize = 1_000_000;
const FRAMES: usize = 300;
const PIECE_BYTES: usize = 64 << 10;
const AVCC: &[u8] = b"\x01d\0\r\xff\xe1\0\x1agd\0\r\xac\xd9AA\x9f\x9f\x01\x10\0\0\x03\0\x10\0\0\x03\x03\xc0\xf1B\x99`\x01\0\x04h\xef\xbc\xb0\xfd\xf8\xf8\0";

fn main() {
    let mut data = vec![7; FRAME_BYTES];
    data[..5].copy_from_slice(&[0, 0x0f, 0x42, 0x3c, 0x65]);
    let frame = Frame {
        track: TrackId::VIDEO,
        dts: Timestamp::from_ms(0),
        pts: Timestamp::from_ms(0),
        key: true,
        data: Bytes::from(data),
    };
    let config = h264::Config::parse(Bytes::from_static(AVCC)).expect("a valid record");
    let track = Track {
        id: TrackId::VIDEO,
        codec: Codec::H264(config),
    };

    for chunk_size in [128, 4096, 65_536] {
        let mut client = client::Session::new(
            Target {
                chunk_size,
                ..Target::new("live", "rtmp://h/live", "cam")
            },
            [2; 32],
            Duration::ZERO,
        );
        let limits = Limits {
            bytes_per_second_max: u64::MAX,
            frames_per_second_max: u64::MAX,
            ..Limits::default()
        };
        let mut server = Session::new(limits, [1; 32], Duration::ZERO);
        while exchange(&mut client, &mut server).is_some() {}
        client.send_track(&track).expect("publishing");
        exchange(&mut client, &mut server);

        let (mut frames, mut spent) = (0, Duration::ZERO);
        for count in 0..FRAMES {
            let dts = Timestamp::from_ms(count as i64 * 33);
            client
                .send_frame(&Frame {
                    dts,
                    pts: dts,
                    ..frame.clone()
                })
                .expect("room");
            let client::Output::Transmit(bytes) = client.poll() else {
                panic!("nothing sent")
            };
            let start = Instant::now();
            for piece in bytes.chunks(PIECE_BYTES) {
                server.receive(Duration::ZERO, piece);
                loop {
                    match server.poll() {
                        Output::Event(Event::Frame(_)) => frames += 1,
                        Output::Timeout(_) => break,
                        Output::Closed(closed) => panic!("{closed}"),
                        _ => {}
                    }
                }
            }
            spent += start.elapsed();
        }
        let seconds = spent.as_secs_f64();
        println!(
            "chunks of {chunk_size:>6} bytes: {:>7.0} MB/s, {:.3} ms a frame of 1 MB, {frames} frames",
            (FRAMES * FRAME_BYTES) as f64 / 1e6 / seconds,
            seconds * 1e3 / FRAMES as f64,
        );
    }
}

/// Passes on what each has to say; `None` when both are quiet.
fn exchange(client: &mut client::Session, server: &mut Session) -> Option<()> {
    let mut any = None;
    loop {
        match client.poll() {
            client::Output::Transmit(bytes) => {
                any = Some(());
                server.receive(Duration::ZERO, &bytes);
            }
            client::Output::Timeout(_) => break,
            _ => {}
        }
    }
    loop {
        match server.poll() {
            Output::Transmit(bytes) => {
                any = Some(());
                client.receive(Duration::ZERO, &bytes);
            }
            Output::Event(Event::PublishRequested(_)) => server.accept(),
            Output::Timeout(_) => return any,
            _ => {}
        }
    }
}

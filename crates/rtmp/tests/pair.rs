//! This crate's client against its server, over a wire that cuts everything into pieces.

use std::time::Duration;

use bytes::Bytes;
use media::{Codec, Frame, Timestamp, Track, TrackId, aac, h264};
use rtmp::{
    Closed, Event, Limits, Metadata, Output, Rejection, Session,
    client::{self, SendError, Target},
};

const AVCC: &[u8] = b"\x01d\0\r\xff\xe1\0\x1agd\0\r\xac\xd9AA\x9f\x9f\x01\x10\0\0\x03\0\x10\0\0\x03\x03\xc0\xf1B\x99`\x01\0\x04h\xef\xbc\xb0\xfd\xf8\xf8\0";

/// Both sessions, and all they said.
struct Pair {
    client: client::Session,
    server: Session,
    piece: usize,
    answer: Result<(), Rejection>,
    client_events: Vec<client::Event>,
    server_events: Vec<Event>,
    client_closed: Option<Closed>,
    server_closed: Option<Closed>,
}

impl Pair {
    fn new(target: Target, piece: usize) -> Self {
        Self {
            client: client::Session::new(target, [2; 32], Duration::ZERO),
            server: Session::new(Limits::default(), [1; 32], Duration::ZERO),
            piece,
            answer: Ok(()),
            client_events: Vec::new(),
            server_events: Vec::new(),
            client_closed: None,
            server_closed: None,
        }
    }

    /// Lets both talk until neither has anything to say.
    fn run(&mut self) {
        loop {
            let mut quiet = true;
            loop {
                match self.client.poll() {
                    client::Output::Transmit(bytes) => {
                        quiet = false;
                        bytes
                            .chunks(self.piece)
                            .for_each(|piece| self.server.receive(Duration::ZERO, piece));
                    }
                    client::Output::Event(event) => self.client_events.push(event),
                    client::Output::Closed(closed) => self.client_closed = Some(closed),
                    client::Output::Timeout(_) => break,
                }
            }
            loop {
                match self.server.poll() {
                    Output::Transmit(bytes) => {
                        quiet = false;
                        bytes
                            .chunks(self.piece)
                            .for_each(|piece| self.client.receive(Duration::ZERO, piece));
                    }
                    Output::Event(event) => {
                        if let Event::PublishRequested(_) = event {
                            match &self.answer {
                                Ok(()) => self.server.accept(),
                                Err(rejection) => self.server.reject(rejection),
                            }
                        }
                        self.server_events.push(event);
                    }
                    Output::Closed(closed) => self.server_closed = Some(closed),
                    Output::Timeout(_) => break,
                }
            }
            if quiet {
                return;
            }
        }
    }
}

fn target(chunk_size: u32) -> Target {
    Target {
        chunk_size,
        ..Target::new("live", "rtmp://h/live", "cam?token=secret")
    }
}

fn tracks() -> [Track; 2] {
    [
        Track {
            id: TrackId::VIDEO,
            codec: Codec::H264(
                h264::Config::parse(Bytes::from_static(AVCC)).expect("a valid record"),
            ),
        },
        Track {
            id: TrackId::AUDIO,
            codec: Codec::Aac(aac::Config::parse(Bytes::from_static(b"\x11\x90")).expect("AAC-LC")),
        },
    ]
}

/// 30 pictures a second with growing sizes, some shown before their decode time's order, and a sound frame beside each.
fn frames(start_ms: i64) -> Vec<Frame> {
    (0..90_i64)
        .flat_map(|count| {
            let dts = start_ms + count * 100 / 3;
            let key = count % 30 == 0;
            let size = 400 * count as usize;
            let picture = [
                &(size as u32 + 1).to_be_bytes()[..],
                &[if key { 0x65 } else { 0x41 }],
                &vec![7; size],
            ];
            [
                Frame {
                    track: TrackId::VIDEO,
                    dts: Timestamp::from_ms(dts),
                    pts: Timestamp::from_ms(dts + [0, 66, -33][count as usize % 3]),
                    key,
                    data: picture.concat().into(),
                },
                Frame {
                    track: TrackId::AUDIO,
                    dts: Timestamp::from_ms(dts),
                    pts: Timestamp::from_ms(dts),
                    key: true,
                    data: vec![count as u8; 100].into(),
                },
            ]
        })
        .collect()
}

#[test]
fn frames_arrive_as_they_were_sent_whatever_chunks_and_pieces() {
    // Also over the moment when times no longer fit into 24 bits.
    for (chunk_size, piece, start_ms) in [
        (128, 1, 0),
        (128, 1000, 0xff_ff00),
        (4096, 7, 0xff_ff00),
        (65_536, usize::MAX, 0x7fff_ff00),
    ] {
        let mut pair = Pair::new(target(chunk_size), piece);
        pair.run();
        assert_eq!(
            pair.client_events,
            [client::Event::Connected, client::Event::Publishing]
        );
        pair.server_events.clear();
        let metadata = Metadata {
            encoder: Some("pair".to_owned()),
            width: Some(320),
            ..Metadata::default()
        };
        pair.client.send_metadata(&metadata).unwrap();
        let mut sent = vec![Event::Metadata(metadata)];
        for track in tracks() {
            pair.client.send_track(&track).unwrap();
            sent.push(Event::Track(track));
        }
        for frame in frames(start_ms) {
            pair.client.send_frame(&frame).unwrap();
            sent.push(Event::Frame(frame));
        }
        pair.client.finish();
        sent.push(Event::PublishEnded);
        pair.run();
        assert!(
            pair.server_events == sent,
            "chunks of {chunk_size}, pieces of {piece}"
        );
        assert_eq!(pair.client_closed, Some(Closed::Finished));
        assert_eq!(pair.server_closed, None);
    }
}

#[test]
fn a_rejection_reaches_the_client_with_code_and_text() {
    let mut pair = Pair::new(target(4096), 5);
    let rejection = Rejection::bad_name("Someone is already live on this stream.");
    pair.answer = Err(rejection.clone());
    pair.run();
    let (code, description) = (
        "NetStream.Publish.BadName".to_owned(),
        rejection.description().to_owned(),
    );
    let rejected = client::Event::Rejected {
        code: code.clone(),
        description: description.clone(),
    };
    assert_eq!(pair.client_events, [client::Event::Connected, rejected]);
    assert_eq!(
        pair.client_closed,
        Some(Closed::RefusedByServer { code, description })
    );
    assert_eq!(pair.server_closed, Some(Closed::Rejected(rejection)));
}

#[test]
fn a_publish_that_the_server_ends_ends_at_the_client() {
    let mut pair = Pair::new(target(4096), usize::MAX);
    pair.run();
    pair.server.end(&Rejection::denied("This key was revoked."));
    pair.run();
    assert!(matches!(
        pair.client_closed,
        Some(Closed::RefusedByServer { .. })
    ));
    assert_eq!(
        pair.client.send_frame(&frames(0)[0]),
        Err(SendError::NotPublishing)
    );
}

#[test]
fn a_client_sends_nothing_out_of_turn_and_not_without_bound() {
    let mut pair = Pair::new(target(65_536), usize::MAX);
    let [video, _] = tracks();
    let frame = &frames(0)[4];
    assert_eq!(
        pair.client.send_track(&video),
        Err(SendError::NotPublishing)
    );
    pair.run();
    assert_eq!(pair.client.send_frame(frame), Err(SendError::UnknownTrack));
    pair.client.send_track(&video).unwrap();
    let large = Frame {
        data: vec![0; 3 << 20].into(),
        ..frame.clone()
    };
    assert_eq!(pair.client.send_frame(&large), Ok(()));
    assert_eq!(pair.client.send_frame(&large), Ok(()));
    assert_eq!(pair.client.send_frame(&large), Err(SendError::Full));
    pair.run();
    assert_eq!(pair.client.send_frame(&large), Ok(()), "drained");
    let larger = Frame {
        data: vec![0; 9 << 20].into(),
        ..frame.clone()
    };
    assert_eq!(pair.client.send_frame(&larger), Err(SendError::TooLarge));
}

#[test]
fn a_server_that_says_nothing_or_something_else_is_given_up() {
    let mut client = client::Session::new(target(4096), [2; 32], Duration::ZERO);
    assert!(matches!(client.poll(), client::Output::Transmit(bytes) if bytes.len() == 1537));
    let client::Output::Timeout(Some(deadline)) = client.poll() else {
        panic!("no deadline")
    };
    client.handle_timeout(deadline);
    assert_eq!(
        client.poll(),
        client::Output::Closed(Closed::HandshakeTimeout)
    );
    assert_eq!(client.poll(), client::Output::Timeout(None));

    let mut client = client::Session::new(target(4096), [2; 32], Duration::ZERO);
    client.receive(Duration::ZERO, b"HTTP/1.1 400 Bad Request");
    client.poll();
    assert!(matches!(
        client.poll(),
        client::Output::Closed(Closed::NotRtmp(_))
    ));
}

#[test]
fn a_target_shows_no_key() {
    assert!(!format!("{:?}", target(128)).contains("secret"));
}

//! Replays what real encoders sent; origins are in `captures/README.md`.

use std::time::Duration;

use media::{Codec, Frame, Track, TrackId};
use rtmp::{Event, Limits, Output, Session};

const FFMPEG: &[u8] = include_bytes!("captures/ffmpeg-5.1.rtmp");

struct Replayed {
    landing: rtmp::Landing,
    tracks: Vec<Track>,
    frames: Vec<Frame>,
    ended: bool,
}

fn replay(capture: &[u8], piece: usize) -> Replayed {
    let mut session = Session::new(Limits::default(), [9; 32], Duration::ZERO);
    let mut replayed = Replayed {
        landing: rtmp::Landing::default(),
        tracks: Vec::new(),
        frames: Vec::new(),
        ended: false,
    };
    for bytes in capture.chunks(piece) {
        session.receive(Duration::ZERO, bytes);
        loop {
            match session.poll() {
                Output::Transmit(_) => {}
                Output::Event(Event::PublishRequested(publish)) => {
                    replayed.landing = publish.landing;
                    session.accept();
                }
                Output::Event(Event::Track(track)) => replayed.tracks.push(track),
                Output::Event(Event::Frame(frame)) => replayed.frames.push(frame),
                Output::Event(Event::PublishEnded) => replayed.ended = true,
                Output::Event(Event::Metadata(metadata)) => assert_eq!(metadata.width, Some(160)),
                Output::Event(Event::Refused(unsupported)) => panic!("{unsupported}"),
                Output::Closed(closed) => panic!("{closed}"),
                Output::Timeout(_) => break,
            }
        }
    }
    replayed
}

#[test]
fn ffmpeg_publishes_every_frame_whatever_the_pieces() {
    let whole = replay(FFMPEG, FFMPEG.len());
    assert_eq!(whole.landing.path, ["live", "cam"]);
    assert_eq!(whole.landing.token.as_deref(), Some("x"));
    assert!(whole.ended);
    let [video, audio] = whole.tracks.as_slice() else {
        panic!("{:?}", whole.tracks)
    };
    let (Codec::H264(video), Codec::Aac(audio)) = (&video.codec, &audio.codec) else {
        panic!("{:?}", whole.tracks)
    };
    assert_eq!(
        (video.width(), video.height(), audio.sample_rate()),
        (160, 90, 48_000)
    );

    let of = |track| {
        whole
            .frames
            .iter()
            .filter(move |frame| frame.track == track)
    };
    assert_eq!(
        (of(TrackId::VIDEO).count(), of(TrackId::AUDIO).count()),
        (60, 95)
    );
    let keys: Vec<i64> = of(TrackId::VIDEO)
        .filter(|frame| frame.key)
        .map(|frame| frame.dts.ticks())
        .collect();
    assert_eq!(keys, [0, 1000]);
    for track in [TrackId::VIDEO, TrackId::AUDIO] {
        let times: Vec<i64> = of(track).map(|frame| frame.dts.ticks()).collect();
        assert!(
            times
                .windows(2)
                .all(|pair| (20..=34).contains(&(pair[1] - pair[0]))),
            "{times:?}"
        );
    }
    assert!(
        of(TrackId::VIDEO).any(|frame| frame.pts.ticks() > frame.dts.ticks() + 33),
        "B-frames are reordered"
    );

    for piece in [1, 3, 128, 1500] {
        let chopped = replay(FFMPEG, piece);
        assert_eq!(
            (chopped.tracks, chopped.frames),
            (whole.tracks.clone(), whole.frames.clone())
        );
    }
}

//! Replays what real encoders sent; origins are in `captures/README.md`.

use std::time::Duration;

use media::{Codec, Frame, Track, TrackId};
use rtmp::{Event, Limits, Output, Session};

const FFMPEG: &[u8] = include_bytes!("captures/ffmpeg-5.1.rtmp");
const RTMP2SINK: &[u8] = include_bytes!("captures/gstreamer-1.22-rtmp2sink.rtmp");
const RTMPSINK: &[u8] = include_bytes!("captures/gstreamer-1.22-rtmpsink.rtmp");
const OBS: &[u8] = include_bytes!("captures/obs-29.0-start.rtmp");

struct Replayed {
    landing: rtmp::Landing,
    metadata: Option<rtmp::Metadata>,
    tracks: Vec<Track>,
    frames: Vec<Frame>,
    ended: bool,
}

fn replay(capture: &[u8], piece: usize) -> Replayed {
    let mut session = Session::new(Limits::default(), [9; 32], Duration::ZERO);
    let mut replayed = Replayed {
        landing: rtmp::Landing::default(),
        metadata: None,
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
                Output::Event(Event::Metadata(metadata)) => replayed.metadata = Some(metadata),
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
    assert_eq!(whole.metadata.and_then(|told| told.width), Some(160));
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

/// Frames of a track.
fn frames(replayed: &Replayed, track: TrackId) -> Vec<&Frame> {
    let of_track = replayed.frames.iter().filter(|frame| frame.track == track);
    of_track.collect()
}

/// Times of a track's frames, milliseconds.
fn times(replayed: &Replayed, track: TrackId) -> Vec<i64> {
    let frames = frames(replayed, track);
    frames.iter().map(|frame| frame.dts.ticks()).collect()
}

#[test]
fn both_sinks_of_gstreamer_publish_every_frame_and_end_in_order() {
    for capture in [RTMP2SINK, RTMPSINK] {
        let whole = replay(capture, capture.len());
        assert_eq!(whole.landing.path, ["live", "cam"]);
        assert_eq!(whole.landing.token.as_deref(), Some("x"));
        assert!(whole.ended, "the end of the stream is told");
        let metadata = whole.metadata.clone().unwrap();
        assert_eq!((metadata.width, metadata.height), (Some(160), Some(90)));
        assert_eq!(
            metadata.encoder.as_deref(),
            Some("GStreamer 1.22.0 FLV muxer")
        );
        assert_eq!(whole.tracks.len(), 2);
        let (video, audio) = (times(&whole, TrackId::VIDEO), times(&whole, TrackId::AUDIO));
        assert_eq!((video.len(), audio.len()), (60, 95));
        assert!(video.is_sorted() && audio.is_sorted());
        // The muxer lets no decode time be negative: with two B-frames the first three pictures say 0.
        assert_eq!(video[..5], [0, 0, 0, 33, 66]);
        for piece in [1, 128, 1500] {
            let chopped = replay(capture, piece);
            assert_eq!(
                (chopped.tracks, chopped.frames),
                (whole.tracks.clone(), whole.frames.clone())
            );
        }
    }
}

#[test]
fn obs_begins_with_sound_and_its_filler_is_left_out() {
    let whole = replay(OBS, OBS.len());
    assert_eq!(whole.landing.path, ["live"]);
    assert_eq!(whole.landing.token.as_deref(), Some("KEY"));
    let metadata = whole.metadata.clone().unwrap();
    assert_eq!((metadata.width, metadata.height), (Some(320), Some(180)));
    assert!(metadata.encoder.unwrap().starts_with("obs-output module"));
    let ids: Vec<TrackId> = whole.tracks.iter().map(|track| track.id).collect();
    assert_eq!(ids, [TrackId::AUDIO, TrackId::VIDEO]);
    let video = frames(&whole, TrackId::VIDEO);
    assert!(video[0].key && !whole.ended);
    // A picture of one colour: some bytes of slices, and filler up to the constant rate.
    assert_eq!(video.len(), 19);
    assert!(video[1..].iter().all(|frame| frame.data.len() < 100));
    let steps = |times: Vec<i64>| -> Vec<i64> { times.windows(2).map(|p| p[1] - p[0]).collect() };
    assert!(
        steps(times(&whole, TrackId::VIDEO))
            .iter()
            .all(|ms| *ms == 40)
    );
    assert!(
        steps(times(&whole, TrackId::AUDIO))
            .iter()
            .all(|ms| (21..=22).contains(ms))
    );
}

//! Where segments are cut, and that nothing is lost between samples and file.

use crate::rig::package;
use bytes::Bytes;
use media::{
    Codec, Frame, Timestamp, Track, TrackId, aac,
    fmp4::{TrackHeader, read},
    h264,
    mp4::Sample,
};
use proptest::prelude::*;
use record::package::{Error, Packager, Settings};

/// libx264 Constrained Baseline, written through FFmpeg.
const AVCC: &[u8] = &[
    0x01, 0x64, 0x00, 0x0a, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x64, 0x00, 0x0a, 0xac, 0xe4, 0x7b, 0x01,
    0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x22, 0x51, 0x20, 0x01,
    0x00, 0x06, 0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0, 0xfd, 0xf8, 0xf8, 0x00,
];
const PICTURE_SCALE: u32 = 12_800;
const SOUND_SCALE: u32 = 48_000;
/// A picture of 25 a second.
const PICTURE: u32 = PICTURE_SCALE / 25;

fn picture() -> TrackHeader {
    let config = h264::Config::parse(Bytes::from_static(AVCC)).expect("a real record");
    TrackHeader {
        timescale: PICTURE_SCALE,
        ..TrackHeader::live(Track {
            id: TrackId::VIDEO,
            codec: Codec::H264(config),
        })
    }
}

fn sound(skip: u32) -> TrackHeader {
    let config = aac::Config::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
    TrackHeader {
        skip,
        ..TrackHeader::live(Track {
            id: TrackId::AUDIO,
            codec: Codec::Aac(config),
        })
    }
}

fn sample(track: TrackId, scale: u32, dts: i64, duration: u32, key: bool) -> Sample {
    let at = Timestamp::new(dts, scale);
    Sample {
        frame: Frame {
            track,
            dts: at,
            pts: at,
            key,
            data: Bytes::from(dts.to_be_bytes().to_vec()),
        },
        duration,
    }
}

/// Pictures of 25 a second, key frames where they are told.
fn pictures(count: u32, keys: impl Fn(u32) -> bool) -> Vec<Sample> {
    let one = |number: u32| {
        let dts = i64::from(number * PICTURE);
        sample(TrackId::VIDEO, PICTURE_SCALE, dts, PICTURE, keys(number))
    };
    (0..count).map(one).collect()
}

/// Seconds of each segment, and whether it can be played from.
fn cuts(samples: &[Sample], settings: Settings) -> Vec<(f64, bool)> {
    let (_, index) = package(settings, &[picture()], samples);
    let second = f64::from(PICTURE_SCALE);
    let segments = index.segments().iter();
    segments
        .map(|segment| (segment.duration as f64 / second, segment.independent))
        .collect()
}

#[test]
fn segments_end_at_the_key_frame_nearest_to_the_target() {
    let every = |frames: u32| {
        let cut = cuts(
            &pictures(1000, |number| number % frames == 0),
            Settings::default(),
        );
        assert!(cut.iter().all(|(_, independent)| *independent));
        cut.first().expect("a segment").0
    };
    assert_eq!(every(25), 6.0);
    assert_eq!(every(50), 6.0);
    assert_eq!(every(100), 4.0, "of two as near, the shorter one");
    assert_eq!(every(125), 5.0);
    assert_eq!(every(250), 10.0);
}

#[test]
fn a_film_without_key_frames_is_cut_all_the_same_and_says_so() {
    let settings = Settings {
        segment_longest_ms: 10_000,
        ..Settings::default()
    };
    let cut = cuts(&pictures(700, |number| number == 0), settings);
    assert_eq!(cut, [(10.0, true), (10.0, false), (8.0, false)]);
}

#[test]
fn sound_that_goes_on_alone_is_cut_and_can_be_played_from() {
    let mut samples = pictures(25, |number| number == 0);
    samples.extend(
        (0..1000).map(|number| sample(TrackId::AUDIO, SOUND_SCALE, number * 1024, 1024, true)),
    );
    samples.sort_by_key(|sample| sample.frame.dts.as_micros());
    let settings = Settings {
        segment_longest_ms: 10_000,
        ..Settings::default()
    };
    let (_, index) = package(settings, &[picture(), sound(0)], &samples);
    assert_eq!(index.segments().len(), 3);
    assert!(index.is_independent());
    assert_eq!(index.duration_us() / 1000, 1000 * 1024 / 48);
}

#[test]
fn a_frame_of_no_track_and_a_file_without_frames_are_errors() {
    let mut packager = Packager::new(Settings::default(), &[picture()]);
    let stray = sample(TrackId::AUDIO, SOUND_SCALE, 0, 1024, true);
    assert_eq!(packager.push(stray), Err(Error::UnknownTrack));
    assert_eq!(packager.finish(), Err(Error::Empty));
}

#[test]
fn no_more_is_held_than_a_fragment() {
    let settings = Settings {
        fragment_bytes_max: 80,
        ..Settings::default()
    };
    let samples = pictures(150, |number| number == 0);
    let (file, index) = package(settings, &[picture()], &samples);
    let init = read::init(&file).expect("an initialisation segment");
    let fragments = read::fragments(&file, &init).expect("fragments");
    assert_eq!(index.segments().len(), 1);
    assert_eq!(fragments.len(), 15, "ten frames of eight bytes each");
}

#[test]
fn silence_stands_where_sound_is_missing_beside_pictures() {
    // Sound from 10 s to 12 s, and from 15.5 s to 16 s, beside 30 s of pictures.
    let mut samples = pictures(750, |number| number % 25 == 0);
    let heard = (0..1406).filter(|frame| matches!(frame, 469..563 | 727..750));
    samples
        .extend(heard.map(|number| sample(TrackId::AUDIO, SOUND_SCALE, number * 1024, 1024, true)));
    samples.sort_by_key(|sample| sample.frame.dts.as_micros());
    let (file, index) = package(Settings::default(), &[picture(), sound(0)], &samples);
    assert_eq!(index.segments().len(), 5);

    let init = read::init(&file).expect("an initialisation segment");
    let config = aac::Config::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
    let (mut next, mut silent) = (0, 0);
    for fragment in read::fragments(&file, &init).expect("fragments") {
        for run in fragment.tracks.into_iter().filter(|run| run.track_id == 2) {
            assert_eq!(run.base_decode_time, Some(next), "sound has no hole");
            next += run.duration();
            let frames = run.samples.iter().map(|sample| &file[sample.range.clone()]);
            silent += frames
                .filter(|data| Some(*data) == config.silence())
                .count();
        }
    }
    assert_eq!(next, 1406 * 1024, "to the end");
    assert_eq!(silent, 1406 - (563 - 469) - (750 - 727));
}

#[test]
fn a_short_hole_and_sound_alone_are_left_as_they_are() {
    let with_sound = |until: i64| {
        let mut samples = pictures(50, |number| number == 0);
        samples.extend(
            (0..until).map(|number| sample(TrackId::AUDIO, SOUND_SCALE, number * 1024, 1024, true)),
        );
        samples.sort_by_key(|sample| sample.frame.dts.as_micros());
        package(Settings::default(), &[picture(), sound(0)], &samples)
            .0
            .len()
    };
    // Half a second less is 24 frames of 8 bytes and what tells of them; more than a second less is filled.
    assert!(with_sound(70) < with_sound(94));
    assert!(with_sound(40) > with_sound(70));
    let holes: Vec<Sample> = (0..10)
        .map(|number| sample(TrackId::AUDIO, SOUND_SCALE, number * 480_000, 1024, true))
        .collect();
    let (file, _) = package(Settings::default(), &[sound(0)], &holes);
    let init = read::init(&file).expect("an initialisation segment");
    let fragments = read::fragments(&file, &init).expect("fragments");
    let frames = fragments.iter().flat_map(|fragment| &fragment.tracks);
    assert_eq!(frames.map(|run| run.samples.len()).sum::<usize>(), 10);
}

/// A day between two pictures is not filled with sound.
#[test]
fn silence_has_an_end() {
    let day = i64::from(PICTURE_SCALE) * 86_400;
    let samples: Vec<Sample> = (0..200)
        .map(|number| sample(TrackId::VIDEO, PICTURE_SCALE, number * day, PICTURE, true))
        .collect();
    let (file, _) = package(Settings::default(), &[picture(), sound(0)], &samples);
    assert!(file.len() < 200 * 20_000, "{}", file.len());
}

/// Steps between frames, their offsets, their keys and sizes.
fn steps() -> impl Strategy<Value = Vec<(u32, i64, bool, usize)>> {
    proptest::collection::vec(
        (1..40_000_u32, -3000..3000_i64, any::<bool>(), 1..50_usize),
        1..60,
    )
}

proptest! {
    #[test]
    fn whatever_comes_lies_in_the_file_as_it_came(
        shown in steps(), heard in steps(), skip in 0..2000_u32, target in 1..5000_u32, longest in 1..20_000_u32,
        bytes in 1..2000_usize, count in 1..20_usize,
    ) {
        let mut samples = Vec::new();
        let tracks = [(TrackId::VIDEO, PICTURE_SCALE, 0, shown), (TrackId::AUDIO, SOUND_SCALE, skip, heard)];
        for (track, scale, skip, steps) in tracks {
            let mut dts = -i64::from(skip);
            for (step, offset, key, size) in steps {
                let is_sound = track == TrackId::AUDIO;
                let mut next = sample(track, scale, dts, step, key || is_sound);
                next.frame.pts = Timestamp::new(if is_sound { dts } else { dts + offset }, scale);
                next.frame.data = vec![u8::try_from(size).expect("small"); size].into();
                samples.push(next);
                dts += i64::from(step);
            }
        }
        samples.sort_by_key(|sample| sample.frame.dts.as_micros());
        let settings = Settings {
            segment_target_ms: target,
            segment_longest_ms: longest,
            fragment_bytes_max: bytes,
            fragment_samples_max: count,
            silence_from_ms: u32::MAX,
        };
        let (file, index) = package(settings, &[picture(), sound(skip)], &samples);

        let init = read::init(&file).expect("an initialisation segment");
        for (track, skip) in [(TrackId::VIDEO, 0), (TrackId::AUDIO, i64::from(skip))] {
            let mut got = Vec::new();
            for fragment in read::fragments(&file, &init).expect("fragments") {
                for run in fragment.tracks.into_iter().filter(|run| run.track_id == u32::from(track.0) + 1) {
                    let mut dts = run.base_decode_time.expect("tfdt") as i64 - skip;
                    for sample in run.samples {
                        got.push((dts, dts + sample.composition_offset, sample.is_sync(), file[sample.range].to_vec()));
                        dts += i64::from(sample.duration);
                    }
                }
            }
            let sent = samples.iter().map(|sample| &sample.frame).filter(|frame| frame.track == track);
            let sent: Vec<_> = sent
                .map(|frame| (frame.dts.ticks(), frame.pts.ticks(), frame.key, frame.data.to_vec()))
                .collect();
            prop_assert_eq!(got, sent);
        }
        let (mut byte, mut tick) = (index.init().end, index.segments()[0].start);
        for segment in index.segments() {
            prop_assert_eq!((segment.offset, segment.start), (byte, tick));
            (byte, tick) = (segment.bytes().end, segment.end());
        }
        prop_assert_eq!(byte, file.len() as u64);
    }
}

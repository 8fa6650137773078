//! What a viewer decodes is what was sent: real coded media through the real packager on a virtual clock, decoded by FFmpeg.
//!
//! Each case sends a fixture at one frame rate and group length, with or without sound. What comes out must keep every rule of
//! `hls::check`, and decode to the same pictures and samples as the file itself: none missing, none twice, each at its time.
//! Times: at a constant rate a picture lies where the rate puts it, to one tick of 90 kHz, though RTMP rounded it to a millisecond.
//! At no constant rate it lies where its stamp says, but for a picture that a part begins with, which is shown where the part
//! begins (`hls::packager`, `run`). Sound is whole, and lies within a millisecond of its stamps (two, where the first picture's is rounded too).
#![expect(clippy::unwrap_used, reason = "the rig may fail the test")]

mod brought;
mod ffmpeg;
mod packaged;
mod source;

use std::{collections::BTreeMap, fs, path::PathBuf};

use e2e::Ffmpeg;
use ffmpeg::{Decoded, Stream, decode, decode_all};
use media::{Frame, Timestamp};
use packaged::Packaged;
use source::{File, Pictures, Rate};

const FILM: Rate = Rate::Constant(24, 1);
const PAL: Rate = Rate::Constant(25, 1);
const NTSC: Rate = Rate::Constant(30_000, 1001);
const WEB: Rate = Rate::Constant(30, 1);
const FAST: Rate = Rate::Constant(60, 1);
const FREE: Rate = Rate::Variable;

/// A line of the matrix: picture, rate, group of pictures in ms, sound; empty where there is none.
type Case = (&'static str, Rate, i64, &'static str);

/// Every rate with every group length; profiles and sounds in turn. 29.97 is told from 30 by what the SPS declares, and `ntsc`
/// is the one that declares it.
const CASES: [Case; 42] = [
    ("baseline", FILM, 500, "48-stereo"),
    ("main", FILM, 500, "44-stereo"),
    ("high", FILM, 1000, "48-mono"),
    ("main", FILM, 2000, ""),
    ("high", FILM, 4000, "44-mono"),
    ("baseline", FILM, 10_000, "44-stereo"),
    ("main", FILM, 10_000, "48-stereo"),
    ("main", PAL, 500, "48-stereo"),
    ("high", PAL, 500, ""),
    ("baseline", PAL, 1000, "44-mono"),
    ("main", PAL, 1000, "48-mono"),
    ("high", PAL, 2000, "44-stereo"),
    ("main", PAL, 4000, "48-stereo"),
    ("high", PAL, 10_000, "48-mono"),
    ("ntsc", NTSC, 500, "48-stereo"),
    ("ntsc", NTSC, 1000, "44-stereo"),
    ("ntsc", NTSC, 2000, "48-mono"),
    ("ntsc", NTSC, 4000, ""),
    ("ntsc", NTSC, 10_000, "44-mono"),
    ("baseline", WEB, 500, "44-stereo"),
    ("main", WEB, 500, "48-mono"),
    ("high", WEB, 500, "48-stereo"),
    ("baseline", WEB, 1000, ""),
    ("main", WEB, 1000, "44-mono"),
    ("baseline", WEB, 2000, "48-stereo"),
    ("main", WEB, 4000, "44-stereo"),
    ("baseline", WEB, 8300, "48-mono"),
    ("main", WEB, 10_000, "48-stereo"),
    ("baseline", FAST, 500, "48-mono"),
    ("main", FAST, 500, "44-mono"),
    ("high", FAST, 1000, "48-stereo"),
    ("baseline", FAST, 2000, "44-stereo"),
    ("main", FAST, 2000, ""),
    ("high", FAST, 4000, "48-stereo"),
    ("baseline", FAST, 10_000, "48-stereo"),
    ("main", FAST, 10_000, "44-mono"),
    ("baseline", FREE, 500, "48-stereo"),
    ("main", FREE, 1000, "44-stereo"),
    ("high", FREE, 2000, "48-mono"),
    ("baseline", FREE, 4000, ""),
    ("main", FREE, 4000, "44-mono"),
    ("high", FREE, 10_000, "48-stereo"),
];

const SOUNDS: [&str; 4] = ["48-stereo", "48-mono", "44-stereo", "44-mono"];

/// The fixtures, read and decoded once.
struct Fixtures {
    ffmpeg: Ffmpeg,
    files: BTreeMap<&'static str, (File, Vec<Decoded>)>,
    folder: tempfile::TempDir,
}

impl Fixtures {
    fn new(ffmpeg: Ffmpeg, names: &[&'static str]) -> Self {
        let read = |name: &'static str| {
            let stream = if SOUNDS.contains(&name) {
                Stream::Audio
            } else {
                Stream::Video
            };
            let decoded = decode(ffmpeg, &source::path(name), stream);
            (name, (File::read(name), decoded))
        };
        Self {
            ffmpeg,
            files: names.iter().map(|name| read(name)).collect(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str) -> &File {
        &self.files[name].0
    }

    /// Writes what a viewer has: the map and these parts.
    fn write(&self, name: &str, packaged: &Packaged, parts: std::ops::Range<usize>) -> PathBuf {
        assert_eq!(packaged.maps.len(), 1, "one map");
        let mut bytes = packaged.maps.values().next().unwrap().to_vec();
        packaged.parts[parts]
            .iter()
            .for_each(|part| bytes.extend_from_slice(&part.body));
        let path = self.folder.path().join(format!("{name}.mp4"));
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// Pictures and sound in the order of sending.
fn interleaved(pictures: Vec<Frame>, sound: Vec<Frame>) -> Vec<Frame> {
    let mut frames = pictures;
    frames.extend(sound);
    frames.sort_by_key(|frame| frame.dts.as_micros());
    frames
}

/// Parts, one after the other, are the segments.
fn parts_are_segments(packaged: &Packaged) {
    for (msn, segment) in &packaged.segments {
        let parts = packaged.parts.iter().filter(|part| part.msn == *msn);
        let joined: Vec<u8> = parts.flat_map(|part| part.body.to_vec()).collect();
        assert!(joined == segment[..], "segment {msn} is not its parts");
    }
    assert!(
        packaged
            .parts
            .iter()
            .all(|part| packaged.segments.contains_key(&part.msn)),
        "a part lies in no segment"
    );
}

/// The expected pictures in the order of showing: hash and the time that the rate gives, in ticks.
fn expected(fixtures: &Fixtures, name: &str, sent: &Pictures) -> Vec<(String, i64)> {
    let decoded = &fixtures.files[name].1;
    let shown = sent.shown.iter();
    shown
        .map(|&(of_file, moment)| (decoded[of_file].hash.clone(), sent.rate.ticks(moment)))
        .collect()
}

/// Same pictures, same order, each at its time after the first.
fn same_pictures(got: &[Decoded], expected: &[(String, i64)], rate: Rate) {
    for (place, (got, (hash, _))) in got.iter().zip(expected).enumerate() {
        assert!(got.hash == *hash, "picture {place} is another one");
    }
    assert_eq!(got.len(), expected.len(), "number of pictures");
    let (Some(first), Some((_, origin))) = (got.first(), expected.first()) else {
        panic!("no pictures");
    };
    for (place, (got, (_, at))) in got.iter().zip(expected).enumerate() {
        let off = (got.at - first.at) - (at - origin);
        let fits = match rate {
            Rate::Constant(..) => off.abs() <= 1,
            // Shown where its part begins, at most a frame early.
            Rate::Variable => (-10_800..=1).contains(&off),
        };
        assert!(fits, "picture {place} is {off} ticks off");
    }
}

/// Same samples, none missing, none twice.
fn same_sound(got: &[Decoded], expected: &[Decoded]) {
    for (place, (got, expected)) in got.iter().zip(expected).enumerate() {
        let same = got.hash == expected.hash && got.length == expected.length;
        assert!(same, "frame {place} of sound is another one");
    }
    let samples = |frames: &[Decoded]| frames.iter().map(|frame| frame.length).sum::<i64>();
    assert_eq!(samples(got), samples(expected), "number of samples");
}

/// Runs one case to its end.
fn run(fixtures: &Fixtures, case: Case) {
    let (picture, rate, gop_ms, sound) = case;
    let ms = (2 * gop_ms + 4500).max(8000);
    let file = fixtures.file(picture);
    let sent = file.pictures(rate, gop_ms, ms);
    let sound_sent = if sound.is_empty() {
        Vec::new()
    } else {
        fixtures.file(sound).sound(ms)
    };
    let mut tracks = vec![file.track.clone()];
    tracks.extend((!sound.is_empty()).then(|| fixtures.file(sound).track.clone()));
    let packaged = Packaged::of(
        &tracks,
        interleaved(sent.frames.clone(), sound_sent.clone()),
    );

    assert!(
        packaged.broken.is_empty(),
        "rules broken: {:#?}",
        packaged.broken
    );
    parts_are_segments(&packaged);
    let whole = fixtures.write("whole", &packaged, 0..packaged.parts.len());
    let got = decode(fixtures.ffmpeg, &whole, Stream::Video);
    let expected = expected(fixtures, picture, &sent);
    same_pictures(&got, &expected, rate);
    if !sound.is_empty() {
        let heard = decode(fixtures.ffmpeg, &whole, Stream::Audio);
        same_sound(&heard, &fixtures.files[sound].1[..sound_sent.len()]);
        let hz = fixtures.file(sound).track.timescale();
        for (heard, frame) in heard.iter().zip(&sound_sent) {
            let at = Timestamp::new(heard.at, hz).to_scale(90_000) - got[0].at;
            let off = at - (frame.pts.ticks() - sent.frames[0].pts.ticks()) * 90;
            assert!(off.abs() <= 180, "sound is {off} ticks from the picture");
        }
    }
    let places = joins(fixtures, &packaged, &got, 0);
    assert!(
        places > 2 || gop_ms > 8000,
        "viewers may join at {places} places"
    );
}

/// Parts a viewer who joins is given.
const JOINED_PARTS: usize = 8;

/// Pictures at the end of those parts that may lack the ones shown before them, which are sent later.
const CUT_OFF: usize = 4;

/// Whoever joins at any segment decodes, from its first independent part on, the pictures that everybody sees; but for up to
/// `leading` pictures that an open group begins with. Answers at how many places viewers may join.
fn joins(fixtures: &Fixtures, packaged: &Packaged, whole: &[Decoded], leading: usize) -> usize {
    let (mut files, mut starts) = (Vec::new(), Vec::new());
    for msn in packaged.segments.keys() {
        let mut parts = packaged.parts.iter().enumerate();
        let Some((start, _)) = parts.find(|(_, part)| part.msn >= *msn && part.independent) else {
            continue;
        };
        if starts.last() != Some(&start) {
            let end = (start + JOINED_PARTS).min(packaged.parts.len());
            files.push(fixtures.write(&format!("join{msn}"), packaged, start..end));
            starts.push(start);
        }
    }
    let shown: BTreeMap<i64, &str> = whole
        .iter()
        .map(|picture| (picture.at, picture.hash.as_str()))
        .collect();
    // The first independent part may begin before its key frame: what lies there is complained about.
    let (joined, _) = decode_all(fixtures.ffmpeg, &files, Stream::Video);
    for (got, start) in joined.iter().zip(&starts) {
        let who = format!("who joins at part {start}");
        let same = |picture: &Decoded| shown.get(&picture.at) == Some(&picture.hash.as_str());
        let damaged = got.iter().take_while(|picture| !same(picture)).count();
        assert!(
            damaged <= leading,
            "{who} sees {damaged} other pictures first"
        );
        let got = &got[damaged..];
        assert!(got.len() > CUT_OFF, "{who} sees {} pictures", got.len());
        let first_other = got.iter().find(|picture| !same(picture));
        assert_eq!(first_other, None, "{who} sees another picture");
        let all = shown.range(got[0].at..got[got.len() - CUT_OFF].at).count();
        assert_eq!(got.len() - CUT_OFF, all, "{who} misses a picture");
    }
    starts.len()
}

/// Runs all cases; names those that fail, and how.
fn run_all<C: std::fmt::Debug + Copy>(cases: &[C], run: impl Fn(C) + std::panic::RefUnwindSafe) {
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|&case| {
            let run = std::panic::AssertUnwindSafe(|| run(case));
            std::panic::catch_unwind(run)
                .err()
                .map(|_| format!("{case:?}"))
        })
        .collect();
    assert!(
        failed.is_empty(),
        "failed, for the reasons above:\n{}",
        failed.join("\n")
    );
}

const FIXTURES: [&str; 8] = [
    "baseline",
    "main",
    "high",
    "ntsc",
    "48-stereo",
    "48-mono",
    "44-stereo",
    "44-mono",
];

#[test]
fn first_half_of_the_matrix_decodes_to_what_was_sent() {
    let fixtures = Fixtures::new(Ffmpeg::System, &FIXTURES);
    run_all(&CASES[..CASES.len() / 2], |case| run(&fixtures, case));
}

#[test]
fn second_half_of_the_matrix_decodes_to_what_was_sent() {
    let fixtures = Fixtures::new(Ffmpeg::Modern, &FIXTURES);
    run_all(&CASES[CASES.len() / 2..], |case| run(&fixtures, case));
}

#[test]
fn sound_alone_decodes_to_what_was_sent() {
    let fixtures = Fixtures::new(Ffmpeg::Modern, &SOUNDS);
    run_all(&SOUNDS, |name| {
        let file = fixtures.file(name);
        let sent = file.sound(8000);
        let packaged = Packaged::of(std::slice::from_ref(&file.track), sent.clone());
        assert!(
            packaged.broken.is_empty(),
            "rules broken: {:#?}",
            packaged.broken
        );
        parts_are_segments(&packaged);
        let whole = fixtures.write("whole", &packaged, 0..packaged.parts.len());
        let heard = decode(fixtures.ffmpeg, &whole, Stream::Audio);
        same_sound(&heard, &fixtures.files[name].1[..sent.len()]);
        assert!(
            heard
                .windows(2)
                .all(|pair| pair[0].at + pair[0].length == pair[1].at),
            "sound has holes"
        );
    });
}

/// Packages a whole file as it is, and decodes all of it and from everywhere; answers at how many places viewers may join.
fn whole_file(name: &'static str, leading: usize) -> usize {
    let fixtures = Fixtures::new(Ffmpeg::Modern, &[name]);
    let file = fixtures.file(name);
    let sent = file.all(WEB);
    let packaged = Packaged::of(std::slice::from_ref(&file.track), sent.frames.clone());
    assert!(
        packaged.broken.is_empty(),
        "rules broken: {:#?}",
        packaged.broken
    );
    parts_are_segments(&packaged);
    let whole = fixtures.write("whole", &packaged, 0..packaged.parts.len());
    let got = decode(fixtures.ffmpeg, &whole, Stream::Video);
    same_pictures(&got, &expected(&fixtures, name, &sent), WEB);
    joins(&fixtures, &packaged, &got, leading)
}

#[test]
fn viewers_join_at_intra_pictures_that_recover_at_once_where_there_is_no_further_idr() {
    assert_eq!(
        whole_file("open-groups", 2),
        5,
        "240 pictures, a recovery point every 48"
    );
}

#[test]
fn intra_refresh_decodes_whole_and_promises_no_place_to_join() {
    assert_eq!(
        whole_file("intra-refresh", 0),
        1,
        "the IDR picture at its start"
    );
}

//! Files that people bring decode, once they are packaged, to what they decode to themselves: the same pictures and samples, each at its
//! time, sound as far from the picture as it was.
//!
//! Apart from that: a film cut inside a group of pictures is shown from its key frame; the last frame of sound is whole, where the file
//! cuts it off inside; of a recording that was broken off there is what was whole.

#[path = "../../../../crates/record/tests/stories/rig.rs"]
mod rig;

use std::fs;

use e2e::Ffmpeg;
use media::{Timestamp, TrackId};
use record::package::Settings;

use crate::ffmpeg::{Decoded, Stream, decode, decode_all};

/// File, and how many pictures and frames of sound are there before those that FFmpeg shows of it.
const FILES: [(&str, [usize; 2]); 20] = [
    ("anamorphic.mp4", [0, 0]),
    ("av1-opus.mp4", [0, 0]),
    ("broken-off.mp4", [0, 0]),
    ("fragmented.mp4", [0, 0]),
    ("fragments-of-frames.mp4", [0, 0]),
    ("hevc-hev1.mp4", [0, 0]),
    ("hevc-hvc1.mp4", [0, 0]),
    ("hybrid.mp4", [0, 0]),
    ("late-sound.mp4", [0, 0]),
    ("mono-44.mp4", [0, 0]),
    ("moov-first.mp4", [0, 0]),
    ("moov-last.mp4", [0, 0]),
    ("no-edit-list.mp4", [0, 0]),
    ("open-groups.mp4", [0, 0]),
    ("reordered.mov", [0, 0]),
    ("rotated.mp4", [0, 0]),
    ("silent.m4v", [0, 0]),
    ("sound-alone.m4a", [0, 0]),
    ("trimmed.mp4", [8, 14]),
    ("variable.mp4", [0, 0]),
];

#[test]
fn files_that_people_bring_decode_to_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    for (name, lead) in FILES {
        let bytes = rig::read(name);
        let source = folder.path().join(name);
        fs::write(&source, &bytes).unwrap();
        // Several segments, each of several fragments.
        let settings = Settings {
            segment_target_ms: 1000,
            fragment_bytes_max: 4000,
            ..Settings::default()
        };
        let packaged = rig::take(&bytes, settings).unwrap();
        let whole = folder.path().join(format!("packaged-{name}.mp4"));
        fs::write(&whole, &packaged.file).unwrap();
        let end = packaged.index.segments().last().unwrap().bytes().end;
        assert_eq!(
            end,
            packaged.file.len() as u64,
            "{name}: the index ends where the file does"
        );
        assert!(!packaged.samples.is_empty());

        let mut shifts = Vec::new();
        let streams = [
            (TrackId::VIDEO, Stream::Video),
            (TrackId::AUDIO, Stream::Audio),
        ];
        for ((track, stream), lead) in streams.into_iter().zip(lead) {
            let Some(header) = packaged
                .tracks
                .iter()
                .find(|header| header.track.id == track)
            else {
                continue;
            };
            let (mut sources, _) = decode_all(Ffmpeg::Modern, &[&source], stream);
            let source = sources.remove(0);
            let got = decode(Ffmpeg::Modern, &whole, stream);
            let count = if packaged.cut_short {
                got.len()
            } else {
                assert_eq!(got.len(), source.len() + lead, "{name}: frames");
                source.len()
            };
            let shift = same(name, stream, &source[..count], &got[lead..]);
            let scale = match stream {
                Stream::Video => 90_000,
                Stream::Audio => header.track.timescale(),
            };
            shifts.push(Timestamp::new(shift, scale).as_micros());
        }
        // Edit lists count in milliseconds; where one cuts inside a picture, FFmpeg shows that picture at the cut.
        let slack = if lead[0] > 0 { 40_000 } else { 1100 };
        let apart = shifts.iter().max().unwrap() - shifts.iter().min().unwrap();
        assert!(
            apart <= slack,
            "{name}: sound and picture moved apart: {shifts:?} us"
        );
    }
}

/// Same frames at the same times but for one shift, which is answered. Of sound the first and last may be cut inside in the source.
fn same(name: &str, stream: Stream, source: &[Decoded], got: &[Decoded]) -> i64 {
    let edges = if stream == Stream::Audio { 1 } else { 0 };
    let inner = edges..source.len() - edges;
    let shift = got[inner.start].at - source[inner.start].at;
    for place in inner {
        let (source, got) = (&source[place], &got[place]);
        assert!(
            source.hash == got.hash,
            "{name}: {stream:?} {place} is another one"
        );
        assert_eq!(
            got.at - source.at,
            shift,
            "{name}: {stream:?} {place} moved"
        );
    }
    shift
}

//! Odd files, each packaged with its frames and times whole, or refused in plain words.

use crate::rig::{Packaged, demux, read, take};
use media::{
    Frame, Kind, TrackId,
    fmp4::{UNITY, read as fmp4},
    mp4::{Limits, Refused},
};
use record::{
    package::Settings,
    vod::{self, Name},
};

/// Cut every second, where a key frame comes.
fn short() -> Settings {
    Settings {
        segment_target_ms: 1000,
        ..Settings::default()
    }
}

/// A file that is taken: pictures and frames of sound in it (FFmpeg's count of packets), length of the presentation in ms, codecs, segments.
struct Taken {
    name: &'static str,
    pictures: usize,
    sounds: usize,
    ms: u64,
    codecs: &'static str,
    segments: usize,
}

const fn taken(
    name: &'static str,
    (pictures, sounds): (usize, usize),
    ms: u64,
    codecs: &'static str,
    segments: usize,
) -> Taken {
    Taken {
        name,
        pictures,
        sounds,
        ms,
        codecs,
        segments,
    }
}

#[rustfmt::skip]
const TAKEN: [Taken; 20] = [
    taken("anamorphic.mp4", (25, 0), 1000, "avc1.64000b", 1),
    taken("av1-opus.mp4", (50, 101), 2000, "av01.0.00M.08,opus", 2),
    // What was whole of it.
    taken("broken-off.mp4", (25, 45), 1080, "avc1.64000b,mp4a.40.2", 1),
    taken("fragmented.mp4", (75, 142), 3080, "avc1.64000b,mp4a.40.2", 3),
    taken("fragments-of-frames.mp4", (25, 0), 1000, "avc1.64000b", 1),
    taken("hevc-hev1.mp4", (25, 0), 1000, "hvc1.2.4.L30.90", 1),
    taken("hevc-hvc1.mp4", (50, 95), 2000, "hvc1.1.6.L30.90,mp4a.40.2", 2),
    taken("hybrid.mp4", (50, 95), 2021, "avc1.64000b,mp4a.40.2", 2),
    taken("late-sound.mp4", (50, 95), 2499, "avc1.64000b,mp4a.40.2", 2),
    taken("mono-44.mp4", (50, 88), 2000, "avc1.64000b,mp4a.40.2", 2),
    taken("moov-first.mp4", (75, 142), 3000, "avc1.64000b,mp4a.40.2", 3),
    taken("moov-last.mp4", (50, 95), 2000, "avc1.64000b,mp4a.40.2", 2),
    taken("no-edit-list.mp4", (50, 95), 2080, "avc1.64000b,mp4a.40.2", 2),
    taken("open-groups.mp4", (75, 0), 3000, "avc1.64000b", 4),
    taken("reordered.mov", (75, 142), 3000, "avc1.64000b,mp4a.40.2", 3),
    taken("rotated.mp4", (50, 95), 2000, "avc1.64000b,mp4a.40.2", 2),
    taken("silent.m4v", (75, 0), 3000, "avc1.64000b", 3),
    taken("sound-alone.m4a", (0, 95), 2000, "mp4a.40.2", 2),
    taken("trimmed.mp4", (50, 98), 2000, "avc1.64000b,mp4a.40.2", 2),
    taken("variable.mp4", (48, 0), 2840, "avc1.64000b", 2),
];

const REFUSED: [(&str, &str); 10] = [
    (
        "refused-ac3.mp4",
        "Its sound is AC-3 (Dolby Digital), which many browsers and phones do not play. Export it with AAC or Opus.",
    ),
    (
        "refused-cut-moov-last.mp4",
        "The file ends early: it speaks of 15518 bytes and has 10799. Copy or upload it again.",
    ),
    (
        "refused-cut.mp4",
        "The file ends early: it speaks of 25398 bytes and has 15488. Copy or upload it again.",
    ),
    (
        "refused-encrypted.mp4",
        "It is encrypted (DRM) and cannot be played without its seller's key. Bring an unprotected file.",
    ),
    (
        "refused-flac.mp4",
        "Its sound is FLAC, which many browsers and phones do not play. Export it with AAC or Opus.",
    ),
    (
        "refused-matroska.mkv",
        "This is a Matroska or WebM file, not an MP4, MOV or M4V file. Export it as MP4 with H.264 and AAC.",
    ),
    (
        "refused-mp3.mp4",
        "Its sound is MP3 inside MP4, which many browsers and phones do not play. Export it with AAC or Opus.",
    ),
    (
        "refused-mpeg4.mp4",
        "Its picture is MPEG-4 part 2 video (DivX, Xvid), which many browsers and phones do not play. Export it with H.264, HEVC or AV1.",
    ),
    (
        "refused-prores.mov",
        "Its picture is Apple ProRes, which many browsers and phones do not play. Export it with H.264, HEVC or AV1.",
    ),
    (
        "refused-text.mp4",
        "This is a text file, not an MP4, MOV or M4V file. Export it as MP4 with H.264 and AAC.",
    ),
];

/// The frames of a track as they came out of the file.
fn frames(packaged: &Packaged, track: TrackId) -> impl Iterator<Item = &Frame> {
    let frames = packaged.samples.iter().map(|sample| &sample.frame);
    frames.filter(move |frame| frame.track == track)
}

/// A range of a packaged file.
fn bytes(packaged: &Packaged, range: std::ops::Range<u64>) -> &[u8] {
    &packaged.file[range.start as usize..range.end as usize]
}

/// Of every sample of a track in the packaged file: decode time, presentation time, key, bytes.
fn packaged(packaged: &Packaged, track: TrackId) -> Vec<(i64, i64, bool, &[u8])> {
    let init =
        fmp4::init(bytes(packaged, packaged.index.init())).expect("an initialisation segment");
    let header = packaged
        .tracks
        .iter()
        .find(|header| header.track.id == track);
    let skip = header.map_or(0, |header| i64::from(header.skip));
    let mut out = Vec::new();
    for fragment in fmp4::fragments(&packaged.file, &init).expect("fragments") {
        for run in fragment.tracks {
            if run.track_id != u32::from(track.0) + 1 {
                continue;
            }
            let mut dts = run.base_decode_time.expect("tfdt") as i64 - skip;
            for sample in &run.samples {
                let bytes = &packaged.file[sample.range.clone()];
                out.push((
                    dts,
                    dts + sample.composition_offset,
                    sample.is_sync(),
                    bytes,
                ));
                dts += i64::from(sample.duration);
            }
        }
    }
    out
}

#[test]
fn every_frame_is_packaged_with_its_bytes_at_its_time() {
    for case in &TAKEN {
        let name = case.name;
        let got = take(&read(name), short()).unwrap_or_else(|refused| panic!("{name}: {refused}"));
        for (track, count) in [
            (TrackId::VIDEO, case.pictures),
            (TrackId::AUDIO, case.sounds),
        ] {
            let sent: Vec<_> = frames(&got, track)
                .map(|frame| {
                    (
                        frame.dts.ticks(),
                        frame.pts.ticks(),
                        frame.key,
                        &frame.data[..],
                    )
                })
                .collect();
            assert_eq!(sent.len(), count, "{name}");
            assert!(packaged(&got, track) == sent, "{name}: {track:?} differs");
            assert!(
                sent.is_sorted_by(|a, b| a.0 < b.0),
                "{name}: decode times rise"
            );
        }
        let codecs: Vec<_> = got
            .index
            .tracks()
            .iter()
            .map(|track| track.codec.as_str())
            .collect();
        assert_eq!(codecs.join(","), case.codecs, "{name}");
        assert_eq!(got.index.duration_us() / 1000, case.ms, "{name}");
        assert_eq!(got.index.segments().len(), case.segments, "{name}");
        assert_eq!(got.cut_short, name == "broken-off.mp4", "{name}");
    }
}

/// Abuse case G9.
#[test]
fn what_plays_nowhere_is_refused_in_plain_words() {
    for (name, words) in REFUSED {
        let refused = demux(&read(name), Limits::default()).expect_err(name);
        assert_eq!(refused.to_string(), words, "{name}");
    }
}

#[test]
fn every_fixture_has_a_line_in_a_table() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let name = entry.expect("an entry").file_name();
        let taken = TAKEN.iter().map(|case| case.name);
        let known = taken.chain(REFUSED.iter().map(|(name, _)| *name));
        assert!(known.into_iter().any(|known| name == *known), "{name:?}");
    }
}

#[test]
fn segments_tile_the_file_and_the_time_line() {
    for case in &TAKEN {
        let got = take(&read(case.name), short()).expect("taken");
        let (mut byte, mut tick) = (got.index.init().end, 0);
        for segment in got.index.segments() {
            assert_eq!(
                (segment.offset, segment.start),
                (byte, tick),
                "{}",
                case.name
            );
            assert!(segment.independent, "{}", case.name);
            assert_eq!(&bytes(&got, segment.bytes())[4..8], b"styp");
            (byte, tick) = (segment.bytes().end, segment.end());
        }
        assert_eq!(byte, got.file.len() as u64);
    }
}

#[test]
fn pictures_stay_turned_and_pixels_keep_their_shape() {
    let turned = take(&read("rotated.mp4"), short()).expect("taken");
    let header = &turned.tracks[0];
    assert_ne!(header.matrix, UNITY);
    assert!(header.is_quarter_turned());
    assert_eq!(turned.index.tracks()[0].size, (72, 128), "as shown");
    let init = bytes(&turned, turned.index.init());
    let matrix: Vec<u8> = header
        .matrix
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    assert!(init.windows(36).any(|window| window == matrix));

    let wide = take(&read("anamorphic.mp4"), short()).expect("taken");
    assert_eq!(wide.tracks[0].pixel_aspect, Some((64, 45)));
    assert!(
        bytes(&wide, wide.index.init())
            .windows(4)
            .any(|window| window == b"pasp")
    );
}

#[test]
fn reordered_pictures_and_primed_sound_begin_at_zero() {
    for name in ["moov-first.mp4", "hevc-hvc1.mp4", "av1-opus.mp4"] {
        let got = take(&read(name), short()).expect("taken");
        let shown = frames(&got, TrackId::VIDEO)
            .map(|frame| frame.pts.ticks())
            .min();
        assert_eq!(shown, Some(0), "{name}");
        let sound = frames(&got, TrackId::AUDIO).next().expect("sound").pts;
        // 1024 samples of AAC, 312 of Opus.
        assert!((-1024..=-312).contains(&sound.ticks()), "{name}: {sound:?}");
        let header = got
            .tracks
            .iter()
            .find(|header| header.track.kind() == Kind::Audio);
        assert_eq!(
            i64::from(header.expect("sound").skip),
            -sound.ticks(),
            "{name}"
        );
    }
}

#[test]
fn a_film_cut_inside_a_group_is_shown_from_its_key_frame_with_its_sound() {
    let got = take(&read("trimmed.mp4"), short()).expect("taken");
    let first = frames(&got, TrackId::VIDEO).next().expect("a picture");
    assert!(first.key && first.pts.ticks() == 0);
    // FFmpeg cut 0.3 s behind it, and took the sound from there on with what precedes it.
    let sound = frames(&got, TrackId::AUDIO).next().expect("sound").pts;
    assert!((-100_000..1000).contains(&sound.as_micros()), "{sound:?}");
}

#[test]
fn sound_that_begins_late_keeps_its_delay() {
    let got = take(&read("late-sound.mp4"), short()).expect("taken");
    let sound = frames(&got, TrackId::AUDIO).next().expect("sound").pts;
    assert!((478_000..480_000).contains(&sound.as_micros()), "{sound:?}");
}

#[test]
fn playlists_say_what_the_index_says() {
    let got = take(&read("moov-first.mp4"), short()).expect("taken");
    let list = vod::media(&got.index);
    assert_eq!(
        list,
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:1.000000,\ns0.m4s\n#EXTINF:1.000000,\ns1.m4s\n\
         #EXTINF:1.000000,\ns2.m4s\n#EXT-X-ENDLIST\n"
    );
    let all = vod::multivariant(&got.index, "~token/");
    assert!(all.contains(
        "CODECS=\"avc1.64000b,mp4a.40.2\",RESOLUTION=128x72,FRAME-RATE=25.000\n~token/main.m3u8\n"
    ));
    let pieces = [
        Name::Init,
        Name::Segment { number: 0 },
        Name::Segment { number: 1 },
        Name::Segment { number: 2 },
    ];
    let joined: Vec<u8> = pieces
        .iter()
        .flat_map(|name| bytes(&got, vod::piece(&got.index, *name).expect("a piece")))
        .copied()
        .collect();
    assert!(joined == got.file);
    assert_eq!(vod::piece(&got.index, Name::Segment { number: 3 }), None);
}

#[test]
fn small_reads_come_to_the_same() {
    let bytes = read("moov-last.mp4");
    let tight = Limits {
        read_ahead_bytes: 1,
        ..Limits::default()
    };
    let (usual, sparing) = (demux(&bytes, Limits::default()), demux(&bytes, tight));
    assert!(usual.expect("taken") == sparing.expect("taken"));
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_refused() {
    let bytes = read("moov-last.mp4");
    let mut demuxer = media::mp4::Demuxer::new(bytes.len() as u64, Limits::default());
    assert!(matches!(demuxer.poll(), Ok(media::mp4::Event::Needs(_))));
    let refused = demuxer.receive(bytes[..100].to_vec().into());
    assert!(matches!(refused, Err(Refused::CutShort { .. })));
}

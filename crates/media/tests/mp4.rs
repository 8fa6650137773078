//! Files taken apart: the same samples however the boxes are written, and claims that no bytes stand behind.

#[path = "../fuzz/inputs/mp4.rs"]
mod input;

use media::{
    TrackId,
    mp4::{Demuxer, Event, Limits, Movie, Refused, Sample},
};
use proptest::prelude::*;

/// A file of five pictures and some sound, `moov` last; made by FFmpeg.
const FILE: &[u8] = include_bytes!("../fuzz/corpus/mp4_demux/h264-aac");
const SEEDS: [&[u8]; 5] = [
    FILE,
    include_bytes!("../fuzz/corpus/mp4_demux/fragmented"),
    include_bytes!("../fuzz/corpus/mp4_demux/hybrid"),
    include_bytes!("../fuzz/corpus/mp4_demux/quicktime"),
    include_bytes!("../fuzz/corpus/mp4_demux/av1-opus"),
];

fn demux(bytes: &[u8], limits: Limits) -> Result<(Movie, Vec<Sample>), Refused> {
    let mut demuxer = Demuxer::new(bytes.len() as u64, limits);
    let (mut movie, mut samples) = (None, Vec::new());
    loop {
        match demuxer.poll()? {
            Event::Needs(needs) => {
                let start = needs.offset as usize;
                demuxer.receive(bytes[start..start + needs.len as usize].to_vec().into())?;
            }
            Event::Movie(told) => movie = Some(told),
            Event::Sample(sample) => samples.push(sample),
            Event::End => return Ok((movie.expect("tracks come first"), samples)),
        }
    }
}

fn usual(bytes: &[u8]) -> Result<(Movie, Vec<Sample>), Refused> {
    demux(bytes, Limits::default())
}

/// A box's new type and body, by its body.
type Change<'a> = dyn Fn(&[u8]) -> ([u8; 4], Vec<u8>) + 'a;

/// The file with each box of type `kind` in the place of another: its new type and body.
fn with(file: &[u8], kind: &[u8; 4], change: &Change<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = file;
    while rest.len() >= 8 {
        let size = u32::from_be_bytes(rest[..4].try_into().expect("four")) as usize;
        let (found, after) = rest.split_at(size);
        let name: [u8; 4] = found[4..8].try_into().expect("four");
        let (name, body) = if name == *kind {
            change(&found[8..])
        } else if [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"].contains(&&name) {
            (name, with(&found[8..], kind, change))
        } else {
            (name, found[8..].to_vec())
        };
        out.extend(u32::try_from(body.len() + 8).expect("small").to_be_bytes());
        out.extend(name);
        out.extend(body);
        rest = after;
    }
    out
}

fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

fn read_words(body: &[u8]) -> Vec<u32> {
    let (words, _) = body.as_chunks::<4>();
    words.iter().map(|word| u32::from_be_bytes(*word)).collect()
}

#[test]
fn long_sizes_and_offsets_are_read() {
    // The empty box that FFmpeg puts before mdat makes room for its long size.
    let at = FILE
        .windows(4)
        .position(|kind| kind == b"mdat")
        .expect("mdat")
        - 4;
    assert_eq!(&FILE[at - 4..at], b"free");
    let size = u64::from(u32::from_be_bytes(
        FILE[at..at + 4].try_into().expect("four"),
    )) + 8;
    let mut long = FILE.to_vec();
    long[at - 8..at].copy_from_slice(b"\0\0\0\x01mdat");
    long[at..at + 8].copy_from_slice(&size.to_be_bytes());
    let long = with_long_mdat(&long, at - 8, |moov| {
        with(moov, b"stco", &|body| {
            let old = read_words(body);
            let entries = old[2..].iter().flat_map(|offset| [0, *offset]);
            (
                *b"co64",
                words(&[&old[..2], &entries.collect::<Vec<_>>()].concat()),
            )
        })
    });
    assert_eq!(usual(&long), usual(FILE));
}

/// The same frames, five gigabytes into a file whose index lies at its beginning; little of it is asked for.
#[test]
fn a_file_of_gigabytes_is_read_where_its_frames_lie() {
    const FAR: u64 = 5 << 30;
    let at = FILE
        .windows(4)
        .position(|kind| kind == b"mdat")
        .expect("mdat")
        - 4;
    let moov = FILE
        .windows(4)
        .position(|kind| kind == b"moov")
        .expect("moov")
        - 4;
    let start = FILE[..4]
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let moved = with(&FILE[moov..], b"stco", &|body| {
        let old = read_words(body);
        let entries = old[2..].iter().map(|offset| u64::from(*offset) + FAR);
        let mut new = words(&old[..2]);
        new.extend(entries.flat_map(u64::to_be_bytes));
        (*b"co64", new)
    });
    let mut head = [&FILE[..start], &moved, b"\0\0\0\x01mdat"].concat();
    let media = &FILE[at + 8..moov];
    let len = FAR + moov as u64;
    let size = len - (head.len() as u64 - 8);
    head.extend(size.to_be_bytes());
    let media_at = FAR + at as u64 + 8;

    let mut demuxer = Demuxer::new(len, Limits::default());
    let (mut samples, mut asked) = (Vec::new(), 0);
    loop {
        match demuxer.poll().expect("taken") {
            Event::Needs(needs) => {
                asked += needs.len;
                let byte = |at: u64| {
                    let of_head = usize::try_from(at).ok().and_then(|at| head.get(at));
                    let of_media = at
                        .checked_sub(media_at)
                        .and_then(|at| media.get(at as usize));
                    of_head.or(of_media).copied().unwrap_or(0)
                };
                let range = needs.offset..needs.offset + u64::from(needs.len);
                demuxer
                    .receive(range.map(byte).collect())
                    .expect("all of it");
            }
            Event::Movie(_) => {}
            Event::Sample(sample) => samples.push(sample),
            Event::End => break,
        }
    }
    assert_eq!(samples, usual(FILE).expect("taken").1);
    assert!(asked < 20_000, "{asked} bytes were asked for");
}

/// Changes what lies behind a `mdat` with a long size, which [`with`] does not read.
fn with_long_mdat(file: &[u8], mdat: usize, change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let size = u64::from_be_bytes(file[mdat + 8..mdat + 16].try_into().expect("eight"));
    let (before, behind) = file.split_at(mdat + size as usize);
    [before, &change(behind)].concat()
}

#[test]
fn short_sizes_are_read() {
    let short = with(FILE, b"stsz", &|body| {
        let old = read_words(body);
        if old[1] != 0 {
            return (*b"stsz", body.to_vec());
        }
        let mut new = words(&[0, 16, old[2]]);
        for size in &old[3..] {
            new.extend(u16::try_from(*size).expect("small").to_be_bytes());
        }
        (*b"stz2", new)
    });
    assert_eq!(usual(&short), usual(FILE));
}

#[test]
fn edit_lists_that_say_the_same_are_read_the_same() {
    let long = with(FILE, b"elst", &|body| {
        let old = read_words(body);
        (*b"elst", words(&[1 << 24, 1, 0, old[2], 0, old[3], old[4]]))
    });
    assert_eq!(usual(&long), usual(FILE));
    // One cut in two that go on from each other: 100 ms each, in ticks of both tracks.
    let halves = |scale: u32| {
        with(FILE, b"elst", &move |body| {
            let old = read_words(body);
            let half = scale / 10;
            (
                *b"elst",
                words(&[
                    0,
                    2,
                    100,
                    old[3],
                    old[4],
                    old[2] - 100,
                    old[3] + half,
                    old[4],
                ]),
            )
        })
    };
    // Right for the picture's scale, a cut inside for the sound's.
    assert_eq!(
        usual(&halves(12_800)),
        Err(Refused::Edits { part: "sound" })
    );
    assert_eq!(
        usual(&halves(48_000)),
        Err(Refused::Edits { part: "picture" })
    );
}

#[test]
fn an_empty_edit_delays_its_track() {
    let delayed = with(FILE, b"elst", &|body| {
        let old = read_words(body);
        // Sound alone is primed by 1024 samples.
        if old[3] == 1024 && old[2] != 0 {
            (
                *b"elst",
                words(&[0, 2, 500, u32::MAX, old[4], old[2], old[3], old[4]]),
            )
        } else {
            (*b"elst", body.to_vec())
        }
    });
    let first = |file: &[u8], track| {
        let (_, samples) = usual(file).expect("taken");
        let of_track = samples.iter().find(|sample| sample.frame.track == track);
        of_track.expect("a sample").frame.pts.as_micros()
    };
    assert_eq!(first(FILE, TrackId::VIDEO), 0);
    let moved = first(&delayed, TrackId::AUDIO) - first(FILE, TrackId::AUDIO);
    let picture = first(&delayed, TrackId::VIDEO);
    assert_eq!(moved.max(picture), 500_000);
}

#[test]
fn offsets_below_zero_leave_times_of_showing_as_they_are() {
    let signed = with(FILE, b"ctts", &|body| {
        let mut table = read_words(body);
        table[0] = 1 << 24;
        for offset in table[2..].iter_mut().skip(1).step_by(2) {
            *offset = offset.wrapping_sub(1024);
        }
        (*b"ctts", words(&table))
    });
    // The edit list that began at the first picture has nothing left to take back.
    let signed = with(&signed, b"elst", &|body| {
        let mut table = read_words(body);
        if table[3] == 512 {
            table[3] = 0;
        }
        (*b"elst", words(&table))
    });
    let pictures = |file: &[u8]| -> Vec<_> {
        let (_, samples) = usual(file).expect("taken");
        let pictures = samples.into_iter().map(|sample| sample.frame);
        let pictures = pictures.filter(|frame| frame.track == TrackId::VIDEO);
        pictures
            .map(|frame| (frame.dts.ticks(), frame.pts.ticks()))
            .collect()
    };
    let shown = |file| pictures(file).into_iter().map(|(_, pts)| pts);
    assert!(shown(&signed).eq(shown(FILE)));
    let all = [pictures(&signed), pictures(FILE)].concat();
    assert!(all.iter().all(|(dts, pts)| dts <= pts), "{all:?}");
}

/// Abuse case G6.
#[test]
fn claims_without_bytes_are_refused_before_anything_is_allocated() {
    for kind in [b"stts", b"ctts", b"stss", b"stsc", b"stco", b"elst"] {
        let lying = with(FILE, kind, &|body| {
            let mut table = read_words(body);
            table[1] = u32::MAX;
            (*kind, words(&table))
        });
        assert!(
            matches!(usual(&lying), Err(Refused::Damaged { .. })),
            "{kind:?}"
        );
    }
    let claims = |size: u32| {
        with(FILE, b"stsz", &move |_| {
            (*b"stsz", words(&[0, size, u32::MAX]))
        })
    };
    for size in [0, 1, u32::MAX] {
        assert!(
            usual(&claims(size)).is_err(),
            "four billion frames of {size} bytes"
        );
    }
    let one_chunk = with(&claims(1), b"stsc", &|_| {
        (*b"stsc", words(&[0, 1, 1, u32::MAX, 1]))
    });
    assert!(usual(&one_chunk).is_err());
    // All chunks are one: every byte would come out many times.
    let again = with(FILE, b"stco", &|_| {
        (*b"stco", words(&[&[0, 200], &[48; 200][..]].concat()))
    });
    let again = with(&again, b"stsc", &|_| (*b"stsc", words(&[0, 1, 1, 1, 1])));
    let again = with(&again, b"stsz", &|_| (*b"stsz", words(&[0, 400, 200])));
    assert_eq!(
        usual(&again),
        Err(Refused::Damaged {
            what: "its frames overlap"
        })
    );
}

/// Abuse case G6.
#[test]
fn limits_are_kept() {
    let tight = |limits| demux(FILE, limits).map(|_| ());
    let what = |what| Err(Refused::TooMuch { what });
    let usual = Limits::default;
    assert_eq!(
        tight(Limits {
            moov_bytes_max: 100,
            ..usual()
        }),
        what("an index")
    );
    assert_eq!(
        tight(Limits {
            tracks_max: 1,
            ..usual()
        }),
        what("tracks")
    );
    assert_eq!(
        tight(Limits {
            samples_max: 3,
            ..usual()
        }),
        what("frames")
    );
    assert_eq!(
        tight(Limits {
            frame_bytes_max: 10,
            ..usual()
        }),
        what("a frame")
    );
    assert_eq!(
        tight(Limits {
            boxes_max: 2,
            ..usual()
        }),
        what("parts")
    );
    let fragments = demux(
        SEEDS[1],
        Limits {
            moof_bytes_max: 100,
            ..usual()
        },
    );
    assert_eq!(fragments.map(|_| ()), what("a fragment"));
}

/// Abuse case G1.
#[test]
fn other_files_are_called_by_their_name() {
    let cases: [(&[u8], &str); 10] = [
        (b"", "an empty file"),
        (b"\x1a\x45\xdf\xa3aaaaaaaa", "a Matroska or WebM file"),
        (b"RIFFaaaaAVI aaaa", "an AVI file"),
        (b"FLV\x01\x05aaaaaaa", "an FLV file"),
        (b"%PDF-1.7 aaaaaa", "a PDF document"),
        (b"\xff\xd8\xff\xe0aaaaaaaa", "an image"),
        (b"Dear diary, today", "a text file"),
        (b"#EXTM3U\n", "a playlist, which only names other files"),
        (
            b"ffconcat version 1.0\n",
            "a text that only names other files",
        ),
        (&[7; 40], "some other kind of file"),
    ];
    for (bytes, what) in cases {
        assert_eq!(usual(bytes), Err(Refused::NotMp4 { what }));
    }
    assert_eq!(usual(b"\0\0\0\x10ftypisom\0\0\0\0"), Err(Refused::NoIndex));
}

#[test]
fn a_codec_without_a_name_is_told_by_its_letters() {
    let odd = with(FILE, b"stsd", &|body| {
        let mut body = body.to_vec();
        body[12..16].copy_from_slice(b"wxyz");
        (*b"stsd", body)
    });
    let refused = usual(&odd).expect_err("unknown");
    assert_eq!(
        refused.to_string(),
        "Its picture is in a format called \"wxyz\", which many browsers and phones do not play. Export it with H.264, HEVC or AV1."
    );
}

proptest! {
    /// Abuse case G9.
    #[test]
    fn damaged_files_are_taken_or_refused_within_bounds(
        seed in 0..SEEDS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = SEEDS[seed].to_vec();
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        input::run(&file);
        file.truncate(cut.index(file.len()));
        input::run(&file);
    }

    #[test]
    fn noise_is_refused(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        input::run(&noise);
        input::run(&[b"\0\0\0\x08free", &noise[..]].concat());
    }
}

#[test]
fn tables_of_megabytes_are_read_in_windows() {
    // The table of times in entries of one sample each, before so many that are never used.
    let plain = usual(FILE).expect("it is taken");
    let long = with(FILE, b"stts", &|body| {
        let old = read_words(&body[8..]);
        let mut entries = Vec::new();
        for entry in old.chunks(2) {
            entries.extend((0..entry[0]).flat_map(|_| [1, entry[1]]));
        }
        entries.extend([0, 0].repeat(1 << 18));
        let count = u32::try_from(entries.len() / 2).expect("small");
        (
            *b"stts",
            [vec![0; 4], words(&[count]), words(&entries)].concat(),
        )
    });
    assert!(long.len() > 4 << 20);
    let mut demuxer = Demuxer::new(long.len() as u64, Limits::default());
    let (mut samples, mut largest) = (Vec::new(), 0);
    loop {
        match demuxer.poll().expect("it is taken") {
            Event::Needs(needs) => {
                largest = largest.max(needs.len);
                let start = needs.offset as usize;
                let bytes = long[start..start + needs.len as usize].to_vec();
                demuxer.receive(bytes.into()).expect("what was asked for");
            }
            Event::Movie(_) => {}
            Event::Sample(sample) => samples.push(sample),
            Event::End => break,
        }
    }
    assert_eq!(samples, plain.1);
    assert!(largest <= 1 << 20, "{largest} bytes at once");
}

#[test]
fn a_configuration_among_the_pictures_is_refused_in_plain_words() {
    let bare = with(FILE, b"stsd", &|body| {
        let mut body = body.to_vec();
        if let Some(at) = body.windows(4).position(|kind| kind == b"avcC") {
            body[12..16].copy_from_slice(b"avc3");
            // No sets of either kind.
            body[at + 4 + 5] = 0xe0;
            body[at + 4 + 6] = 0;
        }
        (*b"stsd", body)
    });
    let refused = usual(&bare).expect_err("it is refused");
    assert_eq!(
        refused.to_string(),
        "Its picture cannot be read: its configuration lies among the pictures (avc3). Export it again with H.264, HEVC or AV1."
    );
}

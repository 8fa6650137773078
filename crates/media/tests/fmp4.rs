//! Boxes we write, read by another implementation and by our own reader.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use bytes::Bytes;
use media::fmp4::{self, FLAGS_DELTA, FLAGS_KEY, Run, Sample, read};
use media::{Codec, Track, TrackId, aac, h264, opus};
use mp4_atom::{Codec as Entry, DecodeMaybe, Moof, Moov};
use proptest::prelude::*;

/// libx264 High 720x576, pixels 64:45, BT.709, HRD; written through FFmpeg.
const RECORD: &[u8] = &[
    0x01, 0x64, 0x00, 0x1f, 0xff, 0xe1, 0x00, 0x2a, 0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0xb4,
    0x12, 0x6f, 0xfc, 0x01, 0x00, 0x00, 0xb5, 0xa8, 0x08, 0x08, 0x0a, 0x00, 0x00, 0x07, 0xd2, 0x00,
    0x01, 0xd4, 0xc1, 0xc0, 0x80, 0x01, 0xe8, 0x48, 0x00, 0x3d, 0x09, 0xc9, 0x86, 0x00, 0xf1, 0x83,
    0x19, 0x60, 0x01, 0x00, 0x05, 0x68, 0xeb, 0xec, 0xb2, 0x2c, 0xfd, 0xf8, 0xf8, 0x00,
];

fn video() -> Track {
    let config = h264::Config::parse(Bytes::from_static(RECORD)).expect("a real record");
    Track {
        id: TrackId::VIDEO,
        codec: Codec::H264(config),
    }
}

fn audio() -> Track {
    let config = aac::Config::parse(Bytes::from_static(&[0x11, 0x90, 0x56, 0xe5, 0x00]))
        .expect("a real configuration");
    Track {
        id: TrackId::AUDIO,
        codec: Codec::Aac(config),
    }
}

fn opus_audio() -> Track {
    Track {
        id: TrackId::AUDIO,
        codec: Codec::Opus(opus::Config::new(2, 312)),
    }
}

fn atoms<T: DecodeMaybe>(file: &[u8], skip: usize) -> T {
    let mut rest = &file[skip..];
    T::decode_maybe(&mut rest)
        .expect("well formed")
        .expect("complete")
}

#[test]
fn another_implementation_reads_our_initialisation_segment() {
    let file = fmp4::init(&[video(), audio()]);
    let ftyp = usize::try_from(u32::from_be_bytes(file[..4].try_into().unwrap())).unwrap();
    let moov: Moov = atoms(&file, ftyp);
    assert_eq!(moov.mvhd.next_track_id, 3);
    assert_eq!(
        moov.mvex
            .as_ref()
            .unwrap()
            .trex
            .iter()
            .map(|trex| trex.track_id)
            .collect::<Vec<_>>(),
        [1, 2]
    );

    let picture = &moov.trak[0];
    assert_eq!(
        (picture.tkhd.track_id, picture.mdia.mdhd.timescale),
        (1, 90_000)
    );
    assert_eq!(
        (picture.tkhd.width.integer(), picture.tkhd.height.integer()),
        (1024, 576),
        "as shown, not as coded"
    );
    let Entry::Avc1(avc1) = &picture.mdia.minf.stbl.stsd.codecs[0] else {
        panic!("not avc1")
    };
    assert_eq!((avc1.visual.width, avc1.visual.height), (720, 576));
    assert_eq!(
        (avc1.avcc.avc_profile_indication, avc1.avcc.length_size),
        (100, 4)
    );
    assert_eq!(avc1.avcc.sequence_parameter_sets[0], RECORD[8..50]);
    assert_eq!(avc1.avcc.ext.as_ref().unwrap().chroma_format, 1);
    assert_eq!(
        avc1.pasp
            .as_ref()
            .map(|pasp| (pasp.h_spacing, pasp.v_spacing)),
        Some((64, 45))
    );
    assert!(avc1.colr.is_some());

    let sound = &moov.trak[1];
    assert_eq!(
        (sound.tkhd.track_id, sound.mdia.mdhd.timescale),
        (2, 48_000)
    );
    let Entry::Mp4a(mp4a) = &sound.mdia.minf.stbl.stsd.codecs[0] else {
        panic!("not mp4a")
    };
    assert_eq!(
        (mp4a.audio.channel_count, mp4a.audio.sample_rate.integer()),
        (2, 48_000)
    );
    let decoder = &mp4a.esds.es_desc.dec_config;
    assert_eq!(decoder.object_type_indication, 0x40);
    let specific = decoder.dec_specific.as_ref().unwrap();
    assert_eq!(
        (specific.profile, specific.freq_index, specific.chan_conf),
        (2, 3, 2)
    );
}

#[test]
fn our_reader_gets_the_tracks_back() {
    let file = fmp4::init(&[video(), audio()]);
    let init = read::init(&file).unwrap();
    assert_eq!(init.tracks.len(), 2);
    assert_eq!(init.tracks[0].codec, Some(video().codec));
    assert_eq!(init.tracks[0].size, (720, 576));
    assert!(init.tracks[0].is_video() && !init.tracks[1].is_video());
    assert_eq!(init.tracks[1].codec, Some(audio().codec));
    assert_eq!(init.tracks[1].timescale, 48_000);
    let muxed_is_no_cmaf_track = |file: &[u8]| {
        !read::init(file)
            .unwrap()
            .brands
            .contains(&read::Kind(*b"cmfc"))
    };
    assert!(muxed_is_no_cmaf_track(&file));
    assert!(!muxed_is_no_cmaf_track(&fmp4::init(&[audio()])));
}

#[test]
fn opus_is_written_as_another_implementation_reads_it_and_read_back() {
    let track = opus_audio();
    assert_eq!(
        (track.timescale(), track.codec_string(), track.kind()),
        (48_000, "opus".to_owned(), media::Kind::Audio)
    );
    let file = fmp4::init(std::slice::from_ref(&track));
    let ftyp = usize::try_from(u32::from_be_bytes(file[..4].try_into().unwrap())).unwrap();
    let moov: Moov = atoms(&file, ftyp);
    let sound = &moov.trak[0];
    assert_eq!(sound.mdia.mdhd.timescale, 48_000);
    let Entry::Opus(entry) = &sound.mdia.minf.stbl.stsd.codecs[0] else {
        panic!("not Opus")
    };
    assert_eq!(
        (
            entry.audio.channel_count,
            entry.audio.sample_size,
            entry.audio.sample_rate.integer()
        ),
        (2, 16, 48_000)
    );
    assert_eq!(
        (
            entry.dops.output_channel_count,
            entry.dops.pre_skip,
            entry.dops.input_sample_rate,
            entry.dops.output_gain
        ),
        (2, 312, 48_000, 0)
    );

    let init = read::init(&file).unwrap();
    assert_eq!(init.tracks[0].codec, Some(track.codec));
    assert_eq!(init.tracks[0].entry, read::Kind(*b"Opus"));
    assert!(!init.tracks[0].is_video());
}

#[test]
fn opus_that_is_not_understood_is_a_track_without_a_codec() {
    let file = fmp4::init(&[opus_audio()]);
    let at = file.windows(4).position(|kind| kind == b"dOps").unwrap();
    let mut many = file.to_vec();
    many[at + 5] = 6;
    assert_eq!(read::init(&many).unwrap().tracks[0].codec, None);
    let mut nameless = file.to_vec();
    nameless[at] = b'x';
    assert_eq!(read::init(&nameless).unwrap().tracks[0].codec, None);
}

#[test]
fn a_configuration_longer_than_127_bytes_keeps_its_descriptor_lengths() {
    // A program config element with a comment of 200 bytes.
    let mut specific = vec![0x11, 0x80, 0x04, 0xc4, 0x00, 0x00, 0x20, 0x00, 200];
    specific.extend([b'x'; 200]);
    let config = aac::Config::parse(specific.into()).unwrap();
    let track = Track {
        id: TrackId::AUDIO,
        codec: Codec::Aac(config),
    };
    let init = read::init(&fmp4::init(std::slice::from_ref(&track))).unwrap();
    assert_eq!(init.tracks[0].codec, Some(track.codec));
}

fn sample(duration: u32, size: u32, composition_offset: i32, key: bool) -> Sample {
    Sample {
        duration,
        size,
        composition_offset,
        key,
    }
}

/// A fragment with bytes of the right count behind its head.
fn file_of(sequence: u32, runs: &[Run<'_>]) -> Vec<u8> {
    let mut file = fmp4::fragment_head(sequence, runs).to_vec();
    assert_eq!(file.len(), fmp4::fragment_head_len(runs));
    let payload: u32 = runs
        .iter()
        .flat_map(|run| run.samples)
        .map(|sample| sample.size)
        .sum();
    file.resize(file.len() + usize::try_from(payload).unwrap(), 0xaa);
    file
}

#[test]
fn another_implementation_reads_our_fragments() {
    let pictures = [
        sample(3000, 500, 6000, true),
        sample(3000, 20, -3000, false),
        sample(3000, 30, 0, false),
    ];
    let sounds = [sample(1024, 7, 0, true), sample(1024, 7, 0, true)];
    let runs = [
        Run {
            track: TrackId::VIDEO,
            base_decode_time: 1 << 40,
            samples: &pictures,
        },
        Run {
            track: TrackId::AUDIO,
            base_decode_time: 77,
            samples: &sounds,
        },
    ];
    let file = file_of(9, &runs);
    let moof: Moof = atoms(&file, 0);
    let head = fmp4::fragment_head(9, &runs).len();
    assert_eq!(moof.mfhd.sequence_number, 9);

    let picture = &moof.traf[0];
    assert!(picture.tfhd.default_base_is_moof);
    assert_eq!(picture.tfhd.track_id, 1);
    assert_eq!(
        picture.tfdt.as_ref().unwrap().base_media_decode_time,
        1 << 40
    );
    assert_eq!(picture.tfhd.default_sample_duration, Some(3000));
    assert_eq!(picture.tfhd.default_sample_flags, Some(FLAGS_DELTA));
    assert_eq!(
        picture.trun[0].data_offset,
        Some(i32::try_from(head).unwrap())
    );
    let entries: Vec<_> = picture.trun[0].samples.iter().collect();
    assert_eq!(
        entries.iter().map(|entry| entry.size).collect::<Vec<_>>(),
        [Some(500), Some(20), Some(30)]
    );
    assert_eq!(
        entries.iter().map(|entry| entry.cts).collect::<Vec<_>>(),
        [Some(6000), Some(-3000), Some(0)]
    );
    assert_eq!(entries[0].flags, Some(FLAGS_KEY));
    assert_eq!(entries[1].flags, None);

    let sound = &moof.traf[1];
    assert_eq!(
        (sound.tfhd.track_id, sound.tfhd.default_sample_size),
        (2, Some(7))
    );
    assert_eq!(sound.tfhd.default_sample_flags, Some(FLAGS_KEY));
    assert_eq!(
        sound.trun[0].data_offset,
        Some(i32::try_from(head + 550).unwrap())
    );
    assert_eq!(sound.trun[0].samples.len(), 2);
}

#[test]
fn equal_frames_cost_nothing_each() {
    let frames = [sample(1024, 7, 0, true); 9];
    let one = Run {
        track: TrackId::AUDIO,
        base_decode_time: 0,
        samples: &frames[..1],
    };
    let nine = Run {
        track: TrackId::AUDIO,
        base_decode_time: 0,
        samples: &frames,
    };
    assert_eq!(
        fmp4::fragment_head_len(&[one]),
        fmp4::fragment_head_len(&[nine])
    );
}

#[test]
fn runs_without_frames_are_left_out() {
    let frames = [sample(1024, 7, 0, true)];
    let empty = Run {
        track: TrackId::VIDEO,
        base_decode_time: 0,
        samples: &[],
    };
    let full = Run {
        track: TrackId::AUDIO,
        base_decode_time: 0,
        samples: &frames,
    };
    assert_eq!(
        fmp4::fragment_head(1, &[empty, full.clone()]),
        fmp4::fragment_head(1, &[full])
    );
}

#[test]
fn more_than_four_gigabytes_get_a_64_bit_mdat() {
    let frames = [sample(1, u32::MAX - 8, 0, true)];
    let head = fmp4::fragment_head(
        1,
        &[Run {
            track: TrackId::VIDEO,
            base_decode_time: 0,
            samples: &frames,
        }],
    );
    assert_eq!(
        &head[head.len() - 8..],
        [0xff, 0xff, 0xff, 0xff, b'm', b'd', b'a', b't'].as_slice()
    );
    let frames = [sample(1, u32::MAX, 0, true)];
    let head = fmp4::fragment_head(
        1,
        &[Run {
            track: TrackId::VIDEO,
            base_decode_time: 0,
            samples: &frames,
        }],
    );
    let tail = &head[head.len() - 16..];
    assert_eq!(
        tail,
        [
            &[0, 0, 0, 1][..],
            b"mdat",
            &(u64::from(u32::MAX) + 16).to_be_bytes()
        ]
        .concat()
    );
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let one = (0_u32..4, 0_u32..50, -2_i32..3, any::<bool>())
        .prop_map(|(duration, size, offset, key)| sample(duration * 1000, size, offset * 500, key));
    proptest::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn our_reader_gets_every_sample_back(pictures in samples(), sounds in samples(), time in any::<u64>(), sequence in any::<u32>()) {
        let runs = [
            Run { track: TrackId::VIDEO, base_decode_time: time, samples: &pictures },
            Run { track: TrackId::AUDIO, base_decode_time: 5, samples: &sounds },
        ];
        let file = file_of(sequence, &runs);
        let init = read::init(&fmp4::init(&[video(), audio()])).unwrap();
        let fragments = read::fragments(&file, &init).unwrap();
        prop_assert_eq!(fragments.len(), 1);
        prop_assert_eq!(fragments[0].sequence, sequence);
        prop_assert_eq!(fragments[0].range.clone(), 0..file.len());
        let mut at = fmp4::fragment_head_len(&runs);
        let mut found = fragments[0].tracks.iter();
        for run in runs.iter().filter(|run| !run.samples.is_empty()) {
            let track = found.next().unwrap();
            prop_assert_eq!(track.base_decode_time, Some(run.base_decode_time));
            prop_assert_eq!(track.samples.len(), run.samples.len());
            for (read, written) in track.samples.iter().zip(run.samples) {
                prop_assert_eq!(read.duration, written.duration);
                prop_assert_eq!(read.composition_offset, i64::from(written.composition_offset));
                prop_assert_eq!(read.is_sync(), written.key);
                let size = usize::try_from(written.size).unwrap();
                prop_assert_eq!(read.range.clone(), at..at + size);
                at += size;
            }
        }
        prop_assert!(found.next().is_none());
        prop_assert_eq!(at, file.len());
    }

    #[test]
    fn damage_never_panics(at in 0_usize..2000, value in any::<u8>(), cut in 0_usize..2000) {
        let plain = fmp4::init(&[video(), audio()]);
        let mut file = plain.to_vec();
        let place = at % file.len();
        file[place] = value;
        let _ = read::init(&file);
        file.truncate(cut);
        let _ = read::init(&file);

        let init = read::init(&plain).unwrap();
        let frames = [sample(1, 5, 0, true), sample(2, 6, 1, false)];
        let mut file = file_of(1, &[Run { track: TrackId::VIDEO, base_decode_time: 0, samples: &frames }]);
        let place = at % file.len();
        file[place] = value;
        let _ = read::fragments(&file, &init);
        file.truncate(cut);
        let _ = read::fragments(&file, &init);
    }

    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let init = read::init(&fmp4::init(&[video()])).unwrap();
        let _ = read::init(&noise);
        let _ = read::fragments(&noise, &init);
    }
}

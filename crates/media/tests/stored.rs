//! Configurations of the codecs that only stored media has, as FFmpeg's encoders write them.

use bytes::Bytes;
use media::{
    Codec, Track, TrackId, av1,
    fmp4::{self, read},
    h264::Colour,
    h265,
};
use mp4_atom::{Codec as Entry, DecodeMaybe as _, Moov};
use proptest::prelude::*;

/// libx265, Main, high tier, 1918x1080, pixels 64:45, BT.709, full range.
#[rustfmt::skip]
const HVCC: &[u8] = &[
    0x01, 0x21, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x99, 0xf0, 0x00, 0xfc, 0xfd, 0xf8, 0xf8, 0x00, 0x00, 0x0f,
    0x03, 0xa0, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x21, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03,
    0x00, 0x00, 0x03, 0x00, 0x99, 0x95, 0x98, 0x09, 0xa1, 0x00, 0x01, 0x00, 0x33, 0x42, 0x01, 0x01, 0x21, 0x60, 0x00, 0x00, 0x03, 0x00,
    0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x99, 0xa0, 0x03, 0xc0, 0x80, 0x10, 0xe7, 0x5e, 0x59, 0x59, 0xa4, 0x93, 0x2b, 0xff,
    0xc0, 0x10, 0x00, 0x0b, 0x5b, 0x80, 0x80, 0x80, 0x82, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x32, 0x10, 0xa2, 0x00,
    0x01, 0x00, 0x07, 0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40,
];
/// libaom, Main, 66x50, 10 bits, BT.2020 with PQ.
#[rustfmt::skip]
const AV1C: &[u8] = &[
    0x81, 0x00, 0x4c, 0x00, 0x0a, 0x0d, 0x00, 0x00, 0x00, 0x03, 0x2c, 0x1c, 0x4d, 0xaf, 0x95, 0x09, 0x10, 0x09, 0x04,
];
/// libaom, High, 66x50, 4:4:4.
#[rustfmt::skip]
const AV1C_444: &[u8] = &[
    0x81, 0x20, 0x00, 0x00, 0x0a, 0x0a, 0x20, 0x00, 0x00, 0x03, 0x2c, 0x1c, 0x4d, 0xaf, 0x90, 0x20,
];

fn video(codec: Codec) -> Track {
    Track {
        id: TrackId::VIDEO,
        codec,
    }
}

#[test]
fn hevc_says_what_it_is() {
    let config = h265::Config::parse(Bytes::from_static(HVCC)).expect("a real record");
    assert_eq!(config.codec_string(), "hvc1.1.6.H153.90");
    assert_eq!((config.width(), config.height()), (1918, 1080), "cropped");
    assert_eq!(config.bit_depth(), 8);
    assert_eq!(config.profile_name(), "Main");
    assert_eq!(config.sample_aspect(), Some((64, 45)));
    let colour = Colour {
        primaries: 1,
        transfer: 1,
        matrix: 1,
        full_range: true,
    };
    assert_eq!(config.colour(), Some(colour));
}

#[test]
fn av1_says_what_it_is() {
    let config = av1::Config::parse(Bytes::from_static(AV1C), (0, 0)).expect("a real record");
    assert_eq!(config.codec_string(), "av01.0.00M.10.0.110.09.16.09.0");
    assert_eq!((config.width(), config.height()), (66, 50));
    assert_eq!(config.bit_depth(), 10);
    let full = av1::Config::parse(Bytes::from_static(AV1C_444), (0, 0)).expect("a real record");
    assert_eq!(full.codec_string(), "av01.1.00M.08.0.000.01.01.01.0");
    assert_eq!(full.profile_name(), "High");
}

#[test]
fn a_record_without_sequence_header_takes_its_size_from_the_sample_entry() {
    let bare = Bytes::from_static(&[0x81, 0x04, 0x0c, 0x00]);
    let config = av1::Config::parse(bare.clone(), (640, 360)).expect("a size");
    assert_eq!((config.width(), config.height()), (640, 360));
    assert_eq!(config.codec_string(), "av01.0.04M.08");
    assert_eq!(
        av1::Config::parse(bare.clone(), (0, 0)),
        Err(av1::Error::NoSize)
    );
    let large = av1::Config::parse(bare, (20_000, 1));
    assert!(matches!(large, Err(av1::Error::TooLarge { .. })));
}

#[test]
fn another_implementation_reads_our_sample_entries() {
    let hevc = h265::Config::parse(Bytes::from_static(HVCC)).expect("a real record");
    let av1 = av1::Config::parse(Bytes::from_static(AV1C), (0, 0)).expect("a real record");
    for (track, entry) in [
        (video(Codec::H265(hevc)), "hvc1"),
        (video(Codec::Av1(av1)), "av01"),
    ] {
        let file = fmp4::init(std::slice::from_ref(&track));
        let read = read::init(&file).expect("our own");
        assert_eq!(read.tracks[0].entry.to_string(), entry);
        assert_eq!(read.tracks[0].codec.as_ref(), Some(&track.codec));
        let ftyp = usize::from(file[3]);
        let moov = Moov::decode_maybe(&mut &file[ftyp..])
            .expect("well formed")
            .expect("complete");
        match (&moov.trak[0].mdia.minf.stbl.stsd.codecs[0], entry) {
            (Entry::Hvc1(hvc1), "hvc1") => {
                assert_eq!((hvc1.visual.width, hvc1.visual.height), (1918, 1080));
                assert_eq!(hvc1.hvcc.general_level_idc, 153);
                assert!(hvc1.pasp.is_some() && hvc1.colr.is_some());
            }
            (Entry::Av01(av01), "av01") => {
                assert_eq!((av01.visual.width, av01.visual.height), (66, 50));
                assert!(av01.av1c.high_bitdepth);
                assert_eq!(av01.av1c.config_obus, AV1C[4..]);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn units_of_hevc_get_four_byte_lengths_and_lose_their_filler() {
    // An IDR slice (type 19), filler (38), a trailing slice (1); lengths of one byte.
    let data = Bytes::from_static(&[3, 19 << 1, 1, 9, 2, 38 << 1, 1, 3, 1 << 1, 1, 9]);
    let normal = h265::normalise(&data, 1);
    assert_eq!(
        normal[..],
        [0, 0, 0, 3, 19 << 1, 1, 9, 0, 0, 0, 3, 1 << 1, 1, 9]
    );
    assert!(h265::can_start(&normal, 4));
    assert!(!h265::can_start(&normal[7..], 4));
    let again = h265::normalise(&normal, 4);
    assert_eq!(again.as_ptr(), normal.as_ptr(), "nothing is copied");
    let mut record = HVCC.to_vec();
    record[21] &= !3;
    let config = h265::Config::parse(record.into()).expect("lengths of one byte");
    assert_eq!(config.nal_length_size(), 1);
    assert_eq!(config.record_for_mp4()[..], *HVCC);
}

#[test]
fn records_that_cannot_be_used_are_refused() {
    let hevc = |bytes: &[u8]| h265::Config::parse(Bytes::copy_from_slice(bytes));
    assert!(matches!(hevc(&HVCC[..20]), Err(h265::Error::Short { .. })));
    assert!(matches!(hevc(&HVCC[..60]), Err(h265::Error::Short { .. })));
    assert!(matches!(
        hevc(&[2; 30]),
        Err(h265::Error::Version { version: 2 })
    ));
    let mut empty = HVCC[..23].to_vec();
    empty[22] = 0;
    assert_eq!(hevc(&empty), Err(h265::Error::Missing { what: "SPS" }));
    assert_eq!(hevc(&vec![1; 70_000]), Err(h265::Error::TooLong));
    let av1 = |bytes: &[u8]| av1::Config::parse(Bytes::copy_from_slice(bytes), (1, 1));
    assert!(matches!(av1(&[0x81, 0]), Err(av1::Error::Short { .. })));
    assert!(matches!(
        av1(&[0x82, 0, 0, 0]),
        Err(av1::Error::Version { version: 2 })
    ));
}

proptest! {
    #[test]
    fn damaged_records_never_panic(
        at in 0..HVCC.len(), with: u8, cut in 0..=HVCC.len(), noise in proptest::collection::vec(any::<u8>(), 0..80)
    ) {
        let mut record = HVCC.to_vec();
        record[at] = with;
        record.truncate(cut);
        for bytes in [record, [&HVCC[..23], &noise].concat()] {
            if let Ok(config) = h265::Config::parse(bytes.into()) {
                prop_assert!(config.width() > 0 && config.height() > 0);
                prop_assert!(config.codec_string().starts_with("hvc1."));
            }
        }
        let mut record = AV1C.to_vec();
        record[at % AV1C.len()] = with;
        for bytes in [record, [&AV1C[..4], &noise].concat()] {
            if let Ok(config) = av1::Config::parse(bytes.into(), (16, 16)) {
                prop_assert!(config.width() > 0 && config.height() > 0);
                prop_assert!(config.codec_string().starts_with("av01."));
            }
        }
    }
}

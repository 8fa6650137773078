//! H.264 configurations against records that encoders wrote, and against noise.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use bytes::Bytes;
use media::h264::{self, ChromaFormat, Config, Error, ParameterSets};
use proptest::prelude::*;

fn hex(text: &str) -> Bytes {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Written by libx264 through FFmpeg; what is expected of each is what ffprobe tells of the same file.
struct Sample {
    record: &'static str,
    size: (u32, u32),
    codec: &'static str,
    profile: &'static str,
    rate: Option<(u32, u32)>,
    reorder: Option<u8>,
    aspect: Option<(u16, u16)>,
    interlaced: bool,
    chroma: ChromaFormat,
    depth: u8,
}

const PLAIN: Sample = Sample {
    record: "0164000dffe100196764000dacd10141fb011000000300100000030300f142912001000768ebe3cb3002c0fdf8f800",
    size: (320, 240),
    codec: "avc1.64000d",
    profile: "High",
    rate: Some((24, 1)),
    reorder: Some(1),
    aspect: Some((1, 1)),
    interlaced: false,
    chroma: ChromaFormat::Yuv420,
    depth: 8,
};

const SAMPLES: &[Sample] = &[
    PLAIN,
    Sample {
        record: "0142c01effe100196742c01ed900a02ff970110000030001000003003c0f162e4801000568cb83cb20",
        size: (640, 360),
        codec: "avc1.42c01e",
        profile: "Constrained Baseline",
        rate: Some((30, 1)),
        reorder: Some(0),
        ..PLAIN
    },
    Sample {
        record: "014d401fffe10019674d401feca02802dd80880000030008000003019078c18cb001000568ebe3cb20",
        size: (1280, 720),
        codec: "avc1.4d401f",
        profile: "Main",
        rate: Some((25, 1)),
        reorder: Some(2),
        ..PLAIN
    },
    Sample {
        record: "0164002affe1001b6764002aacd940780227a9b011000003000100000300780f18319601000668ebe3cb22c0fdf8f800",
        size: (1918, 1078),
        codec: "avc1.64002a",
        rate: Some((60, 1)),
        reorder: Some(2),
        ..PLAIN
    },
    Sample {
        record: "01640028ffe1001a67640028acd94078044fde0220000003002000000643e2c5b2c001000668fba3cb22c0fdf8f800",
        size: (1920, 1080),
        codec: "avc1.640028",
        rate: Some((25, 1)),
        reorder: Some(2),
        interlaced: true,
        ..PLAIN
    },
    Sample {
        // With HRD, colours and 29.97 frames a second.
        record: "0164001fffe1002a6764001facd940b4126ffc010000b5a808080a000007d20001d4c1c08001e848003d09c98600f1\
                 83196001000568ebecb22cfdf8f800",
        size: (720, 576),
        codec: "avc1.64001f",
        rate: Some((30_000, 1001)),
        reorder: Some(2),
        aspect: Some((64, 45)),
        ..PLAIN
    },
    Sample {
        record: "017a000dffe10019677a000db6cd94141fb011000003000100000300300f14299601000668ebe3cb22c0fefafa00",
        codec: "avc1.7a000d",
        profile: "High 4:2:2",
        reorder: Some(2),
        chroma: ChromaFormat::Yuv422,
        depth: 10,
        ..PLAIN
    },
    Sample {
        // With scaling matrices and odd cropping in 4:4:4.
        record: "01f4000dffe1001a67f4000d919b282a10f1f1f808800000030080000018078a14cb01000868ebe3c44c000440fff8f800",
        size: (322, 242),
        codec: "avc1.f4000d",
        profile: "High 4:4:4 Predictive",
        reorder: Some(2),
        chroma: ChromaFormat::Yuv444,
        ..PLAIN
    },
];

#[test]
fn records_of_encoders_are_understood_as_ffprobe_does() {
    for sample in SAMPLES {
        let config = Config::parse(hex(sample.record)).expect(sample.record);
        let name = sample.record;
        assert_eq!((config.width(), config.height()), sample.size, "{name}");
        assert_eq!(config.codec_string(), sample.codec, "{name}");
        assert_eq!(config.profile_name(), sample.profile, "{name}");
        assert_eq!(config.frame_rate(), sample.rate, "{name}");
        assert_eq!(config.reorder_frames(), sample.reorder, "{name}");
        assert_eq!(config.sample_aspect(), sample.aspect, "{name}");
        assert_eq!(config.interlaced(), sample.interlaced, "{name}");
        assert_eq!(config.chroma_format(), sample.chroma, "{name}");
        assert_eq!(config.bit_depth(), sample.depth, "{name}");
        assert_eq!(config.nal_length_size(), 4, "{name}");
        assert_eq!(
            config.record_for_mp4(),
            config.record(),
            "what encoders write is already what MP4 wants: {name}"
        );
    }
}

#[test]
fn colours_are_told_where_the_sps_has_them() {
    let coloured = Config::parse(hex(SAMPLES[5].record)).unwrap();
    let colour = coloured.colour().unwrap();
    assert_eq!(
        (
            colour.primaries,
            colour.transfer,
            colour.matrix,
            colour.full_range
        ),
        (1, 1, 1, false)
    );
    assert_eq!(Config::parse(hex(PLAIN.record)).unwrap().colour(), None);
}

#[test]
fn other_length_sizes_are_read_and_the_mp4_record_says_four() {
    for length_size in 1..=4_u8 {
        let mut record = hex(PLAIN.record).to_vec();
        record[4] = 0xfc | (length_size - 1);
        let config = Config::parse(record.into()).unwrap();
        assert_eq!(config.nal_length_size(), length_size);
        assert_eq!(config.record_for_mp4(), &hex(PLAIN.record));
    }
}

#[test]
fn a_record_without_the_tail_of_high_profiles_gets_one_for_mp4() {
    let whole = hex(PLAIN.record);
    let config = Config::parse(whole.slice(..whole.len() - 4)).unwrap();
    assert_eq!(config.record_for_mp4(), &whole);
}

#[test]
fn unusable_records_are_refused_by_name() {
    let plain = hex(PLAIN.record);
    let cases: &[(&str, Error)] = &[
        ("", Error::Short { what: "its header" }),
        ("0164000dff", Error::Short { what: "its header" }),
        ("0064000dffe1", Error::Version { version: 0 }),
        ("0164000dffe0", Error::NoSps),
        ("0164000dffe1", Error::Short { what: "an SPS" }),
        ("0164000dffe10019", Error::Short { what: "an SPS" }),
        ("0164000dffe1000000", Error::NoSps),
        (
            "0164000dffe100016701000168",
            Error::Sps {
                what: "profile_idc",
            },
        ),
        ("0164000dffe100016801000168", Error::NotSps { kind: 8 }),
    ];
    for (record, error) in cases {
        assert_eq!(Config::parse(hex(record)).as_ref(), Err(error), "{record}");
    }
    assert_eq!(Config::parse(plain.slice(..33)), Err(Error::NoPps));
    assert_eq!(
        Config::parse(vec![1; h264::RECORD_BYTES_MAX + 1].into()),
        Err(Error::TooLong)
    );
}

/// An SPS of the Main profile with this size in macroblocks, cropped at the right by `crop` times two pixels.
fn sps_of_size(columns: u32, rows: u32, crop: Option<u32>) -> Bytes {
    let ue = |value: u32| {
        let code = format!("{:b}", u64::from(value) + 1);
        format!("{}{code}", "0".repeat(code.len() - 1))
    };
    let mut bits = String::from("01100111 01001101 00000000 00011111").replace(' ', "");
    // Number, frame number bits, order type 2, one reference frame, no gaps.
    bits += &format!("{}{}{}{}0", ue(0), ue(0), ue(2), ue(1));
    // Size, frames only, direct 8x8.
    bits += &format!("{}{}11", ue(columns - 1), ue(rows - 1));
    bits += &crop.map_or("0".to_owned(), |crop| {
        format!("1{}{}{}{}", ue(0), ue(crop), ue(0), ue(0))
    });
    // No VUI, stop bit.
    bits += "01";
    bits.as_bytes()
        .chunks(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| (sum << 1) | (bit - b'0')) << (8 - byte.len()))
        .collect()
}

fn config_of(sps: Bytes) -> Result<Config, Error> {
    Config::from_parameter_sets(ParameterSets {
        sps: vec![sps],
        pps: vec![Bytes::from_static(&[0x68, 0xeb, 0xe3])],
    })
}

/// Abuse case C10.
#[test]
fn picture_sizes_are_bounded_by_side_and_area() {
    assert_eq!(
        config_of(sps_of_size(120, 68, None)).map(|config| config.width()),
        Ok(1920)
    );
    assert_eq!(
        config_of(sps_of_size(1024, 136, None)).map(|config| config.width()),
        Ok(16_384)
    );
    for (columns, rows) in [
        (1025, 1),
        (1, 1025),
        (1024, 137),
        (u32::MAX, u32::MAX),
        (1 << 28, 16),
    ] {
        assert!(
            matches!(
                config_of(sps_of_size(columns, rows, None)),
                Err(Error::TooLarge { .. })
            ),
            "{columns}x{rows}"
        );
    }
}

#[test]
fn cropping_away_the_whole_picture_is_refused() {
    assert_eq!(
        config_of(sps_of_size(10, 10, Some(79))).map(|config| config.width()),
        Ok(2)
    );
    for crop in [80, 81, u32::MAX - 1] {
        assert_eq!(
            config_of(sps_of_size(10, 10, Some(crop))),
            Err(Error::Sps {
                what: "frame cropping"
            }),
            "{crop}"
        );
    }
}

#[test]
fn order_type_two_means_no_reordering_even_in_main_profile() {
    assert_eq!(
        config_of(sps_of_size(10, 10, None)).map(|config| config.reorder_frames()),
        Ok(Some(0))
    );
}

fn unit(nals: &[&[u8]]) -> Bytes {
    let mut out = Vec::new();
    for nal in nals {
        out.extend(u32::try_from(nal.len()).unwrap().to_be_bytes());
        out.extend(*nal);
    }
    out.into()
}

#[test]
fn an_access_unit_tells_what_is_in_it() {
    let idr: &[u8] = &[0x65, 1, 2];
    let delta: &[u8] = &[0x41, 1];
    let filler: &[u8] = &[0x0c, 0xff, 0x80];
    // A user data message (type 5) whose size counts bytes without emulation prevention, then a recovery point.
    let recovery: &[u8] = &[0x06, 5, 4, 0, 0, 3, 1, 9, 6, 1, 0xc4, 0x80];
    let other_sei: &[u8] = &[0x06, 5, 2, 6, 1, 0x80];
    let facts = h264::inspect(&unit(&[&[0x67, 1], &[0x68, 1], idr, idr, &[]]), 4);
    assert!(facts.idr && facts.parameter_sets && !facts.recovery_point && !facts.truncated);
    assert_eq!((facts.slices, facts.empty, facts.filler), (2, 1, 0));
    assert!(h264::is_idr(&unit(&[idr]), 4) && !h264::is_idr(&unit(&[delta]), 4));
    assert!(h264::has_recovery_point(&unit(&[recovery, delta]), 4));
    assert!(!h264::has_recovery_point(&unit(&[other_sei, delta]), 4));
    assert_eq!(h264::inspect(&unit(&[delta, filler, filler]), 4).filler, 2);
    let cut = unit(&[delta, idr]);
    let facts = h264::inspect(&cut[..cut.len() - 1], 4);
    assert!(facts.truncated && !facts.idr && facts.slices == 1);
}

#[test]
fn decoding_starts_at_idr_and_at_intra_pictures_that_recover_at_once() {
    let at_once: &[u8] = &[0x06, 6, 1, 0xc4, 0x80];
    let later: &[u8] = &[0x06, 6, 1, 0x44, 0x80];
    let (intra, mixed_intra, predicted): (&[u8], &[u8], &[u8]) =
        (&[0x61, 0x88, 0x84], &[0x61, 0xb0], &[0x61, 0x9a, 0x24]);
    let table: [(&[&[u8]], bool); 10] = [
        (&[&[0x65, 0x88]], true),
        (&[at_once, intra], true),
        (&[at_once, mixed_intra, mixed_intra], true),
        (&[intra], false),
        (&[later, intra], false),
        (&[at_once, predicted], false),
        (&[at_once, intra, predicted], false),
        (&[at_once], false),
        (&[&[0x06, 6, 0, 0x80], intra], false),
        (&[at_once, &[0x61]], false),
    ];
    for (units, starts) in table {
        assert_eq!(h264::can_start(&unit(units), 4), starts, "{units:x?}");
    }
}

#[test]
fn ordinary_access_units_are_not_copied() {
    let data = unit(&[&[0x09, 0xf0], &[0x65, 1, 2, 3]]);
    assert_eq!(h264::normalise(&data, 4).as_ptr(), data.as_ptr());
}

#[test]
fn odd_access_units_are_rewritten_plainly() {
    let wanted = unit(&[&[0x65, 1, 2, 3]]);
    assert_eq!(
        h264::normalise(&unit(&[&[], &[0x0c, 0xff], &[0x65, 1, 2, 3], &[]]), 4),
        wanted
    );
    assert_eq!(
        h264::normalise(&Bytes::from_static(&[4, 0x65, 1, 2, 3]), 1),
        wanted
    );
    assert_eq!(
        h264::normalise(&Bytes::from_static(&[0, 4, 0x65, 1, 2, 3]), 2),
        wanted
    );
    assert_eq!(
        h264::normalise(
            &Bytes::from_static(&[0, 0, 4, 0x65, 1, 2, 3, 0, 0, 9, 1]),
            3
        ),
        wanted
    );
}

#[test]
fn in_band_sets_change_the_configuration_only_when_they_differ() {
    let config = Config::parse(hex(PLAIN.record)).unwrap();
    let known = config.parameter_sets().clone();
    let repeat = unit(&[&known.sps[0], &known.pps[0], &[0x65, 1]]);
    assert_eq!(config.updated(&ParameterSets::find(&repeat, 4)), Ok(None));

    let larger = Config::parse(hex(SAMPLES[3].record)).unwrap();
    let change = unit(&[
        &larger.parameter_sets().sps[0],
        &larger.parameter_sets().pps[0],
        &[0x65, 1],
    ]);
    let updated = config
        .updated(&ParameterSets::find(&change, 4))
        .unwrap()
        .unwrap();
    assert_eq!((updated.width(), updated.height()), (1918, 1078));
    assert_eq!(
        updated, larger,
        "a set with the same number is replaced, so the records agree"
    );

    let built = Config::from_parameter_sets(ParameterSets::find(&change, 4)).unwrap();
    assert_eq!(built, larger);
    assert_eq!(
        Config::from_parameter_sets(ParameterSets::default()),
        Err(Error::NoSps)
    );
}

proptest! {
    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..300), size in 0_u8..6) {
        let noise = Bytes::from(noise);
        let _ = Config::parse(noise.clone());
        let _ = config_of(noise.clone());
        let _ = h264::inspect(&noise, size);
        let _ = h264::has_recovery_point(&noise, size);
        let _ = h264::can_start(&noise, size);
        let _ = ParameterSets::find(&noise, size);
        let plain = h264::normalise(&noise, size);
        prop_assert_eq!(h264::normalise(&plain, 4), plain, "what was made plain stays as it is");
    }

    #[test]
    fn damaged_records_never_panic(at in 0_usize..60, value in any::<u8>(), cut in 0_usize..60, which in 0_usize..SAMPLES.len()) {
        let mut record = hex(SAMPLES[which].record).to_vec();
        let at = at % record.len();
        record[at] = value;
        record.truncate(cut.max(1));
        if let Ok(config) = Config::parse(record.into()) {
            prop_assert!(config.width() > 0 && config.width() <= h264::SIDE_MAX);
            prop_assert!(Config::parse(config.record_for_mp4().clone()).is_ok());
            let _ = (config.frame_rate(), config.reorder_frames(), config.profile_name());
        }
    }
}

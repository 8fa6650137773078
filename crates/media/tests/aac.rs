//! AAC configurations: tables of the standard's ways to say the same, and noise.

use bytes::Bytes;
use media::aac::{Config, Error};
use proptest::prelude::*;

/// A string of bits as bytes, filled up with zeros; spaces part the fields.
fn bits(text: &str) -> Bytes {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    digits
        .chunks(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| (sum << 1) | (bit - b'0')) << (8 - byte.len()))
        .collect()
}

struct Sample {
    specific: Bytes,
    codec: &'static str,
    rates: (u32, u32),
    channels: u8,
    frame: u32,
}

#[test]
fn configurations_are_understood() {
    let lc = |specific, rate, channels| Sample {
        specific,
        codec: "mp4a.40.2",
        rates: (rate, rate),
        channels,
        frame: 1024,
    };
    let samples = [
        // Written by FFmpeg's encoder: with the extension that says "no SBR".
        lc(
            Bytes::from_static(&[0x11, 0x90, 0x56, 0xe5, 0x00]),
            48_000,
            2,
        ),
        lc(
            Bytes::from_static(&[0x12, 0x08, 0x56, 0xe5, 0x00]),
            44_100,
            1,
        ),
        lc(
            Bytes::from_static(&[0x11, 0xb0, 0x56, 0xe5, 0x00]),
            48_000,
            6,
        ),
        // What OBS sends.
        lc(Bytes::from_static(&[0x12, 0x10]), 44_100, 2),
        lc(bits("00010 0011 0111 000"), 48_000, 8),
        lc(
            bits("00010 1111 000000001011101110000000 0010 000"),
            48_000,
            2,
        ),
        Sample {
            frame: 960,
            ..lc(bits("00010 0011 0010 100"), 48_000, 2)
        },
        // SBR and PS, said first.
        Sample {
            codec: "mp4a.40.5",
            rates: (24_000, 48_000),
            ..lc(bits("00101 0110 0010 0011 00010 000"), 0, 2)
        },
        Sample {
            codec: "mp4a.40.29",
            rates: (22_050, 44_100),
            ..lc(bits("11101 0111 0001 0100 00010 000"), 0, 2)
        },
        // The same, said behind.
        Sample {
            codec: "mp4a.40.5",
            rates: (24_000, 48_000),
            ..lc(bits("00010 0110 0010 000 01010110111 00101 1 0011"), 0, 2)
        },
        Sample {
            codec: "mp4a.40.29",
            rates: (24_000, 48_000),
            ..lc(
                bits("00010 0110 0001 000 01010110111 00101 1 0011 10101001000 1"),
                0,
                2,
            )
        },
        // A program config element: one pair in front, one pair behind, one low-frequency channel; an empty comment.
        lc(
            bits(
                "00010 0011 0000 000 0000 01 0011 0001 0000 0001 01 000 0000 0 0 0 1 0000 1 0001 0000 0000000 00000000",
            ),
            48_000,
            5,
        ),
    ];
    for sample in samples {
        let config = Config::parse(sample.specific.clone())
            .unwrap_or_else(|e| panic!("{:x}: {e}", sample.specific));
        assert_eq!(config.codec_string(), sample.codec, "{:x}", sample.specific);
        assert_eq!(
            (config.sample_rate(), config.output_sample_rate()),
            sample.rates,
            "{:x}",
            sample.specific
        );
        assert_eq!(config.channels(), sample.channels, "{:x}", sample.specific);
        assert_eq!(
            config.frame_samples(),
            sample.frame,
            "{:x}",
            sample.specific
        );
    }
}

/// Abuse case C10.
#[test]
fn unusable_configurations_are_refused_by_name() {
    let kind = |object_type, name| Error::ObjectType { object_type, name };
    let cases = [
        (
            Bytes::new(),
            Error::Short {
                what: "audioObjectType",
            },
        ),
        (
            bits("00010 001"),
            Error::Short {
                what: "samplingFrequencyIndex",
            },
        ),
        (bits("00010 1101 0010 000"), Error::SampleRate),
        (
            bits("00010 1111 000000000000000000000000 0010 000"),
            Error::SampleRate,
        ),
        (
            bits("00010 1111 111111111111111111111111 0010 000"),
            Error::SampleRate,
        ),
        (
            bits("00010 0011 1000 000"),
            Error::Channels {
                channel_configuration: 8,
            },
        ),
        (bits("00001 0011 0010 000"), kind(1, "AAC Main")),
        (bits("11111 001010 0011 0010 000"), kind(42, "xHE-AAC")),
        (bits("11111 000111 0011 0010 000"), kind(39, "AAC-ELD")),
        (
            bits("00010 0011 0000 000 0000 01 0011"),
            Error::Short {
                what: "program_config_element",
            },
        ),
        (Bytes::from(vec![0; 513]), Error::TooLong),
    ];
    for (specific, error) in cases {
        assert_eq!(Config::parse(specific.clone()), Err(error), "{specific:x}");
    }
}

proptest! {
    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(config) = Config::parse(noise.into()) {
            prop_assert!(config.sample_rate() > 0 && (1..=8).contains(&config.channels()));
        }
    }
}

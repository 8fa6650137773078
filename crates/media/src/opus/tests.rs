use super::*;

/// What `opusenc` of opus-tools writes at the start of a stereo file of 44.1 kHz.
const HEAD: &[u8] = b"OpusHead\x01\x02\x38\x01\x44\xac\x00\x00\x00\x00\x00";

#[test]
fn a_header_is_read_and_written_back() {
    let config = Config::parse_head(HEAD).unwrap();
    assert_eq!(
        (
            config.channels(),
            config.pre_skip(),
            config.input_sample_rate(),
            config.output_gain()
        ),
        (2, 312, 44_100, 0)
    );
    assert_eq!(config.head(), HEAD);
    assert_eq!(Config::parse_box(&config.box_body()), Ok(config));
    assert_eq!(
        config.box_body()[..],
        *b"\x00\x02\x01\x38\x00\x00\xac\x44\x00\x00\x00"
    );
    assert_eq!(config.codec_string(), "opus");
    let mut gained = HEAD.to_vec();
    gained[16..18].copy_from_slice(&(-512_i16).to_le_bytes());
    assert_eq!(Config::parse_head(&gained).unwrap().output_gain(), -512);
}

#[test]
fn a_header_that_is_not_ours_is_refused_with_the_reason() {
    for length in 0..HEAD.len() {
        assert_eq!(
            Config::parse_head(&HEAD[..length]),
            Err(Error::Short),
            "{length}"
        );
    }
    assert_eq!(Config::parse_head(b"OpusTags and more"), Err(Error::Magic));
    let with = |at: usize, value: u8| {
        let mut head = HEAD.to_vec();
        head[at] = value;
        Config::parse_head(&head)
    };
    assert_eq!(with(8, 0x10), Err(Error::Version { version: 0x10 }));
    assert!(with(8, 0x0f).is_ok(), "a minor version is compatible");
    for channels in [0, 3, 255] {
        assert_eq!(
            with(9, channels),
            Err(Error::Channels {
                channels,
                family: 0
            })
        );
    }
    assert_eq!(
        with(18, 1),
        Err(Error::Channels {
            channels: 2,
            family: 1
        })
    );
    let mut body = Config::new(2, 312).box_body().to_vec();
    assert_eq!(Config::parse_box(&body[..10]), Err(Error::Short));
    body[0] = 1;
    assert_eq!(Config::parse_box(&body), Err(Error::Version { version: 1 }));
}

#[test]
fn packets_tell_how_long_they_are_as_another_implementation_reads_them() {
    for toc in 0..=u8::MAX {
        for count in [0, 1, 2, 6, 12, 48, 63, 0xff] {
            let packet = [toc, count, 0, 0];
            let theirs = opus_pure::packet::samples_48k(&packet).ok();
            let ours = packet_samples(&packet).map(|samples| samples as usize);
            assert_eq!(ours, theirs, "{toc:#x} {count}");
        }
    }
    assert_eq!(packet_samples(&[]), None);
    assert_eq!(packet_samples(&[0xff]), None, "code 3 without a count");
    assert_eq!(
        packet_samples(&[0xfc]),
        Some(960),
        "a packet of DTX is its first byte"
    );
}

//! Sound stays where it was.

use syom::EncodeOptions;

use super::rig::{
    aac, aac_click, assert_click, assert_even, click_of, clicks, heard_aac, heard_opus, opus, peak,
    run,
};
use crate::{
    audio::{AacToOpus, Error, OpusToAac},
    opus as opus_head,
};

#[test]
fn a_click_in_aac_is_heard_in_opus_where_it_was_at_every_rate() {
    for rate in [
        8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000,
    ] {
        for channels in [1, 2] {
            let coded = aac_click(rate, channels, 1.5, 0.9);
            let mut transcoder = AacToOpus::new(&coded.config()).unwrap();
            let out = run(&mut transcoder, &coded.in_ms(10_000));
            assert_even(&out, 960);
            let heard = heard_opus(&out);
            assert_click(&heard, 10.9, &format!("{rate} Hz, {channels}"));
            assert!(peak(&heard, 0.0, 10.88) < 0.05, "nothing before");
            assert!(peak(&heard, 10.92, 99.0) < 0.05, "nothing after");
            let (first, last) = (heard[0].0, heard[heard.len() - 1].0);
            assert!((9.7..10.0).contains(&first), "begins at {first}");
            assert!((11.5..11.8).contains(&last), "ends at {last}");
        }
    }
}

#[test]
fn a_click_in_opus_is_heard_in_aac_where_it_was() {
    for channels in [1, 2] {
        for block in [120, 480, 960, 2880] {
            let coded = opus(&clicks(48_000, 1.5, &[0.9]), channels, block);
            let config = opus_head::Config::new(u8::try_from(channels).unwrap(), 312);
            let mut transcoder = OpusToAac::new(&config).unwrap();
            assert_eq!(transcoder.config().codec_string(), "mp4a.40.2");
            assert_eq!(
                (
                    transcoder.config().channels(),
                    transcoder.config().sample_rate()
                ),
                (2, 48_000)
            );
            let out = run(&mut transcoder, &coded.in_ms(10_000));
            assert_even(&out, 1024);
            let heard = heard_aac(transcoder.config(), &out);
            assert_click(&heard, 10.9, &format!("{channels} channels by {block}"));
        }
    }
}

#[test]
fn high_efficiency_aac_is_heard_where_it_was() {
    for (rate, channels, v2) in [
        (48_000, 2, false),
        (44_100, 2, false),
        (48_000, 1, false),
        (48_000, 2, true),
        (44_100, 2, true),
    ] {
        let options = if v2 {
            EncodeOptions::raw()
                .with_he_v2(true)
                .with_bitrate_bps(32_000)
        } else {
            EncodeOptions::raw().with_he(true).with_bitrate_bps(48_000)
        };
        let plane = clicks(rate, 1.5, &[0.9]);
        let coded = aac(&vec![plane; channels], rate, &options);
        assert!(coded.config().has_sbr());
        let mut transcoder = AacToOpus::new(&coded.config()).unwrap();
        assert_eq!(usize::from(transcoder.config().channels()), channels);
        let out = run(&mut transcoder, &coded.in_ms(10_000));
        assert_even(&out, 960);
        let what = format!("{rate} Hz, {channels}, v2: {v2}");
        assert_click(&heard_opus(&out), 10.9, &what);
    }
}

#[test]
fn high_efficiency_aac_that_is_not_announced_is_found_out() {
    let options = EncodeOptions::raw()
        .with_he_v2(true)
        .with_bitrate_bps(32_000);
    let plane = clicks(48_000, 1.5, &[0.9]);
    let mut coded = aac(&vec![plane; 2], 48_000, &options);
    // AAC-LC of one channel at 24 kHz.
    coded.specific = vec![0x13, 0x08];
    assert!(!coded.config().has_sbr());
    let mut transcoder = AacToOpus::new(&coded.config()).unwrap();
    assert_eq!(transcoder.config().channels(), 2);
    let out = run(&mut transcoder, &coded.in_ms(10_000));
    let heard = heard_opus(&out);
    assert_click(&heard, 10.9, "implicit");
}

#[test]
fn sbr_may_begin_and_end_unannounced_in_the_middle() {
    let low = aac_click(24_000, 1, 1.5, 0.9);
    let options = EncodeOptions::raw().with_he(true).with_bitrate_bps(48_000);
    let high = aac(&[clicks(48_000, 1.5, &[0.9])], 48_000, &options);
    for (first, second) in [(&low, &high), (&high, &low)] {
        let mut frames = first.in_ms(0);
        let join = frames[15].pts.ticks();
        frames.truncate(15);
        // From one kind to the other in the middle of the silence before the click.
        let rest = second.in_ms(join + 65);
        frames.extend(rest.into_iter().filter(|frame| frame.pts.ticks() >= join));
        let out = run(&mut AacToOpus::new(&low.config()).unwrap(), &frames);
        assert_even(&out, 960);
        let expected = (join + 65) as f64 / 1000.0 + 0.9;
        // A decoder that has seen SBR keeps its filters in the path, 20 ms of delay, also for frames without.
        let found = click_of(&heard_opus(&out));
        assert!((found - expected).abs() < 0.025, "{found} for {expected}");
    }
}

#[test]
fn surround_sound_is_mixed_to_stereo() {
    // FL FR FC LFE BL BR.
    for (loud, left, right) in [
        (0, true, false),
        (1, false, true),
        (2, true, true),
        (3, false, false),
        (4, true, false),
        (5, false, true),
    ] {
        let mut planes = vec![vec![0.0; 72_000]; 6];
        planes[loud] = if loud == 3 {
            // Low enough for the channel of effects.
            (0..72_000)
                .map(|n| 0.5 * (n as f32 * 0.008).sin())
                .collect()
        } else {
            clicks(48_000, 1.5, &[0.9])
        };
        let coded = aac(
            &planes,
            48_000,
            &EncodeOptions::raw().with_bitrate_bps(320_000),
        );
        let mut transcoder = AacToOpus::new(&coded.config()).unwrap();
        let out = run(&mut transcoder, &coded.in_ms(0));
        let mut decoder = opus_pure::OpusDecoder::new(48_000, 2).unwrap();
        let mut peaks = [0.0_f32; 2];
        for frame in &out {
            let mut pcm = vec![0.0; 1920];
            decoder.decode(&frame.data, 960, &mut pcm).unwrap();
            for pair in pcm.chunks(2) {
                peaks = [peaks[0].max(pair[0].abs()), peaks[1].max(pair[1].abs())];
            }
        }
        assert_eq!(
            peaks.map(|peak| peak > 0.3),
            [left, right],
            "{loud}: {peaks:?}"
        );
    }
}

#[test]
fn what_is_not_decoded_is_refused_with_the_reason() {
    for (specific, what) in [
        // 47,999 Hz in full.
        (&[0x17, 0x80, 0x5d, 0xbf, 0x90][..], "47999 Hz"),
        // HE-AAC with frames of 960.
        (&[0x2b, 0x11, 0x8a, 0x00][..], "960"),
        // 7.1 of arrangement 12.
        (&[0x11, 0xe0][..], "12"),
    ] {
        let config = crate::aac::Config::parse(specific.to_vec().into()).unwrap();
        match AacToOpus::new(&config) {
            Err(Error::Unsupported { reason }) => {
                assert!(reason.contains(what), "{what}: {reason}");
            }
            Err(error) => panic!("{what}: {error}"),
            Ok(_) => panic!("{what} is taken: {config:?}"),
        }
    }
}

#[test]
fn packets_are_fullband_celt_and_fit_one_datagram() {
    for channels in [1, 2] {
        // Hiss, the hardest there is, and a voice-like hum.
        let mut seed = 7_u32;
        let plane: Vec<f32> = (0..96_000)
            .map(|n| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = (seed >> 8) as f32 / (1 << 24) as f32 - 0.5;
                let hum = (n as f32 * 0.02).sin().powi(9);
                if n < 48_000 { hiss } else { 0.5 * hum }
            })
            .collect();
        let coded = aac(&vec![plane; channels], 48_000, &EncodeOptions::raw());
        let mut transcoder = AacToOpus::new(&coded.config()).unwrap();
        for frame in run(&mut transcoder, &coded.in_ms(0)) {
            use opus_pure::{Bandwidth, OpusMode, packet};
            assert_eq!(packet::mode(&frame.data).unwrap(), OpusMode::CeltOnly);
            assert_eq!(packet::bandwidth(&frame.data).unwrap(), Bandwidth::Fullband);
            assert_eq!(packet::channels(&frame.data).unwrap(), channels);
            assert_eq!(opus_head::packet_samples(&frame.data), Some(960));
            assert!(frame.data.len() <= 1000);
        }
    }
}

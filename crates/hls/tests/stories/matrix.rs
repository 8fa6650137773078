//! Frame rates, groups of pictures, reordering and sound alone: each stream keeps every rule of the rig.

use std::time::Duration;

use hls::Output;

use crate::rig::{Rig, Source};

const RATES: [((i64, i64), u64); 9] = [
    ((24, 1), 208_334),
    ((25, 1), 200_000),
    ((30, 1), 200_000),
    ((50, 1), 200_000),
    ((60, 1), 200_000),
    ((15, 1), 200_000),
    ((20, 1), 200_000),
    ((10, 1), 200_000),
    ((30_000, 1001), 200_000),
];

/// Microseconds from the first frame until players may start.
fn playable_after(rig: &mut Rig, source: &Source, ms: i64) -> Option<Duration> {
    let begun = rig.now.mono;
    rig.start(&source.tracks());
    let mut playable = None;
    let first = source.frames(0, 1)[0].dts.as_micros();
    for frame in source.frames(0, ms) {
        let at = begun + Duration::from_micros((frame.dts.as_micros() - first) as u64);
        rig.pass(at.saturating_sub(rig.now.mono));
        rig.push(frame);
        if playable.is_none() && rig.window.multivariant("").is_some() {
            playable = Some(rig.now.mono - begun);
        }
    }
    playable
}

#[test]
fn every_rate_and_group_length_keeps_its_promises_and_is_playable_within_a_second() {
    for (rate, part_target_us) in RATES {
        for gop_ms in [500, 1000, 2000, 4000, 8300, 10_000] {
            for sound in [Some(48_000), Some(44_100), None] {
                let gop = (gop_ms * rate.0 / rate.1 / 1000).max(1);
                let source = Source {
                    rate: Some(rate),
                    gop,
                    sound,
                    ..Source::default()
                };
                let mut rig = Rig::new();
                let playable = playable_after(&mut rig, &source, 25_000);
                let what = format!("{source:?}");
                assert!(
                    playable.is_some_and(|after| after <= Duration::from_secs(1)),
                    "{what}: {playable:?}"
                );
                assert_eq!(
                    rig.window.facts().unwrap().part_target_us,
                    part_target_us,
                    "{what}"
                );
                assert_eq!(rig.epochs(), 1, "{what}");
                assert_eq!(
                    (rig.counters().dropped, rig.counters().gaps),
                    (0, 0),
                    "{what}"
                );
                assert_eq!(rig.counters().discontinuities, 0, "{what}");
            }
        }
    }
}

#[test]
fn parts_close_with_their_last_frame_at_a_constant_rate() {
    let source = Source {
        gop: 60,
        ..Source::default()
    };
    let mut rig = Rig::new();
    rig.publish(&source, 0, 10_000);
    let begun = rig.log[0].0;
    let listed: Vec<Duration> = rig
        .log
        .iter()
        .filter(|(_, output)| matches!(output, Output::Part(_)))
        .map(|(at, _)| *at)
        .collect();
    let line: Vec<Duration> = listed
        .windows(2)
        .skip(4)
        .map(|pair| pair[1] - pair[0])
        .collect();
    assert!(begun > Duration::ZERO && line.len() > 40);
    // Six frames each, so a part follows the other after 200 ms but for rounding.
    for gap in line {
        assert!((199..=201).contains(&gap.as_millis()), "{gap:?}");
    }
    // The last frame of a part begins 5/30 s after the part does: the part is there as soon as that frame is.
    let first = Duration::from_secs(100);
    for at in &listed[4..] {
        let into = (*at - first).as_millis() % 200;
        assert!((166..=168).contains(&into), "{into}");
    }
}

#[test]
fn segments_end_at_the_first_key_frame_after_a_second() {
    let source = Source {
        rate: Some((25, 1)),
        gop: 50,
        ..Source::default()
    };
    let mut rig = Rig::new();
    rig.publish(&source, 0, 12_100);
    let done: Vec<u64> = rig
        .log
        .iter()
        .filter_map(|(_, output)| {
            if let Output::SegmentDone(done) = output {
                Some(done.duration_us)
            } else {
                None
            }
        })
        .collect();
    // The first is cut early so that there is a playlist; the second ends where a key frame comes.
    assert_eq!(
        done,
        [
            400_000, 1_600_000, 2_000_000, 2_000_000, 2_000_000, 2_000_000, 2_000_000
        ]
    );
}

#[test]
fn long_groups_are_cut_at_the_target_duration_and_realign_at_the_key_frame() {
    let source = Source {
        gop: 250,
        ..Source::default()
    };
    let mut rig = Rig::new();
    rig.publish(&source, 0, 20_000);
    let keyed: Vec<u64> = rig
        .parts()
        .filter(|part| part.independent)
        .map(|part| u64::from(part.index))
        .collect();
    assert_eq!(keyed, [0, 0, 0], "key frames begin segments");
    assert!(rig.counters().cut_without_key >= 3);
}

#[test]
fn foreseen_key_frame_that_stays_away_leaves_no_short_part_inside_a_segment() {
    // A second is four parts of five pictures and one of four, closed early for the key frame after it.
    let source = Source {
        rate: Some((24, 1)),
        gop: 24,
        ..Source::default()
    };
    let mut frames = source.frames(0, 10_000);
    let is_key = |frame: &&mut media::Frame| frame.track == media::TrackId::VIDEO && frame.key;
    frames.iter_mut().filter(is_key).nth(5).unwrap().key = false;
    let mut rig = Rig::new();
    rig.start(&source.tracks());
    rig.play(frames);
    rig.end();
    assert_eq!(rig.parts().filter(|part| part.independent).count(), 9);
}

#[test]
fn sound_after_the_last_picture_leaves_no_short_part_inside_a_segment() {
    let source = Source {
        rate: Some((24, 1)),
        gop: 24,
        ..Source::default()
    };
    let mut frames = source.frames(0, 5100);
    frames
        .retain(|frame| frame.track == media::TrackId::AUDIO || frame.dts.as_micros() < 5_000_000);
    let mut rig = Rig::new();
    rig.start(&source.tracks());
    rig.play(frames);
    rig.end();
    let sound_alone = rig.parts().last().expect("parts");
    assert!(!sound_alone.independent && sound_alone.index == 0);
}

#[test]
fn pictures_without_any_further_key_frame_go_on() {
    let source = Source {
        gop: 0,
        ..Source::default()
    };
    let mut rig = Rig::new();
    rig.publish(&source, 0, 30_000);
    assert_eq!(rig.parts().filter(|part| part.independent).count(), 1);
    assert!(rig.begun().count() >= 7);
}

#[test]
fn reordered_pictures_keep_all_rules() {
    for b_frames in [1, 2, 3] {
        let source = Source {
            rate: Some((25, 1)),
            gop: 49,
            b_frames,
            ..Source::default()
        };
        let mut rig = Rig::new();
        rig.publish(&source, 0, 15_000);
        assert_eq!(rig.counters().repaired, 0);
        assert!(rig.parts().count() > 70);
    }
}

#[test]
fn variable_rate_gets_wide_parts() {
    for (rate, jitter_ms) in [(30, 14), (12, 36), (8, 55), (5, 90), (3, 150)] {
        for sound in [Some(48_000), None] {
            let source = Source {
                rate: Some((rate, 1)),
                gop: 2 * rate,
                jitter_ms,
                sound,
                ..Source::default()
            };
            let mut rig = Rig::new();
            rig.publish(&source, 0, 20_000);
            let facts = rig.window.facts().unwrap();
            assert_eq!(facts.part_target_us, 500_000, "{source:?}");
            assert!(rig.parts().count() >= 36, "{source:?}");
            assert_eq!(rig.epochs(), 1, "{source:?}");
        }
    }
}

#[test]
fn sound_alone_is_cut_by_whole_frames() {
    for (rate, part_target_us) in [(48_000, 192_000), (44_100, 208_980)] {
        let source = Source {
            rate: None,
            sound: Some(rate),
            ..Source::default()
        };
        let mut rig = Rig::new();
        let playable = playable_after(&mut rig, &source, 10_000).unwrap();
        assert!(playable <= Duration::from_secs(1), "{playable:?}");
        assert_eq!(rig.window.facts().unwrap().part_target_us, part_target_us);
        assert!(rig.parts().all(|part| part.independent));
        assert!(rig.parts().count() >= 46);
    }
}

#[test]
fn slow_clock_of_the_encoder_is_followed_without_breaking_parts() {
    // Declared 30, sent at 29.97: the grid slips by one place now and then.
    let source = Source {
        rate: Some((30_000, 1001)),
        gop: 60,
        sound: None,
        ..Source::default()
    };
    let mut rig = Rig::new();
    rig.publish(&source, 0, 120_000);
    assert!(rig.counters().repaired <= 8, "{:?}", rig.counters());
    assert_eq!(rig.epochs(), 1);
}

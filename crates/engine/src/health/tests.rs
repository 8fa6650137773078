//! One story a warning, on a virtual clock: what raises it, that it goes away, and what looks like it and is none.

mod rig;

use domain::engine::Severity;

use rig::{Script, Sent};

const SOUND: u32 = 48_000;

/// 30 pictures a second and sound, for so many seconds.
fn script(seconds: u32) -> Script {
    Script::new((30, 1), Some(SOUND), seconds)
}

#[test]
fn healthy_streams_are_warned_of_nothing() {
    for rate in [(24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60, 1)] {
        for sound in [Some(44_100), Some(SOUND)] {
            let mut script = Script::new(rate, sound, 180);
            script.told = Some((2000.0, 160.0));
            script.jitter(0..180, 150);
            let log = script.run();
            assert!(log.codes().is_empty(), "{rate:?} {sound:?}: {log:?}");
        }
    }
}

#[test]
fn stall_of_a_second_that_is_made_up_for_is_no_matter() {
    let mut script = script(120);
    script.edit(60..61, |sent| sent.arrives_ms = 61_000.0);
    let log = script.run();
    assert!(log.codes().is_empty(), "{log:?}");
}

#[test]
fn key_frames_far_apart_are_told_while_the_interval_still_grows() {
    let mut script = script(120);
    script.edit(0..60, |sent| {
        sent.key = sent.sound || sent.number % 250 == 0;
    });
    let log = script.run();
    let first = log.first("key_frames_far_apart").unwrap();
    assert!((5..=7).contains(&first), "{first}");
    let warning = log.at(50, "key_frames_far_apart").unwrap();
    assert_eq!(warning.severity, Severity::Problem);
    assert!(
        (warning.actual.unwrap() - 8.333).abs() < 0.01,
        "{warning:?}"
    );
    assert_eq!(warning.expected, Some(2.0));
    let last = log.last("key_frames_far_apart").unwrap();
    assert!((60..80).contains(&last), "{last}");
    assert_eq!(log.codes(), ["key_frames_far_apart"]);
}

#[test]
fn key_frames_four_seconds_apart_are_a_warning_and_two_and_a_half_are_none() {
    let mut four = script(60);
    four.edit(0..60, |sent| sent.key &= sent.number % 120 == 0);
    let warning = four.run().at(59, "key_frames_far_apart").unwrap();
    assert_eq!(warning.severity, Severity::Warning);

    let mut less = script(60);
    less.edit(0..60, |sent| {
        sent.key = !sent.sound && sent.number % 75 == 0
    });
    assert!(less.run().codes().is_empty());

    let mut one_lost = script(60);
    one_lost.edit(20..21, |sent| sent.key = sent.sound);
    assert!(one_lost.run().codes().is_empty());
}

/// Composition offsets of one B-frame between two others, as an encoder with one frame of reordering sends them.
fn reorder(sent: &mut Sent) {
    sent.composition_ms = match (sent.sound, sent.number % 60, sent.number % 2) {
        (true, ..) => 0,
        (_, 0, _) => 33,
        (_, _, 1) => 67,
        _ => 0,
    };
}

#[test]
fn b_frames_are_a_notice_with_the_delay_they_cost() {
    let mut with = script(90);
    with.edit(0..45, reorder);
    let log = with.run();
    let warning = log.at(30, "b_frames").unwrap();
    assert_eq!(
        (warning.severity, warning.actual),
        (Severity::Notice, Some(33.0))
    );
    assert!(log.first("b_frames").unwrap() <= 5 && log.last("b_frames").unwrap() < 60);
    assert_eq!(log.codes(), ["b_frames"]);

    // Some encoders offset all pictures alike.
    let mut alike = script(60);
    alike.edit(0..60, |sent| {
        sent.composition_ms = if sent.sound { 0 } else { 40 }
    });
    assert!(alike.run().codes().is_empty());
}

#[test]
fn sound_that_stops_or_never_comes_is_missed_after_five_seconds() {
    let mut stops = script(120);
    stops.drop(30..60, |sent| sent.sound);
    let log = stops.run();
    assert!(
        (35..=37).contains(&log.first("no_sound").unwrap()),
        "{log:?}"
    );
    assert!(
        (60..=63).contains(&log.last("no_sound").unwrap()),
        "{log:?}"
    );
    assert_eq!(log.codes(), ["no_sound"]);

    let never = Script::new((30, 1), None, 30).run();
    assert!(
        (5..=6).contains(&never.first("no_sound").unwrap()),
        "{never:?}"
    );
    assert_eq!(never.last("no_sound"), Some(30));
}

#[test]
fn sound_alone_is_no_fault() {
    let mut alone = script(60);
    alone.drop(0..60, |sent| !sent.sound);
    assert!(alone.run().codes().is_empty());
}

#[test]
fn silence_of_ten_seconds_is_told_and_a_pause_is_not() {
    let mut silent = script(120);
    silent.edit(30..60, |sent| sent.silent = sent.sound);
    let log = silent.run();
    assert!(
        (40..=41).contains(&log.first("silent_sound").unwrap()),
        "{log:?}"
    );
    assert!(
        (60..=64).contains(&log.last("silent_sound").unwrap()),
        "{log:?}"
    );
    assert_eq!(log.codes(), ["silent_sound"]);

    let mut pause = script(60);
    pause.edit(30..39, |sent| sent.silent = sent.sound);
    assert!(pause.run().codes().is_empty());
}

#[test]
fn variable_frame_rate_is_told_with_the_share_that_is_off() {
    let mut script = script(120);
    script.edit(30..60, |sent| {
        if !sent.sound && sent.number % 2 == 1 {
            sent.dts_ms += 12;
        }
    });
    let log = script.run();
    assert!(
        (35..=45).contains(&log.first("variable_frame_rate").unwrap()),
        "{log:?}"
    );
    assert!(log.last("variable_frame_rate").unwrap() < 80, "{log:?}");
    let warning = log.at(58, "variable_frame_rate").unwrap();
    assert!(warning.actual.unwrap() > 40.0, "{warning:?}");
    assert_eq!(log.codes(), ["variable_frame_rate"]);
}

#[test]
fn bit_rate_above_what_was_told_is_told_with_both() {
    let mut script = script(120);
    script.told = Some((2000.0, 160.0));
    script.edit(30..60, |sent| sent.bytes *= 2);
    let log = script.run();
    assert!(
        (35..=46).contains(&log.first("bit_rate_over_told").unwrap()),
        "{log:?}"
    );
    assert!(log.last("bit_rate_over_told").unwrap() < 80, "{log:?}");
    let warning = log.at(58, "bit_rate_over_told").unwrap();
    assert_eq!(warning.expected, Some(2_160_000.0));
    assert!(
        (warning.actual.unwrap() / 4_320_000.0 - 1.0).abs() < 0.05,
        "{warning:?}"
    );
    assert_eq!(log.codes(), ["bit_rate_over_told"]);

    script.told = None;
    assert!(script.run().codes().is_empty());
    // An uplink that stalls sends twice the rate after it: that is no overshoot.
    let mut stalled = self::script(120);
    stalled.told = Some((2000.0, 160.0));
    stalled.edit(60..65, |sent| sent.arrives_ms = 65_000.0);
    assert_eq!(stalled.run().first("bit_rate_over_told"), None);
}

#[test]
fn timestamps_that_jump_are_told_for_a_minute_once_for_both_tracks() {
    for by_ms in [3_600_000, 5_000, -10_000] {
        let mut script = script(150);
        script.edit(60..150, |sent| sent.dts_ms += by_ms);
        let log = script.run();
        assert!(
            (60..=61).contains(&log.first("timestamps_jump").unwrap()),
            "{log:?}"
        );
        assert!(
            (119..=122).contains(&log.last("timestamps_jump").unwrap()),
            "{log:?}"
        );
        let warning = log.at(70, "timestamps_jump").unwrap();
        assert_eq!(warning.severity, Severity::Warning);
        let by = i32::try_from(by_ms).unwrap();
        assert!(
            (warning.actual.unwrap() - f64::from(by)).abs() < 50.0,
            "{warning:?}"
        );
        assert_eq!(log.codes(), ["timestamps_jump"], "{by_ms}");
    }
}

#[test]
fn timestamps_that_jump_all_the_time_are_a_problem() {
    let mut script = script(100);
    for n in 0..10 {
        script.edit(20 + n * 5..100, |sent| sent.dts_ms += 3000);
    }
    let warning = script.run().at(68, "timestamps_jump").unwrap();
    assert_eq!(warning.severity, Severity::Problem);
}

#[test]
fn pause_that_time_has_passed_for_is_no_jump() {
    let mut script = script(120);
    script.drop(60..65, |_| true);
    assert_eq!(script.run().first("timestamps_jump"), None);
}

#[test]
fn sound_that_runs_slower_than_it_says_drifts_from_the_picture() {
    let mut script = script(200);
    // A sound card at 47.76 kHz: stamped by the clock on the wall, frames are half a percent further apart.
    script.edit(0..120, |sent| {
        if sent.sound {
            sent.dts_ms = sent.dts_ms * 1005 / 1000;
            sent.made_ms *= 1.005;
            sent.arrives_ms = sent.made_ms;
        }
    });
    // Then the encoder begins anew, after a hole.
    script.drop(120..122, |sent| sent.sound);
    let log = script.run();
    let first = log.first("audio_video_drift").unwrap();
    assert!((50..=85).contains(&first), "{log:?}");
    let warning = log.at(118, "audio_video_drift").unwrap();
    assert!(
        (-600.0..-300.0).contains(&warning.actual.unwrap()),
        "{warning:?}"
    );
    assert!(log.last("audio_video_drift").unwrap() < 140, "{log:?}");
    assert_eq!(log.codes(), ["audio_video_drift"]);
}

#[test]
fn picture_whose_clock_is_slow_drifts_from_the_sound() {
    let mut script = script(120);
    script.edit(0..120, |sent| {
        if !sent.sound {
            sent.dts_ms = sent.dts_ms * 995 / 1000;
        }
    });
    let warning = script.run().at(119, "audio_video_drift").unwrap();
    assert!(warning.actual.unwrap() > 300.0, "{warning:?}");
}

#[test]
fn uplink_that_is_too_slow_makes_frames_late_until_it_has_caught_up() {
    let mut script = script(150);
    script.edit(30..60, |sent| {
        sent.arrives_ms += (sent.arrives_ms - 30_000.0) * 0.1;
    });
    script.edit(60..66, |sent| {
        sent.arrives_ms = 63_000.0 + (sent.arrives_ms - 60_000.0) / 2.0;
    });
    let log = script.run();
    let first = log.first("frames_late").unwrap();
    assert!((36..=42).contains(&first), "{log:?}");
    let at_first = log.at(first, "frames_late").unwrap();
    assert_eq!(at_first.severity, Severity::Warning);
    let worst = log.at(60, "frames_late").unwrap();
    assert_eq!(worst.severity, Severity::Problem);
    assert!(
        (2500.0..3500.0).contains(&worst.actual.unwrap()),
        "{worst:?}"
    );
    assert!(
        (66..80).contains(&log.last("frames_late").unwrap()),
        "{log:?}"
    );
    assert_eq!(log.codes(), ["frames_late"]);
}

#[test]
fn pictures_missing_from_a_constant_rate_are_counted() {
    let mut script = script(200);
    script.drop(30..90, |sent| !sent.sound && sent.number % 30 == 7);
    let log = script.run();
    assert!(
        (38..=44).contains(&log.first("frames_lost").unwrap()),
        "{log:?}"
    );
    let warning = log.at(90, "frames_lost").unwrap();
    assert_eq!(warning.severity, Severity::Warning);
    assert!(
        (57.0..=61.0).contains(&warning.actual.unwrap()),
        "{warning:?}"
    );
    assert!(log.last("frames_lost").unwrap() < 160, "{log:?}");
    assert_eq!(log.codes(), ["frames_lost"]);

    let mut few = self::script(120);
    few.drop(30..120, |sent| !sent.sound && sent.number % 300 == 7);
    assert!(few.run().codes().is_empty());
}

#[test]
fn pictures_that_an_encoder_drops_for_a_slow_uplink_are_lost_and_nothing_else() {
    // As OBS does it: up to the next key frame, while sound goes on.
    let mut script = script(120);
    for begin in [40, 50, 60] {
        script.drop(begin + 1..begin + 2, |sent| !sent.sound && !sent.key);
    }
    let log = script.run();
    assert_eq!(log.codes(), ["frames_lost"], "{log:?}");
    assert_eq!(
        log.at(62, "frames_lost").unwrap().severity,
        Severity::Warning
    );
}

#[test]
fn publisher_that_left_is_warned_of_nothing() {
    let mut script = script(30);
    script.edit(0..30, reorder);
    let mut health = script.play();
    assert_eq!(health.warnings().len(), 1);
    assert!(health.left(), "the set changed");
    assert!(health.warnings().is_empty());
    assert!(!health.left());
}

#[test]
fn worst_is_told_first() {
    let mut script = script(60);
    script.edit(0..60, |sent| {
        reorder(sent);
        sent.key &= sent.number == 0;
        sent.silent = true;
    });
    let severities: Vec<_> = script
        .play()
        .warnings()
        .iter()
        .map(|w| w.severity)
        .collect();
    assert_eq!(
        severities,
        [Severity::Problem, Severity::Warning, Severity::Notice]
    );
}

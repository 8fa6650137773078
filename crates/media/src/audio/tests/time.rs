//! Gaps, jumps and stamps that are not even.

use super::rig::{
    Coded, aac, aac_click, assert_click, assert_even, clicks, frame, heard_aac, heard_opus, opus,
    peak, run,
};
use crate::{
    Frame, Timestamp,
    audio::{AacToOpus, OpusToAac, Transcoder as _},
    opus as opus_head,
};

fn aac_to_opus(coded: &Coded) -> AacToOpus {
    AacToOpus::new(&coded.config()).unwrap()
}

#[test]
fn lost_frames_leave_the_sound_behind_them_in_its_place() {
    for lost in [1, 2, 10, 40] {
        let coded = aac_click(44_100, 2, 3.0, 2.5);
        let mut frames = coded.in_ms(500);
        frames.drain(20..20 + lost);
        let out = run(&mut aac_to_opus(&coded), &frames);
        assert_even(&out, 960);
        assert_click(&heard_opus(&out), 3.0, &format!("{lost} lost"));

        let coded = opus(&clicks(48_000, 3.0, &[2.5]), 2, 960);
        let mut frames = coded.in_ms(500);
        frames.drain(20..20 + lost);
        let mut transcoder = OpusToAac::new(&opus_head::Config::new(2, 312)).unwrap();
        let out = run(&mut transcoder, &frames);
        assert_even(&out, 1024);
        let heard = heard_aac(transcoder.config(), &out);
        assert_click(&heard, 3.0, &format!("{lost} packets lost"));
    }
}

#[test]
fn a_jump_either_way_begins_anew_at_the_new_time() {
    let coded = aac_click(48_000, 2, 1.0, 0.5);
    for jump_ms in [
        -100_000,
        -1_200,
        1_200,
        50_000,
        i64::MAX / 96,
        i64::MIN / 96,
    ] {
        let mut transcoder = aac_to_opus(&coded);
        let begin_ms = 200_000;
        let mut out = Vec::new();
        for frame in &coded.in_ms(begin_ms) {
            transcoder.push(frame, &mut out).unwrap();
        }
        let second = begin_ms + 1000 + jump_ms;
        for frame in &coded.in_ms(second) {
            transcoder.push(frame, &mut out).unwrap();
        }
        transcoder.flush(&mut out).unwrap();
        let breaks: Vec<usize> = (1..out.len())
            .filter(|n| out[*n].pts.ticks() - out[n - 1].pts.ticks() != 960)
            .collect();
        assert_eq!(breaks.len(), 1, "{jump_ms}");
        let (before, after) = out.split_at(breaks[0]);
        assert_click(&heard_opus(before), 200.5, "before");
        let expected = second as f64 / 1000.0 + 0.5;
        if jump_ms.abs() < 1_000_000 {
            assert_click(&heard_opus(after), expected, &format!("after {jump_ms}"));
        }
    }
}

#[test]
fn times_at_the_ends_of_the_world_do_not_panic() {
    let coded = aac_click(44_100, 1, 0.3, 0.1);
    let data = coded.frames[3].1.clone();
    let mut transcoder = aac_to_opus(&coded);
    let mut out = Vec::new();
    for ticks in [
        i64::MAX,
        i64::MAX,
        i64::MIN,
        i64::MIN,
        0,
        i64::MAX - 5,
        i64::MIN + 5,
        -1,
    ] {
        for scale in [1, 1000, 44_100, u32::MAX] {
            transcoder
                .push(&frame(Timestamp::new(ticks, scale), data.clone()), &mut out)
                .unwrap();
        }
    }
    transcoder.flush(&mut out).unwrap();
    assert!(!out.is_empty());
}

#[test]
fn stamps_that_jitter_give_an_even_output() {
    let coded = aac_click(44_100, 2, 3.0, 2.5);
    let mut frames = coded.in_ms(1000);
    for (n, frame) in frames.iter_mut().enumerate() {
        let off = [0, 9, -7, 3, -9, 6][n % 6];
        *frame = super::rig::frame(
            Timestamp::from_ms(frame.pts.ticks() + off),
            frame.data.clone(),
        );
    }
    let out = run(&mut aac_to_opus(&coded), &frames);
    assert_even(&out, 960);
    assert_eq!(
        out.len(),
        run(&mut aac_to_opus(&coded), &coded.in_ms(1000)).len()
    );
    assert_click(&heard_opus(&out), 3.5, "jitter");
}

#[test]
fn an_encoder_whose_clock_parts_from_its_samples_is_followed() {
    for parts_per_thousand in [-4, 4] {
        let coded = aac_click(48_000, 2, 20.0, 19.0);
        let frames: Vec<Frame> = coded
            .in_ms(0)
            .into_iter()
            .map(|frame| {
                let ms = frame.pts.ticks() * (1000 + parts_per_thousand) / 1000;
                super::rig::frame(Timestamp::from_ms(ms), frame.data)
            })
            .collect();
        let out = run(&mut aac_to_opus(&coded), &frames);
        assert_even(&out, 960);
        let expected = 19.0 * (1000 + parts_per_thousand) as f64 / 1000.0;
        let found = super::rig::click_of(&heard_opus(&out));
        assert!((found - expected).abs() < 0.040, "{found} for {expected}");
    }
}

#[test]
fn frames_that_come_twice_are_heard_once() {
    let plane = clicks(48_000, 2.0, &[0.5, 1.5]);
    let coded = aac(&[plane.clone(), plane], 48_000, &syom::EncodeOptions::raw());
    let mut frames = coded.in_ms(0);
    let again: Vec<Frame> = frames[30..50].to_vec();
    frames.splice(50..50, again);
    let out = run(&mut aac_to_opus(&coded), &frames);
    assert_even(&out, 960);
    let heard = heard_opus(&out);
    assert!(peak(&heard, 1.49, 1.51) > 0.3);
    assert!(peak(&heard, 1.52, 3.0) < 0.05);
}

#[test]
fn what_is_pushed_after_a_flush_begins_anew() {
    let coded = aac_click(32_000, 2, 1.0, 0.5);
    let mut transcoder = aac_to_opus(&coded);
    let first = run(&mut transcoder, &coded.in_ms(0));
    let second = run(&mut transcoder, &coded.in_ms(60_000));
    assert_click(&heard_opus(&first), 0.5, "first");
    assert_click(&heard_opus(&second), 60.5, "second");
    let mut out = Vec::new();
    transcoder.flush(&mut out).unwrap();
    assert_eq!(out, []);
}

//! Publishers that stall, leave, return, change or send nonsense; servers that restart.

use bytes::Bytes;
use hls::packager::Resume;
use hls::{Answer, Output, Settings};
use media::{Frame, Timestamp, TrackId};

use crate::rig::{Rig, Source, WALL_MS, other_video, sound, video};

fn discontinuities(rig: &Rig) -> Vec<u64> {
    rig.begun()
        .filter(|begun| begun.discontinuity)
        .map(|begun| begun.msn)
        .collect()
}

/// Microseconds from each part's listing to the next, in order.
fn longest_silence_ms(rig: &Rig) -> u128 {
    let at: Vec<_> = rig
        .log
        .iter()
        .filter(|(_, o)| matches!(o, Output::Part(_)))
        .map(|(at, _)| *at)
        .collect();
    at.windows(2)
        .map(|pair| (pair[1] - pair[0]).as_millis())
        .max()
        .unwrap()
}

#[test]
fn lost_publisher_is_bridged_with_gaps_and_returns_under_the_same_address() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.publish(&source, 0, 5100);
    rig.interrupt();
    rig.pass_ms(10_000);
    rig.publish(&source, 0, 5000);
    assert_eq!(rig.epochs(), 1);
    assert!(
        longest_silence_ms(&rig) <= 201,
        "{}",
        longest_silence_ms(&rig)
    );
    let gaps = rig.begun().filter(|begun| begun.gap).count();
    assert!((3..=4).contains(&gaps), "{gaps}");
    assert_eq!(discontinuities(&rig).len(), 1);
    let dates: Vec<i64> = rig.begun().map(|begun| begun.date_ms).collect();
    assert!(dates.is_sorted(), "{dates:?}");
    insta::assert_snapshot!(rig.playlist(), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:4
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,HOLD-BACK=12,PART-HOLD-BACK=0.6
    #EXT-X-PART-INF:PART-TARGET=0.2
    #EXT-X-MEDIA-SEQUENCE:0
    #EXT-X-DISCONTINUITY-SEQUENCE:0
    #EXT-X-MAP:URI="e1-init0.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:31.000Z
    #EXTINF:0.4,
    e1-s0.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:31.400Z
    #EXTINF:0.6,
    e1-s1.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:32.000Z
    #EXTINF:1,
    e1-s2.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:33.000Z
    #EXTINF:1,
    e1-s3.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:34.000Z
    #EXTINF:1,
    e1-s4.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:35.000Z
    #EXTINF:1,
    e1-s5.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:36.000Z
    #EXTINF:0.1,
    e1-s6.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:36.100Z
    #EXT-X-GAP
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p26.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p27.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p28.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p29.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p30.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p31.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p32.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p33.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p34.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p35.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p36.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p37.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p38.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p39.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p40.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p41.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p42.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p43.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p44.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p45.m4s",GAP=YES
    #EXTINF:4,
    e1-s7.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:40.100Z
    #EXT-X-GAP
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p46.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p47.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p48.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p49.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p50.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p51.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p52.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p53.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p54.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p55.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p56.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p57.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p58.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p59.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p60.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p61.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p62.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p63.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p64.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p65.m4s",GAP=YES
    #EXTINF:4,
    e1-s8.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:44.100Z
    #EXT-X-GAP
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p66.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p67.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p68.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p69.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p70.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p71.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p72.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p73.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p74.m4s",GAP=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p75.m4s",GAP=YES
    #EXTINF:2,
    e1-s9.m4s
    #EXT-X-DISCONTINUITY
    #EXT-X-MAP:URI="e1-init0.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:46.100Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p76.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p77.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p78.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p79.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p80.m4s"
    #EXTINF:1,
    e1-s10.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:47.100Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p81.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p82.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p83.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p84.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p85.m4s"
    #EXTINF:1,
    e1-s11.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:48.100Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p86.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p87.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p88.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p89.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p90.m4s"
    #EXTINF:1,
    e1-s12.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:49.100Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p91.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p92.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p93.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p94.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p95.m4s"
    #EXTINF:1,
    e1-s13.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:50.100Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p96.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p97.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p98.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p99.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p100.m4s"
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="e1-r0p101.m4s"
    "#);
}

#[test]
fn broken_off_part_is_listed_before_the_gaps() {
    let mut rig = Rig::new();
    rig.publish(
        &Source {
            sound: None,
            ..Source::default()
        },
        0,
        5100,
    );
    let before = rig.parts().count();
    rig.interrupt();
    let last = rig.parts().nth(before).expect("the open part is closed");
    assert!(!last.gap && last.duration_us < 200_000);
}

#[test]
fn silent_publisher_is_bridged_after_the_stall_time() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.publish(&source, 0, 5000);
    rig.pass_ms(6000);
    assert!(rig.counters().gaps >= 25, "{:?}", rig.counters());
    rig.play(source.frames(11_000, 5000));
    assert_eq!(rig.epochs(), 1);
    assert_eq!(discontinuities(&rig).len(), 1);
    assert!(!rig.parts().last().unwrap().gap);
}

#[test]
fn short_hiccup_of_the_network_is_no_gap() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.publish(&source, 0, 5000);
    rig.pass_ms(700);
    for frame in source.frames(5000, 700) {
        rig.push(frame);
    }
    rig.play(source.frames(5700, 2000));
    assert_eq!(rig.counters().gaps, 0);
}

#[test]
fn publisher_who_returns_with_another_rate_that_does_not_fit_begins_an_epoch() {
    let mut rig = Rig::new();
    rig.publish(&Source::default(), 0, 5000);
    rig.interrupt();
    rig.pass_ms(3000);
    rig.publish(
        &Source {
            rate: Some((24, 1)),
            gop: 24,
            ..Source::default()
        },
        0,
        3000,
    );
    assert_eq!(rig.epochs(), 2);
    assert!(rig.playlist().contains("PART-TARGET=0.208334"));
    assert!(
        rig.window
            .multivariant("~t/")
            .unwrap()
            .ends_with(b"\n~t/e2-main.m3u8\n")
    );
    let Answer::Ready(old) = rig.ask("e1-main.m3u8", "_HLS_msn=999") else {
        panic!("old epoch still answers")
    };
    assert!(old.body.to_vec().ends_with(b"#EXT-X-ENDLIST\n"));
}

#[test]
fn publisher_who_returns_at_twice_the_rate_goes_on() {
    let mut rig = Rig::new();
    rig.publish(&Source::default(), 0, 5000);
    rig.interrupt();
    rig.publish(
        &Source {
            rate: Some((60, 1)),
            gop: 60,
            ..Source::default()
        },
        0,
        5000,
    );
    assert_eq!(rig.epochs(), 1);
}

#[test]
fn publisher_who_returns_without_pictures_begins_an_epoch() {
    let mut rig = Rig::new();
    rig.publish(&Source::default(), 0, 3000);
    rig.interrupt();
    rig.publish(
        &Source {
            rate: None,
            ..Source::default()
        },
        0,
        3000,
    );
    assert_eq!(rig.epochs(), 2);
}

/// Abuse case C10.
#[test]
fn new_parameter_sets_bring_an_init_and_a_discontinuity_at_the_key_frame_and_repeats_bring_nothing()
{
    let source = Source::default();
    let mut rig = Rig::new();
    rig.publish(&source, 0, 4000);
    rig.track(video());
    rig.track(sound(48_000));
    rig.play(source.frames(4000, 2000));
    assert_eq!(discontinuities(&rig), []);
    rig.track(other_video());
    rig.play(source.frames(6000, 3000));
    assert_eq!(discontinuities(&rig).len(), 1);
    assert_eq!((rig.epochs(), rig.counters().gaps), (1, 0));
    let text = rig.playlist();
    assert!(
        text.contains("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"e1-init1.mp4\""),
        "{text}"
    );
    assert!(matches!(rig.ask("e1-init0.mp4", ""), Answer::Ready(_)));
    assert!(matches!(rig.ask("e1-init1.mp4", ""), Answer::Ready(_)));
}

#[test]
fn late_track_joins_with_a_discontinuity() {
    let both = Source::default();
    let mut rig = Rig::new();
    rig.start(&[video()]);
    rig.play(
        Source {
            sound: None,
            ..both
        }
        .frames(0, 3000),
    );
    rig.track(sound(48_000));
    rig.play(both.frames(3000, 4000));
    assert_eq!((rig.epochs(), discontinuities(&rig).len()), (1, 1));
    assert_eq!(rig.window.facts().unwrap().tracks.len(), 2);
}

#[test]
fn announced_sound_that_never_comes_does_not_hold_pictures_up() {
    let mut rig = Rig::new();
    rig.start(&[video(), sound(48_000)]);
    rig.play(
        Source {
            sound: None,
            ..Source::default()
        }
        .frames(0, 3000),
    );
    assert_eq!(rig.window.facts().unwrap().tracks, [video()]);
    assert_eq!(discontinuities(&rig), []);
}

#[test]
fn tracks_announced_after_the_start_are_gathered() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.start(&[]);
    rig.track(video());
    rig.track(sound(48_000));
    rig.play(source.frames(0, 3000));
    assert_eq!(rig.window.facts().unwrap().tracks.len(), 2);
    assert_eq!(discontinuities(&rig), []);
}

#[test]
fn pictures_before_the_first_key_frame_are_dropped() {
    let source = Source {
        gop: 0,
        ..Source::default()
    };
    let mut rig = Rig::new();
    rig.start(&source.tracks());
    let mut frames = source.frames(0, 1000);
    frames.retain(|frame| frame.track == TrackId::AUDIO || !frame.key);
    rig.play(frames);
    rig.play(source.frames(1000, 2000));
    assert!(rig.parts().next().unwrap().independent);
    assert!(rig.counters().dropped >= 29);
}

#[test]
fn pictures_that_never_bring_a_key_frame_begin_without_one() {
    let mut rig = Rig::new();
    rig.start(&Source::default().tracks());
    let mut frames = Source {
        gop: 0,
        ..Source::default()
    }
    .frames(0, 6000);
    frames
        .iter_mut()
        .filter(|frame| frame.track == TrackId::VIDEO)
        .for_each(|frame| frame.key = false);
    rig.play(frames);
    assert!(rig.parts().count() >= 10);
    assert!(rig.parts().all(|part| !part.independent));
}

/// Abuse case C9.
#[test]
fn jump_of_the_time_stamps_begins_a_time_line_without_gaps() {
    for to_ms in [0, 60_000, -20_000] {
        let source = Source::default();
        let mut rig = Rig::new();
        rig.publish(&source, 20_000, 4000);
        rig.play(source.frames(to_ms, 4000));
        assert_eq!(
            (
                rig.epochs(),
                discontinuities(&rig).len(),
                rig.counters().gaps
            ),
            (1, 1, 0),
            "{to_ms}"
        );
    }
}

#[test]
fn lost_pictures_leave_sound_playing_and_the_cadence_kept() {
    let source = Source {
        gop: 30,
        ..Source::default()
    };
    let mut rig = Rig::new().lenient();
    rig.start(&source.tracks());
    let frames = source.frames(0, 8000);
    let lost = |frame: &Frame| {
        frame.track == TrackId::VIDEO && (3_100..4_900).contains(&(frame.dts.as_micros() / 1000))
    };
    rig.play(frames.into_iter().filter(|frame| !lost(frame)).collect());
    assert_eq!((discontinuities(&rig).len(), rig.counters().gaps), (0, 0));
    assert!(
        longest_silence_ms(&rig) <= 700,
        "{}",
        longest_silence_ms(&rig)
    );
}

#[test]
fn sound_far_from_the_picture_is_brought_to_it() {
    let source = Source::default();
    for apart_ms in [-1500_i64, 1500, 30_000] {
        let mut rig = Rig::new().lenient();
        rig.start(&source.tracks());
        rig.play(source.frames(0, 3000));
        let mut frames = source.frames(3000, 12_000);
        for frame in frames
            .iter_mut()
            .filter(|frame| frame.track == TrackId::AUDIO)
        {
            frame.dts = Timestamp::from_ms(frame.dts.as_micros() / 1000 + apart_ms);
            frame.pts = frame.dts;
        }
        frames.sort_by_key(|frame| {
            frame.dts.as_micros()
                - if frame.track == TrackId::AUDIO {
                    apart_ms * 1000
                } else {
                    0
                }
        });
        let begun = rig.now.mono;
        for (i, frame) in frames.into_iter().enumerate() {
            let _ = i;
            rig.pass(
                (begun + std::time::Duration::from_millis(i as u64 * 13))
                    .saturating_sub(rig.now.mono),
            );
            rig.push(frame);
        }
        assert!(
            rig.counters().resynced >= 1,
            "{apart_ms}: {:?}",
            rig.counters()
        );
        assert_eq!(discontinuities(&rig), [], "{apart_ms}");
    }
}

/// Abuse case C9.
#[test]
fn equal_time_stamps_and_absurd_rates_stay_bounded() {
    let settings = Settings::default();
    let mut rig = Rig::new().lenient();
    rig.start(&[video()]);
    for i in 0..60_000_i64 {
        let at = Timestamp::new(i / 2, 5000);
        let frame = Frame {
            track: TrackId::VIDEO,
            dts: at,
            pts: at,
            key: i % 5000 == 0,
            data: Bytes::from_static(&[1; 20]),
        };
        rig.push(frame);
    }
    assert!(rig.parts().count() <= 40, "{}", rig.parts().count());
    let most = rig
        .parts()
        .map(|part| part.body.chunks().len())
        .max()
        .unwrap();
    assert!(most <= settings.part_frames_max + 1, "{most}");
}

#[test]
fn ended_broadcast_is_kept_one_playlist_long_and_the_next_begins_an_epoch() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.publish(&source, 0, 5000);
    rig.end();
    insta::assert_snapshot!(rig.playlist(), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:4
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,HOLD-BACK=12,PART-HOLD-BACK=0.6
    #EXT-X-PART-INF:PART-TARGET=0.2
    #EXT-X-MEDIA-SEQUENCE:0
    #EXT-X-DISCONTINUITY-SEQUENCE:0
    #EXT-X-MAP:URI="e1-init0.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:31.000Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p0.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p1.m4s"
    #EXTINF:0.4,
    e1-s0.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:31.400Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p2.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p3.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p4.m4s"
    #EXTINF:0.6,
    e1-s1.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:32.000Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p5.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p6.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p7.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p8.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p9.m4s"
    #EXTINF:1,
    e1-s2.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:33.000Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p10.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p11.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p12.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p13.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p14.m4s"
    #EXTINF:1,
    e1-s3.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:34.000Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p15.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p16.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p17.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p18.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p19.m4s"
    #EXTINF:1,
    e1-s4.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:35.000Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p20.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p21.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p22.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p23.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p24.m4s"
    #EXT-X-PART:DURATION=0.013333,URI="e1-r0p25.m4s"
    #EXTINF:1.013333,
    e1-s5.m4s
    #EXT-X-ENDLIST
    "#);
    assert!(matches!(rig.ask("e1-s1.m4s", ""), Answer::Ready(_)));
    assert_eq!(rig.packager.timeout(), None);
    rig.pass_ms(60_000);
    assert!(matches!(rig.ask("e1-main.m3u8", ""), Answer::Gone { .. }));
    rig.window.expire(rig.now);
    assert!(rig.window.facts().is_none());
    assert!(
        rig.window.resume().unwrap().ended,
        "the number is not forgotten"
    );
    rig.publish(&source, 0, 2000);
    assert_eq!(rig.window.resume().unwrap().epoch, 2);
    assert!(matches!(rig.ask("e1-main.m3u8", ""), Answer::Gone { .. }));
}

#[test]
fn restart_goes_on_under_the_same_address_with_numbers_never_sent() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.publish(&source, 0, 5500);
    let saved: Resume = rig.window.resume().unwrap();
    let sent = rig.begun().last().unwrap().msn;

    let mut rig = Rig::with(Settings::default(), Some(saved.clone()));
    assert!(matches!(
        rig.ask("e1-main.m3u8", "_HLS_msn=7"),
        Answer::Wait { .. }
    ));
    assert!(matches!(rig.ask("e1-s1.m4s", ""), Answer::Gone { .. }));
    let since = rig.now.mono;
    rig.pass_ms(12_000);
    assert!(matches!(
        rig.ask_since("e1-main.m3u8", "", since),
        Answer::Unavailable { .. }
    ));
    rig.publish(&source, 0, 3000);
    let first = *rig.begun().next().unwrap();
    assert!(first.msn > sent && first.discontinuity, "{first:?}");
    assert_eq!(first.init, saved.next_init + 2);
    assert_eq!(rig.window.resume().unwrap().epoch, 1);
    assert!(
        rig.playlist()
            .contains("#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-DISCONTINUITY\n")
    );
}

#[test]
fn restart_with_another_publisher_begins_the_next_epoch() {
    let mut rig = Rig::new();
    rig.publish(&Source::default(), 0, 5500);
    let saved = rig.window.resume();
    let mut rig = Rig::with(Settings::default(), saved.clone());
    rig.publish(
        &Source {
            rate: None,
            ..Source::default()
        },
        0,
        3000,
    );
    assert_eq!(rig.window.resume().unwrap().epoch, 2);
    assert!(matches!(rig.ask("e1-main.m3u8", ""), Answer::Gone { .. }));

    let mut rig = Rig::with(Settings::default(), saved);
    rig.end();
    assert!(matches!(rig.ask("e1-main.m3u8", ""), Answer::Gone { .. }));
    rig.publish(&Source::default(), 0, 3000);
    assert_eq!(rig.window.resume().unwrap().epoch, 2);
}

#[test]
fn step_of_the_wall_clock_moves_dates_by_a_little_a_segment() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.publish(&source, 0, 5000);
    rig.wall_step_ms = 60_000;
    rig.play(source.frames(5000, 10_000));
    let begun: Vec<_> = rig.begun().copied().collect();
    let done = rig.log.iter().filter_map(|(_, output)| match output {
        Output::SegmentDone(done) => Some(done.duration_us as i64 / 1000),
        _ => None,
    });
    for (pair, length_ms) in begun.windows(2).zip(done) {
        let off = pair[1].date_ms - pair[0].date_ms - length_ms;
        assert!((0..=21).contains(&off), "{off} ms");
    }
    let slewed = begun.last().unwrap().date_ms - WALL_MS - 14_000;
    assert!(slewed >= 100, "{slewed} ms towards the new time");
}

#[test]
fn media_that_comes_faster_than_time_passes_stays_within_bounds() {
    let source = Source::default();
    let mut rig = Rig::new();
    rig.start(&source.tracks());
    for frame in source.frames(0, 300_000) {
        rig.push(frame);
    }
    // A hundred segments of about 45 KB: those listed, and the most that are kept beyond.
    assert!(rig.window.facts().unwrap().bytes < 105 * 50_000);
    assert!(matches!(rig.ask("e1-s0.m4s", ""), Answer::Gone { .. }));
    assert_eq!(rig.epochs(), 1);
}

#[test]
fn rate_that_changes_under_way_keeps_the_promises_or_begins_an_epoch() {
    for (rate, epochs) in [(60, 1), (24, 1), (20, 1), (15, 1), (10, 1), (7, 2)] {
        let mut rig = Rig::new();
        rig.publish(&Source::default(), 0, 6000);
        let other = Source {
            rate: Some((rate, 1)),
            gop: rate,
            ..Source::default()
        };
        rig.play(other.frames(6000, 20_000));
        assert_eq!(rig.epochs(), epochs, "{rate}: {:?}", rig.counters());
        assert!(!rig.parts().last().unwrap().gap, "{rate}");
    }
}

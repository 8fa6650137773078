//! Whatever happens in whatever order, the rules of the rig hold and memory stays bounded.

use bytes::Bytes;
use media::{Frame, Timestamp, TrackId};
use proptest::prelude::*;

use crate::rig::{Rig, Source, other_video, sound, video};

#[derive(Clone, Debug)]
enum Step {
    Start(u8),
    Play {
        rate: u8,
        gop: u8,
        ms: u16,
    },
    Frame {
        video: bool,
        dts_ms: i64,
        offset_ms: i32,
        key: bool,
        len: u16,
    },
    Track(u8),
    Interrupt,
    End,
    Pass(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4_u8).prop_map(Step::Start),
        6 => (0..7_u8, 1..80_u8, 100..4000_u16).prop_map(|(rate, gop, ms)| Step::Play { rate, gop, ms }),
        4 => (any::<bool>(), prop_oneof![-5000..90_000_i64, any::<i64>()], any::<i32>(), any::<bool>(), 0..2000_u16)
            .prop_map(|(video, dts_ms, offset_ms, key, len)| Step::Frame { video, dts_ms, offset_ms, key, len }),
        2 => (0..4_u8).prop_map(Step::Track),
        2 => Just(Step::Interrupt),
        1 => Just(Step::End),
        3 => (0..8000_u16).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_events_keeps_the_rules(steps in prop::collection::vec(step(), 1..25)) {
        let mut rig = Rig::new().lenient();
        let mut at_ms = 0;
        for step in steps {
            match step {
                Step::Start(kinds) => {
                    let tracks = [video(), sound(48_000)];
                    let chosen = tracks.into_iter().enumerate().filter(|(at, _)| kinds >> at & 1 == 1);
                    rig.start(&chosen.map(|(_, track)| track).collect::<Vec<_>>());
                }
                Step::Play { rate, gop, ms } => {
                    let rate = [(30, 1), (60, 1), (24, 1), (7, 1), (120, 1), (25, 1), (1, 1)][usize::from(rate)];
                    let source = Source { rate: Some(rate), gop: gop.into(), jitter_ms: (gop % 5).into(), ..Source::default() };
                    rig.play(source.frames(at_ms, ms.into()));
                    at_ms += i64::from(ms);
                }
                Step::Frame { video, dts_ms, offset_ms, key, len } => {
                    let dts = Timestamp::from_ms(dts_ms);
                    let pts = Timestamp::from_ms(dts_ms.saturating_add(offset_ms.into()));
                    let track = if video { TrackId::VIDEO } else { TrackId::AUDIO };
                    rig.push(Frame { track, dts, pts, key, data: Bytes::from(vec![0; len.into()]) });
                }
                Step::Track(which) => rig.track([video(), other_video(), sound(48_000), sound(44_100)][usize::from(which)].clone()),
                Step::Interrupt => rig.interrupt(),
                Step::End => rig.end(),
                Step::Pass(ms) => rig.pass_ms(ms.into()),
            }
        }
        rig.interrupt();
        rig.pass_ms(1000);
        rig.end();
        prop_assert_eq!(rig.packager.timeout(), None);
        if let Some(facts) = rig.window.facts() {
            prop_assert!(facts.ended && facts.bytes < 200 << 20);
        }
        prop_assert_eq!(rig.broken(), Vec::<String>::new());
    }

    #[test]
    fn any_request_is_answered(piece in "\\PC{0,20}|e[0-3]-s[0-9]{1,20}(p[0-9]{1,10})?\\.m4s|e1-(main|init[0-9])\\.(m3u8|mp4)", query in "\\PC{0,30}|(_HLS_(msn|part|skip)=[0-9YESv]{0,20}&?){0,3}") {
        let mut rig = Rig::new();
        rig.publish(&Source::default(), 0, 1500);
        let _ = rig.ask(&piece, &query);
        rig.end();
        let _ = rig.ask(&piece, &query);
    }
}

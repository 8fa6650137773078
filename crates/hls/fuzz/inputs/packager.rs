//! Any order of events: six bytes each, what happens, and how much of it. What comes out is held to the rules of the stories.

use std::time::Duration;

use bytes::Bytes;
use hls::{Resume, Settings, read};
use media::{Frame, Timestamp, TrackId};

use crate::rig::{Rig, Source, other_video, sound, video};

/// Events looked at.
const EVENTS_MAX: usize = 96;
/// Virtual time that one input may pass: gaps and frames without end tell nothing new.
const TIME_MAX: Duration = Duration::from_secs(16);
/// Of so many playlists one is judged: reading them costs more than making them.
const GLANCE: u64 = 5;

/// A window so short that segments leave it within the time there is, of parts so long that few playlists are rendered.
fn rig(resume: Option<Resume>) -> Rig {
    let settings = Settings {
        part_ms: 400,
        target_duration_s: 2,
        window_s: 6,
        ..Settings::default()
    };
    let mut rig = Rig::with(settings, resume).lenient();
    rig.glance = GLANCE;
    rig
}

/// Panics where a promise is broken.
pub fn run(data: &[u8]) {
    let mut rig = rig(None);
    let mut ends = rig.now.mono + TIME_MAX;
    let mut dts_ms = [0_i64; 2];
    for event in data.chunks_exact(6).take(EVENTS_MAX) {
        if rig.now.mono > ends {
            break;
        }
        let [what, a, b, c, d, e] = *event else {
            return;
        };
        let wide = i64::from(i16::from_be_bytes([b, c]));
        match what % 16 {
            track @ 0..=9 => {
                let track = usize::from(track > 5);
                let step = if a == 255 { wide << 40 } else { wide };
                dts_ms[track] = dts_ms[track].saturating_add(step);
                let dts = dts_ms[track];
                rig.pass_ms(u64::from(e >> 1));
                rig.push(Frame {
                    track: [TrackId::VIDEO, TrackId::AUDIO][track],
                    dts: Timestamp::from_ms(dts),
                    pts: Timestamp::from_ms(dts.saturating_add(i64::from(d as i8) * 8)),
                    key: track == 1 || e & 1 == 1,
                    data: Bytes::from(vec![d; usize::from(a) * 4]),
                });
            }
            10 => {
                let tracks = [video(), sound(48_000)].into_iter().enumerate();
                let chosen = tracks.filter(|(at, _)| a >> at & 1 == 1);
                rig.start(&chosen.map(|(_, track)| track).collect::<Vec<_>>());
            }
            11 => rig.track(
                [video(), other_video(), sound(48_000), sound(44_100)][usize::from(a % 4)].clone(),
            ),
            12 => {
                let rates = [
                    (30, 1),
                    (60, 1),
                    (24, 1),
                    (30_000, 1001),
                    (7, 1),
                    (120, 1),
                    (1, 1),
                ];
                let source = Source {
                    rate: (a != 0).then(|| rates[usize::from(a) % rates.len()]),
                    gop: i64::from(b % 64),
                    b_frames: i64::from(d % 4),
                    jitter_ms: i64::from(d >> 6),
                    sound: (e & 1 == 1 || a == 0).then_some(48_000),
                    bytes: 8,
                };
                let ms = i64::from(c) * 8;
                if e & 2 == 2 {
                    rig.start(&source.tracks());
                }
                rig.play(source.frames(dts_ms[0].clamp(-1 << 40, 1 << 40), ms));
                dts_ms = [dts_ms[0].saturating_add(ms); 2];
            }
            13 => rig.interrupt(),
            14 if a & 1 == 1 => {
                // A restart of the server.
                let resume = rig.window.resume();
                rig = self::rig(resume);
                ends = ends.min(rig.now.mono + TIME_MAX / 2);
            }
            14 => rig.end(),
            _ => rig.pass_ms(u64::from(u16::from_be_bytes([b, c]) % 8000)),
        }
    }
    // An ended presentation whose time is over has no playlist any more.
    rig.window.expire(rig.now);
    if rig.window.facts().is_some_and(|facts| facts.playable) {
        let text = rig.playlist();
        if let Err(error) = read::media(text.as_bytes()) {
            panic!("the playlist is none: {error}\n{text}");
        }
    }
    rig.end();
    assert_eq!(rig.packager.timeout(), None, "nothing is due after the end");
}

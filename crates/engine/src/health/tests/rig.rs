//! A publisher on a virtual clock: a healthy script that stories change.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use bytes::Bytes;
use domain::{
    clock::Time,
    engine::{Viewers, Warning},
};
use media::{Codec, Frame, Timestamp, Track, TrackId, aac};

use crate::health::Health;

/// Target duration of the tests, seconds.
const TARGET_S: u32 = 4;
/// Silence as FFmpeg codes it, stereo.
const SILENCE: &[u8] = &[0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c];
/// Begins like a section with a codebook: sound.
const SOUND: [u8; 430] = [0x55; 430];

/// A frame as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) sound: bool,
    /// Counted for each track.
    pub(super) number: u32,
    /// Time of its making: where a story finds it, and the order in which all is sent.
    pub(super) made_ms: f64,
    pub(super) arrives_ms: f64,
    pub(super) dts_ms: i64,
    pub(super) composition_ms: i64,
    pub(super) key: bool,
    pub(super) bytes: usize,
    pub(super) silent: bool,
}

/// A broadcast as it is sent.
#[derive(Clone)]
pub(super) struct Script {
    sent: Vec<Sent>,
    sound: Option<u32>,
    seconds: u32,
    /// Kilobits a second of picture and sound, as the encoder tells.
    pub(super) told: Option<(f64, f64)>,
}

impl Script {
    /// Pictures at `rate`, a key frame every two seconds, 2 Mb/s, and sound of so many samples a second at 160 kb/s; stamped in
    /// whole milliseconds, and arriving as they are made.
    pub(super) fn new(rate: (u32, u32), sound: Option<u32>, seconds: u32) -> Self {
        let mut sent = Vec::new();
        let picture_ms = 1000.0 * f64::from(rate.1) / f64::from(rate.0);
        let group = (2 * rate.0).div_ceil(rate.1);
        let mut track = |step_ms: f64, sound: bool, bytes: f64| {
            for number in 0.. {
                let made_ms = f64::from(number) * step_ms;
                if made_ms >= f64::from(seconds) * 1000.0 {
                    return;
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "small"
                )]
                sent.push(Sent {
                    sound,
                    number,
                    made_ms,
                    arrives_ms: made_ms,
                    dts_ms: made_ms as i64,
                    composition_ms: 0,
                    key: sound || number % group == 0,
                    bytes: bytes as usize,
                    silent: false,
                });
            }
        };
        track(picture_ms, false, 2_000_000.0 / 8.0 * picture_ms / 1000.0);
        if let Some(rate) = sound {
            track(1_024_000.0 / f64::from(rate), true, SOUND.len() as f64);
        }
        Self {
            sent,
            sound,
            seconds,
            told: None,
        }
    }

    /// Changes what is made in these seconds.
    pub(super) fn edit(&mut self, seconds: Range<u32>, mut change: impl FnMut(&mut Sent)) {
        for sent in &mut self.sent {
            if within(&seconds, sent) {
                change(sent);
            }
        }
    }

    /// Leaves out what is made in these seconds and meant.
    pub(super) fn drop(&mut self, seconds: Range<u32>, meant: impl Fn(&Sent) -> bool) {
        self.sent
            .retain(|sent| !within(&seconds, sent) || !meant(sent));
    }

    /// Makes arrivals late by up to so many milliseconds, each by another time.
    pub(super) fn jitter(&mut self, seconds: Range<u32>, ms: u32) {
        let mut state = 0x2545_f491_u32;
        self.edit(seconds, |sent| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            sent.arrives_ms += f64::from(state % ms);
        });
    }

    /// Plays the script to its end.
    pub(super) fn play(&self) -> Health {
        self.played(|_, _| {})
    }

    /// Plays the script, and notes what is warned of at each second.
    pub(super) fn run(&self) -> Log {
        let mut log = Log(Vec::new());
        self.played(|second, health| log.0.push((second, health.warnings())));
        log
    }

    fn played(&self, mut look: impl FnMut(u32, &Health)) -> Health {
        let mut health = Health::new(TARGET_S);
        if let Some(rate) = self.sound {
            health.track(&sound_track(rate));
        }
        if let Some((picture, sound)) = self.told {
            health.told(Some(picture), Some(sound));
        }
        let mut second = 0;
        let mut now_ms = 0.0_f64;
        let mut sent = self.sent.clone();
        sent.sort_by(|a, b| a.made_ms.total_cmp(&b.made_ms));
        for sent in &sent {
            // One connection: nothing overtakes.
            now_ms = now_ms.max(sent.arrives_ms);
            while now_ms >= f64::from(second + 1) * 1000.0 {
                second += 1;
                self.look(&mut health, second);
                look(second, &health);
            }
            health.frame(Duration::from_secs_f64(now_ms / 1000.0), &sent.frame());
        }
        while second < self.seconds {
            second += 1;
            self.look(&mut health, second);
            look(second, &health);
        }
        health
    }

    fn look(&self, health: &mut Health, second: u32) {
        let now = Duration::from_secs(second.into());
        let wall = Time::from_ms(i64::from(second) * 1000);
        let before = said(health);
        let changed = health.look(now, wall);
        assert_eq!(changed, said(health) != before, "at {second}");
        health.remember(now, wall, Viewers::default());
    }
}

fn said(health: &Health) -> BTreeSet<(&'static str, &'static str)> {
    let warnings = health.warnings();
    warnings
        .iter()
        .map(|w| (w.code, w.severity.word()))
        .collect()
}

fn within(seconds: &Range<u32>, sent: &Sent) -> bool {
    sent.made_ms >= f64::from(seconds.start) * 1000.0
        && sent.made_ms < f64::from(seconds.end) * 1000.0
}

fn sound_track(rate: u32) -> Track {
    let specific: &[u8] = if rate == 44_100 {
        &[0x12, 0x10]
    } else {
        &[0x11, 0x90]
    };
    Track {
        id: TrackId::AUDIO,
        codec: Codec::Aac(aac::Config::parse(Bytes::copy_from_slice(specific)).unwrap()),
    }
}

impl Sent {
    fn frame(&self) -> Frame {
        let data = match (self.sound, self.silent) {
            (true, true) => Bytes::from_static(SILENCE),
            (true, false) => Bytes::from(vec![SOUND[0]; self.bytes]),
            (false, _) => Bytes::from(vec![0; self.bytes]),
        };
        Frame {
            track: if self.sound {
                TrackId::AUDIO
            } else {
                TrackId::VIDEO
            },
            dts: Timestamp::from_ms(self.dts_ms),
            pts: Timestamp::from_ms(self.dts_ms + self.composition_ms),
            key: self.key,
            data,
        }
    }
}

/// What was warned of at each second.
#[derive(Debug)]
pub(super) struct Log(Vec<(u32, Vec<Warning>)>);

impl Log {
    fn seconds<'a>(&'a self, code: &'a str) -> impl DoubleEndedIterator<Item = u32> + 'a {
        self.0
            .iter()
            .filter(move |(_, warnings)| warnings.iter().any(|w| w.code == code))
            .map(|(second, _)| *second)
    }

    /// The first second at which this was warned of.
    pub(super) fn first(&self, code: &str) -> Option<u32> {
        self.seconds(code).next()
    }

    /// The last second at which this was warned of.
    pub(super) fn last(&self, code: &str) -> Option<u32> {
        self.seconds(code).next_back()
    }

    /// What was said of this at this second.
    pub(super) fn at(&self, second: u32, code: &str) -> Option<Warning> {
        let (_, warnings) = self.0.iter().find(|(at, _)| *at == second)?;
        warnings.iter().find(|w| w.code == code).cloned()
    }

    /// All that was ever warned of, sorted.
    pub(super) fn codes(&self) -> Vec<&'static str> {
        let all = self.0.iter().flat_map(|(_, warnings)| warnings);
        let codes: BTreeSet<_> = all.map(|w| w.code).collect();
        codes.into_iter().collect()
    }
}

//! What a broadcast is like: its rates, its last minutes, and what is wrong with it that its sender can mend.
//!
//! Pure: time comes as an argument, [`Health::frame`] with every frame and [`Health::look`] once a second. A frame costs the
//! same whatever came before, and allocates nothing; what takes a walk over many is done at a look. Every memory has a bound.
//! Says codes and figures only; the words for them are made where they are shown. Thresholds and their reasons: [`limits`].

mod alarm;
mod cadence;
mod drift;
mod history;
mod key_frames;
pub(crate) mod limits;
mod rates;
mod sound;
#[cfg(test)]
mod tests;
mod timeline;
mod told;

use std::{cmp::Reverse, time::Duration};

use domain::{
    clock::Time,
    engine::{Sample, Viewers, Warning},
};
use media::{Frame, Track, TrackId};

use alarm::{Alarm, Finding};
use cadence::Cadence;
use drift::Drift;
use history::History;
use key_frames::KeyFrames;
use limits::Kind;
use rates::Rates;
use sound::Sound;
use timeline::Timeline;
use told::Told;

/// All that is warned of; those of the same severity are told in this order.
const KINDS: [Kind; 10] = [
    limits::FRAMES_LATE,
    limits::FRAMES_LOST,
    limits::TIMESTAMPS_JUMP,
    limits::KEY_FRAMES_FAR_APART,
    limits::AUDIO_VIDEO_DRIFT,
    limits::NO_SOUND,
    limits::SILENT_SOUND,
    limits::VARIABLE_FRAME_RATE,
    limits::BIT_RATE_OVER_TOLD,
    limits::B_FRAMES,
];

/// The health of one broadcast.
#[derive(Debug)]
pub(crate) struct Health {
    target_duration_s: u32,
    history: History,
    rates: Rates,
    publish: Publish,
    alarms: [Alarm; KINDS.len()],
}

/// What is measured of one publish; the next one begins anew.
#[derive(Debug, Default)]
struct Publish {
    key_frames: KeyFrames,
    cadence: Cadence,
    timeline: Timeline,
    drift: Drift,
    sound: Sound,
    told: Told,
}

/// Figures of this moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) bit_rate: u64,
    pub(crate) frame_rate: Option<f64>,
    pub(crate) key_frame_interval_s: Option<f64>,
    /// Bytes of media in this broadcast.
    pub(crate) bytes: u64,
}

impl Health {
    /// Of a broadcast that begins; `target_duration_s` is the longest segment, for which a key frame must come.
    pub(crate) fn new(target_duration_s: u32) -> Self {
        Self {
            target_duration_s,
            history: History::default(),
            rates: Rates::default(),
            publish: Publish::default(),
            alarms: KINDS.map(Alarm::new),
        }
    }

    /// The publisher left, or another one takes over: nothing is warned of any more. Whether that changed something.
    pub(crate) fn left(&mut self) -> bool {
        let had = self.alarms.iter().any(|alarm| alarm.warning().is_some());
        self.rates = self.rates.resumed();
        self.publish = Publish::default();
        self.alarms = KINDS.map(Alarm::new);
        had
    }

    /// A track's configuration came or changed.
    pub(crate) fn track(&mut self, track: &Track) {
        if let Some(format) = sound::Format::of(&track.codec) {
            self.publish.drift.configure(format);
            self.publish.sound.configure(format);
        }
    }

    /// What the encoder says it sends, kilobits a second.
    pub(crate) fn told(&mut self, picture_kbit: Option<f64>, sound_kbit: Option<f64>) {
        self.publish.told.told(picture_kbit, sound_kbit);
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, now: Duration, frame: &Frame) {
        let publish = &mut self.publish;
        let at_us = frame.dts.as_micros();
        if publish.timeline.frame(now, frame.track, at_us) {
            self.rates.forget_times();
            publish.key_frames = KeyFrames::default();
            publish.cadence.forget_last();
            publish.drift.restart();
            publish.told.forget_times();
        }
        self.rates.frame(now, frame);
        if frame.track == TrackId::VIDEO {
            let composition_us = frame.pts.as_micros().saturating_sub(at_us);
            publish.key_frames.picture(at_us, composition_us, frame.key);
            publish.cadence.picture(at_us);
            publish.drift.picture(now, at_us);
            publish.sound.picture(now);
            publish.told.picture(at_us, frame.data.len());
        } else {
            publish.drift.sound(now, at_us, &frame.data);
            publish.sound.frame(now, &frame.data);
            publish.told.sound(at_us, frame.data.len());
        }
    }

    /// Once a second while the publisher is there; whether the set of warnings, or how bad one is, changed.
    pub(crate) fn look(&mut self, now: Duration, wall: Time) -> bool {
        let publish = &mut self.publish;
        publish.cadence.look();
        publish.timeline.look(now);
        publish.drift.look();
        publish.told.look();
        let mut changed = false;
        let found = publish.find(now, self.target_duration_s);
        for (alarm, found) in self.alarms.iter_mut().zip(found) {
            changed |= alarm.look(now, wall, found);
        }
        changed
    }

    /// Adds the second that is over to the history; also while the publisher is away.
    pub(crate) fn remember(&mut self, now: Duration, wall: Time, viewers: Viewers) {
        let reading = self.read(now);
        self.history.push(Sample {
            at: wall,
            bit_rate: reading.bit_rate,
            frame_rate: reading.frame_rate,
            key_frame_interval_s: reading.key_frame_interval_s,
            viewers,
        });
    }

    /// The figures of this moment.
    pub(crate) fn read(&mut self, now: Duration) -> Reading {
        let rates = self.rates.read(now);
        Reading {
            bit_rate: rates.bit_rate,
            frame_rate: rates.frame_rate,
            key_frame_interval_s: self.publish.key_frames.interval_us().map(seconds),
            bytes: rates.bytes,
        }
    }

    /// What is wrong, the worst first.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = self.alarms.iter().filter_map(Alarm::warning).collect();
        warnings.sort_by_key(|warning| Reverse(warning.severity));
        warnings
    }

    /// The last five minutes, oldest first.
    pub(crate) fn history(&self) -> Vec<Sample> {
        self.history.list()
    }
}

impl Publish {
    /// What is wrong now, in the order of [`KINDS`].
    fn find(&self, now: Duration, target_duration_s: u32) -> [Option<Finding>; KINDS.len()] {
        [
            self.timeline.late(),
            self.cadence.lost(),
            self.timeline.jumped(),
            self.key_frames.far_apart(target_duration_s),
            self.drift.drifted(),
            self.sound.missing(now),
            self.sound.silent(now),
            self.cadence.variable(),
            self.told.over(),
            self.key_frames.reordered(),
        ]
    }
}

/// Counts of the last minute, second by second.
#[derive(Clone, Debug)]
struct PerSecond {
    seconds: [u16; 60],
    at: usize,
    sum: u32,
}

impl Default for PerSecond {
    fn default() -> Self {
        Self {
            seconds: [0; 60],
            at: 0,
            sum: 0,
        }
    }
}

impl PerSecond {
    fn add(&mut self, count: u32) {
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        if let Some(second) = self.seconds.get_mut(self.at) {
            let before = *second;
            *second = before.saturating_add(count);
            self.sum += u32::from(*second - before);
        }
    }

    fn second_over(&mut self) {
        self.at = (self.at + 1) % self.seconds.len();
        if let Some(oldest) = self.seconds.get_mut(self.at) {
            self.sum -= u32::from(std::mem::take(oldest));
        }
    }

    fn minute(&self) -> u32 {
        self.sum
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of an interval fit"
)]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// Whole milliseconds.
fn ms(us: i64) -> f64 {
    (seconds(us) * 1000.0).round()
}

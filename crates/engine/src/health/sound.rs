//! Whether there is sound, and whether anything is in it.
//!
//! Silence is told from the coded frames without decoding them: see [`media::aac::is_silent`]. A frame that cannot be judged
//! counts as sound.

use std::time::Duration;

use bytes::Bytes;
use domain::engine::Severity;
use media::{Codec, aac, opus};

use super::{Finding, limits, seconds};

/// How frames of sound are counted and looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    /// Frames of one length.
    Aac {
        /// Samples a frame.
        samples: u32,
        /// Samples a second.
        rate: u32,
    },
    /// Packets that tell their length each.
    Opus,
}

impl Format {
    /// That of a track, if it is sound.
    pub(crate) fn of(codec: &Codec) -> Option<Self> {
        match codec {
            Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) => None,
            Codec::Aac(config) => Some(Self::Aac {
                samples: config.frame_samples(),
                rate: config.sample_rate(),
            }),
            Codec::Opus(_) => Some(Self::Opus),
        }
    }

    /// Samples a second.
    pub(crate) fn rate(self) -> u32 {
        match self {
            Self::Aac { rate, .. } => rate,
            Self::Opus => opus::RATE,
        }
    }

    /// Samples of this frame.
    pub(crate) fn samples(self, data: &[u8]) -> u32 {
        match self {
            Self::Aac { samples, .. } => samples,
            Self::Opus => opus::packet_samples(data).unwrap_or(opus::PACKET_SAMPLES_USUAL),
        }
    }

    /// Microseconds of this frame.
    pub(crate) fn frame_us(self, data: &[u8]) -> i64 {
        i64::from(self.samples(data)) * 1_000_000 / i64::from(self.rate().max(1))
    }

    /// Opus is not judged: silence in it is told by decoding alone.
    fn is_silent(self, data: &[u8]) -> bool {
        matches!(self, Self::Aac { .. }) && aac::is_silent(data) == Some(true)
    }
}

/// The sound of one publish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sound {
    first_picture: Option<Duration>,
    last_picture: Option<Duration>,
    last_sound: Option<Duration>,
    format: Option<Format>,
    /// Media time of the silence that runs, microseconds.
    silent_us: i64,
}

impl Sound {
    /// The sound's configuration.
    pub(crate) fn configure(&mut self, format: Format) {
        self.format = Some(format);
        self.silent_us = 0;
    }

    /// A picture came.
    pub(crate) fn picture(&mut self, now: Duration) {
        self.first_picture.get_or_insert(now);
        self.last_picture = Some(now);
    }

    /// A frame of sound came.
    pub(crate) fn frame(&mut self, now: Duration, data: &Bytes) {
        self.last_sound = Some(now);
        self.silent_us = match self.format {
            Some(format) if format.is_silent(data) => {
                self.silent_us.saturating_add(format.frame_us(data))
            }
            _ => 0,
        };
    }

    fn comes(now: Duration, last: Option<Duration>) -> bool {
        last.is_some_and(|last| now.saturating_sub(last) <= limits::COMES_STILL)
    }

    /// Pictures come and no sound does.
    pub(crate) fn missing(&self, now: Duration) -> Option<Finding> {
        let since = self.last_sound.max(self.first_picture)?;
        let gone = now.saturating_sub(since);
        (gone >= limits::NO_SOUND_AFTER && Self::comes(now, self.last_picture)).then(|| Finding {
            severity: Severity::Warning,
            actual: Some(gone.as_secs_f64().round()),
            expected: None,
        })
    }

    /// Sound comes, and it is digital silence.
    pub(crate) fn silent(&self, now: Duration) -> Option<Finding> {
        (self.silent_us >= limits::SILENT_US && Self::comes(now, self.last_sound)).then(|| {
            Finding {
                severity: Severity::Warning,
                actual: Some(seconds(self.silent_us).round()),
                expected: None,
            }
        })
    }
}

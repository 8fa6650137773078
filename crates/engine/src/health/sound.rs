//! Whether there is sound, and whether anything is in it.
//!
//! Silence is told from the coded frames without decoding them: see [`media::aac::is_silent`]. A frame that cannot be judged
//! counts as sound.

use std::time::Duration;

use bytes::Bytes;
use domain::engine::Severity;
use media::aac;

use super::{Finding, limits, seconds};

/// The sound of one publish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sound {
    first_picture: Option<Duration>,
    last_picture: Option<Duration>,
    last_sound: Option<Duration>,
    frame_us: i64,
    /// Media time of the silence that runs, microseconds.
    silent_us: i64,
}

impl Sound {
    /// The sound's configuration.
    pub(crate) fn configure(&mut self, config: &aac::Config) {
        self.frame_us =
            i64::from(config.frame_samples()) * 1_000_000 / i64::from(config.sample_rate());
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
        if aac::is_silent(data) == Some(true) {
            self.silent_us = self.silent_us.saturating_add(self.frame_us);
        } else {
            self.silent_us = 0;
        }
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

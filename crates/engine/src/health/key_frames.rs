//! How far key frames are apart, and whether pictures come in another order than they are shown.
//!
//! By decode times. An interval that still grows counts as soon as it is longer than the last whole one: a publisher whose
//! next key frame never comes is told too.

use domain::engine::Severity;

use super::{Finding, limits, ms, seconds};

/// A growing interval is told from here on, microseconds; below, the last whole one is.
const GROWING_US_MIN: i64 = 1_000_000;

/// The key frames of one publish.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyFrames {
    first_us: Option<i64>,
    key_us: Option<i64>,
    newest_us: i64,
    /// The last whole interval and the one before it.
    last: Option<i64>,
    before: Option<i64>,
    group: Option<Group>,
    /// Reorder delay of the last whole group of pictures.
    reorder_us: i64,
}

/// Composition offsets of the pictures since a key frame.
#[derive(Clone, Copy, Debug)]
struct Group {
    key_us: i64,
    least_us: i64,
}

impl Group {
    /// How long pictures wait for the ones that are shown before them: a key frame waits for nothing else.
    fn reorder_us(&self) -> i64 {
        self.key_us.saturating_sub(self.least_us)
    }
}

impl KeyFrames {
    /// A picture came, with its decode time and `pts - dts`.
    pub(crate) fn picture(&mut self, at_us: i64, composition_us: i64, key: bool) {
        self.first_us.get_or_insert(at_us);
        self.newest_us = at_us;
        if let Some(group) = &mut self.group {
            group.least_us = group.least_us.min(composition_us);
        }
        if !key {
            return;
        }
        if let Some(last) = self.key_us {
            self.before = self.last;
            self.last = Some(at_us.saturating_sub(last)).filter(|us| *us > 0);
        }
        self.key_us = Some(at_us);
        if let Some(group) = self.group.replace(Group {
            key_us: composition_us,
            least_us: composition_us,
        }) {
            self.reorder_us = group.reorder_us();
        }
    }

    /// Microseconds since the last key frame, or since the first picture where none came.
    fn growing_us(&self) -> Option<i64> {
        let begin = self.key_us.or(self.first_us)?;
        Some(self.newest_us.saturating_sub(begin)).filter(|us| *us > 0)
    }

    /// The last whole interval, or the one that grows where that is longer; microseconds.
    pub(crate) fn interval_us(&self) -> Option<i64> {
        let growing = self
            .growing_us()
            .filter(|us| *us > GROWING_US_MIN || self.last.is_none());
        self.last.max(growing)
    }

    /// Too far apart: two whole intervals in a row, or one that is very long.
    pub(crate) fn far_apart(&self, target_duration_s: u32) -> Option<Finding> {
        let interval = self.interval_us()?;
        let twice = [self.last, self.before]
            .iter()
            .all(|whole| whole.is_some_and(|us| us > limits::KEY_FRAMES_FAR_US));
        if !twice && interval <= limits::KEY_FRAMES_FAR_AT_ONCE_US {
            return None;
        }
        let severity = if interval > i64::from(target_duration_s) * 1_000_000 {
            Severity::Problem
        } else {
            Severity::Warning
        };
        Some(Finding {
            severity,
            actual: Some(seconds(interval)),
            expected: Some(limits::KEY_FRAMES_EXPECTED_S),
        })
    }

    /// Pictures are reordered: there are B-frames.
    pub(crate) fn reordered(&self) -> Option<Finding> {
        let running = self.group.map_or(0, |group| group.reorder_us());
        let delay = self.reorder_us.max(running);
        (delay > limits::REORDER_US_MIN).then(|| Finding {
            severity: Severity::Notice,
            actual: Some(ms(delay)),
            expected: Some(0.0),
        })
    }
}

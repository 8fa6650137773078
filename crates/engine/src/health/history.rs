//! What a broadcast was like, second by second.

use std::collections::VecDeque;

use domain::engine::Sample;

/// Seconds kept: what the charts of a page show. Bounds the memory of a broadcast that runs for weeks.
const KEPT: usize = 5 * 60;

/// The last five minutes of a broadcast, one sample a second.
#[derive(Debug, Default)]
pub(crate) struct History(VecDeque<Sample>);

impl History {
    /// Adds the newest second.
    pub(crate) fn push(&mut self, sample: Sample) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(sample);
    }

    /// Oldest first.
    pub(crate) fn list(&self) -> Vec<Sample> {
        self.0.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::{clock::Time, engine::Viewers};

    use super::*;

    #[test]
    fn five_minutes_are_kept_and_the_oldest_leave_first() {
        let mut history = History::default();
        for second in 0..400 {
            history.push(Sample {
                at: Time::from_ms(second * 1000),
                bit_rate: 0,
                frame_rate: None,
                key_frame_interval_s: None,
                viewers: Viewers::default(),
            });
        }
        let seconds: Vec<i64> = history.list().iter().map(|s| s.at.seconds()).collect();
        assert_eq!(seconds, (100..400).collect::<Vec<_>>());
    }
}

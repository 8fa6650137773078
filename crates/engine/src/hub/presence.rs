//! How many watch by HLS, told from their requests.
//!
//! A viewer asks for the playlist once a part, or once a segment, whatever connections and addresses it uses. So each answered
//! request stands for the time until its next one, and the number of viewers is the time so covered in the last seconds,
//! divided by those seconds. No state for each viewer, nothing to fake beyond the requests one makes.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Seconds looked at.
const SPAN_S: u64 = 4;
/// Seconds kept: the span, the second that runs, and room for clocks of several threads.
const SLOTS: usize = 8;

/// Time covered by answered requests, second by second; a slot holds the second in its upper half.
#[derive(Debug, Default)]
pub(crate) struct Presence([AtomicU64; SLOTS]);

impl Presence {
    /// A playlist was answered that covers this much time until the next request.
    pub(crate) fn covered(&self, now: Duration, ms: u32) {
        let second = now.as_secs() & 0xffff_ffff;
        let slot = &self.0[usize::try_from(second).unwrap_or(0) % SLOTS];
        let _ = slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
            let kept = if held >> 32 == second {
                held & 0xffff_ffff
            } else {
                0
            };
            Some((second << 32) | kept.saturating_add(u64::from(ms)).min(0xffff_ffff))
        });
    }

    /// Viewers over the last whole seconds.
    pub(crate) fn viewers(&self, now: Duration) -> u32 {
        let now = now.as_secs() & 0xffff_ffff;
        let covered: u64 = self
            .0
            .iter()
            .map(|slot| slot.load(Ordering::Relaxed))
            .filter(|held| (1..=SPAN_S).contains(&now.wrapping_sub(held >> 32)))
            .map(|held| held & 0xffff_ffff)
            .sum();
        u32::try_from((covered + SPAN_S * 500) / (SPAN_S * 1000)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_are_the_time_their_requests_cover() {
        let presence = Presence::default();
        for part in 0..50u64 {
            for _ in 0..7 {
                presence.covered(Duration::from_millis(part * 200), 200);
            }
        }
        assert_eq!(presence.viewers(Duration::from_millis(10_000)), 7);
        assert_eq!(presence.viewers(Duration::from_millis(20_000)), 0);
    }
}

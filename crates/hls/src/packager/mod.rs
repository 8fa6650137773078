//! Cuts frames into parts and segments.

mod output;

use std::collections::VecDeque;
use std::time::Duration;

use media::{Frame, Track};

pub use output::{Epoch, Init, Output, Part, Resume, SegmentBegun, SegmentDone, Timing};

use crate::{Now, Settings};

/// What was repaired or refused since the packager was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames taken into parts.
    pub frames: u64,
    /// Frames dropped: no track, before the first key frame, too large, or too late.
    pub dropped: u64,
    /// Time stamps that had to be moved by more than rounding.
    pub repaired: u64,
    /// Times sound was brought back to the picture.
    pub resynced: u64,
    /// Discontinuities begun.
    pub discontinuities: u64,
    /// Segments cut without a key frame.
    pub cut_without_key: u64,
    /// Gap parts listed.
    pub gaps: u64,
}

/// One publisher's frames in, one presentation's events out. Sans-IO: time comes in, [`Packager::poll`] hands out.
#[derive(Debug)]
pub struct Packager {
    out: VecDeque<Output>,
    counters: Counters,
}

impl Packager {
    /// A packager that has seen nothing, or that goes on where a restart broke off.
    pub fn new(_settings: Settings, _resume: Option<Resume>) -> Self {
        Self {
            out: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// A publisher begins or returns, with the tracks known so far (may be none).
    pub fn start(&mut self, _now: Now, _tracks: &[Track]) {}

    /// A track's configuration came or changed; an identical repeat has no effect.
    pub fn track(&mut self, _now: Now, _track: Track) {}

    /// Takes the next frame. Never fails: odd input is repaired or dropped, and counted.
    pub fn push(&mut self, _now: Now, _frame: Frame) {}

    /// The publisher is lost and may return; gaps keep the cadence until it does or [`Packager::end`] is called.
    pub fn interrupt(&mut self, _now: Now) {}

    /// The broadcast is over.
    pub fn end(&mut self, _now: Now) {}

    /// Does what is due; call at or after [`Packager::timeout`].
    pub fn handle_timeout(&mut self, _now: Now) {}

    /// The next event; drain after every call.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`Packager::handle_timeout`] is due next, on the monotonic clock.
    pub fn timeout(&self) -> Option<Duration> {
        None
    }

    /// What was repaired or refused so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }
}

//! The epoch being written: numbers parts and segments, dates them, and keeps its promises whatever is fed.
//!
//! A segment holds either media or gaps. It ends before another part could carry it over the target duration, and with a part that
//! turned out short: a foreseen key frame stayed away, or the rate changed.

use std::collections::VecDeque;
use std::time::Duration;

use media::{Track, fmp4};

use super::Counters;
use super::output::{Epoch, Init, Output, Part, SegmentBegun, SegmentDone};
use crate::{Body, Now, Settings};

/// Dates follow the wall clock by at most this a segment, so that they never jump inside a time line.
const SLEW_US_MAX: i64 = 20_000;

/// Wall and media time may differ by this before dates are slewed: arrival jitters.
const SLEW_FREE_US: i64 = 100_000;

/// A part's worth of media, cut.
pub(super) struct Cut {
    pub duration_us: u64,
    pub independent: bool,
    pub starts_with_key: bool,
    pub body: Body,
}

#[derive(Debug)]
struct Segment {
    duration_us: u64,
    parts: u32,
    gap: bool,
    starts_with_key: bool,
    /// Its newest part lasts less than 85 % of the part target, which only the last of a segment may (RFC 8216bis, 4.4.4.9).
    short: bool,
}

#[derive(Debug)]
pub(super) struct Cutter {
    epoch: Epoch,
    first_segment_us: u64,
    msn: u64,
    segment: Option<Segment>,
    tracks: Vec<Track>,
    init: Option<u32>,
    next_init: u32,
    discontinuity: bool,
    /// No segment with media is complete yet.
    fresh: bool,
    /// Unix time in microseconds of what comes next.
    date_us: i64,
    /// The date was read off the wall clock and nothing has been listed since.
    dated: bool,
    sequence: u32,
    /// Monotonic time at which the newest part was due.
    listed: Duration,
}

impl Cutter {
    /// Begins an epoch; `discontinuity` where segments before `epoch.first_msn` were sent.
    pub(super) fn new(
        settings: &Settings,
        epoch: Epoch,
        next_init: u32,
        discontinuity: bool,
        out: &mut VecDeque<Output>,
    ) -> Self {
        out.push_back(Output::Epoch(epoch.clone()));
        Self {
            first_segment_us: u64::from(settings.first_segment_ms) * 1000,
            msn: epoch.first_msn,
            segment: None,
            tracks: Vec::new(),
            init: None,
            next_init,
            discontinuity,
            fresh: true,
            date_us: 0,
            dated: false,
            sequence: 0,
            listed: Duration::ZERO,
            epoch,
        }
    }

    pub(super) fn part_target_us(&self) -> u64 {
        self.epoch.part_target_us
    }

    pub(super) fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// When the newest part was listed, or was due where it is a gap.
    pub(super) fn listed(&self) -> Duration {
        self.listed
    }

    /// Gaps before this moment are not made up for.
    pub(super) fn forget_before(&mut self, moment: Duration) {
        self.listed = self.listed.max(moment);
    }

    /// `mfhd` sequence number of the next fragment.
    pub(super) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Microseconds in the open segment; 0 where none is open.
    pub(super) fn segment_us(&self) -> u64 {
        self.segment
            .as_ref()
            .map_or(0, |segment| segment.duration_us)
    }

    /// The open segment began without a key frame, or holds no media.
    pub(super) fn wants_key(&self) -> bool {
        self.segment
            .as_ref()
            .is_some_and(|segment| segment.gap || !segment.starts_with_key)
    }

    /// A time line begins, whose first frame came at `wall_us`: new tags, and a new init where tracks differ.
    pub(super) fn begin_run(
        &mut self,
        tracks: Vec<Track>,
        now: Now,
        wall_us: i64,
        out: &mut VecDeque<Output>,
        counters: &mut Counters,
    ) {
        self.finish_segment(out);
        if self.init.is_some() {
            self.discontinuity = true;
            counters.discontinuities += 1;
        } else {
            self.listed = now.mono;
        }
        self.date_us = self.date_us.max(wall_us);
        self.dated = true;
        if self.init.is_none() || self.tracks != tracks {
            let number = self.next_init;
            self.next_init = self.next_init.saturating_add(1);
            self.init = Some(number);
            out.push_back(Output::Init(Init {
                number,
                body: fmp4::init(&tracks).into(),
                tracks: tracks.clone(),
            }));
            self.tracks = tracks;
        }
    }

    /// Lists a part with media.
    pub(super) fn part(
        &mut self,
        now: Now,
        cut: Cut,
        out: &mut VecDeque<Output>,
        counters: &mut Counters,
    ) {
        self.listed = now.mono;
        self.list(now, cut, false, out, counters);
    }

    /// Lists a part without media, due one part target after the newest part.
    pub(super) fn gap(&mut self, now: Now, out: &mut VecDeque<Output>, counters: &mut Counters) {
        let duration_us = self.epoch.part_target_us;
        self.listed = (self.listed + Duration::from_micros(duration_us)).min(now.mono);
        counters.gaps += 1;
        let cut = Cut {
            duration_us,
            independent: false,
            starts_with_key: false,
            body: Body::default(),
        };
        self.list(now, cut, true, out, counters);
    }

    fn list(
        &mut self,
        now: Now,
        cut: Cut,
        gap: bool,
        out: &mut VecDeque<Output>,
        counters: &mut Counters,
    ) {
        let target_us = u64::from(self.epoch.target_duration_s) * 1_000_000;
        if self.segment.as_ref().is_some_and(|open| {
            open.gap != gap || open.short || open.duration_us + cut.duration_us > target_us
        }) {
            self.finish_segment(out);
        }
        let segment = match &mut self.segment {
            Some(open) => open,
            None => {
                let ahead_us = now
                    .wall_ms
                    .saturating_mul(1000)
                    .saturating_sub_unsigned(cut.duration_us)
                    .saturating_sub(self.date_us);
                if !std::mem::take(&mut self.dated) && ahead_us.abs() > SLEW_FREE_US {
                    self.date_us = self
                        .date_us
                        .saturating_add((ahead_us / 8).clamp(-SLEW_US_MAX, SLEW_US_MAX));
                }
                out.push_back(Output::SegmentBegun(SegmentBegun {
                    msn: self.msn,
                    date_ms: self.date_us.saturating_add(500).div_euclid(1000),
                    discontinuity: std::mem::take(&mut self.discontinuity),
                    init: self.init.unwrap_or(0),
                    gap,
                }));
                self.segment.insert(Segment {
                    duration_us: 0,
                    parts: 0,
                    gap,
                    starts_with_key: cut.starts_with_key,
                    short: false,
                })
            }
        };
        segment.short =
            !cut.independent && !gap && cut.duration_us * 100 < self.epoch.part_target_us * 85;
        out.push_back(Output::Part(Part {
            msn: self.msn,
            index: segment.parts,
            duration_us: cut.duration_us,
            independent: cut.independent,
            gap,
            body: cut.body,
        }));
        segment.parts = segment.parts.saturating_add(1);
        segment.duration_us = segment.duration_us.saturating_add(cut.duration_us);
        self.date_us = self.date_us.saturating_add_unsigned(cut.duration_us);
        let length_us = segment.duration_us;
        let full = length_us.saturating_add(self.epoch.part_target_us) > target_us;
        let first = self.fresh && !gap && length_us >= self.first_segment_us;
        if full || first {
            counters.cut_without_key += u64::from(full && !gap);
            self.finish_segment(out);
        }
    }

    /// First number no segment has.
    pub(super) fn next_msn(&self) -> u64 {
        self.msn.saturating_add(u64::from(self.segment.is_some()))
    }

    /// Ends the open segment, if one is open.
    pub(super) fn finish_segment(&mut self, out: &mut VecDeque<Output>) {
        let Some(segment) = self.segment.take() else {
            return;
        };
        out.push_back(Output::SegmentDone(SegmentDone {
            msn: self.msn,
            duration_us: segment.duration_us,
        }));
        self.msn = self.msn.saturating_add(1);
        self.fresh &= segment.gap;
    }
}

//! One epoch's pieces: which are listed, which are only kept for those who saw them listed, and the rendered playlists.
//!
//! RFC 8216bis 6.2.2: a segment leaves the playlist at the head only, never below three target durations, and its bytes
//! stay until it has existed for its own length and that of the longest playlist. Parts leave the playlist once they are more
//! than three target durations from its end, and their bytes as long again later.

use std::collections::VecDeque;
use std::time::Duration;

use media::Track;

use crate::name::{Name, Piece};
use crate::packager::{Epoch, Init, Part, Resume, SegmentBegun, SegmentDone};
use crate::playlist::{self, Head, Hint};
use crate::{Body, Now, Settings};

use super::bandwidth::{Peak, rate};
use super::rendered::Rendered;
use super::segment::{KeptPart, Segment};

/// Bandwidth is told with this headroom over what was measured, in percent.
const BANDWIDTH_PERCENT: u64 = 115;

/// Segments kept beyond their listing, whatever the clock says: publishers may send faster than time passes.
const UNLISTED_MAX: usize = 64;

/// What became of a piece.
pub(super) enum Found<'a> {
    Here(&'a Body),
    Hinted,
    Never,
    Past,
}

#[derive(Debug)]
pub(super) struct EpochWindow {
    epoch: Epoch,
    inits: VecDeque<Init>,
    next_init: u32,
    segments: VecDeque<Segment>,
    /// Media sequence number of the first kept segment.
    first_kept: u64,
    /// How many kept segments are no longer listed.
    unlisted: usize,
    /// `EXT-X-DISCONTINUITY-SEQUENCE`.
    discontinuity_sequence: u64,
    /// Discontinuities up to the last complete segment.
    discontinuities_done: u64,
    listed_us: u64,
    longest_us: u64,
    bytes: usize,
    /// Number of the part that comes next.
    next_part: u64,
    ended: Option<Duration>,
    playable: bool,
    full: Option<Rendered>,
    delta: Option<Rendered>,
    peak: Peak,
}

impl EpochWindow {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            inits: VecDeque::new(),
            next_init: 0,
            segments: VecDeque::new(),
            first_kept: epoch.first_msn,
            unlisted: 0,
            discontinuity_sequence: epoch.discontinuity_sequence,
            discontinuities_done: epoch.discontinuity_sequence,
            listed_us: 0,
            longest_us: 0,
            bytes: 0,
            next_part: 0,
            ended: None,
            playable: false,
            full: None,
            delta: None,
            peak: Peak::default(),
            epoch,
        }
    }

    pub(super) fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn tracks(&self) -> &[Track] {
        self.inits.back().map_or(&[], |init| &init.tracks)
    }

    /// Peak and mean bits a second, with headroom.
    pub(super) fn bandwidth(&self) -> (u64, u64) {
        let listed = self
            .segments
            .iter()
            .skip(self.unlisted)
            .filter(|segment| !segment.begun.gap);
        let (bytes, us) = listed.fold((0_u64, 0_u64), |(bytes, us), segment| {
            (
                bytes.saturating_add(segment.bytes as u64),
                us.saturating_add(segment.parts_us),
            )
        });
        let mean = rate(bytes, us);
        let told = |bits: u64| (bits.saturating_mul(BANDWIDTH_PERCENT) / 100).max(1);
        (told(self.peak.bits_per_s.max(mean)), told(mean))
    }

    pub(super) fn resume(&self) -> Resume {
        let kinds = |kind| self.tracks().iter().any(|track| track.kind() == kind);
        let open = self
            .segments
            .back()
            .is_some_and(|segment| segment.done.is_none());
        Resume {
            epoch: self.epoch.number,
            next_msn: self.end_msn() - u64::from(open),
            discontinuity_sequence: self.discontinuities_done,
            next_init: self.next_init,
            target_duration_s: self.epoch.target_duration_s,
            part_target_us: self.epoch.part_target_us,
            timing: self.epoch.timing,
            video: kinds(media::Kind::Video),
            audio: kinds(media::Kind::Audio),
            ended: self.has_ended(),
        }
    }

    pub(super) fn add_init(&mut self, init: Init) {
        self.next_init = self.next_init.max(init.number.saturating_add(1));
        self.inits.push_back(init);
    }

    pub(super) fn begin_segment(&mut self, begun: SegmentBegun) {
        let before = self.segments.back().map(|segment| segment.begun.init);
        let with_map = begun.discontinuity || before != Some(begun.init);
        self.segments.push_back(Segment::new(
            self.epoch.number,
            begun,
            self.next_part,
            with_map,
        ));
    }

    pub(super) fn add_part(&mut self, part: Part) {
        let name = self.next_part_name();
        let Some(segment) = self.segments.back_mut() else {
            return;
        };
        self.next_part = self.next_part.saturating_add(1);
        playlist::part_line(&mut segment.part_lines, name, &part);
        let bytes = usize::try_from(part.body.len()).unwrap_or(usize::MAX);
        segment.bytes = segment.bytes.saturating_add(bytes);
        segment.parts_us = segment.parts_us.saturating_add(part.duration_us);
        segment.part_count += 1;
        segment.parts.push(KeptPart {
            body: part.body,
            gap: part.gap,
        });
        self.bytes = self.bytes.saturating_add(bytes);
        self.render();
    }

    pub(super) fn finish_segment(&mut self, now: Now, done: SegmentDone, settings: &Settings) {
        let Some(segment) = self.segments.back_mut() else {
            return;
        };
        playlist::segment_tail(&mut segment.tail, self.epoch.number, &done);
        segment.body = Body::joined(segment.parts.iter().map(|part| &part.body));
        segment.done = Some(done);
        segment.listed = now.mono;
        self.discontinuities_done = self
            .discontinuities_done
            .saturating_add(u64::from(segment.begun.discontinuity));
        if !segment.begun.gap {
            let target_us = u64::from(self.epoch.target_duration_s) * 1_000_000;
            self.peak
                .segment(segment.bytes as u64, done.duration_us, target_us);
        }
        self.listed_us = self.listed_us.saturating_add(done.duration_us);
        self.longest_us = self.longest_us.max(self.listed_us);
        self.unlist(settings);
        self.forget(now, settings);
        self.render();
    }

    pub(super) fn end(&mut self, now: Now) {
        self.ended = Some(now.mono);
        self.render();
    }

    /// An ended epoch is kept for one playlist duration, and a target duration more for those who come late.
    pub(super) fn is_over(&self, now: Now) -> bool {
        let target_us = u64::from(self.epoch.target_duration_s) * 1_000_000;
        self.ended.is_some_and(|ended| {
            now.mono > ended + Duration::from_micros(self.longest_us.saturating_add(target_us))
        })
    }

    /// Takes the oldest segments off the playlist.
    fn unlist(&mut self, settings: &Settings) {
        let target_us = u64::from(self.epoch.target_duration_s) * 1_000_000;
        let wish_us = u64::from(settings.window_s) * 1_000_000;
        let listed = self.segments.iter().skip(self.unlisted);
        let mut listed_bytes: usize = listed.map(|segment| segment.bytes).sum();
        loop {
            let Some(head) = self.segments.get(self.unlisted) else {
                return;
            };
            let Some(done) = head.done else { return };
            let left_us = self.listed_us.saturating_sub(done.duration_us);
            let tight = listed_bytes > settings.window_bytes_max;
            if left_us < 3 * target_us || (left_us < wish_us && !tight) {
                return;
            }
            self.listed_us = left_us;
            listed_bytes = listed_bytes.saturating_sub(head.bytes);
            self.discontinuity_sequence = self
                .discontinuity_sequence
                .saturating_add(u64::from(head.begun.discontinuity));
            self.unlisted += 1;
        }
    }

    /// Lets go of what nobody may ask for any more: first what is due, then, while bytes are over the bound, what is not listed.
    fn forget(&mut self, now: Now, settings: &Settings) {
        let target_us = u64::from(self.epoch.target_duration_s) * 1_000_000;
        while self.unlisted > 0 {
            let Some(oldest) = self.segments.front() else {
                break;
            };
            let kept_us = oldest
                .parts_us
                .saturating_add(self.longest_us)
                .saturating_add(target_us);
            let due = now.mono > oldest.listed + Duration::from_micros(kept_us);
            if !due && self.bytes <= settings.window_bytes_max && self.unlisted <= UNLISTED_MAX {
                break;
            }
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
            self.segments.pop_front();
            self.first_kept = self.first_kept.saturating_add(1);
            self.unlisted -= 1;
        }
        let oldest_init = self.segments.front().map(|segment| segment.begun.init);
        while self.inits.len() > 1 && self.inits.front().map(|init| init.number) < oldest_init {
            self.inits.pop_front();
        }
        // Tags of parts go after three target durations; their bytes stay for three more and one for rounding.
        let mut after_us = 0_u64;
        for segment in self.segments.iter_mut().rev() {
            if after_us > 7 * target_us {
                if segment.parts.is_empty() {
                    break;
                }
                segment.parts = Vec::new();
            }
            after_us = after_us.saturating_add(segment.parts_us);
        }
    }

    fn end_msn(&self) -> u64 {
        self.first_kept.saturating_add(self.segments.len() as u64)
    }

    /// Enough is listed for players to start: a whole segment, and what they hold back. Never ceases.
    pub(super) fn is_playable(&self) -> bool {
        self.playable
    }

    fn judge_playable(&mut self) {
        if !self.playable {
            let whole = self
                .segments
                .iter()
                .any(|segment| segment.done.is_some() && !segment.begun.gap);
            let listed_us: u64 = self.segments.iter().map(|segment| segment.parts_us).sum();
            self.playable =
                whole && (listed_us >= 3 * self.epoch.part_target_us || self.has_ended());
        }
    }

    /// The last complete segment, or the one before the first.
    fn last_done(&self) -> Option<u64> {
        let open = self
            .segments
            .back()
            .is_some_and(|segment| segment.done.is_none());
        self.end_msn().checked_sub(1 + u64::from(open))
    }

    /// Whether the playlist has what `msn` and `part` ask for.
    pub(super) fn has(&self, msn: u64, part: Option<u64>) -> bool {
        let Some(part) = part else {
            return self.last_done().is_some_and(|last| msn <= last);
        };
        if msn < self.first_kept {
            return true;
        }
        let parts = |msn: u64| {
            self.segment(msn)
                .map(|segment| (segment.part_count as u64, segment.done.is_some()))
        };
        match parts(msn) {
            None => false,
            Some((count, _)) if part < count => true,
            Some((_, false)) => false,
            // Past the last part of a complete segment means the first of the next.
            Some((_, true)) => msn
                .checked_add(1)
                .and_then(parts)
                .is_some_and(|(count, _)| count > 0),
        }
    }

    /// Whether the directives ask for more of the future than is allowed.
    pub(super) fn is_too_far(&self, msn: u64, part: Option<u64>) -> bool {
        let next = self.last_done().map_or(0, |last| last.saturating_add(1));
        if msn > next.saturating_add(1) {
            return true;
        }
        let target_us = self.epoch.part_target_us.max(1);
        let limit = if target_us < 1_000_000 {
            3_000_000_u64.div_ceil(target_us)
        } else {
            3
        };
        let listed = if msn == next {
            self.segment(msn)
                .map_or(0, |segment| segment.part_count as u64)
        } else {
            0
        };
        msn >= next && part.is_some_and(|part| part >= listed.saturating_add(limit))
    }

    fn segment(&self, msn: u64) -> Option<&Segment> {
        self.segments
            .get(usize::try_from(msn.checked_sub(self.first_kept)?).ok()?)
    }

    pub(super) fn find_segment(&self, msn: u64) -> Found<'_> {
        if msn < self.first_kept {
            return Found::Past;
        }
        match self.segment(msn) {
            Some(segment) if segment.done.is_some() && !segment.begun.gap => {
                Found::Here(&segment.body)
            }
            _ => Found::Never,
        }
    }

    pub(super) fn find_part(&self, run: u64, number: u64) -> Found<'_> {
        if run != self.epoch.first_msn {
            let before = run < self.epoch.first_msn;
            return if before { Found::Past } else { Found::Never };
        }
        if number >= self.next_part {
            let hinted = number == self.next_part && !self.has_ended();
            return if hinted { Found::Hinted } else { Found::Never };
        }
        let after = self
            .segments
            .partition_point(|segment| segment.first_part <= number);
        let Some(segment) = after.checked_sub(1).and_then(|at| self.segments.get(at)) else {
            return Found::Past;
        };
        let place = usize::try_from(number - segment.first_part).unwrap_or(usize::MAX);
        match segment.parts.get(place) {
            Some(part) if part.gap => Found::Never,
            Some(part) => Found::Here(&part.body),
            None => Found::Past,
        }
    }

    pub(super) fn find_init(&self, number: u32) -> Found<'_> {
        match self.inits.iter().find(|init| init.number == number) {
            Some(init) => Found::Here(&init.body),
            None if number < self.next_init => Found::Past,
            None => Found::Never,
        }
    }

    pub(super) fn full(&self) -> Option<&Rendered> {
        self.full.as_ref()
    }

    /// The delta update where one would leave anything out, else the whole.
    pub(super) fn delta(&self) -> Option<&Rendered> {
        self.delta.as_ref().or(self.full.as_ref())
    }

    fn render(&mut self) {
        self.judge_playable();
        let listed = || self.segments.iter().skip(self.unlisted);
        let target_us = u64::from(self.epoch.target_duration_s) * 1_000_000;
        let total_us: u64 = listed().map(|segment| segment.parts_us).sum();
        let head = Head {
            target_duration_s: self.epoch.target_duration_s,
            part_target_us: self.epoch.part_target_us,
            media_sequence: self.first_kept.saturating_add(self.unlisted as u64),
            discontinuity_sequence: self.discontinuity_sequence,
        };
        let hint = if self.has_ended() {
            Hint::End
        } else {
            Hint::Part(self.next_part_name())
        };
        // Distance of each segment's end from the playlist's.
        let (mut skipped, mut without_parts, mut end_us) = (0, 0, total_us);
        for segment in listed() {
            end_us -= segment.parts_us;
            if end_us >= playlist::SKIP_TARGETS * target_us {
                skipped += 1;
            }
            if end_us >= 3 * target_us {
                without_parts += 1;
            } else {
                break;
            }
        }
        let map = self
            .segments
            .get(self.unlisted)
            .filter(|first| !first.with_map)
            .map(|first| {
                let name = Name {
                    epoch: self.epoch.number,
                    piece: Piece::Init {
                        number: first.begun.init,
                    },
                };
                format!("#EXT-X-MAP:URI=\"{name}\"\n")
            });
        let lines = |from: usize| {
            listed()
                .enumerate()
                .skip(from)
                .flat_map(move |(place, segment)| {
                    let parts = if place < without_parts {
                        ""
                    } else {
                        segment.part_lines.as_str()
                    };
                    // A segment that has no part yet is not there yet.
                    let head = if segment.part_count == 0 {
                        ""
                    } else {
                        segment.head.as_str()
                    };
                    [head, parts, segment.tail.as_str()]
                })
        };
        let full = playlist::full(&head, map.as_deref().into_iter().chain(lines(0)), &hint);
        let delta = (skipped > 0 && !self.has_ended())
            .then(|| playlist::delta(&head, skipped, lines(skipped), &hint));
        self.full = Some(Rendered::new(full));
        self.delta = delta.map(Rendered::new);
    }

    /// The part that comes next, whichever segment it will belong to.
    fn next_part_name(&self) -> Name {
        Name {
            epoch: self.epoch.number,
            piece: Piece::Part {
                run: self.epoch.first_msn,
                number: self.next_part,
            },
        }
    }
}

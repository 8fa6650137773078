//! One time line for picture and sound, whose clocks begin anywhere and tick on their own (RFC 3550, 5.1).
//!
//! The rule: each source begins where its first frame arrives. Sender reports (RFC 3550, 6.4.1) tell which moment of the sender's clock
//! a time stands for; once the picture and another source have been reported on, the other one lies where the sender's clock puts it
//! beside the picture. A source that begins after that begins there. One that runs already is moved, by what it is off and no more, and only
//! where that is more than [`TOLERANCE_US`]: each move is a gap or an overlap that is heard. The picture is never moved. Reports that are more
//! than [`PLAUSIBLE_US`] away from arrival are of clocks that are not set, and are not believed.

use std::time::{Duration, Instant};

use str0m::media::Rid;

use crate::{
    rtp::{h264, opus},
    sdp::MediaKind,
};

/// Picture and sound may be apart by this much: a packet of sound, and less than anybody sees (ITU-R BT.1359: 45 ms).
const TOLERANCE_US: i64 = 20_000;
/// How far a report may be from what arrival says.
const PLAUSIBLE_US: i64 = 10_000_000;
/// Sources of a session: layers of the picture, and the sound.
const SOURCES_MAX: usize = 8;

/// A source: the picture, one of its layers, or the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) kind: MediaKind,
    pub(super) layer: Option<Rid>,
}

/// What a sender report says of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// A time as packets have it.
    pub(super) rtp: u32,
    /// The same moment on the sender's clock, in microseconds since 1970.
    pub(super) wall_us: i64,
}

struct Placed {
    source: Source,
    report: Option<Report>,
    /// Added to a source's ticks to lie on the line; `None` before its first frame.
    offset: Option<i64>,
    /// The newest ticks, for what a report's time is near to.
    ticks: i64,
}

/// The line. Its zero is when the session began.
pub(super) struct Line {
    start: Instant,
    placed: Vec<Placed>,
    /// The source of the picture that was shown last.
    shown: Option<usize>,
}

impl Line {
    pub(super) const fn new(start: Instant) -> Self {
        Self {
            start,
            placed: Vec::new(),
            shown: None,
        }
    }

    /// What the sender says of a source's clock.
    pub(super) fn report(&mut self, source: Source, report: Report) {
        if let Some(at) = self.find(source) {
            self.placed[at].report = Some(report);
        }
    }

    /// Where a frame lies, in ticks of its own clock: `ticks` are its time without wraps, `arrival` when its first packet came.
    pub(super) fn place(&mut self, source: Source, ticks: i64, arrival: Instant) -> i64 {
        let rate = rate(source.kind);
        let since = arrival.saturating_duration_since(self.start);
        let by_arrival = to_ticks(micros(since), rate).saturating_sub(ticks);
        let Some(at) = self.find(source) else {
            return ticks.saturating_add(by_arrival);
        };
        self.placed[at].ticks = ticks;
        let told = self.told(at).filter(|told| {
            let apart = to_micros(told.saturating_sub(by_arrival), rate);
            apart.abs() <= PLAUSIBLE_US
        });
        let offset = match (self.placed[at].offset, told) {
            (None, told) => told.unwrap_or(by_arrival),
            (Some(offset), Some(told))
                if to_micros(told.saturating_sub(offset), rate).abs() > TOLERANCE_US =>
            {
                told
            }
            (Some(offset), _) => offset,
        };
        self.placed[at].offset = Some(offset);
        if source.kind == MediaKind::Video {
            self.shown = Some(at);
        }
        ticks.saturating_add(offset)
    }

    /// The offset that the sender's reports give a source beside the picture (or beside what came first, where there is none).
    fn told(&self, at: usize) -> Option<i64> {
        let placed = self.placed.get(at)?;
        let lead = self.lead().filter(|lead| *lead != at)?;
        let lead = self.placed.get(lead)?;
        // Where the sender's clock lies on the line, by the lead.
        let wall_to_line = to_micros(
            lead.near(lead.report?).saturating_add(lead.offset?),
            rate(lead.source.kind),
        )
        .saturating_sub(lead.report?.wall_us);
        let report = placed.report?;
        let line_us = report.wall_us.saturating_add(wall_to_line);
        let ticks = to_ticks(line_us, rate(placed.source.kind));
        Some(ticks.saturating_sub(placed.near(report)))
    }

    /// The source that the others follow: the picture as it was shown last, or the sound that came before any picture.
    fn lead(&self) -> Option<usize> {
        let begun = |placed: &Placed| placed.offset.is_some();
        self.shown.or_else(|| self.placed.iter().position(begun))
    }

    /// The place in the list of a source that is known or that there is room for.
    fn find(&mut self, source: Source) -> Option<usize> {
        let known = self
            .placed
            .iter()
            .position(|placed| placed.source == source);
        if known.is_some() || self.placed.len() == SOURCES_MAX {
            return known;
        }
        self.placed.push(Placed {
            source,
            report: None,
            offset: None,
            ticks: 0,
        });
        Some(self.placed.len() - 1)
    }
}

impl Placed {
    /// The time of a report without wraps: the one nearest to the newest frame.
    fn near(&self, report: Report) -> i64 {
        let ahead = report.rtp.wrapping_sub(self.ticks as u32).cast_signed();
        self.ticks.saturating_add(ahead.into())
    }
}

const fn rate(kind: MediaKind) -> i64 {
    match kind {
        MediaKind::Video => h264::CLOCK as i64,
        MediaKind::Audio => opus::CLOCK as i64,
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn to_micros(ticks: i64, rate: i64) -> i64 {
    scale(ticks, 1_000_000, rate)
}

fn to_ticks(micros: i64, rate: i64) -> i64 {
    scale(micros, rate, 1_000_000)
}

fn scale(value: i64, by: i64, of: i64) -> i64 {
    let wide = i128::from(value) * i128::from(by) / i128::from(of.max(1));
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

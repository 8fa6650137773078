//! One track's samples on their way out: from its tables, then from fragments, moved onto the time line that all tracks share.

use std::collections::VecDeque;

use super::{
    Limits,
    edits::Edit,
    movie::Taken,
    refused::{Refused, damaged},
    tables::{Cursor, Row},
};
use crate::{Timestamp, fmp4::TrackHeader};

/// Rows taken from the tables at a time.
const BATCH: usize = 64;
/// Sound kept before its beginning, so that decoders have what they need: two frames of AAC, 80 ms of Opus (RFC 7845, 4.6), and all that
/// encoders put there themselves.
const PREROLL_MS: i64 = 100;

/// A track that is read.
#[derive(Debug)]
pub(super) struct Lane {
    pub header: TrackHeader,
    pub track_id: u32,
    pub video: bool,
    pub nal_length_size: u8,
    edit: Edit,
    cursor: Option<std::iter::Take<Cursor>>,
    queue: VecDeque<Row>,
    /// Rows of fragments; their turn comes behind the tables.
    later: VecDeque<Row>,
    /// Decode time that the next fragment has, unless it says.
    pub next_dts: i64,
    /// Decode time of the last row.
    last_dts: i64,
    /// How far before its decode time a picture is shown at most, by offsets below zero.
    early: i64,
    /// Added to times of the container.
    pub shift_dts: i64,
    pub shift_pts: i64,
}

/// What a look at all of a track's tables finds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Survey {
    pub count: u64,
    pub bytes: u64,
    pub end: u64,
}

impl Lane {
    pub fn new(taken: &Taken) -> Self {
        Self {
            header: taken.header.clone(),
            track_id: taken.track_id,
            video: taken.is_video(),
            nal_length_size: taken.nal_length_size(),
            edit: taken.edit,
            cursor: None,
            queue: VecDeque::new(),
            later: VecDeque::new(),
            next_dts: 0,
            last_dts: i64::MIN,
            early: 0,
            shift_dts: 0,
            shift_pts: 0,
        }
    }

    /// Walks the tables once: bounds, where showing begins and ends. `lead` is how much of the movie before its beginning is shown.
    ///
    /// Pictures begin at the last key frame that is shown at the edit's start or before it, sound a little before the edit's start.
    pub fn survey(
        &mut self,
        taken: &Taken,
        lead: Timestamp,
        limits: &Limits,
    ) -> Result<Survey, Refused> {
        let mut survey = Survey::default();
        let from = self
            .edit
            .from
            .saturating_sub(lead.to_scale(self.header.timescale));
        let earliest = from.saturating_sub(self.preroll());
        let mut first = None;
        let mut last = 0;
        for row in Cursor::new(taken.tables.clone()) {
            if survey.count == limits.samples_max {
                return Err(Refused::TooMuch { what: "frames" });
            }
            if row.size > 0 {
                let starts = if self.video {
                    row.sync && (first.is_none() || row.pts <= from)
                } else {
                    first.is_none() && row.pts.saturating_add(row.duration.into()) > earliest
                };
                if starts {
                    first = Some((survey.count, row));
                }
            }
            survey.count += 1;
            survey.bytes = survey.bytes.saturating_add(row.size.into());
            survey.end = survey.end.max(row.offset.saturating_add(row.size.into()));
            if self.edit.until.is_none_or(|until| row.pts < until) {
                last = survey.count;
            }
            self.pass(&row);
        }
        if survey.count < u64::from(taken.tables.count()) {
            return Err(damaged("fewer samples than its tables say"));
        }
        let skip = first.map_or(survey.count, |(index, _)| index);
        let mut cursor = Cursor::new(taken.tables.clone());
        if let Some(before) = usize::try_from(skip)
            .ok()
            .and_then(|skip| skip.checked_sub(1))
        {
            cursor.nth(before);
        }
        let left = usize::try_from(last.saturating_sub(skip)).unwrap_or(usize::MAX);
        self.cursor = Some(cursor.take(left));
        Ok(survey)
    }

    fn preroll(&self) -> i64 {
        Timestamp::from_ms(PREROLL_MS).to_scale(self.header.timescale)
    }

    fn pass(&mut self, row: &Row) {
        self.next_dts = row.dts.saturating_add(row.duration.into());
        self.last_dts = row.dts;
        self.early = self.early.max(row.dts.saturating_sub(row.pts));
    }

    /// Decode time of a fragment that says `base`, or nothing. What it says counts more than the durations before it, which some
    /// writers guess; but time never falls.
    pub fn next_base(&self, base: Option<u64>) -> i64 {
        let base = base.map(|base| i64::try_from(base).unwrap_or(i64::MAX));
        match base {
            Some(base) if base > self.last_dts => base,
            _ => self.next_dts,
        }
    }

    /// Appends a row of a fragment.
    pub fn append(&mut self, row: Row) {
        self.pass(&row);
        self.later.push_back(row);
    }

    /// Rows that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.later.len()
    }

    /// The next row that has bytes.
    pub fn head(&mut self) -> Option<Row> {
        loop {
            if self.queue.is_empty() {
                if let Some(cursor) = &mut self.cursor {
                    self.queue.extend(cursor.take(BATCH));
                }
                if self.queue.is_empty() {
                    self.cursor = None;
                    std::mem::swap(&mut self.queue, &mut self.later);
                }
            }
            match self.queue.front() {
                Some(row) if row.size == 0 => {
                    self.queue.pop_front();
                }
                row => return row.copied(),
            }
        }
    }

    pub fn pop(&mut self) {
        self.queue.pop_front();
    }

    /// Drops rows until one that the track can begin with; answers whether there is one.
    pub fn seek_start(&mut self) -> bool {
        while let Some(row) = self.head() {
            if row.sync || !self.video {
                return true;
            }
            self.pop();
        }
        false
    }

    /// When the first row is shown on the movie's time line, by the edit list.
    pub fn begins(&mut self) -> Option<Timestamp> {
        let scale = self.header.timescale;
        let row = self.head()?;
        let ticks = row
            .pts
            .saturating_sub(self.edit.from)
            .saturating_add(self.edit.delay.to_scale(scale));
        Some(Timestamp::new(ticks, scale))
    }

    /// Moves the track onto a time line that begins at `origin` of the movie's. Pictures are decoded when they are shown or earlier: where
    /// the file has offsets below zero, it is decoded that much earlier.
    pub fn place(&mut self, origin: Timestamp) {
        let (Some(row), Some(begins)) = (self.head(), self.begins()) else {
            return;
        };
        let shown = begins
            .ticks()
            .saturating_sub(origin.to_scale(self.header.timescale));
        self.shift_pts = shown.saturating_sub(row.pts);
        self.shift_dts = self.shift_pts.saturating_sub(self.early);
        let decoded = row.dts.saturating_add(self.shift_dts);
        self.header.skip = u32::try_from(decoded.saturating_neg()).unwrap_or(0);
    }
}

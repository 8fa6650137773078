//! One track's samples on their way out: from its tables, then from fragments, moved onto the time line that all tracks share.

use std::collections::VecDeque;

use super::{
    Limits,
    edits::Edit,
    movie::Taken,
    refused::{Refused, damaged},
    tables::{Cursor, Row, Stop},
    window::Windows,
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
    survey: Option<Survey>,
    cursor: Option<Cursor>,
    /// Samples that the cursor may still give.
    left: u64,
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

/// A look at all of a track's tables: bounds, where showing begins and ends.
#[derive(Clone, Debug)]
struct Survey {
    cursor: Cursor,
    found: Found,
    /// Where the track may begin: the sample's place, itself, and the walk behind it.
    first: Option<(u64, Row, Cursor)>,
    /// Samples until showing ends.
    last: u64,
}

/// What was found in a track's tables.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
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
            survey: Some(Survey {
                cursor: taken.cursor.clone(),
                found: Found::default(),
                first: None,
                last: 0,
            }),
            cursor: None,
            left: 0,
            queue: VecDeque::new(),
            later: VecDeque::new(),
            next_dts: 0,
            last_dts: i64::MIN,
            early: 0,
            shift_dts: 0,
            shift_pts: 0,
        }
    }

    /// Walks the tables once; `None` where bytes were asked for. `lead` is how much of the movie before its beginning is shown.
    ///
    /// Pictures begin at the last key frame that is shown at the edit's start or before it, sound a little before the edit's start.
    pub fn survey(
        &mut self,
        lead: Timestamp,
        limits: &Limits,
        windows: &mut Windows,
    ) -> Result<Option<Found>, Refused> {
        let Some(mut survey) = self.survey.take() else {
            return Ok(Some(Found::default()));
        };
        let from = self
            .edit
            .from
            .saturating_sub(lead.to_scale(self.header.timescale));
        let earliest = from.saturating_sub(self.preroll());
        loop {
            let row = match step(&mut survey.cursor, windows)? {
                Next::Row(row) => row,
                Next::End => break,
                Next::Wait => {
                    self.survey = Some(survey);
                    return Ok(None);
                }
            };
            let found = &mut survey.found;
            if found.count == limits.samples_max {
                return Err(Refused::TooMuch { what: "frames" });
            }
            if row.size > 0 {
                let starts = if self.video {
                    row.sync && (survey.first.is_none() || row.pts <= from)
                } else {
                    survey.first.is_none() && row.pts.saturating_add(row.duration.into()) > earliest
                };
                if starts {
                    survey.first = Some((found.count, row, survey.cursor.clone()));
                }
            }
            found.count += 1;
            found.bytes = found.bytes.saturating_add(row.size.into());
            found.end = found.end.max(row.offset.saturating_add(row.size.into()));
            if self.edit.until.is_none_or(|until| row.pts < until) {
                survey.last = found.count;
            }
            self.pass(&row);
        }
        if survey.found.count < u64::from(survey.cursor.count()) {
            return Err(damaged("fewer samples than its tables say"));
        }
        if let Some((place, row, cursor)) = survey.first
            && survey.last > place
        {
            self.queue.push_back(row);
            self.left = survey.last - place - 1;
            self.cursor = Some(cursor);
        }
        Ok(Some(survey.found))
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

    /// The next row that has bytes is there to be looked at, if there is one; false where bytes were asked for.
    pub fn settle(&mut self, windows: &mut Windows) -> Result<bool, Refused> {
        loop {
            if self.queue.is_empty() && !self.refill(windows)? {
                return Ok(false);
            }
            match self.queue.front() {
                Some(row) if row.size == 0 => self.pop(),
                _ => return Ok(true),
            }
        }
    }

    /// Takes rows from the tables, then from fragments; false where bytes were asked for before there was one.
    fn refill(&mut self, windows: &mut Windows) -> Result<bool, Refused> {
        if let Some(cursor) = &mut self.cursor {
            while self.left > 0 && self.queue.len() < BATCH {
                match step(cursor, windows)? {
                    Next::Row(row) => self.queue.push_back(row),
                    Next::End => self.left = 1,
                    Next::Wait => return Ok(!self.queue.is_empty()),
                }
                self.left -= 1;
            }
        }
        if self.queue.is_empty() {
            self.cursor = None;
            std::mem::swap(&mut self.queue, &mut self.later);
        }
        Ok(true)
    }

    /// The next row that has bytes, once [`Lane::settle`] has settled.
    pub fn head(&self) -> Option<Row> {
        self.queue.front().copied()
    }

    pub fn pop(&mut self) {
        self.queue.pop_front();
    }

    /// Drops rows until one that the track can begin with; false where bytes were asked for.
    pub fn seek_start(&mut self, windows: &mut Windows) -> Result<bool, Refused> {
        while self.settle(windows)? {
            match self.head() {
                Some(row) if self.video && !row.sync => self.pop(),
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// When the first row is shown on the movie's time line, by the edit list.
    pub fn begins(&self) -> Option<Timestamp> {
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

/// The next of a walk.
enum Next {
    Row(Row),
    End,
    /// Bytes were asked for.
    Wait,
}

fn step(cursor: &mut Cursor, windows: &mut Windows) -> Result<Next, Refused> {
    loop {
        match cursor.step() {
            Ok(Some(row)) => return Ok(Next::Row(row)),
            Ok(None) => return Ok(Next::End),
            Err(Stop::Refused(refused)) => return Err(refused),
            Err(Stop::Needs(needs)) => match windows.take(needs)? {
                Some(bytes) => cursor.fill(needs, &bytes),
                None => return Ok(Next::Wait),
            },
        }
    }
}

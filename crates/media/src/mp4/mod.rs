//! MP4, MOV and M4V files taken apart: a [`Demuxer`] without I/O, for files of any size.
//!
//! It asks for ranges of the file ([`Event::Needs`]) and is given their bytes; it holds a window of each table of the index (`moov`), four
//! pieces of [`Limits::read_ahead_bytes`], and nothing else: a film of a day costs what one of a minute does. Takes H.264, HEVC, AV1, AAC and Opus; refuses everything else by its name. ISO/IEC
//! 14496-12:2022, clause 8: sample tables with `moov` anywhere, fragments (8.8), edit lists (8.6.6); sound entries of QuickTime too.
//!
//! Times that come out are those of presentation, edit lists applied: one time line for all tracks, on which the first picture is at 0 or
//! later. What an edit list cuts off at the start is cut at the last key frame before it: players that are fed by script show nothing until a
//! key frame, so the pictures between that and the cut are shown too, with their sound. Decode times begin below 0 where pictures are
//! reordered, and those of sound where decoders need some before its beginning (priming): [`crate::fmp4::TrackHeader::skip`] says by how
//! much, and [`crate::fmp4::init_of`] writes it as the one entry of an edit list, which players follow (Safari, Chrome and Firefox,
//! FFmpeg), while offsets below zero shift the picture in some. Cuts inside a file are refused. Tracks of text, chapters and time codes are passed over.

mod edits;
mod lane;
mod movie;
mod outline;
mod refused;
mod tables;
mod window;

use std::collections::VecDeque;

use bytes::Bytes;

pub use refused::Refused;

use crate::{
    Codec, Frame, Timestamp,
    fmp4::{
        TrackHeader,
        read::{self, Init},
    },
    h264, h265,
};
use lane::{Found, Lane};
use movie::Movie as Moov;
use outline::Outline;
use refused::{damaged, look};
use tables::Row;
use window::Windows;

/// Bounds of one file's reading.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest index (`moov`), in bytes. It is walked twice, and never held; 1 GiB is more than tables of [`Limits::samples_max`] have.
    /// Closes: a file that is nothing but an index.
    pub moov_bytes_max: u32,
    /// Largest `moof`, in bytes. Closes: the same for one fragment.
    pub moof_bytes_max: u32,
    /// Most tracks. Closes: thousands of empty ones.
    pub tracks_max: usize,
    /// Most boxes side by side in the file; a recording of ten hours in fragments of one frame has two million. Closes: gigabytes of
    /// boxes of eight bytes.
    pub boxes_max: u32,
    /// Largest frame, in bytes. Closes: one that is as large as the file.
    pub frame_bytes_max: u32,
    /// Most frames of a track; 2^25 are 300 hours at 30 a second. Closes: tables that claim four billion of them without a byte each.
    pub samples_max: u64,
    /// Bytes that are asked for at once, where a frame is not larger.
    pub read_ahead_bytes: u32,
    /// Fragments whose tables are read ahead while a track has none, so that tracks in fragments of their own come out together. A
    /// track that has none in so many at the beginning is left out.
    pub fragments_ahead: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            moov_bytes_max: 1 << 30,
            moof_bytes_max: 8 << 20,
            tracks_max: 64,
            boxes_max: 1 << 22,
            frame_bytes_max: 32 << 20,
            samples_max: 1 << 25,
            read_ahead_bytes: 1 << 20,
            fragments_ahead: 256,
        }
    }
}

/// A range of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// First byte.
    pub offset: u64,
    /// Bytes, at least 1; never past the end of the file.
    pub len: u32,
}

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movie {
    /// Picture first; at most one picture and one sound.
    pub tracks: Vec<TrackHeader>,
    /// Its samples lie in fragments.
    pub fragmented: bool,
}

/// A sample that is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Times in ticks of the track's time scale, on the presentation's time line; lengths of NAL units have four bytes.
    pub frame: Frame,
    /// Ticks until the next sample of its track is decoded, as the file says.
    pub duration: u32,
}

/// What the demuxer has for its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Read this range and hand it to [`Demuxer::receive`]; until then every poll answers the same.
    Needs(Needs),
    /// The tracks; once, before the first sample.
    Movie(Movie),
    /// The next sample; decode times rise in each track, and over all tracks as far as the file allows.
    Sample(Sample),
    /// All was read.
    End,
}

/// Takes one file apart. Poll it until [`Event::End`].
#[derive(Debug)]
pub struct Demuxer {
    len: u64,
    limits: Limits,
    windows: Windows,
    state: State,
    /// Where the next box lies.
    at: u64,
    boxes_left: u32,
    outline: Option<Outline>,
    /// Tracks whose tables are to be surveyed.
    fresh: VecDeque<Lane>,
    /// How much before the movie's beginning is shown.
    lead: Timestamp,
    cover: Option<Needs>,
    lanes: Vec<Lane>,
    init: Init,
    /// Fragments may follow.
    walking: bool,
    /// Fragments read since a track last had none.
    ahead: u32,
    total: Found,
    cut_short: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Looking for the index.
    Boxes,
    /// Walking the index.
    Moov,
    /// Walking every track's tables.
    Tables,
    /// Looking for every track's first sample.
    Begin,
    Samples,
    Over,
}

/// A box at the top of the file.
struct Top {
    kind: [u8; 4],
    start: u64,
    /// Where its header ends.
    body: u64,
    end: u64,
}

/// How a step went.
enum Step<T> {
    Done(T),
    /// Bytes were asked for.
    Wait,
}

/// `?` for steps: answers [`Event::Needs`] or [`Step::Wait`].
macro_rules! step {
    ($step:expr, $wait:expr) => {
        match $step? {
            Step::Done(done) => done,
            Step::Wait => return Ok($wait),
        }
    };
}

impl Demuxer {
    /// Begins with a file of `len` bytes.
    pub fn new(len: u64, limits: Limits) -> Self {
        Self {
            len,
            windows: Windows::new(len),
            state: State::Boxes,
            at: 0,
            boxes_left: limits.boxes_max,
            limits,
            outline: None,
            fresh: VecDeque::new(),
            lead: Timestamp::new(0, 1),
            cover: None,
            lanes: Vec::new(),
            init: Init {
                brands: Vec::new(),
                tracks: Vec::new(),
            },
            walking: false,
            ahead: 0,
            total: Found::default(),
            cut_short: false,
        }
    }

    /// Gives the bytes that were asked for last. Fewer than that say that the file ends there, and refuse it.
    pub fn receive(&mut self, bytes: Bytes) -> Result<(), Refused> {
        self.windows.receive(bytes)
    }

    /// The last fragment was incomplete and was left out: a recording that was broken off. True at the earliest at the end.
    pub fn is_cut_short(&self) -> bool {
        self.cut_short
    }

    /// Where the picture lies that the file carries for itself (JPEG, PNG or anything else: its bytes say), and how long it is; known from
    /// [`Event::Movie`] on. The caller reads it, or not.
    pub fn cover(&self) -> Option<Needs> {
        self.cover
    }

    /// The next event. After an error there is none: the file is refused.
    pub fn poll(&mut self) -> Result<Event, Refused> {
        if let Some(needs) = self.windows.pending() {
            return Ok(Event::Needs(needs));
        }
        let polled = self.run();
        if polled.is_err() {
            self.state = State::Over;
            self.lanes.clear();
            self.fresh.clear();
            self.outline = None;
            self.windows.clear();
        }
        match polled? {
            Step::Done(event) => Ok(event),
            Step::Wait => match self.windows.pending() {
                Some(needs) => Ok(Event::Needs(needs)),
                None => Err(damaged("nothing to wait for")),
            },
        }
    }

    fn run(&mut self) -> Result<Step<Event>, Refused> {
        if self.state == State::Boxes {
            step!(self.find_moov(), Step::Wait);
            self.state = State::Moov;
        }
        if self.state == State::Moov {
            step!(self.read_moov(), Step::Wait);
            self.state = State::Tables;
        }
        if self.state == State::Tables {
            step!(self.survey(), Step::Wait);
            self.state = State::Begin;
        }
        if self.state == State::Begin {
            step!(self.begin(), Step::Wait);
            self.state = State::Samples;
            return Ok(Step::Done(Event::Movie(Movie {
                tracks: self.lanes.iter().map(|lane| lane.header.clone()).collect(),
                fragmented: self.walking,
            })));
        }
        if self.state == State::Samples {
            if let Some(sample) = step!(self.next_sample(), Step::Wait) {
                return Ok(Step::Done(Event::Sample(sample)));
            }
            self.state = State::Over;
            self.windows.clear();
        }
        Ok(Step::Done(Event::End))
    }

    /// The box at [`Self::at`]; `None` at the end of the file.
    fn top(&mut self, ahead: u32) -> Result<Step<Option<Top>>, Refused> {
        let left = self.len.saturating_sub(self.at);
        if left < 8 {
            return Ok(Step::Done(None));
        }
        let len = if left < 16 { 8 } else { 16 };
        let Some(head) = self.windows.want(self.at, len, ahead)? else {
            return Ok(Step::Wait);
        };
        self.boxes_left = self
            .boxes_left
            .checked_sub(1)
            .ok_or(Refused::TooMuch { what: "parts" })?;
        let wrong = damaged("a box at its top");
        let size = head
            .first_chunk()
            .map_or(0, |size| u32::from_be_bytes(*size));
        let kind = head.get(4..).and_then(|rest| rest.first_chunk()).copied();
        let (least, size) = match size {
            0 => (8, left),
            1 => {
                let long = head.get(8..).and_then(|rest| rest.first_chunk());
                (16, u64::from_be_bytes(*long.ok_or_else(|| wrong.clone())?))
            }
            size => (8, u64::from(size)),
        };
        let end = self.at.checked_add(size).filter(|_| size >= least);
        Ok(Step::Done(Some(Top {
            kind: kind.ok_or_else(|| wrong.clone())?,
            start: self.at,
            body: self.at.saturating_add(least),
            end: end.ok_or(wrong)?,
        })))
    }

    fn find_moov(&mut self) -> Result<Step<()>, Refused> {
        // What cannot begin such a file says best what it is.
        const HEAD: u32 = 4096;
        if self.at == 0 {
            let len = u32::try_from(self.len).unwrap_or(u32::MAX).min(HEAD);
            let head = if len == 0 {
                Bytes::new()
            } else {
                match self.windows.want(0, len, HEAD)? {
                    Some(head) => head,
                    None => return Ok(Step::Wait),
                }
            };
            if !begins_like_mp4(&head) {
                return Err(Refused::NotMp4 { what: look(&head) });
            }
        }
        loop {
            let Some(top) = step!(self.top(HEAD), Step::Wait) else {
                return Err(Refused::NoIndex);
            };
            if top.end > self.len {
                return Err(Refused::CutShort {
                    expected: top.end,
                    len: self.len,
                });
            }
            if top.kind != *b"moov" {
                self.at = top.end;
                continue;
            }
            if top.end - top.start > u64::from(self.limits.moov_bytes_max) {
                return Err(Refused::TooMuch { what: "an index" });
            }
            self.at = top.end;
            self.outline = Some(Outline::new(top.body, top.end));
            return Ok(Step::Done(()));
        }
    }

    fn read_moov(&mut self) -> Result<Step<()>, Refused> {
        let Some(outline) = &mut self.outline else {
            return Err(Refused::NoIndex);
        };
        if !outline.walk(&mut self.windows, &mut self.boxes_left)? {
            return Ok(Step::Wait);
        }
        self.cover = outline.cover();
        let moov = self.outline.take().map(Outline::into_moov);
        let movie = Moov::read(&moov.unwrap_or_default(), &self.limits)?;
        self.init = movie.init;
        self.walking = movie.fragmented;
        self.fresh = movie.taken.iter().map(Lane::new).collect();
        Ok(Step::Done(()))
    }

    fn survey(&mut self) -> Result<Step<()>, Refused> {
        while let Some(lane) = self.fresh.front_mut() {
            let Some(found) = lane.survey(self.lead, &self.limits, &mut self.windows)? else {
                return Ok(Step::Wait);
            };
            // Its first row is there already, if it has one.
            let has_samples = lane.head().is_some();
            if lane.video
                && let Some(begins) = lane.begins()
            {
                let before = begins.ticks().saturating_neg().max(0);
                self.lead = Timestamp::new(before, begins.scale());
            }
            self.count(found.count, found.bytes)?;
            if found.end > self.len {
                return Err(Refused::CutShort {
                    expected: found.end,
                    len: self.len,
                });
            }
            let Some(lane) = self.fresh.pop_front() else {
                break;
            };
            if lane.video && found.count > 0 && !has_samples {
                return Err(Refused::NoKeyFrame);
            }
            if has_samples || self.walking {
                self.lanes.push(lane);
            }
        }
        self.windows.clear();
        Ok(Step::Done(()))
    }

    /// Counts samples against the limits: none of them lies twice in the file.
    fn count(&mut self, samples: u64, bytes: u64) -> Result<(), Refused> {
        self.total.count = self.total.count.saturating_add(samples);
        self.total.bytes = self.total.bytes.saturating_add(bytes);
        if self.total.count > self.limits.samples_max.saturating_mul(2) {
            return Err(Refused::TooMuch { what: "frames" });
        }
        if self.total.bytes > self.len {
            return Err(damaged("its frames overlap"));
        }
        Ok(())
    }

    /// Finds every track's first sample, and from them the time line.
    fn begin(&mut self) -> Result<Step<()>, Refused> {
        loop {
            let mut missing = false;
            for lane in &mut self.lanes {
                if !lane.seek_start(&mut self.windows)? {
                    return Ok(Step::Wait);
                }
                missing |= lane.head().is_none();
            }
            if !(missing && self.may_walk()) {
                break;
            }
            step!(self.read_fragment(), Step::Wait);
        }
        let fragmented = self.total.count > 0;
        let no_picture = |lane: &Lane| lane.video && lane.head().is_none();
        if fragmented && self.lanes.iter().any(no_picture) {
            return Err(Refused::NoKeyFrame);
        }
        self.lanes.retain(|lane| lane.head().is_some());
        let starts: Vec<Timestamp> = self.lanes.iter().filter_map(Lane::begins).collect();
        let (Some(first), Some(earliest)) = (
            starts.first().copied(),
            starts.iter().copied().min_by(|a, b| compare(*a, *b)),
        ) else {
            return Err(Refused::Empty);
        };
        let picture_early = self.lanes.first().is_some_and(|lane| lane.video) && first.ticks() < 0;
        let origin = if picture_early {
            first
        } else if earliest.ticks() > 0 {
            earliest
        } else {
            Timestamp::new(0, 1)
        };
        for lane in &mut self.lanes {
            lane.place(origin);
        }
        self.ahead = 0;
        Ok(Step::Done(()))
    }

    /// There may be more fragments, and it is right to look at the next one already.
    fn may_walk(&self) -> bool {
        let waiting: usize = self.lanes.iter().map(Lane::waiting).sum();
        self.walking && self.ahead < self.limits.fragments_ahead && waiting < read::SAMPLES_MAX
    }

    fn next_sample(&mut self) -> Result<Step<Option<Sample>>, Refused> {
        loop {
            for lane in &mut self.lanes {
                if !lane.settle(&mut self.windows)? {
                    return Ok(Step::Wait);
                }
            }
            let heads: Vec<Option<Row>> = self.lanes.iter().map(Lane::head).collect();
            let none = heads.iter().all(Option::is_none);
            if heads.iter().all(Option::is_some) {
                self.ahead = 0;
            } else if self.may_walk() || none && self.walking {
                step!(self.read_fragment(), Step::Wait);
                continue;
            }
            let due = heads.iter().enumerate().filter_map(|(index, head)| {
                let lane = self.lanes.get(index)?;
                let dts = head.as_ref()?.dts.saturating_add(lane.shift_dts);
                Some((index, Timestamp::new(dts, lane.header.timescale)))
            });
            let Some((index, _)) = due.min_by(|a, b| compare(a.1, b.1)) else {
                return Ok(Step::Done(None));
            };
            let (Some(row), Some(lane)) = (heads[index], self.lanes.get_mut(index)) else {
                return Ok(Step::Done(None));
            };
            if row.size > self.limits.frame_bytes_max {
                return Err(Refused::TooMuch { what: "a frame" });
            }
            let ahead = self.limits.read_ahead_bytes;
            let Some(data) = self.windows.want(row.offset, row.size, ahead)? else {
                return Ok(Step::Wait);
            };
            lane.pop();
            if let Some(sample) = sample(lane, &row, &data) {
                return Ok(Step::Done(Some(sample)));
            }
        }
    }

    /// Reads the next fragment into the lanes.
    fn read_fragment(&mut self) -> Result<Step<()>, Refused> {
        loop {
            let Some(top) = step!(self.top(self.limits.read_ahead_bytes), Step::Wait) else {
                self.walking = false;
                return Ok(Step::Done(()));
            };
            if top.end > self.len && top.kind == *b"moof" {
                self.cut_off();
                return Ok(Step::Done(()));
            }
            if top.kind != *b"moof" {
                self.at = top.end;
                continue;
            }
            let size = u32::try_from(top.end - top.start)
                .ok()
                .filter(|size| *size <= self.limits.moof_bytes_max)
                .ok_or(Refused::TooMuch { what: "a fragment" })?;
            let ahead = self.limits.read_ahead_bytes;
            let Some(moof) = self.windows.want(top.start, size, ahead)? else {
                self.boxes_left = self.boxes_left.saturating_add(1);
                return Ok(Step::Wait);
            };
            self.at = top.end;
            self.ahead = self.ahead.saturating_add(1);
            self.take_fragment(&moof, top.start)?;
            return Ok(Step::Done(()));
        }
    }

    fn cut_off(&mut self) {
        self.cut_short = true;
        self.walking = false;
    }

    fn take_fragment(&mut self, moof: &Bytes, start: u64) -> Result<(), Refused> {
        let too_large = || Refused::TooMuch { what: "bytes" };
        let start = usize::try_from(start).map_err(|_| too_large())?;
        let len = usize::try_from(self.len).map_err(|_| too_large())?;
        let fragment = match read::fragment(moof, start, len, &self.init) {
            Ok(fragment) => fragment,
            // Its bytes were never written: all before it are whole.
            Err(read::Error::SampleOutside { .. }) => {
                self.cut_off();
                return Ok(());
            }
            Err(read::Error::TooMany { what }) => return Err(Refused::TooMuch { what }),
            Err(_) => return Err(damaged("a fragment")),
        };
        for run in fragment.tracks {
            let bytes = run
                .samples
                .iter()
                .map(|sample| sample.range.len() as u64)
                .sum();
            let known = self
                .lanes
                .iter()
                .position(|lane| lane.track_id == run.track_id);
            let Some(index) = known else {
                continue;
            };
            self.count(run.samples.len() as u64, bytes)?;
            let Some(lane) = self.lanes.get_mut(index) else {
                continue;
            };
            let mut dts = lane.next_base(run.base_decode_time);
            for sample in run.samples {
                lane.append(Row {
                    dts,
                    pts: dts.saturating_add(sample.composition_offset),
                    duration: sample.duration,
                    offset: sample.range.start as u64,
                    size: u32::try_from(sample.range.len()).unwrap_or(u32::MAX),
                    sync: sample.is_sync(),
                });
                dts = dts.saturating_add(sample.duration.into());
            }
        }
        Ok(())
    }
}

/// The sample of a row; `None` where nothing is left of it.
fn sample(lane: &Lane, row: &Row, data: &Bytes) -> Option<Sample> {
    let size = lane.nal_length_size;
    let (data, key) = match &lane.header.track.codec {
        Codec::H264(_) => {
            let data = h264::normalise(data, size);
            // Some writers mark every intra picture, or leave the marks out.
            let key = row.sync && h264::can_start(&data, 4);
            (data, key)
        }
        Codec::H265(_) => {
            let data = h265::normalise(data, size);
            let key = row.sync && h265::can_start(&data, 4);
            (data, key)
        }
        Codec::Av1(_) => (data.clone(), row.sync),
        Codec::Aac(_) | Codec::Opus(_) => (data.clone(), true),
    };
    let at =
        |ticks: i64, shift: i64| Timestamp::new(ticks.saturating_add(shift), lane.header.timescale);
    (!data.is_empty()).then(|| Sample {
        frame: Frame {
            track: lane.header.track.id,
            dts: at(row.dts, lane.shift_dts),
            pts: at(row.pts, lane.shift_pts),
            key,
            data,
        },
        duration: row.duration,
    })
}

/// Which of two moments is earlier, exactly.
fn compare(a: Timestamp, b: Timestamp) -> std::cmp::Ordering {
    let wide = |at: Timestamp, scale: u32| i128::from(at.ticks()) * i128::from(scale);
    wide(a, b.scale()).cmp(&wide(b, a.scale()))
}

/// The boxes that files of this family begin with.
fn begins_like_mp4(head: &[u8]) -> bool {
    matches!(
        head.get(4..8),
        Some(
            b"ftyp"
                | b"moov"
                | b"mdat"
                | b"free"
                | b"skip"
                | b"wide"
                | b"pnot"
                | b"styp"
                | b"moof"
                | b"sidx"
                | b"uuid"
                | b"udta"
                | b"junk"
                | b"PICT"
        )
    )
}

//! Samples in, one append-only file of segments and its index out; nothing is encoded anew.
//!
//! Segments are cut at the key frame nearest to [`Settings::segment_target_ms`]; where none comes for
//! [`Settings::segment_longest_ms`] one is cut without, and the index says so. A segment is `styp` and one or more fragments, since a
//! fragment is written when it has [`Settings::fragment_bytes_max`] bytes: no more than that is held. Picture and sound lie in one
//! rendition. Samples come with decode times that rise in each track, as [`media::mp4::Demuxer`] gives them. Time lines keep their ticks, so
//! that every sample is shown when the source shows it.
//!
//! Where sound is missing beside pictures for longer than [`Settings::silence_from_ms`], frames of silence stand in the file: browsers
//! play picture and sound of one rendition as far as both go, and would stop where the sound ends.

use std::collections::VecDeque;

use bytes::Bytes;
use media::{
    Codec, Frame, Kind, Timestamp,
    fmp4::{self, Run, TrackHeader},
    mp4::Sample,
    opus,
};

use crate::index::{self, Index, Segment};

/// Most frames of silence in a file: some four hours, ten megabytes. Closes: a file of kilobytes whose pictures are days apart.
const SILENCE_FRAMES_MAX: u32 = 1 << 20;

/// How files are cut.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long segments are to be, in ms. 6 s is what Apple's authoring specification for HLS asks for (1.2.9).
    pub segment_target_ms: u32,
    /// The longest a segment gets while no key frame comes, in ms. Closes: a screen recording of hours with one key frame.
    pub segment_longest_ms: u32,
    /// Bytes after which a fragment is written. Closes: a segment that is held whole.
    pub fragment_bytes_max: usize,
    /// How long sound may be missing beside pictures before silence takes its place, in ms. Players bridge half a second or so; a hole that
    /// is left keeps the source's frames as they are.
    pub silence_from_ms: u32,
    /// Frames after which one is written. Closes: the same for frames of a few bytes.
    pub fragment_samples_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_target_ms: 6000,
            segment_longest_ms: 30_000,
            silence_from_ms: 1000,
            fragment_bytes_max: 4 << 20,
            fragment_samples_max: 1 << 14,
        }
    }
}

/// Why packaging stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A sample of a track that was not announced: a defect of whoever sends it.
    #[error("a frame belongs to no track of this file")]
    UnknownTrack,
    /// A segment of 4 GiB, or more than [`index::SEGMENTS_MAX`] segments.
    #[error("the file is too large to be cut into segments")]
    TooLarge,
    /// Nothing was sent.
    #[error("the file holds no frames")]
    Empty,
}

/// What the packager has for its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Append these bytes to the file.
    Append(Bytes),
    /// A segment is whole; its bytes were appended before.
    Segment(Segment),
}

/// Packages one file. Push samples, drain [`Packager::poll`] after each, then [`Packager::finish`] and drain again.
#[derive(Debug)]
pub struct Packager {
    settings: Settings,
    lanes: Vec<Lane>,
    index: Index,
    /// Bytes appended so far.
    written: u64,
    sequence: u32,
    open: Option<Open>,
    held_bytes: usize,
    held_samples: usize,
    /// When the last key frame of the leading track was shown, in its ticks.
    last_key: Option<i64>,
    /// Frames of silence that may still be made.
    silence_left: u32,
    out: VecDeque<Output>,
}

/// The segment that is being written.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Ticks of the leading track.
    start: i64,
    offset: u64,
    /// Whether its first picture is a key frame, once there was a picture.
    first_picture_key: Option<bool>,
}

/// A track's part of the fragment that is gathered.
#[derive(Debug)]
struct Lane {
    header: TrackHeader,
    samples: Vec<fmp4::Sample>,
    data: Vec<Bytes>,
    /// Decode time of the first gathered sample, and of the one before the next.
    base: i64,
    last_dts: i64,
    /// Where the sound of the last sample ends, by what it decodes to.
    next: i64,
    /// Of all samples.
    count: u64,
    first_shown: i64,
    last_shown: i64,
    /// When the last one shown ends.
    end: i64,
}

impl Packager {
    /// Begins a file with these tracks; the first one leads: where it has key frames, segments are cut.
    pub fn new(settings: Settings, tracks: &[TrackHeader]) -> Self {
        let init = fmp4::init_of(tracks);
        let timescale = tracks.first().map_or(1, |header| header.timescale);
        let init_bytes = u32::try_from(init.len()).unwrap_or(u32::MAX);
        Self {
            settings,
            lanes: tracks.iter().cloned().map(Lane::new).collect(),
            index: Index::new(
                timescale,
                init_bytes,
                tracks.iter().map(index::Track::of).collect(),
            ),
            written: init.len() as u64,
            sequence: 1,
            open: None,
            held_bytes: 0,
            held_samples: 0,
            last_key: None,
            silence_left: SILENCE_FRAMES_MAX,
            out: VecDeque::from([Output::Append(init)]),
        }
    }

    /// Takes the next sample.
    pub fn push(&mut self, sample: Sample) -> Result<(), Error> {
        let track = sample.frame.track;
        let known = (self.lanes.iter()).position(|lane| lane.header.track.id == track);
        let place = known.ok_or(Error::UnknownTrack)?;
        self.fill(place, sample.frame.dts);
        if let Some(at) = self.cut_before(place, &sample) {
            self.close(at)?;
        }
        self.put(place, sample);
        Ok(())
    }

    /// Puts silence into the hole that a track of sound beside pictures has before `until`, if it is one.
    fn fill(&mut self, place: usize, until: Timestamp) {
        let Some(lane) = self.lanes.get(place).filter(|_| place > 0) else {
            return;
        };
        let Some(silence) = Silence::of(&lane.header.track.codec) else {
            return;
        };
        let (track, scale) = (lane.header.track.id, lane.header.timescale);
        let ticks = |ms: u32| Timestamp::from_ms(ms.into()).to_scale(scale);
        let (mut at, until) = (lane.next, until.to_scale(scale));
        if until.saturating_sub(at) < ticks(self.settings.silence_from_ms).max(1) {
            return;
        }
        // A jump of pictures is no reason for hours of silence.
        let until = until.min(at.saturating_add(ticks(self.settings.segment_longest_ms)));
        let duration = silence.ticks(scale);
        while at.saturating_add(duration.into()) <= until && self.silence_left > 0 {
            let time = Timestamp::new(at, scale);
            let frame = Frame {
                track,
                dts: time,
                pts: time,
                key: true,
                data: Bytes::from_static(silence.data),
            };
            self.put(place, Sample { frame, duration });
            self.silence_left -= 1;
            at = at.saturating_add(duration.into());
        }
    }

    /// Puts a sample into the open segment, or begins one with it.
    fn put(&mut self, place: usize, sample: Sample) {
        let is_full = self.held_samples >= self.settings.fragment_samples_max
            || self.held_bytes.saturating_add(sample.frame.data.len())
                > self.settings.fragment_bytes_max;
        if is_full {
            self.write_fragment();
        }
        let scale = self.index.timescale();
        let shown = sample.frame.pts.to_scale(scale).max(0);
        if self.open.is_none() {
            self.open = Some(Open {
                start: shown,
                offset: self.written,
                first_picture_key: None,
            });
            self.append(Bytes::from_static(&fmp4::SEGMENT_TYPE));
        }
        let Some(lane) = self.lanes.get_mut(place) else {
            return;
        };
        if let Some(open) = &mut self.open {
            if lane.header.track.kind() == Kind::Video {
                open.first_picture_key.get_or_insert(sample.frame.key);
            }
            // The item begins with what is shown first of all its tracks.
            if self.index.segments().is_empty() {
                open.start = open.start.min(shown);
            }
        }
        if place == 0 && sample.frame.key {
            self.last_key = Some(shown);
        }
        self.held_bytes = self.held_bytes.saturating_add(sample.frame.data.len());
        self.held_samples += 1;
        lane.take(sample);
    }

    /// No more samples come: the last segment is written. Drain [`Packager::poll`], then take [`Packager::into_index`].
    pub fn finish(&mut self) -> Result<(), Error> {
        let scale = self.index.timescale();
        let ends = self
            .lanes
            .iter()
            .filter(|lane| lane.count > 0)
            .map(|lane| Timestamp::new(lane.end, lane.header.timescale).to_scale(scale));
        let end = ends.max().ok_or(Error::Empty)?;
        self.close(end)?;
        for (place, lane) in self.lanes.iter().enumerate() {
            self.index.set_rate(place, lane.frames_per_1000_s());
        }
        Ok(())
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// The index of the segments written so far.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The index of a file that was finished.
    pub fn into_index(self) -> Index {
        self.index
    }

    /// When the open segment ends, if it ends before this sample; in ticks of the leading track.
    fn cut_before(&self, place: usize, sample: &Sample) -> Option<i64> {
        let open = self.open?;
        let scale = self.index.timescale();
        let ticks = |ms: u32| i64::from(ms).saturating_mul(scale.into()) / 1000;
        let target = ticks(self.settings.segment_target_ms).max(1);
        let frame = &sample.frame;
        if place == 0 && frame.key {
            let at = frame.pts.to_scale(scale);
            let length = at.saturating_sub(open.start);
            // As far from the target as the next key frame, if that comes as this one came, or nearer.
            let group = at.saturating_sub(self.last_key.unwrap_or(at)).max(0);
            let near = length >= target / 2 && length.saturating_add(group / 2) >= target;
            if near || length >= target {
                return Some(at);
            }
        }
        let at = frame.dts.to_scale(scale);
        let longest = ticks(self.settings.segment_longest_ms).max(target);
        (at.saturating_sub(open.start) >= longest).then_some(at)
    }

    /// Writes the rest of the open segment, which ends at `end`, into file and index.
    fn close(&mut self, end: i64) -> Result<(), Error> {
        if self.open.is_some() {
            let end = Timestamp::new(end, self.index.timescale());
            for place in 0..self.lanes.len() {
                self.fill(place, end);
            }
        }
        self.write_fragment();
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let ticks = |at: i64| u64::try_from(at).unwrap_or(0);
        // Segments follow each other without a gap, whatever times say.
        let after = self.index.segments().last().map(Segment::end);
        let start = after.unwrap_or_else(|| ticks(open.start));
        let segment = Segment {
            start,
            duration: ticks(end).saturating_sub(start),
            offset: open.offset,
            len: u32::try_from(self.written.saturating_sub(open.offset))
                .map_err(|_| Error::TooLarge)?,
            independent: open.first_picture_key.unwrap_or(true),
        };
        if !self.index.push(segment) {
            return Err(Error::TooLarge);
        }
        self.out.push_back(Output::Segment(segment));
        Ok(())
    }

    /// Writes what was gathered as one fragment.
    fn write_fragment(&mut self) {
        if self.held_samples == 0 {
            return;
        }
        let runs: Vec<Run<'_>> = self.lanes.iter().map(Lane::run).collect();
        let head = fmp4::fragment_head(self.sequence, &runs);
        self.sequence = self.sequence.wrapping_add(1);
        self.append(head);
        let data: Vec<Bytes> = self.lanes.iter_mut().flat_map(Lane::drain).collect();
        for bytes in data {
            self.append(bytes);
        }
        (self.held_bytes, self.held_samples) = (0, 0);
    }

    fn append(&mut self, bytes: Bytes) {
        self.written = self.written.saturating_add(bytes.len() as u64);
        self.out.push_back(Output::Append(bytes));
    }
}

impl Lane {
    fn new(header: TrackHeader) -> Self {
        Self {
            next: i64::from(header.skip).saturating_neg(),
            header,
            samples: Vec::new(),
            data: Vec::new(),
            base: 0,
            last_dts: 0,
            count: 0,
            first_shown: i64::MAX,
            last_shown: i64::MIN,
            end: 0,
        }
    }

    fn take(&mut self, sample: Sample) {
        let scale = self.header.timescale;
        let (dts, pts) = (
            sample.frame.dts.to_scale(scale),
            sample.frame.pts.to_scale(scale),
        );
        // A sample lasts until the next one: where frames were left out between them, the one before them stays.
        if let Some(last) = self.samples.last_mut() {
            last.duration = u32::try_from(dts.saturating_sub(self.last_dts)).unwrap_or(0);
        } else {
            self.base = dts;
        }
        let length = sound_ticks(&self.header, &sample.frame.data);
        self.next = dts.saturating_add(length.unwrap_or(sample.duration).into());
        // Some files say of a hole in the sound that the frame before it lasts so long.
        let duration = match length {
            Some(length) if sample.duration > length.saturating_mul(2) => length,
            _ => sample.duration,
        };
        self.samples.push(fmp4::Sample {
            duration,
            size: u32::try_from(sample.frame.data.len()).unwrap_or(u32::MAX),
            composition_offset: saturating_i32(pts.saturating_sub(dts)),
            key: sample.frame.key,
        });
        self.data.push(sample.frame.data);
        self.last_dts = dts;
        self.count += 1;
        self.first_shown = self.first_shown.min(pts);
        self.last_shown = self.last_shown.max(pts);
        self.end = self.end.max(pts.saturating_add(duration.into()));
    }

    /// Decode times in the file count from the first sample, where that lies before 0: the edit list takes it back.
    fn run(&self) -> Run<'_> {
        let base = self.base.saturating_add(self.header.skip.into());
        Run {
            track: self.header.track.id,
            base_decode_time: u64::try_from(base).unwrap_or(0),
            samples: &self.samples,
        }
    }

    fn drain(&mut self) -> Vec<Bytes> {
        self.samples.clear();
        std::mem::take(&mut self.data)
    }

    /// From the first picture to the last one; 0 for sound. What the last one's duration says is often a guess.
    fn frames_per_1000_s(&self) -> u32 {
        let ticks = self.last_shown.saturating_sub(self.first_shown);
        let ticks = u128::try_from(ticks).unwrap_or(0);
        if self.header.track.kind() != Kind::Video || ticks == 0 {
            return 0;
        }
        let frames =
            u128::from(self.count.saturating_sub(1)) * 1000 * u128::from(self.header.timescale);
        u32::try_from((frames + ticks / 2) / ticks).unwrap_or(u32::MAX)
    }
}

/// A frame that decodes to silence.
struct Silence {
    data: &'static [u8],
    samples: u32,
    rate: u32,
}

impl Silence {
    /// `None` for pictures, and for arrangements of sound that none is known for.
    fn of(codec: &Codec) -> Option<Self> {
        match codec {
            Codec::Aac(config) => Some(Self {
                data: config.silence()?,
                samples: config.frame_samples(),
                rate: config.sample_rate(),
            }),
            Codec::Opus(config) => Some(Self {
                data: config.silence(),
                samples: opus::PACKET_SAMPLES_USUAL,
                rate: opus::RATE,
            }),
            Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) => None,
        }
    }

    /// How long it lasts, at least 1 tick.
    fn ticks(&self, scale: u32) -> u32 {
        ticks(self.samples, self.rate, scale)
    }
}

/// What a frame of sound decodes to, in ticks of its track; `None` for pictures, and where it cannot be told.
fn sound_ticks(header: &TrackHeader, data: &[u8]) -> Option<u32> {
    let (samples, rate) = match &header.track.codec {
        Codec::Aac(config) => (config.frame_samples(), config.sample_rate()),
        Codec::Opus(_) => (opus::packet_samples(data)?, opus::RATE),
        Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) => return None,
    };
    Some(ticks(samples, rate, header.timescale))
}

fn ticks(samples: u32, rate: u32, scale: u32) -> u32 {
    let ticks = Timestamp::new(samples.into(), rate).to_scale(scale);
    u32::try_from(ticks).unwrap_or(u32::MAX).max(1)
}

fn saturating_i32(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

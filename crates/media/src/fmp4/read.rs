//! A bounded reader of fragmented MP4: initialisation segments to tracks, media segments to samples.
//!
//! Reads what [`super::init`] and [`super::fragment_head`] write and what other packagers write in its place: any order of
//! boxes, unknown boxes skipped, both versions, all optional fields. Never panics and never allocates by a claimed size:
//! samples are counted against [`SAMPLES_MAX`]. ISO/IEC 14496-12, clause 8; does not read sample tables of plain MP4.

use std::ops::Range;

use bytes::Bytes;

use super::FLAG_NON_SYNC;
use crate::{Codec, aac, h264};

/// Most samples that one call reads. Closes: a few bytes of `trun` may claim four billion samples of no size.
pub const SAMPLES_MAX: usize = 1 << 18;
/// Most tracks of an initialisation segment.
pub const TRACKS_MAX: usize = 64;

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A box says it is longer than what holds it, or shorter than its own header; `at` counts from the start of the file.
    #[error("the box at byte {at} does not fit what holds it")]
    BoxSize {
        /// Byte offset of the box.
        at: usize,
    },
    /// A box ends before its fields do.
    #[error("{kind} at byte {at} ends inside its fields")]
    Short {
        /// Type of the box.
        kind: Kind,
        /// Byte offset of the box.
        at: usize,
    },
    /// A box that must be there is not.
    #[error("there is no {kind}")]
    Missing {
        /// Type of the box.
        kind: Kind,
    },
    /// A fragment names a track that the initialisation segment lacks.
    #[error("a fragment holds track {track_id}, which the initialisation segment does not have")]
    UnknownTrack {
        /// `track_ID`.
        track_id: u32,
    },
    /// A sample lies outside the file.
    #[error("a sample of track {track_id} lies outside the file")]
    SampleOutside {
        /// `track_ID`.
        track_id: u32,
    },
    /// More than [`SAMPLES_MAX`] samples or [`TRACKS_MAX`] tracks.
    #[error("too many {what}")]
    TooMany {
        /// Samples or tracks.
        what: &'static str,
    },
}

/// Type of a box, four characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(pub [u8; 4]);

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// A box inside a file.
#[derive(Clone, Copy, Debug)]
pub struct Boxed<'a> {
    /// Its type.
    pub kind: Kind,
    /// Where its header begins, from the start of the file.
    pub start: usize,
    /// Where its body begins, from the start of the file.
    pub body_start: usize,
    /// What is inside.
    pub body: &'a [u8],
}

impl<'a> Boxed<'a> {
    /// The box with its header, as a range of the file.
    pub fn range(&self) -> Range<usize> {
        self.start..self.body_start + self.body.len()
    }

    /// The boxes inside.
    pub fn children(&self) -> Boxes<'a> {
        Boxes {
            data: self.body,
            base: self.body_start,
            at: 0,
        }
    }

    /// The first box of a type inside.
    fn find(&self, kind: [u8; 4]) -> Result<Option<Self>, Error> {
        self.children().find_kind(kind)
    }

    fn require(&self, kind: [u8; 4]) -> Result<Self, Error> {
        self.find(kind)?.ok_or(Error::Missing { kind: Kind(kind) })
    }

    fn fields(&self) -> Fields<'a> {
        Fields {
            left: self.body,
            short: Error::Short {
                kind: self.kind,
                at: self.start,
            },
        }
    }
}

/// Walks boxes side by side; ends after the first error.
#[derive(Clone, Debug)]
pub struct Boxes<'a> {
    data: &'a [u8],
    base: usize,
    at: usize,
}

impl<'a> Boxes<'a> {
    /// The boxes of a file.
    pub fn new(file: &'a [u8]) -> Self {
        Self {
            data: file,
            base: 0,
            at: 0,
        }
    }

    fn find_kind(self, kind: [u8; 4]) -> Result<Option<Boxed<'a>>, Error> {
        for found in self {
            let found = found?;
            if found.kind.0 == kind {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn step(&self, rest: &'a [u8]) -> Option<Boxed<'a>> {
        let size = u32::from_be_bytes(*rest.first_chunk()?);
        let kind = Kind(*rest.get(4..)?.first_chunk()?);
        let (header, size) = match size {
            0 => (8, rest.len()),
            1 => (
                16,
                usize::try_from(u64::from_be_bytes(*rest.get(8..)?.first_chunk()?)).ok()?,
            ),
            size => (8, usize::try_from(size).ok()?),
        };
        let start = self.base + self.at;
        Some(Boxed {
            kind,
            start,
            body_start: start + header,
            body: rest.get(header..size)?,
        })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Boxed<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.data.get(self.at..).filter(|rest| !rest.is_empty())?;
        let found = self.step(rest);
        self.at = match &found {
            Some(found) => found.range().end - self.base,
            None => {
                let at = self.base + self.at;
                self.at = self.data.len();
                return Some(Err(Error::BoxSize { at }));
            }
        };
        found.map(Ok)
    }
}

/// The fields of a box, in order.
struct Fields<'a> {
    left: &'a [u8],
    short: Error,
}

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self
            .left
            .split_first_chunk()
            .ok_or_else(|| self.short.clone())?;
        self.left = tail;
        Ok(*head)
    }

    fn skip(&mut self, count: usize) -> Result<(), Error> {
        self.left = self.left.get(count..).ok_or_else(|| self.short.clone())?;
        Ok(())
    }

    fn u16(&mut self) -> Result<u16, Error> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, Error> {
        self.take().map(u64::from_be_bytes)
    }

    /// Version and flags.
    fn full(&mut self) -> Result<(u8, u32), Error> {
        let word = self.u32()?;
        Ok((word.to_be_bytes()[0], word & 0x00ff_ffff))
    }
}

/// An initialisation segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// Major brand and compatible brands, in order.
    pub brands: Vec<Kind>,
    /// In the order of the file.
    pub tracks: Vec<InitTrack>,
}

impl Init {
    /// The track with this `track_ID`.
    pub fn track(&self, track_id: u32) -> Option<&InitTrack> {
        self.tracks.iter().find(|track| track.track_id == track_id)
    }
}

/// A track of an initialisation segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitTrack {
    /// `track_ID`.
    pub track_id: u32,
    /// Ticks per second (`mdhd`).
    pub timescale: u32,
    /// `vide`, `soun` or another.
    pub handler: Kind,
    /// Type of the sample entry, such as `avc1`.
    pub entry: Kind,
    /// Width and height of the sample entry in pixels; 0 for sound.
    pub size: (u32, u32),
    /// The configuration, where the codec is one of ours and understood.
    pub codec: Option<Codec>,
    /// `default_sample_duration`, `default_sample_size`, `default_sample_flags` of `trex`.
    pub defaults: Defaults,
}

impl InitTrack {
    /// Pictures.
    pub fn is_video(&self) -> bool {
        self.handler.0 == *b"vide"
    }
}

/// What samples have that do not say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Ticks.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Sample flags.
    pub flags: u32,
}

/// Reads an initialisation segment.
pub fn init(file: &[u8]) -> Result<Init, Error> {
    let mut brands = Vec::new();
    if let Some(ftyp) = Boxes::new(file).find_kind(*b"ftyp")? {
        let (chunks, _) = ftyp.body.as_chunks::<4>();
        // The second word is the minor version.
        brands.extend(
            chunks
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != 1)
                .take(TRACKS_MAX)
                .map(|(_, brand)| Kind(*brand)),
        );
    }
    let moov = Boxes::new(file)
        .find_kind(*b"moov")?
        .ok_or(Error::Missing {
            kind: Kind(*b"moov"),
        })?;
    let mut tracks = Vec::new();
    for found in moov.children() {
        let found = found?;
        if found.kind.0 == *b"trak" {
            if tracks.len() == TRACKS_MAX {
                return Err(Error::TooMany { what: "tracks" });
            }
            tracks.push(read_trak(&found)?);
        }
    }
    if let Some(mvex) = moov.find(*b"mvex")? {
        for found in mvex.children() {
            let found = found?;
            if found.kind.0 == *b"trex" {
                let mut fields = found.fields();
                fields.full()?;
                let track_id = fields.u32()?;
                fields.u32()?;
                let defaults = Defaults {
                    duration: fields.u32()?,
                    size: fields.u32()?,
                    flags: fields.u32()?,
                };
                if let Some(track) = tracks.iter_mut().find(|track| track.track_id == track_id) {
                    track.defaults = defaults;
                }
            }
        }
    }
    Ok(Init { brands, tracks })
}

fn read_trak(trak: &Boxed<'_>) -> Result<InitTrack, Error> {
    let mut fields = trak.require(*b"tkhd")?.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let track_id = fields.u32()?;

    let mdia = trak.require(*b"mdia")?;
    let mut fields = mdia.require(*b"mdhd")?.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let timescale = fields.u32()?;

    let mut fields = mdia.require(*b"hdlr")?.fields();
    fields.skip(8)?;
    let handler = Kind(fields.take()?);

    let stsd = mdia
        .require(*b"minf")?
        .require(*b"stbl")?
        .require(*b"stsd")?;
    let mut entries = stsd.children();
    // Version, flags and the count of entries come before the first one.
    entries.at = 8;
    let entry = entries.next().ok_or(Error::Missing {
        kind: Kind(*b"stsd"),
    })??;
    let (size, codec) = read_entry(&entry)?;
    Ok(InitTrack {
        track_id,
        timescale,
        handler,
        entry: entry.kind,
        size,
        codec,
        defaults: Defaults::default(),
    })
}

fn read_entry(entry: &Boxed<'_>) -> Result<((u32, u32), Option<Codec>), Error> {
    match &entry.kind.0 {
        b"avc1" | b"avc3" => {
            let mut fields = entry.fields();
            fields.skip(24)?;
            let size = (u32::from(fields.u16()?), u32::from(fields.u16()?));
            let record = children_from(entry, 78).find_kind(*b"avcC")?;
            let config = record
                .and_then(|found| h264::Config::parse(Bytes::copy_from_slice(found.body)).ok());
            Ok((size, config.map(Codec::H264)))
        }
        b"mp4a" => {
            let specific = match children_from(entry, 28).find_kind(*b"esds")? {
                Some(esds) => audio_specific(esds.body.get(4..).unwrap_or_default()),
                None => None,
            };
            let config =
                specific.and_then(|bytes| aac::Config::parse(Bytes::copy_from_slice(bytes)).ok());
            Ok(((0, 0), config.map(Codec::Aac)))
        }
        _ => Ok(((0, 0), None)),
    }
}

/// The boxes of a sample entry, which begin after its fields.
fn children_from<'a>(entry: &Boxed<'a>, fields: usize) -> Boxes<'a> {
    let mut boxes = entry.children();
    boxes.at = fields;
    boxes
}

/// The decoder specific information inside an ES descriptor.
fn audio_specific(descriptors: &[u8]) -> Option<&[u8]> {
    let (3, stream) = descriptor(descriptors)? else {
        return None;
    };
    // ES_ID, then a byte whose upper bits say which optional fields follow.
    let flags = *stream.get(2)?;
    let mut at = 3;
    if flags & 0x80 != 0 {
        at += 2;
    }
    if flags & 0x40 != 0 {
        at += 1 + usize::from(*stream.get(at)?);
    }
    if flags & 0x20 != 0 {
        at += 2;
    }
    let (4, decoder) = descriptor(stream.get(at..)?)? else {
        return None;
    };
    let (5, specific) = descriptor(decoder.get(13..)?)? else {
        return None;
    };
    Some(specific)
}

/// A descriptor's tag and body.
fn descriptor(data: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, mut rest) = data.split_first()?;
    let mut length = 0_usize;
    for _ in 0..4 {
        let (byte, tail) = rest.split_first()?;
        rest = tail;
        length = (length << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((*tag, rest.get(..length)?))
}

/// A `moof` and its `mdat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// `sequence_number` of `mfhd`.
    pub sequence: u32,
    /// From the start of `moof` to the end of the `mdat` behind it (or of `moof`, where none follows).
    pub range: Range<usize>,
    /// One per `traf`, in order.
    pub tracks: Vec<FragmentTrack>,
}

/// The samples of one track in a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FragmentTrack {
    /// `track_ID`.
    pub track_id: u32,
    /// Decode time of the first sample in ticks (`tfdt`); `None` where it is missing, which CMAF forbids.
    pub base_decode_time: Option<u64>,
    /// In decode order.
    pub samples: Vec<ReadSample>,
}

impl FragmentTrack {
    /// Sum of the samples' durations, in ticks.
    pub fn duration(&self) -> u64 {
        self.samples
            .iter()
            .map(|sample| u64::from(sample.duration))
            .sum()
    }
}

/// A sample as a fragment describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSample {
    /// Ticks.
    pub duration: u32,
    /// Sample flags.
    pub flags: u32,
    /// `pts - dts` in ticks.
    pub composition_offset: i64,
    /// Where its bytes are in the file.
    pub range: Range<usize>,
}

impl ReadSample {
    /// A sync sample by its flags.
    pub fn is_sync(&self) -> bool {
        self.flags & FLAG_NON_SYNC == 0
    }
}

/// Reads the fragments of a media segment or part. Every sample's range lies inside `file`.
pub fn fragments(file: &[u8], init: &Init) -> Result<Vec<Fragment>, Error> {
    let mut budget = SAMPLES_MAX;
    let mut list: Vec<Fragment> = Vec::new();
    for found in Boxes::new(file) {
        let found = found?;
        match &found.kind.0 {
            b"moof" => list.push(read_moof(&found, file.len(), init, &mut budget)?),
            b"mdat" => {
                if let Some(last) = list.last_mut() {
                    last.range.end = found.range().end;
                }
            }
            _ => {}
        }
    }
    Ok(list)
}

fn read_moof(
    moof: &Boxed<'_>,
    file_len: usize,
    init: &Init,
    budget: &mut usize,
) -> Result<Fragment, Error> {
    let mut fields = moof.require(*b"mfhd")?.fields();
    fields.full()?;
    let sequence = fields.u32()?;
    let mut tracks = Vec::new();
    for found in moof.children() {
        let found = found?;
        if found.kind.0 == *b"traf" {
            if tracks.len() == TRACKS_MAX {
                return Err(Error::TooMany { what: "tracks" });
            }
            tracks.push(read_traf(&found, moof.start, file_len, init, budget)?);
        }
    }
    Ok(Fragment {
        sequence,
        range: moof.range(),
        tracks,
    })
}

/// What `tfhd` says.
struct TrackHead {
    track_id: u32,
    /// What data offsets count from.
    base: u64,
    defaults: Defaults,
}

fn read_tfhd(tfhd: &Boxed<'_>, moof_start: usize, init: &Init) -> Result<TrackHead, Error> {
    let mut fields = tfhd.fields();
    let (_, flags) = fields.full()?;
    let track_id = fields.u32()?;
    let mut defaults = init
        .track(track_id)
        .ok_or(Error::UnknownTrack { track_id })?
        .defaults;
    let base = if flags & 0x01 != 0 {
        fields.u64()?
    } else {
        moof_start as u64
    };
    if flags & 0x02 != 0 {
        fields.u32()?;
    }
    if flags & 0x08 != 0 {
        defaults.duration = fields.u32()?;
    }
    if flags & 0x10 != 0 {
        defaults.size = fields.u32()?;
    }
    if flags & 0x20 != 0 {
        defaults.flags = fields.u32()?;
    }
    Ok(TrackHead {
        track_id,
        base,
        defaults,
    })
}

fn read_traf(
    traf: &Boxed<'_>,
    moof_start: usize,
    file_len: usize,
    init: &Init,
    budget: &mut usize,
) -> Result<FragmentTrack, Error> {
    let head = read_tfhd(&traf.require(*b"tfhd")?, moof_start, init)?;
    let base_decode_time = match traf.find(*b"tfdt")? {
        Some(tfdt) => {
            let mut fields = tfdt.fields();
            let (version, _) = fields.full()?;
            Some(if version == 1 {
                fields.u64()?
            } else {
                u64::from(fields.u32()?)
            })
        }
        None => None,
    };
    let mut samples = Vec::new();
    let mut data_at = head.base;
    for found in traf.children() {
        let found = found?;
        if found.kind.0 == *b"trun" {
            data_at = read_trun(&found, &head, data_at, file_len, budget, &mut samples)?;
        }
    }
    Ok(FragmentTrack {
        track_id: head.track_id,
        base_decode_time,
        samples,
    })
}

/// Reads a run into `samples` and answers where the data of the next one begin unless it says.
fn read_trun(
    trun: &Boxed<'_>,
    head: &TrackHead,
    data_at: u64,
    file_len: usize,
    budget: &mut usize,
    samples: &mut Vec<ReadSample>,
) -> Result<u64, Error> {
    let outside = Error::SampleOutside {
        track_id: head.track_id,
    };
    let mut fields = trun.fields();
    let (version, flags) = fields.full()?;
    let count = fields.u32()?;
    *budget = usize::try_from(count)
        .ok()
        .and_then(|count| budget.checked_sub(count))
        .ok_or(Error::TooMany { what: "samples" })?;
    let mut at = data_at;
    if flags & 0x01 != 0 {
        let offset = i32::from_be_bytes(fields.take()?);
        at = head
            .base
            .checked_add_signed(i64::from(offset))
            .ok_or_else(|| outside.clone())?;
    }
    let mut first_flags = None;
    if flags & 0x04 != 0 {
        first_flags = Some(fields.u32()?);
    }
    for _ in 0..count {
        let duration = if flags & 0x100 != 0 {
            fields.u32()?
        } else {
            head.defaults.duration
        };
        let size = if flags & 0x200 != 0 {
            fields.u32()?
        } else {
            head.defaults.size
        };
        let own_flags = if flags & 0x400 != 0 {
            fields.u32()?
        } else {
            head.defaults.flags
        };
        let composition_offset = match (flags & 0x800 != 0, version) {
            (false, _) => 0,
            (true, 0) => i64::from(fields.u32()?),
            (true, _) => i64::from(i32::from_be_bytes(fields.take()?)),
        };
        let end = at
            .checked_add(u64::from(size))
            .ok_or_else(|| outside.clone())?;
        let range = usize::try_from(at)
            .ok()
            .zip(usize::try_from(end).ok())
            .map(|(start, end)| start..end);
        let range = range
            .filter(|range| range.end <= file_len)
            .ok_or_else(|| outside.clone())?;
        samples.push(ReadSample {
            duration,
            flags: first_flags.take().unwrap_or(own_flags),
            composition_offset,
            range,
        });
        at = end;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_longer_than_the_file_is_an_error_and_ends_the_walk() {
        let mut boxes = Boxes::new(&[0, 0, 0, 16, b'm', b'o', b'o', b'v', 0]);
        assert!(matches!(boxes.next(), Some(Err(Error::BoxSize { at: 0 }))));
        assert!(boxes.next().is_none());
        assert!(matches!(
            Boxes::new(&[0, 0, 0, 7, 0, 0, 0, 0]).next(),
            Some(Err(Error::BoxSize { at: 0 }))
        ));
    }

    #[test]
    fn a_run_that_claims_four_billion_samples_is_refused_before_any_allocation() {
        let mut file = Vec::new();
        let track = |track_id| InitTrack {
            track_id,
            timescale: 1000,
            handler: Kind(*b"vide"),
            entry: Kind(*b"avc1"),
            size: (0, 0),
            codec: None,
            defaults: Defaults::default(),
        };
        let init = Init {
            brands: Vec::new(),
            tracks: vec![track(1)],
        };
        let put = |file: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]| {
            file.extend(u32::try_from(body.len() + 8).expect("short").to_be_bytes());
            file.extend(kind);
            file.extend(body);
        };
        let mut traf = Vec::new();
        put(&mut traf, b"tfhd", &[0, 2, 0, 0, 0, 0, 0, 1]);
        put(&mut traf, b"trun", &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        let mut moof = Vec::new();
        put(&mut moof, b"mfhd", &[0; 8]);
        put(&mut moof, b"traf", &traf);
        put(&mut file, b"moof", &moof);
        assert_eq!(
            fragments(&file, &init),
            Err(Error::TooMany { what: "samples" })
        );
    }
}

//! The index of a stored item: its tracks, and where each segment lies in the one file and on the time line.
//!
//! As bytes: a header (`MSIX`, version 1, length, body, CRC-32), then one record of [`RECORD_BYTES`] bytes for each segment, each with a
//! CRC-32 over its number and itself. So a recording appends a record when a segment is written, and a record that a power cut tore
//! ends the index without spoiling it. All numbers are big-endian. Reading allocates by the bytes that are there, never by a claim.

use std::ops::Range;

use bytes::{BufMut as _, Bytes, BytesMut};
use media::{Kind, fmp4::TrackHeader};

use crate::checksum;

const MAGIC: &[u8; 4] = b"MSIX";
const VERSION: u16 = 1;
/// Magic, version, reserved, length of the body.
const HEAD: usize = 12;
/// Bytes of a segment's record.
pub const RECORD_BYTES: usize = 36;
/// Most segments of an index: 69 days of six seconds each, and a playlist of some 30 MB. Closes: an index as large as memory.
pub const SEGMENTS_MAX: usize = 1 << 20;
/// Most tracks.
pub const TRACKS_MAX: usize = 8;
/// Longest codec name, in bytes; the longest of RFC 6381 in use has some 40.
const CODEC_BYTES_MAX: usize = 255;

/// Parts of a target duration that runs of segments are measured in.
const RUN_SEGMENTS: u64 = 64;

const KEY: u32 = 1;

/// Why bytes are no index. The item must be packaged again, or its file looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another kind of file.
    #[error("this is not an index of a stored item")]
    NotAnIndex,
    /// Written by a later version of the program.
    #[error("the index has version {version}, which this version does not read; update the server")]
    Version {
        /// As stated.
        version: u16,
    },
    /// The header does not match its checksum, or says what cannot be.
    #[error("the index is damaged")]
    Damaged,
}

/// A segment: one piece of the file, one line of the playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// When it begins, in ticks of [`Index::timescale`] on the item's time line.
    pub start: u64,
    /// Ticks until the next one begins, or until the item ends.
    pub duration: u64,
    /// First byte in the file.
    pub offset: u64,
    /// Bytes.
    pub len: u32,
    /// Playing can begin here: its first picture is a key frame, or it has none.
    pub independent: bool,
}

impl Segment {
    /// Its bytes in the file.
    pub fn bytes(&self) -> Range<u64> {
        self.offset..self.offset.saturating_add(self.len.into())
    }

    /// When it ends, in ticks.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.duration)
    }
}

/// How bright pictures may be (RFC 8216bis, 4.4.6.2, `VIDEO-RANGE`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VideoRange {
    /// Standard; sound has this too.
    #[default]
    Sdr,
    /// Hybrid log-gamma, as phones record it.
    Hlg,
    /// Perceptual quantiser, as HDR10 has it.
    Pq,
}

impl VideoRange {
    const ALL: [Self; 3] = [Self::Sdr, Self::Hlg, Self::Pq];

    /// By the transfer characteristics of ISO/IEC 23091-2.
    fn of(colour: Option<media::h264::Colour>) -> Self {
        match colour.map(|colour| colour.transfer) {
            Some(16) => Self::Pq,
            Some(18) => Self::Hlg,
            _ => Self::Sdr,
        }
    }
}

/// A track, as playlists and pages tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Picture or sound.
    pub kind: Kind,
    /// RFC 6381 name.
    pub codec: String,
    /// Width and height of pictures as they are shown, turned where they are turned; 0 for sound.
    pub size: (u32, u32),
    /// How bright pictures may be.
    pub range: VideoRange,
    /// Frames in a thousand seconds, on average (29,970 for NTSC); 0 for sound, and where it is not known.
    pub frames_per_1000_s: u32,
    /// Samples a second of sound; 0 for pictures.
    pub sample_rate: u32,
    /// Channels of sound; 0 for pictures.
    pub channels: u8,
}

impl Track {
    /// What a packaged track is; the frame rate is told when it is known.
    pub fn of(header: &TrackHeader) -> Self {
        let codec = &header.track.codec;
        let (width, height) = codec.size().unwrap_or((0, 0));
        let (sample_rate, channels) = match codec {
            media::Codec::Aac(config) => (config.output_sample_rate(), config.channels()),
            media::Codec::Opus(config) => (media::opus::RATE, config.channels()),
            media::Codec::H264(_) | media::Codec::H265(_) | media::Codec::Av1(_) => (0, 0),
        };
        Self {
            kind: codec.kind(),
            codec: codec.codec_string(),
            size: if header.is_quarter_turned() {
                (height, width)
            } else {
                (width, height)
            },
            range: VideoRange::of(codec.colour()),
            frames_per_1000_s: 0,
            sample_rate,
            channels,
        }
    }
}

/// The index of one stored item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    timescale: u32,
    init_bytes: u32,
    tracks: Vec<Track>,
    segments: Vec<Segment>,
}

impl Index {
    /// An index without segments. `timescale` are its ticks per second (0 is taken as 1), `init_bytes` the length of the
    /// initialisation segment, which is the beginning of the file. Tracks beyond [`TRACKS_MAX`] are left out, and of codec names what is
    /// longer than 255 bytes.
    pub fn new(timescale: u32, init_bytes: u32, mut tracks: Vec<Track>) -> Self {
        tracks.truncate(TRACKS_MAX);
        for track in &mut tracks {
            while track.codec.len() > CODEC_BYTES_MAX {
                track.codec.pop();
            }
        }
        Self {
            timescale: timescale.max(1),
            init_bytes,
            tracks,
            segments: Vec::new(),
        }
    }

    /// Appends a segment, unless it does not follow on the last one in time and place or there are [`SEGMENTS_MAX`]; answers whether it did.
    pub fn push(&mut self, segment: Segment) -> bool {
        let fits = self.follows(&segment);
        if fits {
            self.segments.push(segment);
        }
        fits
    }

    fn follows(&self, segment: &Segment) -> bool {
        let (time, place) = match self.segments.last() {
            Some(last) => (last.end(), last.bytes().end),
            None => (0, self.init_bytes.into()),
        };
        let bounded = self.segments.len() < SEGMENTS_MAX
            && segment.start.checked_add(segment.duration).is_some()
            && segment.offset.checked_add(segment.len.into()).is_some();
        bounded && segment.start >= time && segment.offset >= place
    }

    /// Ticks per second of its segments' times.
    pub fn timescale(&self) -> u32 {
        self.timescale
    }

    /// Bytes of the initialisation segment, the first of the file.
    pub fn init(&self) -> Range<u64> {
        0..self.init_bytes.into()
    }

    /// Its tracks.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Says how many frames a track's thousand seconds have; they are known when all were seen.
    pub(crate) fn set_rate(&mut self, track: usize, frames_per_1000_s: u32) {
        if let Some(track) = self.tracks.get_mut(track) {
            track.frames_per_1000_s = frames_per_1000_s;
        }
    }

    /// Its segments, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Ticks from the first segment's beginning to the last one's end.
    pub fn duration(&self) -> u64 {
        match (self.segments.first(), self.segments.last()) {
            (Some(first), Some(last)) => last.end().saturating_sub(first.start),
            _ => 0,
        }
    }

    /// The same in microseconds, rounded.
    pub fn duration_us(&self) -> u64 {
        self.us(self.duration())
    }

    /// Ticks as microseconds, rounded to the nearest, saturating.
    pub fn us(&self, ticks: u64) -> u64 {
        let scale = u128::from(self.timescale);
        let us = (u128::from(ticks) * 1_000_000 + scale / 2) / scale;
        u64::try_from(us).unwrap_or(u64::MAX)
    }

    /// Mean bits a second of all segments, rounded up; 0 for an empty index.
    pub fn average_bits(&self) -> u64 {
        let bytes = self.segments.iter().map(|segment| u64::from(segment.len));
        bits(bytes.sum(), self.duration(), self.timescale)
    }

    /// Peak bits a second: the most of any run of segments that lasts from half a target duration to one and a half
    /// (RFC 8216bis, 4.4.6.2, `BANDWIDTH`), and never less than the mean. Rounded up.
    ///
    /// Segments that last less than a 64th of the target count as one with those that follow, so that a run never has more than some
    /// hundred: a file whose segments last nothing at all costs no more than another.
    pub fn peak_bits(&self) -> u64 {
        let target = u64::from(self.target_duration_s()) * u64::from(self.timescale);
        let (shortest, longest) = (target / 2, target.saturating_add(target / 2));
        let least = (target / RUN_SEGMENTS).max(1);
        let mut spans: Vec<(u64, u64)> = Vec::new();
        for segment in &self.segments {
            let (bytes, ticks) = (u64::from(segment.len), segment.duration);
            match spans.last_mut() {
                Some(last) if last.1 < least => {
                    *last = (last.0.saturating_add(bytes), last.1.saturating_add(ticks));
                }
                _ => spans.push((bytes, ticks)),
            }
        }
        let mut peak = 0;
        for at in 0..spans.len() {
            let (mut bytes, mut ticks) = (0_u64, 0_u64);
            for (more, lasts) in spans.get(at..).unwrap_or_default() {
                bytes = bytes.saturating_add(*more);
                ticks = ticks.saturating_add(*lasts);
                if ticks > longest {
                    break;
                }
                if ticks >= shortest {
                    peak = peak.max(bits(bytes, ticks, self.timescale));
                }
            }
        }
        peak.max(self.average_bits())
    }

    /// The longest segment in whole seconds, rounded to the nearest, at least 1 (RFC 8216bis, 4.4.3.1).
    pub fn target_duration_s(&self) -> u32 {
        let longest = self.segments.iter().map(|segment| segment.duration).max();
        let scale = u128::from(self.timescale);
        let longest = u128::from(longest.unwrap_or(0));
        u32::try_from((longest + scale / 2) / scale)
            .unwrap_or(u32::MAX)
            .max(1)
    }

    /// Every segment can be played from.
    pub fn is_independent(&self) -> bool {
        self.segments.iter().all(|segment| segment.independent)
    }

    /// The header, without segments: what a recording writes first.
    pub fn header(&self) -> Bytes {
        let mut body = BytesMut::new();
        body.put_u32(self.timescale);
        body.put_u32(self.init_bytes);
        body.put_u8(u8::try_from(self.tracks.len()).unwrap_or(0));
        for track in &self.tracks {
            body.put_u8(if track.kind == Kind::Video { 1 } else { 2 });
            body.put_u8(track.range as u8);
            body.put_u8(u8::try_from(track.codec.len()).unwrap_or(0));
            body.put_slice(track.codec.as_bytes());
            body.put_u32(track.size.0);
            body.put_u32(track.size.1);
            body.put_u32(track.frames_per_1000_s);
            body.put_u32(track.sample_rate);
            body.put_u8(track.channels);
        }
        let mut out = BytesMut::with_capacity(HEAD + body.len() + 4);
        out.put_slice(MAGIC);
        out.put_u16(VERSION);
        out.put_u16(0);
        out.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
        out.put_slice(&body);
        let sum = checksum::of(&[&out]);
        out.put_u32(sum);
        out.freeze()
    }

    /// The record of segment `number` (from 0): what a recording appends when it is written.
    pub fn record(number: u32, segment: &Segment) -> [u8; RECORD_BYTES] {
        let mut out = [0; RECORD_BYTES];
        let mut put = &mut out[..];
        put.put_u64(segment.start);
        put.put_u64(segment.offset);
        put.put_u64(segment.duration);
        put.put_u32(segment.len);
        put.put_u32(if segment.independent { KEY } else { 0 });
        let sum = checksum::of(&[&number.to_be_bytes(), &out[..RECORD_BYTES - 4]]);
        out[RECORD_BYTES - 4..].copy_from_slice(&sum.to_be_bytes());
        out
    }

    /// All of it as bytes: [`Index::header`] and a [`Index::record`] for each segment.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = BytesMut::from(&self.header()[..]);
        out.reserve(self.segments.len() * RECORD_BYTES);
        for (number, segment) in (0..).zip(&self.segments) {
            out.put_slice(&Self::record(number, segment));
        }
        out.freeze()
    }

    /// Reads an index, and says how many bytes of it are whole: what follows is a record that was torn while it was written,
    /// and goes when the index is written on.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), Error> {
        let mut head = Reader(bytes);
        if head.take::<4>() != Some(*MAGIC) {
            return Err(Error::NotAnIndex);
        }
        let version = head.u16().ok_or(Error::Damaged)?;
        if version != VERSION {
            return Err(Error::Version { version });
        }
        head.u16().ok_or(Error::Damaged)?;
        let length = head.u32().and_then(|length| usize::try_from(length).ok());
        let end = length.and_then(|length| HEAD.checked_add(length));
        let (whole, rest) = end
            .and_then(|end| bytes.split_at_checked(end))
            .ok_or(Error::Damaged)?;
        let (sum, records) = rest.split_first_chunk().ok_or(Error::Damaged)?;
        if checksum::of(&[whole]) != u32::from_be_bytes(*sum) {
            return Err(Error::Damaged);
        }
        let body = whole.get(HEAD..).unwrap_or_default();
        let mut index = read_body(&mut Reader(body)).ok_or(Error::Damaged)?;
        let mut used = whole.len() + 4;
        for (number, record) in (0..).zip(records.as_chunks::<RECORD_BYTES>().0) {
            let segment = read_record(number, record);
            if !segment.is_some_and(|segment| index.push(segment)) {
                break;
            }
            used += RECORD_BYTES;
        }
        Ok((index, used))
    }
}

/// Bits a second, rounded up.
fn bits(bytes: u64, ticks: u64, timescale: u32) -> u64 {
    if ticks == 0 {
        return 0;
    }
    let bits = u128::from(bytes) * 8 * u128::from(timescale);
    u64::try_from(bits.div_ceil(ticks.into())).unwrap_or(u64::MAX)
}

fn read_body(body: &mut Reader<'_>) -> Option<Index> {
    let timescale = body.u32().filter(|scale| *scale > 0)?;
    let init_bytes = body.u32()?;
    let count = usize::from(body.u8()?);
    let mut tracks = Vec::new();
    for _ in 0..count {
        let kind = match body.u8()? {
            1 => Kind::Video,
            2 => Kind::Audio,
            _ => return None,
        };
        let range = *VideoRange::ALL.get(usize::from(body.u8()?))?;
        let length = usize::from(body.u8()?);
        let codec = body.slice(length)?;
        // It is quoted in playlists.
        let plain = codec
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'"' && *byte != b',');
        tracks.push(Track {
            kind,
            codec: String::from_utf8(codec.to_vec()).ok().filter(|_| plain)?,
            range,
            size: (body.u32()?, body.u32()?),
            frames_per_1000_s: body.u32()?,
            sample_rate: body.u32()?,
            channels: body.u8()?,
        });
    }
    (count <= TRACKS_MAX).then(|| Index::new(timescale, init_bytes, tracks))
}

fn read_record(number: u32, record: &[u8; RECORD_BYTES]) -> Option<Segment> {
    let (fields, sum) = record.split_last_chunk::<4>()?;
    if checksum::of(&[&number.to_be_bytes(), fields]) != u32::from_be_bytes(*sum) {
        return None;
    }
    let mut fields = Reader(fields);
    Some(Segment {
        start: fields.u64()?,
        offset: fields.u64()?,
        duration: fields.u64()?,
        len: fields.u32()?,
        independent: fields.u32()? & KEY != 0,
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    fn slice(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }
}

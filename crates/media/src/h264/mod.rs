//! H.264 decoder configuration (`avcC`), parameter sets, and what is needed of access units.
//!
//! ISO/IEC 14496-15 5.3.3 (`AVCDecoderConfigurationRecord`), ITU-T H.264 7.3.2.1 (SPS). Understands the first SPS alone: it
//! describes the stream. Of slices only their type is read. Lengths of 3 bytes, which the standard
//! reserves, are read, since encoders in the field send them; what is written always has 4.

mod annex_b;
mod nal;
pub(crate) mod sps;

pub use annex_b::AccessUnit;
pub use nal::{
    Facts, Nal, Nals, ParameterSets, can_start, has_recovery_point, inspect, is_idr, normalise,
    sei_number, unescape,
};
pub use sps::{ChromaFormat, Colour, MACROBLOCKS_MAX, SIDE_MAX};

use bytes::{BufMut, Bytes, BytesMut};
use sps::Sps;

use crate::bits::Bits;

/// Largest record that is accepted, in bytes; real ones have about 50. Closes: a record as long as an RTMP message may be.
pub const RECORD_BYTES_MAX: usize = 65_536;
/// Frame rates that are believed, in frames per second.
pub(crate) const RATE_PLAUSIBLE: std::ops::RangeInclusive<u64> = 1..=240;

/// Why a decoder configuration is refused. A publisher must send another one; frames cannot be shown without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before `what` does.
    #[error("the H.264 configuration ends inside {what}")]
    Short {
        /// The element being read.
        what: &'static str,
    },
    /// Another version of the record than 1, the only one there is; also what other formats look like.
    #[error("the H.264 configuration has version {version}, not 1")]
    Version {
        /// What the first byte says.
        version: u8,
    },
    /// Longer than [`RECORD_BYTES_MAX`], or more parameter sets than the record can hold (31 SPS, 255 PPS).
    #[error("the H.264 configuration is too large")]
    TooLong,
    /// No sequence parameter set.
    #[error("the H.264 configuration has no SPS")]
    NoSps,
    /// No picture parameter set; sets in band may complete it, see [`Config::from_parameter_sets`].
    #[error("the H.264 configuration has no PPS")]
    NoPps,
    /// A NAL unit of another type in the place of an SPS.
    #[error("NAL unit type {kind} stands where the H.264 SPS should")]
    NotSps {
        /// `nal_unit_type`.
        kind: u8,
    },
    /// The SPS ends early or holds a value out of range.
    #[error("the H.264 SPS is not understood at {what}")]
    Sps {
        /// The syntax element.
        what: &'static str,
    },
    /// Beyond [`SIDE_MAX`] or [`MACROBLOCKS_MAX`].
    #[error("H.264 pictures of {width}x{height} are too large")]
    TooLarge {
        /// Coded width in pixels.
        width: u32,
        /// Coded height in pixels.
        height: u32,
    },
}

/// An `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3) whose first SPS was understood.
///
/// Two are equal when their records are the same bytes, so that an encoder's repeats are seen as such.
#[derive(Clone, Debug)]
pub struct Config {
    record: Bytes,
    record_for_mp4: Bytes,
    nal_length_size: u8,
    sets: ParameterSets,
    sps: Sps,
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for Config {}

impl Config {
    /// Reads a record as RTMP sequence headers and `avcC` boxes carry it.
    ///
    /// Empty sets in its lists are passed over, and the part that high profiles add at the end may be missing.
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        if record.len() > RECORD_BYTES_MAX {
            return Err(Error::TooLong);
        }
        let header = record
            .first_chunk::<6>()
            .ok_or(Error::Short { what: "its header" })?;
        if header[0] != 1 {
            return Err(Error::Version { version: header[0] });
        }
        let nal_length_size = (header[4] & 3) + 1;
        let mut at = 6;
        let sps = read_sets(&record, &mut at, header[5] & 0x1f, "an SPS")?;
        if sps.is_empty() {
            return Err(Error::NoSps);
        }
        let count = *record.get(at).ok_or(Error::NoPps)?;
        at += 1;
        let pps = read_sets(&record, &mut at, count, "a PPS")?;
        Self::assemble(record, nal_length_size, ParameterSets { sps, pps })
    }

    /// Makes a configuration with 4-byte lengths from parameter sets found in band, each one a NAL unit without start code.
    ///
    /// Errors as [`Config::parse`].
    pub fn from_parameter_sets(sets: ParameterSets) -> Result<Self, Error> {
        let first = sets.sps.first().ok_or(Error::NoSps)?;
        let record = write_record(&Sps::parse(first)?, &sets)?;
        Self::assemble(record, 4, sets)
    }

    /// The configuration that holds once an access unit has brought `sets`: each replaces the set with its number.
    ///
    /// `None` where they only repeat what is known. The record is written anew with this one's length size. Errors as
    /// [`Config::parse`].
    pub fn updated(&self, sets: &ParameterSets) -> Result<Option<Self>, Error> {
        let sps = merged(&self.sets.sps, &sets.sps, sps_number);
        let pps = merged(&self.sets.pps, &sets.pps, pps_number);
        if sps.is_none() && pps.is_none() {
            return Ok(None);
        }
        let sets = ParameterSets {
            sps: sps.unwrap_or_else(|| self.sets.sps.clone()),
            pps: pps.unwrap_or_else(|| self.sets.pps.clone()),
        };
        let first = sets.sps.first().ok_or(Error::NoSps)?;
        let mut record = BytesMut::from(&write_record(&Sps::parse(first)?, &sets)?[..]);
        if let Some(length) = record.get_mut(4) {
            *length = 0xfc | (self.nal_length_size - 1);
        }
        Self::assemble(record.freeze(), self.nal_length_size, sets).map(Some)
    }

    fn assemble(record: Bytes, nal_length_size: u8, sets: ParameterSets) -> Result<Self, Error> {
        let sps = Sps::parse(sets.sps.first().ok_or(Error::NoSps)?)?;
        if sets.pps.is_empty() {
            return Err(Error::NoPps);
        }
        let written = write_record(&sps, &sets)?;
        // The common case keeps one copy.
        let record_for_mp4 = if written == record {
            record.clone()
        } else {
            written
        };
        Ok(Self {
            record,
            record_for_mp4,
            nal_length_size,
            sets,
            sps,
        })
    }

    /// The record as it came.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    /// The record for an `avcC` box whose samples went through [`normalise`]: the same parameter sets, 4-byte lengths, and
    /// the part that high profiles need.
    pub fn record_for_mp4(&self) -> &Bytes {
        &self.record_for_mp4
    }

    /// Bytes of the length before each NAL unit, 1 to 4.
    pub fn nal_length_size(&self) -> u8 {
        self.nal_length_size
    }

    /// SPS and PPS as NAL units without start code, at least one of each.
    pub fn parameter_sets(&self) -> &ParameterSets {
        &self.sets
    }

    /// RFC 6381 name, such as `avc1.64001f`.
    pub fn codec_string(&self) -> String {
        format!(
            "avc1.{:02x}{:02x}{:02x}",
            self.sps.profile, self.sps.constraints, self.sps.level
        )
    }

    /// Width of the picture shown, in pixels, after cropping.
    pub fn width(&self) -> u32 {
        self.sps.width
    }

    /// Height of the picture shown, in pixels, after cropping.
    pub fn height(&self) -> u32 {
        self.sps.height
    }

    /// Shape of a pixel (width, height), where the SPS states it.
    pub fn sample_aspect(&self) -> Option<(u16, u16)> {
        self.sps.vui.sample_aspect
    }

    /// Frames per second as the SPS states it (numerator, denominator), where it does and it is plausible (1 to 240).
    ///
    /// A statement, not a promise: encoders with a variable rate state their ceiling or nonsense.
    pub fn frame_rate(&self) -> Option<(u32, u32)> {
        let (units, scale) = self.sps.vui.timing?;
        let (numerator, denominator) = (u64::from(scale), u64::from(units) * 2);
        if denominator == 0 || !RATE_PLAUSIBLE.contains(&(numerator / denominator)) {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        if numerator > denominator * RATE_PLAUSIBLE.end() {
            return None;
        }
        Some((
            u32::try_from(numerator).ok()?,
            u32::try_from(denominator).ok()?,
        ))
    }

    /// Frames that may precede one in decoding order and follow it in output order; 0 means no B-frames that reorder.
    /// `None` where the SPS leaves it open.
    pub fn reorder_frames(&self) -> Option<u8> {
        let intra_only = self.sps.constraints & 0x10 != 0
            && matches!(self.sps.profile, 44 | 86 | 100 | 110 | 122 | 244);
        let none = self.sps.profile == 66 || self.sps.output_in_decode_order || intra_only;
        if none {
            Some(0)
        } else {
            self.sps.vui.reorder_frames
        }
    }

    /// `profile_idc`, such as 100 for High.
    pub fn profile(&self) -> u8 {
        self.sps.profile
    }

    /// The byte of constraint flags, `constraint_set0_flag` highest.
    pub fn constraints(&self) -> u8 {
        self.sps.constraints
    }

    /// `level_idc`: ten times the level, such as 31 for level 3.1.
    pub fn level(&self) -> u8 {
        self.sps.level
    }

    /// Name of the profile as people know it (ITU-T H.264, Annex A).
    pub fn profile_name(&self) -> &'static str {
        let set = |number: u8| self.sps.constraints & (0x80 >> number) != 0;
        match self.sps.profile {
            66 if set(1) => "Constrained Baseline",
            66 => "Baseline",
            77 => "Main",
            88 => "Extended",
            100 if set(4) && set(5) => "Constrained High",
            100 if set(4) => "Progressive High",
            100 => "High",
            110 if set(3) => "High 10 Intra",
            110 => "High 10",
            122 if set(3) => "High 4:2:2 Intra",
            122 => "High 4:2:2",
            244 if set(3) => "High 4:4:4 Intra",
            244 => "High 4:4:4 Predictive",
            44 => "CAVLC 4:4:4 Intra",
            83 | 86 => "Scalable",
            118 | 128 => "Multiview",
            _ => "unknown",
        }
    }

    /// How colours are sampled; no player shows others than [`ChromaFormat::Yuv420`].
    pub fn chroma_format(&self) -> ChromaFormat {
        self.sps.chroma
    }

    /// Bits of a luma sample, 8 to 14; no player shows others than 8.
    pub fn bit_depth(&self) -> u8 {
        self.sps.bit_depth_luma
    }

    /// Pictures may be coded as fields.
    pub fn interlaced(&self) -> bool {
        self.sps.interlaced
    }

    /// Colour description, where the SPS has one.
    pub fn colour(&self) -> Option<Colour> {
        self.sps.vui.colour
    }
}

fn read_sets(
    record: &Bytes,
    at: &mut usize,
    count: u8,
    what: &'static str,
) -> Result<Vec<Bytes>, Error> {
    let mut sets = Vec::new();
    for _ in 0..count {
        let rest = record.get(*at..).unwrap_or_default();
        let length = usize::from(u16::from_be_bytes(
            *rest.first_chunk().ok_or(Error::Short { what })?,
        ));
        let start = *at + 2;
        if length > rest.len().saturating_sub(2) {
            return Err(Error::Short { what });
        }
        *at = start + length;
        if length > 0 {
            sets.push(record.slice(start..*at));
        }
    }
    Ok(sets)
}

/// The record in its plain form: 4-byte lengths, and chroma and depths for profiles other than 66, 77 and 88.
fn write_record(sps: &Sps, sets: &ParameterSets) -> Result<Bytes, Error> {
    let size: usize = sets
        .sps
        .iter()
        .chain(&sets.pps)
        .map(|set| set.len() + 2)
        .sum();
    let sps_count = u8::try_from(sets.sps.len())
        .ok()
        .filter(|count| *count <= 31)
        .ok_or(Error::TooLong)?;
    let pps_count = u8::try_from(sets.pps.len()).map_err(|_| Error::TooLong)?;
    let mut record = BytesMut::with_capacity(size + 11);
    record.put_slice(&[
        1,
        sps.profile,
        sps.constraints,
        sps.level,
        0xff,
        0xe0 | sps_count,
    ]);
    put_sets(&mut record, &sets.sps)?;
    record.put_u8(pps_count);
    put_sets(&mut record, &sets.pps)?;
    if !matches!(sps.profile, 66 | 77 | 88) {
        let (luma, chroma) = (
            sps.bit_depth_luma.saturating_sub(8),
            sps.bit_depth_chroma.saturating_sub(8),
        );
        record.put_slice(&[0xfc | sps.chroma as u8, 0xf8 | luma, 0xf8 | chroma, 0]);
    }
    if record.len() > RECORD_BYTES_MAX {
        return Err(Error::TooLong);
    }
    Ok(record.freeze())
}

fn put_sets(record: &mut BytesMut, sets: &[Bytes]) -> Result<(), Error> {
    for set in sets {
        record.put_u16(u16::try_from(set.len()).map_err(|_| Error::TooLong)?);
        record.put_slice(set);
    }
    Ok(())
}

/// `known` with each of `brought` in the place of the set with its number; `None` where nothing changes.
fn merged(
    known: &[Bytes],
    brought: &[Bytes],
    number: fn(&[u8]) -> Option<u32>,
) -> Option<Vec<Bytes>> {
    if brought.iter().all(|set| known.contains(set)) {
        return None;
    }
    let mut sets = known.to_vec();
    for set in brought {
        let same = |other: &Bytes| number(other).is_some() && number(other) == number(set);
        match sets.iter_mut().find(|other| same(other)) {
            Some(place) => *place = set.clone(),
            None => sets.push(set.clone()),
        }
    }
    Some(sets)
}

fn sps_number(nal: &[u8]) -> Option<u32> {
    Sps::parse(nal).ok().map(|sps| u32::from(sps.id))
}

fn pps_number(nal: &[u8]) -> Option<u32> {
    // The number is the first code and at most 255: emulation prevention cannot reach into it.
    Bits::new(nal.get(1..)?).ue_up_to(255)
}

pub(crate) const fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    if a == 0 { 1 } else { a }
}

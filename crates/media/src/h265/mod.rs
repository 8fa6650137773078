//! HEVC (H.265) decoder configuration (`hvcC`), its parameter sets, and what is needed of access units.
//!
//! ISO/IEC 14496-15:2022, 8.3.3 (`HEVCDecoderConfigurationRecord`) and annex E.3 (codec names); ITU-T H.265 (08/2021) 7.3.2.2
//! (SPS) and 7.4.2.2 (NAL unit types). Understands the first SPS alone: it describes the stream. Of slices only their type is
//! read. Only stored media comes this way: no live door takes HEVC.

mod sps;

use bytes::{BufMut as _, Bytes, BytesMut};
use sps::Sps;

use crate::h264::{Colour, Nals};

/// Largest record that is accepted, in bytes; real ones have about 120, with HDR messages a few hundred. Closes: a record as long
/// as the file.
pub const RECORD_BYTES_MAX: usize = 65_536;
/// Bytes before the arrays of parameter sets.
const HEADER: usize = 23;

const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;
const FILLER: u8 = 38;
/// `BLA_W_LP` to `RSV_IRAP_VCL23`: pictures that decoding can start at.
const RANDOM_ACCESS: std::ops::RangeInclusive<u8> = 16..=23;

/// Why a decoder configuration is refused: frames cannot be shown without one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before `what` does.
    #[error("the HEVC configuration ends inside {what}")]
    Short {
        /// The element being read.
        what: &'static str,
    },
    /// Another version of the record than 1, the only one there is.
    #[error("the HEVC configuration has version {version}, not 1")]
    Version {
        /// What the first byte says.
        version: u8,
    },
    /// Longer than [`RECORD_BYTES_MAX`].
    #[error("the HEVC configuration is too large")]
    TooLong,
    /// No video, sequence or picture parameter set.
    #[error("the HEVC configuration has no {what}")]
    Missing {
        /// `VPS`, `SPS` or `PPS`.
        what: &'static str,
    },
    /// The SPS ends early or holds a value out of range.
    #[error("the HEVC SPS is not understood at {what}")]
    Sps {
        /// The syntax element.
        what: &'static str,
    },
    /// Beyond [`crate::h264::SIDE_MAX`] on a side.
    #[error("HEVC pictures of {width}x{height} are too large")]
    TooLarge {
        /// Coded width in pixels.
        width: u32,
        /// Coded height in pixels.
        height: u32,
    },
}

/// An `HEVCDecoderConfigurationRecord` whose first SPS was understood.
///
/// Two are equal when their records are the same bytes.
#[derive(Clone, Debug)]
pub struct Config {
    record: Bytes,
    record_for_mp4: Bytes,
    nal_length_size: u8,
    sps: Sps,
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for Config {}

impl Config {
    /// Reads a record as `hvcC` boxes carry it. It must hold all three kinds of parameter sets (`hvc1` and most of `hev1`).
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        if record.len() > RECORD_BYTES_MAX {
            return Err(Error::TooLong);
        }
        let header = record
            .first_chunk::<HEADER>()
            .ok_or(Error::Short { what: "its header" })?;
        if header[0] != 1 {
            return Err(Error::Version { version: header[0] });
        }
        let nal_length_size = (header[21] & 3) + 1;
        let sets = read_sets(&record, header[22])?;
        let sps = sets.sps.ok_or(Error::Missing { what: "SPS" })?;
        if !sets.has_vps {
            return Err(Error::Missing { what: "VPS" });
        }
        if !sets.has_pps {
            return Err(Error::Missing { what: "PPS" });
        }
        let sps = Sps::parse(&sps)?;
        let record_for_mp4 = if nal_length_size == 4 {
            record.clone()
        } else {
            let mut written = BytesMut::from(&record[..]);
            if let Some(byte) = written.get_mut(21) {
                *byte |= 3;
            }
            written.freeze()
        };
        Ok(Self {
            record,
            record_for_mp4,
            nal_length_size,
            sps,
        })
    }

    /// The record as it came.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    /// The record for an `hvcC` box whose samples went through [`normalise`]: the same, with 4-byte lengths.
    pub fn record_for_mp4(&self) -> &Bytes {
        &self.record_for_mp4
    }

    /// Bytes of the length before each NAL unit, 1 to 4.
    pub fn nal_length_size(&self) -> u8 {
        self.nal_length_size
    }

    /// RFC 6381 name after ISO/IEC 14496-15, E.3, such as `hvc1.1.6.L93.B0` or `hvc1.2.4.H153.90`.
    pub fn codec_string(&self) -> String {
        let byte = |at: usize| self.record.get(at).copied().unwrap_or(0);
        let space = match byte(1) >> 6 {
            0 => "",
            1 => "A",
            2 => "B",
            _ => "C",
        };
        let tier = if byte(1) & 0x20 == 0 { 'L' } else { 'H' };
        // The name counts compatibility flags from the least significant bit, the record from the most significant one.
        let compatibility = u32::from_be_bytes([byte(2), byte(3), byte(4), byte(5)]).reverse_bits();
        let mut name = format!(
            "hvc1.{space}{}.{compatibility:X}.{tier}{}",
            byte(1) & 0x1f,
            byte(12)
        );
        let constraints: [u8; 6] = std::array::from_fn(|at| byte(6 + at));
        let used = constraints
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        for constraint in constraints.iter().take(used) {
            name.push_str(&format!(".{constraint:X}"));
        }
        name
    }

    /// Name of the profile as people know it (ITU-T H.265, annex A).
    pub fn profile_name(&self) -> &'static str {
        match self.record.get(1).map_or(0, |byte| byte & 0x1f) {
            1 => "Main",
            2 => "Main 10",
            3 => "Main Still Picture",
            4 => "Range Extensions",
            5 => "High Throughput",
            9 => "Screen Content",
            _ => "unknown",
        }
    }

    /// Width of the picture shown, in pixels, after cropping.
    pub fn width(&self) -> u32 {
        self.sps.width
    }

    /// Height of the picture shown, in pixels, after cropping.
    pub fn height(&self) -> u32 {
        self.sps.height
    }

    /// Bits of a luma sample, 8 to 16.
    pub fn bit_depth(&self) -> u8 {
        self.sps.bit_depth
    }

    /// Shape of a pixel (width, height), where the SPS states it.
    pub fn sample_aspect(&self) -> Option<(u16, u16)> {
        self.sps.sample_aspect
    }

    /// Colour description, where the SPS has one.
    pub fn colour(&self) -> Option<Colour> {
        self.sps.colour
    }
}

/// What of the record's arrays is needed.
#[derive(Default)]
struct Sets {
    sps: Option<Bytes>,
    has_vps: bool,
    has_pps: bool,
}

fn read_sets(record: &Bytes, arrays: u8) -> Result<Sets, Error> {
    let short = Error::Short {
        what: "its parameter sets",
    };
    let mut at = HEADER;
    let mut sets = Sets::default();
    for _ in 0..arrays {
        let [kind, high, low] = *record
            .get(at..)
            .and_then(|rest| rest.first_chunk::<3>())
            .ok_or_else(|| short.clone())?;
        at += 3;
        for _ in 0..u16::from_be_bytes([high, low]) {
            let length = record
                .get(at..)
                .and_then(|rest| rest.first_chunk())
                .map(|length| usize::from(u16::from_be_bytes(*length)))
                .ok_or_else(|| short.clone())?;
            let end = at + 2 + length;
            let unit = record.get(at + 2..end).ok_or_else(|| short.clone())?;
            match kind & 0x3f {
                _ if unit.is_empty() => {}
                VPS => sets.has_vps = true,
                SPS if sets.sps.is_none() => sets.sps = Some(record.slice(at + 2..end)),
                PPS => sets.has_pps = true,
                _ => {}
            }
            at = end;
        }
    }
    Ok(sets)
}

/// `nal_unit_type` of a unit, 0 to 63 (ITU-T H.265, 7.3.1.2).
fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |header| (header >> 1) & 0x3f)
}

/// Decoding can start at this access unit: an IDR, BLA or CRA picture. Pictures sent after a CRA and shown before it may lack
/// what they refer to.
pub fn can_start(data: &[u8], nal_length_size: u8) -> bool {
    Nals::new(data, nal_length_size).any(|unit| RANDOM_ACCESS.contains(&kind(unit.bytes)))
}

/// The access unit with 4-byte lengths, without filler, empty and cut-off units.
///
/// Answers the same bytes, uncopied, where nothing has to change, as with every ordinary encoder.
pub fn normalise(data: &Bytes, nal_length_size: u8) -> Bytes {
    let mut units = Nals::new(data, nal_length_size);
    let (mut kept, mut dropped) = (0_usize, false);
    for unit in units.by_ref() {
        if kind(unit.bytes) == FILLER {
            dropped = true;
        } else {
            kept = kept.saturating_add(4).saturating_add(unit.bytes.len());
        }
    }
    if nal_length_size == 4 && !dropped && units.empty() == 0 && !units.truncated() {
        return data.clone();
    }
    let mut out = BytesMut::with_capacity(kept);
    for unit in Nals::new(data, nal_length_size).filter(|unit| kind(unit.bytes) != FILLER) {
        out.put_u32(u32::try_from(unit.bytes.len()).unwrap_or(u32::MAX));
        out.put_slice(unit.bytes);
    }
    out.freeze()
}

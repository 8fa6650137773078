//! AV1 decoder configuration (`av1C`) and the sequence header inside it.
//!
//! "AV1 Codec ISO Media File Format Binding" 1.2.0, 2.3 (`AV1CodecConfigurationRecord`) and 5 (codec names); AV1 bitstream
//! specification 5.3 (OBUs) and 5.5 (sequence header). Frames are temporal units and are taken as they are. Only stored media comes
//! this way: no live door takes AV1.

use bytes::Bytes;

use crate::{
    bits::Bits,
    h264::{Colour, SIDE_MAX},
};

/// Largest record that is accepted, in bytes; real ones have about 20. Closes: a record as long as the file.
pub const RECORD_BYTES_MAX: usize = 65_536;
/// Bytes before the OBUs of the record.
const HEADER: usize = 4;
const SEQUENCE_HEADER: u32 = 1;

/// Why a decoder configuration is refused: frames cannot be shown without one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before `what` does.
    #[error("the AV1 configuration ends inside {what}")]
    Short {
        /// The element being read.
        what: &'static str,
    },
    /// Another version of the record than 1, the only one there is.
    #[error("the AV1 configuration has version {version}, not 1")]
    Version {
        /// What the first byte says.
        version: u8,
    },
    /// Longer than [`RECORD_BYTES_MAX`].
    #[error("the AV1 configuration is too large")]
    TooLong,
    /// Neither the sequence header nor the sample entry says how large pictures are.
    #[error("the AV1 configuration does not say how large the pictures are")]
    NoSize,
    /// Beyond [`crate::h264::SIDE_MAX`] on a side.
    #[error("AV1 pictures of {width}x{height} are too large")]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
}

/// An `AV1CodecConfigurationRecord` that was understood.
///
/// Two are equal when their records are the same bytes and their pictures the same size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    record: Bytes,
    size: (u32, u32),
    colour: Option<Colour>,
}

impl Config {
    /// Reads a record as `av1C` boxes carry it. `entry_size` is what the sample entry says of width and height: it counts where
    /// the record holds no sequence header.
    pub fn parse(record: Bytes, entry_size: (u32, u32)) -> Result<Self, Error> {
        if record.len() > RECORD_BYTES_MAX {
            return Err(Error::TooLong);
        }
        let header = record
            .first_chunk::<HEADER>()
            .ok_or(Error::Short { what: "its header" })?;
        if header[0] != 0x81 {
            return Err(Error::Version {
                version: header[0] & 0x7f,
            });
        }
        let sequence = sequence_header(record.get(HEADER..).unwrap_or_default())
            .and_then(|payload| read_sequence(&mut Bits::new(payload)));
        let (size, colour) = sequence.unwrap_or((entry_size, None));
        let (width, height) = size;
        if width == 0 || height == 0 {
            return Err(Error::NoSize);
        }
        if width > SIDE_MAX || height > SIDE_MAX {
            return Err(Error::TooLarge { width, height });
        }
        Ok(Self {
            record,
            size,
            colour,
        })
    }

    /// The record as it came; also what an `av1C` box is to hold.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    fn byte(&self, at: usize) -> u8 {
        self.record.get(at).copied().unwrap_or(0)
    }

    /// RFC 6381 name after section 5 of the binding, such as `av01.0.04M.08`; with the colours where they are not those that the
    /// short form stands for.
    pub fn codec_string(&self) -> String {
        let (profile, level) = (self.byte(1) >> 5, self.byte(1) & 0x1f);
        let tier = if self.byte(2) & 0x80 == 0 { 'M' } else { 'H' };
        let short = format!("av01.{profile}.{level:02}{tier}.{:02}", self.bit_depth());
        let monochrome = (self.byte(2) >> 4) & 1;
        let subsampling = (self.byte(2) >> 2) & 3;
        let position = self.byte(2) & 3;
        let colour = self.colour.unwrap_or(Colour {
            primaries: 1,
            transfer: 1,
            matrix: 1,
            full_range: false,
        });
        let usual = monochrome == 0
            && subsampling == 3
            && position == 0
            && !colour.full_range
            && [colour.primaries, colour.transfer, colour.matrix]
                .iter()
                .all(|code| matches!(code, 1 | 2));
        if usual {
            return short;
        }
        // The third digit tells where chroma samples lie, for 4:2:0 alone.
        let place = if subsampling == 3 { position } else { 0 };
        format!(
            "{short}.{monochrome}.{}{}{place}.{:02}.{:02}.{:02}.{}",
            subsampling >> 1,
            subsampling & 1,
            colour.primaries,
            colour.transfer,
            colour.matrix,
            u8::from(colour.full_range)
        )
    }

    /// Name of the profile as people know it (AV1 specification, annex A).
    pub fn profile_name(&self) -> &'static str {
        match self.byte(1) >> 5 {
            0 => "Main",
            1 => "High",
            2 => "Professional",
            _ => "unknown",
        }
    }

    /// Largest width of a frame, in pixels.
    pub fn width(&self) -> u32 {
        self.size.0
    }

    /// Largest height of a frame, in pixels.
    pub fn height(&self) -> u32 {
        self.size.1
    }

    /// Bits of a sample: 8, 10 or 12.
    pub fn bit_depth(&self) -> u8 {
        match (self.byte(2) >> 5) & 3 {
            2 => 10,
            3 => 12,
            _ => 8,
        }
    }

    /// Colour description, where the sequence header has one.
    pub fn colour(&self) -> Option<Colour> {
        self.colour
    }
}

/// The payload of the first sequence header among OBUs (5.3.1, 5.3.2).
fn sequence_header(mut units: &[u8]) -> Option<&[u8]> {
    loop {
        let (&head, rest) = units.split_first()?;
        let kind = u32::from(head >> 3) & 0xf;
        let rest = rest.get(usize::from(head & 4 != 0)..)?;
        let (length, rest) = if head & 2 == 0 {
            (rest.len(), rest)
        } else {
            leb128(rest)?
        };
        let (payload, after) = rest.split_at_checked(length)?;
        if kind == SEQUENCE_HEADER {
            return Some(payload);
        }
        units = after;
    }
}

/// 4.10.5; lengths of more than four bytes are longer than any record.
fn leb128(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (at, byte) in data.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, data.get(at + 1..)?));
        }
    }
    None
}

/// Size and colours (5.5.1, 5.5.2).
fn read_sequence(bits: &mut Bits<'_>) -> Option<((u32, u32), Option<Colour>)> {
    let profile = bits.number(3)?;
    bits.flag()?;
    let reduced = bits.flag()?;
    if reduced {
        bits.number(5)?;
    } else {
        read_operating_points(bits)?;
    }
    let (width_bits, height_bits) = (bits.number(4)? + 1, bits.number(4)? + 1);
    let size = (bits.number(width_bits)? + 1, bits.number(height_bits)? + 1);
    Some((size, read_colour(bits, profile, reduced).flatten()))
}

fn read_operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?;
        if bits.flag()? {
            bits.ue()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.number(5)? + 1);
            bits.skip(42)?;
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.number(5)? {
        bits.skip(12)?;
        if bits.number(5)? > 7 {
            bits.flag()?;
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits as usize + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}

/// From the frame numbers to the colours; the inner `None` says that the header describes none.
fn read_colour(bits: &mut Bits<'_>, profile: u32, reduced: bool) -> Option<Option<Colour>> {
    if !reduced && bits.flag()? {
        bits.skip(7)?;
    }
    bits.skip(3)?;
    if !reduced {
        bits.skip(4)?;
        let order_hint = bits.flag()?;
        if order_hint {
            bits.skip(2)?;
        }
        // 2 stands for "each frame says".
        let screen_content = if bits.flag()? { 2 } else { bits.number(1)? };
        if screen_content > 0 && !bits.flag()? {
            bits.flag()?;
        }
        if order_hint {
            bits.skip(3)?;
        }
    }
    bits.skip(3)?;
    let high_depth = bits.flag()?;
    if profile == 2 && high_depth {
        bits.flag()?;
    }
    let monochrome = profile != 1 && bits.flag()?;
    if !bits.flag()? {
        return Some(None);
    }
    let (primaries, transfer, matrix) = (bits.byte()?, bits.byte()?, bits.byte()?);
    // sRGB with the identity matrix is of full range without saying so.
    let full_range = if !monochrome && (primaries, transfer, matrix) == (1, 13, 0) {
        true
    } else {
        bits.flag()?
    };
    Some(Some(Colour {
        primaries,
        transfer,
        matrix,
        full_range,
    }))
}

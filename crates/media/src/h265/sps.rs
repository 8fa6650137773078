//! The sequence parameter set of HEVC: size, depth, pixel shape and colours.
//!
//! ITU-T H.265 (08/2021) 7.3.2.2.1, 7.3.3 (profile, tier, level), 7.3.7 (reference picture sets) and E.2.1. Damage behind the
//! picture's size does not refuse the set; what was read before it counts. Timing of the VUI is not read: stored samples have times.

use super::Error;
use crate::{
    bits::Bits,
    h264::{Colour, SIDE_MAX, sps::sample_aspect, unescape},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sps {
    pub width: u32,
    pub height: u32,
    pub bit_depth: u8,
    pub sample_aspect: Option<(u16, u16)>,
    pub colour: Option<Colour>,
}

impl Sps {
    /// Reads a NAL unit of type 33, its two header bytes included.
    pub fn parse(unit: &[u8]) -> Result<Self, Error> {
        let payload: Vec<u8> = unescape(unit.get(2..).unwrap_or_default()).collect();
        read(&mut Bits::new(&payload))
    }
}

fn field<T>(value: Option<T>, what: &'static str) -> Result<T, Error> {
    value.ok_or(Error::Sps { what })
}

fn read(bits: &mut Bits<'_>) -> Result<Sps, Error> {
    field(bits.number(4), "sps_video_parameter_set_id")?;
    let sub_layers = field(bits.number(3), "sps_max_sub_layers_minus1")?;
    field(bits.flag(), "sps_temporal_id_nesting_flag")?;
    field(skip_profile(bits, sub_layers), "profile_tier_level")?;
    field(bits.ue_up_to(15), "sps_seq_parameter_set_id")?;
    let chroma = field(bits.ue_up_to(3), "chroma_format_idc")?;
    if chroma == 3 {
        field(bits.flag(), "separate_colour_plane_flag")?;
    }
    let width = field(bits.ue(), "pic_width_in_luma_samples")?;
    let height = field(bits.ue(), "pic_height_in_luma_samples")?;
    if width > SIDE_MAX || height > SIDE_MAX {
        return Err(Error::TooLarge { width, height });
    }
    let mut shown = (width, height);
    if field(bits.flag(), "conformance_window_flag")? {
        let edges = field(window(bits), "conformance window")?;
        let unit = match chroma {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        shown = (
            field(
                cropped(width, edges[0], edges[1], unit.0),
                "conformance window",
            )?,
            field(
                cropped(height, edges[2], edges[3], unit.1),
                "conformance window",
            )?,
        );
    }
    if shown.0 == 0 || shown.1 == 0 {
        return Err(Error::Sps {
            what: "its picture size",
        });
    }
    let depth = field(bits.ue_up_to(8), "bit_depth_luma_minus8")?;
    let mut sps = Sps {
        width: shown.0,
        height: shown.1,
        bit_depth: 8 + u8::try_from(depth).unwrap_or(0),
        sample_aspect: None,
        colour: None,
    };
    let _what_was_read_counts = read_rest(bits, sub_layers, &mut sps);
    Ok(sps)
}

/// 7.3.3, with `profilePresentFlag` 1.
fn skip_profile(bits: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    bits.skip(88)?;
    bits.skip(8)?;
    let mut present = Vec::with_capacity(8);
    for _ in 0..sub_layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers as usize))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

/// Left, right, top, bottom.
fn window(bits: &mut Bits<'_>) -> Option<[u32; 4]> {
    Some([bits.ue()?, bits.ue()?, bits.ue()?, bits.ue()?])
}

fn cropped(side: u32, before: u32, after: u32, unit: u32) -> Option<u32> {
    let cut = before.checked_add(after)?.checked_mul(unit)?;
    side.checked_sub(cut)
}

/// From `bit_depth_chroma_minus8` to the colours of the VUI.
fn read_rest(bits: &mut Bits<'_>, sub_layers: u32, sps: &mut Sps) -> Option<()> {
    bits.ue_up_to(8)?;
    let order_bits = bits.ue_up_to(12)? + 4;
    let ordering = if bits.flag()? { sub_layers + 1 } else { 1 };
    for _ in 0..ordering {
        for _ in 0..3 {
            bits.ue()?;
        }
    }
    for _ in 0..6 {
        bits.ue()?;
    }
    if bits.flag()? && bits.flag()? {
        skip_scaling_lists(bits)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?;
        bits.ue()?;
        bits.ue()?;
        bits.flag()?;
    }
    skip_reference_sets(bits)?;
    if bits.flag()? {
        for _ in 0..bits.ue_up_to(32)? {
            bits.skip(order_bits as usize + 1)?;
        }
    }
    bits.skip(2)?;
    if bits.flag()? {
        read_vui(bits, sps)?;
    }
    Some(())
}

/// 7.3.4.
fn skip_scaling_lists(bits: &mut Bits<'_>) -> Option<()> {
    for size in 0..4_u32 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if !bits.flag()? {
                bits.ue()?;
                continue;
            }
            if size > 1 {
                bits.se()?;
            }
            for _ in 0..(1_u32 << (4 + (size << 1))).min(64) {
                bits.se()?;
            }
        }
    }
    Some(())
}

/// 7.3.7: each set may be told as a difference from the one before it, so their sizes are counted.
fn skip_reference_sets(bits: &mut Bits<'_>) -> Option<()> {
    let count = bits.ue_up_to(64)?;
    let mut previous = 0_u32;
    for index in 0..count {
        if index > 0 && bits.flag()? {
            bits.flag()?;
            bits.ue()?;
            let mut kept = 0;
            for _ in 0..=previous {
                let used = bits.flag()?;
                if used || bits.flag()? {
                    kept += 1;
                }
            }
            previous = kept;
        } else {
            let (negative, positive) = (bits.ue_up_to(16)?, bits.ue_up_to(16)?);
            for _ in 0..negative + positive {
                bits.ue()?;
                bits.flag()?;
            }
            previous = negative + positive;
        }
    }
    Some(())
}

/// E.2.1, as far as the colours.
fn read_vui(bits: &mut Bits<'_>, sps: &mut Sps) -> Option<()> {
    if bits.flag()? {
        sps.sample_aspect = match bits.byte()? {
            255 => {
                let (width, height) = (bits.number(16)?, bits.number(16)?);
                let side = |value| u16::try_from(value).ok().filter(|side| *side > 0);
                side(width).zip(side(height))
            }
            code => sample_aspect(code),
        };
    }
    if bits.flag()? {
        bits.flag()?;
    }
    if bits.flag()? {
        bits.number(3)?;
        let full_range = bits.flag()?;
        if bits.flag()? {
            sps.colour = Some(Colour {
                primaries: bits.byte()?,
                transfer: bits.byte()?,
                matrix: bits.byte()?,
                full_range,
            });
        }
    }
    Some(())
}

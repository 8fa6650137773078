//! The sequence parameter set of H.264: what a stream looks like before a picture is decoded.
//!
//! ITU-T H.264 (08/2021) 7.3.2.1.1 and Annex E. Assumes one NAL unit without start code. A damaged VUI does not refuse the
//! set, since the picture's size is known by then; what was read before the damage counts.

use super::{Error, nal::unescape};
use crate::bits::Bits;

/// Largest width and height that are accepted, in pixels: what `avc1` and every decoder in use can hold.
pub const SIDE_MAX: u32 = 16_384;
/// Largest picture that is accepted, in macroblocks: `MaxFS` of level 6.2 (ITU-T H.264, table A-1).
pub const MACROBLOCKS_MAX: u32 = 139_264;

/// How colours are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChromaFormat {
    /// Grey alone.
    Monochrome,
    /// 4:2:0, what every player shows.
    Yuv420,
    /// 4:2:2.
    Yuv422,
    /// 4:4:4.
    Yuv444,
}

/// Colour description of the VUI, by the code points of ISO/IEC 23091-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    /// `colour_primaries`.
    pub primaries: u8,
    /// `transfer_characteristics`.
    pub transfer: u8,
    /// `matrix_coefficients`.
    pub matrix: u8,
    /// Samples use the full range of values.
    pub full_range: bool,
}

/// What the VUI told; all absent where it is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Vui {
    pub sample_aspect: Option<(u16, u16)>,
    pub colour: Option<Colour>,
    /// `num_units_in_tick`, `time_scale`.
    pub timing: Option<(u32, u32)>,
    pub reorder_frames: Option<u8>,
}

/// A sequence parameter set that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sps {
    pub profile: u8,
    pub constraints: u8,
    pub level: u8,
    pub id: u8,
    pub width: u32,
    pub height: u32,
    pub chroma: ChromaFormat,
    pub bit_depth_luma: u8,
    pub bit_depth_chroma: u8,
    pub interlaced: bool,
    /// `pic_order_cnt_type` 2: output order is decoding order.
    pub output_in_decode_order: bool,
    pub vui: Vui,
}

impl Sps {
    /// Reads a NAL unit of type 7, its header byte included.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        match nal.first() {
            Some(header) if header & 0x1f == 7 => {}
            Some(header) => {
                return Err(Error::NotSps {
                    kind: header & 0x1f,
                });
            }
            None => return Err(Error::Short { what: "the SPS" }),
        }
        let payload: Vec<u8> = unescape(nal.get(1..).unwrap_or_default()).collect();
        read(&mut Bits::new(&payload))
    }
}

fn field<T>(value: Option<T>, what: &'static str) -> Result<T, Error> {
    value.ok_or(Error::Sps { what })
}

/// Profiles whose SPS tells chroma format, depths and scaling lists (7.3.2.1.1).
fn has_chroma_fields(profile: u8) -> bool {
    matches!(
        profile,
        44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244
    )
}

fn read(bits: &mut Bits<'_>) -> Result<Sps, Error> {
    let profile = field(bits.byte(), "profile_idc")?;
    let constraints = field(bits.byte(), "constraint flags")?;
    let level = field(bits.byte(), "level_idc")?;
    let id = field(bits.ue_up_to(31), "seq_parameter_set_id")?;

    let mut chroma = ChromaFormat::Yuv420;
    let mut separate_planes = false;
    let (mut depth_luma, mut depth_chroma) = (8, 8);
    if has_chroma_fields(profile) {
        chroma = match field(bits.ue_up_to(3), "chroma_format_idc")? {
            0 => ChromaFormat::Monochrome,
            1 => ChromaFormat::Yuv420,
            2 => ChromaFormat::Yuv422,
            _ => ChromaFormat::Yuv444,
        };
        if chroma == ChromaFormat::Yuv444 {
            separate_planes = field(bits.flag(), "separate_colour_plane_flag")?;
        }
        depth_luma += field(bits.ue_up_to(6), "bit_depth_luma_minus8")?;
        depth_chroma += field(bits.ue_up_to(6), "bit_depth_chroma_minus8")?;
        field(bits.flag(), "qpprime_y_zero_transform_bypass_flag")?;
        if field(bits.flag(), "seq_scaling_matrix_present_flag")? {
            field(skip_scaling_lists(bits, chroma), "scaling lists")?;
        }
    }

    field(bits.ue_up_to(12), "log2_max_frame_num_minus4")?;
    let order_type = field(bits.ue_up_to(2), "pic_order_cnt_type")?;
    field(skip_order_count(bits, order_type), "picture order count")?;
    field(bits.ue_up_to(16), "max_num_ref_frames")?;
    field(bits.flag(), "gaps_in_frame_num_value_allowed_flag")?;

    let columns = field(bits.ue(), "pic_width_in_mbs_minus1")?.saturating_add(1);
    let map_rows = field(bits.ue(), "pic_height_in_map_units_minus1")?.saturating_add(1);
    let frames_only = field(bits.flag(), "frame_mbs_only_flag")?;
    if !frames_only {
        field(bits.flag(), "mb_adaptive_frame_field_flag")?;
    }
    let rows = map_rows.saturating_mul(if frames_only { 1 } else { 2 });
    let (coded_width, coded_height) = (columns.saturating_mul(16), rows.saturating_mul(16));
    let too_large = Error::TooLarge {
        width: coded_width,
        height: coded_height,
    };
    if coded_width > SIDE_MAX
        || coded_height > SIDE_MAX
        || columns.saturating_mul(rows) > MACROBLOCKS_MAX
    {
        return Err(too_large);
    }

    field(bits.flag(), "direct_8x8_inference_flag")?;
    let (mut width, mut height) = (coded_width, coded_height);
    if field(bits.flag(), "frame_cropping_flag")? {
        let sampled = if separate_planes {
            ChromaFormat::Monochrome
        } else {
            chroma
        };
        let unit = crop_unit(sampled, frames_only);
        let crop = field(read_crop(bits), "frame cropping")?;
        width = field(
            cropped(coded_width, crop[0], crop[1], unit.0),
            "frame cropping",
        )?;
        height = field(
            cropped(coded_height, crop[2], crop[3], unit.1),
            "frame cropping",
        )?;
    }

    let mut vui = Vui::default();
    if bits.flag().unwrap_or(false) {
        let _what_was_read_counts = read_vui(bits, &mut vui);
    }
    let small = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
    Ok(Sps {
        profile,
        constraints,
        level,
        id: small(id),
        width,
        height,
        chroma,
        bit_depth_luma: small(depth_luma),
        bit_depth_chroma: small(depth_chroma),
        interlaced: !frames_only,
        output_in_decode_order: order_type == 2,
        vui,
    })
}

fn skip_scaling_lists(bits: &mut Bits<'_>, chroma: ChromaFormat) -> Option<()> {
    let lists = if chroma == ChromaFormat::Yuv444 {
        12
    } else {
        8
    };
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8_i32, 8_i32);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                let delta = bits.se().filter(|delta| (-128..=127).contains(delta))?;
                next = (last + delta + 256) % 256;
            }
            if next != 0 {
                last = next;
            }
        }
    }
    Some(())
}

fn skip_order_count(bits: &mut Bits<'_>, order_type: u32) -> Option<()> {
    match order_type {
        0 => {
            bits.ue_up_to(12)?;
        }
        1 => {
            bits.flag()?;
            bits.se()?;
            bits.se()?;
            for _ in 0..bits.ue_up_to(255)? {
                bits.se()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// Left, right, top, bottom.
fn read_crop(bits: &mut Bits<'_>) -> Option<[u32; 4]> {
    Some([bits.ue()?, bits.ue()?, bits.ue()?, bits.ue()?])
}

/// `CropUnitX`, `CropUnitY` (equations 7-19 to 7-22).
fn crop_unit(sampled: ChromaFormat, frames_only: bool) -> (u32, u32) {
    let (x, y) = match sampled {
        ChromaFormat::Monochrome | ChromaFormat::Yuv444 => (1, 1),
        ChromaFormat::Yuv420 => (2, 2),
        ChromaFormat::Yuv422 => (2, 1),
    };
    (x, if frames_only { y } else { y * 2 })
}

/// What is left of `side`, if anything is.
fn cropped(side: u32, before: u32, after: u32, unit: u32) -> Option<u32> {
    let cut = before.checked_add(after)?.checked_mul(unit)?;
    side.checked_sub(cut).filter(|left| *left > 0)
}

/// Annex E.1.1; `vui` keeps what was read when the data ends early.
fn read_vui(bits: &mut Bits<'_>, vui: &mut Vui) -> Option<()> {
    if bits.flag()? {
        vui.sample_aspect = match bits.byte()? {
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
            let (primaries, transfer, matrix) = (bits.byte()?, bits.byte()?, bits.byte()?);
            vui.colour = Some(Colour {
                primaries,
                transfer,
                matrix,
                full_range,
            });
        }
    }
    if bits.flag()? {
        bits.ue_up_to(5)?;
        bits.ue_up_to(5)?;
    }
    if bits.flag()? {
        vui.timing = Some((bits.number(32)?, bits.number(32)?));
        bits.flag()?;
    }
    let nal_hrd = bits.flag()?;
    if nal_hrd {
        skip_hrd(bits)?;
    }
    let vcl_hrd = bits.flag()?;
    if vcl_hrd {
        skip_hrd(bits)?;
    }
    if nal_hrd || vcl_hrd {
        bits.flag()?;
    }
    bits.flag()?;
    if bits.flag()? {
        bits.flag()?;
        for _ in 0..4 {
            bits.ue()?;
        }
        vui.reorder_frames = u8::try_from(bits.ue_up_to(16)?).ok();
    }
    Some(())
}

/// Annex E.1.2.
fn skip_hrd(bits: &mut Bits<'_>) -> Option<()> {
    let schedules = bits.ue_up_to(31)? + 1;
    bits.skip(8)?;
    for _ in 0..schedules {
        bits.ue()?;
        bits.ue()?;
        bits.flag()?;
    }
    bits.skip(20)
}

/// Table E-1.
pub(crate) fn sample_aspect(code: u8) -> Option<(u16, u16)> {
    Some(match code {
        1 => (1, 1),
        2 => (12, 11),
        3 => (10, 11),
        4 => (16, 11),
        5 => (40, 33),
        6 => (24, 11),
        7 => (20, 11),
        8 => (32, 11),
        9 => (80, 33),
        10 => (18, 11),
        11 => (15, 11),
        12 => (64, 33),
        13 => (160, 99),
        14 => (4, 3),
        15 => (3, 2),
        16 => (2, 1),
        _ => return None,
    })
}

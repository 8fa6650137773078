//! Whether an access unit is digital silence, told without decoding it.
//!
//! ISO/IEC 14496-3, 4.4.2 (`raw_data_block` and below) with the meaning of its elements in 4.5.2 and 4.6. A spectrum of zeros
//! is written as sections that use the zero codebook, or as no sections at all, and then neither scale factors nor spectral
//! data follow. So a frame is read only as long as it is silent: the first section with anything in it ends the look, within
//! some twenty bits of a frame with sound. AAC-LC, the core of HE-AAC included; what its SBR adds to a core of zeros is below
//! hearing. Not told: coupling channels, and what AAC-LC does not have (prediction, gain control).

use crate::bits::Bits;

/// Codebook of a section whose spectrum is zero (table 4.148).
const ZERO_HCB: u32 = 0;
/// Codebooks of a right channel that is the left one, scaled; `INTENSITY_HCB2` and `INTENSITY_HCB`.
const INTENSITY: std::ops::RangeInclusive<u32> = 14..=15;
/// `EIGHT_SHORT_SEQUENCE`.
const EIGHT_SHORT: u32 = 2;

/// What ends the look early.
enum Stop {
    /// There is sound.
    Sound,
    /// It cannot be told: the data end early, or hold what is not AAC-LC.
    Unclear,
}

type Read<T> = Result<T, Stop>;

/// Whether every channel of this access unit (a `raw_data_block`, no ADTS) has a spectrum of zeros; `None` where that cannot be
/// told.
pub fn is_silent(data: &[u8]) -> Option<bool> {
    match read_block(&mut Bits::new(data)) {
        Ok(channels) => Some(channels > 0).filter(|silent| *silent),
        Err(Stop::Sound) => Some(false),
        Err(Stop::Unclear) => None,
    }
}

/// Reads a block whose channels are all silent; how many there are.
fn read_block(bits: &mut Bits<'_>) -> Read<u32> {
    let mut channels = 0;
    // Each turn reads three bits or more, so the data bound the loop.
    loop {
        match number(bits, 3)? {
            // SCE and LFE.
            0 | 3 => {
                number(bits, 4)?;
                read_channel(bits, None)?;
                channels += 1;
            }
            1 => {
                read_pair(bits)?;
                channels += 2;
            }
            4 => skip_data(bits)?,
            5 => {
                super::program_channels(bits).ok_or(Stop::Unclear)?;
            }
            6 => skip_fill(bits)?,
            7 => return Ok(channels),
            // CCE: may add to any channel.
            _ => return Err(Stop::Unclear),
        }
    }
}

fn number(bits: &mut Bits<'_>, count: u32) -> Read<u32> {
    bits.number(count).ok_or(Stop::Unclear)
}

fn flag(bits: &mut Bits<'_>) -> Read<bool> {
    bits.flag().ok_or(Stop::Unclear)
}

/// `data_stream_element`.
fn skip_data(bits: &mut Bits<'_>) -> Read<()> {
    number(bits, 4)?;
    let aligned = flag(bits)?;
    let mut bytes = number(bits, 8)?;
    if bytes == 255 {
        bytes += number(bits, 8)?;
    }
    if aligned {
        bits.align();
    }
    bits.skip(bytes as usize * 8).ok_or(Stop::Unclear)
}

/// `fill_element`; SBR lies in one.
fn skip_fill(bits: &mut Bits<'_>) -> Read<()> {
    let mut bytes = number(bits, 4)?;
    if bytes == 15 {
        bytes += number(bits, 8)?.saturating_sub(1);
    }
    bits.skip(bytes as usize * 8).ok_or(Stop::Unclear)
}

/// What `ics_info` says of a channel's windows.
#[derive(Clone, Copy)]
struct Windows {
    short: bool,
    groups: u32,
    bands: u32,
}

fn read_windows(bits: &mut Bits<'_>) -> Read<Windows> {
    if flag(bits)? {
        return Err(Stop::Unclear);
    }
    let short = number(bits, 2)? == EIGHT_SHORT;
    flag(bits)?;
    if short {
        let bands = number(bits, 4)?;
        // A set bit joins a window to the group before it.
        let grouping = number(bits, 7)?;
        return Ok(Windows {
            short,
            groups: 8 - grouping.count_ones(),
            bands,
        });
    }
    let bands = number(bits, 6)?;
    if flag(bits)? {
        return Err(Stop::Unclear);
    }
    Ok(Windows {
        short,
        groups: 1,
        bands,
    })
}

/// `channel_pair_element`.
fn read_pair(bits: &mut Bits<'_>) -> Read<()> {
    number(bits, 4)?;
    let mut common = None;
    if flag(bits)? {
        let windows = read_windows(bits)?;
        match number(bits, 2)? {
            1 => bits
                .skip((windows.groups * windows.bands) as usize)
                .ok_or(Stop::Unclear)?,
            3 => return Err(Stop::Unclear),
            _ => {}
        }
        common = Some(windows);
    }
    read_channel(bits, common)?;
    read_channel(bits, common)
}

/// `individual_channel_stream` of a silent channel.
fn read_channel(bits: &mut Bits<'_>, common: Option<Windows>) -> Read<()> {
    number(bits, 8)?;
    let windows = match common {
        Some(windows) => windows,
        None => read_windows(bits)?,
    };
    read_sections(bits, windows)?;
    // pulse_data adds to the spectrum.
    if flag(bits)? {
        return Err(Stop::Sound);
    }
    if flag(bits)? {
        skip_shaping(bits, windows)?;
    }
    // gain_control_data is not of AAC-LC.
    if flag(bits)? {
        return Err(Stop::Unclear);
    }
    Ok(())
}

/// `section_data` of zeros; neither scale factors nor spectrum follow then.
fn read_sections(bits: &mut Bits<'_>, windows: Windows) -> Read<()> {
    let length_bits = if windows.short { 3 } else { 5 };
    let escape = (1 << length_bits) - 1;
    for _ in 0..windows.groups {
        let mut band = 0;
        while band < windows.bands {
            let codebook = number(bits, 4)?;
            if INTENSITY.contains(&codebook) {
                // Scaled from a silent channel it would be silent, but its positions follow, coded.
                return Err(Stop::Unclear);
            }
            if codebook != ZERO_HCB {
                return Err(Stop::Sound);
            }
            loop {
                let length = number(bits, length_bits)?;
                band += length;
                if length != escape {
                    break;
                }
            }
        }
        if band > windows.bands {
            return Err(Stop::Unclear);
        }
    }
    Ok(())
}

/// `tns_data`: filters, which make nothing of zeros.
fn skip_shaping(bits: &mut Bits<'_>, windows: Windows) -> Read<()> {
    let (count, filter_bits, length_bits, order_bits) = if windows.short {
        (8, 1, 4, 3)
    } else {
        (1, 2, 6, 5)
    };
    for _ in 0..count {
        let filters = number(bits, filter_bits)?;
        let resolution = if filters > 0 { number(bits, 1)? } else { 0 };
        for _ in 0..filters {
            number(bits, length_bits)?;
            let order = number(bits, order_bits)?;
            if order == 0 {
                continue;
            }
            flag(bits)?;
            let compressed = number(bits, 1)?;
            let coefficient_bits = resolution + 3 - compressed;
            bits.skip((order * coefficient_bits) as usize)
                .ok_or(Stop::Unclear)?;
        }
    }
    Ok(())
}

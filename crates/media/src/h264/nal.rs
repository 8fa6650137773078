//! NAL units inside an access unit that carries a length before each (ISO/IEC 14496-15, 5.3.2).
//!
//! Reads only the headers, the types of slices and, for SEI, the types of messages. Empty units are tolerated and counted; a length that points
//! past the end stops the walk and is told. Does not touch Annex B start codes: neither RTMP nor MP4 carries them.

use bytes::{BufMut, Bytes, BytesMut};

use crate::bits::Bits;

/// Coded slice of an IDR picture.
const IDR: u8 = 5;
const SEI: u8 = 6;
pub(super) const SPS: u8 = 7;
pub(super) const PPS: u8 = 8;
pub(super) const DELIMITER: u8 = 9;
pub(super) const FILLER: u8 = 12;
/// `payloadType` of the recovery point SEI message (Annex D).
const RECOVERY_POINT: u32 = 6;

/// One NAL unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nal<'a> {
    /// Header byte and what follows it, emulation prevention included; never empty.
    pub bytes: &'a [u8],
    /// Where `bytes` begins in the access unit.
    pub offset: usize,
}

impl Nal<'_> {
    /// `nal_unit_type`, 0 to 31.
    pub fn kind(&self) -> u8 {
        self.bytes.first().map_or(0, |header| header & 0x1f)
    }

    /// `nal_ref_idc`, 0 to 3; 0 says that no other picture refers to this one.
    pub fn ref_idc(&self) -> u8 {
        self.bytes.first().map_or(0, |header| (header >> 5) & 3)
    }
}

/// Walks the NAL units of an access unit.
#[derive(Clone, Debug)]
pub struct Nals<'a> {
    data: &'a [u8],
    at: usize,
    length_size: usize,
    empty: u32,
    truncated: bool,
}

impl<'a> Nals<'a> {
    /// `length_size` as [`super::Config::nal_length_size`] answers it; taken into 1 to 4.
    pub fn new(data: &'a [u8], length_size: u8) -> Self {
        let length_size = usize::from(length_size.clamp(1, 4));
        Self {
            data,
            at: 0,
            length_size,
            empty: 0,
            truncated: false,
        }
    }

    /// Units of length zero that were passed so far.
    pub fn empty(&self) -> u32 {
        self.empty
    }

    /// A length pointed past the end, or the end cut a length; the rest was left out.
    pub fn truncated(&self) -> bool {
        self.truncated
    }
}

impl<'a> Iterator for Nals<'a> {
    type Item = Nal<'a>;

    fn next(&mut self) -> Option<Nal<'a>> {
        loop {
            let rest = self.data.get(self.at..).filter(|rest| !rest.is_empty())?;
            let Some((prefix, rest)) = rest.split_at_checked(self.length_size) else {
                self.truncated = true;
                self.at = self.data.len();
                return None;
            };
            // At most four bytes, so the fold fits 32 bits.
            let length = prefix
                .iter()
                .fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
            let Some(bytes) = usize::try_from(length)
                .ok()
                .and_then(|length| rest.get(..length))
            else {
                self.truncated = true;
                self.at = self.data.len();
                return None;
            };
            let offset = self.at + self.length_size;
            self.at = offset + bytes.len();
            if bytes.is_empty() {
                self.empty = self.empty.saturating_add(1);
                continue;
            }
            return Some(Nal { bytes, offset });
        }
    }
}

/// What one pass over an access unit's headers tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// An IDR slice is there: decoding can start here.
    pub idr: bool,
    /// A recovery point SEI message is there: decoding can start here and is whole after some frames (intra refresh).
    pub recovery_point: bool,
    /// An SPS or PPS is in band.
    pub parameter_sets: bool,
    /// Slices of pictures (types 1, 2 and 5).
    pub slices: u32,
    /// Filler units (type 12), which only pad the bit rate.
    pub filler: u32,
    /// Units of length zero.
    pub empty: u32,
    /// The last unit is cut off.
    pub truncated: bool,
}

/// Walks an access unit once and tells what is in it. Never fails: damage is part of the answer.
pub fn inspect(data: &[u8], nal_length_size: u8) -> Facts {
    let mut nals = Nals::new(data, nal_length_size);
    let mut facts = Facts::default();
    for nal in nals.by_ref() {
        match nal.kind() {
            IDR => {
                facts.idr = true;
                facts.slices = facts.slices.saturating_add(1);
            }
            1 | 2 => facts.slices = facts.slices.saturating_add(1),
            SEI => facts.recovery_point |= sei_has(nal.bytes, RECOVERY_POINT),
            SPS | PPS => facts.parameter_sets = true,
            FILLER => facts.filler = facts.filler.saturating_add(1),
            _ => {}
        }
    }
    facts.empty = nals.empty();
    facts.truncated = nals.truncated();
    facts
}

/// The access unit holds an IDR slice.
pub fn is_idr(data: &[u8], nal_length_size: u8) -> bool {
    Nals::new(data, nal_length_size).any(|nal| nal.kind() == IDR)
}

/// The access unit holds a recovery point SEI message (ITU-T H.264, D.1.8).
pub fn has_recovery_point(data: &[u8], nal_length_size: u8) -> bool {
    Nals::new(data, nal_length_size)
        .any(|nal| nal.kind() == SEI && sei_has(nal.bytes, RECOVERY_POINT))
}

/// Decoding can start at this access unit: an IDR picture, or an intra picture with a recovery point that is exact at once
/// (`recovery_frame_cnt` 0), which is how open groups of pictures begin.
///
/// Pictures sent after such a one and shown before it may lack what they refer to; all that are shown after it are whole. A
/// recovery point with a count above 0 (intra refresh) is none: players that are told to start there show damage or nothing.
pub fn can_start(data: &[u8], nal_length_size: u8) -> bool {
    let (mut slices, mut all_intra, mut recovers) = (false, true, false);
    for nal in Nals::new(data, nal_length_size) {
        match nal.kind() {
            IDR => return true,
            1 | 2 => {
                slices = true;
                all_intra &= is_intra_slice(nal.bytes);
            }
            // A count of 0 is the one code that begins with a set bit.
            SEI => {
                recovers |=
                    sei_first_byte(nal.bytes, RECOVERY_POINT).is_some_and(|byte| byte & 0x80 != 0);
            }
            _ => {}
        }
    }
    slices && all_intra && recovers
}

/// `slice_type` I or SI (ITU-T H.264, 7.4.3): 2, 4, 7 or 9.
fn is_intra_slice(nal: &[u8]) -> bool {
    // Both codes are short enough that emulation prevention cannot reach into them.
    let mut bits = Bits::new(nal.get(1..).unwrap_or_default());
    bits.ue_up_to(super::MACROBLOCKS_MAX).is_some()
        && matches!(bits.ue_up_to(9), Some(2 | 4 | 7 | 9))
}

/// The parameter sets that an access unit carries in band; shares its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSets {
    /// NAL units of type 7, in order.
    pub sps: Vec<Bytes>,
    /// NAL units of type 8, in order.
    pub pps: Vec<Bytes>,
}

impl ParameterSets {
    /// Collects the parameter sets of one access unit.
    pub fn find(data: &Bytes, nal_length_size: u8) -> Self {
        let mut sets = Self::default();
        for nal in Nals::new(data, nal_length_size) {
            let list = match nal.kind() {
                SPS => &mut sets.sps,
                PPS => &mut sets.pps,
                _ => continue,
            };
            list.push(data.slice(nal.offset..nal.offset + nal.bytes.len()));
        }
        sets
    }

    /// None of either kind.
    pub fn is_empty(&self) -> bool {
        self.sps.is_empty() && self.pps.is_empty()
    }
}

/// The access unit with 4-byte lengths, without filler, empty and cut-off units.
///
/// Answers the same bytes, uncopied, where nothing has to change, as with every ordinary encoder.
pub fn normalise(data: &Bytes, nal_length_size: u8) -> Bytes {
    let mut nals = Nals::new(data, nal_length_size);
    let (mut kept, mut dropped) = (0_usize, false);
    for nal in nals.by_ref() {
        if nal.kind() == FILLER {
            dropped = true;
        } else {
            kept = kept.saturating_add(4).saturating_add(nal.bytes.len());
        }
    }
    if nal_length_size == 4 && !dropped && nals.empty() == 0 && !nals.truncated() {
        return data.clone();
    }
    let mut out = BytesMut::with_capacity(kept);
    for nal in Nals::new(data, nal_length_size).filter(|nal| nal.kind() != FILLER) {
        out.put_u32(u32::try_from(nal.bytes.len()).unwrap_or(u32::MAX));
        out.put_slice(nal.bytes);
    }
    out.freeze()
}

/// The payload without emulation prevention bytes (ITU-T H.264, 7.3.1: the `03` of `00 00 03`).
pub fn unescape(payload: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut zeros = 0_u8;
    payload.iter().copied().filter(move |byte| {
        let prevention = zeros >= 2 && *byte == 3;
        zeros = if *byte == 0 {
            zeros.saturating_add(1)
        } else {
            0
        };
        !prevention
    })
}

fn sei_has(nal: &[u8], wanted: u32) -> bool {
    sei_first_byte(nal, wanted).is_some()
}

/// First byte of the first message of this type; 0 where it is empty.
fn sei_first_byte(nal: &[u8], wanted: u32) -> Option<u8> {
    let mut payload = unescape(nal.get(1..).unwrap_or_default());
    // The trailing bits alone (80) read as a type without a size, which ends the walk.
    loop {
        let kind = sei_number(&mut payload)?;
        let size = sei_number(&mut payload)?;
        if kind == wanted {
            return Some(payload.next().filter(|_| size > 0).unwrap_or(0));
        }
        if size > 0 {
            payload.nth(size as usize - 1)?;
        }
    }
}

/// A number as SEI messages write types and sizes: 255 for each byte that is `ff`, then the rest; `None` where the payload ends in it.
pub fn sei_number(payload: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let mut sum = 0_u32;
    loop {
        let byte = payload.next()?;
        sum = sum.saturating_add(u32::from(byte));
        if byte != 0xff {
            return Some(sum);
        }
    }
}

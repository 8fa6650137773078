//! Which messages an SEI NAL unit holds (ITU-T H.264, 7.3.2.3.1).

const BUFFERING_PERIOD: u32 = 0;
const PIC_TIMING: u32 = 1;

/// The unit holds messages, and all of them are buffering periods or picture timings (Annex D): they serve a decoder that
/// models buffers, which a player of RTP does not. One that also holds others is kept whole. Damage counts as another.
pub(super) fn is_timing_only(nal: &[u8]) -> bool {
    let mut payload = unescape(nal.get(1..).unwrap_or_default()).peekable();
    let mut any = false;
    loop {
        let ends = payload.peek().is_none_or(|byte| *byte == 0x80);
        let Some(kind) = number(&mut payload) else {
            return any;
        };
        let Some(size) = number(&mut payload) else {
            // The trailing bits alone: no message follows.
            return ends && any;
        };
        if !matches!(kind, BUFFERING_PERIOD | PIC_TIMING) {
            return false;
        }
        any = true;
        if size > 0 && payload.nth(size as usize - 1).is_none() {
            return false;
        }
    }
}

/// A number as types and sizes are written: 255 for each byte that is `ff`, then the rest.
fn number(payload: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let mut sum = 0_u32;
    loop {
        let byte = payload.next()?;
        sum = sum.saturating_add(u32::from(byte));
        if byte != 0xff {
            return Some(sum);
        }
    }
}

/// Without emulation prevention bytes (ITU-T H.264, 7.3.1).
fn unescape(payload: &[u8]) -> impl Iterator<Item = u8> + '_ {
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

//! Which messages an SEI NAL unit holds (ITU-T H.264, 7.3.2.3.1).

use media::h264::{sei_number, unescape};

const BUFFERING_PERIOD: u32 = 0;
const PIC_TIMING: u32 = 1;

/// The unit holds messages, and all of them are buffering periods or picture timings (Annex D): they serve a decoder that
/// models buffers, which a player of RTP does not. One that also holds others is kept whole. Damage counts as another.
pub(super) fn is_timing_only(nal: &[u8]) -> bool {
    let mut payload = unescape(nal.get(1..).unwrap_or_default()).peekable();
    let mut any = false;
    loop {
        let ends = payload.peek().is_none_or(|byte| *byte == 0x80);
        let Some(kind) = sei_number(&mut payload) else {
            return any;
        };
        let Some(size) = sei_number(&mut payload) else {
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

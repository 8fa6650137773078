//! H.264 in RTP, packetization-mode 1 (RFC 6184): single NAL units, STAP-A, FU-A.
//!
//! From access units with lengths (ISO/IEC 14496-15) to packets that share their bytes. Puts the parameter sets of the
//! configuration before each access unit where decoding can start, since players join there. Leaves out what a player has no
//! use for: access unit delimiters, filler, timing SEI, ends of sequence and stream, and types that mean something else in
//! RTP. Keeps decoding order: pictures that are shown in another order are the caller's to refuse.

mod sei;

#[cfg(test)]
mod tests;

use bytes::{BufMut, Bytes, BytesMut};
use media::{
    Frame,
    h264::{Config, Nals},
};

use super::{Packet, Prefix};

/// Ticks per second of RTP time (RFC 6184, 5.1).
pub const CLOCK: u32 = 90_000;
/// Smallest payload that is taken. Closes: a frame cut into a packet a byte.
pub const MAX_PAYLOAD_LEAST: usize = 64;

const SEI: u8 = 6;
const SPS: u8 = 7;
const PPS: u8 = 8;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// `forbidden_zero_bit` and `nal_ref_idc` of a NAL unit's first byte.
const FORBIDDEN: u8 = 0x80;
const REF_IDC: u8 = 0x60;
/// Indicator and header before each fragment (RFC 6184, 5.8).
const FU_BYTES: usize = 2;

/// Cuts the access units of one configuration into packets. Made anew when the configuration changes.
#[derive(Clone, Debug)]
pub struct Packetiser {
    max_payload: usize,
    nal_length_size: u8,
    sets: Vec<Bytes>,
}

impl Packetiser {
    /// `max_payload` in bytes, as [`super::PAYLOAD_BYTES`]; taken into [`MAX_PAYLOAD_LEAST`] to 65,535.
    pub fn new(config: &Config, max_payload: usize) -> Self {
        let sets = config.parameter_sets();
        Self {
            max_payload: max_payload.clamp(MAX_PAYLOAD_LEAST, usize::from(u16::MAX)),
            nal_length_size: config.nal_length_size(),
            sets: sets.sps.iter().chain(&sets.pps).cloned().collect(),
        }
    }

    /// Appends the packets of one access unit to `out`, the last one marked; none where nothing of it is worth sending.
    ///
    /// A NAL unit that is too long for a packet becomes fragments of one length, only the last shorter (as UDP GSO wants
    /// them). Units that fit one packet together are put into a STAP-A, which copies them: parameter sets, SEI, small slices.
    /// All else shares the frame's bytes. Units behind a cut-off one are left out. At most as many packets as the frame and
    /// the parameter sets have bytes over about `max_payload / 2`.
    pub fn packetise(&self, frame: &Frame, out: &mut Vec<Packet>) {
        let already = out.len();
        let mut run = Run::new(self.max_payload);
        if frame.key {
            for set in &self.sets {
                self.push(set.clone(), &mut run, out);
            }
        }
        for nal in Nals::new(&frame.data, self.nal_length_size) {
            let repeated = frame.key
                && matches!(nal.kind(), SPS | PPS)
                && self.sets.iter().any(|set| set == nal.bytes);
            if !repeated && is_sent(nal.kind(), nal.bytes) {
                let end = nal.offset + nal.bytes.len();
                self.push(frame.data.slice(nal.offset..end), &mut run, out);
            }
        }
        run.flush(out);
        if out.len() > already
            && let Some(last) = out.last_mut()
        {
            last.marker = true;
        }
    }

    fn push(&self, nal: Bytes, run: &mut Run, out: &mut Vec<Packet>) {
        if nal.len() > self.max_payload {
            run.flush(out);
            self.fragment(&nal, out);
        } else {
            run.push(nal, out);
        }
    }

    /// RFC 6184, 5.8: the unit's first byte is told by each fragment's two, the rest is shared out evenly.
    fn fragment(&self, nal: &Bytes, out: &mut Vec<Packet>) {
        let Some(header) = nal.first().copied() else {
            return;
        };
        let body = nal.slice(1..);
        let count = body.len().div_ceil(self.max_payload - FU_BYTES);
        let size = body.len().div_ceil(count.max(1));
        let indicator = header & (FORBIDDEN | REF_IDC) | FU_A;
        let mut at = 0;
        while at < body.len() {
            let end = body.len().min(at + size);
            let edge = match (at == 0, end == body.len()) {
                (true, _) => 0x80,
                (_, true) => 0x40,
                _ => 0,
            };
            out.push(Packet {
                prefix: Prefix::two([indicator, edge | header & 0x1f]),
                payload: body.slice(at..end),
                marker: false,
            });
            at = end;
        }
    }
}

/// NAL units in a row that fit one packet together.
struct Run {
    units: Vec<Bytes>,
    /// As a STAP-A.
    bytes: usize,
    max_payload: usize,
}

impl Run {
    fn new(max_payload: usize) -> Self {
        Self {
            units: Vec::new(),
            bytes: 1,
            max_payload,
        }
    }

    fn push(&mut self, nal: Bytes, out: &mut Vec<Packet>) {
        if self.bytes + 2 + nal.len() > self.max_payload {
            self.flush(out);
        }
        self.bytes += 2 + nal.len();
        self.units.push(nal);
    }

    /// RFC 6184, 5.6 for one unit, 5.7.1 for more.
    fn flush(&mut self, out: &mut Vec<Packet>) {
        let bytes = std::mem::replace(&mut self.bytes, 1);
        if self.units.len() < 2 {
            out.extend(self.units.pop().map(|payload| Packet {
                prefix: Prefix::NONE,
                payload,
                marker: false,
            }));
            return;
        }
        let mut body = BytesMut::with_capacity(bytes);
        let (mut forbidden, mut ref_idc) = (0, 0);
        for nal in self.units.drain(..) {
            let header = nal.first().copied().unwrap_or_default();
            forbidden |= header & FORBIDDEN;
            ref_idc = ref_idc.max(header & REF_IDC);
            // Below `max_payload`, which fits 16 bits.
            body.put_u16(nal.len() as u16);
            body.put_slice(&nal);
        }
        out.push(Packet {
            prefix: Prefix::one(forbidden | ref_idc | STAP_A),
            payload: body.freeze(),
            marker: false,
        });
    }
}

/// Types 9 to 12 are delimiters, ends and filler; 0 and those from 24 are free, and RTP gives them a meaning of its own.
fn is_sent(kind: u8, nal: &[u8]) -> bool {
    match kind {
        SEI => !sei::is_timing_only(nal),
        1..=8 | 13..=23 => true,
        _ => false,
    }
}

/// No other picture refers to this one (`nal_ref_idc` 0 in every slice), so that it can be left out without harm.
///
/// `false` where there is no slice.
pub fn is_disposable(frame: &Frame, nal_length_size: u8) -> bool {
    let mut slices = Nals::new(&frame.data, nal_length_size)
        .filter(|nal| (1..=5).contains(&nal.kind()))
        .peekable();
    slices.peek().is_some() && slices.all(|nal| nal.ref_idc() == 0)
}

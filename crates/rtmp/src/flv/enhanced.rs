//! What audio and video tags of Enhanced RTMP v2 share: packet types, modifiers in front of them, FourCC names.

use bytes::{Buf, Bytes};

/// Packet types; the two kinds of tags give 4, 5 and 6 different meanings.
pub(super) mod packet {
    pub(crate) const SEQUENCE_START: u8 = 0;
    pub(crate) const CODED_FRAMES: u8 = 1;
    pub(crate) const CODED_FRAMES_X: u8 = 3;
    pub(crate) const MOD_EX: u8 = 7;
}

/// Reads the modifiers (ModEx) that may stand before a packet and answers the packet's own type. Nanosecond offsets, the
/// one modifier there is, refine a millisecond that HLS rebuilds anyway; they are read over.
pub(super) fn skip_modifiers(mut packet_type: u8, rest: &mut Bytes) -> Option<u8> {
    while packet_type == packet::MOD_EX {
        let mut bytes = usize::from(rest.try_get_u8().ok()?) + 1;
        if bytes == 256 {
            bytes = usize::from(rest.try_get_u16().ok()?) + 1;
        }
        if rest.len() < bytes {
            return None;
        }
        rest.advance(bytes);
        packet_type = rest.try_get_u8().ok()? & 0x0f;
    }
    Some(packet_type)
}

/// The FourCC at the front.
pub(super) fn take_four_cc(rest: &mut Bytes) -> Option<[u8; 4]> {
    let four_cc = *rest.first_chunk()?;
    rest.advance(4);
    Some(four_cc)
}

/// A FourCC as people know it; unknown ones as their letters.
pub(super) fn codec_name(four_cc: [u8; 4]) -> String {
    let name = match &four_cc {
        b"hvc1" => "HEVC (H.265)",
        b"av01" => "AV1",
        b"vp09" => "VP9",
        b"vp08" => "VP8",
        b"vvc1" => "VVC (H.266)",
        b"Opus" => "Opus",
        b"fLaC" => "FLAC",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b".mp3" => "MP3",
        _ => {
            return format!(
                "an unknown codec (\u{201c}{}\u{201d})",
                four_cc.escape_ascii()
            );
        }
    };
    name.to_owned()
}

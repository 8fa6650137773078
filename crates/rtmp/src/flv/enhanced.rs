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
fn skip_modifiers(mut packet_type: u8, rest: &mut Bytes) -> Option<u8> {
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

/// A packet, by what it is about.
pub(super) enum Packet {
    /// Of the default track.
    Default { packet_type: u8, four_cc: [u8; 4] },
    /// Of a further track, beside the default one.
    OtherTrack,
    /// Of several tracks at once.
    ManyTracks,
}

/// Reads what stands before the data of a packet: modifiers, the track's number (where the packet says `multitrack`) and
/// the FourCC.
pub(super) fn take_head(packet_type: u8, multitrack: u8, rest: &mut Bytes) -> Option<Packet> {
    /// One track in the message; the other forms have several.
    const ONE_TRACK: u8 = 0;
    let packet_type = skip_modifiers(packet_type, rest)?;
    if packet_type != multitrack {
        return Some(Packet::Default {
            packet_type,
            four_cc: take_four_cc(rest)?,
        });
    }
    let head = rest.try_get_u8().ok()?;
    if head >> 4 != ONE_TRACK {
        return Some(Packet::ManyTracks);
    }
    let four_cc = take_four_cc(rest)?;
    Some(match rest.try_get_u8().ok()? {
        0 => Packet::Default {
            packet_type: head & 0x0f,
            four_cc,
        },
        _ => Packet::OtherTrack,
    })
}

fn take_four_cc(rest: &mut Bytes) -> Option<[u8; 4]> {
    let four_cc = *rest.first_chunk()?;
    rest.advance(4);
    Some(four_cc)
}

/// What a message with several tracks is called where it is refused.
pub(super) const MANY_TRACKS: &str = "a stream of several tracks";

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

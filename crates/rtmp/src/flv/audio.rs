//! The body of an audio message (E.4.2, Enhanced RTMP "Enhanced Audio").

use bytes::{Buf, Bytes};

use super::{
    Media,
    enhanced::{self, Packet},
};

const AAC: u8 = 10;
/// Sound format that announces an Enhanced RTMP tag.
const ENHANCED: u8 = 9;
/// AAC tags always say 44 kHz, 16 bits, stereo; the configuration tells the truth.
const AAC_HEAD: u8 = AAC << 4 | 0x0f;

/// Packet types of AAC in the legacy form.
mod aac {
    pub(super) const SEQUENCE_HEADER: u8 = 0;
    pub(super) const RAW: u8 = 1;
}

/// What an audio message carries; an empty one is a marker for silence. This is where further codecs come in.
pub(crate) fn read(body: &Bytes) -> Media {
    let mut rest = body.clone();
    let Ok(first) = rest.try_get_u8() else {
        return Media::Nothing;
    };
    match first >> 4 {
        AAC => read_aac(rest).unwrap_or(Media::Nothing),
        ENHANCED => read_enhanced(first & 0x0f, rest).unwrap_or(Media::Nothing),
        other => Media::Unsupported(legacy_name(other)),
    }
}

/// What stands before an AAC configuration in the legacy form.
pub(crate) const CONFIG_HEAD: [u8; 2] = [AAC_HEAD, aac::SEQUENCE_HEADER];
/// What stands before an AAC frame in the legacy form.
pub(crate) const FRAME_HEAD: [u8; 2] = [AAC_HEAD, aac::RAW];

fn read_aac(mut rest: Bytes) -> Option<Media> {
    let packet = rest.try_get_u8().ok()?;
    (!rest.is_empty()).then(|| match packet {
        aac::SEQUENCE_HEADER => Media::Config(rest),
        aac::RAW => frame(rest),
        _ => Media::Nothing,
    })
}

fn read_enhanced(packet: u8, mut rest: Bytes) -> Option<Media> {
    const MULTICHANNEL_CONFIG: u8 = 4;
    const MULTITRACK: u8 = 5;
    let (packet, four_cc) = match enhanced::take_head(packet, MULTITRACK, &mut rest)? {
        Packet::Default {
            packet_type,
            four_cc,
        } => (packet_type, four_cc),
        Packet::OtherTrack => return Some(Media::Nothing),
        Packet::ManyTracks => return Some(Media::Unsupported(enhanced::MANY_TRACKS.to_owned())),
    };
    if packet == MULTICHANNEL_CONFIG {
        return Some(Media::Nothing);
    }
    if &four_cc != b"mp4a" {
        return Some(Media::Unsupported(enhanced::codec_name(four_cc)));
    }
    (!rest.is_empty()).then(|| match packet {
        enhanced::packet::SEQUENCE_START => Media::Config(rest),
        enhanced::packet::CODED_FRAMES => frame(rest),
        _ => Media::Nothing,
    })
}

fn frame(data: Bytes) -> Media {
    Media::Frame {
        key: true,
        composition_ms: 0,
        data,
    }
}

fn legacy_name(format: u8) -> String {
    let name = match format {
        0 | 3 => "uncompressed PCM",
        1 => "ADPCM",
        2 | 14 => "MP3",
        4..=6 => "Nellymoser",
        7 => "G.711 A-law",
        8 => "G.711 \u{b5}-law",
        11 => "Speex",
        13 => "Opus",
        _ => return format!("an unknown codec (number {format})"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Media {
        read(&Bytes::copy_from_slice(bytes))
    }

    #[test]
    fn aac_is_read_in_both_forms() {
        let data = Bytes::from_static(b"data");
        for bytes in [&b"\xaf\x00data"[..], b"\xa0\x00data", b"\x90mp4adata"] {
            assert_eq!(of(bytes), Media::Config(data.clone()));
        }
        for bytes in [
            &b"\xaf\x01data"[..],
            b"\x91mp4adata",
            b"\x97\x02\x00\x00\x01\x01mp4adata",
        ] {
            assert_eq!(of(bytes), frame(data.clone()));
        }
    }

    #[test]
    fn silence_markers_and_ends_are_nothing() {
        let table: &[&[u8]] = &[
            b"",
            b"\xaf",
            b"\xaf\x00",
            b"\xaf\x01",
            b"\xaf\x07x",
            b"\x90",
            b"\x90mp4a",
            b"\x92mp4a",
            b"\x94mp4ax",
            b"\x95\x01Opus\x01x",
        ];
        for bytes in table {
            assert_eq!(of(bytes), Media::Nothing, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn other_codecs_are_named() {
        let table: &[(&[u8], &str)] = &[
            (b"\x2f", "MP3"),
            (b"\xb2", "Speex"),
            (b"\x6f", "Nellymoser"),
            (b"\x3f", "uncompressed PCM"),
            (b"\x90Opus", "Opus"),
            (b"\x91fLaC", "FLAC"),
            (b"\x90ac-3", "AC-3"),
            (b"\x90.mp3", "MP3"),
            (b"\x95\x10Opus", "a stream of several tracks"),
        ];
        for (bytes, name) in table {
            assert_eq!(of(bytes), Media::Unsupported((*name).to_owned()));
        }
    }
}

//! The body of a video message (E.4.3, Enhanced RTMP "Enhanced Video").

use bytes::{Buf, Bytes};

use super::{
    Media,
    enhanced::{self, Packet},
};

/// Legacy codec ids (E.4.3.1); 12 and 13 are an extension that many encoders share.
const H264: u8 = 7;
/// Set in the first byte of an Enhanced RTMP tag.
const ENHANCED: u8 = 0x80;
/// Frame types: 1 is a key frame, 5 a command to the player.
const FRAME_KEY: u8 = 1;
const FRAME_COMMAND: u8 = 5;

/// Packet types of H.264 in the legacy form.
mod avc {
    pub(super) const SEQUENCE_HEADER: u8 = 0;
    pub(super) const NAL_UNITS: u8 = 1;
}

/// What a video message carries. This is where further codecs come in.
pub(crate) fn read(body: &Bytes) -> Media {
    let mut rest = body.clone();
    let Ok(first) = rest.try_get_u8() else {
        return Media::Nothing;
    };
    let frame_type = first >> 4 & 0x07;
    if frame_type == FRAME_COMMAND {
        return Media::Nothing;
    }
    let key = frame_type == FRAME_KEY;
    if first & ENHANCED != 0 {
        return read_enhanced(first & 0x0f, key, rest).unwrap_or(Media::Nothing);
    }
    match first & 0x0f {
        H264 => read_avc(key, rest).unwrap_or(Media::Nothing),
        other => Media::Unsupported(legacy_name(other)),
    }
}

/// What stands before an H.264 frame or configuration in the legacy form.
pub(crate) fn head(media: Head) -> [u8; 5] {
    let (frame_type, packet, composition_ms) = match media {
        Head::Config => (FRAME_KEY, avc::SEQUENCE_HEADER, 0),
        Head::Frame {
            key: true,
            composition_ms,
        } => (FRAME_KEY, avc::NAL_UNITS, composition_ms),
        Head::Frame {
            key: false,
            composition_ms,
        } => (2, avc::NAL_UNITS, composition_ms),
    };
    let [_, high, middle, low] = composition_ms.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
    [frame_type << 4 | H264, packet, high, middle, low]
}

/// What [`head`] is for.
#[derive(Clone, Copy)]
pub(crate) enum Head {
    Config,
    Frame { key: bool, composition_ms: i32 },
}

fn read_avc(key: bool, mut rest: Bytes) -> Option<Media> {
    let packet = rest.try_get_u8().ok()?;
    let composition_ms = take_signed_24(&mut rest)?;
    Some(match packet {
        avc::SEQUENCE_HEADER => config(rest),
        avc::NAL_UNITS => frame(key, composition_ms, rest),
        _ => Media::Nothing,
    })
}

fn read_enhanced(packet: u8, key: bool, mut rest: Bytes) -> Option<Media> {
    const METADATA: u8 = 4;
    const MULTITRACK: u8 = 6;
    let (packet, four_cc) = match enhanced::take_head(packet, MULTITRACK, &mut rest)? {
        Packet::Default {
            packet_type,
            four_cc,
        } => (packet_type, four_cc),
        Packet::OtherTrack => return Some(Media::Nothing),
        Packet::ManyTracks => return Some(Media::Unsupported(enhanced::MANY_TRACKS.to_owned())),
    };
    if packet == METADATA {
        return Some(Media::Nothing);
    }
    if &four_cc != b"avc1" {
        return Some(Media::Unsupported(enhanced::codec_name(four_cc)));
    }
    Some(match packet {
        enhanced::packet::SEQUENCE_START => config(rest),
        enhanced::packet::CODED_FRAMES => {
            let composition_ms = take_signed_24(&mut rest)?;
            frame(key, composition_ms, rest)
        }
        enhanced::packet::CODED_FRAMES_X => frame(key, 0, rest),
        _ => Media::Nothing,
    })
}

fn config(data: Bytes) -> Media {
    if data.is_empty() {
        Media::Nothing
    } else {
        Media::Config(data)
    }
}

fn frame(key: bool, composition_ms: i32, data: Bytes) -> Media {
    if data.is_empty() {
        Media::Nothing
    } else {
        Media::Frame {
            key,
            composition_ms,
            data,
        }
    }
}

fn take_signed_24(rest: &mut Bytes) -> Option<i32> {
    let [high, middle, low] = *rest.first_chunk()?;
    rest.advance(3);
    Some(i32::from_be_bytes([high, middle, low, 0]) >> 8)
}

fn legacy_name(codec: u8) -> String {
    let name = match codec {
        1 => "JPEG",
        2 => "Sorenson H.263",
        3 => "Screen Video",
        4 => "VP6",
        5 => "VP6 with alpha",
        6 => "Screen Video 2",
        8 => "H.263",
        9 => "MPEG-4 Part 2",
        12 => "HEVC (H.265)",
        13 => "AV1",
        _ => return format!("an unknown codec (number {codec})"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Media {
        read(&Bytes::copy_from_slice(bytes))
    }

    fn frame_of(key: bool, composition_ms: i32) -> Media {
        Media::Frame {
            key,
            composition_ms,
            data: Bytes::from_static(b"data"),
        }
    }

    #[test]
    fn h264_is_read_in_both_forms_with_signed_offsets() {
        let data = Bytes::from_static(b"data");
        let table: &[(&[u8], Media)] = &[
            (b"\x17\x00\x00\x00\x00data", Media::Config(data.clone())),
            (b"\x17\x01\x00\x00\x42data", frame_of(true, 66)),
            (b"\x27\x01\xff\xff\xdfdata", frame_of(false, -33)),
            (b"\x27\x01\x80\x00\x00data", frame_of(false, -0x80_0000)),
            (b"\x90avc1data", Media::Config(data)),
            (b"\x91avc1\x00\x00\x42data", frame_of(true, 66)),
            (b"\xa3avc1data", frame_of(false, 0)),
            (b"\x96\x03avc1\x00data", frame_of(true, 0)),
            // ModEx with a nanosecond offset of three bytes before coded frames.
            (b"\x97\x02\x00\x00\x01\x03avc1data", frame_of(true, 0)),
        ];
        for (bytes, media) in table {
            assert_eq!(&of(bytes), media, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn tags_without_a_picture_are_nothing() {
        let table: &[&[u8]] = &[
            b"",
            b"\x17",
            b"\x17\x01\x00\x00",
            b"\x17\x01\x00\x00\x00",
            b"\x17\x00\x00\x00\x00",
            b"\x17\x02\x00\x00\x00",
            b"\x57\x00",
            b"\x90av",
            b"\x92avc1",
            b"\x94avc1x",
            b"\x97",
            b"\x97\xff\x00",
            b"\x97\x05\x00",
            b"\xd0",
            b"\x96\x00hvc1\x01data",
            b"\x96",
        ];
        for bytes in table {
            assert_eq!(of(bytes), Media::Nothing, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn other_codecs_are_named() {
        let table: &[(&[u8], &str)] = &[
            (b"\x12", "Sorenson H.263"),
            (b"\x14", "VP6"),
            (b"\x1c\x00", "HEVC (H.265)"),
            (b"\x90hvc1", "HEVC (H.265)"),
            (b"\x90av01", "AV1"),
            (b"\x91vp09", "VP9"),
            (b"\x90vvc1", "VVC (H.266)"),
            (
                b"\x90\xffxyz",
                "an unknown codec (\u{201c}\\xffxyz\u{201d})",
            ),
            (b"\x1f", "an unknown codec (number 15)"),
            (b"\x96\x11hvc1", "a stream of several tracks"),
            (b"\x96\x00hvc1\x00", "HEVC (H.265)"),
        ];
        for (bytes, name) in table {
            assert_eq!(of(bytes), Media::Unsupported((*name).to_owned()));
        }
    }

    #[test]
    fn heads_are_read_back() {
        for composition_ms in [0, 66, -33] {
            for key in [true, false] {
                let head = head(Head::Frame {
                    key,
                    composition_ms,
                });
                assert_eq!(
                    of(&[&head, b"data".as_slice()].concat()),
                    frame_of(key, composition_ms)
                );
            }
        }
    }
}

//! Sample entries: which codec, how configured, how large (ISO/IEC 14496-12, 12.1.3 and 12.2.3; the QuickTime File Format, "Sound
//! Sample Descriptions"; ISO/IEC 14496-1, 7.2.6.5 for `esds`).

use bytes::Bytes;

use super::{Boxed, Kind};
use crate::{Codec, aac, av1, h264, h265, opus};

/// Fields of a visual sample entry before its boxes.
const VISUAL: usize = 78;
/// Fields of a sound sample entry before its boxes: that of ISO, and versions 1 and 2 of QuickTime, which say more.
const SOUND: [usize; 3] = [28, 44, 64];

/// A sample entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Such as `avc1`.
    pub kind: Kind,
    /// Width and height in pixels; 0 for sound.
    pub size: (u32, u32),
    /// Shape of a pixel (`pasp`), where it is there and has one.
    pub pixel_aspect: Option<(u32, u32)>,
    /// The configuration, or why there is none.
    pub codec: Result<Codec, Unread>,
}

/// Why a sample entry gives no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Another codec than ours; its name where it is known.
    Other(Option<&'static str>),
    /// Encrypted (`encv`, `enca`).
    Encrypted,
    /// One of ours, whose configuration is missing or not understood.
    Broken {
        /// What people call the codec.
        codec: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// Reads a sample entry. Never fails: damage is part of the answer.
pub(crate) fn read(entry: &Boxed<'_>) -> Entry {
    let mut read = Entry {
        kind: entry.kind,
        size: (0, 0),
        pixel_aspect: None,
        codec: Err(Unread::Other(None)),
    };
    match &entry.kind.0 {
        b"avc1" | b"avc3" => {
            visual(entry, &mut read);
            read.codec = configured(entry, "H.264", *b"avcC", |record| {
                h264::Config::parse(record).map(Codec::H264)
            });
        }
        b"hvc1" | b"hev1" => {
            visual(entry, &mut read);
            read.codec = configured(entry, "HEVC", *b"hvcC", |record| {
                h265::Config::parse(record).map(Codec::H265)
            });
        }
        b"av01" => {
            visual(entry, &mut read);
            let size = read.size;
            read.codec = configured(entry, "AV1", *b"av1C", |record| {
                av1::Config::parse(record, size).map(Codec::Av1)
            });
        }
        b"mp4a" => read.codec = mp4a(entry),
        b"mp4v" => {
            let esds = find(entry, VISUAL, *b"esds");
            read.codec = Err(Unread::Other(match esds.and_then(object_type) {
                Some((0x60..=0x65, _)) => Some("MPEG-2 video"),
                Some((0x6a, _)) => Some("MPEG-1 video"),
                Some((0x6c, _)) => Some("Motion JPEG"),
                _ => Some("MPEG-4 part 2 video (DivX, Xvid)"),
            }));
        }
        b"Opus" => {
            read.codec = match sound_child(entry, *b"dOps") {
                Some(found) => opus::Config::parse_box(found.body)
                    .map(Codec::Opus)
                    .map_err(|error| broken("Opus", &error)),
                None => Err(missing("Opus")),
            };
        }
        b"encv" | b"enca" | b"drmi" | b"drms" => read.codec = Err(Unread::Encrypted),
        other => read.codec = Err(Unread::Other(name_of(other))),
    }
    read
}

fn visual(entry: &Boxed<'_>, read: &mut Entry) {
    let side = |at: usize| {
        let side = entry.body.get(at..).and_then(|rest| rest.first_chunk());
        side.map_or(0, |side| u32::from(u16::from_be_bytes(*side)))
    };
    read.size = (side(24), side(26));
    read.pixel_aspect = find(entry, VISUAL, *b"pasp").and_then(|pasp| {
        let (words, _) = pasp.body.as_chunks::<4>();
        let [width, height, ..] = words else {
            return None;
        };
        let aspect = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
        (aspect.0 > 0 && aspect.1 > 0).then_some(aspect)
    });
}

/// A box behind an entry's fields. QuickTime ends entries with a word of zeros, which is no box: what stands before it counts.
fn find<'a>(entry: &Boxed<'a>, fields: usize, kind: [u8; 4]) -> Option<Boxed<'a>> {
    let boxes = entry.children().after(fields);
    boxes
        .map_while(Result::ok)
        .find(|found| found.kind.0 == kind)
}

/// The same for sound, in whatever version, also inside QuickTime's `wave`.
fn sound_child<'a>(entry: &Boxed<'a>, kind: [u8; 4]) -> Option<Boxed<'a>> {
    SOUND.iter().find_map(|fields| {
        find(entry, *fields, kind).or_else(|| {
            let wave = find(entry, *fields, *b"wave")?;
            let mut inside = wave.children().map_while(Result::ok);
            inside.find(|found| found.kind.0 == kind)
        })
    })
}

fn configured<E: std::fmt::Display>(
    entry: &Boxed<'_>,
    codec: &'static str,
    kind: [u8; 4],
    parse: impl FnOnce(Bytes) -> Result<Codec, E>,
) -> Result<Codec, Unread> {
    let found = find(entry, VISUAL, kind).ok_or_else(|| missing(codec))?;
    parse(Bytes::copy_from_slice(found.body)).map_err(|error| match &entry.kind.0 {
        // Streams that are switched while they play have it there.
        b"avc3" | b"hev1" => Unread::Broken {
            codec,
            why: format!("its configuration lies among the pictures ({})", entry.kind),
        },
        _ => broken(codec, &error),
    })
}

fn missing(codec: &'static str) -> Unread {
    Unread::Broken {
        codec,
        why: "it has no configuration".to_owned(),
    }
}

fn broken(codec: &'static str, error: &dyn std::fmt::Display) -> Unread {
    Unread::Broken {
        codec,
        why: error.to_string(),
    }
}

fn mp4a(entry: &Boxed<'_>) -> Result<Codec, Unread> {
    let esds = sound_child(entry, *b"esds").ok_or_else(|| missing("AAC"))?;
    match object_type(esds) {
        Some((0x40 | 0x66..=0x68, specific)) => {
            let specific = specific.ok_or_else(|| missing("AAC"))?;
            match aac::Config::parse(Bytes::copy_from_slice(specific)) {
                Ok(config) => Ok(Codec::Aac(config)),
                Err(aac::Error::ObjectType { name, .. }) => Err(Unread::Other(Some(name))),
                Err(error) => Err(broken("AAC", &error)),
            }
        }
        Some((0x69 | 0x6b, _)) => Err(Unread::Other(Some("MP3 inside MP4"))),
        Some((0xa5, _)) => Err(Unread::Other(Some("AC-3 (Dolby Digital)"))),
        Some((0xa6, _)) => Err(Unread::Other(Some("E-AC-3 (Dolby Digital Plus)"))),
        Some((0xa9..=0xac, _)) => Err(Unread::Other(Some("DTS"))),
        Some((0xdd, _)) => Err(Unread::Other(Some("Vorbis"))),
        Some(_) => Err(Unread::Other(None)),
        None => Err(missing("AAC")),
    }
}

/// What people call the codec of a sample entry that is none of ours.
fn name_of(kind: &[u8; 4]) -> Option<&'static str> {
    Some(match kind {
        b"apcn" | b"apch" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "Apple ProRes",
        b"aprn" | b"aprh" => "Apple ProRes RAW",
        b"ac-3" => "AC-3 (Dolby Digital)",
        b"ec-3" => "E-AC-3 (Dolby Digital Plus)",
        b"ac-4" => "AC-4",
        b"mlpa" => "Dolby TrueHD",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "DTS",
        b"dvh1" | b"dvhe" | b"dva1" | b"dvav" => "Dolby Vision",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"vvc1" | b"vvi1" => "VVC (H.266)",
        b"alac" => "Apple Lossless (ALAC)",
        b"fLaC" => "FLAC",
        b".mp3" | b"ms\0\x55" => "MP3 inside MP4",
        b"sowt" | b"twos" | b"lpcm" | b"ipcm" | b"fpcm" | b"in24" | b"in32" | b"fl32" | b"fl64"
        | b"raw " | b"NONE" => "uncompressed sound (PCM)",
        b"ulaw" | b"alaw" => "G.711",
        b"ima4" => "IMA ADPCM",
        b"samr" | b"sawb" => "AMR",
        b"apac" => "Apple spatial audio (APAC)",
        b"mha1" | b"mhm1" => "MPEG-H audio",
        b"s263" | b"h263" | b"H263" => "H.263",
        b"jpeg" | b"mjpa" | b"mjpb" | b"AVDJ" => "Motion JPEG",
        b"png " => "PNG pictures",
        b"DIVX" | b"XVID" | b"3IV2" => "MPEG-4 part 2 video (DivX, Xvid)",
        b"mp1v" | b"m1v " => "MPEG-1 video",
        b"mp2v" | b"m2v1" | b"hdv1" | b"hdv2" | b"hdv3" | b"xdv7" => "MPEG-2 video",
        b"AVdn" | b"AVdh" => "Avid DNxHD",
        b"CFHD" => "CineForm",
        b"dvc " | b"dvcp" | b"dvpp" | b"dv5n" | b"dv5p" | b"dvh5" | b"dvh6" => "DV",
        b"SVQ1" | b"SVQ3" => "Sorenson video",
        b"cvid" => "Cinepak",
        b"rle " => "QuickTime Animation",
        b"Hap1" | b"Hap5" | b"HapY" => "Hap",
        b"2vuy" | b"v210" | b"yuv2" => "uncompressed video",
        _ => return None,
    })
}

/// `objectTypeIndication` and the decoder specific information of an `esds` box.
fn object_type(esds: Boxed<'_>) -> Option<(u8, Option<&[u8]>)> {
    let (3, stream) = descriptor(esds.body.get(4..)?)? else {
        return None;
    };
    // ES_ID, then a byte whose upper bits say which optional fields follow.
    let flags = *stream.get(2)?;
    let mut at = 3;
    if flags & 0x80 != 0 {
        at += 2;
    }
    if flags & 0x40 != 0 {
        at += 1 + usize::from(*stream.get(at)?);
    }
    if flags & 0x20 != 0 {
        at += 2;
    }
    let (4, decoder) = descriptor(stream.get(at..)?)? else {
        return None;
    };
    let specific = match decoder.get(13..).and_then(descriptor) {
        Some((5, specific)) => Some(specific),
        _ => None,
    };
    Some((*decoder.first()?, specific))
}

/// A descriptor's tag and body.
fn descriptor(data: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, mut rest) = data.split_first()?;
    let mut length = 0_usize;
    for _ in 0..4 {
        let (byte, tail) = rest.split_first()?;
        rest = tail;
        length = (length << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((*tag, rest.get(..length)?))
}

//! The initialisation segment: `ftyp` and `moov` without samples.
//!
//! Written once per change of tracks, so plainly: boxes are nested by closures that patch their length.

use bytes::Bytes;

use super::track_id;
use crate::{Codec, Track, aac, h264, opus};

/// The unity matrix of `mvhd` and `tkhd`.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// "und" as three 5-bit letters (8.4.2.3).
const LANGUAGE_UNDETERMINED: u16 = 0x55c4;
const MOVIE_TIMESCALE: u32 = 1000;

/// `ftyp` and `moov` for these tracks: the initialisation segment of CMAF.
///
/// The `cmfc` brand is claimed for one track only: CMAF tracks are never muxed. Samples that follow must have gone through
/// [`h264::normalise`].
pub fn init(tracks: &[Track]) -> Bytes {
    let mut out = Vec::with_capacity(2048);
    boxed(&mut out, *b"ftyp", |out| {
        out.extend(b"iso6");
        put_u32(out, 0);
        out.extend(b"iso6mp41");
        if tracks.len() == 1 {
            out.extend(b"cmfc");
        }
    });
    boxed(&mut out, *b"moov", |out| {
        put_mvhd(out, tracks);
        for track in tracks {
            boxed(out, *b"trak", |out| put_trak(out, track));
        }
        boxed(out, *b"mvex", |out| {
            for track in tracks {
                full(out, *b"trex", 0, 0, |out| {
                    put_u32s(out, &[track_id(track.id), 1, 0, 0, 0])
                });
            }
        });
    });
    Bytes::from(out)
}

fn put_mvhd(out: &mut Vec<u8>, tracks: &[Track]) {
    let next = tracks
        .iter()
        .map(|track| track_id(track.id))
        .max()
        .unwrap_or(0)
        + 1;
    full(out, *b"mvhd", 0, 0, |out| {
        put_u32s(out, &[0, 0, MOVIE_TIMESCALE, 0, 0x1_0000]);
        put_u16(out, 0x0100);
        out.extend([0; 10]);
        put_u32s(out, &MATRIX);
        out.extend([0; 24]);
        put_u32(out, next);
    });
}

fn put_trak(out: &mut Vec<u8>, track: &Track) {
    // Enabled, in movie, in preview (8.3.2.3).
    full(out, *b"tkhd", 0, 7, |out| {
        put_u32s(out, &[0, 0, track_id(track.id), 0, 0, 0, 0]);
        put_u32(out, 0);
        let (volume, width, height) = match &track.codec {
            Codec::H264(config) => {
                let (width, height) = displayed(config);
                (0, width, height)
            }
            Codec::Aac(_) | Codec::Opus(_) => (0x0100, 0, 0),
        };
        put_u16(out, volume);
        put_u16(out, 0);
        put_u32s(out, &MATRIX);
        put_u32s(out, &[width, height]);
    });
    boxed(out, *b"mdia", |out| {
        full(out, *b"mdhd", 0, 0, |out| {
            put_u32s(out, &[0, 0, track.timescale(), 0]);
            put_u16(out, LANGUAGE_UNDETERMINED);
            put_u16(out, 0);
        });
        let (handler, name): (&[u8; 4], &[u8]) = match track.codec {
            Codec::H264(_) => (b"vide", b"video\0"),
            Codec::Aac(_) | Codec::Opus(_) => (b"soun", b"audio\0"),
        };
        full(out, *b"hdlr", 0, 0, |out| {
            put_u32(out, 0);
            out.extend(handler);
            out.extend([0; 12]);
            out.extend(name);
        });
        boxed(out, *b"minf", |out| {
            match track.codec {
                Codec::H264(_) => full(out, *b"vmhd", 0, 1, |out| out.extend([0; 8])),
                Codec::Aac(_) | Codec::Opus(_) => {
                    full(out, *b"smhd", 0, 0, |out| out.extend([0; 4]));
                }
            }
            boxed(out, *b"dinf", |out| {
                full(out, *b"dref", 0, 0, |out| {
                    put_u32(out, 1);
                    // The media are in this file.
                    full(out, *b"url ", 0, 1, |_| {});
                });
            });
            boxed(out, *b"stbl", |out| put_stbl(out, track));
        });
    });
}

fn put_stbl(out: &mut Vec<u8>, track: &Track) {
    full(out, *b"stsd", 0, 0, |out| {
        put_u32(out, 1);
        match &track.codec {
            Codec::H264(config) => boxed(out, *b"avc1", |out| put_avc1(out, config)),
            Codec::Aac(config) => boxed(out, *b"mp4a", |out| put_mp4a(out, config, track)),
            Codec::Opus(config) => boxed(out, *b"Opus", |out| put_opus(out, config)),
        }
    });
    full(out, *b"stts", 0, 0, |out| put_u32(out, 0));
    full(out, *b"stsc", 0, 0, |out| put_u32(out, 0));
    full(out, *b"stsz", 0, 0, |out| put_u32s(out, &[0, 0]));
    full(out, *b"stco", 0, 0, |out| put_u32(out, 0));
}

/// Reserved bytes and data reference 1: how every sample entry begins (8.5.2.2).
fn put_entry_head(out: &mut Vec<u8>) {
    out.extend([0; 6]);
    put_u16(out, 1);
}

fn put_avc1(out: &mut Vec<u8>, config: &h264::Config) {
    put_entry_head(out);
    out.extend([0; 16]);
    put_u16(out, u16::try_from(config.width()).unwrap_or(u16::MAX));
    put_u16(out, u16::try_from(config.height()).unwrap_or(u16::MAX));
    // 72 dpi both ways, as the template wants.
    put_u32s(out, &[0x48_0000, 0x48_0000, 0]);
    put_u16(out, 1);
    out.extend([0; 32]);
    put_u16(out, 0x18);
    put_u16(out, 0xffff);
    boxed(out, *b"avcC", |out| {
        out.extend_from_slice(config.record_for_mp4())
    });
    if let Some(colour) = config.colour() {
        boxed(out, *b"colr", |out| {
            out.extend(b"nclx");
            for code in [colour.primaries, colour.transfer, colour.matrix] {
                put_u16(out, u16::from(code));
            }
            out.push(if colour.full_range { 0x80 } else { 0 });
        });
    }
    if let Some((width, height)) = config.sample_aspect() {
        boxed(out, *b"pasp", |out| {
            put_u32s(out, &[u32::from(width), u32::from(height)])
        });
    }
}

/// The fields of `AudioSampleEntry` (12.2.3.2).
fn put_audio_entry(out: &mut Vec<u8>, channels: u8, rate: u32) {
    put_entry_head(out);
    out.extend([0; 8]);
    put_u16(out, u16::from(channels));
    put_u16(out, 16);
    put_u32(out, 0);
    // 16.16; rates above the field's reach are written as 0, and mdhd tells.
    put_u16(out, u16::try_from(rate).unwrap_or(0));
    put_u16(out, 0);
}

/// "Encapsulation of Opus in ISO Base Media File Format" 0.8.1, 4.3. The times of our samples are those of decoded sound, so
/// nothing is left to skip by an edit list.
fn put_opus(out: &mut Vec<u8>, config: &opus::Config) {
    put_audio_entry(out, config.channels(), opus::RATE);
    boxed(out, *b"dOps", |out| out.extend(config.box_body()));
}

fn put_mp4a(out: &mut Vec<u8>, config: &aac::Config, track: &Track) {
    put_audio_entry(out, config.channels(), config.sample_rate());
    full(out, *b"esds", 0, 0, |out| {
        put_elementary_stream(out, config, track)
    });
}

/// ISO/IEC 14496-1, 7.2.6.5: ES, decoder configuration, decoder specific information, SL configuration.
fn put_elementary_stream(out: &mut Vec<u8>, config: &aac::Config, track: &Track) {
    let specific = descriptor(5, config.specific());
    // MPEG-4 audio; audio stream, not upstream; buffer and bit rates unknown.
    let mut decoder = vec![0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    decoder.extend(specific);
    let mut stream = Vec::new();
    put_u16(&mut stream, u16::from(track.id.0) + 1);
    stream.push(0);
    stream.extend(descriptor(4, &decoder));
    stream.extend(descriptor(6, &[2]));
    out.extend(descriptor(3, &stream));
}

/// Tag, length in groups of seven bits (8.3.3), body.
fn descriptor(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let groups = [(body.len() >> 7) & 0x7f, body.len() & 0x7f]
        .map(|group| u8::try_from(group).unwrap_or(0x7f));
    if groups[0] > 0 {
        out.push(0x80 | groups[0]);
    }
    out.push(groups[1]);
    out.extend(body);
    out
}

/// Width and height on screen as 16.16, the pixels' shape applied to the width.
fn displayed(config: &h264::Config) -> (u32, u32) {
    let (across, down) = config.sample_aspect().unwrap_or((1, 1));
    let width = (u64::from(config.width()) << 16) * u64::from(across) / u64::from(down.max(1));
    (
        u32::try_from(width).unwrap_or(u32::MAX),
        config.height().min(0xffff) << 16,
    )
}

fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend(value.to_be_bytes());
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_be_bytes());
}

fn put_u32s(out: &mut Vec<u8>, values: &[u32]) {
    for value in values {
        put_u32(out, *value);
    }
}

/// A box around what `body` writes.
fn boxed(out: &mut Vec<u8>, kind: [u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    put_u32(out, 0);
    out.extend(kind);
    body(out);
    let len = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&len.to_be_bytes());
    }
}

/// A box with version and flags.
fn full(
    out: &mut Vec<u8>,
    kind: [u8; 4],
    version: u8,
    flags: u32,
    body: impl FnOnce(&mut Vec<u8>),
) {
    boxed(out, kind, |out| {
        put_u32(out, (u32::from(version) << 24) | (flags & 0x00ff_ffff));
        body(out);
    });
}

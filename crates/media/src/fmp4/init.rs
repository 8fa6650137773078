//! The initialisation segment: `ftyp` and `moov` without samples.
//!
//! Written once per change of tracks, so plainly: boxes are nested by closures that patch their length.

use bytes::Bytes;

use super::track_id;
use crate::{Codec, Kind, Track, aac, av1, h264, h264::Colour, h265, opus};

/// The unity matrix of `mvhd` and `tkhd`.
pub const UNITY: [i32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// "und" as three 5-bit letters (8.4.2.3).
pub const LANGUAGE_UNDETERMINED: u16 = 0x55c4;
const MOVIE_TIMESCALE: u32 = 1000;

/// What an initialisation segment says of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackHeader {
    /// Number, codec and configuration.
    pub track: Track,
    /// Ticks per second of its samples' times, at least 1.
    pub timescale: u32,
    /// The `tkhd` matrix (8.3.2.3): how pictures are turned and mirrored for showing. [`UNITY`] for as they are.
    pub matrix: [i32; 9],
    /// Shape of a pixel (width, height), both above 0, where it is known and not square.
    pub pixel_aspect: Option<(u32, u32)>,
    /// `language` of `mdhd`, packed as 8.4.2.3 says.
    pub language: u16,
    /// Ticks by which times in the file lie behind those of presentation: the one entry of its edit list, from which on media are
    /// presented; 0 writes none.
    pub skip: u32,
}

impl TrackHeader {
    /// A live track: its own time scale, as its configuration says, nothing skipped.
    pub fn live(track: Track) -> Self {
        Self {
            timescale: track.timescale(),
            pixel_aspect: track
                .codec
                .sample_aspect()
                .map(|(width, height)| (width.into(), height.into())),
            matrix: UNITY,
            language: LANGUAGE_UNDETERMINED,
            skip: 0,
            track,
        }
    }

    /// The matrix turns pictures by a quarter, so that width and height change places on screen.
    pub fn is_quarter_turned(&self) -> bool {
        self.matrix[0] == 0 && self.matrix[4] == 0 && self.matrix[1] != 0 && self.matrix[3] != 0
    }
}

/// [`init_of`] live tracks.
pub fn init(tracks: &[Track]) -> Bytes {
    let headers: Vec<TrackHeader> = tracks.iter().cloned().map(TrackHeader::live).collect();
    init_of(&headers)
}

/// `ftyp` and `moov` for these tracks: the initialisation segment of CMAF.
///
/// The `cmfc` brand is claimed for one track only: CMAF tracks are never muxed. Samples that follow must have gone through
/// [`h264::normalise`] or [`h265::normalise`].
pub fn init_of(tracks: &[TrackHeader]) -> Bytes {
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
                    put_u32s(out, &[track_id(track.track.id), 1, 0, 0, 0])
                });
            }
        });
    });
    Bytes::from(out)
}

fn put_mvhd(out: &mut Vec<u8>, tracks: &[TrackHeader]) {
    let next = tracks
        .iter()
        .map(|header| track_id(header.track.id))
        .max()
        .unwrap_or(0)
        + 1;
    full(out, *b"mvhd", 0, 0, |out| {
        put_u32s(out, &[0, 0, MOVIE_TIMESCALE, 0, 0x1_0000]);
        put_u16(out, 0x0100);
        out.extend([0; 10]);
        put_matrix(out, &UNITY);
        out.extend([0; 24]);
        put_u32(out, next);
    });
}

fn put_trak(out: &mut Vec<u8>, header: &TrackHeader) {
    let track = &header.track;
    let kind = track.kind();
    // Enabled, in movie, in preview (8.3.2.3).
    full(out, *b"tkhd", 0, 7, |out| {
        put_u32s(out, &[0, 0, track_id(track.id), 0, 0, 0, 0]);
        put_u32(out, 0);
        let (width, height) = displayed(header);
        put_u16(out, if kind == Kind::Audio { 0x0100 } else { 0 });
        put_u16(out, 0);
        put_matrix(out, &header.matrix);
        put_u32s(out, &[width, height]);
    });
    if header.skip > 0 {
        boxed(out, *b"edts", |out| {
            // One entry from `media_time` on; a duration of 0 stands for all that the fragments hold (8.6.6.1).
            full(out, *b"elst", 0, 0, |out| {
                put_u32s(out, &[1, 0, header.skip.min(i32::MAX as u32), 0x1_0000]);
            });
        });
    }
    boxed(out, *b"mdia", |out| {
        full(out, *b"mdhd", 0, 0, |out| {
            put_u32s(out, &[0, 0, header.timescale, 0]);
            put_u16(out, header.language);
            put_u16(out, 0);
        });
        let (handler, name): (&[u8; 4], &[u8]) = match kind {
            Kind::Video => (b"vide", b"video\0"),
            Kind::Audio => (b"soun", b"audio\0"),
        };
        full(out, *b"hdlr", 0, 0, |out| {
            put_u32(out, 0);
            out.extend(handler);
            out.extend([0; 12]);
            out.extend(name);
        });
        boxed(out, *b"minf", |out| {
            match kind {
                Kind::Video => full(out, *b"vmhd", 0, 1, |out| out.extend([0; 8])),
                Kind::Audio => full(out, *b"smhd", 0, 0, |out| out.extend([0; 4])),
            }
            boxed(out, *b"dinf", |out| {
                full(out, *b"dref", 0, 0, |out| {
                    put_u32(out, 1);
                    // The media are in this file.
                    full(out, *b"url ", 0, 1, |_| {});
                });
            });
            boxed(out, *b"stbl", |out| put_stbl(out, header));
        });
    });
}

fn put_stbl(out: &mut Vec<u8>, header: &TrackHeader) {
    full(out, *b"stsd", 0, 0, |out| {
        put_u32(out, 1);
        match &header.track.codec {
            Codec::H264(config) => boxed(out, *b"avc1", |out| put_avc1(out, config, header)),
            Codec::H265(config) => boxed(out, *b"hvc1", |out| put_hvc1(out, config, header)),
            Codec::Av1(config) => boxed(out, *b"av01", |out| put_av01(out, config, header)),
            Codec::Aac(config) => {
                boxed(out, *b"mp4a", |out| put_mp4a(out, config, &header.track));
            }
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

fn put_avc1(out: &mut Vec<u8>, config: &h264::Config, header: &TrackHeader) {
    put_visual_entry(out, (config.width(), config.height()));
    boxed(out, *b"avcC", |out| {
        out.extend_from_slice(config.record_for_mp4())
    });
    put_appearance(out, config.colour(), header);
}

/// ISO/IEC 14496-15, 8.4.1: parameter sets in the record, as players of HLS want.
fn put_hvc1(out: &mut Vec<u8>, config: &h265::Config, header: &TrackHeader) {
    put_visual_entry(out, (config.width(), config.height()));
    boxed(out, *b"hvcC", |out| {
        out.extend_from_slice(config.record_for_mp4());
    });
    put_appearance(out, config.colour(), header);
}

/// "AV1 Codec ISO Media File Format Binding" 1.2.0, 2.2.
fn put_av01(out: &mut Vec<u8>, config: &av1::Config, header: &TrackHeader) {
    put_visual_entry(out, (config.width(), config.height()));
    boxed(out, *b"av1C", |out| out.extend_from_slice(config.record()));
    put_appearance(out, config.colour(), header);
}

/// The fields of `VisualSampleEntry` (12.1.3.2).
fn put_visual_entry(out: &mut Vec<u8>, (width, height): (u32, u32)) {
    put_entry_head(out);
    out.extend([0; 16]);
    put_u16(out, u16::try_from(width).unwrap_or(u16::MAX));
    put_u16(out, u16::try_from(height).unwrap_or(u16::MAX));
    // 72 dpi both ways, as the template wants.
    put_u32s(out, &[0x48_0000, 0x48_0000, 0]);
    put_u16(out, 1);
    out.extend([0; 32]);
    put_u16(out, 0x18);
    put_u16(out, 0xffff);
}

/// Colours and the shape of a pixel (12.1.4, 12.1.5).
fn put_appearance(out: &mut Vec<u8>, colour: Option<Colour>, header: &TrackHeader) {
    if let Some(colour) = colour {
        boxed(out, *b"colr", |out| {
            out.extend(b"nclx");
            for code in [colour.primaries, colour.transfer, colour.matrix] {
                put_u16(out, u16::from(code));
            }
            out.push(if colour.full_range { 0x80 } else { 0 });
        });
    }
    if let Some((width, height)) = header.pixel_aspect {
        boxed(out, *b"pasp", |out| put_u32s(out, &[width, height]));
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

/// Width and height on screen as 16.16, the pixels' shape applied to the width; the matrix turns them afterwards.
fn displayed(header: &TrackHeader) -> (u32, u32) {
    let Some((width, height)) = header.track.codec.size() else {
        return (0, 0);
    };
    let (across, down) = header.pixel_aspect.unwrap_or((1, 1));
    let width = (u128::from(width) << 16) * u128::from(across) / u128::from(down.max(1));
    (
        u32::try_from(width).unwrap_or(u32::MAX),
        height.min(0xffff) << 16,
    )
}

fn put_matrix(out: &mut Vec<u8>, matrix: &[i32; 9]) {
    for value in matrix {
        out.extend(value.to_be_bytes());
    }
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

//! Pictures for the stories: made by encoders where they can, by hand where no encoder would.

use std::{
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, Crc, write::ZlibEncoder};
use image::{
    Delay, DynamicImage, Frame, ImageDecoder as _, ImageEncoder as _, ImageFormat, ImageReader,
    Rgb, RgbImage, Rgba, RgbaImage,
    codecs::{gif::GifEncoder, jpeg::JpegEncoder, png::PngEncoder},
};
use library::image::{Facts, Form, Limits, ORIGINAL, Refused, take};

/// What the camera says of itself in the tests' Exif, and where it was.
pub const CAMERA: &[u8] = b"SECRETCAM 3000";
pub const PLACE: [u8; 24] = [
    48, 0, 0, 0, 1, 0, 0, 0, 51, 0, 0, 0, 1, 0, 0, 0, 0x39, 0x30, 0, 0, 0xe8, 3, 0, 0,
];

/// A folder for one picture, and what came in.
pub struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("00000000000000a1")
    }

    pub fn take(&self, bytes: &[u8]) -> Result<Facts, Refused> {
        let source = self.source(bytes);
        take(&source, &self.folder(), &Limits::default())
    }

    pub fn source(&self, bytes: &[u8]) -> PathBuf {
        let source = self.folder.path().join("upload");
        std::fs::write(&source, bytes).unwrap();
        source
    }

    pub fn stored(&self) -> Vec<u8> {
        std::fs::read(self.folder().join(ORIGINAL)).unwrap()
    }

    /// Names in the folder, sorted; none where there is no folder.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder())
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Takes a picture and gives what is stored of it.
pub fn stored(bytes: &[u8]) -> (Facts, Vec<u8>) {
    let rig = Rig::new();
    let facts = rig.take(bytes).unwrap();
    let stored = rig.stored();
    assert_eq!(facts.bytes, stored.len() as u64);
    (facts, stored)
}

/// Why a file is not taken; nothing may be left of it.
pub fn refused(bytes: &[u8]) -> Refused {
    let rig = Rig::new();
    let refused = rig.take(bytes).unwrap_err();
    assert!(rig.names().is_empty(), "nothing half made");
    refused
}

pub fn decode(bytes: &[u8]) -> DynamicImage {
    ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .unwrap()
        .decode()
        .unwrap()
}

pub fn decode_file(path: &Path) -> DynamicImage {
    decode(&std::fs::read(path).unwrap())
}

pub fn profile_of(bytes: &[u8]) -> Option<Vec<u8>> {
    ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .unwrap()
        .into_decoder()
        .unwrap()
        .icc_profile()
        .unwrap()
}

pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// A picture whose every corner and edge differs.
pub fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            (x * 255 / width.max(2)) as u8,
            (y * 255 / height.max(2)) as u8,
            if x < width / 2 { 40 } else { 200 },
        ])
    })
}

pub fn encoded(pixels: &DynamicImage, form: Form) -> Vec<u8> {
    let format = match form {
        Form::Jpeg => ImageFormat::Jpeg,
        Form::Png => ImageFormat::Png,
        Form::WebP => ImageFormat::WebP,
        Form::Gif => ImageFormat::Gif,
    };
    let mut out = Cursor::new(Vec::new());
    pixels.write_to(&mut out, format).unwrap();
    out.into_inner()
}

pub fn photo_as(form: Form, width: u32, height: u32) -> Vec<u8> {
    encoded(&photo(width, height).into(), form)
}

/// A profile by its head: 'RGB ', 'GRAY' or 'CMYK'.
pub fn profile(space: &[u8; 4]) -> Vec<u8> {
    let mut profile = vec![0x11; 600];
    profile[..4].copy_from_slice(&600_u32.to_be_bytes());
    profile[16..20].copy_from_slice(space);
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

pub fn jpeg_with_profile(pixels: &DynamicImage, profile: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, 95);
    encoder.set_icc_profile(profile.to_vec()).unwrap();
    pixels.write_with_encoder(encoder).unwrap();
    out
}

pub fn png_with_profile(pixels: &DynamicImage, profile: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new(&mut out);
    encoder.set_icc_profile(profile.to_vec()).unwrap();
    pixels.write_with_encoder(encoder).unwrap();
    out
}

/// Exif of a camera that knows where it is, held as `orientation` says.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    let entry = |out: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: u32| {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
    };
    // IFD0 at 8 with three entries ends at 50; the camera's name, then the GPS directory, then the place.
    let camera_at = 50;
    let gps_at = camera_at + CAMERA.len() as u32;
    out.extend(3_u16.to_le_bytes());
    entry(&mut out, 0x010f, 2, CAMERA.len() as u32, camera_at);
    entry(&mut out, 0x0112, 3, 1, orientation.into());
    entry(&mut out, 0x8825, 4, 1, gps_at);
    out.extend(0_u32.to_le_bytes());
    out.extend(CAMERA);
    out.extend(1_u16.to_le_bytes());
    entry(&mut out, 2, 5, 3, gps_at + 18);
    out.extend(0_u32.to_le_bytes());
    out.extend(PLACE);
    out
}

/// A JPEG with a segment behind its first two bytes.
pub fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, marker]);
    out.extend((body.len() as u16 + 2).to_be_bytes());
    out.extend(body);
    out.extend(&jpeg[2..]);
    out
}

pub fn exif_segment(orientation: u8) -> Vec<u8> {
    [b"Exif\0\0".as_slice(), &exif(orientation)].concat()
}

pub fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(body);
    [
        &(body.len() as u32).to_be_bytes(),
        name.as_slice(),
        body,
        &crc.sum().to_be_bytes(),
    ]
    .concat()
}

/// A PNG with chunks behind its head.
pub fn with_chunks(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

pub fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PNG by hand: depth, colour, interlace, chunks behind the head, and rows as they are packed.
pub fn png(
    (width, height): (u32, u32),
    [depth, colour, interlace]: [u8; 3],
    chunks: &[Vec<u8>],
    rows: &[u8],
) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([depth, colour, 0, 0, interlace]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(chunk(b"IHDR", &head));
    out.extend(chunks.concat());
    out.extend(chunk(b"IDAT", &packed(rows)));
    out.extend(chunk(b"IEND", b""));
    out
}

pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP".to_vec(), chunks.concat()].concat();
    [
        b"RIFF".as_slice(),
        &(body.len() as u32).to_le_bytes(),
        &body,
    ]
    .concat()
}

pub fn riff_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = [name.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
    if body.len() % 2 == 1 {
        out.push(0);
    }
    out
}

pub fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let mut body = vec![flags, 0, 0, 0];
    body.extend(&(width - 1).to_le_bytes()[..3]);
    body.extend(&(height - 1).to_le_bytes()[..3]);
    riff_chunk(b"VP8X", &body)
}

/// A WebP with chunks behind its picture, in the form that can have them.
pub fn webp_with(
    pixels: &DynamicImage,
    flags: u8,
    before: &[Vec<u8>],
    behind: &[Vec<u8>],
) -> Vec<u8> {
    let plain = encoded(pixels, Form::WebP);
    let alpha = if pixels.color().has_alpha() { 0x10 } else { 0 };
    let mut chunks = vec![vp8x(flags | alpha, pixels.width(), pixels.height())];
    chunks.extend_from_slice(before);
    chunks.push(plain[12..].to_vec());
    chunks.extend_from_slice(behind);
    riff(&chunks)
}

/// Frames in which a square moves over a transparent ground.
pub fn frames(count: u32) -> Vec<Frame> {
    (0..count)
        .map(|at| {
            let pixels = RgbaImage::from_fn(24, 16, |x, _| match x / 4 == at % 6 {
                true => Rgba([250, 80, 20, 255]),
                false => Rgba([0, 0, 0, 0]),
            });
            Frame::from_parts(pixels, 0, 0, Delay::from_numer_denom_ms(80, 1))
        })
        .collect()
}

pub fn animated_gif(count: u32) -> Vec<u8> {
    let mut out = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut out, 30);
        encoder
            .set_repeat(image::codecs::gif::Repeat::Infinite)
            .unwrap();
        encoder.encode_frames(frames(count)).unwrap();
    }
    out
}

/// An APNG of flat grey frames.
pub fn apng(count: u32) -> Vec<u8> {
    let rows: Vec<u8> = [0, 90, 90, 90, 90].repeat(4);
    let control = |number: u32| {
        let mut body = Vec::new();
        for field in [number, 4, 4, 0, 0] {
            body.extend(field.to_be_bytes());
        }
        body.extend([0, 1, 0, 10, 0, 0]);
        chunk(b"fcTL", &body)
    };
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(chunk(b"IHDR", &[0, 0, 0, 4, 0, 0, 0, 4, 8, 0, 0, 0, 0]));
    out.extend(chunk(
        b"acTL",
        &[count.to_be_bytes(), 0_u32.to_be_bytes()].concat(),
    ));
    out.extend(control(0));
    out.extend(chunk(b"IDAT", &packed(&rows)));
    for frame in 1..count {
        out.extend(control(frame * 2 - 1));
        let number = (frame * 2).to_be_bytes();
        out.extend(chunk(b"fdAT", &[&number[..], &packed(&rows)].concat()));
    }
    out.extend(chunk(b"IEND", b""));
    out
}

/// An animated WebP of flat frames.
pub fn animated_webp(count: u32) -> Vec<u8> {
    let still = encoded(
        &RgbImage::from_pixel(8, 8, Rgb([9, 90, 200])).into(),
        Form::WebP,
    );
    let mut frame = Vec::new();
    for field in [0_u32, 0, 7, 7, 80] {
        frame.extend(&field.to_le_bytes()[..3]);
    }
    frame.push(0);
    frame.extend(&still[12..]);
    // A chunk that has no place in a frame.
    frame.extend(riff_chunk(b"JUNK", CAMERA));
    let mut chunks = vec![vp8x(0x02, 8, 8), riff_chunk(b"ANIM", &[0; 6])];
    chunks.extend((0..count).map(|_| riff_chunk(b"ANMF", &frame)));
    riff(&chunks)
}

/// A JPEG of one flat block by hand: its components' values, by a marker of frame (`0xc0` baseline, `0xc2` progressive).
pub fn flat_jpeg(frame: u8, values: &[u8], before: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    let mut segment = |marker: u8, body: &[u8]| {
        out.extend([0xff, marker]);
        out.extend((body.len() as u16 + 2).to_be_bytes());
        out.extend(body);
    };
    for body in before {
        segment(body[0], &body[1..]);
    }
    segment(0xdb, &[vec![0], vec![1; 64]].concat());
    let parts = values.len() as u8;
    let mut body = vec![8, 0, 8, 0, 8, parts];
    (1..=parts).for_each(|part| body.extend([part, 0x11, 0]));
    segment(frame, &body);
    // Twelve codes of four bits for a difference's length; one code of a bit that ends a block.
    let lengths = [0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    segment(
        0xc4,
        &[vec![0], lengths.to_vec(), (0..12).collect()].concat(),
    );
    let lengths = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    segment(0xc4, &[vec![0x10], lengths.to_vec(), vec![0]].concat());
    let mut body = vec![parts];
    (1..=parts).for_each(|part| body.extend([part, 0]));
    // A progressive picture's first scan: the mean of each block.
    body.extend([0, if frame == 0xc2 { 0 } else { 63 }, 0]);
    segment(0xda, &body);
    let mut bits = String::new();
    for value in values {
        let difference = (i32::from(*value) - 128) * 8;
        let length = 32 - difference.unsigned_abs().leading_zeros();
        bits += &format!("{length:04b}");
        let coded = if difference < 0 {
            difference + (1 << length) - 1
        } else {
            difference
        };
        if length > 0 {
            bits += &format!("{coded:0width$b}", width = length as usize);
        }
        if frame != 0xc2 {
            bits += "0";
        }
    }
    while !bits.len().is_multiple_of(8) {
        bits += "1";
    }
    for byte in bits.as_bytes().chunks(8) {
        let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
        out.push(byte);
        if byte == 0xff {
            out.push(0);
        }
    }
    out.extend([0xff, 0xd9]);
    out
}

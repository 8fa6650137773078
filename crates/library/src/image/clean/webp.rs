//! WebP: chunks in RIFF. Kept are pictures, transparency, animation and the ICC profile; Exif, XMP and unknown chunks go.

use image::metadata::Orientation;

use super::{
    super::{Form, Limits, Refused},
    Clean,
    reader::Reader,
};

// What VP8X says about the file.
const HAS_PROFILE: u8 = 0x20;
const HAS_ALPHA: u8 = 0x10;
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
const IS_ANIMATION: u8 = 0x02;

fn broken(what: &str) -> Refused {
    Refused::broken(Form::WebP, what)
}

pub fn clean(bytes: &[u8], limits: &Limits) -> Result<Clean, Refused> {
    let mut seen = Seen::default();
    let mut chunks = Vec::with_capacity(bytes.len());
    for chunk in Chunks::of_file(bytes)? {
        let chunk = chunk?;
        if seen.take(&chunk, limits)? {
            write(&mut chunks, chunk.name, &seen.body(&chunk)?);
        }
    }
    let (width, height) = seen
        .size
        .ok_or_else(|| broken("there is no picture in it"))?;
    if seen.pictures == 0 {
        return Err(broken("there are no pixels in it"));
    }
    Ok(Clean {
        form: Form::WebP,
        bytes: file(&chunks),
        width,
        height,
        frames: seen.pictures,
        orientation: seen.orientation,
        is_lossless: seen.is_lossless,
    })
}

/// A still picture as an encoder wrote it, with a colour profile.
pub fn with_profile(still: &[u8], profile: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut size = None;
    let mut flags = HAS_PROFILE;
    let mut chunks = Vec::with_capacity(still.len());
    for chunk in Chunks::of_file(still)? {
        let chunk = chunk?;
        match &chunk.name {
            b"VP8X" => flags |= chunk.body.first().copied().unwrap_or_default() & HAS_ALPHA,
            b"VP8 " | b"VP8L" | b"ALPH" => {
                if let Some(picture) = Bitstream::read(&chunk) {
                    size = Some((picture.width, picture.height));
                    if picture.has_alpha {
                        flags |= HAS_ALPHA;
                    }
                }
                write(&mut chunks, chunk.name, chunk.body);
            }
            _ => {}
        }
    }
    let (width, height) = size.ok_or_else(|| broken("there is no picture in it"))?;
    let mut head = vec![flags, 0, 0, 0];
    for side in [width, height] {
        head.extend(side.saturating_sub(1).to_le_bytes().into_iter().take(3));
    }
    let mut all = Vec::with_capacity(chunks.len() + profile.len() + 64);
    write(&mut all, *b"VP8X", &head);
    write(&mut all, *b"ICCP", profile);
    all.extend_from_slice(&chunks);
    Ok(file(&all))
}

/// What was met so far.
#[derive(Default)]
struct Seen {
    size: Option<(u32, u32)>,
    is_extended: bool,
    is_animation: bool,
    pictures: u32,
    is_lossless: bool,
    orientation: Option<Orientation>,
}

impl Seen {
    /// Whether a chunk is kept.
    fn take(&mut self, chunk: &Chunk<'_>, limits: &Limits) -> Result<bool, Refused> {
        match &chunk.name {
            b"VP8X" if self.size.is_none() => {
                let (flags, width, height) =
                    extended(chunk.body).ok_or_else(|| broken("its size is cut off"))?;
                limits.admit(Form::WebP, width, height)?;
                self.is_extended = true;
                self.is_animation = flags & IS_ANIMATION != 0;
                self.size = Some((width, height));
                Ok(true)
            }
            b"VP8 " | b"VP8L" => {
                let picture =
                    Bitstream::read(chunk).ok_or_else(|| broken("its picture is cut off"))?;
                limits.admit(Form::WebP, picture.width, picture.height)?;
                // The second of two stills is never shown.
                if self.is_animation || self.pictures > 0 {
                    return Ok(false);
                }
                self.pictures = 1;
                self.is_lossless = chunk.name == *b"VP8L";
                let size = *self.size.get_or_insert((picture.width, picture.height));
                if size != (picture.width, picture.height) {
                    return Err(broken("it says two sizes"));
                }
                Ok(true)
            }
            b"ANMF" if self.is_animation => {
                let (width, height) = self.size.unwrap_or_default();
                self.pictures += 1;
                limits.admit_frames(self.pictures, width, height)?;
                Ok(true)
            }
            b"ICCP" if self.is_extended => {
                if chunk.body.len() > limits.profile_bytes_max {
                    return Err(Refused::Swollen {
                        form: Form::WebP,
                        what: "its colour profile is larger than any real one",
                    });
                }
                Ok(true)
            }
            b"EXIF" => {
                let exif = chunk.body.strip_prefix(b"Exif\0\0").unwrap_or(chunk.body);
                self.orientation = self
                    .orientation
                    .or_else(|| Orientation::from_exif_chunk(exif));
                Ok(false)
            }
            b"ALPH" => Ok(self.is_extended && !self.is_animation && self.pictures == 0),
            b"ANIM" => Ok(self.is_animation),
            _ => Ok(false),
        }
    }

    /// What is written of a chunk that is kept.
    fn body(&self, chunk: &Chunk<'_>) -> Result<Vec<u8>, Refused> {
        let mut body = chunk.body.to_vec();
        match &chunk.name {
            b"VP8X" => {
                if let Some(flags) = body.first_mut() {
                    *flags &= !(HAS_EXIF | HAS_XMP);
                }
            }
            b"ANMF" => body = self.frame(chunk.body)?,
            _ => {}
        }
        Ok(body)
    }

    /// A frame of an animation: its place, and chunks of picture and transparency alone.
    fn frame(&self, body: &[u8]) -> Result<Vec<u8>, Refused> {
        let cut = || broken("a frame is cut off");
        let mut reader = Reader::new(body);
        let head = reader.take(16).ok_or_else(cut)?;
        let mut fields = Reader::new(head);
        let mut field = || fields.le24().ok_or_else(cut);
        let (x, y, width, height) = (field()? * 2, field()? * 2, field()? + 1, field()? + 1);
        let (canvas_width, canvas_height) = self.size.unwrap_or_default();
        if x + width > canvas_width || y + height > canvas_height {
            return Err(broken("a frame lies outside the picture"));
        }
        let mut out = head.to_vec();
        for chunk in Chunks::new(reader.rest()) {
            let chunk = chunk?;
            match &chunk.name {
                b"ALPH" => write(&mut out, chunk.name, chunk.body),
                b"VP8 " | b"VP8L" => {
                    let picture = Bitstream::read(&chunk).ok_or_else(cut)?;
                    if (picture.width, picture.height) != (width, height) {
                        return Err(broken("a frame says two sizes"));
                    }
                    write(&mut out, chunk.name, chunk.body);
                    return Ok(out);
                }
                _ => {}
            }
        }
        Err(cut())
    }
}

/// Flags, width and height that VP8X says.
fn extended(body: &[u8]) -> Option<(u8, u32, u32)> {
    let mut reader = Reader::new(body);
    let [flags, _, _, _] = reader.array()?;
    Some((flags, reader.le24()? + 1, reader.le24()? + 1))
}

/// What the coded picture says of itself.
struct Bitstream {
    width: u32,
    height: u32,
    has_alpha: bool,
}

impl Bitstream {
    fn read(chunk: &Chunk<'_>) -> Option<Self> {
        let mut reader = Reader::new(chunk.body);
        match &chunk.name {
            // A key frame's tag and start code, then 14 bits each beside two of scale.
            b"VP8 " => {
                reader.take(3)?;
                let [0x9d, 0x01, 0x2a] = reader.array()? else {
                    return None;
                };
                Some(Self {
                    width: u32::from(reader.le16()? & 0x3fff),
                    height: u32::from(reader.le16()? & 0x3fff),
                    has_alpha: false,
                })
            }
            b"VP8L" => {
                let [0x2f] = reader.array()? else {
                    return None;
                };
                let bits = reader.le32()?;
                Some(Self {
                    width: (bits & 0x3fff) + 1,
                    height: ((bits >> 14) & 0x3fff) + 1,
                    has_alpha: bits & (1 << 28) != 0,
                })
            }
            _ => None,
        }
    }
}

struct Chunk<'a> {
    name: [u8; 4],
    body: &'a [u8],
}

/// The chunks of a file or a frame, one after another.
struct Chunks<'a> {
    reader: Reader<'a>,
}

impl<'a> Chunks<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
        }
    }

    /// Those that RIFF's length spans; what lies behind is no part of the picture.
    fn of_file(bytes: &'a [u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new(bytes);
        let read = (|| {
            reader.take(4)?;
            let length = usize::try_from(reader.le32()?).ok()?;
            reader.take(length)?.get(4..)
        })();
        read.map(Self::new)
            .ok_or_else(|| broken("its end is missing"))
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let read = (|| {
            let name = self.reader.array()?;
            let length = usize::try_from(self.reader.le32()?).ok()?;
            let body = self.reader.take(length)?;
            Some(Chunk { name, body })
        })();
        if read.is_none() {
            // Nothing can be found behind a piece that is cut off.
            self.reader = Reader::new(&[]);
        } else if read.as_ref().is_some_and(|chunk| chunk.body.len() % 2 == 1) {
            // Padding, which some leave out at the very end.
            self.reader.take(1);
        }
        Some(read.ok_or_else(|| broken("a piece is cut off")))
    }
}

fn write(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    out.extend_from_slice(&name);
    // No file is as long as a length can say.
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
}

fn file(chunks: &[u8]) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    let length = u32::try_from(chunks.len() + 4).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(b"WEBP");
    out.extend_from_slice(chunks);
    out
}

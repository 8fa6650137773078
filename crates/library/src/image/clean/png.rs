//! PNG and APNG: chunks. Kept is what pixels and colours need; text of every kind, Exif, times and foreign chunks go.

use flate2::{Decompress, FlushDecompress, Status};
use image::metadata::Orientation;

use super::{
    super::{Form, Limits, Refused},
    Clean,
    reader::Reader,
};

/// Bytes behind the last row that are let pass: some encoders pad.
const SPARE: u64 = 64 << 10;
/// Chunks of a file at most. The largest file in pieces of 8 KiB, as many programs write, has 4,000, an animation two or three more
/// for each frame.
const CHUNKS_MAX: u32 = 100_000;
/// Bytes unpacked at a time, only to be counted.
const WINDOW: usize = 64 << 10;

fn broken(what: &str) -> Refused {
    Refused::broken(Form::Png, what)
}

/// What a chunk is to us.
enum Kind {
    Head,
    Pixels,
    Frame,
    FramePixels,
    Profile,
    Exif,
    Kept,
    End,
    Dropped,
}

fn kind(name: [u8; 4]) -> Result<Kind, Refused> {
    Ok(match &name {
        b"IHDR" => Kind::Head,
        b"IDAT" => Kind::Pixels,
        b"IEND" => Kind::End,
        b"fcTL" => Kind::Frame,
        b"fdAT" => Kind::FramePixels,
        b"iCCP" => Kind::Profile,
        b"eXIf" => Kind::Exif,
        b"PLTE" | b"tRNS" | b"acTL" | b"cHRM" | b"gAMA" | b"sBIT" | b"sRGB" | b"cICP" | b"mDCV"
        | b"cLLI" | b"bKGD" | b"pHYs" => Kind::Kept,
        b"CgBI" => {
            return Err(Refused::Unusual {
                form: Form::Png,
                what: "made for the inside of an app",
            });
        }
        // Lower case: nothing is lost without it.
        [first, ..] if first.is_ascii_lowercase() => Kind::Dropped,
        _ => return Err(broken("it holds a piece that nobody knows")),
    })
}

pub fn clean(bytes: &[u8], limits: &Limits) -> Result<Clean, Refused> {
    let mut reader = Reader::new(bytes);
    let mut out = Vec::with_capacity(bytes.len());
    let mut head: Option<Head> = None;
    let mut packed: Option<Packed> = None;
    let (mut frames, mut orientation, mut has_pixels) = (0_u32, None, false);
    out.extend_from_slice(reader.take(8).ok_or_else(|| broken("it ends at once"))?);
    for _ in 0..CHUNKS_MAX {
        let chunk = Chunk::read(&mut reader).ok_or_else(|| broken("a piece is cut off"))?;
        let kind = kind(chunk.name)?;
        let Some(seen) = &head else {
            let Kind::Head = kind else {
                return Err(broken("it does not begin with its size"));
            };
            let read = Head::read(chunk.body).ok_or_else(|| broken("its size is cut off"))?;
            limits.admit(Form::Png, read.width, read.height)?;
            head = Some(read);
            out.extend_from_slice(chunk.all);
            continue;
        };
        match kind {
            Kind::Head => return Err(broken("it holds two pictures in one")),
            Kind::Pixels => {
                has_pixels = true;
                packed
                    .get_or_insert_with(|| Packed::new(seen.rows(seen.width, seen.height) + SPARE))
                    .push(chunk.body)?;
            }
            Kind::Frame => {
                frames += 1;
                limits.admit_frames(frames, seen.width, seen.height)?;
                let (width, height) =
                    frame_size(chunk.body).ok_or_else(|| broken("a frame's size is cut off"))?;
                if width > seen.width || height > seen.height {
                    return Err(broken("a frame is larger than the picture"));
                }
                // The one before the pixels tells of the picture itself.
                if has_pixels {
                    packed = Some(Packed::new(seen.rows(width, height) + SPARE));
                }
            }
            Kind::FramePixels => {
                let body = chunk
                    .body
                    .get(4..)
                    .ok_or_else(|| broken("a frame is cut off"))?;
                packed
                    .as_mut()
                    .ok_or_else(|| broken("a frame has no size"))?
                    .push(body)?;
            }
            Kind::Profile => profile(chunk.body, limits)?,
            Kind::Exif => {
                orientation = orientation.or_else(|| Orientation::from_exif_chunk(chunk.body));
            }
            Kind::Kept | Kind::End | Kind::Dropped => {}
        }
        if !matches!(kind, Kind::Exif | Kind::Dropped) {
            out.extend_from_slice(chunk.all);
        }
        if let Kind::End = kind {
            if !has_pixels {
                return Err(broken("there are no pixels in it"));
            }
            return Ok(Clean {
                form: Form::Png,
                bytes: out,
                width: seen.width,
                height: seen.height,
                frames: frames.max(1),
                orientation,
                is_lossless: true,
            });
        }
    }
    Err(Refused::Swollen {
        form: Form::Png,
        what: "it is cut into countless pieces",
    })
}

/// A piece of the file.
struct Chunk<'a> {
    name: [u8; 4],
    body: &'a [u8],
    /// With length, name and checksum.
    all: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let start = reader.rest();
        let length = usize::try_from(reader.be32()?).ok()?;
        let name = reader.array()?;
        let body = reader.take(length)?;
        reader.take(4)?;
        let all = start.get(..start.len() - reader.rest().len())?;
        Some(Self { name, body, all })
    }
}

/// What IHDR says.
struct Head {
    width: u32,
    height: u32,
    pixel_bits: u64,
}

impl Head {
    fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (width, height) = (reader.be32()?, reader.be32()?);
        let [depth, colour, _, _, _] = reader.array()?;
        let samples = match colour {
            0 | 3 => 1,
            4 => 2,
            2 => 3,
            6 => 4,
            _ => return None,
        };
        Some(Self {
            width,
            height,
            pixel_bits: u64::from(depth) * samples,
        })
    }

    /// Bytes that the rows of a frame of this size unpack to, at most. Interlaced ones come in seven passes, together less than twice
    /// as many rows, each with a byte of filter and rounded up.
    fn rows(&self, width: u32, height: u32) -> u64 {
        let row = (u64::from(width) * self.pixel_bits).div_ceil(8);
        (row + 4) * u64::from(height) + 8 * (row + 4)
    }
}

/// Width and height that fcTL says.
fn frame_size(body: &[u8]) -> Option<(u32, u32)> {
    let mut reader = Reader::new(body);
    reader.be32()?;
    Some((reader.be32()?, reader.be32()?))
}

/// Holds a profile against its bound by unpacking it to nowhere.
fn profile(body: &[u8], limits: &Limits) -> Result<(), Refused> {
    let name = body.iter().position(|&byte| byte == 0);
    let packed = name
        .and_then(|end| body.get(end + 2..))
        .ok_or_else(|| broken("its colour profile is cut off"))?;
    Packed::new(limits.profile_bytes_max as u64)
        .push(packed)
        .map_err(|refused| match refused {
            Refused::Swollen { form, .. } => Refused::Swollen {
                form,
                what: "its colour profile is larger than any real one",
            },
            other => other,
        })
}

/// Something packed, unpacked to nowhere and counted. A decoder unpacks the surplus too, only to drop it: a thousand bytes for each.
struct Packed {
    inflate: Decompress,
    room: Box<[u8]>,
    most: u64,
    is_over: bool,
}

impl Packed {
    fn new(most: u64) -> Self {
        Self {
            inflate: Decompress::new(true),
            room: vec![0; WINDOW].into(),
            most,
            is_over: false,
        }
    }

    /// Takes the next bytes; what follows the end of what was packed is passed over.
    fn push(&mut self, mut bytes: &[u8]) -> Result<(), Refused> {
        while !self.is_over {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(bytes, &mut self.room, FlushDecompress::None)
                .map_err(|_| broken("what it packed does not unpack"))?;
            let read = usize::try_from(self.inflate.total_in() - before_in).unwrap_or(usize::MAX);
            bytes = bytes.get(read..).unwrap_or_default();
            if self.inflate.total_out() > self.most {
                return Err(Refused::Swollen {
                    form: Form::Png,
                    what: "its pixels unpack to more than its size",
                });
            }
            self.is_over = status == Status::StreamEnd;
            if read == 0 && self.inflate.total_out() == before_out {
                break;
            }
        }
        Ok(())
    }
}

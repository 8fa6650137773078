//! Images: looked at with limits before anything is believed, turned, stripped, and made smaller.
//!
//! [`take`] reads a file that somebody brought by what its bytes say, never by its name: JPEG, PNG, WebP and GIF are taken, everything
//! else is refused in words for a person ([`Refused`]). What is stored is written anew segment by segment ([`clean`]): picture and
//! colour profile stay bit for bit, positions, device metadata and whatever hung behind the picture are left out. A picture that its
//! camera held sideways is turned once, which is the only case that encodes it again.
//!
//! A picture's folder holds files with names of our own alone: `image`, and variants such as `w640.webp`, made when first asked for
//! ([`Studio`]). The folder is an id's, so no name from outside becomes a path.

pub mod clean;
mod form;
mod picture;
mod refused;
mod studio;

use std::{io::Read as _, path::Path};

use crate::files;
use picture::{Frames, Picture};

pub use form::Form;
pub use refused::{Foreign, Refused};
pub use studio::{Studio, Unmade, Variant, WAITING_MAX, WIDTHS, Width};

/// The stored picture's name in its folder.
pub const ORIGINAL: &str = "image";
/// A video's poster, in the video's folder.
pub const POSTER: &str = "poster.jpg";
/// The poster for lists: [`THUMBNAIL`] wide at most, WebP.
pub const POSTER_SMALL: &str = "poster-640.webp";
/// The width that lists and galleries show, in pixels; made when the picture is taken.
pub const THUMBNAIL: Width = Width::W640;
/// Width of a poster at most, in pixels: what a player fills on most screens.
const POSTER_WIDTH_MAX: u32 = 1920;

/// How much a picture may ask of this server. All of it is known before the first pixel is decoded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of the file. A picture is in memory while it is looked at.
    pub bytes_max: u64,
    /// Width and height, each, in pixels. More than 16,383 cannot be written as WebP.
    pub side_max: u32,
    /// Pixels of one frame. A few bytes of PNG or GIF can claim thousands of millions.
    pub area_max: u64,
    /// Frames of an animation.
    pub frames_max: u32,
    /// Pixels of all frames of an animation together, which is what checking it costs: about 2 ns each.
    pub animation_area_max: u64,
    /// Bytes that a decoder may take for pixels.
    pub decoded_bytes_max: u64,
    /// Bytes of a colour profile, which may be compressed. Real ones have up to two million.
    pub profile_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 32 << 20,
            side_max: 16_383,
            area_max: 50_000_000,
            frames_max: 5_000,
            animation_area_max: 1_000_000_000,
            decoded_bytes_max: 400 << 20,
            profile_bytes_max: 4 << 20,
        }
    }
}

impl Limits {
    /// Whether a frame of this size may be decoded; a picture without an extent is damaged.
    fn admit(&self, form: Form, width: u32, height: u32) -> Result<(), Refused> {
        if width == 0 || height == 0 {
            return Err(Refused::broken(form, "its width or height is nothing"));
        }
        let area = u64::from(width) * u64::from(height);
        if width > self.side_max || height > self.side_max || area > self.area_max {
            return Err(Refused::TooLarge {
                width,
                height,
                side_max: self.side_max,
                area_max: self.area_max,
            });
        }
        Ok(())
    }

    /// Whether an animation of so many frames may be decoded.
    fn admit_frames(&self, frames: u32, width: u32, height: u32) -> Result<(), Refused> {
        let area = u64::from(width) * u64::from(height) * u64::from(frames);
        if frames > self.frames_max || (frames > 1 && area > self.animation_area_max) {
            return Err(Refused::TooManyFrames {
                frames_max: self.frames_max,
                area_max: self.animation_area_max,
            });
        }
        Ok(())
    }
}

/// What is known of a stored picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Facts {
    /// Width as it is shown, in pixels.
    pub width: u32,
    /// Height as it is shown, in pixels.
    pub height: u32,
    /// What the stored file is.
    pub form: Form,
    /// Frames: one, or those of an animation.
    pub frames: u32,
    /// Bytes of the stored file.
    pub bytes: u64,
}

impl Facts {
    /// Whether it moves. Its variants do not: they show its first frame.
    #[must_use]
    pub fn is_animated(&self) -> bool {
        self.frames > 1
    }
}

/// Whether the beginning of a file says that it is a picture, also of a kind that is not taken: then the words about it are those for
/// pictures.
#[must_use]
pub fn is_picture(head: &[u8]) -> bool {
    match form::sniff(head) {
        Ok(_) => true,
        Err(Refused::Foreign(foreign)) => matches!(
            foreign,
            Foreign::Svg
                | Foreign::Heic
                | Foreign::Avif
                | Foreign::Jxl
                | Foreign::Tiff
                | Foreign::Bmp
                | Foreign::Psd
        ),
        Err(_) => false,
    }
}

/// Looks at the file `source` and stores what is kept of it in the folder `into`, which is made where it is missing: the picture
/// as [`ORIGINAL`], and its [`THUMBNAIL`] where it is wider than that. A folder is one picture's for ever: variants in it are never made
/// anew.
///
/// Blocks for as long as decoding takes, up to seconds; [`Studio::take`] does so beside the runtime. All is decoded before anything
/// is written, and what was written is removed again where the disk refuses the rest.
///
/// # Errors
/// Why the file is not taken, in words for whoever brought it.
pub fn take(source: &Path, into: &Path, limits: &Limits) -> Result<Facts, Refused> {
    let raw = read(source, limits)?;
    let (picture, kept) = look(&raw, limits)?;
    drop(raw);
    let facts = kept.facts;
    let thumbnail = match facts.width > THUMBNAIL.pixels() {
        true => Some(picture.variant(THUMBNAIL.pixels(), Form::WebP)?),
        false => None,
    };
    let thumbnail_name = THUMBNAIL.file(Form::WebP);
    let mut files = vec![(ORIGINAL, kept.bytes.as_slice())];
    files.extend(thumbnail.as_deref().map(|t| (thumbnail_name.as_str(), t)));
    files::put(into, &files).map_err(Refused::Write)?;
    Ok(facts)
}

/// Makes a video's poster of a picture, which may be a frame, the cover in a file, or what the owner brought: [`POSTER`], at most
/// 1,920 pixels wide and on black where it was transparent, and [`POSTER_SMALL`].
///
/// # Errors
/// As [`take`].
pub fn poster(picture: &[u8], into: &Path, limits: &Limits) -> Result<Facts, Refused> {
    if picture.len() as u64 > limits.bytes_max {
        return Err(Refused::TooManyBytes {
            max: limits.bytes_max,
        });
    }
    let (picture, _) = look(picture, limits)?;
    let large = picture.variant(POSTER_WIDTH_MAX, Form::Jpeg)?;
    let small = picture.variant(THUMBNAIL.pixels(), Form::WebP)?;
    files::put(into, &[(POSTER, &large), (POSTER_SMALL, &small)]).map_err(Refused::Write)?;
    let (width, height) = picture.size_at(POSTER_WIDTH_MAX);
    Ok(Facts {
        width,
        height,
        form: Form::Jpeg,
        frames: 1,
        bytes: large.len() as u64,
    })
}

/// What is stored of a picture.
struct Kept {
    bytes: Vec<u8>,
    facts: Facts,
}

/// Looks at bytes from outside: what they are, cleaned, decoded once to the end, upright.
///
/// What is decoded is what will be stored, so that a variant made later meets nothing new.
fn look(raw: &[u8], limits: &Limits) -> Result<(Picture, Kept), Refused> {
    let form = form::sniff(raw)?;
    let clean = clean::clean(form, raw, limits)?;
    let picture = Picture::decode(&clean, Frames::All, limits)?;
    let (picture, bytes) = match clean.turn() {
        None => (picture, clean.bytes),
        Some(turn) => {
            let upright = picture.turned(turn);
            let bytes = upright.as_original(form, clean.is_lossless)?;
            (upright, bytes)
        }
    };
    let (width, height) = picture.size();
    let facts = Facts {
        width,
        height,
        form,
        frames: clean.frames,
        bytes: bytes.len() as u64,
    };
    Ok((picture, Kept { bytes, facts }))
}

/// All of a file, if it is as small as a picture may be. The length is counted while reading, since a file can grow.
fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let file = std::fs::File::open(path).map_err(Refused::Read)?;
    let mut bytes = Vec::new();
    let read = file
        .take(limits.bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Refused::Read)?;
    if read as u64 > limits.bytes_max {
        return Err(Refused::TooManyBytes {
            max: limits.bytes_max,
        });
    }
    Ok(bytes)
}

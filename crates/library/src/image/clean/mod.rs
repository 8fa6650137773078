//! Picture files written anew with nothing but the picture: no positions, no device, no comments, nothing behind the end.
//!
//! Works on segments and chunks as they lie in the file, so that picture and colour profile stay bit for bit. Sizes, frames and
//! whatever unpacks are held against [`Limits`] here, before a decoder sees any of it. Never panics, whatever the bytes are.
//!
//! Specifications: ITU-T T.81 (JPEG) with JFIF and ICC.1 annex B, W3C PNG 3rd edition, GIF89a, RFC 9649 (WebP).

mod gif;
mod jpeg;
mod png;
mod reader;
pub(super) mod webp;

use image::metadata::Orientation;

use super::{Form, Limits, Refused};

/// A picture without anything but itself.
#[derive(Debug)]
pub struct Clean {
    /// What it is.
    pub form: Form,
    /// The file as it is stored, unless it must be turned.
    pub bytes: Vec<u8>,
    /// Width as it is coded, in pixels.
    pub width: u32,
    /// Height as it is coded, in pixels.
    pub height: u32,
    /// Frames, at least one.
    pub frames: u32,
    /// How it wants to be turned, by its metadata.
    pub orientation: Option<Orientation>,
    /// Whether the pixels are coded without loss.
    pub is_lossless: bool,
}

impl Clean {
    /// How its pixels must be turned to be upright.
    ///
    /// Animations are left as they are coded: what is turned is encoded again, cameras make no animations, and programs that do
    /// have no need of the mark.
    #[must_use]
    pub fn turn(&self) -> Option<Orientation> {
        self.orientation
            .filter(|turn| self.frames == 1 && *turn != Orientation::NoTransforms)
    }
}

/// Takes a file of this form apart and writes it anew.
///
/// # Errors
/// Where the file is damaged, unusual, or more than the limits.
pub fn clean(form: Form, bytes: &[u8], limits: &Limits) -> Result<Clean, Refused> {
    match form {
        Form::Jpeg => jpeg::clean(bytes, limits),
        Form::Png => png::clean(bytes, limits),
        Form::Gif => gif::clean(bytes, limits),
        Form::WebP => webp::clean(bytes, limits),
    }
}

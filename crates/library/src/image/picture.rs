//! Pixels: decoded once, turned, made smaller, encoded.
//!
//! Pictures are made smaller by Lanczos' filter on the values as they are coded, with transparency multiplied in, as browsers and
//! every common tool do; in linear light a picture of 50 megapixels would take twice the memory for a difference that photographs do
//! not show. A colour profile goes along with the values that it explains.

use std::io::Cursor;

use fast_image_resize as resize;
use image::{
    AnimationDecoder, DynamicImage, Frame, ImageDecoder, ImageEncoder, ImageError, ImageFormat,
    codecs::{
        gif::{GifDecoder, GifEncoder},
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngDecoder, PngEncoder},
        webp::WebPDecoder,
    },
    metadata::Orientation,
};

use super::{
    Form, Limits, Refused,
    clean::{self, Clean},
};

/// Quality of variants: nobody sees a difference beside the original at the size they are shown.
const VARIANT_QUALITY: u8 = 82;
/// Quality of an original that must be encoded again since it is turned: generations of it do not show, at about the size it had.
const ORIGINAL_QUALITY: u8 = 95;

/// Which frames of an animation are decoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Frames {
    /// All of them, so that what is stored is known to be whole.
    All,
    /// The first alone, of one that is.
    First,
}

/// A decoded picture: the first frame, and the profile that explains its colours.
pub(super) struct Picture {
    pixels: DynamicImage,
    profile: Option<Vec<u8>>,
}

impl Picture {
    /// Decodes a picture; of an animation the first frame is kept.
    pub fn decode(clean: &Clean, frames: Frames, limits: &Limits) -> Result<Self, Refused> {
        let form = clean.form;
        let failed = |error: ImageError| match error {
            ImageError::Limits(_) => Refused::TooLarge {
                width: clean.width,
                height: clean.height,
                side_max: limits.side_max,
                area_max: limits.area_max,
            },
            other => Refused::broken(form, other.to_string()),
        };
        let bounds = bounds(limits);
        let bytes = Cursor::new(clean.bytes.as_slice());
        if clean.frames > 1 {
            let first = match form {
                Form::Gif => {
                    let mut decoder = GifDecoder::new(bytes).map_err(failed)?;
                    decoder.set_limits(bounds).map_err(failed)?;
                    first(decoder, frames)
                }
                Form::WebP => {
                    let mut decoder = WebPDecoder::new(bytes).map_err(failed)?;
                    decoder.set_limits(bounds).map_err(failed)?;
                    first(decoder, frames)
                }
                Form::Png => {
                    let decoder = PngDecoder::with_limits(bytes, bounds).map_err(failed)?;
                    first(decoder.apng().map_err(failed)?, frames)
                }
                Form::Jpeg => Ok(None),
            };
            let first = first
                .map_err(failed)?
                .ok_or_else(|| Refused::broken(form, "there is no picture in it"))?;
            let profile = profile(clean, limits);
            return Ok(Self::new(
                DynamicImage::ImageRgba8(first.into_buffer()),
                profile,
            ));
        }
        let mut reader = image::ImageReader::with_format(bytes, format(form));
        reader.limits(bounds);
        let decoder = reader.into_decoder().map_err(failed)?;
        if decoder.dimensions() != (clean.width, clean.height) {
            return Err(Refused::broken(form, "it says two sizes"));
        }
        if decoder.total_bytes() > limits.decoded_bytes_max {
            return Err(failed(ImageError::Limits(
                image::error::LimitError::from_kind(
                    image::error::LimitErrorKind::InsufficientMemory,
                ),
            )));
        }
        let profile = profile(clean, limits);
        let pixels = DynamicImage::from_decoder(decoder).map_err(failed)?;
        Ok(Self::new(pixels, profile))
    }

    fn new(pixels: DynamicImage, profile: Option<Vec<u8>>) -> Self {
        let is_grey = !pixels.color().has_color();
        Self {
            profile: profile.filter(|profile| explains(profile, is_grey)),
            pixels,
        }
    }

    pub fn size(&self) -> (u32, u32) {
        (self.pixels.width(), self.pixels.height())
    }

    /// Width and height at this width or its own, whichever is less.
    pub fn size_at(&self, width: u32) -> (u32, u32) {
        let (own_width, own_height) = self.size();
        if width >= own_width {
            return (own_width, own_height);
        }
        let height = (u64::from(own_height) * u64::from(width) + u64::from(own_width) / 2)
            / u64::from(own_width.max(1));
        // Not more than it had, since the width is less.
        (width, u32::try_from(height).unwrap_or(own_height).max(1))
    }

    pub fn turned(self, turn: Orientation) -> Self {
        let mut pixels = self.pixels;
        pixels.apply_orientation(turn);
        Self { pixels, ..self }
    }

    /// Encoded to be kept in the original's place, as good as its form can be.
    pub fn as_original(&self, form: Form, is_lossless: bool) -> Result<Vec<u8>, Refused> {
        let how = match form {
            Form::WebP if is_lossless => How::Lossless,
            _ => How::Quality(ORIGINAL_QUALITY),
        };
        encode(&self.pixels, form, how, self.profile.as_deref())
    }

    /// Encoded at this width or its own, whichever is less.
    pub fn variant(&self, width: u32, form: Form) -> Result<Vec<u8>, Refused> {
        let smaller = scaled(&self.pixels, self.size_at(width))
            .map_err(|what| Refused::Encode { form, what })?;
        encode(
            &smaller,
            form,
            How::Quality(VARIANT_QUALITY),
            self.profile.as_deref(),
        )
    }
}

fn format(form: Form) -> ImageFormat {
    match form {
        Form::Jpeg => ImageFormat::Jpeg,
        Form::Png => ImageFormat::Png,
        Form::WebP => ImageFormat::WebP,
        Form::Gif => ImageFormat::Gif,
    }
}

fn bounds(limits: &Limits) -> image::Limits {
    let mut bounds = image::Limits::no_limits();
    bounds.max_image_width = Some(limits.side_max);
    bounds.max_image_height = Some(limits.side_max);
    bounds.max_alloc = Some(limits.decoded_bytes_max);
    bounds
}

/// The first frame; the others are decoded too where all are asked for.
fn first<'a>(
    decoder: impl AnimationDecoder<'a>,
    frames: Frames,
) -> Result<Option<Frame>, ImageError> {
    let mut all = decoder.into_frames();
    let first = all.next().transpose()?;
    if frames == Frames::All {
        all.try_for_each(|frame| frame.map(drop))?;
    }
    Ok(first)
}

/// The file's ICC profile, whatever colours it is for.
fn profile(clean: &Clean, limits: &Limits) -> Option<Vec<u8>> {
    let mut reader =
        image::ImageReader::with_format(Cursor::new(clean.bytes.as_slice()), format(clean.form));
    reader.limits(bounds(limits));
    let profile = reader.into_decoder().ok()?.icc_profile().ok()??;
    (profile.len() <= limits.profile_bytes_max).then_some(profile)
}

/// Whether a profile is for values of this kind. One of CMYK explains nothing once the values are RGB.
fn explains(profile: &[u8], is_grey: bool) -> bool {
    match profile.get(16..20) {
        Some(b"RGB ") => !is_grey,
        Some(b"GRAY") => is_grey,
        _ => false,
    }
}

/// Makes a picture smaller, with eight bits for each value.
fn scaled(pixels: &DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, String> {
    let shallow;
    let pixels = match pixels {
        DynamicImage::ImageLuma8(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageRgb8(_)
        | DynamicImage::ImageRgba8(_) => pixels,
        deep => {
            let has_alpha = deep.color().has_alpha();
            shallow = match (deep.color().has_color(), has_alpha) {
                (false, false) => deep.to_luma8().into(),
                (false, true) => deep.to_luma_alpha8().into(),
                (true, false) => deep.to_rgb8().into(),
                (true, true) => deep.to_rgba8().into(),
            };
            &shallow
        }
    };
    if (pixels.width(), pixels.height()) == (width, height) {
        return Ok(pixels.clone());
    }
    let depth = match pixels.color().channel_count() {
        1 => resize::PixelType::U8,
        2 => resize::PixelType::U8x2,
        3 => resize::PixelType::U8x3,
        _ => resize::PixelType::U8x4,
    };
    let from =
        resize::images::ImageRef::new(pixels.width(), pixels.height(), pixels.as_bytes(), depth)
            .map_err(|error| error.to_string())?;
    let mut to = resize::images::Image::new(width, height, depth);
    let options = resize::ResizeOptions::new()
        .resize_alg(resize::ResizeAlg::Convolution(resize::FilterType::Lanczos3))
        .use_alpha(true);
    resize::Resizer::new()
        .resize(&from, &mut to, &options)
        .map_err(|error| error.to_string())?;
    let bytes = to.into_vec();
    let made = match depth {
        resize::PixelType::U8 => {
            image::GrayImage::from_raw(width, height, bytes).map(DynamicImage::from)
        }
        resize::PixelType::U8x2 => {
            image::GrayAlphaImage::from_raw(width, height, bytes).map(DynamicImage::from)
        }
        resize::PixelType::U8x3 => {
            image::RgbImage::from_raw(width, height, bytes).map(DynamicImage::from)
        }
        _ => image::RgbaImage::from_raw(width, height, bytes).map(DynamicImage::from),
    };
    made.ok_or_else(|| "the pixels do not fit their size".to_owned())
}

/// How well to encode where the form has a choice.
#[derive(Clone, Copy)]
enum How {
    Lossless,
    Quality(u8),
}

fn encode(
    pixels: &DynamicImage,
    form: Form,
    how: How,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, Refused> {
    let failed = |what: String| Refused::Encode { form, what };
    let said = |error: ImageError| failed(error.to_string());
    let mut out = Cursor::new(Vec::new());
    match form {
        Form::Jpeg => {
            let quality = match how {
                How::Lossless => 100,
                How::Quality(quality) => quality,
            };
            let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
            if let Some(profile) = profile {
                encoder
                    .set_icc_profile(profile.to_vec())
                    .map_err(|error| failed(error.to_string()))?;
            }
            let flat = flat(pixels);
            flat.as_ref()
                .unwrap_or(pixels)
                .write_with_encoder(encoder)
                .map_err(said)?;
        }
        Form::Png => {
            let mut encoder = PngEncoder::new_with_quality(
                &mut out,
                CompressionType::Default,
                FilterType::Adaptive,
            );
            if let Some(profile) = profile {
                encoder
                    .set_icc_profile(profile.to_vec())
                    .map_err(|error| failed(error.to_string()))?;
            }
            pixels.write_with_encoder(encoder).map_err(said)?;
        }
        Form::Gif => {
            let frame = Frame::new(pixels.to_rgba8());
            // One to thirty; ten is what most programs take.
            GifEncoder::new_with_speed(&mut out, 10)
                .encode_frame(frame)
                .map_err(said)?;
        }
        Form::WebP => return encode_webp(pixels, how, profile),
    }
    Ok(out.into_inner())
}

/// WebP by libwebp, which is given eight bits of RGB or RGBA. A profile for grey would be none for these.
fn encode_webp(
    pixels: &DynamicImage,
    how: How,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, Refused> {
    let (width, height) = (pixels.width(), pixels.height());
    let (is_lossless, quality) = match how {
        How::Lossless => (true, 75.0),
        How::Quality(quality) => (false, f32::from(quality)),
    };
    let encoded = if pixels.color().has_alpha() {
        let rgba = pixels.to_rgba8();
        webp::Encoder::from_rgba(&rgba, width, height).encode_simple(is_lossless, quality)
    } else {
        let rgb = pixels.to_rgb8();
        webp::Encoder::from_rgb(&rgb, width, height).encode_simple(is_lossless, quality)
    };
    let encoded = encoded.map_err(|error| Refused::Encode {
        form: Form::WebP,
        what: format!("{error:?}"),
    })?;
    match profile.filter(|profile| explains(profile, false)) {
        Some(profile) => clean::webp::with_profile(&encoded, profile),
        None => Ok(encoded.to_vec()),
    }
}

/// The picture on black and with eight bits, where JPEG cannot hold it as it is.
fn flat(pixels: &DynamicImage) -> Option<DynamicImage> {
    match pixels {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => None,
        other if !other.color().has_alpha() => Some(match other.color().has_color() {
            true => other.to_rgb8().into(),
            false => other.to_luma8().into(),
        }),
        other => {
            let mut rgba = other.to_rgba8();
            for pixel in rgba.pixels_mut() {
                let [red, green, blue, alpha] = pixel.0;
                // A product of two bytes over one is a byte.
                let on_black =
                    |value: u8| ((u16::from(value) * u16::from(alpha) + 127) / 255) as u8;
                pixel.0 = [on_black(red), on_black(green), on_black(blue), 255];
            }
            Some(DynamicImage::ImageRgba8(rgba).to_rgb8().into())
        }
    }
}

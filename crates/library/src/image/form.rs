//! What a file is, by its bytes.

use std::fmt;

use super::{Foreign, Refused};

/// A form of picture that is taken and served.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Form {
    /// JPEG.
    Jpeg,
    /// PNG, also APNG.
    Png,
    /// WebP.
    WebP,
    /// GIF.
    Gif,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::WebP, Self::Gif];

    /// The media type it is served with.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// How names of files end: `jpg`, `png`, `webp`, `gif`. Also how it is kept in the catalogue.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }

    /// The form with this [`extension`](Self::extension).
    #[must_use]
    pub fn parse(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|form| form.extension() == extension)
    }

    /// What a client that sent this `Accept` is given of a picture of this form: WebP where it says so by name and does not rule it
    /// out (`q=0`), else this form. `*/*` does not count, since programs that know no WebP send it too.
    #[must_use]
    pub fn accepted(self, accept: &str) -> Self {
        let names_webp = accept.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_webp = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case("image/webp"));
            let is_ruled_out = parts.any(|parameter| {
                parameter
                    .strip_prefix("q=")
                    .and_then(|q| q.trim().parse::<f32>().ok())
                    .is_some_and(|q| q <= 0.0)
            });
            is_webp && !is_ruled_out
        });
        if names_webp { Self::WebP } else { self }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
        })
    }
}

/// How much of a file is looked at to name what is no picture, in bytes. Comments before an `<svg>` can be longer; then it is text.
const LOOKED_AT: usize = 4096;

/// What the bytes are.
pub(super) fn sniff(bytes: &[u8]) -> Result<Form, Refused> {
    let form = match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(Form::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Form::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Form::Gif),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(Form::WebP),
        _ => None,
    };
    form.ok_or_else(|| Refused::Foreign(foreign(bytes)))
}

/// What it is that is no picture of ours.
fn foreign(bytes: &[u8]) -> Foreign {
    match bytes {
        [] => Foreign::Empty,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4) {
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
                // Both kinds may call themselves by the container's brand; the compatible brands tell.
                let rest = brand.get(..64).unwrap_or(brand);
                match rest.chunks_exact(4).any(|b| b == b"avif" || b == b"avis") {
                    true => Foreign::Avif,
                    false => Foreign::Heic,
                }
            }
            Some(b"avif" | b"avis") => Foreign::Avif,
            _ => Foreign::Video,
        },
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Foreign::Video,
        [b'%', b'P', b'D', b'F', ..] => Foreign::Pdf,
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Foreign::Tiff,
        [b'B', b'M', ..] | [0, 0, 1, 0, ..] => Foreign::Bmp,
        [b'8', b'B', b'P', b'S', ..] => Foreign::Psd,
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', b' ', ..] => Foreign::Jxl,
        [b'P', b'K', 3 | 5, 4 | 6, ..]
        | [0x1f, 0x8b, ..]
        | [b'7', b'z', 0xbc, 0xaf, ..]
        | [b'R', b'a', b'r', b'!', ..] => Foreign::Archive,
        _ => text(bytes).unwrap_or(Foreign::Unknown),
    }
}

/// Which kind of text it is, if it is text at all. UTF-16 is read as if it were ASCII: enough to know a tag.
fn text(bytes: &[u8]) -> Option<Foreign> {
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let is_wide = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let plain: Vec<u8> = head
        .iter()
        .filter(|&&byte| !(is_wide && byte == 0))
        .map(u8::to_ascii_lowercase)
        .collect();
    let has = |needle: &[u8]| plain.windows(needle.len()).any(|w| w == needle);
    let is_text = !plain
        .iter()
        .any(|&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c));
    if !is_text {
        return None;
    }
    Some(if has(b"<svg") || has(b":svg") {
        Foreign::Svg
    } else if has(b"<!doctype html") || has(b"<html") || has(b"<script") || has(b"<body") {
        Foreign::Html
    } else {
        Foreign::Text
    })
}

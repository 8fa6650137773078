//! Why a picture is not taken, in words for whoever brought it.

use super::Form;

/// Why a picture is not taken, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is something else than the four forms that are taken.
    #[error("{}", .0.words())]
    Foreign(Foreign),
    /// The file is larger than a picture may be.
    #[error("A picture can have up to {} MB. Export it smaller and upload it again.", .max >> 20)]
    TooManyBytes {
        /// Most bytes that are taken.
        max: u64,
    },
    /// It would have more pixels than are decoded here.
    #[error(
        "This picture says it is {width} × {height} pixels. Up to {side_max} pixels a side and {} megapixels in all are taken. Export it smaller and upload it again.",
        .area_max / 1_000_000
    )]
    TooLarge {
        /// Width that it claims.
        width: u32,
        /// Height that it claims.
        height: u32,
        /// Most pixels a side.
        side_max: u32,
        /// Most pixels in all.
        area_max: u64,
    },
    /// An animation that is too long, or too large for its length.
    #[error(
        "This animation is too long. Up to {frames_max} frames and {} megapixels in all of them together are taken. Make a video of it and upload that.",
        .area_max / 1_000_000
    )]
    TooManyFrames {
        /// Most frames.
        frames_max: u32,
        /// Most pixels of all frames.
        area_max: u64,
    },
    /// The file ends early, or says what cannot be.
    #[error(
        "This {form} is damaged or was broken off: {what}. Upload it again from where it opens."
    )]
    Broken {
        /// What it is.
        form: Form,
        /// Where it broke.
        what: String,
    },
    /// A kind of file that browsers do not show.
    #[error(
        "This {form} is of a kind that browsers do not show: {what}. Save it as an ordinary {form} and upload it again."
    )]
    Unusual {
        /// What it is.
        form: Form,
        /// What is unusual.
        what: &'static str,
    },
    /// Something in it unpacks to more than anything of its kind needs.
    #[error(
        "This {form} holds far more than its picture needs: {what}. Export it again and upload that."
    )]
    Swollen {
        /// What it is.
        form: Form,
        /// What is too much.
        what: &'static str,
    },
    /// A decoder gave up on it outright.
    #[error("This picture could not be decoded. Export it again and upload that.")]
    Undecodable,
    /// The picture could not be written in another form.
    #[error("The picture could not be written as {form}: {what}.")]
    Encode {
        /// The form wanted.
        form: Form,
        /// What the encoder said.
        what: String,
    },
    /// The file could not be read here.
    #[error("The uploaded picture could not be read.")]
    Read(#[source] std::io::Error),
    /// The picture could not be stored here.
    #[error("The picture could not be stored.")]
    Write(#[source] std::io::Error),
}

impl Refused {
    /// A damaged file.
    pub(super) fn broken(form: Form, what: impl Into<String>) -> Self {
        Self::Broken {
            form,
            what: what.into(),
        }
    }

    /// Whether the server is at fault and not the file: to be logged, and answered as such.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Read(_) | Self::Write(_) | Self::Encode { .. })
    }
}

/// What people bring as pictures that is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Foreign {
    /// No bytes at all.
    Empty,
    /// SVG: a document with programs in it.
    Svg,
    /// A web page.
    Html,
    /// PDF.
    Pdf,
    /// HEIC and HEIF, what iPhones store.
    Heic,
    /// AVIF.
    Avif,
    /// JPEG XL.
    Jxl,
    /// TIFF, and raw files of cameras that are made like it.
    Tiff,
    /// BMP and ICO.
    Bmp,
    /// Photoshop's own.
    Psd,
    /// MP4 and its kin, Matroska.
    Video,
    /// ZIP, gzip and the like.
    Archive,
    /// Text of any other kind.
    Text,
    /// Nothing that is known.
    Unknown,
}

impl Foreign {
    /// What it is and what to do, for a person.
    fn words(self) -> &'static str {
        match self {
            Self::Empty => "The file is empty. Upload it again.",
            Self::Svg => {
                "An SVG can run programs in the page that shows it. Export it as PNG or WebP and upload that."
            }
            Self::Html => {
                "This is a web page, not a picture, whatever its name says. Save the picture itself and upload that."
            }
            Self::Pdf => "This is a PDF. Export the page as PNG or JPEG and upload that.",
            Self::Heic => {
                "This is a HEIC picture, which most browsers do not show. Export it as JPEG and upload that (iPhone: Settings, Camera, Formats, Most Compatible)."
            }
            Self::Avif => {
                "AVIF pictures are not taken. Export it as WebP, JPEG or PNG and upload that."
            }
            Self::Jxl => {
                "This is JPEG XL, which most browsers do not show. Export it as JPEG, PNG or WebP and upload that."
            }
            Self::Tiff => {
                "This is a TIFF or a camera's raw file, which browsers do not show. Export it as JPEG or PNG and upload that."
            }
            Self::Bmp => "This is a BMP or icon file. Save it as PNG and upload that.",
            Self::Psd => {
                "This is a Photoshop file. Export it as PNG, JPEG or WebP and upload that."
            }
            Self::Video => "This is a video. Upload it under Videos.",
            Self::Archive => "This is an archive. Unpack it and upload the pictures in it.",
            Self::Text => "This is text, not a picture, whatever its name says.",
            Self::Unknown => {
                "This is no JPEG, PNG, WebP or GIF. Export it as one of them and upload that."
            }
        }
    }
}

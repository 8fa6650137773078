//! Captions: WebVTT and SubRip as people bring them, read with bounds and written anew as plain WebVTT.
//!
//! Nothing is passed through. Cues are read into times, a place and text with the few tags that every player shows; styles, regions,
//! notes, names of cues and all other markup stay behind, so that what is served can style and run nothing. What is written reads
//! back as the same.
//!
//! Also what HLS needs of captions: [`playlist`] and [`renditions`]. hls.js and Safari's own player ask for the same: a multivariant
//! playlist that names the captions, a media playlist for each language (one segment as long as the video is enough), and
//! `X-TIMESTAMP-MAP` in the segment, which says that the file's zero is the media's zero. hls.js makes text tracks of them, Safari offers
//! them in its menu. `<track>` takes the same file, for a player that was given the video otherwise.
//!
//! Specifications: W3C WebVTT 1 (sections 4 and 6), RFC 8216 (3.5, 4.3.4.1), RFC 5646 (2.1, the shape of language tags).

mod cue;
mod hls;
mod label;
mod text;

use std::fmt::Write as _;

use cue::Cue;
pub use hls::{Rendition, Renditions, SUBTITLES_GROUP, playlist, renditions};
pub use label::{Label, Language};

/// The media type of what [`Captions::render`] gives.
pub const MEDIA_TYPE: &str = "text/vtt; charset=utf-8";
/// Bytes of a file at most. A film of three hours has about 200 KB.
pub const BYTES_MAX: usize = 2 << 20;
/// Cues at most. A film of three hours has about 3,000; players hold all of them at once.
pub const CUES_MAX: usize = 50_000;
/// Bytes of one cue's text at most; a longer one is passed over. It would fill the screen many times.
pub const CUE_BYTES_MAX: usize = 4096;

/// Why captions are not taken, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The file is larger than captions may be.
    #[error("Captions can have up to {} MB. This file has more.", BYTES_MAX >> 20)]
    TooManyBytes,
    /// More cues than a player holds.
    #[error("Captions can have up to {CUES_MAX} cues. This file has more.")]
    TooManyCues,
    /// The letters are coded in a way that cannot be known.
    #[error(
        "The letters of this file cannot be read: it is not UTF-8. Save it as UTF-8 and upload it again."
    )]
    NotUnicode,
    /// It is neither WebVTT nor SubRip.
    #[error(
        "This is neither WebVTT (.vtt) nor SubRip (.srt): {found}. Save the captions as one of them and upload them again."
    )]
    Foreign {
        /// What it seems to be.
        found: &'static str,
    },
    /// Not a single cue could be read.
    #[error("There is no caption in this file that could be shown{}.", .line.map(|line| format!("; the first that was passed over is on line {line}")).unwrap_or_default())]
    Empty {
        /// The line of the first cue that could not be read, from one.
        line: Option<usize>,
    },
}

/// Captions, read and safe to show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Captions {
    cues: Vec<Cue>,
    passed_over: usize,
    first_passed_over: Option<usize>,
}

impl Captions {
    /// Reads WebVTT, or SubRip.
    ///
    /// A cue whose times cannot be read, that ends before it begins, or that is longer than [`CUE_BYTES_MAX`] is passed over and
    /// counted; one without text is dropped.
    ///
    /// # Errors
    /// Where the whole cannot be taken.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        if bytes.len() > BYTES_MAX {
            return Err(Refused::TooManyBytes);
        }
        let text = decode(bytes)?;
        let lines: Vec<&str> = lines(&text).collect();
        let dialect = Dialect::of(&lines)?;
        let mut captions = Self {
            cues: Vec::new(),
            passed_over: 0,
            first_passed_over: None,
        };
        for block in Blocks::new(&lines, dialect) {
            captions.take(&block, dialect)?;
        }
        if captions.cues.is_empty() {
            return Err(Refused::Empty {
                line: captions.first_passed_over,
            });
        }
        // Players of HLS and the format itself want them in order; those at one time stay as they came.
        captions.cues.sort_by_key(|cue| cue.start_ms);
        Ok(captions)
    }

    fn take(&mut self, block: &Block<'_>, dialect: Dialect) -> Result<(), Refused> {
        let bytes: usize = block.text.iter().map(|line| line.len() + 1).sum();
        let cue = (bytes <= CUE_BYTES_MAX)
            .then(|| Cue::read(block.timing, block.text, dialect))
            .flatten();
        let Some(cue) = cue else {
            self.passed_over += 1;
            self.first_passed_over.get_or_insert(block.line);
            return Ok(());
        };
        if cue.text.is_empty() {
            return Ok(());
        }
        if self.cues.len() == CUES_MAX {
            return Err(Refused::TooManyCues);
        }
        self.cues.push(cue);
        Ok(())
    }

    /// How many cues there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.cues.len()
    }

    /// How many cues were passed over, to be told to whoever brought them.
    #[must_use]
    pub fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// The line of the first cue that was passed over, from one.
    #[must_use]
    pub fn first_passed_over(&self) -> Option<usize> {
        self.first_passed_over
    }

    /// When the last of them ends, in milliseconds.
    #[must_use]
    pub fn end_ms(&self) -> u64 {
        self.cues.iter().map(|cue| cue.end_ms).max().unwrap_or(0)
    }

    /// The captions as WebVTT: one file for `<track>`, for the download and as the segment of HLS. Browsers pass over the line for HLS.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::from("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n");
        for cue in &self.cues {
            out.push('\n');
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{cue}");
        }
        out
    }
}

/// The two ways captions are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Dialect {
    WebVtt,
    SubRip,
}

impl Dialect {
    fn of(lines: &[&str]) -> Result<Self, Refused> {
        let first = lines.first().copied().unwrap_or_default();
        if let Some(rest) = first.strip_prefix("WEBVTT")
            && (rest.is_empty() || rest.starts_with([' ', '\t']))
        {
            return Ok(Self::WebVtt);
        }
        let mut written = lines
            .iter()
            .map(|line| line.trim())
            .filter(|l| !l.is_empty());
        let first = written.next().unwrap_or_default();
        let second = written.next().unwrap_or_default();
        let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
        if first.contains("-->") || (is_number && second.contains("-->")) {
            return Ok(Self::SubRip);
        }
        Err(Refused::Foreign {
            found: match first {
                "" => "it is empty",
                _ if first.starts_with("[Script Info]") => "it is SubStation Alpha (.ass, .ssa)",
                _ if first.starts_with('{') => "it is MicroDVD (.sub) or JSON",
                _ if first.starts_with('<') => "it is a page, SAMI or TTML",
                _ => "it does not begin like either",
            },
        })
    }
}

/// The file as text, whatever mark of byte order it begins with.
fn decode(bytes: &[u8]) -> Result<String, Refused> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        if !bytes.len().is_multiple_of(2) {
            return Err(Refused::NotUnicode);
        }
        let units = bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.first_chunk().copied().map(unit));
        char::decode_utf16(units)
            .collect::<Result<String, _>>()
            .map_err(|_| Refused::NotUnicode)
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        all => utf8(all),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Refused> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::NotUnicode)?;
    // UTF-16 without its mark is valid UTF-8 as long as it is English.
    if text.contains('\0') {
        return Err(Refused::NotUnicode);
    }
    Ok(text.to_owned())
}

/// Lines by any of the three ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// A line of times and what stands below it.
struct Block<'a> {
    /// The line of times, from one.
    line: usize,
    timing: &'a str,
    text: &'a [&'a str],
}

/// Finds lines of times; what stands between blocks without one (styles, regions, notes) is passed over.
struct Blocks<'a> {
    lines: &'a [&'a str],
    at: usize,
    dialect: Dialect,
}

impl<'a> Blocks<'a> {
    fn new(lines: &'a [&'a str], dialect: Dialect) -> Self {
        Self {
            lines,
            at: 0,
            dialect,
        }
    }

    fn line(&self, at: usize) -> Option<&'a str> {
        self.lines.get(at).copied()
    }

    /// Whether the text of a cue ends before this line.
    fn ends(&self, at: usize) -> bool {
        let Some(line) = self.line(at) else {
            return true;
        };
        if line.contains("-->") {
            return true;
        }
        match self.dialect {
            Dialect::WebVtt => line.is_empty(),
            // SubRip's text may have empty lines in it; a number and times behind one begin the next.
            Dialect::SubRip => {
                let is_number = !line.trim().is_empty()
                    && line.trim().bytes().all(|byte| byte.is_ascii_digit());
                is_number && self.line(at + 1).is_some_and(|next| next.contains("-->"))
            }
        }
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let timing_at = (self.at..self.lines.len())
            .find(|at| self.line(*at).is_some_and(|line| line.contains("-->")))?;
        let start = timing_at + 1;
        let mut end = start;
        while !self.ends(end) {
            end += 1;
        }
        self.at = end;
        Some(Block {
            line: timing_at + 1,
            timing: self.line(timing_at).unwrap_or_default(),
            text: self.lines.get(start..end).unwrap_or_default(),
        })
    }
}

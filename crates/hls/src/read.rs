//! Reads HLS playlists into plain structs, for tests and for the conformance rules.
//!
//! RFC 8216bis section 4. Strict where a player would stumble (a value out of its grammar, a segment without duration, a
//! required attribute missing), tolerant of tags it does not know. What is well formed but against a rule is kept for
//! [`crate::check`] to judge. Does not follow URIs and knows no keys: our streams are not encrypted.

mod attributes;
mod media;
mod multivariant;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use media::media_text;
use multivariant::multivariant_text;

/// Longest playlist that is read, in bytes: a day of two-second segments with dates stays below.
pub const PLAYLIST_BYTES_MAX: usize = 8 << 20;

/// Why a playlist is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Error {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    #[source]
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Longer than [`PLAYLIST_BYTES_MAX`].
    #[error("the playlist is too long")]
    TooLong,
    /// Not UTF-8, or with a byte order mark.
    #[error("the playlist is not plain UTF-8")]
    Encoding,
    /// The first line is another one than `#EXTM3U`.
    #[error("the first line is not #EXTM3U")]
    Header,
    /// A tag that every playlist of its kind needs is missing.
    #[error("{tag} is missing")]
    MissingTag {
        /// Name of the tag.
        tag: &'static str,
    },
    /// The value of a tag is outside its grammar.
    #[error("the value of {tag} is malformed")]
    Value {
        /// Name of the tag.
        tag: &'static str,
    },
    /// A tag that may appear once appears again, or after the first segment.
    #[error("{tag} appears twice or too late")]
    Misplaced {
        /// Name of the tag.
        tag: &'static str,
    },
    /// Not a list of `NAME=value`.
    #[error("the attribute list is malformed")]
    AttributeList,
    /// An attribute's value is outside its grammar.
    #[error("attribute {name} is malformed")]
    Attribute {
        /// Name of the attribute.
        name: &'static str,
    },
    /// An attribute that its tag needs is missing.
    #[error("attribute {name} is missing")]
    MissingAttribute {
        /// Name of the attribute.
        name: &'static str,
    },
    /// A URI without the tag that describes it, or the other way round.
    #[error("a URI and the tag that describes it do not come together")]
    LoneUri,
    /// A tag of the other kind of playlist.
    #[error("{tag} belongs into the other kind of playlist")]
    WrongKind {
        /// Name of the tag.
        tag: &'static str,
    },
}

/// A playlist of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Playlist {
    /// Lists variants and renditions.
    Multivariant(Multivariant),
    /// Lists segments.
    Media(Box<Media>),
}

/// A multivariant playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multivariant {
    /// `EXT-X-VERSION`, 1 where absent.
    pub version: u32,
    /// `EXT-X-INDEPENDENT-SEGMENTS`.
    pub independent_segments: bool,
    /// `EXT-X-STREAM-INF`, in order.
    pub variants: Vec<Variant>,
    /// `EXT-X-MEDIA`, in order.
    pub renditions: Vec<Rendition>,
}

/// A variant stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// As written.
    pub uri: String,
    /// Bits a second at the peak.
    pub bandwidth: u64,
    /// Bits a second on average.
    pub average_bandwidth: Option<u64>,
    /// RFC 6381 names, as written.
    pub codecs: Vec<String>,
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
    /// Thousandths of a frame per second.
    pub frame_rate_milli: Option<u64>,
    /// Group of audio renditions.
    pub audio: Option<String>,
}

/// A rendition of `EXT-X-MEDIA`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// `TYPE`, as written.
    pub kind: String,
    /// `GROUP-ID`.
    pub group: String,
    /// `NAME`.
    pub name: String,
    /// As written; absent where the variant carries it.
    pub uri: Option<String>,
}

/// A media playlist, whole or a delta.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// `EXT-X-VERSION`, 1 where absent.
    pub version: u32,
    /// `EXT-X-TARGETDURATION` in seconds, at least 1.
    pub target_duration_s: u64,
    /// `EXT-X-MEDIA-SEQUENCE`, 0 where absent.
    pub media_sequence: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE`, 0 where absent.
    pub discontinuity_sequence: u64,
    /// `EXT-X-INDEPENDENT-SEGMENTS`.
    pub independent_segments: bool,
    /// `EXT-X-PLAYLIST-TYPE`, as written.
    pub playlist_type: Option<String>,
    /// `EXT-X-ENDLIST`.
    pub endlist: bool,
    /// `PART-TARGET` of `EXT-X-PART-INF`.
    pub part_target: Option<Duration>,
    /// `EXT-X-SERVER-CONTROL`.
    pub server_control: Option<ServerControl>,
    /// `EXT-X-SKIP`: this is a delta.
    pub skip: Option<Skip>,
    /// Whole segments, in order, without the skipped ones.
    pub segments: Vec<Segment>,
    /// What comes after the last whole segment; its `uri` is empty and its duration zero.
    pub open: Segment,
    /// `EXT-X-PRELOAD-HINT`, in order.
    pub hints: Vec<Hint>,
    /// `EXT-X-RENDITION-REPORT`, in order.
    pub reports: Vec<Report>,
    /// Ids of `EXT-X-DATERANGE`, in order.
    pub date_ranges: Vec<String>,
    /// Tags that describe a segment but follow its first part.
    pub late_tags: Vec<LateTag>,
}

impl Media {
    /// Media sequence number after the last whole segment: that of the segment under way.
    pub fn next_msn(&self) -> u64 {
        let skipped = self.skip.as_ref().map_or(0, |skip| skip.segments);
        self.media_sequence
            .saturating_add(skipped)
            .saturating_add(self.segments.len() as u64)
    }

    /// Sum of the durations listed: whole segments and trailing parts, without skipped segments.
    pub fn duration(&self) -> Duration {
        let whole = self.segments.iter().map(|segment| segment.duration);
        let parts = self.open.parts.iter().map(|part| part.duration);
        whole
            .chain(parts)
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Whole segments, then the one under way if anything of it is listed.
    pub fn with_open(&self) -> impl Iterator<Item = &Segment> {
        self.segments
            .iter()
            .chain((!self.open.parts.is_empty()).then_some(&self.open))
    }
}

/// `EXT-X-SERVER-CONTROL`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerControl {
    /// `CAN-BLOCK-RELOAD`.
    pub can_block_reload: bool,
    /// `CAN-SKIP-UNTIL`.
    pub can_skip_until: Option<Duration>,
    /// `CAN-SKIP-DATERANGES`.
    pub can_skip_dateranges: bool,
    /// `HOLD-BACK`.
    pub hold_back: Option<Duration>,
    /// `PART-HOLD-BACK`.
    pub part_hold_back: Option<Duration>,
}

/// `EXT-X-SKIP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// `SKIPPED-SEGMENTS`.
    pub segments: u64,
    /// `RECENTLY-REMOVED-DATERANGES`, as written.
    pub removed_dateranges: Option<String>,
    /// `EXT-X-MEDIA-SEQUENCE` comes before it, and `EXT-X-DISCONTINUITY-SEQUENCE` where there is one.
    pub after_sequences: bool,
}

/// A segment and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Media sequence number.
    pub msn: u64,
    /// As written.
    pub uri: String,
    /// `EXTINF`.
    pub duration: Duration,
    /// `EXT-X-DISCONTINUITY` before it.
    pub discontinuity: bool,
    /// `EXT-X-GAP`.
    pub gap: bool,
    /// The `EXT-X-MAP` in force.
    pub map: Option<Arc<Map>>,
    /// `EXT-X-PROGRAM-DATE-TIME` of its own, as Unix time in milliseconds.
    pub program_date_time_ms: Option<i64>,
    /// `EXT-X-BYTERANGE`, as written.
    pub byte_range: Option<String>,
    /// Its parts that are listed.
    pub parts: Vec<Part>,
}

/// `EXT-X-MAP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// As written.
    pub uri: String,
    /// `BYTERANGE`, as written.
    pub byte_range: Option<String>,
}

/// `EXT-X-PART`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As written.
    pub uri: String,
    /// `DURATION`.
    pub duration: Duration,
    /// `INDEPENDENT=YES`.
    pub independent: bool,
    /// `GAP=YES`.
    pub gap: bool,
    /// `BYTERANGE`, as written.
    pub byte_range: Option<String>,
}

/// `EXT-X-PRELOAD-HINT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// `TYPE=MAP`; else `TYPE=PART`.
    pub map: bool,
    /// As written.
    pub uri: String,
    /// `BYTERANGE-START`.
    pub byte_range_start: Option<u64>,
}

/// `EXT-X-RENDITION-REPORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// As written.
    pub uri: String,
    /// `LAST-MSN`.
    pub last_msn: Option<u64>,
    /// `LAST-PART`.
    pub last_part: Option<u64>,
}

/// A tag that must precede the first part of its segment (RFC 8216bis 4.4.4.9) and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateTag {
    /// Counted from 1.
    pub line: usize,
    /// Name of the tag.
    pub tag: &'static str,
}

/// Reads a playlist of either kind: multivariant if it has a variant or a rendition.
pub fn playlist(bytes: &[u8]) -> Result<Playlist, Error> {
    let text = text_of(bytes)?;
    let multivariant =
        |line: &str| line.starts_with("#EXT-X-STREAM-INF") || line.starts_with("#EXT-X-MEDIA:");
    if text.lines().any(multivariant) {
        multivariant_text(text).map(Playlist::Multivariant)
    } else {
        media_text(text).map(|media| Playlist::Media(Box::new(media)))
    }
}

/// Reads a media playlist.
pub fn media(bytes: &[u8]) -> Result<Media, Error> {
    media_text(text_of(bytes)?)
}

/// Reads a multivariant playlist.
pub fn multivariant(bytes: &[u8]) -> Result<Multivariant, Error> {
    multivariant_text(text_of(bytes)?)
}

fn text_of(bytes: &[u8]) -> Result<&str, Error> {
    let fail = |problem| Error { line: 1, problem };
    if bytes.len() > PLAYLIST_BYTES_MAX {
        return Err(fail(Problem::TooLong));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| fail(Problem::Encoding))?;
    if text.starts_with('\u{feff}') {
        return Err(fail(Problem::Encoding));
    }
    match text.lines().next().map(str::trim_end) {
        Some("#EXTM3U") => Ok(text),
        _ => Err(fail(Problem::Header)),
    }
}

/// A line that means something.
enum Line<'a> {
    Tag(&'a str, &'a str),
    Uri(&'a str),
}

/// Tags and URIs after the header, with their numbers; comments and empty lines are left out.
fn lines(text: &str) -> impl Iterator<Item = (usize, Line<'_>)> {
    text.lines()
        .enumerate()
        .skip(1)
        .filter_map(|(index, line)| {
            let line = line.trim_end();
            let parsed = match line.strip_prefix('#') {
                Some(tag) if tag.starts_with("EXT") => {
                    let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
                    Line::Tag(name, value)
                }
                Some(_) => return None,
                None if line.is_empty() => return None,
                None => Line::Uri(line),
            };
            Some((index + 1, parsed))
        })
}

fn integer<T: TryFrom<u64>>(value: &str, tag: &'static str) -> Result<T, Problem> {
    let number = attributes::integer(value).and_then(|number| T::try_from(number).ok());
    number.ok_or(Problem::Value { tag })
}

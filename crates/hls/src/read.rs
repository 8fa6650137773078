//! Reads HLS playlists into plain structs, for tests and for the conformance rules.
//!
//! RFC 8216bis section 4. Strict where a player would stumble (a value out of its grammar, a segment without duration, a
//! required attribute missing), tolerant of tags it does not know. What is well formed but against a rule is kept for
//! [`crate::check`] to judge. Does not follow URIs and knows no keys: our streams are not encrypted.

mod attributes;

use std::{sync::Arc, time::Duration};

use attributes::{Attributes, date_ms, decimal, required};

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

fn multivariant_text(text: &str) -> Result<Multivariant, Error> {
    let mut playlist = Multivariant {
        version: 1,
        ..Multivariant::default()
    };
    let mut pending: Option<Variant> = None;
    let mut last = 1;
    for (number, line) in lines(text) {
        last = number;
        let result = match line {
            Line::Uri(uri) => pending.take().ok_or(Problem::LoneUri).map(|mut variant| {
                variant.uri = uri.to_owned();
                playlist.variants.push(variant);
            }),
            Line::Tag(name, value) => match name {
                "EXT-X-VERSION" => {
                    integer(value, "EXT-X-VERSION").map(|version| playlist.version = version)
                }
                "EXT-X-INDEPENDENT-SEGMENTS" => {
                    playlist.independent_segments = true;
                    Ok(())
                }
                "EXT-X-STREAM-INF" if pending.is_some() => Err(Problem::LoneUri),
                "EXT-X-STREAM-INF" => read_variant(value).map(|variant| pending = Some(variant)),
                "EXT-X-MEDIA" => {
                    read_rendition(value).map(|rendition| playlist.renditions.push(rendition))
                }
                "EXT-X-TARGETDURATION" => Err(Problem::WrongKind {
                    tag: "EXT-X-TARGETDURATION",
                }),
                "EXTINF" => Err(Problem::WrongKind { tag: "EXTINF" }),
                _ => Ok(()),
            },
        };
        result.map_err(|problem| Error {
            line: number,
            problem,
        })?;
    }
    if pending.is_some() {
        return Err(Error {
            line: last,
            problem: Problem::LoneUri,
        });
    }
    Ok(playlist)
}

fn read_variant(value: &str) -> Result<Variant, Problem> {
    let list = Attributes::read(value)?;
    let resolution = match list.word("RESOLUTION")? {
        Some(word) => {
            let sides = word
                .split_once('x')
                .and_then(|(width, height)| width.parse().ok().zip(height.parse().ok()));
            Some(sides.ok_or(Problem::Attribute { name: "RESOLUTION" })?)
        }
        None => None,
    };
    let codecs = list.text("CODECS")?.unwrap_or_default();
    let frame_rate = list
        .seconds("FRAME-RATE")?
        .and_then(|rate| u64::try_from(rate.as_millis()).ok());
    Ok(Variant {
        uri: String::new(),
        bandwidth: required(list.integer("BANDWIDTH")?, "BANDWIDTH")?,
        average_bandwidth: list.integer("AVERAGE-BANDWIDTH")?,
        codecs: codecs
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        resolution,
        frame_rate_milli: frame_rate,
        audio: list.text("AUDIO")?.map(str::to_owned),
    })
}

fn read_rendition(value: &str) -> Result<Rendition, Problem> {
    let list = Attributes::read(value)?;
    Ok(Rendition {
        kind: required(list.word("TYPE")?, "TYPE")?.to_owned(),
        group: required(list.text("GROUP-ID")?, "GROUP-ID")?.to_owned(),
        name: required(list.text("NAME")?, "NAME")?.to_owned(),
        uri: list.text("URI")?.map(str::to_owned),
    })
}

fn media_text(text: &str) -> Result<Media, Error> {
    let mut reader = Reader::default();
    reader.media.version = 1;
    let mut last = 1;
    for (number, line) in lines(text) {
        last = number;
        let result = match line {
            Line::Uri(uri) => reader.uri(uri),
            Line::Tag(name, value) => reader.tag(number, name, value),
        };
        result.map_err(|problem| Error {
            line: number,
            problem,
        })?;
    }
    reader.finish().map_err(|problem| Error {
        line: last,
        problem,
    })
}

/// A media playlist being read; `media.open` is the segment under way.
#[derive(Default)]
struct Reader {
    media: Media,
    map: Option<Arc<Map>>,
    /// `EXTINF` waits for its URI.
    titled: bool,
    /// Anything of a segment has appeared.
    begun: bool,
    seen: Vec<&'static str>,
}

/// Tags that appear at most once.
const ONCE: [&str; 9] = [
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-PART-INF",
    "EXT-X-SKIP",
    "EXT-X-INDEPENDENT-SEGMENTS",
];

impl Reader {
    fn tag(&mut self, line: usize, name: &str, value: &str) -> Result<(), Problem> {
        if let Some(tag) = ONCE.into_iter().find(|tag| *tag == name) {
            if self.seen.contains(&tag) {
                return Err(Problem::Misplaced { tag });
            }
            self.seen.push(tag);
        }
        match name {
            "EXTINF" => self.title(value),
            "EXT-X-PART" => self.part(value),
            "EXT-X-DISCONTINUITY" => {
                self.describe(line, "EXT-X-DISCONTINUITY");
                self.media.open.discontinuity = true;
                Ok(())
            }
            "EXT-X-PROGRAM-DATE-TIME" => {
                let tag = "EXT-X-PROGRAM-DATE-TIME";
                self.describe(line, tag);
                self.media.open.program_date_time_ms =
                    Some(date_ms(value).ok_or(Problem::Value { tag })?);
                Ok(())
            }
            "EXT-X-MAP" => {
                self.describe(line, "EXT-X-MAP");
                let list = Attributes::read(value)?;
                let uri = required(list.text("URI")?, "URI")?.to_owned();
                let byte_range = list.text("BYTERANGE")?.map(str::to_owned);
                self.map = Some(Arc::new(Map { uri, byte_range }));
                Ok(())
            }
            "EXT-X-KEY" => {
                self.describe(line, "EXT-X-KEY");
                Ok(())
            }
            "EXT-X-GAP" => {
                self.begun = true;
                self.media.open.gap = true;
                Ok(())
            }
            "EXT-X-BYTERANGE" => {
                self.media.open.byte_range = Some(value.to_owned());
                Ok(())
            }
            _ => self.head_tag(name, value),
        }
    }

    /// Tags of the playlist as a whole.
    fn head_tag(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let media = &mut self.media;
        match name {
            "EXT-X-VERSION" => media.version = integer(value, "EXT-X-VERSION")?,
            "EXT-X-TARGETDURATION" => {
                // Bounded like other durations, so that multiples of it are sane.
                let tag = "EXT-X-TARGETDURATION";
                let target = decimal(value)
                    .filter(|target| target.subsec_nanos() == 0 && !value.contains('.'));
                media.target_duration_s = target
                    .map(|target| target.as_secs())
                    .filter(|s| *s > 0)
                    .ok_or(Problem::Value { tag })?;
            }
            "EXT-X-MEDIA-SEQUENCE" | "EXT-X-DISCONTINUITY-SEQUENCE" if self.begun => {
                let discontinuity = name == "EXT-X-DISCONTINUITY-SEQUENCE";
                let tag = if discontinuity {
                    "EXT-X-DISCONTINUITY-SEQUENCE"
                } else {
                    "EXT-X-MEDIA-SEQUENCE"
                };
                return Err(Problem::Misplaced { tag });
            }
            "EXT-X-MEDIA-SEQUENCE" => {
                media.media_sequence = integer(value, "EXT-X-MEDIA-SEQUENCE")?
            }
            "EXT-X-DISCONTINUITY-SEQUENCE" => {
                media.discontinuity_sequence = integer(value, "EXT-X-DISCONTINUITY-SEQUENCE")?;
            }
            "EXT-X-INDEPENDENT-SEGMENTS" => media.independent_segments = true,
            "EXT-X-PLAYLIST-TYPE" => media.playlist_type = Some(value.to_owned()),
            "EXT-X-ENDLIST" => media.endlist = true,
            "EXT-X-PART-INF" => {
                let target = Attributes::read(value)?.seconds("PART-TARGET")?;
                media.part_target = Some(required(target, "PART-TARGET")?);
            }
            "EXT-X-SERVER-CONTROL" => media.server_control = Some(read_server_control(value)?),
            "EXT-X-SKIP" if self.begun => return Err(Problem::Misplaced { tag: "EXT-X-SKIP" }),
            "EXT-X-SKIP" => {
                let list = Attributes::read(value)?;
                media.skip = Some(Skip {
                    segments: required(list.integer("SKIPPED-SEGMENTS")?, "SKIPPED-SEGMENTS")?,
                    removed_dateranges: list
                        .text("RECENTLY-REMOVED-DATERANGES")?
                        .map(str::to_owned),
                    after_sequences: self.seen.contains(&"EXT-X-MEDIA-SEQUENCE"),
                });
            }
            "EXT-X-PRELOAD-HINT" => {
                let list = Attributes::read(value)?;
                let map = match required(list.word("TYPE")?, "TYPE")? {
                    "PART" => false,
                    "MAP" => true,
                    // Other types are for later versions; clients ignore them.
                    _ => return Ok(()),
                };
                let uri = required(list.text("URI")?, "URI")?.to_owned();
                media.hints.push(Hint {
                    map,
                    uri,
                    byte_range_start: list.integer("BYTERANGE-START")?,
                });
            }
            "EXT-X-RENDITION-REPORT" => {
                let list = Attributes::read(value)?;
                media.reports.push(Report {
                    uri: required(list.text("URI")?, "URI")?.to_owned(),
                    last_msn: list.integer("LAST-MSN")?,
                    last_part: list.integer("LAST-PART")?,
                });
            }
            "EXT-X-DATERANGE" => {
                let list = Attributes::read(value)?;
                media
                    .date_ranges
                    .push(required(list.text("ID")?, "ID")?.to_owned());
            }
            "EXT-X-STREAM-INF" => {
                return Err(Problem::WrongKind {
                    tag: "EXT-X-STREAM-INF",
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes a tag that describes the segment under way.
    fn describe(&mut self, line: usize, tag: &'static str) {
        self.begun = true;
        if !self.media.open.parts.is_empty() {
            self.media.late_tags.push(LateTag { line, tag });
        }
    }

    fn title(&mut self, value: &str) -> Result<(), Problem> {
        if self.titled {
            return Err(Problem::LoneUri);
        }
        let duration = value.split(',').next().unwrap_or_default();
        self.media.open.duration =
            decimal(duration.trim()).ok_or(Problem::Value { tag: "EXTINF" })?;
        (self.titled, self.begun) = (true, true);
        Ok(())
    }

    fn part(&mut self, value: &str) -> Result<(), Problem> {
        self.begun = true;
        let list = Attributes::read(value)?;
        self.media.open.parts.push(Part {
            uri: required(list.text("URI")?, "URI")?.to_owned(),
            duration: required(list.seconds("DURATION")?, "DURATION")?,
            independent: list.yes("INDEPENDENT")?,
            gap: list.yes("GAP")?,
            byte_range: list.text("BYTERANGE")?.map(str::to_owned),
        });
        Ok(())
    }

    fn uri(&mut self, uri: &str) -> Result<(), Problem> {
        if !std::mem::take(&mut self.titled) {
            return Err(Problem::LoneUri);
        }
        let mut segment = std::mem::take(&mut self.media.open);
        segment.uri = uri.to_owned();
        segment.map = self.map.clone();
        self.media.segments.push(segment);
        Ok(())
    }

    fn finish(mut self) -> Result<Media, Problem> {
        if self.titled {
            return Err(Problem::LoneUri);
        }
        if self.media.target_duration_s == 0 {
            return Err(Problem::MissingTag {
                tag: "EXT-X-TARGETDURATION",
            });
        }
        self.media.open.map = self.map;
        let skipped = self.media.skip.as_ref().map_or(0, |skip| skip.segments);
        let first = self.media.media_sequence.saturating_add(skipped);
        let all = self.media.segments.iter_mut().chain([&mut self.media.open]);
        for (segment, offset) in all.zip(0_u64..) {
            segment.msn = first.saturating_add(offset);
        }
        if let Some(skip) = &mut self.media.skip
            && self.media.discontinuity_sequence > 0
            && self
                .seen
                .iter()
                .position(|tag| *tag == "EXT-X-DISCONTINUITY-SEQUENCE")
                > self.seen.iter().position(|tag| *tag == "EXT-X-SKIP")
        {
            skip.after_sequences = false;
        }
        Ok(self.media)
    }
}

fn read_server_control(value: &str) -> Result<ServerControl, Problem> {
    let list = Attributes::read(value)?;
    Ok(ServerControl {
        can_block_reload: list.yes("CAN-BLOCK-RELOAD")?,
        can_skip_until: list.seconds("CAN-SKIP-UNTIL")?,
        can_skip_dateranges: list.yes("CAN-SKIP-DATERANGES")?,
        hold_back: list.seconds("HOLD-BACK")?,
        part_hold_back: list.seconds("PART-HOLD-BACK")?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIVE: &str = r#"#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-PART-INF:PART-TARGET=0.2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,CAN-SKIP-DATERANGES=YES,HOLD-BACK=12,PART-HOLD-BACK=0.6
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-MAP:URI="init1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:09.250Z
#EXTINF:1.00000,a title
s7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:10.250Z
#EXT-X-PART:DURATION=0.20000,URI="s8p0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.1,URI="s8p1.m4s",GAP=YES
#EXTINF:0.3,
s8.m4s
# a comment
#EXT-X-SOMETHING-NEW:x
#EXT-X-PART:DURATION=0.2,URI="s9p0.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s9p1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=LATER,URI="x"
#EXT-X-RENDITION-REPORT:URI="../b.m3u8",LAST-MSN=9,LAST-PART=0
"#;

    #[test]
    fn a_live_playlist_is_read_whole() {
        let media = media(LIVE.as_bytes()).unwrap();
        assert_eq!(
            (media.version, media.target_duration_s, media.media_sequence),
            (9, 4, 7)
        );
        assert_eq!((media.discontinuity_sequence, media.next_msn()), (1, 9));
        assert_eq!(media.part_target, Some(Duration::from_millis(200)));
        let control = media.server_control.as_ref().unwrap();
        assert!(control.can_block_reload && control.can_skip_dateranges);
        assert_eq!(control.can_skip_until, Some(Duration::from_secs(24)));
        let [first, second] = &media.segments[..] else {
            panic!("two segments")
        };
        assert_eq!(
            (first.msn, first.uri.as_str(), first.duration),
            (7, "s7.m4s", Duration::from_secs(1))
        );
        assert_eq!(first.program_date_time_ms, Some(1_795_541_109_250));
        assert_eq!(first.map.as_ref().unwrap().uri, "init1.mp4");
        assert!(second.discontinuity && second.map.as_ref().unwrap().uri == "init2.mp4");
        assert!(second.parts[0].independent && !second.parts[0].gap && second.parts[1].gap);
        assert_eq!((media.open.msn, media.open.parts.len()), (9, 1));
        assert_eq!(media.open.map, second.map);
        assert_eq!(
            media.hints,
            [Hint {
                map: false,
                uri: "s9p1.m4s".to_owned(),
                byte_range_start: None
            }]
        );
        assert_eq!(media.reports[0].last_part, Some(0));
        assert_eq!(media.duration(), Duration::from_millis(1500));
        assert!(media.late_tags.is_empty() && !media.endlist && media.skip.is_none());
    }

    #[test]
    fn a_delta_counts_its_skipped_segments() {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-SKIP:SKIPPED-SEGMENTS=20\n\
                    #EXTINF:4,\na\n#EXTINF:4,\nb\n";
        let media = media(text.as_bytes()).unwrap();
        assert_eq!(
            media
                .segments
                .iter()
                .map(|segment| segment.msn)
                .collect::<Vec<_>>(),
            [120, 121]
        );
        assert!(media.skip.unwrap().after_sequences);
    }

    #[test]
    fn sequence_tags_behind_the_skip_are_noticed() {
        for text in [
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXT-X-MEDIA-SEQUENCE:1\n",
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n\
             #EXT-X-DISCONTINUITY-SEQUENCE:3\n",
        ] {
            assert!(
                !media(text.as_bytes())
                    .unwrap()
                    .skip
                    .unwrap()
                    .after_sequences,
                "{text}"
            );
        }
    }

    #[test]
    fn a_multivariant_playlist_is_read_whole() {
        let text = "#EXTM3U\r\n#EXT-X-INDEPENDENT-SEGMENTS\r\n\
                    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"sound\",URI=\"a.m3u8\"\r\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=5,AVERAGE-BANDWIDTH=4,CODECS=\"avc1.64001f,mp4a.40.2\",\
                    RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO=\"a\"\r\nv.m3u8\r\n";
        let Ok(Playlist::Multivariant(playlist)) = playlist(text.as_bytes()) else {
            panic!("multivariant")
        };
        let variant = &playlist.variants[0];
        assert_eq!((variant.uri.as_str(), variant.bandwidth), ("v.m3u8", 5));
        assert_eq!(variant.codecs, ["avc1.64001f", "mp4a.40.2"]);
        assert_eq!(
            (variant.resolution, variant.frame_rate_milli),
            (Some((640, 360)), Some(29_970))
        );
        assert_eq!(playlist.renditions[0].uri.as_deref(), Some("a.m3u8"));
        assert!(playlist.independent_segments);
    }

    #[test]
    fn malformed_playlists_are_refused_with_the_line() {
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
        let cases: &[(&str, usize, Problem)] = &[
            ("", 1, Problem::Header),
            ("\u{feff}#EXTM3U\n", 1, Problem::Encoding),
            (
                "#EXTM3U\n#EXTINF:1,\na\n",
                3,
                Problem::MissingTag {
                    tag: "EXT-X-TARGETDURATION",
                },
            ),
            (
                "#EXTM3U\n#EXT-X-TARGETDURATION:0\n",
                2,
                Problem::Value {
                    tag: "EXT-X-TARGETDURATION",
                },
            ),
            (
                "#EXTM3U\n#EXT-X-TARGETDURATION:+4\n",
                2,
                Problem::Value {
                    tag: "EXT-X-TARGETDURATION",
                },
            ),
            ("HEAD#EXTINF:x,\na\n", 3, Problem::Value { tag: "EXTINF" }),
            ("HEADa\n", 3, Problem::LoneUri),
            ("HEAD#EXTINF:1,\n", 3, Problem::LoneUri),
            ("HEAD#EXTINF:1,\n#EXTINF:1,\na\n", 4, Problem::LoneUri),
            (
                "HEAD#EXT-X-TARGETDURATION:4\n",
                3,
                Problem::Misplaced {
                    tag: "EXT-X-TARGETDURATION",
                },
            ),
            (
                "HEAD#EXTINF:1,\na\n#EXT-X-MEDIA-SEQUENCE:1\n",
                5,
                Problem::Misplaced {
                    tag: "EXT-X-MEDIA-SEQUENCE",
                },
            ),
            (
                "HEAD#EXT-X-PART:DURATION=1\n",
                3,
                Problem::MissingAttribute { name: "URI" },
            ),
            (
                "HEAD#EXT-X-PART:DURATION=\"1\",URI=\"a\"\n",
                3,
                Problem::Attribute { name: "DURATION" },
            ),
            (
                "HEAD#EXT-X-PART:DURATION=1,URI=\"a\",GAP=MAYBE\n",
                3,
                Problem::Attribute { name: "GAP" },
            ),
            ("HEAD#EXT-X-PART:URI\n", 3, Problem::AttributeList),
            (
                "HEAD#EXT-X-STREAM-INF:BANDWIDTH=1\n",
                3,
                Problem::WrongKind {
                    tag: "EXT-X-STREAM-INF",
                },
            ),
        ];
        for (text, line, problem) in cases {
            let text = text.replace("HEAD", head);
            let error = media(text.as_bytes()).unwrap_err();
            assert_eq!((error.line, &error.problem), (*line, problem), "{text}");
        }
        assert_eq!(
            media(b"#EXTM3U\n\xff").unwrap_err().problem,
            Problem::Encoding
        );
        assert_eq!(
            media(&vec![b'#'; PLAYLIST_BYTES_MAX + 1])
                .unwrap_err()
                .problem,
            Problem::TooLong
        );
        let lone = multivariant(b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n").unwrap_err();
        assert_eq!(lone.problem, Problem::LoneUri);
    }

    proptest! {
        #[test]
        fn noise_and_damage_never_panic(noise in "(#EXT[A-Z-]{1,12}:?|[A-Z]{1,5}=|\"|,|\n|[0-9.]{1,30}|\\PC){0,60}", at in 0_usize..1000, by in any::<u8>()) {
            let _ = playlist(format!("#EXTM3U\n{noise}").as_bytes());
            let _ = media(format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{noise}").as_bytes());
            let mut damaged = LIVE.as_bytes().to_vec();
            let place = at % damaged.len();
            damaged[place] = by;
            let _ = media(&damaged);
        }
    }
}

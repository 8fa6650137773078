//! Media playlists (RFC 8216bis 4.4.3 to 4.4.5), read line by line into the segment under way.

use std::sync::Arc;

use super::attributes::{Attributes, date_ms, decimal, required};
use super::{
    Error, Hint, LateTag, Line, Map, Media, Part, Problem, Report, ServerControl, Skip, integer,
    lines,
};

pub(super) fn media_text(text: &str) -> Result<Media, Error> {
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

//! Captions in HLS: one media playlist for each language, and the lines that name them.

use std::fmt::Write as _;

use super::{Label, Language};

/// The group that captions form in a multivariant playlist.
pub const SUBTITLES_GROUP: &str = "subs";

/// The media playlist of captions: one segment, `uri`, as long as the video.
///
/// The length is the video's and not the last cue's, so that all renditions are as long as one another. A video of no length gets a
/// segment of a millisecond, since the format knows no empty playlist that has ended.
#[must_use]
pub fn playlist(uri: &str, duration_ms: u64) -> String {
    let ms = duration_ms.max(1);
    format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:{}.{:03},\n{uri}\n#EXT-X-ENDLIST\n",
        ms.div_ceil(1000),
        ms / 1000,
        ms % 1000,
    )
}

/// Captions as a multivariant playlist names them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rendition {
    /// Their language.
    pub language: Language,
    /// What a menu calls them.
    pub label: Label,
    /// Whether players show them unless told otherwise; the first that says so is taken at its word.
    pub is_default: bool,
    /// Their media playlist, relative to the multivariant one: a path of our own, without quotation marks.
    pub uri: String,
}

/// What captions add to a multivariant playlist.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Renditions {
    /// `EXT-X-MEDIA` lines, each with its end; to stand before the variants. Empty without captions.
    pub lines: String,
    /// What each `EXT-X-STREAM-INF` gets at its end: `,SUBTITLES="subs"`. Empty without captions.
    pub attribute: String,
}

/// The lines for captions, in the order given. Names differ within a group, as the format demands: a second of the same gets a number.
#[must_use]
pub fn renditions(captions: &[Rendition]) -> Renditions {
    let mut out = Renditions::default();
    let mut names: Vec<String> = Vec::new();
    let mut has_default = false;
    for rendition in captions {
        let label = rendition.label.as_str();
        let name = std::iter::once(label.to_owned())
            .chain((2..).map(|number| format!("{label} {number}")))
            .find(|name| !names.contains(name))
            .unwrap_or_default();
        let is_default = rendition.is_default && !has_default;
        has_default |= is_default;
        // Writing to a string cannot fail.
        let _ = writeln!(
            out.lines,
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"{SUBTITLES_GROUP}\",NAME=\"{name}\",LANGUAGE=\"{}\",DEFAULT={},AUTOSELECT=YES,FORCED=NO,URI=\"{}\"",
            rendition.language,
            if is_default { "YES" } else { "NO" },
            rendition.uri,
        );
        names.push(name);
    }
    if !captions.is_empty() {
        out.attribute = format!(",SUBTITLES=\"{SUBTITLES_GROUP}\"");
    }
    out
}

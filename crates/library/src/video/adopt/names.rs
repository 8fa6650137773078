//! What a playlist names: each address with its place in the text, and the tags that no adopted playlist may have.
//!
//! Knows which tags name what players fetch; of any other tag, an attribute that looks like an address is refused with it, since a player
//! may know what this does not. Texts come from outside.

use std::borrow::Cow;

use super::super::place::is_plain;

/// Media type of playlists.
pub const PLAYLIST: &str = "application/vnd.apple.mpegurl";

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A playlist, named by a multivariant playlist.
    Playlist,
    /// A segment or initialisation segment, named by a media playlist.
    Media,
}

/// An address in a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// As written.
    pub uri: &'a str,
    /// Where it begins in the text, in bytes.
    pub at: usize,
    /// Counted from 1.
    pub line: usize,
}

/// A tag that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The segments are encrypted.
    Key {
        /// Which tag says so.
        tag: String,
    },
    /// It names, or may name, what lies elsewhere.
    Tag {
        /// Counted from 1.
        line: usize,
        /// Its name.
        tag: String,
    },
}

/// Everything that a playlist names, in order.
pub fn names(text: &str) -> impl Iterator<Item = Result<Name<'_>, Found>> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').zip(1..);
    lines.filter_map(move |(whole, number)| {
        let start = at;
        at += whole.len();
        let line = whole.trim_end();
        match line.strip_prefix('#') {
            None if line.is_empty() => None,
            None => Some(Ok(Name {
                uri: line,
                at: start,
                line: number,
            })),
            Some(tag) if tag.starts_with("EXT") => of_tag(tag, start + 1, number).transpose(),
            Some(_) => None,
        }
    })
}

fn of_tag(text: &str, at: usize, line: usize) -> Result<Option<Name<'_>>, Found> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let refused = || Found::Tag {
        line,
        tag: name.chars().take(80).collect(),
    };
    match name {
        "EXTINF" | "EXTM3U" => return Ok(None),
        // Variables hide addresses; steering and interstitials lead elsewhere.
        "EXT-X-DEFINE" | "EXT-X-CONTENT-STEERING" | "EXT-X-PRELOAD-HINT" => return Err(refused()),
        "EXT-X-KEY" | "EXT-X-SESSION-KEY" => {
            let method = attributes(value).find(|attribute| attribute.name == "METHOD");
            return match method {
                Some(method) if method.value == "NONE" => Ok(None),
                _ => Err(Found::Key {
                    tag: name.to_owned(),
                }),
            };
        }
        _ => {}
    }
    let names_one = matches!(
        name,
        "EXT-X-MAP"
            | "EXT-X-PART"
            | "EXT-X-MEDIA"
            | "EXT-X-I-FRAME-STREAM-INF"
            | "EXT-X-IMAGE-STREAM-INF"
    );
    let mut found = None;
    for attribute in attributes(value) {
        let is_address = attribute.name.contains("URI")
            || attribute.name.contains("ASSET")
            || attribute.value.contains("://");
        if !is_address {
            continue;
        }
        if !names_one || attribute.name != "URI" || found.is_some() || !attribute.quoted {
            return Err(refused());
        }
        found = Some(Name {
            uri: attribute.value,
            // After the name of the tag and its colon.
            at: at + name.len() + 1 + attribute.at,
            line,
        });
    }
    Ok(found)
}

struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    quoted: bool,
    /// Where the value begins in the list, without its quote.
    at: usize,
}

/// The attributes of a list. Where it is malformed the rest is one value, so that nothing in it is overlooked.
fn attributes(list: &str) -> impl Iterator<Item = Attribute<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = list.get(at..)?;
        let skipped = rest.len() - rest.trim_start_matches([',', ' ', '\t']).len();
        let rest = rest.get(skipped..).filter(|rest| !rest.is_empty())?;
        let begin = at + skipped;
        let Some((name, value)) = rest.split_once('=') else {
            at = list.len();
            return Some(Attribute {
                name: rest,
                value: rest,
                quoted: false,
                at: begin,
            });
        };
        let value_at = begin + name.len() + 1;
        let attribute = match value.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                at = value_at + 1 + end + 1;
                Attribute {
                    name: name.trim(),
                    value: quoted.get(..end).unwrap_or_default(),
                    quoted: true,
                    at: value_at + 1,
                }
            }
            None => {
                let end = value.find(',').unwrap_or(value.len());
                at = value_at + end;
                Attribute {
                    name: name.trim(),
                    value: value.get(..end).unwrap_or_default().trim(),
                    quoted: false,
                    at: value_at,
                }
            }
        };
        Some(attribute)
    })
}

/// The path below the folder that an address in the playlist at `playlist` means; `None` unless it is plain and stays inside.
pub fn path(playlist: &str, uri: &str) -> Option<String> {
    let uri = super::normal(uri);
    let path = match playlist.rsplit_once('/') {
        Some((folder, _)) => Cow::Owned(format!("{folder}/{uri}")),
        None => Cow::Borrowed(uri),
    };
    (!uri.is_empty() && is_plain(uri) && is_plain(&path)).then(|| path.into_owned())
}

/// The media type of a file of HLS by its extension; `None` for all other files.
pub fn media_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "m3u8" => PLAYLIST,
        "ts" => "video/mp2t",
        "m4s" | "mp4" | "m4v" => "video/mp4",
        "m4a" => "audio/mp4",
        "aac" => "audio/aac",
        "vtt" => "text/vtt",
        "jpg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_where_they_stand() {
        let text = "#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a,URI=x\",NAME=\"A\",URI=\"a/b.m3u8\"\n# URI=\"c\"\n\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nv.m3u8  \n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,a title=\"x\"\n";
        let found: Vec<_> = names(text).map(|name| name.expect("taken")).collect();
        let [rendition, variant] = &found[..] else {
            panic!("{found:?}");
        };
        for (name, uri, line) in [(rendition, "a/b.m3u8", 2), (variant, "v.m3u8", 6)] {
            assert_eq!((name.uri, name.line), (uri, line));
            assert!(text[name.at..].starts_with(uri));
        }
    }

    #[test]
    fn tags_that_lead_elsewhere_are_refused() {
        let tags = [
            "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"",
            "#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer\"",
            "#EXT-X-SESSION-DATA:DATA-ID=\"a\",URI=\"data.json\"",
            "#EXT-X-DATERANGE:ID=\"a\",X-ASSET-LIST=\"list.json\"",
            "#EXT-X-DATERANGE:ID=\"a\",X-TRACKER=\"https://tracker\"",
            "#EXT-X-RENDITION-REPORT:URI=\"other.m3u8\"",
            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"next.m4s\"",
            "#EXT-X-MAP:URI=\"a.mp4\",URI=\"b.mp4\"",
            "#EXT-X-MAP:URI=a.mp4",
            "#EXT-X-NEW:http://other",
        ];
        for tag in tags {
            let found = names(tag).next().expect("a tag");
            assert!(
                matches!(found, Err(Found::Tag { line: 1, .. })),
                "{tag}: {found:?}"
            );
        }
        for tag in [
            "#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\"",
            "#EXT-X-KEY:URI=\"https://keys\"",
            "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES",
        ] {
            let found = names(tag).next().expect("a tag");
            assert!(matches!(found, Err(Found::Key { .. })), "{tag}: {found:?}");
        }
    }

    #[test]
    fn paths_stay_in_the_folder() {
        assert_eq!(path("master.m3u8", "./v0/./a.ts").as_deref(), None);
        assert_eq!(
            path("master.m3u8", "././v0/a.ts").as_deref(),
            Some("v0/a.ts")
        );
        assert_eq!(path("v0/list.m3u8", "a.ts").as_deref(), Some("v0/a.ts"));
        for uri in [
            "../a.ts",
            "/a.ts",
            "//host/a.ts",
            "http://host/a.ts",
            "a/%2e%2e/b.ts",
            "%2e%2e/a.ts",
            "a\\..\\b.ts",
            "a.ts?b",
            "a.ts#b",
            ".hidden.ts",
            "data:,a",
            "",
            "a b.ts",
            " a.ts",
        ] {
            assert_eq!(path("v0/list.m3u8", uri), None, "{uri:?}");
        }
    }
}

//! Where a key lands: encoders spread one URL over `app`, `tcUrl` and the publish name in many ways.
//!
//! OBS sends server and key as two fields, FFmpeg splits a URL after one or two levels, GStreamer at its last slash, and
//! quotes, slashes and file suffixes come along. One rule covers all: the path is application and name joined, without
//! empty parts; the query is the name's, else the application's, else that of `tcUrl`.
//! Decides nothing: whether a path or token is known, and in which constant time that is compared, is the caller's affair.

use std::fmt;

/// Parts kept; no name that anyone may use has as many, so a longer path matches nothing.
const PARTS_MAX: usize = 16;
/// Bytes kept of a part or token; longer than any that is valid, so a cut one matches nothing.
const TEXT_BYTES_MAX: usize = 512;
/// What media servers of old let encoders append to a name (and FFmpeg, OBS strip or prefix by themselves).
const SUFFIXES: [&str; 4] = [".flv", ".mp4", ".f4v", ".mp3"];
/// The same habit in front: FFmpeg turns `x.mp4` into `mp4:x.mp4`.
const PREFIXES: [&str; 3] = ["mp4:", "flv:", "mp3:"];

/// What a publisher asks for, whatever fields its encoder put it in. `Debug` shows no content.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Landing {
    /// Path of application and name: percent-decoded, trimmed, without empty parts; at most 16 parts of 512 bytes.
    pub path: Vec<String>,
    /// `token=` of the query, percent-decoded; never empty, at most 512 bytes.
    pub token: Option<String>,
}

impl fmt::Debug for Landing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Landing")
            .field("path_parts", &self.path.len())
            .field("token", &self.token.as_ref().map(|_| "redacted"))
            .finish()
    }
}

/// Reads path and token from `connect`'s `app` and `tcUrl` and `publish`'s name. Any of them may be empty.
pub fn landing(app: &str, tc_url: &str, name: &str) -> Landing {
    let (app, name) = (split(app), split(name));
    let token = [name.query, app.query, split(tc_url).query]
        .into_iter()
        .find_map(token);
    let mut path: Vec<String> = app
        .path
        .split('/')
        .chain(name.path.split('/'))
        .map(|part| bounded(decoded(part).trim_matches(is_stray)))
        .filter(|part| !part.is_empty())
        .take(PARTS_MAX)
        .collect();
    if let Some(last) = path.last_mut() {
        strip_file_habits(last);
        if last.is_empty() {
            path.pop();
        }
    }
    Landing { path, token }
}

/// A field cut at its first question mark.
#[derive(Clone, Copy)]
struct Field<'a> {
    path: &'a str,
    query: &'a str,
}

fn split(text: &str) -> Field<'_> {
    let text = text.trim_matches(is_stray);
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    Field { path, query }
}

/// The first `token=` with a value. Further question marks separate too: `live?token=x` joined with `?token=x` happens.
fn token(query: &str) -> Option<String> {
    query.split(['&', '?']).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let value = decoded(value);
        let value = value.trim_matches(|c| is_stray(c) || c == '/');
        (key.trim_matches(is_stray) == "token" && !value.is_empty()).then(|| bounded(value))
    })
}

/// Blanks, line ends and quotes that come along when a URL is copied.
fn is_stray(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '“' | '”' | '‘' | '’')
}

fn strip_file_habits(part: &mut String) {
    if let Some(prefix) = PREFIXES.into_iter().find(|prefix| part.starts_with(prefix)) {
        part.drain(..prefix.len());
    }
    if let Some(suffix) = SUFFIXES.into_iter().find(|suffix| part.ends_with(suffix)) {
        part.truncate(part.len() - suffix.len());
    }
}

fn bounded(text: &str) -> String {
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX))
        .unwrap_or_default()
        .to_owned()
}

/// Percent-decoded; a `%` without two hexadecimal digits stays, what is not UTF-8 then becomes U+FFFD.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, next) = match rest {
            [b'%', high, low, next @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, next),
                _ => (b'%', tail),
            },
            _ => (*first, tail),
        };
        out.push(byte);
        rest = next;
    }
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoders_split_lands_on_the_same_path_and_token() {
        let table: &[(&str, &str, &str, &str, Option<&str>)] = &[
            // OBS, key "?token=x" | "cam?token=x" | token in the server field.
            ("live", "rtmp://h:1935/live", "?token=x", "live", Some("x")),
            (
                "live",
                "rtmp://h/live",
                "cam?token=x",
                "live/cam",
                Some("x"),
            ),
            (
                "live?token=x",
                "rtmp://h/live?token=x",
                "",
                "live",
                Some("x"),
            ),
            (
                "live/",
                "rtmp://h/live/",
                "/cam/?token=x",
                "live/cam",
                Some("x"),
            ),
            // FFmpeg.
            ("", "rtmp://h:1935/", "live?token=x", "live", Some("x")),
            (
                "live",
                "rtmp://h:1935/live",
                "cam?token=x",
                "live/cam",
                Some("x"),
            ),
            ("a/b", "rtmp://h:1935/a/b", "c/d", "a/b/c/d", None),
            (
                "live?token=abc",
                "rtmp://h/live?token=abc",
                "key1?x=y",
                "live/key1",
                Some("abc"),
            ),
            ("live", "rtmp://h/live", "mp4:cam.mp4", "live/cam", None),
            // GStreamer.
            (
                "live?token=x",
                "rtmp://h/live?token=x",
                "",
                "live",
                Some("x"),
            ),
            ("a/b", "rtmp://h/a/b", "c?x", "a/b/c", None),
            // Query of tcUrl alone, key without query, name's query first.
            (
                "live",
                "rtmp://h/live?token=x",
                "cam",
                "live/cam",
                Some("x"),
            ),
            ("live", "rtmp://h/live", "sk_4f", "live/sk_4f", None),
            (
                "live?token=app",
                "rtmp://h/live?token=url",
                "cam?token=name",
                "live/cam",
                Some("name"),
            ),
            ("live?token=app", "", "cam?token=", "live/cam", Some("app")),
            // Copied along: quotes, blanks, line ends, slashes, escapes, other parameters.
            ("\"live\"", "", "'cam?token=x'", "live/cam", Some("x")),
            (" live ", "", "cam?token=x\n", "live/cam", Some("x")),
            ("live", "", "cam?token=x/", "live/cam", Some("x")),
            (
                "live",
                "",
                "c%61m?user=u&token=%78-_9&z",
                "live/cam",
                Some("x-_9"),
            ),
            ("live", "", "cam.flv?token=x", "live/cam", Some("x")),
            ("live", "", "?token=a?token=b", "live", Some("a")),
            ("live", "", "100%", "live/100%", None),
            ("live", "", "mp4:", "live", None),
            ("", "", "", "", None),
        ];
        for (app, tc_url, name, path, token) in table {
            let found = landing(app, tc_url, name);
            assert_eq!(found.path.join("/"), *path, "{app} {tc_url} {name}");
            assert_eq!(found.token.as_deref(), *token, "{app} {tc_url} {name}");
        }
    }

    #[test]
    fn long_input_is_bounded() {
        let found = landing(
            &"a/".repeat(1000),
            "",
            &format!("{}?token={}", "ü".repeat(5000), "y".repeat(5000)),
        );
        assert_eq!(found.path.len(), PARTS_MAX);
        assert!(found.path.iter().all(|part| part.len() <= TEXT_BYTES_MAX));
        assert_eq!(found.token.map(|token| token.len()), Some(TEXT_BYTES_MAX));
    }

    #[test]
    fn debug_shows_neither_names_nor_token() {
        let shown = format!("{:?}", landing("live", "", "secretcam?token=secretkey"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_lands_within_bounds(app in ".*", tc_url in ".*", name in ".*") {
            let found = landing(&app, &tc_url, &name);
            assert!(found.path.len() <= PARTS_MAX);
            assert!(found.path.iter().all(|part| !part.is_empty() && part.len() <= TEXT_BYTES_MAX));
            assert!(found.token.is_none_or(|token| !token.is_empty() && token.len() <= TEXT_BYTES_MAX));
        }
    }
}

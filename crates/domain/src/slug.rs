//! Slugs: the one grammar for the names of streams in addresses, the same for RTMP, WHIP, the API and pages.
//!
//! `[a-z0-9][a-z0-9_-]{0,62}`. ASCII capitals are folded; everything else is refused with the reason, so that no two
//! names look alike and none can be a path. Words that are routes of ours are refused.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Characters that a slug may have.
pub const CHARS_MAX: usize = 63;

/// First path parts that are routes of the server, or will be; in order.
const RESERVED: &[&str] = &[
    "access-codes",
    "account",
    "admin",
    "api",
    "api-keys",
    "assets",
    "codes",
    "dist",
    "doctor",
    "embed",
    "favicon",
    "golive",
    "health",
    "hls",
    "home",
    "images",
    "login",
    "logout",
    "metrics",
    "new",
    "robots",
    "server",
    "settings",
    "setup",
    "static",
    "streams",
    "test",
    "upload",
    "uploads",
    "users",
    "v3",
    "videos",
    "watch",
    "well-known",
    "whep",
    "whip",
];

/// The name of a file as the text of a slug: [`from_words`] of it without an ending such as `.mp4`.
#[must_use]
pub fn from_file_name(name: &str) -> String {
    let is_ending = |text: &str| {
        (2..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && is_ending(ending) => from_words(stem),
        _ => from_words(name),
    }
}

/// Words as the text of a slug: letters and digits of ASCII, common letters with marks without these, everything else as `-`. May be empty,
/// and may be no slug, since words can be reserved.
#[must_use]
pub fn from_words(text: &str) -> String {
    let mut out = String::new();
    for c in text
        .chars()
        .take(4 * CHARS_MAX)
        .flat_map(char::to_lowercase)
    {
        let plain: &str = match c {
            'a'..='z' | '0'..='9' | '_' => {
                out.push(c);
                continue;
            }
            'ä' | 'æ' => "ae",
            'ö' | 'ø' | 'œ' => "oe",
            'ü' => "ue",
            'ß' => "ss",
            'à' | 'á' | 'â' | 'ã' | 'å' => "a",
            'ç' | 'č' => "c",
            'è' | 'é' | 'ê' | 'ë' | 'ě' => "e",
            'ì' | 'í' | 'î' | 'ï' => "i",
            'ł' => "l",
            'ñ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' => "o",
            'š' | 'ś' => "s",
            'ù' | 'ú' | 'û' => "u",
            'ý' => "y",
            'ž' | 'ź' | 'ż' => "z",
            '\'' | '’' => "",
            _ if out.ends_with('-') => "",
            _ => "-",
        };
        out.push_str(plain);
    }
    let cut: String = out
        .trim_matches(['-', '_'])
        .chars()
        .take(CHARS_MAX)
        .collect();
    cut.trim_end_matches(['-', '_']).to_owned()
}

/// The name of an item in addresses. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Arc<str>);

/// The text cannot be a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// Nothing was given.
    #[error("give it a name, such as “live”")]
    Empty,
    /// It is too long.
    #[error("it can have {CHARS_MAX} characters at most")]
    TooLong,
    /// It begins with something else than a letter or a digit.
    #[error("it begins with a letter from a to z or a digit")]
    Start,
    /// It holds a character that is not allowed.
    #[error("it holds {0:?}; use letters from a to z, digits, “-” and “_”")]
    Character(char),
    /// It is the name of a page of this server.
    #[error("this word is an address of the server itself; choose another")]
    Reserved,
}

impl Slug {
    /// Reads a slug, folding ASCII capitals.
    ///
    /// # Errors
    /// [`SlugError`] says what to change.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        if text.is_empty() {
            return Err(SlugError::Empty);
        }
        // Before the characters, so that four kilobytes of anything cost nothing.
        if text.len() > 4 * CHARS_MAX {
            return Err(SlugError::TooLong);
        }
        let folded = if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
        if let Some(c) = folded
            .chars()
            .find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
        {
            return Err(SlugError::Character(c));
        }
        if folded.len() > CHARS_MAX {
            return Err(SlugError::TooLong);
        }
        if folded.starts_with(['_', '-']) {
            return Err(SlugError::Start);
        }
        if RESERVED.binary_search(&&*folded).is_ok() {
            return Err(SlugError::Reserved);
        }
        Ok(Self(folded.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        Self::parse(text)
    }
}

impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_in_order_so_that_they_can_be_searched() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn words_become_names() {
        for (text, expected) in [
            ("Lesson 1: Reading the grain", "lesson-1-reading-the-grain"),
            ("holiday.video.MP4", "holiday-video-mp4"),
            ("Größe & Maß", "groesse-mass"),
            ("../../etc/passwd", "etc-passwd"),
            ("   ", ""),
            ("\u{65e5}\u{672c}", ""),
            ("-_a_-", "a"),
            ("v1.5 final", "v1-5-final"),
        ] {
            assert_eq!(from_words(text), expected, "{text:?}");
        }
        assert_eq!(from_words(&"a".repeat(500)).len(), CHARS_MAX);
        assert_eq!(from_file_name("holiday.video.MP4"), "holiday-video");
        assert_eq!(from_file_name(".mp4"), "mp4");
    }

    /// Abuse case B4.
    #[test]
    fn slugs_follow_one_grammar() {
        let longest = "a".repeat(CHARS_MAX);
        let too_long = "a".repeat(CHARS_MAX + 1);
        let huge = "/".repeat(4096);
        for (text, expected) in [
            ("live", Ok("live")),
            ("LiVe", Ok("live")),
            ("0", Ok("0")),
            ("cam-1_b", Ok("cam-1_b")),
            (longest.as_str(), Ok(longest.as_str())),
            (too_long.as_str(), Err(SlugError::TooLong)),
            (huge.as_str(), Err(SlugError::TooLong)),
            ("", Err(SlugError::Empty)),
            ("-a", Err(SlugError::Start)),
            ("_", Err(SlugError::Start)),
            ("a/b", Err(SlugError::Character('/'))),
            ("..", Err(SlugError::Character('.'))),
            ("a\n", Err(SlugError::Character('\n'))),
            ("a b", Err(SlugError::Character(' '))),
            ("l\u{456}ve", Err(SlugError::Character('\u{456}'))),
            ("\u{212a}", Err(SlugError::Character('\u{212a}'))),
            ("api", Err(SlugError::Reserved)),
            ("HLS", Err(SlugError::Reserved)),
            ("watch", Err(SlugError::Reserved)),
        ] {
            let found = Slug::parse(text);
            assert_eq!(
                found.as_ref().map(Slug::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }
}

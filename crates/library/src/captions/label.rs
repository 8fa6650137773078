//! What captions are called: a language for players, a label for people.

use std::fmt;

/// Letters of a language tag at most (RFC 5646, 4.4.1).
const LANGUAGE_MAX: usize = 35;
/// Letters of a label at most: what a player's menu shows on a line.
const LABEL_MAX: usize = 60;

/// A language by a tag of BCP 47's shape, as `en`, `pt-BR` or `zh-Hant`; whether it is registered is not looked up.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Language(String);

impl Language {
    /// Reads a tag and writes it as it is usual: the language small, a script with a capital, a region in capitals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LANGUAGE_MAX {
            return None;
        }
        let mut parts = text.split('-');
        let language = parts.next()?;
        let is_language =
            matches!(language.len(), 2..=8) && language.bytes().all(|b| b.is_ascii_alphabetic());
        if !is_language {
            return None;
        }
        let mut out = language.to_ascii_lowercase();
        let mut is_past_single = false;
        let mut ends_with_single = false;
        for part in parts {
            let is_part =
                matches!(part.len(), 1..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric());
            if !is_part || (ends_with_single && part.len() == 1) {
                return None;
            }
            out.push('-');
            let small = part.to_ascii_lowercase();
            let is_letters = part.bytes().all(|b| b.is_ascii_alphabetic());
            // Behind a single letter stand extensions, which are written small.
            match part.len() {
                2 if is_letters && !is_past_single => out.push_str(&small.to_ascii_uppercase()),
                4 if is_letters && !is_past_single => {
                    let (first, rest) = small.split_at(1);
                    out.push_str(&first.to_ascii_uppercase());
                    out.push_str(rest);
                }
                _ => out.push_str(&small),
            }
            ends_with_single = part.len() == 1;
            is_past_single |= ends_with_single;
        }
        (!ends_with_single).then_some(Self(out))
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a menu calls captions, as "English" or "English for the hard of hearing".
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Label(String);

impl Label {
    /// Reads a label of one to 60 letters on one line. Quotation marks, which a playlist cannot hold, become single ones.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let count = text.chars().count();
        if count == 0 || count > LABEL_MAX || text.chars().any(char::is_control) {
            return None;
        }
        // Line ends that are no control letters would still break a playlist's line for some readers.
        let plain = text
            .replace('"', "'")
            .replace(['\u{2028}', '\u{2029}'], " ");
        Some(Self(plain))
    }

    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

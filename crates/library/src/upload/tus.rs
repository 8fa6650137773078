//! What the headers of tus 1.0 say, read as pure functions: numbers and metadata. Every bound is told.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The one version that is spoken.
pub const VERSION: &str = "1.0.0";
/// What is offered beyond the core.
pub const EXTENSIONS: &str = "creation,expiration,termination";
/// The media type of a part that is appended.
pub const MEDIA_TYPE: &str = "application/offset+octet-stream";
/// Bytes that `Upload-Metadata` may have: against a header that is a body.
pub const METADATA_BYTES_MAX: usize = 8 * 1024;
/// Pairs of it that are read: more than any client sends, few enough to compare each with each.
pub const METADATA_PAIRS_MAX: usize = 32;
/// Digits of a number: those of the largest length that a file can have (2^63 - 1).
const DIGITS_MAX: usize = 19;

/// A header that cannot be read. The words say what it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No whole number, or one that no file can have.
    #[error("it is a whole number of bytes, from 0 to 9223372036854775807")]
    Number,
    /// No pairs of key and base64.
    #[error("it is a list, parted by commas, of a key and its value in base64")]
    Metadata,
    /// A key stands there twice.
    #[error("each key may stand there once")]
    Twice,
    /// A value is no text.
    #[error("its values are text in UTF-8, coded as base64")]
    Text,
    /// It is too long.
    #[error("it can have {METADATA_BYTES_MAX} bytes and {METADATA_PAIRS_MAX} keys at most")]
    TooLong,
}

/// A number of bytes: `Upload-Offset` and `Upload-Length`.
///
/// # Errors
/// [`Unreadable::Number`].
pub fn number(text: &[u8]) -> Result<u64, Unreadable> {
    let is_plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    // Zeros before it mean nothing; without the bound they could be a body of their own.
    if !is_plain || text.len() > DIGITS_MAX {
        return Err(Unreadable::Number);
    }
    let digits = std::str::from_utf8(text).map_err(|_| Unreadable::Number)?;
    let number: u64 = digits.parse().map_err(|_| Unreadable::Number)?;
    i64::try_from(number)
        .map(|_| number)
        .map_err(|_| Unreadable::Number)
}

/// The pairs of `Upload-Metadata`; a key without a value has an empty one.
///
/// # Errors
/// [`Unreadable`] says what to change.
pub fn metadata(header: &[u8]) -> Result<Vec<(String, String)>, Unreadable> {
    if header.len() > METADATA_BYTES_MAX {
        return Err(Unreadable::TooLong);
    }
    let text = std::str::from_utf8(header).map_err(|_| Unreadable::Metadata)?;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in text.split(',').map(str::trim) {
        // An empty list, or a comma at its end: harmless, and sent.
        if pair.is_empty() {
            continue;
        }
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Unreadable::Metadata);
        }
        if pairs.iter().any(|(known, _)| known == key) {
            return Err(Unreadable::Twice);
        }
        if pairs.len() == METADATA_PAIRS_MAX {
            return Err(Unreadable::TooLong);
        }
        let value = STANDARD
            .decode(value.trim())
            .map_err(|_| Unreadable::Metadata)?;
        let value = String::from_utf8(value).map_err(|_| Unreadable::Text)?;
        pairs.push((key.to_owned(), value));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse case G11.
    #[test]
    fn numbers_are_whole_and_fit_a_file() {
        for (text, expected) in [
            (&b"0"[..], Ok(0)),
            (b"1048576", Ok(1_048_576)),
            (b"007", Ok(7)),
            (b"9223372036854775807", Ok(9_223_372_036_854_775_807)),
            (b"9223372036854775808", Err(Unreadable::Number)),
            (b"18446744073709551616", Err(Unreadable::Number)),
            (b"-1", Err(Unreadable::Number)),
            (b"+1", Err(Unreadable::Number)),
            (b"1.5", Err(Unreadable::Number)),
            (b"1e3", Err(Unreadable::Number)),
            (b" 1", Err(Unreadable::Number)),
            (b"", Err(Unreadable::Number)),
            (b"\xd9\xa1", Err(Unreadable::Number)),
            (b"00000000000000000000", Err(Unreadable::Number)),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
    }

    #[test]
    fn metadata_is_pairs_of_a_key_and_base64() {
        let pairs = metadata(b"filename bGVzc29uLm1wNA==,is_public, title w5xidW5n").unwrap();
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("filename", "lesson.mp4"),
                ("is_public", ""),
                ("title", "Übung")
            ]
        );
        assert_eq!(metadata(b""), Ok(vec![]));
    }

    #[test]
    fn metadata_that_cannot_be_read_is_refused() {
        let long = vec![b'a'; METADATA_BYTES_MAX + 1];
        let many: String = (0..=METADATA_PAIRS_MAX).map(|n| format!("k{n},")).collect();
        for (header, expected) in [
            (&b"filename ==="[..], Unreadable::Metadata),
            (b"filename b GVz", Unreadable::Metadata),
            (b"file\xffname YQ==", Unreadable::Metadata),
            (b"a YQ==,a YQ==", Unreadable::Twice),
            (b"a /w==", Unreadable::Text),
            (&long, Unreadable::TooLong),
            (many.as_bytes(), Unreadable::TooLong),
        ] {
            assert_eq!(metadata(header), Err(expected), "{header:?}");
        }
    }
}

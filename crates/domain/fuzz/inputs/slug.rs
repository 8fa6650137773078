//! Any text as a slug.

use domain::slug::{CHARS_MAX, Slug};

/// Panics where a slug leaves its grammar.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(slug) = Slug::parse(&text) else {
        return;
    };
    let bytes = slug.as_str().as_bytes();
    assert!((1..=CHARS_MAX).contains(&bytes.len()));
    assert!(
        bytes
            .iter()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
    );
    assert!(!matches!(bytes.first(), Some(b'_' | b'-')));
    assert!(slug.as_str().eq_ignore_ascii_case(&text));
    assert_eq!(
        Slug::parse(slug.as_str()).as_ref(),
        Ok(&slug),
        "a slug reads back as itself"
    );
}

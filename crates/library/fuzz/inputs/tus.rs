//! Any bytes as the headers of tus: a number, a list of metadata, and the wishes that it comes to.

use domain::name::FILE_NAME_CHARS_MAX;
use library::upload::{
    Wanted,
    tus::{METADATA_PAIRS_MAX, metadata, number},
};

/// Panics where a number is none that a file can have, or a wish leaves its bounds.
pub fn run(data: &[u8]) {
    if let Ok(number) = number(data) {
        assert!(i64::try_from(number).is_ok());
        assert!(data.iter().all(u8::is_ascii_digit));
    }
    let Ok(pairs) = metadata(data) else {
        return;
    };
    assert!(pairs.len() <= METADATA_PAIRS_MAX);
    let pairs = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let Ok(wanted) = Wanted::read(pairs) else {
        return;
    };
    let name = &wanted.filename;
    assert!(name.chars().count() <= FILE_NAME_CHARS_MAX);
    assert!(
        !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\'))
    );
    let title = wanted.title_or_name();
    assert!(title.is_none_or(|title| !title.trim().is_empty()));
}

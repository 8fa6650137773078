//! Names and titles that people give: text for people, never part of an address or a path.

/// The name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces was given.
    #[error("give it a name")]
    Empty,
    /// It is too long.
    #[error("it can have {max} characters at most")]
    TooLong {
        /// The bound, in characters.
        max: usize,
    },
    /// It holds a line break or another control character, which would forge lines in logs and lists.
    #[error("it holds a character that cannot be shown, such as a line break")]
    Control,
}

/// Characters that a name of a key may have.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters that a title may have.
pub const TITLE_CHARS_MAX: usize = 200;

/// The name without spaces around it, of 1 to `max` characters.
///
/// # Errors
/// [`NameError`] says what to change.
pub fn parse(text: &str, max: usize) -> Result<String, NameError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().nth(max).is_some() {
        return Err(NameError::TooLong { max });
    }
    if text.chars().any(is_invisible) {
        return Err(NameError::Control);
    }
    Ok(text.to_owned())
}

/// Whether it is a control character, or one that turns the direction of the text around it: both let a name pretend
/// to be something else in a list or a log.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

//! Why a name or a password was not taken, in the words of pages.

use domain::{
    password::{self, PasswordError},
    user::{NAME_CHARS_MAX, NameError},
};

use crate::text::Text;

pub(super) fn password(t: Text, error: PasswordError) -> String {
    match error {
        PasswordError::TooShort => t
            .msg("field-password-short")
            .arg("min", password::CHARS_MIN),
        PasswordError::TooLong => t.msg("field-password-long").arg("max", password::BYTES_MAX),
        PasswordError::Common => t.msg("field-password-common"),
    }
    .to_string()
}

pub(super) fn name(t: Text, error: NameError) -> String {
    match error {
        NameError::Empty => t.msg("field-name-empty"),
        NameError::TooLong => t.msg("field-name-long").arg("max", NAME_CHARS_MAX),
        NameError::Character => t.msg("field-name-character"),
    }
    .to_string()
}

/// What was typed, as far as it goes back into its field.
pub(super) fn typed(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    text.chars().take(CHARS_MAX).collect()
}

//! Passwords that people choose: the rule for them, and the port that hashes them.
//!
//! The rule follows NIST SP 800-63B and ASVS 6.2: a length, a list of what everybody tries first, and no rule of
//! composition. Hashing is slow on purpose and runs elsewhere, in a bounded pool.

use crate::BoxFuture;
use crate::secret::Secret;

/// Fewest characters.
pub const CHARS_MIN: usize = 8;
/// Most bytes; without a bound a stranger could make the hash read megabytes.
pub const BYTES_MAX: usize = 1024;

/// The password cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Choose a longer one.
    #[error("the password needs at least {CHARS_MIN} characters")]
    TooShort,
    /// Choose a shorter one.
    #[error("the password can have {BYTES_MAX} bytes at most")]
    TooLong,
    /// Choose another: it is among the first that anybody tries.
    #[error("this password is among the first that anybody tries; choose another")]
    Common,
}

/// The pool that hashes is full; try again in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at this moment; try again in a second")]
pub struct Busy;

/// Hashes and verifies passwords, in a bounded pool outside the domain.
pub trait Hasher: Send + Sync {
    /// The hash in PHC string format, with its parameters and a fresh salt.
    fn hash(&self, password: &Secret) -> BoxFuture<'static, Result<String, Busy>>;

    /// Whether the hash was made of this password; a hash that cannot be read answers no, after the time of a check.
    fn verify(&self, password: &Secret, hash: &str) -> BoxFuture<'static, Result<bool, Busy>>;
}

/// Refuses what cannot be a password here.
///
/// # Errors
/// [`PasswordError`] says what to change.
pub fn check(password: &Secret) -> Result<(), PasswordError> {
    let text = password.expose();
    if text.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    if text.chars().count() < CHARS_MIN {
        return Err(PasswordError::TooShort);
    }
    let folded = text.to_lowercase();
    if COMMON.binary_search(&folded.as_str()).is_ok() || is_monotone(&folded) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

/// Whether it is one character over and over.
fn is_monotone(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first)
}

/// The most common passwords of eight characters and more in published breaches, in lower case and in order.
const COMMON: &[&str] = &[
    "00000000",
    "0123456789",
    "12341234",
    "12345678",
    "123456789",
    "1234567890",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "87654321",
    "987654321",
    "9876543210",
    "abcd1234",
    "adminadmin",
    "administrator",
    "asdfasdf",
    "asdfghjkl",
    "baseball",
    "changeme",
    "computer",
    "football",
    "iloveyou",
    "letmein1",
    "liverpool",
    "passw0rd",
    "password",
    "password1",
    "password12",
    "password123",
    "princess",
    "qwerty12",
    "qwerty123",
    "qwertyuiop",
    "starwars",
    "sunshine",
    "superman",
    "trustno1",
    "welcome1",
    "welcome123",
    "whatever",
    "zaq12wsx",
];

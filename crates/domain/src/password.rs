//! Passwords that people choose: the rule for them, and the port that hashes them.
//!
//! The rule follows NIST SP 800-63B and ASVS 6.2: a length, a list of what everybody tries first, and no rule of
//! composition. Hashing is slow on purpose and runs elsewhere, in a bounded pool.

use crate::BoxFuture;
use crate::secret::Secret;
use crate::user::Name;

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
    // `Password2024!` is tried as early as `password`.
    let stem = folded.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let is_listed = |word: &str| COMMON.binary_search(&word).is_ok();
    if is_listed(&folded) || is_listed(stem) || is_run(&folded) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

/// Refuses also what anybody tries first for this user.
///
/// # Errors
/// [`PasswordError`] says what to change.
pub fn check_for(password: &Secret, name: &Name) -> Result<(), PasswordError> {
    check(password)?;
    let folded = password.expose().to_lowercase();
    let name = name.as_str();
    let is_name = folded.strip_prefix(name).is_some_and(|rest| {
        rest == name
            || rest
                .chars()
                .all(|c| c.is_ascii_digit() || c.is_ascii_punctuation())
    });
    if is_name {
        Err(PasswordError::Common)
    } else {
        Ok(())
    }
}

/// Whether it is one character over and over, or a run such as `abcdefgh` or `98765432`.
fn is_run(text: &str) -> bool {
    let steps: Vec<i64> = text
        .chars()
        .zip(text.chars().skip(1))
        .map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)))
        .collect();
    [0, 1, -1]
        .iter()
        .any(|step| steps.iter().all(|found| found == step))
}

/// Stems of the most common passwords in published breaches, in lower case and in order. Short ones stand here for what
/// is made of them with digits and signs.
const COMMON: &[&str] = &[
    "0123456789",
    "123123123",
    "12341234",
    "12345678",
    "123456789",
    "1234567890",
    "123qweasd",
    "147258369",
    "1q2w3e",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "1qazxsw2",
    "a1b2c3d4",
    "aa123456",
    "abc",
    "abcd",
    "admin",
    "adminadmin",
    "administrator",
    "andrea",
    "andrew",
    "angel",
    "anthony",
    "arsenal",
    "asdf",
    "asdfasdf",
    "asdfghjk",
    "asdfghjkl",
    "ashley",
    "bailey",
    "barcelona",
    "baseball",
    "basketball",
    "batman",
    "blink182",
    "buster",
    "charlie",
    "cheese",
    "chelsea",
    "chocolate",
    "computer",
    "cookie",
    "corvette",
    "daniel",
    "default",
    "dragon",
    "facebook",
    "football",
    "freedom",
    "george",
    "ginger",
    "google",
    "guest",
    "hallo",
    "hannah",
    "harley",
    "hello",
    "hockey",
    "hunter",
    "iloveyou",
    "internet",
    "jennifer",
    "jessica",
    "jordan",
    "joshua",
    "killer",
    "letmein",
    "letmein123",
    "liverpool",
    "login",
    "loveme",
    "maggie",
    "master",
    "matthew",
    "mercedes",
    "metallica",
    "michael",
    "michelle",
    "midnight",
    "monkey",
    "mustang",
    "mynoob",
    "nicole",
    "ninja",
    "november",
    "obs",
    "operator",
    "p@ssw0rd",
    "p@ssword",
    "pa$$w0rd",
    "pa$$word",
    "pass",
    "passpass",
    "passw0rd",
    "password",
    "passwort",
    "pepper",
    "pokemon",
    "princess",
    "purple",
    "q1w2e3r4",
    "q1w2e3r4t5",
    "qazwsx",
    "qazwsxedc",
    "qwer",
    "qwerasdf",
    "qwerqwer",
    "qwert",
    "qwerty",
    "qwertyui",
    "qwertyuiop",
    "qwertz",
    "qwertzuiop",
    "ranger",
    "root",
    "samantha",
    "samsung",
    "secret",
    "server",
    "shadow",
    "slipknot",
    "soccer",
    "starwars",
    "stream",
    "streamer",
    "streaming",
    "summer",
    "sunshine",
    "superman",
    "supersecret",
    "system",
    "taylor",
    "test",
    "testtest",
    "thomas",
    "thunder",
    "tigger",
    "trustno",
    "user",
    "victoria",
    "welcome",
    "whatever",
    "william",
    "winter",
    "xbox",
    "zaq12wsx",
    "zaq1zaq1",
    "zxcvbn",
    "zxcvbnm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_in_order_so_that_it_can_be_searched() {
        assert!(COMMON.is_sorted());
    }

    /// Abuse case I3: empty, with a NUL, long, and past the bound.
    #[test]
    fn passwords_are_judged_by_length_and_by_how_common_they_are() {
        let long = "x7".repeat(512);
        let too_long = format!("{long}y");
        for (text, expected) in [
            ("", Err(PasswordError::TooShort)),
            ("seven77", Err(PasswordError::TooShort)),
            ("ünïcödé", Err(PasswordError::TooShort)),
            ("eight 88", Ok(())),
            ("a\0bcdefgh", Ok(())),
            (long.as_str(), Ok(())),
            (too_long.as_str(), Err(PasswordError::TooLong)),
            ("password", Err(PasswordError::Common)),
            ("PassWord2024!", Err(PasswordError::Common)),
            ("supersecret123", Err(PasswordError::Common)),
            ("qwertyuiop", Err(PasswordError::Common)),
            ("aaaaaaaaaaaa", Err(PasswordError::Common)),
            ("abcdefghij", Err(PasswordError::Common)),
            ("87654321", Err(PasswordError::Common)),
            ("correct horse battery", Ok(())),
        ] {
            assert_eq!(check(&Secret::new(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn name_is_no_password() {
        let name = Name::parse("rosalind").expect("a name");
        for (text, is_good) in [
            ("Rosalind", false),
            ("rosalind1920!", false),
            ("rosalindrosalind", false),
            ("rosalind went home", true),
        ] {
            assert_eq!(
                check_for(&Secret::new(text), &name).is_ok(),
                is_good,
                "{text}"
            );
        }
    }
}

//! Users: who they are, what they may do at most, and how they may be called.

use std::net::IpAddr;
use std::time::Duration;

use crate::clock::Time;
use crate::password::{Busy, PasswordError};
use crate::secret::{Hash, Secret};
use crate::store::StoreError;

pub use crate::id::UserId;

/// A link to set a password works so long. It is sent by mail or handed over, which takes days, not hours; a link that is forgotten in a
/// mailbox must not open the account weeks later.
pub const LINK_MAX: Duration = Duration::from_secs(3 * 86_400);

/// What a user may do at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, also with what belongs to others.
    Administrator,
    /// Make streams, and everything with their own.
    Member,
}

impl Role {
    /// Its word in the API and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Member => "member",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        [Self::Administrator, Self::Member]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

/// What a user is called: 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`; unique, since capitals are folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Characters that the name of a user may have.
pub const NAME_CHARS_MAX: usize = 64;

/// The name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("give a name")]
    Empty,
    /// It is too long.
    #[error("a name can have {NAME_CHARS_MAX} characters at most")]
    TooLong,
    /// It holds a character that is not allowed, or begins with a sign.
    #[error(
        "a name has letters from a to z, digits, “.”, “_” and “-”, and begins with a letter or a digit"
    )]
    Character,
}

impl Name {
    /// Reads a name, folding ASCII capitals and dropping spaces around it.
    ///
    /// # Errors
    /// [`NameError`] says what to change.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > NAME_CHARS_MAX {
            return Err(NameError::TooLong);
        }
        let folded = text.to_ascii_lowercase();
        let plain = folded
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
        if !plain || folded.starts_with(['.', '_', '-']) {
            return Err(NameError::Character);
        }
        Ok(Self(folded))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user as stored, without the password's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Which.
    pub id: UserId,
    /// What they are called.
    pub name: Name,
    /// What they may do at most.
    pub role: Role,
    /// When they were added.
    pub created: Time,
    /// When they were switched off; their logins and keys are dead since.
    pub disabled: Option<Time>,
    /// When they last logged in; their logins may have ended since.
    pub last_login: Option<Time>,
}

/// A link with which a user sets their password, once; the link's token is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose password; a user has one link at most.
    pub user: UserId,
    /// SHA-256 of the token.
    pub hash: Hash,
    /// When it was made.
    pub created: Time,
    /// When it ends by itself, [`LINK_MAX`] later.
    pub ends: Time,
}

/// A user with how they come in, as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: User,
    /// Whether a password was set; without one nobody can log in with this name.
    pub has_password: bool,
    /// When their link to set a password ends; `None` where there is none that works.
    pub link_ends: Option<Time>,
}

/// What somebody hands over who comes with a link to set their password.
#[derive(Debug)]
pub struct ByLink<'a> {
    /// The token from the link.
    pub token: &'a str,
    /// The password that they chose.
    pub password: &'a Secret,
    /// Where they come from, after trusted proxies.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// What a new user is made from.
#[derive(Debug, Clone)]
pub struct New {
    /// What they are called.
    pub name: Name,
    /// What they may do at most.
    pub role: Role,
    /// With what they log in.
    pub password: Secret,
}

/// Why an operation on users was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Only administrators may.
    #[error("only an administrator can do this")]
    NotAllowed,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// Choose another name.
    #[error("this name is taken")]
    Taken,
    /// Make another user an administrator first, or nobody could administer the server.
    #[error("this is the last administrator; make another one first")]
    LastAdministrator,
    /// Enable them first: a link would open nothing.
    #[error("this person is disabled; enable them first")]
    Disabled,
    /// The link was used, has ended, or never was one: ask for a new one.
    #[error("this link has been used or has ended; ask for a new one")]
    Link,
    /// The password that was typed as the present one is not.
    #[error("the present password is wrong")]
    WrongPassword,
    /// Wait so long.
    #[error("Too many tries. Try again in {}.", crate::limit::wait_words(*retry_after_s))]
    TooManyTries {
        /// Seconds until the next try is heard.
        retry_after_s: u32,
    },
    /// Choose another password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Try again in a second.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Taken) {
            Self::Taken
        } else {
            Self::Store(error)
        }
    }
}

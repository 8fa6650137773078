//! API keys: secrets with which programs act for a user, each bounded by scopes and, if wished, by an end.
//!
//! A key is 256 random bits behind the prefix `ak_`, stored as its SHA-256 only, shown once.

use std::fmt;
use std::str::FromStr;

use crate::clock::Time;
use crate::id::UserId;
use crate::secret::Hash;

pub use crate::id::ApiKeyId;

/// One thing that an API key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// See and watch what its user may.
    Read,
    /// Make, change and delete what belongs to its user.
    Manage,
    /// Publish to its user's streams.
    Publish,
    /// Use its user's rights as an administrator, over what belongs to others.
    Admin,
}

impl Scope {
    /// All, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Read, Self::Manage, Self::Publish, Self::Admin];

    /// Its word in the API and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manage => "manage",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Manage => 2,
            Self::Publish => 4,
            Self::Admin => 8,
        }
    }
}

/// What an API key may be used for: at least one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

/// The scopes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopesError {
    /// Nothing was named.
    #[error("name at least one of read, manage, publish, admin")]
    Empty,
    /// A word is none of the four.
    #[error("a scope is one of read, manage, publish, admin")]
    Unknown,
}

impl Scopes {
    /// These scopes; `None` when there is none.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Option<Self> {
        let bits = scopes.iter().fold(0, |bits, scope| bits | scope.bit());
        (bits != 0).then_some(Self(bits))
    }

    /// Whether this is one of them.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Each of them, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, scope) in self.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            f.write_str(scope.word())?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = ScopesError;

    /// Reads words with commas between them, as `read,publish`.
    fn from_str(text: &str) -> Result<Self, ScopesError> {
        let mut bits = 0;
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            let scope = Scope::ALL
                .into_iter()
                .find(|scope| scope.word() == word)
                .ok_or(ScopesError::Unknown)?;
            bits |= scope.bit();
        }
        if bits == 0 {
            Err(ScopesError::Empty)
        } else {
            Ok(Self(bits))
        }
    }
}

/// An API key as it is stored and listed; the key itself is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Which.
    pub id: ApiKeyId,
    /// For whom it acts.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// SHA-256 of the key.
    pub hash: Hash,
    /// When it was made.
    pub created: Time,
    /// When it ends by itself.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// When it was last used, to about five minutes.
    pub last_used: Option<Time>,
}

/// What a new API key is made from.
#[derive(Debug, Clone)]
pub struct New {
    /// What its owner calls it, 1 to 100 characters.
    pub name: String,
    /// For whom it acts.
    pub user: UserId,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires: Option<Time>,
}

/// Why an operation on API keys was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Log in, or use a key with the scope that this needs.
    #[error("this needs a login, or an API key with the scope for it")]
    NotAllowed,
    /// There is no such key or user, or it is somebody else's.
    #[error("there is no such API key")]
    NotFound,
    /// Choose another name.
    #[error(transparent)]
    Name(#[from] crate::name::NameError),
    /// Choose a later end, or none.
    #[error("the key would have ended already; choose a later end, or none")]
    Ended,
    /// Revoke some first.
    #[error("a user can have {max} API keys at most; revoke one first")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[from] crate::store::StoreError),
}

//! Secrets: text that is never printed, made from randomness where we make it, and stored as SHA-256 only.
//!
//! What we make has a prefix that tells its kind (so that leaked ones are found by scanners) and then base64url. A fast
//! hash is enough for it, since it has more than 112 random bits; what people choose goes to [`crate::password`].

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::base64url;
use crate::random::Random;

/// Text that must not be shown; its `Debug` says only that it is there.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Call it only where it is hashed, or handed to the person whose it is.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&self.0)
    }

    /// A new secret of this kind.
    #[must_use]
    pub fn generate(kind: Kind, random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        let bytes = match kind {
            Kind::StreamKey => &mut bytes[..24],
            Kind::ApiKey | Kind::Login | Kind::Once => &mut bytes[..],
        };
        random.fill(bytes);
        let mut text = String::from(kind.prefix());
        base64url::encode(bytes, &mut text);
        Self(text)
    }
}

impl PartialEq for Secret {
    /// Tells by its time how long they are, and nothing else.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The kinds of secrets that we make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Publishes to one stream: 192 random bits.
    StreamKey,
    /// Acts for a user: 256 random bits.
    ApiKey,
    /// The cookie of a login: 256 random bits.
    Login,
    /// Works once: setup and log-in links: 256 random bits.
    Once,
}

impl Kind {
    /// How secrets of this kind begin.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::StreamKey => "sk_",
            Self::ApiKey => "ak_",
            Self::Login => "lo_",
            Self::Once => "on_",
        }
    }
}

/// SHA-256 of a secret: what is stored, and by what it is found again.
#[derive(Clone, Copy)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// A hash that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to store it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Hash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Hash {}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(…)")
    }
}

//! One newtype for each kind of id: a random number of 63 bits that says nothing about how many there are, and is no
//! secret. Written as 16 hexadecimal digits in lower case.

use std::fmt;
use std::str::FromStr;

use crate::random::{self, Random};

/// The text is not an id: 16 hexadecimal digits in lower case, the first at most 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 16 hexadecimal digits")]
pub struct ParseError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// A new one, from randomness.
            #[must_use]
            pub fn new(random: &dyn Random) -> Self {
                Self::from_number(random::number(random))
            }

            /// The id with this number; its highest bit is dropped.
            #[must_use]
            pub const fn from_number(number: u64) -> Self {
                Self(number & (u64::MAX >> 1))
            }

            /// Its number, below 2^63.
            #[must_use]
            pub const fn number(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                parse(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// Which user.
    UserId;
    /// Which stream; unrelated to its slug and keys.
    StreamId;
    /// Which stream key; safe to show and to log.
    KeyId;
    /// Which login; not the cookie.
    LoginId;
    /// Which API key; not the key itself.
    ApiKeyId;
    /// Which stored video or image; unrelated to its slug. Its folder is named by it.
    StoredId;
    /// Which access code; not the code itself.
    CodeId;
}

fn parse(text: &str) -> Result<u64, ParseError> {
    let plain = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !plain {
        return Err(ParseError);
    }
    let number = u64::from_str_radix(text, 16).map_err(|_| ParseError)?;
    if number > u64::MAX >> 1 {
        Err(ParseError)
    } else {
        Ok(number)
    }
}

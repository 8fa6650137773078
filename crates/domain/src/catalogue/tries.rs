//! What is left of the tries that an address has, for who wants to tell it.

use std::net::IpAddr;

use crate::limit::{Left, block};

use super::Catalogue;

/// What is guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessed {
    /// Names and passwords. Guesses at one account have bounds of their own beside this.
    Logins,
    /// API keys.
    ApiKeys,
    /// Stream keys.
    StreamKeys,
    /// Access codes.
    AccessCodes,
}

impl Catalogue {
    /// How many wrong ones of this address are still heard.
    #[must_use]
    pub fn tries_left(&self, guessed: Guessed, address: IpAddr) -> Left {
        let limits = &self.inner.limits;
        let table = match guessed {
            Guessed::Logins => &limits.login_address,
            Guessed::ApiKeys => &limits.api,
            Guessed::StreamKeys => &limits.publish,
            Guessed::AccessCodes => &limits.codes,
        };
        table.left(block(address), self.now())
    }
}

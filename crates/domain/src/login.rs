//! Logins: web sessions of users, each behind a random cookie that is stored as its hash only.

use std::net::IpAddr;
use std::time::Duration;

use crate::clock::Time;
use crate::id::UserId;
use crate::password::Busy;
use crate::secret::{Hash, Secret};
use crate::store::StoreError;

pub use crate::id::LoginId;

/// A login that nobody used for so long has ended.
pub const IDLE_MAX: Duration = Duration::from_secs(30 * 86_400);
/// A login ends so long after it began, used or not.
pub const AGE_MAX: Duration = Duration::from_secs(90 * 86_400);
/// A link that logs its reader in once works so long.
pub const ONCE_MAX: Duration = Duration::from_secs(86_400);
/// Logins that a user can have at once; the one seen longest ago makes room.
pub const PER_USER_MAX: usize = 50;
/// Characters kept of what a browser calls itself.
pub const AGENT_CHARS_MAX: usize = 200;

/// A login as it is stored and listed; the cookie is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Which.
    pub id: LoginId,
    /// Whose.
    pub user: UserId,
    /// SHA-256 of the cookie.
    pub hash: Hash,
    /// When it began.
    pub created: Time,
    /// When it was last used, to about five minutes.
    pub last_seen: Time,
    /// From where it began, shortened: `203.0.113.x`.
    pub address: String,
    /// What the browser calls itself, cut to 200 characters.
    pub agent: String,
}

impl Login {
    /// When it ends if it is not used again.
    #[must_use]
    pub fn ends(&self) -> Time {
        self.last_seen
            .plus(IDLE_MAX)
            .min(self.created.plus(AGE_MAX))
    }
}

/// What somebody who logs in hands over.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The name, as typed.
    pub name: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// Where they come from, after trusted proxies.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// A login that has just begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The login.
    pub login: Login,
    /// The cookie's value; it is shown to nobody else and never again.
    pub cookie: Secret,
}

/// Why somebody was not logged in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Check both; which of them is wrong is not told.
    #[error("Name or password is wrong.")]
    Wrong,
    /// Wait so long.
    #[error("Too many tries. Try again in {}.", crate::limit::wait_words(*retry_after_s))]
    TooManyTries {
        /// Seconds until the next try is heard.
        retry_after_s: u32,
    },
    /// The link was used, has ended, or never was one.
    #[error("this link has been used or has ended; ask for a new one")]
    Link,
    /// Try again in a second.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Log in first.
    #[error("log in first")]
    NotAllowed,
    /// There is no such login, or it is somebody else's.
    #[error("there is no such login")]
    NotFound,
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// The address without its last part, as it is shown and stored: `203.0.113.x`, `2001:db8:1::x`.
#[must_use]
pub fn shortened(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.x")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::x")
        }
    }
}

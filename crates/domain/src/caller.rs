//! Who asks, as far as the front door could tell: the one argument on which every decision of access rests.

use std::net::IpAddr;

use crate::api_key::{Scope, Scopes};
use crate::id::{ApiKeyId, LoginId, UserId};
use crate::user::Role;

/// Who asks for something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// By what they are known.
    pub subject: Subject,
    /// What their user may do at most; `None` for nobody.
    pub role: Option<Role>,
    /// Where they come from, after trusted proxies; limits are counted by it.
    pub address: IpAddr,
}

/// By what a caller is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// By nothing.
    Nobody,
    /// By a login, with its cookie.
    Login {
        /// The login.
        login: LoginId,
        /// Whose it is.
        user: UserId,
    },
    /// By an API key.
    ApiKey {
        /// The key.
        key: ApiKeyId,
        /// Whose it is.
        user: UserId,
        /// What it may be used for.
        scopes: Scopes,
    },
    /// By access to the data directory: the command line on the machine itself.
    Operator,
}

impl Caller {
    /// A stranger from this address.
    #[must_use]
    pub const fn nobody(address: IpAddr) -> Self {
        Self {
            subject: Subject::Nobody,
            role: None,
            address,
        }
    }

    /// Whoever runs the command line on the machine, with its data directory in hand.
    #[must_use]
    pub const fn operator() -> Self {
        Self {
            subject: Subject::Operator,
            role: Some(Role::Administrator),
            address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        }
    }

    /// Whose login or key it is; `None` for nobody and for the operator.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self.subject {
            Subject::Login { user, .. } | Subject::ApiKey { user, .. } => Some(user),
            Subject::Nobody | Subject::Operator => None,
        }
    }

    /// Whether they may use their rights for this; logins may for everything, API keys for what their scopes name.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        match self.subject {
            Subject::Nobody => false,
            Subject::Login { .. } => {
                scope != Scope::Admin || self.role == Some(Role::Administrator)
            }
            Subject::Operator => true,
            Subject::ApiKey { scopes, .. } => {
                scopes.contains(scope)
                    && (scope != Scope::Admin || self.role == Some(Role::Administrator))
            }
        }
    }

    /// Whether they may act on what belongs to others.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.may(Scope::Admin)
    }
}

/// Why what somebody sent to be known by was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no API key here, or has ended.
    #[error("the API key is not known here, or has ended")]
    Unknown,
    /// Wait: there were too many failures from this address.
    #[error("Too many tries. Try again in {}.", crate::limit::wait_words(*retry_after_s))]
    TooManyTries {
        /// Seconds until the next try is heard.
        retry_after_s: u32,
    },
}

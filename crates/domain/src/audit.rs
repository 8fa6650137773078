//! What was changed, by whom, when and from where: written down in the unit that changes it, so that neither is without the other.

use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::id::UserId;
use crate::login::shortened;

/// How long entries are kept.
pub const KEPT: std::time::Duration = std::time::Duration::from_secs(400 * 86_400);
/// Entries on one page.
pub const PAGE_MAX: usize = 200;

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Which user; `None` for the operator, the server itself and strangers.
    pub user: Option<UserId>,
    /// By what they were known.
    pub via: Via,
    /// From where, shortened; empty for the operator and the server.
    pub address: String,
}

/// By what somebody was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// A page, by its login.
    Login,
    /// The API, by a key.
    ApiKey,
    /// The command line.
    Operator,
    /// Nothing yet: a log-in, a setup.
    Nobody,
    /// The server itself, such as when a video has been packaged.
    Server,
}

impl Via {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Login,
        Self::ApiKey,
        Self::Operator,
        Self::Nobody,
        Self::Server,
    ];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::ApiKey => "api_key",
            Self::Operator => "command_line",
            Self::Nobody => "nobody",
            Self::Server => "server",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.word() == word)
    }
}

impl By {
    /// The server itself.
    pub const SERVER: Self = Self {
        user: None,
        via: Via::Server,
        address: String::new(),
    };

    /// Somebody who is not known yet, from this address.
    #[must_use]
    pub fn nobody(address: std::net::IpAddr) -> Self {
        Self {
            user: None,
            via: Via::Nobody,
            address: shortened(address),
        }
    }
}

impl From<&Caller> for By {
    fn from(caller: &Caller) -> Self {
        let via = match caller.subject {
            Subject::Nobody => Via::Nobody,
            Subject::Login { .. } => Via::Login,
            Subject::ApiKey { .. } => Via::ApiKey,
            Subject::Operator => Via::Operator,
        };
        Self {
            user: caller.user(),
            via,
            address: if via == Via::Operator {
                String::new()
            } else {
                shortened(caller.address)
            },
        }
    }
}

/// One thing that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// Their name then; empty where they had none.
    pub who: String,
    /// By what they were known.
    pub via: Via,
    /// From where, shortened.
    pub address: String,
    /// What was done, as a stable word for programs: `video.changed`.
    pub action: String,
    /// To what: `video:welcome`, a name.
    pub subject: String,
    /// What of it, in a few words; never a secret.
    pub detail: String,
}

/// An entry with its number: later entries have larger ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Its number.
    pub number: u64,
    /// The entry.
    pub entry: Entry,
}

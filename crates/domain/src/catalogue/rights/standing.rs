//! What somebody may do at this moment, whoever they were when they were recognised.

use crate::access_code::{self, Code};
use crate::api_key::{ApiKey, Scope};
use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::grant;
use crate::id::{ApiKeyId, LoginId, UserId};
use crate::item::{Guarded, Item};
use crate::stored;
use crate::stream::Visibility;
use crate::user::Role;

use super::Rights;

/// A caller whose standing has been looked up: what they may do at this moment.
#[derive(Debug, Clone, Copy)]
pub(in crate::catalogue) struct Standing {
    /// Who they are; `None` for strangers and for the operator.
    pub user: Option<UserId>,
    /// Whether they may see what their user may.
    pub reads: bool,
    /// Whether they may change what belongs to their user.
    pub manages: bool,
    /// Whether they may act on what belongs to others.
    pub administers: bool,
    /// The one item that a code opens for them, beside what they may otherwise.
    pub opened: Option<Item>,
}

impl Standing {
    const NOBODY: Self = Self {
        user: None,
        reads: false,
        manages: false,
        administers: false,
        opened: None,
    };

    /// Whether this is theirs to change.
    pub fn may_manage(self, item: &dyn Guarded) -> bool {
        self.manages && (self.administers || self.owns(item))
    }

    /// Whether they may watch it: the one rule for that.
    pub fn may_watch(self, item: &dyn Guarded) -> bool {
        if self.opened.is_some_and(|opened| opened == item.item()) {
            return true;
        }
        match item.visibility() {
            Visibility::Public | Visibility::Unlisted => true,
            Visibility::Members => self.reads,
            Visibility::Private => self.reads && (self.administers || self.owns(item)),
        }
    }

    /// Whether it stands in their lists.
    pub fn is_listed(self, item: &dyn Guarded) -> bool {
        match item.visibility() {
            Visibility::Public => true,
            Visibility::Members => self.reads,
            Visibility::Unlisted | Visibility::Private => {
                self.reads && (self.administers || self.owns(item))
            }
        }
    }

    /// Whether they may know that it exists.
    pub fn may_know(self, item: &dyn Guarded) -> bool {
        self.may_watch(item) || self.may_manage(item)
    }

    fn owns(self, item: &dyn Guarded) -> bool {
        self.user.is_some() && self.user == item.owner()
    }
}

/// Why a new item cannot be somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalogue) enum NoOwner {
    /// It is somebody else who was named.
    NotAllowed,
    /// There is nobody of this id.
    NotFound,
}

impl From<NoOwner> for crate::stream::Refused {
    fn from(why: NoOwner) -> Self {
        match why {
            NoOwner::NotAllowed => Self::NotAllowed,
            NoOwner::NotFound => Self::NotFound,
        }
    }
}

impl From<NoOwner> for stored::Refused {
    fn from(why: NoOwner) -> Self {
        match why {
            NoOwner::NotAllowed => Self::NotAllowed,
            NoOwner::NotFound => Self::NotFound,
        }
    }
}

impl Rights {
    /// What the caller may do now, whatever they could when they were recognised.
    pub fn standing(&self, caller: &Caller, now: Time) -> Standing {
        match caller.subject {
            Subject::Nobody => Standing::NOBODY,
            Subject::Operator => Standing {
                user: None,
                reads: true,
                manages: true,
                administers: true,
                opened: None,
            },
            Subject::Login { login, .. } => self.login_standing(login, now),
            Subject::ApiKey { key, .. } => self.api_key_standing(key, now),
        }
    }

    /// What the subject of a grant to an item may do now.
    pub fn granted_standing(&self, granted: grant::Granted, now: Time) -> Standing {
        match granted.subject {
            grant::Subject::Nobody => Standing::NOBODY,
            grant::Subject::Login(login) => self.login_standing(login, now),
            grant::Subject::ApiKey(key) => self.api_key_standing(key, now),
            grant::Subject::Code { code, .. } => Standing {
                opened: self
                    .code(code)
                    .is_some_and(|code| self.opens(code, granted.item, now).is_ok())
                    .then_some(granted.item),
                ..Standing::NOBODY
            },
        }
    }

    fn login_standing(&self, id: LoginId, now: Time) -> Standing {
        let user = self
            .login(id)
            .filter(|login| login.ends() > now)
            .and_then(|login| self.enabled(login.user));
        user.map_or(Standing::NOBODY, |row| Standing {
            user: Some(row.user.id),
            reads: true,
            manages: true,
            administers: row.user.role == Role::Administrator,
            opened: None,
        })
    }

    fn api_key_standing(&self, id: ApiKeyId, now: Time) -> Standing {
        let Some(key) = self.api_key(id).filter(|key| is_good(key, now)) else {
            return Standing::NOBODY;
        };
        self.enabled(key.user)
            .map_or(Standing::NOBODY, |row| Standing {
                user: Some(row.user.id),
                reads: key.scopes.contains(Scope::Read),
                manages: key.scopes.contains(Scope::Manage),
                administers: key.scopes.contains(Scope::Admin)
                    && row.user.role == Role::Administrator,
                opened: None,
            })
    }

    /// Whether a code opens an item now: it names it, is active, and is still its owner's to share.
    ///
    /// # Errors
    /// How the code stands where it would; `None` where it is about something else.
    pub fn opens(
        &self,
        code: &Code,
        item: Item,
        now: Time,
    ) -> Result<(), Option<access_code::Status>> {
        if !code.items.contains(&item) || self.enabled(code.owner).is_none() {
            return Err(None);
        }
        match code.status(now) {
            access_code::Status::Active => Ok(()),
            other => Err(Some(other)),
        }
    }

    /// Whose a new item will be: only administrators name somebody else; without a name the caller's, and for the operator the first
    /// administrator's, if there is one.
    pub fn owner_of_new(
        &self,
        caller: &Caller,
        standing: Standing,
        named: Option<UserId>,
    ) -> Result<Option<UserId>, NoOwner> {
        match named {
            Some(owner) if !standing.administers && standing.user != Some(owner) => {
                Err(NoOwner::NotAllowed)
            }
            Some(owner) => match self.user(owner) {
                Some(row) => Ok(Some(row.user.id)),
                None => Err(NoOwner::NotFound),
            },
            None if caller.subject == Subject::Operator => Ok(self.first_administrator()),
            None => Ok(standing.user),
        }
    }
}

/// Whether the key has neither been revoked nor ended.
pub(in crate::catalogue) fn is_good(key: &ApiKey, now: Time) -> bool {
    key.revoked.is_none() && key.expires.is_none_or(|expires| expires > now)
}

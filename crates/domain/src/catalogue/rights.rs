//! All rights in memory, as the store last saved them, and the rules that read them.
//!
//! Nothing here waits or writes: [`Rights::apply`] follows what was saved, everything else answers. Whoever has been
//! switched off, logged out or revoked is not found here any more, and with them everything that was granted to them.

use std::collections::{BTreeMap, HashMap};

use crate::api_key::{ApiKey, Scope};
use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::grant;
use crate::id::{ApiKeyId, KeyId, LoginId, StreamId, UserId};
use crate::login::Login;
use crate::secret::Hash;
use crate::setting::Setting;
use crate::slug::Slug;
use crate::store::{Change, Snapshot, UserRow};
use crate::stream::{Key, Stream, Visibility};
use crate::user::{Name, Role};

use super::Ended;

/// Everything that decides on rights.
#[derive(Debug, Default)]
pub(super) struct Rights {
    users: BTreeMap<UserId, UserRow>,
    users_by_name: HashMap<Name, UserId>,
    logins: HashMap<LoginId, Login>,
    logins_by_hash: HashMap<[u8; 32], LoginId>,
    streams: HashMap<StreamId, Stream>,
    streams_by_slug: BTreeMap<Slug, StreamId>,
    keys: HashMap<KeyId, Key>,
    keys_by_hash: HashMap<[u8; 32], KeyId>,
    api_keys: HashMap<ApiKeyId, ApiKey>,
    api_keys_by_hash: HashMap<[u8; 32], ApiKeyId>,
    settings: BTreeMap<String, Setting>,
}

/// A caller whose standing has been looked up: what they may do at this moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Who they are; `None` for strangers and for the operator.
    pub user: Option<UserId>,
    /// Whether they may see what their user may.
    pub reads: bool,
    /// Whether they may change what belongs to their user.
    pub manages: bool,
    /// Whether they may act on what belongs to others.
    pub administers: bool,
}

impl Standing {
    const NOBODY: Self = Self {
        user: None,
        reads: false,
        manages: false,
        administers: false,
    };

    /// Whether this is theirs to change.
    pub fn may_manage(self, stream: &Stream) -> bool {
        self.manages && (self.administers || self.owns(stream))
    }

    /// Whether they may watch it: the one rule for that.
    pub fn may_watch(self, stream: &Stream) -> bool {
        match stream.visibility {
            Visibility::Public | Visibility::Unlisted => true,
            Visibility::Members => self.reads,
            Visibility::Private => self.reads && (self.administers || self.owns(stream)),
        }
    }

    /// Whether it stands in their lists.
    pub fn is_listed(self, stream: &Stream) -> bool {
        match stream.visibility {
            Visibility::Public => true,
            Visibility::Members => self.reads,
            Visibility::Unlisted | Visibility::Private => {
                self.reads && (self.administers || self.owns(stream))
            }
        }
    }

    /// Whether they may know that it exists.
    pub fn may_know(self, stream: &Stream) -> bool {
        self.may_watch(stream) || self.may_manage(stream)
    }

    fn owns(self, stream: &Stream) -> bool {
        self.user.is_some() && self.user == stream.owner
    }
}

impl Rights {
    pub fn load(snapshot: Snapshot) -> Self {
        let mut rights = Self::default();
        let changes = snapshot
            .users
            .into_iter()
            .map(Change::AddUser)
            .chain(snapshot.logins.into_iter().map(Change::AddLogin))
            .chain(snapshot.streams.into_iter().map(Change::AddStream))
            .chain(snapshot.keys.into_iter().map(Change::AddKey))
            .chain(snapshot.api_keys.into_iter().map(Change::AddApiKey))
            .chain(
                snapshot
                    .settings
                    .into_iter()
                    .map(|setting| Change::SetSetting {
                        name: setting.name,
                        value: Some(setting.value),
                    }),
            );
        for change in changes {
            rights.apply(change);
        }
        rights
    }

    /// Follows a change that was saved, and says what ended with it.
    pub fn apply(&mut self, change: Change) -> Option<Ended> {
        match change {
            Change::AddUser(row) => {
                self.users_by_name
                    .insert(row.user.name.clone(), row.user.id);
                self.users.insert(row.user.id, row);
            }
            Change::SetPassword {
                user,
                password_hash,
            } => {
                if let Some(row) = self.users.get_mut(&user) {
                    row.password_hash = password_hash;
                }
            }
            Change::SetDisabled { user, disabled } => {
                self.users.get_mut(&user)?.user.disabled = disabled;
                return disabled.map(|_| Ended::User(user));
            }
            Change::AddLogin(login) => {
                self.logins_by_hash.insert(*login.hash.bytes(), login.id);
                self.logins.insert(login.id, login);
            }
            Change::DeleteLogin(id) => {
                let login = self.logins.remove(&id)?;
                self.logins_by_hash.remove(login.hash.bytes());
                return Some(Ended::Login(id));
            }
            Change::SeenLogin(id, at) => self.logins.get_mut(&id)?.last_seen = at,
            Change::AddStream(stream) => {
                self.streams_by_slug.insert(stream.slug.clone(), stream.id);
                self.streams.insert(stream.id, stream);
            }
            Change::SetStream(stream) => {
                let slot = self.streams.get_mut(&stream.id)?;
                let judged_anew = slot.generation != stream.generation;
                let (id, generation) = (stream.id, stream.generation);
                *slot = stream;
                return judged_anew.then_some(Ended::Viewers {
                    stream: id,
                    generation,
                });
            }
            Change::DeleteStream(id) => {
                let stream = self.streams.remove(&id)?;
                self.streams_by_slug.remove(&stream.slug);
                self.keys.retain(|_, key| key.stream != id);
                let keys = &self.keys;
                self.keys_by_hash.retain(|_, key| keys.contains_key(key));
                return Some(Ended::Stream(id));
            }
            Change::AddKey(key) => {
                self.keys_by_hash.insert(*key.hash.bytes(), key.id);
                self.keys.insert(key.id, key);
            }
            Change::RevokeKey(id, at) => {
                self.keys.get_mut(&id)?.revoked = Some(at);
                return Some(Ended::Key(id));
            }
            Change::DeleteKey(id) => {
                let key = self.keys.remove(&id)?;
                self.keys_by_hash.remove(key.hash.bytes());
                return key.revoked.is_none().then_some(Ended::Key(id));
            }
            Change::UsedKey(id, at) => self.keys.get_mut(&id)?.last_used = Some(at),
            Change::AddApiKey(key) => {
                self.api_keys_by_hash.insert(*key.hash.bytes(), key.id);
                self.api_keys.insert(key.id, key);
            }
            Change::RevokeApiKey(id, at) => {
                self.api_keys.get_mut(&id)?.revoked = Some(at);
                return Some(Ended::ApiKey(id));
            }
            Change::DeleteApiKey(id) => {
                let key = self.api_keys.remove(&id)?;
                self.api_keys_by_hash.remove(key.hash.bytes());
                return key.revoked.is_none().then_some(Ended::ApiKey(id));
            }
            Change::UsedApiKey(id, at) => self.api_keys.get_mut(&id)?.last_used = Some(at),
            Change::SetGrantKey(_) => {}
            Change::LoggedIn(user, at) => self.users.get_mut(&user)?.user.last_login = Some(at),
            Change::SetSetting {
                name,
                value: Some(value),
            } => {
                let setting = Setting {
                    name: name.clone(),
                    value,
                };
                self.settings.insert(name, setting);
            }
            Change::SetSetting { name, value: None } => {
                self.settings.remove(&name);
            }
        }
        None
    }

    /// What the caller may do now, whatever they could when they were recognised.
    pub fn standing(&self, caller: &Caller, now: Time) -> Standing {
        match caller.subject {
            Subject::Nobody => Standing::NOBODY,
            Subject::Operator => Standing {
                user: None,
                reads: true,
                manages: true,
                administers: true,
            },
            Subject::Login { login, .. } => self.login_standing(login, now),
            Subject::ApiKey { key, .. } => self.api_key_standing(key, now),
        }
    }

    /// What the subject of a grant may do now.
    pub fn subject_standing(&self, subject: grant::Subject, now: Time) -> Standing {
        match subject {
            grant::Subject::Nobody => Standing::NOBODY,
            grant::Subject::Login(login) => self.login_standing(login, now),
            grant::Subject::ApiKey(key) => self.api_key_standing(key, now),
        }
    }

    fn login_standing(&self, id: LoginId, now: Time) -> Standing {
        let user = self
            .logins
            .get(&id)
            .filter(|login| login.ends() > now)
            .and_then(|login| self.enabled(login.user));
        user.map_or(Standing::NOBODY, |row| Standing {
            user: Some(row.user.id),
            reads: true,
            manages: true,
            administers: row.user.role == Role::Administrator,
        })
    }

    fn api_key_standing(&self, id: ApiKeyId, now: Time) -> Standing {
        let Some(key) = self.api_keys.get(&id).filter(|key| is_good(key, now)) else {
            return Standing::NOBODY;
        };
        self.enabled(key.user)
            .map_or(Standing::NOBODY, |row| Standing {
                user: Some(row.user.id),
                reads: key.scopes.contains(Scope::Read),
                manages: key.scopes.contains(Scope::Manage),
                administers: key.scopes.contains(Scope::Admin)
                    && row.user.role == Role::Administrator,
            })
    }

    pub fn user(&self, id: UserId) -> Option<&UserRow> {
        self.users.get(&id)
    }

    /// The user, unless switched off.
    pub fn enabled(&self, id: UserId) -> Option<&UserRow> {
        self.users
            .get(&id)
            .filter(|row| row.user.disabled.is_none())
    }

    pub fn user_named(&self, name: &Name) -> Option<&UserRow> {
        self.users_by_name
            .get(name)
            .and_then(|id| self.users.get(id))
    }

    pub fn users(&self) -> impl Iterator<Item = &UserRow> {
        self.users.values()
    }

    /// The administrator who has been here longest and is not switched off.
    pub fn first_administrator(&self) -> Option<UserId> {
        self.administrators()
            .min_by_key(|row| (row.user.created, row.user.id))
            .map(|row| row.user.id)
    }

    pub fn administrators(&self) -> impl Iterator<Item = &UserRow> {
        self.users()
            .filter(|row| row.user.role == Role::Administrator && row.user.disabled.is_none())
    }

    pub fn login(&self, id: LoginId) -> Option<&Login> {
        self.logins.get(&id)
    }

    pub fn login_by(&self, hash: Hash) -> Option<&Login> {
        let login = self
            .logins_by_hash
            .get(hash.bytes())
            .and_then(|id| self.logins.get(id))?;
        (login.hash == hash).then_some(login)
    }

    pub fn logins(&self) -> impl Iterator<Item = &Login> {
        self.logins.values()
    }

    pub fn logins_of(&self, user: UserId) -> impl Iterator<Item = &Login> {
        self.logins.values().filter(move |login| login.user == user)
    }

    pub fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.streams.get(&id)
    }

    pub fn stream_at(&self, slug: &str) -> Option<&Stream> {
        self.streams_by_slug
            .get(slug)
            .and_then(|id| self.streams.get(id))
    }

    /// Streams in the order of their slugs, after this one.
    pub fn streams_after<'a>(&'a self, cursor: &'a str) -> impl Iterator<Item = &'a Stream> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.streams_by_slug
            .range::<str, _>((Excluded(cursor), Unbounded))
            .filter_map(|(_, id)| self.streams.get(id))
    }

    pub fn key(&self, id: KeyId) -> Option<&Key> {
        self.keys.get(&id)
    }

    pub fn key_by(&self, hash: Hash) -> Option<&Key> {
        let key = self
            .keys_by_hash
            .get(hash.bytes())
            .and_then(|id| self.keys.get(id))?;
        (key.hash == hash).then_some(key)
    }

    pub fn keys_of(&self, stream: StreamId) -> impl Iterator<Item = &Key> {
        self.keys.values().filter(move |key| key.stream == stream)
    }

    pub fn api_key(&self, id: ApiKeyId) -> Option<&ApiKey> {
        self.api_keys.get(&id)
    }

    pub fn api_key_by(&self, hash: Hash) -> Option<&ApiKey> {
        let key = self
            .api_keys_by_hash
            .get(hash.bytes())
            .and_then(|id| self.api_keys.get(id))?;
        (key.hash == hash).then_some(key)
    }

    pub fn api_keys_of(&self, user: UserId) -> impl Iterator<Item = &ApiKey> {
        self.api_keys.values().filter(move |key| key.user == user)
    }

    pub fn api_keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.api_keys.values()
    }

    /// In the order of their names.
    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values()
    }
}

/// Whether the key has neither been revoked nor ended.
pub(super) fn is_good(key: &ApiKey, now: Time) -> bool {
    key.revoked.is_none() && key.expires.is_none_or(|expires| expires > now)
}

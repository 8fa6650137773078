//! All rights in memory, as the store last saved them, and the rules that read them.
//!
//! Nothing here waits or writes: [`Rights::apply`] follows what was saved, everything else answers. Whoever has been
//! switched off, logged out or revoked is not found here any more, and with them everything that was granted to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::access_code::{self, Code, Tag};
use crate::api_key::{ApiKey, Scope};
use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::grant;
use crate::id::{ApiKeyId, CodeId, KeyId, LoginId, StoredId, StreamId, UserId};
use crate::item::{self, Guarded, Item, Space};
use crate::login::Login;
use crate::secret::Hash;
use crate::setting::Setting;
use crate::slug::Slug;
use crate::store::{Change, Snapshot, UserRow};
use crate::stored::{self, Stored};
use crate::stream::{Key, Stream, Visibility};
use crate::user::{Link, Name, Role};

use super::Ended;
use super::shelf::{self, Shelf};

/// Everything that decides on rights.
#[derive(Debug, Default)]
pub(super) struct Rights {
    users: BTreeMap<UserId, UserRow>,
    users_by_name: HashMap<Name, UserId>,
    /// Links to set a password, one for each user at most.
    links: HashMap<UserId, Link>,
    links_by_hash: HashMap<[u8; 32], UserId>,
    logins: HashMap<LoginId, Login>,
    logins_by_hash: HashMap<[u8; 32], LoginId>,
    streams: HashMap<StreamId, Stream>,
    streams_by_slug: BTreeMap<Slug, StreamId>,
    keys: HashMap<KeyId, Key>,
    keys_by_hash: HashMap<[u8; 32], KeyId>,
    api_keys: HashMap<ApiKeyId, ApiKey>,
    api_keys_by_hash: HashMap<[u8; 32], ApiKeyId>,
    settings: BTreeMap<String, Setting>,
    stored: HashMap<StoredId, Arc<Stored>>,
    stored_by_slug: HashMap<(stored::Kind, Slug), StoredId>,
    shelf: Shelf,
    /// Items that are being looked at and packaged.
    in_work: BTreeSet<StoredId>,
    codes: HashMap<CodeId, Code>,
    codes_by_tag: HashMap<[u8; 32], CodeId>,
    /// What codes open, the other way round.
    codes_of: BTreeSet<(Item, CodeId)>,
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
pub(super) enum NoOwner {
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

/// What decides on who may see an item, apart from the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub item: Item,
    pub slug: Slug,
    pub owner: Option<UserId>,
    pub visibility: Visibility,
    pub generation: u32,
}

impl Seen {
    fn of(item: &impl Guarded) -> Self {
        Self {
            item: item.item(),
            slug: item.slug().clone(),
            owner: item.owner(),
            visibility: item.visibility(),
            generation: item.generation(),
        }
    }
}

impl Guarded for Seen {
    fn item(&self) -> Item {
        self.item
    }

    fn slug(&self) -> &Slug {
        &self.slug
    }

    fn owner(&self) -> Option<UserId> {
        self.owner
    }

    fn visibility(&self) -> Visibility {
        self.visibility
    }

    fn generation(&self) -> u32 {
        self.generation
    }
}

impl Rights {
    pub fn load(snapshot: Snapshot) -> Self {
        let mut rights = Self::default();
        rights.take_stored(snapshot.stored);
        let changes = snapshot
            .users
            .into_iter()
            .map(Change::AddUser)
            .chain(snapshot.links.into_iter().map(Change::SetLink))
            .chain(snapshot.logins.into_iter().map(Change::AddLogin))
            .chain(snapshot.streams.into_iter().map(Change::AddStream))
            .chain(snapshot.keys.into_iter().map(Change::AddKey))
            .chain(snapshot.api_keys.into_iter().map(Change::AddApiKey))
            .chain(
                snapshot
                    .codes
                    .into_iter()
                    .map(|code| Change::AddCode(Box::new(code))),
            )
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

    /// All stored items at once, which costs much less than one after another.
    fn take_stored(&mut self, mut all: Vec<Arc<Stored>>) {
        all.sort_unstable_by_key(|stored| shelf::place(stored));
        self.shelf = Shelf::of(&all);
        self.stored_by_slug = all
            .iter()
            .map(|stored| ((stored.kind, stored.slug.clone()), stored.id))
            .collect();
        let in_work = all.iter().filter(|stored| stored.is_in_work());
        self.in_work = in_work.map(|stored| stored.id).collect();
        let by_id = all.into_iter().map(|stored| (stored.id, stored));
        self.stored = by_id.collect();
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
                    row.password_hash = Some(password_hash);
                }
            }
            Change::SetLink(link) => {
                self.drop_link(link.user);
                self.links_by_hash.insert(*link.hash.bytes(), link.user);
                self.links.insert(link.user, link);
            }
            Change::DropLink(user) => self.drop_link(user),
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
                self.close_item(Item::Stream(id));
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
            Change::SetGrantKey(_) | Change::AddAudit(_) | Change::DropAudit(_) => {}
            Change::AddStored(stored) => {
                let stored = Arc::new(*stored);
                self.stored_by_slug
                    .insert((stored.kind, stored.slug.clone()), stored.id);
                self.shelf.put(&stored);
                if stored.is_in_work() {
                    self.in_work.insert(stored.id);
                }
                self.stored.insert(stored.id, stored);
            }
            Change::SetStored(stored) => {
                let slot = self.stored.get_mut(&stored.id)?;
                let judged_anew = slot.generation != stored.generation;
                self.shelf.take(slot);
                *slot = Arc::new(*stored);
                self.shelf.put(slot);
                if slot.is_in_work() {
                    self.in_work.insert(slot.id);
                } else {
                    self.in_work.remove(&slot.id);
                }
                let item = slot.item();
                return judged_anew.then_some(Ended::StoredViewers(item));
            }
            Change::DeleteStored(id) => {
                let stored = self.stored.remove(&id)?;
                self.stored_by_slug
                    .remove(&(stored.kind, stored.slug.clone()));
                self.shelf.take(&stored);
                self.in_work.remove(&id);
                self.close_item(stored.item());
                return Some(Ended::Stored(id));
            }
            Change::AddCode(code) => {
                self.codes_by_tag.insert(code.tag.0, code.id);
                let opens = code.items.iter().map(|item| (*item, code.id));
                self.codes_of.extend(opens);
                self.codes.insert(code.id, *code);
            }
            Change::SetCode(code) => {
                let slot = self.codes.get_mut(&code.id)?;
                let id = code.id;
                for item in &slot.items {
                    self.codes_of.remove(&(*item, id));
                }
                let ends = slot.items.iter().any(|item| !code.items.contains(item))
                    || code.paused.is_some()
                    || code.expires != slot.expires
                    || code.starts != slot.starts;
                *slot = *code;
                let opens = slot.items.iter().map(|item| (*item, id));
                self.codes_of.extend(opens);
                return ends.then_some(Ended::Code(id));
            }
            Change::DeleteCode(id) => {
                let code = self.codes.remove(&id)?;
                self.codes_by_tag.remove(&code.tag.0);
                for item in code.items {
                    self.codes_of.remove(&(item, id));
                }
                return Some(Ended::Code(id));
            }
            Change::UsedCode { code, times, last } => {
                let code = self.codes.get_mut(&code)?;
                code.uses = code.uses.saturating_add(times);
                code.last_used = Some(last);
            }
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
            .logins
            .get(&id)
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

    fn drop_link(&mut self, user: UserId) {
        if let Some(old) = self.links.remove(&user) {
            self.links_by_hash.remove(old.hash.bytes());
        }
    }

    /// No code opens the item any more.
    fn close_item(&mut self, item: Item) {
        let codes: Vec<CodeId> = self.codes_of(item).map(|code| code.id).collect();
        for id in codes {
            self.codes_of.remove(&(item, id));
            if let Some(code) = self.codes.get_mut(&id) {
                code.items.retain(|other| *other != item);
            }
        }
    }

    pub fn code(&self, id: CodeId) -> Option<&Code> {
        self.codes.get(&id)
    }

    pub fn code_by(&self, tag: Tag) -> Option<&Code> {
        self.codes_by_tag
            .get(&tag.0)
            .and_then(|id| self.codes.get(id))
    }

    pub fn codes(&self) -> impl Iterator<Item = &Code> {
        self.codes.values()
    }

    /// The codes that open an item, whatever their state.
    pub fn codes_of(&self, item: Item) -> impl Iterator<Item = &Code> {
        let (first, last) = (CodeId::from_number(0), CodeId::from_number(u64::MAX));
        self.codes_of
            .range((item, first)..=(item, last))
            .filter_map(|(_, id)| self.codes.get(id))
    }

    pub fn stored(&self, id: StoredId) -> Option<&Arc<Stored>> {
        self.stored.get(&id)
    }

    pub fn stored_at(&self, kind: stored::Kind, slug: &Slug) -> Option<&Arc<Stored>> {
        self.stored_by_slug
            .get(&(kind, slug.clone()))
            .and_then(|id| self.stored.get(id))
    }

    pub fn stored_in_work(&self) -> impl Iterator<Item = &Arc<Stored>> {
        self.in_work.iter().filter_map(|id| self.stored(*id))
    }

    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// What an item is called, and who may see it.
    pub fn guarded(&self, item: Item) -> Option<Seen> {
        match item {
            Item::Stream(id) => self.stream(id).map(Seen::of),
            Item::Video(id) | Item::Image(id) => self.stored(id).map(|stored| Seen::of(&**stored)),
        }
    }

    /// The same, by its name.
    pub fn guarded_at(&self, kind: item::Kind, slug: &Slug) -> Option<Seen> {
        match kind.stored() {
            None => self.stream_at(slug.as_str()).map(Seen::of),
            Some(kind) => self.stored_at(kind, slug).map(|stored| Seen::of(&**stored)),
        }
    }

    /// What has this name in a name space.
    pub fn guarded_in(&self, space: Space, slug: &Slug) -> Option<Seen> {
        match space {
            Space::Watch => self
                .guarded_at(item::Kind::Stream, slug)
                .or_else(|| self.guarded_at(item::Kind::Video, slug)),
            Space::Images => self.guarded_at(item::Kind::Image, slug),
        }
    }

    /// Whether a name is in use. What is not a slug is not.
    pub fn is_taken(&self, space: Space, slug: &str) -> bool {
        Slug::parse(slug).is_ok_and(|slug| self.guarded_in(space, &slug).is_some())
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

    /// The user's link to set a password, whether it has ended or not.
    pub fn link_of(&self, user: UserId) -> Option<&Link> {
        self.links.get(&user)
    }

    /// The link with this hash that works now, and whose it is.
    pub fn link_by(&self, hash: Hash, now: Time) -> Option<(&Link, &UserRow)> {
        let user = self.links_by_hash.get(hash.bytes())?;
        let link = self.links.get(user)?;
        (link.hash == hash && link.ends > now)
            .then_some(link)
            .zip(self.enabled(*user))
    }

    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.values()
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

//! All rights in memory, as the store last saved them, and the rules that read them.
//!
//! Nothing here waits or writes: [`Rights::apply`] follows what was saved, everything else answers. Whoever has been
//! switched off, logged out or revoked is not found here any more, and with them everything that was granted to them.

mod apply;
mod seen;
mod standing;
mod table;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::access_code::{Code, Tag};
use crate::api_key::ApiKey;
use crate::clock::Time;
use crate::id::{ApiKeyId, CodeId, KeyId, LoginId, StoredId, StreamId, UserId};
use crate::item::Item;
use crate::login::Login;
use crate::secret::Hash;
use crate::setting::Setting;
use crate::slug::Slug;
use crate::store::UserRow;
use crate::stored::{self, Stored};
use crate::stream::{Key, Stream};
use crate::user::{Link, Name, Role};

use super::shelf::Shelf;
use table::Table;

pub(super) use seen::Seen;
pub(super) use standing::{Standing, is_good};

/// Everything that decides on rights.
#[derive(Debug, Default)]
pub(super) struct Rights {
    users: BTreeMap<UserId, UserRow>,
    users_by_name: HashMap<Name, UserId>,
    /// Links to set a password.
    links: Table<Link>,
    logins: Table<Login>,
    streams: HashMap<StreamId, Stream>,
    streams_by_slug: BTreeMap<Slug, StreamId>,
    keys: Table<Key>,
    api_keys: Table<ApiKey>,
    settings: BTreeMap<String, Setting>,
    stored: HashMap<StoredId, Arc<Stored>>,
    stored_by_slug: HashMap<(stored::Kind, Slug), StoredId>,
    shelf: Shelf,
    /// Items that are being looked at and packaged.
    in_work: BTreeSet<StoredId>,
    codes: Table<Code>,
    /// What codes open, the other way round.
    codes_of: BTreeSet<(Item, CodeId)>,
}

impl Rights {
    pub fn code(&self, id: CodeId) -> Option<&Code> {
        self.codes.get(id)
    }

    pub fn code_by(&self, tag: Tag) -> Option<&Code> {
        self.codes.by_hash(&tag.0)
    }

    pub fn codes(&self) -> impl Iterator<Item = &Code> {
        self.codes.all()
    }

    /// The codes that open an item, whatever their state.
    pub fn codes_of(&self, item: Item) -> impl Iterator<Item = &Code> {
        let (first, last) = (CodeId::from_number(0), CodeId::from_number(u64::MAX));
        self.codes_of
            .range((item, first)..=(item, last))
            .filter_map(|(_, id)| self.code(*id))
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

    /// The user's link to set a password, whether it has ended or not.
    pub fn link_of(&self, user: UserId) -> Option<&Link> {
        self.links.get(user)
    }

    /// The link with this hash that works now, and whose it is.
    pub fn link_by(&self, hash: Hash, now: Time) -> Option<(&Link, &UserRow)> {
        let link = self.links.by_hash(hash.bytes())?;
        (link.hash == hash && link.ends > now)
            .then_some(link)
            .zip(self.enabled(link.user))
    }

    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.all()
    }

    pub fn login(&self, id: LoginId) -> Option<&Login> {
        self.logins.get(id)
    }

    pub fn login_by(&self, hash: Hash) -> Option<&Login> {
        let login = self.logins.by_hash(hash.bytes())?;
        (login.hash == hash).then_some(login)
    }

    pub fn logins(&self) -> impl Iterator<Item = &Login> {
        self.logins.all()
    }

    pub fn logins_of(&self, user: UserId) -> impl Iterator<Item = &Login> {
        self.logins.all().filter(move |login| login.user == user)
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
        self.keys.get(id)
    }

    pub fn key_by(&self, hash: Hash) -> Option<&Key> {
        let key = self.keys.by_hash(hash.bytes())?;
        (key.hash == hash).then_some(key)
    }

    pub fn keys_of(&self, stream: StreamId) -> impl Iterator<Item = &Key> {
        self.keys.all().filter(move |key| key.stream == stream)
    }

    pub fn api_key(&self, id: ApiKeyId) -> Option<&ApiKey> {
        self.api_keys.get(id)
    }

    pub fn api_key_by(&self, hash: Hash) -> Option<&ApiKey> {
        let key = self.api_keys.by_hash(hash.bytes())?;
        (key.hash == hash).then_some(key)
    }

    pub fn api_keys_of(&self, user: UserId) -> impl Iterator<Item = &ApiKey> {
        self.api_keys.all().filter(move |key| key.user == user)
    }

    pub fn api_keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.api_keys.all()
    }

    /// In the order of their names.
    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values()
    }
}

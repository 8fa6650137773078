//! From what the store has to what is in memory: all of it at start, and each change after it was saved.

use std::sync::Arc;

use crate::id::CodeId;
use crate::item::{Guarded as _, Item};
use crate::setting::Setting;
use crate::store::{Change, Snapshot};
use crate::stored::Stored;

use super::super::Ended;
use super::super::shelf::{self, Shelf};
use super::Rights;

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
            Change::SetLink(link) => self.links.put(link),
            Change::DropLink(user) => {
                self.links.take(user);
            }
            Change::SetDisabled { user, disabled } => {
                self.users.get_mut(&user)?.user.disabled = disabled;
                return disabled.map(|_| Ended::User(user));
            }
            Change::AddLogin(login) => self.logins.put(login),
            Change::DeleteLogin(id) => {
                self.logins.take(id)?;
                return Some(Ended::Login(id));
            }
            Change::SeenLogin(id, at) => self.logins.get_mut(id)?.last_seen = at,
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
                self.keys.retain(|key| key.stream != id);
                self.close_item(Item::Stream(id));
                return Some(Ended::Stream(id));
            }
            Change::AddKey(key) => self.keys.put(key),
            Change::RevokeKey(id, at) => {
                self.keys.get_mut(id)?.revoked = Some(at);
                return Some(Ended::Key(id));
            }
            Change::DeleteKey(id) => {
                let key = self.keys.take(id)?;
                return key.revoked.is_none().then_some(Ended::Key(id));
            }
            Change::UsedKey(id, at) => self.keys.get_mut(id)?.last_used = Some(at),
            Change::AddApiKey(key) => self.api_keys.put(key),
            Change::RevokeApiKey(id, at) => {
                self.api_keys.get_mut(id)?.revoked = Some(at);
                return Some(Ended::ApiKey(id));
            }
            Change::DeleteApiKey(id) => {
                let key = self.api_keys.take(id)?;
                return key.revoked.is_none().then_some(Ended::ApiKey(id));
            }
            Change::UsedApiKey(id, at) => self.api_keys.get_mut(id)?.last_used = Some(at),
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
                let opens = code.items.iter().map(|item| (*item, code.id));
                self.codes_of.extend(opens);
                self.codes.put(*code);
            }
            Change::SetCode(code) => {
                let slot = self.codes.get_mut(code.id)?;
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
                let code = self.codes.take(id)?;
                for item in code.items {
                    self.codes_of.remove(&(item, id));
                }
                return Some(Ended::Code(id));
            }
            Change::UsedCode { code, used, last } => {
                let code = self.codes.get_mut(code)?;
                code.uses = code.uses.saturating_add(used.opened);
                code.last_used = last.or(code.last_used);
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

    /// No code opens the item any more.
    fn close_item(&mut self, item: Item) {
        let codes: Vec<CodeId> = self.codes_of(item).map(|code| code.id).collect();
        for id in codes {
            self.codes_of.remove(&(item, id));
            if let Some(code) = self.codes.get_mut(id) {
                code.items.retain(|other| *other != item);
            }
        }
    }
}

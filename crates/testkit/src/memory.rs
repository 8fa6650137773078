//! A store in memory, held to the same contract as the one on disk.

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::BoxFuture;
use domain::setting::Setting;
use domain::store::{Change, Snapshot, Store, StoreError, Unit, Work};

/// A store in memory. Clones share what they keep, as two starts of a server share a file.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<State>);

#[derive(Debug, Default)]
struct State {
    kept: Mutex<Snapshot>,
    fails: AtomicBool,
}

impl Memory {
    /// From now on every write fails, or no longer.
    pub fn set_fails(&self, fails: bool) {
        self.0.fails.store(fails, Ordering::SeqCst);
    }
}

impl Store for Memory {
    fn load(&self) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        Box::pin(ready(Ok(self
            .0
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())))
    }

    fn write(&self, mut unit: Box<dyn Unit>) -> BoxFuture<'static, Result<(), StoreError>> {
        // Held throughout: units are carried out one after another.
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(work) = unit.decide() else {
            return Box::pin(ready(Ok(())));
        };
        if self.0.fails.load(Ordering::SeqCst) {
            return Box::pin(ready(Err(StoreError::Failed("told to fail".into()))));
        }
        let saved = apply(&kept, &work).map(|next| {
            *kept = next;
            unit.saved(work);
        });
        Box::pin(ready(saved))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let fails = self.0.fails.load(Ordering::SeqCst);
        Box::pin(ready(if fails {
            Err(StoreError::Failed("told to fail".into()))
        } else {
            Ok(())
        }))
    }
}

fn apply(kept: &Snapshot, work: &Work) -> Result<Snapshot, StoreError> {
    let mut next = kept.clone();
    for change in &work.changes {
        apply_one(&mut next, change.clone())?;
    }
    next.users.sort_by_key(|row| row.user.id);
    next.logins.sort_by_key(|login| login.id);
    next.streams.sort_by_key(|stream| stream.id);
    next.keys.sort_by_key(|key| key.id);
    next.api_keys.sort_by_key(|key| key.id);
    Ok(next)
}

fn apply_one(next: &mut Snapshot, change: Change) -> Result<(), StoreError> {
    match change {
        Change::AddUser(new) => {
            add(&mut next.users, new, |a, b| {
                a.user.id == b.user.id || a.user.name == b.user.name
            })?;
        }
        Change::SetPassword {
            user,
            password_hash,
        } => {
            if let Some(row) = next.users.iter_mut().find(|row| row.user.id == user) {
                row.password_hash = password_hash;
            }
        }
        Change::SetDisabled { user, disabled } => {
            if let Some(row) = next.users.iter_mut().find(|row| row.user.id == user) {
                row.user.disabled = disabled;
            }
        }
        Change::AddLogin(new) => add(&mut next.logins, new, |a, b| {
            a.id == b.id || a.hash == b.hash
        })?,
        Change::DeleteLogin(id) => next.logins.retain(|login| login.id != id),
        Change::SeenLogin(id, at) => {
            if let Some(login) = next.logins.iter_mut().find(|login| login.id == id) {
                login.last_seen = at;
            }
        }
        Change::AddStream(new) => add(&mut next.streams, new, |a, b| {
            a.id == b.id || a.slug == b.slug
        })?,
        Change::SetStream(new) => {
            if let Some(stream) = next.streams.iter_mut().find(|stream| stream.id == new.id) {
                stream.title = new.title;
                stream.visibility = new.visibility;
                stream.changed = new.changed;
                stream.generation = new.generation;
            }
        }
        Change::DeleteStream(id) => {
            next.streams.retain(|stream| stream.id != id);
            next.keys.retain(|key| key.stream != id);
        }
        Change::AddKey(new) => add(&mut next.keys, new, |a, b| a.id == b.id || a.hash == b.hash)?,
        Change::RevokeKey(id, at) => {
            if let Some(key) = next.keys.iter_mut().find(|key| key.id == id) {
                key.revoked = Some(at);
            }
        }
        Change::DeleteKey(id) => next.keys.retain(|key| key.id != id),
        Change::UsedKey(id, at) => {
            if let Some(key) = next.keys.iter_mut().find(|key| key.id == id) {
                key.last_used = Some(at);
            }
        }
        Change::AddApiKey(new) => add(&mut next.api_keys, new, |a, b| {
            a.id == b.id || a.hash == b.hash
        })?,
        Change::RevokeApiKey(id, at) => {
            if let Some(key) = next.api_keys.iter_mut().find(|key| key.id == id) {
                key.revoked = Some(at);
            }
        }
        Change::DeleteApiKey(id) => next.api_keys.retain(|key| key.id != id),
        Change::UsedApiKey(id, at) => {
            if let Some(key) = next.api_keys.iter_mut().find(|key| key.id == id) {
                key.last_used = Some(at);
            }
        }
        Change::SetGrantKey(key) => next.grant_key = Some(key),
        Change::LoggedIn(id, at) => {
            if let Some(row) = next.users.iter_mut().find(|row| row.user.id == id) {
                row.user.last_login = Some(at);
            }
        }
        Change::SetSetting { name, value } => {
            next.settings.retain(|setting| setting.name != name);
            if let Some(value) = value {
                next.settings.push(Setting { name, value });
                next.settings.sort_by(|a, b| a.name.cmp(&b.name));
            }
        }
    }
    Ok(())
}

fn add<T>(rows: &mut Vec<T>, new: T, clashes: impl Fn(&T, &T) -> bool) -> Result<(), StoreError> {
    if rows.iter().any(|row| clashes(row, &new)) {
        return Err(StoreError::Taken);
    }
    rows.push(new);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_keeps_the_contract() {
        for (name, case) in crate::store_contract::CASES {
            println!("{name}");
            crate::block_on(case(&Memory::default()));
        }
    }
}

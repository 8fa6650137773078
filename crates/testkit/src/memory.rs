//! A store in memory, held to the same contract as the one on disk.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::BoxFuture;
use domain::access_code::{CodeId, DAYS_KEPT, Used};
use domain::audit::Numbered;
use domain::clock::Date;
use domain::item::Item;
use domain::setting::Setting;
use domain::store::{Change, Snapshot, Store, StoreError, Unit, Work};

/// A store in memory. Clones share what they keep, as two starts of a server share a file.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<State>);

#[derive(Debug, Default)]
struct State {
    kept: Mutex<Snapshot>,
    audit: Mutex<Vec<Numbered>>,
    code_days: Mutex<BTreeMap<(CodeId, Date), Used>>,
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

    fn audit(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Numbered>, StoreError>> {
        let audit = self.0.audit.lock().unwrap_or_else(PoisonError::into_inner);
        let older = |entry: &&Numbered| before.is_none_or(|before| entry.number < before);
        let found = audit.iter().rev().filter(older).take(limit).cloned();
        Box::pin(ready(Ok(found.collect())))
    }

    fn code_days(&self, code: CodeId, from: Date) -> BoxFuture<'_, Result<Vec<Used>, StoreError>> {
        let days = self
            .0
            .code_days
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let asked = days
            .iter()
            .filter(|((of, day), _)| *of == code && *day >= from);
        Box::pin(ready(Ok(asked.map(|(_, used)| *used).collect())))
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
            self.0.write_down(&work);
            self.0.count_uses(&kept, &work);
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

impl State {
    fn count_uses(&self, kept: &Snapshot, work: &Work) {
        let mut days = self
            .code_days
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for change in &work.changes {
            if let Change::UsedCode { code, used, .. } = change {
                let day = days.entry((*code, used.day)).or_insert(Used {
                    opened: 0,
                    watched: std::time::Duration::ZERO,
                    ..*used
                });
                day.opened += used.opened;
                day.watched += used.watched;
                let first = used.day.before(DAYS_KEPT - 1);
                days.retain(|(of, day), _| of != code || *day >= first);
            }
        }
        days.retain(|(of, _), _| kept.codes.iter().any(|code| code.id == *of));
    }

    fn write_down(&self, work: &Work) {
        let mut audit = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
        for change in &work.changes {
            match change {
                Change::AddAudit(entry) => {
                    let number = audit.last().map_or(1, |last| last.number + 1);
                    audit.push(Numbered {
                        number,
                        entry: entry.clone(),
                    });
                }
                Change::DropAudit(before) => audit.retain(|kept| kept.entry.at >= *before),
                _ => {}
            }
        }
    }
}

fn apply(kept: &Snapshot, work: &Work) -> Result<Snapshot, StoreError> {
    let mut next = kept.clone();
    for change in &work.changes {
        apply_one(&mut next, change.clone())?;
    }
    next.users.sort_by_key(|row| row.user.id);
    next.links.sort_by_key(|link| link.user);
    next.logins.sort_by_key(|login| login.id);
    next.streams.sort_by_key(|stream| stream.id);
    next.keys.sort_by_key(|key| key.id);
    next.api_keys.sort_by_key(|key| key.id);
    next.stored.sort_by_key(|stored| stored.id);
    next.codes.sort_by_key(|code| code.id);
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
                row.password_hash = Some(password_hash);
            }
        }
        Change::SetLink(new) => {
            if next.users.iter().any(|row| row.user.id == new.user) {
                next.links.retain(|link| link.user != new.user);
                add(&mut next.links, new, |a, b| a.hash == b.hash)?;
            }
        }
        Change::DropLink(user) => next.links.retain(|link| link.user != user),
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
                stream.description = new.description;
                stream.sites = new.sites;
            }
        }
        Change::DeleteStream(id) => {
            next.streams.retain(|stream| stream.id != id);
            next.keys.retain(|key| key.stream != id);
            close(next, |item| *item == Item::Stream(id));
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
        Change::AddStored(new) => add(&mut next.stored, Arc::new(*new), |a, b| {
            a.id == b.id || (a.kind == b.kind && a.slug == b.slug)
        })?,
        Change::SetStored(new) => {
            if let Some(stored) = next.stored.iter_mut().find(|stored| stored.id == new.id) {
                *stored = Arc::new(*new);
            }
        }
        Change::DeleteStored(id) => {
            next.stored.retain(|stored| stored.id != id);
            close(next, |item| item.stored() == Some(id));
        }
        Change::AddCode(new) => add(&mut next.codes, *new, |a, b| a.id == b.id || a.tag == b.tag)?,
        Change::SetCode(new) => {
            if let Some(code) = next.codes.iter_mut().find(|code| code.id == new.id) {
                let (uses, last_used) = (code.uses, code.last_used);
                *code = *new;
                (code.uses, code.last_used) = (uses, last_used);
            }
        }
        Change::DeleteCode(id) => next.codes.retain(|code| code.id != id),
        Change::UsedCode { code, used, last } => {
            if let Some(code) = next.codes.iter_mut().find(|kept| kept.id == code) {
                code.uses += used.opened;
                code.last_used = last.or(code.last_used);
            }
        }
        Change::AddAudit(_) | Change::DropAudit(_) => {}
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

/// Codes open these items no more.
fn close(next: &mut Snapshot, is_gone: impl Fn(&Item) -> bool) {
    for code in &mut next.codes {
        code.items.retain(|item| !is_gone(item));
    }
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

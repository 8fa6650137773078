//! Access codes: made, recognised, listed, changed, deleted.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use crate::access_code::{
    self, Change as Edit, Code, DAYS_KEPT, DESCRIPTION_CHARS_MAX, ITEMS_MAX, NOTE_CHARS_MAX, New,
    PAGE_MAX, Page, Query, Refused, Shareable, Shown, Tag, TextError, Used, VIEWERS_MAX,
};
use crate::audit::By;
use crate::caller::{Caller, Subject};
use crate::clock::Time;
use crate::id::{CodeId, UserId};
use crate::item::{self, Guarded as _, Item, SITES_MAX, Site};
use crate::limit::block;
use crate::name::{self, NameError};
use crate::store::Change;
use crate::view::{self, Unopened};

use super::rights::{Rights, Standing};
use super::shelf::For;
use super::titles::Wanted;
use super::words::Words;
use super::{Catalogue, lock};

/// Codes that a user can have.
const PER_USER_MAX: usize = 10_000;

impl Catalogue {
    /// Makes a code for items that the caller owns: all of them or nothing.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn add_code(&self, caller: &Caller, new: New) -> Result<Shown, Refused> {
        let text = match &new.code {
            Some(text) => {
                access_code::check_chosen(text.expose())?;
                text.clone()
            }
            None => access_code::make(&*self.inner.ports.random),
        };
        let description = short(&new.description)?;
        let note = long(&new.note)?;
        check_bounds(new.viewers_max, &new.sites, new.starts, new.expires)?;
        let vault = &self.inner.ports.vault;
        let (tag, sealed) = (Tag(vault.tag(text.expose())), vault.seal(text.expose()));
        let (caller, random) = (caller.clone(), self.random());
        let code = self
            .write(By::from(&caller), move |rights, work, now| {
                let standing = rights.standing(&caller, now);
                let owner = match (new.owner, caller.subject) {
                    (Some(owner), Subject::Operator) => {
                        Some(rights.user(owner).ok_or(Refused::NotFound)?.user.id)
                    }
                    (Some(owner), _) if standing.user != Some(owner) => {
                        return Err(Refused::NotAllowed);
                    }
                    _ => standing.user,
                };
                let owner = owner
                    .filter(|_| standing.manages)
                    .ok_or(Refused::NotAllowed)?;
                let items = owned(rights, standing, owner, &new.items)?;
                if rights.code_by(tag).is_some() {
                    return Err(Refused::Taken);
                }
                if rights.codes().filter(|code| code.owner == owner).count() >= PER_USER_MAX {
                    return Err(Refused::TooMany {
                        what: "access codes of one person",
                        max: PER_USER_MAX,
                    });
                }
                let code = Code {
                    id: CodeId::new(&*random),
                    owner,
                    tag,
                    sealed,
                    is_chosen: new.code.is_some(),
                    description,
                    note,
                    items,
                    starts: new.starts,
                    expires: new.expires,
                    paused: None,
                    viewers_max: new.viewers_max,
                    sites: new.sites,
                    may_download: new.may_download,
                    created: now,
                    changed: now,
                    uses: 0,
                    last_used: None,
                };
                work.push(Change::AddCode(Box::new(code.clone())));
                Ok(code)
            })
            .await?;
        Ok(self.show(code))
    }

    /// The caller's codes, all of them for the operator; the newest first.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`] for strangers and keys without the scopes `read` and `manage`.
    pub fn list_codes(&self, caller: &Caller) -> Result<Vec<Shown>, Refused> {
        let mut codes: Vec<Code> = {
            let rights = self.rights();
            let theirs = theirs(&rights, caller, self.now())?;
            theirs.into_iter().cloned().collect()
        };
        codes.sort_by_key(place);
        Ok(codes.into_iter().map(|code| self.show(code)).collect())
    }

    /// Some of the caller's codes, the newest first. A cursor that is none leads to an empty page.
    ///
    /// # Errors
    /// As [`Catalogue::list_codes`].
    pub fn page_of_codes(&self, caller: &Caller, query: &Query) -> Result<Page, Refused> {
        let now = self.now();
        let limit = query.limit.clamp(1, PAGE_MAX);
        let (codes, more, of) = {
            let rights = self.rights();
            let mut codes = theirs(&rights, caller, now)?;
            let of = codes.len();
            if let Some(status) = query.status {
                codes.retain(|code| code.status(now) == status);
            }
            match query.cursor.as_deref().map(place_at) {
                Some(Some(after)) => codes.retain(|code| place(code) > after),
                Some(None) => codes.clear(),
                None => {}
            }
            let more = codes.len() > limit;
            codes.sort_unstable_by_key(|code| place(code));
            let codes: Vec<Code> = codes.into_iter().take(limit).cloned().collect();
            (codes, more, of)
        };
        let last = codes.last().filter(|_| more);
        Ok(Page {
            next_cursor: last.map(|last| format!("{}.{}", last.created.ms(), last.id)),
            codes: codes.into_iter().map(|code| self.show(code)).collect(),
            of,
        })
    }

    /// The caller's codes that open an item, the newest first.
    #[must_use]
    pub fn codes_for(&self, caller: &Caller, item: Item) -> Vec<Shown> {
        let mut codes: Vec<Code> = {
            let rights = self.rights();
            let standing = rights.standing(caller, self.now());
            let theirs = |code: &&Code| knows(standing) && is_theirs(code, caller, standing);
            rights.codes_of(item).filter(theirs).cloned().collect()
        };
        codes.sort_by_key(place);
        codes.into_iter().map(|code| self.show(code)).collect()
    }

    /// How many of the caller's codes open an item now.
    #[must_use]
    pub fn count_codes_for(&self, caller: &Caller, item: Item) -> usize {
        let now = self.now();
        let rights = self.rights();
        let standing = rights.standing(caller, now);
        let opens = |code: &&Code| {
            is_theirs(code, caller, standing) && rights.opens(code, item, now).is_ok()
        };
        let codes = rights.codes_of(item).filter(|_| knows(standing));
        codes.filter(opens).count()
    }

    /// One of the caller's codes, by its id.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub fn find_code(&self, caller: &Caller, id: CodeId) -> Result<Shown, Refused> {
        self.code_of(caller, id).map(|code| self.show(code))
    }

    /// One of the caller's codes as it is stored.
    fn code_of(&self, caller: &Caller, id: CodeId) -> Result<Code, Refused> {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        let found = rights
            .code(id)
            .filter(|code| knows(standing) && is_theirs(code, caller, standing));
        found.cloned().ok_or(Refused::NotFound)
    }

    /// Whether holders of a code may have files as they came, whoever asks: for those who were given leave by it.
    #[must_use]
    pub fn code_may_download(&self, id: CodeId) -> bool {
        self.rights().code(id).is_some_and(|code| code.may_download)
    }

    /// Sites that may show what a code opens in a frame, whoever asks; empty: as the item says.
    #[must_use]
    pub fn code_sites(&self, id: CodeId) -> Vec<Site> {
        let rights = self.rights();
        rights
            .code(id)
            .map(|code| code.sites.clone())
            .unwrap_or_default()
    }

    /// The id of one of the caller's codes, by its text.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub fn code_named(&self, caller: &Caller, text: &str) -> Result<CodeId, Refused> {
        let tag = self.tag_of(text).ok_or(Refused::NotFound)?;
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        rights
            .code_by(tag)
            .filter(|code| knows(standing) && is_theirs(code, caller, standing))
            .map(|code| code.id)
            .ok_or(Refused::NotFound)
    }

    /// What the caller can put into a code, by words in its title or name: `max` at most, streams before what is stored, and of that the
    /// newest first. Administrators find what belongs to nobody too.
    #[must_use]
    pub fn list_shareable(&self, caller: &Caller, words: &str, max: usize) -> Vec<Shareable> {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        let Some(user) = standing.user.filter(|_| standing.manages) else {
            return Vec::new();
        };
        let is_shared_by = |owner: Option<UserId>| match owner {
            Some(owner) => owner == user,
            None => standing.administers,
        };
        let words = Words::of(words);
        let streams = rights
            .streams_after("")
            .filter(|stream| is_shared_by(stream.owner))
            .filter(|stream| words.are_in(&stream.title, &stream.slug))
            .map(|stream| (item::Kind::Stream, &stream.slug, &stream.title));
        let whom = if standing.administers {
            For::Everything
        } else {
            For::Own(user)
        };
        let wanted = Wanted {
            words: &words,
            whom,
            kind: None,
            after: None,
        };
        let stored = rights
            .shelf()
            .titles()
            .find(&wanted)
            .filter_map(|(_, id)| rights.stored(id))
            .filter(|stored| is_shared_by(stored.owner))
            .map(|stored| (stored.item().kind(), &stored.slug, &stored.title));
        streams
            .chain(stored)
            .take(max)
            .map(|(kind, slug, title)| Shareable {
                name: item::Name {
                    kind,
                    slug: slug.clone(),
                },
                title: title.clone(),
            })
            .collect()
    }

    /// Changes a code. What it does not open any more ends at once for those who watch with it.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn update_code(
        &self,
        caller: &Caller,
        id: CodeId,
        edit: Edit,
    ) -> Result<Shown, Refused> {
        let description = edit.description.as_deref().map(short).transpose()?;
        let note = edit.note.as_deref().map(long).transpose()?;
        let caller = caller.clone();
        let code = self
            .write(By::from(&caller), move |rights, work, now| {
                let standing = rights.standing(&caller, now);
                let old = own(rights, &caller, standing, id)?;
                if edit.seen.is_some_and(|seen| seen != old.changed) {
                    return Err(Refused::Changed);
                }
                let mut new = old.clone();
                new.description = description.unwrap_or(new.description);
                new.note = note.unwrap_or(new.note);
                new.starts = edit.starts.unwrap_or(new.starts);
                new.expires = edit.expires.unwrap_or(new.expires);
                new.viewers_max = edit.viewers_max.unwrap_or(new.viewers_max);
                new.sites = edit.sites.unwrap_or(new.sites);
                new.may_download = edit.may_download.unwrap_or(new.may_download);
                if let Some(paused) = edit.paused {
                    new.paused = paused.then(|| old.paused.unwrap_or(now));
                }
                if let Some(items) = edit.items {
                    new.items = owned(rights, standing, old.owner, &items)?;
                }
                check_bounds(new.viewers_max, &new.sites, new.starts, new.expires)?;
                if new != *old {
                    new.changed = now.after(old.changed);
                    work.push(Change::SetCode(Box::new(new.clone())));
                }
                Ok(new)
            })
            .await?;
        Ok(self.show(code))
    }

    /// Deletes a code: whoever watches with it is cut off.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub async fn delete_code(&self, caller: &Caller, id: CodeId) -> Result<(), Refused> {
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            let standing = rights.standing(&caller, now);
            let id = own(rights, &caller, standing, id)?.id;
            work.push(Change::DeleteCode(id));
            Ok(())
        })
        .await
    }

    /// The code with this text that somebody at this address typed or brought. What we made is always heard: nobody guesses it. What an
    /// owner chose is heard only while few wrong ones came from there.
    pub(super) fn recognise(
        &self,
        text: &str,
        address: IpAddr,
        now: Time,
    ) -> Result<CodeId, view::Refused> {
        let text = text.trim();
        let from = block(address);
        let limit = &self.inner.limits.codes;
        let too_many = |empty: crate::limit::Empty| view::Refused::TooMany {
            retry_after_s: empty.retry_after_s,
        };
        if !access_code::is_made(text) {
            limit.look(from, now).map_err(too_many)?;
        }
        let tag = self.tag_of(text);
        let found = tag.and_then(|tag| self.rights().code_by(tag).map(|code| code.id));
        if let Some(id) = found {
            return Ok(id);
        }
        limit.look(from, now).map_err(too_many)?;
        limit.failed(from, tag.map(|tag| tag.0), now);
        Err(view::Refused::Code(Unopened::Unknown))
    }

    /// Remembers that something was opened with a code.
    pub(super) fn note_code(&self, code: CodeId, now: Time) {
        let mut uses = lock(&self.inner.code_uses);
        let (times, last) = uses.entry(code).or_insert((0, now));
        *times += 1;
        *last = now;
    }

    /// `None` for what cannot be a code, which is not worth hashing.
    fn tag_of(&self, text: &str) -> Option<Tag> {
        let fits = access_code::check_chosen(text) != Err(TextError::TooLong);
        fits.then(|| Tag(self.inner.ports.vault.tag(text)))
    }

    /// How codes were used since that was last taken, to be saved.
    pub(super) fn take_used_codes(&self) -> Vec<(CodeId, Used, Option<Time>)> {
        let mut opened = std::mem::take(&mut *lock(&self.inner.code_uses));
        let mut watched = self.inner.seats.take_watched();
        let day = self.now().date();
        let codes: BTreeSet<CodeId> = opened.keys().chain(watched.keys()).copied().collect();
        let used = |code| {
            let (times, last) = opened.remove(&code).unzip();
            let used = Used {
                day,
                opened: times.unwrap_or_default(),
                watched: watched.remove(&code).unwrap_or_default(),
            };
            (code, used, last)
        };
        codes.into_iter().map(used).collect()
    }

    /// How one of the caller's codes was used on each of the last [`DAYS_KEPT`] days, the last of which is today, UTC.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub async fn code_days(&self, caller: &Caller, id: CodeId) -> Result<Vec<Used>, Refused> {
        let _ = self.code_of(caller, id)?;
        let today = self.now().date();
        let first = today.before(DAYS_KEPT - 1);
        // What was not saved yet counts too. In the moment in which it is being saved it may be missing, or be told twice.
        let opened = lock(&self.inner.code_uses)
            .get(&id)
            .map_or(0, |(times, _)| *times);
        let watched = self.inner.seats.watched(id);
        let saved = self.inner.ports.store.code_days(id, first).await?;
        let day = |back| {
            let day = today.before(back);
            let found = saved.iter().find(|used| used.day == day);
            found.copied().unwrap_or(Used {
                day,
                opened: 0,
                watched: Duration::ZERO,
            })
        };
        let mut days: Vec<Used> = (0..DAYS_KEPT).rev().map(day).collect();
        if let Some(last) = days.last_mut() {
            last.opened = last.opened.saturating_add(opened);
            last.watched = last.watched.saturating_add(watched);
        }
        Ok(days)
    }

    fn show(&self, mut code: Code) -> Shown {
        let now = self.now();
        // Uses that were not saved yet are told too, or a code that was just tried would look untouched.
        if let Some((times, last)) = lock(&self.inner.code_uses).get(&code.id) {
            code.uses = code.uses.saturating_add(*times);
            code.last_used = Some(*last);
        }
        let items = {
            let rights = self.rights();
            let named = |item: &Item| {
                rights.guarded(*item).map(|seen| item::Name {
                    kind: item.kind(),
                    slug: seen.slug,
                })
            };
            code.items.iter().filter_map(named).collect()
        };
        Shown {
            text: self.inner.ports.vault.open(&code.sealed),
            items,
            status: code.status(now),
            watching: self.inner.seats.count(code.id, now),
            code,
        }
    }
}

/// Where a code stands in lists: the newest first.
fn place(code: &Code) -> (Reverse<Time>, CodeId) {
    (Reverse(code.created), code.id)
}

/// The place that a cursor names.
fn place_at(cursor: &str) -> Option<(Reverse<Time>, CodeId)> {
    let (created, id) = cursor.split_once('.')?;
    Some((
        Reverse(Time::from_ms(created.parse().ok()?)),
        id.parse().ok()?,
    ))
}

/// All of the caller's codes, in no order.
fn theirs<'a>(rights: &'a Rights, caller: &Caller, now: Time) -> Result<Vec<&'a Code>, Refused> {
    let standing = rights.standing(caller, now);
    if !knows(standing) || (standing.user.is_none() && caller.subject != Subject::Operator) {
        return Err(Refused::NotAllowed);
    }
    let theirs = |code: &&Code| is_theirs(code, caller, standing);
    Ok(rights.codes().filter(theirs).collect())
}

/// Whether they may be told of codes at all.
fn knows(standing: Standing) -> bool {
    standing.reads || standing.manages
}

fn is_theirs(code: &Code, caller: &Caller, standing: Standing) -> bool {
    caller.subject == Subject::Operator || standing.user == Some(code.owner)
}

/// The code, if the caller may change it.
fn own<'a>(
    rights: &'a Rights,
    caller: &Caller,
    standing: Standing,
    id: CodeId,
) -> Result<&'a Code, Refused> {
    let code = rights
        .code(id)
        .filter(|code| knows(standing) && is_theirs(code, caller, standing))
        .ok_or(Refused::NotFound)?;
    if standing.manages {
        Ok(code)
    } else {
        Err(Refused::NotAllowed)
    }
}

/// The items with these names, each once, if all of them are the owner's; those of nobody are administrators' to share.
fn owned(
    rights: &Rights,
    standing: Standing,
    owner: UserId,
    names: &[item::Name],
) -> Result<Vec<Item>, Refused> {
    if names.is_empty() {
        return Err(Refused::NoItems);
    }
    if names.len() > ITEMS_MAX {
        return Err(Refused::TooMany {
            what: "items in a code",
            max: ITEMS_MAX,
        });
    }
    let mut items = Vec::with_capacity(names.len());
    for name in names {
        let seen = rights
            .guarded_at(name.kind, &name.slug)
            .filter(|seen| {
                seen.owner == Some(owner) || (seen.owner.is_none() && standing.administers)
            })
            .ok_or_else(|| Refused::NotYours(name.clone()))?;
        if !items.contains(&seen.item) {
            items.push(seen.item);
        }
    }
    Ok(items)
}

fn check_bounds(
    viewers_max: Option<u32>,
    sites: &[Site],
    starts: Option<Time>,
    expires: Option<Time>,
) -> Result<(), Refused> {
    if viewers_max.is_some_and(|max| !(1..=VIEWERS_MAX).contains(&max)) {
        return Err(Refused::Viewers);
    }
    if sites.len() > SITES_MAX {
        return Err(Refused::TooMany {
            what: "sites",
            max: SITES_MAX,
        });
    }
    match (starts, expires) {
        (Some(starts), Some(expires)) if expires <= starts => Err(Refused::EndsBeforeStart),
        _ => Ok(()),
    }
}

/// A description; nothing is one too.
fn short(text: &str) -> Result<String, NameError> {
    match name::parse(text, DESCRIPTION_CHARS_MAX) {
        Err(NameError::Empty) => Ok(String::new()),
        other => other,
    }
}

fn long(text: &str) -> Result<String, NameError> {
    name::long(text, NOTE_CHARS_MAX).ok_or(NameError::TooLong {
        max: NOTE_CHARS_MAX,
    })
}

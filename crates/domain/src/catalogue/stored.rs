//! Stored items: brought, packaged, listed, changed, deleted.

use std::sync::Arc;

use crate::audit::By;
use crate::caller::Caller;
use crate::clock::Time;
use crate::id::{StoredId, UserId};
use crate::item::Item;
use crate::name::{self, TITLE_CHARS_MAX};
use crate::slug::{self, Slug};
use crate::store::Change;
use crate::stored::{
    self, CAPTIONS_MAX, Facts, Kind, New, Outcome, PAGE_MAX, Page, Query, Refused, State, Stored,
};

use super::Catalogue;
use super::rights::{Rights, Standing};
use super::shelf::{self, For};
use super::titles::Wanted;
use super::words::Words;

/// Stored items that a user can own; administrators are not bound.
const PER_USER_MAX: usize = 100_000;
/// Numbers that are tried to make a name free.
const NUMBERS_MAX: u32 = 10_000;

impl Catalogue {
    /// Whether the caller may bring files, before any of their bytes are taken; and whether the name they want is free.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub fn may_bring(
        &self,
        caller: &Caller,
        kind: Option<Kind>,
        slug: Option<&Slug>,
    ) -> Result<(), Refused> {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        if !standing.manages {
            return Err(Refused::NotAllowed);
        }
        check_room(&rights, standing, standing.user)?;
        let taken =
            |kind: &Kind| slug.is_some_and(|slug| rights.is_taken(kind.space(), slug.as_str()));
        // Without a kind it is known when the bytes are here; then one name space must be free.
        let is_taken = match kind {
            Some(kind) => taken(&kind),
            None => Kind::ALL.iter().all(taken),
        };
        if is_taken {
            Err(Refused::Taken)
        } else {
            Ok(())
        }
    }

    /// Makes an item whose bytes are here, and are looked at next.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn add_stored(&self, caller: &Caller, new: New) -> Result<Arc<Stored>, Refused> {
        let title = match &new.title {
            Some(title) => Some(name::parse(title, TITLE_CHARS_MAX)?),
            None => None,
        };
        let (caller, random) = (caller.clone(), self.random());
        self.write(By::from(&caller), move |rights, work, now| {
            let standing = rights.standing(&caller, now);
            if !standing.manages {
                return Err(Refused::NotAllowed);
            }
            let owner = rights.owner_of_new(&caller, standing, new.owner)?;
            check_room(rights, standing, owner)?;
            let slug = match new.slug {
                Some(slug) if rights.is_taken(new.kind.space(), slug.as_str()) => {
                    return Err(Refused::Taken);
                }
                Some(slug) => slug,
                None => {
                    let words = title.as_deref().map(slug::from_words);
                    let words = words.unwrap_or_else(|| slug::from_file_name(&new.file_name));
                    free_slug(rights, new.kind, &words)?
                }
            };
            let stored = Stored {
                id: StoredId::new(&*random),
                kind: new.kind,
                title: title.unwrap_or_else(|| slug.as_str().to_owned()),
                slug,
                description: String::new(),
                owner,
                visibility: new.visibility,
                created: now,
                changed: now,
                generation: 0,
                state: State::Processing,
                place: new.place,
                facts: Facts {
                    file_name: name::of_file(&new.file_name),
                    ..Facts::default()
                },
                poster: None,
                captions: Vec::new(),
                downloadable: false,
                sites: Vec::new(),
            };
            work.push(Change::AddStored(Box::new(stored.clone())));
            Ok(Arc::new(stored))
        })
        .await
    }

    /// What became of an item that was looked at. Does nothing for one that was deleted meanwhile, and answers `None`.
    ///
    /// # Errors
    /// [`Refused::Store`].
    pub async fn finish_stored(
        &self,
        id: StoredId,
        outcome: Outcome,
    ) -> Result<Option<Arc<Stored>>, Refused> {
        self.write(By::SERVER, move |rights, work, now| {
            let Some(old) = rights.stored(id) else {
                return Ok(None);
            };
            let mut new = Stored::clone(old);
            match outcome {
                Outcome::Ready { facts, has_poster } => {
                    new.facts = Facts {
                        file_name: std::mem::take(&mut new.facts.file_name),
                        ..facts
                    };
                    new.state = State::Ready;
                    new.poster = has_poster.then_some(now);
                }
                Outcome::Failed(why) => new.state = State::Failed(why),
            }
            new.changed = now.after(old.changed);
            work.push(Change::SetStored(Box::new(new.clone())));
            Ok(Some(Arc::new(new)))
        })
        .await
    }

    /// The items that stand in the caller's list, the newest first.
    #[must_use]
    pub fn list_stored(&self, caller: &Caller, query: &Query) -> Page {
        let limit = query.limit.clamp(1, PAGE_MAX);
        let mut rights = self.rights();
        let standing = rights.standing(caller, self.now());
        let empty = Page {
            items: Vec::new(),
            next_cursor: None,
        };
        let whom = match (query.own, standing.user) {
            (true, Some(user)) if standing.reads => For::Own(user),
            (true, _) => return empty,
            (false, _) if standing.reads && standing.administers => For::Everything,
            (false, Some(user)) if standing.reads => For::User(user),
            (false, _) => For::Anyone,
        };
        let after = match query.cursor.as_deref().map(shelf::read) {
            // What is no cursor is past the end, not the beginning: a loop over pages ends.
            Some(None) => return empty,
            Some(after) => after,
            None => None,
        };
        let words = Words::of(&query.words);
        let mut places: Vec<shelf::Place> = if words.split().is_none() {
            let listed = rights.shelf().list(whom, query.kind, after);
            listed.take(limit + 1).collect()
        } else {
            let titles = rights.shelf().titles().clone();
            // Whoever changes something need not wait for a search.
            drop(rights);
            let wanted = Wanted {
                words: &words,
                whom,
                kind: query.kind,
                after,
            };
            let found = titles.find(&wanted).take(limit + 1).collect();
            rights = self.rights();
            found
        };
        let more = places.split_off(limit.min(places.len()));
        let next_cursor = more.first().and(places.last()).copied().map(shelf::write);
        // What was changed while it was searched for is shown if it still may be.
        let items = places
            .iter()
            .filter_map(|(_, id)| rights.stored(*id))
            .filter(|stored| whom.sees_listed(stored.visibility, stored.owner));
        Page {
            items: items.cloned().collect(),
            next_cursor,
        }
    }

    /// The item, if the caller may see or manage it without a code.
    #[must_use]
    pub fn find_stored(&self, caller: &Caller, kind: Kind, slug: &Slug) -> Option<Arc<Stored>> {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        rights
            .stored_at(kind, slug)
            .filter(|stored| standing.may_know(&***stored))
            .cloned()
    }

    /// The item, whoever asks: for those who were given leave to see it, and for the work on it.
    #[must_use]
    pub fn stored(&self, id: StoredId) -> Option<Arc<Stored>> {
        self.rights().stored(id).cloned()
    }

    /// All items that are still being looked at, whoever asks: what a start takes up again.
    #[must_use]
    pub fn stored_in_work(&self) -> Vec<Arc<Stored>> {
        let rights = self.rights();
        rights.stored_in_work().cloned().collect()
    }

    /// All items that lie in a folder that somebody put there, whoever asks.
    #[must_use]
    pub fn stored_at_place(&self, place: &stored::Place) -> Option<Arc<Stored>> {
        let (stored::Place::Public(slug) | stored::Place::Private(slug)) = place else {
            return None;
        };
        // A folder's item has the folder's name.
        let rights = self.rights();
        let found = rights.stored_at(Kind::Video, slug);
        found.filter(|stored| stored.place == *place).cloned()
    }

    /// Whether the caller may change the item: its owner and administrators.
    #[must_use]
    pub fn may_manage_item(&self, caller: &Caller, item: Item) -> bool {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        rights
            .guarded(item)
            .is_some_and(|seen| standing.may_manage(&seen))
    }

    /// The item, if the caller may change it.
    ///
    /// # Errors
    /// [`Refused::NotAllowed`] for who may only see it, [`Refused::NotFound`] for all others.
    pub fn managed_stored(
        &self,
        caller: &Caller,
        kind: Kind,
        slug: &Slug,
    ) -> Result<Arc<Stored>, Refused> {
        managed(&self.rights(), caller, kind, slug, self.now()).cloned()
    }

    /// Changes an item. Another visibility makes all grants to it void, and its viewers are judged anew.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn update_stored(
        &self,
        caller: &Caller,
        kind: Kind,
        slug: &Slug,
        change: stored::Change,
    ) -> Result<Arc<Stored>, Refused> {
        let stored::Change {
            edit,
            downloadable,
            poster,
            captions,
        } = change;
        let edit = edit.checked()?;
        if captions
            .as_ref()
            .is_some_and(|all| all.len() > CAPTIONS_MAX)
        {
            return Err(Refused::TooMany {
                what: "captions",
                max: CAPTIONS_MAX,
            });
        }
        let (caller, slug) = (caller.clone(), slug.clone());
        self.write(By::from(&caller), move |rights, work, now| {
            let old = managed(rights, &caller, kind, &slug, now)?;
            let mut new = Stored::clone(old);
            edit.apply(&mut new)?;
            new.downloadable = downloadable.unwrap_or(new.downloadable);
            if let Some(mut captions) = captions {
                captions.sort_by(|a, b| a.language.cmp(&b.language));
                new.captions = captions;
            }
            if let Some(has_poster) = poster {
                new.poster = has_poster.then(|| now.after(old.poster.unwrap_or(old.created)));
            }
            if new != **old {
                new.changed = now.after(old.changed);
                work.push(Change::SetStored(Box::new(new.clone())));
            }
            Ok(Arc::new(new))
        })
        .await
    }

    /// Deletes an item: its viewers are cut off, and its files go.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub async fn delete_stored(
        &self,
        caller: &Caller,
        kind: Kind,
        slug: &Slug,
    ) -> Result<StoredId, Refused> {
        let (caller, slug) = (caller.clone(), slug.clone());
        self.write(By::from(&caller), move |rights, work, now| {
            let id = managed(rights, &caller, kind, &slug, now)?.id;
            work.push(Change::DeleteStored(id));
            Ok(id)
        })
        .await
    }
}

/// The item, if the caller may change it; who may only see it is told why not, others learn nothing.
fn managed<'a>(
    rights: &'a Rights,
    caller: &Caller,
    kind: Kind,
    slug: &Slug,
    now: Time,
) -> Result<&'a Arc<Stored>, Refused> {
    let standing = rights.standing(caller, now);
    let stored = rights
        .stored_at(kind, slug)
        .filter(|stored| standing.may_know(&***stored))
        .ok_or(Refused::NotFound)?;
    if standing.may_manage(&**stored) {
        Ok(stored)
    } else {
        Err(Refused::NotAllowed)
    }
}

fn check_room(rights: &Rights, standing: Standing, owner: Option<UserId>) -> Result<(), Refused> {
    let owned = owner.map_or(0, |owner| rights.shelf().count_of(owner));
    if !standing.administers && owned >= PER_USER_MAX {
        return Err(Refused::TooMany {
            what: "videos and images of one person",
            max: PER_USER_MAX,
        });
    }
    Ok(())
}

/// A name from words that is free: with a number where it must be.
fn free_slug(rights: &Rights, kind: Kind, stem: &str) -> Result<Slug, Refused> {
    let is_free = |slug: &Slug| !rights.is_taken(kind.space(), slug.as_str());
    let plain = Slug::parse(stem).ok().filter(is_free);
    if let Some(slug) = plain {
        return Ok(slug);
    }
    let stem: String = stem.chars().take(slug::CHARS_MAX - 6).collect();
    let stem = stem.trim_end_matches('-');
    let stem = if stem.is_empty() { kind.word() } else { stem };
    (2..NUMBERS_MAX)
        .filter_map(|number| Slug::parse(&format!("{stem}-{number}")).ok())
        .find(is_free)
        .ok_or(Refused::Taken)
}

//! Streams and their keys: made, found, changed, deleted.

use crate::audit::By;
use crate::caller::Caller;
use crate::clock::Time;
use crate::edit::Edit;
use crate::id::{KeyId, StreamId};
use crate::item::Space;
use crate::name::{self, NAME_CHARS_MAX, TITLE_CHARS_MAX};
use crate::random::Random;
use crate::secret::{Kind, Secret};
use crate::slug::Slug;
use crate::store::{Change, Work};
use crate::stream::{self, Key, MadeKey, New, OwnKeyError, Page, Refused, Stream};

use super::Catalogue;
use super::rights::Rights;
use super::words::Words;

/// Streams that a user can own; administrators are not bound.
const PER_USER_MAX: usize = 1_000;
/// Keys that a stream can have, without revoked ones.
const KEYS_MAX: usize = 50;
/// Revoked keys that are remembered for each stream; the one revoked first is forgotten.
const REVOKED_KEYS_MAX: usize = 100;
/// Streams on one page of a list.
pub const PAGE_MAX: usize = 200;

impl Catalogue {
    /// Makes a stream and its first key, whose secret is shown this once.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn add_stream(
        &self,
        caller: &Caller,
        new: New,
    ) -> Result<(Stream, MadeKey), Refused> {
        let title = match &new.title {
            Some(title) => name::parse(title, TITLE_CHARS_MAX)?,
            None => new.slug.as_str().to_owned(),
        };
        let (caller, random) = (caller.clone(), self.random());
        self.write(By::from(&caller), move |rights, work, now| {
            let standing = rights.standing(&caller, now);
            if !standing.manages {
                return Err(Refused::NotAllowed);
            }
            let owner = rights.owner_of_new(&caller, standing, new.owner)?;
            if rights.is_taken(Space::Watch, new.slug.as_str()) {
                return Err(Refused::Taken);
            }
            let owned = || {
                rights
                    .streams_after("")
                    .filter(|stream| stream.owner == owner)
                    .count()
            };
            if !standing.administers && owned() >= PER_USER_MAX {
                return Err(Refused::TooMany { max: PER_USER_MAX });
            }
            let stream = Stream {
                id: StreamId::new(&*random),
                slug: new.slug,
                title,
                owner,
                visibility: new.visibility,
                created: now,
                changed: now,
                generation: 0,
                description: String::new(),
                sites: Vec::new(),
            };
            work.push(Change::AddStream(stream.clone()));
            let secret = Secret::generate(Kind::StreamKey, &*random);
            let made = push_key(
                work,
                &*random,
                now,
                stream.id,
                "First key".to_owned(),
                secret,
            );
            Ok((stream, made))
        })
        .await
    }

    /// The streams that stand in the caller's list, in the order of their slugs, at most `limit` (1 to [`PAGE_MAX`])
    /// after `cursor`.
    #[must_use]
    pub fn list_streams(&self, caller: &Caller, cursor: Option<&str>, limit: usize) -> Page {
        self.find_streams(caller, "", cursor, limit)
    }

    /// The same, of those whose title or slug holds all of these words.
    #[must_use]
    pub fn find_streams(
        &self,
        caller: &Caller,
        words: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Page {
        let limit = limit.clamp(1, PAGE_MAX);
        let words = Words::of(words);
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        let mut listed = rights
            .streams_after(cursor.unwrap_or(""))
            .filter(|stream| standing.is_listed(*stream))
            .filter(|stream| words.are_in(&stream.title, &stream.slug));
        let streams: Vec<Stream> = listed.by_ref().take(limit).cloned().collect();
        let next_cursor = listed
            .next()
            .and_then(|_| streams.last())
            .map(|last| last.slug.to_string());
        Page {
            streams,
            next_cursor,
        }
    }

    /// The stream, whoever asks: for those who were given leave to see it.
    #[must_use]
    pub fn stream(&self, id: StreamId) -> Option<Stream> {
        self.rights().stream(id).cloned()
    }

    /// The streams that the caller owns, in the order of their slugs.
    #[must_use]
    pub fn list_own_streams(&self, caller: &Caller) -> Vec<Stream> {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        let owned = |stream: &&Stream| {
            standing.reads && standing.user.is_some() && stream.owner == standing.user
        };
        rights.streams_after("").filter(owned).cloned().collect()
    }

    /// The stream, if the caller may watch or manage it.
    #[must_use]
    pub fn find_stream(&self, caller: &Caller, slug: &Slug) -> Option<Stream> {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        rights
            .stream_at(slug.as_str())
            .filter(|stream| standing.may_know(*stream))
            .cloned()
    }

    /// The stream, if the caller may watch it; for telling how it stands. To play it takes [`Gatekeeper::admit_view`] and its grant.
    ///
    /// [`Gatekeeper::admit_view`]: crate::gate::Gatekeeper::admit_view
    #[must_use]
    pub fn find_watchable(&self, caller: &Caller, slug: &Slug) -> Option<Stream> {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        rights
            .stream_at(slug.as_str())
            .filter(|stream| standing.may_watch(*stream))
            .cloned()
    }

    /// Whether the caller may change the stream: its owner and administrators.
    #[must_use]
    pub fn may_manage(&self, caller: &Caller, stream: StreamId) -> bool {
        let rights = self.rights();
        let standing = rights.standing(caller, self.now());
        rights
            .stream(stream)
            .is_some_and(|stream| standing.may_manage(stream))
    }

    /// Whether the caller is a user in good standing, or speaks for one.
    #[must_use]
    pub fn is_somebody(&self, caller: &Caller) -> bool {
        let standing = self.rights().standing(caller, self.now());
        standing.user.is_some()
    }

    /// Whether the caller may bring files: a user in good standing by a login, or by an API key that manages.
    #[must_use]
    pub fn may_upload(&self, caller: &Caller) -> bool {
        let standing = self.rights().standing(caller, self.now());
        standing.manages && standing.user.is_some()
    }

    /// Whether the pages and figures of the whole server are the caller's to see.
    #[must_use]
    pub fn is_administrator(&self, caller: &Caller) -> bool {
        let standing = self.rights().standing(caller, self.now());
        standing.administers
    }

    /// Changes a stream. Another visibility makes all grants to it void, and its viewers are judged anew.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn update_stream(
        &self,
        caller: &Caller,
        slug: &Slug,
        edit: Edit,
    ) -> Result<Stream, Refused> {
        let edit = edit.checked()?;
        let (caller, slug) = (caller.clone(), slug.clone());
        self.write(By::from(&caller), move |rights, work, now| {
            let old = managed(rights, &caller, &slug, now)?;
            let mut new = old.clone();
            edit.apply(&mut new)?;
            if new != *old {
                new.changed = now.after(old.changed);
                work.push(Change::SetStream(new.clone()));
            }
            Ok(new)
        })
        .await
    }

    /// Deletes a stream with its keys; publishers and viewers are cut off.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub async fn delete_stream(&self, caller: &Caller, slug: &Slug) -> Result<(), Refused> {
        let (caller, slug) = (caller.clone(), slug.clone());
        self.write(By::from(&caller), move |rights, work, now| {
            let stream = managed(rights, &caller, &slug, now)?;
            work.push(Change::DeleteStream(stream.id));
            Ok(())
        })
        .await
    }

    /// Makes another key for a stream: from randomness, or the owner's own.
    ///
    /// # Errors
    /// [`Refused`] says what to change. An own key that is taken is refused as easy to guess: whose it is, is not told.
    pub async fn add_key(
        &self,
        caller: &Caller,
        slug: &Slug,
        name: &str,
        own: Option<Secret>,
    ) -> Result<MadeKey, Refused> {
        let name = name::parse(name, NAME_CHARS_MAX)?;
        let (caller, slug, random) = (caller.clone(), slug.clone(), self.random());
        let known = slug.clone();
        let result = self
            .write(By::from(&caller), move |rights, work, now| {
                let stream = managed(rights, &caller, &slug, now)?;
                if rights
                    .keys_of(stream.id)
                    .filter(|key| key.revoked.is_none())
                    .count()
                    >= KEYS_MAX
                {
                    return Err(Refused::TooMany { max: KEYS_MAX });
                }
                let secret = match own {
                    Some(own) => {
                        check_own_key(&own, &known)?;
                        if rights.key_by(own.hash()).is_some() {
                            return Err(OwnKeyError::WellKnown.into());
                        }
                        own
                    }
                    None => Secret::generate(Kind::StreamKey, &*random),
                };
                Ok(push_key(work, &*random, now, stream.id, name, secret))
            })
            .await;
        match result {
            Err(Refused::Taken) => Err(OwnKeyError::WellKnown.into()),
            result => result,
        }
    }

    /// Revokes a key; its publisher is cut off, and whoever sends it later is told its name and this moment.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub async fn revoke_key(&self, caller: &Caller, slug: &Slug, id: KeyId) -> Result<(), Refused> {
        let (caller, slug) = (caller.clone(), slug.clone());
        self.write(By::from(&caller), move |rights, work, now| {
            let stream = managed(rights, &caller, &slug, now)?;
            let key = rights
                .key(id)
                .filter(|key| key.stream == stream.id)
                .ok_or(Refused::NotFound)?;
            if key.revoked.is_some() {
                return Ok(());
            }
            push_revocation(rights, work, now, key);
            Ok(())
        })
        .await
    }

    /// Replaces a key by a new one of the same name; the old one is revoked in the same moment, and its publisher cut off.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there, revoked already, or not theirs.
    pub async fn rotate_key(
        &self,
        caller: &Caller,
        slug: &Slug,
        id: KeyId,
    ) -> Result<MadeKey, Refused> {
        let (caller, slug, random) = (caller.clone(), slug.clone(), self.random());
        self.write(By::from(&caller), move |rights, work, now| {
            let stream = managed(rights, &caller, &slug, now)?;
            let old = rights
                .key(id)
                .filter(|key| key.stream == stream.id && key.revoked.is_none())
                .ok_or(Refused::NotFound)?;
            let secret = Secret::generate(Kind::StreamKey, &*random);
            let made = push_key(work, &*random, now, stream.id, old.name.clone(), secret);
            push_revocation(rights, work, now, old);
            Ok(made)
        })
        .await
    }

    /// The keys of a stream, the newest first, revoked ones too.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it is not there or not theirs.
    pub fn list_keys(&self, caller: &Caller, slug: &Slug) -> Result<Vec<Key>, Refused> {
        let rights = self.rights();
        let stream = managed(&rights, caller, slug, self.now())?;
        let mut keys: Vec<Key> = rights.keys_of(stream.id).cloned().collect();
        keys.sort_by_key(|key| (std::cmp::Reverse(key.created), key.id));
        Ok(keys)
    }
}

/// The stream, if the caller may change it; who may only watch it is told why not, others learn nothing.
pub(super) fn managed<'a>(
    rights: &'a Rights,
    caller: &Caller,
    slug: &Slug,
    now: Time,
) -> Result<&'a Stream, Refused> {
    let standing = rights.standing(caller, now);
    let stream = rights
        .stream_at(slug.as_str())
        .filter(|stream| standing.may_know(*stream));
    let stream = stream.ok_or(Refused::NotFound)?;
    if standing.may_manage(stream) {
        Ok(stream)
    } else {
        Err(Refused::NotAllowed)
    }
}

fn push_key(
    work: &mut Work,
    random: &dyn Random,
    now: Time,
    stream: StreamId,
    name: String,
    secret: Secret,
) -> MadeKey {
    let key = Key {
        id: KeyId::new(random),
        stream,
        name,
        hash: secret.hash(),
        created: now,
        revoked: None,
        last_used: None,
    };
    work.push(Change::AddKey(key.clone()));
    MadeKey { key, secret }
}

/// Revokes a key, and forgets the one revoked first where too many are remembered.
fn push_revocation(rights: &Rights, work: &mut Work, now: Time, key: &Key) {
    work.push(Change::RevokeKey(key.id, now));
    let mut revoked: Vec<&Key> = rights
        .keys_of(key.stream)
        .filter(|key| key.revoked.is_some())
        .collect();
    revoked.sort_by_key(|key| std::cmp::Reverse(key.revoked));
    for oldest in revoked.into_iter().skip(REVOKED_KEYS_MAX - 1) {
        work.push(Change::DeleteKey(oldest.id));
    }
}

/// Keys that stand in manuals, examples and other people's configurations; in lower case.
const WELL_KNOWN: &[&str] = &[
    "supersecret123",
    "abc123",
    "password",
    "streamkey",
    "stream-key",
    "secret",
    "test",
    "admin",
    "changeme",
    "live",
];

/// Refuses a key of the owner's own that is short, would not survive an address, or is easy to guess.
fn check_own_key(own: &Secret, slug: &Slug) -> Result<(), OwnKeyError> {
    let text = own.expose();
    let folded = text.to_ascii_lowercase();
    // Told before the length: who tries `supersecret123` should not come back with `supersecret123supersecret123`.
    if WELL_KNOWN.contains(&folded.as_str()) {
        return Err(OwnKeyError::WellKnown);
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        return Err(OwnKeyError::Character);
    }
    if text.len() < stream::OWN_KEY_CHARS_MIN {
        return Err(OwnKeyError::TooShort);
    }
    if text.len() > stream::OWN_KEY_CHARS_MAX {
        return Err(OwnKeyError::TooLong);
    }
    // Repetitions of something well known, counted up, or of very few characters.
    let mut rest = folded.clone();
    if slug.as_str().len() >= 3 {
        rest = rest.replace(slug.as_str(), "");
    }
    for known in WELL_KNOWN {
        rest = rest.replace(known, "");
    }
    let mut distinct: Vec<u8> = folded.bytes().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if rest.len() < 8 || distinct.len() < 6 {
        Err(OwnKeyError::WellKnown)
    } else {
        Ok(())
    }
}

//! What is written down of changes: derived from the changes themselves, so that none is forgotten.

use crate::access_code::Code;
use crate::audit::{By, Entry, KEPT, Numbered, PAGE_MAX};
use crate::caller::Caller;
use crate::clock::Time;
use crate::id::{StreamId, UserId};
use crate::item::{Item, Visibility};
use crate::store::{Change, StoreError, Work};
use crate::stored::{State, Stored};
use crate::stream::Stream;

use super::Catalogue;
use super::rights::Rights;

/// Why what was written down is not shown.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is for administrators.
    #[error("this needs an administrator")]
    NotAllowed,
    /// The store did not answer.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Catalogue {
    /// What was changed, the newest first, before the entry with this number; at most `limit`, 1 to [`PAGE_MAX`]. For administrators.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn audit(
        &self,
        caller: &Caller,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Numbered>, Refused> {
        if !self.rights().standing(caller, self.now()).administers {
            return Err(Refused::NotAllowed);
        }
        let limit = limit.clamp(1, PAGE_MAX);
        Ok(self.inner.ports.store.audit(before, limit).await?)
    }

    /// Forgets what was written down longer ago than [`KEPT`]. Call it about once a day.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not take it.
    pub async fn drop_old_audit(&self) -> Result<(), StoreError> {
        self.write(By::SERVER, move |_, work, now| {
            let kept_ms = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
            work.push(Change::DropAudit(Time::from_ms(now.ms() - kept_ms)));
            Ok(())
        })
        .await
    }
}

/// What an entry says, apart from who and when.
struct Told {
    action: &'static str,
    subject: String,
    detail: String,
}

/// Adds an entry for each change of a unit that is worth one.
pub(super) fn write_down(rights: &Rights, by: &By, now: Time, work: &mut Work) {
    let told: Vec<Told> = work
        .changes
        .iter()
        .filter_map(|change| tell(rights, &work.changes, by, change))
        .collect();
    let name = by.user.and_then(|user| rights.user(user));
    let who = name.map_or(String::new(), |row| row.user.name.as_str().to_owned());
    for Told {
        action,
        subject,
        detail,
    } in told
    {
        work.push(Change::AddAudit(Entry {
            at: now,
            who: who.clone(),
            via: by.via,
            address: by.address.clone(),
            action: action.to_owned(),
            subject,
            detail,
        }));
    }
}

/// What a change of this unit is told as. What the unit itself adds is not among the rights yet.
fn tell(rights: &Rights, unit: &[Change], by: &By, change: &Change) -> Option<Told> {
    let told = |action, subject: String, detail: String| {
        Some(Told {
            action,
            subject,
            detail,
        })
    };
    let plain = |action, subject| told(action, subject, String::new());
    let person = |user: UserId| {
        let added = || {
            unit.iter().find_map(|change| match change {
                Change::AddUser(row) if row.user.id == user => Some(row),
                _ => None,
            })
        };
        let row = rights.user(user).or_else(added);
        row.map_or_else(|| user.to_string(), |row| row.user.name.as_str().to_owned())
    };
    match change {
        Change::AddUser(row) => told(
            "person.added",
            row.user.name.as_str().to_owned(),
            match row.password_hash {
                Some(_) => row.user.role.word().to_owned(),
                None => format!("{}, invited", row.user.role.word()),
            },
        ),
        Change::SetPassword { user, .. } => plain("person.password_set", person(*user)),
        // The one of an invitation is told with the person.
        Change::SetLink(link) => {
            rights.user(link.user)?;
            plain("person.link_made", person(link.user))
        }
        Change::SetDisabled {
            user,
            disabled: Some(_),
        } => plain("person.disabled", person(*user)),
        Change::SetDisabled {
            user,
            disabled: None,
        } => plain("person.enabled", person(*user)),
        Change::AddLogin(login) => plain("login.began", person(login.user)),
        // Those that ended by themselves are no change of anybody's.
        Change::DeleteLogin(id) if *by != By::SERVER => {
            let login = rights.login(*id)?;
            plain("login.ended", person(login.user))
        }
        Change::AddStream(stream) => told(
            "stream.added",
            format!("stream:{}", stream.slug),
            stream.visibility.word().to_owned(),
        ),
        Change::SetStream(stream) => told(
            "stream.changed",
            format!("stream:{}", stream.slug),
            stream_diff(rights.stream(stream.id)?, stream),
        ),
        Change::DeleteStream(id) => plain(
            "stream.deleted",
            format!("stream:{}", rights.stream(*id)?.slug),
        ),
        Change::AddKey(key) => told(
            "stream_key.added",
            stream_of(rights, unit, key.stream),
            key.name.clone(),
        ),
        Change::RevokeKey(id, _) => {
            let key = rights.key(*id)?;
            told(
                "stream_key.revoked",
                stream_of(rights, unit, key.stream),
                key.name.clone(),
            )
        }
        Change::AddApiKey(key) => told(
            "api_key.added",
            person(key.user),
            format!("{}: {}", key.name, key.scopes),
        ),
        Change::RevokeApiKey(id, _) => {
            let key = rights.api_key(*id)?;
            told("api_key.revoked", person(key.user), key.name.clone())
        }
        Change::SetSetting { name, value } => told(
            "setting.changed",
            name.clone(),
            value.clone().unwrap_or_else(|| "default".to_owned()),
        ),
        Change::AddStored(stored) => told(
            action_of(stored, "video.added", "image.added"),
            named(stored),
            stored.visibility.word().to_owned(),
        ),
        Change::SetStored(stored) => {
            let old = rights.stored(stored.id)?;
            told(
                action_of(stored, "video.changed", "image.changed"),
                named(stored),
                stored_diff(old, stored),
            )
        }
        Change::DeleteStored(id) => {
            let stored = rights.stored(*id)?;
            plain(
                action_of(stored, "video.deleted", "image.deleted"),
                named(stored),
            )
        }
        Change::AddCode(code) => told(
            "access_code.added",
            code.id.to_string(),
            opens(rights, code),
        ),
        Change::SetCode(code) => {
            let old = rights.code(code.id)?;
            told(
                "access_code.changed",
                code.id.to_string(),
                code_diff(rights, old, code),
            )
        }
        Change::DeleteCode(id) => {
            let code = rights.code(*id)?;
            told("access_code.deleted", id.to_string(), opens(rights, code))
        }
        Change::DeleteLogin(_)
        | Change::DropLink(_)
        | Change::SeenLogin(..)
        | Change::DeleteKey(_)
        | Change::UsedKey(..)
        | Change::DeleteApiKey(_)
        | Change::UsedApiKey(..)
        | Change::SetGrantKey(_)
        | Change::UsedCode { .. }
        | Change::AddAudit(_)
        | Change::DropAudit(_)
        | Change::LoggedIn(..) => None,
    }
}

/// The stream of a key, also where it is added in the same unit.
fn stream_of(rights: &Rights, unit: &[Change], id: StreamId) -> String {
    let added = || {
        unit.iter().find_map(|change| match change {
            Change::AddStream(stream) if stream.id == id => Some(stream),
            _ => None,
        })
    };
    let found = rights.stream(id).or_else(added);
    found.map_or(String::new(), |stream| format!("stream:{}", stream.slug))
}

fn action_of(stored: &Stored, video: &'static str, image: &'static str) -> &'static str {
    match stored.kind {
        crate::stored::Kind::Video => video,
        crate::stored::Kind::Image => image,
    }
}

fn named(stored: &Stored) -> String {
    format!("{}:{}", stored.kind.word(), stored.slug)
}

/// The names of what a code opens, the first few.
fn opens(rights: &Rights, code: &Code) -> String {
    /// Names that are told.
    const TOLD_MAX: usize = 10;
    let name = |item: &Item| {
        let seen = rights.guarded(*item)?;
        Some(format!("{}:{}", item.kind().word(), seen.slug))
    };
    let mut names: Vec<String> = code.items.iter().filter_map(name).take(TOLD_MAX).collect();
    if code.items.len() > TOLD_MAX {
        names.push("…".to_owned());
    }
    names.join(" ")
}

/// What differs, as words: names of fields, and the values of those that decide on access.
struct Diff(Vec<String>);

impl Diff {
    fn field(&mut self, name: &str, differs: bool) {
        if differs {
            self.0.push(name.to_owned());
        }
    }

    fn visibility(&mut self, old: Visibility, new: Visibility) {
        if old != new {
            let (old, new) = (old.word(), new.word());
            self.0.push(format!("visibility {old} to {new}"));
        }
    }

    fn text(self) -> String {
        self.0.join(", ")
    }
}

fn stream_diff(old: &Stream, new: &Stream) -> String {
    let mut diff = Diff(Vec::new());
    diff.visibility(old.visibility, new.visibility);
    diff.field("title", old.title != new.title);
    diff.field("description", old.description != new.description);
    diff.field("sites", old.sites != new.sites);
    diff.text()
}

fn stored_diff(old: &Stored, new: &Stored) -> String {
    let mut diff = Diff(Vec::new());
    diff.visibility(old.visibility, new.visibility);
    match &new.state {
        state if *state == old.state => {}
        State::Failed(why) => diff.0.push(format!("failed: {why}")),
        state => diff.0.push(state.word().to_owned()),
    }
    diff.field("title", old.title != new.title);
    diff.field("description", old.description != new.description);
    diff.field("sites", old.sites != new.sites);
    diff.field("download", old.downloadable != new.downloadable);
    diff.field("poster", old.poster != new.poster);
    diff.field("captions", old.captions != new.captions);
    diff.text()
}

fn code_diff(rights: &Rights, old: &Code, new: &Code) -> String {
    let mut diff = Diff(Vec::new());
    match (old.paused, new.paused) {
        (None, Some(_)) => diff.0.push("paused".to_owned()),
        (Some(_), None) => diff.0.push("resumed".to_owned()),
        _ => {}
    }
    if old.items != new.items {
        diff.0.push(format!("opens {}", opens(rights, new)));
    }
    diff.field("description", old.description != new.description);
    diff.field("note", old.note != new.note);
    diff.field("starts", old.starts != new.starts);
    diff.field("ends", old.expires != new.expires);
    diff.field("viewers", old.viewers_max != new.viewers_max);
    diff.field("sites", old.sites != new.sites);
    diff.field("download", old.may_download != new.may_download);
    diff.text()
}

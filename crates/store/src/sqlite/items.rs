//! Stored items, of which there are many more than of all else.
//!
//! They are fetched a few hundred at a time, as one text of JSON: SQLite is asked for 24 values an item, and a row of its own for each of
//! them would cost two copies and two allocations a value on their way out of the connection's thread.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use domain::clock::Time;
use domain::item::{Site, Visibility};
use domain::slug::Slug;
use domain::store::StoreError;
use domain::stored::{Caption, Facts, Kind, Place, State, Stored, StoredId};
use domain::user::UserId;
use serde::Deserialize;
use sqlx::{SqliteConnection, query_scalar};

use super::failed;

/// Items of one text: some hundred kilobytes of it.
const AT_ONCE: usize = 512;

/// The items after the one with this id, in the order of [`Row`]'s fields.
const NEXT: &str = "SELECT json_group_array(json_array(id, kind, slug, title, description, owner, visibility, created, changed, \
     generation, state, reason, place, bytes, duration_ms, width, height, codecs, form, file_name, has_original, poster, downloadable, \
     sites)) FROM (SELECT * FROM stored WHERE id > $1 ORDER BY id LIMIT $2)";

/// All of them, in the order of their ids.
pub(super) async fn all(
    at: &mut SqliteConnection,
    mut captions: HashMap<StoredId, Vec<Caption>>,
) -> Result<Vec<Arc<Stored>>, StoreError> {
    let mut all = Vec::new();
    let mut last = i64::MIN;
    loop {
        let next = query_scalar(NEXT).bind(last).bind(AT_ONCE as i64);
        let text: String = next.fetch_one(&mut *at).await.map_err(failed)?;
        let rows: Vec<Row<'_>> = serde_json::from_str(&text).map_err(|_| corrupt("a row"))?;
        let Some(highest) = rows.iter().map(|row| row.id).max() else {
            break;
        };
        last = highest;
        for row in rows {
            let mut stored = row.read()?;
            stored.captions = captions.remove(&stored.id).unwrap_or_default();
            all.push(Arc::new(stored));
        }
    }
    // An aggregate promises no order.
    all.sort_unstable_by_key(|stored| stored.id);
    Ok(all)
}

/// One item as SQLite tells it; times are milliseconds, flags 0 and 1.
#[derive(Deserialize)]
struct Row<'a> {
    id: i64,
    kind: Cow<'a, str>,
    slug: Cow<'a, str>,
    title: String,
    description: String,
    owner: Option<u64>,
    visibility: Cow<'a, str>,
    created: i64,
    changed: i64,
    generation: u32,
    state: Cow<'a, str>,
    reason: Cow<'a, str>,
    place: Cow<'a, str>,
    bytes: u64,
    duration_ms: u64,
    width: u32,
    height: u32,
    codecs: String,
    form: String,
    file_name: String,
    has_original: u8,
    poster: Option<i64>,
    downloadable: u8,
    sites: Cow<'a, str>,
}

impl Row<'_> {
    /// The item without its captions.
    fn read(self) -> Result<Stored, StoreError> {
        let state = match &*self.state {
            "processing" => Some(State::Processing),
            "ready" => Some(State::Ready),
            "failed" => Some(State::Failed(self.reason.into_owned())),
            _ => None,
        };
        let id = u64::try_from(self.id).ok();
        let sites = self
            .sites
            .lines()
            .map(|line| known(Site::parse(line).ok(), "a site"));
        Ok(Stored {
            id: StoredId::from_number(known(id, "an id")?),
            kind: known(Kind::find(&self.kind), "a kind")?,
            slug: known(Slug::parse(&self.slug).ok(), "a slug")?,
            title: self.title,
            description: self.description,
            owner: self.owner.map(UserId::from_number),
            visibility: known(Visibility::find(&self.visibility), "a visibility")?,
            created: Time::from_ms(self.created),
            changed: Time::from_ms(self.changed),
            generation: self.generation,
            state: known(state, "a state")?,
            place: known(self.place.parse::<Place>().ok(), "a place")?,
            facts: Facts {
                bytes: self.bytes,
                duration_ms: self.duration_ms,
                width: self.width,
                height: self.height,
                codecs: self.codecs,
                form: self.form,
                file_name: self.file_name,
                has_original: self.has_original != 0,
            },
            poster: self.poster.map(Time::from_ms),
            captions: Vec::new(),
            downloadable: self.downloadable != 0,
            sites: sites.collect::<Result<_, _>>()?,
        })
    }
}

fn known<T>(value: Option<T>, what: &'static str) -> Result<T, StoreError> {
    value.ok_or_else(|| corrupt(what))
}

fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt {
        table: "stored",
        what,
    }
}

//! Stored items in the order in which they are listed, the newest first, by who may see them listed: so that a page costs what it shows,
//! however many items there are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::sync::Arc;

use crate::clock::Time;
use crate::id::{StoredId, UserId};
use crate::item::Visibility;
use crate::stored::{Kind, Stored};

use super::titles::Titles;

/// A place in the order: the newest first, and items of one moment by their ids.
pub(super) type Place = (Reverse<i64>, StoredId);

/// Items that are listed for the same people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// All there are.
    All,
    /// Public ones.
    Public,
    /// Those of members.
    Members,
    /// Those of one user.
    Of(UserId),
}

/// All stored items by class, and their titles to be searched.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    rows: BTreeMap<(Kind, Class), BTreeSet<Place>>,
    titles: Titles,
}

/// For whom to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Whoever may see everything.
    Everything,
    /// Anyone, with what is public alone.
    Anyone,
    /// This user: with what is public, for members, or their own.
    User(UserId),
    /// This user's own alone.
    Own(UserId),
}

impl For {
    /// Whether what is this visible, and theirs, stands in the list.
    pub fn sees_listed(self, visibility: Visibility, owner: Option<UserId>) -> bool {
        let class = class_of(visibility);
        match self {
            Self::Everything => true,
            Self::Anyone => class == Some(Class::Public),
            Self::User(user) => class.is_some() || owner == Some(user),
            Self::Own(user) => owner == Some(user),
        }
    }
}

impl Shelf {
    /// Of all items, in the order of their places.
    pub fn of(ordered: &[Arc<Stored>]) -> Self {
        let mut rows: BTreeMap<_, Vec<Place>> = BTreeMap::new();
        for stored in ordered {
            for class in classes(stored) {
                rows.entry((stored.kind, class))
                    .or_default()
                    .push(place(stored));
            }
        }
        // A set that is made of a whole row is full, one that grows is half empty.
        let rows = rows.into_iter();
        Self {
            rows: rows
                .map(|(key, row)| (key, row.into_iter().collect()))
                .collect(),
            titles: Titles::of(ordered.iter().map(|stored| &**stored)),
        }
    }

    /// What is searched.
    pub fn titles(&self) -> &Titles {
        &self.titles
    }

    pub fn put(&mut self, stored: &Stored) {
        for class in classes(stored) {
            let row = self.rows.entry((stored.kind, class)).or_default();
            row.insert(place(stored));
        }
        self.titles.put(stored);
    }

    pub fn take(&mut self, stored: &Stored) {
        for class in classes(stored) {
            let key = (stored.kind, class);
            if let Some(row) = self.rows.get_mut(&key) {
                row.remove(&place(stored));
                if row.is_empty() {
                    self.rows.remove(&key);
                }
            }
        }
        self.titles.take(stored);
    }

    /// How many items this user owns.
    pub fn count_of(&self, user: UserId) -> usize {
        Kind::ALL
            .iter()
            .filter_map(|kind| self.rows.get(&(*kind, Class::Of(user))))
            .map(BTreeSet::len)
            .sum()
    }

    /// What is listed for somebody after a place, in order, each once.
    pub fn list(
        &self,
        whom: For,
        kind: Option<Kind>,
        after: Option<Place>,
    ) -> impl Iterator<Item = Place> {
        use std::ops::Bound::{Excluded, Unbounded};
        let classes: &[Class] = match whom {
            For::Everything => &[Class::All],
            For::Anyone => &[Class::Public],
            For::User(user) => &[Class::Public, Class::Members, Class::Of(user)],
            For::Own(user) => &[Class::Of(user)],
        };
        let from = after.map_or(Unbounded, Excluded);
        let mut rows = Vec::new();
        for kind in Kind::ALL
            .into_iter()
            .filter(|each| kind.is_none_or(|kind| kind == *each))
        {
            for class in classes {
                if let Some(row) = self.rows.get(&(kind, *class)) {
                    rows.push(row.range((from, Unbounded)).copied().peekable());
                }
            }
        }
        Merged { rows }
    }
}

/// Rows in order as one row in order; what stands in several comes once.
struct Merged<I: Iterator<Item = Place>> {
    rows: Vec<Peekable<I>>,
}

impl<I: Iterator<Item = Place>> Iterator for Merged<I> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let first = self
            .rows
            .iter_mut()
            .filter_map(|row| row.peek().copied())
            .min()?;
        for row in &mut self.rows {
            row.next_if_eq(&first);
        }
        Some(first)
    }
}

fn classes(stored: &Stored) -> impl Iterator<Item = Class> {
    let listed = class_of(stored.visibility);
    [Some(Class::All), listed, stored.owner.map(Class::Of)]
        .into_iter()
        .flatten()
}

/// For whom else it is listed than its owner and administrators.
fn class_of(visibility: Visibility) -> Option<Class> {
    match visibility {
        Visibility::Public => Some(Class::Public),
        Visibility::Members => Some(Class::Members),
        Visibility::Unlisted | Visibility::Private => None,
    }
}

/// Where an item stands.
pub(super) fn place(stored: &Stored) -> Place {
    (Reverse(stored.created.ms()), stored.id)
}

/// A place as text for a cursor.
pub(super) fn write((Reverse(created), id): Place) -> String {
    format!("{created:x}-{id}")
}

/// The place that a cursor says; `None` for any other text.
pub(super) fn read(cursor: &str) -> Option<Place> {
    let (created, id) = cursor.split_once('-')?;
    let created = i64::from_str_radix(created, 16).ok()?;
    Some((Reverse(Time::from_ms(created).ms()), id.parse().ok()?))
}

//! Stored items in the order in which they are listed, the newest first, by who may see them listed: so that a page costs what it shows,
//! however many items there are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use crate::clock::Time;
use crate::id::{StoredId, UserId};
use crate::item::Visibility;
use crate::stored::{Kind, Stored};

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

/// All stored items by class.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<(Kind, Class), BTreeSet<Place>>);

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

impl Shelf {
    pub fn put(&mut self, stored: &Stored) {
        for class in classes(stored) {
            let row = self.0.entry((stored.kind, class)).or_default();
            row.insert(place(stored));
        }
    }

    pub fn take(&mut self, stored: &Stored) {
        for class in classes(stored) {
            let key = (stored.kind, class);
            if let Some(row) = self.0.get_mut(&key) {
                row.remove(&place(stored));
                if row.is_empty() {
                    self.0.remove(&key);
                }
            }
        }
    }

    /// How many items this user owns.
    pub fn count_of(&self, user: UserId) -> usize {
        Kind::ALL
            .iter()
            .filter_map(|kind| self.0.get(&(*kind, Class::Of(user))))
            .map(BTreeSet::len)
            .sum()
    }

    /// What is listed for somebody after a place, in order, each once.
    pub fn list(
        &self,
        whom: For,
        kind: Option<Kind>,
        after: Option<Place>,
    ) -> impl Iterator<Item = StoredId> {
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
                if let Some(row) = self.0.get(&(kind, *class)) {
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
    type Item = StoredId;

    fn next(&mut self) -> Option<StoredId> {
        let first = self
            .rows
            .iter_mut()
            .filter_map(|row| row.peek().copied())
            .min()?;
        for row in &mut self.rows {
            row.next_if_eq(&first);
        }
        Some(first.1)
    }
}

fn classes(stored: &Stored) -> impl Iterator<Item = Class> {
    let listed = match stored.visibility {
        Visibility::Public => Some(Class::Public),
        Visibility::Members => Some(Class::Members),
        Visibility::Unlisted | Visibility::Private => None,
    };
    [Some(Class::All), listed, stored.owner.map(Class::Of)]
        .into_iter()
        .flatten()
}

/// Where an item stands.
pub(super) fn place(stored: &Stored) -> Place {
    (Reverse(stored.created.ms()), stored.id)
}

/// A place as text for a cursor.
pub(super) fn write(stored: &Stored) -> String {
    format!("{:x}-{}", stored.created.ms(), stored.id)
}

/// The place that a cursor says; `None` for any other text.
pub(super) fn read(cursor: &str) -> Option<Place> {
    let (created, id) = cursor.split_once('-')?;
    let created = i64::from_str_radix(created, 16).ok()?;
    Some((Reverse(Time::from_ms(created).ms()), id.parse().ok()?))
}

//! Items of every kind alike: what they are called, and what decides on who may see them.

use crate::id::UserId;
use crate::item::{self, Guarded, Item, Space};
use crate::slug::Slug;
use crate::stream::Visibility;

use super::Rights;

/// What decides on who may see an item, apart from the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::catalogue) struct Seen {
    pub item: Item,
    pub slug: Slug,
    pub owner: Option<UserId>,
    pub visibility: Visibility,
    pub generation: u32,
}

impl Seen {
    fn of(item: &impl Guarded) -> Self {
        Self {
            item: item.item(),
            slug: item.slug().clone(),
            owner: item.owner(),
            visibility: item.visibility(),
            generation: item.generation(),
        }
    }
}

impl Guarded for Seen {
    fn item(&self) -> Item {
        self.item
    }

    fn slug(&self) -> &Slug {
        &self.slug
    }

    fn owner(&self) -> Option<UserId> {
        self.owner
    }

    fn visibility(&self) -> Visibility {
        self.visibility
    }

    fn generation(&self) -> u32 {
        self.generation
    }
}

impl Rights {
    /// What an item is called, and who may see it.
    pub fn guarded(&self, item: Item) -> Option<Seen> {
        match item {
            Item::Stream(id) => self.stream(id).map(Seen::of),
            Item::Video(id) | Item::Image(id) => self.stored(id).map(|stored| Seen::of(&**stored)),
        }
    }

    /// The same, by its name.
    pub fn guarded_at(&self, kind: item::Kind, slug: &Slug) -> Option<Seen> {
        match kind.stored() {
            None => self.stream_at(slug.as_str()).map(Seen::of),
            Some(kind) => self.stored_at(kind, slug).map(|stored| Seen::of(&**stored)),
        }
    }

    /// What has this name in a name space.
    pub fn guarded_in(&self, space: Space, slug: &Slug) -> Option<Seen> {
        match space {
            Space::Watch => self
                .guarded_at(item::Kind::Stream, slug)
                .or_else(|| self.guarded_at(item::Kind::Video, slug)),
            Space::Images => self.guarded_at(item::Kind::Image, slug),
        }
    }

    /// Whether a name is in use. What is not a slug is not.
    pub fn is_taken(&self, space: Space, slug: &str) -> bool {
        Slug::parse(slug).is_ok_and(|slug| self.guarded_in(space, &slug).is_some())
    }
}

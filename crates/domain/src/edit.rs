//! What is changed of items of every kind alike: one set of rules, and one way to follow it.

use crate::clock::Time;
use crate::item::{Guarded, SITES_MAX, Site};
use crate::name::{self, NameError, TITLE_CHARS_MAX};
use crate::stream::Visibility;

/// Longest description of an item, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 5_000;

/// What to change of an item; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Its new name for people.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Who may see it from now on.
    pub visibility: Option<Visibility>,
    /// Sites that may show it in a frame; empty: any.
    pub sites: Option<Vec<Site>>,
    /// The `changed` that the caller saw; another one is refused.
    pub seen: Option<Time>,
}

/// Why a change cannot be made, whatever the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Title(NameError),
    /// It is longer than [`DESCRIPTION_CHARS_MAX`].
    Description,
    /// There are more than [`SITES_MAX`].
    Sites,
    /// Somebody changed it meanwhile.
    Seen,
}

/// What an [`Edit`] is made to.
pub(crate) trait Editable: Guarded {
    /// When it was last changed.
    fn changed(&self) -> Time;
    fn fields(&mut self) -> Fields<'_>;
}

/// The fields of an item that an [`Edit`] is about.
pub(crate) struct Fields<'a> {
    pub title: &'a mut String,
    pub description: &'a mut String,
    pub visibility: &'a mut Visibility,
    pub generation: &'a mut u32,
    pub sites: &'a mut Vec<Site>,
}

impl Edit {
    /// The same with its texts as they are stored.
    pub(crate) fn checked(self) -> Result<Self, Wrong> {
        let title = self
            .title
            .map(|title| name::parse(&title, TITLE_CHARS_MAX))
            .transpose()
            .map_err(Wrong::Title)?;
        let description = self
            .description
            .map(|text| name::long(&text, DESCRIPTION_CHARS_MAX).ok_or(Wrong::Description))
            .transpose()?;
        if self.sites.as_ref().is_some_and(|all| all.len() > SITES_MAX) {
            return Err(Wrong::Sites);
        }
        Ok(Self {
            title,
            description,
            ..self
        })
    }

    /// Follows it. Another visibility makes all grants to the item void.
    pub(crate) fn apply(self, to: &mut impl Editable) -> Result<(), Wrong> {
        if self.seen.is_some_and(|seen| seen != to.changed()) {
            return Err(Wrong::Seen);
        }
        let fields = to.fields();
        if let Some(title) = self.title {
            *fields.title = title;
        }
        if let Some(description) = self.description {
            *fields.description = description;
        }
        if let Some(sites) = self.sites {
            *fields.sites = sites;
        }
        if let Some(visibility) = self.visibility.filter(|new| *new != *fields.visibility) {
            *fields.visibility = visibility;
            *fields.generation = fields.generation.wrapping_add(1);
        }
        Ok(())
    }
}

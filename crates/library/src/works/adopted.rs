//! Folders of prepared HLS that somebody put into the storage.

use std::sync::Arc;

use domain::{
    caller::Caller,
    item::Visibility,
    slug::Slug,
    stored::{self, Kind, New, Outcome, Place, State, Stored},
};

use super::{Refused, Works, blocking, blocking_with, facts_of, place_of};
use crate::video::{self, adopt};

/// What became of a folder that somebody put into the storage.
#[derive(Debug)]
pub struct Scanned {
    /// The folder's name, with where it lies: `public/course`.
    pub folder: String,
    /// The item; or why there is none.
    pub result: Result<Arc<Stored>, Refused>,
    /// Whether it is new.
    pub is_new: bool,
}

impl Works {
    /// Makes items of the folders in `public/` and `private/` that are none yet, one after another, whoever else scans meanwhile.
    ///
    /// # Errors
    /// Where the folders cannot be listed.
    pub async fn scan(&self) -> Result<Vec<Scanned>, Refused> {
        let storage = self.inner.options.storage.clone();
        let found = blocking(move || adopt::scan(&storage)).await?;
        let mut all = Vec::new();
        for folder in found {
            let name = folder.place.to_string();
            let scanned = match self.adopt(folder).await {
                Ok((item, is_new)) => Scanned {
                    folder: name,
                    result: Ok(item),
                    is_new,
                },
                Err(refused) => Scanned {
                    folder: name,
                    result: Err(refused),
                    is_new: false,
                },
            };
            all.push(scanned);
        }
        Ok(all)
    }

    async fn adopt(&self, found: adopt::Found) -> Result<(Arc<Stored>, bool), Refused> {
        let slug = Slug::parse(&found.slug_text).map_err(stored::Refused::Slug)?;
        // The folder is opened by this name, which a slug would fold.
        if slug.as_str() != found.slug_text {
            let words = "Write the folder's name in small letters.";
            return Err(Refused::Unusable(words.to_owned()));
        }
        let (place, visibility) = match found.visibility {
            video::place::Visibility::Public => (Place::Public(slug.clone()), Visibility::Public),
            video::place::Visibility::Private => {
                (Place::Private(slug.clone()), Visibility::Private)
            }
        };
        let _turn = self.inner.adopting.lock().await;
        let known = self.inner.catalogue.stored_at_place(&place);
        let adopted = blocking_with(move || Ok(adopt::look(&found.folder)?)).await?;
        let outcome = Outcome::Ready {
            facts: facts_of(&adopted.facts),
            has_poster: false,
        };
        let (item, is_new) = match known {
            Some(item) if item.state == State::Ready && item.facts.bytes == adopted.facts.bytes => {
                return Ok((item, false));
            }
            Some(item) => (item, false),
            None => {
                let new = New {
                    kind: Kind::Video,
                    title: Some(slug.as_str().to_owned()),
                    slug: Some(slug),
                    visibility,
                    owner: None,
                    place,
                    file_name: String::new(),
                };
                let operator = Caller::operator();
                let added = self.inner.catalogue.add_stored(&operator, new).await?;
                (added, true)
            }
        };
        self.inner.shelf.forget(&place_of(&item));
        let finished = self.finish(item.id, outcome).await?;
        let item = finished.ok_or(Refused::Item(stored::Refused::NotFound))?;
        Ok((item, is_new))
    }
}

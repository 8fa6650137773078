//! What lies beside a video and can be changed: its poster and its captions.

use std::{fs, sync::Arc};

use bytes::Bytes;
use domain::{
    caller::Caller,
    slug::Slug,
    stored::{self, Caption, Kind, Stored},
};

use super::{Refused, Works, blocking, blocking_with, refused::failed};
use crate::{
    captions::{Captions, Label, Language},
    files,
};

/// Captions that somebody brought.
#[derive(Clone, Debug)]
pub struct NewCaptions {
    /// In which language.
    pub language: Language,
    /// What players call them.
    pub label: Label,
    /// Whether players show them unless told otherwise.
    pub is_default: bool,
    /// `WebVTT` or `SubRip`, as it came.
    pub text: Bytes,
}

impl Works {
    /// Sets a video's poster: any picture that could be an image here.
    ///
    /// # Errors
    /// [`Refused`] says what is wrong with it.
    pub async fn set_poster(
        &self,
        caller: &Caller,
        slug: &Slug,
        picture: Bytes,
    ) -> Result<Arc<Stored>, Refused> {
        let catalogue = &self.inner.catalogue;
        let stored = catalogue.managed_stored(caller, Kind::Video, slug)?;
        let folder = self.folder(stored.id);
        self.inner.studio.poster(picture, folder).await?;
        let change = stored::Change {
            poster: Some(true),
            ..stored::Change::default()
        };
        Ok(catalogue
            .update_stored(caller, Kind::Video, slug, change)
            .await?)
    }

    /// Gives a video captions in a language, in the place of those that it has in it.
    ///
    /// # Errors
    /// [`Refused`] says what is wrong with them.
    pub async fn set_captions(
        &self,
        caller: &Caller,
        slug: &Slug,
        new: NewCaptions,
    ) -> Result<Arc<Stored>, Refused> {
        let catalogue = &self.inner.catalogue;
        let stored = catalogue.managed_stored(caller, Kind::Video, slug)?;
        let language = new.language.as_str().to_owned();
        let folder = self.folder(stored.id);
        let name = captions_file(&language);
        blocking_with(move || {
            let text = Captions::read(&new.text)?.render();
            files::put(&folder, &[(&name, text.as_bytes())]).map_err(failed)
        })
        .await?;
        let mut all: Vec<Caption> = stored.captions.clone();
        all.retain(|caption| caption.language != language);
        if new.is_default {
            for caption in &mut all {
                caption.is_default = false;
            }
        }
        all.push(Caption {
            language,
            label: new.label.as_str().to_owned(),
            is_default: new.is_default,
        });
        self.change_captions(caller, slug, all).await
    }

    /// Takes a video's captions in a language away.
    ///
    /// # Errors
    /// [`stored::Refused::NotFound`] where there are none.
    pub async fn remove_captions(
        &self,
        caller: &Caller,
        slug: &Slug,
        language: &str,
    ) -> Result<Arc<Stored>, Refused> {
        let stored = self
            .inner
            .catalogue
            .managed_stored(caller, Kind::Video, slug)?;
        let mut all = stored.captions.clone();
        all.retain(|caption| caption.language != language);
        if all.len() == stored.captions.len() {
            return Err(stored::Refused::NotFound.into());
        }
        let path = self.folder(stored.id).join(captions_file(language));
        let changed = self.change_captions(caller, slug, all).await?;
        let _ = blocking(move || fs::remove_file(path)).await;
        Ok(changed)
    }

    async fn change_captions(
        &self,
        caller: &Caller,
        slug: &Slug,
        captions: Vec<Caption>,
    ) -> Result<Arc<Stored>, Refused> {
        let change = stored::Change {
            captions: Some(captions),
            ..stored::Change::default()
        };
        let catalogue = &self.inner.catalogue;
        Ok(catalogue
            .update_stored(caller, Kind::Video, slug, change)
            .await?)
    }
}

/// Name of the file of captions in a language, in an item's folder; the language has been read as one.
#[must_use]
pub fn captions_file(language: &str) -> String {
    format!("captions-{language}.vtt")
}

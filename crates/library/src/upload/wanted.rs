//! What somebody says of a file before it is there: its name, what it is to be called, who is to see it.
//!
//! A file's name is text for people and a wish for a title and an address; no path is ever made of it.

use domain::{
    name::{self, NameError, TITLE_CHARS_MAX},
    slug::{Slug, SlugError},
    stream::Visibility,
};

pub use domain::stored::Kind;

/// What is wanted of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The file's name where it came from, made harmless: by [`name::of_file`]; may be empty.
    pub filename: String,
    /// What it is to become; `None`: what its content says.
    pub kind: Option<Kind>,
    /// Its address; `None`: made from its name, and made free.
    pub slug: Option<Slug>,
    /// Its title; `None`: made from its name.
    pub title: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
}

/// A wish that cannot be fulfilled; the words say what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwanted {
    /// `kind` is another word.
    #[error("`kind` is one of video, image.")]
    Kind,
    /// `slug` is none.
    #[error("`slug`: {0}.")]
    Slug(SlugError),
    /// `title` cannot be shown.
    #[error("`title`: {0}.")]
    Title(NameError),
    /// `visibility` is another word.
    #[error("`visibility` is one of public, unlisted, members, private.")]
    Visibility,
}

impl Default for Wanted {
    /// Nothing but a private item.
    fn default() -> Self {
        Self {
            filename: String::new(),
            kind: None,
            slug: None,
            title: None,
            visibility: Visibility::Private,
        }
    }
}

impl Wanted {
    /// Takes one wish by its key: `filename`, `kind`, `slug`, `title`, `visibility`; others say nothing here. An empty value is none.
    ///
    /// # Errors
    /// [`Unwanted`].
    pub fn take(&mut self, key: &str, value: &str) -> Result<(), Unwanted> {
        if value.trim().is_empty() {
            return Ok(());
        }
        match key {
            "filename" => self.filename = name::of_file(value),
            "kind" => self.kind = Some(Kind::find(value).ok_or(Unwanted::Kind)?),
            "slug" => self.slug = Some(Slug::parse(value.trim()).map_err(Unwanted::Slug)?),
            "title" => {
                let title = name::parse(value, TITLE_CHARS_MAX).map_err(Unwanted::Title)?;
                self.title = Some(title);
            }
            "visibility" => {
                self.visibility = Visibility::find(value).ok_or(Unwanted::Visibility)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// All wishes of these pairs.
    ///
    /// # Errors
    /// The first [`Unwanted`].
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Unwanted> {
        let mut wanted = Self::default();
        for (key, value) in pairs {
            wanted.take(key, value)?;
        }
        Ok(wanted)
    }

    /// Its title, or one made of the file's name; `None` where that has no letter to show.
    #[must_use]
    pub fn title_or_name(&self) -> Option<String> {
        if let Some(title) = &self.title {
            return Some(title.clone());
        }
        let stem = stem(&self.filename).replace('_', " ");
        let short: String = stem.chars().take(TITLE_CHARS_MAX).collect();
        name::parse(&short, TITLE_CHARS_MAX).ok()
    }
}

/// The name without its ending.
fn stem(filename: &str) -> &str {
    match filename.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 5 => stem,
        _ => filename,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse case G13.
    #[test]
    fn name_of_a_file_is_one_harmless_line() {
        let sent = "C:\\films\\a\r\nSet-Cookie: x.mp4";
        let wanted = Wanted::read([("filename", sent)]).unwrap();
        assert_eq!(wanted.filename, "aSet-Cookie: x.mp4");
    }

    #[test]
    fn title_comes_from_the_name_where_none_was_given() {
        for (pairs, title) in [
            (
                &[("filename", "Lesson 2_Marking out.mov")][..],
                Some("Lesson 2 Marking out"),
            ),
            (
                &[("filename", "a.mp4"), ("title", "First steps")],
                Some("First steps"),
            ),
            (&[("filename", "日本.mp4")], Some("日本")),
            (&[("filename", ".mp4")], Some(".mp4")),
            (&[], None),
        ] {
            let wanted = Wanted::read(pairs.iter().copied()).unwrap();
            assert_eq!(wanted.title_or_name().as_deref(), title, "{pairs:?}");
        }
    }

    #[test]
    fn wish_that_cannot_be_is_refused() {
        for (key, value, why) in [
            ("kind", "audio", Unwanted::Kind),
            ("visibility", "everyone", Unwanted::Visibility),
            ("slug", "a/b", Unwanted::Slug(SlugError::Character('/'))),
            ("title", "a\nb", Unwanted::Title(NameError::Control)),
        ] {
            assert_eq!(Wanted::read([(key, value)]), Err(why));
        }
        assert_eq!(Wanted::read([("relativePath", "x")]), Ok(Wanted::default()));
    }
}

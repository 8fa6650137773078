//! The words of pages and answers: Fluent messages, one folder of `locales/` a language, one file a page.
//!
//! Templates and handlers name a message and give it values; nothing else of a page is a sentence. English is the one language
//! now. The pseudo-locale `en-XA` is English with every letter replaced, so that what it leaves readable was not taken from here.
//! Syntax: <https://projectfluent.org/fluent/guide/>.

mod pseudo;
mod units;

use std::{borrow::Cow, fmt, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

#[derive(RustEmbed)]
#[folder = "locales/en"]
struct English;

struct Locale {
    tag: &'static str,
    bundle: FluentBundle<FluentResource>,
}

static ENGLISH: LazyLock<Locale> = LazyLock::new(|| Locale::english("en"));
static PSEUDO: LazyLock<Locale> = LazyLock::new(|| {
    let mut locale = Locale::english("en-XA");
    locale.bundle.set_transform(Some(pseudo::transform));
    locale
});

impl Locale {
    fn english(tag: &'static str) -> Self {
        let language: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Marks of direction around values are for mixed scripts; in copied addresses and in screen readers they are in the way.
        bundle.set_use_isolating(false);
        for name in English::iter() {
            let bytes = English::get(&name)
                .map(|file| file.data)
                .unwrap_or_default();
            let source = String::from_utf8_lossy(&bytes).into_owned();
            let resource = FluentResource::try_new(source).unwrap_or_else(|(resource, errors)| {
                tracing::error!(file = &*name, ?errors, "words that cannot be read");
                resource
            });
            if let Err(errors) = bundle.add_resource(resource) {
                tracing::error!(file = &*name, ?errors, "words that are there twice");
            }
        }
        Self { tag, bundle }
    }
}

/// The words of one language.
#[derive(Clone, Copy)]
pub struct Text(&'static Locale);

impl Default for Text {
    fn default() -> Self {
        Self(&ENGLISH)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Text").field(&self.0.tag).finish()
    }
}

impl Text {
    /// The words of a language by its tag (BCP 47): `en`, or the pseudo-locale `en-XA`.
    #[must_use]
    pub fn find(tag: &str) -> Option<Self> {
        match tag {
            "en" => Some(Self(&ENGLISH)),
            "en-XA" => Some(Self(&PSEUDO)),
            _ => None,
        }
    }

    /// The language's tag, for `lang`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.0.tag
    }

    /// A message, to be shown as it is or given values first.
    pub fn msg<'a>(self, id: impl Into<Cow<'a, str>>) -> Message<'a> {
        Message {
            text: self,
            id: id.into(),
            attribute: None,
            values: FluentArgs::new(),
        }
    }

    /// Whether there is such a message, or such an attribute of it.
    #[must_use]
    pub fn has(self, id: &str, attribute: Option<&str>) -> bool {
        let message = self.0.bundle.get_message(id);
        message.is_some_and(|message| match attribute {
            Some(name) => message.get_attribute(name).is_some(),
            None => message.value().is_some(),
        })
    }
}

/// A message with its values; shows itself in its language. One that does not exist shows its name, and is logged.
#[must_use]
pub struct Message<'a> {
    text: Text,
    id: Cow<'a, str>,
    attribute: Option<&'a str>,
    values: FluentArgs<'a>,
}

impl<'a> Message<'a> {
    /// Gives it the value that its text calls `name`.
    pub fn arg(mut self, name: &'a str, value: impl Into<FluentValue<'a>>) -> Self {
        self.values.set(name, value);
        self
    }

    /// Takes the attribute instead of the message's own text.
    pub fn attr(self, name: &'a str) -> Self {
        Self {
            attribute: Some(name),
            ..self
        }
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = &self.text.0.bundle;
        let message = bundle.get_message(&self.id);
        let pattern = message.as_ref().and_then(|message| match self.attribute {
            Some(name) => message.get_attribute(name).map(|found| found.value()),
            None => message.value(),
        });
        let Some(pattern) = pattern else {
            tracing::error!(id = &*self.id, attribute = self.attribute, "no such words");
            return f.write_str(&self.id);
        };
        let mut errors = Vec::new();
        let said = bundle.format_pattern(pattern, Some(&self.values), &mut errors);
        if !errors.is_empty() {
            tracing::error!(id = &*self.id, ?errors, "words without their values");
        }
        f.write_str(&said)
    }
}

#[cfg(test)]
mod tests {
    use fluent_bundle::FluentError;

    use super::*;

    #[test]
    fn message_takes_values_and_attributes() {
        let text = Text::default();
        let said = text.msg("live-watching").arg("count", 3).to_string();
        assert_eq!(said, "3 watching");
        assert_eq!(text.msg("no-such-words").to_string(), "no-such-words");
        assert!(text.has("live-watching", None));
        assert!(!text.has("live-watching", Some("fix")));
    }

    #[test]
    fn pseudo_locale_leaves_no_letter_of_its_own() {
        let text = Text::find("en-XA").unwrap();
        let said = text.msg("live-watching").arg("count", "abc").to_string();
        assert!(said.starts_with("abc "), "{said}");
        assert!(
            !said[4..].chars().any(|c| c.is_ascii_alphabetic()),
            "{said}"
        );
    }

    #[test]
    fn every_file_can_be_read_and_says_nothing_twice() {
        let mut bundle =
            FluentBundle::<FluentResource>::new_concurrent(vec!["en".parse().unwrap()]);
        for name in English::iter() {
            let source = String::from_utf8(English::get(&name).unwrap().data.into_owned()).unwrap();
            let resource = FluentResource::try_new(source);
            let resource = resource.unwrap_or_else(|(_, errors)| panic!("{name}: {errors:?}"));
            let added = bundle.add_resource(resource);
            assert!(added.is_ok(), "{name}: {added:?}");
        }
    }

    #[test]
    fn words_need_values_and_nothing_that_does_not_exist() {
        use fluent_bundle::resolver::{ResolverError, errors::ReferenceKind};

        let bundle = &Text::default().0.bundle;
        for name in English::iter() {
            let source = English::get(&name).unwrap().data.into_owned();
            let source = String::from_utf8(source).unwrap();
            let ids = source.lines().filter(|line| !line.starts_with([' ', '#']));
            for (id, _) in ids.filter_map(|line| line.split_once(" =")) {
                let message = bundle.get_message(id);
                let message = message.unwrap_or_else(|| panic!("{name}: no {id}"));
                let own = message.value().into_iter();
                let patterns = own.chain(message.attributes().map(|found| found.value()));
                let mut errors = Vec::new();
                for pattern in patterns {
                    let _ = bundle.format_pattern(pattern, None, &mut errors);
                }
                errors.retain(|error| {
                    let FluentError::ResolverError(ResolverError::Reference(to)) = error else {
                        return true;
                    };
                    !matches!(to, ReferenceKind::Variable { .. })
                });
                assert!(errors.is_empty(), "{name}, {id}: {errors:?}");
            }
        }
    }
}

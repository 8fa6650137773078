//! The form that makes and changes an access code: what was typed, what it means, and what is wrong with it.

use domain::{
    access_code::{
        self, CHARS_MAX, CHOSEN_CHARS_ADVISED, CHOSEN_CHARS_MIN, Change, Code, New, Refused,
        Shareable, Shown, TextError, VIEWERS_MAX,
    },
    caller::Caller,
    clock::Time,
    item::{Kind, Name, SITES_MAX, Site},
    name::NameError,
    secret::Secret,
    stored,
};

use axum::http::StatusCode;

use crate::{App, error::Problem, text::Text};

/// Things to choose from that one page shows, beside those that are chosen already.
const SHOWN_MAX: usize = 200;
/// Characters of a field that come back with a refusal; a note has as many.
const TYPED_MAX: usize = access_code::NOTE_CHARS_MAX;
const DAY_MS: i64 = 86_400_000;

/// What a form brings, with names that may be there more than once.
pub(crate) struct Fields(pub(super) Vec<(String, String)>);

impl Fields {
    fn first(&self, name: &str) -> &str {
        let mut pairs = self.0.iter();
        pairs
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let pairs = self.0.iter();
        pairs
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| &**value)
    }

    fn typed(&self, name: &str) -> String {
        self.first(name).chars().take(TYPED_MAX).collect()
    }
}

/// When a code ends, as it is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ends {
    #[default]
    Never,
    Day,
    Week,
    Month,
    Year,
    /// At the time in the field beside it.
    At,
}

impl Ends {
    const ALL: [Self; 6] = [
        Self::Never,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Year,
        Self::At,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::At => "at",
        }
    }

    fn label(self, t: Text) -> String {
        match self {
            Self::Never => t.msg("codes-form-ends-never"),
            Self::Day => t.msg("codes-form-ends-day"),
            Self::Week => t.msg("codes-form-ends-week"),
            Self::Month => t.msg("codes-form-ends-month"),
            Self::Year => t.msg("codes-form-ends-year"),
            Self::At => t.msg("codes-form-ends-at"),
        }
        .to_string()
    }

    fn days(self) -> Option<i64> {
        match self {
            Self::Never | Self::At => None,
            Self::Day => Some(1),
            Self::Week => Some(7),
            Self::Month => Some(30),
            Self::Year => Some(365),
        }
    }
}

/// What stands in the form.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) description: String,
    pub(super) is_chosen: bool,
    pub(super) code: String,
    pub(super) items: Vec<Name>,
    pub(super) starts: String,
    pub(super) ends: Ends,
    pub(super) ends_at: String,
    pub(super) viewers: String,
    pub(super) sites: String,
    pub(super) may_download: bool,
    pub(super) note: String,
    pub(super) seen: Option<i64>,
}

impl Typed {
    /// As somebody sent it. What names nothing that could exist was never a choice of the page.
    pub(super) fn read(fields: &Fields) -> Self {
        let ends = fields.first("ends");
        Self {
            description: fields.typed("description"),
            is_chosen: fields.first("how") == "chosen",
            code: fields.typed("code"),
            items: fields
                .all("item")
                .filter_map(|item| item.parse().ok())
                .collect(),
            starts: fields.typed("starts"),
            ends: Ends::ALL
                .into_iter()
                .find(|one| one.word() == ends)
                .unwrap_or_default(),
            ends_at: fields.typed("ends_at"),
            viewers: fields.typed("viewers_max"),
            sites: fields.typed("sites"),
            may_download: fields.first("may_download") == "yes",
            note: fields.typed("note"),
            seen: fields.first("seen").parse().ok(),
        }
    }

    /// As a code is now.
    pub(super) fn of(shown: &Shown) -> Self {
        let code = &shown.code;
        let sites: Vec<&str> = code.sites.iter().map(Site::as_str).collect();
        Self {
            description: code.description.clone(),
            is_chosen: code.is_chosen,
            code: String::new(),
            items: shown.items.clone(),
            starts: code.starts.map(local).unwrap_or_default(),
            ends: if code.expires.is_some() {
                Ends::At
            } else {
                Ends::Never
            },
            ends_at: code.expires.map(local).unwrap_or_default(),
            viewers: code
                .viewers_max
                .map_or_else(String::new, |max| max.to_string()),
            sites: sites.join("\n"),
            may_download: code.may_download,
            note: code.note.clone(),
            seen: Some(code.changed.ms()),
        }
    }

    /// A new code from it.
    pub(super) fn new_code(&self, t: Text, now: Time, wrong: &mut Wrong) -> Option<New> {
        let values = self.values(t, now, None, wrong);
        Some(New {
            code: self
                .is_chosen
                .then(|| Secret::new(self.code.trim().to_owned())),
            description: self.description.clone(),
            note: self.note.clone(),
            items: self.items.clone(),
            starts: values.starts,
            expires: values.expires,
            viewers_max: values.viewers_max,
            sites: values.sites,
            may_download: self.may_download,
            owner: None,
        })
        .filter(|_| wrong.is_nothing())
    }

    /// What it changes of a code.
    pub(super) fn change(
        &self,
        t: Text,
        now: Time,
        old: &Code,
        wrong: &mut Wrong,
    ) -> Option<Change> {
        let values = self.values(t, now, Some(old), wrong);
        Some(Change {
            description: Some(self.description.clone()),
            note: Some(self.note.clone()),
            items: Some(self.items.clone()),
            starts: Some(values.starts),
            expires: Some(values.expires),
            paused: None,
            viewers_max: Some(values.viewers_max),
            sites: Some(values.sites),
            may_download: Some(self.may_download),
            seen: self.seen.map(Time::from_ms),
        })
        .filter(|_| wrong.is_nothing())
    }

    fn values(&self, t: Text, now: Time, old: Option<&Code>, wrong: &mut Wrong) -> Values {
        let mut values = Values::default();
        let no_time = || Some(t.msg("codes-wrong-time").to_string());
        match moment(&self.starts, old.and_then(|old| old.starts)) {
            Ok(starts) => values.starts = starts,
            Err(NoTime) => wrong.starts = no_time(),
        }
        let ends_at = moment(&self.ends_at, old.and_then(|old| old.expires));
        match (self.ends, self.ends.days(), ends_at) {
            (Ends::At, _, Ok(Some(at))) => values.expires = Some(at),
            (Ends::At, _, _) => wrong.ends = no_time(),
            (_, days, _) => {
                values.expires = days.map(|days| Time::from_ms(now.ms() + days * DAY_MS));
            }
        }
        match self.viewers.trim() {
            "" => {}
            typed => match typed.parse() {
                Ok(max) if (1..=VIEWERS_MAX).contains(&max) => values.viewers_max = Some(max),
                _ => wrong.viewers = Some(viewers_words(t)),
            },
        }
        for typed in self.sites.split_whitespace() {
            match Site::parse(typed) {
                Ok(site) if values.sites.contains(&site) => {}
                Ok(site) => values.sites.push(site),
                Err(_) => {
                    let which: String = typed.chars().take(100).collect();
                    let message = t.msg("codes-wrong-site").arg("which", which);
                    wrong.sites = Some(message.to_string());
                }
            }
        }
        values
    }
}

#[derive(Default)]
struct Values {
    starts: Option<Time>,
    expires: Option<Time>,
    viewers_max: Option<u32>,
    sites: Vec<Site>,
}

struct NoTime;

/// A time as a field has it: by RFC 3339, or as `2027-06-30T18:00`, UTC. A field shows whole minutes: one that was not touched changes
/// nothing.
fn moment(typed: &str, old: Option<Time>) -> Result<Option<Time>, NoTime> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let zoned = match typed.len() {
        16 => format!("{typed}:00Z"),
        19 => format!("{typed}Z"),
        _ => typed.to_owned(),
    };
    let at = Time::parse(&zoned).map_err(|_| NoTime)?;
    let is_same = |old: &Time| old.ms().div_euclid(60_000) == at.ms().div_euclid(60_000);
    Ok(Some(old.filter(is_same).unwrap_or(at)))
}

/// A time as its field wants it: whole minutes, UTC.
fn local(at: Time) -> String {
    at.rfc3339().get(..16).unwrap_or_default().to_owned()
}

/// What is wrong, beside the field that it is about.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    pub(super) description: Option<String>,
    pub(super) code: Option<String>,
    pub(super) items: Option<String>,
    pub(super) starts: Option<String>,
    pub(super) ends: Option<String>,
    pub(super) viewers: Option<String>,
    pub(super) sites: Option<String>,
    pub(super) note: Option<String>,
    /// About the form as a whole.
    pub(super) form: Option<String>,
}

impl Wrong {
    pub(super) fn is_nothing(&self) -> bool {
        let fields = [
            &self.description,
            &self.code,
            &self.items,
            &self.starts,
            &self.ends,
            &self.viewers,
            &self.sites,
            &self.note,
            &self.form,
        ];
        fields.iter().all(|field| field.is_none())
    }

    /// Puts a refusal of the catalogue beside its field; a problem where it is not about what was typed.
    pub(super) fn refuse(&mut self, t: Text, refused: Refused) -> Result<StatusCode, Box<Problem>> {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        match refused {
            Refused::Taken => {
                self.code = Some(t.msg("codes-wrong-code-taken").to_string());
                return Ok(StatusCode::CONFLICT);
            }
            Refused::Changed => {
                self.form = Some(t.msg("codes-conflict").to_string());
                return Ok(StatusCode::CONFLICT);
            }
            Refused::Code(error) => self.code = Some(code_words(t, error)),
            Refused::NoItems => self.items = Some(t.msg("codes-wrong-items-none").to_string()),
            Refused::NotYours(name) => {
                let message = t.msg("codes-wrong-items-gone");
                self.items = Some(message.arg("name", name.slug.as_str()).to_string());
            }
            Refused::EndsBeforeStart => {
                self.ends = Some(t.msg("codes-wrong-ends-first").to_string());
            }
            Refused::Viewers => self.viewers = Some(viewers_words(t)),
            Refused::Name(NameError::TooLong { max }) => {
                let words = t.msg("codes-wrong-text-long").arg("max", max).to_string();
                if max == access_code::NOTE_CHARS_MAX {
                    self.note = Some(words);
                } else {
                    self.description = Some(words);
                }
            }
            Refused::Name(NameError::Control | NameError::Empty) => {
                self.description = Some(t.msg("codes-wrong-text-control").to_string());
            }
            Refused::TooMany { max, .. } if max == access_code::ITEMS_MAX => {
                let message = t.msg("codes-wrong-items-many").arg("max", max);
                self.items = Some(message.to_string());
            }
            Refused::TooMany { max, .. } if max == SITES_MAX => {
                let message = t.msg("codes-wrong-sites-many").arg("max", max);
                self.sites = Some(message.to_string());
            }
            Refused::TooMany { max, .. } => {
                self.form = Some(t.msg("codes-wrong-many").arg("max", max).to_string());
            }
            other @ (Refused::NotAllowed | Refused::NotFound | Refused::Store(_)) => {
                return Err(Box::new(other.into()));
            }
        }
        Ok(status)
    }
}

fn code_words(t: Text, error: TextError) -> String {
    match error {
        TextError::TooShort => t.msg("codes-wrong-code-short").arg("min", CHOSEN_CHARS_MIN),
        TextError::TooLong => t.msg("codes-wrong-code-long").arg("max", CHARS_MAX),
        TextError::Character => t.msg("codes-wrong-code-character"),
    }
    .to_string()
}

fn viewers_words(t: Text) -> String {
    let message = t.msg("codes-wrong-viewers");
    message
        .arg("max", t.count(u64::from(VIEWERS_MAX)))
        .to_string()
}

/// Something to choose.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) slug: String,
    pub(super) is_chosen: bool,
}

/// What the page shows to choose from: first what is chosen, then what is found.
pub(super) struct Choices {
    pub(super) rows: Vec<Choice>,
    /// The words that were looked for.
    pub(super) words: String,
    /// How many of the first are shown, where there are more.
    pub(super) max: Option<usize>,
}

pub(super) fn choices(app: &App, caller: &Caller, words: &str, chosen: &[Name]) -> Choices {
    let t = app.text();
    let mut found = app
        .catalogue()
        .list_shareable(caller, words, SHOWN_MAX + chosen.len() + 1);
    found.retain(|one| !chosen.contains(&one.name));
    let is_more = found.len() > SHOWN_MAX;
    found.truncate(SHOWN_MAX);
    let choice = |one: Shareable, is_chosen| Choice {
        kind: kind_word(t, one.name.kind),
        slug: one.name.slug.to_string(),
        name: one.name.to_string(),
        title: one.title,
        is_chosen,
    };
    let first = chosen.iter().filter_map(|name| {
        let title = title(app, caller, name)?;
        let name = name.clone();
        Some(choice(Shareable { name, title }, true))
    });
    let mut rows: Vec<Choice> = first.collect();
    rows.extend(found.into_iter().map(|one| choice(one, false)));
    Choices {
        rows,
        words: words.chars().take(TYPED_MAX).collect(),
        max: is_more.then_some(SHOWN_MAX),
    }
}

/// What the caller's own item is called.
pub(super) fn title(app: &App, caller: &Caller, name: &Name) -> Option<String> {
    let stored = |kind| {
        let found = app.catalogue().find_stored(caller, kind, &name.slug)?;
        Some(found.title.clone())
    };
    match name.kind {
        Kind::Stream => Some(app.catalogue().find_stream(caller, &name.slug)?.title),
        Kind::Video => stored(stored::Kind::Video),
        Kind::Image => stored(stored::Kind::Image),
    }
}

/// The kind of an item as a word.
pub(super) fn kind_word(t: Text, kind: Kind) -> String {
    match kind {
        Kind::Stream => t.msg("codes-kind-stream"),
        Kind::Video => t.msg("codes-kind-video"),
        Kind::Image => t.msg("codes-kind-image"),
    }
    .to_string()
}

/// When it can end, with the one that is chosen.
pub(super) struct End {
    pub(super) word: &'static str,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

pub(super) fn ends(t: Text, chosen: Ends) -> Vec<End> {
    let end = |one: Ends| End {
        word: one.word(),
        label: one.label(t),
        is_chosen: one == chosen,
    };
    Ends::ALL.into_iter().map(end).collect()
}

/// Numbers that the words of the form tell.
pub(super) struct Bounds {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) advised: usize,
}

pub(super) const BOUNDS: Bounds = Bounds {
    min: CHOSEN_CHARS_MIN,
    max: CHARS_MAX,
    advised: CHOSEN_CHARS_ADVISED,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_fields_write_them_and_untouched_ones_stay() {
        let at = |text: &str| Time::parse(text).unwrap();
        let old = at("2027-06-30T18:00:42Z");
        for (typed, old, expected) in [
            ("", Some(old), Ok(None)),
            ("2027-06-30T18:00", Some(old), Ok(Some(old))),
            (
                "2027-06-30T18:00",
                None,
                Ok(Some(at("2027-06-30T18:00:00Z"))),
            ),
            (
                "2027-06-30T18:01",
                Some(old),
                Ok(Some(at("2027-06-30T18:01:00Z"))),
            ),
            (
                "2027-06-30T18:00:05",
                None,
                Ok(Some(at("2027-06-30T18:00:05Z"))),
            ),
            (
                "2027-06-30T20:00:00+02:00",
                None,
                Ok(Some(at("2027-06-30T18:00:00Z"))),
            ),
            ("2027-02-30T18:00", None, Err(())),
            ("tomorrow", None, Err(())),
        ] {
            let read = moment(typed, old).map_err(|NoTime| ());
            assert_eq!(read, expected, "{typed}");
        }
        assert_eq!(local(old), "2027-06-30T18:00");
    }
}

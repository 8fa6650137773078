//! `/streams`: the streams that one looks after, and making one.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    catalogue::PAGE_MAX,
    engine::State as Phase,
    name::{NameError, TITLE_CHARS_MAX},
    slug::{self, Slug, SlugError},
    stream::{MadeKey, New, Refused, Stream, Visibility},
};
use serde::Deserialize;

use super::{
    Frame,
    home::owner_name,
    login::see,
    managed::Member,
    page,
    shown::{Made, Of},
};
use crate::{
    App,
    error::Problem,
    extract::{Form, Query},
    text::Text,
};

/// Characters of what was typed that come back with a refusal.
const TYPED_MAX: usize = 500;

struct Row {
    slug: String,
    title: String,
    badge: &'static str,
    is_live: bool,
    visibility: String,
    viewers: Option<String>,
    keys: String,
    owner: Option<String>,
}

#[derive(Template)]
#[template(path = "streams.html")]
struct List {
    frame: Frame,
    t: Text,
    rows: Vec<Row>,
    next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Paging {
    after: Option<String>,
}

/// `GET /streams`: one's own; administrators see all, a page at a time.
pub(crate) async fn list(
    State(app): State<App>,
    Member(caller): Member,
    Query(paging): Query<Paging>,
) -> Response {
    let frame = Frame::new(&app, &caller);
    let administers = app.catalogue().is_administrator(&caller);
    let (streams, next) = if administers {
        let page = app
            .catalogue()
            .list_streams(&caller, paging.after.as_deref(), PAGE_MAX);
        (page.streams, page.next_cursor)
    } else {
        (app.catalogue().list_own_streams(&caller), None)
    };
    let rows = streams
        .into_iter()
        .map(|stream| row(&app, &caller, stream, administers))
        .collect();
    let t = frame.t;
    let list = List {
        frame,
        t,
        rows,
        next,
    };
    page(StatusCode::OK, &list, false)
}

fn row(app: &App, caller: &Caller, stream: Stream, administers: bool) -> Row {
    let t = app.text();
    let live = app.engine().live(&stream.slug);
    let keys = app
        .catalogue()
        .list_keys(caller, &stream.slug)
        .unwrap_or_default();
    let keys = keys.iter().filter(|key| key.revoked.is_none()).count();
    let owner = administers.then(|| owner_name(app, stream.owner));
    Row {
        badge: match live.as_ref().map(|live| live.state) {
            Some(Phase::Receiving) => "live-badge",
            Some(Phase::Away { .. }) => "live-badge-away",
            None => "live-badge-offline",
        },
        is_live: live
            .as_ref()
            .is_some_and(|live| live.state == Phase::Receiving),
        visibility: t
            .msg(format!("visibility-{}", stream.visibility.word()))
            .to_string(),
        viewers: live.map(|live| t.count(u64::from(live.viewers.hls + live.viewers.webrtc))),
        keys: t.msg("streams-keys").arg("count", keys).to_string(),
        owner: owner.map(|name| t.msg("streams-owner").arg("name", name).to_string()),
        slug: stream.slug.to_string(),
        title: stream.title,
    }
}

/// `GET /go-live`: the caller's first own stream, or the list.
pub(crate) async fn go_live(State(app): State<App>, Member(caller): Member) -> Response {
    match app.catalogue().list_own_streams(&caller).first() {
        Some(first) => see(&format!("/streams/{}", first.slug)),
        None => see("/streams"),
    }
}

/// One visibility to choose.
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) name: String,
    pub(super) sentence: String,
    pub(super) is_chosen: bool,
}

/// All of them, with the one that is chosen.
pub(super) fn choices(t: Text, chosen: Option<Visibility>) -> Vec<Choice> {
    let choice = |visibility: Visibility| {
        let id = format!("visibility-{}", visibility.word());
        Choice {
            word: visibility.word(),
            name: t.msg(id.as_str()).to_string(),
            sentence: t.msg(id.as_str()).attr("sentence").to_string(),
            is_chosen: chosen == Some(visibility),
        }
    };
    Visibility::ALL.into_iter().map(choice).collect()
}

/// What is wrong with a form, beside the field that it is about.
#[derive(Default)]
pub(super) struct Wrong {
    pub(super) title: Option<String>,
    pub(super) slug: Option<String>,
    pub(super) visibility: Option<String>,
    /// About the form as a whole.
    pub(super) form: Option<String>,
}

#[derive(Template)]
#[template(path = "streams_new.html")]
struct NewPage {
    frame: Frame,
    t: Text,
    title: String,
    slug: String,
    choices: Vec<Choice>,
    wrong: Wrong,
}

/// `GET /streams/new`.
pub(crate) async fn ask_new(State(app): State<App>, Member(caller): Member) -> Response {
    let form = NewStream::default();
    let (chosen, wrong) = (Some(Visibility::Private), Wrong::default());
    new_page(&app, &caller, StatusCode::OK, form, chosen, wrong)
}

fn new_page(
    app: &App,
    caller: &Caller,
    status: StatusCode,
    form: NewStream,
    chosen: Option<Visibility>,
    wrong: Wrong,
) -> Response {
    let frame = Frame::new(app, caller);
    let template = NewPage {
        t: frame.t,
        frame,
        title: typed(&form.title),
        slug: typed(&form.slug),
        choices: choices(app.text(), chosen),
        wrong,
    };
    page(status, &template, false)
}

/// What was typed, as far as it comes back.
pub(super) fn typed(text: &str) -> String {
    text.chars().take(TYPED_MAX).collect()
}

#[derive(Default, Deserialize)]
pub(crate) struct NewStream {
    #[serde(default)]
    title: String,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    visibility: String,
}

/// `POST /streams`: 303 to the new stream, where its first key is shown.
pub(crate) async fn create(
    State(app): State<App>,
    Member(caller): Member,
    Form(form): Form<NewStream>,
) -> Response {
    let t = app.text();
    let chosen = Visibility::find(&form.visibility);
    let asked = match form.slug.trim() {
        "" => from_title(&form.title),
        slug => slug.to_owned(),
    };
    let slug = Slug::parse(&asked);
    let title = domain::name::parse(&form.title, TITLE_CHARS_MAX);
    let mut wrong = Wrong {
        title: title.err().map(|error| title_words(t, error)),
        slug: slug.as_ref().err().map(|error| slug_words(t, *error)),
        visibility: chosen
            .is_none()
            .then(|| t.msg("streams-who-none").to_string()),
        form: None,
    };
    let is_fine = wrong.title.is_none();
    let (Ok(slug), Some(visibility), true) = (slug, chosen, is_fine) else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return new_page(&app, &caller, status, form, chosen, wrong);
    };
    let new = New {
        slug,
        title: Some(form.title.clone()),
        visibility,
        owner: None,
    };
    match app.catalogue().add_stream(&caller, new).await {
        Ok((stream, made)) => {
            let path = format!("/streams/{}", stream.slug);
            show_next(&app, &caller, made);
            see(&path)
        }
        Err(refused) => {
            let status = match refusal(t, refused, &mut wrong) {
                Ok(status) => status,
                Err(problem) => return problem.into_response(),
            };
            new_page(&app, &caller, status, form, chosen, wrong)
        }
    }
}

/// Keeps a new key for the page that the caller is sent to.
pub(super) fn show_next(app: &App, caller: &Caller, made: MadeKey) {
    let made = Made {
        of: Of::Stream(made.key.stream),
        name: made.key.name,
        secret: made.secret,
    };
    app.shown().keep(caller, app.inner.clock.now(), made);
}

/// Puts a refusal of the catalogue beside its field; a problem where it is not about what was typed.
pub(super) fn refusal(
    t: Text,
    refused: Refused,
    wrong: &mut Wrong,
) -> Result<StatusCode, Box<Problem>> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    match refused {
        Refused::Taken => {
            wrong.slug = Some(t.msg("streams-slug-taken").to_string());
            return Ok(StatusCode::CONFLICT);
        }
        Refused::Slug(error) => wrong.slug = Some(slug_words(t, error)),
        Refused::Name(error) => wrong.title = Some(title_words(t, error)),
        Refused::TooMany { max } => {
            wrong.form = Some(t.msg("streams-too-many").arg("max", max).to_string());
        }
        Refused::Changed => {
            wrong.form = Some(t.msg("streams-changed").to_string());
            return Ok(StatusCode::CONFLICT);
        }
        Refused::NotAllowed => {
            wrong.form = Some(t.msg("streams-not-allowed").to_string());
            return Ok(StatusCode::FORBIDDEN);
        }
        other @ (Refused::NotFound
        | Refused::OwnKey(_)
        | Refused::Description
        | Refused::Store(_)) => {
            return Err(Box::new(other.into()));
        }
    }
    Ok(status)
}

pub(super) fn title_words(t: Text, error: NameError) -> String {
    match error {
        NameError::Empty => t.msg("streams-title-empty").to_string(),
        NameError::TooLong { max } => t.msg("streams-title-long").arg("max", max).to_string(),
        NameError::Control => t.msg("streams-title-control").to_string(),
    }
}

fn slug_words(t: Text, error: SlugError) -> String {
    match error {
        SlugError::Empty => t.msg("streams-slug-empty").to_string(),
        SlugError::TooLong => {
            let message = t.msg("streams-slug-long");
            message.arg("max", slug::CHARS_MAX).to_string()
        }
        SlugError::Start => t.msg("streams-slug-start").to_string(),
        // Escaped, since it may be one that cannot be seen or that turns the text around.
        SlugError::Character(c) => {
            let shown = if c.is_alphanumeric() || c.is_ascii_graphic() {
                c.to_string()
            } else {
                c.escape_unicode().to_string()
            };
            let message = t.msg("streams-slug-character");
            message.arg("character", shown).to_string()
        }
        SlugError::Reserved => t.msg("streams-slug-reserved").to_string(),
    }
}

/// An address made of a title: its letters and digits of ASCII, everything between them one hyphen. The script of the form does
/// the same as one types (`slugOf`).
fn from_title(title: &str) -> String {
    let mut made = String::new();
    for c in title.chars() {
        if c.is_ascii_alphanumeric() {
            made.push(c.to_ascii_lowercase());
        } else if !made.is_empty() && !made.ends_with('-') {
            made.push('-');
        }
        if made.len() >= slug::CHARS_MAX {
            break;
        }
    }
    made.trim_end_matches('-').to_owned()
}

/// An answer with a file to keep.
pub(super) fn attachment(kind: &'static str, name: &str, body: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition =
        HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (StatusCode::OK, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_made_of_what_the_title_has_of_ascii() {
        for (title, slug) in [
            ("Evening workshop", "evening-workshop"),
            ("  Dovetails, part 2!  ", "dovetails-part-2"),
            ("Ünïcode", "n-code"),
            ("日本語", ""),
            ("--", ""),
        ] {
            assert_eq!(from_title(title), slug, "{title}");
        }
        assert_eq!(from_title(&"a ".repeat(500)).len(), 63);
    }
}

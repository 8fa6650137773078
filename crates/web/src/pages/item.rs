//! `/library/{kind}/{slug}`: what can be changed of a video or an image, what is known of it, and its end.

use std::collections::HashMap;

use askama::Template;
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    clock::Time,
    edit::DESCRIPTION_CHARS_MAX,
    item::{SITES_MAX, Site},
    stored::{self, Change, Kind, Place, State as Phase, Stored},
    stream::Visibility,
};
use futures_util::stream;
use library::{
    captions::{Label, Language},
    upload::form::{Form as Upload, Part},
    works::{self, NewCaptions},
};
use serde::Deserialize;

use super::{
    Frame,
    ask::{self, Question},
    cards::{Badge, badge, page_of, poster},
    login::see,
    managed::ManagedItem,
    page,
    streams::{self, Choice, choices, title_words},
};
use crate::{
    App,
    api::brought::bad_form,
    error::Problem,
    extract::{Form, Path, Query},
    text::Text,
};

/// Characters of a description that go back into its field. Closes: a form that is sent with megabytes and answered with them.
pub(super) const TYPED_CHARS_MAX: usize = 2 * DESCRIPTION_CHARS_MAX;

/// What is wrong with what was sent, beside the field that it is about.
#[derive(Default)]
struct Wrong {
    title: Option<String>,
    description: Option<String>,
    sites: Option<String>,
    visibility: Option<String>,
    poster: Option<String>,
    captions: Option<String>,
    /// About the form as a whole.
    form: Option<String>,
}

/// What stands in the fields.
struct Typed {
    title: String,
    description: String,
    sites: String,
    is_downloadable: bool,
    visibility: Option<Visibility>,
}

impl Typed {
    fn of(stored: &Stored) -> Self {
        let sites: Vec<&str> = stored.sites.iter().map(Site::as_str).collect();
        Self {
            title: stored.title.clone(),
            description: stored.description.clone(),
            sites: sites.join("\n"),
            is_downloadable: stored.downloadable,
            visibility: Some(stored.visibility),
        }
    }
}

struct Captions {
    language: String,
    label: String,
    is_default: bool,
}

struct Fact {
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "item.html")]
struct Page {
    frame: Frame,
    t: Text,
    /// `video` or `image`.
    kind: &'static str,
    slug: String,
    heading: String,
    badge: Option<Badge>,
    failed: Option<String>,
    typed: Typed,
    choices: Vec<Choice>,
    /// The version that the form was filled from.
    seen: String,
    saved: Option<String>,
    wrong: Wrong,
    /// Its page for people, where there is something to see.
    url: Option<String>,
    poster: Option<String>,
    captions: Vec<Captions>,
    facts: Vec<Fact>,
    has_original: bool,
}

impl Page {
    fn is_video(&self) -> bool {
        self.kind == Kind::Video.word()
    }

    fn path(&self) -> String {
        format!("/library/{}/{}", self.kind, self.slug)
    }
}

fn path_of(stored: &Stored) -> String {
    format!("/library/{}/{}", stored.kind.word(), stored.slug)
}

fn form(app: &App, caller: &Caller, stored: &Stored, typed: Typed, wrong: Wrong) -> Page {
    let frame = Frame::new(app, caller);
    let t = frame.t;
    let captions = stored.captions.iter().map(|caption| Captions {
        language: caption.language.clone(),
        label: caption.label.clone(),
        is_default: caption.is_default,
    });
    Page {
        kind: stored.kind.word(),
        slug: stored.slug.to_string(),
        heading: stored.title.clone(),
        badge: badge(t, stored),
        failed: match &stored.state {
            Phase::Failed(why) => Some(why.clone()),
            Phase::Processing | Phase::Ready => None,
        },
        choices: choices(t, typed.visibility),
        typed,
        seen: stored.changed.ms().to_string(),
        saved: None,
        wrong,
        url: (stored.state == Phase::Ready).then(|| page_of(stored.kind, &stored.slug)),
        poster: match stored.kind {
            Kind::Video => poster(app, caller, stored),
            Kind::Image => {
                (stored.state == Phase::Ready).then(|| format!("/images/{}?w=640", stored.slug))
            }
        },
        captions: captions.collect(),
        facts: facts(t, stored),
        has_original: stored.facts.has_original,
        t,
        frame,
    }
}

fn facts(t: Text, stored: &Stored) -> Vec<Fact> {
    let known = &stored.facts;
    let mut all = Vec::new();
    let mut tell = |id: &'static str, value: String| {
        if !value.is_empty() {
            all.push(Fact {
                name: t.msg(id).to_string(),
                value,
            });
        }
    };
    tell("item-address", stored.slug.to_string());
    if known.duration_ms > 0 {
        tell("watch-length", t.length(known.duration_ms));
    }
    if known.width > 0 {
        tell("library-size", format!("{}×{}", known.width, known.height));
    }
    tell("item-codecs", known.codecs.replace(',', ", "));
    tell("item-form", known.form.to_uppercase());
    if known.bytes > 0 {
        tell("item-bytes", t.bytes(known.bytes));
    }
    tell("item-file", known.file_name.clone());
    tell("watch-date", t.day(stored.created));
    all
}

#[derive(Deserialize)]
pub(crate) struct After {
    saved: Option<String>,
}

/// `GET /library/{kind}/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
    Query(after): Query<After>,
) -> Response {
    let template = form(&app, &caller, &stored, Typed::of(&stored), Wrong::default());
    let template = Page {
        saved: after
            .saved
            .map(|_| app.text().msg("streams-saved").to_string()),
        ..template
    };
    page(StatusCode::OK, &template, false)
}

#[derive(Deserialize)]
pub(crate) struct Edit {
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    sites: String,
    #[serde(default)]
    visibility: String,
    downloadable: Option<String>,
    seen: Option<i64>,
}

/// Sites as they stand in a field, with space between them; or what is wrong with them.
pub(super) fn sites(t: Text, typed: &str) -> Result<Vec<Site>, String> {
    let mut sites = Vec::new();
    for typed in typed.split_whitespace() {
        match Site::parse(typed) {
            Ok(site) if sites.contains(&site) => {}
            Ok(site) => sites.push(site),
            Err(_) => {
                let which: String = typed.chars().take(100).collect();
                return Err(t.msg("codes-wrong-site").arg("which", which).to_string());
            }
        }
    }
    if sites.len() > SITES_MAX {
        let message = t.msg("codes-wrong-sites-many").arg("max", SITES_MAX);
        return Err(message.to_string());
    }
    Ok(sites)
}

/// `POST /library/{kind}/{slug}`: 303 back to the page.
pub(crate) async fn save(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
    Form(edit): Form<Edit>,
) -> Response {
    let t = app.text();
    let visibility = Visibility::find(&edit.visibility);
    let mut wrong = Wrong::default();
    let read = sites(t, &edit.sites);
    if visibility.is_none() {
        wrong.visibility = Some(t.msg("streams-who-none").to_string());
    }
    if let Err(why) = &read {
        wrong.sites = Some(why.clone());
    }
    let typed = Typed {
        title: streams::typed(&edit.title),
        description: edit.description.chars().take(TYPED_CHARS_MAX).collect(),
        sites: edit.sites.chars().take(TYPED_CHARS_MAX).collect(),
        is_downloadable: edit.downloadable.is_some(),
        visibility,
    };
    let (Ok(sites), Some(visibility)) = (read, visibility) else {
        let template = form(&app, &caller, &stored, typed, wrong);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &template, false);
    };
    let change = Change {
        edit: domain::edit::Edit {
            title: Some(edit.title),
            description: Some(edit.description.replace("\r\n", "\n")),
            visibility: Some(visibility),
            sites: Some(sites),
            seen: edit.seen.map(Time::from_ms),
        },
        downloadable: Some(edit.downloadable.is_some()),
        ..Change::default()
    };
    let update = app
        .catalogue()
        .update_stored(&caller, stored.kind, &stored.slug, change);
    match update.await {
        Ok(_) => see(&format!("{}?saved", path_of(&stored))),
        Err(refused) => refusal(&app, &caller, &stored, typed, refused),
    }
}

/// The form again, with why it was not taken.
fn refusal(
    app: &App,
    caller: &Caller,
    stored: &Stored,
    typed: Typed,
    refused: stored::Refused,
) -> Response {
    use stored::Refused as R;
    let t = app.text();
    let mut wrong = Wrong::default();
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match refused {
        R::Name(error) => wrong.title = Some(title_words(t, error)),
        R::Description => {
            let message = t.msg("item-description-long");
            wrong.description = Some(message.arg("max", DESCRIPTION_CHARS_MAX).to_string());
        }
        R::Changed => {
            // Somebody else's change is shown, so that it is not overwritten unseen.
            wrong.form = Some(t.msg("streams-changed").to_string());
            let current = app
                .catalogue()
                .managed_stored(caller, stored.kind, &stored.slug);
            let Ok(current) = current else {
                return Problem::not_found().into_response();
            };
            let template = form(app, caller, &current, Typed::of(&current), wrong);
            return page(StatusCode::CONFLICT, &template, false);
        }
        R::NotAllowed => {
            wrong.form = Some(t.msg("streams-not-allowed").to_string());
            status = StatusCode::FORBIDDEN;
        }
        other => return Problem::from(other).into_response(),
    }
    page(status, &form(app, caller, stored, typed, wrong), false)
}

/// A form with one file, which is small enough to be held.
struct Brought {
    fields: HashMap<String, String>,
    file: Option<Bytes>,
}

async fn brought(
    headers: &HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Brought, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The file is too large.",
        ),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable", "The body broke off."),
    })?;
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let pieces = stream::iter([Ok::<_, std::io::Error>(body)]);
    let mut form = Upload::begin(media_type, pieces).map_err(bad_form)?;
    let mut brought = Brought {
        fields: HashMap::new(),
        file: None,
    };
    while let Some(part) = form.next().await.map_err(bad_form)? {
        match part {
            Part::Field { name, value } => {
                brought.fields.insert(name, value);
            }
            Part::File { .. } => {
                let mut bytes = Vec::new();
                while let Some(chunk) = form.chunk().await.map_err(bad_form)? {
                    bytes.extend_from_slice(&chunk);
                }
                brought.file = (!bytes.is_empty()).then(|| bytes.into());
            }
        }
    }
    Ok(brought)
}

/// Why works refused a file, in a page's words; what is nobody's to mend is a problem.
fn works_words(t: Text, refused: works::Refused) -> Result<String, Box<Problem>> {
    match refused {
        works::Refused::Unusable(words) => Ok(words),
        works::Refused::Item(stored::Refused::TooMany { max, .. }) => {
            Ok(t.msg("item-captions-many").arg("max", max).to_string())
        }
        other => Err(Box::new(other.into())),
    }
}

/// `POST /library/video/{slug}/poster`: a picture in a form; 303 back to the page.
pub(crate) async fn set_poster(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    if stored.kind != Kind::Video {
        return Problem::not_found().into_response();
    }
    let t = app.text();
    let file = match brought(&headers, body).await {
        Ok(brought) => brought.file,
        Err(problem) => return problem.into_response(),
    };
    let why = match file {
        None => t.msg("item-no-file").to_string(),
        Some(picture) => match app.works().set_poster(&caller, &stored.slug, picture).await {
            Ok(_) => return see(&format!("{}?saved#poster", path_of(&stored))),
            Err(refused) => match works_words(t, refused) {
                Ok(why) => why,
                Err(problem) => return problem.into_response(),
            },
        },
    };
    let wrong = Wrong {
        poster: Some(why),
        ..Wrong::default()
    };
    let template = form(&app, &caller, &stored, Typed::of(&stored), wrong);
    page(StatusCode::UNPROCESSABLE_ENTITY, &template, false)
}

/// `POST /library/video/{slug}/poster/remove`.
pub(crate) async fn remove_poster(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
) -> Response {
    let change = Change {
        poster: Some(false),
        ..Change::default()
    };
    let update = app
        .catalogue()
        .update_stored(&caller, stored.kind, &stored.slug, change);
    match update.await {
        Ok(_) => see(&format!("{}?saved#poster", path_of(&stored))),
        Err(refused) => Problem::from(refused).into_response(),
    }
}

/// `POST /library/video/{slug}/captions`: a file of captions in a form; 303 back to the page.
pub(crate) async fn set_captions(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    if stored.kind != Kind::Video {
        return Problem::not_found().into_response();
    }
    let t = app.text();
    let brought = match brought(&headers, body).await {
        Ok(brought) => brought,
        Err(problem) => return problem.into_response(),
    };
    let why = match new_captions(t, brought) {
        Err(why) => why,
        Ok(new) => match app.works().set_captions(&caller, &stored.slug, new).await {
            Ok(_) => return see(&format!("{}?saved#captions", path_of(&stored))),
            Err(refused) => match works_words(t, refused) {
                Ok(why) => why,
                Err(problem) => return problem.into_response(),
            },
        },
    };
    let wrong = Wrong {
        captions: Some(why),
        ..Wrong::default()
    };
    let template = form(&app, &caller, &stored, Typed::of(&stored), wrong);
    page(StatusCode::UNPROCESSABLE_ENTITY, &template, false)
}

fn new_captions(t: Text, brought: Brought) -> Result<NewCaptions, String> {
    let field = |name: &str| brought.fields.get(name).map_or("", |value| value.trim());
    let language = Language::parse(field("language"))
        .ok_or_else(|| t.msg("item-captions-language").attr("wrong").to_string())?;
    let label = match field("label") {
        "" => language.as_str(),
        label => label,
    };
    let label = Label::parse(label)
        .ok_or_else(|| t.msg("item-captions-label").attr("wrong").to_string())?;
    let is_default = brought.fields.contains_key("default");
    let text = brought
        .file
        .ok_or_else(|| t.msg("item-no-file").to_string())?;
    Ok(NewCaptions {
        language,
        label,
        is_default,
        text,
    })
}

/// `POST /library/video/{slug}/captions/{language}/remove`.
pub(crate) async fn remove_captions(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
    Path(names): Path<HashMap<String, String>>,
) -> Response {
    let language = names
        .get("language")
        .and_then(|language| Language::parse(language))
        .filter(|_| stored.kind == Kind::Video);
    let Some(language) = language else {
        return Problem::not_found().into_response();
    };
    let works = app.works();
    let removed = works.remove_captions(&caller, &stored.slug, language.as_str());
    match removed.await {
        // Sent twice, it is gone all the same.
        Ok(_) | Err(works::Refused::Item(stored::Refused::NotFound)) => {
            see(&format!("{}?saved#captions", path_of(&stored)))
        }
        Err(refused) => Problem::from(refused).into_response(),
    }
}

/// `GET /library/{kind}/{slug}/delete`: asks, with what will happen.
pub(crate) async fn ask_delete(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
) -> Response {
    let t = app.text();
    let message = || t.msg("item-ask-delete");
    let folder = match &stored.place {
        Place::Public(name) => Some(format!("storage/public/{name}")),
        Place::Private(name) => Some(format!("storage/private/{name}")),
        Place::Library | Place::Copied => None,
    };
    let about = match (folder, stored.kind) {
        (Some(folder), _) => message().attr("folder").arg("folder", folder).to_string(),
        (None, Kind::Video) => message().attr("video").to_string(),
        (None, Kind::Image) => message().attr("image").to_string(),
    };
    let question = Question {
        heading: message().arg("title", stored.title.as_str()).to_string(),
        about,
        yes: message().attr("yes").to_string(),
        no: message().attr("no").to_string(),
        action: format!("{}/delete", path_of(&stored)),
        back: path_of(&stored),
        is_destructive: true,
    };
    ask::page(&app, &caller, question)
}

/// `POST /library/{kind}/{slug}/delete`: its viewers and its files go at once.
pub(crate) async fn delete(
    State(app): State<App>,
    ManagedItem { caller, stored }: ManagedItem,
) -> Response {
    let works = app.works();
    match works.delete(&caller, stored.kind, &stored.slug).await {
        Ok(()) => see("/library"),
        Err(refused) => Problem::from(refused).into_response(),
    }
}

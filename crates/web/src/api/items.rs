//! `/api/videos` and `/api/images`: what is stored, listed, shown, changed and deleted; posters and captions of videos.

use axum::{
    Json as Answer,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    item::Site,
    slug::Slug,
    stored::{Change, Kind, PAGE_MAX, Query as Wanted, Refused, State as Phase, Stored},
};
use library::{
    captions::{Label, Language},
    works::{self, NewCaptions},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fields::{denied, etag, invalid, is_stale, private, sites, tagged, visibility},
    linked, slug,
};
use crate::{
    App,
    error::Problem,
    extract::{Asking, Json, Known, Path, Query},
    intake,
};

/// Items on one page unless told otherwise.
const PAGE: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Paging {
    cursor: Option<String>,
    limit: Option<usize>,
    /// Words that title or slug hold.
    q: Option<String>,
    /// The caller's own only.
    #[serde(default)]
    own: bool,
}

/// `GET /api/videos`: what the caller may see listed, the newest first.
pub(crate) async fn list_videos(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(paging): Query<Paging>,
    asked: Uri,
) -> Response {
    list(&app, &caller, paging, Kind::Video, &asked)
}

/// `GET /api/images`.
pub(crate) async fn list_images(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(paging): Query<Paging>,
    asked: Uri,
) -> Response {
    list(&app, &caller, paging, Kind::Image, &asked)
}

fn list(app: &App, caller: &Caller, paging: Paging, kind: Kind, asked: &Uri) -> Response {
    let wanted = Wanted {
        kind: Some(kind),
        words: paging.q.unwrap_or_default(),
        own: paging.own,
        cursor: paging.cursor.filter(|cursor| !cursor.is_empty()),
        limit: paging.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX),
    };
    let page = app.catalogue().list_stored(caller, &wanted);
    let items: Vec<Value> = page.items.iter().map(|item| facts(app, item)).collect();
    let plural = match kind {
        Kind::Video => "videos",
        Kind::Image => "images",
    };
    let answer = Answer(json!({plural: items, "next_cursor": page.next_cursor}));
    let answer = private(answer.into_response());
    linked(answer, asked, "cursor", page.next_cursor)
}

/// `GET /api/videos/{slug}`.
pub(crate) async fn show_video(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    show(&app, &caller, Kind::Video, &name)
}

/// `GET /api/images/{slug}`.
pub(crate) async fn show_image(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    show(&app, &caller, Kind::Image, &name)
}

fn show(app: &App, caller: &Caller, kind: Kind, name: &str) -> Result<Response, Problem> {
    let found = app.catalogue().find_stored(caller, kind, &slug(name)?);
    let stored = found.ok_or_else(Problem::not_found)?;
    Ok(whole(app, &stored))
}

fn whole(app: &App, stored: &Stored) -> Response {
    let response = private(Answer(facts(app, stored)).into_response());
    tagged(response, &tag_of(stored))
}

fn tag_of(stored: &Stored) -> String {
    etag(stored.changed, stored.generation)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    title: Option<String>,
    description: Option<String>,
    visibility: Option<String>,
    downloadable: Option<bool>,
    sites: Option<Vec<String>>,
}

/// `PATCH /api/videos/{slug}`; with `If-Match`, only the version that the caller saw.
pub(crate) async fn change_video(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(edit): Json<Edit>,
) -> Result<Response, Problem> {
    change(&app, &caller, (Kind::Video, &name), &headers, edit).await
}

/// `PATCH /api/images/{slug}`.
pub(crate) async fn change_image(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(edit): Json<Edit>,
) -> Result<Response, Problem> {
    change(&app, &caller, (Kind::Image, &name), &headers, edit).await
}

async fn change(
    app: &App,
    caller: &Caller,
    (kind, name): (Kind, &str),
    headers: &HeaderMap,
    edit: Edit,
) -> Result<Response, Problem> {
    let slug = slug(name)?;
    let old = managed(app, caller, kind, &slug, headers)?;
    let change = Change {
        edit: domain::edit::Edit {
            title: edit.title,
            description: edit.description,
            visibility: edit.visibility.as_deref().map(visibility).transpose()?,
            sites: edit.sites.map(sites).transpose()?,
            seen: headers
                .contains_key(header::IF_MATCH)
                .then_some(old.changed),
        },
        downloadable: edit.downloadable,
        ..Change::default()
    };
    let stored = app
        .catalogue()
        .update_stored(caller, kind, &slug, change)
        .await
        .map_err(|refused| denied(caller, refused.into()))?;
    Ok(whole(app, &stored))
}

/// The item, if the caller may change it and saw the version that it has.
fn managed(
    app: &App,
    caller: &Caller,
    kind: Kind,
    slug: &Slug,
    headers: &HeaderMap,
) -> Result<std::sync::Arc<Stored>, Problem> {
    let found = app.catalogue().managed_stored(caller, kind, slug);
    let stored = found.map_err(|refused| denied(caller, refused.into()))?;
    if is_stale(headers, &tag_of(&stored)) {
        return Err(Refused::Changed.into());
    }
    Ok(stored)
}

/// `DELETE /api/videos/{slug}`: its viewers are cut off, and its files go.
pub(crate) async fn remove_video(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    remove(&app, &caller, Kind::Video, &name).await
}

/// `DELETE /api/images/{slug}`.
pub(crate) async fn remove_image(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    remove(&app, &caller, Kind::Image, &name).await
}

async fn remove(app: &App, caller: &Caller, kind: Kind, name: &str) -> Result<StatusCode, Problem> {
    app.works()
        .delete(caller, kind, &slug(name)?)
        .await
        .map_err(|refused| denied(caller, refused.into()))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/videos/{slug}/poster`: a JPEG, PNG, WebP or GIF as the body.
pub(crate) async fn set_poster(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
    headers: HeaderMap,
    picture: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let slug = slug(&name)?;
    managed(&app, &caller, Kind::Video, &slug, &headers)?;
    let picture = body(picture)?;
    let set = app.works().set_poster(&caller, &slug, picture).await;
    let stored = set.map_err(|refused| denied(&caller, refused.into()))?;
    Ok(whole(&app, &stored))
}

/// `DELETE /api/videos/{slug}/poster`.
pub(crate) async fn remove_poster(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let slug = slug(&name)?;
    managed(&app, &caller, Kind::Video, &slug, &headers)?;
    let change = Change {
        poster: Some(false),
        ..Change::default()
    };
    app.catalogue()
        .update_stored(&caller, Kind::Video, &slug, change)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(crate) struct Captioning {
    /// What players call them; the language unless given.
    label: Option<String>,
    #[serde(default)]
    default: bool,
}

/// `PUT /api/videos/{slug}/captions/{language}`: `WebVTT` or `SubRip` as the body.
pub(crate) async fn set_captions(
    State(app): State<App>,
    Known(caller): Known,
    Path((name, language)): Path<(String, String)>,
    Query(captioning): Query<Captioning>,
    headers: HeaderMap,
    text: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let slug = slug(&name)?;
    managed(&app, &caller, Kind::Video, &slug, &headers)?;
    let language = Language::parse(&language).ok_or_else(|| {
        invalid(
            "invalid_language",
            "The language is a tag as en, de or pt-BR (BCP 47).",
        )
    })?;
    let label = captioning.label.as_deref().unwrap_or(language.as_str());
    let label = Label::parse(label).ok_or_else(|| {
        invalid(
            "invalid_label",
            "`label` is one line of up to 60 characters.",
        )
    })?;
    let new = NewCaptions {
        label,
        language,
        is_default: captioning.default,
        text: body(text)?,
    };
    let set = app.works().set_captions(&caller, &slug, new).await;
    let stored = set.map_err(|refused| denied(&caller, refused.into()))?;
    Ok(whole(&app, &stored))
}

/// `DELETE /api/videos/{slug}/captions/{language}`.
pub(crate) async fn remove_captions(
    State(app): State<App>,
    Known(caller): Known,
    Path((name, language)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let slug = slug(&name)?;
    managed(&app, &caller, Kind::Video, &slug, &headers)?;
    let language = Language::parse(&language).ok_or_else(Problem::not_found)?;
    let works = app.works();
    let removed = works.remove_captions(&caller, &slug, language.as_str());
    removed
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(StatusCode::NO_CONTENT)
}

/// A body that is a file.
fn body(bytes: Result<Bytes, axum::extract::rejection::BytesRejection>) -> Result<Bytes, Problem> {
    bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is too large.",
        ),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable", "The body broke off."),
    })
}

/// An item, as lists and answers tell it.
pub(crate) fn facts(app: &App, stored: &Stored) -> Value {
    let owner = app.name_of(stored.owner);
    let reason = match &stored.state {
        Phase::Failed(reason) => Some(reason.as_str()),
        Phase::Processing | Phase::Ready => None,
    };
    let known = &stored.facts;
    let mut value = json!({
        "slug": stored.slug.as_str(),
        "title": stored.title,
        "description": stored.description,
        "visibility": stored.visibility.word(),
        "owner": owner,
        "status": stored.state.word(),
        "reason": reason,
        "url": intake::path_of(stored),
        "created_at": stored.created.rfc3339(),
        "bytes": known.bytes,
        "width": (known.width > 0).then_some(known.width),
        "height": (known.height > 0).then_some(known.height),
        "downloadable": stored.downloadable,
        "sites": stored.sites.iter().map(Site::as_str).collect::<Vec<_>>(),
    });
    match stored.kind {
        Kind::Video => {
            let seconds = std::time::Duration::from_millis(known.duration_ms).as_secs_f64();
            let captions: Vec<Value> = stored
                .captions
                .iter()
                .map(|caption| {
                    json!({"language": caption.language, "label": caption.label, "default": caption.is_default})
                })
                .collect();
            value["duration_s"] = json!(seconds);
            value["codecs"] = json!(known.codecs);
            value["captions"] = json!(captions);
            value["has_poster"] = json!(stored.poster.is_some());
        }
        Kind::Image => value["form"] = json!(known.form),
    }
    value
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        use Refused as R;
        let detail = refused.to_string();
        match refused {
            R::NotAllowed => Self::unauthorized(),
            R::NotFound => Self::not_found(),
            R::Taken => Self::new(StatusCode::CONFLICT, "taken", detail),
            R::Slug(_) => invalid("invalid_slug", detail),
            R::Name(_) => invalid("invalid_name", detail),
            R::Site(_) => invalid("invalid_site", detail),
            R::Description => invalid("invalid_description", detail),
            R::Changed => Self::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail),
            R::TooMany { .. } => invalid("too_many", detail),
            R::Store(error) => Self::internal(&error),
        }
    }
}

impl From<works::Refused> for Problem {
    fn from(refused: works::Refused) -> Self {
        match refused {
            works::Refused::Item(refused) => refused.into(),
            works::Refused::Unusable(words) => invalid("unusable", words),
            works::Refused::Full { .. } => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk_full",
                "The disk is full.",
            ),
            works::Refused::Failed(error) => Self::internal(&error),
        }
    }
}

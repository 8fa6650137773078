//! `/api/access-codes`: made, listed, changed, deleted; each caller's own.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    access_code::{
        CHOSEN_CHARS_ADVISED, Change, CodeId, New, PAGE_MAX, Query as Wanted, Refused, Shown,
        Status, Used,
    },
    clock::Time,
    item::{Kind, Name},
    secret::Secret,
    slug::Slug,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{denied, etag, given, invalid, is_stale, private, sites, tagged, time};
use super::linked;
use crate::{
    App,
    error::Problem,
    extract::{Client, Json, Known, Path, Query},
    links::{self, With},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCode {
    code: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    note: Option<String>,
    media_items: Vec<MediaItem>,
    starts_at: Option<String>,
    expires_at: Option<String>,
    viewers_max: Option<u32>,
    #[serde(default)]
    sites: Vec<String>,
    #[serde(default)]
    may_download: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaItem {
    media_type: String,
    media_slug: String,
}

impl MediaItem {
    /// What cannot be the name of anything does not exist.
    fn name(&self) -> Result<Name, Problem> {
        let kind = Kind::find(&self.media_type).ok_or_else(|| {
            let detail = "`media_type` is one of video, image, stream.";
            Problem::new(StatusCode::BAD_REQUEST, "invalid_media_type", detail)
        })?;
        let slug = Slug::parse(&self.media_slug).map_err(|_| Problem::not_found())?;
        Ok(Name { kind, slug })
    }
}

fn names(items: &[MediaItem]) -> Result<Vec<Name>, Problem> {
    items.iter().map(MediaItem::name).collect()
}

/// `POST /api/access-codes`: all of it or nothing.
pub(crate) async fn create(
    State(app): State<App>,
    Known(caller): Known,
    client: Client,
    Json(new): Json<NewCode>,
) -> Result<Response, Problem> {
    let is_chosen = new.code.is_some();
    let at =
        |field, text: &Option<String>| text.as_deref().map(|text| time(field, text)).transpose();
    let new = New {
        items: names(&new.media_items)?,
        starts: at("starts_at", &new.starts_at)?,
        expires: at("expires_at", &new.expires_at)?,
        sites: sites(new.sites)?,
        code: new.code.map(Secret::new),
        description: new.description.unwrap_or_default(),
        note: new.note.unwrap_or_default(),
        viewers_max: new.viewers_max,
        may_download: new.may_download,
        owner: None,
    };
    let shown = app
        .catalogue()
        .add_code(&caller, new)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    let mut value = view(&client, &shown);
    if let Some(warning) = warning(&shown, is_chosen) {
        value["warning"] = json!(warning);
    }
    let location = format!("/api/access-codes/{}", shown.code.id);
    let response = (
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Answer(value),
    );
    Ok(tagged(
        private(response.into_response()),
        &etag(shown.code.changed, 0),
    ))
}

/// What its maker should know.
fn warning(shown: &Shown, is_chosen: bool) -> Option<&'static str> {
    let length = shown.text.as_ref().map_or(0, |text| text.expose().len());
    match shown.status {
        Status::Expired => Some("`expires_at` is in the past: the code opens nothing."),
        _ if is_chosen && length < CHOSEN_CHARS_ADVISED => Some(
            "A code of your own can be guessed. Leave `code` out to have one made that cannot.",
        ),
        _ => None,
    }
}

#[derive(Deserialize)]
pub(crate) struct Paging {
    cursor: Option<String>,
    limit: Option<usize>,
    /// Those that stand like this only.
    status: Option<String>,
}

/// `GET /api/access-codes`: the newest first, a page at a time.
pub(crate) async fn list(
    State(app): State<App>,
    Known(caller): Known,
    client: Client,
    Query(paging): Query<Paging>,
    asked: Uri,
) -> Result<Response, Problem> {
    let status = paging.status.filter(|word| !word.is_empty()).map(|word| {
        let detail = "`status` is one of active, not_yet, paused, expired.";
        Status::find(&word).ok_or_else(|| invalid("invalid_status", detail.to_owned()))
    });
    let wanted = Wanted {
        status: status.transpose()?,
        cursor: paging.cursor.filter(|cursor| !cursor.is_empty()),
        limit: paging.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX),
    };
    let page = app
        .catalogue()
        .page_of_codes(&caller, &wanted)
        .map_err(|refused| denied(&caller, refused.into()))?;
    let codes: Vec<Value> = page
        .codes
        .iter()
        .map(|shown| view(&client, shown))
        .collect();
    let answer = Answer(json!({"access_codes": codes, "next_cursor": page.next_cursor}));
    let answer = private(answer.into_response());
    Ok(linked(answer, &asked, "cursor", page.next_cursor))
}

/// `GET /api/access-codes/{code}/history`: the last days, oldest first; today, by UTC, is the last.
pub(crate) async fn history(
    State(app): State<App>,
    Known(caller): Known,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let id = find(&app, &caller, &code)?.code.id;
    let days = app
        .catalogue()
        .code_days(&caller, id)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    let day = |used: &Used| {
        json!({
            "day": used.day.to_string(),
            "opened": used.opened,
            "watched_s": used.watched.as_secs(),
        })
    };
    let days: Vec<Value> = days.iter().map(day).collect();
    Ok(private(Answer(json!({"days": days})).into_response()))
}

/// `GET /api/access-codes/{code}`.
pub(crate) async fn show(
    State(app): State<App>,
    Known(caller): Known,
    client: Client,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let shown = find(&app, &caller, &code)?;
    Ok(whole(&client, &shown))
}

fn whole(client: &Client, shown: &Shown) -> Response {
    let response = private(Answer(view(client, shown)).into_response());
    tagged(response, &etag(shown.code.changed, 0))
}

/// One of the caller's codes, by its text or its id.
fn find(app: &App, caller: &domain::caller::Caller, code: &str) -> Result<Shown, Problem> {
    let catalogue = app.catalogue();
    let by_text = catalogue.code_named(caller, code);
    let id = match by_text {
        Ok(id) => id,
        Err(_) => code.parse::<CodeId>().map_err(|_| Problem::not_found())?,
    };
    catalogue
        .find_code(caller, id)
        .map_err(|refused| denied(caller, refused.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    description: Option<String>,
    note: Option<String>,
    media_items: Option<Vec<MediaItem>>,
    #[serde(default, deserialize_with = "given")]
    starts_at: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    expires_at: Option<Option<String>>,
    paused: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    viewers_max: Option<Option<u32>>,
    sites: Option<Vec<String>>,
    may_download: Option<bool>,
}

/// `PATCH /api/access-codes/{code}`; with `If-Match`, only the version that the caller saw.
pub(crate) async fn change(
    State(app): State<App>,
    Known(caller): Known,
    client: Client,
    Path(code): Path<String>,
    headers: HeaderMap,
    Json(edit): Json<Edit>,
) -> Result<Response, Problem> {
    let old = find(&app, &caller, &code)?.code;
    if is_stale(&headers, &etag(old.changed, 0)) {
        return Err(Refused::Changed.into());
    }
    let at = |field, given: Option<Option<String>>| -> Result<Option<Option<Time>>, Problem> {
        let read = |text: Option<String>| text.map(|text| time(field, &text)).transpose();
        given.map(read).transpose()
    };
    let change = Change {
        items: edit.media_items.as_deref().map(names).transpose()?,
        starts: at("starts_at", edit.starts_at)?,
        expires: at("expires_at", edit.expires_at)?,
        sites: edit.sites.map(sites).transpose()?,
        description: edit.description,
        note: edit.note,
        paused: edit.paused,
        viewers_max: edit.viewers_max,
        may_download: edit.may_download,
        seen: headers
            .contains_key(header::IF_MATCH)
            .then_some(old.changed),
    };
    let shown = app
        .catalogue()
        .update_code(&caller, old.id, change)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(whole(&client, &shown))
}

/// `DELETE /api/access-codes/{code}`: whoever watches with it is cut off.
pub(crate) async fn remove(
    State(app): State<App>,
    Known(caller): Known,
    Path(code): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = find(&app, &caller, &code)?.code.id;
    app.catalogue()
        .delete_code(&caller, id)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(StatusCode::NO_CONTENT)
}

/// A code as its owner sees it.
fn view(client: &Client, shown: &Shown) -> Value {
    facts(&client.origin, shown)
}

/// The same, with addresses that begin with `root`.
pub fn facts(root: &str, shown: &Shown) -> Value {
    let code = &shown.code;
    let text = shown.text.as_ref().map(Secret::expose);
    let at = |time: Option<Time>| time.map(Time::rfc3339);
    let items: Vec<Value> = shown
        .items
        .iter()
        .map(|item| json!({"media_type": item.kind.word(), "media_slug": item.slug.as_str()}))
        .collect();
    json!({
        "id": code.id.to_string(),
        "code": text,
        "description": code.description,
        "note": code.note,
        "media_items": items,
        "starts_at": at(code.starts),
        "expires_at": at(code.expires),
        "paused_at": at(code.paused),
        "created_at": code.created.rfc3339(),
        "status": shown.status.word(),
        "viewers_max": code.viewers_max,
        "sites": code.sites.iter().map(domain::item::Site::as_str).collect::<Vec<_>>(),
        "may_download": code.may_download,
        "uses": code.uses,
        "last_used_at": at(code.last_used),
        "watching": shown.watching,
        "url": text.and_then(|text| url(root, shown, text)),
    })
}

/// Where the first thing that the code opens is, with the code.
fn url(root: &str, shown: &Shown, text: &str) -> Option<String> {
    let with = With {
        code: Some(text),
        start_s: None,
    };
    shown
        .items
        .first()
        .map(|item| links::page(root, item, with))
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        use Refused as R;
        let detail = refused.to_string();
        match refused {
            R::NotAllowed => Self::unauthorized(),
            R::NotFound | R::NotYours(_) => Self::not_found(),
            R::Taken => Self::new(StatusCode::CONFLICT, "taken", detail),
            R::Code(_) => invalid("invalid_code", detail),
            R::NoItems => invalid("no_items", detail),
            R::EndsBeforeStart => invalid("ends_before_start", detail),
            R::Viewers => invalid("invalid_viewers_max", detail),
            R::Name(_) => invalid("invalid_text", detail),
            R::Changed => Self::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail),
            R::TooMany { .. } => invalid("too_many", detail),
            R::Store(error) => Self::internal(&error),
        }
    }
}

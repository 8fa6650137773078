//! `/api/streams`: streams and what is live on them.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use domain::{
    api_key::Scope,
    caller::Caller,
    catalogue::PAGE_MAX,
    engine::{Live, Refusal, State as Phase},
    login,
    publish::Credential,
    slug::Slug,
    stream::{New, Stream, Visibility},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fields::{denied, etag, is_stale, private, sites, tagged, visibility},
    linked, slug, warnings,
};
use crate::{
    App,
    error::Problem,
    extract::{Asking, Json, Known, Path, Query},
};

/// Streams on one page unless told otherwise.
const PAGE: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Paging {
    cursor: Option<String>,
    limit: Option<usize>,
    /// Words that title or slug hold.
    #[serde(default)]
    q: String,
}

/// `GET /api/streams`: what the caller may see listed.
pub(crate) async fn list(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(paging): Query<Paging>,
    asked: Uri,
) -> Result<Response, Problem> {
    let limit = paging.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let page = app
        .catalogue()
        .find_streams(&caller, &paging.q, paging.cursor.as_deref(), limit);
    let streams: Vec<Value> = page
        .streams
        .iter()
        .map(|stream| {
            let mut value = facts(&app, stream);
            value["live"] = json!(app.engine().live(&stream.slug).is_some());
            value
        })
        .collect();
    let answer = Answer(json!({"streams": streams, "next_cursor": page.next_cursor}));
    let answer = private(answer.into_response());
    Ok(linked(answer, &asked, "cursor", page.next_cursor))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStream {
    slug: String,
    title: Option<String>,
    visibility: Option<String>,
}

/// `POST /api/streams`: a stream and its first key, shown this once.
pub(crate) async fn create(
    State(app): State<App>,
    Known(caller): Known,
    Json(new): Json<NewStream>,
) -> Result<Response, Problem> {
    let slug = Slug::parse(&new.slug).map_err(|error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_slug",
            error.to_string(),
        )
    })?;
    let visibility = new
        .visibility
        .as_deref()
        .map_or(Ok(Visibility::Private), visibility)?;
    let new = New {
        slug,
        title: new.title,
        visibility,
        owner: None,
    };
    let (stream, made) = app
        .catalogue()
        .add_stream(&caller, new)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    let mut value = facts(&app, &stream);
    value["live"] = Value::Null;
    value["key"] = json!(made.secret.expose());
    Ok(private(
        (StatusCode::CREATED, Answer(value)).into_response(),
    ))
}

/// `GET /api/streams/{slug}`: with what is live.
pub(crate) async fn show(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let stream = app
        .catalogue()
        .find_stream(&caller, &slug(&name)?)
        .ok_or_else(Problem::not_found)?;
    Ok(whole(&app, &stream))
}

fn whole(app: &App, stream: &Stream) -> Response {
    let mut value = facts(app, stream);
    value["live"] = app
        .engine()
        .live(&stream.slug)
        .map_or(Value::Null, |live| live_facts(app, &live));
    tagged(private(Answer(value).into_response()), &tag_of(stream))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    title: Option<String>,
    description: Option<String>,
    visibility: Option<String>,
    sites: Option<Vec<String>>,
}

/// `PATCH /api/streams/{slug}`; with `If-Match`, only the version that the caller saw.
pub(crate) async fn change(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(edit): Json<Edit>,
) -> Result<Response, Problem> {
    let slug = slug(&name)?;
    let seen = if headers.contains_key(header::IF_MATCH) {
        let current = app
            .catalogue()
            .find_stream(&caller, &slug)
            .ok_or_else(Problem::not_found)?;
        if is_stale(&headers, &tag_of(&current)) {
            return Err(domain::stream::Refused::Changed.into());
        }
        Some(current.changed)
    } else {
        None
    };
    let visibility = edit.visibility.as_deref().map(visibility).transpose()?;
    let edit = domain::edit::Edit {
        title: edit.title,
        description: edit.description,
        sites: edit.sites.map(sites).transpose()?,
        visibility,
        seen,
    };
    let stream = app
        .catalogue()
        .update_stream(&caller, &slug, edit)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(whole(&app, &stream))
}

/// `DELETE /api/streams/{slug}`: publishers and viewers go at once.
pub(crate) async fn remove(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    app.catalogue()
        .delete_stream(&caller, &slug(&name)?)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/streams/{slug}/refusals`: who tried to publish and why it was refused.
pub(crate) async fn refusals(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let stream = managed(&app, &caller, &slug(&name)?)?;
    let refusals = refused(&app, &stream);
    Ok(private(
        Answer(json!({"refusals": refusals})).into_response(),
    ))
}

/// `GET /api/streams/{slug}/status`: everything that the Go-live page shows as it changes.
pub(crate) async fn status(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let slug = slug(&name)?;
    managed(&app, &caller, &slug)?;
    Ok(private(
        Answer(status_value(&app, &caller, &slug)).into_response(),
    ))
}

/// `GET /api/streams/{slug}/history`: the last minutes of the broadcast, a sample a second.
pub(crate) async fn history(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let stream = managed(&app, &caller, &slug(&name)?)?;
    let samples: Vec<Value> = app
        .engine()
        .history(&stream.slug)
        .iter()
        .map(|sample| {
            json!({
                "at": sample.at.rfc3339(),
                "bit_rate": sample.bit_rate,
                "frame_rate": sample.frame_rate,
                "key_frame_interval_s": sample.key_frame_interval_s,
                "viewers": {"hls": sample.viewers.hls, "webrtc": sample.viewers.webrtc},
            })
        })
        .collect();
    Ok(private(Answer(json!({"samples": samples})).into_response()))
}

/// The stream, if the caller may change it; 404 where they may not know of it.
pub(crate) fn managed(app: &App, caller: &Caller, slug: &Slug) -> Result<Stream, Problem> {
    let stream = app
        .catalogue()
        .find_stream(caller, slug)
        .ok_or_else(Problem::not_found)?;
    if app.catalogue().may_manage(caller, stream.id) {
        Ok(stream)
    } else {
        Err(Problem::forbidden())
    }
}

/// What [`status`] answers; null for who may not manage the stream.
pub(crate) fn status_value(app: &App, caller: &Caller, slug: &Slug) -> Value {
    let Ok(stream) = managed(app, caller, slug) else {
        return Value::Null;
    };
    let live = app.engine().live(&stream.slug);
    let mut value = facts(app, &stream);
    let in_use = live.as_ref().and_then(|live| match live.credential {
        Credential::Key(key) => Some(key),
        Credential::ApiKey(_) => None,
    });
    let keys = app.catalogue().list_keys(caller, slug).unwrap_or_default();
    value["key_in_use"] = json!(
        keys.iter()
            .find(|key| Some(key.id) == in_use)
            .map(|key| json!({"id": key.id.to_string(), "name": key.name}))
    );
    value["test_signal"] = json!(app.test_signal().runs(&stream.slug));
    value["publisher"] = json!(live.as_ref().map(|live| login::shortened(live.publisher)));
    value["live"] = live.map_or(Value::Null, |live| live_facts(app, &live));
    value["last_ended"] = json!(
        app.engine()
            .last_ended(&stream.slug)
            .map(|ended| json!({"since": ended.since.rfc3339(), "until": ended.until.rfc3339()}))
    );
    value["refusals"] = json!(refused(app, &stream));
    value
}

/// Refused attempts that are told at once: as many as are kept.
pub(super) const REFUSALS_MAX: usize = 50;

fn refused(app: &App, stream: &Stream) -> Vec<Value> {
    let refusals = app.engine().refusals(Some(&stream.slug));
    let newest = refusals.iter().take(REFUSALS_MAX);
    newest.map(refusal).collect()
}

pub(super) fn refusal(refusal: &Refusal) -> Value {
    json!({
        "at": refusal.at.rfc3339(),
        "protocol": refusal.protocol.word(),
        "address": login::shortened(refusal.address),
        "reason": refusal.reason,
        "message": refusal.message,
        "fix": refusal.fix,
        "times": refusal.times,
    })
}

fn tag_of(stream: &Stream) -> String {
    etag(stream.changed, stream.generation)
}

fn facts(app: &App, stream: &Stream) -> Value {
    let owner = app.name_of(stream.owner);
    json!({
        "slug": stream.slug.as_str(),
        "title": stream.title,
        "description": stream.description,
        "visibility": stream.visibility.word(),
        "owner": owner,
        "sites": stream.sites.iter().map(domain::item::Site::as_str).collect::<Vec<_>>(),
    })
}

fn live_facts(app: &App, live: &Live) -> Value {
    let tracks: Vec<Value> = live
        .tracks
        .iter()
        .map(|track| {
            let mut value = json!({"kind": track.kind.word(), "codec": track.codec});
            let optional = [
                ("profile", json!(track.profile)),
                ("width", json!(track.width)),
                ("height", json!(track.height)),
                ("frame_rate", json!(track.frame_rate)),
                ("sample_rate", json!(track.sample_rate)),
                ("channels", json!(track.channels)),
            ];
            for (name, fact) in optional.into_iter().filter(|(_, fact)| !fact.is_null()) {
                value[name] = fact;
            }
            value
        })
        .collect();
    let warnings: Vec<Value> = live
        .warnings
        .iter()
        .map(|warning| warnings::value(app.text(), warning))
        .collect();
    let (state, until) = match live.state {
        Phase::Receiving => ("receiving", None),
        Phase::Away { until } => ("away", Some(until.rfc3339())),
    };
    json!({
        "since": live.since.rfc3339(),
        "state": state,
        "until": until,
        "protocol": live.protocol.word(),
        "playable": live.playable,
        "tracks": tracks,
        "bit_rate": live.bit_rate,
        "frame_rate": live.frame_rate,
        "key_frame_interval_s": live.key_frame_interval_s,
        "viewers": {"hls": live.viewers.hls, "webrtc": live.viewers.webrtc},
        "bytes_received": live.bytes_received,
        "warnings": warnings,
    })
}

/// Whether the caller may read what operators read.
pub(super) fn may_read_all(caller: &Caller) -> bool {
    use domain::caller::Subject;
    match caller.subject {
        Subject::ApiKey { .. } => caller.may(Scope::Read) && caller.role.is_some(),
        _ => caller.administers(),
    }
}

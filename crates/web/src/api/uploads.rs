//! `/api/uploads`: files that come in parts and can be gone on with (tus 1.0.0 with creation, expiration and termination), and how they stand
//! as JSON. One answer serves both: a `GET` carries the headers of tus, and a `HEAD` is one without its body.

use axum::{
    Json as Answer,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{caller::Caller, slug::SlugError, user::UserId};
use library::upload::{
    Ended, Id, New, Refused, State as Phase, Status, Unwanted, Uploads, Wanted, Whole, tus,
};
use serde_json::{Value, json};

use super::fields::private;
use crate::{
    App,
    error::Problem,
    extract::{Arriving, Cut, Known, Path},
    front::http_time,
    intake::{self, Item, Uploading},
};

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// Who may bring files, and where they go.
pub(crate) struct Bringer<'a> {
    pub(crate) uploading: &'a Uploading,
    pub(crate) owner: UserId,
}

/// Judges whether this caller may bring files at all.
pub(crate) fn bringer<'a>(app: &'a App, caller: &Caller) -> Result<Bringer<'a>, Problem> {
    let uploading = app.uploading().ok_or_else(|| {
        let detail = "This server takes no files.";
        Problem::new(StatusCode::NOT_IMPLEMENTED, "uploads_off", detail)
    })?;
    let owner = caller.user().ok_or_else(Problem::unauthorized)?;
    if !app.catalogue().may_upload(caller) {
        return Err(Problem::forbidden());
    }
    Ok(Bringer { uploading, owner })
}

/// `OPTIONS /api/uploads`: what is spoken.
pub(crate) async fn discover(State(app): State<App>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_VERSION, HeaderValue::from_static(tus::VERSION));
    headers.insert(TUS_EXTENSION, HeaderValue::from_static(tus::EXTENSIONS));
    if let Some(uploading) = app.uploading() {
        let max = uploading.uploads.limits().length_max;
        headers.insert(TUS_MAX_SIZE, max.into());
    }
    headers.insert(
        header::ALLOW,
        HeaderValue::from_static("GET,HEAD,POST,PATCH,DELETE,OPTIONS"),
    );
    spoken(response)
}

/// `GET /api/uploads`: the caller's own that can be gone on with, and what became of the last ones; the newest first.
pub(crate) async fn list(
    State(app): State<App>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    let Bringer { uploading, owner } = bringer(&app, &caller)?;
    let list = uploading.uploads.list(owner);
    let uploads: Vec<Value> = list
        .iter()
        .filter_map(|status| facts(uploading, &caller, status))
        .collect();
    Ok(private(Answer(json!({"uploads": uploads})).into_response()))
}

/// `POST /api/uploads`: makes an upload. Refused before a byte is sent where its address is taken or there is no room for it.
pub(crate) async fn create(
    State(app): State<App>,
    Known(caller): Known,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Bringer { uploading, owner } = bringer(&app, &caller)?;
    if let Some(other) = other_version(&headers) {
        return Ok(other);
    }
    if headers.contains_key(UPLOAD_DEFER_LENGTH) {
        let detail = "`Upload-Length` has to be known at the start.";
        return Err(unreadable(detail));
    }
    let length = number(&headers, &UPLOAD_LENGTH)?;
    let metadata = headers.get(UPLOAD_METADATA);
    let metadata = metadata.map_or(&b""[..], HeaderValue::as_bytes);
    let pairs =
        tus::metadata(metadata).map_err(|why| unreadable(format!("`Upload-Metadata`: {why}.")))?;
    let pairs = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let wanted = Wanted::read(pairs).map_err(unwanted)?;
    uploading
        .intake
        .check(&caller, &wanted)
        .map_err(|refused| not_taken(&app, &refused))?;
    let new = New {
        owner,
        length,
        wanted,
        metadata: String::from_utf8_lossy(metadata).into_owned(),
    };
    let made = uploading.uploads.create(new).await;
    let status = made.map_err(|refused| refusal(&app, refused))?;
    let location = format!("/api/uploads/{}", status.id);
    let body = Answer(facts(uploading, &caller, &status)).into_response();
    let mut response = private((StatusCode::CREATED, body).into_response());
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(spoken(told(response, &status)))
}

/// `GET` and `HEAD /api/uploads/{id}`: how it stands.
pub(crate) async fn show(
    State(app): State<App>,
    Known(caller): Known,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Bringer { uploading, owner } = bringer(&app, &caller)?;
    let status = found(&uploading.uploads, &id, owner)?;
    // Whoever asks for JSON need not speak tus.
    let speaks = method == Method::HEAD && headers.contains_key(TUS_RESUMABLE);
    if let Some(other) = other_version(&headers).filter(|_| speaks) {
        return Ok(other);
    }
    let facts = facts(uploading, &caller, &status).ok_or_else(Problem::not_found)?;
    let mut response = private(Answer(facts).into_response());
    // As it came (tus 1.0, creation).
    if let Ok(metadata) = HeaderValue::from_str(&status.metadata)
        && !status.metadata.is_empty()
    {
        response.headers_mut().insert(UPLOAD_METADATA, metadata);
    }
    Ok(spoken(told(response, &status)))
}

/// `POST /api/uploads/{id}`: what `X-HTTP-Method-Override` says, for clients whose network lets no other methods through (tus 1.0, core).
pub(crate) async fn overridden(
    state: State<App>,
    known: Known,
    path: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    match headers.get(METHOD_OVERRIDE).map(HeaderValue::as_bytes) {
        Some(b"PATCH") => append(state, known, path, headers, body).await,
        Some(b"DELETE") => remove(state, known, path, headers).await,
        _ => {
            bringer(&state, &known.0)?;
            let detail = "Say in `X-HTTP-Method-Override` whether it is PATCH or DELETE.";
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let problem = Problem::new(status, "method_not_allowed", detail);
            let allowed = [(header::ALLOW, "GET,HEAD,PATCH,DELETE")];
            Ok(spoken((allowed, problem).into_response()))
        }
    }
}

/// `PATCH /api/uploads/{id}`: more bytes, at `Upload-Offset`. What the answer acknowledges is on disk.
pub(crate) async fn append(
    State(app): State<App>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let mut arriving = Arriving::new(body);
    let appended = append_to(&app, &caller, &id, &headers, &mut arriving).await;
    let response = match appended {
        Ok(status) => told(StatusCode::NO_CONTENT.into_response(), &status),
        Err(NotAppended { problem, status }) => {
            let is_slow = problem.status == StatusCode::REQUEST_TIMEOUT;
            if !is_slow {
                arriving.drain().await;
            }
            let mut response = problem.into_response();
            if let Some(status) = status {
                response = told(response, &status);
            }
            if is_slow {
                // The rest of its body may still come, and is no request.
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            if response.status() == StatusCode::PRECONDITION_FAILED {
                let version = HeaderValue::from_static(tus::VERSION);
                response.headers_mut().insert(TUS_VERSION, version);
            }
            response
        }
    };
    Ok(spoken(response))
}

/// Why bytes were not appended, or not all, and where the upload is then.
struct NotAppended {
    problem: Problem,
    status: Option<Box<Status>>,
}

impl From<Problem> for NotAppended {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            status: None,
        }
    }
}

async fn append_to(
    app: &App,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    arriving: &mut Arriving,
) -> Result<Status, NotAppended> {
    let Bringer { uploading, owner } = bringer(app, caller)?;
    let uploads = &uploading.uploads;
    let status = found(uploads, id, owner)?;
    if !speaks_our_version(headers) {
        return Err(version_problem().into());
    }
    if !is_part(headers) {
        let detail = format!("The body of a part is {}.", tus::MEDIA_TYPE);
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "unsupported_media_type", detail).into());
    }
    if headers.contains_key(UPLOAD_CHECKSUM) {
        let detail = "Checksums are not looked at here; send the part without one.";
        return Err(unreadable(detail).into());
    }
    let offset = number(headers, &UPLOAD_OFFSET)?;
    // Told before the bytes come, where that can be known.
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| tus::number(length.as_bytes()).ok());
    if offset == status.offset
        && length.is_some_and(|length| offset.saturating_add(length) > status.length)
    {
        return Err(NotAppended {
            problem: refusal(app, Refused::Overrun),
            status: Some(Box::new(status)),
        });
    }
    let id = status.id;
    let now = |problem: Problem| NotAppended {
        problem,
        status: uploads.find(id, owner).map(Box::new),
    };
    let mut appending = match uploads.append(id, owner, offset).await {
        Ok(appending) => appending,
        Err(refused) => return Err(now(refusal(app, refused))),
    };
    let cut = loop {
        let bytes = tokio::select! {
            bytes = arriving.next() => bytes,
            () = appending.stopped() => {
                let detail = "Another request goes on with this upload.";
                break Some(Problem::new(StatusCode::CONFLICT, "gave_way", detail));
            }
        };
        match bytes {
            None => break None,
            Some(Ok(bytes)) => {
                if let Err(refused) = appending.push(bytes).await {
                    break Some(refusal(app, refused));
                }
            }
            Some(Err(cut)) => break Some(cut_problem(cut)),
        }
    };
    // Also after a failure: what came before it counts.
    let settled = appending.settle().await;
    if let Some(problem) = cut {
        return Err(now(problem));
    }
    settled.map_err(|refused| now(refusal(app, refused)))?;
    let status = uploads.find(id, owner).ok_or_else(Problem::not_found)?;
    if status.offset == status.length
        && let Some(whole) = uploads.take(id)
    {
        tokio::spawn(hand_over(app.clone(), caller.clone(), whole));
    }
    Ok(status)
}

/// `DELETE /api/uploads/{id}`: nothing of it is left. What it became stays.
pub(crate) async fn remove(
    State(app): State<App>,
    Known(caller): Known,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Bringer { uploading, owner } = bringer(&app, &caller)?;
    let status = found(&uploading.uploads, &id, owner)?;
    if let Some(other) = other_version(&headers) {
        return Ok(other);
    }
    let removed = uploading.uploads.remove(status.id, owner).await;
    removed.map_err(|refused| refusal(&app, refused))?;
    Ok(spoken(StatusCode::NO_CONTENT.into_response()))
}

/// Lets an item be made of a whole file, and remembers what came of it.
pub(super) async fn hand_over(
    app: App,
    caller: Caller,
    whole: Whole,
) -> Result<Item, intake::Refused> {
    let Some(Uploading { uploads, intake }) = app.uploading().cloned() else {
        return Err(intake::Refused::NotAllowed);
    };
    let id = whole.id;
    let made = intake.finished(caller, whole).await;
    let ended = match &made {
        Ok(item) => Ended::Item {
            kind: item.kind,
            slug: item.slug.clone(),
        },
        Err(refused @ (intake::Refused::Full { .. } | intake::Refused::Failed(_))) => {
            uploads.give_back(id, not_taken(&app, refused).detail);
            return made;
        }
        Err(refused) => Ended::Refused(refused.to_string()),
    };
    if let Err(error) = uploads.end(id, ended).await {
        tracing::error!(%id, %error, "what became of an upload could not be written");
    }
    made
}

/// Hands over what an earlier run had received whole.
pub(crate) fn take_up(app: &App, whole: Vec<Whole>) {
    for whole in whole {
        tokio::spawn(hand_over(app.clone(), Caller::operator(), whole));
    }
}

fn found(uploads: &Uploads, id: &str, owner: UserId) -> Result<Status, Problem> {
    let id: Id = id.parse().map_err(|_| Problem::not_found())?;
    uploads.find(id, owner).ok_or_else(Problem::not_found)
}

/// An upload as the API tells it; `None` where what it became is gone.
fn facts(uploading: &Uploading, caller: &Caller, status: &Status) -> Option<Value> {
    let (mut state, mut reason, mut item) = ("receiving", None, Value::Null);
    match &status.state {
        Phase::Receiving if status.setback.is_some() => {
            (state, reason) = ("failed", status.setback.clone());
        }
        Phase::Receiving => {}
        Phase::HandingOver => state = "processing",
        Phase::Ended(Ended::Refused(why)) => (state, reason) = ("failed", Some(why.clone())),
        Phase::Ended(Ended::Item { kind, slug }) => {
            let found = uploading.intake.find(caller, *kind, slug)?;
            state = found.standing.word();
            reason = found.standing.reason().map(str::to_owned);
            item = json!({"kind": kind.word(), "slug": slug.as_str(), "title": found.title, "url": found.url});
        }
    }
    let wanted = &status.wanted;
    Some(json!({
        "id": status.id.to_string(),
        "url": format!("/api/uploads/{}", status.id),
        "filename": wanted.filename,
        "title": wanted.title_or_name(),
        "kind": wanted.kind.map(library::upload::Kind::word),
        "slug": wanted.slug.as_ref().map(domain::slug::Slug::as_str),
        "visibility": wanted.visibility.word(),
        "state": state,
        "reason": reason,
        "can_resume": status.state == Phase::Receiving,
        "offset": status.offset,
        "length": status.length,
        "created_at": status.created.rfc3339(),
        "expires_at": status.expires.rfc3339(),
        "item": item,
    }))
}

/// Puts on where the upload is.
fn told(mut response: Response, status: &Status) -> Response {
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, status.offset.into());
    headers.insert(UPLOAD_LENGTH, status.length.into());
    if status.state == Phase::Receiving
        && let Ok(expires) = HeaderValue::from_str(&http_time(status.expires))
    {
        headers.insert(UPLOAD_EXPIRES, expires);
    }
    response
}

fn spoken(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(tus::VERSION));
    response
}

fn speaks_our_version(headers: &HeaderMap) -> bool {
    headers
        .get(TUS_RESUMABLE)
        .is_some_and(|version| version == tus::VERSION)
}

fn version_problem() -> Problem {
    let detail = format!("Send `Tus-Resumable: {}`.", tus::VERSION);
    Problem::new(StatusCode::PRECONDITION_FAILED, "tus_version", detail)
}

/// The answer to who speaks another version.
fn other_version(headers: &HeaderMap) -> Option<Response> {
    if speaks_our_version(headers) {
        return None;
    }
    let mut response = version_problem().into_response();
    let version = HeaderValue::from_static(tus::VERSION);
    response.headers_mut().insert(TUS_VERSION, version);
    Some(spoken(response))
}

fn is_part(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE);
    media_type.is_some_and(|media_type| {
        media_type
            .as_bytes()
            .eq_ignore_ascii_case(tus::MEDIA_TYPE.as_bytes())
    })
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let value = headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    tus::number(value).map_err(|why| unreadable(format!("`{name}`: {why}.")))
}

pub(super) fn unreadable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", detail)
}

pub(super) fn unwanted(why: Unwanted) -> Problem {
    let code = match why {
        Unwanted::Kind => "invalid_kind",
        Unwanted::Slug(_) => "invalid_slug",
        Unwanted::Title(_) => "invalid_title",
        Unwanted::Visibility => "invalid_visibility",
    };
    let detail = match why {
        Unwanted::Slug(SlugError::Empty) => "Give it an address.".to_owned(),
        other => other.to_string(),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

pub(super) fn cut_problem(cut: Cut) -> Problem {
    match cut {
        Cut::TooSlow => {
            let detail = "The bytes came too slowly. What arrived is kept.";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail)
        }
        Cut::Broken => unreadable("The connection broke. What arrived is kept."),
    }
}

/// What the library refused, for programs and people.
pub(super) fn refusal(app: &App, refused: Refused) -> Problem {
    use StatusCode as S;
    let t = app.text();
    match refused {
        Refused::NotFound => Problem::not_found(),
        Refused::WrongOffset { offset } => {
            let detail =
                format!("It goes on at byte {offset}: ask with HEAD, and send from there.");
            Problem::new(S::CONFLICT, "wrong_offset", detail)
        }
        Refused::Busy => {
            let detail = "Another request sends to this upload right now.";
            Problem::new(S::LOCKED, "busy", detail).retry_after(3)
        }
        Refused::NoPlace => {
            let detail = "Many uploads are being written. Try again in a moment.";
            Problem::new(S::SERVICE_UNAVAILABLE, "busy", detail).retry_after(5)
        }
        Refused::Ended => Problem::new(S::CONFLICT, "whole", "This upload is whole already."),
        Refused::TooLong { max } => {
            let detail = format!("A file can have {} at most.", t.bytes(max));
            Problem::new(S::PAYLOAD_TOO_LARGE, "too_large", detail)
        }
        Refused::Overrun => {
            let detail = "More bytes came than were announced.";
            Problem::new(S::PAYLOAD_TOO_LARGE, "too_many_bytes", detail)
        }
        Refused::Empty => unreadable("The file is empty."),
        Refused::TooMany { max } => {
            let detail = format!(
                "{max} uploads wait to be finished already. Go on with one of them, or remove it."
            );
            Problem::new(S::UNPROCESSABLE_ENTITY, "too_many", detail)
        }
        Refused::TooManyBytes { max } => {
            let detail = format!(
                "Uploads that wait to be finished can have {} together. Go on with one of them, or remove it.",
                t.bytes(max)
            );
            Problem::new(S::UNPROCESSABLE_ENTITY, "too_many_bytes_open", detail)
        }
        Refused::Full { missing } => full(app, missing),
        Refused::Io(error) => Problem::internal(&error),
    }
}

fn full(app: &App, missing: u64) -> Problem {
    let room = app.text().bytes(missing);
    let detail = format!("The disk is full. Free {room}, then Resume.");
    Problem::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", detail)
}

/// What the intake refused, for programs and people.
pub(super) fn not_taken(app: &App, refused: &intake::Refused) -> Problem {
    use StatusCode as S;
    use intake::Refused as R;
    let detail = refused.to_string();
    match refused {
        R::NotAllowed => Problem::forbidden(),
        R::Taken => Problem::new(S::CONFLICT, "taken", detail),
        R::TooMany { .. } => Problem::new(S::UNPROCESSABLE_ENTITY, "too_many", detail),
        R::Unusable(_) => Problem::new(S::UNPROCESSABLE_ENTITY, "unusable", detail),
        R::Full { missing } => full(app, *missing),
        R::Failed(_) => Problem::internal(refused),
    }
}

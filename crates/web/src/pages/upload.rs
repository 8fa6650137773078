//! `/upload`: bringing videos and pictures. A script (`upload.js`) sends several at once, goes on where a line broke, and while its user moves
//! between pages; without it the form brings one file.

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use library::upload::{Ended, Kind, State as Phase, Status};

use super::{
    Frame,
    cards::{icon, page_of},
    login::see,
    managed::Member,
    page,
};
use crate::{
    App,
    api::{brought, uploads::bringer},
    intake::{Standing, Uploading},
    text::Text,
};

/// An upload of the last day.
struct Row {
    name: String,
    /// The badge's words and tone.
    badge: String,
    tone: &'static str,
    icon: &'static str,
    /// How far it is, or why it failed.
    note: String,
    /// Its page for people, where there is one.
    url: Option<String>,
}

#[derive(Template)]
#[template(path = "upload.html")]
struct Page {
    frame: Frame,
    t: Text,
    /// Whose uploads these are, for what the browser remembers.
    owner: String,
    length_max: u64,
    most: String,
    rows: Vec<Row>,
}

/// `GET /upload`.
pub(crate) async fn show(State(app): State<App>, Member(caller): Member) -> Response {
    let bringer = match bringer(&app, &caller) {
        Ok(bringer) => bringer,
        Err(problem) => return problem.into_response(),
    };
    let uploads = &bringer.uploading.uploads;
    let t = app.text();
    let list = uploads.list(bringer.owner);
    let rows = list
        .iter()
        .filter_map(|status| row(t, bringer.uploading, &caller, status))
        .collect();
    let length_max = uploads.limits().length_max;
    let frame = Frame::new(&app, &caller);
    let template = Page {
        t,
        frame,
        owner: bringer.owner.to_string(),
        length_max,
        most: t
            .msg("upload-most")
            .arg("max", t.bytes(length_max))
            .to_string(),
        rows,
    };
    // While uploads run, other pages are shown in this document, and it is this page's policy that they meet: those with a player need theirs.
    page(StatusCode::OK, &template, true)
}

fn row(
    t: Text,
    uploading: &Uploading,
    caller: &domain::caller::Caller,
    status: &Status,
) -> Option<Row> {
    let name = match status.wanted.filename.as_str() {
        "" => t.msg("upload-nameless").to_string(),
        name => name.to_owned(),
    };
    let kind = match &status.state {
        Phase::Ended(Ended::Item { kind, .. }) => *kind,
        _ => status.wanted.kind.unwrap_or(Kind::Video),
    };
    let row = |badge: &'static str, tone: &'static str, note: String, url: Option<String>| Row {
        name: name.clone(),
        badge: t.msg(badge).to_string(),
        tone,
        icon: icon(kind),
        note,
        url,
    };
    let failed = |why: &str| row("upload-badge-failed", "bad", why.to_owned(), None);
    let length = t.bytes(status.length);
    Some(match &status.state {
        Phase::Receiving => match &status.setback {
            Some(why) => failed(why),
            None => {
                let note = t.msg("upload-of").arg("sent", t.bytes(status.offset));
                let note = note.arg("length", length.as_str()).to_string();
                row("upload-badge-stopped", "warn", note, None)
            }
        },
        Phase::HandingOver => row("upload-badge-processing", "", length, None),
        Phase::Ended(Ended::Refused(why)) => failed(why),
        Phase::Ended(Ended::Item { kind, slug }) => {
            let item = uploading.intake.find(caller, *kind, slug)?;
            let page = Some(page_of(item.kind, &item.slug));
            match item.standing {
                Standing::Failed(why) => failed(&why),
                Standing::Processing => row("upload-badge-processing", "", length, page),
                Standing::Ready => row("upload-badge-ready", "ok", length, page),
            }
        }
    })
}

/// `POST /upload`: the form, as browsers without scripts send it; 303 to what it became.
pub(crate) async fn submit(
    State(app): State<App>,
    Member(caller): Member,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match brought::take_in(&app, &caller, None, &headers, body).await {
        Ok(item) => see(&page_of(item.kind, &item.slug)),
        Err(problem) => problem.into_response(),
    }
}

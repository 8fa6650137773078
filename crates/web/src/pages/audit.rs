//! `/admin/audit`: what was changed, by whom, when and from where, the newest first.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::audit::{Entry, Numbered};
use serde::Deserialize;

use super::{Frame, administrator::Administrator, page, people::Moment};
use crate::{App, error::Problem, extract::Query, text::Text};

/// Rows on one page.
const PAGE: usize = 50;

struct Row {
    at: Moment,
    who: String,
    /// By what they were known; none where they have no name and that is all there is to say.
    via: Option<String>,
    what: String,
    subject: String,
    detail: String,
    address: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    t: Text,
    rows: Vec<Row>,
    /// Where what is older begins.
    older: Option<u64>,
    is_first: bool,
}

#[derive(Deserialize)]
pub(crate) struct From {
    before: Option<u64>,
}

/// `GET /admin/audit`, and with `?before=` what is older than that entry.
pub(crate) async fn show(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Query(from): Query<From>,
) -> Response {
    let found = app.catalogue().audit(&caller, from.before, PAGE + 1).await;
    let mut entries = match found {
        Ok(entries) => entries,
        Err(refused) => return Problem::from(refused).into_response(),
    };
    let has_more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let last = entries.last().filter(|_| has_more);
    let frame = Frame::new(&app, &caller);
    let t = frame.t;
    let template = Page {
        frame,
        t,
        older: last.map(|entry| entry.number),
        rows: entries.into_iter().map(|entry| row(t, entry)).collect(),
        is_first: from.before.is_none(),
    };
    page(StatusCode::OK, &template, false)
}

fn row(t: Text, Numbered { entry, .. }: Numbered) -> Row {
    let via = t.msg(format!("audit-via-{}", entry.via.word())).to_string();
    let (who, via) = if entry.who.is_empty() {
        (via, None)
    } else {
        (entry.who.clone(), Some(via))
    };
    Row {
        at: Moment::new(t, entry.at),
        who,
        via,
        what: what(t, &entry),
        subject: entry.subject,
        detail: entry.detail,
        address: entry.address,
    }
}

/// What was done, in words; an action that there are none for is told by its own.
fn what(t: Text, entry: &Entry) -> String {
    let is_word = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_'))
    };
    let id = format!("audit-action-{}", entry.action.replace('.', "-"));
    if is_word(&entry.action) && t.has(&id, None) {
        t.msg(id).to_string()
    } else {
        entry.action.clone()
    }
}

//! `/api/audit`: what was changed, by whom, when and from where; for administrators.

use axum::{
    Json as Answer,
    extract::State,
    http::Uri,
    response::{IntoResponse as _, Response},
};
use domain::{
    audit::{Numbered, PAGE_MAX},
    catalogue::AuditRefused,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fields::{denied, private},
    linked,
};
use crate::{
    App,
    error::Problem,
    extract::{Known, Query},
};

/// Entries in one answer unless told otherwise.
const PAGE: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Paging {
    before: Option<u64>,
    limit: Option<usize>,
}

/// `GET /api/audit`: the newest first, before the entry with this number. `next_before` leads to what is older; null at the end.
pub(crate) async fn list(
    State(app): State<App>,
    Known(caller): Known,
    Query(paging): Query<Paging>,
    asked: Uri,
) -> Result<Response, Problem> {
    let limit = paging.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let entries = app
        .catalogue()
        .audit(&caller, paging.before, limit)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    let last = entries.last().filter(|_| entries.len() == limit);
    let next = last.map(|entry| entry.number);
    let entries: Vec<Value> = entries.iter().map(facts).collect();
    let answer = Answer(json!({"entries": entries, "next_before": next}));
    let answer = private(answer.into_response());
    Ok(linked(answer, &asked, "before", next))
}

fn facts(Numbered { number, entry }: &Numbered) -> Value {
    let who = Some(entry.who.as_str()).filter(|who| !who.is_empty());
    let address = Some(entry.address.as_str()).filter(|address| !address.is_empty());
    json!({
        "number": number,
        "at": entry.at.rfc3339(),
        "who": who,
        "via": entry.via.word(),
        "address": address,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    })
}

impl From<AuditRefused> for Problem {
    fn from(refused: AuditRefused) -> Self {
        match refused {
            AuditRefused::NotAllowed => Self::unauthorized(),
            AuditRefused::Store(error) => Self::internal(&error),
        }
    }
}

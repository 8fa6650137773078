//! `/api/stream/validate` and `/api/stream/authorize`: may this token publish, may this caller watch.

use axum::{
    Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    gate::Gatekeeper as _,
    item::{Kind, Space},
    publish::{Attempt, Protocol, Refused},
    slug::Slug,
    view::Purpose,
};
use serde::Deserialize;
use serde_json::json;

use super::fields::private;
use crate::{
    App,
    error::Problem,
    extract::{Client, Query, Viewing},
    play::admit,
};

#[derive(Deserialize)]
pub(crate) struct Question {
    token: Option<String>,
    path: Option<String>,
}

/// The stream that is meant when none is named.
const DEFAULT: &str = "live";
/// Parts of a path that are looked at.
const PARTS_MAX: usize = 8;

/// 200 when the token may publish to the stream, else 401.
pub(crate) async fn validate(
    State(app): State<App>,
    client: Client,
    Query(question): Query<Question>,
) -> Result<Response, Problem> {
    let path = question
        .path
        .as_deref()
        .filter(|path| !path.is_empty())
        .unwrap_or(DEFAULT);
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .take(PARTS_MAX)
        .map(str::to_owned)
        .collect();
    // Here the path is no place for a key: without a token the answer is no.
    let token = question
        .token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| no(&Refused::NoKey))?;
    let attempt = Attempt {
        protocol: Protocol::Rtmp,
        address: client.address,
        path: &parts,
        token: Some(&token),
    };
    let admitted = app
        .catalogue()
        .admit_publish(&attempt)
        .map_err(|refused| no(&refused))?;
    Ok(private(
        Answer(json!({"valid": true, "stream": admitted.slug.as_str()})).into_response(),
    ))
}

fn no(refused: &Refused) -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        refused.code(),
        format!("{} {}", refused.message(), refused.fix()),
    )
}

/// 200 when the caller may watch the stream, else 401.
pub(crate) async fn authorize(
    State(app): State<App>,
    viewing: Result<Viewing, Problem>,
    Query(question): Query<Question>,
) -> Result<Response, Problem> {
    let viewing = viewing?;
    let path = question
        .path
        .as_deref()
        .filter(|path| !path.is_empty())
        .unwrap_or(DEFAULT);
    let slug = Slug::parse(path.trim_matches('/')).map_err(|_| Problem::unauthorized())?;
    admit(&app, &viewing, Purpose::Look, Space::Watch, &slug)
        .ok()
        .filter(|leave| leave.granted.item.kind() == Kind::Stream)
        .ok_or_else(Problem::unauthorized)?;
    Ok(private(
        Answer(json!({"authorized": true, "stream": slug.as_str()})).into_response(),
    ))
}

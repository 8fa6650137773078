//! `/api/server`: what administrators see of the whole server.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::streams::{private, refusal};
use crate::{App, error::Problem, extract::Known};

/// `GET /api/server`.
pub(crate) async fn show(
    State(app): State<App>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    if !app.catalogue().is_administrator(&caller) {
        return Err(Problem::forbidden());
    }
    Ok(private(Answer(state(&app)).into_response()))
}

/// What is live, who watches, and the attempts to publish that named no stream.
pub(crate) fn state(app: &App) -> Value {
    let live = app.engine().streams();
    let refusals: Vec<Value> = app
        .engine()
        .refusals(None)
        .iter()
        .filter(|refused| refused.slug.is_none())
        .map(refusal)
        .collect();
    let streams: Vec<Value> = live
        .iter()
        .map(|live| {
            json!({
                "slug": live.slug.as_str(),
                "since": live.since.rfc3339(),
                "protocol": live.protocol.word(),
                "bit_rate": live.bit_rate,
                "viewers": {"hls": live.viewers.hls, "webrtc": live.viewers.webrtc},
                "warnings": live.warnings.len(),
            })
        })
        .collect();
    let hls: u32 = live.iter().map(|live| live.viewers.hls).sum();
    let webrtc: u32 = live.iter().map(|live| live.viewers.webrtc).sum();
    let bit_rate: u64 = live.iter().map(|live| live.bit_rate).sum();
    json!({
        "streams": streams,
        "viewers": {"hls": hls, "webrtc": webrtc},
        "bit_rate": bit_rate,
        "refusals": refusals,
    })
}

//! `/api/mediamtx/status`: the state of the media engine, whichever it is.

use axum::{
    Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::engine::{Health, State as Phase};
use serde_json::{Value, json};

use super::{fields::private, streams::may_read_all};
use crate::{App, error::Problem, extract::Known};

/// For administrators and API keys with the scope `read`.
pub(crate) async fn show(
    State(app): State<App>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    if !may_read_all(&caller) {
        return Err(Problem::forbidden());
    }
    let everything = caller.administers();
    let capabilities = app.engine().capabilities();
    let streams: Vec<Value> = app
        .engine()
        .streams()
        .iter()
        .filter(|live| everything || app.catalogue().find_stream(&caller, &live.slug).is_some())
        .map(|live| {
            json!({
                "name": live.slug.as_str(),
                "ready": live.playable && live.state == Phase::Receiving,
                "tracks": live.tracks.iter().map(|track| track.codec.as_str()).collect::<Vec<_>>(),
                "bytes_received": live.bytes_received,
                "readers": live.viewers.hls + live.viewers.webrtc,
            })
        })
        .collect();
    let value = json!({
        "engine": capabilities.kind,
        "version": capabilities.version,
        "reachable": app.engine().health() == Health::Ok,
        "streams": streams,
    });
    Ok(private(Answer(value).into_response()))
}

/// `POST /api/webhooks/…`: only an external engine calls these.
pub(crate) async fn engine_is_embedded() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "engine_is_embedded",
        "The engine is part of this server; nobody else reports for it.",
    )
}

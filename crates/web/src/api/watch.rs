//! `/api/watch/{slug}`: how a broadcast stands, for pages that show it.

use axum::{
    Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{engine::State as Phase, gate::Gatekeeper as _, slug::Slug};
use serde_json::{Value, json};

use super::streams::private;
use crate::{
    App,
    extract::{Path, Visitor},
};

/// What a viewer is told; alike for what does not exist and what they may not see.
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path(name): Path<String>,
) -> Response {
    let now = app.inner.clock.now().rfc3339();
    let stream = Slug::parse(&name)
        .ok()
        .filter(|slug| app.catalogue().admit_view(&caller, slug).is_ok())
        .and_then(|slug| app.catalogue().find_stream(&caller, &slug));
    let Some(stream) = stream else {
        let body = json!({"now": now, "state": "not_allowed", "since": null, "until": null, "grace_s": 0, "viewers": 0, "title": ""});
        return private((StatusCode::NOT_FOUND, Answer(body)).into_response());
    };
    let (state, since, until, viewers): (_, Value, Value, _) = match app.engine().live(&stream.slug)
    {
        Some(live) => {
            let (state, until) = match live.state {
                Phase::Receiving => ("live", Value::Null),
                Phase::Away { until } => ("away", json!(until.rfc3339())),
            };
            (
                state,
                json!(live.since.rfc3339()),
                until,
                live.viewers.hls + live.viewers.webrtc,
            )
        }
        None => match app.engine().last_ended(&stream.slug) {
            Some(ended) => (
                "ended",
                json!(ended.since.rfc3339()),
                json!(ended.until.rfc3339()),
                0,
            ),
            None => ("offline", Value::Null, Value::Null, 0),
        },
    };
    let body = json!({
        "now": now,
        "state": state,
        "since": since,
        "until": until,
        "grace_s": app.settings().grace_s,
        "viewers": viewers,
        "title": stream.title,
    });
    private(Answer(body).into_response())
}

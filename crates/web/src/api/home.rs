//! `/api/home`: which streams are live, of those that stand in the caller's list.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::{caller::Caller, catalogue::PAGE_MAX, engine::State as Phase};
use serde_json::{Value, json};

use super::fields::private;
use crate::{App, extract::Asking, pages::watch::poster};

/// `GET /api/home`.
pub(crate) async fn show(State(app): State<App>, Asking(caller): Asking) -> Response {
    private(Answer(state(&app, &caller)).into_response())
}

/// Live streams by slug, and which others there are.
pub(crate) fn state(app: &App, caller: &Caller) -> Value {
    let page = app.catalogue().list_streams(caller, None, PAGE_MAX);
    let (mut live, mut offline) = (Vec::new(), Vec::new());
    for stream in page.streams {
        match app.engine().live(&stream.slug) {
            Some(broadcast) => live.push(json!({
                "slug": stream.slug.as_str(),
                "title": stream.title,
                "state": match broadcast.state {
                    Phase::Receiving => "live",
                    Phase::Away { .. } => "away",
                },
                "since": broadcast.since.rfc3339(),
                "viewers": broadcast.viewers.hls + broadcast.viewers.webrtc,
                "poster": poster(app, &stream.slug),
            })),
            None => offline.push(json!(stream.slug.as_str())),
        }
    }
    json!({"live": live, "offline": offline})
}

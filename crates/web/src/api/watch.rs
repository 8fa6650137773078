//! `/api/watch/{slug}`: how a broadcast stands, for pages that show it.

use axum::{
    Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    engine::State as Phase,
    item::{Item, Space},
    slug::Slug,
    stream::Stream,
    view::{self, Purpose},
};
use serde_json::{Value, json};

use super::fields::private;
use crate::{
    App,
    extract::{Path, Viewing},
    play::admit,
};

/// What a viewer is told; alike for what does not exist and what they may not see.
pub(crate) async fn show(
    State(app): State<App>,
    viewing: Viewing,
    Path(name): Path<String>,
) -> Response {
    let slug = Slug::parse(&name).ok();
    let mut body = slug
        .as_ref()
        .map_or_else(not_allowed, |slug| state(&app, &viewing, slug));
    body["now"] = json!(app.inner.clock.now().rfc3339());
    let status = if body["state"] == "not_allowed" {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    private((status, Answer(body)).into_response())
}

/// The stream, if they may watch it.
pub(crate) fn find(app: &App, viewing: &Viewing, slug: &Slug) -> Result<Stream, view::Refused> {
    let leave = admit(app, viewing, Purpose::Look, Space::Watch, slug)?;
    match leave.granted.item {
        Item::Stream(id) => app.catalogue().stream(id).ok_or(view::Refused::NotFound),
        Item::Video(_) | Item::Image(_) => Err(view::Refused::NotFound),
    }
}

fn not_allowed() -> Value {
    refused(view::Refused::NotFound)
}

/// `reason` says why to who has the very code that would open it.
fn refused(why: view::Refused) -> Value {
    json!({"state": "not_allowed", "reason": why.code(), "since": null, "until": null, "grace_s": 0, "viewers": 0, "title": ""})
}

/// How the stream stands now.
pub(crate) fn state(app: &App, viewing: &Viewing, slug: &Slug) -> Value {
    let stream = match find(app, viewing, slug) {
        Ok(stream) => stream,
        Err(why) => return refused(why),
    };
    let (state, since, until, viewers): (_, Value, Value, _) = match app.engine().live(&stream.slug)
    {
        Some(live) => {
            let (state, until) = match live.state {
                Phase::Receiving => ("live", Value::Null),
                Phase::Away { until } => ("away", json!(until.rfc3339())),
            };
            let viewers = live.viewers.hls + live.viewers.webrtc;
            (state, json!(live.since.rfc3339()), until, viewers)
        }
        None => match app.engine().last_ended(&stream.slug) {
            Some(ended) => {
                let (since, until) = (ended.since.rfc3339(), ended.until.rfc3339());
                ("ended", json!(since), json!(until), 0)
            }
            None => ("offline", Value::Null, Value::Null, 0),
        },
    };
    json!({
        "state": state,
        "since": since,
        "until": until,
        "grace_s": app.tuned().grace_s,
        "viewers": viewers,
        "title": stream.title,
    })
}

//! `/api/watch/{slug}`: how a broadcast or a video stands, for pages that show it.

use std::sync::Arc;

use axum::{
    Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    engine::State as Phase,
    item::{Item, Space},
    slug::Slug,
    stored::{State as Packaged, Stored},
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

/// What is watched.
pub(crate) enum Watched {
    /// A place to be live.
    Stream(Box<Stream>),
    /// A stored video.
    Video(Arc<Stored>),
}

/// What has this name, if they may watch it. A video that cannot be shown is there for who manages it alone.
pub(crate) fn find(app: &App, viewing: &Viewing, slug: &Slug) -> Result<Watched, view::Refused> {
    let leave = admit(app, viewing, Purpose::Look, Space::Watch, slug)?;
    watched(app, &viewing.caller, leave.granted.item).ok_or(view::Refused::NotFound)
}

/// The item that leave was given for, as far as there is something to watch or, for who manages it, to mend.
pub(crate) fn watched(app: &App, caller: &Caller, item: Item) -> Option<Watched> {
    let catalogue = app.catalogue();
    match item {
        Item::Stream(id) => catalogue.stream(id).map(Box::new).map(Watched::Stream),
        Item::Video(id) => catalogue
            .stored(id)
            .filter(|stored| {
                !matches!(stored.state, Packaged::Failed(_))
                    || catalogue.may_manage_item(caller, item)
            })
            .map(Watched::Video),
        Item::Image(_) => None,
    }
}

fn not_allowed() -> Value {
    refused(view::Refused::NotFound)
}

/// `reason` says why to who has the very code that would open it.
fn refused(why: view::Refused) -> Value {
    json!({"state": "not_allowed", "reason": why.code(), "since": null, "until": null, "grace_s": 0, "viewers": 0, "title": ""})
}

/// How it stands now.
pub(crate) fn state(app: &App, viewing: &Viewing, slug: &Slug) -> Value {
    match find(app, viewing, slug) {
        Ok(Watched::Stream(stream)) => stream_state(app, &stream),
        Ok(Watched::Video(stored)) => video_state(&stored),
        Err(why) => refused(why),
    }
}

/// `reason` says why a video cannot be shown: to who manages it, since nobody else is told of it.
fn video_state(stored: &Stored) -> Value {
    let mut value = json!({
        "state": stored.state.word(),
        "since": null,
        "until": null,
        "grace_s": 0,
        "viewers": 0,
        "title": stored.title,
    });
    if let Packaged::Failed(why) = &stored.state {
        value["reason"] = json!(why);
    }
    value
}

fn stream_state(app: &App, stream: &Stream) -> Value {
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

//! `GET /api/events`: what changes, told to pages as it happens (server-sent events, HTML Living Standard 9.2).
//!
//! A page names topics; each is judged when the stream of events opens and again before every event, so that an ended login hears
//! nothing more. A page hears of a topic that is not for it, since it has to show that; a program whose key opens none of its topics is
//! refused before the stream begins. One ticker serves everybody: it ticks each second, and at once when the engine tells a change. What a topic says
//! at a tick is rendered once, however many hear it, and sent only to those for whom it is news. While nobody listens nothing runs.
//!
//! The data of an event is what the topic's address answers to those who ask instead of listening:
//! `watch:SLUG` is `/api/watch/SLUG`, `stream:SLUG` is `/api/streams/SLUG/status`, `home` is `/api/home`, `server` is `/api/server`.

mod feed;
mod ticker;
mod topic;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::caller::Subject;
use serde::Deserialize;

use crate::{
    App,
    error::Problem,
    extract::{Query, Viewing},
};

pub(crate) use ticker::Ticker;
use topic::Topic;

/// Topics one stream of events may have: a home page with many live streams, and the pages of other tabs.
const TOPICS_MAX: usize = 64;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    topics: String,
}

/// The stream of events; topics that the caller may not hear are told once as such.
pub(crate) async fn listen(
    State(app): State<App>,
    viewing: Viewing,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let names: Vec<&str> = wanted.topics.split(',').filter(|t| !t.is_empty()).collect();
    if names.is_empty() || names.len() > TOPICS_MAX {
        let detail = format!("`topics` names 1 to {TOPICS_MAX} topics, separated by commas.");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_topics", detail));
    }
    let topics: Option<Vec<Topic>> = names.iter().map(|name| Topic::parse(name)).collect();
    let topics = topics.ok_or_else(|| {
        let detail = "A topic is `watch:SLUG`, `stream:SLUG`, `home` or `server`.";
        Problem::new(StatusCode::BAD_REQUEST, "bad_topics", detail)
    })?;
    let hears = |topic: &Topic| topic.audience(&app, &viewing).is_some();
    if matches!(viewing.caller.subject, Subject::ApiKey { .. }) && !topics.iter().any(hears) {
        return Err(Problem::forbidden());
    }
    let Some(ticks) = app.inner.ticker.subscribe(&app) else {
        let detail = "The server is stopping.";
        return Err(
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", detail).retry_after(5),
        );
    };
    let body = Body::from_stream(feed::feed(app, viewing, topics, ticks));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
        // nginx and those that follow it hold nothing back then.
        (
            header::HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, body).into_response())
}

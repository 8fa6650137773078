//! The settings of a stream: its title, who can see it, and its end.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    clock::Time,
    stream::{Change, Stream, Visibility},
};
use serde::Deserialize;

use super::{
    Frame,
    ask::{self, Question},
    login::see,
    managed::Managed,
    page,
    streams::{Choice, Wrong, choices, refusal, typed},
};
use crate::{
    App,
    error::Problem,
    extract::{Form, Query},
    text::Text,
};

#[derive(Template)]
#[template(path = "stream_settings.html")]
struct Page {
    frame: Frame,
    t: Text,
    slug: String,
    /// As it is stored.
    heading: String,
    /// As it was typed.
    title: String,
    choices: Vec<Choice>,
    /// The version that the form was filled from.
    seen: String,
    is_saved: bool,
    wrong: Wrong,
}

#[derive(Deserialize)]
pub(crate) struct After {
    saved: Option<String>,
}

/// `GET /streams/{slug}/settings`.
pub(crate) async fn show(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
    Query(after): Query<After>,
) -> Response {
    let typed = (stream.title.clone(), Some(stream.visibility));
    let wrong = Wrong::default();
    let template = form(&app, &caller, &stream, typed, wrong);
    let template = Page {
        is_saved: after.saved.is_some(),
        ..template
    };
    page(StatusCode::OK, &template, false)
}

fn form(
    app: &App,
    caller: &Caller,
    stream: &Stream,
    (title, chosen): (String, Option<Visibility>),
    wrong: Wrong,
) -> Page {
    let frame = Frame::new(app, caller);
    Page {
        t: frame.t,
        frame,
        slug: stream.slug.to_string(),
        heading: stream.title.clone(),
        title,
        choices: choices(app.text(), chosen),
        seen: stream.changed.ms().to_string(),
        is_saved: false,
        wrong,
    }
}

#[derive(Deserialize)]
pub(crate) struct Edit {
    #[serde(default)]
    title: String,
    #[serde(default)]
    visibility: String,
    seen: Option<i64>,
}

/// `POST /streams/{slug}/settings`: 303 back to the page.
pub(crate) async fn save(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
    Form(edit): Form<Edit>,
) -> Response {
    let t = app.text();
    let chosen = Visibility::find(&edit.visibility);
    let mut wrong = Wrong::default();
    if chosen.is_none() {
        wrong.visibility = Some(t.msg("streams-who-none").to_string());
        let typed = (typed(&edit.title), None);
        let template = form(&app, &caller, &stream, typed, wrong);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &template, false);
    }
    let change = Change {
        title: Some(edit.title.clone()),
        visibility: chosen,
        description: None,
        sites: None,
        seen: edit.seen.map(Time::from_ms),
    };
    let refused = match app
        .catalogue()
        .update_stream(&caller, &stream.slug, change)
        .await
    {
        Ok(_) => return see(&format!("/streams/{}/settings?saved", stream.slug)),
        Err(refused) => refused,
    };
    let is_changed = matches!(refused, domain::stream::Refused::Changed);
    let status = match refusal(t, refused, &mut wrong) {
        Ok(status) => status,
        Err(problem) => return problem.into_response(),
    };
    // Somebody else's change is shown, so that it is not overwritten unseen.
    let current = app.catalogue().find_stream(&caller, &stream.slug);
    let shown = current.as_ref().unwrap_or(&stream);
    let typed = if is_changed {
        (shown.title.clone(), Some(shown.visibility))
    } else {
        (typed(&edit.title), chosen)
    };
    page(status, &form(&app, &caller, shown, typed, wrong), false)
}

/// `GET /streams/{slug}/delete`: asks, with what will happen.
pub(crate) async fn ask_delete(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
) -> Response {
    let t = app.text();
    let is_live = app.engine().live(&stream.slug).is_some();
    let about = if is_live { "live" } else { "offline" };
    let message = || t.msg("streams-ask-delete");
    let question = Question {
        heading: message().arg("title", stream.title.as_str()).to_string(),
        about: message().attr(about).to_string(),
        yes: message().attr("yes").to_string(),
        no: message().attr("no").to_string(),
        action: format!("/streams/{}/delete", stream.slug),
        back: format!("/streams/{}/settings", stream.slug),
        is_destructive: true,
    };
    ask::page(&app, &caller, question)
}

/// `POST /streams/{slug}/delete`: publisher and viewers go at once.
pub(crate) async fn delete(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
) -> Response {
    app.test_signal().stop(&stream.slug);
    match app.catalogue().delete_stream(&caller, &stream.slug).await {
        Ok(()) => see("/streams"),
        Err(refused) => Problem::from(refused).into_response(),
    }
}

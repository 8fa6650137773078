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
    edit::{self, DESCRIPTION_CHARS_MAX},
    item::Site,
    stream::{Stream, Visibility},
};
use serde::Deserialize;

use super::{
    Frame,
    ask::{self, Question},
    item::{TYPED_CHARS_MAX, sites},
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
    /// What it is about, and the sites that may frame it, as they were typed.
    description: String,
    sites: String,
    wrong_description: Option<String>,
    wrong_sites: Option<String>,
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
    let typed = Typed::of(&stream);
    let wrong = Wrong::default();
    let template = form(&app, &caller, &stream, typed, wrong);
    let template = Page {
        is_saved: after.saved.is_some(),
        ..template
    };
    page(StatusCode::OK, &template, false)
}

/// What stands in the fields.
struct Typed {
    title: String,
    chosen: Option<Visibility>,
    description: String,
    sites: String,
}

impl Typed {
    fn of(stream: &Stream) -> Self {
        let sites: Vec<&str> = stream.sites.iter().map(Site::as_str).collect();
        Self {
            title: stream.title.clone(),
            chosen: Some(stream.visibility),
            description: stream.description.clone(),
            sites: sites.join("\n"),
        }
    }
}

fn form(app: &App, caller: &Caller, stream: &Stream, typed: Typed, wrong: Wrong) -> Page {
    let frame = Frame::new(app, caller);
    Page {
        t: frame.t,
        frame,
        slug: stream.slug.to_string(),
        heading: stream.title.clone(),
        title: typed.title,
        choices: choices(app.text(), typed.chosen),
        description: typed.description,
        sites: typed.sites,
        wrong_description: None,
        wrong_sites: None,
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
    /// Absent from forms of before there was one.
    description: Option<String>,
    sites: Option<String>,
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
    let now = Typed::of(&stream);
    let keep = |typed: &Option<String>, now: String| match typed {
        Some(typed) => typed.chars().take(TYPED_CHARS_MAX).collect(),
        None => now,
    };
    let shown = Typed {
        title: typed(&edit.title),
        chosen,
        description: keep(&edit.description, now.description),
        sites: keep(&edit.sites, now.sites),
    };
    let mut wrong = Wrong::default();
    let sites = edit
        .sites
        .as_deref()
        .map(|typed| sites(t, typed))
        .transpose();
    if chosen.is_none() {
        wrong.visibility = Some(t.msg("streams-who-none").to_string());
    }
    let sites = match sites {
        Ok(sites) if chosen.is_some() => sites,
        refused => {
            let template = Page {
                wrong_sites: refused.err(),
                ..form(&app, &caller, &stream, shown, wrong)
            };
            return page(StatusCode::UNPROCESSABLE_ENTITY, &template, false);
        }
    };
    let change = edit::Edit {
        title: Some(edit.title),
        visibility: chosen,
        description: edit.description.map(|text| text.replace("\r\n", "\n")),
        sites,
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
    if matches!(refused, domain::stream::Refused::Description) {
        let message = t.msg("item-description-long");
        let template = Page {
            wrong_description: Some(message.arg("max", DESCRIPTION_CHARS_MAX).to_string()),
            ..form(&app, &caller, &stream, shown, wrong)
        };
        return page(StatusCode::UNPROCESSABLE_ENTITY, &template, false);
    }
    let is_changed = matches!(refused, domain::stream::Refused::Changed);
    let status = match refusal(t, refused, &mut wrong) {
        Ok(status) => status,
        Err(problem) => return problem.into_response(),
    };
    // Somebody else's change is shown, so that it is not overwritten unseen.
    let current = app.catalogue().find_stream(&caller, &stream.slug);
    let stream = current.unwrap_or(stream);
    let shown = if is_changed {
        Typed::of(&stream)
    } else {
        shown
    };
    page(status, &form(&app, &caller, &stream, shown, wrong), false)
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

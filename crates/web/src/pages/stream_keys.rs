//! Stream keys on pages: made, rotated, revoked. A new one is shown by the page that follows, once.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    name::NameError,
    stream::{Key, KeyId, Refused, Stream},
};
use serde::Deserialize;

use super::{
    Frame,
    ask::{self, Question},
    login::see,
    managed::Managed,
    obs_profile, page, send,
    streams::{attachment, show_next, typed},
};
use crate::{
    App,
    error::Problem,
    extract::{Client, Form, Path},
    text::Text,
};

#[derive(Template)]
#[template(path = "stream_key_new.html")]
struct NewPage {
    frame: Frame,
    t: Text,
    slug: String,
    title: String,
    name: String,
    error: Option<String>,
}

/// `GET /streams/{slug}/keys/new`.
pub(crate) async fn ask_new(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
) -> Response {
    new_page(&app, &caller, &stream, (StatusCode::OK, "", None))
}

fn new_page(
    app: &App,
    caller: &Caller,
    stream: &Stream,
    (status, name, error): (StatusCode, &str, Option<String>),
) -> Response {
    let frame = Frame::new(app, caller);
    let template = NewPage {
        t: frame.t,
        frame,
        slug: stream.slug.to_string(),
        title: stream.title.clone(),
        name: typed(name),
        error,
    };
    page(status, &template, false)
}

#[derive(Deserialize)]
pub(crate) struct NewKey {
    #[serde(default)]
    name: String,
}

/// `POST /streams/{slug}/keys`: 303 to the stream, where the key is shown.
pub(crate) async fn create(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
    Form(form): Form<NewKey>,
) -> Response {
    let added = app
        .catalogue()
        .add_key(&caller, &stream.slug, &form.name, None);
    match added.await {
        Ok(made) => {
            show_next(&app, &caller, made);
            see(&format!("/streams/{}", stream.slug))
        }
        Err(refused) => match words(app.text(), refused) {
            Ok(error) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                new_page(&app, &caller, &stream, (status, &form.name, Some(error)))
            }
            Err(problem) => problem.into_response(),
        },
    }
}

/// Why a key was not made, for the person at the form.
fn words(t: Text, refused: Refused) -> Result<String, Box<Problem>> {
    Ok(match refused {
        Refused::Name(NameError::Empty) => t.msg("golive-key-empty").to_string(),
        Refused::Name(NameError::TooLong { max }) => {
            t.msg("golive-key-long").arg("max", max).to_string()
        }
        Refused::Name(NameError::Control) => t.msg("golive-key-control").to_string(),
        Refused::TooMany { max } => t.msg("golive-keys-full").arg("max", max).to_string(),
        other => return Err(Box::new(other.into())),
    })
}

/// The key in the path, where it is one of the stream's that still works.
fn find(app: &App, caller: &Caller, stream: &Stream, id: &str) -> Option<Key> {
    let id: KeyId = id.parse().ok()?;
    let keys = app.catalogue().list_keys(caller, &stream.slug).ok()?;
    keys.into_iter()
        .find(|key| key.id == id && key.revoked.is_none())
}

/// `GET /streams/{slug}/keys/{id}/rotate`: asks.
pub(crate) async fn ask_rotate(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
    Path((_, id)): Path<(String, String)>,
) -> Response {
    asks(&app, &caller, &stream, (&id, "rotate"))
}

/// `GET /streams/{slug}/keys/{id}/revoke`: asks.
pub(crate) async fn ask_revoke(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
    Path((_, id)): Path<(String, String)>,
) -> Response {
    asks(&app, &caller, &stream, (&id, "revoke"))
}

fn asks(app: &App, caller: &Caller, stream: &Stream, (id, what): (&str, &str)) -> Response {
    let Some(key) = find(app, caller, stream, id) else {
        return Problem::not_found().into_response();
    };
    let t = app.text();
    let message = || t.msg(format!("golive-ask-{what}"));
    let question = Question {
        heading: message().arg("name", key.name.as_str()).to_string(),
        about: message().attr("about").to_string(),
        yes: message().attr("yes").to_string(),
        no: message().attr("no").to_string(),
        action: format!("/streams/{}/keys/{}/{what}", stream.slug, key.id),
        back: format!("/streams/{}", stream.slug),
        is_destructive: true,
    };
    ask::page(app, caller, question)
}

/// `POST /streams/{slug}/keys/{id}/rotate`: a new key of the same name; the old one and its publisher go.
pub(crate) async fn rotate(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
    Path((_, id)): Path<(String, String)>,
) -> Response {
    let Ok(id) = id.parse() else {
        return Problem::not_found().into_response();
    };
    match app.catalogue().rotate_key(&caller, &stream.slug, id).await {
        Ok(made) => {
            show_next(&app, &caller, made);
            see(&format!("/streams/{}", stream.slug))
        }
        Err(refused) => Problem::from(refused).into_response(),
    }
}

/// `POST /streams/{slug}/keys/{id}/revoke`.
pub(crate) async fn revoke(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
    Path((_, id)): Path<(String, String)>,
) -> Response {
    let Ok(id) = id.parse() else {
        return Problem::not_found().into_response();
    };
    match app.catalogue().revoke_key(&caller, &stream.slug, id).await {
        Ok(()) => see(&format!("/streams/{}", stream.slug)),
        Err(refused) => Problem::from(refused).into_response(),
    }
}

/// `POST /streams/{slug}/obs-profile`: a zip with a profile for OBS and a key of its own.
pub(crate) async fn profile(
    State(app): State<App>,
    client: Client,
    Managed { caller, stream }: Managed,
) -> Response {
    let t = app.text();
    let Some(server) = send::server(app.settings(), &client) else {
        let detail = t.msg("golive-no-rtmp").to_string();
        return Problem::new(StatusCode::CONFLICT, "rtmp_is_off", detail).into_response();
    };
    let keys = app
        .catalogue()
        .list_keys(&caller, &stream.slug)
        .unwrap_or_default();
    let is_taken = |name: &String| {
        keys.iter()
            .any(|key| key.revoked.is_none() && key.name == *name)
    };
    let plain = t.msg("golive-profile-key").to_string();
    let more = |n: usize| t.msg("golive-profile-key-more").arg("n", n).to_string();
    let mut names = std::iter::once(plain).chain((2..=keys.len() + 2).map(more));
    let Some(name) = names.find(|name| !is_taken(name)) else {
        return Problem::not_found().into_response();
    };
    let made = app.catalogue().add_key(&caller, &stream.slug, &name, None);
    match made.await {
        Ok(made) => {
            let folder = format!("media-server-{}", stream.slug);
            let zip = obs_profile::zip(&folder, &stream.title, &server, made.secret.expose());
            attachment("application/zip", &format!("{folder}.zip"), zip)
        }
        Err(refused) => match words(t, refused) {
            Ok(why) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Problem::new(status, "too_many", why).into_response()
            }
            Err(problem) => problem.into_response(),
        },
    }
}

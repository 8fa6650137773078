//! The first start: who holds the link from the console makes the administrator, once.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{catalogue::First, secret::Secret, setup::Refused};
use serde::Deserialize;

use super::{Frame, error, login, page};
use crate::{
    App,
    error::Problem,
    extract::{Client, Form, Query, Visitor},
    text::Text,
};

#[derive(Template)]
#[template(path = "setup.html")]
struct Page {
    frame: Frame,
    t: Text,
    token: String,
    username: String,
    error: Option<String>,
    characters_min: usize,
}

#[derive(Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    token: String,
}

/// `GET /setup?token=…`.
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(link): Query<Link>,
) -> Response {
    if !app.catalogue().is_setup_token(&link.token) {
        return over(&app, &caller);
    }
    form(
        &app,
        &caller,
        StatusCode::OK,
        link.token,
        String::new(),
        None,
    )
}

fn form(
    app: &App,
    caller: &domain::caller::Caller,
    status: StatusCode,
    token: String,
    username: String,
    error: Option<String>,
) -> Response {
    let frame = Frame::new(app, caller);
    page(
        status,
        &Page {
            t: frame.t,
            frame,
            token,
            username,
            error,
            characters_min: domain::password::CHARS_MIN,
        },
        false,
    )
}

fn over(app: &App, caller: &domain::caller::Caller) -> Response {
    error::say(app, caller, StatusCode::FORBIDDEN, "setup-over")
}

#[derive(Deserialize)]
pub(crate) struct Answers {
    #[serde(default)]
    token: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
}

/// `POST /setup`: 303, logged in.
pub(crate) async fn submit(
    State(app): State<App>,
    client: Client,
    Visitor(caller): Visitor,
    headers: HeaderMap,
    Form(answers): Form<Answers>,
) -> Response {
    let password = Secret::new(answers.password);
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let first = First {
        token: &answers.token,
        name: &answers.username,
        password: &password,
        address: client.address,
        agent,
    };
    match app.catalogue().setup(first).await {
        Ok(done) => login::with_cookie(first_stream(&app, &done), &client, &done.begun),
        Err(Refused::Token | Refused::Over) => over(&app, &caller),
        Err(Refused::Store(error)) => Problem::internal(&error).into_response(),
        Err(refused @ Refused::Busy(_)) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            form(
                &app,
                &caller,
                status,
                answers.token,
                answers.username,
                Some(refused.to_string()),
            )
        }
        Err(refused @ (Refused::Name(_) | Refused::Password(_))) => {
            let mut text = refused.to_string();
            if let Some(first) = text.get(..1).map(str::to_uppercase) {
                text.replace_range(..1, &first);
            }
            form(
                &app,
                &caller,
                StatusCode::UNPROCESSABLE_ENTITY,
                answers.token,
                answers.username,
                Some(format!("{text}.")),
            )
        }
    }
}

/// The page of the stream that the setup made, where its first key is shown; the list of streams where it made none.
fn first_stream(app: &App, done: &domain::setup::Done) -> Response {
    let Some(made) = &done.key else {
        return login::see("/streams");
    };
    let key = super::shown::NewKey {
        stream: made.key.stream,
        name: made.key.name.clone(),
        secret: made.secret.clone(),
    };
    let now = app.inner.clock.now();
    app.shown().keep(done.begun.login.id, now, key);
    login::see("/streams/live")
}

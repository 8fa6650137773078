//! The first start: who holds the link from the console makes the administrator, once.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{caller::Caller, catalogue::First, secret::Secret, setup::Refused};
use serde::Deserialize;

use super::{
    Frame,
    administrator::Way,
    checked::{self, Checked, Line},
    error, fields,
    health::When,
    login, page,
    shown::{Made, Of},
};
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
    wrong: Wrong,
    characters_min: usize,
    summary: String,
    checked_at: When,
    lines: Vec<Line>,
}

#[derive(Default)]
struct Wrong {
    name: Option<String>,
    password: Option<String>,
    form: Option<String>,
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
    Way(asked): Way,
    Query(link): Query<Link>,
) -> Response {
    if !app.catalogue().is_setup_token(&link.token) {
        return over(&app, &caller);
    }
    let check = checked::last(&app, asked).await;
    let form = Page::new(&app, &caller, link.token, check);
    page(StatusCode::OK, &form, false)
}

impl Page {
    fn new(app: &App, caller: &Caller, token: String, check: Checked) -> Self {
        let frame = Frame::new(app, caller);
        Self {
            t: frame.t,
            frame,
            token,
            username: String::new(),
            wrong: Wrong::default(),
            characters_min: domain::password::CHARS_MIN,
            summary: check.summary,
            checked_at: check.at,
            lines: check.lines,
        }
    }
}

/// Somebody was here before, or the link is an older one.
fn over(app: &App, caller: &Caller) -> Response {
    let id = if app.catalogue().needs_setup() {
        "setup-over"
    } else {
        "setup-done"
    };
    error::say(app, caller, StatusCode::FORBIDDEN, id)
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
    Way(asked): Way,
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
    let refused = match app.catalogue().setup(first).await {
        Ok(done) => return login::with_cookie(first_stream(&app, &done), &client, &done.begun),
        Err(refused) => refused,
    };
    let (t, mut wrong) = (app.text(), Wrong::default());
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match refused {
        Refused::Token | Refused::Over => return over(&app, &caller),
        Refused::Store(error) => return Problem::internal(&error).into_response(),
        Refused::Busy(_) => {
            wrong.form = Some(t.msg("field-busy").to_string());
            status = StatusCode::SERVICE_UNAVAILABLE;
        }
        Refused::Name(error) => wrong.name = Some(fields::name(t, error)),
        Refused::Password(error) => wrong.password = Some(fields::password(t, error)),
    }
    let check = checked::last(&app, asked).await;
    let form = Page {
        username: fields::typed(&answers.username),
        wrong,
        ..Page::new(&app, &caller, answers.token, check)
    };
    page(status, &form, false)
}

/// The page of the stream that the setup made, where its first key is shown; the list of streams where it made none.
fn first_stream(app: &App, done: &domain::setup::Done) -> Response {
    let Some(made) = &done.key else {
        return login::see("/streams");
    };
    let key = Made {
        of: Of::Stream(made.key.stream),
        name: made.key.name.clone(),
        secret: made.secret.clone(),
    };
    let now = app.inner.clock.now();
    app.shown().keep_for(done.begun.login.id, now, key);
    login::see("/streams/live")
}

//! A link with which somebody sets their password, once: looked at by GET, used by POST.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    password,
    secret::Secret,
    user::{ByLink, Refused},
};
use serde::Deserialize;

use super::{
    Frame, error, fields,
    login::{agent, see, with_cookie},
    page,
};
use crate::{
    App,
    error::Problem,
    extract::{Client, Form, Path, Visitor},
    text::Text,
};

#[derive(Template)]
#[template(path = "password.html")]
struct Page {
    frame: Frame,
    t: Text,
    token: String,
    name: String,
    characters_min: usize,
    wrong: Wrong,
}

#[derive(Default)]
struct Wrong {
    password: Option<String>,
    form: Option<String>,
}

/// `GET /password/{token}`: uses nothing up, so that previews of links do no harm.
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path(token): Path<String>,
) -> Response {
    form(&app, &caller, token, (StatusCode::OK, Wrong::default()))
}

fn form(
    app: &App,
    caller: &Caller,
    token: String,
    (status, wrong): (StatusCode, Wrong),
) -> Response {
    let Some(name) = app.catalogue().find_link(&token) else {
        return over(app, caller);
    };
    let frame = Frame::new(app, caller);
    let template = Page {
        t: frame.t,
        frame,
        token,
        name: name.to_string(),
        characters_min: password::CHARS_MIN,
        wrong,
    };
    page(status, &template, false)
}

/// It was used, has ended, or never was one.
fn over(app: &App, caller: &Caller) -> Response {
    error::say(app, caller, StatusCode::FORBIDDEN, "password-over")
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    password: String,
}

/// `POST /password/{token}`: 303, logged in; or the page again, and the link is as good as before.
pub(crate) async fn set(
    State(app): State<App>,
    client: Client,
    Visitor(caller): Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Response {
    let by = ByLink {
        token: &token,
        password: &Secret::new(chosen.password),
        address: client.address,
        agent: agent(&headers),
    };
    let (t, mut wrong) = (app.text(), Wrong::default());
    let (status, retry_after_s) = match app.catalogue().set_password_by_link(by).await {
        Ok(begun) => {
            // A cookie that was there before is dead from now on, whoever's it was.
            let _ = app.catalogue().log_out(&caller).await;
            return with_cookie(see("/"), &client, &begun);
        }
        Err(Refused::Password(error)) => {
            wrong.password = Some(fields::password(t, error));
            (StatusCode::UNPROCESSABLE_ENTITY, None)
        }
        Err(Refused::Busy(_)) => {
            wrong.form = Some(t.msg("field-busy").to_string());
            (StatusCode::SERVICE_UNAVAILABLE, Some(1))
        }
        Err(Refused::Link) => return over(&app, &caller),
        Err(refused) => return Problem::from(refused).into_response(),
    };
    let mut response = form(&app, &caller, token, (status, wrong));
    if let Some(seconds) = retry_after_s {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

//! Logging in and out. A GET changes nothing; a login is made by POST, and ends on the server, not just in the browser.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    login::{Attempt, Begun, Refused},
    secret::Secret,
};
use serde::Deserialize;

use super::{Frame, error, page};
use crate::{
    App,
    error::Problem,
    extract::{COOKIE, COOKIE_SECURE, Client, Form, Path, Query, Visitor},
    text::Text,
};

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    frame: Frame,
    t: Text,
    next: String,
    username: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    frame: Frame,
    t: Text,
}

#[derive(Deserialize)]
pub(crate) struct Next {
    next: Option<String>,
}

/// `GET /login`.
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(query): Query<Next>,
) -> Response {
    let frame = Frame::new(&app, &caller);
    let next = own_path(query.next.as_deref());
    page(
        StatusCode::OK,
        &Page {
            t: frame.t,
            frame,
            next,
            username: String::new(),
            error: None,
        },
        false,
    )
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    next: Option<String>,
}

/// `POST /login`: 303 with the cookie, or the page again. With `Accept: application/json`: 204 or a problem.
pub(crate) async fn submit(
    State(app): State<App>,
    client: Client,
    Visitor(caller): Visitor,
    headers: HeaderMap,
    Form(form): Form<Credentials>,
) -> Response {
    let password = Secret::new(form.password);
    let attempt = Attempt {
        name: &form.username,
        password: &password,
        address: client.address,
        agent: agent(&headers),
    };
    let refused = match app.catalogue().log_in(attempt).await {
        Ok(begun) => {
            // A cookie that was there before is dead from now on.
            let _ = app.catalogue().log_out(&caller).await;
            let answer = if wants_json(&headers) {
                StatusCode::NO_CONTENT.into_response()
            } else {
                see(&own_path(form.next.as_deref()))
            };
            return with_cookie(answer, &client, &begun);
        }
        Err(refused) => refused,
    };
    if wants_json(&headers) {
        return Problem::from(refused).into_response();
    }
    let frame = Frame::new(&app, &caller);
    let message = words(frame.t, &refused);
    let problem = Problem::from(refused);
    let username: String = form.username.chars().take(64).collect();
    let template = Page {
        t: frame.t,
        frame,
        next: own_path(form.next.as_deref()),
        username,
        error: Some(message),
    };
    let mut response = page(problem.status, &template, false);
    if let Some(seconds) = problem.retry_after_s {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// `GET /logout`: a button.
pub(crate) async fn ask_logout(State(app): State<App>, Visitor(caller): Visitor) -> Response {
    let frame = Frame::new(&app, &caller);
    page(StatusCode::OK, &LogoutPage { t: frame.t, frame }, false)
}

/// `POST /logout`: the login ends, and what was watched by it.
pub(crate) async fn logout(
    State(app): State<App>,
    client: Client,
    Visitor(caller): Visitor,
    headers: HeaderMap,
) -> Response {
    match app.catalogue().log_out(&caller).await {
        Ok(()) | Err(Refused::NotAllowed | Refused::NotFound) => {}
        Err(refused) => return Problem::from(refused).into_response(),
    }
    let answer = if wants_json(&headers) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        see("/")
    };
    set_cookie(answer, &client, "", 0)
}

#[derive(Template)]
#[template(path = "once.html")]
struct OncePage {
    frame: Frame,
    t: Text,
    token: String,
}

/// `GET /login/{token}`: a page that logs in by itself, so that a link preview does not use the link up.
pub(crate) async fn ask_once(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path(token): Path<String>,
) -> Response {
    let frame = Frame::new(&app, &caller);
    page(
        StatusCode::OK,
        &OncePage {
            t: frame.t,
            frame,
            token,
        },
        false,
    )
}

/// `POST /login/{token}`: logs in, once, and goes on to what is there to see.
pub(crate) async fn once(
    State(app): State<App>,
    client: Client,
    Visitor(caller): Visitor,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    match app
        .catalogue()
        .redeem_one_time_login(&token, client.address, agent(&headers))
        .await
    {
        Ok(begun) => {
            // A cookie that was there before is dead from now on.
            let _ = app.catalogue().log_out(&caller).await;
            with_cookie(see("/watch/live"), &client, &begun)
        }
        Err(Refused::Store(error)) => Problem::internal(&error).into_response(),
        Err(_) => error::say(&app, &caller, StatusCode::UNAUTHORIZED, "once-over"),
    }
}

/// Why a login was refused, for the person at the form.
pub(super) fn words(t: Text, refused: &Refused) -> String {
    match refused {
        Refused::TooManyTries { retry_after_s } => {
            let wait = domain::limit::wait_words(*retry_after_s);
            t.msg("login-tries").arg("wait", wait).to_string()
        }
        Refused::Busy(_) => t.msg("login-busy").to_string(),
        _ => t.msg("login-wrong").to_string(),
    }
}

pub(super) fn agent(headers: &HeaderMap) -> &str {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"))
}

/// 303 to a path of this site.
pub(super) fn see(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Puts a new login's cookie on an answer.
pub(super) fn with_cookie(answer: Response, client: &Client, begun: &Begun) -> Response {
    const DAYS: u64 = 90;
    set_cookie(answer, client, begun.cookie.expose(), DAYS * 86_400)
}

fn set_cookie(mut answer: Response, client: &Client, value: &str, max_age_s: u64) -> Response {
    let (name, secure) = if client.secure {
        (COOKIE_SECURE, "; Secure")
    } else {
        (COOKIE, "")
    };
    let cookie =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A path of this site, or `/`: nothing that a browser could read as another host.
fn own_path(next: Option<&str>) -> String {
    let next = next.unwrap_or("/");
    let fine = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 1024
        && next
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'"' && b != b'<' && b != b'>');
    if fine {
        next.to_owned()
    } else {
        "/".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_is_a_path_of_this_site_or_home() {
        for (next, path) in [
            (None, "/"),
            (Some("/watch/live?t=1"), "/watch/live?t=1"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("javascript:alert(1)"), "/"),
            (Some("/a\r\nset-cookie: x"), "/"),
            (Some("/\t/evil.example"), "/"),
            (Some(""), "/"),
        ] {
            assert_eq!(own_path(next), path, "{next:?}");
        }
    }
}

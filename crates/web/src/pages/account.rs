//! `/account`: one's own password, logins, and the list of API keys.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    api_key::{ApiKey, Scope},
    caller::{Caller, Subject},
    login::{self, Login, LoginId},
    password,
    secret::Secret,
    user::Refused,
};
use serde::Deserialize;

use super::{
    Frame, agent, fields,
    login::see,
    managed::Member,
    page,
    people::Moment,
    shown::{Made, Of},
};
use crate::{
    App,
    error::Problem,
    extract::{Form, Path, Query},
    text::Text,
};

struct Device {
    id: String,
    name: String,
    address: String,
    began: Moment,
    seen: Moment,
    is_this: bool,
}

struct Key {
    id: String,
    name: String,
    scopes: String,
    created: Moment,
    last_used: Option<Moment>,
    expires: Option<Moment>,
}

struct NewKey {
    name: String,
    secret: String,
}

impl From<Made> for NewKey {
    fn from(made: Made) -> Self {
        Self {
            name: made.name,
            secret: made.secret.expose().to_owned(),
        }
    }
}

#[derive(Default)]
struct Wrong {
    current: Option<String>,
    new: Option<String>,
    form: Option<String>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    t: Text,
    name: String,
    role: String,
    devices: Vec<Device>,
    keys: Vec<Key>,
    /// Shown this once.
    new_key: Option<NewKey>,
    /// What was done, told once.
    done: Option<String>,
    characters_min: usize,
    wrong: Wrong,
}

fn template(app: &App, caller: &Caller) -> Result<Page, Problem> {
    let frame = Frame::new(app, caller);
    let t = frame.t;
    let user = caller.user().and_then(|id| app.catalogue().find_user(id));
    let user = user.ok_or_else(Problem::forbidden)?;
    let logins = app.catalogue().list_logins(caller);
    let logins = logins.map_err(Problem::from)?;
    let keys = app.catalogue().list_api_keys(caller);
    let keys = keys.map_err(|_| Problem::forbidden())?;
    let now = app.inner.clock.now();
    let is_good =
        |key: &ApiKey| key.revoked.is_none() && key.expires.is_none_or(|expires| expires > now);
    Ok(Page {
        frame,
        t,
        name: user.name.to_string(),
        role: t
            .msg(format!("people-role-{}", user.role.word()))
            .to_string(),
        devices: logins
            .iter()
            .map(|login| device(t, caller, login))
            .collect(),
        keys: keys
            .into_iter()
            .filter(is_good)
            .map(|found| key(t, found))
            .collect(),
        new_key: None,
        done: None,
        characters_min: password::CHARS_MIN,
        wrong: Wrong::default(),
    })
}

fn device(t: Text, caller: &Caller, login: &Login) -> Device {
    Device {
        id: login.id.to_string(),
        name: agent::device(t, &login.agent),
        address: login.address.clone(),
        began: Moment::new(t, login.created),
        seen: Moment::new(t, login.last_seen),
        is_this: matches!(caller.subject, Subject::Login { login: this, .. } if this == login.id),
    }
}

fn key(t: Text, key: ApiKey) -> Key {
    let scopes: Vec<&str> = key.scopes.iter().map(Scope::word).collect();
    Key {
        id: key.id.to_string(),
        scopes: scopes.join(", "),
        created: Moment::new(t, key.created),
        last_used: key.last_used.map(|at| Moment::new(t, at)),
        expires: key.expires.map(|at| Moment::new(t, at)),
        name: key.name,
    }
}

#[derive(Deserialize)]
pub(crate) struct After {
    changed: Option<String>,
}

/// `GET /account`.
pub(crate) async fn show(
    State(app): State<App>,
    Member(caller): Member,
    Query(after): Query<After>,
) -> Response {
    match template(&app, &caller) {
        Ok(mut template) => {
            let changed = after.changed.map(|_| template.t.msg("account-changed"));
            template.done = changed.map(|message| message.to_string());
            let made = app.shown().take(&caller, app.inner.clock.now(), Of::ApiKey);
            template.new_key = made.map(NewKey::from);
            page(StatusCode::OK, &template, false)
        }
        Err(problem) => problem.into_response(),
    }
}

#[derive(Deserialize)]
pub(crate) struct Passwords {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
}

/// `POST /account/password`: 303 back to the page; one's other logins have ended.
pub(crate) async fn change_password(
    State(app): State<App>,
    Member(caller): Member,
    Form(form): Form<Passwords>,
) -> Response {
    let (current, new) = (Secret::new(form.current), Secret::new(form.new));
    let changed = app.catalogue().change_password(&caller, &current, &new);
    let refused = match changed.await {
        Ok(()) => return see("/account?changed"),
        Err(refused) => refused,
    };
    let t = app.text();
    let mut wrong = Wrong::default();
    let mut retry_after_s = None;
    let status = match refused {
        Refused::WrongPassword => {
            wrong.current = Some(t.msg("account-wrong").to_string());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refused::Password(error) => {
            wrong.new = Some(fields::password(t, error));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refused::TooManyTries { retry_after_s: s } => {
            let wait = domain::limit::wait_words(s);
            wrong.form = Some(t.msg("login-tries").arg("wait", wait).to_string());
            retry_after_s = Some(s);
            StatusCode::TOO_MANY_REQUESTS
        }
        Refused::Busy(_) => {
            wrong.form = Some(t.msg("field-busy").to_string());
            retry_after_s = Some(1);
            StatusCode::SERVICE_UNAVAILABLE
        }
        Refused::Store(error) => return Problem::internal(&error).into_response(),
        // The login ended meanwhile.
        _ => return see("/login?next=/account"),
    };
    let mut response = match template(&app, &caller) {
        Ok(template) => page(status, &Page { wrong, ..template }, false),
        Err(problem) => return problem.into_response(),
    };
    if let Some(seconds) = retry_after_s {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// `POST /account/logins/{id}/end`.
pub(crate) async fn end_login(
    State(app): State<App>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Response {
    let ended = match id.parse::<LoginId>() {
        Ok(id) => app.catalogue().end_login(&caller, id).await,
        Err(_) => Err(login::Refused::NotFound),
    };
    match ended {
        // Where it was this one, the way leads over the login.
        Ok(()) => see("/account"),
        Err(refused) => login_problem(refused),
    }
}

/// `POST /account/logins/end-others`.
pub(crate) async fn end_other_logins(State(app): State<App>, Member(caller): Member) -> Response {
    match app.catalogue().end_other_logins(&caller).await {
        Ok(()) => see("/account"),
        Err(refused) => login_problem(refused),
    }
}

fn login_problem(refused: login::Refused) -> Response {
    match refused {
        login::Refused::NotFound => Problem::not_found().into_response(),
        refused => Problem::from(refused).into_response(),
    }
}

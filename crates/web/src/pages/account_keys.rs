//! One's own API keys on pages: made, shown once by the page that follows, revoked after a question.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    api_key::{ApiKey, ApiKeyId, New, Refused, Scope, Scopes},
    caller::Caller,
    clock::Time,
    name::NameError,
};
use serde::Deserialize;

use super::{
    Frame,
    ask::{self, Question},
    fields,
    login::see,
    managed::Member,
    page,
    shown::{Made, Of},
};
use crate::{
    App,
    error::Problem,
    extract::{Form, Path},
    text::Text,
};

/// A scope to choose, with a sentence.
struct Choice {
    word: &'static str,
    name: String,
    sentence: String,
    is_chosen: bool,
}

/// When the key ends, to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Never,
    InDays(u16),
    OnDay,
}

impl End {
    const ALL: [(&'static str, Self); 4] = [
        ("30", Self::InDays(30)),
        ("365", Self::InDays(365)),
        ("date", Self::OnDay),
        ("none", Self::Never),
    ];

    fn find(word: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == word);
        found.map(|(_, end)| end)
    }
}

#[derive(Default)]
struct Wrong {
    name: Option<String>,
    scopes: Option<String>,
    date: Option<String>,
    form: Option<String>,
}

#[derive(Template)]
#[template(path = "api_key_new.html")]
struct NewPage {
    frame: Frame,
    t: Text,
    name: String,
    scopes: Vec<Choice>,
    /// Of the choices: `30`, `365`, `date`, `none`.
    end: String,
    date: String,
    /// The earliest day to choose.
    today: String,
    wrong: Wrong,
}

/// What was typed; what is not sent is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Typed {
    name: String,
    read: Option<String>,
    manage: Option<String>,
    publish: Option<String>,
    admin: Option<String>,
    end: String,
    date: String,
}

impl Typed {
    fn has(&self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.read.is_some(),
            Scope::Manage => self.manage.is_some(),
            Scope::Publish => self.publish.is_some(),
            Scope::Admin => self.admin.is_some(),
        }
    }
}

/// `GET /account/api-keys/new`.
pub(crate) async fn ask_new(State(app): State<App>, Member(caller): Member) -> Response {
    let typed = Typed {
        end: "365".to_owned(),
        ..Typed::default()
    };
    new_page(&app, &caller, &typed, (StatusCode::OK, Wrong::default()))
}

fn new_page(
    app: &App,
    caller: &Caller,
    typed: &Typed,
    (status, wrong): (StatusCode, Wrong),
) -> Response {
    let frame = Frame::new(app, caller);
    let t = frame.t;
    let own = |scope: &Scope| *scope != Scope::Admin || caller.administers();
    let choice = |scope: Scope| {
        let message = || t.msg(format!("account-scope-{}", scope.word()));
        Choice {
            word: scope.word(),
            name: message().to_string(),
            sentence: message().attr("about").to_string(),
            is_chosen: typed.has(scope),
        }
    };
    let template = NewPage {
        frame,
        t,
        name: fields::typed(&typed.name),
        scopes: Scope::ALL.into_iter().filter(own).map(choice).collect(),
        end: fields::typed(&typed.end),
        date: fields::typed(&typed.date),
        today: day(app.inner.clock.now()),
        wrong,
    };
    page(status, &template, false)
}

/// The day as a field for days writes it: `2027-06-30`, UTC.
fn day(at: Time) -> String {
    at.rfc3339().chars().take_while(|c| *c != 'T').collect()
}

/// `POST /account/api-keys`: 303 to the account, where the key is shown.
pub(crate) async fn create(
    State(app): State<App>,
    Member(caller): Member,
    Form(typed): Form<Typed>,
) -> Response {
    let (t, mut wrong) = (app.text(), Wrong::default());
    let again = |wrong| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        new_page(&app, &caller, &typed, (status, wrong))
    };
    let chosen: Vec<Scope> = Scope::ALL
        .into_iter()
        .filter(|scope| typed.has(*scope))
        .collect();
    let scopes =
        Scopes::of(&chosen).filter(|scopes| !scopes.contains(Scope::Admin) || caller.administers());
    if scopes.is_none() {
        wrong.scopes = Some(t.msg("account-scopes-none").to_string());
    }
    let expires = end(&app, &typed);
    if expires.is_none() {
        wrong.date = Some(t.msg("account-end-day").to_string());
    }
    let (Some(scopes), Some(expires), Some(user)) = (scopes, expires, caller.user()) else {
        return again(wrong);
    };
    let new = New {
        name: typed.name.clone(),
        user,
        scopes,
        expires,
    };
    match app.catalogue().add_api_key(&caller, new).await {
        Ok((key, secret)) => {
            let made = Made {
                of: Of::ApiKey,
                name: key.name,
                secret,
            };
            app.shown().keep(&caller, app.inner.clock.now(), made);
            see("/account")
        }
        Err(refused) => match refusal(t, refused, &mut wrong) {
            Ok(()) => again(wrong),
            Err(problem) => problem.into_response(),
        },
    }
}

/// When the key ends: `Some(None)` for never; `None` where what was typed is no day.
fn end(app: &App, typed: &Typed) -> Option<Option<Time>> {
    const DAY_MS: i64 = 86_400_000;
    let now = app.inner.clock.now();
    match End::find(&typed.end)? {
        End::Never => Some(None),
        End::InDays(days) => Some(Some(Time::from_ms(now.ms() + i64::from(days) * DAY_MS))),
        // When that day is over.
        End::OnDay => {
            let begins = Time::parse(&format!("{}T00:00:00Z", typed.date)).ok()?;
            let ends = Time::from_ms(begins.ms() + DAY_MS);
            (ends > now).then_some(Some(ends))
        }
    }
}

/// Puts a refusal beside its field; a problem where it is not about what was typed.
fn refusal(t: Text, refused: Refused, wrong: &mut Wrong) -> Result<(), Box<Problem>> {
    match refused {
        Refused::Name(error) => {
            let message = match error {
                NameError::Empty => t.msg("account-key-empty"),
                NameError::TooLong { max } => t.msg("golive-key-long").arg("max", max),
                NameError::Control => t.msg("golive-key-control"),
            };
            wrong.name = Some(message.to_string());
        }
        Refused::Ended => wrong.date = Some(t.msg("account-end-day").to_string()),
        Refused::TooMany { max } => {
            wrong.form = Some(t.msg("account-keys-full").arg("max", max).to_string());
        }
        other => return Err(Box::new(other.into())),
    }
    Ok(())
}

/// One's own API key with this id, while it can be used.
fn find_key(app: &App, caller: &Caller, id: &str) -> Option<ApiKey> {
    let id: ApiKeyId = id.parse().ok()?;
    let mut keys = app.catalogue().list_api_keys(caller).ok()?.into_iter();
    keys.find(|key| key.id == id && key.revoked.is_none())
}

/// `GET /account/api-keys/{id}/revoke`: asks first.
pub(crate) async fn ask_revoke(
    State(app): State<App>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Response {
    let Some(key) = find_key(&app, &caller, &id) else {
        return Problem::not_found().into_response();
    };
    let t = app.text();
    let say = |id: &'static str| t.msg(id).arg("name", key.name.as_str()).to_string();
    let question = Question {
        heading: say("account-revoke-ask"),
        about: say("account-revoke-about"),
        yes: say("account-revoke"),
        no: say("account-keep"),
        action: format!("/account/api-keys/{}/revoke", key.id),
        back: "/account".to_owned(),
        is_destructive: true,
    };
    ask::page(&app, &caller, question)
}

/// `POST /account/api-keys/{id}/revoke`.
pub(crate) async fn revoke(
    State(app): State<App>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Response {
    let Some(key) = find_key(&app, &caller, &id) else {
        return Problem::not_found().into_response();
    };
    match app.catalogue().revoke_api_key(&caller, key.id).await {
        Ok(()) => see("/account"),
        Err(Refused::Store(error)) => Problem::internal(&error).into_response(),
        Err(_) => Problem::not_found().into_response(),
    }
}

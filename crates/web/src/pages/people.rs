//! `/admin/people`: who has an account, adding somebody, links with which they set their password, switching off and on.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    clock::Time,
    password,
    secret::Secret,
    user::{Name, New, Person, Refused, Role, User},
};
use serde::Deserialize;

use super::{
    Frame,
    administrator::Administrator,
    ask::{self, Question},
    fields,
    login::see,
    page,
    shown::{Made, Of},
};
use crate::{
    App,
    api::people::link,
    error::Problem,
    extract::{Client, Form, Path, Query},
    text::Text,
};

/// A point in time for `<time>`: the browser puts it into the reader's zone.
pub(super) struct Moment {
    pub(super) rfc3339: String,
    pub(super) day: String,
}

impl Moment {
    pub(super) fn new(t: Text, at: Time) -> Self {
        Self {
            rfc3339: at.rfc3339(),
            day: t.day(at),
        }
    }
}

struct Row {
    name: String,
    is_self: bool,
    role: String,
    last_login: Option<Moment>,
    disabled: Option<Moment>,
    has_password: bool,
    link_ends: Option<Moment>,
}

/// A link that is shown this once.
struct Link {
    name: String,
    url: String,
    ends: Moment,
}

#[derive(Default)]
struct Wrong {
    name: Option<String>,
    password: Option<String>,
    form: Option<String>,
}

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    frame: Frame,
    t: Text,
    rows: Vec<Row>,
    summary: String,
    /// What was done, told once.
    done: Option<String>,
    link: Option<Link>,
    name: String,
    is_administrator: bool,
    characters_min: usize,
    wrong: Wrong,
}

impl Page {
    fn new(app: &App, caller: &Caller) -> Result<Self, Refused> {
        let frame = Frame::new(app, caller);
        let t = frame.t;
        let people = app.catalogue().list_people(caller)?;
        let is_disabled = |person: &&Person| person.user.disabled.is_some();
        let disabled = people.iter().filter(is_disabled).count();
        let summary = t.msg("people-summary").arg("count", people.len());
        Ok(Self {
            frame,
            t,
            summary: summary.arg("disabled", disabled).to_string(),
            rows: people
                .into_iter()
                .map(|person| row(t, caller, person))
                .collect(),
            done: None,
            link: None,
            name: String::new(),
            is_administrator: false,
            characters_min: password::CHARS_MIN,
            wrong: Wrong::default(),
        })
    }
}

fn row(t: Text, caller: &Caller, person: Person) -> Row {
    let user = person.user;
    Row {
        has_password: person.has_password,
        link_ends: person.link_ends.map(|at| Moment::new(t, at)),
        is_self: caller.user() == Some(user.id),
        role: t
            .msg(format!("people-role-{}", user.role.word()))
            .to_string(),
        last_login: user.last_login.map(|at| Moment::new(t, at)),
        disabled: user.disabled.map(|at| Moment::new(t, at)),
        name: user.name.to_string(),
    }
}

#[derive(Deserialize)]
pub(crate) struct After {
    added: Option<String>,
}

/// `GET /admin/people`.
pub(crate) async fn show(
    State(app): State<App>,
    client: Client,
    Administrator(caller): Administrator,
    Query(after): Query<After>,
) -> Response {
    let added = after.added.and_then(|name| Name::parse(&name).ok());
    let added = added.and_then(|name| app.catalogue().find_user_named(&caller, &name).ok());
    match Page::new(&app, &caller) {
        Ok(mut template) => {
            template.done = added.map(|user| {
                let message = template.t.msg("people-added");
                message.arg("name", user.name.to_string()).to_string()
            });
            template.link = new_link(&app, &client, &caller);
            page(StatusCode::OK, &template, false)
        }
        Err(refused) => other(&refused),
    }
}

/// The link that was just made, where it still works.
fn new_link(app: &App, client: &Client, caller: &Caller) -> Option<Link> {
    let made = app
        .shown()
        .take(caller, app.inner.clock.now(), Of::Person)?;
    let name = Name::parse(&made.name).ok()?;
    let person = app.catalogue().find_person(caller, &name).ok()?;
    Some(Link {
        url: link(client, &made.secret),
        ends: Moment::new(app.text(), person.link_ends?),
        name: made.name,
    })
}

/// On to the page that shows a new link, once.
fn show_link(app: &App, caller: &Caller, name: &Name, secret: Secret) -> Response {
    let made = Made {
        of: Of::Person,
        name: name.to_string(),
        secret,
    };
    app.shown().keep(caller, app.inner.clock.now(), made);
    see("/admin/people")
}

#[derive(Deserialize)]
pub(crate) struct Added {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    role: String,
}

/// `POST /admin/people`: 303 back to the list, where the link is shown; with a password there is none.
pub(crate) async fn add(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Form(person): Form<Added>,
) -> Response {
    let role = Role::find(&person.role).unwrap_or(Role::Member);
    let mut wrong = Wrong::default();
    let t = app.text();
    let status = match Name::parse(&person.name) {
        Err(error) => {
            wrong.name = Some(fields::name(t, error));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Ok(name) => {
            let password = Some(person.password.clone()).filter(|typed| !typed.is_empty());
            let refused = match add_one(&app, &caller, (name, role), password).await {
                Ok(response) => return response,
                Err(refused) => refused,
            };
            match refusal(t, refused, &mut wrong) {
                Ok(status) => status,
                Err(refused) => return other(&refused),
            }
        }
    };
    match Page::new(&app, &caller) {
        Ok(template) => {
            let template = Page {
                name: fields::typed(&person.name),
                is_administrator: role == Role::Administrator,
                wrong,
                ..template
            };
            page(status, &template, false)
        }
        Err(refused) => other(&refused),
    }
}

async fn add_one(
    app: &App,
    caller: &Caller,
    (name, role): (Name, Role),
    password: Option<String>,
) -> Result<Response, Refused> {
    let Some(password) = password else {
        let (user, token) = app.catalogue().invite(caller, name, role).await?;
        return Ok(show_link(app, caller, &user.name, token));
    };
    let new = New {
        name,
        role,
        password: Secret::new(password),
    };
    let user = app.catalogue().add_user(caller, new).await?;
    Ok(see(&format!("/admin/people?added={}", user.name)))
}

/// Why, beside the field that it is about.
fn refusal(t: Text, refused: Refused, wrong: &mut Wrong) -> Result<StatusCode, Refused> {
    match refused {
        Refused::Taken => {
            wrong.name = Some(t.msg("people-taken").to_string());
            Ok(StatusCode::CONFLICT)
        }
        Refused::Password(error) => {
            wrong.password = Some(fields::password(t, error));
            Ok(StatusCode::UNPROCESSABLE_ENTITY)
        }
        Refused::Busy(_) => {
            wrong.form = Some(t.msg("field-busy").to_string());
            Ok(StatusCode::SERVICE_UNAVAILABLE)
        }
        other => Err(other),
    }
}

fn other(refused: &Refused) -> Response {
    match refused {
        Refused::Store(error) => Problem::internal(error).into_response(),
        Refused::NotFound => Problem::not_found().into_response(),
        _ => Problem::forbidden().into_response(),
    }
}

/// The user with the name in the path.
fn find(app: &App, caller: &Caller, name: &str) -> Result<User, Refused> {
    let name = Name::parse(name).map_err(|_| Refused::NotFound)?;
    app.catalogue().find_user_named(caller, &name)
}

/// `GET /admin/people/{name}/disable`: asks first.
pub(crate) async fn ask_disable(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
) -> Response {
    let user = match find(&app, &caller, &name) {
        Ok(user) => user,
        Err(refused) => return other(&refused),
    };
    let t = app.text();
    let say = |id: &'static str| t.msg(id).arg("name", user.name.to_string()).to_string();
    let about = if caller.user() == Some(user.id) {
        say("people-disable-self")
    } else {
        say("people-disable-about")
    };
    let question = Question {
        heading: say("people-disable-ask"),
        about,
        yes: say("people-disable"),
        no: say("people-keep"),
        action: format!("/admin/people/{}/disable", user.name),
        back: "/admin/people".to_owned(),
        is_destructive: true,
    };
    ask::page(&app, &caller, question)
}

/// `POST /admin/people/{name}/disable`: what they have open ends.
pub(crate) async fn disable(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
) -> Response {
    let refused = match find(&app, &caller, &name) {
        Ok(user) => match app.catalogue().disable_user(&caller, user.id).await {
            Ok(()) => return see("/admin/people"),
            Err(refused) => refused,
        },
        Err(refused) => refused,
    };
    conflict(&app, &caller, &refused)
}

/// What stands in the way, above the list.
fn conflict(app: &App, caller: &Caller, refused: &Refused) -> Response {
    let id = match refused {
        Refused::LastAdministrator => "people-last-administrator",
        Refused::Disabled => "people-link-disabled",
        _ => return other(refused),
    };
    match Page::new(app, caller) {
        Ok(mut template) => {
            template.wrong.form = Some(template.t.msg(id).to_string());
            page(StatusCode::CONFLICT, &template, false)
        }
        Err(refused) => other(&refused),
    }
}

/// `POST /admin/people/{name}/enable`.
pub(crate) async fn enable(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
) -> Response {
    let enabled = match find(&app, &caller, &name) {
        Ok(user) => app.catalogue().enable_user(&caller, user.id).await,
        Err(refused) => Err(refused),
    };
    match enabled {
        Ok(()) => see("/admin/people"),
        Err(refused) => other(&refused),
    }
}

/// `GET /admin/people/{name}/password-link`: asks first, since the link before is void then.
pub(crate) async fn ask_link(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
) -> Response {
    let user = match find(&app, &caller, &name) {
        Ok(user) => user,
        Err(refused) => return other(&refused),
    };
    let t = app.text();
    let say = |id: &'static str| t.msg(id).arg("name", user.name.to_string()).to_string();
    let question = Question {
        heading: say("people-link-ask"),
        about: say("people-link-about"),
        yes: say("people-link-yes"),
        no: say("people-link-no"),
        action: format!("/admin/people/{}/password-link", user.name),
        back: "/admin/people".to_owned(),
        is_destructive: false,
    };
    ask::page(&app, &caller, question)
}

/// `POST /admin/people/{name}/password-link`: 303 to the list, where the link is shown.
pub(crate) async fn make_link(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
) -> Response {
    let made = match find(&app, &caller, &name) {
        Ok(user) => app
            .catalogue()
            .reset_link(&caller, user.id)
            .await
            .map(|token| (user, token)),
        Err(refused) => Err(refused),
    };
    match made {
        Ok((user, token)) => show_link(&app, &caller, &user.name, token),
        Err(refused) => conflict(&app, &caller, &refused),
    }
}

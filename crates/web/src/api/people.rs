//! `/api/people`: who has an account; for administrators.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    clock::Time,
    secret::Secret,
    user::{Name, Person, Refused, Role, User},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{denied, etag, invalid, is_stale, private, tagged};
use crate::{
    App,
    error::Problem,
    extract::{Client, Json, Known, Path},
};

/// `GET /api/people`: in the order of their names.
pub(crate) async fn list(
    State(app): State<App>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    let people = app
        .catalogue()
        .list_people(&caller)
        .map_err(|refused| denied(&caller, refused.into()))?;
    let people: Vec<Value> = people.iter().map(facts).collect();
    Ok(private(Answer(json!({"people": people})).into_response()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPerson {
    name: String,
    role: String,
}

/// `POST /api/people`: invites somebody, who sets their password by the link that is answered, this once.
pub(crate) async fn create(
    State(app): State<App>,
    Known(caller): Known,
    client: Client,
    Json(new): Json<NewPerson>,
) -> Result<Response, Problem> {
    let refuse = |refused: Refused| denied(&caller, refused.into());
    // Whoever may not is told that first, and nothing of what they sent.
    app.catalogue().list_people(&caller).map_err(refuse)?;
    let name =
        Name::parse(&new.name).map_err(|error| invalid("invalid_name", error.to_string()))?;
    let role = Role::find(&new.role)
        .ok_or_else(|| invalid("invalid_role", "`role` is one of administrator, member."))?;
    let (user, token) = app
        .catalogue()
        .invite(&caller, name, role)
        .await
        .map_err(refuse)?;
    let person = find(&app, &caller, user.name.as_str())?;
    let mut value = facts(&person);
    value["set_password_url"] = json!(link(&client, &token));
    let location = format!("/api/people/{}", user.name);
    let answer = (
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Answer(value),
    );
    Ok(tagged(private(answer.into_response()), &tag(&person.user)))
}

/// `GET /api/people/{name}`.
pub(crate) async fn show(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    Ok(whole(&find(&app, &caller, &name)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    disabled: Option<bool>,
}

/// `PATCH /api/people/{name}`: switched off or on; with `If-Match`, only the version that the caller saw.
pub(crate) async fn change(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(edit): Json<Edit>,
) -> Result<Response, Problem> {
    let user = find(&app, &caller, &name)?.user;
    if is_stale(&headers, &tag(&user)) {
        let detail = "Somebody changed this person meanwhile; read it again.";
        return Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "changed_meanwhile",
            detail,
        ));
    }
    let catalogue = app.catalogue();
    let changed = match edit.disabled {
        Some(true) => catalogue.disable_user(&caller, user.id).await,
        Some(false) => catalogue.enable_user(&caller, user.id).await,
        None => Ok(()),
    };
    changed.map_err(|refused| denied(&caller, refused.into()))?;
    Ok(whole(&find(&app, &caller, &name)?))
}

/// `POST /api/people/{name}/password-link`: a link with which they set their password, shown this once; the one before is void.
pub(crate) async fn make_link(
    State(app): State<App>,
    Known(caller): Known,
    client: Client,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let user = find(&app, &caller, &name)?.user;
    let token = app
        .catalogue()
        .reset_link(&caller, user.id)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    let mut value = facts(&find(&app, &caller, &name)?);
    value["set_password_url"] = json!(link(&client, &token));
    let answer = (StatusCode::CREATED, Answer(value));
    Ok(private(answer.into_response()))
}

/// What cannot be a name is nobody's; whoever may not look is told that first.
fn find(app: &App, caller: &Caller, name: &str) -> Result<Person, Problem> {
    let refuse = |refused: Refused| denied(caller, refused.into());
    match Name::parse(name) {
        Ok(name) => app.catalogue().find_person(caller, &name).map_err(refuse),
        Err(_) => {
            app.catalogue().list_people(caller).map_err(refuse)?;
            Err(Problem::not_found())
        }
    }
}

fn whole(person: &Person) -> Response {
    tagged(
        private(Answer(facts(person)).into_response()),
        &tag(&person.user),
    )
}

/// The version of what can be changed of somebody: since when they are on or off.
fn tag(user: &User) -> String {
    etag(
        user.disabled.unwrap_or(user.created),
        u32::from(user.disabled.is_some()),
    )
}

fn facts(person: &Person) -> Value {
    let Person {
        user,
        has_password,
        link_ends,
    } = person;
    let at = |time: Option<Time>| time.map(Time::rfc3339);
    json!({
        "name": user.name.as_str(),
        "role": user.role.word(),
        "created_at": user.created.rfc3339(),
        "disabled_at": at(user.disabled),
        "last_login_at": at(user.last_login),
        "has_password": has_password,
        "set_password_ends_at": at(*link_ends),
    })
}

/// Where the page is on which the holder of a token sets their password.
pub(crate) fn link(client: &Client, token: &Secret) -> String {
    format!("{}/password/{}", client.origin, token.expose())
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        use Refused as R;
        let detail = refused.to_string();
        match refused {
            R::NotAllowed => Self::unauthorized(),
            R::NotFound => Self::not_found(),
            R::Taken => Self::new(StatusCode::CONFLICT, "taken", detail),
            R::LastAdministrator => Self::new(StatusCode::CONFLICT, "last_administrator", detail),
            R::Disabled => Self::new(StatusCode::CONFLICT, "disabled", detail),
            R::Link => Self::new(StatusCode::FORBIDDEN, "link_ended", detail),
            R::WrongPassword => Self::new(StatusCode::FORBIDDEN, "wrong_password", detail),
            R::Password(_) => invalid("invalid_password", detail),
            R::TooManyTries { retry_after_s } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", detail)
                    .retry_after(retry_after_s)
            }
            R::Busy(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(1),
            R::Store(error) => Self::internal(&error),
        }
    }
}

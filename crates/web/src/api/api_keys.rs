//! `/api/api-keys`: one's own keys for programs. They are made and listed by whoever is logged in: a key makes no key.

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    api_key::{ApiKey, New, Refused, Scope, Scopes},
    clock::Time,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{denied, invalid, private, time};
use crate::{
    App,
    error::Problem,
    extract::{Json, Known, Path},
};

/// `GET /api/api-keys`: the newest first, those that have ended or were revoked too, without the keys themselves.
pub(crate) async fn list(
    State(app): State<App>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    let keys = app
        .catalogue()
        .list_api_keys(&caller)
        .map_err(|refused| denied(&caller, refused.into()))?;
    let keys: Vec<Value> = keys.iter().map(facts).collect();
    Ok(private(Answer(json!({"api_keys": keys})).into_response()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    name: String,
    scopes: Vec<String>,
    expires_at: Option<String>,
}

/// `POST /api/api-keys`: a key of the caller's own, shown this once.
pub(crate) async fn create(
    State(app): State<App>,
    Known(caller): Known,
    Json(new): Json<NewKey>,
) -> Result<Response, Problem> {
    let refuse = |refused: Refused| denied(&caller, refused.into());
    // Whoever may make none is told that first: those who may list them may make them.
    app.catalogue().list_api_keys(&caller).map_err(refuse)?;
    let user = caller.user().ok_or_else(Problem::unauthorized)?;
    let scopes: Scopes =
        new.scopes
            .join(",")
            .parse()
            .map_err(|error: domain::api_key::ScopesError| {
                invalid("invalid_scopes", error.to_string())
            })?;
    if scopes.contains(Scope::Admin) && !caller.administers() {
        let detail = "The scope `admin` is for administrators.";
        return Err(invalid("invalid_scopes", detail));
    }
    let expires = new.expires_at.as_deref();
    let new = New {
        name: new.name,
        user,
        scopes,
        expires: expires.map(|text| time("expires_at", text)).transpose()?,
    };
    let (key, secret) = app
        .catalogue()
        .add_api_key(&caller, new)
        .await
        .map_err(refuse)?;
    let mut value = facts(&key);
    value["key"] = json!(secret.expose());
    let location = format!("/api/api-keys/{}", key.id);
    let answer = (
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Answer(value),
    );
    Ok(private(answer.into_response()))
}

/// `DELETE /api/api-keys/{id}`: revoked at once. A key may revoke itself, and an administrator anybody's.
pub(crate) async fn revoke(
    State(app): State<App>,
    Known(caller): Known,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    app.catalogue()
        .revoke_api_key(&caller, id)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn facts(key: &ApiKey) -> Value {
    let scopes: Vec<&str> = key.scopes.iter().map(Scope::word).collect();
    let at = |time: Option<Time>| time.map(Time::rfc3339);
    json!({
        "id": key.id.to_string(),
        "name": key.name,
        "scopes": scopes,
        "created_at": key.created.rfc3339(),
        "expires_at": at(key.expires),
        "revoked_at": at(key.revoked),
        "last_used_at": at(key.last_used),
    })
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        use Refused as R;
        let detail = refused.to_string();
        match refused {
            R::NotAllowed => Self::unauthorized(),
            R::NotFound => Self::not_found(),
            R::Name(_) => invalid("invalid_name", detail),
            R::Ended => invalid("invalid_expiry", detail),
            R::TooMany { .. } => invalid("too_many", detail),
            R::Store(error) => Self::internal(&error),
        }
    }
}

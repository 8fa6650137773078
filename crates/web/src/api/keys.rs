//! `/api/streams/{slug}/keys`: stream keys by name; a key itself is shown once, when it is made.

use axum::{
    Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{secret::Secret, stream::MadeKey};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fields::{denied, private},
    slug,
};
use crate::{
    App,
    error::Problem,
    extract::{Json, Known, Path},
};

/// `GET`: the keys, without the keys themselves.
pub(crate) async fn list(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let keys = app
        .catalogue()
        .list_keys(&caller, &slug(&name)?)
        .map_err(|refused| denied(&caller, refused.into()))?;
    let keys: Vec<Value> = keys
        .iter()
        .map(|key| {
            json!({
                "id": key.id.to_string(),
                "name": key.name,
                "created_at": key.created.rfc3339(),
                "revoked_at": key.revoked.map(|at| at.rfc3339()),
                "last_used_at": key.last_used.map(|at| at.rfc3339()),
            })
        })
        .collect();
    Ok(private(Answer(json!({"keys": keys})).into_response()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    name: String,
    key: Option<String>,
}

/// `POST`: a new key; one of the owner's own where `key` is given.
pub(crate) async fn create(
    State(app): State<App>,
    Known(caller): Known,
    Path(name): Path<String>,
    Json(new): Json<NewKey>,
) -> Result<Response, Problem> {
    let made = app
        .catalogue()
        .add_key(&caller, &slug(&name)?, &new.name, new.key.map(Secret::new))
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(told(&made))
}

/// `DELETE …/{id}`: revoked; its publisher is cut within a second.
pub(crate) async fn revoke(
    State(app): State<App>,
    Known(caller): Known,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    app.catalogue()
        .revoke_key(&caller, &slug(&name)?, id)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/{id}/rotate`: a new key of the same name; the old one is revoked in the same moment.
pub(crate) async fn rotate(
    State(app): State<App>,
    Known(caller): Known,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let made = app
        .catalogue()
        .rotate_key(&caller, &slug(&name)?, id)
        .await
        .map_err(|refused| denied(&caller, refused.into()))?;
    Ok(told(&made))
}

/// 201 with a key that is shown this once.
fn told(made: &MadeKey) -> Response {
    let value =
        json!({"id": made.key.id.to_string(), "name": made.key.name, "key": made.secret.expose()});
    private((StatusCode::CREATED, Answer(value)).into_response())
}

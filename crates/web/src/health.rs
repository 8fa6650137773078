//! `GET /health`: whether the server can serve. Names of failing checks are public, their details are not.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::engine::Health;
use serde_json::{Map, Value, json};

use crate::App;

/// Asks the server's own checks and the engine.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let mut checks = (app.inner.checks)().await;
    checks.push(crate::Check {
        name: "engine",
        failure: match app.engine().health() {
            Health::Ok => None,
            Health::Failing(why) => Some(why),
        },
    });
    for check in &checks {
        if let Some(why) = &check.failure {
            tracing::warn!(check = check.name, why, "a health check fails");
        }
    }
    let failing = checks.iter().any(|check| check.failure.is_some());
    let words: Map<String, Value> = checks
        .iter()
        .map(|check| {
            (
                check.name.to_owned(),
                json!(if check.failure.is_none() {
                    "ok"
                } else {
                    "failing"
                }),
            )
        })
        .collect();
    let (status, word) = if failing {
        (StatusCode::SERVICE_UNAVAILABLE, "failing")
    } else {
        (StatusCode::OK, "ok")
    };
    (
        status,
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({"status": word, "checks": words})),
    )
        .into_response()
}

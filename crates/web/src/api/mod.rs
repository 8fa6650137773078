//! The API: `/api/<plural>`, `snake_case` JSON, RFC 3339 times, `problem+json` for every error.

pub(crate) mod keys;
pub(crate) mod rights;
pub(crate) mod status;
pub(crate) mod streams;
pub(crate) mod watch;

use axum::{
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
};
use domain::slug::Slug;

use crate::error::Problem;

/// A JSON body; what cannot be read is told as a problem.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "Send `content-type: application/json`.",
            )),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    "The body is too large.",
                ))
            }
            Err(rejection) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "unreadable",
                rejection.body_text(),
            )),
        }
    }
}

/// A slug from a path; what is none cannot exist.
pub(crate) fn slug(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).map_err(|_| Problem::not_found())
}

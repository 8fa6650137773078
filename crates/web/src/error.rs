//! Errors of the API: `application/problem+json` (RFC 9457) with a stable `code` and the request's id.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{login, stream};
use serde::Serialize;

/// An error as the API tells it, with the id of the request. Pages tell it in their own way (`pages::error::for_people`).
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) retry_after_s: Option<u32>,
    /// Of an access code whose places are all taken: how many there are.
    pub(crate) places: Option<u32>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after_s: None,
            places: None,
        }
    }

    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..self
        }
    }

    /// 403: all places of an access code are taken.
    pub(crate) fn full(code: &'static str, detail: String, places: u32) -> Self {
        Self {
            places: Some(places),
            ..Self::new(StatusCode::FORBIDDEN, code, detail)
        }
    }

    /// 401: nobody, or not with this.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Log in, or send an API key as a bearer token.",
        )
    }

    /// 403: known, but this is not theirs to do.
    pub(crate) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "This login or key may not do that.",
        )
    }

    /// 404, also for what the caller may not know of.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// 500, after the cause was logged.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        let mut causes = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            causes = format!("{causes}: {cause}");
            source = cause.source();
        }
        tracing::error!(error = causes, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something broke on the server. It has been written to its log.",
        )
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<u32>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id: crate::extract::request_id(),
            places: self.places,
        };
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            text,
        )
            .into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For whoever tells it to a person.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<stream::Refused> for Problem {
    fn from(refused: stream::Refused) -> Self {
        use stream::Refused as R;
        let detail = refused.to_string();
        match refused {
            R::NotAllowed => Self::unauthorized(),
            R::NotFound => Self::not_found(),
            R::Taken => Self::new(StatusCode::CONFLICT, "taken", detail),
            R::Slug(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_slug", detail),
            R::Name(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_name", detail),
            R::Description => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_description",
                detail,
            ),
            R::OwnKey(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_key", detail),
            R::Changed => Self::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail),
            R::TooMany { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many", detail),
            R::Store(error) => Self::internal(&error),
        }
    }
}

impl From<login::Refused> for Problem {
    fn from(refused: login::Refused) -> Self {
        use login::Refused as R;
        let detail = refused.to_string();
        match refused {
            R::Wrong => Self::new(StatusCode::UNAUTHORIZED, "wrong_name_or_password", detail),
            R::Link => Self::new(StatusCode::UNAUTHORIZED, "link_ended", detail),
            R::NotAllowed => Self::unauthorized(),
            R::NotFound => Self::not_found(),
            R::TooManyTries { retry_after_s } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", detail)
                    .retry_after(retry_after_s)
            }
            R::Busy(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(1),
            R::Store(error) => Self::internal(&error),
        }
    }
}

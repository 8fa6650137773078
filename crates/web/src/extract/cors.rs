//! Cross-origin calls of the API: for the origins that the operator named, with their visitors' cookies; for nobody else
//! (Fetch, 3.2).

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::App;

/// Seconds for which a browser may remember the answer to a preflight; short, so that a withdrawn origin is soon out.
const PREFLIGHT_AGE_S: &str = "600";

/// Answers preflights of trusted origins and lets their pages read answers.
pub(crate) async fn cors(State(app): State<App>, request: Request, next: Next) -> Response {
    let tuned = app.tuned();
    let trusted = &tuned.cors_origins;
    if trusted.is_empty() {
        return next.run(request).await;
    }
    let origin = trusted_origin(request.headers(), trusted);
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if origin.is_some() && is_preflight {
        let headers = [
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE",
            ),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, if-match, if-none-match, range, tus-resumable, upload-length, upload-metadata, upload-offset, x-http-method-override",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S),
        ];
        (StatusCode::NO_CONTENT, headers).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("etag, link, location, ratelimit, ratelimit-policy, retry-after, tus-extension, tus-max-size, tus-resumable, tus-version, upload-expires, upload-length, upload-metadata, upload-offset, x-request-id"),
        );
    }
    response
}

/// The origin that asks, if it is one of the trusted ones. `null` is every sandboxed page and never trusted.
pub(super) fn trusted_origin(headers: &HeaderMap, trusted: &[String]) -> Option<HeaderValue> {
    let value = headers.get(header::ORIGIN)?;
    let origin = value.to_str().ok().filter(|origin| *origin != "null")?;
    trusted
        .iter()
        .any(|t| t.trim_end_matches('/').eq_ignore_ascii_case(origin))
        .then(|| value.clone())
}

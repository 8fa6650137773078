//! Limits on wrong tries, told in headers: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, 10), beside
//! `Retry-After`.
//!
//! Told to whoever used a try up with a key, and to whoever has none left. What a wrong access code left is not told before that: who
//! guesses would learn which codes exist, and open something else.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use domain::Guessed;

use super::{Client, bearer};
use crate::App;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Adds what is left of a limit to answers that say no.
pub(crate) async fn tell_tries(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(guessed) = guessed(&request) else {
        return next.run(request).await;
    };
    let client = request.extensions().get::<Client>();
    let address = client.map(|client| client.address);
    let mut response = next.run(request).await;
    let Some(address) = address else {
        return response;
    };
    let is_empty = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let is_wrong_key = response.status() == StatusCode::UNAUTHORIZED
        && matches!(guessed, Guessed::ApiKeys | Guessed::StreamKeys);
    if is_empty || is_wrong_key {
        let left = app.catalogue().tries_left(guessed, address);
        let name = name(guessed);
        let policy = format!("\"{name}\";q={};w={}", left.burst, left.window_s);
        let headers = response.headers_mut();
        let limit = match retry_after_s(headers).filter(|_| is_empty) {
            // One account has fewer tries than an address: it is their end that is told.
            Some(seconds) => format!("\"{name}\";r=0;t={seconds}"),
            None => format!("\"{name}\";r={};t={}", left.tries, left.full_in_s),
        };
        for (header, value) in [(POLICY, policy), (LIMIT, limit)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(header, value);
            }
        }
    }
    response
}

fn retry_after_s(headers: &HeaderMap) -> Option<u32> {
    headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// What a request could be a guess at, by what it brings.
fn guessed(request: &Request) -> Option<Guessed> {
    let path = request.uri().path();
    let is_publishing = path.ends_with("/whip") || path == "/api/stream/validate";
    if is_publishing {
        return Some(Guessed::StreamKeys);
    }
    if bearer(request.headers()).is_some() {
        return Some(Guessed::ApiKeys);
    }
    let is_login = request.method() == Method::POST && path == "/login";
    let names = request.uri().query().unwrap_or_default().split('&');
    let mut names = names.filter_map(|pair| pair.split('=').next());
    let has_code = names.any(|name| matches!(name, "access_code" | "code"));
    match (is_login, has_code) {
        (true, _) => Some(Guessed::Logins),
        (false, true) => Some(Guessed::AccessCodes),
        (false, false) => None,
    }
}

const fn name(guessed: Guessed) -> &'static str {
    match guessed {
        Guessed::Logins => "logins",
        Guessed::ApiKeys => "api-keys",
        Guessed::StreamKeys => "stream-keys",
        Guessed::AccessCodes => "access-codes",
    }
}

//! A page of another site cannot change anything here.
//!
//! Judged by `Sec-Fetch-Site` (Fetch Metadata) and `Origin` (RFC 6454), which a page cannot forge. A client that sends neither is no
//! browser and carries nobody's cookies along unknowingly. An API key is never sent along unknowingly either.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{Client, caller::bearer, cors::trusted_origin};
use crate::{App, error::Problem};

/// Refuses changes that another site's page asks for.
pub(crate) async fn same_site(State(app): State<App>, request: Request, next: Next) -> Response {
    let origin_here = request
        .extensions()
        .get::<Client>()
        .map(|client| client.origin.clone())
        .unwrap_or_default();
    let headers = request.headers();
    if request.method().is_safe()
        || with_key_alone(headers)
        || allowed(headers, &origin_here, &app.tuned().cors_origins)
    {
        return next.run(request).await;
    }
    let detail = "Another site's page asked for this; only this site's own pages can.";
    Problem::new(StatusCode::FORBIDDEN, "cross_site", detail).into_response()
}

/// Whether this site's own page asks, or no page at all: only then a visitor's cookie counts on routes that are open to other sites.
pub(crate) fn is_own_site(app: &App, headers: &HeaderMap, client: &Client) -> bool {
    allowed(headers, &client.origin, &app.tuned().cors_origins)
}

/// Whether an API key and nothing else vouches for the request. Browsers do send `Basic` along by themselves, once a proxy
/// in front has asked for it: that is no key.
fn with_key_alone(headers: &HeaderMap) -> bool {
    bearer(headers).is_some() && !headers.contains_key(header::COOKIE)
}

fn allowed(headers: &HeaderMap, here: &str, trusted: &[String]) -> bool {
    if trusted_origin(headers, trusted).is_some() {
        return true;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text("origin")) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) => false,
        (None, None) => true,
        (None, Some(origin)) => {
            let host = |url: &str| {
                url.split_once("://")
                    .map(|(_, host)| host.to_ascii_lowercase())
            };
            host(origin).is_some_and(|host_there| Some(host_there) == host(here))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse case I7.
    #[test]
    fn only_this_site_and_programs_may_change_things() {
        let here = "https://media.example.org";
        let trusted = ["https://panel.example.com".to_owned()];
        for (site, origin, may) in [
            (None, None, true),
            (Some("same-origin"), Some("https://media.example.org"), true),
            (Some("none"), None, true),
            (Some("cross-site"), None, false),
            (Some("same-site"), Some("https://other.example.org"), false),
            (Some("cross-site"), Some("https://panel.example.com"), true),
            (None, Some("https://media.example.org"), true),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (None, Some("https://media.example.org.evil.example"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            if let Some(origin) = origin {
                headers.insert("origin", origin.parse().unwrap());
            }
            assert_eq!(
                allowed(&headers, here, &trusted),
                may,
                "{site:?} {origin:?}"
            );
        }
    }

    #[test]
    fn api_key_vouches_alone_and_basic_does_not() {
        for (authorization, cookie, vouches) in [
            (Some("Bearer abc"), None, true),
            (Some("bearer abc"), None, true),
            (Some("Bearer abc"), Some("media_server_login=x"), false),
            (Some("Basic dXNlcjpwYXNz"), None, false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = authorization {
                headers.insert("authorization", value.parse().unwrap());
            }
            if let Some(value) = cookie {
                headers.insert("cookie", value.parse().unwrap());
            }
            assert_eq!(
                with_key_alone(&headers),
                vouches,
                "{authorization:?} {cookie:?}"
            );
        }
    }
}

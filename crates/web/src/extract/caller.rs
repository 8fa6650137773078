//! Who asks: by cookie on pages, by cookie or API key in the API.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use domain::caller::{self, Caller, Subject};

use super::Client;
use crate::{App, error::Problem};

/// Name of the login's cookie on a connection that is not known to be encrypted.
pub(crate) const COOKIE: &str = "media_server_login";
/// Name of it on an encrypted one; the prefix lets browsers keep it to this host, to `/`, and to TLS (RFC 6265bis, 4.1.3).
pub(crate) const COOKIE_SECURE: &str = "__Host-media_server_login";

/// Who asks, by cookie alone: for pages. Nobody is an answer.
pub(crate) struct Visitor(pub(crate) Caller);

/// Who asks, by API key or cookie: for the API. A key that is not good is refused at once; nobody is an answer.
pub(crate) struct Asking(pub(crate) Caller);

/// The same, where nobody is refused with 401, before anything else of the request is looked at.
pub(crate) struct Known(pub(crate) Caller);

impl FromRequestParts<App> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Asking(caller) = Asking::from_request_parts(parts, app).await?;
        if caller.subject == Subject::Nobody {
            return Err(Problem::unauthorized());
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let client = Client::from_request_parts(parts, app).await?;
        Ok(Self(by_cookie(app, &parts.headers, &client)))
    }
}

impl FromRequestParts<App> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let client = Client::from_request_parts(parts, app).await?;
        let Some(key) = bearer(&parts.headers) else {
            return Ok(Self(by_cookie(app, &parts.headers, &client)));
        };
        match app.catalogue().caller_for_api_key(key, client.address) {
            Ok(caller) => Ok(Self(caller)),
            Err(caller::Refused::Unknown) => Err(Problem::unauthorized()),
            Err(refused @ caller::Refused::TooManyTries { retry_after_s }) => Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_tries",
                refused.to_string(),
            )
            .retry_after(retry_after_s)),
        }
    }
}

/// The API key of a request (RFC 6750, 2.1); empty where it is not even text. Other schemes are for whoever stands in front.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, key) = value.split_at_checked("bearer".len())?;
    let key = key
        .strip_prefix(b" ")
        .or_else(|| key.is_empty().then_some(key))?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer");
    is_bearer.then(|| std::str::from_utf8(key).unwrap_or_default().trim())
}

fn by_cookie(app: &App, headers: &HeaderMap, client: &Client) -> Caller {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    // On an encrypted connection only the cookie that cannot have been planted over a plain one counts.
    let wanted = if client.secure { COOKIE_SECURE } else { COOKIE };
    match pairs.find(|(name, _)| *name == wanted) {
        Some((_, value)) => app.catalogue().caller_for_cookie(value, client.address),
        None => Caller::nobody(client.address),
    }
}

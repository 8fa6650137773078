//! Where a request comes from, its id, and the headers that every answer carries.

use std::{net::IpAddr, time::Duration};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{App, error::Problem, front::Peer};

/// Longest time a request may take in the router, body included: against bodies that trickle in. Held playlists end before it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(100);
/// A request with a body must have sent it by then; uploads get a rule of their own.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request that is being answered.
pub(crate) fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// Where a request comes from, after trusted proxies.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Whose address counts for limits.
    pub(crate) address: IpAddr,
    /// Whether the visitor's connection is known to be encrypted.
    pub(crate) secure: bool,
    /// Scheme and host under which the visitor reached this server.
    pub(crate) origin: String,
}

impl Client {
    fn of(app: &App, peer: IpAddr, headers: &HeaderMap, uri_host: Option<&str>) -> Self {
        let peer = peer.to_canonical();
        let settings = app.settings();
        let trusted = settings.trusted_proxies.contains(peer);
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let address = if trusted {
            forwarded_for(headers, app).unwrap_or(peer)
        } else {
            peer
        };
        let forwarded_https = trusted
            && text("x-forwarded-proto")
                .is_some_and(|proto| last(proto).eq_ignore_ascii_case("https"));
        if !settings.public_url.is_empty() {
            let origin = settings.public_url.trim_end_matches('/').to_owned();
            return Self {
                address,
                secure: origin.starts_with("https://"),
                origin,
            };
        }
        let host = text("x-forwarded-host")
            .filter(|_| trusted)
            .map(last)
            .or_else(|| text("host"))
            .or(uri_host)
            .filter(|host| {
                !host.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            })
            .unwrap_or("localhost");
        let scheme = if forwarded_https { "https" } else { "http" };
        Self {
            address,
            secure: forwarded_https,
            origin: format!("{scheme}://{host}"),
        }
    }
}

/// The last entry of a list: the one that the nearest proxy wrote.
fn last(list: &str) -> &str {
    list.rsplit(',').next().unwrap_or(list).trim()
}

/// The rightmost address that is no trusted proxy: what stands left of it, anyone may have made up.
fn forwarded_for(headers: &HeaderMap, app: &App) -> Option<IpAddr> {
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .collect();
    let mut nearest = None;
    for entry in entries.iter().rev() {
        let Ok(ip) = entry.trim().parse::<IpAddr>() else {
            break;
        };
        let ip = ip.to_canonical();
        nearest = Some(ip);
        if !app.settings().trusted_proxies.contains(ip) {
            break;
        }
    }
    nearest
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Problem::not_found)
    }
}

/// Puts [`Client`] and the id in, and the headers of every answer on.
pub(crate) async fn context(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let mut bytes = [0; 8];
    app.inner.random.fill(&mut bytes);
    let id = bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.ip());
    let uri_host = request.uri().authority().map(ToString::to_string);
    let client = Client::of(&app, peer, request.headers(), uri_host.as_deref());
    let secure = client.secure;
    let bounded = if request.method().is_safe() {
        REQUEST_TIMEOUT
    } else {
        BODY_TIMEOUT
    };
    request.extensions_mut().insert(client);
    let mut response = REQUEST_ID
        .scope(id.clone(), async {
            match tokio::time::timeout(bounded, next.run(request)).await {
                Ok(response) => response,
                Err(_) => {
                    let mut response = Problem::new(
                        StatusCode::REQUEST_TIMEOUT,
                        "too_slow",
                        "The request took too long to arrive.",
                    )
                    .into_response();
                    response
                        .headers_mut()
                        .insert(header::CONNECTION, HeaderValue::from_static("close"));
                    response
                }
            }
        })
        .await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    if secure {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000"));
    }
    response
}

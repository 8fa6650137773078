//! Where a request comes from, its id, and the headers that every answer carries.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    App, Settings,
    error::Problem,
    front::{Networks, Peer},
};

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
    fn of(settings: &Settings, peer: IpAddr, headers: &HeaderMap, uri_host: Option<&str>) -> Self {
        let peer = peer.to_canonical();
        let is_trusted = settings.trusted_proxies.contains(peer);
        let forwarded = |name: &str| {
            if is_trusted {
                nearest(headers, name)
            } else {
                None
            }
        };
        let address = if is_trusted {
            forwarded_for(headers, &settings.trusted_proxies).unwrap_or(peer)
        } else {
            peer
        };
        if !settings.public_url.is_empty() {
            let origin = settings.public_url.trim_end_matches('/').to_owned();
            return Self {
                address,
                secure: origin.starts_with("https://"),
                origin,
            };
        }
        let host = forwarded("x-forwarded-host")
            .or_else(|| {
                headers
                    .get(header::HOST)
                    .and_then(|value| value.to_str().ok())
            })
            .or(uri_host)
            .filter(|host| is_host(host))
            .unwrap_or("localhost");
        let secure =
            forwarded("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        let scheme = if secure { "https" } else { "http" };
        Self {
            address,
            secure,
            origin: format!("{scheme}://{host}"),
        }
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
}

/// The last entry of a list that may be spread over lines: the one that the nearest proxy wrote. What stands before it may
/// have come from anyone.
fn nearest<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim)
}

/// The rightmost address that is no trusted proxy: what stands left of it, anyone may have made up.
fn forwarded_for(headers: &HeaderMap, trusted: &Networks) -> Option<IpAddr> {
    let mut nearest = None;
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    for entry in lines.flat_map(|line| line.as_bytes().rsplit(|b| *b == b',')) {
        let Some(ip) = address(entry) else { break };
        nearest = Some(ip);
        if !trusted.contains(ip) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let alone = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let ip = alone.parse::<IpAddr>().ok().or_else(|| {
        text.parse::<SocketAddr>()
            .ok()
            .map(|with_port| with_port.ip())
    })?;
    Some(ip.to_canonical())
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
    let id = format!("{:016x}", u64::from_be_bytes(bytes));
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.ip());
    let uri_host = request.uri().authority().map(ToString::to_string);
    let client = Client::of(app.settings(), peer, request.headers(), uri_host.as_deref());
    let is_secure = client.secure;
    let brings_code = brings_code(request.uri());
    request.extensions_mut().insert(client);
    let mut response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    if brings_code {
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
    }
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if is_secure {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Whether an address has an access code in it, or something that may be one: what it answers leads nowhere with a `Referer`.
fn brings_code(uri: &Uri) -> bool {
    // Most addresses have no query at all.
    let is_code = |(name, _): &(String, String)| name == "access_code" || name == "code";
    uri.query().is_some()
        && axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_or(true, |query| query.0.iter().any(is_code))
}

/// Headers of every answer that does not bring its own: nothing is kept, guessed, framed, or handed to other sites.
const HEADERS: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), display-capture=(), geolocation=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// Ends requests that take too long to arrive or to be answered.
pub(crate) async fn bounded(request: Request, next: Next) -> Response {
    let bound = if request.method().is_safe() {
        REQUEST_TIMEOUT
    } else {
        BODY_TIMEOUT
    };
    match tokio::time::timeout(bound, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "The request took too long to arrive.";
            let mut response =
                Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail).into_response();
            // The rest of its body may still come, and is no request.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn of(
        peer: &str,
        public_url: &str,
        lines: &[(&'static str, &'static str)],
    ) -> (String, bool, String) {
        let settings = Settings {
            public_url: public_url.to_owned(),
            trusted_proxies: Networks::parse(["10.0.0.0/8"]).unwrap(),
            ..Settings::default()
        };
        let client = Client::of(&settings, peer.parse().unwrap(), &headers(lines), None);
        (client.address.to_string(), client.secure, client.origin)
    }

    /// Abuse case A11.
    #[test]
    fn address_is_the_rightmost_one_that_no_trusted_proxy_has() {
        for (peer, forwarded, address) in [
            ("198.51.100.9", &["203.0.113.7"][..], "198.51.100.9"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["\u{e9}, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
        ] {
            let mut lines = HeaderMap::new();
            for line in forwarded {
                lines.append(
                    "x-forwarded-for",
                    HeaderValue::from_bytes(line.as_bytes()).unwrap(),
                );
            }
            let settings = Settings {
                trusted_proxies: Networks::parse(["10.0.0.0/8"]).unwrap(),
                ..Settings::default()
            };
            let client = Client::of(&settings, peer.parse().unwrap(), &lines, None);
            assert_eq!(client.address.to_string(), address, "{peer} {forwarded:?}");
        }
    }

    /// Abuse case A10.
    #[test]
    fn strangers_choose_neither_scheme_nor_host() {
        let forged = [
            ("host", "here.example"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
        ];
        let (_, secure, origin) = of("198.51.100.9", "", &forged);
        assert_eq!((secure, origin.as_str()), (false, "http://here.example"));
        let (_, secure, origin) = of("10.0.0.1", "", &forged);
        assert_eq!((secure, origin.as_str()), (true, "https://evil.example"));
        let (_, secure, origin) = of(
            "10.0.0.1",
            "https://media.example.org/",
            &[("host", "x"), ("x-forwarded-proto", "http")],
        );
        assert_eq!(
            (secure, origin.as_str()),
            (true, "https://media.example.org")
        );
    }

    #[test]
    fn line_of_the_nearest_proxy_counts_not_one_that_the_visitor_sent() {
        let lines = [
            ("host", "a"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "http"),
        ];
        assert!(!of("10.0.0.1", "", &lines).1);
        assert!(
            of(
                "10.0.0.1",
                "",
                &[("host", "a"), ("x-forwarded-proto", "http, https")]
            )
            .1
        );
    }

    #[test]
    fn address_with_a_code_is_known_however_it_is_written() {
        for (address, brings) in [
            ("/watch/a", false),
            ("/watch/a?t=90", false),
            ("/watch/a?encode=1&x=access_code", false),
            ("/watch/a?access_code=x", true),
            ("/watch/a?t=90&code=x", true),
            ("/watch/a?access%5Fcode=x", true),
            ("/watch/a?access_code", true),
        ] {
            assert_eq!(brings_code(&address.parse().unwrap()), brings, "{address}");
        }
    }

    #[test]
    fn host_that_is_none_is_not_repeated() {
        for host in ["a/b", "a b", "<script>", "user@evil.example", ""] {
            let mut lines = HeaderMap::new();
            lines.insert("host", host.parse().unwrap());
            let client = Client::of(
                &Settings::default(),
                IpAddr::from([127, 0, 0, 1]),
                &lines,
                None,
            );
            assert_eq!(client.origin, "http://localhost", "{host}");
        }
    }
}

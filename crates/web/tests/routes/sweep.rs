//! Every route, asked by every kind of caller. A route without a row here fails.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode, header};

use crate::site::{Ask, Site, Who};

const ROUTER: &str = include_str!("../../src/router.rs");

/// A method on a route; what is asked; the status for each of [`Who::ALL`].
struct Row {
    method: &'static str,
    route: &'static str,
    /// `{key}` and `{id}` stand for the first key of `secret` and its id, `{code}` for the id of its
    /// code, `{css}` for a file of the front end.
    path: &'static str,
    /// JSON on routes of the API, a form elsewhere.
    body: &'static str,
    statuses: [u16; 10],
}

const fn row(
    method: &'static str,
    route: &'static str,
    path: &'static str,
    body: &'static str,
    statuses: [u16; 10],
) -> Row {
    Row {
        method,
        route,
        path,
        body,
        statuses,
    }
}

const fn all(status: u16) -> [u16; 10] {
    [status; 10]
}

/// Pages of a stream: led to the login, the gate, or the page.
const MANAGED: [u16; 10] = [303, 404, 200, 200, 303, 303, 303, 303, 303, 303];
/// What is done there: the same, and on to the page that follows.
const DONE: [u16; 10] = [303, 404, 303, 303, 303, 303, 303, 303, 303, 303];

/// Pages of the server: led to the login, told that they are for administrators, or the page.
const ADMINISTRATOR: [u16; 10] = [303, 403, 403, 200, 303, 303, 303, 303, 303, 303];

/// Pages of a code, which its owner alone has.
const OWNED: [u16; 10] = [303, 404, 200, 404, 303, 303, 303, 303, 303, 303];
/// What is done there.
const OWN_DONE: [u16; 10] = [303, 404, 303, 404, 303, 303, 303, 303, 303, 303];

const CODE: &str = "/api/access-codes/{code}";
const UPLOAD: &str = "/api/uploads/{id}";
const NO_UPLOAD: &str = "/api/uploads/00000000000000000000000000000000";
const ITEM: &str = "/library/{kind}/{slug}";
const KEYS: &str = "/api/streams/{slug}/keys";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    //                                                                  nobody other owner admin  read manage publish admin  bad  bad
    //                                                                                             key   key    key    key   key cookie
    row("GET", "/api/streams", "/api/streams", "",                       [200, 200, 200, 200, 200, 200, 200, 200, 401, 200]),
    row("POST", "/api/streams", "/api/streams", r#"{"slug":"stage"}"#,     [401, 201, 201, 201, 403, 201, 403, 201, 401, 401]),
    row("GET", "/api/streams/{slug}", "/api/streams/secret", "",         [404, 404, 200, 200, 200, 200, 404, 200, 401, 404]),
    row("PATCH", "/api/streams/{slug}", "/api/streams/secret", r#"{"title":"New"}"#,
                                                                         [401, 404, 200, 200, 403, 200, 404, 200, 401, 401]),
    row("DELETE", "/api/streams/{slug}", "/api/streams/secret", "",      [401, 404, 204, 204, 403, 204, 404, 204, 401, 401]),
    row("GET", KEYS, "/api/streams/secret/keys", "",                     [401, 404, 200, 200, 403, 200, 404, 200, 401, 401]),
    row("POST", KEYS, "/api/streams/secret/keys", r#"{"name":"Camera"}"#,
                                                                         [401, 404, 201, 201, 403, 201, 404, 201, 401, 401]),
    row("DELETE", "/api/streams/{slug}/keys/{id}", "/api/streams/secret/keys/{id}", "",
                                                                         [401, 404, 204, 204, 403, 204, 404, 204, 401, 401]),
    row("GET", "/api/streams/{slug}/refusals", "/api/streams/secret/refusals", "",
                                                                         [401, 404, 200, 200, 403, 200, 404, 200, 401, 401]),
    row("GET", "/api/streams/{slug}/status", "/api/streams/secret/status", "",
                                                                         [401, 404, 200, 200, 403, 200, 404, 200, 401, 401]),
    row("GET", "/api/streams/{slug}/history", "/api/streams/secret/history", "",
                                                                         [401, 404, 200, 200, 403, 200, 404, 200, 401, 401]),
    // Each has codes of their own; the one of this site is its owner's.
    row("GET", "/api/access-codes", "/api/access-codes", "",             [401, 200, 200, 200, 200, 200, 403, 200, 401, 401]),
    row("POST", "/api/access-codes", "/api/access-codes", r#"{"media_items":[{"media_type":"stream","media_slug":"secret"}]}"#,
                                                                         [401, 404, 201, 404, 403, 201, 403, 404, 401, 401]),
    row("GET", CODE, "/api/access-codes/website2024", "",                [401, 404, 200, 404, 200, 200, 404, 404, 401, 401]),
    row("PATCH", CODE, "/api/access-codes/website2024", r#"{"paused":true}"#,
                                                                         [401, 404, 200, 404, 403, 200, 404, 404, 401, 401]),
    row("DELETE", CODE, "/api/access-codes/website2024", "",             [401, 404, 204, 404, 403, 204, 404, 404, 401, 401]),
    row("GET", "/api/home", "/api/home", "",                       [200, 200, 200, 200, 200, 200, 200, 200, 401, 200]),
    row("GET", "/api/server", "/api/server", "",                         [401, 403, 403, 200, 403, 403, 403, 200, 401, 401]),
    // A stream of events has no end; who may hear what is shown in `events`.
    row("GET", "/api/events", "/api/events?topics=", "",         [400, 400, 400, 400, 400, 400, 400, 400, 401, 400]),
    row("GET", "/api/stream/validate", "/api/stream/validate?path=secret&token={key}", "", all(200)),
    row("GET", "/api/stream/authorize", "/api/stream/authorize?path=secret", "",
                                                                         [401, 401, 200, 200, 200, 401, 401, 200, 401, 401]),
    row("GET", "/api/mediamtx/status", "/api/mediamtx/status", "",       [401, 403, 403, 200, 200, 403, 403, 200, 401, 401]),
    row("POST", "/api/webhooks/stream-ready", "/api/webhooks/stream-ready", r#"{"path":"live"}"#, all(409)),
    row("POST", "/api/webhooks/stream-ended", "/api/webhooks/stream-ended", r#"{"path":"live"}"#, all(409)),
    row("GET", "/api/watch/{slug}", "/api/watch/secret", "",             [404, 404, 200, 200, 200, 404, 404, 200, 401, 404]),
    row("POST", "/api/webrtc/reach", "/api/webrtc/reach", "a=b",   [401, 415, 415, 415, 415, 415, 415, 415, 401, 401]),
    row("ANY", "/api", "/api", "", all(404)),
    row("ANY", "/api/", "/api/", "", all(404)),
    row("ANY", "/api/{*rest}", "/api/nothing/here", "", all(404)),
    row("GET", "/hls/{slug}/{file}", "/hls/secret/index.m3u8", "",       [404, 404, 200, 200, 200, 404, 404, 200, 404, 404]),
    row("GET", "/hls/{slug}/poster.mp4", "/hls/secret/poster.mp4", "",   [404, 404, 200, 200, 200, 404, 404, 200, 404, 404]),
    row("GET", "/hls/{slug}/{token}/{piece}", "/hls/secret/~nothing/1.m4s", "", all(403)),
    row("GET", "/{slug}/whep", "/secret/whep", "", all(200)),
    // Who may is told first; then that a form is no offer.
    row("POST", "/{slug}/whep", "/secret/whep", "a=b",                   [401, 403, 415, 415, 415, 403, 403, 415, 401, 401]),
    row("GET", "/{slug}/whep/{session}", "/secret/whep/nothing", "", all(200)),
    row("PATCH", "/{slug}/whep/{session}", "/secret/whep/nothing", "a=b",
                                                                         [401, 403, 415, 415, 415, 403, 403, 415, 401, 401]),
    row("DELETE", "/{slug}/whep/{session}", "/secret/whep/nothing", "",  [401, 403, 404, 404, 404, 403, 403, 404, 401, 401]),
    row("GET", "/{slug}/whip", "/secret/whip", "", all(200)),
    // Keys are asked for by the engine, with an offer; a form is none.
    row("POST", "/{slug}/whip", "/secret/whip", "a=b", all(415)),
    row("GET", "/{slug}/whip/{session}", "/secret/whip/nothing", "", all(200)),
    // Whoever sends a key holds no session by it; cookies do not count.
    row("PATCH", "/{slug}/whip/{session}", "/secret/whip/nothing", "a=b",
                                                                         [401, 401, 401, 401, 415, 415, 415, 415, 415, 401]),
    row("DELETE", "/{slug}/whip/{session}", "/secret/whip/nothing", "",  [401, 401, 401, 401, 404, 404, 404, 404, 404, 401]),
    row("GET", "/", "/", "", all(200)),
    row("GET", "/login", "/login", "", all(200)),
    row("POST", "/login", "/login", "username=ann&password=wrong", all(401)),
    row("GET", "/logout", "/logout", "", all(200)),
    row("POST", "/logout", "/logout", "", all(303)),
    row("GET", "/setup", "/setup?token=nothing", "", all(403)),
    row("POST", "/setup", "/setup", "token=nothing&username=eve&password=correct+horse+battery", all(403)),
    row("GET", "/login/{token}", "/login/nothing", "", all(200)),
    row("POST", "/login/{token}", "/login/nothing", "", all(401)),
    row("GET", "/watch/{slug}", "/watch/secret", "",                     [404, 404, 200, 200, 404, 404, 404, 404, 404, 404]),
    row("GET", "/embed/{slug}", "/embed/secret", "",                     [404, 404, 200, 200, 404, 404, 404, 404, 404, 404]),
    row("GET", "/images", "/images", "", all(200)),
    row("GET", "/images/{slug}/about", "/images/print/about", "",        [404, 404, 200, 200, 404, 404, 404, 404, 404, 404]),
    row("GET", "/library", "/library", "",                               [303, 200, 200, 200, 303, 303, 303, 303, 303, 303]),
    row("GET", ITEM, "/library/video/film", "",                          MANAGED),
    row("POST", ITEM, "/library/video/film", "title=New&visibility=public", DONE),
    // Not as a form without a file.
    row("POST", "/library/{kind}/{slug}/poster", "/library/video/film/poster", "a=b",
                                                                         [303, 404, 415, 415, 303, 303, 303, 303, 303, 303]),
    row("POST", "/library/{kind}/{slug}/poster/remove", "/library/video/film/poster/remove", "", DONE),
    row("POST", "/library/{kind}/{slug}/captions", "/library/video/film/captions", "a=b",
                                                                         [303, 404, 415, 415, 303, 303, 303, 303, 303, 303]),
    row("POST", "/library/{kind}/{slug}/captions/{language}/remove", "/library/video/film/captions/en/remove", "", DONE),
    row("GET", "/library/{kind}/{slug}/delete", "/library/image/print/delete", "", MANAGED),
    row("POST", "/library/{kind}/{slug}/delete", "/library/image/print/delete", "", DONE),
    row("GET", "/test", "/test?stream=secret", "",                       [404, 404, 200, 200, 404, 404, 404, 404, 404, 404]),
    row("POST", "/api/streams/{slug}/keys/{id}/rotate", "/api/streams/secret/keys/{id}/rotate", "{}",
                                                                         [401, 404, 201, 201, 403, 201, 404, 201, 401, 401]),
    row("GET", "/go-live", "/go-live", "", all(303)),
    row("GET", "/streams", "/streams", "",                               [303, 200, 200, 200, 303, 303, 303, 303, 303, 303]),
    row("POST", "/streams", "/streams", "title=Stage&slug=stage&visibility=private", all(303)),
    row("GET", "/streams/new", "/streams/new", "",                       [303, 200, 200, 200, 303, 303, 303, 303, 303, 303]),
    row("GET", "/streams/{slug}", "/streams/secret", "",                 MANAGED),
    row("GET", "/streams/{slug}/test-signal", "/streams/secret/test-signal", "", MANAGED),
    row("POST", "/streams/{slug}/test-signal", "/streams/secret/test-signal", "",
                                                                         [303, 404, 409, 409, 303, 303, 303, 303, 303, 303]),
    row("POST", "/streams/{slug}/test-signal/stop", "/streams/secret/test-signal/stop", "", DONE),
    row("GET", "/streams/{slug}/browser", "/streams/secret/browser", "", MANAGED),
    row("POST", "/streams/{slug}/browser-key", "/streams/secret/browser-key", "",
                                                                         [401, 404, 201, 201, 401, 401, 401, 401, 401, 401]),
    row("GET", "/streams/{slug}/end", "/streams/secret/end", "",         MANAGED),
    row("POST", "/streams/{slug}/end", "/streams/secret/end", "",        DONE),
    row("POST", "/streams/{slug}/keys", "/streams/secret/keys", "name=Camera", DONE),
    row("GET", "/streams/{slug}/keys/new", "/streams/secret/keys/new", "", MANAGED),
    row("GET", "/streams/{slug}/keys/{id}/rotate", "/streams/secret/keys/{id}/rotate", "", MANAGED),
    row("POST", "/streams/{slug}/keys/{id}/rotate", "/streams/secret/keys/{id}/rotate", "", DONE),
    row("GET", "/streams/{slug}/keys/{id}/revoke", "/streams/secret/keys/{id}/revoke", "", MANAGED),
    row("POST", "/streams/{slug}/keys/{id}/revoke", "/streams/secret/keys/{id}/revoke", "", DONE),
    row("POST", "/streams/{slug}/obs-profile", "/streams/secret/obs-profile", "",
                                                                         [303, 404, 409, 409, 303, 303, 303, 303, 303, 303]),
    row("GET", "/streams/{slug}/settings", "/streams/secret/settings", "", MANAGED),
    row("POST", "/streams/{slug}/settings", "/streams/secret/settings", "title=New&visibility=public", DONE),
    row("GET", "/streams/{slug}/delete", "/streams/secret/delete", "",   MANAGED),
    row("POST", "/streams/{slug}/delete", "/streams/secret/delete", "",  DONE),
    row("GET", "/codes", "/codes", "",                                   [303, 200, 200, 200, 303, 303, 303, 303, 303, 303]),
    row("POST", "/codes", "/codes", "item=stream%3Asecret",              [303, 422, 303, 422, 303, 303, 303, 303, 303, 303]),
    row("GET", "/codes/new", "/codes/new", "",                           [303, 200, 200, 200, 303, 303, 303, 303, 303, 303]),
    row("GET", "/codes/{id}", "/codes/{code}", "",                       OWNED),
    row("GET", "/codes/{id}/qr.svg", "/codes/{code}/qr.svg", "",         OWNED),
    row("GET", "/codes/{id}/change", "/codes/{code}/change", "",         OWNED),
    row("POST", "/codes/{id}/change", "/codes/{code}/change", "item=stream%3Asecret", OWN_DONE),
    row("POST", "/codes/{id}/pause", "/codes/{code}/pause", "",          OWN_DONE),
    row("POST", "/codes/{id}/resume", "/codes/{code}/resume", "",        OWN_DONE),
    row("POST", "/codes/{id}/remove", "/codes/{code}/remove", "item=stream%3Anothing", OWN_DONE),
    row("GET", "/codes/{id}/delete", "/codes/{code}/delete", "",         OWNED),
    row("POST", "/codes/{id}/delete", "/codes/{code}/delete", "",        OWN_DONE),
    row("GET", "/share/{kind}/{slug}", "/share/stream/secret", "",       MANAGED),
    row("GET", "/share/{kind}/{slug}/qr.svg", "/share/stream/secret/qr.svg", "", MANAGED),
    // An administrator looks after it, and cannot hand out what is somebody else's.
    row("POST", "/share/{kind}/{slug}/code", "/share/stream/secret/code", "", OWN_DONE),
    row("GET", "/admin", "/admin", "",                                   ADMINISTRATOR),
    row("GET", "/admin/check", "/admin/check", "",                       ADMINISTRATOR),
    row("POST", "/admin/check", "/admin/check", "",                      [303, 403, 403, 303, 303, 303, 303, 303, 303, 303]),
    row("GET", "/admin/people", "/admin/people", "",                     ADMINISTRATOR),
    row("POST", "/admin/people", "/admin/people", "name=eve&password=correct+horse+battery&role=member",
                                                                         [303, 403, 403, 303, 303, 303, 303, 303, 303, 303]),
    row("GET", "/admin/people/{name}/disable", "/admin/people/bob/disable", "", ADMINISTRATOR),
    row("POST", "/admin/people/{name}/disable", "/admin/people/bob/disable", "",
                                                                         [303, 403, 403, 303, 303, 303, 303, 303, 303, 303]),
    row("POST", "/admin/people/{name}/enable", "/admin/people/bob/enable", "",
                                                                         [303, 403, 403, 303, 303, 303, 303, 303, 303, 303]),
    row("GET", "/admin/settings", "/admin/settings", "",                 ADMINISTRATOR),
    row("POST", "/admin/settings", "/admin/settings", "publish.grace_s=5",
                                                                         [303, 403, 403, 303, 303, 303, 303, 303, 303, 303]),
    row("GET", "/account", "/account", "",                               [303, 200, 200, 200, 303, 303, 303, 303, 303, 303]),
    row("POST", "/account/password", "/account/password", "current=wrong&new=correct+horse+battery",
                                                                         [303, 422, 422, 422, 303, 303, 303, 303, 303, 303]),
    row("POST", "/account/logins/{id}/end", "/account/logins/0000000000000001/end", "",
                                                                         [303, 404, 404, 404, 303, 303, 303, 303, 303, 303]),
    row("POST", "/account/logins/end-others", "/account/logins/end-others", "", all(303)),
    row("GET", "/account/api-keys/{id}/revoke", "/account/api-keys/0000000000000001/revoke", "",
                                                                         [303, 404, 404, 404, 303, 303, 303, 303, 303, 303]),
    row("POST", "/account/api-keys/{id}/revoke", "/account/api-keys/0000000000000001/revoke", "",
                                                                         [303, 404, 404, 404, 303, 303, 303, 303, 303, 303]),
    row("GET", "/assets/{name}", "/assets/{css}", "", all(200)),
    row("OPTIONS", "/api/uploads", "/api/uploads", "",                   all(204)),
    row("GET", "/api/uploads", "/api/uploads", "",                       [401, 200, 200, 200, 403, 200, 403, 200, 401, 401]),
    // Without the version of tus: `uploads` shows the rest.
    row("POST", "/api/uploads", "/api/uploads", "{}",                    [401, 412, 412, 412, 403, 412, 403, 412, 401, 401]),
    row("GET", UPLOAD, NO_UPLOAD, "",                                    [401, 404, 404, 404, 403, 404, 403, 404, 401, 401]),
    row("PATCH", UPLOAD, NO_UPLOAD, "{}",                                [401, 404, 404, 404, 403, 404, 403, 404, 401, 401]),
    row("DELETE", UPLOAD, NO_UPLOAD, "{}",                               [401, 404, 404, 404, 403, 404, 403, 404, 401, 401]),
    // Not as JSON.
    row("POST", "/api/videos", "/api/videos", "{}",                      [401, 415, 415, 415, 403, 415, 403, 415, 401, 401]),
    row("POST", "/api/images", "/api/images", "{}",                      [401, 415, 415, 415, 403, 415, 403, 415, 401, 401]),
    row("GET", "/upload", "/upload", "",                                 [303, 200, 200, 200, 303, 303, 303, 303, 303, 303]),
    row("POST", "/upload", "/upload", "a=b",                             [303, 415, 415, 415, 303, 303, 303, 303, 303, 303]),
    row("GET", "/health", "/health", "", all(200)),
];

impl Row {
    fn is_api(&self) -> bool {
        self.route.starts_with("/api")
    }

    fn changes(&self) -> bool {
        !matches!(self.method, "GET" | "ANY" | "OPTIONS")
    }

    fn ask(&self, site: &Site, who: Who) -> Ask {
        let key = &site.secret.1;
        let manifest: serde_json::Value =
            serde_json::from_str(include_str!("../../dist/manifest.json")).unwrap();
        let path = self
            .path
            .replace("{key}", key.secret.expose())
            .replace("{id}", &key.key.id.to_string())
            .replace("{code}", &site.code_id())
            .replace("{css}", manifest["style.css"].as_str().unwrap());
        let method = if self.method == "ANY" {
            "GET"
        } else {
            self.method
        };
        let ask = Ask::new(method.parse().unwrap(), &path).with(site.credentials(who));
        match (self.changes(), self.is_api()) {
            (false, _) => ask,
            (true, true) => ask.json(self.body),
            (true, false) => ask.form(self.body),
        }
    }
}

impl Row {
    /// Whether pages of other sites may ask; their visitors' cookies do not count there (`whep` and `whip` show it).
    fn is_open(&self) -> bool {
        self.route.starts_with("/{slug}/whep") || self.route.starts_with("/{slug}/whip")
    }
}

/// Method and path of every route, read from the router's source.
fn routes() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for block in ROUTER.split(".route(").skip(1) {
        let path = block.split('"').nth(1).unwrap();
        let end = block.find(".route(").unwrap_or(block.len());
        let methods = block[..end].split(".layer(").next().unwrap();
        let methods = methods.split(".method_not_allowed").next().unwrap();
        for method in [
            "get", "post", "put", "patch", "delete", "options", "head", "any",
        ] {
            let call = format!("{method}(");
            let mut found = methods.match_indices(&call);
            if found.any(|(at, _)| at == 0 || !methods.as_bytes()[at - 1].is_ascii_alphanumeric()) {
                routes.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    routes
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let rows: BTreeSet<_> = ROWS
        .iter()
        .map(|row| (row.method.to_owned(), row.route.to_owned()))
        .collect();
    assert_eq!(routes(), rows);
}

#[tokio::test]
async fn every_caller_gets_what_is_theirs_and_nothing_else() {
    for row in ROWS {
        for (who, expected) in Who::ALL.into_iter().zip(row.statuses) {
            let site = Site::new();
            let answer = site.send(row.ask(&site, who)).await;
            assert_eq!(
                answer.status.as_u16(),
                expected,
                "{} {} by {who:?}: {}",
                row.method,
                row.path,
                answer.body
            );
            // The state of a broadcast is told in one shape, also where there is none to see.
            if row.is_api() && expected >= 400 && row.route != "/api/watch/{slug}" {
                answer.problem();
            }
        }
    }
}

/// F8 and H5: nothing may be framed by others, and no page runs what stands in it.
/// Abuse case F8.
#[tokio::test]
async fn every_answer_carries_the_headers_that_protect() {
    for row in ROWS {
        let site = Site::new();
        let answer = site
            .send(row.ask(&site, Who::Owner).header("accept", "text/html"))
            .await;
        let place = format!("{} {}", row.method, row.path);
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{place}"
        );
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{place}");
        assert_eq!(answer.header("x-request-id").len(), 16, "{place}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'"),
            "{place}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{place}: {policy}"
        );
        assert!(
            !policy.contains("script-src 'self' 'unsafe-inline'"),
            "{place}: {policy}"
        );
        let is_media = row.route.starts_with("/hls/");
        let shared = if is_media {
            "cross-origin"
        } else {
            "same-origin"
        };
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            shared,
            "{place}"
        );
        assert!(
            !answer
                .headers
                .contains_key(header::STRICT_TRANSPORT_SECURITY),
            "{place}: not encrypted"
        );
        if !row.route.starts_with("/assets/") {
            let caching = answer.header("cache-control");
            assert!(!caching.contains("public"), "{place}: {caching}");
            // A picture of a moment ago may be kept by the browser that was let in.
            let kept = row.route.ends_with("/poster.mp4") && caching == "private, max-age=5";
            assert!(kept || caching.contains("no-store"), "{place}: {caching}");
        }
        if !is_media && !row.is_open() {
            assert_eq!(answer.header("access-control-allow-origin"), "", "{place}");
        }
    }
}

/// I7 and F7: forms and scripts of other sites, on every route that changes something, the login among them; forged, missing and `null`
/// origins. A JSON route takes no `text/plain` (`api`).
#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    for row in ROWS.iter().filter(|row| row.changes() && !row.is_open()) {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let site = Site::new();
            let answer = site
                .send(row.ask(&site, Who::Owner).header(name, value))
                .await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{} {}",
                row.method,
                row.path
            );
            assert_eq!(answer.problem(), "cross_site");
            // What a browser sends along by itself vouches for nothing.
            let basic = Ask::new(row.method.parse().unwrap(), row.path)
                .header("authorization", "Basic YTpi");
            assert_eq!(
                site.send(basic.header(name, value)).await.problem(),
                "cross_site"
            );
        }
        let site = Site::new();
        let own = row
            .ask(&site, Who::Owner)
            .header("origin", "http://media.example.org");
        let answer = site.send(own).await;
        assert!(
            !answer.body.contains("cross_site"),
            "{} {}",
            row.method,
            row.path
        );
    }
}

/// Abuse case I7: nothing changes by being looked at, wherever the link stands.
#[tokio::test]
async fn get_changes_nothing() {
    let site = Site::new();
    let cookie = site.credentials(Who::Administrator);
    let state = async || {
        let mut state = Vec::new();
        for path in [
            "/api/streams",
            "/api/streams/secret/keys",
            "/api/streams/secret/status",
            "/admin/people",
            "/admin/settings",
            "/admin/check",
        ] {
            let answer = site.send(Ask::get(path).with(cookie.clone())).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            state.push(answer.body);
        }
        (state, site.engine.closed())
    };
    let before = state().await;
    for row in ROWS.iter().filter(|row| row.changes()) {
        let ask = row.ask(&site, Who::Administrator);
        let answer = site.send(ask.into_method(Method::GET)).await;
        assert!(answer.cookie().is_none(), "{}", row.path);
    }
    assert_eq!(state().await, before);
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_taken() {
    let site = Site::new();
    for row in ROWS
        .iter()
        .filter(|row| row.method != "ANY" && !row.route.starts_with("/hls/"))
    {
        let path = row.path.split('?').next().unwrap();
        let ask = Ask::new(Method::PUT, path).with(site.credentials(Who::Owner));
        let answer = site.send(ask).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.problem(), "method_not_allowed");
        assert!(
            answer.header("allow").contains(row.method),
            "{path}: {}",
            answer.header("allow")
        );
    }
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    for row in ROWS.iter().filter(|row| row.method == "GET") {
        let site = Site::new();
        let get = site.send(row.ask(&site, Who::Owner)).await;
        let path = row.ask(&site, Who::Owner).into_method(Method::HEAD);
        let head = site.send(path).await;
        assert_eq!(head.status, get.status, "{}", row.path);
        assert_eq!(head.body, "", "{}", row.path);
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{}",
            row.path
        );
        assert_eq!(
            head.header("content-length"),
            get.header("content-length"),
            "{}",
            row.path
        );
    }
}

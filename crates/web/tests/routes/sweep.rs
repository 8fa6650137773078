//! Every row of the table, as requests of browsers: what protects, what is refused, what changes nothing.

use axum::http::{Method, StatusCode, header};

use crate::{
    site::{Ask, Who},
    table::{World, rows},
};

/// F8 and H5: nothing may be framed by others, and no page runs what stands in it.
/// Abuse case F8.
#[tokio::test]
async fn every_answer_carries_the_headers_that_protect() {
    for row in rows() {
        let site = World::new().site;
        let answer = site
            .send(row.ask(&site, Who::Owner).header("accept", "text/html"))
            .await;
        let place = format!("{} {}", row.method, row.route);
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
    for row in rows().iter().filter(|row| row.changes() && !row.is_open()) {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let site = World::new().site;
            let answer = site
                .send(row.ask(&site, Who::Owner).header(name, value))
                .await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{} {}",
                row.method,
                row.route
            );
            assert_eq!(answer.problem(), "cross_site");
            // What a browser sends along by itself vouches for nothing.
            let path = row.path(&site, row.target());
            let basic =
                Ask::new(row.method.parse().unwrap(), &path).header("authorization", "Basic YTpi");
            assert_eq!(
                site.send(basic.header(name, value)).await.problem(),
                "cross_site"
            );
        }
        let site = World::new().site;
        let own = row
            .ask(&site, Who::Owner)
            .header("origin", "http://media.example.org");
        let answer = site.send(own).await;
        assert!(
            !answer.body.contains("cross_site"),
            "{} {}",
            row.method,
            row.route
        );
    }
}

/// Abuse case I7: nothing changes by being looked at, wherever the link stands.
#[tokio::test]
async fn get_changes_nothing() {
    let site = World::new().site;
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
    for row in rows().iter().filter(|row| row.changes()) {
        let ask = row.ask(&site, Who::Administrator);
        let answer = site.send(ask.into_method(Method::GET)).await;
        assert!(answer.cookie().is_none(), "{}", row.route);
    }
    assert_eq!(state().await, before);
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_taken() {
    let site = World::new().site;
    for row in rows()
        .iter()
        .filter(|row| row.method != "ANY" && !row.route.starts_with("/hls/"))
    {
        let path = row.path(&site, row.target());
        let ask = Ask::new(Method::TRACE, &path).with(site.credentials(Who::Owner));
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
    for row in rows().iter().filter(|row| row.method == "GET") {
        let site = World::new().site;
        let get = site.send(row.ask(&site, Who::Owner)).await;
        let path = row.ask(&site, Who::Owner).into_method(Method::HEAD);
        let head = site.send(path).await;
        assert_eq!(head.status, get.status, "{}", row.route);
        assert_eq!(head.body, "", "{}", row.route);
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{}",
            row.route
        );
        assert_eq!(
            head.header("content-length"),
            get.header("content-length"),
            "{}",
            row.route
        );
    }
}

//! Calls from other sites: the API for origins that the operator named, media for everyone.

use axum::http::{Method, StatusCode};
use web::{Settings, Tuned};

use crate::site::{Answer, Ask, Site, Who};

const PANEL: &str = "https://panel.example.com";

fn site() -> Site {
    Site::with(Settings {
        tuned: Tuned {
            cors_origins: vec![PANEL.to_owned()],
            ..Tuned::default()
        },
        ..Settings::default()
    })
}

fn preflight(path: &str, origin: &str) -> Ask {
    Ask::new(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
}

fn allowed(answer: &Answer) -> (&str, &str) {
    (
        answer.header("access-control-allow-origin"),
        answer.header("access-control-allow-credentials"),
    )
}

#[tokio::test]
async fn trusted_origin_may_call_the_api_with_credentials() {
    let site = site();
    let answer = site.send(preflight("/api/streams/secret", PANEL)).await;
    assert_eq!(
        (answer.status, allowed(&answer)),
        (StatusCode::NO_CONTENT, (PANEL, "true"))
    );
    let methods = answer.header("access-control-allow-methods");
    let description = web::openapi();
    let paths = description["paths"].as_object().unwrap().values();
    for method in paths.flat_map(|path| path.as_object().unwrap().keys()) {
        let method = method.to_ascii_uppercase();
        let is_allowed = methods.split(", ").any(|allowed| allowed == method);
        assert!(is_allowed, "{method}: {methods}");
    }
    assert!(
        answer
            .header("access-control-allow-headers")
            .contains("if-match")
    );
    let edit = Ask::new(Method::PATCH, "/api/streams/secret").with(site.credentials(Who::Owner));
    let edit = edit
        .header("origin", PANEL)
        .header("sec-fetch-site", "cross-site")
        .json(r#"{"title":"New"}"#);
    let answer = site.send(edit).await;
    assert_eq!(
        (answer.status, allowed(&answer)),
        (StatusCode::OK, (PANEL, "true"))
    );
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("etag")
    );
    assert_eq!(answer.header("vary"), "origin");
    let refused = site
        .send(Ask::get("/api/streams/nothing").header("origin", PANEL))
        .await;
    assert_eq!(
        (refused.status, allowed(&refused)),
        (StatusCode::NOT_FOUND, (PANEL, "true")),
        "errors can be read too"
    );
}

/// Abuse case F7: foreign and `null` origins, with what a browser sends along by itself.
#[tokio::test]
async fn other_origins_may_not() {
    for site in [site(), Site::new()] {
        for origin in [
            "https://evil.example",
            "null",
            "http://panel.example.com",
            "https://panel.example.com.evil.example",
        ] {
            let answer = site.send(preflight("/api/streams/secret", origin)).await;
            assert_eq!(
                (answer.status, allowed(&answer)),
                (StatusCode::METHOD_NOT_ALLOWED, ("", "")),
                "{origin}"
            );
            let read = Ask::get("/api/streams")
                .with(site.credentials(Who::Owner))
                .header("origin", origin);
            assert_eq!(allowed(&site.send(read).await), ("", ""), "{origin}");
        }
    }
    let wild = Site::with(Settings {
        tuned: Tuned {
            cors_origins: vec!["*".to_owned(), "null".to_owned()],
            ..Tuned::default()
        },
        ..Settings::default()
    });
    for origin in ["https://evil.example", "null"] {
        assert_eq!(
            allowed(&wild.send(preflight("/api/streams", origin)).await),
            ("", ""),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn pages_are_for_no_other_site_to_read() {
    let site = site();
    for path in ["/", "/login", "/watch/open", "/health"] {
        assert_eq!(
            allowed(&site.send(Ask::get(path).header("origin", PANEL)).await),
            ("", ""),
            "{path}"
        );
    }
}

/// Abuse case F7: for media.
#[tokio::test]
async fn public_media_may_be_read_from_anywhere_and_private_ones_not_by_cookie() {
    let site = site();
    let public = site
        .send(Ask::get("/hls/open/index.m3u8").header("origin", "https://any.example"))
        .await;
    assert_eq!(allowed(&public), ("*", ""));
    let private = Ask::get("/hls/secret/index.m3u8").with(site.credentials(Who::Owner));
    let private = site
        .send(private.header("origin", "https://any.example"))
        .await;
    assert_eq!(
        (private.status, allowed(&private)),
        (StatusCode::OK, ("", ""))
    );
    let sandboxed = Ask::get("/hls/secret/index.m3u8").with(site.credentials(Who::Owner));
    let sandboxed = site.send(sandboxed.header("origin", "null")).await;
    assert_eq!(allowed(&sandboxed), ("", ""));
    let answer = site
        .send(preflight("/hls/open/index.m3u8", "https://any.example"))
        .await;
    assert_eq!(
        (answer.status, allowed(&answer)),
        (StatusCode::NO_CONTENT, ("*", ""))
    );
}

/// Abuse case F9: a foreign page opens no stream of events that it can read. How many may be open, `front` bounds by address and `events` by topic.
#[tokio::test]
async fn events_are_for_no_other_site_to_hear() {
    let site = site();
    for (origin, expected) in [
        ("https://evil.example", ("", "")),
        ("null", ("", "")),
        (PANEL, (PANEL, "true")),
    ] {
        let ask = site.credentials(Who::Owner);
        let mut request = axum::http::Request::get("/api/events?topics=stream:secret")
            .header("host", "media.example.org")
            .header("origin", origin)
            .header("sec-fetch-site", "cross-site");
        for (name, value) in &ask {
            request = request.header(name, value);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        // It has no end; its head is enough.
        let response = tower::ServiceExt::oneshot(site.router.clone(), request);
        let response = response.await.unwrap();
        let field = |name: &str| {
            let value = response.headers().get(name);
            value.map_or("", |value| value.to_str().unwrap())
        };
        assert_eq!(
            (
                field("access-control-allow-origin"),
                field("access-control-allow-credentials")
            ),
            expected,
            "{origin}"
        );
        assert_eq!(field("cross-origin-resource-policy"), "same-origin");
    }
}

//! Pages: what a stranger cannot tell, what a title cannot do, what goes wrong in plain words.

use axum::http::{Method, StatusCode};
use web::Settings;

use crate::site::{Ask, Site, Who};

/// A page without what differs from request to request, and without the slug that was asked for.
fn without(page: &str, slug: &str) -> String {
    page.replace(slug, "SLUG")
}

#[tokio::test]
async fn gate_is_the_same_for_what_is_private_and_what_does_not_exist() {
    let site = Site::new();
    for who in [Who::Nobody, Who::Other, Who::BadCookie] {
        let private = site.get(who, "/watch/secret").await;
        let missing = site.get(who, "/watch/nothing-at-all").await;
        assert_eq!(private.status, StatusCode::NOT_FOUND);
        assert_eq!(private.status, missing.status);
        assert_eq!(
            without(&private.body, "secret"),
            without(&missing.body, "nothing-at-all"),
            "{who:?}"
        );
        let names = |answer: &crate::site::Answer| {
            answer
                .headers
                .keys()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&private), names(&missing));
        for path in [
            "/hls/SLUG/index.m3u8",
            "/api/watch/SLUG",
            "/api/streams/SLUG",
        ] {
            let private = site.get(who, &path.replace("SLUG", "secret")).await;
            let missing = site.get(who, &path.replace("SLUG", "nothing-at-all")).await;
            let id = |answer: &crate::site::Answer| {
                answer.body.replace(answer.header("x-request-id"), "")
            };
            assert_eq!(
                (private.status, id(&private)),
                (missing.status, id(&missing)),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn gate_leads_back_after_a_login_and_repeats_nothing_that_is_no_slug() {
    let site = Site::new();
    let page = site.get(Who::Nobody, "/watch/secret").await;
    assert!(
        page.body.contains("/login?next=/watch/secret"),
        "{}",
        page.body
    );
    for path in [
        "/watch/%3Cscript%3E",
        "/watch/%22onload=x",
        "/watch/..%2f..%2fetc",
        "/watch/%00",
    ] {
        let page = site.get(Who::Nobody, path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            !page.body.contains("<script>")
                && !page.body.contains("onload")
                && !page.body.contains("etc"),
            "{path}"
        );
    }
    let page = site
        .send(Ask::get("/watch/%ff").header("accept", "text/html"))
        .await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("There is no page here"));
}

/// Abuse case H5: on the pages of viewers.
#[tokio::test]
async fn hostile_title_is_text() {
    let site = Site::new();
    let title = r#"{"title":"\"><script>alert(1)</script><img src=x onerror='y'>"}"#;
    for slug in ["open", "club"] {
        let ask = Ask::new(Method::PATCH, &format!("/api/streams/{slug}"))
            .with(site.credentials(Who::Owner))
            .json(title);
        assert_eq!(site.send(ask).await.status, StatusCode::OK);
    }
    site.engine.end(&"club".parse().unwrap(), site.rig.now());
    for path in ["/", "/watch/open", "/watch/club"] {
        let page = site.get(Who::Owner, path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("alert(1)"), "{path} shows the title");
        assert!(
            !page.body.contains("<script>alert") && !page.body.contains("<img src=x"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn home_lists_what_the_visitor_may_see() {
    let site = Site::new();
    for (who, listed) in [
        (Who::Nobody, &["open"][..]),
        (Who::Other, &["club", "open"]),
        (Who::Owner, &["club", "link", "open", "secret"]),
        (Who::Administrator, &["club", "link", "open", "secret"]),
        (Who::BadCookie, &["open"]),
    ] {
        let page = site.get(who, "/").await;
        for slug in ["club", "link", "open", "secret"] {
            let shown = page.body.contains(&format!("/watch/{slug}\""));
            assert_eq!(shown, listed.contains(&slug), "{slug} for {who:?}");
        }
    }
}

#[tokio::test]
async fn only_the_page_with_a_player_has_the_policy_for_one() {
    let site = Site::new();
    let watch = site.get(Who::Nobody, "/watch/open").await;
    let policy = watch.header("content-security-policy");
    assert!(
        policy.contains("media-src 'self' blob:")
            && policy.contains("style-src 'self' 'unsafe-inline'"),
        "{policy}"
    );
    for path in ["/", "/login", "/logout", "/watch/secret", "/nothing"] {
        let page = site
            .send(Ask::get(path).header("accept", "text/html"))
            .await;
        let policy = page.header("content-security-policy");
        assert!(
            !policy.contains("unsafe-inline") && policy.contains("form-action 'self'"),
            "{path}: {policy}"
        );
        assert_eq!(
            page.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
    }
}

#[tokio::test]
async fn problem_is_a_page_for_people_and_json_for_programs() {
    let site = Site::new();
    for (method, path, status) in [
        (Method::GET, "/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/assets/nothing.css", StatusCode::NOT_FOUND),
        (Method::PUT, "/login", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let page = site
            .send(Ask::new(method.clone(), path).header("accept", "text/html,*/*;q=0.8"))
            .await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (status, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(
            page.body.contains(page.header("x-request-id")),
            "{path} names its number"
        );
        let problem = site.send(Ask::new(method, path)).await;
        problem.problem();
        assert_eq!(problem.header("allow"), page.header("allow"), "{path}");
    }
    let api = site
        .send(Ask::get("/api/nothing").header("accept", "text/html"))
        .await;
    assert_eq!(api.problem(), "not_found");
    let mine = Ask::get("/nothing")
        .header("accept", "text/html")
        .with(site.credentials(Who::Owner));
    assert!(site.send(mine).await.body.contains("account of ann"));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_nothing_lies_beside_them() {
    let site = Site::new();
    let manifest: serde_json::Value =
        serde_json::from_str(include_str!("../../dist/manifest.json")).unwrap();
    for (name, kind) in [
        ("style.css", "text/css"),
        ("site.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let path = format!("/assets/{}", manifest[name].as_str().unwrap());
        let answer = site.send(Ask::get(&path)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::OK, kind)
        );
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
    }
    for name in [
        "manifest.json",
        "..%2fCargo.toml",
        "..%2f..%2f..%2fCargo.toml",
        "%2e%2e%2fCargo.toml",
        "..%5cCargo.toml",
        "%2fetc%2fpasswd",
        "..%252fCargo.toml",
        "%00",
        ".",
        "%2e%2e",
    ] {
        let answer = site.send(Ask::get(&format!("/assets/{name}"))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn health_names_the_failing_check_and_not_its_details() {
    let site = Site::new();
    let well = site.get(Who::Nobody, "/health").await;
    assert_eq!(
        well.json(),
        serde_json::json!({"status": "ok", "checks": {"database": "ok", "engine": "ok"}})
    );
    site.is_failing
        .store(true, std::sync::atomic::Ordering::SeqCst);
    site.engine.set_failing(Some("no socket at 10.1.2.3"));
    let ill = site.get(Who::Nobody, "/health").await;
    assert_eq!(ill.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        ill.json(),
        serde_json::json!({"status": "failing", "checks": {"database": "failing", "engine": "failing"}})
    );
    assert_eq!(ill.header("cache-control"), "no-store");
}

#[tokio::test]
async fn watch_page_says_who_can_see_it_and_where_it_plays() {
    let site = Site::with(Settings {
        version: "1.2.3".to_owned(),
        ..Settings::default()
    });
    for (slug, sentence) in [
        ("open", "Anyone, and it is listed."),
        (
            "club",
            "Anyone who is logged in, and whoever holds an access code.",
        ),
        (
            "secret",
            "You, administrators, and anyone who has the code “Code of 3 November 2026”.",
        ),
    ] {
        let page = site.get(Who::Owner, &format!("/watch/{slug}")).await;
        assert!(page.body.contains(sentence), "{slug}");
        assert!(
            page.body
                .contains(&format!("src=\"/hls/{slug}/index.m3u8\"")),
            "{slug}"
        );
        assert!(page.body.contains("Media Server 1.2.3"), "{slug}");
    }
}

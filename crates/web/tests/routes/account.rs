//! One's own account: password, logins, API keys.

use axum::http::{StatusCode, header};
use testkit::PASSWORD;

use crate::site::{Answer, Ask, COOKIE, Site, Who};

const NEW: &str = "a-new-long-password";

async fn post(site: &Site, who: Who, path: &str, body: &str) -> Answer {
    site.send(Ask::post(path).with(site.credentials(who)).form(body))
        .await
}

/// Another login of Ann's, as a cookie.
async fn log_in(site: &Site, agent: &str) -> Option<String> {
    let body = format!("username=ann&password={}", PASSWORD.replace(' ', "+"));
    let answer = site
        .send(Ask::post("/login").header("user-agent", agent).form(&body))
        .await;
    let cookie = answer.cookie()?.split(';').next()?;
    Some(cookie.to_owned())
}

async fn is_in(site: &Site, cookie: &str) -> bool {
    site.send(Ask::get("/account").header("cookie", cookie))
        .await
        .status
        == StatusCode::OK
}

fn passwords(current: &str, new: &str) -> String {
    format!("current={}&new={new}", current.replace(' ', "+"))
}

#[tokio::test]
async fn another_password_ends_the_other_logins_and_keeps_this_one() {
    let site = Site::new();
    let other = log_in(&site, "").await.unwrap();
    assert!(is_in(&site, &other).await);
    let changed = post(
        &site,
        Who::Owner,
        "/account/password",
        &passwords(PASSWORD, NEW),
    )
    .await;
    assert_eq!(
        (changed.status, changed.header("location")),
        (StatusCode::SEE_OTHER, "/account?changed")
    );
    let page = site.get(Who::Owner, "/account?changed").await;
    assert!(page.status.is_success() && page.body.contains("Your password was changed"));
    assert!(!is_in(&site, &other).await);
    assert_eq!(
        log_in(&site, "").await,
        None,
        "the old one is none any more"
    );
    let body = format!("username=ann&password={NEW}");
    assert!(
        site.send(Ask::post("/login").form(&body))
            .await
            .cookie()
            .is_some()
    );
}

#[tokio::test]
async fn refused_password_keeps_nothing_secret_in_the_page_and_changes_nothing() {
    let site = Site::new();
    for (current, new, words) in [
        ("wrong-one-here", NEW, "This is not your current password."),
        (PASSWORD, "short-1", "at least 8 characters"),
        (PASSWORD, "Ann2026!", "among the first that anybody tries"),
        ("", "", "at least 8 characters"),
    ] {
        let answer = post(
            &site,
            Who::Owner,
            "/account/password",
            &passwords(current, new),
        )
        .await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{current} {new}"
        );
        assert!(
            answer.body.contains(words) && answer.body.contains("role=\"alert\""),
            "{words}"
        );
        for secret in ["wrong-one-here", "short-1", "Ann2026!", NEW, PASSWORD] {
            assert!(!answer.body.contains(secret), "{secret}");
        }
    }
    assert!(log_in(&site, "").await.is_some(), "nothing has changed");
}

#[tokio::test]
async fn stolen_cookie_guesses_no_password() {
    let site = Site::new();
    let mut statuses = Vec::new();
    for n in 0..12 {
        let body = passwords(&format!("guess number {n}"), NEW);
        let answer = post(&site, Who::Owner, "/account/password", &body).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(!answer.header("retry-after").is_empty());
            assert!(answer.body.contains("Too many tries."));
        }
        statuses.push(answer.status.as_u16());
    }
    assert!(
        statuses.starts_with(&[422; 5]) && statuses.ends_with(&[429]),
        "{statuses:?}"
    );
}

/// Abuse case H5: for what a browser calls itself.
#[tokio::test]
async fn logins_are_listed_by_device_and_end_one_by_one() {
    let site = Site::new();
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let phone = log_in(&site, firefox).await.unwrap();
    let hostile = log_in(&site, "<script>alert(1)</script>").await.unwrap();
    let page = site.get(Who::Owner, "/account").await;
    for text in [
        "Firefox on Linux",
        "A browser",
        "This one",
        "127.0.0.x",
        "203.0.113.x",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("<script>"));
    let id = |body: &str, before: &str| {
        let rest = body.split(before).nth(1).unwrap();
        rest.split("/account/logins/").nth(1).unwrap()[..16].to_owned()
    };
    let firefox = id(&page.body, "Firefox on Linux");
    let not_theirs = post(
        &site,
        Who::Other,
        &format!("/account/logins/{firefox}/end"),
        "",
    )
    .await;
    assert_eq!(not_theirs.status, StatusCode::NOT_FOUND);
    assert!(is_in(&site, &phone).await);
    let ended = post(
        &site,
        Who::Owner,
        &format!("/account/logins/{firefox}/end"),
        "",
    )
    .await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (StatusCode::SEE_OTHER, "/account")
    );
    assert!(!is_in(&site, &phone).await && is_in(&site, &hostile).await);
    post(&site, Who::Owner, "/account/logins/end-others", "").await;
    assert!(!is_in(&site, &hostile).await);
    let page = site.get(Who::Owner, "/account").await;
    assert!(
        page.status.is_success() && !page.body.contains("End all others"),
        "this one stays, alone"
    );
    let this = id(&page.body, "This one");
    post(
        &site,
        Who::Owner,
        &format!("/account/logins/{this}/end"),
        "",
    )
    .await;
    let out = site.get(Who::Owner, "/account").await;
    assert_eq!(
        (out.status, out.header("location")),
        (StatusCode::SEE_OTHER, "/login?next=/account")
    );
    for id in ["x", "%3Cscript%3E", &"0".repeat(4096), "ffffffffffffffff"] {
        let answer = post(
            &site,
            Who::Administrator,
            &format!("/account/logins/{id}/end"),
            "",
        )
        .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
    }
}

#[tokio::test]
async fn api_keys_of_ones_own_are_listed_and_revoked_after_a_question() {
    let site = Site::new();
    let key = site.credentials(Who::ReadKey);
    let page = site.get(Who::Owner, "/account").await;
    // The first leads to the page that makes one.
    let path = page.body.split("href=\"/account/api-keys/").nth(2).unwrap();
    let path = format!("/account/api-keys/{}/revoke", &path[..16]);
    assert!(page.body.contains("Website") && page.body.contains("read"));
    let secret = key[header::AUTHORIZATION]
        .to_str()
        .unwrap()
        .replace("Bearer ", "");
    assert!(!page.body.contains(&secret));
    for who in [Who::Other, Who::Administrator] {
        assert_eq!(site.get(who, &path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            post(&site, who, &path, "").await.status,
            StatusCode::NOT_FOUND
        );
    }
    let ask = site.get(Who::Owner, &path).await;
    assert!(ask.body.contains("Revoke “Website”?"));
    let uses = || site.send(Ask::get("/api/streams/secret").with(key.clone()));
    assert_eq!(
        uses().await.status,
        StatusCode::OK,
        "a question changes nothing"
    );
    let done = post(&site, Who::Owner, &path, "").await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/account")
    );
    assert_eq!(uses().await.status, StatusCode::UNAUTHORIZED);
    assert!(
        !site
            .get(Who::Owner, "/account")
            .await
            .body
            .contains("Website")
    );
    assert_eq!(
        site.get(Who::Owner, &path).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(
        site.credentials(Who::Owner)[header::COOKIE]
            .to_str()
            .unwrap()
            .contains(COOKIE)
    );
}

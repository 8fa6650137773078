//! People, their links, API keys and what is written down, over HTTP.

use axum::http::{Method, StatusCode};
use domain::{
    store::{Change, Store as _},
    user::LINK_MAX,
};
use serde_json::{Value, json};
use testkit::store_contract::unit;

use crate::site::{Answer, Ask, Site, Who};

const CHOSEN: &str = "a+password+of+my+own";

async fn post(site: &Site, who: Who, path: &str, body: &str) -> Answer {
    site.send(Ask::post(path).with(site.credentials(who)).form(body))
        .await
}

async fn patch(site: &Site, who: Who, path: &str, body: &str) -> Answer {
    let ask = Ask::new(Method::PATCH, path).with(site.credentials(who));
    site.send(ask.json(body)).await
}

/// The path of the link in an answer of the API.
fn path(answer: &Answer) -> String {
    let value = answer.json();
    let url = value["set_password_url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://media.example.org").unwrap();
    path.to_owned()
}

async fn invite(site: &Site, name: &str) -> String {
    let body = json!({"name": name, "role": "member"}).to_string();
    path(&site.post_json(Who::AdminKey, "/api/people", &body).await)
}

async fn set(site: &Site, path: &str, password: &str) -> Answer {
    let body = format!("password={password}");
    site.send(Ask::post(path).form(&body)).await
}

async fn log_in(site: &Site, name: &str, password: &str) -> bool {
    let body = format!("username={name}&password={password}");
    let answer = site.send(Ask::post("/login").form(&body)).await;
    answer.cookie().is_some()
}

#[tokio::test]
async fn invited_person_opens_the_link_chooses_a_password_and_is_in() {
    let site = Site::new();
    let body = r#"{"name":"Eve","role":"member"}"#;
    let made = site
        .post_json(Who::Administrator, "/api/people", body)
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::CREATED, "/api/people/eve")
    );
    let value = made.json();
    for (field, expected) in [
        ("name", json!("eve")),
        ("role", json!("member")),
        ("disabled_at", Value::Null),
        ("last_login_at", Value::Null),
        ("has_password", json!(false)),
        ("set_password_ends_at", json!("2026-11-06T18:00:00Z")),
    ] {
        assert_eq!(value[field], expected, "{field}");
    }
    let link = path(&made);
    assert!(!log_in(&site, "eve", CHOSEN).await);
    for _ in 0..2 {
        let page = site.get(Who::Nobody, &link).await;
        assert_eq!(page.status, StatusCode::OK, "looking uses nothing up");
        assert!(page.body.contains("eve") && page.body.contains("Choose your password"));
        assert!(page.header("cache-control").contains("no-store"));
    }
    let short = set(&site, &link, "short").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("at least 8 characters") && short.cookie().is_none());
    let done = set(&site, &link, CHOSEN).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    let cookie = done.cookie().unwrap().split(';').next().unwrap().to_owned();
    let account = Ask::get("/account").header("cookie", &cookie);
    assert!(site.send(account).await.body.contains("eve"));
    assert!(log_in(&site, "eve", CHOSEN).await);
    let shown = site.get(Who::AdminKey, "/api/people/eve").await.json();
    assert_eq!(shown["has_password"], true);
    assert_eq!(shown["set_password_ends_at"], Value::Null);
    assert_eq!(shown["last_login_at"], "2026-11-03T18:00:00Z");
}

/// Abuse case I11: over HTTP.
#[tokio::test]
async fn link_that_was_used_or_has_ended_or_was_followed_by_another_is_refused() {
    let site = Site::new();
    let link = invite(&site, "eve").await;
    let (one, other) = tokio::join!(set(&site, &link, CHOSEN), set(&site, &link, CHOSEN));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 403], "one succeeds");
    let again = set(&site, &link, "another-long-password").await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert!(log_in(&site, "eve", CHOSEN).await);

    let renew = "/api/people/bob/password-link";
    let older = path(&site.post_json(Who::AdminKey, renew, "{}").await);
    let newer = path(&site.post_json(Who::AdminKey, renew, "{}").await);
    assert_ne!(older, newer);
    let refused = async |link: &str| {
        let looked = site.get(Who::Nobody, link).await;
        assert!(
            looked.body.contains("This link has been used or has ended"),
            "{}",
            looked.body
        );
        let tried = set(&site, link, CHOSEN).await;
        (looked.status.as_u16(), tried.status.as_u16())
    };
    assert_eq!(refused(&older).await, (403, 403));
    assert_eq!(site.get(Who::Nobody, &newer).await.status, StatusCode::OK);
    site.rig.clock.advance(LINK_MAX);
    assert_eq!(refused(&newer).await, (403, 403));
    for token in ["x", "%00", "%3Cscript%3E", &"0".repeat(4096)] {
        let path = format!("/password/{token}");
        let answer = site.get(Who::Nobody, &path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
        assert!(!answer.body.contains("<script>"));
    }
}

#[tokio::test]
async fn link_takes_the_place_of_whoever_was_logged_in_on_that_browser() {
    let site = Site::new();
    let link = invite(&site, "eve").await;
    let ask = Ask::post(&link).with(site.credentials(Who::Owner));
    let done = site.send(ask.form(&format!("password={CHOSEN}"))).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let account = site.get(Who::Owner, "/account").await;
    assert_eq!(account.header("location"), "/login?next=/account");
}

#[tokio::test]
async fn person_is_switched_off_and_on_by_the_version_that_was_seen() {
    let site = Site::new();
    let bob = site.get(Who::AdminKey, "/api/people/bob").await;
    let seen = bob.header("etag").to_owned();
    let edit = async |tag: &str, body: &str| {
        let ask = Ask::new(Method::PATCH, "/api/people/bob")
            .with(site.credentials(Who::AdminKey))
            .header("if-match", tag);
        site.send(ask.json(body)).await
    };
    let off = edit(&seen, r#"{"disabled":true}"#).await;
    assert_eq!(off.status, StatusCode::OK);
    assert_eq!(off.json()["disabled_at"], "2026-11-03T18:00:00Z");
    assert_ne!(off.header("etag"), seen);
    let stale = edit(&seen, r#"{"disabled":false}"#).await;
    assert_eq!(
        (stale.status, stale.problem().as_str()),
        (StatusCode::PRECONDITION_FAILED, "changed_meanwhile")
    );
    let page = site.get(Who::Other, "/account").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "his login has ended");
    let link = site
        .post_json(Who::AdminKey, "/api/people/bob/password-link", "{}")
        .await;
    assert_eq!(
        (link.status, link.problem().as_str()),
        (StatusCode::CONFLICT, "disabled")
    );
    let on = edit("*", r#"{"disabled":false}"#).await;
    assert_eq!(on.json()["disabled_at"], Value::Null);
    let last = patch(
        &site,
        Who::AdminKey,
        "/api/people/root",
        r#"{"disabled":true}"#,
    )
    .await;
    assert_eq!(
        (last.status, last.problem().as_str()),
        (StatusCode::CONFLICT, "last_administrator")
    );
}

/// Abuse case J2: fields that are not to be changed.
#[tokio::test]
async fn what_is_no_field_of_a_person_or_a_key_is_refused() {
    let site = Site::new();
    for body in [
        r#"{"role":"administrator"}"#,
        r#"{"disabled":false,"id":"1"}"#,
        r#"{"disabled":"yes"}"#,
        r#"{"password_hash":""}"#,
        "[]",
    ] {
        let answer = patch(&site, Who::AdminKey, "/api/people/bob", body).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::BAD_REQUEST, "unreadable"),
            "{body}"
        );
    }
    for (body, status, code) in [
        (r#"{"name":"eve"}"#, 400, "unreadable"),
        (
            r#"{"name":"eve","role":"member","password":"x"}"#,
            400,
            "unreadable",
        ),
        (r#"{"name":"eve","role":"root"}"#, 422, "invalid_role"),
        (r#"{"name":"e v","role":"member"}"#, 422, "invalid_name"),
        (r#"{"name":"BOB","role":"member"}"#, 409, "taken"),
    ] {
        let answer = site.post_json(Who::AdminKey, "/api/people", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, code),
            "{body}"
        );
    }
    for (body, status, code) in [
        (r#"{"name":"x"}"#, 400, "unreadable"),
        (
            r#"{"name":"x","scopes":["read"],"user":"root"}"#,
            400,
            "unreadable",
        ),
        (
            r#"{"name":"x","scopes":["read"],"expires_at":"soon"}"#,
            400,
            "invalid_time",
        ),
        (r#"{"name":"x","scopes":[]}"#, 422, "invalid_scopes"),
        (r#"{"name":"x","scopes":["all"]}"#, 422, "invalid_scopes"),
        (
            r#"{"name":"x","scopes":["read","admin"]}"#,
            422,
            "invalid_scopes",
        ),
        (r#"{"name":"","scopes":["read"]}"#, 422, "invalid_name"),
        (
            r#"{"name":"x","scopes":["read"],"expires_at":"2026-11-03T18:00:00Z"}"#,
            422,
            "invalid_expiry",
        ),
    ] {
        let answer = site.post_json(Who::Owner, "/api/api-keys", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, code),
            "{body}"
        );
    }
    assert_eq!(
        site.get(Who::Owner, "/api/api-keys").await.json()["api_keys"],
        json!([]),
        "nothing half made"
    );
    for name in ["nobody", "no%20name", "%2e%2e", &"x".repeat(4096)] {
        let answer = site
            .get(Who::AdminKey, &format!("/api/people/{name}"))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
        let answer = site.get(Who::Owner, &format!("/api/people/{name}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
}

#[tokio::test]
async fn api_key_is_made_shown_once_used_and_revoked() {
    let site = Site::new();
    let body = r#"{"name":"Website","scopes":["publish","read"],"expires_at":"2027-06-30T18:00:00+02:00"}"#;
    let made = site.post_json(Who::Owner, "/api/api-keys", body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let value = made.json();
    assert_eq!(value["scopes"], json!(["read", "publish"]));
    assert_eq!(value["expires_at"], "2027-06-30T16:00:00Z");
    let key = value["key"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {key}");
    let uses = || site.send(Ask::get("/api/streams/secret").header("authorization", &bearer));
    assert_eq!(uses().await.status, StatusCode::OK);
    site.rig.catalogue.tend().await.unwrap();
    let listed = site.get(Who::Owner, "/api/api-keys").await;
    assert!(!listed.body.contains(&key));
    let listed = listed.json()["api_keys"][0].clone();
    assert_eq!(listed["last_used_at"], "2026-11-03T18:00:00Z");
    assert_eq!(listed["id"], value["id"]);
    let path = made.header("location").to_owned();
    let revoke = |ask: Ask| site.send(ask);
    let delete = || Ask::new(Method::DELETE, &path);
    let other = revoke(delete().with(site.credentials(Who::Other))).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let itself = revoke(delete().header("authorization", &bearer)).await;
    assert_eq!(itself.status, StatusCode::NO_CONTENT);
    assert_eq!(uses().await.status, StatusCode::UNAUTHORIZED);
    let listed = site.get(Who::Owner, "/api/api-keys").await.json();
    assert_eq!(listed["api_keys"][0]["revoked_at"], "2026-11-03T18:00:00Z");
}

#[tokio::test]
async fn page_makes_a_link_and_shows_it_once() {
    let site = Site::new();
    let added = post(&site, Who::Administrator, "/admin/people", "name=eve").await;
    assert_eq!(
        (added.status, added.header("location")),
        (StatusCode::SEE_OTHER, "/admin/people")
    );
    let link_of = |page: &Answer| {
        let rest = page.body.split("http://media.example.org").nth(1)?;
        rest.split('"').next().map(str::to_owned)
    };
    let page = site.get(Who::Administrator, "/admin/people").await;
    let first = link_of(&page).unwrap();
    assert!(page.body.contains("Link for eve") && page.body.contains("Invited"));
    let page = site.get(Who::Administrator, "/admin/people").await;
    assert_eq!(link_of(&page), None, "once");
    let ask = site
        .get(Who::Administrator, "/admin/people/eve/password-link")
        .await;
    assert!(ask.body.contains("Make a new link for eve?"));
    assert_eq!(site.get(Who::Nobody, &first).await.status, StatusCode::OK);
    post(
        &site,
        Who::Administrator,
        "/admin/people/eve/password-link",
        "",
    )
    .await;
    let page = site.get(Who::Administrator, "/admin/people").await;
    let second = link_of(&page).unwrap();
    assert_eq!(
        site.get(Who::Nobody, &first).await.status,
        StatusCode::FORBIDDEN
    );
    site.rig.clock.advance(LINK_MAX);
    let page = site.get(Who::Administrator, "/admin/people").await;
    assert!(page.body.contains("Link has ended"));
    assert_eq!(
        site.get(Who::Nobody, &second).await.status,
        StatusCode::FORBIDDEN
    );
    for (name, status) in [("bob", 303), ("bob", 409), ("nobody", 404)] {
        let path = format!("/admin/people/{name}/password-link");
        let answer = post(&site, Who::Administrator, &path, "").await;
        assert_eq!(answer.status.as_u16(), status, "{name}");
        post(&site, Who::Administrator, "/admin/people/bob/disable", "").await;
    }
}

#[tokio::test]
async fn page_makes_an_api_key_and_shows_it_once() {
    let site = Site::new();
    let member = site.get(Who::Owner, "/account/api-keys/new").await;
    assert!(member.body.contains("name=\"publish\"") && !member.body.contains("name=\"admin\""));
    let root = site.get(Who::Administrator, "/account/api-keys/new").await;
    assert!(root.body.contains("name=\"admin\""));
    for (body, words) in [
        ("name=Bot&end=30", "Choose at least one."),
        ("name=Bot&admin=on&end=30", "Choose at least one."),
        ("name=&read=on&end=30", "Give it a name."),
        ("name=Bot&read=on&end=date", "not over yet"),
        ("name=Bot&read=on&end=date&date=2026-11-02", "not over yet"),
        ("name=Bot&read=on&end=date&date=%3Cb%3E", "not over yet"),
        ("name=Bot&read=on&end=whenever", "not over yet"),
    ] {
        let answer = post(&site, Who::Owner, "/account/api-keys", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(answer.body.contains(words), "{body}: {}", answer.body);
        assert!(!answer.body.contains("<b>"));
    }
    for (end, expires) in [
        ("end=30", json!("2026-12-03T18:00:00Z")),
        ("end=365", json!("2027-11-03T18:00:00Z")),
        ("end=none", Value::Null),
        ("end=date&date=2026-11-03", json!("2026-11-04T00:00:00Z")),
    ] {
        let body = format!("name=Bot&read=on&manage=on&{end}");
        let made = post(&site, Who::Owner, "/account/api-keys", &body).await;
        assert_eq!(
            (made.status, made.header("location")),
            (StatusCode::SEE_OTHER, "/account")
        );
        assert!(
            !site.get(Who::Other, "/account").await.body.contains("ak_"),
            "somebody else sees none"
        );
        let page = site.get(Who::Owner, "/account").await;
        let key = page.body.split("value=\"ak_").nth(1).unwrap();
        let key = format!("Bearer ak_{}", key.split('"').next().unwrap());
        let uses = Ask::get("/api/streams/secret").header("authorization", &key);
        assert_eq!(site.send(uses).await.status, StatusCode::OK);
        let page = site.get(Who::Owner, "/account").await;
        assert!(!page.body.contains("value=\"ak_"), "once");
        site.rig.clock.advance(std::time::Duration::from_millis(1));
        let listed = site.get(Who::Owner, "/api/api-keys").await.json();
        let keys = listed["api_keys"].as_array().unwrap();
        assert!(
            keys.iter().any(|key| {
                let at = key["expires_at"].as_str().map(|at| &at[..19]);
                at == expires.as_str().map(|at| &at[..19])
            }),
            "{end}: {listed}"
        );
    }
}

/// Abuse case J8: for what was written down.
#[tokio::test]
async fn what_was_changed_is_read_in_pages_within_bounds() {
    let site = Site::new();
    let bounded = [
        ("limit=0", 1),
        ("limit=1", 1),
        ("limit=3", 3),
        ("before=0&limit=5", 0),
        ("before=1", 0),
    ];
    for (query, count) in bounded {
        let answer = site
            .get(Who::AdminKey, &format!("/api/audit?{query}"))
            .await;
        let entries = answer.json()["entries"].as_array().unwrap().len();
        assert_eq!(entries, count, "{query}");
    }
    for query in ["limit=-1", "limit=x", "before=-1", "before=x", "before="] {
        let answer = site
            .get(Who::AdminKey, &format!("/api/audit?{query}"))
            .await;
        assert_eq!(answer.problem(), "unreadable", "{query}");
        let page = site
            .get(Who::Administrator, &format!("/admin/audit?{query}"))
            .await;
        let is_of_the_page = query.starts_with("before");
        assert_eq!(page.status.is_client_error(), is_of_the_page, "{query}");
    }
    for n in 0..250 {
        let body = json!({"title": n.to_string()}).to_string();
        patch(&site, Who::Owner, "/api/streams/secret", &body).await;
    }
    let most = site
        .get(Who::AdminKey, "/api/audit?limit=1000000000")
        .await
        .json();
    assert_eq!(most["entries"].as_array().unwrap().len(), 200);
    let huge = site
        .get(
            Who::AdminKey,
            &format!("/api/audit?before={}&limit=2", u64::MAX),
        )
        .await
        .json();
    assert_eq!(huge["entries"].as_array().unwrap().len(), 2);
    // Every page leads to the next, and each entry is told once.
    let (mut seen, mut next) = (Vec::new(), "/api/audit?limit=100".to_owned());
    loop {
        let page = site.get(Who::AdminKey, &next).await.json();
        let entries = page["entries"].as_array().unwrap();
        // Asking makes API keys, which are written down too.
        seen.extend(
            entries
                .iter()
                .map(|entry| entry["number"].as_u64().unwrap()),
        );
        match page["next_before"].as_u64() {
            Some(before) => next = format!("/api/audit?limit=100&before={before}"),
            None => break,
        }
    }
    assert!(seen.is_sorted_by(|a, b| a > b), "the newest first");
    assert_eq!(seen.last(), Some(&1));
    let page = site.get(Who::Administrator, "/admin/audit").await;
    assert_eq!(page.body.matches("<tr>").count(), 51, "and the heading");
    let older = page.body.split("/admin/audit?before=").nth(1).unwrap();
    let older = older.split('"').next().unwrap();
    let page = site
        .get(Who::Administrator, &format!("/admin/audit?before={older}"))
        .await;
    assert!(page.body.contains(">Newest<") && page.body.contains(">Older<"));
    let last = site.get(Who::Administrator, "/admin/audit?before=2").await;
    assert!(!last.body.contains(">Older<"));
}

/// Abuse case K7: what is written down is shown as text, whatever it is.
#[tokio::test]
async fn page_of_changes_tells_who_did_what_in_words_and_runs_nothing() {
    let site = Site::new();
    let link = invite(&site, "eve").await;
    set(&site, &link, CHOSEN).await;
    let hostile = domain::audit::Entry {
        at: site.rig.now(),
        who: "<script>alert(1)</script>".to_owned(),
        via: domain::audit::Via::Login,
        address: "\u{1b}[31m".to_owned(),
        action: "flood.\r\ngates<img src=x>".to_owned(),
        subject: "\"><svg onload=alert(2)>".to_owned(),
        detail: "{ $name } {{ 7 * 7 }} <b>".to_owned(),
    };
    let told = std::sync::Arc::default();
    let work = unit(vec![Change::AddAudit(hostile)], &told);
    site.rig.store.write(work).await.unwrap();
    let page = site.get(Who::Administrator, "/admin/audit").await;
    for words in [
        "Added a person",
        "Set a password",
        "Logged in",
        "with an API key",
        "Not logged in",
        "member, invited",
        "203.0.113.x",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "&#60;svg onload=alert(2)&#62;",
        "{{ 7 * 7 }}",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for made in ["<script>alert", "<img src=x", "<svg onload", "<b>"] {
        assert!(!page.body.contains(made), "{made}");
    }
    let token = link.rsplit('/').next().unwrap();
    let entries = site.get(Who::AdminKey, "/api/audit").await;
    for secret in [token, "a password of my own"] {
        assert!(!page.body.contains(secret) && !entries.body.contains(secret));
    }
    let hostile = entries.json()["entries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["subject"].as_str().unwrap().contains("svg"))
        .cloned()
        .unwrap();
    assert_eq!(hostile["address"], "\u{1b}[31m", "JSON escapes it");
    assert!(!entries.body.contains('\u{1b}') && !entries.body.contains("\r\n"));
}

/// Every action that the catalogue writes down has words on the page.
#[tokio::test]
async fn every_action_has_words() {
    let source = include_str!("../../../domain/src/catalogue/audits.rs");
    let words = include_str!("../../locales/en/audit.ftl");
    let is_action = |text: &&str| {
        let mut bytes = text.bytes();
        text.split('.').count() == 2
            && bytes.all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_'))
    };
    let actions: Vec<&str> = source
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(is_action)
        .collect();
    assert!(actions.len() >= 20, "{actions:?}");
    for action in actions {
        let id = format!("\naudit-action-{} = ", action.replace('.', "-"));
        assert!(words.contains(&id), "no words for {action}");
    }
}

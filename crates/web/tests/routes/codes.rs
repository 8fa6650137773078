//! Access codes over HTTP: the shapes of the contract, and what they open.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::{Ask, CODE, Site, Who};

const NEW: &str = r#"{"code":"spring-course-7Q4M","description":"Spring course","expires_at":"2027-06-30T18:00:00Z",
                      "media_items":[{"media_type":"stream","media_slug":"secret"}]}"#;

#[tokio::test]
async fn code_is_made_as_the_contract_says() {
    let site = Site::new();
    let made = site.post_json(Who::Owner, "/api/access-codes", NEW).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let value = made.json();
    for (field, expected) in [
        ("code", json!("spring-course-7Q4M")),
        ("description", json!("Spring course")),
        ("expires_at", json!("2027-06-30T18:00:00Z")),
        ("status", json!("active")),
        (
            "media_items",
            json!([{"media_type": "stream", "media_slug": "secret"}]),
        ),
        (
            "url",
            json!("http://media.example.org/watch/secret?access_code=spring-course-7Q4M"),
        ),
        ("uses", json!(0)),
        ("last_used_at", Value::Null),
    ] {
        assert_eq!(value[field], expected, "{field}");
    }
    assert!(value["created_at"].is_string());
    assert_eq!(value["warning"], Value::Null, "long enough");
    let listed = site.get(Who::Owner, "/api/access-codes").await.json();
    let codes = listed["access_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 2);
    assert!(
        codes
            .iter()
            .any(|code| code["code"] == "spring-course-7Q4M")
    );
    let path = "/api/access-codes/spring-course-7Q4M";
    let gone = site
        .send(Ask::new(Method::DELETE, path).with(site.credentials(Who::Owner)))
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let opened = site
        .get(
            Who::Nobody,
            "/hls/secret/index.m3u8?access_code=spring-course-7Q4M",
        )
        .await;
    assert_eq!(opened.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn code_in_the_past_is_taken_and_told_so() {
    let site = Site::new();
    let body = r#"{"code":"website2023","expires_at":"2025-12-31T23:59:59Z","media_items":[{"media_type":"stream","media_slug":"secret"}]}"#;
    let made = site.post_json(Who::Owner, "/api/access-codes", body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.json()["status"], "expired");
    assert!(made.json()["warning"].is_string());
    let opened = site
        .get(
            Who::Nobody,
            "/hls/secret/index.m3u8?access_code=website2023",
        )
        .await;
    assert_eq!(
        (opened.status, opened.problem()),
        (StatusCode::NOT_FOUND, "access_code_ended".to_owned())
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_code_is_told_by_status() {
    let site = Site::new();
    let item = r#"[{"media_type":"stream","media_slug":"secret"}]"#;
    for (body, status, code) in [
        ("{".to_owned(), 400, "unreadable"),
        ("{}".to_owned(), 400, "unreadable"),
        (
            format!(r#"{{"media_items":{item},"owner":"ben"}}"#),
            400,
            "unreadable",
        ),
        (
            format!(r#"{{"media_items":{item},"expires_at":"tomorrow"}}"#),
            400,
            "invalid_time",
        ),
        (
            r#"{"media_items":[{"media_type":"film","media_slug":"secret"}]}"#.to_owned(),
            400,
            "invalid_media_type",
        ),
        (
            r#"{"media_items":[{"media_type":"video","media_slug":"secret"}]}"#.to_owned(),
            404,
            "not_found",
        ),
        (
            r#"{"media_items":[{"media_type":"stream","media_slug":"../x"}]}"#.to_owned(),
            404,
            "not_found",
        ),
        (
            format!(r#"{{"media_items":{item},"code":"website2024"}}"#),
            409,
            "taken",
        ),
        (r#"{"media_items":[]}"#.to_owned(), 422, "no_items"),
        (
            format!(r#"{{"media_items":{item},"code":"abc"}}"#),
            422,
            "invalid_code",
        ),
        (
            format!(r#"{{"media_items":{item},"code":"with space"}}"#),
            422,
            "invalid_code",
        ),
        (
            format!(r#"{{"media_items":{item},"viewers_max":0}}"#),
            422,
            "invalid_viewers_max",
        ),
        (
            format!(r#"{{"media_items":{item},"sites":["a b"]}}"#),
            422,
            "invalid_site",
        ),
        (
            format!(
                r#"{{"media_items":{item},"starts_at":"2027-01-02T00:00:00Z","expires_at":"2027-01-01T00:00:00Z"}}"#
            ),
            422,
            "ends_before_start",
        ),
    ] {
        let answer = site.post_json(Who::Owner, "/api/access-codes", &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, code),
            "{body}"
        );
    }
    let listed = site.get(Who::Owner, "/api/access-codes").await.json();
    assert_eq!(
        listed["access_codes"].as_array().unwrap().len(),
        1,
        "nothing half made"
    );
}

#[tokio::test]
async fn code_opens_page_playlist_state_and_whep_and_reaches_no_address_of_a_piece() {
    let site = Site::new();
    for path in [
        format!("/watch/secret?access_code={CODE}"),
        format!("/watch/secret?code={CODE}"),
        format!("/hls/secret/index.m3u8?access_code={CODE}"),
        format!("/hls/secret/master.m3u8?code={CODE}"),
        format!("/hls/secret/poster.mp4?access_code={CODE}"),
        format!("/api/stream/authorize?path=secret&access_code={CODE}"),
        format!("/api/watch/secret?access_code={CODE}"),
    ] {
        let answer = site.get(Who::Nobody, &path).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
        let plain = site.get(Who::Nobody, path.split('?').next().unwrap()).await;
        assert!(!plain.status.is_success(), "{path} without the code");
        if path.starts_with("/hls") {
            assert!(!answer.body.contains(CODE), "{path}");
            assert!(answer.header("cache-control").contains("private"), "{path}");
        }
    }
    // Nothing else, however the code is brought.
    for path in [
        "/api/streams/secret",
        "/api/streams/secret/keys",
        "/streams/secret",
        "/api/access-codes",
    ] {
        let answer = site
            .get(Who::Nobody, &format!("{path}?access_code={CODE}"))
            .await;
        assert!(!answer.status.is_success(), "{path}");
        let bearer = Ask::get(path).header("authorization", &format!("Bearer {CODE}"));
        assert!(!site.send(bearer).await.status.is_success(), "{path}");
    }
    let publish = site
        .get(
            Who::Nobody,
            &format!("/api/stream/validate?path=secret&token={CODE}"),
        )
        .await;
    assert_eq!(publish.status, StatusCode::UNAUTHORIZED);
}

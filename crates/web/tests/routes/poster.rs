//! The picture of a live stream: to whom it is shown, how long it may be kept, and in which stretches it is sent.

use axum::http::StatusCode;

use crate::site::{Ask, Site, Who};

#[tokio::test]
async fn poster_of_a_public_stream_may_be_shared_and_of_others_not() {
    let site = Site::new();
    let open = site.get(Who::Nobody, "/hls/open/poster.mp4").await;
    assert_eq!(open.status, StatusCode::OK);
    assert_eq!(open.body, "0123456789");
    assert_eq!(open.header("content-type"), "video/mp4");
    assert_eq!(open.header("cache-control"), "public, max-age=5");
    assert_eq!(open.header("access-control-allow-origin"), "*");
    for slug in ["club", "secret"] {
        let own = site
            .get(Who::Owner, &format!("/hls/{slug}/poster.mp4"))
            .await;
        assert_eq!(own.header("cache-control"), "private, max-age=5", "{slug}");
        assert_eq!(own.header("access-control-allow-origin"), "", "{slug}");
    }
}

#[tokio::test]
async fn who_may_watch_is_told_that_there_is_no_picture_now() {
    let site = Site::new();
    for slug in ["open", "secret"] {
        site.engine.end(&slug.parse().unwrap(), site.rig.now());
        let path = format!("/hls/{slug}/poster.mp4");
        let answer = site.get(Who::Owner, &path).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::NO_CONTENT, ""),
            "{slug}"
        );
        assert_eq!(answer.header("cache-control"), "private, max-age=1");
        let is_open = slug == "open";
        let readable = answer.header("access-control-allow-origin") == "*";
        assert_eq!(readable, is_open, "{slug}");
        let stranger = site.get(Who::Nobody, &path).await.status;
        assert_eq!(stranger == StatusCode::NO_CONTENT, is_open, "{slug}");
    }
}

#[tokio::test]
async fn poster_that_does_not_exist_is_like_one_that_is_not_allowed() {
    let site = Site::new();
    for path in [
        "/hls/secret/poster.mp4",
        "/hls/nothing/poster.mp4",
        "/hls/%2e%2e/poster.mp4",
    ] {
        let answer = site.get(Who::Nobody, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("cache-control"), "private, max-age=1");
    }
}

#[tokio::test]
async fn poster_is_sent_in_the_stretch_that_is_asked_for() {
    let site = Site::new();
    for (range, status, body, told) in [
        ("bytes=0-1", 206, "01", "bytes 0-1/10"),
        ("bytes=3-6", 206, "3456", "bytes 3-6/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=0-1,4-5", 200, "0123456789", ""),
    ] {
        let ask = Ask::get("/hls/open/poster.mp4").header("range", range);
        let answer = site.send(ask).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (status, body),
            "{range}"
        );
        assert_eq!(answer.header("content-range"), told, "{range}");
        assert_eq!(answer.header("content-length"), body.len().to_string());
    }
}

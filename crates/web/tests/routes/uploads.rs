//! Uploads over HTTP: the words of tus, forms, who may, and what is told. What lies on disk is the library's to show.

use std::{convert::Infallible, sync::atomic::Ordering, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use domain::caller::Subject;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::site::{Answer, Ask, Site, Who};

const PART: &str = "application/offset+octet-stream";

fn metadata(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
    pairs.collect::<Vec<_>>().join(",")
}

/// A request of tus by this caller.
fn tus(site: &Site, who: Who, method: Method, path: &str) -> Ask {
    let ask = Ask::new(method, path).with(site.credentials(who));
    ask.header("tus-resumable", "1.0.0")
}

async fn create(site: &Site, length: &str, pairs: &[(&str, &str)]) -> Answer {
    let ask = tus(site, Who::Owner, Method::POST, "/api/uploads");
    let ask = ask.header("upload-length", length);
    site.send(ask.header("upload-metadata", &metadata(pairs)))
        .await
}

/// Makes one and says where it is.
async fn created(site: &Site, length: usize, pairs: &[(&str, &str)]) -> String {
    let answer = create(site, &length.to_string(), pairs).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.header("location").to_owned()
}

async fn patch(site: &Site, path: &str, offset: &str, bytes: &str) -> Answer {
    let ask = tus(site, Who::Owner, Method::PATCH, path);
    site.send(ask.header("upload-offset", offset).text(PART, bytes))
        .await
}

/// What the upload says of itself once it says this state.
async fn until(site: &Site, path: &str, state: &str) -> Value {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let value = site.get(Who::Owner, path).await.json();
            if value["state"] == state {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never {state}"))
}

#[tokio::test]
async fn server_says_what_it_speaks() {
    let site = Site::new();
    let answer = site.send(Ask::new(Method::OPTIONS, "/api/uploads")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("tus-version"), "1.0.0");
    assert_eq!(
        answer.header("tus-extension"),
        "creation,expiration,termination"
    );
    assert_eq!(answer.header("tus-max-size"), "10000000");
}

#[tokio::test]
async fn file_comes_in_parts_and_becomes_an_item() {
    let site = Site::new();
    let pairs = [
        ("filename", "Lesson 2.mp4"),
        ("title", "Marking out"),
        ("visibility", "members"),
        ("kind", "video"),
    ];
    let answer = create(&site, "10", &pairs).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("tus-resumable"), "1.0.0");
    assert_eq!(answer.header("upload-offset"), "0");
    assert!(answer.header("upload-expires").ends_with(" GMT"));
    let path = answer.header("location").to_owned();
    assert_eq!(answer.json()["url"], path.as_str());

    let first = patch(&site, &path, "0", "0123").await;
    assert_eq!(first.status, StatusCode::NO_CONTENT, "{}", first.body);
    assert_eq!(first.header("upload-offset"), "4");
    assert_eq!(first.header("tus-resumable"), "1.0.0");
    let head = site.send(tus(&site, Who::Owner, Method::HEAD, &path)).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.header("upload-offset"), "4");
    assert_eq!(head.header("upload-length"), "10");
    assert!(head.header("cache-control").contains("no-store"));
    assert_eq!(head.header("upload-metadata"), metadata(&pairs));
    let told = site.get(Who::Owner, &path).await.json();
    assert_eq!(told["state"], "receiving");
    assert_eq!((&told["offset"], &told["length"]), (&json!(4), &json!(10)));
    assert_eq!(told["title"], "Marking out");

    let last = patch(&site, &path, "4", "456789").await;
    assert_eq!(last.header("upload-offset"), "10");
    let told = until(&site, &path, "ready").await;
    assert_eq!(told["item"]["slug"], "marking-out");
    assert_eq!(told["item"]["url"], "/watch/marking-out");
    assert_eq!(site.intake.content("marking-out"), b"0123456789");
    let list = site.get(Who::Owner, "/api/uploads").await.json();
    assert_eq!(list["uploads"].as_array().unwrap().len(), 1);
    // Once whole it is no upload any more that takes a byte.
    let more = patch(&site, &path, "10", "x").await;
    assert_eq!(more.problem(), "whole");
}

#[tokio::test]
async fn network_without_patch_is_sent_through_by_post() {
    let site = Site::new();
    let answer = create(&site, "4", &[("filename", "a.mp4")]).await;
    let path = answer.header("location").to_owned();
    let post = |method: &str| {
        tus(&site, Who::Owner, Method::POST, &path)
            .header("x-http-method-override", method)
            .header("upload-offset", "0")
            .text(PART, "01")
    };
    for method in ["", "GET", "patch"] {
        let answer = site.send(post(method)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "GET,HEAD,PATCH,DELETE");
    }
    let answer = site.send(post("PATCH")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert_eq!(answer.header("upload-offset"), "2");
    let answer = site.send(post("DELETE")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let head = site.send(tus(&site, Who::Owner, Method::HEAD, &path)).await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
}

/// Abuse case G11.
#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_taken() {
    let site = Site::new();
    for (length, status, code) in [
        ("-1", 400, "unreadable"),
        ("99999999999999999999", 400, "unreadable"),
        ("1e3", 400, "unreadable"),
        ("", 400, "unreadable"),
        ("0", 400, "unreadable"),
        ("10000001", 413, "too_large"),
    ] {
        let answer = create(&site, length, &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{length}");
        assert_eq!(answer.problem(), code);
    }
    for (pairs, code) in [
        (&[("slug", "a/b")][..], "invalid_slug"),
        (&[("kind", "film")], "invalid_kind"),
        (&[("visibility", "all")], "invalid_visibility"),
        (&[("title", "a\u{7}")], "invalid_title"),
    ] {
        let answer = create(&site, "5", pairs).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.problem(), code);
    }
    let ask = |name, value| {
        let ask = tus(&site, Who::Owner, Method::POST, "/api/uploads");
        site.send(ask.header(name, value))
    };
    assert_eq!(ask("upload-defer-length", "1").await.status.as_u16(), 400);
    let garbled = tus(&site, Who::Owner, Method::POST, "/api/uploads");
    let garbled = garbled
        .header("upload-length", "5")
        .header("upload-metadata", "filename ===");
    assert_eq!(site.send(garbled).await.problem(), "unreadable");
    assert_eq!(site.intake.folders(), 0, "nothing was made");

    let path = created(&site, 5, &[]).await;
    for offset in ["1", "5", "4294967296"] {
        let wrong = patch(&site, &path, offset, "x").await;
        assert_eq!(wrong.status, StatusCode::CONFLICT);
        assert_eq!(wrong.problem(), "wrong_offset");
        assert_eq!(wrong.header("upload-offset"), "0");
    }
    for offset in ["-1", "", "a"] {
        let wrong = patch(&site, &path, offset, "x").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{offset}");
    }
    let over = patch(&site, &path, "0", "0123456789").await;
    assert_eq!(over.status, StatusCode::PAYLOAD_TOO_LARGE);
    let other = tus(&site, Who::Owner, Method::PATCH, &path)
        .header("upload-offset", "0")
        .text("application/octet-stream", "x");
    let other = site.send(other).await;
    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let summed = tus(&site, Who::Owner, Method::PATCH, &path)
        .header("upload-offset", "0")
        .header("upload-checksum", "sha1 AAAA")
        .text(PART, "x");
    assert_eq!(site.send(summed).await.status, StatusCode::BAD_REQUEST);
    for version in ["0.2.2", "1", ""] {
        for method in [Method::HEAD, Method::PATCH, Method::DELETE, Method::POST] {
            let path = if method == Method::POST {
                "/api/uploads"
            } else {
                &path
            };
            let ask = Ask::new(method.clone(), path)
                .with(site.credentials(Who::Owner))
                .header("tus-resumable", version);
            let answer = site.send(ask).await;
            assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{method}");
            assert_eq!(answer.header("tus-version"), "1.0.0");
        }
    }
    let told = site.get(Who::Owner, &path).await.json();
    assert_eq!(told["offset"], 0);
}

/// Abuse case G12.
#[tokio::test]
async fn uploads_of_others_are_not_there() {
    let site = Site::new();
    let path = created(&site, 5, &[]).await;
    for who in [Who::Other, Who::Administrator, Who::AdminKey] {
        for method in [Method::GET, Method::HEAD, Method::PATCH, Method::DELETE] {
            let ask = tus(&site, who, method.clone(), &path).header("upload-offset", "0");
            let answer = site.send(ask.text(PART, "x")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who:?} {method}");
        }
        let list = site.get(who, "/api/uploads").await.json();
        assert_eq!(list["uploads"], json!([]));
    }
    // An API key acts for its user.
    assert_eq!(site.get(Who::ManageKey, &path).await.status, StatusCode::OK);
}

/// Abuse case G12.
#[tokio::test]
async fn uploads_that_nobody_goes_on_with_have_a_bound() {
    let site = Site::new();
    let first = created(&site, 5, &[]).await;
    for _ in 0..2 {
        created(&site, 5, &[]).await;
    }
    let more = create(&site, "5", &[]).await;
    assert_eq!(more.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(more.problem(), "too_many");
    let ask = tus(&site, Who::Owner, Method::DELETE, &first);
    assert_eq!(site.send(ask).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(Who::Owner, &first).await.status.as_u16(), 404);
    created(&site, 5, &[]).await;
}

#[tokio::test]
async fn taken_address_is_told_before_a_byte_is_sent() {
    let site = Site::new();
    let path = created(&site, 1, &[("slug", "lesson")]).await;
    patch(&site, &path, "0", "x").await;
    until(&site, &path, "ready").await;
    let taken = create(&site, "5", &[("slug", "Lesson")]).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert_eq!(taken.problem(), "taken");
    // Taken in between: told at the end, in words.
    let late = created(&site, 1, &[("slug", "late")]).await;
    let first = created(&site, 1, &[("slug", "late")]).await;
    patch(&site, &first, "0", "x").await;
    until(&site, &first, "ready").await;
    patch(&site, &late, "0", "x").await;
    let told = until(&site, &late, "failed").await;
    assert!(told["reason"].as_str().unwrap().contains("taken"));
}

#[tokio::test]
async fn file_that_cannot_be_used_says_why() {
    let site = Site::new();
    let path = created(&site, 3, &[("filename", "raw.mov")]).await;
    let last = patch(&site, &path, "0", "bad").await;
    assert_eq!(last.status, StatusCode::NO_CONTENT, "its bytes did come");
    let told = until(&site, &path, "failed").await;
    assert!(told["reason"].as_str().unwrap().contains("ProRes"));
    assert_eq!(told["can_resume"], false);
    assert_eq!(told["item"], Value::Null);
}

#[tokio::test]
async fn full_disk_is_told_with_what_to_do_and_the_upload_goes_on() {
    let site = Site::new();
    site.intake.free.store(1_000_100, Ordering::SeqCst);
    let none = create(&site, "1400000", &[]).await;
    assert_eq!(none.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(none.problem(), "disk_full");
    let detail = none.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(detail, "The disk is full. Free 1.4\u{a0}MB, then Resume.");

    let path = created(&site, 10, &[("filename", "a.mp4")]).await;
    patch(&site, &path, "0", "01234").await;
    site.intake.free.store(5, Ordering::SeqCst);
    let full = patch(&site, &path, "5", "56789").await;
    assert_eq!(full.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(full.header("upload-offset"), "5");
    site.intake.free.store(1 << 40, Ordering::SeqCst);
    // Full again while the item is made: the file stays, and another try does.
    site.intake.missing.store(2_000_000_000, Ordering::SeqCst);
    assert_eq!(patch(&site, &path, "5", "56789").await.status.as_u16(), 204);
    let told = until(&site, &path, "failed").await;
    assert_eq!(told["can_resume"], true);
    assert!(told["reason"].as_str().unwrap().contains("then Resume"));
    assert_eq!(patch(&site, &path, "10", "").await.status.as_u16(), 204);
    until(&site, &path, "ready").await;
}

/// Abuse case G16.
#[tokio::test]
async fn last_part_sent_fifty_times_makes_one_item() {
    let site = Site::new();
    let path = created(&site, 4, &[("filename", "a.mp4")]).await;
    let sends = (0..50).map(|_| patch(&site, &path, "0", "0123"));
    let mut taken = 0;
    for answer in futures_util::future::join_all(sends).await {
        match answer.status.as_u16() {
            204 => taken += 1,
            409 | 413 | 423 => {}
            other => panic!("{other}: {}", answer.body),
        }
    }
    assert_eq!(taken, 1);
    until(&site, &path, "ready").await;
    let again = futures_util::future::join_all((0..50).map(|_| patch(&site, &path, "4", ""))).await;
    assert!(
        again
            .iter()
            .all(|answer| answer.status == StatusCode::CONFLICT)
    );
    assert_eq!(site.intake.items.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_an_earlier_run_received_whole_becomes_an_item() {
    let site = Site::new();
    site.intake.missing.store(1, Ordering::SeqCst);
    let path = created(&site, 4, &[("filename", "a.mp4")]).await;
    patch(&site, &path, "0", "0123").await;
    until(&site, &path, "failed").await;
    site.app.take_up_uploads(site.app.whole_uploads());
    until(&site, &path, "ready").await;
    let items = site.intake.items.lock().unwrap();
    let (item, caller) = &items[0];
    assert_eq!(item.owner, Some(site.user("ann")));
    assert_eq!(caller.subject, Subject::Operator);
}

/// A body that comes in pieces, one each `every`.
fn slow(pieces: usize, size: usize, every: Duration) -> Body {
    let pieces = futures_util::stream::unfold(pieces, move |left| async move {
        let left = left.checked_sub(1)?;
        tokio::time::sleep(every).await;
        Some((Ok::<_, Infallible>(Bytes::from(vec![b'a'; size])), left))
    });
    Body::from_stream(pieces)
}

async fn patch_slowly(site: &Site, path: &str, body: Body) -> (StatusCode, String) {
    let mut request = Request::patch(path)
        .header("host", "media.example.org")
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", "0")
        .header("content-type", PART)
        .body(body)
        .unwrap();
    request.headers_mut().extend(site.credentials(Who::Owner));
    let response = site.router.clone().oneshot(request).await.unwrap();
    let connection = response.headers().get("connection");
    let connection = connection.map(|value| value.to_str().unwrap().to_owned());
    let status = response.status();
    response.into_body().collect().await.unwrap();
    (status, connection.unwrap_or_default())
}

/// 200 kb/s, for five minutes: past every bound that other routes have, in time and in bytes.
#[tokio::test(start_paused = true)]
async fn slow_uplink_gets_its_file_through() {
    let site = Site::new();
    let path = created(&site, 300 * 25_000, &[("filename", "a.mp4")]).await;
    let body = slow(300, 25_000, Duration::from_secs(1));
    assert_eq!(patch_slowly(&site, &path, body).await.0.as_u16(), 204);
    until(&site, &path, "ready").await;
    assert_eq!(site.intake.content("a").len(), 7_500_000);
}

/// Abuse case A2.
#[tokio::test(start_paused = true)]
async fn body_that_trickles_in_is_cut_and_what_came_is_kept() {
    let site = Site::new();
    let path = created(&site, 1_000_000, &[]).await;
    let body = slow(1_000_000, 1, Duration::from_secs(1));
    let (status, connection) = patch_slowly(&site, &path, body).await;
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(connection, "close");
    let told = site.get(Who::Owner, &path).await.json();
    assert_eq!(
        (&told["offset"], &told["state"]),
        (&json!(29), &json!("receiving"))
    );
}

const FORM: &str = "multipart/form-data; boundary=XX";

fn field(name: &str, value: &str) -> String {
    format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(filename: &str, content: &str) -> String {
    format!(
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\nContent-Type: video/mp4\r\n\r\n{content}\r\n"
    )
}

async fn post_form(site: &Site, path: &str, parts: &[String]) -> Answer {
    let body = format!("{}--XX--\r\n", parts.concat());
    let ask = Ask::post(path).with(site.credentials(Who::Owner));
    site.send(ask.text(FORM, &body)).await
}

#[tokio::test]
async fn form_with_a_file_makes_an_item_in_whatever_order() {
    let site = Site::new();
    // Longer than any other body may be.
    let content = "0123456789".repeat(50_000);
    for (n, path) in ["/api/videos", "/api/images"].into_iter().enumerate() {
        let slug = format!("lesson{n}");
        let begin = if n == 0 { "" } else { "GIF" };
        let mut parts = vec![
            field("slug", &slug),
            field("title", "First"),
            field("visibility", "public"),
            file("a.mp4", &format!("{begin}{content}")),
        ];
        if n == 1 {
            parts.reverse();
        }
        let answer = post_form(&site, path, &parts).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        assert_eq!(
            answer.json(),
            json!({"slug": slug, "title": "First", "visibility": "public", "owner": "ann", "status": "ready", "reason": null, "url": format!("/watch/{slug}")})
        );
        assert_eq!(
            site.intake.content(&slug).len(),
            content.len() + begin.len()
        );
    }
    assert_eq!(site.intake.folders(), 0);
    let list = site.get(Who::Owner, "/api/uploads").await.json();
    assert_eq!(list["uploads"], json!([]));
}

/// Abuse case A9.
#[tokio::test]
async fn forms_that_are_wrong_are_refused_and_leave_nothing() {
    let site = Site::new();
    let many: Vec<String> = (0..100).map(|n| field(&format!("f{n}"), "v")).collect();
    for (parts, status, code) in [
        (vec![field("title", "No file")], 400, "unreadable"),
        (
            vec![file("a.mp4", "x"), file("b.mp4", "y")],
            400,
            "unreadable",
        ),
        (vec![file("a.mp4", "")], 400, "unreadable"),
        (vec![file("a.mp4", "bad")], 422, "unusable"),
        (
            vec![file("a.mp4", "x"), field("slug", "..")],
            422,
            "invalid_slug",
        ),
        (
            vec![field("visibility", "x"), file("a.mp4", "x")],
            422,
            "invalid_visibility",
        ),
        (
            vec![field("title", &"a".repeat(5_000)), file("a.mp4", "x")],
            413,
            "too_large",
        ),
        (many, 413, "too_large"),
        (
            vec![file("a.mp4", &"a".repeat(11_000_000))],
            413,
            "too_large",
        ),
        (
            vec![format!("--XX\r\nX: {}", "a".repeat(1 << 20))],
            413,
            "too_large",
        ),
        (vec!["--XX\r\n\r\nfile\r\n".to_owned()], 400, "unreadable"),
    ] {
        let answer = post_form(&site, "/api/videos", &parts).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert_eq!(answer.problem(), code, "{}", answer.body);
    }
    let taken = [field("slug", "one"), file("a.mp4", "x")];
    assert_eq!(
        post_form(&site, "/api/videos", &taken)
            .await
            .status
            .as_u16(),
        201
    );
    let again = post_form(&site, "/api/videos", &taken).await;
    assert_eq!(again.problem(), "taken");
    let ask = Ask::post("/api/videos").with(site.credentials(Who::Owner));
    let broken = site.send(ask.text(FORM, &file("b.mp4", "x"))).await;
    assert_eq!(broken.problem(), "unreadable");
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while site.intake.folders() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.expect("nothing is left");
    assert_eq!(site.intake.items.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn page_works_without_its_script() {
    let site = Site::new();
    let page = site.get(Who::Owner, "/upload").await;
    assert!(page.body.contains("enctype=\"multipart/form-data\""));
    let parts = [field("visibility", "unlisted"), file("Holiday 1.mp4", "x")];
    let body = format!("{}--XX--\r\n", parts.concat());
    let ask = || {
        let ask = Ask::post("/upload").with(site.credentials(Who::Owner));
        ask.header("accept", "text/html").text(FORM, &body)
    };
    let answer = site.send(ask()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(answer.header("location"), "/watch/holiday-1");
    let parts = [file("raw.mov", "bad")];
    let body = format!("{}--XX--\r\n", parts.concat());
    let ask = Ask::post("/upload").with(site.credentials(Who::Owner));
    let refused = site
        .send(ask.header("accept", "text/html").text(FORM, &body))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("ProRes"), "{}", refused.body);

    let path = created(&site, 10, &[("filename", "half <b>.mp4")]).await;
    patch(&site, &path, "0", "0123").await;
    let page = site.get(Who::Owner, "/upload").await;
    assert!(page.body.contains("half &#60;b&#62;.mp4"), "{}", page.body);
    assert!(page.body.contains("Stopped"));
    assert!(!site.get(Who::Other, "/upload").await.body.contains("half"));
}

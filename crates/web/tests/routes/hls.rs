//! Live HLS through the router: who gets a playlist, what its grant opens, and until when.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use domain::engine::{Body, Reply, Status};

use crate::site::{Ask, Site, Who};

/// A piece that exists.
pub fn piece(text: &'static str) -> Reply {
    Reply {
        status: Status::Ok,
        media_type: "video/mp4",
        body: Body::from(Bytes::from(text)),
        gzip: None,
        max_age_s: 60,
        immutable: true,
        retry_after_s: None,
        reason: None,
        version: None,
    }
}

/// The token that the index handed out.
pub async fn token(site: &Site, who: Who, slug: &str) -> String {
    let index = site.get(who, &format!("/hls/{slug}/index.m3u8")).await;
    assert_eq!(index.status, StatusCode::OK, "{}", index.body);
    index
        .body
        .split('~')
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn grant_opens_pieces_of_its_stream_alone() {
    let site = Site::new();
    for slug in ["secret", "club", "open"] {
        site.engine.put(slug, "s1.m4s", piece("media"));
    }
    let token = token(&site, Who::Owner, "secret").await;
    let get = async |path: String| site.get(Who::Nobody, &path).await;
    let own = get(format!("/hls/secret/~{token}/s1.m4s")).await;
    assert_eq!((own.status, own.body.as_str()), (StatusCode::OK, "media"));
    assert_eq!(
        own.header("cache-control"),
        "private, max-age=60, immutable",
        "no cache on the way hands it out when the grant has ended"
    );
    assert_eq!(own.header("access-control-allow-origin"), "*");
    let mut wrong = token.clone();
    let last = if wrong.pop() == Some('A') { 'B' } else { 'A' };
    wrong.push(last);
    for path in [
        format!("/hls/club/~{token}/s1.m4s"),
        format!("/hls/open/~{token}/s1.m4s"),
        format!("/hls/nothing/~{token}/s1.m4s"),
        format!("/hls/secret/~{wrong}/s1.m4s"),
        "/hls/secret/~/s1.m4s".to_owned(),
        format!("/hls/secret/~{}/s1.m4s", "A".repeat(4000)),
    ] {
        let answer = get(path.clone()).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::FORBIDDEN, ""),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

/// Abuse case B1.
#[tokio::test]
async fn piece_names_that_climb_never_reach_the_engine() {
    let site = Site::new();
    let token = token(&site, Who::Nobody, "open").await;
    for name in [
        "..",
        "%2e%2e",
        "..%2fsecret",
        "a%2fb",
        "%00",
        ".hidden",
        "a%5cb",
        "s1.m4s%00",
        "%252e%252e",
        "..;",
    ] {
        let answer = site
            .get(Who::Nobody, &format!("/hls/open/~{token}/{name}"))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
    assert_eq!(site.engine.asked(), []);
}

#[tokio::test]
async fn grant_ends_with_its_login_its_stream_and_its_visibility() {
    let cookie_ends = Ask::post("/logout");
    let stream_ends = Ask::new(Method::DELETE, "/api/streams/club");
    let visibility_changes =
        Ask::new(Method::PATCH, "/api/streams/club").json(r#"{"visibility":"private"}"#);
    for (ask, by) in [
        (cookie_ends, Who::Owner),
        (stream_ends, Who::Owner),
        (visibility_changes, Who::Administrator),
    ] {
        let site = Site::new();
        site.engine.put("club", "s1.m4s", piece("media"));
        let path = format!(
            "/hls/club/~{}/s1.m4s",
            token(&site, Who::Owner, "club").await
        );
        assert_eq!(site.get(Who::Nobody, &path).await.status, StatusCode::OK);
        let answer = site.send(ask.with(site.credentials(by))).await;
        assert!(answer.status.as_u16() < 400, "{}", answer.body);
        assert_eq!(
            site.get(Who::Nobody, &path).await.status,
            StatusCode::FORBIDDEN
        );
    }
    let site = Site::new();
    let path = format!(
        "/hls/club/~{}/s1.m4s",
        token(&site, Who::Owner, "club").await
    );
    site.rig.clock.advance(Duration::from_secs(8 * 86_400));
    assert_eq!(
        site.get(Who::Nobody, &path).await.status,
        StatusCode::FORBIDDEN,
        "seven days at most"
    );
}

#[tokio::test]
async fn index_of_public_streams_is_shared_and_of_others_is_not_kept() {
    let site = Site::new();
    let first = site.get(Who::Nobody, "/hls/open/index.m3u8").await;
    assert_eq!(first.header("cache-control"), "public, max-age=1");
    assert_eq!(
        first.header("content-type"),
        "application/vnd.apple.mpegurl"
    );
    assert_eq!(
        first.body,
        site.get(Who::Owner, "/hls/open/master.m3u8").await.body,
        "one prefix for all"
    );
    site.engine.put("open", "s1.m4s", piece("media"));
    let token = token(&site, Who::Nobody, "open").await;
    let path = format!("/hls/open/~{token}/s1.m4s");
    let kept = site.get(Who::Nobody, &path).await;
    assert_eq!(kept.header("cache-control"), "max-age=60, immutable");
    let private = site.get(Who::Owner, "/hls/secret/index.m3u8").await;
    assert_eq!(private.header("cache-control"), "private, no-store");
    // Nobody's refusal must not be kept for whoever logs in next.
    let refused = site.get(Who::Nobody, "/hls/secret/index.m3u8").await;
    assert!(refused.header("cache-control").contains("private"));
    for file in ["other.m3u8", "index.m3u", "INDEX.M3U8"] {
        assert_eq!(
            site.get(Who::Owner, &format!("/hls/secret/{file}"))
                .await
                .status,
            StatusCode::NOT_FOUND,
            "{file}"
        );
    }
}

#[tokio::test]
async fn gzip_is_sent_to_those_who_take_it() {
    let site = Site::new();
    let packed = Reply {
        gzip: Some(Bytes::from_static(b"packed")),
        max_age_s: 0,
        ..piece("#EXTM3U")
    };
    site.engine.put("open", "media.m3u8", packed);
    let path = format!(
        "/hls/open/~{}/media.m3u8",
        token(&site, Who::Nobody, "open").await
    );
    let plain = site.send(Ask::get(&path)).await;
    assert_eq!(
        (plain.body.as_str(), plain.header("content-encoding")),
        ("#EXTM3U", "")
    );
    let zipped = site
        .send(Ask::get(&path).header("accept-encoding", "gzip, br"))
        .await;
    assert_eq!(
        (zipped.body.as_str(), zipped.header("content-encoding")),
        ("packed", "gzip")
    );
    assert_eq!(
        (plain.header("vary"), zipped.header("vary")),
        ("accept-encoding", "accept-encoding")
    );
    assert_eq!(zipped.header("content-length"), "6");
}

#[tokio::test]
async fn requests_are_counted_by_kind_and_outcome() {
    let site = Site::new();
    site.engine.put("open", "s1.m4s", piece("media"));
    let token = token(&site, Who::Nobody, "open").await;
    site.get(Who::Nobody, &format!("/hls/open/~{token}/s1.m4s"))
        .await;
    site.get(Who::Nobody, &format!("/hls/open/~{token}/s2.m4s"))
        .await;
    site.get(Who::Nobody, "/hls/open/~nothing/media.m3u8").await;
    let counts: Vec<_> = site
        .app
        .counters()
        .hls_requests
        .read()
        .into_iter()
        .collect();
    assert_eq!(
        counts,
        [
            (("media", "not_found"), 1),
            (("media", "ok"), 1),
            (("playlist", "forbidden"), 1)
        ]
    );
}

//! Watching by WebRTC: who is let in, and the shape of answers. What an offer must be is the engine's to say.

use axum::http::{Method, StatusCode};

use crate::site::{Ask, Site, Who};

const SDP: &str = "v=0\r\n";

fn offer(site: &Site, who: Who, slug: &str) -> Ask {
    Ask::new(Method::POST, &format!("/{slug}/whep"))
        .with(site.credentials(who))
        .text("application/sdp", SDP)
}

/// Abuse case D2.
#[tokio::test]
async fn offer_of_who_may_watch_makes_a_session_with_an_address_of_its_own() {
    let site = Site::new();
    for (who, slug) in [
        (Who::Nobody, "open"),
        (Who::Nobody, "link"),
        (Who::Other, "club"),
        (Who::Owner, "secret"),
        (Who::ReadKey, "secret"),
    ] {
        let credentials = site.credentials(who);
        let wish = Ask::new(Method::POST, &format!("/{slug}/whep")).with(credentials.clone());
        let answer = site.send(wish.text("application/sdp", SDP)).await;
        assert_eq!(
            answer.status,
            StatusCode::CREATED,
            "{slug}: {}",
            answer.body
        );
        assert_eq!(answer.header("content-type"), "application/sdp");
        assert_eq!(answer.header("etag"), "\"ice-0\"");
        assert_eq!(
            answer.header("accept-patch"),
            "application/trickle-ice-sdpfrag"
        );
        let location = answer.header("location").to_owned();
        assert!(
            location.starts_with(&format!("/{slug}/whep/")),
            "{location}"
        );

        let session = |method| Ask::new(method, &location).with(credentials.clone());
        let trickle = session(Method::PATCH).text("application/trickle-ice-sdpfrag", "a=mid:0");
        assert_eq!(site.send(trickle).await.status, StatusCode::NO_CONTENT);
        let restart = || session(Method::PATCH).text("application/trickle-ice-sdpfrag", "restart");
        for (if_match, status, problem) in [
            (None, 428, "precondition_required"),
            (Some("\"ice-7\""), 412, "stale"),
        ] {
            let ask = restart();
            let ask = if_match.map_or(restart(), |etag| ask.header("if-match", etag));
            let refused = site.send(ask).await;
            assert_eq!(refused.status.as_u16(), status);
            assert_eq!(refused.problem(), problem);
        }
        let restarted = site.send(restart().header("if-match", "*")).await;
        assert_eq!(restarted.status, StatusCode::OK);
        assert_eq!(restarted.header("etag"), "\"ice-1\"");

        // Somebody else's session cannot be told from none.
        if slug != "open" && slug != "link" {
            let foreign =
                Ask::new(Method::DELETE, &location).with(site.credentials(Who::Administrator));
            assert_eq!(site.send(foreign).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(
            site.send(session(Method::DELETE)).await.status,
            StatusCode::OK
        );
        assert_eq!(
            site.send(session(Method::DELETE)).await.status,
            StatusCode::NOT_FOUND
        );
    }
}

/// Abuse case D1.
#[tokio::test]
async fn grant_of_the_stream_opens_it_and_one_of_another_does_not() {
    let site = Site::new();
    let index = site.get(Who::Owner, "/hls/secret/index.m3u8").await;
    let (_, rest) = index.body.split_once('~').unwrap();
    let (grant, _) = rest.split_once('/').unwrap();
    let in_query = Ask::new(Method::POST, &format!("/secret/whep?token={grant}"));
    let in_header =
        Ask::new(Method::POST, "/secret/whep").header("authorization", &format!("Bearer {grant}"));
    for ask in [in_query, in_header] {
        let answer = site.send(ask.text("application/sdp", SDP)).await;
        assert_eq!(answer.status, StatusCode::CREATED);
    }
    let other =
        offer(&site, Who::Nobody, "club").header("authorization", &format!("Bearer {grant}"));
    assert_eq!(site.send(other).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn stream_that_is_not_live_says_when_to_ask_again() {
    let site = Site::new();
    site.engine.end(&"open".parse().unwrap(), site.rig.now());
    let answer = site.send(offer(&site, Who::Nobody, "open")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.problem(), "not_live");
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn page_of_another_site_may_watch_what_is_public_and_nothing_by_its_visitors_cookie() {
    let site = Site::new();
    let elsewhere = |who, slug| offer(&site, who, slug).header("origin", "https://blog.example");
    let open = site.send(elsewhere(Who::Owner, "open")).await;
    assert_eq!(open.status, StatusCode::CREATED);
    assert_eq!(open.header("access-control-allow-origin"), "*");
    assert!(
        open.header("access-control-expose-headers")
            .contains("location")
    );
    assert_eq!(open.header("access-control-allow-credentials"), "");
    let secret = site.send(elsewhere(Who::Owner, "secret")).await;
    assert_eq!(secret.status, StatusCode::UNAUTHORIZED);
    assert_eq!(secret.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn door_says_what_it_takes() {
    let site = Site::new();
    let options = site.send(Ask::new(Method::OPTIONS, "/open/whep")).await;
    assert_eq!(options.status, StatusCode::OK);
    assert_eq!(options.header("accept-post"), "application/sdp");
    assert!(
        options
            .header("access-control-allow-methods")
            .contains("PATCH")
    );
    let wrong = Ask::new(Method::POST, "/open/whep").text("text/plain", SDP);
    let wrong = site.send(wrong).await;
    assert_eq!(wrong.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let long = Ask::new(Method::POST, "/open/whep").text("application/sdp", &"a".repeat(1 << 20));
    assert_eq!(site.send(long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

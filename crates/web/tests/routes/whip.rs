//! Publishing by WebRTC: the shape of answers and refusals. What an offer must be, and whose key opens which stream, is the engine's to
//! say.

use axum::http::{Method, StatusCode};
use domain::{clock::Time, publish::Refused, session::NotPublished};

use crate::site::{Ask, Site, Who};

const SDP: &str = "v=0\r\n";
const KEY: &str = "sk_0123456789abcdef0123456789abcdef";

fn offer(path: &str) -> Ask {
    Ask::new(Method::POST, path).text("application/sdp", SDP)
}

fn with_key(ask: Ask, key: &str) -> Ask {
    ask.header("authorization", &format!("Bearer {key}"))
}

/// Abuse case D2.
#[tokio::test]
async fn offer_makes_a_session_that_its_key_alone_changes_and_ends() {
    let site = Site::new();
    let answer = site.send(with_key(offer("/open/whip"), KEY)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.body, SDP);
    assert_eq!(answer.header("content-type"), "application/sdp");
    assert_eq!(answer.header("etag"), "\"ice-0\"");
    assert_eq!(
        answer.header("accept-patch"),
        "application/trickle-ice-sdpfrag"
    );
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("/open/whip/"), "{location}");
    let [(path, _)] = &site.engine.published()[..] else {
        panic!("one offer");
    };
    assert_eq!(path[..], ["open"]);

    let session = |method| with_key(Ask::new(method, &location), KEY);
    let fragment = |text| session(Method::PATCH).text("application/trickle-ice-sdpfrag", text);
    let trickled = site.send(fragment("a=mid:0")).await;
    assert_eq!(trickled.status, StatusCode::NO_CONTENT);
    assert_eq!(trickled.header("etag"), "");
    for (if_match, status, problem) in [
        (None, 428, "precondition_required"),
        (Some("\"ice-7\""), 412, "stale"),
    ] {
        let ask = fragment("restart");
        let ask = match if_match {
            Some(etag) => ask.header("if-match", etag),
            None => ask,
        };
        let refused = site.send(ask).await;
        assert_eq!(refused.status.as_u16(), status);
        assert_eq!(refused.problem(), problem);
    }
    let restarted = site.send(fragment("restart").header("if-match", "*")).await;
    assert_eq!(restarted.status, StatusCode::OK);
    assert_eq!(restarted.header("etag"), "\"ice-1\"");

    let other = Ask::new(Method::DELETE, &location);
    let foreign = site.send(with_key(other, "sk_another")).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let keyless = site.send(Ask::new(Method::DELETE, &location)).await;
    assert_eq!(keyless.status, StatusCode::UNAUTHORIZED);
    assert_eq!(keyless.problem(), "no_key");
    let end = || site.send(session(Method::DELETE));
    assert_eq!(end().await.status, StatusCode::OK);
    assert_eq!(end().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn key_may_stand_in_the_address_and_the_header_counts_before_it() {
    let site = Site::new();
    let made = site.send(offer(&format!("/open/whip?token={KEY}"))).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let location = made.header("location").to_owned();
    assert!(!location.contains("token"), "{location}");
    let end = Ask::new(Method::DELETE, &format!("{location}?token=sk_another"));
    let ended = site.send(with_key(end, KEY)).await;
    assert_eq!(ended.status, StatusCode::OK);
}

/// Abuse case D1.
#[tokio::test]
async fn refusal_says_what_is_wrong_and_what_to_do() {
    let site = Site::new();
    let none = site.send(offer("/open/whip")).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    assert_eq!(none.problem(), "no_key");
    assert_eq!(none.header("www-authenticate"), "Bearer");
    assert!(none.body.contains("Bearer Token"), "{}", none.body);
    let revoked = Refused::Revoked {
        name: "OBS".into(),
        at: Time::from_ms(0),
    };
    let unsupported = Refused::Unsupported {
        what: "The picture is offered as VP8.".into(),
        fix: "Set the encoder to H.264.".into(),
    };
    for (why, status, code, retry) in [
        (Refused::UnknownKey.into(), 401, "unknown_key", ""),
        (revoked.into(), 401, "revoked_key", ""),
        (Refused::Disabled.into(), 403, "owner_disabled", ""),
        (Refused::AlreadyLive.into(), 409, "already_live", ""),
        (Refused::Ended.into(), 409, "broadcast_ended", ""),
        (unsupported.into(), 422, "unsupported_media", ""),
        (
            Refused::TooManyTries { retry_after_s: 3 }.into(),
            429,
            "too_many_tries",
            "3",
        ),
        (
            Refused::TooManyPublishers.into(),
            503,
            "too_many_publishers",
            "5",
        ),
        (Refused::ShuttingDown.into(), 503, "shutting_down", "5"),
        (
            NotPublished::Malformed("it is no offer".into()),
            400,
            "unreadable",
            "",
        ),
        (
            NotPublished::Unacceptable("it holds too much".into()),
            422,
            "unacceptable",
            "",
        ),
        (NotPublished::TooMany, 503, "too_many_sessions", "5"),
        (NotPublished::Off, 501, "webrtc_off", ""),
    ] {
        site.engine.refuse_publishers(Some(why));
        let answer = site.send(with_key(offer("/open/whip"), KEY)).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert_eq!(answer.problem(), code);
        assert_eq!(answer.header("retry-after"), retry, "{code}");
        assert!(!answer.body.contains(KEY));
    }
}

#[tokio::test]
async fn page_of_another_site_may_publish_with_a_key_and_nothing_by_its_visitors_cookie() {
    let site = Site::new();
    let elsewhere = |ask: Ask| ask.header("origin", "https://studio.example");
    let cookie = offer("/open/whip").with(site.credentials(Who::Owner));
    let refused = site.send(elsewhere(cookie)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let taken = site
        .send(elsewhere(with_key(offer("/open/whip"), KEY)))
        .await;
    assert_eq!(taken.status, StatusCode::CREATED);
    for answer in [refused, taken] {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        let exposed = answer.header("access-control-expose-headers");
        assert!(exposed.contains("location") && exposed.contains("etag"));
    }
}

/// Abuse case D3.
#[tokio::test]
async fn door_says_what_it_takes() {
    let site = Site::new();
    let options = site.send(Ask::new(Method::OPTIONS, "/open/whip")).await;
    assert_eq!(options.status, StatusCode::OK);
    assert_eq!(options.header("accept-post"), "application/sdp");
    let allowed = options.header("access-control-allow-headers");
    assert!(allowed.contains("authorization"), "{allowed}");
    let wrong = Ask::new(Method::POST, "/open/whip").text("text/plain", SDP);
    let wrong = site.send(with_key(wrong, KEY)).await;
    assert_eq!(wrong.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let long = Ask::new(Method::POST, "/open/whip").text("application/sdp", &"a".repeat(1 << 20));
    let long = site.send(with_key(long, KEY)).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
}

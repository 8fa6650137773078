//! The Go-live page: what it says of a broadcast, how to send, keys, the test signal.

use std::{net::IpAddr, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use domain::{
    engine::{Close, Engine as _, Live, Refusal, Sample, Severity, State, Viewers, Warning},
    publish::{Credential, Protocol},
    slug::Slug,
};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use web::Settings;

use crate::{
    site::{Ask, Site, Who},
    streams::{encoded, shown_key},
};

fn site() -> Site {
    Site::with(Settings {
        rtmp: Some("[::]:1935".parse().unwrap()),
        ..Settings::default()
    })
}

fn slug() -> Slug {
    "secret".parse().unwrap()
}

impl Site {
    async fn page(&self) -> String {
        let page = self.get(Who::Owner, "/streams/secret").await;
        assert_eq!(page.status, StatusCode::OK);
        page.body
    }

    /// Changes what is known of the broadcast on `secret`.
    fn with_live(&self, change: impl FnOnce(&mut Live)) {
        let mut live = self.engine.live(&slug()).unwrap();
        change(&mut live);
        self.engine.set_live(live);
    }

    /// The profile for OBS; a zip of stored files, so its text can be read.
    async fn profile(&self) -> (HeaderMap, String) {
        let mut request = Request::post("/streams/secret/obs-profile")
            .header("host", "media.example.org")
            .body(Body::empty())
            .unwrap();
        request.headers_mut().extend(self.credentials(Who::Owner));
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.headers, String::from_utf8_lossy(&bytes).into_owned())
    }

    fn key_id(&self) -> String {
        self.secret.1.key.id.to_string()
    }

    async fn is_good(&self, key: &str) -> bool {
        let asked = format!("/api/stream/validate?path=secret&token={key}");
        self.get(Who::Nobody, &asked).await.status == StatusCode::OK
    }
}

/// The element that carries this attribute, up to its end.
fn part<'a>(page: &'a str, attribute: &str) -> &'a str {
    let (_, rest) = page
        .split_once(attribute)
        .unwrap_or_else(|| panic!("no {attribute}"));
    rest.split('>').next().unwrap()
}

fn is_hidden(page: &str, attribute: &str) -> bool {
    part(page, attribute).contains("hidden")
}

#[tokio::test]
async fn page_says_what_the_server_receives() {
    let site = site();
    let page = site.page().await;
    for words in [
        "data-standing=\"receiving\"",
        "Receiving 1280×720, 30\u{a0}fps, H.264 High, AAC 48\u{a0}kHz stereo, 2.6\u{a0}Mb/s",
        "by RTMP from 192.0.2.x",
        "class=\"badge live\" data-badge>LIVE",
        "3 by HLS",
        "src=\"/hls/secret/poster.mp4\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("192.0.2.7"), "addresses are shortened");
    assert!(is_hidden(&page, "data-notes"));
    assert!(is_hidden(&page, "data-refused"));

    site.with_live(|live| live.tracks.truncate(1));
    assert!(site.page().await.contains("H.264 High, no sound, 2.6"));
    // Before it can be played, the sound may still come.
    site.with_live(|live| live.playable = false);
    assert!(site.page().await.contains("H.264 High, 2.6"));
    site.with_live(|live| live.tracks.clear());
    let page = site.page().await;
    assert!(page.contains("data-standing=\"starting\"") && page.contains("A sender is connected"));
    let until = site.rig.now().plus(Duration::from_secs(30));
    site.with_live(|live| live.state = State::Away { until });
    let page = site.page().await;
    assert!(page.contains("The sender lost its connection"));
    assert!(page.contains("class=\"badge\" data-badge>Waiting"));
    assert!(
        !is_hidden(&page, "data-ask data-on"),
        "it can be ended meanwhile"
    );

    site.rig.clock.advance(Duration::from_secs(72 * 60));
    site.engine.end(&slug(), site.rig.now());
    let page = site.page().await;
    assert!(page.contains("Waiting for your stream"));
    assert!(page.contains("The last broadcast ran 1\u{a0}h 12\u{a0}min and ended at"));
    assert!(is_hidden(&page, "class=\"health\" data-on"));
    assert!(is_hidden(&page, "data-ask data-on"));
}

#[tokio::test]
async fn warnings_and_charts_stand_on_the_page_and_in_the_api_alike() {
    let site = site();
    let since = site.rig.now();
    site.with_live(|live| {
        live.key_frame_interval_s = Some(8.34);
        live.warnings = vec![Warning {
            code: "key_frames_far_apart",
            severity: Severity::Warning,
            actual: Some(8.34),
            expected: Some(2.0),
            unit: "s",
            since,
        }];
    });
    let samples = (0..120).map(|n| Sample {
        at: since.plus(Duration::from_secs(n)),
        bit_rate: 2_600_000,
        frame_rate: Some(30.0),
        key_frame_interval_s: (n > 10).then_some(8.34),
        viewers: Viewers { hls: 3, webrtc: 0 },
    });
    site.engine.set_history(&slug(), samples.collect());
    let page = site.page().await;
    for words in [
        "A key frame comes only every 8.3\u{a0}s",
        "A viewer who joins or rewinds needs one to see a picture",
        "<strong>Fix in OBS:</strong> Settings, Output, Advanced, Keyframe interval: 2 s.",
        ">-g 60</span>",
        "Should be 2\u{a0}s",
        "aria-label=\"Bit rate: Steady\"",
        "aria-label=\"Key frame every: Should be 2\u{a0}s\"",
        "class=\"spark warn\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(
        page.matches("<path class=\"l\" d=\"M").count(),
        4,
        "four charts"
    );
    let status = site
        .get(Who::Owner, "/api/streams/secret/status")
        .await
        .json();
    let warning = &status["live"]["warnings"][0];
    assert_eq!(warning["title"], "A key frame comes only every 8.3\u{a0}s");
    assert!(
        warning["why"]
            .as_str()
            .unwrap()
            .starts_with("A viewer who joins")
    );
    assert_eq!(warning["severity"], "warning");
    assert_eq!(status["test_signal"], false);
}

#[tokio::test]
async fn refused_attempts_say_why_and_what_helps() {
    let site = site();
    site.engine.refuse(Refusal {
        at: site.rig.now(),
        protocol: Protocol::Rtmp,
        address: IpAddr::from([203, 0, 113, 77]),
        slug: Some(slug()),
        reason: "other_application",
        message: "The application is called “<script>alert(1)</script>”; here it is “live”."
            .to_owned(),
        fix: "Set the server to rtmp://HOST:1935/live".to_owned(),
        times: 12,
    });
    let page = site.page().await;
    assert!(!is_hidden(&page, "data-refused"));
    for words in [
        "203.0.113.x",
        "12 times",
        "Set the server to rtmp://media.example.org:1935/live",
        "&#60;script&#62;alert(1)",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("203.0.113.77") && !page.contains("<script>alert"));
}

#[tokio::test]
async fn server_is_told_under_the_name_that_the_visitor_used() {
    for (settings, expected) in [
        (
            site_settings("0.0.0.0:1935", ""),
            "rtmp://media.example.org:1935/live",
        ),
        (
            site_settings("127.0.0.1:2935", ""),
            "rtmp://media.example.org:2935/live",
        ),
        (
            site_settings("[::]:1935", "https://video.example.com"),
            "rtmp://video.example.com:1935/live",
        ),
    ] {
        let is_encrypted = settings.public_url.starts_with("https");
        let site = Site::with(settings);
        let mut headers = site.credentials(Who::Owner);
        if is_encrypted {
            let cookie = format!("__Host-{}", headers["cookie"].to_str().unwrap());
            headers.insert("cookie", cookie.parse().unwrap());
        }
        let ask = Ask::get("/streams/secret").with(headers);
        let page = site.send(ask).await.body;
        assert!(
            page.contains(&format!("value=\"{expected}\"")),
            "{expected}"
        );
        assert!(
            page.contains(&format!("&#34;{expected}/YOUR-KEY&#34;")),
            "{expected}: {page}"
        );
    }
    let site = Site::new();
    let page = site.page().await;
    assert!(
        page.contains("RTMP is switched off on this server"),
        "{page}"
    );
    assert!(!page.contains("rtmp://"));
}

fn site_settings(rtmp: &str, public_url: &str) -> Settings {
    Settings {
        rtmp: Some(rtmp.parse().unwrap()),
        public_url: public_url.to_owned(),
        ..Settings::default()
    }
}

/// Abuse case A10: where a page writes its own address.
#[tokio::test]
async fn forged_host_is_not_repeated_into_commands() {
    let site = site();
    let mut headers = site.credentials(Who::Owner);
    headers.insert("host", "evil\";rm -rf ~;\"".parse().unwrap());
    let ask = Ask::get("/streams/secret").with(headers);
    let page = site.send(ask).await.body;
    assert!(!page.contains("rm -rf"), "{page}");
}

/// Abuse case A10: with a public address in the settings, no header of a request is repeated, whoever sends it.
#[tokio::test]
async fn address_of_the_settings_wins_over_what_a_request_says() {
    let site = Site::with(site_settings("0.0.0.0:1935", "https://media.example.org"));
    for path in [
        "/",
        "/streams/secret",
        "/watch/open",
        "/test?stream=open",
        "/account",
        "/nothing-here",
    ] {
        let mut headers = site.credentials(Who::Owner);
        headers.insert("host", "evil.example".parse().unwrap());
        headers.insert("accept", "text/html".parse().unwrap());
        let ask = Ask::get(path)
            .with(headers)
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "http")
            .header("forwarded", "host=evil.example;proto=http");
        let answer = site.send(ask).await;
        assert!(!answer.body.contains("evil.example"), "{path}");
        let mut sent = answer.headers.values();
        assert!(
            sent.all(|value| !value.as_bytes().windows(4).any(|w| w == b"evil")),
            "{path}: {:?}",
            answer.headers
        );
    }
    let login = Ask::post("/login")
        .form("username=ann&password=wrong&next=/")
        .header("origin", "https://evil.example")
        .header("x-forwarded-host", "evil.example");
    assert_eq!(site.send(login).await.problem(), "cross_site");
}

#[tokio::test]
async fn key_is_rotated_after_asking_and_the_old_one_ends() {
    let site = site();
    let old = site.secret.1.secret.expose().to_owned();
    let path = format!("/streams/secret/keys/{}/rotate", site.key_id());
    let asked = site.get(Who::Owner, &path).await;
    assert!(asked.body.contains("Make a new key for “First key”?"));
    assert!(site.is_good(&old).await, "asking changes nothing");
    let done = site.post_form(Who::Owner, &path, "").await;
    assert_eq!(done.header("location"), "/streams/secret");
    let page = site.page().await;
    let new = format!("sk_{}", shown_key(&page).unwrap());
    assert!(site.is_good(&new).await && !site.is_good(&old).await);
    assert!(page.contains("Stream key “First key”"));
    // What is gone cannot be asked about, nor rotated again.
    assert_eq!(
        site.get(Who::Owner, &path).await.status,
        StatusCode::NOT_FOUND
    );
    let again = site.post_form(Who::Owner, &path, "").await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn key_is_revoked_after_asking_and_leaves_the_list() {
    let site = site();
    let key = site.secret.1.secret.expose().to_owned();
    let path = format!("/streams/secret/keys/{}/revoke", site.key_id());
    let asked = site.get(Who::Owner, &path).await;
    assert!(asked.body.contains("Revoke “First key”?"));
    let done = site.post_form(Who::Owner, &path, "").await;
    assert_eq!(done.header("location"), "/streams/secret");
    assert!(!site.is_good(&key).await);
    let page = site.page().await;
    assert!(page.contains("No key. A sender needs one"), "{page}");
    assert!(page.contains("No key yet"));
}

#[tokio::test]
async fn keys_of_other_streams_and_no_keys_at_all_are_not_found() {
    let site = site();
    for id in [
        "0000000000000000",
        "x",
        "%22",
        "..%2f..%2fdelete",
        &"f".repeat(4000),
    ] {
        for what in ["rotate", "revoke"] {
            let path = format!("/streams/secret/keys/{id}/{what}");
            assert_eq!(
                site.get(Who::Owner, &path).await.status,
                StatusCode::NOT_FOUND,
                "{path}"
            );
            let posted = site.post_form(Who::Owner, &path, "").await;
            assert_eq!(posted.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let path = format!("/streams/club/keys/{}/revoke", site.key_id());
    assert_eq!(
        site.post_form(Who::Owner, &path, "").await.status,
        StatusCode::NOT_FOUND
    );
}

/// Abuse case H5: for names of keys.
#[tokio::test]
async fn named_keys_are_made_and_hostile_names_refused_or_shown_as_text() {
    let site = site();
    let path = "/streams/secret/keys";
    for (name, is_taken) in [
        ("Tomas’s phone", true),
        ("<script>alert(1)</script>", true),
        ("a\nb", false),
        ("\u{202e}enohp", false),
        ("", false),
        (&"x".repeat(4096), false),
    ] {
        let answer = site
            .post_form(Who::Owner, path, &format!("name={}", encoded(name)))
            .await;
        if is_taken {
            assert_eq!(answer.header("location"), "/streams/secret", "{name:?}");
            let page = site.page().await;
            assert!(shown_key(&page).is_some());
            assert!(!page.contains("<script>alert"));
            assert!(part(&page, "value=\"sk_").contains("aria-describedby"));
        } else {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
            assert!(
                answer.body.contains("id=\"key-name-error\" role=\"alert\""),
                "{name:?}"
            );
        }
    }
    for n in 0..47 {
        site.post_form(Who::Owner, path, &format!("name=key+{n}"))
            .await;
    }
    let full = site.post_form(Who::Owner, path, "name=one+more").await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(full.body.contains("50 keys at most"), "{}", full.body);
}

#[tokio::test]
async fn key_in_use_is_told() {
    let site = site();
    let id = site.secret.1.key.id;
    assert!(is_hidden(&site.page().await, "data-in-use"));
    site.with_live(|live| live.credential = Credential::Key(id));
    let page = site.page().await;
    assert!(!is_hidden(&page, "data-in-use"), "{page}");
    let status = site
        .get(Who::Owner, "/api/streams/secret/status")
        .await
        .json();
    assert_eq!(status["key_in_use"]["id"], id.to_string());
}

#[tokio::test]
async fn ending_asks_and_then_ends_it_for_everybody() {
    let site = site();
    let asked = site.get(Who::Owner, "/streams/secret/end").await;
    assert!(asked.body.contains("End the broadcast?"));
    assert!(site.engine.closed().is_empty());
    let done = site.post_form(Who::Owner, "/streams/secret/end", "").await;
    assert_eq!(done.header("location"), "/streams/secret");
    let (who, why) = site.engine.closed().pop().unwrap();
    assert_eq!(who, Close::Publishers(site.secret.0.id));
    assert_eq!(why, "The broadcast was ended on its page.");
}

#[tokio::test]
async fn profile_for_obs_is_a_zip_with_a_key_of_its_own() {
    let site = site();
    for name in ["OBS profile", "OBS profile 2"] {
        let (headers, zip) = site.profile().await;
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/zip");
        assert_eq!(
            header("content-disposition"),
            "attachment; filename=\"media-server-secret.zip\""
        );
        assert_eq!(header("cache-control"), "private, no-store");
        let (_, rest) = zip.split_once("\"key\":\"").unwrap();
        let key = rest.split('"').next().unwrap();
        assert!(site.is_good(key).await, "{key}");
        assert!(zip.contains("rtmp://media.example.org:1935/live"));
        let page = site.page().await;
        assert!(
            page.contains(&format!("<p class=\"name\">{name}</p>")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn test_signal_starts_where_nobody_is_live_and_stops() {
    let site = site();
    let path = "/streams/secret/test-signal";
    let busy = site.post_form(Who::Owner, path, "").await;
    assert_eq!(busy.status, StatusCode::CONFLICT);
    assert!(
        busy.body
            .contains("Someone is already live on this stream.")
    );
    assert!(busy.body.contains("role=\"alert\""));

    for slug in ["secret", "club"] {
        site.engine.end(&slug.parse().unwrap(), site.rig.now());
    }
    for time in ["first", "second"] {
        let started = site.post_form(Who::Owner, path, "").await;
        assert_eq!(started.header("location"), path, "{time}");
    }
    let page = site.get(Who::Owner, path).await.body;
    assert!(is_hidden(&page, "data-test-start") && !is_hidden(&page, "data-test-stop"));
    let status = site
        .get(Who::Owner, "/api/streams/secret/status")
        .await
        .json();
    assert_eq!(status["test_signal"], true);
    let keys = site
        .get(Who::Owner, "/api/streams/secret/keys")
        .await
        .json();
    assert_eq!(
        keys["keys"].as_array().unwrap().len(),
        1,
        "no trace among the keys"
    );

    // The rig's runs on one stream at most.
    let many = site
        .post_form(Who::Owner, "/streams/club/test-signal", "")
        .await;
    assert_eq!(many.status, StatusCode::CONFLICT);
    assert!(
        many.body.contains("runs on 1 streams already"),
        "{}",
        many.body
    );
    let stopped = site
        .post_form(Who::Owner, &format!("{path}/stop"), "")
        .await;
    assert_eq!(stopped.header("location"), path);
    let page = site.get(Who::Owner, path).await.body;
    assert!(!is_hidden(&page, "data-test-start"));
    let other = site
        .post_form(Who::Owner, "/streams/club/test-signal", "")
        .await;
    assert_eq!(other.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn key_is_rotated_over_the_api_too() {
    let site = site();
    let path = format!("/api/streams/secret/keys/{}/rotate", site.key_id());
    let made = site.post_json(Who::ManageKey, &path, "").await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert_eq!(made["name"], "First key");
    assert!(site.is_good(made["key"].as_str().unwrap()).await);
    assert!(!site.is_good(site.secret.1.secret.expose()).await);
    let again = site.post_json(Who::ManageKey, &path, "").await;
    assert_eq!(again.problem(), "not_found");
}

#[tokio::test]
async fn page_that_sends_from_the_browser_may_use_camera_and_microphone_and_no_other_page_may() {
    let site = site();
    let sends = site.get(Who::Owner, "/streams/secret/browser").await;
    let allowed = sends.header("permissions-policy").to_owned();
    for device in ["camera", "microphone", "display-capture"] {
        assert!(allowed.contains(&format!("{device}=(self)")), "{allowed}");
    }
    assert!(sends.body.contains("data-broadcast=\"/secret/whip\""));
    assert!(sends.body.contains("/assets/broadcast-"));
    for path in [
        "/streams/secret",
        "/streams/secret/test-signal",
        "/watch/open",
    ] {
        let other = site.get(Who::Owner, path).await;
        let forbidden = other.header("permissions-policy").to_owned();
        for device in ["camera", "microphone", "display-capture"] {
            assert!(
                forbidden.contains(&format!("{device}=()")),
                "{path}: {forbidden}"
            );
        }
        assert!(!other.body.contains("/assets/broadcast-"), "{path}");
    }
}

#[tokio::test]
async fn key_lent_to_a_page_is_in_no_list_and_ends_with_the_login() {
    let site = site();
    let path = "/streams/secret/browser-key";
    let lent = site.post_form(Who::Owner, path, "").await;
    assert_eq!(lent.status, StatusCode::CREATED);
    assert_eq!(lent.header("cache-control"), "no-store");
    let key = lent.json()["key"].as_str().unwrap().to_owned();
    assert!(site.is_good(&key).await);
    let keys = site
        .get(Who::Owner, "/api/streams/secret/keys")
        .await
        .json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert!(!site.page().await.contains(&key));
    let out = site.post_form(Who::Owner, "/logout", "").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert!(!site.is_good(&key).await);
}

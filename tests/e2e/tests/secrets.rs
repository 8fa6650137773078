//! No secret is told where it does not belong: log, metrics, playlists, the API, the process list.

use std::fs;

use e2e::{
    Encoder, Ffmpeg, MOMENT, Server,
    playlist::{Viewer, media_path},
    sample,
    server::wait_until_receiving,
    until,
};
use serde_json::json;

const PASSWORD: &str = "correct-horse-battery-7";
const WRONG: &str = "sk_WrongWrongWrongWrongWrongWrongWrongW";

/// Abuse case C12: everything is sent where its owner would send it, at the most talkative level there is; then all that the server tells is
/// searched.
#[test]
fn keys_passwords_cookies_and_tokens_are_shown_nowhere() {
    let server = Server::start(&["log.level=trace"]);
    let operator = server.operator();
    let _ = server.cli(&["user", "add", "carla"], PASSWORD);
    let key = server.add_stream("live", "members");
    let chosen_path = format!("live/{WRONG}");
    let refused = Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&chosen_path));
    let (status, _) = refused.end();
    assert!(!status.success(), "a wrong key publishes nothing");
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");

    let login = server
        .client()
        .post_form("/login", &format!("username=carla&password={PASSWORD}"));
    assert_eq!(login.status, 303, "{}", login.text());
    let carla = server.client().with_cookie_of(&login);
    let cookie = login
        .header("set-cookie")
        .and_then(|cookie| cookie.split(';').next()?.split_once('='))
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default();
    assert!(cookie.len() > 20, "a cookie to look for");
    let viewer = Viewer::join(&carla, "live");
    let _ = viewer.wait_for(viewer.look().last() + 1);
    let grant = viewer
        .path()
        .split('/')
        .find_map(|part| part.strip_prefix('~'))
        .unwrap_or_default()
        .to_owned();
    assert!(grant.len() > 40, "a grant to look for");
    // A login that fails, and the key where it does not belong.
    let _ = server
        .client()
        .post_form("/login", "username=carla&password=guess-guess-guess");
    let _ = server.client().get(&format!("/watch/live?token={key}"));
    let _ = server.client().get(&format!("/hls/{key}/index.m3u8"));

    let secrets = [
        ("the key", key.as_str()),
        ("a wrong key", WRONG),
        ("a password", PASSWORD),
        ("a wrong password", "guess-guess-guess"),
        ("a cookie", &cookie),
        ("a grant", &grant),
    ];
    let told = |what: &str, text: &str, but: &[&str]| {
        assert!(!text.is_empty(), "{what} tells nothing at all");
        for (name, secret) in secrets {
            assert!(
                but.contains(&name) || !text.contains(secret),
                "{what} tells {name}"
            );
        }
    };
    let metrics = until("metrics", MOMENT, || metrics(&server));
    told("/metrics", &metrics, &[]);
    for path in [
        "/api/streams",
        "/api/streams/live",
        "/api/streams/live/keys",
        "/api/streams/live/refusals",
        "/api/mediamtx/status",
        "/health",
    ] {
        told(path, &operator.get(path).text(), &[]);
    }
    let index = carla.get("/hls/live/index.m3u8");
    // The grant is what the index is for; nobody else's is in it.
    told("the index", &index.text(), &["a grant"]);
    let media = media_path("live", &index).unwrap_or_default();
    told("the playlist", &carla.get(&media).text(), &[]);
    told("the page", &carla.get("/watch/live").text(), &["a grant"]);
    told("the process list", &command_line(&server), &[]);
    drop(publisher);
    let log = server.whole_log();
    for word in ["refused a publisher", "a publisher is live"] {
        assert!(
            log.contains(word),
            "the log says less than it should: {log}"
        );
    }
    told("the log", &log, &[]);
}

/// Abuse case J6: whoever has a code brings it in every address that takes one, and where it does not belong.
#[test]
fn access_codes_stay_with_who_brings_them() {
    const CHOSEN: &str = "spring-course-2026";
    const WRONG_CODE: &str = "winter-course-1999";
    let server = Server::start(&["log.level=trace"]);
    let operator = server.operator();
    let key = server.add_stream("hall", "private");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("hall?token={key}")));
    wait_until_receiving(&operator, "hall");
    server.upload(&sample("lesson1.mp4"), "lesson1", &[]);
    server.upload(&sample("logo.png"), "logo", &[]);
    let items = [("stream", "hall"), ("video", "lesson1"), ("image", "logo")];
    let items = items.map(|(kind, slug)| json!({"media_type": kind, "media_slug": slug}));
    let make = |body: serde_json::Value| {
        let made = operator.send_json("POST", "/api/access-codes", &body);
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["code"].as_str().unwrap_or_default().to_owned()
    };
    let made = make(json!({"media_items": items}));
    let chosen = make(json!({"media_items": items, "code": CHOSEN}));
    let codes = [made.as_str(), chosen.as_str(), WRONG_CODE];
    let told = |what: &str, text: &str| {
        assert!(!text.is_empty(), "{what} tells nothing at all");
        for code in codes {
            assert!(!text.contains(code), "{what} tells {code}");
        }
    };

    let visitor = server.client();
    for code in codes {
        let is_good = code != WRONG_CODE;
        for path in [
            "/watch/lesson1?access_code=",
            "/watch/hall?code=",
            "/embed/lesson1?access_code=",
            "/images/logo?access_code=",
            "/images/logo/about?access_code=",
            "/api/watch/hall?access_code=",
            "/api/stream/authorize?path=hall&access_code=",
        ] {
            let answer = visitor.get(&format!("{path}{code}"));
            assert_eq!(answer.status == 200, is_good, "{path}: {}", answer.status);
            if is_good && !path.starts_with("/api/stream/") {
                let policy = answer.header("referrer-policy");
                assert_eq!(policy, Some("no-referrer"), "{path}");
            }
        }
        for slug in ["hall", "lesson1"] {
            let index = visitor.get(&format!("/hls/{slug}/index.m3u8?access_code={code}"));
            assert_eq!(index.status == 200, is_good, "{slug}: {}", index.status);
            if is_good {
                told("the index", &index.text());
                let media = media_path(slug, &index).unwrap_or_default();
                told("the path of the playlist", &media);
                told("the playlist", &visitor.get(&media).text());
            }
        }
        let offer = format!("/hall/whep?access_code={code}");
        let refused = visitor.ask(
            "POST",
            &offer,
            &[("Content-Type", "application/sdp")],
            b"v=0\r\n",
        );
        assert!((400..500).contains(&refused.status), "{}", refused.status);
        told("the refusal", &refused.text());
        // Where a name belongs.
        for path in [format!("/watch/{code}"), format!("/hls/{code}/index.m3u8")] {
            assert_eq!(visitor.get(&path).status, 404);
        }
    }
    let guessed = visitor.send_json("POST", "/api/access-codes", &json!({"code": CHOSEN}));
    assert_eq!(guessed.status, 401, "{}", guessed.text());

    let metrics = until("metrics", MOMENT, || metrics(&server));
    told("/metrics", &metrics);
    for path in [
        "/api/audit",
        "/api/server",
        "/api/videos/lesson1",
        "/health",
    ] {
        told(path, &operator.get(path).text());
    }
    let log = server.whole_log();
    assert!(log.contains("a publisher is live"), "{log}");
    told("the log", &log);
}

fn metrics(server: &Server) -> Option<String> {
    let address = server.metrics.strip_prefix("http://")?;
    let (address, path) = address.split_once('/')?;
    let answer = e2e::Client::new(address.parse().ok()?).get(&format!("/{path}"));
    (answer.status == 200).then(|| answer.text())
}

/// What everybody on the machine may read of the process.
fn command_line(server: &Server) -> String {
    fs::read_to_string(format!("/proc/{}/cmdline", server.id())).unwrap_or_default()
}

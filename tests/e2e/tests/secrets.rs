//! No secret is told where it does not belong: log, metrics, playlists, the API, the process list.

use std::fs;

use e2e::{
    Encoder, Ffmpeg, MOMENT, Server,
    playlist::{Viewer, media_path},
    server::wait_until_receiving,
    until,
};

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

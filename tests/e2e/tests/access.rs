//! Who may: logins, visibilities, API keys, other sites' pages, guesses.

use std::time::Duration;

use e2e::{
    Client, Encoder, Ffmpeg, MOMENT, Publisher, Server,
    playlist::{Viewer, media_path},
    server::{PASSWORD, text, wait_until_receiving},
    until,
};
use serde_json::json;

/// What ends, ends within a second; fivefold slack for busy machines.
const ENDS: Duration = Duration::from_secs(5);

fn publish(server: &Server, operator: &Client, slug: &str, visibility: &str) -> Publisher {
    let key = server.add_stream(slug, visibility);
    let publisher = Encoder::new(Ffmpeg::Modern)
        .video_only()
        .publish(&server.rtmp_url(&format!("{slug}?token={key}")));
    wait_until_receiving(operator, slug);
    publisher
}

fn form(name: &str, password: &str) -> String {
    format!("username={name}&password={}", password.replace(' ', "+"))
}

fn log_in(server: &Server, name: &str) -> Client {
    let answer = server.client().post_form("/login", &form(name, PASSWORD));
    assert_eq!(answer.status, 303, "{}", answer.text());
    server.client().with_cookie_of(&answer)
}

#[test]
fn members_stream_opens_with_a_login_and_ends_with_it() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let _ = server.cli(&["user", "add", "ben"], PASSWORD);
    let _publisher = publish(&server, &operator, "club", "members");

    let stranger = server.client();
    assert_eq!(stranger.get("/hls/club/index.m3u8").status, 404);
    assert_eq!(stranger.get("/watch/club").status, 404);
    assert_eq!(stranger.get("/api/streams/club").status, 404);
    assert_eq!(stranger.get("/api/stream/authorize?path=club").status, 401);
    assert!(!stranger.get("/api/streams").text().contains("club"));
    assert!(!stranger.get("/").text().contains("club"));

    let ben = log_in(&server, "ben");
    assert_eq!(ben.get("/api/stream/authorize?path=club").status, 200);
    assert_eq!(ben.get("/watch/club").status, 200);
    assert!(ben.get("/").text().contains("club"));
    let viewer = Viewer::join(&ben, "club");
    let media = viewer.wait_for(1);
    let piece = viewer.beside(media.segments().last().copied().unwrap_or_default());
    // Players on other sites and in other programs carry no cookie: the address is the grant.
    assert_eq!(stranger.get(&piece).status, 200);
    assert_eq!(stranger.get(viewer.path()).status, 200);

    assert_eq!(ben.post_form("/logout", "").status, 303);
    until("the end of the playlist's grant", ENDS, || {
        (stranger.get(viewer.path()).status == 403).then_some(())
    });
    assert_eq!(stranger.get(&piece).status, 403);
    assert_eq!(
        ben.get("/hls/club/index.m3u8").status,
        404,
        "the old cookie is dead"
    );
}

#[test]
fn private_stream_is_its_owners_and_a_change_of_visibility_ends_viewers() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let _ = server.cli(&["user", "add", "ben"], PASSWORD);
    let _publisher = publish(&server, &operator, "studio", "private");
    let (anna, ben) = (log_in(&server, "anna"), log_in(&server, "ben"));
    assert_eq!(ben.get("/hls/studio/index.m3u8").status, 404);
    assert_eq!(ben.get("/api/stream/authorize?path=studio").status, 401);
    assert_eq!(ben.get("/api/streams/studio").status, 404);
    let _ = Viewer::join(&anna, "studio");
    let _ = Viewer::join(&operator, "studio");

    let opened = operator.send_json(
        "PATCH",
        "/api/streams/studio",
        &json!({"visibility": "public"}),
    );
    assert_eq!(opened.status, 200, "{}", opened.text());
    let stranger = Viewer::join(&server.client(), "studio");
    let closed = operator.send_json(
        "PATCH",
        "/api/streams/studio",
        &json!({"visibility": "private"}),
    );
    assert_eq!(closed.status, 200, "{}", closed.text());
    until("the stranger's end", ENDS, || {
        (stranger.ask("").status == 403).then_some(())
    });
}

/// Abuse case F6: login, code and publisher.
#[test]
fn disabled_account_ends_its_login_its_codes_and_its_publisher() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let _ = server.cli(&["user", "add", "ben"], PASSWORD);
    let made = server.cli(
        &[
            "stream",
            "add",
            "bens",
            "--visibility",
            "private",
            "--owner",
            "ben",
        ],
        "",
    );
    let url = server.rtmp_url(&format!("bens?token={}", text(&made, "key")));
    let publisher = Encoder::new(Ffmpeg::System).publish(&url);
    wait_until_receiving(&operator, "bens");
    let ben = log_in(&server, "ben");
    let viewer = Viewer::join(&ben, "bens");
    let shared = ben.ask(
        "POST",
        "/api/access-codes",
        &[("content-type", "application/json")],
        br#"{"code":"spring-course-7Q4M","media_items":[{"media_type":"stream","media_slug":"bens"}]}"#,
    );
    assert_eq!(shared.status, 201, "{}", shared.text());
    let with_code = "/hls/bens/index.m3u8?access_code=spring-course-7Q4M";
    let index = server.client().get(with_code);
    let by_code = media_path("bens", &index).unwrap_or_else(|| panic!("{}", index.text()));
    assert_eq!(server.client().get(&by_code).status, 200);
    let _ = server.cli(&["user", "disable", "ben"], "");
    until("the viewers' end", ENDS, || {
        let statuses = [viewer.ask(""), server.client().get(&by_code)].map(|answer| answer.status);
        (statuses == [403, 403]).then_some(())
    });
    assert_eq!(server.client().get(with_code).status, 404);
    let (status, _) = publisher.end_within(ENDS);
    assert!(!status.success());
    assert_eq!(ben.get("/hls/bens/index.m3u8").status, 404);
    let again = server.client().post_form("/login", &form("ben", PASSWORD));
    assert_eq!(again.status, 401);
}

#[test]
fn password_reset_on_the_command_line_ends_logins_and_replaces_the_old_one() {
    let mut server = Server::start(&[]);
    server.add_administrator();
    let anna = log_in(&server, "anna");
    assert_eq!(anna.get("/account").status, 200);
    let reset = ["user", "reset-password", "anna"];
    let _ = server.cli(&reset, "another long passphrase");
    assert_ne!(anna.get("/account").status, 200, "her login has ended");
    let tried = |server: &Server, password: &str| {
        let form = form("anna", password);
        server.client().post_form("/login", &form).status
    };
    assert_eq!(tried(&server, PASSWORD), 401);
    assert_eq!(tried(&server, "another long passphrase"), 303);

    // And on a stopped server, for whoever has locked himself out.
    server.terminate(ENDS);
    let _ = server.cli(&reset, "a third long passphrase");
    assert!(server.try_cli(&reset, "short").is_err());
    let server = server.again();
    assert_eq!(tried(&server, "another long passphrase"), 401);
    assert_eq!(tried(&server, "a third long passphrase"), 303);
}

/// Abuse case I11: on a real server, and over its restart.
#[test]
fn link_of_the_command_line_sets_a_password_once_and_survives_a_restart() {
    let mut server = Server::start(&[]);
    server.add_administrator();
    let path = |made: &serde_json::Value| {
        let link = text(made, "set_password_url");
        let path = link.find("/password/").map(|at| link[at..].to_owned());
        path.unwrap_or_else(|| panic!("no link: {link}"))
    };
    let invited = server.cli(&["user", "invite", "ben"], "");
    assert_eq!(text(&invited, "role"), "member");
    assert!(text(&invited, "set_password_url").starts_with(&server.url("/password/on_")));
    let link = path(&invited);
    assert_eq!(server.client().get(&link).status, 200);
    server.terminate(ENDS);
    // And on a stopped server.
    let other = path(&server.cli(&["user", "reset-link", "anna"], ""));
    let server = server.again();
    let chosen = format!("password={}", PASSWORD.replace(' ', "+"));
    let set = |link: &str| server.client().post_form(link, &chosen);
    assert_eq!(
        server
            .client()
            .post_form("/login", &form("ben", PASSWORD))
            .status,
        401
    );
    let answer = set(&link);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    let ben = server.client().with_cookie_of(&answer);
    assert_eq!(ben.get("/account").status, 200);
    assert_eq!(
        (set(&link).status, server.client().get(&link).status),
        (403, 403)
    );
    let anna = log_in(&server, "anna");
    assert_eq!(set(&other).status, 303);
    assert_ne!(anna.get("/account").status, 200, "her login has ended");
    for link in [&link, &other] {
        let token = link.rsplit('/').next().unwrap_or_default();
        assert!(token.len() > 40 && !server.log().contains(token));
    }
}

#[test]
fn login_answers_browsers_and_programs_in_their_own_way() {
    let server = Server::start(&[]);
    server.add_administrator();
    let client = server.client();
    let answer = client.post_form(
        "/login",
        &format!("{}&next=/watch/live", form("anna", PASSWORD)),
    );
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/watch/live"))
    );
    let cookie = answer.header("set-cookie").unwrap_or_default().to_owned();
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{flag} is missing: {cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "plain HTTP cannot carry a secure cookie: {cookie}"
    );

    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let answer = client.post_form(
            "/login",
            &format!("{}&next={elsewhere}", form("anna", PASSWORD)),
        );
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/")),
            "{elsewhere}"
        );
    }

    let program = client.with("Accept", "application/json");
    let answer = program.post_form("/login", &form("anna", PASSWORD));
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").is_some());
    let wrong = program.post_form("/login", &form("anna", "wrong"));
    assert_eq!(wrong.status, 401);
    assert_eq!(
        wrong.header("content-type"),
        Some("application/problem+json")
    );
    let problem = wrong.json();
    for field in ["type", "title", "status", "detail", "code", "request_id"] {
        assert!(!problem[field].is_null(), "{field} is missing: {problem}");
    }
    let unknown = program.post_form("/login", &form("nobody", "wrong"));
    assert_eq!(
        unknown.json()["code"],
        problem["code"],
        "names are not told from passwords"
    );
    let page = client.post_form("/login", &form("anna", "wrong"));
    assert_eq!(page.status, 401);
    assert!(page.text().contains("<form") && page.header("set-cookie").is_none());
}

#[test]
fn cookie_is_secure_where_the_public_address_is() {
    // With a public address the ready line names that one; the port has to be known before.
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.unwrap_or_else(|error| panic!("no free port: {error}"));
    let mut server = Server::start(&[
        "http.public_url=https://media.example.org",
        &format!("http.listen={address}"),
    ]);
    server.http = address;
    server.add_administrator();
    let answer = server.client().post_form("/login", &form("anna", PASSWORD));
    assert_eq!(answer.status, 303);
    let cookie = answer.header("set-cookie").unwrap_or_default();
    assert!(
        cookie.starts_with("__Host-") && cookie.contains("Secure"),
        "{cookie}"
    );
}

/// Abuse case I7: on the wire.
#[test]
fn other_sites_pages_change_nothing() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let anna = log_in(&server, "anna");
    let own = format!("http://{}", server.http);
    let here = anna
        .with("Origin", &own)
        .with("Sec-Fetch-Site", "same-origin");
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let there = anna.with(name, value);
        assert_eq!(
            there.post_form("/logout", "").status,
            403,
            "{name}: {value}"
        );
        assert_eq!(
            there.post_form("/login", &form("anna", PASSWORD)).status,
            403,
            "{name}: {value}"
        );
        let made = there.send_json("POST", "/api/streams", &json!({"slug": "evil"}));
        assert_eq!(made.status, 403, "{name}: {value}");
        assert_eq!(
            there
                .send_json("DELETE", "/api/streams/live", &json!({}))
                .status,
            403,
            "{name}: {value}"
        );
    }
    assert_eq!(anna.get("/logout").status, 200);
    assert_eq!(
        anna.get("/api/streams/live").status,
        200,
        "the login is still good"
    );
    assert_eq!(
        here.send_json("POST", "/api/streams", &json!({"slug": "own"}))
            .status,
        201
    );
    assert_eq!(here.post_form("/logout", "").status, 303);
}

#[test]
fn api_key_does_what_its_scopes_say() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "members");
    let _ = server.add_stream("cam", "private");
    let add = |name: &str, scopes: &str| {
        let made = server.cli(
            &["api-key", "add", name, "--user", "anna", "--scopes", scopes],
            "",
        );
        server
            .client()
            .with("Authorization", &format!("Bearer {}", text(&made, "key")))
    };
    let reader = add("reader", "read");
    assert_eq!(reader.get("/api/streams/cam").status, 200);
    assert_eq!(reader.get("/api/stream/authorize?path=cam").status, 200);
    assert_eq!(reader.get("/api/mediamtx/status").status, 200);
    assert_eq!(
        reader
            .send_json("POST", "/api/streams", &json!({"slug": "more"}))
            .status,
        403
    );
    assert_eq!(
        reader.get("/api/mediamtx/status").json()["engine"],
        "embedded"
    );
    assert_eq!(server.client().get("/api/mediamtx/status").status, 401);
    let made = operator.send_json(
        "POST",
        "/api/streams",
        &json!({"slug": "more", "title": "More", "visibility": "public"}),
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let more = text(&made.json(), "key");

    let validate = |token: &str, path: &str| {
        server
            .client()
            .get(&format!("/api/stream/validate?token={token}{path}"))
            .status
    };
    assert_eq!(
        validate(&key, ""),
        200,
        "live is meant when no path is given"
    );
    assert_eq!(validate(&key, "&path=live"), 200);
    assert_eq!(validate(&key, "&path=cam"), 401);
    assert_eq!(validate(&more, "&path=more"), 200);
    assert_eq!(validate("wrong", ""), 401);
    assert_eq!(validate("", ""), 401);
    let wrong = server.client().with("Authorization", "Bearer ms_wrong");
    assert_eq!(
        wrong.get("/api/streams").status,
        401,
        "a key that is not good is no stranger"
    );

    let added = operator
        .send_json("POST", "/api/streams/live/keys", &json!({"name": "van"}))
        .json();
    let (id, van) = (text(&added, "id"), text(&added, "key"));
    assert_eq!(validate(&van, ""), 200);
    assert_eq!(
        operator
            .ask("DELETE", &format!("/api/streams/live/keys/{id}"), &[], b"")
            .status,
        204
    );
    until("the end of the key", ENDS, || {
        (validate(&van, "") == 401).then_some(())
    });
}

/// Abuse case I1: on the wire.
#[test]
fn guesses_are_slowed_down_and_told_when_to_come_back() {
    let server = Server::start(&[]);
    server.add_administrator();
    let program = server.client().with("Accept", "application/json");
    let refused = (0..60)
        .map(|guess| program.post_form("/login", &form("anna", &format!("guess{guess}"))))
        .find(|answer| answer.status != 401);
    let refused = refused.unwrap_or_else(|| panic!("sixty guesses were heard"));
    assert_eq!(refused.status, 429);
    let seconds = refused
        .header("retry-after")
        .and_then(|value| value.parse::<u64>().ok());
    assert!(
        seconds.is_some_and(|seconds| seconds > 0),
        "{:?}",
        refused.headers
    );
    assert_eq!(
        server.client().get("/health").status,
        200,
        "others are served"
    );
}

/// Abuse case I12: on the wire.
#[test]
fn first_administrator_is_made_by_the_setup_link_once() {
    let server = Server::start(&[]);
    let setup = server
        .setup
        .clone()
        .unwrap_or_else(|| panic!("no setup line"));
    let token = setup.rsplit('=').next().unwrap_or_default().to_owned();
    let fields = |token: &str| format!("token={token}&{}", form("anna", PASSWORD));
    let client = server.client();
    assert_ne!(client.post_form("/setup", &fields("wrong")).status, 303);
    let made = client.post_form("/setup", &fields(&token));
    assert_eq!(made.status, 303, "{}", made.text());
    let anna = client.with_cookie_of(&made);
    let live = anna.get("/api/streams/live");
    assert_eq!(
        (live.status, live.json()["visibility"].as_str()),
        (200, Some("members"))
    );
    assert_ne!(
        client.post_form("/setup", &fields(&token)).status,
        303,
        "the token works once"
    );
}

/// Abuse case I12: many at the door with the right link at the same moment; one gets in, and there is one administrator.
#[test]
fn of_many_setups_at_the_same_moment_one_succeeds() {
    let server = Server::start(&[]);
    let setup = server.setup.clone().unwrap_or_default();
    let token = setup.rsplit('=').next().unwrap_or_default();
    let start = &std::sync::Barrier::new(8);
    let client = &server.client();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let set_up = |n: usize| {
            let fields = format!("token={token}&{}", form(&format!("anna{n}"), PASSWORD));
            scope.spawn(move || {
                start.wait();
                client.post_form("/setup", &fields).status
            })
        };
        let all: Vec<_> = (0..8).map(set_up).collect();
        all.into_iter()
            .map(|one| one.join().unwrap_or_default())
            .collect()
    });
    let done = statuses.iter().filter(|status| **status == 303).count();
    let told = statuses.iter().filter(|status| **status == 403).count();
    assert_eq!((done, told), (1, 7), "{statuses:?}");
    let users = server.cli(&["user", "list"], "");
    let users = users["users"].as_array().map(Vec::len);
    assert_eq!(users, Some(1));
}

#[test]
fn command_line_speaks_to_a_running_and_to_a_stopped_server() {
    let mut server = Server::start(&[]);
    server.add_administrator();
    let users = server.cli(&["user", "list"], "");
    assert_eq!(users["users"][0]["name"], "anna");
    let made = server.cli(
        &[
            "stream",
            "add",
            "live",
            "--title",
            "Main hall",
            "--visibility",
            "public",
        ],
        "",
    );
    assert_eq!(
        (
            made["slug"].as_str(),
            made["title"].as_str(),
            made["visibility"].as_str()
        ),
        (Some("live"), Some("Main hall"), Some("public"))
    );
    until("the stream on the running server", ENDS, || {
        (server.client().get("/api/streams/live").status == 200).then_some(())
    });
    assert!(
        server.try_cli(&["user", "add", "anna"], PASSWORD).is_err(),
        "the name is taken"
    );
    assert!(
        server.try_cli(&["user", "add", "short"], "1234").is_err(),
        "such a password is none"
    );
    assert!(server.terminate(MOMENT).success());
    let _ = server.cli(&["user", "add", "carl"], PASSWORD);
    let listed = server.cli(&["stream", "key", "live", "list"], "");
    assert!(
        !listed.to_string().contains(&text(&made, "key")),
        "keys are shown once: {listed}"
    );
    let server = server.again();
    let carl = log_in(&server, "carl");
    assert_eq!(
        media_path("live", &carl.get("/hls/live/index.m3u8")),
        None,
        "nobody publishes"
    );
    assert_eq!(
        carl.get("/api/streams/live").json()["live"],
        serde_json::Value::Null
    );
}

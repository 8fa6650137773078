//! Settings that change while the server runs: at once, over a restart, and never against what the file or the command line says.

use std::{fs, time::Duration};

use e2e::{
    Client, Encoder, Ffmpeg, MOMENT, Server,
    server::{PASSWORD, state, wait_until_gone, wait_until_receiving},
    until,
};

/// Anna, in her browser.
fn log_in(server: &Server) -> Client {
    let form = format!("username=anna&password={}", PASSWORD.replace(' ', "+"));
    let login = server.client().post_form("/login", &form);
    assert_eq!(login.status, 303, "{}", login.text());
    server.client().with_cookie_of(&login)
}

/// Value and source of a setting as the command line tells them.
fn shown(server: &Server, settings: &[&str], name: &str) -> (serde_json::Value, String) {
    let mut arguments = vec!["config", "show"];
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    let all = server.cli(&arguments, "");
    let found = all.as_array().into_iter().flatten();
    let found = found.into_iter().find(|setting| setting["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name}"));
    let source = found["source"].as_str().unwrap_or_default().to_owned();
    (found["value"].clone(), source)
}

#[test]
fn grace_that_was_shortened_on_the_page_ends_the_broadcast_at_the_new_time() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let anna = log_in(&server);
    let key = server.add_stream("live", "public");
    let saved = anna.post_form("/admin/settings", "publish.grace_s=500");
    assert_eq!(saved.status, 303, "{}", saved.text());
    let encoder =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    encoder.kill();
    wait_until_gone(&operator, "live", MOMENT);
    assert_eq!(state(&operator, "live").as_deref(), Some("away"));
    let watch = server.client().get("/api/watch/live").json();
    assert_eq!(watch["grace_s"], 500, "viewers are told the new time");
    let saved = anna.post_form("/admin/settings", "publish.grace_s=1");
    assert_eq!(saved.status, 303, "{}", saved.text());
    until("the end of the broadcast", Duration::from_secs(10), || {
        state(&operator, "live").is_none().then_some(())
    });
}

#[test]
fn change_holds_after_a_restart_and_the_command_line_tells_where_it_comes_from() {
    let mut server = Server::start(&[]);
    server.add_administrator();
    let anna = log_in(&server);
    let form = "publish.grace_s=7&limits.connections_per_address=900&http.cors_origins=https%3A%2F%2Fpanel.example.com";
    assert_eq!(anna.post_form("/admin/settings", form).status, 303);
    let page = |server: &Server| {
        let trusted = server.client().with("Origin", "https://panel.example.com");
        trusted
            .get("/api/streams")
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };
    assert_eq!(
        page(&server).as_deref(),
        Some("https://panel.example.com"),
        "at once"
    );
    assert_eq!(
        shown(&server, &[], "publish.grace_s"),
        (7.into(), "page".to_owned())
    );
    assert_eq!(server.terminate(MOMENT).code(), Some(0));
    // On a stopped server too; and what else sets it wins.
    assert_eq!(
        shown(&server, &[], "publish.grace_s"),
        (7.into(), "page".to_owned())
    );
    assert_eq!(
        shown(&server, &["publish.grace_s=9"], "publish.grace_s"),
        (9.into(), "flag".to_owned())
    );
    let server = server.again();
    assert_eq!(
        page(&server).as_deref(),
        Some("https://panel.example.com"),
        "after a restart"
    );
    let anna = log_in(&server);
    assert!(anna.get("/admin/settings").text().contains("value=\"7\""));
    assert_eq!(
        anna.post_form("/admin/settings", "http.cors_origins=")
            .status,
        303
    );
    assert_eq!(page(&server), None, "and it is out at once");
}

#[test]
fn what_the_file_says_cannot_be_changed_on_the_page() {
    let mut server = Server::start(&[]);
    server.add_administrator();
    let anna = log_in(&server);
    assert_eq!(
        anna.post_form("/admin/settings", "publish.grace_s=7")
            .status,
        303
    );
    assert_eq!(server.terminate(MOMENT).code(), Some(0));
    let file = server.data().join("media-server.toml");
    if let Err(error) = fs::write(&file, "[publish]\ngrace_s = 11\n") {
        panic!("no settings file: {error}");
    }
    let server = server.again();
    assert_eq!(
        shown(&server, &[], "publish.grace_s"),
        (11.into(), "file".to_owned())
    );
    let anna = log_in(&server);
    let refused = anna.post_form("/admin/settings", "publish.grace_s=8");
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text()
            .contains("It is set in the settings file; change it there.")
    );
    let out_of_bounds = anna.post_form("/admin/settings", "limits.connections_per_address=-1");
    assert_eq!(out_of_bounds.status, 422);
    assert!(
        out_of_bounds
            .text()
            .contains("Give a whole number from 0 to 1000000.")
    );
}

#[test]
fn cap_on_connections_of_an_address_holds_from_the_next_one_on() {
    let server = Server::start(&[]);
    server.add_administrator();
    let anna = log_in(&server);
    let open = || std::net::TcpStream::connect(server.http);
    let held: Vec<_> = (0..5).map(|_| open()).collect();
    assert!(held.iter().all(Result::is_ok));
    assert_eq!(
        anna.post_form("/admin/settings", "limits.connections_per_address=2")
            .status,
        303
    );
    until("a refusal", MOMENT, || {
        let answer = server.client().try_ask("GET", "/health", &[], b"");
        answer.ok().filter(|answer| answer.status == 503)
    });
    drop(held);
    until("a place", MOMENT, || {
        let answer = server.client().try_ask("GET", "/health", &[], b"");
        answer.ok().filter(|answer| answer.status == 200)
    });
}

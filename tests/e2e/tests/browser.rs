//! What a viewer sees and hears in a real browser.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use e2e::{
    Encoder, Ffmpeg, MOMENT, Server,
    server::{PASSWORD, text, wait_until_receiving},
    tool,
};
use serde_json::{Value, json};

struct Browser {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Browser {
    fn open(mut what: Value) -> Self {
        what["chromium"] = json!(tool("CHROMIUM"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        assert!(
            folder.join("node_modules").is_dir(),
            "the browser's driver is missing; run `cargo xtask test`"
        );
        let child = Command::new("node")
            .arg(folder.join("watch.mjs"))
            .arg(what.to_string())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("node does not start: {error}"));
        let stdout = child
            .stdout
            .take()
            .unwrap_or_else(|| panic!("node says nothing"));
        Self {
            child,
            lines: BufReader::new(stdout),
        }
    }

    /// The next line; the script has deadlines of its own and ends at them.
    fn hear(&mut self, name: &str) -> Value {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap_or(0);
        assert!(read > 0, "the browser gave up before `{name}`");
        let value: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(!value[name].is_null(), "not `{name}`: {value}");
        value
    }

    /// Holds that the picture moves, the tone is heard, nothing was complained about and nothing asked of other sites.
    fn plays(mut self) -> Value {
        let heard = self.hear("seen");
        let seen = &heard["seen"];
        assert!(
            seen["width"].as_u64() > Some(0) && seen["frames"].as_u64() > Some(25),
            "no moving picture: {heard}"
        );
        assert_eq!(seen["sounds"], json!(true), "no sound: {heard}");
        let other = heard["complaints"].as_array().into_iter().flatten();
        let other: Vec<_> = other.collect();
        assert_eq!(other, Vec::<&Value>::new(), "the browser complained");
        assert_eq!(
            heard["elsewhere"],
            json!([]),
            "something was asked of another site"
        );
        assert!(seen["latencyS"].is_number(), "no latency: {heard}");
        println!(
            "latency {} s, playing after {} ms",
            seen["latencyS"], seen["startedMs"]
        );
        heard
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The script closes its browser; it gets the chance to before it is ended by force.
        e2e::server::signal(&self.child, "TERM");
        let _ = self.child.wait();
    }
}

#[test]
fn login_through_the_page_leads_to_a_stream_that_plays() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "members");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let mut browser = Browser::open(json!({
        "url": server.url("/login?next=/watch/live"), "username": "anna", "password": PASSWORD,
    }));
    let opened = browser.hear("opened");
    assert_eq!(
        opened["opened"],
        json!(server.url("/watch/live")),
        "the login leads back"
    );
    let _ = browser.plays();
}

#[test]
fn page_that_was_open_before_the_stream_begins_by_itself() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let mut browser = Browser::open(json!({"url": server.url("/watch/live")}));
    let _ = browser.hear("opened");
    let _publisher =
        Encoder::new(Ffmpeg::System).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let _ = browser.plays();
}

#[test]
fn demo_plays_to_whoever_opens_its_link() {
    let server = Server::demo();
    let link = server.open.clone().unwrap_or_else(|| panic!("no link"));
    let mut browser = Browser::open(json!({"url": link}));
    let opened = browser.hear("opened");
    assert!(
        opened["opened"]
            .as_str()
            .is_some_and(|url| url.ends_with("/watch/live")),
        "{opened}"
    );
    let _ = browser.plays();
    let again = server
        .client()
        .post_form(link.trim_start_matches(&server.url("")), "");
    assert_eq!(again.status, 401, "the link works once");
}

#[test]
fn demo_has_a_sample_library_that_its_links_open_and_makes_it_once() {
    let mut server = Server::demo();
    let samples = server.samples.clone();
    let words: Vec<&str> = samples.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["watch", "watch", "image", "code"], "{samples:?}");
    let visitor = server.client();
    let base = server.url("");
    // A page's own playlist, with what the page's address brings along.
    let media = |link: &str| {
        let path = link.trim_start_matches(&base);
        path.replacen("/watch/", "/hls/", 1)
    };
    for (word, link) in &samples {
        let (path, code) = match word.as_str() {
            "image" => (media(link), String::new()),
            _ => match media(link).split_once('?') {
                Some((path, code)) => (format!("{path}/index.m3u8"), format!("?{code}")),
                None => (format!("{}/index.m3u8", media(link)), String::new()),
            },
        };
        assert_eq!(visitor.get(&format!("{path}{code}")).status, 200, "{link}");
        if word == "code" {
            assert_eq!(visitor.get(&path).status, 404, "lesson1 is private");
            let captioned = visitor.get(&format!("{path}{code}")).text();
            assert!(captioned.contains("TYPE=SUBTITLES"), "{captioned}");
        }
    }
    let items = server.cli(&["library", "list"], "");
    assert_eq!(items["items"].as_array().map(Vec::len), Some(4), "{items}");
    assert!(server.terminate(4 * MOMENT).success());
    let server = server.again();
    assert_eq!(server.samples, samples, "the same links, the same code");
    let items = server.cli(&["library", "list"], "");
    assert_eq!(items["items"].as_array().map(Vec::len), Some(4), "{items}");
    let codes = server.cli(&["code", "list"], "");
    let codes = codes["access_codes"].as_array().map(Vec::len);
    assert_eq!(codes, Some(1));
}

#[test]
fn demo_leaves_what_its_reader_deleted_or_changed() {
    let mut server = Server::demo();
    let key = [
        "api-key",
        "add",
        "reader",
        "--user",
        "demo",
        "--scopes",
        "read,manage",
    ];
    let key = text(&server.cli(&key, ""), "key");
    let as_reader = |server: &Server| {
        server
            .client()
            .with("Authorization", &format!("Bearer {key}"))
    };
    let reader = as_reader(&server);
    for path in [
        "/api/videos/fullmovie",
        "/api/images/logo",
        "/api/videos/lesson1/captions/en",
        "/api/videos/welcome/poster",
    ] {
        let gone = reader.ask("DELETE", path, &[], b"");
        assert_eq!(gone.status, 204, "{path}: {}", gone.text());
    }
    let edit = json!({"title": "My own words", "visibility": "unlisted"});
    let changed = reader.send_json("PATCH", "/api/videos/welcome", &edit);
    assert_eq!(changed.status, 200, "{}", changed.text());
    let code = code_of(&server);
    let gone = reader.ask("DELETE", &format!("/api/access-codes/{code}"), &[], b"");
    assert_eq!(gone.status, 204, "{}", gone.text());
    let told = |server: &Server| {
        ["welcome", "lesson1"]
            .map(|slug| as_reader(server).get(&format!("/api/videos/{slug}")).json())
    };
    let before = told(&server);
    assert_eq!(before[0]["title"], "My own words");
    let open = server.open.clone();
    assert!(server.terminate(4 * MOMENT).success());

    let mut server = server.again();
    assert_eq!(told(&server), before);
    let items = server.cli(&["library", "list"], "");
    assert_eq!(items["items"].as_array().map(Vec::len), Some(2), "{items}");
    let words: Vec<&str> = server
        .samples
        .iter()
        .map(|(word, _)| word.as_str())
        .collect();
    assert_eq!(words, ["watch", "code"], "what is told is there");
    // The ways in come anew.
    assert_ne!(code_of(&server), code);
    assert_ne!(server.open, open);
    wait_until_receiving(&as_reader(&server), "live");
    let gone = as_reader(&server).ask("DELETE", "/api/videos/lesson1", &[], b"");
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert!(server.terminate(4 * MOMENT).success());
    let server = server.again_until("watch ");
    assert_eq!(as_reader(&server).get("/api/videos/lesson1").status, 404);
}

/// The text of the code that the demo tells.
fn code_of(server: &Server) -> String {
    let told = server.samples.iter().find(|(word, _)| word == "code");
    let code = told.and_then(|(_, link)| link.split_once("access_code="));
    code.map(|(_, code)| code.to_owned())
        .unwrap_or_else(|| panic!("no code"))
}

//! Words of strangers in a real browser, and pages of other sites around ours.

use std::io::{Read as _, Write as _};

use e2e::{
    Browser, Encoder, Ffmpeg, MOMENT, Server,
    server::{PASSWORD, wait_until_receiving},
    until,
};
use serde_json::json;

/// Whatever of this is taken for markup opens a dialog, which the story hears of, or breaks the page's policy.
const ACTIVE: &str =
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>{{7*7}}";

/// Abuse case H5: names of streams, keys, browsers and encoders, and addresses.
#[test]
fn words_of_strangers_are_text_on_every_page_that_shows_them() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let title = operator.send_json("PATCH", "/api/streams/live", &json!({"title": ACTIVE}));
    assert_eq!(title.status, 200, "{}", title.text());
    let named = operator.send_json("POST", "/api/streams/live/keys", &json!({"name": ACTIVE}));
    assert_eq!(named.status, 201, "{}", named.text());
    // A browser that calls itself so.
    let form = format!("username=anna&password={}", PASSWORD.replace(' ', "+"));
    let odd = server.client().with("User-Agent", ACTIVE);
    assert_eq!(odd.post_form("/login", &form).status, 303);
    // Encoders that name no stream there is, in words of their own.
    for name in ["<script>alert(4)</script>", "x\" onfocus=\"alert(5)"] {
        let refused = Encoder::new(Ffmpeg::Modern)
            .option("rtmp_app", name)
            .option("rtmp_playpath", name)
            .publish(&server.rtmp_url("live"));
        let _ = refused.end();
    }
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");

    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    for (path, shows) in [
        ("/", true),
        ("/watch/live", true),
        ("/test?stream=live", true),
        ("/streams", true),
        ("/streams/live", true),
        ("/streams/live/settings", false),
        ("/streams/live/delete", true),
        ("/admin", true),
        ("/account", false),
        ("/nothing/%3Cscript%3Ealert(6)%3C%2Fscript%3E", false),
        (
            "/login?next=%22%3E%3Cscript%3Ealert(7)%3C%2Fscript%3E",
            false,
        ),
    ] {
        let _ = anna.open(&server.url(path));
        // The script of the page has had its say too.
        let _ = anna.until("document.readyState === 'complete'", MOMENT);
        if shows {
            let _ = anna.until(
                "document.body.innerText.includes('<script>alert(1)')",
                MOMENT,
            );
        }
        let made = anna.see("document.querySelectorAll('img[src=\"x\"], svg[onload], body script, [onfocus]').length");
        assert_eq!(made, json!(0), "{path}");
    }
    let heard = anna.see("fetch('/api/server').then((answer) => answer.text())");
    assert!(!heard.to_string().is_empty());
    let complaints = anna.complaints();
    let other = complaints
        .iter()
        .find(|text| !text.contains("status of 404"));
    assert_eq!(other, None);
}

/// A site of somebody else, whose one page shows another within itself; it has no policy that could stand in the way.
fn another_site(shown: &str) -> (String, std::thread::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0");
    let listener = listener.unwrap_or_else(|error| panic!("no port: {error}"));
    let address = listener.local_addr().map(|address| address.to_string());
    let page = format!("<!doctype html><iframe src=\"{shown}\"></iframe>");
    let serving = std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else {
            return;
        };
        let _ = stream.read(&mut [0; 4096]);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            page.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), page.as_bytes()].concat());
    });
    (format!("http://{}/", address.unwrap_or_default()), serving)
}

/// Abuse case F8: the browser obeys what the headers say.
#[test]
fn pages_of_other_sites_cannot_show_ours_within_theirs() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    for path in [
        "/admin",
        "/streams/live",
        "/account",
        "/login",
        "/watch/live",
    ] {
        let (site, serving) = another_site(&server.url(path));
        assert_eq!(anna.open(&site), 200);
        until(&format!("{path} to be refused"), MOMENT, || {
            let complaints = anna.complaints();
            let refused = complaints
                .iter()
                .any(|text| text.contains("frame-ancestors"));
            refused.then_some(())
        });
        let _ = serving.join();
    }
}

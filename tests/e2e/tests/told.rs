//! What a page tells by itself to who does not see it: how a stream stands, who was refused, and why a form came back.

use e2e::{
    Browser, Encoder, Ffmpeg, Profile, Server,
    server::{PASSWORD, wait_until_receiving},
};
use serde_json::json;

fn publisher() -> Encoder {
    Encoder::new(Ffmpeg::Modern)
}

#[test]
fn go_live_tells_green_a_refusal_a_lost_sender_and_the_end() {
    let server = Server::start(&["publish.grace_s=4"]);
    server.add_administrator();
    let key = server.add_stream("live", "public");
    let to = server.rtmp_url(&format!("live?token={key}"));
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(anna.open(&server.url("/streams/live")), 200);
    let refused = publisher().publish(&server.rtmp_url("live?token=sk_none-of-the-keys-there-are"));
    let _ = refused.end();
    let told = anna.is_told("not known");
    assert!(told.len() > 20, "a refusal is told with its reason: {told}");
    let sender = publisher().publish(&to);
    let told = anna.is_told("Receiving");
    assert!(told.contains("320×180") && told.contains("H.264"), "{told}");
    sender.kill();
    let _ = anna.is_told("lost its connection");
    let _ = anna.is_told("The broadcast has ended");
    assert_eq!(anna.complaints(), Vec::<String>::new());
}

#[test]
fn watch_tells_waiting_live_away_live_and_the_end() {
    let server = Server::start(&["publish.grace_s=10"]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let to = server.rtmp_url(&format!("live?token={key}"));
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let _ = viewer.is_told("Not live right now");
    let sender = publisher().publish(&to);
    let _ = viewer.is_told("is live");
    sender.kill();
    let _ = viewer.is_told("The sender lost its connection");
    let sender = publisher().publish(&to);
    let _ = viewer.is_told("is live");
    wait_until_receiving(&operator, "live");
    sender.kill();
    let _ = viewer.is_told("The sender lost its connection");
    let _ = viewer.is_told("The broadcast has ended");
    // Real time that is asked for before there is any is a complaint of the browser's own.
    let complaints = viewer.complaints();
    let other = complaints.iter().find(|text| !text.contains("/whep"));
    assert_eq!(other, None);
}

#[test]
fn home_tells_what_begins_and_what_ends() {
    let server = Server::start(&["publish.grace_s=1"]);
    let key = server.add_stream("live", "public");
    let browser = Browser::start();
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&server.url("/")), 200);
    let sender = publisher().publish(&server.rtmp_url(&format!("live?token={key}")));
    let _ = visitor.is_told("is live");
    sender.kill();
    let _ = visitor.is_told("is not live any more");
    assert_eq!(visitor.complaints(), Vec::<String>::new());
}

/// Fills a form in, sends it, and hears why it was refused. The focus is on what is wrong, which names its reason; what else was
/// typed is still there; axe finds nothing.
fn refused(page: Profile<'_>, fields: &[(&str, &str)], reason: &str, wrong: &str) {
    for (field, text) in fields {
        page.click(&format!("#{field}"));
        page.press("Control+a");
        page.type_text(text);
    }
    page.press("Enter");
    let _ = page.is_told(reason);
    assert_eq!(page.see("document.activeElement.id"), json!(wrong));
    assert_eq!(
        page.see("document.activeElement.getAttribute('aria-invalid')"),
        json!("true")
    );
    let described = page.see("document.activeElement.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join(' ')");
    assert!(
        described.as_str().is_some_and(|text| text.contains(reason)),
        "{wrong} is described by {described}"
    );
    for (field, text) in fields {
        let kept = page.see(&format!("document.querySelector('#{field}').value"));
        let is_secret = page.see(&format!(
            "document.querySelector('#{field}').type === 'password'"
        ));
        let expected = if is_secret == json!(true) { "" } else { text };
        assert_eq!(kept, json!(expected), "{field}");
    }
    assert_eq!(page.faults(), Vec::<String>::new(), "{wrong}");
    // A browser writes an error of its own for the status of the page.
    let complaints = page.complaints();
    let other = complaints.iter().find(|text| !text.contains("status of"));
    assert_eq!(other, None);
}

#[test]
fn refused_forms_tell_why_at_the_field_that_is_wrong() {
    let server = Server::start(&[]);
    let browser = Browser::start();
    let page = browser.profile("anna");
    let setup = server.setup.clone().unwrap_or_default();
    let path = setup.find("/setup?").map_or("", |at| &setup[at..]);
    assert_eq!(page.open(&server.url(path)), 200);
    refused(
        page,
        &[("username", "anna berta"), ("password", PASSWORD)],
        "letters from a to z",
        "username",
    );
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    assert_eq!(page.open(&server.url("/login")), 200);
    refused(
        page,
        &[("username", "anna"), ("password", "not the right one")],
        "Name or password is wrong",
        "password",
    );
    page.log_in(&server.url(""), "anna", PASSWORD);
    let _ = page.complaints();
    for (path, fields, reason, wrong) in [
        (
            "/streams/new",
            &[("title", "Main hall"), ("slug", "live")][..],
            "There is a stream with this address already",
            "slug",
        ),
        (
            "/streams/live/keys/new",
            &[("key-name", "a\u{202e}b")],
            "cannot be shown",
            "key-name",
        ),
        (
            "/streams/live/settings",
            &[("title", "a\u{202e}b")],
            "cannot be shown",
            "title",
        ),
        ("/admin/people", &[("name", "anna")], "already", "name"),
        (
            "/account",
            &[("current", "not the right one"), ("new", PASSWORD)],
            "This is not your current password",
            "current",
        ),
    ] {
        assert_eq!(page.open(&server.url(path)), 200, "{path}");
        refused(page, fields, reason, wrong);
    }
}

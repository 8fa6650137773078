//! A private live stream and the people who get in by a code: the gate, a typing mistake, the right code, and what they are told when it
//! is paused, resumed, full or deleted while they watch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::{
    Browser, Encoder, Ffmpeg, MOMENT, Profile, Publisher, Server,
    http::Client,
    server::{PASSWORD, wait_until_receiving},
    wait,
};
use serde_json::{Value, json};

const SLATE: &str = "document.querySelector('stage-player .p-slate').innerText";
const OFF: &str = "Your access code was switched off";
/// What a change may take from its answer until it is seen.
const WITHIN_MS: i64 = 1_000;

/// The private stream `hall`, live, with a code.
fn hall(settings: &[&str], viewers_max: Option<u32>) -> (Server, Client, Publisher, String) {
    let server = Server::start(settings);
    let operator = server.operator();
    let key = server.add_stream("hall", "private");
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("hall?token={key}")));
    wait_until_receiving(&operator, "hall");
    let items = json!([{"media_type": "stream", "media_slug": "hall"}]);
    let body = json!({"description": "Choir", "media_items": items, "viewers_max": viewers_max});
    let made = operator.send_json("POST", "/api/access-codes", &body);
    assert_eq!(made.status, 201, "{}", made.text());
    let code = made.json()["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(code.len(), 28, "a code that nobody guesses");
    (server, operator, publisher, code)
}

/// Changes the code; when that was answered.
fn change(operator: &Client, code: &str, body: &Value) -> i64 {
    let answer = operator.send_json("PATCH", &format!("/api/access-codes/{code}"), body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    now_ms()
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or_default()
}

fn says(page: Profile<'_>, words: &str, within: Duration) -> i64 {
    page.until(&format!("{SLATE}.includes('{words}')"), within)
        .at_ms
}

/// What a browser itself says of answers that are no success.
fn but_refusals(page: Profile<'_>) -> Vec<String> {
    let complaints = page.complaints().into_iter();
    complaints
        .filter(|text| !text.contains("status of 40"))
        .collect()
}

/// Addresses that the page asked for, with their queries.
fn addresses(page: Profile<'_>) -> Vec<String> {
    let names = page.see("performance.getEntriesByType('resource').map(({ name }) => name)");
    let names = names.as_array().cloned().unwrap_or_default();
    names
        .iter()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// A viewer who comes to the gate, mistypes, and gets in; by HLS or however it comes.
fn gets_in<'a>(server: &Server, viewer: Profile<'a>, code: &str) -> Profile<'a> {
    assert_eq!(viewer.open(&server.url("/watch/hall")), 404);
    let text = viewer.see("document.querySelector('main').innerText");
    let text = text.as_str().unwrap_or_default();
    assert!(
        text.contains("This page is not open to everyone") && !text.contains("hall"),
        "{text}"
    );
    viewer.click("#access-code");
    viewer.type_text("k7q4-m2xw-none");
    viewer.press("Enter");
    let _ = viewer.until(
        "document.querySelector('#access-code-error')?.innerText.includes('That code does not open this page.')",
        MOMENT,
    );
    let _ = viewer.until("document.activeElement.id === 'access-code'", MOMENT);
    assert_eq!(viewer.faults(), Vec::<String>::new(), "a wrong code");
    assert_eq!(
        viewer.see("document.activeElement.value"),
        json!("k7q4-m2xw-none"),
        "what was typed survives"
    );
    viewer.press("Control+a");
    viewer.type_text(code);
    viewer.press("Enter");
    let _ = viewer.until(
        &format!(
            "location.search === '?access_code={code}' && document.querySelector('stage-player')"
        ),
        MOMENT,
    );
    viewer
}

fn code_opens_and_its_end_is_told(delay: &str) {
    let (server, operator, _publisher, code) = hall(&["log.level=trace"], None);
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    viewer.prepare(&format!(
        "localStorage.setItem('media-server.player', JSON.stringify({{ delay: '{delay}' }}))"
    ));
    let viewer = gets_in(&server, viewer, &code);
    let at = viewer.moves(0.0);

    // The code stands in the addresses that ask for leave, and in no other.
    let with_code: Vec<String> = addresses(viewer)
        .into_iter()
        .filter(|address| address.contains(&code))
        .collect();
    for address in &with_code {
        let asks = [
            "/index.m3u8?",
            "/whep?",
            "/poster.mp4?",
            "/api/events?",
            "/api/watch/hall?",
        ];
        assert!(asks.iter().any(|ask| address.contains(ask)), "{address}");
    }
    assert!(!with_code.is_empty(), "it was brought at all");
    assert_eq!(
        viewer.see("document.cookie"),
        json!(""),
        "nobody needs a cookie for it"
    );

    // Its owner reads that it was opened, and for how long was watched.
    let used = wait::until("what was watched is told", 2 * MOMENT, || {
        let days = operator
            .get(&format!("/api/access-codes/{code}/history"))
            .json();
        let today = days["days"].as_array()?.last()?.clone();
        (today["watched_s"].as_u64()? >= 2).then_some(today)
    });
    assert_eq!(used["opened"], json!(1), "{used}");

    let paused = change(&operator, &code, &json!({"paused": true}));
    let told = says(viewer, OFF, MOMENT);
    assert!(told - paused < WITHIN_MS, "told after {} ms", told - paused);
    let line = viewer.see(SLATE);
    assert!(
        line.to_string()
            .contains("Ask the person who gave it to you.")
    );
    assert_eq!(viewer.faults(), Vec::<String>::new(), "switched off");
    viewer.picture(&format!("code-off-{delay}"));

    let _ = change(&operator, &code, &json!({"paused": false}));
    let _ = viewer.until(&format!("{SLATE} === ''"), MOMENT);
    let _ = viewer.moves(0.0);

    let gone = operator.ask("DELETE", &format!("/api/access-codes/{code}"), &[], b"");
    assert_eq!(gone.status, 204, "{}", gone.text());
    let deleted = now_ms();
    let told = says(viewer, OFF, MOMENT);
    println!("{delay}: told {} ms after DELETE", told - deleted);
    assert!(
        told - deleted < WITHIN_MS,
        "told after {} ms",
        told - deleted
    );
    viewer.reload();
    let _ = viewer.until(
        "document.querySelector('#access-code-error')?.innerText.includes('That code does not open this page.')",
        MOMENT,
    );
    assert!(at > 0.0);
    assert_eq!(but_refusals(viewer), Vec::<String>::new());
    let log = server.whole_log();
    assert!(log.contains("a publisher is live"), "a log to look through");
    assert!(!log.contains(&code), "the code is in the log");
    assert!(
        !log.contains("k7q4-m2xw-none"),
        "what was tried is in the log"
    );
}

#[test]
fn code_opens_a_private_stream_and_its_end_is_told_within_a_second() {
    code_opens_and_its_end_is_told("automatic");
}

#[test]
fn code_opens_a_private_stream_by_hls_and_its_end_is_told_within_a_second() {
    code_opens_and_its_end_is_told("low");
}

#[test]
fn who_finds_all_places_taken_waits_and_comes_in_by_itself() {
    let (server, operator, _publisher, code) = hall(&[], Some(1));
    let browser = Browser::start();
    let [first, second] = ["first", "second"].map(|name| browser.profile(name));
    let link = server.url(&format!("/watch/hall?access_code={code}"));
    assert_eq!(first.open(&link), 200);
    let at = first.moves(0.0);
    // Coming again in the same tab is nobody new.
    first.reload();
    let _ = first.moves(0.0);
    assert_eq!(second.open(&link), 200);
    let _ = says(second, "All places are taken", MOMENT);
    let line = second.see(SLATE);
    assert!(
        line.to_string()
            .contains("This code is for 1 viewer at once. It starts here when that one leaves."),
        "{line}"
    );
    assert_eq!(
        second.faults(),
        Vec::<String>::new(),
        "all places are taken"
    );
    second.picture("code-full");
    // Nor is it another for who has a browser that plays HLS by itself, and tells nothing of what it was answered.
    let third = browser.profile("third");
    third.prepare(
        "delete window.MediaSource; delete window.ManagedMediaSource; delete window.WebKitMediaSource; \
         localStorage.setItem('media-server.player', JSON.stringify({ delay: 'low' }))",
    );
    assert_eq!(third.open(&link), 200);
    let _ = says(third, "This code is for 1 viewer at once.", MOMENT);
    let _ = third.open("about:blank");
    let _ = change(&operator, &code, &json!({"viewers_max": 2}));
    let _ = second.until(&format!("{SLATE} === ''"), MOMENT);
    let _ = second.moves(0.0);
    let _ = first.moves(0.0);
    assert!(at > 0.0);
    for page in [first, second] {
        assert_eq!(but_refusals(page), Vec::<String>::new());
    }
}

#[test]
fn owner_shares_with_a_new_code_in_the_dialog_and_pauses_it_on_its_page() {
    let (server, operator, _publisher, old) = hall(&[], None);
    let gone = operator.ask("DELETE", &format!("/api/access-codes/{old}"), &[], b"");
    assert_eq!(gone.status, 204);
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(anna.open(&server.url("/watch/hall")), 200);
    anna.click("a[data-share]");
    let dialog = "document.querySelector('dialog[open]')";
    let _ = anna.until(
        &format!("{dialog}?.innerText.includes('Only you and administrators can see this.')"),
        MOMENT,
    );
    assert_eq!(anna.faults(), Vec::<String>::new(), "nothing shared yet");
    anna.click("dialog form[method=post] button");
    let link = "document.querySelector('dialog #share-link').value";
    let _ = anna.until(&format!("{link}.includes('access_code=')"), MOMENT);
    let _ = anna.is_told("is made; the link has it");
    assert_eq!(
        anna.see("document.activeElement.id"),
        json!("share-link"),
        "the focus is on what was asked for"
    );
    assert_eq!(anna.faults(), Vec::<String>::new(), "a new code");
    anna.picture("share");
    let link = anna.see(link).as_str().unwrap_or_default().to_owned();
    let embed = anna.see("document.querySelector('dialog #share-embed').textContent");
    let query = link.split('?').nth(1).unwrap_or_default();
    assert!(
        embed
            .as_str()
            .unwrap_or_default()
            .contains(&format!("/embed/hall?{query}")),
        "{embed}"
    );
    // Another choice brings another link, and no code.
    anna.select("dialog #share-with", "");
    let _ = anna.until(
        "!document.querySelector('dialog #share-link').value.includes('access_code=')",
        MOMENT,
    );
    anna.press("Escape");
    let _ = anna.until("!document.querySelector('dialog')", MOMENT);

    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&link), 200);
    let _ = visitor.moves(0.0);
    assert_eq!(anna.open(&server.url("/codes")), 200);
    anna.click("table a");
    let _ = anna.until("location.pathname.startsWith('/codes/')", MOMENT);
    let _ = anna.until("document.querySelector('h1')?.innerText === 'hall'", MOMENT);
    let used = anna.see("document.querySelector('.tiles').innerText");
    assert!(used.to_string().contains("1 time"), "{used}");
    assert_eq!(
        anna.see("document.querySelector('.qr img').naturalWidth > 0"),
        json!(true)
    );
    anna.click("form[action$='/pause'] button");
    let _ = says(visitor, OFF, MOMENT);
    let _ = anna.until(
        "document.querySelector('form[action$=\"/resume\"]')",
        MOMENT,
    );
    anna.click("form[action$='/resume'] button");
    let _ = visitor.until(&format!("{SLATE} === ''"), MOMENT);
    let _ = anna.until("document.querySelector('form[action$=\"/pause\"]')", MOMENT);
    anna.click("a[href$='/delete']");
    let _ = anna.until(
        &format!("{dialog}?.innerText.includes('The one person who watches with it now is cut off within a second')"),
        MOMENT,
    );
    anna.press("Tab");
    anna.press("Enter");
    let _ = anna.until("location.pathname === '/codes'", MOMENT);
    let _ = says(visitor, OFF, MOMENT);
    assert_eq!(anna.complaints(), Vec::<String>::new());
    assert_eq!(but_refusals(visitor), Vec::<String>::new());
}

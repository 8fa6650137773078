//! The first five minutes of an operator, a streamer and a viewer, in a real browser over the real binary.
//!
//! Each story begins from an empty folder. Deadlines are promises with fivefold slack, since the machine is busy with other
//! stories; what was measured is printed. Pictures go to `target/pictures`.

use std::{path::Path, sync::LazyLock, time::Duration};

use e2e::{
    Browser, Ffmpeg, MOMENT, Profile, Publisher, Server,
    browser::FOCUS,
    encoder,
    server::{PASSWORD, state, wait_until_receiving},
};
use serde_json::{Value, json};

/// The page is green within 2 s of the first key frame: fivefold.
const GREEN: Duration = Duration::from_secs(10);
/// A refusal is seen within 1 s: fivefold.
const REFUSED: Duration = Duration::from_secs(5);

const HEADING: &str = "document.querySelector('[data-heading]').textContent";
const KEY: &str = "document.querySelector('#stream-key')?.value";

/// From the link on standard output to the Go-live page, by keyboard alone.
fn set_up(server: &Server, page: Profile<'_>) {
    let Some(link) = server.setup.as_deref() else {
        panic!("no setup link on standard output");
    };
    // What is printed may say a name; the story's server is on the loopback either way.
    let path = link.find("/setup?").map_or("", |at| &link[at..]);
    assert_eq!(page.open(&server.url(path)), 200);
    assert_eq!(
        page.see(FOCUS),
        json!("username"),
        "the first field has the focus"
    );
    page.type_text("anna");
    page.tab_to("password");
    page.type_text(PASSWORD);
    page.press("Enter");
    let _ = page.until("location.pathname === '/streams/live'", MOMENT);
}

fn no_complaints(pages: &[Profile<'_>]) {
    for page in pages {
        assert_eq!(page.complaints(), Vec::<String>::new(), "a page complained");
    }
}

/// What OBS would send: 720p, a key frame each two seconds, no B-frames, AAC. Encoded once, so that it comes in real time also where
/// the machine is busy.
fn recording() -> &'static Path {
    static RECORDING: LazyLock<tempfile::TempPath> = LazyLock::new(|| {
        let file = tempfile::Builder::new().suffix(".flv").tempfile();
        let file = file.unwrap_or_else(|error| panic!("no file: {error}"));
        let path = file.into_temp_path();
        let name = path.to_string_lossy().into_owned();
        let mut arguments: Vec<&str> = "-y -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000".split(' ').collect();
        arguments.extend("-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -b:v 1500k -maxrate 1500k -bufsize 1500k".split(' '));
        arguments.extend(
            "-g 60 -keyint_min 60 -sc_threshold 0 -c:a aac -ac 2 -b:a 128k -t 8 -f flv".split(' '),
        );
        arguments.push(&name);
        let (status, words) = encoder::run(Ffmpeg::Modern, &arguments).end_within(4 * MOMENT);
        assert!(status.success(), "no recording: {words}");
        path
    });
    &RECORDING
}

/// Publishes as OBS does: server and key as two fields.
fn go_live(server: &str, key: &str) -> Publisher {
    let application = server.rsplit('/').next().unwrap_or_default();
    let recording = recording().to_string_lossy();
    let mut arguments = vec![
        "-re",
        "-stream_loop",
        "-1",
        "-i",
        &recording,
        "-c",
        "copy",
        "-rtmp_app",
        application,
    ];
    arguments.extend([
        "-rtmp_tcurl",
        server,
        "-rtmp_playpath",
        key,
        "-f",
        "flv",
        server,
    ]);
    encoder::run(Ffmpeg::Modern, &arguments)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// An RFC 3339 time in UTC as Unix time in milliseconds, by the browser's reading.
fn unix_ms(page: Profile<'_>, at: &Value) -> i64 {
    page.see(&format!("Date.parse({at})"))
        .as_i64()
        .unwrap_or_default()
}

#[test]
fn operator_sets_up_by_keyboard_and_lands_on_go_live() {
    let server = Server::start(&[]);
    let browser = Browser::start();
    let anna = browser.profile("anna");
    let link = server.setup.clone().unwrap_or_default();
    let path = link.find("/setup?").map_or("", |at| &link[at..]);
    assert_eq!(anna.open(&server.url(path)), 200);
    anna.picture("setup-1280");
    set_up(&server, anna);
    let key = text(&anna.see(KEY));
    assert!(key.starts_with("sk_") && key.len() > 20, "no key: {key}");
    assert_eq!(
        anna.see("document.querySelector('#stream-key').type"),
        json!("password"),
        "covered until asked for"
    );
    anna.tab_to("Show stream key");
    anna.press("Enter");
    let _ = anna.until(
        "document.querySelector('#stream-key').type === 'text'",
        MOMENT,
    );
    let _ = anna.until(&format!("{HEADING} === 'Waiting for your stream'"), MOMENT);
    anna.reload();
    assert_eq!(anna.see(KEY), Value::Null, "the key is shown once");
    let whole = text(&anna.see("document.documentElement.outerHTML"));
    assert!(!whole.contains(&key), "the key is in the page again");
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&server.url(path)), 403, "the link works once");
    let _ = visitor.complaints(); // The browser counts the status as an error.
    no_complaints(&[anna]);
}

#[test]
fn streamer_goes_live_and_the_page_turns_green_by_itself() {
    let server = Server::start(&[]);
    let browser = Browser::start();
    let anna = browser.profile("anna");
    set_up(&server, anna);
    let to = text(&anna.see("document.querySelector('#server').value"));
    let key = text(&anna.see(KEY));
    let _publisher = go_live(&to, &key);
    let green = anna.until(&format!("{HEADING}.startsWith('Receiving 1280×720, 30\u{a0}fps, H.264') && document.querySelector('[data-banner]').classList.contains('ok') && {HEADING}"), MOMENT);
    let heading = text(&green.value);
    assert!(heading.contains("AAC 48\u{a0}kHz"), "{heading}");
    let status = anna.see("fetch('/api/streams/live/status').then((answer) => answer.json())");
    let took = green.at_ms - unix_ms(anna, &status["live"]["since"]);
    println!("green {took} ms after the publisher was let in: {heading}");
    assert!(
        took < i64::try_from(GREEN.as_millis()).unwrap_or(0),
        "green only after {took} ms"
    );
    assert_eq!(
        anna.see("document.querySelector('[data-badge]').textContent"),
        json!("LIVE")
    );

    let _ = server.cli(&["user", "add", "ben"], PASSWORD);
    let ben = browser.profile("ben");
    assert_eq!(ben.open(&server.url("/watch/live")), 404, "the gate");
    let _ = ben.complaints(); // The browser counts the status as an error.
    ben.click("main a[href^='/login']");
    let _ = ben.until(
        "location.pathname === '/login' && document.activeElement.id === 'username'",
        MOMENT,
    );
    ben.type_text("ben");
    ben.press("Tab");
    ben.type_text(PASSWORD);
    ben.press("Enter");
    let _ = ben.until("location.pathname === '/watch/live'", MOMENT);
    let at = ben.moves(0.0);
    let _ = ben.moves(at);
    let _ = ben.until(
        "document.querySelector('stage-player').stats.delay_s > 0",
        MOMENT,
    );
    let _ = anna.until(
        "Number(document.querySelector('[data-tile=health-watching] [data-number]').textContent) >= 1",
        MOMENT,
    );
    pictures(anna, "go-live");
    pictures(ben, "watch");
    no_complaints(&[anna, ben]);
}

/// At a desk and on a phone.
fn pictures(page: Profile<'_>, name: &str) {
    page.size(1280, 800);
    page.picture(&format!("{name}-1280"));
    page.size(360, 740);
    page.picture(&format!("{name}-360"));
    page.size(1280, 800);
}

#[test]
fn wrong_key_is_seen_with_its_reason() {
    let server = Server::start(&[]);
    let browser = Browser::start();
    let anna = browser.profile("anna");
    set_up(&server, anna);
    let to = text(&anna.see("document.querySelector('#server').value"));
    let _ = anna.until("document.querySelector('[data-refused]').hidden", MOMENT);
    let (status, words) = go_live(&to, "?token=sk_this-is-none-of-the-keys-of-this-stream").end();
    assert!(!status.success(), "it was let in: {words}");
    let row = anna.until("!document.querySelector('[data-refused]').hidden && document.querySelector('[data-refused] tbody tr').innerText", MOMENT);
    let refusals = anna.see("fetch('/api/streams/live/refusals').then((answer) => answer.json())");
    let newest = refusals["refusals"]
        .get(0)
        .or_else(|| refusals["items"].get(0))
        .or_else(|| refusals.get(0));
    let newest = newest
        .cloned()
        .unwrap_or_else(|| panic!("no refusal: {refusals}"));
    let took = row.at_ms - unix_ms(anna, &newest["at"]);
    println!("seen after {took} ms: {}", row.value);
    assert!(
        took < i64::try_from(REFUSED.as_millis()).unwrap_or(0),
        "seen only after {took} ms"
    );
    let shown = text(&row.value);
    for part in [text(&newest["message"]), "127.0.0.".to_owned()] {
        assert!(
            !part.is_empty() && shown.contains(&part),
            "`{part}` is not in: {shown}"
        );
    }
    assert_eq!(anna.see(HEADING), json!("Waiting for your stream"));
    pictures(anna, "wrong-key");
    no_complaints(&[anna]);
}

#[test]
fn viewer_is_told_when_the_sender_is_away_and_goes_on_when_it_is_back() {
    let server = Server::start(&[]);
    let browser = Browser::start();
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let to = server.rtmp_url("live");
    let sender = go_live(&to, &key);
    wait_until_receiving(&operator, "live");
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let at = viewer.moves(0.0);
    sender.kill();
    let told = "document.querySelector('stage-player').innerText + (document.querySelector('stage-player').shadowRoot?.textContent ?? '')";
    let _ = viewer.until(
        &format!("({told}).includes('The sender lost its connection')"),
        MOMENT,
    );
    let _ = viewer.until(
        "document.querySelector('[data-badge]').textContent !== 'LIVE'",
        MOMENT,
    );
    viewer.picture("away-1280");
    let _sender = go_live(&to, &key);
    let back = viewer.moves(at);
    let _ = viewer.moves(back);
    assert_eq!(
        viewer.see(&format!(
            "({told}).includes('The sender lost its connection')"
        )),
        json!(false),
        "the words stay"
    );
    let _ = viewer.until(
        "document.querySelector('[data-badge]').textContent === 'LIVE'",
        MOMENT,
    );
    no_complaints(&[viewer]);
}

#[test]
fn broadcast_that_was_ended_stays_so_though_its_encoder_comes_back_by_itself() {
    let server = Server::start(&[]);
    let browser = Browser::start();
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let to = server.rtmp_url("live");
    let mut sender = go_live(&to, &key);
    wait_until_receiving(&operator, "live");
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let _ = viewer.moves(0.0);
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(anna.open(&server.url("/streams/live")), 200);
    anna.click("a[href='/streams/live/end']");
    let _ = anna.until("document.querySelector('dialog[open] form')", MOMENT);
    anna.click("dialog[open] button[type=submit]");
    // As OBS does: the connection is lost, so it tries again, and is turned away each time.
    for _ in 0..3 {
        let (status, words) = sender.end();
        assert!(!status.success(), "it was not cut off: {words}");
        sender = go_live(&to, &key);
    }
    let (status, words) = sender.end();
    assert!(!status.success(), "it was let in again: {words}");
    assert_eq!(state(&operator, "live"), None, "it is live again");
    let _ = anna.until(&format!("{HEADING} === 'Waiting for your stream'"), MOMENT);
    let refused = "document.querySelector('[data-refused] tbody').innerText";
    let _ = anna.until(
        &format!("{refused}.includes('The broadcast was ended on its page.')"),
        MOMENT,
    );
    let _ = viewer.until(
        "document.querySelector('stage-player .p-slate').innerText.includes('The broadcast has ended')",
        MOMENT,
    );
    no_complaints(&[anna, viewer]);
}

/// What the page has shown, each with its time: its heading, and when the newest refusal was.
const NOTE: &str = "(() => {
    globalThis.shown = [];
    const look = () => {
        const now = { at: Date.now(), heading: document.querySelector('[data-heading]').textContent, refused: document.querySelector('[data-refused] tbody time')?.dateTime ?? '' };
        const before = globalThis.shown.at(-1);
        if (now.heading !== before?.heading || now.refused !== before?.refused) globalThis.shown.push(now);
    };
    look();
    new MutationObserver(look).observe(document.querySelector('[data-golive]'), { subtree: true, childList: true, characterData: true, attributes: true });
})()";

fn median(mut all: Vec<i64>) -> i64 {
    all.sort_unstable();
    println!("{all:?}");
    all[all.len() / 2]
}

/// The figures of `docs/performance.md`: run alone with `--nocapture`, it prints them.
#[test]
fn green_and_refusals_are_seen_in_time_again_and_again() {
    const TIMES: usize = 7;
    let server = Server::start(&["publish.grace_s=1"]);
    let browser = Browser::start();
    let anna = browser.profile("anna");
    set_up(&server, anna);
    let to = text(&anna.see("document.querySelector('#server').value"));
    let key = text(&anna.see(KEY));
    let _ = recording();
    let _ = anna.see(NOTE);
    let (mut green, mut refused) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let (status, words) = go_live(&to, "?token=sk_this-is-none-of-the-keys").end();
        assert!(!status.success(), "it was let in: {words}");
        let all = anna.see("fetch('/api/streams/live/refusals').then((answer) => answer.json())");
        let at = &all["refusals"][0]["at"];
        let seen = anna.until(
            &format!("globalThis.shown.find(({{ refused }}) => refused === {at})"),
            MOMENT,
        );
        refused.push(seen.value["at"].as_i64().unwrap_or_default() - unix_ms(anna, at));

        let publisher = go_live(&to, &key);
        let _ = anna.until(&format!("{HEADING}.startsWith('Receiving')"), MOMENT);
        let status = anna.see("fetch('/api/streams/live/status').then((answer) => answer.json())");
        let since = unix_ms(anna, &status["live"]["since"]);
        let seen = anna.see(&format!("globalThis.shown.find(({{ at, heading }}) => at >= {since} && heading.startsWith('Receiving')).at"));
        green.push(seen.as_i64().unwrap_or_default() - since);
        drop(publisher);
        let _ = anna.until(&format!("{HEADING} === 'Waiting for your stream'"), MOMENT);
    }
    let (green, refused) = (median(green), median(refused));
    println!(
        "median of {TIMES}: green {green} ms after the publisher was let in, a refusal {refused} ms after it"
    );
    assert!(u128::try_from(green).is_ok_and(|ms| ms < GREEN.as_millis()));
    assert!(u128::try_from(refused).is_ok_and(|ms| ms < REFUSED.as_millis()));
    no_complaints(&[anna]);
}

/// The server's own sender: pressed, green, watched, and stopped.
#[test]
fn test_signal_is_started_watched_and_stopped_by_its_buttons() {
    let server = Server::start(&[]);
    let browser = Browser::start();
    let anna = browser.profile("anna");
    set_up(&server, anna);
    anna.click("a[href='/streams/live/test-signal']");
    let _ = anna.until("location.pathname === '/streams/live/test-signal' && document.querySelector('[data-test-start] button')", MOMENT);
    anna.click("[data-test-start] button");
    let _ = anna.until(
        &format!("{HEADING}.startsWith('Receiving 640×360')"),
        MOMENT,
    );
    let _ = anna.until(
        "!document.querySelector('[data-test-stop]').hidden && document.querySelector('[data-test-start]').hidden",
        MOMENT,
    );
    pictures(anna, "test-signal");
    let viewer = browser.profile("anna/watching");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let at = viewer.moves(0.0);
    let _ = viewer.moves(at);
    anna.click("[data-test-stop] button");
    let _ = anna.until(&format!("{HEADING} === 'Waiting for your stream'"), MOMENT);
    let _ = anna.until(
        "!document.querySelector('[data-test-start]').hidden",
        MOMENT,
    );
    let _ = viewer.until(
        "document.querySelector('stage-player .p-slate').innerText.includes('The broadcast has ended')",
        MOMENT,
    );
    // Real time that is asked for when it is over is a complaint of the browser's own.
    let complaints = anna.complaints();
    let other = complaints.iter().find(|text| !text.contains("/whep"));
    assert_eq!(other, None);
}

//! Going live from a browser, with a camera and a microphone that it makes up.
//!
//! The page alone is tried against a server of WHIP inside the page, which can be busy or gone at will; the whole way against the server.

use e2e::{Browser, Devices, MOMENT, Profile, Server, server::PASSWORD};
use serde_json::json;

const STATE: &str = "document.querySelector('[data-state]').textContent";
const PROBLEM: &str = "document.querySelector('[data-problem]').innerText";
const START: &str = "[data-start]";
const STOP: &str = "[data-stop]";

/// Anna at her stream's page for cameras and screens.
fn at_her_page(server: &Server, page: Profile<'_>) {
    page.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(page.open(&server.url("/streams/live/browser")), 200);
}

fn until_state(page: Profile<'_>, words: &str) {
    let _ = page.until(&format!("{STATE}.includes('{words}')"), 2 * MOMENT);
}

#[test]
fn page_previews_sends_h264_and_opus_and_reconnects_by_itself() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let browser = Browser::with_devices(Devices::Allowed);
    let page = browser.profile("anna");
    page.fake_whip();
    at_her_page(&server, page);
    // Allowed before, the preview is there at once; muted, with its size, and with a level that moves.
    let _ = page.until(
        "(() => { const v = document.querySelector('[data-preview]'); return v.videoWidth === 1280 && v.muted; })()",
        MOMENT,
    );
    let _ = page.until("document.querySelector('meter').value > 0", MOMENT);
    let _ = page.until(
        "document.querySelector('select[name=picture]').selectedOptions[0].text.startsWith('Camera: ')",
        MOMENT,
    );
    // By keyboard.
    let _ = page.see("document.querySelector('[data-start]').focus()");
    page.press("Enter");
    until_state(page, "You are live");
    let _ = page.until(
        "fakeWhip.video.videoWidth > 0 && /H264/.test(fakeWhip.peer.remoteDescription.sdp)",
        MOMENT,
    );
    let asked = page.see("fakeWhip.requests[0]");
    assert_eq!(asked["method"], json!("POST"));
    assert_eq!(asked["path"], json!("/live/whip"));
    assert!(
        asked["authorization"]
            .as_str()
            .is_some_and(|key| key.starts_with("Bearer sk_")),
        "{asked}"
    );
    let offer = asked["offer"].as_str().unwrap_or_default();
    assert!(
        offer.contains("opus/48000/2") && !offer.contains("VP8") && !offer.contains("PCMU"),
        "{offer}"
    );
    let first = offer
        .lines()
        .find_map(|line| line.strip_prefix("a=fmtp:"))
        .unwrap_or_default();
    assert!(offer.contains("profile-level-id=42e01f"), "{first}");
    page.picture("browser-live-1280");

    // The connection breaks and the server is away for a moment: it comes back by itself.
    let _ = page.see("fakeWhip.answers.push('gone'), fakeWhip.peer.close()");
    until_state(page, "Trying again");
    until_state(page, "You are live");
    assert_eq!(page.see("fakeWhip.sessions.length"), json!(2));

    page.click(STOP);
    until_state(page, "Keep this tab open");
    let _ = page.until(
        "fakeWhip.requests.at(-1).method === 'DELETE' && fakeWhip.requests.at(-1).path.endsWith('/s2')",
        MOMENT,
    );
    // Somebody else is live: told, and not pushed aside.
    let _ = page.see("fakeWhip.answers.push({ status: 409, code: 'already_live' })");
    page.click(START);
    let _ = page.until(&format!("{PROBLEM}.includes('already live')"), MOMENT);
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn refused_camera_is_told_with_what_helps() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let browser = Browser::with_devices(Devices::Refused);
    let page = browser.profile("anna");
    page.fake_whip();
    at_her_page(&server, page);
    page.click(START);
    let _ = page.until(
        &format!("{PROBLEM}.includes('Allow camera and microphone')"),
        MOMENT,
    );
    page.select("select[name=picture]", "none");
    page.select("select[name=sound]", "none");
    page.click(START);
    let _ = page.until(&format!("{PROBLEM}.includes('nothing to send')"), MOMENT);
    assert_eq!(page.see("fakeWhip.requests.length"), json!(0));
    page.size(320, 640);
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn camera_goes_live_and_is_watched_both_ways() {
    let mut server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let browser = Browser::with_devices(Devices::Allowed);
    let page = browser.profile("anna");
    at_her_page(&server, page);
    let _ = page.until(
        "document.querySelector('[data-preview]').videoWidth > 0",
        MOMENT,
    );
    page.click(START);
    until_state(page, "The server says: Receiving");
    // Picture and sound come one by one; until both are there, nothing is said to be missing.
    let heading = page.until(
        "(() => { const words = document.querySelector('[data-heading]').textContent; return words.includes('H.264') && /Opus|no sound/.test(words) && words; })()",
        MOMENT,
    );
    assert!(
        heading
            .value
            .as_str()
            .is_some_and(|words| words.contains("Opus")),
        "{}",
        heading.value
    );
    for (name, choice, connection) in [
        ("real-time", "realtime", "WebRTC"),
        ("low", "low", "Low-delay HLS"),
    ] {
        let viewer = browser.profile(name);
        viewer.prepare(&format!(
            "localStorage.setItem('media-server.player', JSON.stringify({{ delay: '{choice}' }}))"
        ));
        assert_eq!(viewer.open(&server.url("/watch/live")), 200);
        let _ = viewer.until(
            &format!("(() => {{ const s = document.querySelector('stage-player').stats; return s.connection === '{connection}' && s.frames > 20; }})()"),
            2 * MOMENT,
        );
        assert!(viewer.sounds(), "{name}");
        assert_eq!(viewer.complaints(), Vec::<String>::new());
    }
    // The server is away for a moment: the page comes back by itself, with another key, since lent ones go with the process.
    server.kill();
    until_state(page, "Trying again");
    let server = server.again();
    until_state(page, "The server says: Receiving");
    page.click(STOP);
    let _ = page.until(
        "!document.querySelector('[data-heading]').textContent.startsWith('Receiving')",
        2 * MOMENT,
    );
    // No key of the page's is among the stream's.
    let keys = page.see("[...document.querySelectorAll('li[data-key]')].length");
    assert_eq!(keys, json!(1));
    drop(server);
}

#[test]
fn login_that_ends_ends_what_its_page_sends() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let browser = Browser::with_devices(Devices::Allowed);
    let page = browser.profile("anna");
    at_her_page(&server, page);
    page.click(START);
    until_state(page, "You are live");
    let _ = server.cli(
        &["user", "reset-password", "anna"],
        "another battery staple",
    );
    let _ = page.until(
        &format!("{PROBLEM}.includes('not logged in any more')"),
        2 * MOMENT,
    );
}

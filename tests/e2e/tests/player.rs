//! The player as a viewer uses it: sound where the browser insists on a touch, keys, what is remembered, a server that goes away; and
//! the page that tests it.

use e2e::{Browser, Encoder, Ffmpeg, MOMENT, Publisher, Server, Sound};
use serde_json::json;

const MUTED: &str = "document.querySelector('stage-player video[slot=media]').muted";
const SLATE: &str = "document.querySelector('stage-player .p-slate').innerText";
const LOG: &str = "document.querySelector('#log').innerText";

/// A plain stream.
fn live() -> (Server, Publisher, String) {
    Server::live(&[], &Encoder::new(Ffmpeg::Modern))
}

#[test]
fn picture_begins_without_sound_where_the_browser_insists_and_one_tap_brings_it() {
    let (server, _publisher, _) = live();
    let browser = Browser::with(Sound::AfterATouch);
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    viewer.hear("stage-playing");
    assert_eq!(viewer.see(MUTED), json!(true), "it began with sound");
    let _ = viewer.until("!document.querySelector('.p-sound').hidden", MOMENT);
    viewer.click(".p-sound");
    let _ = viewer.until(
        &format!("!{MUTED} && document.querySelector('.p-sound').hidden"),
        MOMENT,
    );
    let _ = viewer.moves(0.0);
    assert_eq!(viewer.complaints(), Vec::<String>::new());
}

#[test]
fn keys_steer_the_player_and_what_was_chosen_is_remembered() {
    let (server, _publisher, _) = live();
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let _ = viewer.moves(0.0);
    let _ = viewer.see("document.querySelector('stage-player .player').focus()");
    viewer.press("?");
    let _ = viewer.until(
        "document.querySelector('.p-help').checkVisibility() && document.querySelector('.p-help').innerText.includes('Full screen')",
        MOMENT,
    );
    viewer.press("Escape");
    let _ = viewer.until("document.querySelector('.p-help').hidden", MOMENT);
    for _ in 0..5 {
        viewer.press("ArrowDown");
    }
    viewer.press("m");
    let volume = "document.querySelector('stage-player video[slot=media]').volume";
    let _ = viewer.until(&format!("{MUTED} && {volume} === 0.75"), MOMENT);
    viewer.press("k");
    let _ = viewer.until(
        "document.querySelector('stage-player video[slot=media]').paused",
        MOMENT,
    );
    viewer.reload();
    let _ = viewer.moves(0.0);
    assert_eq!(
        viewer.see(&format!("[{MUTED}, {volume}]")),
        json!([true, 0.75])
    );
    assert_eq!(viewer.complaints(), Vec::<String>::new());
}

#[test]
fn server_that_is_gone_is_told_and_play_goes_on_once_it_is_back() {
    let (mut server, _publisher, to) = live();
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let _ = viewer.moves(0.0);
    server.kill();
    let _ = viewer.until(
        &format!("{SLATE}.includes('The connection is gone')"),
        MOMENT,
    );
    assert_eq!(
        viewer.see("document.querySelector('stage-player .p-slate button').textContent"),
        json!("Try now")
    );
    viewer.picture("connection-gone-1280");
    let server = server.again();
    let _publisher = Encoder::new(Ffmpeg::Modern).publish(&to);
    let _ = viewer.until(
        &format!("!{SLATE}.includes('The connection is gone')"),
        2 * MOMENT,
    );
    let back = viewer.moves(0.0);
    let _ = viewer.moves(back);
    // A browser counts every try at a server that is gone; nothing else may be among them.
    let complaints = viewer.complaints();
    let other = complaints.iter().find(|complaint| {
        !complaint.starts_with("console: Failed to load resource") || complaint.contains("policy")
    });
    assert_eq!(other, None);
    drop(server);
}

#[test]
fn test_page_plays_both_ways_beside_each_other_and_its_log_says_so() {
    let (server, _publisher, _) = live();
    let browser = Browser::start();
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&server.url("/test?stream=live")), 200);
    let _ = visitor.until(
        &format!("[/live/i, /asked for, real time/, /asked for, low delay/, /playlist read: /, /Real time\\s+first picture after/, /Low delay\\s+first picture after/, /picture size 320×180/].every((line) => line.test({LOG}))"),
        MOMENT,
    );
    for (side, connection, muted) in [("realtime", "WebRTC, UDP", false), ("low", "HLS", true)] {
        let side = format!("document.querySelector('[data-side={side}]')");
        assert_eq!(
            visitor.see(&format!(
                "{side}.querySelector('[data-playing]').textContent"
            )),
            json!("Playing")
        );
        for tile in ["delay", "buffer", "rate", "dropped"] {
            let figure = format!("{side}.querySelector('[data-tile={tile}] .figure').textContent");
            let _ = visitor.until(&format!("/[0-9]/.test({figure})"), MOMENT);
        }
        let fact = format!("{side}.querySelector('[data-fact=connection]').textContent");
        let _ = visitor.until(&format!("{fact}.includes('{connection}')"), MOMENT);
        assert_eq!(
            visitor.see(&format!("{side}.querySelector('video[slot=media]').muted")),
            json!(muted)
        );
    }
    // The delays are those of the two: real time is ahead.
    let _ = visitor.until(
        "(() => { const [a, b] = [...document.querySelectorAll('stage-player')].map((p) => p.stats.delay_s); return a !== null && b !== null && a < b; })()",
        MOMENT,
    );
    let _ = visitor.until(
        "/\\d/.test(document.querySelector('[data-requests]').innerText)",
        MOMENT,
    );
    for (field, path) in [("index", "/hls/live/index.m3u8"), ("whep", "/live/whep")] {
        assert_eq!(
            visitor.see(&format!("document.querySelector('#{field}').value")),
            json!(server.url(path))
        );
    }
    let media = visitor
        .see("fetch(document.querySelector('#media').value).then((answer) => answer.text())");
    assert!(
        media
            .as_str()
            .is_some_and(|text| text.starts_with("#EXTM3U") && text.contains("#EXT-X-PART:")),
        "the address is not of the media playlist: {media}"
    );
    // What is compared there is no viewer's choice: nothing of it is remembered.
    assert_eq!(
        visitor.see("localStorage.getItem('media-server.player')"),
        json!(null)
    );
    visitor.picture("test-1280");
    assert_eq!(visitor.complaints(), Vec::<String>::new());
}

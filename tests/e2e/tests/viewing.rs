//! What a viewer does around the picture: another window for it, a tablet, trying again, and handing on what the test page noted.
//! Holds whichever way the picture comes.

use e2e::{Browser, Encoder, Ffmpeg, MOMENT, Profile, Publisher, Server, until};
use serde_json::json;

const SLATE: &str = "document.querySelector('stage-player .p-slate').innerText";

/// A plain stream.
fn live() -> (Server, Publisher, String) {
    Server::live(&[], &Encoder::new(Ffmpeg::Modern))
}

/// Requests of the player: playlists, pieces, and offers of real time.
fn tries(page: Profile<'_>) -> usize {
    let asked = page.asked();
    let of_player = |path: &str| {
        path.starts_with("/hls/live/") && !path.ends_with(".mp4") || path.ends_with("/whep")
    };
    asked.iter().filter(|asked| of_player(&asked.path)).count()
}

#[test]
fn picture_goes_into_a_window_of_its_own_and_comes_back() {
    let (server, _publisher, _) = live();
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let at = viewer.moves(0.0);
    viewer.click("media-pip-button");
    let _ = viewer.until(
        "document.pictureInPictureElement?.matches('stage-player video') ?? document.querySelector('media-controller').shadowRoot?.pictureInPictureElement",
        MOMENT,
    );
    let at = viewer.moves(at);
    viewer.click("media-pip-button");
    let _ = viewer.until("!document.pictureInPictureElement", MOMENT);
    let _ = viewer.moves(at);
    assert_eq!(viewer.complaints(), Vec::<String>::new());
}

#[test]
fn tablet_shows_the_picture_in_its_whole_width_either_way_up() {
    let (server, _publisher, _) = live();
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    viewer.size(820, 1180);
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let mut at = viewer.moves(0.0);
    for (width, height) in [(820, 1180), (1180, 820), (768, 1024)] {
        viewer.size(width, height);
        at = viewer.moves(at);
        let fits = viewer.see("(() => { const box = document.querySelector('stage-player .player').getBoundingClientRect(); return [box.left >= 0 && box.right <= innerWidth, box.width >= innerWidth * 0.8 || box.height >= innerHeight * 0.6, Math.abs(box.width / box.height - 16 / 9) < 0.1]; })()");
        assert_eq!(fits, json!([true, true, true]), "{width} by {height}");
        assert_eq!(viewer.faults(), Vec::<String>::new(), "{width} by {height}");
        viewer.picture(&format!("watch-{width}"));
    }
    assert_eq!(viewer.complaints(), Vec::<String>::new());
}

#[test]
fn pressing_try_now_tries_at_once() {
    let (mut server, publisher, _) = live();
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/live")), 200);
    let _ = viewer.moves(0.0);
    server.kill();
    drop(publisher);
    // Left alone, it would try again in some seconds.
    let _ = viewer.until(
        &format!("/The connection is gone/.test({SLATE}) && /Trying again in ([2-9]|\\d\\d)/.test({SLATE})"),
        4 * MOMENT,
    );
    let before = tries(viewer);
    viewer.click("stage-player .p-slate button");
    until("another try", MOMENT, || {
        (tries(viewer) > before).then_some(())
    });
    // And it tries for good: with the server back, the words go.
    let _server = server.again();
    let _ = viewer.until(
        &format!("!{SLATE}.includes('The connection is gone')"),
        4 * MOMENT,
    );
}

#[test]
fn log_of_the_test_page_is_copied_whole() {
    let (server, _publisher, _) = live();
    let browser = Browser::start();
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&server.url("/test?stream=live")), 200);
    let _ = visitor.moves(0.0);
    let log = "document.querySelector('.log')";
    let _ = visitor.until(&format!("{log}.children.length >= 3"), MOMENT);
    let first = visitor.see(&format!("{log}.firstElementChild.innerText"));
    visitor.click("button[data-copy^=log]");
    let _ = visitor.is_told("Copied");
    // Pasted where text can be: into the name at the login.
    assert_eq!(visitor.open(&server.url("/login")), 200);
    visitor.click("#username");
    visitor.press("Control+v");
    let pasted = visitor.see("document.querySelector('#username').value");
    let pasted = pasted.as_str().unwrap_or_default();
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let first = first.as_str().unwrap_or_default();
    let last = words(first).pop().unwrap_or_default();
    assert!(
        pasted.len() > first.len() && pasted.contains(&last),
        "`{first}` is not in `{pasted}`"
    );
    let complaints = visitor.complaints();
    let other = complaints.iter().find(|text| !text.contains("/whep"));
    assert_eq!(other, None);
}

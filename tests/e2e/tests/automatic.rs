//! What the player does by itself: real time where that works, low delay where it does not, and what it remembers of that.

use e2e::{
    Browser, Encoder, Ffmpeg, MOMENT, Profile, Publisher, Server, server::wait_until_receiving,
};
use serde_json::{Value, json};

/// A picture has moved for a while, by this connection.
fn flows_by(page: Profile<'_>, connection: &str) -> Value {
    let flows = format!(
        "(() => {{ const s = document.querySelector('stage-player').stats; return s.connection === '{connection}' && s.frames > 30 && s.delay_s !== null ? s : null; }})()"
    );
    page.until(&flows, 2 * MOMENT).value
}

/// Until when real time is not tried, in milliseconds from now.
const REMEMBERED: &str = "(JSON.parse(localStorage.getItem('media-server.player') ?? '{}').noRealTimeUntil ?? 0) - Date.now()";
/// As in a network that lets nothing through to the server's port, by UDP or by TCP: the browser is told of no address that answers.
const NOWHERE: &str = r"
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function (told) {
  return set.call(this, { type: told.type, sdp: told.sdp.replace(/(a=candidate:\S+ 1 \S+ \d+) \S+ \d+/g, '$1 192.0.2.1 9') });
};
window.wentBlack = 0;
addEventListener('DOMContentLoaded', () => setInterval(() => {
  const video = document.querySelector('stage-player video[slot=media]');
  if (video && video.videoWidth === 0 && !document.querySelector('stage-player .p-poster')) window.wentBlack += 1;
}, 20));
";
/// What was told on the way, with the times: real time asked for, and each picture that began.
const TOLD: &str = r"
window.told = [];
for (const name of ['opened', 'playing', 'error']) {
  document.addEventListener(`stage-${name}`, ({ detail }) => window.told.push([name, performance.now(), name === 'opened' ? detail : detail.step?.step ?? null]));
}
";

fn live(settings: &[&str]) -> (Server, Publisher) {
    let server = Server::start(settings);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    // The poster is there, as it is for all but the first seconds.
    let picture = || server.client().get("/hls/live/poster.mp4").status == 200;
    e2e::until("the poster", MOMENT, || picture().then_some(()));
    (server, publisher)
}

#[test]
fn plain_stream_is_watched_in_real_time_with_picture_and_sound() {
    let (server, _publisher) = live(&[]);
    let browser = Browser::start();
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let stats = flows_by(page, "WebRTC");
    assert_eq!(stats["video"], json!("H.264 Baseline"), "{stats}");
    assert_eq!(stats["audio"], json!("Opus"), "{stats}");
    assert!(page.sounds());
    let muted = "document.querySelector('stage-player video[slot=media]').muted";
    assert_eq!(page.see(muted), json!(false));
    // The badge tells what was measured, and the statistics say by what.
    let _ = page.until(
        "/^0\\.\\d/.test(document.querySelector('.p-delay').innerText)",
        MOMENT,
    );
    let _ = page.see("document.querySelector('stage-player .player').focus()");
    page.press("Shift+S");
    let overlay = "document.querySelector('.p-stats').innerText";
    let _ = page.until(
        &format!("/WebRTC/.test({overlay}) && /Buffer\\s+0\\.0[1-9]|Buffer\\s+0\\.[1-9]/.test({overlay}) && /H.264/.test({overlay})"),
        MOMENT,
    );
    page.picture("real-time-statistics");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn network_that_lets_no_real_time_through_is_found_out_once_and_remembered() {
    let (server, _publisher) = live(&[]);
    let browser = Browser::start();
    let page = browser.profile("viewer");
    page.prepare(NOWHERE);
    page.prepare(TOLD);
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = flows_by(page, "Low-delay HLS");
    let told = page.see("window.told");
    let at = |name: &str, what: Value| {
        let all = told.as_array().into_iter().flatten();
        let found = all
            .clone()
            .find(|told| told[0] == json!(name) && (what.is_null() || told[2] == what));
        found
            .and_then(|told| told[1].as_f64())
            .unwrap_or_else(|| panic!("no {name}: {told}"))
    };
    let waited = at("error", json!("by_hls")) - at("opened", json!("realtime"));
    assert!((3_900.0..6_000.0).contains(&waited), "{waited} ms: {told}");
    assert_eq!(
        page.see("window.wentBlack"),
        json!(0),
        "the poster went early"
    );
    let hour = 3_600_000.0;
    let left = page.see(REMEMBERED).as_f64().unwrap_or_default();
    assert!((23.0 * hour..=24.0 * hour).contains(&left), "{left}");

    // The next visit does not wait: nothing is asked in real time.
    page.reload();
    let _ = flows_by(page, "Low-delay HLS");
    let told = page.see("window.told");
    assert_eq!(told[0][2], json!("low"), "{told}");
    assert!(!told.to_string().contains("realtime"), "{told}");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn real_time_chosen_by_hand_that_goes_well_is_the_end_of_what_was_remembered() {
    let (server, _publisher) = live(&[]);
    let browser = Browser::start();
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/login")), 200);
    let _ = page.see(
        "localStorage.setItem('media-server.player', JSON.stringify({ noRealTimeUntil: Date.now() + 3600e3 }))",
    );
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = flows_by(page, "Low-delay HLS");
    page.click(".p-gear");
    page.click(".p-menu input[value=realtime]");
    let _ = flows_by(page, "WebRTC");
    let _ = page.until(&format!("({REMEMBERED}) < 0"), 2 * MOMENT);
    page.click(".p-menu input[value=automatic]");
    let _ = flows_by(page, "WebRTC");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn server_without_real_time_is_watched_by_hls_at_once() {
    let (server, _publisher) = live(&["webrtc.listen="]);
    let browser = Browser::start();
    let page = browser.profile("viewer");
    page.prepare(TOLD);
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = flows_by(page, "Low-delay HLS");
    let told = page.see("window.told");
    assert_eq!(told[0][2], json!("low"), "{told}");
    assert!(page.see(REMEMBERED).as_f64() < Some(0.0));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn sender_that_is_away_and_the_end_are_told_in_real_time_as_they_are_by_hls() {
    let server = Server::start(&["publish.grace_s=8"]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let publish =
        || Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    let browser = Browser::start();
    let page = browser.profile("viewer");
    let slate = |words: &str| {
        let shown = format!(
            "document.querySelector('stage-player .p-slate').innerText.includes('{words}')"
        );
        let _ = page.until(&shown, MOMENT);
    };
    let none = "document.querySelector('stage-player .p-slate').innerText === ''";
    // It waits for the stream, and begins by itself.
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    slate("Not live right now");
    let first = publish();
    wait_until_receiving(&operator, "live");
    let _ = flows_by(page, "WebRTC");
    first.kill();
    slate("The sender lost its connection");
    let again = publish();
    let _ = page.until(none, MOMENT);
    let before = page.see("document.querySelector('stage-player').stats.frames");
    let _ = page.until(
        &format!("document.querySelector('stage-player').stats.frames > {before} + 25"),
        MOMENT,
    );
    assert_eq!(
        page.see("document.querySelector('stage-player').stats.connection"),
        json!("WebRTC")
    );
    again.kill();
    slate("The sender lost its connection");
    slate("The broadcast has ended");
    let _third = publish();
    let _ = page.until(none, 2 * MOMENT);
    let _ = flows_by(page, "WebRTC");
    assert!(
        page.see(REMEMBERED).as_f64() < Some(0.0),
        "nobody's network is to blame"
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn picture_that_stands_still_again_and_again_goes_on_with_low_delay() {
    let (server, _publisher) = live(&[]);
    let browser = Browser::start();
    let page = browser.profile("viewer");
    page.prepare(TOLD);
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = flows_by(page, "WebRTC");
    // As in a network that breaks off for two seconds, four times.
    for nth in 1..=4 {
        server.signal("STOP");
        let _ = page.until(
            &format!("document.querySelector('stage-player').stats.stalls === {nth}"),
            MOMENT,
        );
        server.signal("CONT");
        let _ = page.until(
            "(() => { const s = document.querySelector('stage-player').stats; return s.rate > 10; })()",
            MOMENT,
        );
    }
    let _ = flows_by(page, "Low-delay HLS");
    assert!(page.see(REMEMBERED).as_f64() > Some(0.0));
    let opened =
        page.see("window.told.filter(([name]) => name === 'opened').map(([, , delay]) => delay)");
    assert_eq!(opened, json!(["realtime", "low"]));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

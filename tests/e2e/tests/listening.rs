//! How pages hear what changes: one stream of events a browser, none while nobody looks, and questions where there is none to be had.

use e2e::{
    Browser, Encoder, Ffmpeg, MOMENT, Profile, Server,
    server::{PASSWORD, wait_until_receiving},
    until,
};
use serde_json::json;

const HEADING: &str = "document.querySelector('[data-heading]').textContent";
const BADGE: &str = "document.querySelector('[data-badge]').textContent";

/// Streams of events that these tabs hold open now.
fn open(tabs: &[Profile<'_>]) -> usize {
    let asked = tabs.iter().flat_map(|tab| tab.asked());
    asked
        .filter(|asked| asked.path == "/api/events" && !asked.is_over)
        .count()
}

/// What a browser does when its tab is covered by another, or comes back.
fn seen(tab: Profile<'_>, state: &str) {
    let _ = tab.see(&format!(
        "(() => {{ Object.defineProperty(document, 'visibilityState', {{ value: '{state}', configurable: true }}); document.dispatchEvent(new Event('visibilitychange')); }})()"
    ));
}

#[test]
fn tabs_of_a_browser_share_one_stream_of_events_and_hidden_ones_hold_none() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let browser = Browser::start();
    let (first, second, third) = (
        browser.profile("anna"),
        browser.profile("anna/second"),
        browser.profile("anna/third"),
    );
    first.log_in(&server.url(""), "anna", PASSWORD);
    let tabs = [first, second, third];
    for (tab, path) in tabs.into_iter().zip(["/streams/live", "/watch/live", "/"]) {
        assert_eq!(tab.open(&server.url(path)), 200);
    }
    until("one stream of events", MOMENT, || {
        (open(&tabs) == 1).then_some(())
    });

    // All three hear it.
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let _ = first.until(&format!("{HEADING}.startsWith('Receiving')"), MOMENT);
    let _ = second.until(&format!("{BADGE} === 'LIVE'"), MOMENT);
    let _ = third.until(
        "document.querySelector('[data-slug=live] [data-badge]').textContent === 'LIVE'",
        MOMENT,
    );
    assert_eq!(open(&tabs), 1);

    for tab in tabs {
        seen(tab, "hidden");
    }
    until("no stream of events", MOMENT, || {
        (open(&tabs) == 0).then_some(())
    });
    seen(second, "visible");
    until("one again", MOMENT, || (open(&[second]) == 1).then_some(()));
    assert_eq!(open(&[first, third]), 0);
    assert_eq!(first.complaints(), Vec::<String>::new());
}

/// A proxy that lets no stream of events through: the page turns green all the same.
#[test]
fn page_that_hears_no_events_asks_instead() {
    let server = Server::start(&[]);
    server.add_administrator();
    let key = server.add_stream("live", "public");
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    anna.block("**/api/events*");
    assert_eq!(anna.open(&server.url("/streams/live")), 200);
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    let _ = anna.until(&format!("{HEADING}.startsWith('Receiving')"), MOMENT);
    assert_eq!(
        anna.see("document.querySelector('[data-stale]').hidden"),
        json!(true),
        "it is up to date"
    );
    assert_eq!(open(&[anna]), 0);
    let asked = anna.asked();
    let questions = asked
        .iter()
        .filter(|asked| asked.path == "/api/streams/live/status");
    assert!(questions.count() >= 1, "{asked:?}");
    // The stream is tried again, and then nothing is asked any more.
    anna.unblock();
    until("the stream of events", 2 * MOMENT, || {
        (open(&[anna]) == 1).then_some(())
    });
    drop(publisher);
    let _ = anna.until(&format!("!{HEADING}.startsWith('Receiving')"), MOMENT);
    let complaints = anna.complaints();
    let other = complaints.iter().find(|text| !text.contains("/api/events"));
    assert_eq!(other, None);
}

//! Pages, as a visitor, a member and an administrator see it: accessible in light, in dark and at 320 px, never wider than
//! the window, and without a complaint of the browser. Not yet in the lists: the account and the server's pages.

use std::thread;

use e2e::{
    Browser, Encoder, Ffmpeg, Profile, Server,
    server::{PASSWORD, wait_until_receiving},
};
use serde_json::json;

/// A page, and what it is answered with.
type Page = (&'static str, u64);

/// What anyone sees. Of `offline` there is nothing to watch yet; `nothing-here` and `hidden` are the gate's and the error's.
const VISITOR: &[Page] = &[
    ("/", 200),
    ("/login", 200),
    ("/setup", 403),
    ("/watch/live", 200),
    ("/watch/offline", 200),
    ("/watch/hidden", 404),
    ("/test?stream=live", 200),
    ("/nothing-here", 404),
];
const MEMBER: &[Page] = &[
    ("/", 200),
    ("/logout", 200),
    ("/watch/live", 200),
    ("/watch/hidden", 404),
    ("/streams", 200),
    ("/streams/new", 200),
];
const ADMINISTRATOR: &[Page] = &[
    ("/", 200),
    ("/watch/live", 200),
    ("/test", 200),
    ("/streams", 200),
    ("/streams/live", 200),
    ("/streams/offline", 200),
    ("/streams/live/test-signal", 200),
    ("/streams/live/keys/new", 200),
    ("/streams/live/settings", 200),
    ("/streams/live/delete", 200),
    ("/streams/live/end", 200),
];

/// Looks at a page in each of the three ways; what is wrong, with where.
fn look(server: &Server, page: Profile<'_>, who: &str, (path, status): Page) -> Vec<String> {
    let mut wrong = Vec::new();
    page.size(1280, 800);
    page.scheme("light");
    let came = page.open(&server.url(path));
    if came != status {
        wrong.push(format!("{who} {path}: status {came}, not {status}"));
    }
    let mut judge = |way: &str| {
        let found = page.faults();
        wrong.extend(
            found
                .into_iter()
                .map(|fault| format!("{who} {path}, {way}: {fault}")),
        );
    };
    judge("light");
    page.scheme("dark");
    judge("dark");
    page.scheme("light");
    page.size(320, 640);
    judge("320 px");
    // A browser writes an error of its own where the page itself is answered with 404.
    let own = format!("status of {status}");
    wrong.extend(
        page.complaints()
            .into_iter()
            .filter(|complaint| status == 200 || !complaint.contains(&own))
            .map(|complaint| format!("{who} {path} complains: {complaint}")),
    );
    wrong
}

#[test]
fn pages_are_accessible_in_light_in_dark_and_on_a_narrow_phone() {
    let server = Server::start(&[]);
    let _ = look_at_setup(&server);
    let operator = server.operator();
    let _ = server.cli(&["user", "add", "ben"], PASSWORD);
    let key = server.add_stream("live", "public");
    let _ = server.add_stream("offline", "public");
    let _ = server.add_stream("hidden", "private");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    // A row in the list of those refused.
    let refused = Encoder::new(Ffmpeg::Modern)
        .publish(&server.rtmp_url("live?token=sk_this-is-none-of-the-keys-of-this-stream"));
    let _ = refused.end();

    let (server, rest) = (&server, &ADMINISTRATOR[8..]);
    let wrong: Vec<String> = thread::scope(|scope| {
        let ways = [
            ("visitor", None, [VISITOR, MEMBER]),
            ("administrator", Some("anna"), [&ADMINISTRATOR[..8], rest]),
        ];
        let ways =
            ways.map(|(who, name, pages)| scope.spawn(move || walk(server, who, name, pages)));
        ways.into_iter()
            .flat_map(|way| {
                way.join()
                    .unwrap_or_else(|_| vec!["a walk ended early".to_owned()])
            })
            .collect()
    });
    assert!(
        wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Walks through two lists of pages in one browser: the first visitor logs in as `ben` half way.
fn walk(server: &Server, who: &str, name: Option<&str>, pages: [&[Page]; 2]) -> Vec<String> {
    let browser = Browser::start();
    let first = browser.profile("first");
    if let Some(name) = name {
        first.log_in(&server.url(""), name, PASSWORD);
    }
    let look_all = |who: &str, pages: &[Page]| -> Vec<String> {
        pages
            .iter()
            .flat_map(|page| look(server, first, who, *page))
            .collect()
    };
    let mut wrong = look_all(who, pages[0]);
    if name.is_none() {
        first.log_in(&server.url(""), "ben", PASSWORD);
        wrong.extend(look_all("member", pages[1]));
    } else {
        wrong.extend(look_all(who, pages[1]));
    }
    wrong
}

/// The page that exists only while nobody has an account.
fn look_at_setup(server: &Server) -> Vec<String> {
    let browser = Browser::start();
    let link = server.setup.clone().unwrap_or_default();
    let path = link.find("/setup?").map_or("", |at| &link[at..]);
    let page = browser.profile("first");
    assert_eq!(page.open(&server.url(path)), 200);
    let mut wrong = page.faults();
    page.scheme("dark");
    wrong.extend(page.faults());
    page.size(320, 640);
    wrong.extend(page.faults());
    wrong.extend(page.complaints());
    assert_eq!(json!(wrong), json!([]), "the setup page");
    wrong
}

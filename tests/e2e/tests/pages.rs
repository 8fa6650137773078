//! Pages, as a visitor, a member and an administrator see it: accessible in light, in dark and at 320 px, usable by Tab alone, never
//! wider than the window up to 1920 px, and without a complaint of the browser.

use std::thread;

use e2e::{
    Browser, Client, Encoder, Ffmpeg, MOMENT, Profile, Server, sample,
    server::{PASSWORD, wait_until_receiving},
};
use serde_json::{Value, json};

/// A page, and what it is answered with. `{stream-key}`, `{api-key}`, `{link}` and `{code}` stand for what has an address only once it
/// is made.
type Page = (&'static str, u64);

/// What anyone sees. Of `offline` there is nothing to watch yet; `nothing-here`, `hidden` and `secret` are the gate's and
/// the error's.
const VISITOR: &[Page] = &[
    ("/", 200),
    ("/login", 200),
    ("/api/docs", 200),
    ("/setup", 403),
    ("/watch/live", 200),
    ("/watch/offline", 200),
    ("/watch/hidden", 404),
    ("/watch/hidden?access_code=none-of-them", 404),
    ("/watch/hidden?access_code=open-sesame-2026", 200),
    ("/test?stream=live", 200),
    ("/?q=nothing", 200),
    ("/?show=videos", 200),
    ("/watch/lesson1", 200),
    ("/watch/secret", 404),
    ("/watch/secret?access_code=open-sesame-2026", 200),
    ("/embed/lesson1", 200),
    ("/embed/secret", 404),
    ("/images", 200),
    ("/images?q=nothing", 200),
    ("/images/logo/about", 200),
    ("/images/nothing/about", 404),
    ("/nothing-here", 404),
];
const MEMBER: &[Page] = &[
    ("/", 200),
    ("/logout", 200),
    ("/watch/live", 200),
    ("/watch/hidden", 404),
    ("/streams", 200),
    ("/streams/new", 200),
    ("/codes", 200),
    ("/codes/new", 200),
    ("/account", 200),
    ("/account/api-keys/new", 200),
    ("/account/api-keys/{api-key}/revoke", 200),
    ("/library", 200),
    ("/library?show=videos", 200),
    ("/watch/lesson1", 200),
    ("/images/logo/about", 200),
    ("/library/video/lesson1", 404),
    ("/upload", 200),
    ("{link}", 200),
    ("/password/nothing", 403),
    ("/admin", 403),
];
const ADMINISTRATOR: &[Page] = &[
    ("/", 200),
    ("/watch/live", 200),
    ("/test", 200),
    ("/streams", 200),
    ("/streams/live", 200),
    ("/streams/offline", 200),
    ("/streams/live/test-signal", 200),
    ("/streams/live/browser", 200),
    ("/streams/live/keys/new", 200),
    ("/streams/live/keys/{stream-key}/rotate", 200),
    ("/streams/live/keys/{stream-key}/revoke", 200),
    ("/streams/live/settings", 200),
    ("/streams/live/delete", 200),
    ("/streams/live/end", 200),
    ("/codes", 200),
    ("/codes/new", 200),
    ("/codes/{code}", 200),
    ("/codes/{code}/change", 200),
    ("/codes/{code}/delete", 200),
    ("/share/stream/hidden", 200),
    ("/share/stream/live", 200),
    ("/admin", 200),
    ("/admin/check", 200),
    ("/admin/people", 200),
    ("/admin/people/ben/disable", 200),
    ("/admin/people/eve/password-link", 200),
    ("/admin/audit", 200),
    ("/admin/audit?before=3", 200),
    ("/account/api-keys/new", 200),
    ("/admin/settings", 200),
    ("/library", 200),
    ("/library?show=images", 200),
    ("/library?q=nothing", 200),
    ("/library/video/lesson1", 200),
    ("/library/image/logo", 200),
    ("/library/video/lesson1/delete", 200),
    ("/watch/lesson1", 200),
    ("/watch/secret", 200),
    ("/images/logo/about", 200),
    ("/share/video/secret", 200),
    ("/share/image/logo", 200),
    ("/upload", 200),
];

/// The server, and what was made on it.
struct Made<'a> {
    server: &'a Server,
    stream_key: String,
    api_key: String,
    link: String,
    code: String,
}

impl Made<'_> {
    fn path(&self, path: &str) -> String {
        path.replace("{stream-key}", &self.stream_key)
            .replace("{api-key}", &self.api_key)
            .replace("{link}", &self.link)
            .replace("{code}", &self.code)
    }
}

/// Looks at a page in each of the three ways; what is wrong, with where.
fn look(made: &Made<'_>, page: Profile<'_>, who: &str, (path, status): Page) -> Vec<String> {
    let path = &made.path(path);
    let mut wrong = Vec::new();
    page.size(1280, 800);
    page.scheme("light");
    let came = page.open(&made.server.url(path));
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
    let more = |way: &'static str, found: Vec<String>| {
        let place = format!("{who} {path}, {way}");
        found
            .into_iter()
            .map(move |fault| format!("{place}: {fault}"))
    };
    wrong.extend(more("by keyboard on a phone", page.walk()));
    page.size(1920, 1080);
    wrong.extend(more("1920 px", page.sideways()));
    page.size(1280, 800);
    wrong.extend(more("by keyboard", page.walk()));
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

    fill_library(&server, &operator);
    let made = &Made {
        server: &server,
        stream_key: id(&operator.get("/api/streams/live/keys").json()["keys"][0]),
        api_key: id(&server.cli(
            &["api-key", "add", "bot", "--user", "ben", "--scopes", "read"],
            "",
        )),
        link: path_of_link(&server, "eve"),
        code: id(&operator
            .send_json("POST", "/api/access-codes", &code())
            .json()),
    };
    // A use, so that the page of the code draws its days.
    let opened = server
        .client()
        .get("/watch/secret?access_code=open-sesame-2026");
    assert_eq!(opened.status, 200);
    let days = operator.get("/api/access-codes/open-sesame-2026/history");
    assert_eq!(days.json()["days"][29]["opened"], json!(1));
    let wrong: Vec<String> = thread::scope(|scope| {
        let ways = [
            [("visitor", None, VISITOR), ("member", Some("ben"), MEMBER)].to_vec(),
            [("administrator", Some("anna"), ADMINISTRATOR)].to_vec(),
        ];
        let ways = ways.map(|walks| scope.spawn(move || walk(made, &walks)));
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

/// Two videos, one with a poster and captions and a title that no line holds, and an image, all of anna's.
fn fill_library(server: &Server, operator: &Client) {
    for (slug, file, title, visibility) in [
        (
            "lesson1",
            "lesson1.mp4",
            "Donaudampfschifffahrtsgesellschaft".repeat(6),
            "public",
        ),
        (
            "secret",
            "welcome.mp4",
            "שיעור ראשון: קליעת סלים 🧺".to_owned(),
            "private",
        ),
        ("logo", "logo.png", "Logo".to_owned(), "public"),
    ] {
        let title: String = title.chars().take(200).collect();
        let more = ["--title", &title, "--visibility", visibility];
        server.upload(&sample(file), slug, &more);
        let kind = if slug == "logo" { "images" } else { "videos" };
        e2e::until("it is ready", MOMENT, || {
            let told = operator.get(&format!("/api/{kind}/{slug}")).json();
            (told["status"] == "ready").then_some(())
        });
    }
    for (path, file) in [
        ("poster", "lesson1.jpg"),
        ("captions/en?label=English", "lesson1.en.vtt"),
    ] {
        let bytes = std::fs::read(sample(file)).unwrap_or_default();
        let set = operator.ask("PUT", &format!("/api/videos/lesson1/{path}"), &[], &bytes);
        assert_eq!(set.status, 200, "{}", set.text());
    }
}

/// The path of a link with which somebody who is invited by it sets their password.
fn path_of_link(server: &Server, name: &str) -> String {
    let made = server.cli(&["user", "invite", name], "");
    let link = made["set_password_url"].as_str().unwrap_or_default();
    let path = link.strip_prefix(&server.url(""));
    path.unwrap_or_else(|| panic!("{link} is not of this server"))
        .to_owned()
}

/// A code for two streams and a video, with everything that its page can say.
fn code() -> Value {
    let items = [
        ("stream", "hidden"),
        ("stream", "live"),
        ("video", "secret"),
    ];
    let items = items.map(|(kind, slug)| json!({"media_type": kind, "media_slug": slug}));
    json!({"code": "open-sesame-2026", "description": "Choir", "note": "For the choir", "media_items": items, "viewers_max": 40,
           "expires_at": "2040-06-30T18:00:00Z", "sites": ["school.example"]})
}

/// Bytes of the watch page on the wire: itself, styles, scripts, icons; not what it plays.
const WEIGHT: &str = "(() => { const own = performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname.startsWith('/assets/')); return [...performance.getEntriesByType('navigation'), ...own].reduce((sum, { transferSize }) => sum + transferSize, 0); })()";

#[test]
fn watch_page_weighs_no_more_than_it_may() {
    let server = Server::start(&[]);
    server.add_administrator();
    let _ = server.add_stream("live", "public");
    let browser = Browser::start();
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = page.until(
        "document.querySelector('stage-player .p-slate').innerText !== ''",
        MOMENT,
    );
    let weight = page.see(WEIGHT);
    println!("the watch page: {weight} bytes");
    assert!(
        (100_000.0..220_000.0).contains(&weight.as_f64().unwrap_or_default()),
        "{weight}"
    );
}

/// Who walks, as whom they log in, and through what.
type Walk = (&'static str, Option<&'static str>, &'static [Page]);

/// Takes walks one after the other in one browser.
fn walk(made: &Made<'_>, walks: &[Walk]) -> Vec<String> {
    let browser = Browser::start();
    let page = browser.profile("first");
    let mut wrong = Vec::new();
    for (who, name, pages) in walks {
        if let Some(name) = name {
            page.log_in(&made.server.url(""), name, PASSWORD);
        }
        wrong.extend(pages.iter().flat_map(|seen| look(made, page, who, *seen)));
    }
    wrong
}

fn id(of: &Value) -> String {
    let id = &of["id"];
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The link that logs in once: its page presses its own button, so it is looked at without the script, and what comes of a link that is
/// used up with it.
fn look_at_the_link(server: &Server) -> Vec<String> {
    let browser = Browser::start();
    let page = browser.profile("first");
    page.block("**/assets/site-*");
    assert_eq!(page.open(&server.url("/login/nothing")), 200);
    let mut wrong = Vec::new();
    let mut judge = |way: &str| {
        let found = page.faults().into_iter().chain(page.walk());
        wrong.extend(found.map(|fault| format!("{way}: {fault}")));
    };
    judge("the link");
    page.scheme("dark");
    judge("the link, dark");
    page.size(320, 640);
    judge("the link, 320 px");
    page.unblock();
    let _ = page.complaints();
    let _ = page.see("document.querySelector('main form').requestSubmit()");
    let _ = page.until(
        "document.querySelector('h1') && !document.querySelector('form[data-submit-once]')",
        MOMENT,
    );
    let mut judge = |way: &str| {
        let found = page.faults().into_iter().chain(page.walk());
        wrong.extend(found.map(|fault| format!("{way}: {fault}")));
    };
    judge("a used link, 320 px");
    page.size(1280, 800);
    judge("a used link, dark");
    page.scheme("light");
    judge("a used link");
    let complaints = page.complaints();
    let own = complaints
        .into_iter()
        .filter(|text| !text.contains("status of 401"));
    wrong.extend(own);
    wrong
}

#[test]
fn link_that_logs_in_once_is_accessible_and_so_is_what_a_used_one_leads_to() {
    let server = Server::start(&[]);
    server.add_administrator();
    let wrong = look_at_the_link(&server);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
    wrong.extend(page.walk());
    page.size(1920, 1080);
    wrong.extend(page.sideways());
    wrong.extend(page.walk());
    wrong.extend(page.complaints());
    assert_eq!(json!(wrong), json!([]), "the setup page");
    wrong
}

//! Every page in the pseudo-locale, whose words have no Latin letters: what is still readable was not taken from the words.
//!
//! All names and titles here are made of digits, so that only text of templates and handlers can be found. What is code or a name
//! carries `translate="no"` and is passed over. A template without a row fails.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use axum::{Router, http::Method};
use domain::{
    access_code::Change,
    caller::Caller,
    engine::{Engine as _, State},
    slug::Slug,
    stored::Kind,
    stream::Visibility,
    user::Role,
};
use testkit::{FakeEngine, Memory, Rig};
use web::{Settings, text::Text};

use crate::site::{Ask, COOKIE, app, poster, send};

/// Templates that others hold in them.
const PARTS: &[&str] = &["base"];

#[derive(Clone, Copy, Debug)]
enum By {
    Nobody,
    /// Whoever owns the streams, an administrator.
    Owner,
    /// A member who owns nothing.
    Other,
}

/// The template, by whom, and what is asked; a form where there is something after a space.
#[rustfmt::skip]
const PAGES: &[(&str, By, &str)] = &[
    ("home", By::Nobody, "/"),
    ("home", By::Owner, "/"),
    ("watch", By::Nobody, "/watch/100"),
    ("watch", By::Owner, "/watch/100"),
    ("watch", By::Owner, "/watch/200"),
    ("watch", By::Owner, "/watch/300"),
    ("watch", By::Owner, "/watch/400"),
    ("watch_video", By::Nobody, "/watch/500"),
    ("watch_video", By::Owner, "/watch/500"),
    ("embed", By::Nobody, "/embed/500"),
    ("embed", By::Nobody, "/embed/100"),
    ("home", By::Nobody, "/?q=9"),
    ("images", By::Nobody, "/images"),
    ("images", By::Nobody, "/images?q=9"),
    ("image", By::Owner, "/images/600/about"),
    ("library", By::Owner, "/library"),
    ("library", By::Other, "/library"),
    ("library", By::Other, "/library?show=images"),
    ("item", By::Owner, "/library/video/500"),
    ("item", By::Owner, "/library/image/600?saved"),
    ("item", By::Owner, "/library/video/500 title=&visibility=public"),
    ("item", By::Owner, "/library/video/500 title=1&visibility=1&sites=1,1"),
    ("item", By::Owner, "/library/video/500 title=1&visibility=public&seen=1"),
    ("ask", By::Owner, "/library/video/500/delete"),
    ("ask", By::Owner, "/library/image/600/delete"),
    ("test", By::Nobody, "/test"),
    ("test", By::Owner, "/test?stream=100"),
    ("test", By::Owner, "/test?stream=400"),
    ("test", By::Nobody, "/test?stream=300"),
    ("gate", By::Nobody, "/watch/300"),
    ("gate", By::Other, "/watch/999"),
    ("error", By::Nobody, "/999"),
    ("error", By::Owner, "/assets/999"),
    ("error", By::Nobody, "/setup?token=999"),
    ("login", By::Nobody, "/login"),
    ("login", By::Nobody, "/login username=1&password=2"),
    ("logout", By::Nobody, "/logout"),
    ("logout", By::Owner, "/logout"),
    ("once", By::Nobody, "/login/999"),
    ("streams", By::Owner, "/streams"),
    ("streams", By::Other, "/streams"),
    ("upload", By::Owner, "/upload"),
    ("streams_new", By::Owner, "/streams/new"),
    ("streams_new", By::Owner, "/streams title=&slug=1&visibility=0"),
    ("golive", By::Owner, "/streams/100"),
    ("golive", By::Owner, "/streams/200"),
    ("golive", By::Owner, "/streams/300"),
    ("golive", By::Owner, "/streams/400"),
    ("golive", By::Owner, "/streams/100/test-signal"),
    ("golive", By::Owner, "/streams/400/test-signal"),
    ("golive", By::Owner, "/streams/100/browser"),
    ("stream_key_new", By::Owner, "/streams/100/keys/new"),
    ("stream_settings", By::Owner, "/streams/100/settings"),
    ("ask", By::Owner, "/streams/100/end"),
    ("ask", By::Owner, "/streams/100/delete"),
    ("ask", By::Owner, "/admin/people/22/disable"),
    ("gate", By::Nobody, "/watch/300?access_code=999999"),
    ("gate", By::Nobody, "/watch/300?access_code=111111"),
    ("gate", By::Nobody, "/watch/300?access_code=222222"),
    ("gate", By::Nobody, "/watch/300?access_code=333333"),
    ("codes", By::Owner, "/codes"),
    ("codes", By::Other, "/codes"),
    ("codes", By::Owner, "/codes?state=paused"),
    ("code", By::Owner, "/codes/{0}?made"),
    ("code", By::Owner, "/codes/{1}?saved"),
    ("code", By::Owner, "/codes/{2}?conflict"),
    ("code_form", By::Owner, "/codes/new"),
    ("code_form", By::Other, "/codes/new"),
    ("code_form", By::Owner, "/codes/new?q=9"),
    ("code_form", By::Owner, "/codes/{0}/change"),
    ("code_form", By::Owner, "/codes description=1&how=chosen&code=1&starts=1&ends=at&viewers_max=0&sites=1,1"),
    ("code_form", By::Owner, "/codes how=chosen&code=1&item=stream:100"),
    ("code_form", By::Owner, "/codes item=stream:999"),
    ("code_form", By::Owner, "/codes/{0}/change item=stream:100&seen=1"),
    ("ask", By::Owner, "/codes/{0}/delete"),
    ("share", By::Owner, "/share/stream/100"),
    ("share", By::Owner, "/share/stream/200"),
    ("share", By::Owner, "/share/stream/300"),
    ("share", By::Owner, "/share/stream/300?with={0}&made"),
    ("share", By::Owner, "/share/stream/400?with="),
    ("admin", By::Owner, "/admin"),
    ("admin_check", By::Owner, "/admin/check"),
    ("people", By::Owner, "/admin/people"),
    ("people", By::Owner, "/admin/people name=&password=1"),
    ("people", By::Owner, "/admin/people name=33&password=1"),
    ("audit", By::Owner, "/admin/audit"),
    ("audit", By::Owner, "/admin/audit?before=3"),
    ("ask", By::Owner, "/admin/people/22/password-link"),
    ("api_key_new", By::Owner, "/account/api-keys/new"),
    ("api_key_new", By::Owner, "/account/api-keys name=&end=date"),
    ("error", By::Nobody, "/password/999"),
    ("settings", By::Owner, "/admin/settings"),
    ("api", By::Nobody, "/api/docs"),
    ("account", By::Owner, "/account"),
    ("streams", By::Owner, "/streams"),
    ("streams", By::Other, "/streams"),
    ("streams_new", By::Owner, "/streams/new"),
    ("streams_new", By::Owner, "/streams title=&slug=-&visibility="),
    ("golive", By::Owner, "/streams/100"),
    ("golive", By::Owner, "/streams/200"),
    ("golive", By::Owner, "/streams/300"),
    ("golive", By::Owner, "/streams/400/test-signal"),
    ("golive", By::Owner, "/streams/100/test-signal 1=1"),
    ("gate", By::Other, "/streams/100"),
    ("stream_settings", By::Owner, "/streams/100/settings?saved"),
    ("stream_settings", By::Owner, "/streams/100/settings title=&visibility=public"),
    ("stream_key_new", By::Owner, "/streams/100/keys/new"),
    ("stream_key_new", By::Owner, "/streams/100/keys name="),
    ("ask", By::Owner, "/streams/100/end"),
    ("ask", By::Owner, "/streams/100/delete"),
];

/// Streams `100` (public, live), `200` (members, its sender away), `300` (private, ended), `400` (public, never live).
///
/// Codes for `300`: `000000` (active, for much), `111111` (paused), `222222` (ended), `333333` (not yet); `{0}` to `{3}` stand for their ids.
struct Digits {
    router: Router,
    codes: Vec<String>,
    owner: String,
    other: String,
}

impl Digits {
    fn new() -> Self {
        let rig = Rig::new();
        let owner = rig.administrator("11");
        rig.user("22", Role::Member);
        rig.stored(&owner, Kind::Video, "500", Visibility::Public);
        rig.stored(&owner, Kind::Image, "600", Visibility::Public);
        let engine = Arc::new(FakeEngine::default());
        for (slug, visibility) in [
            ("100", Visibility::Public),
            ("200", Visibility::Members),
            ("300", Visibility::Private),
            ("400", Visibility::Public),
        ] {
            let (stream, _) = rig.stream(&owner, slug, visibility);
            renamed(&rig, &owner, &stream.slug);
            if slug == "400" {
                continue;
            }
            engine.go_live(&stream, rig.now());
            engine.set_poster(&stream.slug, poster());
            in_digits(&engine, &stream.slug);
        }
        let away = Slug::parse("200").unwrap();
        let mut live = engine.live(&away).unwrap();
        live.state = State::Away { until: rig.now() };
        engine.set_live(live);
        engine.end(&Slug::parse("300").unwrap(), rig.now());
        let codes = codes(&rig, &owner);
        let [owner, other] = ["11", "22"].map(|name| rig.log_in(name).cookie.expose().to_owned());
        let router = web::router(app(&rig, &engine, &Arc::default(), in_pseudo()));
        Self {
            router,
            codes,
            owner,
            other,
        }
    }

    async fn page(&self, by: By, path: &str) -> String {
        let (method, path, form) = match path.split_once(' ') {
            Some((path, form)) => (Method::POST, path, form),
            None => (Method::GET, path, ""),
        };
        let ids = self.codes.iter().enumerate();
        let path = ids.fold(path.to_owned(), |path, (place, id)| {
            path.replace(&format!("{{{place}}}"), id)
        });
        let mut ask = Ask::new(method, &path).header("accept", "text/html");
        let cookie = match by {
            By::Nobody => None,
            By::Owner => Some(&self.owner),
            By::Other => Some(&self.other),
        };
        if let Some(cookie) = cookie {
            ask = ask.header("cookie", &format!("{COOKIE}={cookie}"));
        }
        if !form.is_empty() {
            ask = ask.form(form);
        }
        let answer = send(&self.router, ask).await;
        let kind = answer.header("content-type");
        assert_eq!(kind, "text/html; charset=utf-8", "{path}: {}", answer.body);
        answer.body
    }
}

/// A code in each state, with names of digits.
fn codes(rig: &Rig, owner: &Caller) -> Vec<String> {
    let now = rig.now();
    let day = std::time::Duration::from_secs(86_400);
    let before = domain::clock::Time::from_ms(now.ms() - 86_400_000);
    let made = (0..4).map(|place| {
        let items: &[&str] = match place {
            0 => &["stream:300", "stream:200", "stream:100"],
            _ => &["stream:300"],
        };
        let text = place.to_string().repeat(6);
        let id = rig.code(owner, Some(&text), items).code.id;
        let change = Change {
            description: (place > 0).then(|| text.clone()),
            paused: Some(place == 1),
            expires: Some(match place {
                0 => Some(now.plus(day)),
                2 => Some(before),
                _ => None,
            }),
            starts: Some((place == 3).then(|| now.plus(day))),
            viewers_max: Some((place == 0).then_some(4)),
            note: Some("1".to_owned()),
            ..Change::default()
        };
        testkit::block_on(rig.catalogue.update_code(owner, id, change)).unwrap();
        id.to_string()
    });
    made.collect()
}

fn in_pseudo() -> Settings {
    Settings {
        text: Text::find("en-XA").unwrap(),
        version: "1.2.3".to_owned(),
        rtmp: Some("[::]:1935".parse().unwrap()),
        ..Settings::default()
    }
}

/// The first key of a stream gets a name of digits.
fn renamed(rig: &Rig, owner: &Caller, slug: &Slug) {
    let first = rig.catalogue.list_keys(owner, slug).unwrap()[0].id;
    let catalogue = &rig.catalogue;
    testkit::block_on(catalogue.add_key(owner, slug, "11", None)).unwrap();
    testkit::block_on(catalogue.revoke_key(owner, slug, first)).unwrap();
}

/// Names of codecs are the engine's, not the page's.
fn in_digits(engine: &FakeEngine, slug: &Slug) {
    let mut live = engine.live(slug).unwrap();
    for track in &mut live.tracks {
        track.codec = "26".to_owned();
        track.profile = Some("4".to_owned());
    }
    engine.set_live(live);
}

/// Readable runs of letters in what a person reads or hears of a page.
fn left_over(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Open elements, and whether each begins what is not to be translated.
    let mut open: Vec<(&str, bool)> = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let silent = open.iter().any(|(_, silent)| *silent);
        if !silent {
            note(&rest[..at], "text", &mut found);
        }
        rest = &rest[at..];
        if rest.starts_with("<!") {
            rest = rest.split_once('>').unwrap().1;
            continue;
        }
        let (tag, after) = whole_tag(rest);
        rest = after;
        let name_end = tag.find(|c: char| c.is_whitespace() || c == '/');
        if let Some(name) = tag.strip_prefix('/') {
            while let Some((opened, _)) = open.pop() {
                if opened == name.trim() {
                    break;
                }
            }
            continue;
        }
        let name = &tag[..name_end.unwrap_or(tag.len())];
        let attributes = attributes(&tag[name.len()..]);
        let is_silent = attributes.contains(&("translate", "no"));
        if !silent && !is_silent {
            for (attribute, value) in &attributes {
                let is_read = matches!(
                    *attribute,
                    "alt" | "title" | "aria-label" | "placeholder" | "data-yes" | "data-no"
                );
                // The player's title is the stream's, which is of digits here too.
                if is_read {
                    note(value, attribute, &mut found);
                }
            }
        }
        let is_void = matches!(
            name,
            "meta"
                | "link"
                | "input"
                | "br"
                | "hr"
                | "img"
                | "source"
                | "use"
                | "path"
                | "circle"
                | "rect"
        );
        if !is_void && !tag.ends_with('/') {
            open.push((name, is_silent));
        }
    }
    found
}

/// What stands between the angle brackets at the beginning, and what follows; `>` in quotes ends nothing.
fn whole_tag(rest: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = rest.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    let end = end.unwrap();
    (&rest[1..end], &rest[end + 1..])
}

fn attributes(mut rest: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else {
            break;
        };
        found.push((name.split_whitespace().next_back().unwrap_or(""), value));
        rest = after;
    }
    found
}

fn note(text: &str, place: &str, found: &mut Vec<String>) {
    // The program's name is a name.
    let text = text.replace("· Media Server", "");
    let mut plain = String::new();
    let mut pieces = text.split('&');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        plain.push(' ');
        plain.push_str(piece.split_once(';').map_or(piece, |(_, after)| after));
    }
    let runs = plain.split(|c: char| !c.is_ascii_alphabetic());
    if runs.into_iter().any(|run| run.len() >= 2) {
        found.push(format!("{place}: {}", plain.trim()));
    }
}

#[tokio::test]
async fn no_page_says_what_is_not_among_the_words() {
    let site = Digits::new();
    let mut found = Vec::new();
    for (template, by, path) in PAGES {
        let page = site.page(*by, path).await;
        assert!(page.contains("lang=\"en-XA\""), "{path}");
        for left in left_over(&page) {
            found.push(format!("{template}.html, {path} by {by:?}: {left}"));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test]
async fn empty_home_and_test_pages_say_only_words() {
    let rig = Rig::new();
    rig.administrator("11");
    let router = web::router(app(&rig, &Arc::default(), &Arc::default(), in_pseudo()));
    let cookie = format!("{COOKIE}={}", rig.log_in("11").cookie.expose());
    for path in ["/", "/test"] {
        for cookie in ["", &cookie] {
            let ask = Ask::get(path).header("cookie", cookie);
            let page = send(&router, ask).await.body;
            assert_eq!(left_over(&page), Vec::<String>::new(), "{path}");
        }
    }
}

#[tokio::test]
async fn setup_says_only_words() {
    let rig = Rig::over(Memory::default(), testkit::FixedClock::default());
    let router = web::router(app(&rig, &Arc::default(), &Arc::default(), in_pseudo()));
    let token = rig.catalogue.setup_token().unwrap();
    let path = format!("/setup?token={}", token.expose());
    let page = send(&router, Ask::get(&path)).await;
    assert!(page.body.contains("<form"), "{}", page.body);
    assert_eq!(left_over(&page.body), Vec::<String>::new());
}

/// Links and keys are shown by the page after the one that made them.
#[tokio::test]
async fn what_is_shown_once_says_only_words() {
    let site = Digits::new();
    let ask = |ask: Ask| ask.header("cookie", &format!("{COOKIE}={}", site.owner));
    for (made, form, shown, id) in [
        ("/admin/people", "name=44", "/admin/people", "link"),
        (
            "/account/api-keys",
            "name=55&read=on&end=30",
            "/account",
            "api-key",
        ),
    ] {
        let answer = send(&site.router, ask(Ask::post(made).form(form))).await;
        assert_eq!(answer.header("location"), shown);
        let page = send(&site.router, ask(Ask::get(shown))).await.body;
        assert!(page.contains(&format!("id=\"{id}\"")), "{page}");
        assert_eq!(left_over(&page), Vec::<String>::new(), "{shown}");
        if let Some((_, link)) = page.split_once("/password/") {
            let path = format!("/password/{}", link.split('"').next().unwrap());
            for path in [path.clone(), format!("{path} password=1")] {
                let page = site.page(By::Nobody, &path).await;
                assert!(page.contains("autocomplete=\"new-password\""));
                assert_eq!(left_over(&page), Vec::<String>::new(), "{path}");
            }
        }
    }
}

#[test]
fn every_template_has_a_row() {
    let rows: BTreeSet<String> = PAGES
        .iter()
        .map(|(template, _, _)| (*template).to_owned())
        .chain(["setup", "password"].map(str::to_owned))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut missing = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_page = text.contains("{% extends") && !PARTS.contains(&name.as_str());
        if is_page && !rows.contains(&name) {
            missing.push(name);
        }
    }
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "add a row to PAGES for each, by whom it can be reached"
    );
}

#[test]
fn what_a_template_says_itself_is_found() {
    let page = r#"<p>Ŵóŕđś</p><p>Forgotten</p><img alt="Not said"><b translate="no">Code <i>and code</i></b><svg><use href="/x"/></svg><a title="1">&amp; 2</a>"#;
    assert_eq!(left_over(page), ["text: Forgotten", "alt: Not said"]);
}

//! The list of streams, making one, its settings and its end; and what people type into the forms.

use axum::http::{Method, StatusCode};
use domain::{caller::Caller, engine::State, slug::Slug};

use crate::site::{Answer, Ask, Site, Who};

impl Site {
    pub async fn post_form(&self, who: Who, path: &str, body: &str) -> Answer {
        let ask = Ask::new(Method::POST, path).with(self.credentials(who));
        self.send(ask.form(body)).await
    }

    fn title(&self, slug: &str) -> String {
        let slug: Slug = slug.parse().unwrap();
        let stream = self.rig.catalogue.find_stream(&Caller::operator(), &slug);
        stream.unwrap().title
    }
}

/// `application/x-www-form-urlencoded`, every byte but the plain ones escaped.
pub fn encoded(text: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
        _ => format!("%{b:02x}"),
    };
    text.bytes().map(byte).collect()
}

/// The secret in the field of a new key.
pub fn shown_key(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("value=\"sk_")?;
    Some(rest.split('"').next().unwrap_or_default())
}

#[tokio::test]
async fn one_sees_the_streams_that_one_looks_after() {
    let site = Site::new();
    for (who, listed) in [
        (Who::Owner, &["club", "link", "open", "secret"][..]),
        (Who::Administrator, &["club", "link", "open", "secret"]),
        (Who::Other, &[]),
    ] {
        let page = site.get(who, "/streams").await;
        for slug in ["club", "link", "open", "secret"] {
            let shown = page.body.contains(&format!("href=\"/streams/{slug}\""));
            assert_eq!(shown, listed.contains(&slug), "{slug} for {who:?}");
        }
        assert_eq!(page.body.contains("No stream yet"), listed.is_empty());
        assert_eq!(
            page.body.contains(">of ann<"),
            who == Who::Administrator,
            "whose they are is told to those who see all"
        );
    }
    let mine = site.get(Who::Owner, "/streams").await.body;
    assert!(
        mine.contains("3 watching") && mine.contains("1 key"),
        "{mine}"
    );
    assert!(mine.contains("class=\"badge live\">LIVE"), "{mine}");
}

#[tokio::test]
async fn going_live_leads_to_the_first_stream_of_ones_own() {
    let site = Site::new();
    for (who, location) in [
        (Who::Nobody, "/login?next=/go-live"),
        (Who::Other, "/streams"),
        (Who::Owner, "/streams/club"),
        (Who::Administrator, "/streams"),
    ] {
        let answer = site.get(who, "/go-live").await;
        assert_eq!(answer.header("location"), location, "{who:?}");
    }
}

#[tokio::test]
async fn someone_not_logged_in_is_led_to_the_login_and_back() {
    let site = Site::new();
    for (path, next) in [
        ("/streams", "/streams"),
        ("/streams/secret", "/streams/secret"),
        ("/streams/secret/settings", "/streams/secret/settings"),
        ("/streams/nothing-at-all", "/streams/nothing-at-all"),
        ("/streams/%22%3e", "/streams"),
        ("/streams/a%0d%0ab", "/streams"),
    ] {
        let answer = site.get(Who::Nobody, path).await;
        let expected = format!("/login?next={next}");
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, expected.as_str()),
            "{path}"
        );
    }
    let form = site
        .post_form(Who::Nobody, "/streams/secret/delete", "")
        .await;
    assert_eq!(form.header("location"), "/login?next=/streams");
}

#[tokio::test]
async fn gate_is_the_same_for_what_is_not_ones_own_and_what_does_not_exist() {
    let site = Site::new();
    // Bob may watch `club`, and still not manage it.
    for path in [
        "",
        "/settings",
        "/test-signal",
        "/end",
        "/delete",
        "/keys/new",
    ] {
        let answers = ["secret", "club", "nothing-at-all", "..%2fclub"]
            .map(|slug| testkit::block_on(site.get(Who::Other, &format!("/streams/{slug}{path}"))));
        for answer in &answers {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert_eq!(answer.body, answers[0].body, "{path}");
        }
    }
    assert_eq!(site.title("club"), "club");
}

#[tokio::test]
async fn stream_is_made_and_its_key_is_shown_once() {
    let site = Site::new();
    let body = "title=Evening+workshop&slug=&visibility=unlisted";
    let made = site.post_form(Who::Owner, "/streams", body).await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/streams/evening-workshop")
    );
    // Somebody else's look does not use it up.
    let path = "/streams/evening-workshop";
    let admins = site.get(Who::Administrator, path).await;
    assert_eq!(shown_key(&admins.body), None);
    let page = site.get(Who::Owner, path).await;
    let key = format!("sk_{}", shown_key(&page.body).unwrap());
    let asked = format!("/api/stream/validate?path=evening-workshop&token={key}");
    assert_eq!(site.get(Who::Nobody, &asked).await.status, StatusCode::OK);
    assert!(page.body.contains("Shown this once."));
    let again = site.get(Who::Owner, path).await;
    assert!(!again.body.contains(&key), "once");
    assert!(again.body.contains("if you lost it, make a new one"));
}

#[tokio::test]
async fn key_that_nobody_fetched_is_forgotten_after_a_minute() {
    let site = Site::new();
    let body = "title=Stage&slug=stage&visibility=private";
    site.post_form(Who::Owner, "/streams", body).await;
    site.rig.clock.advance(std::time::Duration::from_secs(61));
    let page = site.get(Who::Owner, "/streams/stage").await;
    assert_eq!(shown_key(&page.body), None);
}

/// What people and programs type into fields for names.
pub fn hostile() -> Vec<(String, bool)> {
    vec![
        ("<script>alert(1)</script>".to_owned(), true),
        ("\"><img src=x onerror=alert(1)>".to_owned(), true),
        ("' onfocus='alert(1)' autofocus='".to_owned(), true),
        ("{{ title }} {% include %} { $name }".to_owned(), true),
        ("Pаypаl (with Cyrillic а)".to_owned(), true),
        ("a\nb".to_owned(), false),
        ("a\r\nset-cookie: x=1".to_owned(), false),
        ("live \u{202e}gnp.exe".to_owned(), false),
        ("\u{2066}isolated\u{2069}".to_owned(), false),
        ("nul \0 byte".to_owned(), false),
        ("\u{1b}[31mred".to_owned(), false),
        ("x".repeat(4096), false),
        ("   ".to_owned(), false),
        ("\u{200f}\u{200b}".to_owned(), false),
        ("\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f} OBS".to_owned(), true),
        (String::new(), false),
    ]
}

/// Markup that was typed stands on the page as text only.
fn assert_harmless(page: &Answer, typed: &str) {
    for active in ["<script>alert", "<img src=x", "onfocus='alert"] {
        assert!(!page.body.contains(active), "{typed:?}");
    }
    assert_eq!(page.header("set-cookie"), "", "{typed:?}");
}

/// Abuse case H5: for titles.
#[tokio::test]
async fn hostile_titles_are_refused_or_shown_as_text() {
    for (title, is_taken) in hostile() {
        let site = Site::new();
        let body = format!("title={}&slug=stage&visibility=public", encoded(&title));
        let answer = site.post_form(Who::Owner, "/streams", &body).await;
        if is_taken {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{title:?}");
            for path in [
                "/streams",
                "/streams/stage",
                "/streams/stage/settings",
                "/streams/stage/delete",
            ] {
                let page = site.get(Who::Owner, path).await;
                assert_eq!(page.status, StatusCode::OK);
                assert_harmless(&page, &title);
            }
            assert_eq!(site.title("stage"), title);
        } else {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{title:?}");
            assert!(answer.body.contains("role=\"alert\""), "{title:?}");
            assert!(answer.body.contains("id=\"title-error\""), "{title:?}");
            // What was typed in the other fields is still there.
            assert!(answer.body.contains("value=\"stage\""), "{title:?}");
            assert!(
                answer.body.contains("value=\"public\" required checked"),
                "{title:?}"
            );
            assert_harmless(&answer, &title);
            assert!(answer.body.len() < 20_000, "it does not come back whole");
        }
    }
}

/// Abuse case B4.
#[tokio::test]
async fn addresses_are_refused_beside_their_field() {
    let site = Site::new();
    let long = "a".repeat(4096);
    for (slug, status, words) in [
        ("secret", 409, "There is a stream with this address already"),
        ("SECRET", 409, "There is a stream with this address already"),
        ("streams", 422, "an address of the server itself"),
        ("new", 422, "an address of the server itself"),
        ("-stage", 422, "It begins with a letter"),
        ("sta ge", 422, "It holds “\\u{20}”"),
        ("l\u{456}ve", 422, "It holds “\u{456}”"),
        ("st\u{202e}age", 422, "It holds “\\u{202e}”"),
        ("<b>", 422, "It holds “&#60;”"),
        ("a/../b", 422, "It holds “/”"),
        (long.as_str(), 422, "63 characters at most"),
    ] {
        let body = format!("title=Stage&slug={}&visibility=private", encoded(slug));
        let page = site.post_form(Who::Owner, "/streams", &body).await;
        let shown: String = slug.chars().take(20).collect();
        assert_eq!(page.status.as_u16(), status, "{shown:?}");
        assert!(page.body.contains(words), "{shown:?}: {}", page.body);
        assert!(
            page.body.contains("id=\"slug-error\" role=\"alert\""),
            "{shown:?}"
        );
        assert!(page.body.contains("value=\"Stage\""), "the title is kept");
    }
    // A title without a letter of ASCII makes no address.
    let page = site
        .post_form(
            Who::Owner,
            "/streams",
            "title=%E6%97%A5&slug=&visibility=private",
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Give it an address"));
    let page = site
        .post_form(
            Who::Owner,
            "/streams",
            "title=Stage&slug=stage&visibility=mine",
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Choose who can see it"));
}

#[tokio::test]
async fn settings_are_changed_and_another_ones_change_is_not_overwritten() {
    let site = Site::new();
    let path = "/streams/secret/settings";
    let page = site.get(Who::Owner, path).await;
    let seen = page.body.split("name=\"seen\" value=\"").nth(1).unwrap();
    let seen = seen.split('"').next().unwrap().to_owned();
    assert!(page.body.contains("value=\"private\" required checked"));
    for sentence in [
        "Anyone, and it is listed.",
        "Anyone with the link.",
        "Anyone who is logged in, and whoever holds an access code.",
        "You, administrators, and whoever holds an access code.",
    ] {
        assert!(page.body.contains(sentence), "{sentence}");
    }

    let body = format!("title=New+title&visibility=members&seen={seen}");
    let saved = site.post_form(Who::Owner, path, &body).await;
    assert_eq!(saved.header("location"), "/streams/secret/settings?saved");
    assert_eq!(site.title("secret"), "New title");
    let page = site.get(Who::Owner, saved.header("location")).await;
    assert!(page.body.contains("Saved"));

    let body = format!("title=Mine&visibility=public&seen={seen}");
    let late = site.post_form(Who::Administrator, path, &body).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("Somebody changed it meanwhile"));
    assert!(late.body.contains("value=\"New title\""), "as it is now");
    assert!(late.body.contains("value=\"members\" required checked"));
    assert_eq!(site.title("secret"), "New title");

    let empty = site
        .post_form(Who::Owner, path, "title=+&visibility=public")
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("Give it a title."));
    let nothing = site.post_form(Who::Owner, path, "title=Kept").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.body.contains("value=\"Kept\""));
}

#[tokio::test]
async fn deleting_asks_with_what_will_happen_and_then_does_it() {
    let site = Site::new();
    let asked = site.get(Who::Owner, "/streams/secret/delete").await;
    assert!(
        asked
            .body
            .contains("It is live: the sender and everybody who watch")
    );
    assert!(asked.body.contains("action=\"/streams/secret/delete\""));
    let slug: Slug = "secret".parse().unwrap();
    let operator = Caller::operator();
    assert!(site.rig.catalogue.find_stream(&operator, &slug).is_some());
    let done = site
        .post_form(Who::Owner, "/streams/secret/delete", "")
        .await;
    assert_eq!(done.header("location"), "/streams");
    assert!(site.rig.catalogue.find_stream(&operator, &slug).is_none());
    let gone = site.get(Who::Owner, "/streams/secret").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn list_says_where_a_sender_is_waited_for() {
    let site = Site::new();
    let slug: Slug = "club".parse().unwrap();
    let mut live = domain::engine::Engine::live(&*site.engine, &slug).unwrap();
    live.state = State::Away {
        until: site.rig.now(),
    };
    site.engine.set_live(live);
    site.engine.end(&"open".parse().unwrap(), site.rig.now());
    let page = site.get(Who::Owner, "/streams").await;
    assert!(
        page.body.contains("class=\"badge\">Waiting"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("class=\"badge\">Offline"),
        "{}",
        page.body
    );
}

//! The pages of the server: how it is doing, the self-check, people, settings; and the first start.

use axum::http::StatusCode;
use domain::{
    edit::Edit,
    engine::{Engine as _, Refusal, Severity, Warning},
    publish::Protocol,
    slug::Slug,
};
use testkit::PASSWORD;

use crate::site::{Answer, Ask, Site, Who, fresh, send};

const MARKUP: &str = "<script>alert(1)</script>";

async fn post(site: &Site, who: Who, path: &str, body: &str) -> Answer {
    site.send(Ask::post(path).with(site.credentials(who)).form(body))
        .await
}

fn goes_to(answer: &Answer) -> (StatusCode, &str) {
    (answer.status, answer.header("location"))
}

fn warn(site: &Site) {
    let slug = Slug::parse("secret").unwrap();
    let mut live = site.engine.live(&slug).unwrap();
    live.warnings.push(Warning {
        code: "key_frames_far_apart",
        severity: Severity::Warning,
        actual: Some(8.3),
        expected: Some(2.0),
        unit: "s",
        since: site.rig.now(),
    });
    site.engine.set_live(live);
}

fn refuse(site: &Site, message: &str) {
    site.engine.refuse(Refusal {
        at: site.rig.now(),
        protocol: Protocol::Rtmp,
        address: "198.51.100.77".parse().unwrap(),
        slug: None,
        reason: "unknown_key",
        message: message.to_owned(),
        fix: "Copy the key again.".to_owned(),
        times: 3,
    });
}

#[tokio::test]
async fn page_of_the_server_shows_what_is_live_and_what_needs_a_look() {
    let site = Site::new();
    warn(&site);
    refuse(&site, "The key is not known here.");
    let page = site.get(Who::Administrator, "/admin").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "/streams/open",
        "A key frame comes only every 8.3\u{a0}s",
        "Settings, Output, Advanced",
        "192.0.2.9 says that it forwards",
        "Damaged: &#60;3&#62;",
        "The key is not known here.",
        "198.51.100.x",
        "41",
        "1,234",
        "1 thing to fix",
        "1 has something to fix",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("198.51.100.77") && !page.body.contains("192.0.2.7"));
    assert!(
        !page.body.contains("Nothing needs it yet"),
        "notices need no look"
    );
}

#[tokio::test]
async fn server_with_nothing_live_says_so_and_has_no_list_of_refusals() {
    let site = Site::new();
    for slug in ["open", "link", "club", "secret"] {
        site.engine.end(&Slug::parse(slug).unwrap(), site.rig.now());
    }
    let page = site.get(Who::Administrator, "/admin").await;
    assert!(page.body.contains("Nothing is live."));
    assert!(!page.body.contains("refused-h"));
}

/// Abuse case H5: on the pages of the server.
#[tokio::test]
async fn hostile_words_stay_words() {
    let site = Site::new();
    refuse(&site, MARKUP);
    let edit = Edit {
        title: Some(format!("{MARKUP} \u{0430}dmin {}", "x".repeat(150))),
        ..Edit::default()
    };
    let slug = Slug::parse("open").unwrap();
    let operator = domain::caller::Caller::operator();
    site.rig
        .catalogue
        .update_stream(&operator, &slug, edit)
        .await
        .unwrap();
    for path in [
        "/admin",
        "/admin/check",
        "/admin/people?added=%3Cscript%3Ealert(1)%3C/script%3E",
        "/admin/settings?saved=%3Cscript%3E",
    ] {
        let page = site.get(Who::Administrator, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            !page.body.contains("<script>") && !page.body.contains("<3>"),
            "{path}"
        );
    }
    for name in [
        "%3Cscript%3E",
        "..%2Fann",
        "%E2%80%AEnna",
        &"x".repeat(4096),
        "nobody",
    ] {
        for what in ["disable", "enable"] {
            let answer = post(
                &site,
                Who::Administrator,
                &format!("/admin/people/{name}/{what}"),
                "",
            )
            .await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
        }
    }
}

#[tokio::test]
async fn topic_tells_figures_and_another_key_when_the_page_has_to_be_made_anew() {
    let site = Site::new();
    let ask = async || site.get(Who::Administrator, "/api/server").await.json();
    let first = ask().await;
    assert_eq!(
        first["sending_bit_rate"],
        serde_json::Value::Null,
        "read once, it says nothing"
    );
    assert_eq!(first["memory_bytes"], 41_000_000);
    site.app
        .counters()
        .hls_bytes
        .fetch_add(500_000, std::sync::atomic::Ordering::Relaxed);
    site.rig.clock.advance(std::time::Duration::from_secs(2));
    let slug = Slug::parse("secret").unwrap();
    let mut live = site.engine.live(&slug).unwrap();
    live.bit_rate = 1;
    site.engine.set_live(live);
    let second = ask().await;
    assert_eq!(second["sending_bit_rate"], 2_000_000);
    assert_eq!(second["key"], first["key"], "figures move by themselves");
    warn(&site);
    let third = ask().await;
    assert_ne!(third["key"], first["key"]);
    refuse(&site, "x");
    assert_ne!(ask().await["key"], third["key"]);
    let page = site.get(Who::Administrator, "/admin").await;
    let key = ask().await["key"].as_str().unwrap().to_owned();
    assert!(page.body.contains(&format!("data-server-page=\"{key}\"")));
}

#[tokio::test]
async fn self_check_says_each_line_and_its_fix() {
    let site = Site::new();
    let page = site.get(Who::Administrator, "/admin/check").await;
    for text in [
        "1 fine, 2 to look at",
        "Clock",
        "FFmpeg",
        "http.trusted_proxies = [",
        "does not work",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
}

/// A look takes longer than a page may.
#[tokio::test]
async fn pages_show_the_last_look_with_its_time_and_only_a_button_takes_another() {
    let site = Site::new();
    let shows = async |path: &str, looked: &str| {
        let page = site.get(Who::Administrator, path).await.body;
        let time = format!("Self-check of <time datetime=\"1970-01-01T00:{looked}:00Z\"");
        assert!(page.contains(&time), "{path}: {page}");
    };
    for _ in 0..2 {
        shows("/admin", "00").await;
        shows("/admin/check", "00").await;
    }
    let member = post(&site, Who::Owner, "/admin/check", "").await;
    assert_eq!(member.status, StatusCode::FORBIDDEN);
    shows("/admin/check", "00").await;
    let again = post(&site, Who::Administrator, "/admin/check", "").await;
    assert_eq!(goes_to(&again), (StatusCode::SEE_OTHER, "/admin/check"));
    shows("/admin/check", "01").await;
    shows("/admin", "01").await;
}

#[tokio::test]
async fn person_is_added_listed_and_can_log_in() {
    let site = Site::new();
    let added = post(
        &site,
        Who::Administrator,
        "/admin/people",
        "name=Eve&password=correct+horse+battery&role=administrator",
    )
    .await;
    assert_eq!(
        goes_to(&added),
        (StatusCode::SEE_OTHER, "/admin/people?added=eve")
    );
    let page = site.get(Who::Administrator, added.header("location")).await;
    assert!(page.body.contains("eve can log in now.") && page.body.contains("Never"));
    let eve = site.user("eve");
    let eve = site.rig.catalogue.find_user(eve).unwrap();
    assert_eq!(eve.role, domain::user::Role::Administrator);
    site.rig.log_in("eve");
    let page = site.get(Who::Administrator, "/admin/people").await;
    assert!(
        !page.body.contains("Never</td>") || !page.body.contains("eve</span></td>"),
        "who logged in has a last login"
    );
}

#[tokio::test]
async fn person_who_cannot_be_added_is_refused_beside_the_field_and_what_was_typed_stays() {
    let long = format!("name={}&password=correct+horse+battery", "x".repeat(4096));
    for (body, status, words) in [
        (
            "name=ann&password=correct+horse+battery&role=administrator",
            409,
            "Somebody has this name already",
        ),
        ("name=&password=correct+horse+battery", 422, "Give a name."),
        (
            "name=%3Cscript%3Ealert(1)%3C/script%3E&password=correct+horse+battery",
            422,
            "letters from a to z",
        ),
        (
            "name=%E2%80%AEann&password=correct+horse+battery",
            422,
            "letters from a to z",
        ),
        (
            "name=%D0%B0nn&password=correct+horse+battery",
            422,
            "letters from a to z",
        ),
        (&long, 422, "64 characters at most"),
        ("name=eve&password=short-1", 422, "at least 8 characters"),
        (
            "name=eve&password=Eve20261234",
            422,
            "among the first that anybody tries",
        ),
    ] {
        let site = Site::new();
        let answer = post(&site, Who::Administrator, "/admin/people", body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        assert!(
            answer.body.contains(words) && answer.body.contains("role=\"alert\""),
            "{words}: {}",
            answer.body
        );
        assert!(!answer.body.contains("<script>"));
        for secret in ["correct horse battery", "short-1", "Eve20261234"] {
            assert!(!answer.body.contains(secret), "{body}");
        }
        assert_eq!(
            site.rig
                .catalogue
                .list_users(&domain::caller::Caller::operator())
                .unwrap()
                .len(),
            3
        );
    }
    let site = Site::new();
    let answer = post(
        &site,
        Who::Administrator,
        "/admin/people",
        "name=ann&password=correct+horse+battery&role=administrator",
    )
    .await;
    assert!(
        answer.body.contains("value=\"ann\"")
            && answer.body.contains("value=\"administrator\" checked")
    );
}

#[tokio::test]
async fn disabling_asks_first_and_then_ends_what_they_have_open() {
    let site = Site::new();
    let ask = site
        .get(Who::Administrator, "/admin/people/bob/disable")
        .await;
    assert!(ask.body.contains("Disable bob?") && ask.body.contains("data-question"));
    assert_eq!(
        site.get(Who::Other, "/account").await.status,
        StatusCode::OK,
        "a question changes nothing"
    );
    let done = post(&site, Who::Administrator, "/admin/people/bob/disable", "").await;
    assert_eq!(goes_to(&done), (StatusCode::SEE_OTHER, "/admin/people"));
    assert_eq!(
        goes_to(&site.get(Who::Other, "/account").await),
        (StatusCode::SEE_OTHER, "/login?next=/account")
    );
    assert!(
        site.get(Who::Administrator, "/admin/people")
            .await
            .body
            .contains("Disabled")
    );
    let login = format!("username=bob&password={}", PASSWORD.replace(' ', "+"));
    let refused = site.send(Ask::post("/login").form(&login)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    post(&site, Who::Administrator, "/admin/people/bob/enable", "").await;
    let again = site.send(Ask::post("/login").form(&login)).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn last_administrator_cannot_be_disabled() {
    let site = Site::new();
    let refused = post(&site, Who::Administrator, "/admin/people/root/disable", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("This is the last administrator."));
    assert_eq!(
        site.get(Who::Administrator, "/admin/people").await.status,
        StatusCode::OK
    );
    post(
        &site,
        Who::Administrator,
        "/admin/people",
        "name=eve&password=correct+horse+battery&role=administrator",
    )
    .await;
    let done = post(&site, Who::Administrator, "/admin/people/root/disable", "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let out = site.get(Who::Administrator, "/admin/people").await;
    assert_eq!(
        goes_to(&out),
        (StatusCode::SEE_OTHER, "/login?next=/admin/people")
    );
}

#[tokio::test]
async fn settings_are_shown_with_where_they_come_from_and_secrets_are_not() {
    let site = Site::new();
    let page = site.get(Who::Administrator, "/admin/settings").await;
    for text in [
        "3 of 5 are not at their defaults",
        "settings file",
        "environment",
        "It is set on the command line; change it there.",
        "From 0 to 600; nothing typed means 30.",
        "Not in use yet",
        "<code translate=\"no\">[::]</code> means all addresses",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let switch = page
        .body
        .split("name=\"publish.take_over\"")
        .nth(1)
        .unwrap();
    assert!(switch.split('>').next().unwrap().contains(" disabled"));
}

#[tokio::test]
async fn changed_setting_is_kept_and_told() {
    let site = Site::new();
    let saved = post(
        &site,
        Who::Administrator,
        "/admin/settings",
        "publish.grace_s=5&http.cors_origins=https%3A%2F%2Fa.example%0D%0Ahttps%3A%2F%2Fb.example",
    )
    .await;
    assert_eq!(
        goes_to(&saved),
        (StatusCode::SEE_OTHER, "/admin/settings?saved")
    );
    let page = site.get(Who::Administrator, "/admin/settings?saved").await;
    assert!(
        page.body.contains("It holds already.")
            && page.body.contains("value=\"5\"")
            && page.body.contains("this page")
    );
    assert_eq!(site.rig.restarted().catalogue.settings().len(), 2);
}

#[tokio::test]
async fn setting_that_does_not_fit_is_refused_with_its_bounds_and_what_was_typed_stays() {
    for (body, words) in [
        (
            "publish.grace_s=601&http.cors_origins=https://a.example",
            "Give a whole number from 0 to 600.",
        ),
        (
            "publish.grace_s=%3Cscript%3E&http.cors_origins=",
            "Give a whole number from 0 to 600.",
        ),
        (
            "http.cors_origins=%3Cscript%3E*&publish.grace_s=5",
            "is no address of a site",
        ),
        (
            "publish.take_over=true",
            "It is set on the command line; change it there.",
        ),
        ("http.listen=x", "cannot change while the server runs"),
        ("no.such=x", "cannot change while the server runs"),
    ] {
        let site = Site::new();
        let answer = post(&site, Who::Administrator, "/admin/settings", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(
            answer.body.contains(words) && answer.body.contains("role=\"alert\""),
            "{words}: {}",
            answer.body
        );
        assert!(!answer.body.contains("<script>"));
        assert_eq!(site.rig.catalogue.settings(), [], "all or nothing");
    }
    let site = Site::new();
    let answer = post(
        &site,
        Who::Administrator,
        "/admin/settings",
        "publish.grace_s=601",
    )
    .await;
    assert!(answer.body.contains("value=\"601\" aria") || answer.body.contains("value=\"601\""));
    let refused = post(&site, Who::Owner, "/admin/settings", "publish.grace_s=5").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("This is for administrators"));
    assert_eq!(site.rig.catalogue.settings(), []);
}

#[tokio::test]
async fn setup_shows_the_self_check_to_who_holds_the_link_alone() {
    let (rig, router) = fresh();
    let token = rig.catalogue.setup_token().unwrap().expose().to_owned();
    let page = send(&router, Ask::get(&format!("/setup?token={token}"))).await;
    assert!(
        page.body.contains("Is this machine ready?") && page.body.contains("1 fine, 2 to look at")
    );
    assert!(
        page.body
            .contains("Self-check of <time datetime=\"1970-01-01T00:00:00Z\"")
    );
    let stranger = send(&router, Ask::get("/setup?token=nothing")).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    assert!(!stranger.body.contains("Clock"));
    let body =
        |name: &str, password: &str| format!("token={token}&username={name}&password={password}");
    let refused = send(
        &router,
        Ask::post("/setup").form(&body("%3Cscript%3E", "correct+horse+battery")),
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("id=\"username-error\"") && !refused.body.contains("<script>"));
    let refused = send(&router, Ask::post("/setup").form(&body("root", "short-1"))).await;
    assert!(
        refused.body.contains("id=\"password-error\"") && refused.body.contains("value=\"root\"")
    );
    assert!(!refused.body.contains("short-1"));
    assert!(refused.body.contains("Is this machine ready?"));
    send(
        &router,
        Ask::post("/setup").form(&body("root", "correct+horse+battery")),
    )
    .await;
    let late = send(
        &router,
        Ask::post("/setup").form(&body("eve", "correct+horse+battery")),
    )
    .await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);
    assert!(late.body.contains("This server has been set up already"));
}

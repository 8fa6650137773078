//! Logging in and out, the link that logs in once, and the first start.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use domain::{caller::Caller, user::Role};
use testkit::PASSWORD;
use web::{Settings, front::Networks};

use crate::site::{Answer, Ask, COOKIE, Site, Who, fresh, send};

fn form(next: &str) -> String {
    format!(
        "username=ann&password={}&next={next}",
        PASSWORD.replace(' ', "+")
    )
}

/// Name and value of the cookie that was set.
fn pair(answer: &Answer) -> String {
    answer
        .cookie()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

async fn is_known(site: &Site, cookie: &str) -> bool {
    let ask = Ask::get("/api/streams/secret").header("cookie", cookie);
    site.send(ask).await.status == StatusCode::OK
}

/// Abuse case I10: nobody is led to another site.
#[tokio::test]
async fn right_password_logs_in_and_goes_on_to_a_path_of_this_site() {
    for (next, location) in [
        ("/watch/secret", "/watch/secret"),
        ("/watch/secret%3Ft%3D1", "/watch/secret?t=1"),
        ("", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        ("%2F%5Cevil.example", "/"),
        ("%2F%09%2Fevil.example", "/"),
        ("javascript%3Aalert(1)", "/"),
        ("%2Fa%0D%0Aset-cookie%3A+x", "/"),
    ] {
        let site = Site::new();
        let answer = site.send(Ask::post("/login").form(&form(next))).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, location),
            "{next}"
        );
        let cookie = answer.cookie().unwrap();
        assert!(cookie.starts_with(&format!("{COOKIE}=")), "{cookie}");
        assert!(
            cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=")
                && !cookie.contains("Secure"),
            "{cookie}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(is_known(&site, &pair(&answer)).await);
    }
}

#[tokio::test]
async fn program_that_wants_json_gets_204_or_a_problem() {
    let site = Site::new();
    let ask = |body: &str| {
        Ask::post("/login")
            .header("accept", "application/json")
            .form(body)
    };
    let answer = site.send(ask(&form("/"))).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert!(is_known(&site, &pair(&answer)).await);
    let answer = site.send(ask("username=ann&password=wrong")).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::UNAUTHORIZED, "wrong_name_or_password")
    );
    assert_eq!(answer.cookie(), None);
}

/// Abuse case I2: to the byte.
#[tokio::test]
async fn wrong_password_unknown_name_and_switched_off_name_look_alike() {
    let site = Site::new();
    let bob = site.user("bob");
    site.rig
        .catalogue
        .disable_user(&Caller::operator(), bob)
        .await
        .unwrap();
    let mut pages = Vec::new();
    for (name, password) in [
        ("ann", "wrong"),
        ("nobody", "wrong"),
        ("bob", PASSWORD),
        ("ann", ""),
        ("ann", "%00"),
        ("", ""),
    ] {
        let body = format!("username={name}&password={}", password.replace(' ', "+"));
        let answer = site.send(Ask::post("/login").form(&body)).await;
        assert_eq!(
            (answer.status, answer.cookie()),
            (StatusCode::UNAUTHORIZED, None),
            "{name}"
        );
        pages.push(
            answer
                .body
                .replace(&format!("value=\"{name}\" autofocus"), "")
                .replace(&format!("value=\"{name}\""), ""),
        );
    }
    // Only the first three typed the same fields.
    assert!(
        pages[0].contains("Name or password is wrong"),
        "{}",
        pages[0]
    );
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    assert!(
        site.rig.hasher.verified() >= 3,
        "an unknown name costs as much as a known one"
    );
}

/// Abuse case H5: in the form that comes back.
#[tokio::test]
async fn typed_name_and_next_come_back_escaped() {
    let site = Site::new();
    let body =
        "username=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&password=x&next=%2F%22%3E%3Cscript%3E";
    let answer = site.send(Ask::post("/login").form(body)).await;
    assert!(!answer.body.contains("<script>"), "{}", answer.body);
}

/// Abuse case I1: as a guesser and the owner see it.
#[tokio::test]
async fn too_many_tries_are_told_when_to_come_back_and_the_owner_elsewhere_gets_in() {
    let site = Site::with(Settings {
        trusted_proxies: Networks::parse(["127.0.0.1"]).unwrap(),
        ..Settings::default()
    });
    let wrong = |n: u32| {
        Ask::post("/login")
            .form(&format!("username=ann&password=wrong{n}"))
            .header("x-forwarded-for", "198.51.100.66")
    };
    let mut refused = None;
    for n in 0..200 {
        let answer = site.send(wrong(n)).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("two hundred guesses are too many");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(refused.body.contains("Try again in"), "{}", refused.body);
    let json = site
        .send(wrong(999).header("accept", "application/json"))
        .await;
    assert_eq!(json.problem(), "too_many_tries");
    let elsewhere = Ask::post("/login")
        .form(&form("/"))
        .header("x-forwarded-for", "203.0.113.99");
    site.rig.clock.advance(Duration::from_secs(600));
    assert_eq!(site.send(elsewhere).await.status, StatusCode::SEE_OTHER);
}

/// Abuse case A11: who is no proxy of ours chooses no address; which entry counts of those that came through one, `Client` tests.
#[tokio::test]
async fn forged_forwarding_does_not_spread_guesses_over_addresses() {
    let site = Site::new();
    let mut statuses = Vec::new();
    for n in 0..1_000_u32 {
        let ask = Ask::post("/login").form(&format!("username=guess{n}&password=wrong"));
        let forged = format!("192.0.{}.{}, 203.0.113.7", n / 250, n % 250);
        let answer = site.send(ask.header("x-forwarded-for", &forged)).await;
        statuses.push(answer.status);
    }
    let heard = statuses.iter().filter(|s| **s == StatusCode::UNAUTHORIZED);
    assert_eq!(heard.count(), 30, "as many as without a header");
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
}

/// Abuse case I4: as who comes too many sees it.
#[tokio::test]
async fn full_hash_pool_is_503_with_a_time_to_come_back() {
    let site = Site::new();
    site.rig.hasher.set_busy(true);
    let answer = site.send(Ask::post("/login").form(&form("/"))).await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "1")
    );
}

/// Abuse case I5.
#[tokio::test]
async fn cookie_from_before_a_login_is_dead_after_it() {
    let site = Site::new();
    let first = pair(&site.send(Ask::post("/login").form(&form("/"))).await);
    let again = Ask::post("/login")
        .form(&form("/"))
        .header("cookie", &first);
    let second = pair(&site.send(again).await);
    assert_ne!(first, second);
    assert!(!is_known(&site, &first).await && is_known(&site, &second).await);
    // A planted value never becomes a login.
    let planted = format!("{COOKIE}=planted");
    let third = pair(
        &site
            .send(
                Ask::post("/login")
                    .form(&form("/"))
                    .header("cookie", &planted),
            )
            .await,
    );
    assert!(!third.contains("planted") && !is_known(&site, &planted).await);
}

/// Abuse case I6: after a logout.
#[tokio::test]
async fn logout_ends_the_login_on_the_server_and_a_get_ends_nothing() {
    let site = Site::new();
    let cookie = pair(&site.send(Ask::post("/login").form(&form("/"))).await);
    let page = site
        .send(Ask::get("/logout").header("cookie", &cookie))
        .await;
    assert!(page.status.is_success() && page.body.contains("action=\"/logout\""));
    assert!(is_known(&site, &cookie).await);
    let answer = site
        .send(Ask::post("/logout").header("cookie", &cookie))
        .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    assert!(answer.cookie().unwrap().contains("Max-Age=0"));
    assert!(!is_known(&site, &cookie).await);
    let answer = site
        .send(Ask::post("/logout").header("accept", "application/json"))
        .await;
    assert_eq!(
        answer.status,
        StatusCode::NO_CONTENT,
        "a second time harms nobody"
    );
}

/// Abuse case A10: for cookies: that of an encrypted site is set because the settings say so.
#[tokio::test]
async fn encrypted_connection_has_a_cookie_of_its_own() {
    let site = Site::with(Settings {
        public_url: "https://media.example.org".to_owned(),
        ..Settings::default()
    });
    let answer = site.send(Ask::post("/login").form(&form("/"))).await;
    let cookie = answer.cookie().unwrap();
    assert!(
        cookie.starts_with("__Host-media_server_login=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000"
    );
    assert!(is_known(&site, &pair(&answer)).await);
    // What could have been planted over a plain connection does not count.
    let plain = pair(&answer).replace("__Host-", "");
    assert!(!is_known(&site, &plain).await);
}

#[tokio::test]
async fn unreadable_form_is_told_as_page_or_problem() {
    let site = Site::new();
    let page = site
        .send(
            Ask::post("/login")
                .json("{}")
                .header("accept", "text/html,*/*"),
        )
        .await;
    assert_eq!(page.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(
        page.body.contains("The server could not read this"),
        "{}",
        page.body
    );
    let problem = site.send(Ask::post("/login").json("{}")).await;
    assert_eq!(problem.problem(), "unsupported_media_type");
    let long = format!("username=ann&password={}", "x".repeat(100_000));
    assert_eq!(
        site.send(Ask::post("/login").form(&long)).await.problem(),
        "too_large"
    );
    let twice = site.send(Ask::get("/login?next=/a&next=/b")).await;
    assert_eq!(twice.problem(), "unreadable");
}

#[tokio::test]
async fn link_logs_in_once_and_only_by_its_button() {
    let site = Site::new();
    let ann = site.user("ann");
    let token = site
        .rig
        .catalogue
        .one_time_login(&Caller::operator(), ann)
        .unwrap();
    let path = format!("/login/{}", token.expose());
    for _ in 0..2 {
        let page = site.send(Ask::get(&path)).await;
        assert!(page.status.is_success() && page.cookie().is_none() && page.body.contains(&path));
    }
    let old = pair(&site.send(Ask::post("/login").form(&form("/"))).await);
    let answer = site.send(Ask::post(&path).header("cookie", &old)).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/watch/live")
    );
    assert!(is_known(&site, &pair(&answer)).await && !is_known(&site, &old).await);
    let again = site.send(Ask::post(&path)).await;
    assert_eq!(
        (again.status, again.cookie()),
        (StatusCode::UNAUTHORIZED, None)
    );
}

/// Abuse case I12: the token of the console, once.
#[tokio::test]
async fn setup_happens_once_and_only_with_the_token_of_the_console() {
    let (rig, router) = fresh();
    let token = rig.catalogue.setup_token().unwrap().expose().to_owned();
    let body =
        |token: &str, password: &str| format!("token={token}&username=root&password={password}");
    assert_eq!(
        send(&router, Ask::get("/setup?token=wrong")).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        send(&router, Ask::get("/setup")).await.status,
        StatusCode::FORBIDDEN
    );
    let wrong = send(
        &router,
        Ask::post("/setup").form(&body("wrong", "correct+horse+battery")),
    )
    .await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);

    let page = send(&router, Ask::get(&format!("/setup?token={token}"))).await;
    assert!(page.status.is_success() && page.body.contains(&token));
    let short = send(&router, Ask::post("/setup").form(&body(&token, "short"))).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        short.body.contains(&token) && short.body.contains("role=\"alert\""),
        "the form comes back with the token"
    );
    assert!(rig.catalogue.needs_setup());

    let done = send(
        &router,
        Ask::post("/setup").form(&body(&token, "correct+horse+battery")),
    )
    .await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/streams/live")
    );
    // The page it ends on shows the first key, once.
    let keys = [true, false].map(|is_shown| {
        let page = testkit::block_on(send(
            &router,
            Ask::get("/streams/live").header("cookie", &pair(&done)),
        ));
        assert_eq!(page.body.contains("value=\"sk_"), is_shown);
        page.status
    });
    assert_eq!(keys, [StatusCode::OK; 2]);
    let live = send(
        &router,
        Ask::get("/api/streams/live").header("cookie", &pair(&done)),
    )
    .await
    .json();
    assert_eq!(
        (&live["visibility"], &live["owner"]),
        (&"members".into(), &"root".into())
    );

    for ask in [
        Ask::post("/setup").form(&body(&token, "correct+horse+battery")),
        Ask::get(&format!("/setup?token={token}")),
    ] {
        assert_eq!(
            send(&router, ask).await.status,
            StatusCode::FORBIDDEN,
            "once"
        );
    }
}

/// Abuse case I12: at once.
#[tokio::test]
async fn of_two_setups_at_once_one_succeeds() {
    let (rig, router) = fresh();
    let token = rig.catalogue.setup_token().unwrap().expose().to_owned();
    let ask = |name: &str| {
        Ask::post("/setup").form(&format!(
            "token={token}&username={name}&password=correct+horse+battery"
        ))
    };
    let (a, b) = tokio::join!(send(&router, ask("anna")), send(&router, ask("berta")));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 403]);
}

/// Bad names at the very first form: each refused beside its field, with what was typed as text, and the link is not used up.
#[tokio::test]
async fn setup_refuses_names_that_cannot_be_and_stays_open() {
    let (rig, router) = fresh();
    let token = rig.catalogue.setup_token().unwrap().expose().to_owned();
    let long = "a".repeat(4096);
    for name in [
        "<script>alert(1)</script>",
        "\" autofocus onfocus=\"alert(1)",
        "anna\nroot",
        "\u{202e}toor",
        "r\u{43e}\u{43e}t",
        "../root",
        "",
        long.as_str(),
    ] {
        let body = format!(
            "token={token}&username={}&password=correct+horse+battery",
            crate::streams::encoded(name)
        );
        let page = send(&router, Ask::post("/setup").form(&body)).await;
        let shown: String = name.chars().take(20).collect();
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{shown:?}");
        assert!(page.body.contains("id=\"username-error\""), "{shown:?}");
        assert!(
            !page.body.contains("<script>alert") && !page.body.contains("onfocus=\"alert"),
            "{shown:?}"
        );
        assert!(page.body.len() < 20_000, "it does not come back whole");
        assert!(rig.catalogue.needs_setup() && page.cookie().is_none());
    }
    let body = format!("token={token}&username=Root&password=correct+horse+battery");
    let done = send(&router, Ask::post("/setup").form(&body)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn store_that_fails_is_told_without_its_words() {
    let site = Site::new();
    site.rig.store.set_fails(true);
    let answer = site
        .post_json(Who::Owner, "/api/streams", r#"{"slug":"stage"}"#)
        .await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "internal")
    );
    assert!(!answer.body.contains("told to fail"), "{}", answer.body);
    let page = Ask::post("/login")
        .form(&form("/"))
        .header("accept", "text/html");
    let page = site.send(page).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!page.body.contains("told to fail"));
}

/// Abuse case I6: of somebody who is disabled.
#[tokio::test]
async fn disabled_user_is_out_at_once() {
    let site = Site::new();
    let cookie = pair(&site.send(Ask::post("/login").form(&form("/"))).await);
    let ann = site.user("ann");
    site.rig.user("spare", Role::Administrator);
    site.rig
        .catalogue
        .disable_user(&Caller::operator(), ann)
        .await
        .unwrap();
    assert!(!is_known(&site, &cookie).await);
    let delete = Ask::new(Method::DELETE, "/api/streams/secret").header("cookie", &cookie);
    assert_eq!(site.send(delete).await.status, StatusCode::UNAUTHORIZED);
}

/// Abuse case A2.
#[tokio::test(start_paused = true)]
async fn body_that_does_not_arrive_is_408_and_ends_the_connection() {
    let site = Site::new();
    let form = Ask::post("/login").form("").without_end();
    let answer = site.send(form).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::REQUEST_TIMEOUT, "too_slow")
    );
    assert_eq!(answer.header("connection"), "close");
}

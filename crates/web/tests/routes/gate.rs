//! The gate: one page for what is closed and for what does not exist, with a field for a code, and plain words for why one does not open.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{access_code::Change, caller::Caller};
use testkit::block_on;

use crate::site::{Answer, Ask, CODE, Site, Who};

fn change(site: &Site, change: Change) {
    let operator = Caller::operator();
    let id = site.rig.catalogue.code_named(&operator, CODE).unwrap();
    block_on(site.rig.catalogue.update_code(&operator, id, change)).unwrap();
}

async fn try_code(site: &Site, code: &str) -> Answer {
    site.get(Who::Nobody, &format!("/watch/secret?access_code={code}"))
        .await
}

/// The part of the page that an error stands in, without its markup.
fn told(page: &Answer) -> String {
    let body = &page.body;
    let Some(at) = body.find("id=\"access-code-error\"") else {
        return String::new();
    };
    let error = body[at..].split("</p>").next().unwrap();
    let error = error.split_once('>').unwrap().1;
    let parts = error.split('<');
    let text: String = parts
        .map(|part| part.rsplit_once('>').map_or(part, |(_, text)| text))
        .collect();
    text.trim().to_owned()
}

#[tokio::test]
async fn field_is_sent_by_get_to_where_the_gate_stands_and_a_good_code_opens() {
    let site = Site::new();
    let gate = site.get(Who::Nobody, "/watch/secret").await;
    assert_eq!(gate.status, StatusCode::NOT_FOUND);
    assert!(
        gate.body.contains("<form class=\"flow\" method=\"get\">"),
        "no action: the address itself"
    );
    assert!(gate.body.contains("name=\"access_code\""));
    assert!(
        !gate.body.contains("role=\"alert\""),
        "nothing is wrong yet"
    );
    assert_eq!(gate.header("referrer-policy"), "same-origin");
    let page = try_code(&site, CODE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    for part in [
        format!("src=\"/hls/secret/index.m3u8?access_code={CODE}\""),
        format!("state-url=\"/api/watch/secret?access_code={CODE}\""),
    ] {
        assert!(page.body.contains(&part), "{part}");
    }
    // Whoever gets in without it hands it on to nothing.
    let path = format!("/watch/open?access_code={CODE}");
    let open = site.get(Who::Nobody, &path).await;
    assert!(!open.body.contains(CODE), "{}", open.body);
}

#[tokio::test]
async fn gate_says_in_plain_words_why_a_code_does_not_open() {
    let site = Site::new();
    let page = try_code(&site, "nothing-like-it").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert_eq!(
        told(&page),
        "That code does not open this page. Check it for typing mistakes, or ask the person who sent it."
    );
    for part in [
        "value=\"nothing-like-it\"",
        "aria-invalid=\"true\"",
        "autofocus",
        "role=\"alert\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(!page.body.contains("Ann"), "nothing of the item");

    let now = site.rig.now();
    let paused = Change {
        paused: Some(true),
        ..Change::default()
    };
    change(&site, paused);
    let page = try_code(&site, CODE).await;
    assert_eq!(
        told(&page),
        "This code is paused. Ask the person who gave it to you."
    );
    let later = Change {
        paused: Some(false),
        starts: Some(Some(now.plus(Duration::from_secs(28 * 86_400)))),
        ..Change::default()
    };
    change(&site, later);
    let page = try_code(&site, CODE).await;
    let sentence = told(&page);
    assert!(
        sentence.starts_with("This code works from 1 December, ") && sentence.ends_with(" UTC."),
        "{sentence}"
    );
    assert!(page.body.contains("data-moment"));
    let ended = Change {
        starts: Some(None),
        expires: Some(Some(now)),
        ..Change::default()
    };
    change(&site, ended);
    let page = try_code(&site, CODE).await;
    assert_eq!(
        told(&page),
        "This code ended on 3 November 2026. Ask the person who gave it to you for a new one."
    );
    // Of a page that it is not for, the same code says nothing.
    let elsewhere = site
        .get(Who::Nobody, &format!("/watch/nothing?access_code={CODE}"))
        .await;
    assert!(told(&elsewhere).starts_with("That code does not open this page."));
    // Logged in or not.
    let other = site
        .get(Who::Other, &format!("/watch/secret?access_code={CODE}"))
        .await;
    assert!(
        told(&other).starts_with("This code ended on"),
        "{}",
        told(&other)
    );
}

#[tokio::test]
async fn wrong_code_tells_nothing_of_what_exists() {
    let site = Site::new();
    for who in [Who::Nobody, Who::Other] {
        let of = |answer: &Answer| {
            let body = answer.body.replace("nothing-at-all", "secret");
            (answer.status, body)
        };
        let private = site.get(who, "/watch/secret?access_code=abcdef").await;
        let missing = site
            .get(who, "/watch/nothing-at-all?access_code=abcdef")
            .await;
        assert_eq!(of(&private), of(&missing), "{who:?}");
    }
}

#[tokio::test]
async fn tries_are_limited_and_the_time_to_wait_is_told() {
    let site = Site::new();
    let mut last = None;
    for number in 0..200 {
        let page = try_code(&site, &format!("guess-{number}")).await;
        if page.status == StatusCode::TOO_MANY_REQUESTS {
            last = Some(page);
            break;
        }
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{number}");
    }
    let page = last.expect("guesses run out");
    let wait: u32 = page.header("retry-after").parse().unwrap();
    let told = told(&page);
    assert!(told.starts_with("Too many tries. Try again in "), "{told}");
    assert!((1..=3600).contains(&wait), "{wait}");
    let left = format!("\"access-codes\";r=0;t={wait}");
    assert_eq!(page.header("ratelimit"), left);
    assert!(
        page.body.contains("name=\"access_code\""),
        "the field stays"
    );
    // One that an owner chose could be guessed; one that was made could not, and is heard.
    assert_eq!(
        try_code(&site, CODE).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    let made = site.rig.code(&site.ann, None, &["stream:secret"]);
    let made = made.text.unwrap();
    assert_eq!(try_code(&site, made.expose()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn gate_in_a_frame_stands_alone_and_may_be_framed() {
    let site = Site::new();
    let ask = Ask::get("/watch/secret?access_code=abcdef")
        .with(site.credentials(Who::Other))
        .header("sec-fetch-dest", "iframe");
    let page = site.send(ask).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with("frame-ancestors *"), "{policy}");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for absent in ["class=\"bar\"", "class=\"foot\"", "bob", "href=\"/\""] {
        assert!(!page.body.contains(absent), "{absent}");
    }
    let links = page.body.matches("<a ").count();
    let outward = page
        .body
        .matches("target=\"_blank\" rel=\"noopener noreferrer\"")
        .count();
    // The link that skips to the content leads nowhere else.
    assert_eq!(links, outward + 1, "{}", page.body);
    // Elsewhere it may not be framed.
    let page = site.get(Who::Nobody, "/watch/secret").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test]
async fn preview_shows_what_a_stranger_sees() {
    let site = Site::new();
    let page = site.get(Who::Owner, "/watch/secret?preview=visitor").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(
        page.body.contains("name=\"preview\" value=\"visitor\""),
        "and stays one with the code"
    );
    let path = format!("/watch/secret?access_code={CODE}&preview=visitor");
    let page = site.get(Who::Owner, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        !page.body.contains("/share/stream/secret"),
        "no owner's links"
    );
    assert!(page.body.contains("href=\"/login"), "nobody is logged in");
    let handed_on = format!("/hls/secret/index.m3u8?access_code={CODE}&amp;preview=visitor");
    let handed_on_by_number = handed_on.replace("&amp;", "&#38;");
    assert!(
        page.body.contains(&handed_on) || page.body.contains(&handed_on_by_number),
        "{}",
        page.body
    );
    for path in [
        "/hls/secret/index.m3u8?preview=visitor",
        "/api/watch/secret?preview=visitor",
    ] {
        let answer = site.get(Who::Owner, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

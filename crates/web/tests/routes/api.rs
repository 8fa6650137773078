//! The API: what it answers, and how it refuses what it cannot read.

use axum::http::{Method, StatusCode};
use domain::{
    engine::{Refusal, State},
    publish::Protocol,
};
use serde_json::{Value, json};

use crate::site::{Ask, CODE, Site, Who};

fn patch(site: &Site, body: &str) -> Ask {
    Ask::new(Method::PATCH, "/api/streams/secret")
        .with(site.credentials(Who::Owner))
        .json(body)
}

#[tokio::test]
async fn stream_is_made_with_a_key_that_is_shown_this_once() {
    let site = Site::new();
    let made = site
        .post_json(
            Who::Owner,
            "/api/streams",
            r#"{"slug":"stage","title":"Stage","visibility":"unlisted"}"#,
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let value = made.json();
    let key = value["key"].as_str().unwrap().to_owned();
    assert_eq!(
        value,
        json!({"slug": "stage", "title": "Stage", "description": "", "visibility": "unlisted", "owner": "ann", "sites": [],
               "live": null, "key": key})
    );
    let may = site
        .get(
            Who::Nobody,
            &format!("/api/stream/validate?path=stage&token={key}"),
        )
        .await;
    assert_eq!(
        (may.status, may.json()),
        (StatusCode::OK, json!({"valid": true, "stream": "stage"}))
    );
    for path in [
        "/api/streams",
        "/api/streams/stage",
        "/api/streams/stage/keys",
    ] {
        assert!(
            !site.get(Who::Owner, path).await.body.contains(&key),
            "{path}"
        );
    }
}

#[tokio::test]
async fn refusals_of_a_body_say_what_is_wrong_with_it() {
    let site = Site::new();
    let deep = format!("{{\"slug\":{}", "[".repeat(10_000));
    let long = format!("{{\"slug\":\"{}\"}}", "x".repeat(70_000));
    for (body, status, code) in [
        ("", 400, "unreadable"),
        ("{", 400, "unreadable"),
        ("[]", 400, "unreadable"),
        (r#"{"slug":1}"#, 400, "unreadable"),
        (r#"{"slug":"a1","slug":"b1"}"#, 400, "unreadable"),
        (r#"{"slug":"stage","colour":"red"}"#, 400, "unreadable"),
        (r#"{"title":"x"}"#, 400, "unreadable"),
        (deep.as_str(), 400, "unreadable"),
        (long.as_str(), 413, "too_large"),
        (r#"{"slug":"Not a slug"}"#, 422, "invalid_slug"),
        (
            r#"{"slug":"stage","visibility":"mine"}"#,
            422,
            "invalid_visibility",
        ),
        (r#"{"slug":"stage","title":""}"#, 422, "invalid_name"),
        (r#"{"slug":"secret"}"#, 409, "taken"),
    ] {
        let answer = site.post_json(Who::Owner, "/api/streams", body).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, code),
            "{shown}: {}",
            answer.body
        );
        let stranger = site.post_json(Who::Nobody, "/api/streams", body).await;
        assert_eq!(
            stranger.problem(),
            "unauthorized",
            "{shown}: a stranger learns nothing of it"
        );
        assert_eq!(stranger.header("www-authenticate"), "Bearer");
    }
    let text = Ask::post("/api/streams")
        .with(site.credentials(Who::Owner))
        .header("content-type", "text/plain");
    let text = site.send(text).await;
    assert_eq!(
        (text.status.as_u16(), text.problem().as_str()),
        (415, "unsupported_media_type")
    );
}

/// Abuse case H5: bad input, for programs: markup comes back as the text that it is, what forges lines or turns them is refused.
#[tokio::test]
async fn hostile_titles_and_names_of_keys_are_refused_or_kept_as_text() {
    for (name, is_taken) in crate::streams::hostile() {
        let site = Site::new();
        let body = serde_json::json!({"slug": "stage", "title": name}).to_string();
        let made = site.post_json(Who::Owner, "/api/streams", &body).await;
        let key = serde_json::json!({"name": name}).to_string();
        let keys = "/api/streams/secret/keys";
        let added = site.post_json(Who::Owner, keys, &key).await;
        let patched = site
            .send(patch(
                &site,
                &serde_json::json!({"title": name}).to_string(),
            ))
            .await;
        for (answer, status, field) in [
            (made, 201, "title"),
            (added, 201, "name"),
            (patched, 200, "title"),
        ] {
            if is_taken {
                assert_eq!(answer.status.as_u16(), status, "{name:?}");
                assert_eq!(answer.header("content-type"), "application/json");
                assert_eq!(answer.json()[field], name.as_str());
            } else {
                assert_eq!(answer.status.as_u16(), 422, "{name:?}");
                assert_eq!(answer.problem(), "invalid_name", "{name:?}");
            }
        }
    }
    let site = Site::new();
    for slug in [
        "l\u{456}ve",
        "a\nb",
        "st\u{202e}age",
        "<b>",
        "../x",
        &"a".repeat(4096),
    ] {
        let body = serde_json::json!({"slug": slug}).to_string();
        let answer = site.post_json(Who::Owner, "/api/streams", &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (422, "invalid_slug")
        );
    }
}

#[tokio::test]
async fn unreadable_paths_and_queries_are_problems() {
    let site = Site::new();
    for (path, code) in [
        ("/api/streams?limit=many", "unreadable"),
        ("/api/streams?limit=-1", "unreadable"),
        ("/api/streams?cursor=a&cursor=b", "unreadable"),
        ("/api/streams/%ff", "not_found"),
        ("/api/streams/%00", "not_found"),
        ("/api/streams/..%2fsecret", "not_found"),
        ("/api/streams/secret/", "not_found"),
        ("/api/stream/authorize?path=%ff%00", "unauthorized"),
        ("/api/stream/validate?path=..%2f..", "no_key"),
    ] {
        assert_eq!(site.get(Who::Owner, path).await.problem(), code, "{path}");
    }
    let revoke = Ask::new(Method::DELETE, "/api/streams/secret/keys/nothing")
        .with(site.credentials(Who::Owner));
    assert_eq!(site.send(revoke).await.problem(), "not_found");
}

#[tokio::test]
async fn list_comes_in_pages() {
    let site = Site::new();
    let mut path = "/api/streams?limit=3".to_owned();
    let mut slugs = Vec::new();
    loop {
        let answer = site.get(Who::Owner, &path).await;
        let link = answer.header("link").to_owned();
        let page = answer.json();
        let streams = page["streams"].as_array().unwrap();
        assert!(streams.len() <= 3);
        slugs.extend(
            streams
                .iter()
                .map(|stream| stream["slug"].as_str().unwrap().to_owned()),
        );
        assert_eq!(streams[0]["live"], true);
        match &page["next_cursor"] {
            Value::String(cursor) => {
                path = format!("/api/streams?limit=3&cursor={cursor}");
                assert_eq!(link, format!("<{path}>; rel=\"next\""));
            }
            end => break assert_eq!((end, &*link), (&Value::Null, "")),
        }
    }
    assert_eq!(slugs, ["club", "link", "open", "secret"]);
    let all = site.get(Who::Owner, "/api/streams?limit=0").await.json();
    assert_eq!(
        all["streams"].as_array().map(Vec::len),
        Some(1),
        "at least one"
    );
}

#[tokio::test]
async fn access_codes_come_in_pages_and_tell_how_they_are_used() {
    let site = Site::new();
    for _ in 0..4 {
        site.rig.code(&site.ann, None, &["stream:secret"]);
    }
    let mut path = "/api/access-codes?limit=2&status=active".to_owned();
    let mut ids = Vec::new();
    loop {
        let answer = site.get(Who::Owner, &path).await;
        let link = answer.header("link").to_owned();
        let page = answer.json();
        let codes = page["access_codes"].as_array().unwrap();
        assert!(codes.len() <= 2);
        ids.extend(
            codes
                .iter()
                .map(|code| code["id"].as_str().unwrap().to_owned()),
        );
        match &page["next_cursor"] {
            Value::String(cursor) => {
                path = format!("/api/access-codes?limit=2&status=active&cursor={cursor}");
                assert_eq!(link, format!("<{path}>; rel=\"next\""));
            }
            end => break assert_eq!((end, &*link), (&Value::Null, "")),
        }
    }
    let all = site.get(Who::Owner, "/api/access-codes").await.json();
    let all = all["access_codes"].as_array().unwrap();
    let all: Vec<_> = all
        .iter()
        .map(|code| code["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, all);
    assert_eq!(all.len(), 5);
    let wrong = site.get(Who::Owner, "/api/access-codes?status=good").await;
    assert_eq!(wrong.problem(), "invalid_status");

    let open = format!("/watch/secret?access_code={CODE}");
    assert_eq!(site.get(Who::Nobody, &open).await.status, StatusCode::OK);
    let path = format!("/api/access-codes/{CODE}/history");
    let days = site.get(Who::Owner, &path).await.json();
    let days = days["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    let today = site.rig.now().date();
    assert_eq!(
        days[29],
        json!({"day": today.to_string(), "opened": 1, "watched_s": 0})
    );
    assert_eq!(days[0]["day"], today.before(29).to_string());
}

#[tokio::test]
async fn edit_of_an_old_version_is_refused() {
    let site = Site::new();
    let seen = site.get(Who::Owner, "/api/streams/secret").await;
    let tag = seen.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let edited = site
        .send(patch(&site, r#"{"title":"Two"}"#).header("if-match", &tag))
        .await;
    assert_eq!(
        (edited.status, &edited.json()["title"]),
        (StatusCode::OK, &json!("Two"))
    );
    assert_ne!(edited.header("etag"), tag);
    let old = site
        .send(patch(&site, r#"{"title":"Three"}"#).header("if-match", &tag))
        .await;
    assert_eq!(
        (old.status, old.problem().as_str()),
        (StatusCode::PRECONDITION_FAILED, "changed_meanwhile")
    );
    for (tags, status) in [
        (format!("\"x\", {}", edited.header("etag")), 200),
        ("*".to_owned(), 200),
        ("W/\"x\"".to_owned(), 412),
        ("\u{e9}".to_owned(), 412),
    ] {
        let mut ask = patch(&site, r#"{"title":"Two"}"#);
        ask = ask.header("if-match", &tags);
        assert_eq!(site.send(ask).await.status.as_u16(), status, "{tags}");
    }
}

#[tokio::test]
async fn live_facts_are_those_of_the_contract() {
    let site = Site::new();
    let live = site.get(Who::Owner, "/api/streams/secret").await.json()["live"].clone();
    for field in [
        "since",
        "tracks",
        "bit_rate",
        "frame_rate",
        "key_frame_interval_s",
        "viewers",
        "warnings",
    ] {
        assert!(live.get(field).is_some(), "{field}");
    }
    assert_eq!(live["viewers"], json!({"hls": 3, "webrtc": 0}));
    assert_eq!(live["tracks"][0]["codec"], "H.264");
    assert_eq!(live["tracks"][1]["kind"], "audio");
    site.engine.end(&"secret".parse().unwrap(), site.rig.now());
    assert_eq!(
        site.get(Who::Owner, "/api/streams/secret").await.json()["live"],
        Value::Null
    );
}

#[tokio::test]
async fn state_for_viewers_follows_the_broadcast() {
    let site = Site::new();
    let state = async || site.get(Who::Owner, "/api/watch/secret").await.json();
    assert_eq!(state().await["state"], "live");
    let slug = "secret".parse().unwrap();
    let mut live = domain::engine::Engine::live(&*site.engine, &slug).unwrap();
    live.state = State::Away {
        until: site.rig.now(),
    };
    site.engine.set_live(live);
    let away = state().await;
    assert_eq!(
        (&away["state"], &away["until"]),
        (&json!("away"), &json!(site.rig.now().rfc3339()))
    );
    site.engine.end(&slug, site.rig.now());
    assert_eq!(state().await["state"], "ended");
    let stranger = site.get(Who::Nobody, "/api/watch/secret").await;
    assert_eq!(
        (stranger.status, &stranger.json()["title"]),
        (StatusCode::NOT_FOUND, &json!(""))
    );
}

#[tokio::test]
async fn refused_publishers_are_told_to_the_owner_with_a_shortened_address() {
    let site = Site::new();
    site.engine.refuse(Refusal {
        at: site.rig.now(),
        slug: Some("secret".parse().unwrap()),
        protocol: Protocol::Rtmp,
        address: "203.0.113.77".parse().unwrap(),
        reason: "unknown_key",
        message: "The key is not known.".to_owned(),
        fix: "Copy it again.".to_owned(),
        times: 3,
    });
    let list = site.get(Who::Owner, "/api/streams/secret/refusals").await;
    let refusal = &list.json()["refusals"][0];
    assert_eq!(
        (&refusal["reason"], &refusal["times"]),
        (&json!("unknown_key"), &json!(3))
    );
    assert!(!list.body.contains("203.0.113.77"), "{}", list.body);
}

/// What is kept of them at most, `engine::refusals` tests.
#[tokio::test]
async fn fifty_refusals_of_a_stream_and_fifty_without_one_are_told_newest_first() {
    let site = Site::new();
    for n in 0..60_u32 {
        for slug in [Some("secret"), Some("open"), None] {
            site.rig.clock.advance(std::time::Duration::from_secs(1));
            site.engine.refuse(Refusal {
                at: site.rig.now(),
                protocol: Protocol::Rtmp,
                address: std::net::Ipv4Addr::from(0xc633_6400 + (n << 8)).into(),
                slug: slug.map(|slug| slug.parse().unwrap()),
                reason: "unknown_key",
                message: format!("{n} at {}", slug.unwrap_or("none")),
                fix: "Copy the key again.".to_owned(),
                times: 1,
            });
        }
    }
    for (path, who, of) in [
        ("/api/streams/secret/refusals", Who::Owner, "secret"),
        ("/api/streams/secret/status", Who::Owner, "secret"),
        ("/api/server", Who::Administrator, "none"),
    ] {
        let answer = site.get(who, path).await.json();
        let told = answer["refusals"].as_array().unwrap();
        let words: Vec<_> = told
            .iter()
            .map(|r| r["message"].as_str().unwrap())
            .collect();
        let expected: Vec<_> = (10..60).rev().map(|n| format!("{n} at {of}")).collect();
        assert_eq!(words, expected, "{path}");
    }
    let page = site.get(Who::Administrator, "/admin").await.body;
    assert_eq!(page.matches(" at none").count(), 50);
    assert_eq!(
        page.matches(" at secret").count(),
        0,
        "those have a page of their own"
    );
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked() {
    let site = Site::new();
    let path = "/api/streams/secret/keys";
    let made = site
        .post_json(Who::Owner, path, r#"{"name":"Camera"}"#)
        .await
        .json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let valid = format!("/api/stream/validate?path=secret&token={key}");
    assert_eq!(site.get(Who::Nobody, &valid).await.status, StatusCode::OK);
    for _ in 0..2 {
        let revoke =
            Ask::new(Method::DELETE, &format!("{path}/{id}")).with(site.credentials(Who::Owner));
        assert_eq!(site.send(revoke).await.status, StatusCode::NO_CONTENT);
    }
    let refused = site.get(Who::Nobody, &valid).await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (StatusCode::UNAUTHORIZED, "revoked_key")
    );
    let list = site.get(Who::Owner, path).await.json();
    let camera = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["name"] == "Camera")
        .unwrap()
        .clone();
    assert!(camera["revoked_at"].is_string() && camera.get("key").is_none());
    let own = site
        .post_json(Who::Owner, path, r#"{"name":"Own","key":"supersecret123"}"#)
        .await;
    assert_eq!(
        (own.status.as_u16(), own.problem().as_str()),
        (422, "invalid_key")
    );
}

#[tokio::test]
async fn key_of_one_stream_is_none_of_another() {
    let site = Site::new();
    let key = site.secret.1.secret.expose();
    for path in [
        "/api/stream/validate?path=open&token=",
        "/api/stream/validate?token=",
    ] {
        assert_eq!(
            site.get(Who::Nobody, &format!("{path}{key}")).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    let id = site.secret.1.key.id;
    let revoke = Ask::new(Method::DELETE, &format!("/api/streams/open/keys/{id}"))
        .with(site.credentials(Who::Owner));
    assert_eq!(site.send(revoke).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn basic_credentials_are_for_whoever_stands_in_front() {
    let site = Site::new();
    let mut headers = site.credentials(Who::Owner);
    headers.insert("authorization", "Basic dXNlcjpwYXNz".parse().unwrap());
    let answer = site
        .send(Ask::get("/hls/secret/index.m3u8").with(headers))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    for bearer in ["Bearer", "Bearer ", "bearer  x", "Bearer \u{e9}"] {
        let mut headers = site.credentials(Who::Owner);
        headers.insert("authorization", bearer.parse().unwrap());
        let answer = site.send(Ask::get("/api/streams").with(headers)).await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{bearer:?}: a key that is not good is refused, cookie or not"
        );
    }
}

#[tokio::test]
async fn guesses_of_api_keys_come_to_an_end() {
    let site = Site::new();
    let guess = async |n: u32| {
        let ask = Ask::get("/api/streams").header("authorization", &format!("Bearer guess{n}"));
        site.send(ask).await
    };
    let first = guess(0).await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED);
    assert_eq!(first.header("ratelimit-policy"), "\"api-keys\";q=20;w=60");
    assert_eq!(first.header("ratelimit"), "\"api-keys\";r=19;t=3");
    for n in 1..200 {
        let _ = guess(n).await;
    }
    let last = guess(200).await;
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    let told = format!("\"api-keys\";r=0;t={}", last.header("retry-after"));
    assert_eq!(last.header("ratelimit"), told);
}

#[tokio::test]
async fn status_of_the_engine_names_only_streams_that_the_caller_may_see() {
    let site = Site::new();
    let hidden = site
        .post_json(Who::Administrator, "/api/streams", r#"{"slug":"hidden"}"#)
        .await;
    assert_eq!(hidden.status, StatusCode::CREATED);
    let mut live = domain::engine::Engine::live(&*site.engine, &"open".parse().unwrap()).unwrap();
    live.slug = "hidden".parse().unwrap();
    site.engine.set_live(live);
    for (who, names) in [
        (Who::ReadKey, &["club", "link", "open", "secret"][..]),
        (Who::AdminKey, &["club", "hidden", "link", "open", "secret"]),
    ] {
        let status = site.get(who, "/api/mediamtx/status").await.json();
        assert_eq!(
            (&status["engine"], &status["reachable"]),
            (&json!("embedded"), &json!(true))
        );
        let streams = status["streams"].as_array().unwrap();
        assert_eq!(
            streams
                .iter()
                .map(|stream| stream["name"].as_str().unwrap())
                .collect::<Vec<_>>(),
            names,
            "{who:?}"
        );
        for field in ["ready", "tracks", "bytes_received", "readers"] {
            assert!(streams[0].get(field).is_some(), "{field}");
        }
    }
}

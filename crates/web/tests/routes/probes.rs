//! Probes over the rows of the table: fields that are not there, odd numbers, quotes, codes where codes open nothing, and passes of live
//! and stored pieces by every kind of caller.

use axum::http::{Method, StatusCode};
use domain::item::{Kind, Visibility};
use serde_json::{Value, json};
use web::front::{Hot as _, HotAnswer, HotRequest};

use crate::{
    hls::piece,
    site::{Answer, Ask, Who},
    table::{CALLERS, OPENS, Row, World, rows, slug, targets},
};

/// Rows that read JSON.
fn json_rows() -> impl Iterator<Item = &'static Row> {
    rows()
        .iter()
        .filter(|row| row.changes() && row.json().len() > 2 && row.yes < 300)
}

/// Abuse case J2: what is nobody's to set is refused by name, and nothing of the request is done.
#[tokio::test]
async fn fields_that_are_not_there_are_refused_by_name_wherever_json_is_read() {
    assert!(json_rows().count() >= 6);
    for row in json_rows() {
        for field in [
            "role",
            "owner_id",
            "owner",
            "id",
            "created_at",
            "key_hash",
            "generation",
            "__proto__",
            "Title",
        ] {
            let site = World::new().site;
            let mut body: Value = serde_json::from_str(row.json()).unwrap();
            if body.get(field).is_some() {
                continue;
            }
            body[field] = json!("x");
            let who = match row.class {
                "administer" => Who::Administrator,
                _ => Who::Owner,
            };
            let ask = Ask::new(row.method.parse().unwrap(), &row.path(&site, row.target()))
                .with(site.credentials(who))
                .json(&body.to_string());
            let answer = site.send(ask).await;
            let place = format!("{} {} with {field}: {answer:?}", row.method, row.route);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{place}");
            assert_eq!(answer.problem(), "unreadable", "{place}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(
                detail.contains(&format!("unknown field `{field}`")),
                "{place}"
            );
        }
    }
}

/// What databases, shells and templates might take for their own.
const QUOTES: &[&str] = &[
    "'",
    "\"",
    "' OR '1'='1",
    "'; DROP TABLE streams; --",
    "1) UNION SELECT * FROM users--",
    "%",
    "_",
    "\\",
    "\u{0}",
    "title; SELECT 1",
    "${7*7}{{7*7}}",
    "-1",
    "\u{202e}",
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Names of parameters of any route.
const PARAMETERS: &[&str] = &[
    "cursor",
    "limit",
    "q",
    "own",
    "sort",
    "token",
    "path",
    "access_code",
    "code",
    "seat",
    "preview",
    "w",
    "topics",
    "stream",
    "next",
    "state",
    "with",
    "item",
    "t",
];

/// Abuse case J7: in every part of a path and every parameter of what can be looked at, quotes are text.
#[tokio::test]
async fn quotes_in_every_parameter_are_text() {
    for row in rows().iter().filter(|row| row.method == "GET") {
        let site = World::new().site;
        let plain = row.path(&site, row.target());
        let path = plain.split('?').next().unwrap();
        for quotes in QUOTES {
            let quotes = encoded(quotes);
            let mut asked: Vec<String> = PARAMETERS
                .iter()
                .map(|name| format!("{path}?{name}={quotes}"))
                .collect();
            let parts: Vec<&str> = row.route.split('/').collect();
            for (place, _) in parts
                .iter()
                .enumerate()
                .filter(|(_, part)| part.starts_with('{'))
            {
                let mut parts: Vec<&str> = path.split('/').collect();
                parts[place] = &quotes;
                asked.push(parts.join("/"));
            }
            for path in asked {
                // A site of events says nothing more once it listens.
                if path.starts_with("/api/events?topics") {
                    continue;
                }
                for who in [Who::Nobody, Who::Administrator] {
                    let (status, _, _) = site
                        .send_raw(Ask::get(&path).with(site.credentials(who)))
                        .await;
                    assert!(status.as_u16() < 500, "{path} by {who:?}: {status}");
                }
            }
        }
        let streams = site.get(Who::Administrator, "/api/streams").await;
        assert_eq!(
            streams.json()["streams"].as_array().unwrap().len(),
            5,
            "{}",
            row.route
        );
    }
}

/// Abuse case J8: a list answers a page within its bounds, or says what it cannot read.
#[tokio::test]
async fn limits_of_lists_are_clamped() {
    let world = World::new();
    let root = world.site.root.clone();
    for number in 0..230 {
        let slug = format!("many-{number}");
        world.site.rig.stream(&root, &slug, Visibility::Public);
        for kind in [domain::stored::Kind::Video, domain::stored::Kind::Image] {
            world.site.rig.stored(
                &root,
                kind,
                &format!("{slug}-{}", kind.word()),
                Visibility::Public,
            );
        }
    }
    let lists = ["streams", "videos", "images"];
    // Whoever adds a list that has pages adds it here.
    let paged: Vec<&str> = rows()
        .iter()
        .filter(|row| {
            row.method == "GET" && lists.iter().any(|list| row.route == format!("/api/{list}"))
        })
        .map(|row| row.route)
        .collect();
    assert_eq!(paged.len(), lists.len());
    for list in lists {
        let path = format!("/api/{list}");
        for (limit, expected) in [
            ("0", 1),
            ("1", 1),
            ("1000000000", 200),
            ("18446744073709551615", 200),
        ] {
            let answer = world
                .site
                .get(Who::Owner, &format!("{path}?limit={limit}"))
                .await;
            assert_eq!(answer.status, StatusCode::OK, "{path} {limit}");
            assert_eq!(
                answer.json()[list].as_array().unwrap().len(),
                expected,
                "{path} {limit}"
            );
        }
        for limit in ["-1", "1e9", "99999999999999999999", "ten", "0x10", ""] {
            let answer = world
                .site
                .get(Who::Owner, &format!("{path}?limit={limit}"))
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {limit}");
            assert_eq!(answer.problem(), "unreadable");
        }
        for cursor in ["nothing", "-1", "%00", "zzzz%27", &"9".repeat(3_000)] {
            let answer = world
                .site
                .get(Who::Owner, &format!("{path}?cursor={cursor}"))
                .await;
            assert!(answer.status.as_u16() < 500, "{path} {cursor}: {answer:?}");
        }
    }
}

/// A name that nothing has, as long as this one.
fn missing(slug: &str) -> String {
    "m1ss1ng-"
        .chars()
        .cycle()
        .take(slug.len() - 1)
        .collect::<String>()
        + "x"
}

/// An answer about an item, or about what is [`missing`] in its place, without what differs from one request to the next.
fn bare(answer: &Answer, slug: &str) -> (StatusCode, String, Vec<(String, String)>) {
    let id = answer.header("x-request-id");
    let clean = |text: &str| text.replace(id, "ID").replace(&missing(slug), slug);
    let headers = answer
        .headers
        .iter()
        // What is left of the tries differs by the try that the other answer took.
        .filter(|(name, _)| *name != "ratelimit")
        .map(|(name, value)| (name.to_string(), clean(value.to_str().unwrap())))
        .collect();
    (answer.status, clean(&answer.body), headers)
}

/// Abuse case B5: what is private and what is missing are one answer, on every route that names an item, to whoever may not know.
#[tokio::test]
async fn private_and_missing_are_told_alike() {
    let world = World::with_files().await;
    for row in rows().iter().filter(|row| !row.of.is_empty()) {
        for kind in &row.of {
            let slug = slug((*kind, Visibility::Private));
            for who in [Who::Nobody, Who::Other] {
                let path = row.path(&world.site, (*kind, Visibility::Private));
                let there = row.ask_at(&path).with(world.site.credentials(who));
                let there = world.site.send(there).await;
                let absent = path.replacen(&slug, &missing(&slug), 1);
                let absent = row.ask_at(&absent).with(world.site.credentials(who));
                let absent = world.site.send(absent).await;
                assert_eq!(
                    bare(&there, &slug),
                    bare(&absent, &slug),
                    "{} {} by {who:?}",
                    row.method,
                    row.route
                );
            }
        }
    }
}

/// Ways to bring a code: as players and links do, and as one might try.
const WAYS: [&str; 4] = ["access_code", "code", "bearer", "cookie"];

/// A code opens delivery, and of the API what tells how a broadcast stands: nothing else, however it is brought.
#[tokio::test]
async fn codes_open_delivery_and_nothing_else_however_they_are_brought() {
    let opened_by_codes = [
        "/watch/{slug}",
        "/watch/{slug}/download",
        "/embed/{slug}",
        "/images/{slug}",
        "/images/{slug}/about",
        "/hls/{slug}/{file}",
        "/hls/{slug}/poster.mp4",
        "/{slug}/whep",
        "/{slug}/whep/{session}",
        "/api/watch/{slug}",
        "/api/stream/authorize",
    ];
    for row in rows()
        .iter()
        .filter(|row| !opened_by_codes.contains(&row.route))
    {
        for target in row.of.iter().map(|kind| (*kind, Visibility::Private)) {
            let world = World::new();
            let path = row.path(&world.site, target);
            let as_nobody = world.site.send(row.ask_at(&path)).await.status;
            for way in WAYS {
                let world = World::new();
                let sign = if path.contains('?') { '&' } else { '?' };
                let ask = match way {
                    "bearer" => row
                        .ask_at(&path)
                        .header("authorization", &format!("Bearer {OPENS}")),
                    "cookie" => row
                        .ask_at(&path)
                        .header("cookie", &format!("media_server_login={OPENS}")),
                    name => row.ask_at(&format!("{path}{sign}{name}={OPENS}")),
                };
                let answer = world.site.send(ask).await;
                // Whoever sends what is no key is told so, before anything else is looked at.
                let is_told = way == "bearer" && answer.status == StatusCode::UNAUTHORIZED;
                let is_key = row.class == "key" && way == "bearer";
                assert!(
                    is_told || is_key || answer.status == as_nobody,
                    "{} {} by {way}: {}",
                    row.method,
                    row.route,
                    answer.status
                );
            }
        }
    }
}

/// The pass that the index hands out, if it does.
async fn pass(world: &World, caller: &str, slug: &str) -> Option<String> {
    let (headers, code) = world.credentials(caller);
    let query = code.map_or(String::new(), |code| format!("?access_code={code}"));
    let path = format!("/hls/{slug}/index.m3u8{query}");
    let answer = world.site.send(Ask::get(&path).with(headers)).await;
    let pass = answer.body.split('~').nth(1)?.split('/').next()?.to_owned();
    (answer.status == StatusCode::OK).then_some(pass)
}

/// The status of a piece, which the door and the router must agree on.
async fn opened(world: &World, slug: &str, pass: &str, piece: &str) -> u16 {
    let path = format!("/hls/{slug}/~{pass}/{piece}");
    let request = HotRequest {
        path: &path,
        query: "",
    };
    let (status, _, _) = world.site.send_raw(Ask::get(&path)).await;
    let is_open = matches!(world.site.app.answer(&request), Some(HotAnswer::Fetch(..)));
    assert_eq!(is_open, status != StatusCode::FORBIDDEN, "{path}: {status}");
    status.as_u16()
}

/// Abuse case F5: a pass opens the pieces of its own item for whom it was made, as long as they may watch; not altered, not elsewhere.
#[tokio::test]
async fn passes_of_every_caller_open_their_item_until_they_may_not_watch_it() {
    let world = World::with_files().await;
    let films: Vec<_> = targets().filter(|(kind, _)| *kind != Kind::Image).collect();
    for (kind, visibility) in &films {
        if *kind == Kind::Stream {
            world
                .site
                .engine
                .put(&slug((*kind, *visibility)), "e1-s1.m4s", piece("bytes"));
        }
    }
    let piece_of = |kind| {
        if kind == Kind::Stream {
            "e1-s1.m4s"
        } else {
            "v.m3u8"
        }
    };
    let mut passes = Vec::new();
    for caller in CALLERS
        .into_iter()
        .filter(|caller| *caller != "code-disabled")
    {
        for target in &films {
            let slug = slug(*target);
            let Some(pass) = pass(&world, caller, &slug).await else {
                continue;
            };
            let named = piece_of(target.0);
            let status = opened(&world, &slug, &pass, named).await;
            assert_ne!(status, 403, "{caller} {slug}");
            if target.0 == Kind::Stream {
                assert_eq!(status, 200, "{caller} {slug}");
            }
            // In no other place, whatever may be seen there.
            for other in films.iter().filter(|other| *other != target) {
                let other_slug = crate::table::slug(*other);
                assert_eq!(
                    opened(&world, &other_slug, &pass, piece_of(other.0)).await,
                    403,
                    "{caller} {slug} at {other_slug}"
                );
            }
            // Each letter counts.
            for place in [0, pass.len() / 2, pass.len() - 1] {
                let mut letters: Vec<char> = pass.chars().collect();
                letters[place] = if letters[place] == 'A' { 'Q' } else { 'A' };
                let altered: String = letters.into_iter().collect();
                assert_eq!(
                    opened(&world, &slug, &altered, named).await,
                    403,
                    "{caller} {slug} {place}"
                );
            }
            for cut in [
                &pass[..pass.len() - 1],
                &format!("{pass}A"),
                &format!("{pass}."),
                "",
            ] {
                assert_ne!(
                    opened_or_missing(&world, &slug, cut, named).await,
                    200,
                    "{caller} {slug}"
                );
            }
            passes.push((caller, *target, pass));
        }
    }
    assert!(passes.len() > 50, "{}", passes.len());
    // What was open becomes private: passes that strangers hold end, those of the owner's code, login and keys come anew.
    for target in &films {
        let name = slug(*target).parse().unwrap();
        let (catalogue, ann) = (&world.site.rig.catalogue, &world.site.ann);
        let edit = domain::edit::Edit {
            visibility: Some(Visibility::Private),
            ..domain::edit::Edit::default()
        };
        if target.0 == Kind::Stream {
            catalogue.update_stream(ann, &name, edit).await.unwrap();
        } else {
            let kind = domain::stored::Kind::Video;
            catalogue
                .update_stored(ann, kind, &name, edit.into())
                .await
                .unwrap();
        }
    }
    for (caller, target, pass) in &passes {
        let may = matches!(
            *caller,
            "owner" | "administrator" | "read-key" | "admin-key" | "code"
        );
        let status = opened(&world, &slug(*target), pass, piece_of(target.0)).await;
        if may && target.1 == Visibility::Private {
            assert_ne!(status, 403, "{caller} {target:?}");
        } else {
            assert_eq!(status, 403, "{caller} {target:?}");
        }
    }
}

/// The status of a piece by the router alone: what is no pass may be no path of a piece either.
async fn opened_or_missing(world: &World, slug: &str, pass: &str, piece: &str) -> u16 {
    let path = format!("/hls/{slug}/~{pass}/{piece}");
    let ask = Ask::new(Method::GET, &path);
    world.site.send_raw(ask).await.0.as_u16()
}

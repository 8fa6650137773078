//! Parts of pieces and of files, and answers only if something changed (RFC 9110, 13 and 14): by the hot loop, by the router on its
//! connections, by hyper and by the router alone, with one answer.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Seek as _, Write as _},
    sync::{Arc, atomic::Ordering},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use domain::{
    caller::Caller,
    clock::Time,
    engine::{Body, Chunk, Medium, Range, Reply, Version},
    slug::Slug,
    stored::Kind,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    front::{Door, PATIENCE, limits},
    hls::piece,
    site::{Ask, Who},
};

/// Moves a connection to hyper for good.
const WITH_BODY: &str = "POST /logout HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

type Fields = &'static [(&'static str, &'static str)];

/// A method and fields, the status, and the range that comes back.
type Row = (&'static str, Fields, u16, Option<(usize, usize)>);

/// What is asked of 100 bytes of the version `"v1"` of then.
const ASKED: &[Row] = &[
    ("GET", &[], 200, None),
    ("HEAD", &[], 200, None),
    ("GET", &[("range", "bytes=0-9")], 206, Some((0, 10))),
    ("GET", &[("Range", "bytes=90-")], 206, Some((90, 100))),
    ("GET", &[("range", "bytes=-7")], 206, Some((93, 100))),
    ("GET", &[("range", "bytes=3-900")], 206, Some((3, 100))),
    ("GET", &[("range", "bytes=100-")], 416, None),
    ("GET", &[("range", "bytes=-0")], 416, None),
    ("GET", &[("range", "bytes=0-1,5-6")], 200, None),
    (
        "GET",
        &[("range", "bytes=0-1"), ("range", "bytes=5-6")],
        206,
        Some((0, 2)),
    ),
    ("GET", &[("range", "lines=0-1")], 200, None),
    ("GET", &[("range", "bytes=0-\u{e9}")], 200, None),
    ("HEAD", &[("range", "bytes=0-9")], 200, None),
    ("HEAD", &[("range", "bytes=100-")], 200, None),
    (
        "GET",
        &[("range", "bytes=0-9"), ("if-range", "\"v1\"")],
        206,
        Some((0, 10)),
    ),
    (
        "GET",
        &[("range", "bytes=0-9"), ("if-range", THEN)],
        206,
        Some((0, 10)),
    ),
    (
        "GET",
        &[("range", "bytes=0-9"), ("if-range", "\"v0\"")],
        200,
        None,
    ),
    (
        "GET",
        &[("range", "bytes=0-9"), ("if-range", "W/\"v1\"")],
        200,
        None,
    ),
    (
        "GET",
        &[("range", "bytes=100-"), ("if-range", "\"v0\"")],
        200,
        None,
    ),
    ("GET", &[("if-range", "\"v1\"")], 200, None),
    ("GET", &[("if-none-match", "\"v1\"")], 304, None),
    ("HEAD", &[("if-none-match", "\"v1\"")], 304, None),
    ("GET", &[("if-none-match", "\"v0\", W/\"v1\"")], 304, None),
    (
        "GET",
        &[("if-none-match", "\"v0\""), ("if-none-match", "\"v1\"")],
        304,
        None,
    ),
    ("GET", &[("if-none-match", "*")], 304, None),
    ("GET", &[("if-none-match", "\"v0\"")], 200, None),
    (
        "GET",
        &[("if-none-match", "\"v1\""), ("range", "bytes=0-9")],
        304,
        None,
    ),
    (
        "GET",
        &[("if-none-match", "\"v0\""), ("range", "bytes=0-9")],
        206,
        Some((0, 10)),
    ),
    (
        "GET",
        &[("if-none-match", "\"v0\""), ("if-modified-since", THEN)],
        200,
        None,
    ),
    ("GET", &[("if-modified-since", THEN)], 304, None),
    (
        "GET",
        &[("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT")],
        200,
        None,
    ),
    ("GET", &[("if-modified-since", "yesterday")], 200, None),
    (
        "GET",
        &[("accept-encoding", "gzip"), ("range", "bytes=0-9")],
        206,
        Some((0, 10)),
    ),
];

/// A file with these bytes, which nobody else can find.
fn file_of(bytes: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    Arc::new(file)
}

/// The version `"v1"` of a piece in a slice and two stretches of a file.
fn versioned(bytes: &[u8]) -> Reply {
    let file = file_of(bytes);
    let stretch = |offset: usize, end: usize| {
        Chunk::Stored(Range {
            file: file.clone(),
            offset: offset as u64,
            len: (end - offset) as u64,
            medium: Medium::Disk,
        })
    };
    let chunks = [
        Chunk::Slice(Bytes::copy_from_slice(&bytes[..5])),
        stretch(5, 95),
        stretch(95, bytes.len()),
    ];
    Reply {
        body: Body::from_iter(chunks),
        version: Some(Version {
            etag: "\"v1\"".into(),
            modified: Time::from_ms(784_111_777_999),
        }),
        ..piece("")
    }
}

fn hundred() -> Vec<u8> {
    (0..100).collect()
}

/// What every answer of the router carries, and no piece needs.
const OF_THE_ROUTER: [&str; 5] = [
    "content-security-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "x-request-id",
];

/// An answer: its status, its fields but those of the connection, and its body.
#[derive(Debug, PartialEq)]
struct Came {
    status: u16,
    fields: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Came {
    /// As the hot loop would have sent it: hyper leaves axum's length of an empty body in the answer to a HEAD.
    fn bare(mut self) -> Self {
        if self.status == 304 {
            self.fields.remove("content-length");
        }
        self.fields
            .retain(|name, _| !OF_THE_ROUTER.contains(&name.as_str()));
        self
    }
}

/// Takes the first answer to a request of this method off the bytes of a connection.
fn take(bytes: &mut Vec<u8>, method: &str) -> Came {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4;
    let head = String::from_utf8(bytes.drain(..end).collect()).unwrap();
    let mut lines = head.trim_end().lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let mut fields: BTreeMap<_, _> = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        })
        .collect();
    assert!(fields.remove("date").is_some(), "{head}");
    fields.remove("connection");
    let length = match (method, fields.get("content-length")) {
        ("HEAD", _) | (_, None) => 0,
        (_, Some(length)) => length.parse().unwrap(),
    };
    let body = bytes.drain(..length).collect();
    Came {
        status,
        fields,
        body,
    }
}

fn request(method: &str, path: &str, fields: &[(&str, &str)], is_last: bool) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n");
    for (name, value) in fields {
        text += &format!("{name}: {value}\r\n");
    }
    text += if is_last {
        "Connection: close\r\n\r\n"
    } else {
        "\r\n"
    };
    latin_1(&text)
}

/// As clients send what is no ASCII.
fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

fn sent(door: &Door) -> u64 {
    door.site.app.counters().hls_bytes.load(Ordering::Relaxed)
}

/// Everything that comes back for these bytes until the connection is closed.
async fn ask(door: &Door, bytes: &[u8]) -> Vec<u8> {
    let (mut read, mut write) = door.connect().await.0.into_split();
    write.write_all(bytes).await.unwrap();
    let mut came = Vec::new();
    let reading = tokio::time::timeout(PATIENCE, read.read_to_end(&mut came)).await;
    reading.expect("the connection is closed").unwrap();
    came
}

/// What the router says to the same by itself.
async fn routed(door: &Door, method: &str, path: &str, fields: &[(&str, &str)]) -> Came {
    let asked = Ask::new(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let value: Vec<u8> = latin_1(value);
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(&value).unwrap(),
        );
    }
    let asked = asked.with(headers);
    let (status, headers, body) = door.site.send_raw(asked).await;
    let fields = headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap().to_owned();
        (name.as_str().to_owned(), value)
    });
    let mut fields: BTreeMap<_, _> = fields.collect();
    if status == StatusCode::NOT_MODIFIED {
        // Of what is empty axum says so; connections do not.
        fields.remove("content-length");
    }
    Came {
        status: status.as_u16(),
        fields,
        body: body.to_vec(),
    }
}

#[tokio::test]
async fn piece_is_answered_in_part_alike_on_every_way_out() {
    let door = Door::open(limits()).await;
    let bytes = hundred();
    door.site.engine.put("open", "v.m4s", versioned(&bytes));
    let path = door.piece().await.replace("s1.m4s", "v.m4s");
    // All on one connection of the hot loop, and all on one of hyper's.
    let (mut hot, mut hyper) = (Vec::new(), WITH_BODY.as_bytes().to_vec());
    for (at, (method, fields, ..)) in ASKED.iter().enumerate() {
        let asked = request(method, &path, fields, at + 1 == ASKED.len());
        hot.extend_from_slice(&asked);
        hyper.extend_from_slice(&asked);
    }
    let sent_before = sent(&door);
    let mut hot = ask(&door, &hot).await;
    let sent_hot = sent(&door) - sent_before;
    let mut hyper = ask(&door, &hyper).await;
    assert_eq!(take(&mut hyper, "POST").status, 303);
    let mut bodies = 0;
    for (method, fields, status, range) in ASKED {
        let came = take(&mut hot, method);
        let what = format!("{method} {fields:?}: {came:?}");
        assert_eq!(came.status, *status, "{what}");
        let expected = match (*method, status, range) {
            ("HEAD", ..) | (_, 304 | 416, _) => &[][..],
            (_, _, Some((from, to))) => &bytes[*from..*to],
            (_, _, None) => &bytes[..],
        };
        assert_eq!(came.body, expected, "{what}");
        bodies += came.body.len() as u64;
        let content_range = match (status, range) {
            (416, _) => Some("bytes */100".to_owned()),
            (_, Some((from, to))) => Some(format!("bytes {from}-{}/100", to - 1)),
            _ => None,
        };
        assert_eq!(
            came.fields.get("content-range"),
            content_range.as_ref(),
            "{what}"
        );
        let length = match (status, range) {
            (304, _) => None,
            (416, _) => Some(0),
            (_, Some((from, to))) => Some(to - from),
            _ => Some(100),
        };
        let length = length.map(|length| length.to_string());
        assert_eq!(came.fields.get("content-length"), length.as_ref(), "{what}");
        assert_eq!(came.fields["etag"], "\"v1\"", "{what}");
        assert_eq!(came.fields["last-modified"], THEN, "{what}");
        assert_eq!(
            take(&mut hyper, method).bare(),
            came,
            "by hyper: {method} {fields:?}"
        );
        let routed = routed(&door, method, &path, fields).await.bare();
        assert_eq!(routed, came, "by the router: {method} {fields:?}");
    }
    assert_eq!((hot.len(), hyper.len()), (0, 0), "nothing else came");
    assert_eq!(sent_hot, bodies, "bytes that metrics count");
    assert_eq!(sent(&door) - sent_before, 3 * bodies, "on every way");
}

#[tokio::test]
async fn piece_without_a_version_is_answered_whole() {
    let door = Door::open(limits()).await;
    let path = door.piece().await;
    for (method, fields, ..) in ASKED {
        let mut hot = ask(&door, &request(method, &path, fields, true)).await;
        let came = take(&mut hot, method);
        assert_eq!(came.status, 200, "{method} {fields:?}");
        assert_eq!(came, routed(&door, method, &path, fields).await.bare());
    }
}

#[tokio::test]
async fn file_is_answered_in_part_by_the_router_on_every_connection() {
    let door = Door::open(limits()).await;
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .flat_map(|n| (n % 251).to_le_bytes())
        .collect();
    let (slug, catalogue) = (Slug::parse("film").unwrap(), &door.site.rig.catalogue);
    let film = catalogue
        .find_stored(&Caller::operator(), Kind::Video, &slug)
        .unwrap();
    let folder = door.site.works().folder(film.id);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("original"), &bytes).unwrap();
    let cookie = door.site.credentials(Who::Owner)["cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    let path = "/watch/film/download";
    let with_cookie = |fields: &[(&'static str, &'static str)]| {
        let mut fields = fields.to_vec();
        fields.push(("cookie", cookie.clone().leak()));
        fields
    };
    let whole = routed(&door, "GET", path, &with_cookie(&[])).await;
    assert_eq!(whole.status, 200);
    let etag: &'static str = whole.fields["etag"].clone().leak();
    for (method, fields, status, range) in [
        ("GET", &[][..], 200, Some(0..bytes.len())),
        ("HEAD", &[], 200, None),
        ("GET", &[("range", "bytes=1-")], 206, Some(1..bytes.len())),
        (
            "GET",
            &[("range", "bytes=2000000-2999999")],
            206,
            Some(2_000_000..3_000_000),
        ),
        ("HEAD", &[("range", "bytes=1-")], 200, None),
        ("GET", &[("range", "bytes=99000000-")], 416, None),
        ("GET", &[("if-none-match", etag)], 304, None),
        (
            "GET",
            &[("range", "bytes=0-4"), ("if-range", etag)],
            206,
            Some(0..5),
        ),
        (
            "GET",
            &[("range", "bytes=0-4"), ("if-range", "\"old\"")],
            200,
            Some(0..bytes.len()),
        ),
    ] {
        let fields = with_cookie(fields);
        let asked = request(method, path, &fields, true);
        let mut came = ask(&door, &asked).await;
        let came = take(&mut came, method);
        assert_eq!(
            came.status, status,
            "{method} {fields:?}: {:?}",
            came.fields
        );
        let expected = range.map_or(&[][..], |range| &bytes[range]);
        assert!(
            came.body == expected,
            "{method} {fields:?}: {:?}",
            came.fields
        );
        let mut hyper = ask(&door, &[WITH_BODY.as_bytes(), &asked].concat()).await;
        take(&mut hyper, "POST");
        for (way, other) in [
            ("hyper", take(&mut hyper, method)),
            ("the router", routed(&door, method, path, &fields).await),
        ] {
            let without_id = |came: &Came| {
                let mut fields = came.fields.clone();
                fields.remove("x-request-id");
                fields
            };
            assert_eq!(
                without_id(&other),
                without_id(&came),
                "by {way}: {method} {fields:?}"
            );
            assert!(other.body == came.body, "by {way}: {method} {fields:?}");
        }
    }
}

#[tokio::test]
async fn file_that_is_cut_short_while_it_is_sent_ends_the_connection() {
    const LEN: u64 = 64 << 20;
    let door = Door::open(limits()).await;
    let path = door.piece().await.replace("s1.m4s", "cut.m4s");
    for fields in [&[][..], &[("range", "bytes=1-")]] {
        let file = file_of(b"");
        file.set_len(LEN).unwrap();
        let body = Body::from_iter([Chunk::Stored(Range {
            file: file.clone(),
            offset: 0,
            len: LEN,
            medium: Medium::Disk,
        })]);
        let reply = Reply {
            body,
            ..versioned(&hundred())
        };
        door.site.engine.put("open", "cut.m4s", reply);
        for before in ["", WITH_BODY] {
            file.set_len(LEN).unwrap();
            let mut client = door.connect().await.0;
            let asked = request("GET", &path, fields, false);
            client.write_all(before.as_bytes()).await.unwrap();
            client.write_all(&asked).await.unwrap();
            // It is being sent.
            client.read_exact(&mut vec![0; 100_000]).await.unwrap();
            file.set_len(LEN / 2).unwrap();
            let mut rest = Vec::new();
            let reading = tokio::time::timeout(PATIENCE, client.read_to_end(&mut rest)).await;
            reading.expect("the connection is closed").ok();
            assert!((rest.len() as u64) < LEN - 100_000, "{}", rest.len());
        }
    }
}

//! What a developer types: a private video and a picture are brought, shared by an access code and shut again with nothing but `curl` and an
//! API key.

use std::process::Command;

use e2e::{MOMENT, Server, sample, server::text, tool};
use serde_json::{Value, json};

const PAST: &str = "2024-12-31T23:59:59Z";
const TO_COME: &str = "2099-12-31T23:59:59Z";

/// A shell with `curl`, and a server with an API key of a member's.
struct Developer {
    server: Server,
    key: String,
}

impl Developer {
    fn new() -> Self {
        let server = Server::start(&[]);
        let _ = server.cli(&["user", "add", "ben"], e2e::server::PASSWORD);
        let key = [
            "api-key",
            "add",
            "website",
            "--user",
            "ben",
            "--scopes",
            "read,manage",
        ];
        let key = text(&server.cli(&key, ""), "key");
        Self { server, key }
    }

    /// `curl` on a path, as somebody without the key types it: the status, and the body as it came.
    fn curl(&self, path: &str, more: &[&str]) -> (u16, Vec<u8>) {
        let ran = Command::new(tool("CURL"))
            .args(["--silent", "--show-error", "--max-time", "20"])
            .args(["--write-out", "\n%{http_code}"])
            .args(more)
            .arg(self.server.url(path))
            .output()
            .unwrap_or_else(|error| panic!("no curl: {error}"));
        assert!(
            ran.status.success(),
            "curl {path}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let at = ran.stdout.iter().rposition(|byte| *byte == b'\n');
        let (body, status) = ran.stdout.split_at(at.unwrap_or_default());
        let status = String::from_utf8_lossy(status).trim().parse();
        (status.unwrap_or_default(), body.to_vec())
    }

    /// The status alone.
    fn status(&self, path: &str) -> u16 {
        self.curl(path, &[]).0
    }

    /// `curl` with the key.
    fn call(&self, path: &str, more: &[&str]) -> (u16, Value) {
        let bearer = format!("Authorization: Bearer {}", self.key);
        let (status, body) = self.curl(path, &[&["-H", bearer.as_str()], more].concat());
        let body = match body.as_slice() {
            b"" => Value::Null,
            body => serde_json::from_slice(body).unwrap_or_else(|error| {
                panic!("no JSON ({error}): {}", String::from_utf8_lossy(body))
            }),
        };
        (status, body)
    }

    fn bring(&self, kind: &str, slug: &str, file: &str) {
        let file = format!("file=@{}", sample(file).display());
        let slug_field = format!("slug={slug}");
        let fields = ["-F", &slug_field, "-F", "visibility=private", "-F", &file];
        let (status, made) = self.call(&format!("/api/{kind}"), &fields);
        assert_eq!(status, 201, "{made}");
        e2e::until("it is ready", MOMENT, || {
            let (_, told) = self.call(&format!("/api/{kind}/{slug}"), &[]);
            (told["status"] == "ready").then_some(())
        });
    }

    fn share(&self, code: &str, expires_at: &str, items: &[(&str, &str)]) -> (u16, Value) {
        let items: Vec<Value> = items
            .iter()
            .map(|(kind, slug)| json!({"media_type": kind, "media_slug": slug}))
            .collect();
        let body = json!({"code": code, "description": "Website 2024", "expires_at": expires_at, "media_items": items});
        let json = [
            "-H",
            "Content-Type: application/json",
            "-d",
            &body.to_string(),
        ];
        self.call("/api/access-codes", &[&["-X", "POST"], &json[..]].concat())
    }

    fn codes(&self) -> Vec<Value> {
        let (status, list) = self.call("/api/access-codes", &[]);
        assert_eq!(status, 200, "{list}");
        list["access_codes"].as_array().cloned().unwrap_or_default()
    }

    /// Answers 204 to the first, and everything is shut by then.
    fn delete(&self, code: &str) {
        let (status, said) = self.call(&format!("/api/access-codes/{code}"), &["-X", "DELETE"]);
        assert_eq!((status, said), (204, Value::Null));
    }

    /// The addresses below an entry's: a variant's playlist, and a piece that is named there.
    fn below(&self, entry: &str) -> (String, String) {
        let first = |path: &str| {
            let (status, body) = self.curl(path, &[]);
            assert_eq!(status, 200, "{path}");
            let playlist = String::from_utf8_lossy(&body).into_owned();
            let line = playlist
                .lines()
                .find(|line| !line.is_empty() && !line.starts_with('#'));
            let line = line.unwrap_or_else(|| panic!("{path} names nothing: {playlist}"));
            match line.strip_prefix('/') {
                Some(_) => line.to_owned(),
                None => {
                    let path = path.split('?').next().unwrap_or_default();
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    format!("{folder}/{line}")
                }
            }
        };
        let variant = first(entry);
        let piece = first(&variant);
        (variant, piece)
    }
}

const BOTH: &[(&str, &str)] = &[("video", "welcome"), ("image", "logo")];
const OPENED: [&str; 3] = [
    "/watch/welcome?access_code=website2024",
    "/images/logo?access_code=website2024",
    "/hls/welcome/index.m3u8?access_code=website2024",
];

#[test]
fn code_is_made_used_and_deleted_with_curl() {
    let developer = Developer::new();
    developer.bring("videos", "welcome", "welcome.mp4");
    developer.bring("images", "logo", "logo.png");
    for path in OPENED {
        assert_eq!(developer.status(path), 404, "{path}: there is no code yet");
    }

    // An end that has passed is taken, and told.
    let (status, made) = developer.share("website2024", PAST, BOTH);
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["code"], "website2024");
    assert_eq!(made["description"], "Website 2024");
    assert_eq!(made["expires_at"], PAST);
    assert_eq!(made["status"], "expired");
    let warned = made["warning"].as_str().unwrap_or_default();
    assert!(warned.contains("`expires_at` is in the past"), "{made}");
    assert_eq!(
        made["media_items"],
        json!([{"media_type": "video", "media_slug": "welcome"}, {"media_type": "image", "media_slug": "logo"}])
    );
    let codes = developer.codes();
    assert_eq!(codes.len(), 1, "{codes:?}");
    assert_eq!(codes[0]["code"], "website2024");
    assert_eq!(codes[0]["status"], "expired");
    for path in OPENED {
        assert_eq!(developer.status(path), 404, "{path}: the code has ended");
    }
    developer.delete("website2024");
    assert_eq!(developer.codes(), Vec::<Value>::new());

    let (status, made) = developer.share("website2024", TO_COME, BOTH);
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["status"], "active");
    assert_eq!(developer.codes()[0]["status"], "active");
    let (status, again) = developer.share("website2024", TO_COME, BOTH);
    assert_eq!(status, 409, "{again}");
    for path in OPENED {
        assert_eq!(developer.status(path), 200, "{path}");
        let bare = path.split('?').next().unwrap_or_default();
        assert_eq!(developer.status(bare), 404, "{bare}: without the code");
    }
    let (_, picture) = developer.curl(OPENED[1], &[]);
    assert!(picture.starts_with(b"\x89PNG"), "the picture itself");
    let (variant, piece) = developer.below(OPENED[2]);
    assert_eq!(developer.status(&piece), 200, "{piece}");

    // Addresses that were given out with it are shut as well.
    developer.delete("website2024");
    let given = [variant, piece];
    for path in OPENED.into_iter().chain(given.iter().map(String::as_str)) {
        let status = developer.status(path);
        assert!(
            matches!(status, 403 | 404),
            "{path} is still open: {status}"
        );
    }
    assert_eq!(developer.codes(), Vec::<Value>::new());
}

#[test]
fn one_item_that_is_refused_leaves_no_code() {
    let developer = Developer::new();
    developer.bring("images", "logo", "logo.png");
    let (status, refused) = developer.share(
        "website2024",
        TO_COME,
        &[("image", "logo"), ("video", "welcome")],
    );
    assert_eq!(status, 404, "{refused}");
    assert_eq!(refused["status"], 404, "{refused}");
    assert_eq!(developer.codes(), Vec::<Value>::new());
    assert_eq!(
        developer.status("/images/logo?access_code=website2024"),
        404
    );
    let (status, made) = developer.share("website2024", TO_COME, &[("image", "logo")]);
    assert_eq!(status, 201, "the word is still free: {made}");
}

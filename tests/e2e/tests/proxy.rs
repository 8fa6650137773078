//! A caching proxy in front, as an operator puts one: a real nginx that keeps whatever it is allowed to keep.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use e2e::{Client, MOMENT, Server, playlist::media_path, sample, server::PASSWORD, tool, until};
use serde_json::json;
use tempfile::TempDir;

/// nginx that caches by address alone, in front of a server.
struct Proxy {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Proxy {
    fn before(server: &Server) -> Self {
        let folder = TempDir::new().unwrap_or_else(|error| panic!("no folder: {error}"));
        let place = folder.path().display();
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr());
        let address = free.unwrap_or_else(|error| panic!("no free port: {error}"));
        let upstream = server.url("");
        let configuration = format!(
            "daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {place}/body; proxy_temp_path {place}/temp; fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
  proxy_cache_path {place}/cache keys_zone=all:1m;
  server {{
    listen {address};
    location / {{
      proxy_pass {upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_cache all;
      proxy_cache_key $request_uri;
      add_header x-cache $upstream_cache_status always;
    }}
  }}
}}
"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration).unwrap_or_else(|error| panic!("{error}"));
        let child = Command::new(tool("NGINX"))
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(folder.path().join("error.log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("no nginx: {error}"));
        let proxy = Self {
            child,
            address,
            _folder: folder,
        };
        let _ = until("the proxy answers", MOMENT, || {
            proxy.client().try_ask("GET", "/health", &[], b"").ok()
        });
        proxy
    }

    fn client(&self) -> Client {
        Client::new(self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Abuse case B6.
#[test]
fn caching_proxy_hands_nothing_private_to_anybody_else() {
    let server = Server::start(&[]);
    server.add_administrator();
    server.upload(
        &sample("lesson1.mp4"),
        "lesson1",
        &["--visibility", "private"],
    );
    server.upload(&sample("logo.png"), "logo", &["--visibility", "private"]);
    server.upload(
        &sample("welcome.mp4"),
        "welcome",
        &["--visibility", "public"],
    );
    let login = format!("username=anna&password={}", PASSWORD.replace(' ', "+"));
    let login = server.client().post_form("/login", &login);
    assert_eq!(login.status, 303, "{}", login.text());
    let proxy = Proxy::before(&server);
    let (visitor, anna) = (proxy.client(), proxy.client().with_cookie_of(&login));

    // That it does keep what it may.
    let page = visitor.get("/watch/welcome").text();
    let asset = page.split('"').find(|part| part.starts_with("/assets/"));
    let asset = asset.unwrap_or_else(|| panic!("no asset in {page}"));
    let kept = ["MISS", "HIT"];
    for state in kept {
        assert_eq!(visitor.get(asset).header("x-cache"), Some(state), "{asset}");
    }

    let private = [
        "/watch/lesson1",
        "/embed/lesson1",
        "/hls/lesson1/index.m3u8",
        "/hls/lesson1/master.m3u8",
        "/images/logo",
        "/images/logo?w=320",
        "/images/logo/about",
        "/api/videos/lesson1",
        "/api/images/logo",
        "/api/watch/lesson1",
    ];
    // Whoever comes first: neither what is there nor that it is missing is kept.
    for path in private {
        assert_eq!(visitor.get(path).status, 404, "{path}");
        let embedded = path.starts_with("/embed/");
        for _ in 0..2 {
            let status = anna.get(path).status;
            // What a login opens stands in no frame, and is answered all the same.
            assert!(status == 200 || embedded, "{path}: {status}");
            assert_eq!(visitor.get(path).status, 404, "{path}: somebody else's");
        }
    }
    for path in ["/", "/images", "/api/videos", "/api/images"] {
        assert!(anna.get(path).text().contains("l"), "{path}");
        let seen = visitor.get(path).text();
        assert!(
            !seen.contains("lesson1") && !seen.contains("logo\""),
            "{path}: {seen}"
        );
    }

    // What a code opened is closed with it, though the address stays the same.
    let items = json!([{"media_type": "image", "media_slug": "logo"}, {"media_type": "video", "media_slug": "lesson1"}]);
    let code = json!({"code": "spring-course-2026", "media_items": items});
    let made = anna.send_json("POST", "/api/access-codes", &code);
    assert_eq!(made.status, 201, "{}", made.text());
    let opened = [
        "/images/logo",
        "/images/logo?w=320",
        "/watch/lesson1",
        "/hls/lesson1/index.m3u8",
    ]
    .map(|path| {
        format!(
            "{path}{}access_code=spring-course-2026",
            if path.contains('?') { '&' } else { '?' }
        )
    });
    for path in &opened {
        for _ in 0..2 {
            assert_eq!(visitor.get(path).status, 200, "{path}");
        }
    }
    let index = visitor.get(&opened[3]);
    let media = media_path("lesson1", &index).unwrap_or_default();
    let playlist = visitor.get(&media).text();
    let mut lines = playlist.lines();
    let segment = lines
        .find(|line| line.ends_with(".m4s"))
        .unwrap_or_default();
    let segment = media.replace("main.m3u8", segment);
    for _ in 0..2 {
        let answer = visitor.get(&segment);
        assert_eq!(answer.status, 200, "{segment}");
        assert_eq!(answer.header("x-cache"), Some("MISS"), "{segment}");
    }
    let gone = anna.ask("DELETE", "/api/access-codes/spring-course-2026", &[], b"");
    assert_eq!(gone.status, 204);
    for path in opened.iter().chain([&media, &segment]) {
        let status = visitor.get(path).status;
        assert!(
            matches!(status, 403 | 404),
            "{path}: {status} without the code"
        );
    }
}

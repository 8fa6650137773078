//! Bad input at both doors: refused in time, while a publisher and a viewer beside it notice nothing.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use e2e::{
    Encoder, Ffmpeg, MOMENT, Media, Publisher, Server, playlist::Viewer,
    server::wait_until_receiving, until,
};

/// The stories' timeouts are one or two seconds; fivefold slack for busy machines.
const CLOSED: Duration = Duration::from_secs(10);
/// What hostile peers may cost in all.
const GROWTH_MAX: u64 = 64 << 20;

/// A publisher and a viewer who waits for each segment, beside all that a story does.
struct Canary {
    publisher: Publisher,
    stop: Arc<AtomicBool>,
    seen: Arc<AtomicU64>,
    viewer: JoinHandle<()>,
}

impl Canary {
    fn sing(server: &Server) -> Self {
        let operator = server.operator();
        let key = server.add_stream("canary", "public");
        let publisher =
            Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("canary?token={key}")));
        wait_until_receiving(&operator, "canary");
        let viewer = Viewer::join(&server.client(), "canary");
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(AtomicU64::new(0));
        let (stopped, count) = (stop.clone(), seen.clone());
        let viewer = thread::spawn(move || {
            let mut media = viewer.look();
            while !stopped.load(Ordering::Relaxed) {
                let next = media.last() + 1;
                media = Media::of(&viewer.ask(&format!("?_HLS_msn={next}")));
                assert!(
                    media.last() >= next,
                    "answered before segment {next} was whole:\n{}",
                    media.text
                );
                assert!(
                    !media.has_gap() && !media.has("EXT-X-DISCONTINUITY"),
                    "{}",
                    media.text
                );
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self {
            publisher,
            stop,
            seen,
            viewer,
        }
    }

    fn ends_well(mut self) {
        let before = self.seen.load(Ordering::Relaxed);
        until("two more segments for the viewer", MOMENT, || {
            (self.seen.load(Ordering::Relaxed) >= before + 2 || self.viewer.is_finished())
                .then_some(())
        });
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.viewer.join().is_ok(), "the viewer was harmed");
        assert!(
            self.publisher.runs(),
            "the publisher was harmed: {}",
            self.publisher.words()
        );
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("connect: {error}"));
    stream
        .set_read_timeout(Some(CLOSED))
        .unwrap_or_else(|error| panic!("timeout: {error}"));
    stream
}

/// Reads until the other side closes; what it said. A reset is an end, silence until the timeout is none.
fn rest(mut stream: TcpStream, what: &str) -> Vec<u8> {
    let start = Instant::now();
    let mut said = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        assert!(
            start.elapsed() < CLOSED,
            "still open after {CLOSED:?}: {what}"
        );
        match stream.read(&mut buffer) {
            Ok(0) => return said,
            Ok(read) => said.extend_from_slice(&buffer[..read]),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                panic!("still open after {CLOSED:?}: {what}")
            }
            Err(_) => return said,
        }
    }
}

/// Says something raw and reads until the end.
fn say(address: SocketAddr, bytes: &[u8], what: &str) -> Vec<u8> {
    let mut stream = connect(address);
    // The other side may have closed before everything was said; that is what is asked for.
    let _ = stream.write_all(bytes);
    rest(stream, what)
}

fn status(said: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(said);
    text.split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

/// After the handshake, whose second half need not be checked by a client.
fn shaken(server: &Server) -> TcpStream {
    let mut stream = connect(server.rtmp);
    let mut hello = vec![3];
    hello.extend([0; 1536]);
    hello.extend([0; 1536]);
    stream
        .write_all(&hello)
        .unwrap_or_else(|error| panic!("handshake: {error}"));
    let mut answer = vec![0; 1 + 2 * 1536];
    stream
        .read_exact(&mut answer)
        .unwrap_or_else(|error| panic!("handshake: {error}"));
    stream
}

fn long_get(length: usize) -> Vec<u8> {
    let mut request = b"GET /".to_vec();
    request.resize(length, b'a');
    request.extend(b" HTTP/1.1\r\nHost: a\r\n\r\n");
    request
}

/// Abuse case A1.
#[test]
fn half_a_head_two_hundred_times_is_closed_in_time() {
    let server = Server::start(&["http.header_timeout_s=2"]);
    let canary = Canary::sing(&server);
    let before = server.memory();
    let halves: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = connect(server.http);
            let _ = stream.write_all(b"GET /hls/canary/index.m3u8 HTTP/1.1\r\nHost: a\r\nX-Half: ");
            stream
        })
        .collect();
    assert_eq!(
        server.client().get("/health").status,
        200,
        "others are served meanwhile"
    );
    for half in halves {
        let said = rest(half, "half a head");
        assert!(
            said.is_empty() || status(&said) == 408,
            "{}",
            String::from_utf8_lossy(&said)
        );
    }
    assert!(
        server.memory() < before + GROWTH_MAX,
        "{} to {}",
        before,
        server.memory()
    );
    canary.ends_well();
}

/// Abuse cases A4, A12.
#[test]
fn ambiguous_and_overlong_requests_are_refused() {
    let server = Server::start(&[]);
    let canary = Canary::sing(&server);
    let both = "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let cases: [(&str, Vec<u8>, u16); 8] = [
        ("length and chunks", both.into(), 400),
        ("two lengths", "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc".into(), 400),
        ("no host", "GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n".into(), 400),
        ("TLS", vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], 400),
        ("an address of 64 KB", long_get(64 * 1024), 414),
        ("a field of 64 KB", format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(64 * 1024)).into(), 431),
        ("a body past the limit", format!("POST /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999\r\n\r\nusername={}", "a".repeat(80_000)).into(), 413),
    ];
    for (what, bytes, expected) in cases {
        let said = say(server.http, &bytes, what);
        assert_eq!(
            status(&said),
            expected,
            "{what}: {}",
            String::from_utf8_lossy(&said)
        );
    }
    canary.ends_well();
}

/// Abuse cases B1, F1, F4.
#[test]
fn impossible_directives_and_names_are_refused() {
    let server = Server::start(&[]);
    let canary = Canary::sing(&server);
    let viewer = Viewer::join(&server.client(), "canary");
    let far = viewer.look().last() + 100;
    for query in [
        format!("?_HLS_msn={far}"),
        "?_HLS_msn=18446744073709551615".to_owned(),
        "?_HLS_msn=99999999999999999999999999".to_owned(),
        "?_HLS_msn=-1".to_owned(),
        "?_HLS_msn=abc".to_owned(),
        "?_HLS_part=1".to_owned(),
    ] {
        assert_eq!(viewer.ask(&query).status, 400, "{query}");
    }
    let part = format!(
        "?_HLS_msn={}&_HLS_part=4000000000",
        viewer.look().last() + 1
    );
    assert_eq!(viewer.ask(&part).status, 400, "{part}");
    let long = "a".repeat(500);
    for name in [
        "..%2f..%2fetc%2fpasswd",
        "../../../media.db",
        "e1-s999999.m4s",
        "e1-r0p99999999999.m4s",
        "%00",
        ".m3u8",
        "e1-init0.mp4%00",
        &long,
    ] {
        assert_eq!(
            server.client().get(&viewer.beside(name)).status,
            404,
            "{name}"
        );
    }
    let forged = viewer.path().replacen("/~", "/~A", 1);
    assert_eq!(server.client().get(&forged).status, 403);
    for path in [
        "/hls/../../etc/passwd",
        "/assets/..%2f..%2fCargo.toml",
        "/hls/%2e%2e/index.m3u8",
        "/watch/..%2f",
    ] {
        let answer = server.client().get(path);
        assert!(
            answer.status == 404 || answer.status == 400,
            "{path}: {}",
            answer.status
        );
    }
    canary.ends_well();
}

/// Abuse cases C1 to C4.
#[test]
fn what_is_no_rtmp_is_closed_and_what_is_silent_runs_out() {
    let server = Server::start(&["rtmp.handshake_timeout_s=1", "rtmp.publish_timeout_s=1"]);
    let canary = Canary::sing(&server);
    let before = server.memory();
    let tls = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 600]].concat();
    let noise: Vec<u8> = (0..100_000u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes())
        .collect();
    let http = say(server.rtmp, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP");
    assert!(http.len() < 4096);
    let _ = say(server.rtmp, &tls, "TLS");
    let _ = say(server.rtmp, &noise, "noise");
    let _ = rest(connect(server.rtmp), "silence");
    let _ = say(server.rtmp, &[3; 700], "half a handshake");
    let _ = rest(shaken(&server), "silence after the handshake");

    // Set Chunk Size (5.4.1) of zero; then of two gigabytes.
    for size in [[0, 0, 0, 0], [0x7f, 0xff, 0xff, 0xff]] {
        let mut stream = shaken(&server);
        let _ = stream.write_all(&[&[2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0][..], &size].concat());
        let _ = rest(stream, "an impossible chunk size");
    }
    // A message that says it has 16 MB, on each of the chunk streams.
    let mut stream = shaken(&server);
    for chunk in 3..64u8 {
        let _ = stream.write_all(
            &[
                &[chunk, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0][..],
                &[0; 128],
            ]
            .concat(),
        );
    }
    let _ = rest(stream, "huge messages");
    let mut stream = shaken(&server);
    let _ = stream.write_all(&noise);
    let _ = rest(stream, "noise after the handshake");

    let held: Vec<TcpStream> = (0..30).map(|_| shaken(&server)).collect();
    for stream in held {
        let _ = rest(stream, "one of thirty who never publish");
    }
    assert!(
        server.memory() < before + GROWTH_MAX,
        "{} to {}",
        before,
        server.memory()
    );
    canary.ends_well();
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

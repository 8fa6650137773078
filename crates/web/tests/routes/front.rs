//! The front door over sockets of the loopback: what it bounds, what it refuses, and how it closes.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Extension, Router, routing::get};
use bytes::Bytes;
use domain::engine::{Body, Fetch, Reply};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, oneshot, watch},
    task::JoinHandle,
};
use web::front::{Cap, Front, Hot, HotAnswer, HotRequest, Keeps, Limits, Networks, Peer, bind};

use crate::{
    hls::{piece, token},
    site::{Site, Who},
};

/// A bound that no test reaches; one that a test reaches is named in it.
const NEVER: Duration = Duration::from_secs(60);
/// How long anything here may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn limits() -> Limits {
    Limits {
        header_timeout: NEVER,
        idle_timeout: NEVER,
        send_timeout: NEVER,
        connections: 100,
        connections_per_address: Cap::default(),
        drain: NEVER,
    }
}

/// A site behind a front door. `/hls/held` is held until it is released; `/slow` is a page that waits for the same.
pub(crate) struct Door {
    pub(crate) site: Site,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
    held: Arc<Held>,
}

struct Held {
    app: web::App,
    release: Arc<Notify>,
    begun: Arc<Notify>,
    /// Closed once the held answer has been dropped.
    alive: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Hot for Held {
    fn answer(&self, request: &HotRequest<'_>) -> Option<HotAnswer> {
        if request.path != "/hls/held" {
            return self.app.answer(request);
        }
        let (release, alive) = (self.release.clone(), self.alive.lock().unwrap().take());
        self.begun.notify_one();
        let held = Fetch::Wait(Box::pin(async move {
            let _alive = alive;
            release.notified().await;
            piece("held")
        }));
        Some(HotAnswer::Fetch(held, Keeps::Asker))
    }

    fn sent(&self, bytes: u64) {
        self.app.sent(bytes);
    }
}

impl Door {
    pub(crate) async fn open(limits: Limits) -> Self {
        Self::with(limits, Networks::default()).await
    }

    async fn with(limits: Limits, trusted_proxies: Networks) -> Self {
        let site = Site::new();
        site.engine.put("open", "s1.m4s", piece("media"));
        let (release, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let held = Held {
            app: site.app.clone(),
            release: release.clone(),
            begun: begun.clone(),
            alive: Mutex::default(),
        };
        let held = Arc::new(held);
        let slow = async move || {
            begun.notify_one();
            release.notified().await;
            "slow"
        };
        let peer = async |Extension(Peer(peer)): Extension<Peer>| peer.ip().to_string();
        let streamed = async || {
            let chunks = ["one", "", "two"].map(Ok::<_, Infallible>);
            axum::body::Body::from_stream(futures_util::stream::iter(chunks))
        };
        let router = Router::new()
            .route("/slow", get(slow))
            .route("/peer", get(peer))
            .route("/streamed", get(streamed))
            .merge(site.router.clone());
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let front = Front {
            hot: held.clone(),
            router,
            limits,
            trusted_proxies,
        };
        let served = tokio::spawn(front.serve(listener, stopping));
        Self {
            site,
            address,
            stop,
            served,
            held,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends bytes on a connection of their own; everything that came back until it was closed.
    pub(crate) async fn ask(&self, text: &str) -> String {
        let mut client = self.connect().await;
        client.send(text).await;
        client.rest().await
    }

    pub(crate) async fn piece(&self) -> String {
        format!(
            "/hls/open/~{}/s1.m4s",
            token(&self.site, Who::Nobody, "open").await
        )
    }
}

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Everything until the other side closes.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await;
        read.expect("the connection is closed").ok();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Everything until what came ends with this.
    async fn until(&mut self, end: &str) -> String {
        let mut bytes = Vec::new();
        let reading = async {
            while !bytes.ends_with(end.as_bytes()) {
                bytes.push(self.0.read_u8().await.expect("more"));
            }
        };
        let read = tokio::time::timeout(PATIENCE, reading).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        read.unwrap_or_else(|_| panic!("no {end:?} came: {text}"));
        text
    }
}

pub(crate) fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

pub(crate) fn last_request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
}

/// Statuses of the answers in a text, in their order.
fn statuses(text: &str) -> Vec<&str> {
    text.match_indices("HTTP/1.1 ")
        .map(|(at, _)| &text[at + 9..at + 12])
        .collect()
}

#[tokio::test]
async fn head_that_does_not_end_is_answered_408_and_closed() {
    let door = Door::open(Limits {
        header_timeout: Duration::from_millis(200),
        ..limits()
    })
    .await;
    for text in [
        "G",
        "GET /hls/",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "POST /login HTTP/1.1\r\nHost: a\r\nX: ",
    ] {
        assert_eq!(statuses(&door.ask(text).await), ["408"], "{text:?}");
    }
}

/// Abuse case A1.
#[tokio::test]
async fn head_that_trickles_gains_no_time() {
    let door = Door::open(Limits {
        header_timeout: Duration::from_millis(300),
        ..limits()
    })
    .await;
    let (mut read, mut write) = TcpStream::connect(door.address).await.unwrap().into_split();
    let trickle = tokio::spawn(async move {
        write
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
            .await
            .unwrap();
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while write.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    });
    let mut answer = vec![0; 12];
    tokio::time::timeout(PATIENCE, read.read_exact(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(answer, b"HTTP/1.1 408");
    drop(read);
    trickle.await.unwrap();
}

#[tokio::test]
async fn connection_without_a_request_is_closed_without_a_word() {
    let door = Door::open(Limits {
        idle_timeout: Duration::from_millis(100),
        ..limits()
    })
    .await;
    assert_eq!(door.connect().await.rest().await, "");
    let mut client = door.connect().await;
    client.send(&request(&door.piece().await)).await;
    assert_eq!(
        statuses(&client.rest().await),
        ["200"],
        "after an answer as well"
    );
}

/// Abuse case A4.
#[tokio::test]
async fn ambiguous_first_request_is_refused_and_nothing_after_it_is_heard() {
    let door = Door::open(limits()).await;
    for text in [
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01",
        "\0\0\0\0\r\n\r\n",
    ] {
        let answer = door.ask(&format!("{text}{}", request("/health"))).await;
        assert_eq!(statuses(&answer), ["400"], "{text:?}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(9_000));
    assert_eq!(statuses(&door.ask(&long).await), ["414"]);
    let wide = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "a".repeat(40_000)
    );
    assert_eq!(statuses(&door.ask(&wide).await), ["431"]);
    let many = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "X: a\r\n".repeat(200)
    );
    assert_eq!(statuses(&door.ask(&many).await), ["431"]);
}

#[tokio::test]
async fn later_requests_are_judged_as_strictly() {
    let door = Door::open(limits()).await;
    let smuggled = request("/health");
    // The first leaves the connection where it is, the second moves it to hyper.
    let with_body = "POST /logout HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    for (first, status) in [(request("/health").as_str(), "200"), (with_body, "303")] {
        for text in [
            "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n0\r\n\r\n",
            "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            let answer = door.ask(&format!("{first}{text}{smuggled}")).await;
            let statuses = statuses(&answer);
            assert_eq!(
                (statuses.len(), statuses[0]),
                (2, status),
                "{text:?}: {answer}"
            );
            assert!(statuses[1].starts_with('4'), "{text:?}: {answer}");
        }
        let long = format!(
            "{first}{}",
            last_request(&format!("/{}", "a".repeat(9_000)))
        );
        assert_eq!(statuses(&door.ask(&long).await), [status, "414"]);
    }
}

/// Abuse case A12.
#[tokio::test]
async fn odd_targets_are_answered() {
    let door = Door::open(limits()).await;
    for (line, status) in [
        ("GET http://a/health HTTP/1.1", "200"),
        ("GET nothing HTTP/1.1", "4"),
        ("OPTIONS * HTTP/1.1", "4"),
        ("GET * HTTP/1.1", "4"),
        ("CONNECT a:443 HTTP/1.1", "4"),
        ("BREW / HTTP/1.1", "405"),
        ("GET //health HTTP/1.1", "404"),
        ("GET /health? HTTP/1.1", "200"),
        ("GET /%00 HTTP/1.1", "404"),
    ] {
        let answer = door
            .ask(&format!("{line}\r\nHost: a\r\nConnection: close\r\n\r\n"))
            .await;
        assert!(
            statuses(&answer)
                .first()
                .is_some_and(|found| found.starts_with(status)),
            "{line}: {answer}"
        );
    }
}

#[tokio::test]
async fn page_of_any_length_arrives_whole_and_head_of_it_is_empty() {
    let door = Door::open(limits()).await;
    let page = door.ask(&last_request("/login")).await;
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())),
        "{head}"
    );
    assert!(body.trim_end().ends_with("</html>"));
    let streamed = door.ask(&last_request("/streamed")).await;
    assert!(
        streamed.contains("\r\ntransfer-encoding: chunked\r\n"),
        "{streamed}"
    );
    assert!(
        streamed.ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"),
        "{streamed}"
    );
    let text = [
        request("/login"),
        request("/streamed"),
        last_request("/watch/secret"),
    ]
    .concat()
    .replace("GET", "HEAD");
    let heads = door.ask(&text).await;
    assert_eq!(statuses(&heads), ["200", "200", "404"]);
    assert!(
        !heads.contains('<') && heads.ends_with("\r\n\r\n"),
        "{heads}"
    );
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let door = Door::open(limits()).await;
    let piece = door.piece().await;
    let missing = piece.replace("s1.m4s", "s2.m4s");
    let text = [
        request(&piece),
        request(&missing),
        request("/hls/open/~nothing/s1.m4s"),
        request(&piece),
        request("/health"),
        request(&piece),
        request("/nothing"),
        last_request(&piece),
    ]
    .concat();
    let answer = door.ask(&text).await;
    assert_eq!(
        statuses(&answer),
        ["200", "404", "403", "200", "200", "200", "404", "200"],
        "{answer}"
    );
    assert!(answer.ends_with("\r\n\r\nmedia"), "{answer}");
}

#[tokio::test]
async fn piece_is_answered_without_the_router_as_with_it() {
    let door = Door::open(limits()).await;
    let piece = door.piece().await;
    let missing = piece.replace("s1", "s2");
    for (path, status) in [
        (piece.as_str(), 200),
        (missing.as_str(), 404),
        ("/hls/open/~nothing/s1.m4s", 403),
    ] {
        let hot = door.ask(&last_request(path)).await;
        let routed = door.site.get(Who::Nobody, path).await;
        assert!(hot.starts_with(&format!("HTTP/1.1 {status} ")), "{hot}");
        assert_eq!(routed.status.as_u16(), status);
        assert_eq!(hot.split("\r\n\r\n").nth(1), Some(routed.body.as_str()));
        for name in [
            "content-type",
            "content-length",
            "cache-control",
            "access-control-allow-origin",
            "cross-origin-resource-policy",
            "x-content-type-options",
        ] {
            let there = hot
                .lines()
                .find_map(|line| line.strip_prefix(&format!("{name}: ")));
            assert_eq!(
                there,
                routed
                    .headers
                    .get(name)
                    .map(|value| value.to_str().unwrap()),
                "{path} {name}"
            );
        }
        assert!(
            hot.contains("\r\ndate: ") && hot.contains("\r\nconnection: close\r\n"),
            "{hot}"
        );
    }
    let head = door
        .ask(&last_request(&piece).replacen("GET", "HEAD", 1))
        .await;
    assert!(
        head.contains("\r\ncontent-length: 5\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn old_and_half_closed_connections_get_their_answer() {
    let door = Door::open(limits()).await;
    let piece = door.piece().await;
    for path in [piece.as_str(), "/health"] {
        let answer = door.ask(&format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        assert!(answer.contains(" 200 OK\r\n"), "{answer}");
    }
    let mut client = door.connect().await;
    client.send(&request(&piece)).await;
    client.0.shutdown().await.unwrap();
    assert!(client.rest().await.ends_with("media"));
}

#[tokio::test]
async fn http2_is_spoken_to_those_who_begin_with_it() {
    let door = Door::open(limits()).await;
    let mut client = door.connect().await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    client
        .0
        .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    let mut frame = [0; 9];
    tokio::time::timeout(PATIENCE, client.0.read_exact(&mut frame))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(frame[3], 4, "SETTINGS: {frame:?}");
}

#[tokio::test]
async fn held_request_is_answered_once_there_is_an_answer_and_what_was_sent_ahead_after_it() {
    let door = Door::open(limits()).await;
    let mut client = door.connect().await;
    client.send(&request("/hls/held")).await;
    door.held.begun.notified().await;
    client.send(&last_request(&door.piece().await)).await;
    door.held.release.notify_one();
    let answer = client.rest().await;
    assert_eq!(statuses(&answer), ["200", "200"]);
    assert!(
        answer.contains("\r\n\r\nheldHTTP/1.1") && answer.ends_with("media"),
        "{answer}"
    );
}

#[tokio::test]
async fn held_request_is_let_go_when_its_viewer_leaves() {
    let door = Door::open(limits()).await;
    let (mut alive, receiver) = oneshot::channel();
    *door.held.alive.lock().unwrap() = Some(receiver);
    let mut client = door.connect().await;
    client.send(&request("/hls/held")).await;
    door.held.begun.notified().await;
    drop(client);
    tokio::time::timeout(PATIENCE, alive.closed())
        .await
        .expect("dropped");
}

#[tokio::test]
async fn stop_releases_held_requests_and_idle_connections() {
    let door = Door::open(limits()).await;
    let mut idle = door.connect().await;
    let mut kept = door.connect().await;
    kept.send(&request("/health")).await;
    kept.until("\"status\":\"ok\"}").await;
    let mut client = door.connect().await;
    client.send(&request("/hls/held")).await;
    door.held.begun.notified().await;
    door.stop.send(true).unwrap();
    let answer = client.rest().await;
    assert_eq!(statuses(&answer), ["503"]);
    assert!(
        answer.contains("\r\nretry-after: 1\r\n") && answer.contains("\r\nconnection: close\r\n"),
        "{answer}"
    );
    assert_eq!(
        (idle.rest().await, kept.rest().await),
        (String::new(), String::new())
    );
    tokio::time::timeout(PATIENCE, door.served)
        .await
        .expect("the door closes")
        .unwrap();
    assert!(
        TcpStream::connect(door.address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn stop_releases_a_held_request_also_behind_more_than_is_read_ahead() {
    let door = Door::open(limits()).await;
    let mut client = door.connect().await;
    client.send(&request("/hls/held")).await;
    door.held.begun.notified().await;
    client.send(&request("/health").repeat(4_000)).await;
    door.stop.send(true).unwrap();
    client.until("HTTP/1.1 503").await;
    tokio::time::timeout(PATIENCE, door.served)
        .await
        .expect("the door closes")
        .unwrap();
}

#[tokio::test]
async fn stop_lets_a_running_request_end() {
    let door = Door::open(limits()).await;
    let mut client = door.connect().await;
    client.send(&request("/slow")).await;
    door.held.begun.notified().await;
    door.stop.send(true).unwrap();
    let mut served = pin!(door.served);
    tokio::select! {
        biased;
        _ = served.as_mut() => panic!("closed over a running request"),
        () = tokio::task::yield_now() => {}
    }
    door.held.release.notify_one();
    assert!(client.rest().await.ends_with("slow"));
    tokio::time::timeout(PATIENCE, served)
        .await
        .expect("the door closes")
        .unwrap();
}

#[tokio::test]
async fn stop_waits_for_no_request_longer_than_the_drain() {
    let door = Door::open(Limits {
        drain: Duration::from_millis(100),
        ..limits()
    })
    .await;
    let mut client = door.connect().await;
    client.send(&request("/slow")).await;
    door.held.begun.notified().await;
    door.stop.send(true).unwrap();
    tokio::time::timeout(PATIENCE, door.served)
        .await
        .expect("the door closes")
        .unwrap();
    assert_eq!(client.rest().await, "");
}

/// Abuse cases F2, F9: past the cap 503, and those who only listen are counted like everybody.
#[tokio::test]
async fn connections_past_the_cap_of_an_address_are_told_so() {
    let door = Door::open(Limits {
        connections_per_address: 2.into(),
        ..limits()
    })
    .await;
    let (mut one, mut two) = (door.connect().await, door.connect().await);
    for client in [&mut one, &mut two] {
        client.send(&request("/health")).await;
        client.until("\"status\":\"ok\"}").await;
    }
    let mut three = door.connect().await;
    let answer = three.rest().await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after"),
        "{answer}"
    );
    drop(one);
    // The place comes back once the server has seen the connection end.
    let again = async {
        loop {
            let mut client = door.connect().await;
            if client
                .0
                .write_all(last_request("/health").as_bytes())
                .await
                .is_ok()
                && client.rest().await.starts_with("HTTP/1.1 200")
            {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, again)
        .await
        .expect("a place comes back");
}

#[tokio::test]
async fn connections_of_trusted_proxies_are_not_counted_by_address() {
    let trusted = Networks::parse(["127.0.0.0/8"]).unwrap();
    let door = Door::with(
        Limits {
            connections_per_address: 1.into(),
            ..limits()
        },
        trusted,
    )
    .await;
    let _one = door.connect().await;
    let _two = door.connect().await;
    assert!(
        door.ask(&last_request("/peer"))
            .await
            .ends_with("127.0.0.1")
    );
}

#[tokio::test]
async fn viewer_who_takes_nothing_is_let_go() {
    let door = Door::open(Limits {
        connections: 1,
        send_timeout: Duration::from_millis(200),
        ..limits()
    })
    .await;
    let megabyte = Bytes::from(vec![0; 1 << 20]);
    let big = Reply {
        body: Body::from(vec![megabyte; 64]),
        ..piece("")
    };
    door.site.engine.put("open", "big.m4s", big);
    let mut stuck = door.connect().await;
    stuck
        .send(&request(&door.piece().await.replace("s1", "big")))
        .await;
    // There is one place only: this is heard once the other one is gone.
    assert!(
        door.ask(&last_request("/health"))
            .await
            .starts_with("HTTP/1.1 200")
    );
}

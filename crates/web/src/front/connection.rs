//! One connection: the hot loop, the router on the way, and the way to hyper.

use std::{
    cell::RefCell, future::poll_fn, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration,
};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::Bytes;
use domain::engine::{Fetch, Reply, Status};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};
use tower::ServiceExt as _;

use super::{
    Conditions, Hot, HotAnswer, HotRequest, Keeps, Limits, Wanted, cold, cut,
    head::{self, Read},
    hot::{self, Manner},
    input::Input,
    patience::Patience,
    send::send_now,
};

/// How the hot loop ended.
pub(super) enum Left {
    /// The connection is over.
    Over,
    /// hyper goes on, beginning with these bytes.
    Hyper(TcpStream, Bytes),
}

thread_local! {
    /// Where heads of answers are written.
    static HEAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Answers live pieces until something else is asked.
pub(super) async fn hot_loop(
    mut stream: TcpStream,
    peer: SocketAddr,
    hot: &Arc<dyn Hot>,
    router: &Router,
    limits: &Limits,
    mut stop: watch::Receiver<bool>,
) -> Left {
    let told = stop.clone();
    let is_stopping = || *told.borrow() || told.has_changed().is_err();
    // One registration for the connection's life.
    let mut stopped = pin!(async move {
        // A sender that is gone means the same.
        let _ = stop.wait_for(|stopped| *stopped).await;
    });
    let timer = pin!(sleep(limits.idle_timeout));
    let mut patience = Patience::new(timer);
    let mut input = Input::default();
    loop {
        let judge = |bytes: &[u8]| judge(bytes, peer, hot);
        let next = next(
            &mut stream,
            &mut input,
            limits,
            &mut patience,
            stopped.as_mut(),
            judge,
        );
        let (answer, asked) = match next.await {
            None => return Left::Over,
            Some(Step::Refuse(status)) => {
                refuse(&mut stream, status, limits.send_timeout).await;
                return Left::Over;
            }
            Some(Step::Leave) => return Left::Hyper(stream, input.into_bytes()),
            Some(Step::Route { request, asked }) => {
                // Boxed: few requests are routed, and their future would make that of every connection large.
                let response =
                    match Box::pin(route(&mut stream, &mut input, *request, router)).await {
                        Ok(response) => response,
                        Err(_) => return Left::Over,
                    };
                let keep_alive = asked.keep_alive && !is_stopping();
                match Box::pin(cold::respond(
                    &stream,
                    response,
                    asked.is_head,
                    keep_alive,
                    limits,
                ))
                .await
                {
                    Ok(true) => continue,
                    Ok(false) => {
                        let _ = stream.shutdown().await;
                        return Left::Over;
                    }
                    Err(_) => return Left::Over,
                }
            }
            Some(Step::Answer { answer, asked }) => (answer, asked),
        };
        let reply = match answer {
            HotAnswer::Forbidden => None,
            HotAnswer::Fetch(Fetch::Ready(reply), keeps) => Some((reply, keeps)),
            HotAnswer::Fetch(Fetch::Wait(waiting), keeps) => {
                if is_stopping() {
                    Some((stopping(), keeps))
                } else {
                    match wait(&mut stream, &mut input, waiting, stopped.as_mut()).await {
                        Some(reply) => Some((reply, keeps)),
                        None => return Left::Over,
                    }
                }
            }
        };
        let keep_alive = asked.keep_alive && !is_stopping();
        match answer_with(&mut stream, reply, &asked, keep_alive, limits).await {
            Ok(length) => hot.sent(length),
            Err(error) => {
                tracing::trace!(%peer, %error, "a viewer's connection ended while sending");
                return Left::Over;
            }
        }
        if !keep_alive {
            let _ = stream.shutdown().await;
            return Left::Over;
        }
    }
}

/// Sends an answer, or that there is no leave for one; the bytes of its body.
async fn answer_with(
    stream: &mut TcpStream,
    reply: Option<(Reply, Keeps)>,
    asked: &Asked,
    keep_alive: bool,
    limits: &Limits,
) -> io::Result<u64> {
    let wanted = match (&reply, &asked.conditions) {
        (Some((reply, _)), Some(conditions)) => conditions.wanted_of(reply, !asked.is_head),
        _ => Wanted::Whole,
    };
    let (unsent, chunks, length) = HEAD.with_borrow_mut(|head| {
        head.clear();
        let (chunks, length) = match reply {
            None => {
                hot::write_forbidden(head, keep_alive);
                (Vec::new(), 0)
            }
            Some((mut reply, keeps)) => {
                let manner = Manner {
                    wanted,
                    gzip: asked.gzip,
                    keep_alive,
                    keeps,
                };
                hot::write_head(head, &reply, manner);
                if asked.is_head {
                    (Vec::new(), 0)
                } else {
                    reply.body = cut(reply.body, wanted);
                    let (chunks, length, _) = hot::body(reply, asked.gzip);
                    (chunks, length)
                }
            }
        };
        send_now(stream, head, &chunks).map(|unsent| (unsent, chunks, length))
    })?;
    if let Some(unsent) = unsent {
        unsent.send(stream, &chunks, limits.send_timeout).await?;
    }
    Ok(length)
}

/// What of a request decides how its answer is written.
struct Asked {
    is_head: bool,
    gzip: bool,
    keep_alive: bool,
    conditions: Option<Box<Conditions>>,
}

enum Step {
    /// Not for this loop.
    Leave,
    Refuse(u16),
    Route {
        request: Box<Request>,
        asked: Asked,
    },
    Answer {
        answer: HotAnswer,
        asked: Asked,
    },
}

/// What to do with what was read, and how many bytes of it are done with; `None` where more must be read.
fn judge(bytes: &[u8], peer: SocketAddr, hot: &Arc<dyn Hot>) -> Option<(Step, usize)> {
    let head = match head::read(bytes) {
        Read::Partial => return None,
        Read::Http2 => return Some((Step::Leave, 0)),
        Read::Refused(status) => return Some((Step::Refuse(status), 0)),
        Read::Whole(head) => head,
    };
    let asked = Asked {
        is_head: head.method == "HEAD",
        gzip: head.gzip,
        keep_alive: head.keep_alive,
        conditions: head.conditions,
    };
    if head.special {
        return Some((Step::Leave, 0));
    }
    if matches!(head.method, "GET" | "HEAD") {
        let (path, query) = head.target.split_once('?').unwrap_or((head.target, ""));
        let request = HotRequest { path, query };
        if let Some(answer) = hot.answer(&request) {
            return Some((Step::Answer { answer, asked }, head.length));
        }
    }
    let bodiless = matches!(head.method, "GET" | "HEAD" | "OPTIONS");
    let request = bodiless
        .then(|| cold::request(&bytes[..head.length], peer))
        .flatten();
    Some(match request {
        Some(request) => {
            let request = Box::new(request);
            (Step::Route { request, asked }, head.length)
        }
        None => (Step::Leave, 0),
    })
}

/// The next step: patient before a head's first byte, strict after it. `None` where the connection is over.
async fn next(
    stream: &mut TcpStream,
    input: &mut Input,
    limits: &Limits,
    patience: &mut Patience<'_>,
    mut stopped: std::pin::Pin<&mut impl Future<Output = ()>>,
    judge: impl Fn(&[u8]) -> Option<(Step, usize)>,
) -> Option<Step> {
    if !input.is_empty()
        && let Some((step, used)) = judge(input.bytes())
    {
        input.advance(used);
        return Some(step);
    }
    let mut has_begun = !input.is_empty();
    patience.begin(if has_begun {
        limits.header_timeout
    } else {
        limits.idle_timeout
    });
    loop {
        let read = poll_fn(|cx| {
            input.poll_judged(stream, cx, |bytes, seen| {
                // Read anew only where it can matter: a head that comes byte by byte must not cost its length squared.
                let may = seen == 0 || head::may_be_decided(bytes, seen);
                may.then(|| judge(bytes)).flatten()
            })
        });
        let read = tokio::select! {
            biased;
            () = &mut stopped, if !has_begun => return None,
            read = read => read,
            () = patience.over() => {
                return has_begun.then_some(Step::Refuse(408));
            }
        };
        match read {
            Ok(Some(step)) => return Some(step),
            Ok(None) if has_begun => {}
            Ok(None) => {
                has_begun = true;
                patience.begin(limits.header_timeout);
            }
            Err(_) => return None,
        }
    }
}

/// Lets the router answer, while what is sent ahead is taken, bounded.
async fn route(
    stream: &mut TcpStream,
    input: &mut Input,
    request: Request,
    router: &Router,
) -> io::Result<Response<Body>> {
    let mut answering = pin!(router.clone().oneshot(request));
    loop {
        tokio::select! {
            biased;
            response = &mut answering => match response {
                Ok(response) => return Ok(response),
                Err(never) => match never {},
            },
            read = input.read(stream), if input.len() <= head::HEAD_BYTES_MAX => if !matches!(read, Ok(true)) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            },
        }
    }
}

/// Awaits a held answer while noticing that the viewer has gone; a request sent ahead stays in `input`, bounded.
async fn wait(
    stream: &mut TcpStream,
    input: &mut Input,
    mut waiting: std::pin::Pin<Box<dyn Future<Output = Reply> + Send>>,
    mut stopped: std::pin::Pin<&mut impl Future<Output = ()>>,
) -> Option<Reply> {
    loop {
        tokio::select! {
            biased;
            reply = &mut waiting => return Some(reply),
            () = &mut stopped => return Some(stopping()),
            read = input.read(stream), if input.len() <= head::HEAD_BYTES_MAX => if !matches!(read, Ok(true)) { return None },
        }
    }
}

/// What held requests are answered when the server stops: players ask again, and meet the next run.
fn stopping() -> Reply {
    Reply {
        retry_after_s: Some(1),
        ..Reply::refused(Status::Unavailable, "the server is stopping")
    }
}

async fn refuse(stream: &mut TcpStream, status: u16, bound: Duration) {
    let words = match status {
        408 => "Request Timeout",
        414 => "URI Too Long",
        431 => "Request Header Fields Too Large",
        _ => "Bad Request",
    };
    let text =
        format!("HTTP/1.1 {status} {words}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = timeout(bound, stream.write_all(text.as_bytes())).await;
    let _ = stream.shutdown().await;
    // What the other side still sends is taken for a moment, so that the refusal is not lost to a reset.
    let mut rest = [0; 4096];
    let _ = timeout(Duration::from_millis(500), async {
        while matches!(stream.read(&mut rest).await, Ok(1..)) {}
    })
    .await;
}

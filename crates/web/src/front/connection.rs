//! One connection: the hot loop, the router on the way, and the way to hyper.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::{Buf as _, Bytes, BytesMut};
use domain::engine::{Fetch, Reply, Status};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tower::ServiceExt as _;

use super::{
    Hot, HotAnswer, HotRequest, Limits, cold,
    head::{self, Read},
    hot,
    send::send,
};

/// How the hot loop ended.
pub(super) enum Left {
    /// The connection is over.
    Over,
    /// hyper goes on, beginning with these bytes.
    Hyper(TcpStream, Bytes),
}

const READ_BYTES: usize = 4096;

/// Answers live pieces until something else is asked.
pub(super) async fn hot_loop(
    mut stream: TcpStream,
    peer: SocketAddr,
    hot: &Arc<dyn Hot>,
    router: &Router,
    limits: &Limits,
    stop: &mut watch::Receiver<bool>,
) -> Left {
    let mut input = BytesMut::with_capacity(READ_BYTES);
    let mut output = Vec::with_capacity(512);
    loop {
        match read_head(&mut stream, &mut input, limits, stop).await {
            Next::Head => {}
            Next::Over => return Left::Over,
        }
        let step = match head::read(&input) {
            Read::Partial => return Left::Over,
            Read::Http2 => Step::Leave,
            Read::Refused(status) => {
                refuse(&mut stream, status, limits.send_timeout).await;
                return Left::Over;
            }
            Read::Whole(head) => {
                let body_wanted = head.method == "GET";
                let (path, query) = head.target.split_once('?').unwrap_or((head.target, ""));
                let request = HotRequest { path, query };
                let answer = if head.special || !(body_wanted || head.method == "HEAD") {
                    None
                } else {
                    hot.answer(&request)
                };
                let bodiless = matches!(head.method, "GET" | "HEAD" | "OPTIONS") && !head.special;
                match answer {
                    None if bodiless => match cold::request(&input[..head.length], peer) {
                        Some(request) => Step::Route {
                            request,
                            is_head: head.method == "HEAD",
                            keep_alive: head.keep_alive,
                            length: head.length,
                        },
                        None => Step::Leave,
                    },
                    None => Step::Leave,
                    Some(answer) => Step::Answer {
                        answer,
                        body_wanted,
                        gzip: head.gzip,
                        keep_alive: head.keep_alive,
                        length: head.length,
                    },
                }
            }
        };
        let (answer, body_wanted, gzip, keep_alive, length) = match step {
            Step::Leave => return Left::Hyper(stream, input.freeze()),
            Step::Route {
                request,
                is_head,
                keep_alive,
                length,
            } => {
                input.advance(length);
                let routed = Routed {
                    request,
                    is_head,
                    keep_alive,
                };
                // Boxed: few requests are routed, and their future would make that of every connection large.
                match Box::pin(route(&mut stream, &mut input, routed, router, limits, stop)).await {
                    Ok(true) => continue,
                    Ok(false) => {
                        let _ = stream.shutdown().await;
                        return Left::Over;
                    }
                    Err(_) => return Left::Over,
                }
            }
            Step::Answer {
                answer,
                body_wanted,
                gzip,
                keep_alive,
                length,
            } => (answer, body_wanted, gzip, keep_alive, length),
        };
        input.advance(length);
        let keep_alive = keep_alive && !*stop.borrow();
        output.clear();
        let reply = match answer {
            HotAnswer::Forbidden => {
                hot::write_forbidden(&mut output, keep_alive);
                if send(&stream, &output, &[], limits.send_timeout)
                    .await
                    .is_err()
                    || !keep_alive
                {
                    return Left::Over;
                }
                continue;
            }
            HotAnswer::Fetch(Fetch::Ready(reply)) => reply,
            HotAnswer::Fetch(Fetch::Wait(waiting)) => {
                match wait(&mut stream, &mut input, waiting, stop).await {
                    Some(reply) => reply,
                    None => return Left::Over,
                }
            }
        };
        let keep_alive = keep_alive && !*stop.borrow();
        hot::write_head(&mut output, &reply, gzip, keep_alive);
        let (chunks, length, _) = if body_wanted {
            hot::body(reply, gzip)
        } else {
            (Vec::new(), 0, false)
        };
        if let Err(error) = send(&stream, &output, &chunks, limits.send_timeout).await {
            tracing::trace!(%peer, %error, "a viewer's connection ended while sending");
            return Left::Over;
        }
        hot.sent(length);
        if !keep_alive {
            let _ = stream.shutdown().await;
            return Left::Over;
        }
    }
}

struct Routed {
    request: Request,
    is_head: bool,
    keep_alive: bool,
}

/// Lets the router answer; whether the connection may go on.
async fn route(
    stream: &mut TcpStream,
    input: &mut BytesMut,
    routed: Routed,
    router: &Router,
    limits: &Limits,
    stop: &mut watch::Receiver<bool>,
) -> io::Result<bool> {
    let Routed {
        request,
        is_head,
        keep_alive,
    } = routed;
    let mut answering = std::pin::pin!(router.clone().oneshot(request));
    let response: Response<Body> = loop {
        tokio::select! {
            biased;
            response = &mut answering => match response {
                Ok(response) => break response,
                Err(never) => match never {},
            },
            read = stream.read_buf(input), if input.len() <= head::HEAD_BYTES_MAX => if !matches!(read, Ok(1..)) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            },
        }
    };
    let keep_alive = keep_alive && !*stop.borrow();
    cold::respond(stream, response, is_head, keep_alive, limits).await
}

enum Step {
    Leave,
    Route {
        request: Request,
        is_head: bool,
        keep_alive: bool,
        length: usize,
    },
    Answer {
        answer: HotAnswer,
        body_wanted: bool,
        gzip: bool,
        keep_alive: bool,
        length: usize,
    },
}

enum Next {
    Head,
    Over,
}

/// Reads until a head is decided: patient before its first byte, strict after it.
async fn read_head(
    stream: &mut TcpStream,
    input: &mut BytesMut,
    limits: &Limits,
    stop: &mut watch::Receiver<bool>,
) -> Next {
    if input.is_empty() {
        if *stop.borrow_and_update() {
            return Next::Over;
        }
        input.reserve(READ_BYTES);
        let read = tokio::select! {
            read = timeout(limits.idle_timeout, stream.read_buf(input)) => read,
            _ = stop.changed() => return Next::Over,
        };
        if !matches!(read, Ok(Ok(1..))) {
            return Next::Over;
        }
    }
    if head::read(input) != Read::Partial {
        return Next::Head;
    }
    let rest = async {
        loop {
            let seen = input.len();
            input.reserve(READ_BYTES);
            if stream.read_buf(input).await.unwrap_or(0) == 0 {
                return false;
            }
            // Read anew only where it can matter: a head that comes byte by byte must not cost its length squared.
            if head::may_be_decided(input, seen) && head::read(input) != Read::Partial {
                return true;
            }
        }
    };
    match timeout(limits.header_timeout, rest).await {
        Ok(true) => Next::Head,
        Ok(false) => Next::Over,
        Err(_) => {
            refuse(stream, 408, limits.send_timeout).await;
            Next::Over
        }
    }
}

/// Awaits a held answer while noticing that the viewer has gone; a request sent ahead stays in `input`, bounded.
async fn wait(
    stream: &mut TcpStream,
    input: &mut BytesMut,
    mut waiting: std::pin::Pin<Box<dyn Future<Output = Reply> + Send>>,
    stop: &mut watch::Receiver<bool>,
) -> Option<Reply> {
    if *stop.borrow_and_update() {
        return Some(stopping());
    }
    loop {
        tokio::select! {
            biased;
            reply = &mut waiting => return Some(reply),
            _ = stop.changed() => return Some(stopping()),
            read = stream.read_buf(input), if input.len() <= head::HEAD_BYTES_MAX => if !matches!(read, Ok(1..)) { return None },
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
    let mut rest = [0; READ_BYTES];
    let _ = timeout(Duration::from_millis(500), async {
        while matches!(stream.read(&mut rest).await, Ok(1..)) {}
    })
    .await;
}

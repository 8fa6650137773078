//! Requests without a body that are for no live piece: answered by the router on the same connection, which stays in the hot loop.
//!
//! A player fetches the index once and live pieces ever after; a page does the like. Were its connection hyper's from then on, the hot
//! loop would serve hardly anybody. Requests with a body, upgrades and HTTP/1.0 are hyper's.

use std::{io, io::Write as _, net::SocketAddr};

use axum::{body::Body, http};
use bytes::Bytes;
use domain::engine::Chunk;
use http::{Request, Response, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::net::TcpStream;

use super::{
    Peer,
    date::http_date,
    head::HEADERS_MAX,
    listener::Limits,
    send::{Made, send},
};

/// The request of a head that was read whole; `None` where hyper should judge it.
pub(super) fn request(head: &[u8], peer: SocketAddr) -> Option<Request<Body>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed
        .parse(head)
        .ok()
        .filter(httparse::Status::is_complete)?;
    let mut request = Request::builder()
        .method(parsed.method?)
        .uri(parsed.path?)
        .extension(Peer(peer));
    for header in parsed.headers.iter() {
        request = request.header(header.name, header.value);
    }
    request.body(Body::empty()).ok()
}

/// Sends the router's answer; whether the connection may go on.
pub(super) async fn respond(
    stream: &TcpStream,
    response: Response<Body>,
    is_head: bool,
    keep_alive: bool,
    limits: &Limits,
) -> io::Result<bool> {
    let (mut parts, mut body) = response.into_parts();
    let made = parts.extensions.remove::<Made>().map(|Made(body)| body);
    let keep_alive = keep_alive
        && parts
            .headers
            .get(header::CONNECTION)
            .is_none_or(|value| value != "close");
    let length = match &made {
        Some(made) => Some(made.len),
        None => body.size_hint().exact(),
    };
    let is_bodiless = matches!(
        parts.status,
        http::StatusCode::NO_CONTENT | http::StatusCode::NOT_MODIFIED
    );
    let has_body = !is_head && !is_bodiless;
    let mut head = Vec::with_capacity(512);
    let _ = write!(
        head,
        "HTTP/1.1 {} {}\r\n",
        parts.status.as_u16(),
        parts.status.canonical_reason().unwrap_or("")
    );
    for (name, value) in &parts.headers {
        // Framing is decided here.
        if *name == header::CONNECTION
            || *name == header::TRANSFER_ENCODING
            // Of what has no body axum says 0, which no 204 may say, and a 304 of nothing but an empty file (RFC 9110, 8.6).
            || (*name == header::CONTENT_LENGTH && (has_body || is_bodiless))
        {
            continue;
        }
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    match length {
        Some(length) if has_body => {
            let _ = write!(head, "content-length: {length}\r\n");
        }
        None if has_body => head.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        _ => {}
    }
    if !keep_alive {
        head.extend_from_slice(b"connection: close\r\n");
    }
    if !parts.headers.contains_key(header::DATE) {
        http_date(|date| {
            let _ = write!(head, "date: {date}\r\n");
        });
    }
    head.extend_from_slice(b"\r\n");
    if !has_body {
        send(stream, &head, &[], limits.send_timeout).await?;
        return Ok(keep_alive);
    }
    if let Some(made) = made {
        send(stream, &head, &made.chunks, limits.send_timeout).await?;
        return Ok(keep_alive);
    }
    // Head and first chunk leave together.
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else {
            continue;
        };
        if data.is_empty() {
            continue;
        }
        if length.is_some() {
            send(stream, &head, &[Chunk::Slice(data)], limits.send_timeout).await?;
        } else {
            let _ = write!(head, "{:x}\r\n", data.len());
            send(
                stream,
                &head,
                &[data, Bytes::from_static(b"\r\n")].map(Chunk::Slice),
                limits.send_timeout,
            )
            .await?;
        }
        head.clear();
    }
    if length.is_none() {
        head.extend_from_slice(b"0\r\n\r\n");
    }
    send(stream, &head, &[], limits.send_timeout).await?;
    Ok(keep_alive)
}

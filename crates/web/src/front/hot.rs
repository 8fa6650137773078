//! The hot path: what a request for a live piece is, and how its answer is written on an HTTP/1.1 connection.

use std::io::Write as _;

use domain::engine::{Chunk, Fetch, Reply, Status};

use super::{Wanted, http_date, http_time};

/// A request that might be for a live piece.
#[derive(Clone, Copy, Debug)]
pub struct HotRequest<'a> {
    /// Path as it came, not decoded.
    pub path: &'a str,
    /// What follows `?`, or nothing.
    pub query: &'a str,
}

/// What the hot path answers.
#[derive(Debug)]
pub enum HotAnswer {
    /// What the engine says, and who may keep it.
    Fetch(Fetch, Keeps),
    /// The grant in the path is none, or has ended; alike for streams that do not exist.
    Forbidden,
}

/// Who may keep an answer for as long as it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Everybody on the way, such as a proxy that many share.
    Everybody,
    /// Nobody but who asked: a cache on the way would hand it out when it is no longer open to anybody (RFC 9111, 5.2.2.7).
    Asker,
}

/// Who answers live pieces.
pub trait Hot: Send + Sync + 'static {
    /// The answer where the path is that of a live piece, `None` where a router must look at it.
    fn answer(&self, request: &HotRequest<'_>) -> Option<HotAnswer>;

    /// Told after an answer went out, with the bytes of its body.
    fn sent(&self, bytes: u64);
}

/// Number and words of a status.
pub(crate) fn status_line(status: Status) -> (u16, &'static str) {
    match status {
        Status::Ok => (200, "OK"),
        Status::BadRequest => (400, "Bad Request"),
        Status::NotFound => (404, "Not Found"),
        Status::Gone => (410, "Gone"),
        Status::Unavailable => (503, "Service Unavailable"),
    }
}

/// Headers that every answer about a live piece carries. A piece is opened by the token in its path and by nothing else, so any site may
/// read it; credentials are never allowed along.
pub(crate) const PIECE_HEADERS: [(&str, &str); 4] = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "age, content-length, date"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("x-content-type-options", "nosniff"),
];

/// `Cache-Control` of a reply.
pub(crate) fn cache_control(reply: &Reply, keeps: Keeps, into: &mut Vec<u8>) {
    let immutable = if reply.immutable { ", immutable" } else { "" };
    if keeps == Keeps::Asker {
        into.extend_from_slice(b"private, ");
    }
    let _ = match reply.max_age_s {
        0 => write!(into, "no-cache"),
        seconds => write!(into, "max-age={seconds}{immutable}"),
    };
}

/// The chunks of a body to send and their length, gzip where both sides have it.
pub(crate) fn body(reply: Reply, gzip: bool) -> (Vec<Chunk>, u64, bool) {
    match reply.gzip {
        Some(packed) if gzip => {
            let length = packed.len() as u64;
            (vec![Chunk::Slice(packed)], length, true)
        }
        _ => (reply.body.chunks, reply.body.len, false),
    }
}

/// Writes the answer to a grant that does not open what it was used for.
pub(super) fn write_forbidden(into: &mut Vec<u8>, keep_alive: bool) {
    into.extend_from_slice(
        b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\ncache-control: no-store\r\n",
    );
    finish_head(into, keep_alive);
}

fn finish_head(into: &mut Vec<u8>, keep_alive: bool) {
    for (name, value) in PIECE_HEADERS {
        into.extend_from_slice(name.as_bytes());
        into.extend_from_slice(b": ");
        into.extend_from_slice(value.as_bytes());
        into.extend_from_slice(b"\r\n");
    }
    if !keep_alive {
        into.extend_from_slice(b"connection: close\r\n");
    }
    http_date(|date| {
        let _ = write!(into, "date: {date}\r\n\r\n");
    });
}

/// What decides on how an answer is written, beside the reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// How much of it is sent; what is not the whole has no packed form.
    pub(super) wanted: Wanted,
    pub(super) gzip: bool,
    pub(super) keep_alive: bool,
    pub(super) keeps: Keeps,
}

/// Writes the head of an answer, before its body is cut to what is wanted.
pub(super) fn write_head(into: &mut Vec<u8>, reply: &Reply, manner: Manner) {
    let zipped = reply.gzip.as_ref().filter(|_| manner.gzip);
    let total = zipped.map_or(reply.body.len, |packed| packed.len() as u64);
    let (code, words) = status_line(reply.status);
    let (code, words, length) = match manner.wanted {
        Wanted::Whole => (code, words, Some(total)),
        Wanted::Part(_, length) => (206, "Partial Content", Some(length)),
        Wanted::Beyond => (416, "Range Not Satisfiable", Some(0)),
        Wanted::Known => (304, "Not Modified", None),
    };
    let _ = write!(into, "HTTP/1.1 {code} {words}\r\n");
    if let Some(length) = length {
        let _ = write!(
            into,
            "content-type: {}\r\ncontent-length: {length}\r\n",
            reply.media_type
        );
    }
    if let Some(range) = manner.wanted.content_range(total) {
        let _ = write!(into, "content-range: {range}\r\n");
    }
    into.extend_from_slice(b"cache-control: ");
    cache_control(reply, manner.keeps, into);
    into.extend_from_slice(b"\r\n");
    if reply.gzip.is_some() {
        into.extend_from_slice(b"vary: accept-encoding\r\n");
    }
    if zipped.is_some() {
        into.extend_from_slice(b"content-encoding: gzip\r\n");
    }
    if let Some(seconds) = reply.retry_after_s {
        let _ = write!(into, "retry-after: {seconds}\r\n");
    }
    if let Some(version) = &reply.version {
        let _ = write!(into, "etag: {}\r\naccept-ranges: bytes\r\n", version.etag);
        let _ = write!(into, "last-modified: {}\r\n", http_time(version.modified));
    }
    finish_head(into, manner.keep_alive);
}

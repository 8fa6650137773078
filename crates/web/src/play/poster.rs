//! `/hls/{slug}/poster.mp4`: a picture of a running broadcast, decided like its index.
//!
//! Without a picture of now the answer is 204 to who may watch: a page asks again and again, and browsers note each 404 as an error of the
//! page. It is the last key frame as it came, in an MP4 of one sample: a `<video>` shows it, and the server decodes nothing. Ranges are
//! answered (RFC 9110, 14), since some browsers play no video without them.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::{Bytes, BytesMut};
use domain::{engine::Reply, item::Space, slug::Slug, view::Purpose};

use super::{admit, not_found, piece_headers, refused};
use crate::{
    App,
    error::Problem,
    extract::{Path, Viewing},
    front::{blocks, body},
};

/// `GET /hls/{slug}/poster.mp4`.
pub(crate) async fn show(
    State(app): State<App>,
    Path(slug): Path<String>,
    method: Method,
    viewing: Result<Viewing, Problem>,
    headers: HeaderMap,
) -> Response {
    let (Ok(slug), Ok(viewing)) = (Slug::parse(&slug), viewing) else {
        return not_found();
    };
    let leave = match admit(&app, &viewing, Purpose::Look, Space::Watch, &slug) {
        Ok(leave) => leave,
        Err(why) => return refused(why),
    };
    let shared = if leave.is_public() {
        "public"
    } else {
        "private"
    };
    let (mut response, caching) = match app.engine().poster(&slug) {
        Some(reply) => {
            let caching = format!("{shared}, max-age={}", reply.max_age_s);
            (respond(reply, &method, &headers), caching)
        }
        None => (none(), "private, max-age=1".to_owned()),
    };
    let out = response.headers_mut();
    if let Ok(caching) = HeaderValue::from_str(&caching) {
        out.insert(header::CACHE_CONTROL, caching);
    }
    if !leave.is_public() {
        // No other site's page may read it with a visitor's cookie.
        out.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    }
    response
}

/// There is none now.
fn none() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    piece_headers(response.headers_mut());
    response
}

fn respond(reply: Reply, method: &Method, headers: &HeaderMap) -> Response {
    let media_type = reply.media_type;
    let whole = match joined(reply) {
        Ok(whole) => whole,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let total = whole.len();
    let wanted = headers
        .get(header::RANGE)
        .filter(|_| method == Method::GET)
        .and_then(|value| range(value.to_str().ok()?, total));
    let (status, part) = match wanted {
        None => (StatusCode::OK, whole),
        Some(Some((from, to))) => (StatusCode::PARTIAL_CONTENT, whole.slice(from..=to)),
        Some(None) => (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new()),
    };
    let told = match wanted {
        None => None,
        Some(Some((from, to))) => Some(format!("bytes {from}-{to}/{total}")),
        Some(None) => Some(format!("bytes */{total}")),
    };
    let length = HeaderValue::from(part.len());
    let mut response = Response::new(Body::from(part));
    *response.status_mut() = status;
    let out = response.headers_mut();
    piece_headers(out);
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    out.insert(header::CONTENT_LENGTH, length);
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(value) = told.and_then(|told| HeaderValue::from_str(&told).ok()) {
        out.insert(header::CONTENT_RANGE, value);
    }
    response
}

/// A picture is small (its head and one frame), and a stretch of it is easier to cut from one piece.
fn joined(reply: Reply) -> std::io::Result<Bytes> {
    let (chunks, _, _) = body(reply, false);
    let mut whole = BytesMut::new();
    for block in blocks(chunks) {
        whole.extend_from_slice(&block?);
    }
    Ok(whole.freeze())
}

/// First and last byte of the one range in a `Range` header; `Some(None)` where there are no such bytes, `None` where the header is
/// not one range of bytes and so is passed over (RFC 9110, 14.2).
fn range(value: &str, total: usize) -> Option<Option<(usize, usize)>> {
    let (from, to) = value.strip_prefix("bytes=")?.trim().split_once('-')?;
    let last = total.checked_sub(1);
    if from.is_empty() {
        let suffix: usize = to.parse().ok()?;
        let from = total.saturating_sub(suffix);
        return Some(last.filter(|last| from <= *last).map(|last| (from, last)));
    }
    let from: usize = from.parse().ok()?;
    let to = match to {
        "" => usize::MAX,
        to => to.parse().ok().filter(|to| from <= *to)?,
    };
    Some(
        last.filter(|last| from <= *last)
            .map(|last| (from, to.min(last))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_everything_else_is_the_whole() {
        for (value, expected) in [
            ("bytes=0-", Some(Some((0, 99)))),
            ("bytes=0-1", Some(Some((0, 1)))),
            ("bytes=90-900", Some(Some((90, 99)))),
            ("bytes=-10", Some(Some((90, 99)))),
            ("bytes=-900", Some(Some((0, 99)))),
            ("bytes=99-", Some(Some((99, 99)))),
            ("bytes=100-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=5-4", None),
            ("bytes=0-1,5-6", None),
            ("bytes=-", None),
            ("bytes=", None),
            ("bytes=a-b", None),
            ("bytes=-99999999999999999999999", None),
            ("items=0-1", None),
        ] {
            assert_eq!(range(value, 100), expected, "{value}");
        }
        assert_eq!(range("bytes=0-", 0), Some(None));
    }
}

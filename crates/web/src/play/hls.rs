//! HLS, live and stored: `/hls/{slug}/index.m3u8` decides who may watch and hands out a grant in the path; below it lie shared bytes.

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    engine::{Fetch, Reply, Status},
    gate::Gatekeeper as _,
    grant::{self, Granted},
    item::{Item, Space},
    slug::Slug,
    view::Purpose,
};

use super::{
    Kind, admit,
    file::{self, Asked},
    not_found, piece_headers, refused, stored,
};
use crate::{
    App,
    error::Problem,
    extract::{Path, Viewing},
    front::{
        HotAnswer, HotRequest, Keeps, accepts_gzip, body, cache_control, of_chunks, status_line,
    },
};

/// Longest name of a live piece.
const PIECE_BYTES_MAX: usize = 64;

/// The answer to a request for a piece; `None` for every other path.
pub(crate) fn hot(app: &App, request: &HotRequest<'_>) -> Option<HotAnswer> {
    let (granted, piece, slug) = match opened(app, request.path)? {
        Ok(opened) => opened,
        Err(()) => return Some(HotAnswer::Forbidden),
    };
    let fetch = match granted.item {
        Item::Stream(_) => live(app, slug, piece, request.query),
        Item::Video(id) => stored::piece(app, id, piece),
        Item::Image(_) => return Some(HotAnswer::Forbidden),
    };
    // A held request will be answered; how, the engine knows and no one else needs to.
    let status = match &fetch {
        Fetch::Ready(reply) => reply.status,
        Fetch::Wait(_) => Status::Ok,
    };
    app.counters().hls_requests.count(kind(piece), Some(status));
    Some(HotAnswer::Fetch(fetch, keeps(granted)))
}

/// What the token of a path opens, and which piece of it; `None` where the path is no piece's.
fn opened<'a>(app: &App, path: &'a str) -> Option<Result<(Granted, &'a str, &'a str), ()>> {
    let rest = path.strip_prefix("/hls/")?;
    let (slug, rest) = rest.split_once("/~")?;
    let (token, piece) = rest.split_once('/')?;
    let purpose = stored::purpose(piece);
    let held = app.catalogue().check(Space::Watch, slug, token, purpose);
    Some(held.map(|granted| (granted, piece, slug)).map_err(|_| {
        app.counters().hls_requests.count(kind(piece), None);
    }))
}

fn keeps(granted: Granted) -> Keeps {
    match granted.is_everybodys() {
        true => Keeps::Everybody,
        false => Keeps::Asker,
    }
}

fn kind(piece: &str) -> Kind {
    match piece.rsplit_once('.') {
        Some((_, "m3u8")) => Kind::Playlist,
        Some((_, "m4s" | "mp4" | "ts")) => Kind::Media,
        _ => Kind::Other,
    }
}

fn live(app: &App, slug: &str, piece: &str, query: &str) -> Fetch {
    if is_plain(piece) {
        app.engine().fetch(slug, piece, query)
    } else {
        let none = Reply::refused(Status::NotFound, "there is no such piece");
        Fetch::Ready(none)
    }
}

/// One path component of plain characters: the engine that wrote a name reads it.
fn is_plain(piece: &str) -> bool {
    !piece.is_empty()
        && piece.len() <= PIECE_BYTES_MAX
        && !piece.starts_with('.')
        && piece
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

/// `GET /hls/{slug}/~{token}/{piece}` where the router sees it: by HTTP/2, and after a request with a body.
pub(crate) async fn piece(
    State(app): State<App>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let (granted, piece, slug) = match opened(&app, uri.path()) {
        Some(Ok(opened)) => opened,
        Some(Err(())) => return forbidden(),
        None => return Problem::not_found().into_response(),
    };
    let fetch = match granted.item {
        Item::Stream(_) => live(&app, slug, piece, uri.query().unwrap_or("")),
        Item::Video(id) => stored::piece(&app, id, piece),
        Item::Image(_) => return forbidden(),
    };
    let reply = done(fetch).await;
    app.counters()
        .hls_requests
        .count(kind(piece), Some(reply.status));
    respond(&app, reply, keeps(granted), &method, &headers)
}

async fn done(fetch: Fetch) -> Reply {
    match fetch {
        Fetch::Ready(reply) => reply,
        Fetch::Wait(waiting) => waiting.await,
    }
}

fn forbidden() -> Response {
    let mut response = StatusCode::FORBIDDEN.into_response();
    piece_headers(response.headers_mut());
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn respond(
    app: &App,
    reply: Reply,
    keeps: Keeps,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let gzip = headers
        .get(header::ACCEPT_ENCODING)
        .is_some_and(|value| accepts_gzip(value.as_bytes()));
    let mut caching = Vec::new();
    cache_control(&reply, keeps, &mut caching);
    if let Some(version) = reply.version.clone().filter(|_| reply.gzip.is_none()) {
        let asked = Asked { method, headers };
        let (mut response, sent) =
            file::answer(reply.body, reply.media_type, Some(&version), &asked);
        app.sent_hls(sent);
        let out = response.headers_mut();
        piece_headers(out);
        if let Ok(caching) = HeaderValue::from_bytes(&caching) {
            out.insert(header::CACHE_CONTROL, caching);
        }
        return response;
    }
    let (code, _) = status_line(reply.status);
    let (media_type, varies, retry) = (reply.media_type, reply.gzip.is_some(), reply.retry_after_s);
    let (chunks, length, zipped) = body(reply, gzip);
    let mut response = if method == Method::HEAD {
        Response::default()
    } else {
        app.sent_hls(length);
        of_chunks(chunks.into_iter().collect())
    };
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let out = response.headers_mut();
    piece_headers(out);
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    out.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(caching) = HeaderValue::from_bytes(&caching) {
        out.insert(header::CACHE_CONTROL, caching);
    }
    if varies {
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if zipped {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some(seconds) = retry {
        out.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `GET /hls/{slug}/index.m3u8` and `master.m3u8`: who may watch gets the multivariant playlist with a grant in its addresses.
pub(crate) async fn index(
    State(app): State<App>,
    Path((slug, file)): Path<(String, String)>,
    method: Method,
    viewing: Result<Viewing, Problem>,
    headers: HeaderMap,
) -> Response {
    if file != "index.m3u8" && file != "master.m3u8" {
        return not_found();
    }
    // To a player, a key that is not good is a stream that is not there.
    let (Ok(slug), Ok(viewing)) = (Slug::parse(&slug), viewing) else {
        return not_found();
    };
    let leave = match admit(&app, &viewing, Purpose::Play, Space::Watch, &slug) {
        Ok(leave) => leave,
        Err(why) => return refused(why),
    };
    let prefix = format!("~{}/", leave.token);
    let fetch = match leave.granted.item {
        Item::Stream(_) => app.engine().index(slug.as_str(), &prefix),
        Item::Video(id) => stored::index(&app, id, &prefix),
        Item::Image(_) => return not_found(),
    };
    let reply = done(fetch).await;
    let mut response = respond(&app, reply, keeps(leave.granted), &method, &headers);
    let out = response.headers_mut();
    if leave.is_public() {
        out.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=1"),
        );
    } else {
        // What a login or a key opened is nobody else's, and no other site's page may read it with a visitor's cookie.
        out.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        );
        if let grant::Subject::Login(_) = leave.granted.subject {
            out.remove("access-control-allow-origin");
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piece_names_are_one_plain_component() {
        for (piece, plain) in [
            ("e1-s3.m4s", true),
            ("", false),
            ("a/b", false),
            ("..", false),
            (".hidden", false),
            ("%2e%2e", false),
            ("a\\b", false),
            (&"a".repeat(65), false),
        ] {
            assert_eq!(is_plain(piece), plain, "{piece}");
        }
    }
}

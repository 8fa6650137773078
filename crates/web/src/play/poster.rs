//! `/hls/{slug}/poster.mp4`: a picture of a running broadcast, decided like its index.
//!
//! Without a picture of now the answer is 204 to who may watch: a page asks again and again, and browsers note each 404 as an error of the
//! page. It is the last key frame as it came, in an MP4 of one sample: a `<video>` shows it, and the server decodes nothing. Ranges are
//! answered (RFC 9110, 14), since some browsers play no video without them.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{engine::Reply, item::Space, slug::Slug, view::Purpose};

use super::{
    admit,
    file::{self, Asked},
    not_found, piece_headers, refused,
};
use crate::{
    App,
    error::Problem,
    extract::{Path, Viewing},
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
    let asked = Asked { method, headers };
    let (mut response, _) = file::answer(reply.body, reply.media_type, None, &asked);
    piece_headers(response.headers_mut());
    response
}

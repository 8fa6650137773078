//! Answers of the router with a version: single ranges, and nothing where the asker has it already (RFC 9110, 13 and 14).

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use domain::engine::{Body, Version};

use crate::front::{Conditions, Wanted, cut, http_time, of_chunks};

/// What is asked, as far as it decides on how much is sent.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
}

/// Answers with a body or what of it is wanted; without caching and what else belongs to the thing. The bytes that go out are the second.
pub(crate) fn answer(
    body: Body,
    media_type: &str,
    version: Option<&Version>,
    asked: &Asked<'_>,
) -> (Response, u64) {
    let total = body.len;
    let is_get = *asked.method == Method::GET;
    let wanted = Conditions::of(asked.headers).wanted(is_get, version, total);
    let status = match wanted {
        Wanted::Whole => StatusCode::OK,
        Wanted::Part(..) => StatusCode::PARTIAL_CONTENT,
        Wanted::Beyond => StatusCode::RANGE_NOT_SATISFIABLE,
        Wanted::Known => StatusCode::NOT_MODIFIED,
    };
    let body = cut(body, wanted);
    let length = body.len;
    let (mut response, sent) = match *asked.method == Method::HEAD {
        true => (Response::default(), 0),
        false => (of_chunks(body), length),
    };
    *response.status_mut() = status;
    let out = response.headers_mut();
    let mut put = |name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(name, value);
        }
    };
    if let Some(version) = version {
        put(header::ETAG, &version.etag);
        put(header::LAST_MODIFIED, &http_time(version.modified));
    }
    put(header::ACCEPT_RANGES, "bytes");
    if let Some(range) = wanted.content_range(total) {
        put(header::CONTENT_RANGE, &range);
    }
    if wanted != Wanted::Known {
        put(header::CONTENT_TYPE, media_type);
        put(header::CONTENT_LENGTH, &length.to_string());
    }
    (response, sent)
}

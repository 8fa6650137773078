//! What bodies and headers of the API have in common: read in one place, refused in one way.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::{
    caller::Caller,
    clock::Time,
    item::{Site, Visibility},
};

use crate::error::Problem;

/// 422: it could be read, and is out of bounds.
pub(crate) fn invalid(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

/// Who may see an item, by its word.
pub(crate) fn visibility(word: &str) -> Result<Visibility, Problem> {
    Visibility::find(word).ok_or_else(|| {
        invalid(
            "invalid_visibility",
            "`visibility` is one of public, unlisted, members, private.",
        )
    })
}

/// Sites that may show an item in a frame.
pub(crate) fn sites(texts: Vec<String>) -> Result<Vec<Site>, Problem> {
    texts
        .iter()
        .map(|text| Site::parse(text).map_err(|error| invalid("invalid_site", error.to_string())))
        .collect()
}

/// A time in a field of a body: what is no time cannot be read.
pub(crate) fn time(field: &str, text: &str) -> Result<Time, Problem> {
    Time::parse(text).map_err(|_| {
        let detail = format!("`{field}` is a time as in 2027-06-30T18:00:00Z (RFC 3339).");
        Problem::new(StatusCode::BAD_REQUEST, "invalid_time", detail)
    })
}

/// A field that may be absent (leave it), null (take it away) or a value.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    <Option<T> as serde::Deserialize>::deserialize(deserializer).map(Some)
}

/// A caller who is known but not allowed is told 403, not to log in.
pub(crate) fn denied(caller: &Caller, problem: Problem) -> Problem {
    if problem.status == StatusCode::UNAUTHORIZED && caller.user().is_some() {
        Problem::forbidden()
    } else {
        problem
    }
}

/// The tag of a thing's version.
pub(crate) fn etag(changed: Time, generation: u32) -> String {
    format!("\"{:x}-{generation}\"", changed.ms())
}

/// The answer with its version.
pub(crate) fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether `If-Match` is there and does not name this tag: somebody changed the thing meanwhile.
pub(crate) fn is_stale(headers: &HeaderMap, tag: &str) -> bool {
    headers.contains_key(header::IF_MATCH) && !matches(headers, tag)
}

/// Whether `If-Match` names this tag or `*` (RFC 9110, 13.1.1).
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_MATCH).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|b| *b == b','))
        .map(<[u8]>::trim_ascii)
        .any(|named| named == b"*" || named == tag.as_bytes())
}

/// Answers for one caller are kept by no shared cache.
pub(crate) fn private(mut response: Response) -> Response {
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}

//! The API: `/api/<plural>`, `snake_case` JSON, RFC 3339 times, `problem+json` for every error.

pub(crate) mod access_codes;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod brought;
pub(crate) mod fields;
pub(crate) mod home;
pub(crate) mod items;
pub(crate) mod keys;
pub(crate) mod people;
pub(crate) mod reach;
pub(crate) mod rights;
pub(crate) mod server;
pub(crate) mod status;
pub(crate) mod streams;
pub(crate) mod uploads;
pub(crate) mod warnings;
pub(crate) mod watch;

use axum::{
    http::{HeaderValue, Uri, header},
    response::Response,
};
use domain::slug::Slug;

use crate::error::Problem;

/// A slug from a path; what is none cannot exist.
pub(crate) fn slug(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).map_err(|_| Problem::not_found())
}

/// Tells where a list goes on in a `Link` too (RFC 8288, `next`): the address that was asked, with `parameter` as `next` says.
pub(crate) fn linked(
    mut response: Response,
    asked: &Uri,
    parameter: &str,
    next: Option<impl std::fmt::Display>,
) -> Response {
    let Some(next) = next else { return response };
    let given = asked.query().unwrap_or_default().split('&');
    let kept = given.filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(parameter));
    let query: String = kept.map(|pair| format!("{pair}&")).collect();
    let link = format!("<{}?{query}{parameter}={next}>; rel=\"next\"", asked.path());
    if let Ok(link) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

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

use domain::slug::Slug;

use crate::error::Problem;

/// A slug from a path; what is none cannot exist.
pub(crate) fn slug(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).map_err(|_| Problem::not_found())
}

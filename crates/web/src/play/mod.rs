//! Delivery: what a player asks for.

mod download;
pub(crate) mod file;
mod hls;
mod image;
mod poster;
pub(crate) mod stored;
pub(crate) mod whep;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    engine::Status,
    gate::{Gatekeeper as _, Leave},
    item::Space,
    slug::Slug,
    view::{self, Purpose, Unopened},
};

use crate::{App, error::Problem, extract::Viewing, front::PIECE_HEADERS};

pub(crate) use download::{may as may_download, show as download};
pub(crate) use hls::{hot, index, piece};
pub(crate) use image::show as image;
pub(crate) use poster::show as poster;

/// What a request for a live piece was for, as metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Kind {
    Playlist,
    Media,
    Other,
}

const KINDS: [&str; 3] = ["playlist", "media", "other"];
const OUTCOMES: [&str; 6] = [
    "ok",
    "bad_request",
    "not_found",
    "gone",
    "unavailable",
    "forbidden",
];

/// Requests for live pieces by kind and outcome. A fixed set of cells: no request can make the metrics grow.
#[derive(Debug, Default)]
pub struct Requests([[AtomicU64; 6]; 3]);

impl Requests {
    fn count(&self, kind: Kind, status: Option<Status>) {
        let outcome = match status {
            Some(Status::Ok) => 0,
            Some(Status::BadRequest) => 1,
            Some(Status::NotFound) => 2,
            Some(Status::Gone) => 3,
            Some(Status::Unavailable) => 4,
            None => 5,
        };
        self.0[kind as usize][outcome].fetch_add(1, Ordering::Relaxed);
    }

    /// The counts, by kind and outcome, without those at zero.
    pub fn read(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        let cells = KINDS.iter().zip(&self.0).flat_map(|(kind, row)| {
            OUTCOMES
                .iter()
                .zip(row)
                .map(|(outcome, cell)| ((*kind, *outcome), cell.load(Ordering::Relaxed)))
        });
        cells.filter(|(_, count)| *count > 0).collect()
    }
}

/// The headers of every answer below `/hls/`.
fn piece_headers(headers: &mut HeaderMap) {
    for (name, value) in PIECE_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Leave to see what has this name, by the grant that was brought or by a decision of now.
pub(crate) fn admit(
    app: &App,
    viewing: &Viewing,
    purpose: Purpose,
    space: Space,
    slug: &Slug,
) -> Result<Leave, view::Refused> {
    let catalogue = app.catalogue();
    if let Some(grant) = &viewing.brought.grant
        && let Ok(granted) = catalogue.check(space, slug.as_str(), grant.expose(), purpose)
    {
        return Ok(Leave {
            token: grant.expose().into(),
            // When it really ends, its token knows; nobody asks here.
            ends: app.inner.clock.now(),
            granted,
        });
    }
    catalogue.admit_view(&viewing.asking(purpose), space, slug)
}

/// Why somebody may not see something, to a program: alike for what does not exist and what is not allowed. Only who has the very code that
/// would open it is told why it does not.
pub(crate) fn refused(why: view::Refused) -> Response {
    match why {
        view::Refused::TooMany { retry_after_s } => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, why.code(), why.to_string())
                .retry_after(retry_after_s)
                .into_response()
        }
        view::Refused::Code(unopened @ Unopened::Full { places }) => {
            let problem = Problem::full(why.code(), unopened.to_string(), places);
            kept_out(problem.retry_after(FULL_RETRY_S).into_response())
        }
        view::Refused::Code(Unopened::Unknown) | view::Refused::NotFound | view::Refused::LogIn => {
            not_found()
        }
        view::Refused::Code(unopened) => kept_out(
            Problem::new(StatusCode::NOT_FOUND, why.code(), unopened.to_string()).into_response(),
        ),
    }
}

/// Seconds after which a place of a code may be free again.
const FULL_RETRY_S: u32 = 10;

/// An answer that concerns one visitor and this moment.
fn kept_out(mut response: Response) -> Response {
    let out = response.headers_mut();
    piece_headers(out);
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}

/// Alike for what does not exist and what is not allowed. Kept for a moment by the player that asks again and again, and by no cache that
/// others share: whoever logs in is let in.
fn not_found() -> Response {
    let mut response = Problem::not_found().into_response();
    let out = response.headers_mut();
    piece_headers(out);
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=1"),
    );
    response
}

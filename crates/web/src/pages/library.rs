//! `/library`: one's own videos and images as rows, with what there is to do about each.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    Frame,
    cards::{Card, Choice, Listing, Whose, cards},
    managed::Member,
    page,
};
use crate::{App, extract::Query, text::Text};

#[derive(Template)]
#[template(path = "library.html")]
struct Page {
    frame: Frame,
    t: Text,
    cards: Vec<Card>,
    choice: Choice,
    is_narrowed: bool,
}

/// `GET /library`.
pub(crate) async fn show(
    State(app): State<App>,
    Member(caller): Member,
    Query(listing): Query<Listing>,
) -> Response {
    let found = listing.find(&app, &caller, listing.kind(), Whose::Own);
    let frame = Frame::new(&app, &caller);
    let template = Page {
        t: frame.t,
        frame,
        cards: cards(&app, &caller, &found.items),
        choice: Choice::new("/library", &listing, found.next_cursor),
        is_narrowed: listing.is_narrowed(),
    };
    page(StatusCode::OK, &template, false)
}

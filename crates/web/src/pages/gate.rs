//! The gate: 404 for what a visitor may not see and for what does not exist, alike. It never names the item.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::caller::Caller;

use super::{Frame, page};
use crate::{App, text::Text};

#[derive(Template)]
#[template(path = "gate.html")]
struct Page {
    frame: Frame,
    t: Text,
    next: String,
}

/// The gate; `next` is where logging in leads back to, a path of this site that is good as a query value.
pub(super) fn show(app: &App, caller: &Caller, next: String) -> Response {
    let frame = Frame::new(app, caller);
    let template = Page {
        t: frame.t,
        frame,
        next,
    };
    page(StatusCode::NOT_FOUND, &template, false)
}

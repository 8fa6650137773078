//! A question before what cannot be undone: a page of its own, which the script shows as a dialog where the button is (`ask.ts`).

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::caller::Caller;

use super::Frame;
use crate::{App, text::Text};

/// What is asked, and what the buttons do.
pub(super) struct Question {
    pub(super) heading: String,
    pub(super) about: String,
    pub(super) yes: String,
    pub(super) no: String,
    /// Where the form is sent.
    pub(super) action: String,
    /// Where the other button leads.
    pub(super) back: String,
    pub(super) is_destructive: bool,
}

#[derive(Template)]
#[template(path = "ask.html")]
struct Page {
    frame: Frame,
    t: Text,
    question: Question,
}

/// The question as a page.
pub(super) fn page(app: &App, caller: &Caller, question: Question) -> Response {
    let frame = Frame::new(app, caller);
    let t = frame.t;
    super::page(StatusCode::OK, &Page { frame, t, question }, false)
}

//! Pages for what went wrong: what happened, what to do, the number to report.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::Response,
};
use domain::caller::Caller;

use super::{Account, Frame, page};
use crate::{
    App,
    assets::Assets,
    extract::{Visitor, request_id},
};

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    assets: Assets,
    version: String,
    account: Option<Account>,
    status: u16,
    heading: String,
    advice: String,
    retry_s: Option<u32>,
    request_id: String,
}

/// An error page.
pub(crate) fn show(
    app: &App,
    caller: &Caller,
    status: StatusCode,
    heading: &str,
    advice: &str,
) -> Response {
    let Frame {
        assets,
        version,
        account,
    } = Frame::new(app, caller);
    let template = Page {
        assets,
        version,
        account,
        status: status.as_u16(),
        heading: heading.to_owned(),
        advice: advice.to_owned(),
        retry_s: None,
        request_id: request_id(),
    };
    page(status, &template, false)
}

/// Whatever no route knows.
pub(crate) async fn not_found(State(app): State<App>, Visitor(caller): Visitor) -> Response {
    show(
        &app,
        &caller,
        StatusCode::NOT_FOUND,
        "There is no page here",
        "The address may have a typing mistake, or what was here has been removed. If someone sent you the link, ask for it again.",
    )
}

/// Too many tries: with the time to wait.
pub(crate) fn too_many(app: &App, caller: &Caller, retry_after_s: u32) -> Response {
    let mut response = show(
        app,
        caller,
        StatusCode::TOO_MANY_REQUESTS,
        "Too many tries",
        &format!("Try again in {}.", domain::limit::wait_words(retry_after_s)),
    );
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, retry_after_s.into());
    response
}

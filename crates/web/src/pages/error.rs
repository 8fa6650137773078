//! Pages for what went wrong: what happened, what to do, the number to report.

use askama::Template;
use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};
use domain::caller::Caller;

use super::{Account, Frame, page};
use crate::{
    App,
    assets::Assets,
    error::Problem,
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
    render(app, caller, status, heading, advice, None)
}

fn render(
    app: &App,
    caller: &Caller,
    status: StatusCode,
    heading: &str,
    advice: &str,
    retry_s: Option<u32>,
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
        retry_s,
        request_id: request_id(),
    };
    page(status, &template, false)
}

/// Tells problems as pages to whoever reads pages; programs get them as they are.
pub(crate) async fn for_people(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_for_programs = path.starts_with("/api/") || path.starts_with("/hls/") || path == "/api";
    let accepts = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    if is_for_programs || !accepts.is_some_and(|accepts| accepts.contains("text/html")) {
        return next.run(request).await;
    }
    let is_safe = request.method().is_safe();
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::from_request_parts(&mut parts, &app).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let (Some(problem), Ok(Visitor(caller))) = (response.extensions().get::<Problem>(), visitor)
    else {
        return response;
    };
    let retry_s = problem.retry_after_s.filter(|_| is_safe);
    let (heading, advice) = words(problem);
    let mut page = render(&app, &caller, problem.status, heading, advice, retry_s);
    // What the answer says to programs it says with a page too.
    for name in [header::ALLOW, header::CONNECTION, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

fn words(problem: &Problem) -> (&'static str, &str) {
    let detail = problem.detail.as_str();
    match problem.status {
        StatusCode::NOT_FOUND => (
            "There is no page here",
            "The address may have a typing mistake, or what was here has been removed. If someone sent you the link, ask for it again.",
        ),
        StatusCode::FORBIDDEN => ("This is not allowed", detail),
        StatusCode::METHOD_NOT_ALLOWED => ("This page does not take that", detail),
        StatusCode::REQUEST_TIMEOUT => (
            "This took too long to arrive",
            "Check your connection and try again.",
        ),
        StatusCode::INTERNAL_SERVER_ERROR => (
            "Something broke on the server",
            "It has been written to its log.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => ("The server has too much to do", detail),
        _ => ("The server could not read this", detail),
    }
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

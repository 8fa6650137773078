//! Pages for what went wrong: what happened, what to do, the number to report.

use askama::Template;
use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};
use domain::caller::Caller;

use super::{Frame, page};
use crate::{
    App,
    error::Problem,
    extract::{Visitor, request_id},
    text::Text,
};

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    frame: Frame,
    t: Text,
    status: u16,
    heading: String,
    advice: String,
    retry_s: Option<u32>,
    request_id: String,
}

/// An error page in the words of a message and its attribute `advice`.
pub(crate) fn say(app: &App, caller: &Caller, status: StatusCode, id: &str) -> Response {
    let message = app.text().msg(id).to_string();
    let advice = app.text().msg(id).attr("advice").to_string();
    render(app, caller, status, message, advice, None)
}

fn render(
    app: &App,
    caller: &Caller,
    status: StatusCode,
    heading: String,
    advice: String,
    retry_s: Option<u32>,
) -> Response {
    let frame = Frame::new(app, caller);
    let template = Page {
        t: frame.t,
        frame,
        status: status.as_u16(),
        heading,
        advice,
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
    let (heading, advice) = words(app.text(), problem);
    let mut page = render(&app, &caller, problem.status, heading, advice, retry_s);
    // What the answer says to programs it says with a page too.
    for name in [header::ALLOW, header::CONNECTION, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

fn words(t: Text, problem: &Problem) -> (String, String) {
    let named = match problem.status.as_u16() {
        status @ (403 | 404 | 405 | 408 | 429 | 500 | 503) => status,
        _ => 400,
    };
    let id = format!("error-{named}");
    let has_advice = t.has(&id, Some("advice")) && problem.retry_after_s.is_none();
    let advice = if has_advice {
        t.msg(id.as_str()).attr("advice").to_string()
    } else {
        problem.detail.clone()
    };
    (t.msg(id).to_string(), advice)
}

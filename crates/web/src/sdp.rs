//! What WHIP and WHEP share over HTTP (RFC 9725, 4): the form of offers, answers, changes and ends, and who may ask from where.

use axum::{
    body::Bytes,
    extract::{Request, rejection::BytesRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::session::{Answer, Change, Changed, Holder, NotChanged};

use crate::{App, error::Problem};

/// The media type of offers and answers.
pub(crate) const OFFER: &str = "application/sdp";
/// The media type of changes to a session.
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// Seconds after which to ask again where there are too many.
pub(crate) const BUSY_RETRY_S: u32 = 5;

/// 201: a session below this door.
pub(crate) fn created(door: &str, carried: &str, answer: Answer) -> Response {
    let headers = [
        (header::CONTENT_TYPE, OFFER.to_owned()),
        (
            header::LOCATION,
            format!("{door}/{}{carried}", answer.session),
        ),
        (header::ETAG, quoted(&answer.etag)),
        (ACCEPT_PATCH, FRAGMENT.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::CREATED, headers, answer.sdp).into_response()
}

/// `PATCH`: further addresses, or a restart of ICE.
pub(crate) async fn change(
    app: &App,
    session: String,
    holder: Holder,
    request: Request,
) -> Result<Response, Problem> {
    let if_match = request.headers().get(header::IF_MATCH).map(|value| {
        let text = value.to_str().unwrap_or("?").trim();
        text.trim_start_matches("W/").trim_matches('"').to_owned()
    });
    let fragment = text(FRAGMENT, request).await?;
    let change = Change {
        session,
        holder,
        fragment,
        if_match,
    };
    match app.engine().change_session(change).await {
        Ok(Changed::Trickled) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(Changed::Restarted { fragment, etag }) => {
            let headers = [
                (header::CONTENT_TYPE, FRAGMENT.to_owned()),
                (header::ETAG, quoted(&etag)),
            ];
            Ok((StatusCode::OK, headers, fragment).into_response())
        }
        Err(why) => Err(not_changed(why)),
    }
}

/// `DELETE`: 200, and 404 once it is gone.
pub(crate) async fn end(app: &App, session: String, holder: Holder) -> Result<StatusCode, Problem> {
    if app.engine().end_session(session, holder).await {
        Ok(StatusCode::OK)
    } else {
        Err(Problem::not_found())
    }
}

/// `HEAD` and `GET` on the door and on a session: there is one, alike for every name.
pub(crate) async fn discover() -> Response {
    ([(header::CONTENT_TYPE, OFFER)], ()).into_response()
}

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// What pages of other sites need: any origin, no credentials (Fetch, 3.2); and the answer to `OPTIONS`.
pub(crate) async fn cors(request: Request, next: Next) -> Response {
    let mut response = if request.method() == axum::http::Method::OPTIONS {
        let headers = [
            (ACCEPT_POST, OFFER),
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "OPTIONS, HEAD, GET, POST, PATCH, DELETE",
            ),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, if-match",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ];
        (StatusCode::OK, headers).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("location, etag, link, accept-patch, retry-after, x-request-id"),
    );
    response
}

/// The body as text, if it is of this media type.
pub(crate) async fn text(wanted: &str, request: Request) -> Result<String, Problem> {
    let media_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case(wanted) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            format!("Send `{wanted}`."),
        ));
    }
    let body = <Bytes as axum::extract::FromRequest<()>>::from_request(request, &()).await;
    let body = body.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(error)
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE =>
        {
            Problem::new(error.status(), "too_large", "The body is too large.")
        }
        _ => unreadable("The body did not come whole."),
    })?;
    String::from_utf8(body.into()).map_err(|_| unreadable("The body is no text."))
}

pub(crate) fn unreadable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", detail)
}

fn not_changed(why: NotChanged) -> Problem {
    let detail = why.to_string();
    match why {
        NotChanged::NotFound => Problem::not_found(),
        NotChanged::Unconditional => Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition_required",
            detail,
        ),
        NotChanged::Stale => Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail),
        NotChanged::Malformed(_) => unreadable(detail),
    }
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

//! WHEP: watching by WebRTC. `POST /{slug}/whep` takes an offer and answers it; the session lives at the address that it returns.
//!
//! Shaped as RFC 9725 shapes publishing, turned round (draft-ietf-wish-whep-03). Whoever may watch by HLS may watch by this, with the
//! same grants; a page of another site may ask as well, but never with its visitor's cookie.

use axum::{
    Extension,
    body::Bytes,
    extract::{FromRequestParts as _, Request, State, rejection::BytesRejection},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::{Caller, Subject},
    gate::{Gatekeeper as _, Leave},
    grant::Granted,
    session::{Answer, Change, Changed, NotChanged, Offer, Refused},
    slug::Slug,
    view,
};
use serde::Deserialize;

use crate::{
    App,
    error::Problem,
    extract::{Asking, Client, Path, Query, bearer, is_own_site},
};

/// The media type of offers and answers.
const SDP: &str = "application/sdp";
/// The media type of changes to a session.
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// Seconds after which a viewer may ask again for a stream that is not live.
const NOT_LIVE_RETRY_S: u32 = 2;
/// Seconds after which to ask again where there are too many.
const BUSY_RETRY_S: u32 = 5;

/// What may stand in the address.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// A grant, as it stands in the addresses of HLS.
    token: Option<String>,
}

/// Leave to watch, and how it is carried.
struct Admitted {
    slug: Slug,
    token: std::sync::Arc<str>,
    granted: Granted,
}

/// Who may watch by this request: a grant, an API key, the cookie of this site's own pages, or anyone.
async fn admit(
    app: &App,
    slug: &str,
    grant: Option<&str>,
    parts: &mut Parts,
) -> Result<Admitted, Problem> {
    let client = Client::from_request_parts(parts, app).await?;
    let grant = grant.or_else(|| bearer(&parts.headers));
    if let (Some(token), Ok(slug)) = (grant, Slug::parse(slug))
        && let Ok(granted) = app.catalogue().check(slug.as_str(), token)
    {
        let token = token.into();
        return Ok(Admitted {
            slug,
            token,
            granted,
        });
    }
    let caller = if bearer(&parts.headers).is_some() || is_own_site(app, &parts.headers, &client) {
        Asking::from_request_parts(parts, app).await?.0
    } else {
        Caller::nobody(client.address)
    };
    let is_nobody = caller.subject == Subject::Nobody;
    let leave: Result<Leave, view::Refused> = Slug::parse(slug)
        .map_err(|_| view::Refused::NotFound)
        .and_then(|slug| app.catalogue().admit_view(&caller, &slug));
    match leave {
        Ok(leave) => Ok(Admitted {
            slug: Slug::parse(slug).map_err(|_| Problem::not_found())?,
            token: leave.token,
            granted: leave.granted,
        }),
        Err(view::Refused::TooMany { retry_after_s }) => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_tries",
            "Too many tries.",
        )
        .retry_after(retry_after_s)),
        // Alike for what does not exist and what is not theirs.
        Err(view::Refused::NotFound | view::Refused::LogIn) if is_nobody => {
            Err(Problem::unauthorized())
        }
        Err(view::Refused::NotFound | view::Refused::LogIn) => Err(Problem::forbidden()),
    }
}

/// `POST /{slug}/whep`.
pub(crate) async fn offer(
    State(app): State<App>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let admitted = admit(&app, &slug, asked.token.as_deref(), &mut parts).await?;
    let sdp = text(SDP, Request::from_parts(parts, body)).await?;
    let wish = Offer {
        slug: admitted.slug,
        token: admitted.token,
        granted: admitted.granted,
        sdp,
        address: client.address,
    };
    let answer = app.engine().watch(wish).await.map_err(refused)?;
    created(&slug, answer)
}

fn created(slug: &str, answer: Answer) -> Result<Response, Problem> {
    let location = format!("/{slug}/whep/{}", answer.session);
    let headers = [
        (header::CONTENT_TYPE, SDP.to_owned()),
        (header::LOCATION, location),
        (header::ETAG, quoted(&answer.etag)),
        (ACCEPT_PATCH, FRAGMENT.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::CREATED, headers, answer.sdp).into_response())
}

/// `PATCH /{slug}/whep/{session}`: further addresses, or a restart of ICE.
pub(crate) async fn change(
    State(app): State<App>,
    Path((slug, session)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let admitted = admit(&app, &slug, asked.token.as_deref(), &mut parts).await?;
    let if_match = parts.headers.get(header::IF_MATCH).map(|value| {
        let text = value.to_str().unwrap_or("?").trim();
        text.trim_start_matches("W/").trim_matches('"').to_owned()
    });
    let fragment = text(FRAGMENT, Request::from_parts(parts, body)).await?;
    let change = Change {
        session,
        granted: admitted.granted,
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

/// `DELETE /{slug}/whep/{session}`.
pub(crate) async fn end(
    State(app): State<App>,
    Path((slug, session)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (mut parts, _) = request.into_parts();
    let admitted = admit(&app, &slug, asked.token.as_deref(), &mut parts).await?;
    if app.engine().end_session(session, admitted.granted).await {
        Ok(StatusCode::OK)
    } else {
        Err(Problem::not_found())
    }
}

/// `HEAD` and `GET` on the door and on a session: there is one, alike for every name.
pub(crate) async fn discover() -> Response {
    ([(header::CONTENT_TYPE, SDP)], ()).into_response()
}

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// What players on other sites need: any origin, no credentials (Fetch, 3.2); and the answer to `OPTIONS`.
pub(crate) async fn cors(request: Request, next: Next) -> Response {
    let mut response = if request.method() == axum::http::Method::OPTIONS {
        let headers = [
            (ACCEPT_POST, SDP),
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
async fn text(wanted: &str, request: Request) -> Result<String, Problem> {
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

fn unreadable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", detail)
}

fn refused(why: Refused) -> Problem {
    let detail = why.to_string();
    match why {
        Refused::Off => Problem::new(StatusCode::NOT_IMPLEMENTED, "webrtc_off", detail),
        Refused::NotLive => {
            Problem::new(StatusCode::CONFLICT, "not_live", detail).retry_after(NOT_LIVE_RETRY_S)
        }
        Refused::Unsuitable(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unsuitable", detail)
        }
        Refused::Malformed(_) => unreadable(detail),
        Refused::Unacceptable(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unacceptable", detail)
        }
        Refused::TooMany => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_sessions", detail)
                .retry_after(BUSY_RETRY_S)
        }
    }
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

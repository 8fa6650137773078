//! WHEP: watching by WebRTC. `POST /{slug}/whep` takes an offer and answers it; the session lives at the address that it returns.
//!
//! Shaped as RFC 9725 shapes publishing, turned round (draft-ietf-wish-whep-03). Whoever may watch by HLS may watch by this, with the
//! same grants; a page of another site may ask as well, but never with its visitor's cookie.

use axum::{
    Extension,
    extract::{FromRequestParts as _, Request, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use domain::{
    caller::{Caller, Subject},
    gate::{Gatekeeper as _, Leave},
    grant::Granted,
    session::{Holder, Offer, Refused},
    slug::Slug,
    view,
};
use serde::Deserialize;

use crate::{
    App,
    error::Problem,
    extract::{Asking, Client, Path, Query, bearer, is_own_site},
    sdp,
};

/// Seconds after which a viewer may ask again for a stream that is not live.
const NOT_LIVE_RETRY_S: u32 = 2;

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
    let sdp = sdp::text(sdp::OFFER, Request::from_parts(parts, body)).await?;
    let wish = Offer {
        slug: admitted.slug,
        token: admitted.token,
        granted: admitted.granted,
        sdp,
        address: client.address,
    };
    let answer = app.engine().watch(wish).await.map_err(refused)?;
    Ok(sdp::created(&format!("/{slug}/whep"), answer))
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
    let holder = Holder::Viewer(admitted.granted);
    sdp::change(&app, session, holder, Request::from_parts(parts, body)).await
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
    sdp::end(&app, session, Holder::Viewer(admitted.granted)).await
}

/// Why an offer is not answered, as a problem.
pub(crate) fn refused(why: Refused) -> Problem {
    let detail = why.to_string();
    match why {
        Refused::Off => Problem::new(StatusCode::NOT_IMPLEMENTED, "webrtc_off", detail),
        Refused::NotLive => {
            Problem::new(StatusCode::CONFLICT, "not_live", detail).retry_after(NOT_LIVE_RETRY_S)
        }
        Refused::Unsuitable(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unsuitable", detail)
        }
        Refused::Malformed(_) => sdp::unreadable(detail),
        Refused::Unacceptable(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unacceptable", detail)
        }
        Refused::TooMany => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_sessions", detail)
                .retry_after(sdp::BUSY_RETRY_S)
        }
    }
}

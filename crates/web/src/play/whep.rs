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
    gate::Gatekeeper as _,
    grant::{self, Granted},
    item::Space,
    secret::Secret,
    session::{Holder, Offer, Refused},
    slug::Slug,
    view::{self, Purpose},
};

use crate::{
    App,
    error::Problem,
    extract::{Asking, Brought, Client, Path, Viewing, bearer, is_own_site},
    sdp,
};

/// Seconds after which a viewer may ask again for a stream that is not live.
const NOT_LIVE_RETRY_S: u32 = 2;

/// Leave to watch, and how it is carried.
struct Admitted {
    slug: Slug,
    token: std::sync::Arc<str>,
    granted: Granted,
    /// Whether the session's address must carry the leave: it was given for a code, and who comes back is to be the same viewer.
    is_carried: bool,
}

/// Who may watch by this request: a grant, an API key, the cookie of this site's own pages, an access code, or anyone.
async fn admit(
    app: &App,
    slug: &str,
    brought: &Brought,
    purpose: Purpose,
    parts: &mut Parts,
) -> Result<Admitted, Problem> {
    let client = Client::from_request_parts(parts, app).await?;
    let grant = brought.grant.as_ref().map(Secret::expose);
    let grant = grant.or_else(|| bearer(&parts.headers));
    if let (Some(token), Ok(slug)) = (grant, Slug::parse(slug))
        && let Ok(granted) = app
            .catalogue()
            .check(Space::Watch, slug.as_str(), token, purpose)
    {
        let token = token.into();
        return Ok(Admitted {
            slug,
            token,
            granted,
            is_carried: is_of_code(granted),
        });
    }
    let may_know = bearer(&parts.headers).is_some() || is_own_site(app, &parts.headers, &client);
    let caller = if may_know && !brought.is_preview {
        Asking::from_request_parts(parts, app).await?.0
    } else {
        Caller::nobody(client.address)
    };
    let is_nobody = caller.subject == Subject::Nobody;
    let viewing = Viewing {
        caller,
        brought: brought.clone(),
    };
    let slug = Slug::parse(slug).map_err(|_| view::Refused::NotFound);
    let leave = slug.and_then(|slug| {
        let asking = viewing.asking(purpose);
        let leave = app.catalogue().admit_view(&asking, Space::Watch, &slug)?;
        Ok((slug, leave))
    });
    match leave {
        Ok((slug, leave)) => Ok(Admitted {
            slug,
            token: leave.token,
            granted: leave.granted,
            is_carried: is_of_code(leave.granted),
        }),
        Err(why @ view::Refused::TooMany { retry_after_s }) => {
            Err(
                Problem::new(StatusCode::TOO_MANY_REQUESTS, why.code(), "Too many tries.")
                    .retry_after(retry_after_s),
            )
        }
        Err(why @ view::Refused::Code(unopened @ view::Unopened::Full { places })) => {
            Err(Problem::full(why.code(), unopened.to_string(), places))
        }
        Err(why @ view::Refused::Code(unopened)) if unopened != view::Unopened::Unknown => {
            let problem = Problem::new(StatusCode::FORBIDDEN, why.code(), unopened.to_string());
            Err(problem)
        }
        // Alike for what does not exist and what is not theirs.
        Err(_) if is_nobody => Err(Problem::unauthorized()),
        Err(_) => Err(Problem::forbidden()),
    }
}

fn is_of_code(granted: Granted) -> bool {
    matches!(granted.subject, grant::Subject::Code { .. })
}

/// `POST /{slug}/whep`.
pub(crate) async fn offer(
    State(app): State<App>,
    Path(slug): Path<String>,
    brought: Brought,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let admitted = admit(&app, &slug, &brought, Purpose::Play, &mut parts).await?;
    let carried = if admitted.is_carried {
        format!("?token={}", admitted.token)
    } else {
        String::new()
    };
    let sdp = sdp::text(sdp::OFFER, Request::from_parts(parts, body)).await?;
    let wish = Offer {
        slug: admitted.slug,
        token: admitted.token,
        granted: admitted.granted,
        sdp,
        address: client.address,
    };
    let answer = app.engine().watch(wish).await.map_err(refused)?;
    Ok(sdp::created(&format!("/{slug}/whep"), &carried, answer))
}

/// `PATCH /{slug}/whep/{session}`: further addresses, or a restart of ICE.
pub(crate) async fn change(
    State(app): State<App>,
    Path((slug, session)): Path<(String, String)>,
    brought: Brought,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let admitted = admit(&app, &slug, &brought, Purpose::Look, &mut parts).await?;
    let holder = Holder::Viewer(admitted.granted);
    sdp::change(&app, session, holder, Request::from_parts(parts, body)).await
}

/// `DELETE /{slug}/whep/{session}`.
pub(crate) async fn end(
    State(app): State<App>,
    Path((slug, session)): Path<(String, String)>,
    brought: Brought,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (mut parts, _) = request.into_parts();
    let admitted = admit(&app, &slug, &brought, Purpose::Look, &mut parts).await?;
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

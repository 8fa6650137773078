//! WHIP: publishing by WebRTC (RFC 9725). `POST /{slug}/whip` takes an offer and answers it; the session lives at the address that it
//! returns. Whether the key opens the stream is the engine's to ask, as at its other doors: there refusals are kept for the owner.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    publish::Refused,
    secret::Secret,
    session::{Holder, NotPublished, Publish},
};
use serde::Deserialize;

use crate::{
    App,
    error::Problem,
    extract::{Client, Path, Query, bearer},
    sdp,
};

/// What may stand in the address.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// The stream key, where a client cannot send it as bearer token.
    token: Option<String>,
}

impl Asked {
    /// The key as it was sent; the header counts before the address.
    fn key(self, headers: &HeaderMap) -> Option<Secret> {
        let key = bearer(headers).map(str::to_owned).or(self.token);
        key.filter(|key| !key.is_empty()).map(Secret::new)
    }

    fn holder(self, headers: &HeaderMap) -> Result<Holder, Problem> {
        let key = self.key(headers);
        let key = key.ok_or_else(|| refused(&Refused::NoKey))?;
        Ok(Holder::Publisher(key.hash()))
    }
}

/// `POST /{slug}/whip`.
pub(crate) async fn offer(
    State(app): State<App>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Problem> {
    let key = asked.key(request.headers());
    let door = format!("/{slug}/whip");
    let publish = Publish {
        path: vec![slug],
        key,
        sdp: sdp::text(sdp::OFFER, request).await?,
        address: client.address,
    };
    let answer = app.engine().publish(publish).await;
    answer
        .map(|answer| sdp::created(&door, "", answer))
        .map_err(not_published)
}

/// `PATCH /{slug}/whip/{session}`: further addresses, or a restart of ICE.
pub(crate) async fn change(
    State(app): State<App>,
    Path((_, session)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<Response, Problem> {
    let holder = asked.holder(request.headers())?;
    sdp::change(&app, session, holder, request).await
}

/// `DELETE /{slug}/whip/{session}`: the publisher leaves.
pub(crate) async fn end(
    State(app): State<App>,
    Path((_, session)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    sdp::end(&app, session, asked.holder(&headers)?).await
}

fn not_published(why: NotPublished) -> Problem {
    let detail = why.to_string();
    match why {
        NotPublished::Off => Problem::new(StatusCode::NOT_IMPLEMENTED, "webrtc_off", detail),
        NotPublished::Refused(why) => refused(&why),
        NotPublished::Malformed(_) => sdp::unreadable(detail),
        NotPublished::Unacceptable(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unacceptable", detail)
        }
        NotPublished::TooMany => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_sessions", detail)
                .retry_after(sdp::BUSY_RETRY_S)
        }
    }
}

/// A refusal in the words that the sender is told at every door: what is wrong, and what to do.
fn refused(why: &Refused) -> Problem {
    let (status, retry_after_s) = match why {
        Refused::NoKey | Refused::UnknownKey | Refused::Revoked { .. } => {
            (StatusCode::UNAUTHORIZED, None)
        }
        Refused::OtherStream { .. } | Refused::OtherApplication { .. } | Refused::Disabled => {
            (StatusCode::FORBIDDEN, None)
        }
        Refused::TooManyTries { retry_after_s } => {
            (StatusCode::TOO_MANY_REQUESTS, Some(*retry_after_s))
        }
        Refused::AlreadyLive | Refused::Ended => (StatusCode::CONFLICT, None),
        Refused::Unsupported { .. } => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Refused::TooManyPublishers | Refused::ShuttingDown => {
            (StatusCode::SERVICE_UNAVAILABLE, Some(sdp::BUSY_RETRY_S))
        }
        Refused::Protocol { .. } => (StatusCode::BAD_REQUEST, None),
    };
    let detail = format!("{} {}", why.message(), why.fix());
    let problem = Problem::new(status, why.code(), detail);
    match retry_after_s {
        Some(seconds) => problem.retry_after(seconds),
        None => problem,
    }
}

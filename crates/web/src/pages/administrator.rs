//! Who may open the pages of the server: administrators. Someone not logged in is led to the login and back, a member is told so.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::Response,
};
use domain::caller::Caller;

use super::{error, managed::Member};
use crate::{App, check::Asked, front::Peer};

/// An administrator who is logged in.
pub(crate) struct Administrator(pub(crate) Caller);

impl FromRequestParts<App> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Member(caller) = Member::from_request_parts(parts, app).await?;
        if app.catalogue().is_administrator(&caller) {
            Ok(Self(caller))
        } else {
            Err(error::say(
                app,
                &caller,
                StatusCode::FORBIDDEN,
                "admin-only",
            ))
        }
    }
}

/// What the request looked like, for the self-check.
pub(crate) struct Way(pub(crate) Asked);

impl FromRequestParts<App> for Way {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<Peer>();
        let peer = peer.map_or([127, 0, 0, 1].into(), |peer| peer.0.ip());
        let authority = parts
            .uri
            .authority()
            .map(axum::http::uri::Authority::as_str);
        Ok(Self(Asked::plain(&parts.headers, authority, peer)))
    }
}

//! `/api/webrtc/reach`: whether the caller's browser reaches the port of WebRTC, by each way that the answer offers.

use axum::{
    Extension,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::session::Reach;

use crate::{
    App,
    error::Problem,
    extract::{Client, Known},
    play::whep,
    sdp,
};

/// `POST /api/webrtc/reach`: an offer that asks for sound is answered; nothing is sent over the session, and it ends within ten seconds.
pub(crate) async fn look(
    State(app): State<App>,
    Known(_): Known,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Problem> {
    let wish = Reach {
        sdp: sdp::text(sdp::OFFER, request).await?,
        address: client.address,
    };
    let answer = app.engine().reach(wish).await.map_err(whep::refused)?;
    let headers = [
        (header::CONTENT_TYPE, sdp::OFFER),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::CREATED, headers, answer.sdp).into_response())
}

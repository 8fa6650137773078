//! Who may open the pages of streams: members, and of one stream those who manage it.
//!
//! Someone not logged in is led to the login and back. Whoever may not manage a stream meets the gate, alike for what does not exist.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{FromRequestParts, Path},
    http::{Method, request::Parts},
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    item::{Kind, Name},
    slug::Slug,
    stored::Stored,
    stream::Stream,
};

use super::{gate, login::see};
use crate::{App, api, extract::Visitor};

/// Somebody who is logged in.
pub(crate) struct Member(pub(crate) Caller);

/// Somebody who is logged in, and the stream in the path, which is theirs to manage.
pub(crate) struct Managed {
    pub(crate) caller: Caller,
    pub(crate) stream: Stream,
}

/// Somebody who is logged in, and the video or image in the path, which is theirs to manage.
pub(crate) struct ManagedItem {
    pub(crate) caller: Caller,
    pub(crate) stored: Arc<Stored>,
}

impl FromRequestParts<App> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Visitor(caller) = Visitor::from_request_parts(parts, app)
            .await
            .map_err(|problem| problem.into_response())?;
        if app.catalogue().is_somebody(&caller) {
            Ok(Self(caller))
        } else {
            Err(see(&format!("/login?next={}", way_back(parts))))
        }
    }
}

impl FromRequestParts<App> for Managed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Member(caller) = Member::from_request_parts(parts, app).await?;
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let slug = names
            .ok()
            .and_then(|Path(names)| Slug::parse(names.get("slug")?).ok());
        match slug.map(|slug| api::streams::managed(app, &caller, &slug)) {
            Some(Ok(stream)) => Ok(Self { caller, stream }),
            Some(Err(_)) | None => Err(gate::closed(app, &caller, "/streams".to_owned())),
        }
    }
}

impl FromRequestParts<App> for ManagedItem {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Member(caller) = Member::from_request_parts(parts, app).await?;
        let found = named(parts, app).await.and_then(|name| {
            let kind = name.kind.stored()?;
            Some(app.catalogue().managed_stored(&caller, kind, &name.slug))
        });
        match found {
            Some(Ok(stored)) => Ok(Self { caller, stored }),
            Some(Err(_)) | None => Err(gate::closed(app, &caller, "/library".to_owned())),
        }
    }
}

/// The item that a path with `{kind}` and `{slug}` names.
pub(super) async fn named(parts: &mut Parts, app: &App) -> Option<Name> {
    let names = Path::<HashMap<String, String>>::from_request_parts(parts, app);
    let Path(names) = names.await.ok()?;
    Some(Name {
        kind: Kind::find(names.get("kind")?)?,
        slug: Slug::parse(names.get("slug")?).ok()?,
    })
}

/// Where to go after logging in: the page that was asked for, where it is one of plain words; a form is not sent again.
fn way_back(parts: &Parts) -> &str {
    let path = parts.uri.path();
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_');
    if parts.method == Method::GET && path.bytes().all(is_plain) {
        path
    } else {
        "/streams"
    }
}

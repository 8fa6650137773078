//! `/watch/{slug}`: the player, and beneath it what one wants to know.

use std::time::Duration;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{gate::Gatekeeper as _, slug::Slug, view};

use super::{Account, Frame, error, home::owner_name, page};
use crate::{
    App,
    assets::Assets,
    extract::{Path, Visitor},
};

struct OnAir {
    since: String,
    since_time: String,
    age: String,
    viewers: u64,
}

#[derive(Template)]
#[template(path = "watch.html")]
struct Page {
    assets: Assets,
    version: String,
    account: Option<Account>,
    slug: String,
    title: String,
    owner: String,
    who_can_see: String,
    src: String,
    state_url: String,
    on_air: Option<OnAir>,
}

#[derive(Template)]
#[template(path = "gate.html")]
struct Gate {
    assets: Assets,
    version: String,
    account: Option<Account>,
    next: String,
}

/// `GET /watch/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path(name): Path<String>,
) -> Response {
    let Frame {
        assets,
        version,
        account,
    } = Frame::new(&app, &caller);
    let slug = Slug::parse(&name);
    let admitted = slug
        .as_ref()
        .map_err(|_| view::Refused::LogIn)
        .and_then(|slug| app.catalogue().admit_view(&caller, slug));
    if let Err(view::Refused::TooMany { retry_after_s }) = admitted {
        return error::too_many(&app, &caller, retry_after_s);
    }
    let stream = match (&slug, admitted) {
        (Ok(slug), Ok(_)) => app.catalogue().find_stream(&caller, slug),
        _ => None,
    };
    let Some(stream) = stream else {
        // What is not allowed and what does not exist look alike; a slug goes back only where it is one.
        let next = slug.map_or_else(|_| "/".to_owned(), |slug| format!("/watch/{slug}"));
        return page(
            StatusCode::NOT_FOUND,
            &Gate {
                assets,
                version,
                account,
                next,
            },
            false,
        );
    };
    let now = app.inner.clock.now();
    let on_air = app.engine().live(&stream.slug).map(|live| OnAir {
        since: live.since.rfc3339(),
        since_time: live
            .since
            .rfc3339()
            .get(11..16)
            .unwrap_or_default()
            .to_owned(),
        age: age(now.since(live.since)),
        viewers: u64::from(live.viewers.hls + live.viewers.webrtc),
    });
    let template = Page {
        assets,
        version,
        account,
        owner: owner_name(&app, &stream),
        who_can_see: stream.visibility.sentence().to_owned(),
        src: format!("/hls/{}/index.m3u8", stream.slug),
        state_url: format!("/api/watch/{}", stream.slug),
        slug: stream.slug.as_str().to_owned(),
        title: stream.title,
        on_air,
    };
    page(StatusCode::OK, &template, true)
}

/// How long, as people say it: `42 min`, `1 h 12 min`; the space before a unit does not break.
pub(super) fn age(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "just now".to_owned(),
        (0, minutes) => format!("{minutes}\u{a0}min"),
        (hours, minutes) => format!("{hours}\u{a0}h {minutes}\u{a0}min"),
    }
}

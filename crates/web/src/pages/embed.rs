//! `/embed/{slug}`: a stream or a video alone, for a frame on somebody else's page: poster, title and one button first.
//!
//! No cookie is set, and none is needed: what is public, what has a link, and what a code opens is shown to nobody in particular. Which
//! sites may frame it, the code says, else the item, else any. What only a login opens is shown to who is logged in, and in no frame.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    caller::Caller,
    gate::Leave,
    grant,
    item::Space,
    slug::Slug,
    view::{self, Purpose},
};

use super::{
    Frame,
    frame::framed_by,
    page,
    video::Stage,
    watch::{StartAt, code_sites, opened, poster, whep},
};
use crate::{
    App,
    api::watch::Watched,
    extract::{Brought, Opening, Path, Query, Viewing},
    play::admit,
    text::Text,
};

/// What the player of a stream is given.
struct Live {
    slug: String,
    title: String,
    src: String,
    state_url: String,
    whep: Option<String>,
    poster: Option<String>,
    is_on_air: bool,
}

enum Shown {
    Stream(Live),
    Video(Stage),
}

#[derive(Template)]
#[template(path = "embed.html")]
struct Page {
    frame: Frame,
    t: Text,
    title: String,
    shown: Shown,
}

/// `GET /embed/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    Opening(viewing): Opening,
    Path(name): Path<String>,
    Query(from): Query<StartAt>,
    headers: HeaderMap,
) -> Response {
    let admitted = |slug: &Slug| admitted(&app, &viewing, slug);
    let (leave, watched) = match opened(&app, &viewing, &headers, &name, admitted) {
        Ok(opened) => opened,
        Err(closed) => return *closed,
    };
    let query = viewing.brought.handed_on(leave.granted);
    let (shown, sites) = match watched {
        Watched::Stream(stream) => {
            let slug = &stream.slug;
            let live = Live {
                src: format!("/hls/{slug}/index.m3u8{query}"),
                state_url: format!("/api/watch/{slug}{query}"),
                whep: whep(&app, slug).map(|whep| whep + &query),
                poster: poster(&app, slug).map(|poster| poster + &query),
                is_on_air: app.engine().live(slug).is_some(),
                slug: slug.as_str().to_owned(),
                title: stream.title,
            };
            (Shown::Stream(live), stream.sites)
        }
        Watched::Video(stored) => {
            let stage = Stage::new(&leave, &query, &stored, &from);
            (Shown::Video(stage), stored.sites.clone())
        }
    };
    let frame = Frame::new(&app, &Caller::nobody(viewing.caller.address));
    let template = Page {
        title: match &shown {
            Shown::Stream(live) => live.title.clone(),
            Shown::Video(stage) => stage.title.clone(),
        },
        shown,
        t: frame.t,
        frame,
    };
    let mut response = page(StatusCode::OK, &template, true);
    let granted = leave.granted;
    let sites = match granted.subject {
        grant::Subject::Nobody => Some(sites),
        _ => code_sites(&app, granted, sites),
    };
    if let Some(sites) = sites {
        framed_by(response.headers_mut(), &sites);
    }
    response
}

/// Leave without a login, by a code or where none is needed; else the login's, if there is one.
fn admitted(app: &App, viewing: &Viewing, slug: &Slug) -> Result<Leave, view::Refused> {
    let nobody = Viewing {
        caller: Caller::nobody(viewing.caller.address),
        brought: viewing.brought.clone(),
    };
    let is_somebody = app.catalogue().is_somebody(&viewing.caller);
    admit(app, &nobody, Purpose::Open, Space::Watch, slug).or_else(|why| {
        let own = Viewing {
            caller: viewing.caller.clone(),
            brought: Brought::default(),
        };
        match is_somebody {
            // Why the code does not open it says more than that the login does not.
            true => admit(app, &own, Purpose::Open, Space::Watch, slug).map_err(|_| why),
            false => Err(why),
        }
    })
}

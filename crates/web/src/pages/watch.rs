//! `/watch/{slug}`: the player, and beneath it what one wants to know.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    engine::State as Phase,
    gate::Leave,
    grant::{self, Granted},
    item::{Item, Site, Space},
    slug::Slug,
    stream::{Stream, Visibility},
    view::{self, Purpose},
};
use serde::Deserialize;

use super::{Frame, frame::framed_by, gate, home::owner_name, page, share, video};
use crate::{
    App,
    api::watch::{Watched, watched},
    extract::{Opening, Path, Query, Viewing},
    play::admit,
    text::Text,
};

struct OnAir {
    state: Phase,
    since: String,
    since_time: String,
    age: String,
    viewers: String,
}

impl OnAir {
    fn is_receiving(&self) -> bool {
        self.state == Phase::Receiving
    }
}

#[derive(Template)]
#[template(path = "watch.html")]
struct Page {
    frame: Frame,
    t: Text,
    slug: String,
    title: String,
    owner: String,
    who_can_see: String,
    src: String,
    state_url: String,
    whep: Option<String>,
    poster: Option<String>,
    description: Vec<String>,
    manages: bool,
    on_air: Option<OnAir>,
}

/// Where a video begins.
#[derive(Default, Deserialize)]
pub(crate) struct StartAt {
    /// `90`, `1:30`, `1:02:30`; anything else is the beginning.
    pub(super) t: Option<String>,
}

/// What stands under a name for who is admitted; to all others the gate.
pub(super) fn opened(
    app: &App,
    viewing: &Viewing,
    headers: &HeaderMap,
    name: &str,
    admitted: impl FnOnce(&Slug) -> Result<Leave, view::Refused>,
) -> Result<(Leave, Watched), Box<Response>> {
    let slug = Slug::parse(name).map_err(|_| view::Refused::LogIn);
    let found = slug.as_ref().map_err(|why| *why).and_then(|slug| {
        let leave = admitted(slug)?;
        let watched = watched(app, &viewing.caller, leave.granted.item);
        Ok((leave, watched.ok_or(view::Refused::LogIn)?))
    });
    found.map_err(|why| {
        // What is not allowed and what does not exist look alike; a slug goes back only where it is one.
        let next = slug.map_or_else(|_| "/".to_owned(), |slug| format!("/watch/{slug}"));
        Box::new(gate::show(
            app,
            viewing,
            gate::Place::of(headers),
            next,
            why,
        ))
    })
}

/// `GET /watch/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    Opening(viewing): Opening,
    Path(name): Path<String>,
    Query(from): Query<StartAt>,
    headers: HeaderMap,
) -> Response {
    let admitted = |slug: &Slug| admit(&app, &viewing, Purpose::Open, Space::Watch, slug);
    let (leave, watched) = match opened(&app, &viewing, &headers, &name, admitted) {
        Ok(opened) => opened,
        Err(closed) => return *closed,
    };
    let granted = leave.granted;
    let (mut response, sites) = match watched {
        Watched::Stream(stream) => {
            let sites = stream.sites.clone();
            (show_stream(&app, &viewing, granted, *stream), sites)
        }
        Watched::Video(stored) => {
            let response = video::show(&app, &viewing, &leave, &stored, &from);
            (response, stored.sites.clone())
        }
    };
    // What a code opened may stand in a frame; what a login did, and what anybody finds here, has no need to.
    if let Some(sites) = code_sites(&app, granted, sites) {
        framed_by(response.headers_mut(), &sites);
    }
    response
}

/// Sites that may show in a frame what a code opened; `None` where no code did.
pub(super) fn code_sites(app: &App, granted: Granted, of_item: Vec<Site>) -> Option<Vec<Site>> {
    let grant::Subject::Code { code, .. } = granted.subject else {
        return None;
    };
    let of_code = app.catalogue().code_sites(code);
    Some(if of_code.is_empty() { of_item } else { of_code })
}

fn show_stream(app: &App, viewing: &Viewing, granted: Granted, stream: Stream) -> Response {
    let query = viewing.brought.handed_on(granted);
    let caller = &viewing.caller;
    let frame = Frame::new(app, caller);
    let now = app.inner.clock.now();
    let on_air = app.engine().live(&stream.slug).map(|live| OnAir {
        since: live.since.rfc3339(),
        since_time: live
            .since
            .rfc3339()
            .get(11..16)
            .unwrap_or_default()
            .to_owned(),
        state: live.state,
        age: frame.t.age(now.since(live.since)),
        viewers: frame
            .t
            .count(u64::from(live.viewers.hls + live.viewers.webrtc)),
    });
    let template = Page {
        t: frame.t,
        frame,
        owner: owner_name(app, stream.owner),
        who_can_see: share::who_sees(app, caller, Item::Stream(stream.id), stream.visibility),
        src: format!("/hls/{}/index.m3u8{query}", stream.slug),
        state_url: format!("/api/watch/{}{query}", stream.slug),
        whep: whep(app, &stream.slug).map(|whep| whep + &query),
        poster: poster(app, &stream.slug).map(|poster| poster + &query),
        manages: app.catalogue().may_manage(caller, stream.id),
        slug: stream.slug.as_str().to_owned(),
        description: paragraphs(&stream.description),
        title: stream.title,
        on_air,
    };
    page(StatusCode::OK, &template, true)
}

/// A description as it was written, paragraph by paragraph; lines stay lines.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let paragraphs = text.split("\n\n").map(|part| part.trim_matches('\n'));
    let whole = paragraphs.filter(|part| !part.trim().is_empty());
    whole.map(str::to_owned).collect()
}

/// Where a picture of the stream is, if there is one now.
pub(crate) fn poster(app: &App, slug: &Slug) -> Option<String> {
    app.engine().poster(slug)?;
    Some(format!("/hls/{slug}/poster.mp4"))
}

/// The door of WebRTC, where there is one.
pub(super) fn whep(app: &App, slug: &Slug) -> Option<String> {
    let capable = app.engine().capabilities().whep;
    capable.then(|| format!("/{slug}/whep"))
}

/// Who can see a stream, as a sentence.
pub(super) fn who_can_see(t: Text, visibility: Visibility) -> String {
    let id = format!("visibility-{}", visibility.word());
    t.msg(id).attr("sentence").to_string()
}

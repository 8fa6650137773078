//! `/watch/{slug}`: the player, and beneath it what one wants to know.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    engine::State as Phase,
    grant::Granted,
    item::{Item, Space},
    slug::Slug,
    stream::{Stream, Visibility},
    view::{self, Purpose},
};

use super::{Frame, gate, home::owner_name, page, share};
use crate::{
    App,
    extract::{Opening, Path},
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
    manages: bool,
    on_air: Option<OnAir>,
}

/// `GET /watch/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    Opening(viewing): Opening,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let slug = Slug::parse(&name);
    let admitted = slug
        .as_ref()
        .map_err(|_| view::Refused::LogIn)
        .and_then(|slug| admit(&app, &viewing, Purpose::Open, Space::Watch, slug));
    let (leave, stream) = match admitted.map(|leave| (leave.granted, stream(&app, leave.granted))) {
        Ok((granted, Some(stream))) => (granted, stream),
        refused => {
            // What is not allowed and what does not exist look alike; a slug goes back only where it is one.
            let next = slug.map_or_else(|_| "/".to_owned(), |slug| format!("/watch/{slug}"));
            let why = refused.err().unwrap_or(view::Refused::LogIn);
            return gate::show(&app, &viewing, gate::Place::of(&headers), next, why);
        }
    };
    let query = viewing.brought.handed_on(leave);
    let caller = viewing.caller;
    let frame = Frame::new(&app, &caller);
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
        owner: owner_name(&app, &stream),
        who_can_see: share::who_sees(&app, &caller, Item::Stream(stream.id), stream.visibility),
        src: format!("/hls/{}/index.m3u8{query}", stream.slug),
        state_url: format!("/api/watch/{}{query}", stream.slug),
        whep: whep(&app, &stream.slug).map(|whep| whep + &query),
        poster: poster(&app, &stream.slug).map(|poster| poster + &query),
        manages: app.catalogue().may_manage(&caller, stream.id),
        slug: stream.slug.as_str().to_owned(),
        title: stream.title,
        on_air,
    };
    page(StatusCode::OK, &template, true)
}

/// The stream that leave was given for.
fn stream(app: &App, granted: Granted) -> Option<Stream> {
    match granted.item {
        Item::Stream(id) => app.catalogue().stream(id),
        Item::Video(_) | Item::Image(_) => None,
    }
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

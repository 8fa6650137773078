//! The home page: what the visitor may see: live first, then the library.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{catalogue::PAGE_MAX, engine::State as Phase, user::UserId};

use super::{
    Frame,
    cards::{Card, Choice, Listing, cards},
    page,
    watch::poster,
};
use crate::{
    App,
    extract::{Query, Visitor},
    text::Text,
};

struct Live {
    slug: String,
    title: String,
    owner: String,
    since: String,
    age: String,
    viewers: String,
    is_receiving: bool,
    poster: Option<String>,
}

struct Offline {
    slug: String,
    title: String,
    owner: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    t: Text,
    live: Vec<Live>,
    offline: Vec<Offline>,
    cards: Vec<Card>,
    choice: Choice,
    is_narrowed: bool,
}

/// `GET /`.
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(listing): Query<Listing>,
) -> Response {
    let (now, t) = (app.inner.clock.now(), app.text());
    let (mut live, mut offline) = (Vec::new(), Vec::new());
    for stream in app
        .catalogue()
        .list_streams(&caller, None, PAGE_MAX)
        .streams
    {
        let owner = owner_name(&app, stream.owner);
        let slug = stream.slug.as_str().to_owned();
        match app.engine().live(&stream.slug) {
            Some(broadcast) => live.push((
                broadcast.since,
                Live {
                    slug,
                    title: stream.title,
                    owner,
                    since: broadcast.since.rfc3339(),
                    age: t.age(now.since(broadcast.since)),
                    viewers: t.count(u64::from(broadcast.viewers.hls + broadcast.viewers.webrtc)),
                    is_receiving: broadcast.state == Phase::Receiving,
                    poster: poster(&app, &stream.slug),
                },
            )),
            None => offline.push(Offline {
                slug,
                title: stream.title,
                owner,
            }),
        }
    }
    live.sort_by_key(|(since, _)| std::cmp::Reverse(*since));
    let is_somebody = app.catalogue().is_somebody(&caller);
    let whose = listing.whose(is_somebody);
    let found = listing.find(&app, &caller, listing.kind(), whose);
    let frame = Frame::new(&app, &caller);
    let live = live.into_iter().map(|(_, live)| live).collect();
    page(
        StatusCode::OK,
        &Page {
            t: frame.t,
            frame,
            live,
            offline,
            cards: cards(&app, &caller, &found.items),
            choice: Choice::new("/", &listing, found.next_cursor).with_mine(whose, is_somebody),
            is_narrowed: listing.is_narrowed(),
        },
        false,
    )
}

/// The name of whoever something belongs to, as viewers are shown it.
pub(super) fn owner_name(app: &App, owner: Option<UserId>) -> String {
    app.name_of(owner).unwrap_or_else(|| "–".to_owned())
}

//! `/images`: the gallery; `/images/{slug}/about`: the page of one image for people. The image itself is `play::image`'s.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    item::{Guarded as _, Item, Space},
    slug::Slug,
    stored::{Kind, State as Phase, Stored},
    view::{self, Purpose},
};

use super::{
    Frame,
    cards::{Card, Choice, Listing, Whose, cards},
    gate,
    home::owner_name,
    page, share,
    watch::paragraphs,
};
use crate::{
    App,
    extract::{Opening, Path, Query, Visitor},
    play::admit,
    text::Text,
};

#[derive(Template)]
#[template(path = "images.html")]
struct Gallery {
    frame: Frame,
    t: Text,
    cards: Vec<Card>,
    choice: Choice,
    is_narrowed: bool,
}

/// `GET /images`.
pub(crate) async fn list(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(listing): Query<Listing>,
) -> Response {
    let found = listing.find(&app, &caller, Some(Kind::Image), Whose::All);
    let frame = Frame::new(&app, &caller);
    let template = Gallery {
        t: frame.t,
        frame,
        cards: cards(&app, &caller, &found.items),
        choice: Choice::new("/images", &listing, found.next_cursor),
        is_narrowed: listing.is_narrowed(),
    };
    page(StatusCode::OK, &template, false)
}

#[derive(Template)]
#[template(path = "image.html")]
struct About {
    frame: Frame,
    t: Text,
    slug: String,
    title: String,
    /// The image in the width that a page shows.
    src: String,
    /// The image as it is kept, to look at and to save.
    whole: String,
    download: String,
    width: u32,
    height: u32,
    owner: String,
    created: String,
    created_day: String,
    description: Vec<String>,
    who_can_see: String,
    manages: bool,
}

/// `GET /images/{slug}/about`.
pub(crate) async fn about(
    State(app): State<App>,
    Opening(viewing): Opening,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let slug = Slug::parse(&name);
    let admitted = slug
        .as_ref()
        .map_err(|_| view::Refused::LogIn)
        .and_then(|slug| admit(&app, &viewing, Purpose::Look, Space::Images, slug));
    let found = admitted.map(|leave| (leave.granted, ready(&app, leave.granted.item)));
    let (granted, stored) = match found {
        Ok((granted, Some(stored))) => (granted, stored),
        refused => {
            let next = slug.map_or_else(|_| "/".to_owned(), |slug| format!("/images/{slug}/about"));
            let why = refused.err().unwrap_or(view::Refused::LogIn);
            return gate::show(&app, &viewing, gate::Place::of(&headers), next, why);
        }
    };
    let caller = &viewing.caller;
    let query = viewing.brought.handed_on(granted);
    let with = |more: &str| {
        let joint = if query.is_empty() { '?' } else { '&' };
        format!("/images/{}{query}{joint}{more}", stored.slug)
    };
    let frame = Frame::new(&app, caller);
    let template = About {
        src: with("w=1920"),
        whole: format!("/images/{}{query}", stored.slug),
        download: with("download"),
        width: stored.facts.width,
        height: stored.facts.height,
        owner: owner_name(&app, stored.owner),
        created: stored.created.rfc3339(),
        created_day: frame.t.day(stored.created),
        description: paragraphs(&stored.description),
        who_can_see: share::who_sees(&app, caller, stored.item(), stored.visibility),
        manages: app.catalogue().may_manage_item(caller, stored.item()),
        slug: stored.slug.to_string(),
        title: stored.title.clone(),
        t: frame.t,
        frame,
    };
    page(StatusCode::OK, &template, false)
}

/// The image, where it can be shown.
fn ready(app: &App, item: Item) -> Option<std::sync::Arc<Stored>> {
    let Item::Image(id) = item else {
        return None;
    };
    let stored = app.catalogue().stored(id);
    stored.filter(|stored| stored.state == Phase::Ready)
}

//! `/test`: one live stream played in real time and with low delay beside each other, and all that can be measured of it.
//!
//! Open to everybody; what can be picked is what the visitor may see. Everything measured is measured by the browser.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{
    caller::Caller,
    catalogue::PAGE_MAX,
    slug::Slug,
    stream::{Stream, Visibility},
};
use serde::Deserialize;

use super::{Frame, page, watch::poster};
use crate::{
    App,
    extract::{Client, Query, Visitor},
    text::Text,
};

#[derive(Deserialize)]
pub(crate) struct Wanted {
    stream: Option<String>,
}

/// A stream that can be picked.
struct Choice {
    slug: String,
    label: String,
    is_chosen: bool,
}

struct Chosen {
    slug: String,
    title: String,
    src: String,
    state_url: String,
    whep: Option<String>,
    /// With which delays it is played, as the player knows them.
    sides: &'static [&'static str],
    index_url: String,
    whep_url: Option<String>,
    whip_url: Option<String>,
    poster: Option<String>,
    is_live: bool,
    is_open: bool,
    manages: bool,
}

#[derive(Template)]
#[template(path = "test.html")]
struct Page {
    frame: Frame,
    t: Text,
    choices: Vec<Choice>,
    chosen: Option<Chosen>,
    is_missing: bool,
}

/// `GET /test`, with `?stream=SLUG` for one of several.
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    client: Client,
    Query(wanted): Query<Wanted>,
) -> Response {
    let frame = Frame::new(&app, &caller);
    let listed = app
        .catalogue()
        .list_streams(&caller, None, PAGE_MAX)
        .streams;
    let asked = wanted.stream.filter(|slug| !slug.is_empty());
    let stream = match &asked {
        // What is not allowed and what does not exist look alike.
        Some(slug) => Slug::parse(slug)
            .ok()
            .and_then(|slug| app.catalogue().find_watchable(&caller, &slug)),
        None => first(&app, &listed),
    };
    let is_missing = asked.is_some() && stream.is_none();
    let template = Page {
        t: frame.t,
        frame,
        choices: choices(&app, listed, stream.as_ref()),
        chosen: stream.map(|stream| chosen(&app, &caller, &client.origin, stream)),
        is_missing,
    };
    let status = if is_missing {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    page(status, &template, true)
}

/// The first that is live, or the first.
fn first(app: &App, listed: &[Stream]) -> Option<Stream> {
    let live = listed
        .iter()
        .find(|stream| app.engine().live(&stream.slug).is_some());
    live.or(listed.first()).cloned()
}

/// What can be picked: what is listed to the visitor, and the stream that is shown.
fn choices(app: &App, mut listed: Vec<Stream>, shown: Option<&Stream>) -> Vec<Choice> {
    if let Some(shown) = shown
        && !listed.iter().any(|stream| stream.id == shown.id)
    {
        listed.insert(0, shown.clone());
    }
    let choices = listed.into_iter().map(|stream| Choice {
        is_chosen: shown.is_some_and(|shown| shown.id == stream.id),
        label: if app.engine().live(&stream.slug).is_some() {
            let label = app.text().msg("test-choice-live");
            label.arg("title", stream.title.as_str()).to_string()
        } else {
            stream.title
        },
        slug: stream.slug.as_str().to_owned(),
    });
    choices.collect()
}

fn chosen(app: &App, caller: &Caller, origin: &str, stream: Stream) -> Chosen {
    let src = format!("/hls/{}/index.m3u8", stream.slug);
    let whep = super::watch::whep(app, &stream.slug);
    let whip = app.engine().capabilities().whip;
    Chosen {
        sides: if whep.is_some() {
            &["realtime", "low"]
        } else {
            &["low"]
        },
        whep_url: whep.as_ref().map(|whep| format!("{origin}{whep}")),
        whip_url: whip.then(|| format!("{origin}/{}/whip", stream.slug)),
        index_url: format!("{origin}{src}"),
        src,
        state_url: format!("/api/watch/{}", stream.slug),
        whep,
        poster: poster(app, &stream.slug),
        is_live: app.engine().live(&stream.slug).is_some(),
        is_open: matches!(stream.visibility, Visibility::Public | Visibility::Unlisted),
        manages: app.catalogue().may_manage(caller, stream.id),
        slug: stream.slug.as_str().to_owned(),
        title: stream.title,
    }
}

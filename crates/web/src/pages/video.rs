//! A stored video on its page and in a frame: the player, and beneath it what one wants to know.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::{
    gate::Leave,
    item::Guarded as _,
    stored::{State, Stored},
};
use library::image::POSTER;

use super::{
    Frame,
    home::owner_name,
    page, share,
    watch::{StartAt, paragraphs},
};
use crate::{App, extract::Viewing, play::may_download, text::Text};

/// What the player is given.
pub(super) struct Stage {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) src: String,
    pub(super) state_url: String,
    pub(super) poster: Option<String>,
    pub(super) captions: Vec<Captions>,
    /// Where it begins, in seconds.
    pub(super) start_s: Option<u32>,
    /// How long it is; 0 where that is not known.
    pub(super) duration_s: u64,
    /// Nothing can be played yet.
    pub(super) is_processing: bool,
    /// Why nothing can be played, for who manages it.
    pub(super) failed: Option<String>,
    /// There is nothing to see but the player's own stage.
    pub(super) is_sound_alone: bool,
}

/// Text over the picture.
pub(super) struct Captions {
    pub(super) src: String,
    pub(super) language: String,
    pub(super) label: String,
    pub(super) is_default: bool,
}

impl Stage {
    /// `query` is what the page hands on to its player; `leave` stands in the addresses of poster and captions.
    pub(super) fn new(leave: &Leave, query: &str, stored: &Stored, from: &StartAt) -> Self {
        let slug = stored.slug.as_str();
        let below = |name: &str| format!("/hls/{slug}/~{}/{name}", leave.token);
        let captions = stored.captions.iter().map(|caption| Captions {
            src: below(&format!("captions-{}.vtt", caption.language)),
            language: caption.language.clone(),
            label: caption.label.clone(),
            is_default: caption.is_default,
        });
        let start = from
            .t
            .as_deref()
            .and_then(|typed| share::seconds(typed.trim()));
        let known = &stored.facts;
        Self {
            slug: slug.to_owned(),
            title: stored.title.clone(),
            src: format!("/hls/{slug}/index.m3u8{query}"),
            state_url: format!("/api/watch/{slug}{query}"),
            poster: stored
                .poster
                .map(|set| format!("{}?v={}", below(POSTER), set.ms())),
            captions: captions.collect(),
            start_s: start.filter(|start| *start > 0),
            duration_s: known.duration_ms.div_ceil(1000),
            is_processing: stored.state == State::Processing,
            failed: match &stored.state {
                State::Failed(why) => Some(why.clone()),
                State::Processing | State::Ready => None,
            },
            is_sound_alone: stored.state == State::Ready
                && known.width == 0
                && !known.codecs.is_empty(),
        }
    }
}

#[derive(Template)]
#[template(path = "watch_video.html")]
struct Page {
    frame: Frame,
    t: Text,
    stage: Stage,
    owner: String,
    created: String,
    created_day: String,
    length: Option<String>,
    description: Vec<String>,
    who_can_see: String,
    manages: bool,
    /// Where the file as it came is to be had.
    download: Option<String>,
}

/// The page of a video, for whoever was given this leave.
pub(super) fn show(
    app: &App,
    viewing: &Viewing,
    leave: &Leave,
    stored: &Stored,
    from: &StartAt,
) -> Response {
    let caller = &viewing.caller;
    let query = viewing.brought.handed_on(leave.granted);
    let frame = Frame::new(app, caller);
    let t = frame.t;
    let may_download = may_download(app, caller, leave.granted, stored);
    let template = Page {
        stage: Stage::new(leave, &query, stored, from),
        owner: owner_name(app, stored.owner),
        created: stored.created.rfc3339(),
        created_day: t.day(stored.created),
        length: (stored.facts.duration_ms > 0).then(|| t.length(stored.facts.duration_ms)),
        description: paragraphs(&stored.description),
        who_can_see: share::who_sees(app, caller, stored.item(), stored.visibility),
        manages: app.catalogue().may_manage_item(caller, stored.item()),
        download: may_download.then(|| format!("/watch/{}/download{query}", stored.slug)),
        t,
        frame,
    };
    page(StatusCode::OK, &template, true)
}

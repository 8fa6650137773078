//! `/share/{kind}/{slug}`: handing out one item: who can see it, a code to let people in, its link, its frame.
//!
//! A page, which the script shows as a dialog where its link is (`share.ts`). A code is named by its id in every address here, so that
//! its text stands in no address but the one that is handed out.

use askama::Template;
use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use domain::{
    access_code::{New, Shown, Status},
    caller::Caller,
    item::{Guarded as _, Item, Kind, Name, Site, Visibility},
    secret::Secret,
    slug::Slug,
};
use serde::Deserialize;

use super::{
    Frame, code, codes, gate,
    login::see,
    managed::{Member, named},
    page,
};
use crate::{
    App, api,
    error::Problem,
    extract::{Client, Form, Query},
    links::{self, With},
    text::Text,
};

/// Codes of an item to choose from. Closes: a list of ten thousand; the others are on the page of codes.
const CODES_MAX: usize = 50;
/// Longest video that a link can begin in, in seconds: a hundred hours.
const START_S_MAX: u32 = 360_000;

/// Somebody who is logged in, and the item in the path, which is theirs to share. All others meet the gate.
pub(crate) struct Sharing {
    caller: Caller,
    shared: Shared,
}

/// An item as far as sharing is about it.
pub(crate) struct Shared {
    item: Item,
    name: Name,
    title: String,
    visibility: Visibility,
    sites: Vec<Site>,
    /// Whether the caller can make codes for it.
    is_own: bool,
}

impl Shared {
    fn find(app: &App, caller: &Caller, kind: Kind, slug: &Slug) -> Option<Self> {
        let Some(stored_kind) = kind.stored() else {
            let stream = api::streams::managed(app, caller, slug).ok()?;
            return Some(Self {
                item: stream.item(),
                is_own: stream.owner.is_none() || stream.owner == caller.user(),
                name: Name {
                    kind,
                    slug: stream.slug,
                },
                title: stream.title,
                visibility: stream.visibility,
                sites: stream.sites,
            });
        };
        let stored = app
            .catalogue()
            .managed_stored(caller, stored_kind, slug)
            .ok()?;
        Some(Self {
            item: stored.item(),
            name: Name {
                kind,
                slug: stored.slug.clone(),
            },
            title: stored.title.clone(),
            visibility: stored.visibility,
            sites: stored.sites.clone(),
            is_own: stored.owner.is_none() || stored.owner == caller.user(),
        })
    }

    fn path(&self) -> String {
        format!("/share/{}/{}", self.name.kind.word(), self.name.slug)
    }
}

impl FromRequestParts<App> for Sharing {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Member(caller) = Member::from_request_parts(parts, app).await?;
        let named = named(parts, app).await;
        match named.and_then(|name| Shared::find(app, &caller, name.kind, &name.slug)) {
            Some(shared) => Ok(Self { caller, shared }),
            None => Err(gate::closed(app, &caller, "/".to_owned())),
        }
    }
}

/// One way to let people in.
struct Way {
    /// The code's id; empty for none.
    id: String,
    label: String,
    is_chosen: bool,
}

/// Where a video begins.
struct Start {
    typed: String,
    is_chosen: bool,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "share.html")]
struct Page {
    frame: Frame,
    t: Text,
    path: String,
    title: String,
    icon: &'static str,
    who: String,
    ways: Vec<Way>,
    is_own: bool,
    made: Option<String>,
    link: String,
    start: Option<Start>,
    /// The query by which this choice is found again: from `?` on.
    query: String,
    embed: String,
    sites: String,
    /// Where the sites of the chosen code are changed.
    sites_path: Option<String>,
    is_closed: bool,
    preview: String,
    back: String,
}

#[derive(Default, Deserialize)]
pub(crate) struct Wanted {
    /// The id of the code to let people in with; empty for none.
    with: Option<String>,
    /// Whether a video begins elsewhere than at its beginning.
    start: Option<String>,
    /// Where: `1:30`, `1:02:30` or seconds.
    t: Option<String>,
    /// The code has just been made.
    made: Option<String>,
}

/// What was chosen.
struct Chosen {
    /// Those of the caller's codes that open the item, or will.
    codes: Vec<Shown>,
    /// Which of them.
    place: Option<usize>,
    start: Option<Start>,
    start_s: Option<u32>,
}

impl Chosen {
    fn of(app: &App, Sharing { caller, shared }: &Sharing, wanted: &Wanted) -> Self {
        let t = app.text();
        let mut codes = app.catalogue().codes_for(caller, shared.item);
        codes.retain(|shown| {
            shown.text.is_some() && matches!(shown.status, Status::Active | Status::NotYet)
        });
        codes.truncate(CODES_MAX);
        let place = match wanted.with.as_deref() {
            Some(id) => codes
                .iter()
                .position(|shown| shown.code.id.to_string() == id),
            // What is closed is shared with a code, if there is one.
            None => (!shared.visibility.is_open() && !codes.is_empty()).then_some(0),
        };
        let typed = wanted.t.as_deref().unwrap_or_default().trim();
        let is_chosen = wanted.start.is_some() && shared.name.kind == Kind::Video;
        let read = seconds(typed);
        let start = (shared.name.kind == Kind::Video).then(|| Start {
            typed: if typed.is_empty() {
                "0:00".to_owned()
            } else {
                typed.chars().take(10).collect()
            },
            is_chosen,
            error: (is_chosen && read.is_none())
                .then(|| t.msg("share-start").attr("wrong").to_string()),
        });
        Self {
            codes,
            place,
            start,
            start_s: read.filter(|start| is_chosen && *start > 0),
        }
    }

    fn code(&self) -> Option<&Shown> {
        self.place.and_then(|place| self.codes.get(place))
    }

    fn with(&self) -> With<'_> {
        let text = self.code().and_then(|shown| shown.text.as_ref());
        With {
            code: text.map(Secret::expose),
            start_s: self.start_s,
        }
    }

    /// The query by which the same is chosen again.
    fn query(&self) -> String {
        let id = self.code().map(|shown| shown.code.id.to_string());
        let start = self.start_s.map(|start| format!("&start=on&t={start}"));
        format!(
            "?with={}{}",
            id.unwrap_or_default(),
            start.unwrap_or_default()
        )
    }
}

/// `1:30`, `1:02:30` or seconds.
pub(super) fn seconds(typed: &str) -> Option<u32> {
    let mut total: u32 = 0;
    let parts = typed.split(':');
    if parts.clone().count() > 3 {
        return None;
    }
    for part in parts {
        let is_number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let number: u32 = part.parse().ok().filter(|_| is_number)?;
        total = total.checked_mul(60)?.checked_add(number)?;
    }
    (total <= START_S_MAX).then_some(total)
}

/// `GET /share/{kind}/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    client: Client,
    sharing: Sharing,
    Query(wanted): Query<Wanted>,
) -> Response {
    let chosen = Chosen::of(&app, &sharing, &wanted);
    let Sharing { caller, shared } = sharing;
    let frame = Frame::new(&app, &caller);
    let (t, origin) = (frame.t, &client.origin);
    let name = |shown: &Shown| codes::name(t, shown);
    let sites = match chosen.code() {
        Some(shown) if !shown.code.sites.is_empty() => &shown.code.sites,
        _ => &shared.sites,
    };
    let sites: Vec<&str> = sites.iter().map(Site::as_str).collect();
    let is_closed = !shared.visibility.is_open();
    let preview = links::path(&shared.name, chosen.with());
    let joint = if preview.contains('?') { '&' } else { '?' };
    let template = Page {
        path: shared.path(),
        icon: if is_closed { "lock" } else { "globe" },
        who: who(t, &shared, &chosen.codes),
        ways: ways(t, shared.visibility, &chosen),
        is_own: shared.is_own,
        made: wanted.made.and_then(|_| chosen.code().map(name)),
        link: links::page(origin, &shared.name, chosen.with()),
        query: chosen.query(),
        embed: links::embed(origin, &shared.name, &shared.title, chosen.with()),
        sites: if sites.is_empty() {
            t.msg("share-sites-any").to_string()
        } else {
            let message = t.msg("share-sites").arg("sites", sites.join(", "));
            message.to_string()
        },
        sites_path: chosen
            .code()
            .map(|shown| format!("/codes/{}/change#sites", shown.code.id)),
        is_closed: is_closed && chosen.place.is_none(),
        preview: format!("{preview}{joint}preview=visitor"),
        back: links::path(&shared.name, With::default()),
        start: chosen.start,
        title: shared.title,
        t,
        frame,
    };
    page(StatusCode::OK, &template, false)
}

fn ways(t: Text, visibility: Visibility, chosen: &Chosen) -> Vec<Way> {
    let code = |(place, shown): (usize, &Shown)| {
        let message = t.msg("share-with-code").arg("name", codes::name(t, shown));
        Way {
            id: shown.code.id.to_string(),
            label: match (shown.status, shown.code.starts) {
                (Status::NotYet, Some(starts)) => message
                    .attr("not-yet")
                    .arg("day", t.day(starts))
                    .to_string(),
                _ => message.to_string(),
            },
            is_chosen: chosen.place == Some(place),
        }
    };
    let nothing = t.msg("share-with-nothing");
    let nothing = Way {
        id: String::new(),
        label: if visibility.is_open() {
            nothing.attr("open").to_string()
        } else {
            nothing.to_string()
        },
        is_chosen: chosen.place.is_none(),
    };
    let codes = chosen.codes.iter().enumerate().map(code);
    codes.chain([nothing]).collect()
}

/// Who can see the item, in one sentence.
fn who(t: Text, shared: &Shared, codes: &[Shown]) -> String {
    if shared.visibility == Visibility::Private && shared.is_own && codes.is_empty() {
        return t.msg("share-who-alone").to_string();
    }
    let sentence = sentence(t, shared.visibility, shared.is_own, codes);
    // It goes on after a colon.
    let mut letters = sentence.chars();
    let first = letters.next().map(char::to_lowercase);
    let sentence: String = first.into_iter().flatten().chain(letters).collect();
    t.msg("share-who").arg("sentence", sentence).to_string()
}

fn sentence(t: Text, visibility: Visibility, is_own: bool, codes: &[Shown]) -> String {
    match (visibility, codes) {
        (Visibility::Private, [one]) if is_own => {
            let message = t.msg("share-who-one").arg("name", codes::name(t, one));
            match one.code.expires {
                Some(expires) => message.attr("until").arg("day", t.day(expires)).to_string(),
                None => message.to_string(),
            }
        }
        (Visibility::Private, [_, _, ..]) if is_own => {
            let message = t.msg("share-who-many").arg("count", codes.len());
            message.to_string()
        }
        _ => super::watch::who_can_see(t, visibility),
    }
}

/// Who can see an item, as its owner is told beside it: with the codes that open it.
pub(super) fn who_sees(app: &App, caller: &Caller, item: Item, visibility: Visibility) -> String {
    let mut codes = app.catalogue().codes_for(caller, item);
    codes.retain(|shown| shown.status == Status::Active);
    sentence(app.text(), visibility, !codes.is_empty(), &codes)
}

/// `GET /share/{kind}/{slug}/qr.svg`: the link as a QR code. Nothing but addresses of this server is drawn.
pub(crate) async fn show_qr(
    State(app): State<App>,
    client: Client,
    sharing: Sharing,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let chosen = Chosen::of(&app, &sharing, &wanted);
    let name = &sharing.shared.name;
    code::picture(&links::page(&client.origin, name, chosen.with()))
}

/// `POST /share/{kind}/{slug}/code`: makes a code for this alone, without an end, and 303 to the page with its link.
pub(crate) async fn new_code(
    State(app): State<App>,
    sharing: Sharing,
    Form(wanted): Form<Wanted>,
) -> Response {
    let Sharing { caller, shared } = &sharing;
    let new = New {
        description: description(&app, caller, shared),
        items: vec![shared.name.clone()],
        ..New::default()
    };
    let made = match app.catalogue().add_code(caller, new).await {
        Ok(made) => made,
        Err(refused) => return Problem::from(refused).into_response(),
    };
    let id = made.code.id.to_string();
    let wanted = Wanted {
        with: Some(id),
        ..wanted
    };
    let query = Chosen::of(&app, &sharing, &wanted).query();
    see(&format!("{}{query}&made", shared.path()))
}

/// What the code is called: as the item, with a number where others are called so already.
fn description(app: &App, caller: &Caller, shared: &Shared) -> String {
    let taken: Vec<String> = app
        .catalogue()
        .codes_for(caller, shared.item)
        .into_iter()
        .map(|shown| shown.code.description)
        .collect();
    // A title can be as long as a description; the number needs some room.
    const TITLE_MAX: usize = 150;
    let title: String = shared.title.chars().take(TITLE_MAX).collect();
    let title = title.trim_end().to_owned();
    if !taken.contains(&title) {
        return title;
    }
    let numbered = (2..).map(|number: u32| format!("{title} {number}"));
    let mut free = numbered.take(taken.len() + 1);
    free.find(|name| !taken.contains(name)).unwrap_or(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_is_read_as_people_write_times() {
        for (typed, expected) in [
            ("0:00", Some(0)),
            ("90", Some(90)),
            ("1:30", Some(90)),
            ("1:02:30", Some(3750)),
            ("", None),
            ("1:", None),
            ("+5", None),
            ("1:2:3:4", None),
            ("1,5", None),
            ("99999999999", None),
            ("71582789:0", None),
            ("101:00:00", None),
        ] {
            assert_eq!(seconds(typed), expected, "{typed:?}");
        }
    }
}

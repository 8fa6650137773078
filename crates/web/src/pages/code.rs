//! `/codes/{id}`: one access code: how it stands, how it is used, what it opens, and how to hand it out.

use std::{collections::HashMap, time::Duration};

use askama::Template;
use axum::{
    extract::{FromRequestParts, Path, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use domain::{
    access_code::{Change, DAYS_KEPT, Refused, Shown, Status, Used},
    caller::Caller,
    clock::Time,
    item::{Kind, Name, Site},
    secret::Secret,
    stored,
};
use serde::Deserialize;

use super::{
    Frame,
    ask::{self, Question},
    cards,
    charts::{self, Bar},
    code_form::{self, BOUNDS, Fields, Typed, Wrong},
    codes::{self, Asked, Badge, Last},
    gate,
    login::see,
    managed::Member,
    page,
};
use crate::{
    App,
    error::Problem,
    extract::{Client, Form, Query},
    links::{self, With},
    qr,
    text::Text,
};

/// Somebody who is logged in, and the code in the path, which is theirs. Whoever has no such code meets the gate.
pub(crate) struct Owned {
    caller: Caller,
    shown: Shown,
}

impl FromRequestParts<App> for Owned {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Member(caller) = Member::from_request_parts(parts, app).await?;
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let id = names
            .ok()
            .and_then(|Path(names)| names.get("id")?.parse().ok());
        match id.map(|id| app.catalogue().find_code(&caller, id)) {
            Some(Ok(shown)) => Ok(Self { caller, shown }),
            Some(Err(_)) | None => Err(gate::closed(app, &caller, "/codes".to_owned())),
        }
    }
}

impl Owned {
    fn path(&self) -> String {
        format!("/codes/{}", self.shown.code.id)
    }
}

struct Row {
    name: String,
    title: String,
    kind: String,
    /// How long a video is.
    length: Option<String>,
    picture: Option<String>,
    is_whole: bool,
    icon: &'static str,
    path: String,
    is_live: bool,
}

/// The link that is shown, and the item that it leads to.
struct Link {
    item: String,
    address: String,
}

/// What happened before this page came.
enum Done {
    Made,
    Saved,
    Conflict,
}

#[derive(Template)]
#[template(path = "code.html")]
struct Page {
    frame: Frame,
    t: Text,
    id: String,
    name: String,
    badge: Badge,
    is_paused: bool,
    is_past: bool,
    is_weak: bool,
    done: Option<Done>,
    seen: String,
    days_kept: u32,
    use_of_it: Use,
    watching: String,
    viewers_max: Option<u32>,
    last: Last,
    rows: Vec<Row>,
    text: Option<String>,
    link: Option<Link>,
    starts: Option<String>,
    ends: String,
    sites: String,
    may_download: bool,
    note: String,
    advised: usize,
}

impl Page {
    fn tells(&self, done: &str) -> bool {
        match self.done {
            Some(Done::Made) => done == "made",
            Some(Done::Saved) => done == "saved",
            Some(Done::Conflict) => done == "conflict",
            None => false,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct After {
    made: Option<String>,
    saved: Option<String>,
    conflict: Option<String>,
    /// Whose link is shown.
    item: Option<String>,
}

/// `GET /codes/{id}`.
pub(crate) async fn show(
    State(app): State<App>,
    client: Client,
    Owned { caller, shown }: Owned,
    Query(after): Query<After>,
) -> Response {
    let frame = Frame::new(&app, &caller);
    let (t, now) = (frame.t, app.inner.clock.now());
    let done = match after {
        After { made: Some(_), .. } => Some(Done::Made),
        After { saved: Some(_), .. } => Some(Done::Saved),
        After {
            conflict: Some(_), ..
        } => Some(Done::Conflict),
        _ => None,
    };
    let days = match app.catalogue().code_days(&caller, shown.code.id).await {
        Ok(days) => days,
        Err(refused) => return Problem::from(refused).into_response(),
    };
    let code = &shown.code;
    let sites: Vec<&str> = code.sites.iter().map(Site::as_str).collect();
    let template = Page {
        id: code.id.to_string(),
        name: codes::name(t, &shown),
        badge: codes::badge(t, &shown, now),
        is_paused: code.paused.is_some(),
        is_past: shown.status == Status::Expired,
        is_weak: codes::is_weak(&shown),
        done,
        seen: code.changed.ms().to_string(),
        days_kept: DAYS_KEPT,
        use_of_it: Use::of(t, &days, code.uses, now),
        watching: t.count(u64::from(shown.watching)),
        viewers_max: code.viewers_max,
        last: codes::last(t, code.last_used, now),
        rows: rows(&app, &caller, &shown.items),
        text: shown.text.as_ref().map(|text| text.expose().to_owned()),
        link: link(&client, &shown, after.item.as_deref()),
        starts: code.starts.map(|at| t.moment(at, now)),
        ends: codes::ends(t, code.expires, now),
        sites: if sites.is_empty() {
            t.msg("codes-limits-sites").attr("any").to_string()
        } else {
            sites.join(", ")
        },
        may_download: code.may_download,
        note: code.note.clone(),
        advised: BOUNDS.advised,
        t,
        frame,
    };
    page(StatusCode::OK, &template, false)
}

/// How a code was used on the last days.
struct Use {
    /// How often, which decides on the word beside it.
    times: u64,
    opened: String,
    /// How often since it was made, where that is more.
    in_all: Option<String>,
    watched: String,
    chart: Option<Days>,
}

/// A chart of the last days.
struct Days {
    bars: Vec<Bar>,
    /// The largest figure.
    top: String,
    /// The first day.
    from: String,
    label: String,
}

impl Use {
    /// `in_all`: how often something was ever opened with it.
    fn of(t: Text, days: &[Used], in_all: u64, now: Time) -> Self {
        let opened: Vec<u64> = days.iter().map(|day| day.opened).collect();
        let times = opened.iter().sum();
        let watched: Duration = days.iter().map(|day| day.watched).sum();
        Self {
            times,
            opened: t.count(times),
            in_all: (in_all > times).then(|| {
                let message = t.msg("codes-use-in-all");
                message.arg("count", t.count(in_all)).to_string()
            }),
            watched: t.spent(watched),
            chart: Days::of(t, days, &opened, now),
        }
    }
}

impl Days {
    /// `None` where there is nothing to see.
    fn of(t: Text, days: &[Used], opened: &[u64], now: Time) -> Option<Self> {
        let most = days.iter().max_by_key(|day| day.opened)?;
        let least = opened.iter().min()?;
        if most.opened == 0 {
            return None;
        }
        let day = |used: &Used| t.day_near(used.day.begins(), now);
        let label = t.msg("codes-days").attr("label").arg("days", days.len());
        let label = label.arg("low", t.count(*least));
        let label = label.arg("high", t.count(most.opened));
        Some(Self {
            bars: charts::bars(opened),
            top: t.count(most.opened),
            from: day(days.first()?),
            label: label.arg("day", day(most)).to_string(),
        })
    }
}

fn rows(app: &App, caller: &Caller, items: &[Name]) -> Vec<Row> {
    let t = app.text();
    let row = |name: &Name| {
        let found = |kind| app.catalogue().find_stored(caller, kind, &name.slug);
        let (icon, stored) = match name.kind {
            Kind::Stream => ("antenna", None),
            Kind::Video => ("film", found(stored::Kind::Video)),
            Kind::Image => ("image", found(stored::Kind::Image)),
        };
        let title = match &stored {
            Some(stored) => Some(stored.title.clone()),
            None => code_form::title(app, caller, name),
        };
        let length = stored.as_ref().map_or(0, |stored| stored.facts.duration_ms);
        Row {
            title: title.unwrap_or_else(|| name.slug.to_string()),
            kind: code_form::kind_word(t, name.kind),
            length: (length > 0).then(|| t.length(length)),
            picture: stored
                .as_ref()
                .and_then(|stored| cards::picture(app, caller, stored)),
            is_whole: stored
                .as_ref()
                .is_some_and(|stored| cards::is_whole(stored)),
            path: links::path(name, With::default()),
            name: name.to_string(),
            icon,
            is_live: name.kind == Kind::Stream && app.engine().live(&name.slug).is_some(),
        }
    };
    items.iter().map(row).collect()
}

/// The link to the item that was asked for, or to the first.
fn link(client: &Client, shown: &Shown, asked: Option<&str>) -> Option<Link> {
    let text = shown.text.as_ref().map(Secret::expose)?;
    let asked = asked.and_then(|asked| shown.items.iter().find(|item| item.to_string() == asked));
    let item = asked.or(shown.items.first())?;
    let with = With {
        code: Some(text),
        start_s: None,
    };
    Some(Link {
        item: item.to_string(),
        address: links::page(&client.origin, item, with),
    })
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    item: Option<String>,
}

/// `GET /codes/{id}/qr.svg`: the link to an item as a QR code. The code itself stands in no address here.
pub(crate) async fn show_qr(
    client: Client,
    Owned { shown, .. }: Owned,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let link = link(&client, &shown, wanted.item.as_deref()).ok_or_else(Problem::not_found)?;
    picture(&link.address)
}

/// A QR code of an address of this server.
pub(super) fn picture(address: &str) -> Result<Response, Problem> {
    let svg = qr::svg(address).ok_or_else(Problem::not_found)?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("image/svg+xml"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    Ok((headers, svg).into_response())
}

/// `GET /codes/{id}/change`.
pub(crate) async fn ask_change(
    State(app): State<App>,
    Owned { caller, shown }: Owned,
    Query(asked): Query<Asked>,
) -> Response {
    let typed = Typed::of(&shown);
    let words = asked.q.unwrap_or_default();
    let wrong = Wrong::default();
    let form = codes::form_page(&app, &caller, Some(&shown), (typed, &words, wrong));
    page(StatusCode::OK, &form, false)
}

/// `POST /codes/{id}/change`: 303 to the code.
pub(crate) async fn change(
    State(app): State<App>,
    owned: Owned,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let t = app.text();
    let typed = Typed::read(&Fields(fields));
    let mut wrong = Wrong::default();
    let now = app.inner.clock.now();
    let old = &owned.shown.code;
    let Some(change) = typed.change(t, now, old, &mut wrong) else {
        let form = (typed, "", wrong);
        let form = codes::form_page(&app, &owned.caller, Some(&owned.shown), form);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &form, false);
    };
    let changed = app.catalogue().update_code(&owned.caller, old.id, change);
    let refused = match changed.await {
        Ok(_) => return see(&format!("{}?saved", owned.path())),
        Err(refused) => refused,
    };
    let is_changed = matches!(refused, Refused::Changed);
    let status = match wrong.refuse(t, refused) {
        Ok(status) => status,
        Err(problem) => return problem.into_response(),
    };
    // Somebody else's change is shown, so that it is not overwritten unseen.
    let current = app.catalogue().find_code(&owned.caller, old.id);
    let current = current.unwrap_or(owned.shown);
    let typed = if is_changed {
        Typed::of(&current)
    } else {
        typed
    };
    let form = codes::form_page(&app, &owned.caller, Some(&current), (typed, "", wrong));
    page(status, &form, false)
}

/// `POST /codes/{id}/pause`: whoever watches with it is cut off.
pub(crate) async fn pause(State(app): State<App>, owned: Owned) -> Response {
    let change = Change {
        paused: Some(true),
        ..Change::default()
    };
    apply(&app, &owned, change).await
}

/// `POST /codes/{id}/resume`.
pub(crate) async fn resume(State(app): State<App>, owned: Owned) -> Response {
    let change = Change {
        paused: Some(false),
        ..Change::default()
    };
    apply(&app, &owned, change).await
}

#[derive(Deserialize)]
pub(crate) struct Removal {
    #[serde(default)]
    item: String,
    seen: Option<i64>,
}

/// `POST /codes/{id}/remove`: one thing less that it opens.
pub(crate) async fn remove(
    State(app): State<App>,
    owned: Owned,
    Form(removal): Form<Removal>,
) -> Response {
    let mut items = owned.shown.items.clone();
    items.retain(|item| item.to_string() != removal.item);
    let change = Change {
        items: Some(items),
        // What was read and is written back must be what the page showed.
        seen: Some(removal.seen.map_or(owned.shown.code.changed, Time::from_ms)),
        ..Change::default()
    };
    apply(&app, &owned, change).await
}

async fn apply(app: &App, owned: &Owned, change: Change) -> Response {
    let id = owned.shown.code.id;
    match app.catalogue().update_code(&owned.caller, id, change).await {
        Ok(_) => see(&owned.path()),
        Err(Refused::Changed) => see(&format!("{}?conflict", owned.path())),
        Err(refused) => Problem::from(refused).into_response(),
    }
}

/// `GET /codes/{id}/delete`: asks, with what will happen.
pub(crate) async fn ask_delete(State(app): State<App>, owned: Owned) -> Response {
    let t = app.text();
    let message = || t.msg("codes-ask-delete");
    let question = Question {
        heading: message()
            .arg("name", codes::name(t, &owned.shown))
            .to_string(),
        about: message()
            .attr("about")
            .arg("watching", owned.shown.watching)
            .to_string(),
        yes: message().attr("yes").to_string(),
        no: message().attr("no").to_string(),
        action: format!("{}/delete", owned.path()),
        back: owned.path(),
        is_destructive: true,
    };
    ask::page(&app, &owned.caller, question)
}

/// `POST /codes/{id}/delete`: 303 to the list.
pub(crate) async fn delete(State(app): State<App>, owned: Owned) -> Response {
    let id = owned.shown.code.id;
    match app.catalogue().delete_code(&owned.caller, id).await {
        Ok(()) => see("/codes"),
        Err(refused) => Problem::from(refused).into_response(),
    }
}

//! `/codes`: the access codes that one has, and making one.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{
    access_code::{self, Shown, Status},
    caller::Caller,
    clock::Time,
    item::{Kind, Name},
    secret::Secret,
};
use serde::Deserialize;

use super::{
    Frame,
    code_form::{self, BOUNDS, Bounds, Choices, End, Fields, Typed, Wrong},
    login::see,
    managed::Member,
    page,
};
use crate::{
    App,
    error::Problem,
    extract::{Form, Query},
    text::Text,
};

/// Codes on one page of the list.
const PAGE_MAX: usize = 100;
/// From so many on they can be filtered by how they stand.
const FILTERED_FROM: usize = 8;
/// Letters of a code that lists show: of one that was made they leave 95 bits to guess.
const SHOWN_CHARS: usize = 4;
const DAY_S: u64 = 86_400;

/// How a code stands, as a badge.
pub(super) struct Badge {
    pub(super) words: String,
    pub(super) tone: &'static str,
}

struct Row {
    id: String,
    name: String,
    masked: String,
    opens: String,
    badge: Badge,
    ends: String,
    opened: String,
    watching: String,
    last: Last,
}

/// When a code was last used.
pub(super) struct Last {
    pub(super) rfc3339: Option<String>,
    pub(super) text: String,
}

struct Filter {
    word: &'static str,
    label: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "codes.html")]
struct List {
    frame: Frame,
    t: Text,
    rows: Vec<Row>,
    filters: Vec<Filter>,
    has_none: bool,
    next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    state: Option<String>,
    after: Option<String>,
}

/// `GET /codes`: one's own, the newest first, a page at a time.
pub(crate) async fn list(
    State(app): State<App>,
    Member(caller): Member,
    Query(wanted): Query<Wanted>,
) -> Response {
    let state = wanted.state.as_deref().and_then(Status::find);
    let query = access_code::Query {
        status: state,
        cursor: wanted.after,
        limit: PAGE_MAX,
    };
    let codes = match app.catalogue().page_of_codes(&caller, &query) {
        Ok(codes) => codes,
        Err(refused) => return Problem::from(refused).into_response(),
    };
    let frame = Frame::new(&app, &caller);
    let t = frame.t;
    let now = app.inner.clock.now();
    let next = codes.next_cursor.map(|cursor| {
        let state = state.map_or("", Status::word);
        format!("/codes?state={state}&after={cursor}")
    });
    let list = List {
        t,
        frame,
        rows: codes.codes.iter().map(|shown| row(t, shown, now)).collect(),
        filters: if codes.of >= FILTERED_FROM {
            filters(t, state)
        } else {
            Vec::new()
        },
        has_none: codes.of == 0,
        next,
    };
    page(StatusCode::OK, &list, false)
}

fn filters(t: Text, chosen: Option<Status>) -> Vec<Filter> {
    let all = Filter {
        word: "",
        label: t.msg("codes-filter-all").to_string(),
        is_chosen: chosen.is_none(),
    };
    let filter = |status: Status| Filter {
        word: status.word(),
        label: t.msg(format!("codes-filter-{}", status.word())).to_string(),
        is_chosen: chosen == Some(status),
    };
    std::iter::once(all)
        .chain(Status::ALL.into_iter().map(filter))
        .collect()
}

fn row(t: Text, shown: &Shown, now: Time) -> Row {
    let code = &shown.code;
    Row {
        id: code.id.to_string(),
        name: name(t, shown),
        masked: masked(shown),
        opens: opens(t, &shown.items),
        badge: badge(t, shown, now),
        ends: ends(t, code.expires, now),
        opened: times(t, code.uses),
        watching: t.count(u64::from(shown.watching)),
        last: last(t, code.last_used, now),
    }
}

/// What its owner calls a code.
pub(super) fn name(t: Text, shown: &Shown) -> String {
    if shown.code.description.is_empty() {
        let day = t.day(shown.code.created);
        t.msg("codes-unnamed").arg("day", day).to_string()
    } else {
        shown.code.description.clone()
    }
}

/// As much of a code as tells it from others; of one that an owner chose nothing, since the rest might be guessed.
fn masked(shown: &Shown) -> String {
    const DOTS: &str = "••••";
    match &shown.text {
        Some(text) if !shown.code.is_chosen => {
            let first: String = text.expose().chars().take(SHOWN_CHARS).collect();
            format!("{first}-{DOTS}")
        }
        _ => DOTS.repeat(3),
    }
}

fn opens(t: Text, items: &[Name]) -> String {
    let count = |kind: Kind| items.iter().filter(|item| item.kind == kind).count();
    let counts = [
        (count(Kind::Video), t.msg("codes-videos")),
        (count(Kind::Image), t.msg("codes-images")),
        (count(Kind::Stream), t.msg("codes-streams")),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, message)| message.arg("count", count).to_string())
        .collect();
    if parts.is_empty() {
        t.msg("codes-nothing").to_string()
    } else {
        parts.join(", ")
    }
}

pub(super) fn badge(t: Text, shown: &Shown, now: Time) -> Badge {
    let (words, tone) = match (shown.status, shown.code.starts) {
        (Status::NotYet, Some(at)) => {
            let when = t.day_near(at, now);
            (t.msg("codes-state-not-yet").arg("when", when), "")
        }
        (Status::Paused, _) => (t.msg("codes-state-paused"), " warn"),
        (Status::Expired, _) => (t.msg("codes-state-expired"), ""),
        (Status::Active | Status::NotYet, _) => (t.msg("codes-state-active"), " ok"),
    };
    Badge {
        words: words.to_string(),
        tone,
    }
}

/// When a code ends: soon in days and hours, else the day.
pub(super) fn ends(t: Text, expires: Option<Time>, now: Time) -> String {
    const SOON_S: u64 = 7 * DAY_S;
    let Some(expires) = expires else {
        return t.msg("codes-never").to_string();
    };
    let left = expires.since(now);
    if expires > now && left.as_secs() < SOON_S {
        t.msg("codes-in").arg("time", t.age(left)).to_string()
    } else {
        t.day(expires)
    }
}

pub(super) fn times(t: Text, uses: u64) -> String {
    // The count as a number chooses the form of the word; what is read has its thousands apart.
    let said = t.msg("codes-times").arg("count", uses).to_string();
    said.replacen(&uses.to_string(), &t.count(uses), 1)
}

pub(super) fn last(t: Text, at: Option<Time>, now: Time) -> Last {
    let Some(at) = at else {
        return Last {
            rfc3339: None,
            text: t.msg("codes-not-used").to_string(),
        };
    };
    let age = now.since(at);
    let text = match age.as_secs() {
        0..60 => t.age(age),
        60..DAY_S => t.msg("codes-ago").arg("time", t.age(age)).to_string(),
        _ => t.day(at),
    };
    Last {
        rfc3339: Some(at.rfc3339()),
        text,
    }
}

/// The form of a new code, and of one that is changed.
#[derive(Template)]
#[template(path = "code_form.html")]
pub(super) struct FormPage {
    frame: Frame,
    t: Text,
    /// The code that is changed: its id and what it is called.
    of: Option<(String, String)>,
    typed: Typed,
    choices: Choices,
    ends: Vec<End>,
    bounds: Bounds,
    wrong: Wrong,
}

impl FormPage {
    /// Where it is sent.
    fn action(&self) -> String {
        match &self.of {
            Some((id, _)) => format!("/codes/{id}/change"),
            None => "/codes".to_owned(),
        }
    }

    /// Where it is found again, with other things to choose from.
    fn finder(&self) -> String {
        match &self.of {
            Some(_) => self.action(),
            None => "/codes/new".to_owned(),
        }
    }

    fn is_refused(&self) -> bool {
        !self.wrong.is_nothing()
    }

    /// How many were found beside those that are chosen.
    fn found(&self) -> usize {
        let rows = self.choices.rows.iter();
        rows.filter(|row| !row.is_chosen).count()
    }
}

/// The form with what was typed.
pub(super) fn form_page(
    app: &App,
    caller: &Caller,
    of: Option<&Shown>,
    (typed, words, wrong): (Typed, &str, Wrong),
) -> FormPage {
    let frame = Frame::new(app, caller);
    let t = frame.t;
    FormPage {
        of: of.map(|shown| (shown.code.id.to_string(), name(t, shown))),
        choices: code_form::choices(app, caller, words, &typed.items),
        ends: code_form::ends(t, typed.ends),
        t,
        frame,
        typed,
        bounds: BOUNDS,
        wrong,
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// Words of titles to choose from.
    pub(super) q: Option<String>,
    /// An item that is chosen from the start.
    pub(super) item: Option<String>,
}

/// `GET /codes/new`, with `?item=stream:live` for something that is chosen already.
pub(crate) async fn ask_new(
    State(app): State<App>,
    Member(caller): Member,
    Query(asked): Query<Asked>,
) -> Response {
    let item = asked.item.and_then(|item| item.parse::<Name>().ok());
    let typed = Typed {
        items: item.into_iter().collect(),
        ..Typed::default()
    };
    let words = asked.q.unwrap_or_default();
    let form = form_page(&app, &caller, None, (typed, &words, Wrong::default()));
    page(StatusCode::OK, &form, false)
}

/// `POST /codes`: 303 to the new code.
pub(crate) async fn create(
    State(app): State<App>,
    Member(caller): Member,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let t = app.text();
    let typed = Typed::read(&Fields(fields));
    let mut wrong = Wrong::default();
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(new) = typed.new_code(t, app.inner.clock.now(), &mut wrong) {
        match app.catalogue().add_code(&caller, new).await {
            Ok(shown) => return see(&format!("/codes/{}?made", shown.code.id)),
            Err(refused) => match wrong.refuse(t, refused) {
                Ok(told) => status = told,
                Err(problem) => return problem.into_response(),
            },
        }
    }
    page(
        status,
        &form_page(&app, &caller, None, (typed, "", wrong)),
        false,
    )
}

/// Whether an owner chose a text that is easy to guess.
pub(super) fn is_weak(shown: &Shown) -> bool {
    let length = shown.text.as_ref().map(Secret::expose).map_or(0, str::len);
    shown.code.is_chosen && length < BOUNDS.advised
}

//! The gate: for what a visitor may not see and for what does not exist, alike. It never names the item; where a code may open the page
//! it has a field for one.
//!
//! The field is sent by GET to the address where the gate stands, so that it works without script, without cookies and in a frame on
//! another site. Dates, and that a code is paused, are told only to who typed that very code ([`domain::view::Unopened`]).

use askama::Template;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::{
    caller::Caller,
    clock::Time,
    limit::wait_words,
    secret::Secret,
    view::{Refused, Unopened},
};

use super::{Frame, fields::typed, frame::framed_by_anyone, page};
use crate::{App, extract::Viewing, text::Text};

/// Seconds after which a place of a code may be free again.
const FULL_RETRY_S: u32 = 10;
/// Stands in a sentence where its time will.
const WHEN: &str = "\u{fffc}";

/// Where the gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a window of its own, with the bar of all pages.
    Window,
    /// In a frame on another site's page: alone, and nothing leads out of the frame but into a new window.
    Frame,
}

impl Place {
    /// Where the answer will be shown, by what the browser says (`Sec-Fetch-Dest`, Fetch Metadata).
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let is_frame = |value: &HeaderValue| value == "iframe" || value == "frame";
        if headers.get("sec-fetch-dest").is_some_and(is_frame) {
            Self::Frame
        } else {
            Self::Window
        }
    }
}

/// A sentence, perhaps with a time in it that the script tells in the reader's own zone.
struct Sentence {
    before: String,
    when: Option<When>,
    after: String,
}

struct When {
    rfc3339: String,
    text: String,
    /// Whether the hour is told too.
    has_hour: bool,
}

/// The field for a code.
struct Field {
    typed: String,
    wrong: Option<Sentence>,
    /// Whether the page is looked at as a stranger sees it, and stays so.
    is_preview: bool,
}

#[derive(Template)]
#[template(path = "gate.html")]
struct Page {
    frame: Frame,
    t: Text,
    next: String,
    field: Option<Field>,
    is_framed: bool,
}

/// The gate of an item that a code may open, and why it is closed. `next` is where logging in leads back to, a path of this site that is
/// good as a query value.
pub(crate) fn show(
    app: &App,
    viewing: &Viewing,
    place: Place,
    next: String,
    why: Refused,
) -> Response {
    let nobody = Caller::nobody(viewing.caller.address);
    let frame = match place {
        Place::Window => Frame::new(app, &viewing.caller),
        Place::Frame => Frame::new(app, &nobody),
    };
    let code = viewing.brought.code.as_ref();
    let template = Page {
        t: frame.t,
        next,
        field: Some(Field {
            typed: typed(code.map_or("", Secret::expose)),
            wrong: wrong(frame.t, app.inner.clock.now(), why),
            is_preview: viewing.brought.is_preview,
        }),
        is_framed: place == Place::Frame,
        frame,
    };
    let mut response = page(status(why), &template, false);
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after_s(why) {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if place == Place::Frame {
        framed_by_anyone(headers);
    }
    response
}

/// The gate of a page that no code opens.
pub(super) fn closed(app: &App, caller: &Caller, next: String) -> Response {
    let frame = Frame::new(app, caller);
    let template = Page {
        t: frame.t,
        frame,
        next,
        field: None,
        is_framed: false,
    };
    page(StatusCode::NOT_FOUND, &template, false)
}

fn status(why: Refused) -> StatusCode {
    match why {
        Refused::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refused::Code(Unopened::Full { .. }) => StatusCode::FORBIDDEN,
        Refused::NotFound | Refused::LogIn | Refused::Code(_) => StatusCode::NOT_FOUND,
    }
}

fn retry_after_s(why: Refused) -> Option<u32> {
    match why {
        Refused::TooMany { retry_after_s } => Some(retry_after_s),
        Refused::Code(Unopened::Full { .. }) => Some(FULL_RETRY_S),
        Refused::NotFound | Refused::LogIn | Refused::Code(_) => None,
    }
}

/// What is wrong with the code that was brought; `None` where none was.
fn wrong(t: Text, now: Time, why: Refused) -> Option<Sentence> {
    let (message, when) = match why {
        Refused::NotFound | Refused::LogIn => return None,
        Refused::TooMany { retry_after_s } => {
            let wait = wait_words(retry_after_s);
            (t.msg("gate-too-many").arg("wait", wait).to_string(), None)
        }
        Refused::Code(Unopened::Unknown) => (t.msg("gate-wrong").to_string(), None),
        Refused::Code(Unopened::Ended(at)) => {
            let message = t.msg("gate-ended").arg("when", WHEN).to_string();
            (message, Some((at, t.day(at), false)))
        }
        Refused::Code(Unopened::NotYet(at)) => {
            let message = t.msg("gate-not-yet").arg("when", WHEN).to_string();
            (message, Some((at, t.moment(at, now), true)))
        }
        Refused::Code(Unopened::Paused) => (t.msg("gate-paused").to_string(), None),
        Refused::Code(Unopened::Full { places }) => {
            let message = t.msg("gate-full").arg("places", places);
            (message.to_string(), None)
        }
    };
    let (before, after) = message.split_once(WHEN).unwrap_or((&message, ""));
    Some(Sentence {
        before: before.to_owned(),
        after: after.to_owned(),
        when: when.map(|(at, text, has_hour)| When {
            rfc3339: at.rfc3339(),
            text,
            has_hour,
        }),
    })
}

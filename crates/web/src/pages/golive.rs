//! `/streams/{slug}`: go live. What the server receives, how to send it, who was refused, which keys there are.
//!
//! Complete as it comes; the script keeps it true (`golive.ts`). A new key is shown by the one GET after it was made.

use askama::Template;
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};
use domain::{
    caller::Caller,
    engine::{Close, Live, State as Phase},
    publish::Credential,
    slug::Slug,
    stream::{Key, Refused, Stream},
};
use serde_json::json;

use super::{
    Frame,
    ask::{self, Question},
    health::{self, Banner, Note, Refused as Attempt, Standing, Tile, When},
    login::see,
    managed::Managed,
    page,
    send::{self, Line},
    shown::Of,
};
use crate::{
    App, TestSignalRefused,
    api::fields::denied,
    error::Problem,
    extract::{Client, Path, Visitor},
    text::Text,
};

/// A key, without the key itself.
struct KeyRow {
    id: String,
    name: String,
    made: When,
    used: Option<When>,
    in_use: bool,
}

/// A key that is shown this once.
struct NewKey {
    name: String,
    secret: String,
}

/// Which way to send is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Encoder,
    Browser,
    Test,
}

#[derive(Template)]
#[template(path = "golive.html")]
struct Page {
    frame: Frame,
    t: Text,
    slug: String,
    title: String,
    way: Way,
    banner: Banner,
    tiles: Vec<Tile>,
    notes: Vec<Note>,
    refused: Vec<Attempt>,
    keys: Vec<KeyRow>,
    /// The server to send to; `None` where RTMP is switched off.
    server: Option<String>,
    lines: Vec<Line>,
    new_key: Option<NewKey>,
    /// The key whose dots stand in the field.
    kept_key: Option<usize>,
    test_runs: bool,
    test_error: Option<String>,
    /// Whether a browser can send here.
    /// Where senders by WebRTC come to; `None` where that is switched off.
    whip: Option<String>,
}

/// From what a phone's connection carries to what 1080p is worth at most, bits per second.
const BIT_RATES: &[u64] = &[
    600_000, 1_200_000, 2_500_000, 4_500_000, 6_000_000, 8_000_000,
];
/// What pages of the browser's own sender may use; the headers of all other answers forbid it.
const DEVICES: &str = "camera=(self), microphone=(self), display-capture=(self), geolocation=()";

impl Page {
    fn is_on(&self) -> bool {
        self.banner.standing != Standing::Waiting
    }

    fn is_live(&self) -> bool {
        matches!(
            self.banner.standing,
            Standing::Receiving | Standing::Starting
        )
    }

    /// Bit rates to choose from in a browser: bits per second, and as people read them.
    fn rates(&self) -> Vec<(u64, String)> {
        let label = |rate: &u64| (*rate, self.t.bit_rate(*rate));
        BIT_RATES.iter().map(label).collect()
    }

    fn kept(&self) -> Option<&KeyRow> {
        self.kept_key.and_then(|place| self.keys.get(place))
    }
}

/// `GET /streams/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    client: Client,
    Managed { caller, stream }: Managed,
) -> Response {
    let now = app.inner.clock.now();
    let made = app.shown().take(&caller, now, Of::Stream(stream.id));
    let new_key = made.map(|made| NewKey {
        name: made.name,
        secret: made.secret.expose().to_owned(),
    });
    let way = (Way::Encoder, None);
    render(
        &app,
        &client,
        &caller,
        stream,
        (StatusCode::OK, way, new_key),
    )
}

/// `GET /streams/{slug}/browser`.
pub(crate) async fn show_browser(
    State(app): State<App>,
    client: Client,
    Managed { caller, stream }: Managed,
) -> Response {
    let way = (Way::Browser, None);
    let mut response = render(&app, &client, &caller, stream, (StatusCode::OK, way, None));
    let devices = HeaderValue::from_static(DEVICES);
    let _ = response.headers_mut().insert("permissions-policy", devices);
    response
}

/// `POST /streams/{slug}/browser-key`: a key for the page's own sender, lent to the login that asks. It stands in no list and ends by
/// itself ([`domain::catalogue::Catalogue::lend_key_to_page`]); the page asks for another one then.
pub(crate) async fn lend_browser_key(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    if !app.catalogue().is_somebody(&caller) {
        return Err(Problem::unauthorized());
    }
    let slug = Slug::parse(&slug).map_err(|_| Problem::not_found())?;
    let lent = app
        .catalogue()
        .lend_key_to_page(&caller, &slug)
        .map_err(|refused| denied(&caller, refused.into()))?;
    let key = json!({"key": lent.secret.expose()});
    Ok((StatusCode::CREATED, Json(key)).into_response())
}

/// `GET /streams/{slug}/test-signal`.
pub(crate) async fn show_test(
    State(app): State<App>,
    client: Client,
    Managed { caller, stream }: Managed,
) -> Response {
    let way = (Way::Test, None);
    render(&app, &client, &caller, stream, (StatusCode::OK, way, None))
}

fn render(
    app: &App,
    client: &Client,
    caller: &Caller,
    stream: Stream,
    (status, (way, test_error), new_key): (StatusCode, (Way, Option<String>), Option<NewKey>),
) -> Response {
    let frame = Frame::new(app, caller);
    let t = frame.t;
    let live = app.engine().live(&stream.slug);
    let history = app.engine().history(&stream.slug);
    let server = send::server(app.settings(), client);
    let keys = app
        .catalogue()
        .list_keys(caller, &stream.slug)
        .unwrap_or_default();
    let keys = rows(app, &keys, live.as_ref());
    let template = Page {
        t,
        frame,
        way,
        banner: health::banner(app, &stream.slug, live.as_ref()),
        tiles: health::tiles(t, live.as_ref(), &history),
        notes: health::notes(t, live.as_ref()),
        refused: health::refused(app, &stream.slug, server.as_deref()),
        kept_key: kept(&keys),
        keys,
        lines: send::lines(t, server.as_deref()),
        server,
        new_key,
        test_runs: app.test_signal().runs(&stream.slug),
        test_error,
        whip: app
            .engine()
            .capabilities()
            .whip
            .then(|| format!("{}/{}/whip", client.origin, stream.slug)),
        slug: stream.slug.to_string(),
        title: stream.title,
    };
    // The picture is a short film of one frame, which the policy for players allows.
    page(status, &template, true)
}

fn rows(app: &App, keys: &[Key], live: Option<&Live>) -> Vec<KeyRow> {
    let (t, now) = (app.text(), app.inner.clock.now());
    keys.iter()
        .filter(|key| key.revoked.is_none())
        .map(|key| KeyRow {
            id: key.id.to_string(),
            name: key.name.clone(),
            made: When::of(t, key.created, now),
            used: key.last_used.map(|at| When::of(t, at, now)),
            in_use: live.is_some_and(|live| {
                live.state == Phase::Receiving && live.credential == Credential::Key(key.id)
            }),
        })
        .collect()
}

/// The key in use, else the one used last, else the newest.
fn kept(keys: &[KeyRow]) -> Option<usize> {
    let order = |(place, key): &(usize, &KeyRow)| {
        let used = key.used.as_ref().map(|at| at.rfc3339.clone());
        (key.in_use, used, std::cmp::Reverse(*place))
    };
    let best = keys.iter().enumerate().max_by_key(order);
    best.map(|(place, _)| place)
}

/// `GET /streams/{slug}/end`: asks.
pub(crate) async fn ask_end(
    State(app): State<App>,
    Managed { caller, stream }: Managed,
) -> Response {
    let t = app.text();
    let question = Question {
        heading: t.msg("golive-ask-end").to_string(),
        about: t.msg("golive-ask-end").attr("about").to_string(),
        yes: t.msg("golive-ask-end").attr("yes").to_string(),
        no: t.msg("golive-ask-end").attr("no").to_string(),
        action: format!("/streams/{}/end", stream.slug),
        back: format!("/streams/{}", stream.slug),
        is_destructive: true,
    };
    ask::page(&app, &caller, question)
}

/// `POST /streams/{slug}/end`: the broadcast ends for everybody at once.
pub(crate) async fn end(State(app): State<App>, Managed { stream, .. }: Managed) -> Response {
    app.test_signal().stop(&stream.slug);
    let why = "The broadcast was ended on its page.";
    app.engine().close(Close::Publishers(stream.id), why);
    see(&format!("/streams/{}", stream.slug))
}

/// `POST /streams/{slug}/test-signal`: the server sends its own picture, unless somebody is live.
pub(crate) async fn start_test(
    State(app): State<App>,
    client: Client,
    Managed { caller, stream }: Managed,
) -> Response {
    let t = app.text();
    let back = format!("/streams/{}/test-signal", stream.slug);
    let refuse = |status, error: String| {
        let way = (Way::Test, Some(error));
        render(&app, &client, &caller, stream.clone(), (status, way, None))
    };
    if app.test_signal().runs(&stream.slug) {
        return see(&back);
    }
    let live = app.engine().live(&stream.slug);
    if live.is_some_and(|live| live.state == Phase::Receiving) {
        return refuse(StatusCode::CONFLICT, t.msg("golive-test-live").to_string());
    }
    let many = |max: usize| t.msg("golive-test-many").arg("max", max).to_string();
    let lent = match app.catalogue().lend_key(&caller, &stream.slug) {
        Ok(lent) => lent,
        Err(Refused::TooMany { max }) => return refuse(StatusCode::CONFLICT, many(max)),
        Err(refused) => return Problem::from(refused).into_response(),
    };
    let id = lent.id;
    match app.test_signal().start(&stream.slug, lent) {
        Ok(()) => see(&back),
        Err(refused) => {
            app.catalogue().take_back(id);
            match refused {
                TestSignalRefused::Running => see(&back),
                TestSignalRefused::TooMany { max } => refuse(StatusCode::CONFLICT, many(max)),
                TestSignalRefused::NoDoor => {
                    refuse(StatusCode::CONFLICT, t.msg("golive-test-door").to_string())
                }
            }
        }
    }
}

/// `POST /streams/{slug}/test-signal/stop`.
pub(crate) async fn stop_test(State(app): State<App>, Managed { stream, .. }: Managed) -> Response {
    app.test_signal().stop(&stream.slug);
    see(&format!("/streams/{}/test-signal", stream.slug))
}

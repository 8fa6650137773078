//! `/admin`: how the server is doing, what needs a look, and what is live; `/admin/check`: the self-check, as its last look found it.

use std::time::Duration;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{caller::Caller, engine::Live, login};

use super::{
    Frame,
    administrator::{Administrator, Way},
    checked::{self, Checked, Line},
    health::When,
    home::owner_name,
    login::see,
    page,
};
use crate::{
    App,
    api::{server::State as Server, warnings},
    text::Text,
};

/// A figure with its unit, as the script writes it too.
struct Tile {
    id: &'static str,
    label: String,
    number: String,
    unit: String,
    verdict: String,
}

/// What is wrong with a broadcast.
struct Warning {
    slug: String,
    title: String,
    is_bad: bool,
    what: String,
    why: String,
    fix: String,
}

struct OnAir {
    slug: String,
    title: String,
    owner: String,
    since: String,
    age: String,
    protocol: String,
    bit_rate: String,
    viewers: String,
    is_away: bool,
    /// How many things there are to fix; `None`: nothing.
    to_fix: Option<String>,
}

struct Refusal {
    at: String,
    time: String,
    protocol: String,
    address: String,
    message: String,
    fix: String,
    times: String,
}

#[derive(Template)]
#[template(path = "admin.html")]
struct Page {
    frame: Frame,
    t: Text,
    key: String,
    up: String,
    tiles: Vec<Tile>,
    warnings: Vec<Warning>,
    checked_at: When,
    lines: Vec<Line>,
    /// What is said where nothing needs a look.
    fine: String,
    live: Vec<OnAir>,
    refusals: Vec<Refusal>,
}

/// `GET /admin`.
pub(crate) async fn show(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Way(asked): Way,
) -> Response {
    let checked = checked::last(&app, asked).await;
    let frame = Frame::new(&app, &caller);
    let t = frame.t;
    let now = app.inner.clock.now();
    let server = Server::look(&app);
    let fine = t.msg("admin-fine").arg("count", checked.lines.len());
    let template = Page {
        key: server.key(),
        up: up(t, now.since(app.inner.started)),
        tiles: tiles(t, &server),
        warnings: warnings_of(&app, &caller, &server),
        fine: fine.to_string(),
        checked_at: checked.at.clone(),
        lines: checked.needing_a_look(),
        live: server
            .live
            .iter()
            .map(|live| on_air(&app, &caller, live))
            .collect(),
        refusals: server
            .refusals
            .iter()
            .map(|refusal| refused(t, refusal))
            .collect(),
        frame,
        t,
    };
    page(StatusCode::OK, &template, false)
}

#[derive(Template)]
#[template(path = "admin_check.html")]
struct CheckPage {
    frame: Frame,
    t: Text,
    summary: String,
    checked_at: When,
    lines: Vec<Line>,
}

/// `GET /admin/check`.
pub(crate) async fn check(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Way(asked): Way,
) -> Response {
    let Checked { summary, at, lines } = checked::last(&app, asked).await;
    let frame = Frame::new(&app, &caller);
    let template = CheckPage {
        t: frame.t,
        frame,
        summary,
        checked_at: at,
        lines,
    };
    page(StatusCode::OK, &template, false)
}

/// `POST /admin/check`: looks again, and shows what is found.
pub(crate) async fn check_again(
    State(app): State<App>,
    Administrator(_): Administrator,
) -> Response {
    app.inner.self_check.again().await;
    see("/admin/check")
}

fn up(t: Text, running: Duration) -> String {
    if running.as_secs() < 60 {
        t.msg("admin-up-now").to_string()
    } else {
        t.msg("admin-up").arg("age", t.age(running)).to_string()
    }
}

fn tiles(t: Text, server: &Server) -> Vec<Tile> {
    let tile = |id: &'static str, figure: Option<String>, verdict: String| {
        let figure = figure.unwrap_or_else(|| "–".to_owned());
        let (number, unit) = figure.split_once('\u{a0}').unwrap_or((&figure, ""));
        Tile {
            id,
            label: t.msg(format!("admin-tile-{id}")).to_string(),
            number: number.to_owned(),
            unit: unit.to_owned(),
            verdict,
        }
    };
    let said = |id: &'static str| t.msg(id).to_string();
    let of = |most: Option<String>| {
        most.map_or_else(String::new, |most| {
            t.msg("admin-of").arg("most", most).to_string()
        })
    };
    let machine = &server.machine;
    let to_fix = server
        .live
        .iter()
        .filter(|live| !live.warnings.is_empty())
        .count();
    let verdict = match (server.live.len(), to_fix) {
        (0, _) => String::new(),
        (_, 0) => said("admin-tile-live-fine"),
        (_, n) => t.msg("admin-tile-live-fix").arg("count", n).to_string(),
    };
    vec![
        tile("live", Some(t.count(server.live.len() as u64)), verdict),
        tile(
            "viewers",
            Some(t.count(server.viewers())),
            said("admin-tile-viewers-how"),
        ),
        tile(
            "sending",
            server.sending.map(|rate| t.bit_rate(rate)),
            said("admin-tile-sending-how"),
        ),
        tile(
            "receiving",
            Some(t.bit_rate(server.receiving())),
            said("admin-tile-receiving-how"),
        ),
        tile(
            "memory",
            machine.memory_bytes.map(|n| t.bytes(n)),
            of(machine.memory_total_bytes.map(|n| t.bytes(n))),
        ),
        tile(
            "files",
            machine.open_files.map(|n| t.count(n)),
            of(machine.open_files_max.map(|n| t.count(n))),
        ),
    ]
}

fn title(app: &App, caller: &Caller, live: &Live) -> String {
    let stream = app.catalogue().find_stream(caller, &live.slug);
    stream.map_or_else(|| live.slug.to_string(), |stream| stream.title)
}

fn warnings_of(app: &App, caller: &Caller, server: &Server) -> Vec<Warning> {
    let mut all = Vec::new();
    for live in &server.live {
        for warning in &live.warnings {
            let words = warnings::words(app.text(), warning);
            all.push(Warning {
                slug: live.slug.to_string(),
                title: title(app, caller, live),
                is_bad: warning.severity == domain::engine::Severity::Problem,
                what: words.what,
                why: words.why,
                fix: words.fix,
            });
        }
    }
    all
}

fn on_air(app: &App, caller: &Caller, live: &Live) -> OnAir {
    let t = app.text();
    let stream = app.catalogue().find_stream(caller, &live.slug);
    let count = live.warnings.len();
    OnAir {
        slug: live.slug.to_string(),
        title: title(app, caller, live),
        owner: stream.map_or_else(|| "–".to_owned(), |stream| owner_name(app, stream.owner)),
        since: live.since.rfc3339(),
        age: t.age(app.inner.clock.now().since(live.since)),
        protocol: protocol(t, live.protocol.word()),
        bit_rate: t.bit_rate(live.bit_rate),
        viewers: t.count(u64::from(live.viewers.hls) + u64::from(live.viewers.webrtc)),
        is_away: !matches!(live.state, domain::engine::State::Receiving),
        to_fix: (count > 0).then(|| t.msg("admin-to-fix").arg("count", count).to_string()),
    }
}

fn protocol(t: Text, word: &str) -> String {
    t.msg(format!("admin-protocol-{word}")).to_string()
}

fn refused(t: Text, refusal: &domain::engine::Refusal) -> Refusal {
    let at = refusal.at.rfc3339();
    Refusal {
        time: at.get(11..16).unwrap_or_default().to_owned(),
        at,
        protocol: protocol(t, refusal.protocol.word()),
        address: login::shortened(refusal.address),
        message: refusal.message.clone(),
        fix: refusal.fix.clone(),
        times: t.count(u64::from(refusal.times)),
    }
}

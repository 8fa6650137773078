//! `/api/server`: what administrators see of the whole server.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::atomic::Ordering,
};

use axum::{
    Json as Answer, extract,
    response::{IntoResponse as _, Response},
};
use domain::engine::{Live, Refusal, State as Phase};
use serde_json::{Value, json};

use super::{
    fields::private,
    streams::{REFUSALS_MAX, refusal},
};
use crate::{App, error::Problem, extract::Known, machine::Machine};

/// `GET /api/server`.
pub(crate) async fn show(
    extract::State(app): extract::State<App>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    if !app.catalogue().is_administrator(&caller) {
        return Err(Problem::forbidden());
    }
    Ok(private(Answer(state(&app)).into_response()))
}

/// What is live, who watches, what that takes, and the attempts to publish that named no stream.
pub(crate) struct State {
    pub(crate) live: Vec<Live>,
    /// The newest first.
    pub(crate) refusals: Vec<Refusal>,
    /// Bits of media that viewers were sent a second; `None` until it was read twice.
    pub(crate) sending: Option<u64>,
    pub(crate) machine: Machine,
}

impl State {
    /// Looks now.
    pub(crate) fn look(app: &App) -> Self {
        let mut refusals = app.engine().refusals(None);
        refusals.retain(|refused| refused.slug.is_none());
        refusals.truncate(REFUSALS_MAX);
        let sent = app.counters().hls_bytes.load(Ordering::Relaxed);
        let sending = app.inner.sending.read(app.inner.clock.now(), sent);
        Self {
            live: app.engine().streams(),
            refusals,
            sending: sending.map(|bytes| bytes.saturating_mul(8)),
            machine: (app.inner.machine)(),
        }
    }

    /// How many watch.
    pub(crate) fn viewers(&self) -> u64 {
        let viewers = self.live.iter().map(|live| live.viewers);
        viewers
            .map(|v| u64::from(v.hls) + u64::from(v.webrtc))
            .sum()
    }

    /// Bits that publishers send a second.
    pub(crate) fn receiving(&self) -> u64 {
        self.live.iter().map(|live| live.bit_rate).sum()
    }

    /// Another one when a page that shows this has to be made anew: other streams, other warnings, another refusal. Figures are not
    /// in it.
    pub(crate) fn key(&self) -> String {
        let mut hasher = DefaultHasher::new();
        for live in &self.live {
            let is_there = matches!(live.state, Phase::Receiving);
            (live.slug.as_str(), live.since.ms(), is_there).hash(&mut hasher);
            for warning in &live.warnings {
                warning.code.hash(&mut hasher);
            }
        }
        for refusal in &self.refusals {
            (refusal.at.ms(), refusal.times).hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())
    }
}

/// The same for programs.
pub(crate) fn state(app: &App) -> Value {
    let state = State::look(app);
    let refusals: Vec<Value> = state.refusals.iter().map(refusal).collect();
    let streams: Vec<Value> = state
        .live
        .iter()
        .map(|live| {
            json!({
                "slug": live.slug.as_str(),
                "since": live.since.rfc3339(),
                "protocol": live.protocol.word(),
                "bit_rate": live.bit_rate,
                "viewers": {"hls": live.viewers.hls, "webrtc": live.viewers.webrtc},
                "warnings": live.warnings.len(),
            })
        })
        .collect();
    let hls: u32 = state.live.iter().map(|live| live.viewers.hls).sum();
    let webrtc: u32 = state.live.iter().map(|live| live.viewers.webrtc).sum();
    json!({
        "streams": streams,
        "viewers": {"hls": hls, "webrtc": webrtc},
        "bit_rate": state.receiving(),
        "sending_bit_rate": state.sending,
        "memory_bytes": state.machine.memory_bytes,
        "open_files": state.machine.open_files,
        "refusals": refusals,
        "key": state.key(),
    })
}

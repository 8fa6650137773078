//! The clock of events: one task for all who listen, and what topics said at its last tick.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use super::topic::{Audience, Topic};
use crate::App;

/// Figures are told this often.
const EVERY: Duration = Duration::from_secs(1);
/// A flood of changes ticks no faster than this; a change is told after it at the latest.
const APART: Duration = Duration::from_millis(200);

/// Ticks while somebody listens.
pub(crate) struct Ticker {
    state: Mutex<State>,
    ticks: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    is_running: bool,
    is_closed: bool,
    /// What was said at this tick, to whom.
    said_at: u64,
    said: HashMap<(Topic, Audience), Bytes>,
}

impl Default for Ticker {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            ticks: watch::Sender::new(1),
        }
    }
}

impl Ticker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears the ticks, which begin with the first listener; `None` once the server stops.
    pub(super) fn subscribe(&self, app: &App) -> Option<watch::Receiver<u64>> {
        let mut state = self.state();
        if state.is_closed {
            return None;
        }
        let ticks = self.ticks.subscribe();
        if !state.is_running {
            state.is_running = true;
            tokio::spawn(run(app.clone()));
        }
        Some(ticks)
    }

    /// Every stream of events ends, and no more begin: the server stops.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.ticks.send_replace(0);
    }

    /// What `topic` says at this tick to this audience; rendered by the first who asks.
    pub(super) fn said(
        &self,
        tick: u64,
        topic: &Topic,
        audience: Audience,
        render: impl FnOnce() -> Bytes,
    ) -> Bytes {
        if audience == Audience::One {
            return render();
        }
        let key = (topic.clone(), audience);
        let mut state = self.state();
        if state.said_at != tick {
            state.said_at = tick;
            state.said.clear();
        } else if let Some(said) = state.said.get(&key) {
            return said.clone();
        }
        drop(state);
        let said = render();
        let mut state = self.state();
        if state.said_at == tick {
            state.said.insert(key, said.clone());
        }
        said
    }
}

/// Ticks until nobody listens any more.
async fn run(app: App) {
    let ticker = &app.inner.ticker;
    let mut seen = 0;
    loop {
        let next = Instant::now() + EVERY;
        sleep(APART).await;
        tokio::select! {
            () = sleep_until(next) => {}
            count = app.engine().changes(seen) => seen = count,
        }
        let mut state = ticker.state();
        if state.is_closed || ticker.ticks.receiver_count() == 0 {
            state.is_running = false;
            state.said.clear();
            return;
        }
        drop(state);
        ticker.ticks.send_modify(|tick| *tick += 1);
    }
}

//! The clock of events: one task for all who listen, and what topics said at its last tick.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use domain::Catalogue;
use tokio::{
    sync::{Notify, watch},
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
    /// Something ended for somebody, such as an access code: whoever it opened anything to is told like a change.
    ended: Arc<Notify>,
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

impl Ticker {
    /// One that ticks for what ends in this catalogue.
    pub(crate) fn new(catalogue: &Catalogue) -> Self {
        let ended = Arc::new(Notify::new());
        let told = ended.clone();
        catalogue.on_ended(move |_| told.notify_one());
        Self {
            ended,
            state: Mutex::default(),
            ticks: watch::Sender::new(1),
        }
    }

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
            () = ticker.ended.notified() => {}
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

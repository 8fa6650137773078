//! The engine's one beat: what has to be looked at as time passes, whether or not anything comes.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use super::Hub;
use crate::Shared;

/// Half a second: a refusal that came in a flood is told within this time.
const BEAT: Duration = Duration::from_millis(500);
/// Streams are looked at every second.
const BEATS_PER_LOOK: u32 = 2;

/// Looks at every stream once a second, until the engine is gone or stops.
pub(crate) async fn run(shared: Arc<Shared>, hub: Weak<Hub>) {
    let mut stopping = shared.stopping.subscribe();
    let mut beats = interval(BEAT);
    // A look that was missed is not made up for: a second is a second.
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for beat in 1_u32.. {
        tokio::select! {
            _ = beats.tick() => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        let Some(hub) = hub.upgrade() else { return };
        if shared.refusals.is_untold() {
            shared.changes.note();
        }
        if beat % BEATS_PER_LOOK == 0 {
            hub.look();
        }
    }
}

//! Who watches with an access code: a seat for each, which is free again when its holder has asked for nothing for a while.
//!
//! In memory alone: after a restart those who go on watching take their seats again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Time;
use crate::id::CodeId;

/// A seat that nobody used for so long is free. Longer than a player waits between two pieces of a video that it has buffered ahead.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(60);
/// Seats over all codes: about 8 MB. Past it those of codes without a limit are not counted; a limit holds all the same.
const SEATS_MAX: usize = 262_144;

/// The seats of all codes.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    /// By code and seat, when it was last used.
    codes: HashMap<CodeId, HashMap<u32, Time>>,
    count: usize,
    /// How long was watched since that was last saved.
    watched: HashMap<CodeId, Duration>,
}

impl Taken {
    /// Frees what has been idle.
    fn free(&mut self, code: CodeId, now: Time) {
        if let Some(seats) = self.codes.get_mut(&code) {
            let before = seats.len();
            seats.retain(|_, last| now.since(*last) < IDLE_MAX);
            self.count -= before - seats.len();
            if seats.is_empty() {
                self.codes.remove(&code);
            }
        }
    }
}

impl Seats {
    /// Takes a seat, or keeps it; whether it is theirs. `max`: how many there are.
    pub fn take(&self, code: CodeId, seat: u32, max: Option<u32>, now: Time) -> bool {
        let mut taken = self.lock();
        if let Some(last) = taken
            .codes
            .get_mut(&code)
            .and_then(|seats| seats.get_mut(&seat))
            && now.since(*last) < IDLE_MAX
        {
            let since = now.since(*last);
            *last = now.max(*last);
            if !since.is_zero() {
                *taken.watched.entry(code).or_default() += since;
            }
            return true;
        }
        taken.free(code, now);
        let held = taken.codes.get(&code).map_or(0, HashMap::len);
        match max {
            Some(max) if held >= usize::try_from(max).unwrap_or(usize::MAX) => return false,
            None if taken.count >= SEATS_MAX => return true,
            _ => {}
        }
        if taken
            .codes
            .entry(code)
            .or_default()
            .insert(seat, now)
            .is_none()
        {
            taken.count += 1;
        }
        true
    }

    /// How many watch with a code.
    pub fn count(&self, code: CodeId, now: Time) -> u32 {
        let mut taken = self.lock();
        taken.free(code, now);
        let held = taken.codes.get(&code).map_or(0, HashMap::len);
        u32::try_from(held).unwrap_or(u32::MAX)
    }

    /// How long was watched with a code since that was last taken.
    pub fn watched(&self, code: CodeId) -> Duration {
        self.lock().watched.get(&code).copied().unwrap_or_default()
    }

    /// The same of all codes, which begin anew.
    pub fn take_watched(&self) -> HashMap<CodeId, Duration> {
        std::mem::take(&mut self.lock().watched)
    }

    /// Nobody watches with this code any more.
    pub fn forget(&self, code: CodeId) {
        let mut taken = self.lock();
        if let Some(seats) = taken.codes.remove(&code) {
            taken.count -= seats.len();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

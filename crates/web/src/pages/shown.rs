//! Secrets on their way to the one page that shows them: kept for a minute, for one reading by the login that made them.
//!
//! A form is answered by 303, so that going back or reloading sends nothing twice; what was made has to wait for the page that
//! follows. It waits in memory alone.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use domain::{
    caller::{Caller, Subject},
    clock::Time,
    login::LoginId,
    secret::Secret,
    stream::StreamId,
};

/// How long a secret waits for its page, in milliseconds.
const WAITS_MS: i64 = 60_000;
/// Secrets that wait at once; past it the oldest is forgotten (its key can be made anew).
const WAITING_MAX: usize = 256;

/// A new key and what it is called.
#[derive(Clone, Debug)]
pub(crate) struct NewKey {
    pub(crate) stream: StreamId,
    pub(crate) name: String,
    pub(crate) secret: Secret,
}

/// What waits to be shown.
#[derive(Default)]
pub(crate) struct Shown(Mutex<VecDeque<(LoginId, Time, NewKey)>>);

impl Shown {
    /// Keeps a key for the next page of this login; callers without a login see none.
    pub(crate) fn keep(&self, login: LoginId, now: Time, key: NewKey) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, at, _)| now.ms() - at.ms() < WAITS_MS);
        if waiting.len() >= WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back((login, now, key));
    }

    /// Takes the newest key of this stream that waits for the caller; others of theirs for it are forgotten.
    pub(crate) fn take(&self, caller: &Caller, now: Time, stream: StreamId) -> Option<NewKey> {
        let Subject::Login { login, .. } = caller.subject else {
            return None;
        };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        waiting.retain(|(of, at, key)| {
            let is_theirs = *of == login && key.stream == stream;
            if is_theirs && now.ms() - at.ms() < WAITS_MS {
                found = Some(key.clone());
            }
            !is_theirs && now.ms() - at.ms() < WAITS_MS
        });
        found
    }
}

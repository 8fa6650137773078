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

/// What a secret is for, and so which page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Publishes to this stream: the stream's page.
    Stream(StreamId),
    /// Sets somebody's password: the page of people.
    Person,
    /// Acts for the caller: their account.
    ApiKey,
}

/// A new secret and what it is called.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) of: Of,
    /// The key's name; the person's, for a link.
    pub(crate) name: String,
    pub(crate) secret: Secret,
}

/// What waits to be shown.
#[derive(Default)]
pub(crate) struct Shown(Mutex<VecDeque<(LoginId, Time, Made)>>);

impl Shown {
    /// Keeps a secret for the next page of this caller; those without a login see none.
    pub(crate) fn keep(&self, caller: &Caller, now: Time, made: Made) {
        if let Subject::Login { login, .. } = caller.subject {
            self.keep_for(login, now, made);
        }
    }

    /// The same for a login that has just begun.
    pub(crate) fn keep_for(&self, login: LoginId, now: Time, made: Made) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, at, _)| now.ms() - at.ms() < WAITS_MS);
        if waiting.len() >= WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back((login, now, made));
    }

    /// Takes the newest secret of this sort that waits for the caller; others of theirs of it are forgotten.
    pub(crate) fn take(&self, caller: &Caller, now: Time, of: Of) -> Option<Made> {
        let Subject::Login { login, .. } = caller.subject else {
            return None;
        };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        waiting.retain(|(whose, at, made)| {
            let is_theirs = *whose == login && made.of == of;
            if is_theirs && now.ms() - at.ms() < WAITS_MS {
                found = Some(made.clone());
            }
            !is_theirs && now.ms() - at.ms() < WAITS_MS
        });
        found
    }
}

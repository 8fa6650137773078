//! An upload as it is known in memory.

use std::sync::Arc;

use domain::{clock::Time, user::UserId};

use super::{State, Wanted, append::Running};

pub(super) struct Entry {
    pub(super) owner: UserId,
    pub(super) length: u64,
    pub(super) wanted: Wanted,
    pub(super) metadata: String,
    pub(super) created: Time,
    /// When the last byte came, or it ended.
    pub(super) heard: Time,
    pub(super) offset: u64,
    pub(super) state: State,
    pub(super) setback: Option<String>,
    /// Comes in one request: it cannot be resumed, so it is neither listed nor remembered.
    pub(super) is_single: bool,
    pub(super) running: Option<Arc<Running>>,
}

impl Entry {
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Receiving
    }

    pub(super) fn is_of(&self, owner: UserId) -> bool {
        self.owner == owner && !self.is_single
    }
}

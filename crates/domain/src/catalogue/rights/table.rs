//! Things that are found by their id, and by the hash of the secret that stands for them.

use std::collections::HashMap;
use std::collections::hash_map::Values;
use std::fmt::Debug;
use std::hash::Hash as Hashable;

use crate::access_code::Code;
use crate::api_key::ApiKey;
use crate::id::{ApiKeyId, CodeId, KeyId, LoginId, UserId};
use crate::login::Login;
use crate::stream::Key;
use crate::user::Link;

/// What stands in a [`Table`]. Neither its id nor its hash ever changes.
pub(super) trait Kept {
    type Id: Copy + Eq + Hashable + Debug;

    fn id(&self) -> Self::Id;

    /// SHA-256 of its secret, or the keyed hash of its text.
    fn hash(&self) -> [u8; 32];
}

/// All of one kind.
#[derive(Debug)]
pub(super) struct Table<T: Kept> {
    by_id: HashMap<T::Id, T>,
    ids: HashMap<[u8; 32], T::Id>,
}

impl<T: Kept> Default for Table<T> {
    fn default() -> Self {
        Self {
            by_id: HashMap::new(),
            ids: HashMap::new(),
        }
    }
}

impl<T: Kept> Table<T> {
    pub fn get(&self, id: T::Id) -> Option<&T> {
        self.by_id.get(&id)
    }

    pub fn get_mut(&mut self, id: T::Id) -> Option<&mut T> {
        self.by_id.get_mut(&id)
    }

    pub fn by_hash(&self, hash: &[u8; 32]) -> Option<&T> {
        self.get(*self.ids.get(hash)?)
    }

    /// In no order.
    pub fn all(&self) -> Values<'_, T::Id, T> {
        self.by_id.values()
    }

    /// Puts it in, in the place of what has its id.
    pub fn put(&mut self, kept: T) {
        let _ = self.take(kept.id());
        self.ids.insert(kept.hash(), kept.id());
        self.by_id.insert(kept.id(), kept);
    }

    /// Takes it out.
    pub fn take(&mut self, id: T::Id) -> Option<T> {
        let taken = self.by_id.remove(&id)?;
        self.ids.remove(&taken.hash());
        Some(taken)
    }

    /// Takes out all that are not to stay.
    pub fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.by_id.retain(|_, kept| stays(kept));
        let by_id = &self.by_id;
        self.ids.retain(|_, id| by_id.contains_key(id));
    }
}

impl Kept for Login {
    type Id = LoginId;

    fn id(&self) -> LoginId {
        self.id
    }

    fn hash(&self) -> [u8; 32] {
        *self.hash.bytes()
    }
}

impl Kept for Key {
    type Id = KeyId;

    fn id(&self) -> KeyId {
        self.id
    }

    fn hash(&self) -> [u8; 32] {
        *self.hash.bytes()
    }
}

impl Kept for ApiKey {
    type Id = ApiKeyId;

    fn id(&self) -> ApiKeyId {
        self.id
    }

    fn hash(&self) -> [u8; 32] {
        *self.hash.bytes()
    }
}

/// A user has one link at most.
impl Kept for Link {
    type Id = UserId;

    fn id(&self) -> UserId {
        self.user
    }

    fn hash(&self) -> [u8; 32] {
        *self.hash.bytes()
    }
}

impl Kept for Code {
    type Id = CodeId;

    fn id(&self) -> CodeId {
        self.id
    }

    fn hash(&self) -> [u8; 32] {
        self.tag.0
    }
}

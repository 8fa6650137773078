//! A hasher that costs nothing and counts.

use std::future::ready;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use domain::BoxFuture;
use domain::password::{Busy, Hasher};
use domain::secret::Secret;

/// A hasher that costs nothing, counts what it verifies, and can be full.
#[derive(Debug, Default)]
pub struct FakeHasher {
    verified: AtomicUsize,
    busy: AtomicBool,
}

impl FakeHasher {
    /// How many passwords were verified.
    #[must_use]
    pub fn verified(&self) -> usize {
        self.verified.load(Ordering::SeqCst)
    }

    /// From now on answers that it is full, or no longer.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::SeqCst);
    }

    fn answer<T: Send + 'static>(&self, value: T) -> BoxFuture<'static, Result<T, Busy>> {
        Box::pin(ready(if self.busy.load(Ordering::SeqCst) {
            Err(Busy)
        } else {
            Ok(value)
        }))
    }
}

impl Hasher for FakeHasher {
    fn hash(&self, password: &Secret) -> BoxFuture<'static, Result<String, Busy>> {
        self.answer(format!("$fake${}", password.expose()))
    }

    fn verify(&self, password: &Secret, hash: &str) -> BoxFuture<'static, Result<bool, Busy>> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        self.answer(hash.strip_prefix("$fake$") == Some(password.expose()))
    }
}

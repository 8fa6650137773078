//! A count of what changed, for whoever shows how streams stand: they sleep until it is another one, and look again.
//!
//! Says that something changed, never what: a reader that was asleep for many changes misses nothing by looking once.

use domain::BoxFuture;
use tokio::sync::watch;

/// The count. It begins at 1, so that a reader who has seen nothing (0) is answered at once.
#[derive(Debug)]
pub(crate) struct Changes(watch::Sender<u64>);

impl Default for Changes {
    fn default() -> Self {
        Self(watch::Sender::new(1))
    }
}

impl Changes {
    /// Something changed.
    pub(crate) fn note(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// Resolves with the count once it is another than `seen`. Also for a count that was never told: the reader comes from
    /// before a restart.
    pub(crate) fn other_than(&self, seen: u64) -> BoxFuture<'static, u64> {
        let mut counts = self.0.subscribe();
        Box::pin(async move {
            match counts.wait_for(|count| *count != seen).await {
                Ok(count) => *count,
                // The engine is gone, and nobody can ask it again.
                Err(_) => seen,
            }
        })
    }
}

//! The hub: from a stream's name to its ring, its state and its window.

mod kept_out;
mod presence;
mod publishing;
pub(crate) mod pulse;
mod ring;
mod stream;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::publish::{Admitted, Refused};
use tokio::time::timeout;

pub(crate) use publishing::{EndReason, Publishing};
pub(crate) use ring::{Entry, Reader};
pub(crate) use stream::{Origin, Phase, Stream};

use crate::Shared;

/// How long all streams may take to come to rest when the engine stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Every stream that has been live since the start, or whose last run was saved.
pub(crate) struct Hub {
    shared: Arc<Shared>,
    streams: RwLock<HashMap<String, Arc<Stream>>>,
}

impl Hub {
    pub(crate) fn new(shared: Arc<Shared>, resumes: Vec<(String, hls::Resume)>) -> Self {
        let streams = resumes
            .into_iter()
            .map(|(slug, resume)| {
                let stream = Stream::new(shared.clone(), &slug, Some(resume));
                (slug, stream)
            })
            .collect();
        Self {
            shared,
            streams: RwLock::new(streams),
        }
    }

    /// The stream with this slug, if it was ever live.
    pub(crate) fn find(&self, slug: &str) -> Option<Arc<Stream>> {
        self.streams
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(slug)
            .cloned()
    }

    /// All streams in the order of their slugs.
    pub(crate) fn all(&self) -> Vec<Arc<Stream>> {
        let mut all: Vec<_> = self
            .streams
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        all.sort_by(|a, b| a.slug().cmp(b.slug()));
        all
    }

    /// Looks at every broadcast: once a second.
    fn look(&self) {
        let now = self.shared.mono();
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        for stream in streams.values() {
            stream.look(now);
        }
    }

    /// Lets go of everything of a stream that was deleted, at once: its name may be somebody else's next. Only its numbers go on, so
    /// that no name of a piece comes again with other bytes.
    pub(crate) fn forget(&self, stream: &Arc<Stream>) {
        let slug = stream.slug();
        let numbers = stream.window().resume().map(|resume| hls::Resume {
            ended: true,
            ..resume
        });
        let fresh = Stream::new(self.shared.clone(), slug, numbers.clone());
        self.streams
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(slug.to_owned(), fresh);
        stream.forget();
        if let Some(numbers) = numbers {
            self.shared.saver.save(slug, numbers);
        }
    }

    /// Whether the admitted would be made the stream's publisher now.
    pub(crate) fn would_publish(&self, admitted: &Admitted) -> Result<(), Refused> {
        if *self.shared.stopping.borrow() {
            return Err(Refused::ShuttingDown);
        }
        match self.find(admitted.slug.as_str()) {
            Some(stream) => stream.would_take(admitted.credential),
            None => Ok(()),
        }
    }

    /// Makes the admitted connection the stream's publisher.
    pub(crate) fn publish(
        &self,
        admitted: Admitted,
        origin: Origin,
    ) -> Result<Publishing, Refused> {
        if *self.shared.stopping.borrow() {
            return Err(Refused::ShuttingDown);
        }
        let slug = admitted.slug.as_str().to_owned();
        let stream = self
            .streams
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(slug.clone())
            .or_insert_with(|| Stream::new(self.shared.clone(), &slug, None))
            .clone();
        Publishing::begin(stream, admitted, origin)
    }

    /// Sends every publisher away and waits until that is packaged. No broadcast ends: after a restart its publisher returns and
    /// its viewers go on under the same address.
    pub(crate) async fn stop(&self) {
        for stream in self.all() {
            stream.send_away(&EndReason::ShuttingDown);
        }
        let quiet = async {
            for stream in self.all() {
                stream.quiet().await;
            }
        };
        if timeout(STOP_TIMEOUT, quiet).await.is_err() {
            tracing::warn!("some streams did not come to rest in time");
        }
    }
}

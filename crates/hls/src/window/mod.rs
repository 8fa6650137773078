//! What exists now, and what to answer.

mod answer;

use bytes::Bytes;
use media::Track;

pub use answer::{Answer, Kind, Reply, Request};

use crate::packager::{Output, Resume};
use crate::{Now, Settings};

/// What is live, for pages and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Number of the current epoch.
    pub epoch: u32,
    /// `PART-TARGET` in microseconds.
    pub part_target_us: u64,
    /// The tracks of the newest initialisation segment.
    pub tracks: Vec<Track>,
    /// Peak bits a second.
    pub bandwidth: u64,
    /// Mean bits a second.
    pub average_bandwidth: u64,
    /// Bytes of media kept, of all epochs.
    pub bytes: usize,
    /// The current epoch has ended.
    pub ended: bool,
}

/// The pieces of one presentation.
#[derive(Debug)]
pub struct Window {
    version: u64,
}

impl Window {
    /// An empty window.
    pub fn new(_settings: Settings, _resume: Option<Resume>) -> Self {
        Self { version: 0 }
    }

    /// Takes a packager's event and renders what it changes, once for all viewers.
    pub fn apply(&mut self, _now: Now, _output: Output) {
        self.version += 1;
    }

    /// Grows with every visible change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Answers a request; has no side effect.
    pub fn answer(&self, _request: &Request<'_>, _now: Now) -> Answer {
        Answer::NotFound { max_age_s: 1 }
    }

    /// The multivariant playlist with `prefix` (such as `~token/`) before each URI; `None` until it is playable.
    pub fn multivariant(&self, _prefix: &str) -> Option<Bytes> {
        None
    }

    /// What to save at each segment's end; `None` before the first epoch.
    pub fn resume(&self) -> Option<Resume> {
        None
    }

    /// What is live; `None` before the first epoch.
    pub fn facts(&self) -> Option<Facts> {
        None
    }
}

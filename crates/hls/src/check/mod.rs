//! The conformance rules of low-latency HLS and of stored HLS as pure code: observations of a running server in, findings out.
//!
//! RFC 8216bis sections 4 and 6 and appendix B.1. A caller makes requests (a [`Plan`] says which), hands each answer to
//! [`Checker::observe`], and reads [`Checker::report`]: one [`Finding`] per rule, with evidence. A rule that nothing
//! exercised fails, unless the stream gives it nothing to judge. What had ended before it was first seen is stored: rules about live
//! streams do not apply to it, and [`Plan::is_over`] says when all of it was looked at. Has no clock and no sockets; memory is bounded by [`Limits`].

mod log;
mod plan;
mod rules;
mod url;

use std::time::Duration;

use bytes::Bytes;

pub use plan::{Ask, Plan};

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// The multivariant playlist.
    Multivariant,
    /// A media playlist, with or without directives.
    Media,
    /// An initialisation segment.
    Init,
    /// A partial segment, listed or hinted.
    Part,
    /// A whole segment.
    Segment,
    /// A name that no playlist ever listed: must be answered 404.
    Missing,
    /// Some bytes of a whole segment: the request says `Range: bytes=first-last`.
    Range {
        /// The first byte.
        first: u64,
        /// The last one, which is wanted too.
        last: u64,
    },
    /// Anything else; judged by no rule.
    Other,
}

/// One request and its whole answer.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When the last byte arrived, since the start of the run.
    pub at: Duration,
    /// How long that took since the request was sent.
    pub took: Duration,
    /// As requested, with its query.
    pub url: String,
    /// What it was for.
    pub kind: RequestKind,
    /// HTTP status.
    pub status: u16,
    /// Names in any case, values as sent.
    pub headers: Vec<(String, String)>,
    /// As sent: still packed where `Content-Encoding` says so.
    pub body: Bytes,
    /// The request said `Accept-Encoding: gzip`.
    pub gzip_asked: bool,
}

/// Bounds and tolerances of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Observations kept; further ones are counted. Closes: a run that never ends.
    pub observations_max: usize,
    /// Bytes of bodies and URLs kept.
    pub bytes_max: usize,
    /// Bytes that one packed body may unpack to.
    pub body_max: usize,
    /// Lateness that network and scheduling may add to a promised moment.
    pub slack: Duration,
}

impl Default for Limits {
    /// 50,000 observations, 512 MiB, 16 MiB a body, 150 ms.
    fn default() -> Self {
        Self {
            observations_max: 50_000,
            bytes_max: 512 << 20,
            body_max: 16 << 20,
            slack: Duration::from_millis(150),
        }
    }
}

/// What one rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its id, stable: `part.duration-max`.
    pub rule: &'static str,
    /// What it demands, in a sentence.
    pub says: &'static str,
    /// Held every time it was exercised, or does not apply to this stream.
    pub ok: bool,
    /// How often it was exercised and the first failures, or why it was not.
    pub evidence: String,
}

/// Collects observations and judges them.
#[derive(Debug, Default)]
pub struct Checker {
    limits: Limits,
    log: log::Log,
}

impl Checker {
    /// A checker that has seen nothing.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            log: log::Log::default(),
        }
    }

    /// Takes an answer. Order matters little: playlists are ordered by what they list.
    pub fn observe(&mut self, observation: Observation) {
        self.log.add(&self.limits, observation);
    }

    /// Judges everything seen so far: one finding per rule, always the same rules in the same order.
    pub fn report(&self) -> Vec<Finding> {
        rules::ALL
            .iter()
            .map(|rule| rule.judge(&self.log, &self.limits))
            .collect()
    }
}

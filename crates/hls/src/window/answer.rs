//! What is asked of a window, and what it says.

use std::time::Duration;

use bytes::Bytes;

use crate::Body;

/// A request for one piece. The same value is asked again after a wait.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Last path component, as it came.
    pub piece: &'a str,
    /// Query string without `?`, as it came; delivery directives are read from it, the rest is ignored.
    pub query: &'a str,
    /// When it was first asked, on the monotonic clock: what the deadline of a wait counts from.
    pub since: Duration,
}

/// What to do with a request. Errors carry the seconds a cache may keep them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Send this.
    Ready(Reply),
    /// Ask again when the version has grown, at the latest at `deadline`.
    Wait {
        /// On the monotonic clock; asked then, the answer is [`Answer::Unavailable`].
        deadline: Duration,
    },
    /// 404: no such piece, or not yet and not hinted.
    NotFound {
        /// `Cache-Control: max-age`.
        max_age_s: u32,
    },
    /// 410: it existed and its time is over.
    Gone {
        /// `Cache-Control: max-age`.
        max_age_s: u32,
    },
    /// 400: directives that the specification does not allow.
    BadRequest {
        /// What is wrong, for the person reading it.
        why: &'static str,
        /// `Cache-Control: max-age`.
        max_age_s: u32,
    },
    /// 503: what was waited for did not come within three target durations.
    Unavailable {
        /// `Cache-Control: max-age`.
        max_age_s: u32,
    },
}

/// Bytes to send and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The bytes as they are.
    pub body: Body,
    /// The same bytes with gzip, where that pays.
    pub gzip: Option<Bytes>,
    /// What it is: decides the MIME type and priority.
    pub kind: Kind,
    /// `Cache-Control: max-age` in seconds.
    pub max_age_s: u32,
}

/// What a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A media playlist.
    Playlist {
        /// Asked with `_HLS_msn`: it never changes.
        blocking: bool,
    },
    /// An initialisation segment.
    Init,
    /// A whole segment.
    Segment,
    /// A partial segment.
    Part,
}

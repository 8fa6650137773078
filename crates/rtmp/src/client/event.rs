//! What a client session is told and says.

use std::{fmt, time::Duration};

use bytes::Bytes;

use crate::Closed;

/// Chunk size that [`Target::new`] sets: a frame is a few chunks.
const CHUNK_BYTES: u32 = 64 << 10;

/// Where to publish to, and how. `Debug` shows no content: names and queries carry keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Application, such as `live`.
    pub app: String,
    /// The whole URL up to the application.
    pub tc_url: String,
    /// Publish name, such as `?token=…` or `camera?token=…`.
    pub name: String,
    /// How this client names itself (`flashVer`).
    pub encoder: String,
    /// Chunk size of what is sent, bytes, at least 128. Servers refuse values that are too large.
    pub chunk_size: u32,
}

impl Target {
    /// A target with 64 KiB chunks and this crate's name.
    pub fn new(app: impl Into<String>, tc_url: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            app: app.into(),
            tc_url: tc_url.into(),
            name: name.into(),
            encoder: "FMLE/3.0 (compatible; media-server)".to_owned(),
            chunk_size: CHUNK_BYTES,
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("chunk_size", &self.chunk_size)
            .finish_non_exhaustive()
    }
}

/// What a client session wants of its caller.
#[derive(Clone, PartialEq)]
pub enum Output {
    /// Send these bytes, in order.
    Transmit(Bytes),
    /// Something happened.
    Event(Event),
    /// The session is over; answered once.
    Closed(Closed),
    /// Nothing more now: read on, and call [`crate::client::Session::handle_timeout`] at this time.
    Timeout(Option<Duration>),
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit(bytes) => write!(f, "Transmit({} bytes)", bytes.len()),
            Self::Event(event) => f.debug_tuple("Event").field(event).finish(),
            Self::Closed(closed) => f.debug_tuple("Closed").field(closed).finish(),
            Self::Timeout(at) => f.debug_tuple("Timeout").field(at).finish(),
        }
    }
}

/// What the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `connect` was accepted.
    Connected,
    /// `publish` was accepted: tracks and frames may be sent.
    Publishing,
    /// The server refused or ended the publish; `Closed` follows.
    Rejected {
        /// Status code, such as `NetStream.Publish.BadName`.
        code: String,
        /// The server's text.
        description: String,
    },
}

/// Why something was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server has not accepted the publish, or it is over: wait for [`Event::Publishing`].
    #[error("the server has not accepted the publish")]
    NotPublishing,
    /// Too much waits to be sent: drain [`crate::client::Session::poll`] into the socket first, or drop the frame.
    #[error("too much waits to be sent")]
    Full,
    /// Larger than a message may be: drop the frame.
    #[error("the frame is larger than a message may be")]
    TooLarge,
    /// The frame's track was not sent: send it first.
    #[error("the track of the frame was not sent before it")]
    UnknownTrack,
    /// RTMP as spoken here has no way to say it: send AAC.
    #[error("{codec} cannot be sent by RTMP")]
    Codec {
        /// What people call it.
        codec: &'static str,
    },
}

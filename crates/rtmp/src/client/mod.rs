//! The client side of a connection: publishes one stream to a server.

use std::{collections::VecDeque, fmt, time::Duration};

use bytes::Bytes;
use media::{Frame, Track};

use crate::Closed;

/// Where to publish to. `Debug` shows no content: names and queries carry keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Application, such as `live`.
    pub app: String,
    /// The whole URL up to the application.
    pub tc_url: String,
    /// Publish name, such as `?token=…` or `camera?token=…`.
    pub name: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").finish_non_exhaustive()
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
    /// Nothing more now: read on, and call [`Session::handle_timeout`] at this time.
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
    /// Too much waits to be sent: drain [`Session::poll`] into the socket first, or drop the frame.
    #[error("too much waits to be sent")]
    Full,
}

/// One connection to a server that a stream is published to.
pub struct Session {
    outputs: VecDeque<Output>,
}

impl Session {
    /// A session for a connection that was made at `now`. `seed` makes the handshake's random bytes.
    pub fn new(target: Target, seed: [u8; 32], now: Duration) -> Self {
        let _ = (target, seed, now);
        Self {
            outputs: VecDeque::new(),
        }
    }

    /// Takes bytes from the socket, in any pieces.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        let _ = (now, bytes);
    }

    /// The time that [`Output::Timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Duration) {
        let _ = now;
    }

    /// The next thing to do; drain until [`Output::Timeout`].
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Timeout(None))
    }

    /// Sends a track's sequence header; before its first frame and whenever it changes.
    pub fn send_track(&mut self, track: &Track) -> Result<(), SendError> {
        let _ = track;
        Err(SendError::NotPublishing)
    }

    /// Sends a frame of a track that was sent before.
    pub fn send_frame(&mut self, frame: &Frame) -> Result<(), SendError> {
        let _ = frame;
        Err(SendError::NotPublishing)
    }

    /// Ends the publish in order; `Closed` follows.
    pub fn finish(&mut self) {
        self.outputs.push_back(Output::Closed(Closed::Finished));
    }
}

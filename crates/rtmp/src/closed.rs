//! Why a session is over.

use crate::{Rejection, Unsupported};

/// What was spoken on a connection whose first byte is not RTMP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// An HTTP request.
    Http,
    /// A TLS client hello.
    Tls,
    /// RTMPE, encrypted RTMP (versions 6 and 8).
    Rtmpe,
    /// Anything else; the first byte.
    Unknown(u8),
}

impl std::fmt::Display for Spoken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Http => f.write_str("HTTP"),
            Self::Tls => f.write_str("TLS"),
            Self::Rtmpe => f.write_str("encrypted RTMP (RTMPE)"),
            Self::Unknown(byte) => write!(f, "an unknown protocol (first byte {byte:#04x})"),
        }
    }
}

/// Why a session is over. The caller sends what was transmitted before and closes the socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// The first byte is not RTMP's version 3; nothing is answered.
    #[error("{0} was spoken on the RTMP port")]
    NotRtmp(Spoken),
    /// The handshake did not end in time.
    #[error("the RTMP handshake did not end in time")]
    HandshakeTimeout,
    /// Nothing was published in time.
    #[error("connected, but nothing was published in time")]
    PublishTimeout,
    /// Publishing, but no frame came for too long.
    #[error("no media came for too long")]
    IdleTimeout,
    /// The peer broke the protocol or a limit of it.
    #[error("the peer broke the protocol: {0}")]
    Protocol(String),
    /// More bytes or frames a second than allowed.
    #[error("more {what} a second than allowed")]
    TooFast {
        /// `bytes` or `frames`.
        what: &'static str,
    },
    /// The peer asks for answers faster than it may: the bound on waiting output is reached.
    #[error("too many answers are waiting to be sent")]
    OutputFull,
    /// More input came than is kept while a publish request waits for its answer.
    #[error("too much was sent before the publish request was answered")]
    HeldFull,
    /// The publish request was refused.
    #[error("refused: {0}")]
    Rejected(Rejection),
    /// A running publish was ended by this side.
    #[error("ended: {0}")]
    Ended(Rejection),
    /// The media cannot be taken.
    #[error("refused: {0}")]
    Unsupported(Unsupported),
    /// The server refused, or ended the publish (client sessions only).
    #[error("the server refused ({code}): {description}")]
    RefusedByServer {
        /// Status code.
        code: String,
        /// The server's text.
        description: String,
    },
    /// The publish ended in order and no other followed, or this side finished.
    #[error("finished")]
    Finished,
}

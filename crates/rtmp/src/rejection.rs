//! What a publisher is told when it may not go on.

use std::fmt;

/// Longest description that is sent, bytes; encoders show one or two lines.
const DESCRIPTION_BYTES_MAX: usize = 512;

/// The status codes that encoders know. All are sent with level `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// `NetStream.Publish.BadName`: the stream or key is unknown, or someone is live on it.
    PublishBadName,
    /// `NetStream.Publish.Denied`: known, but not allowed now.
    PublishDenied,
    /// `NetConnection.Connect.Rejected`: the connection itself is not wanted.
    ConnectRejected,
    /// `NetStream.Play.Failed`: asked to play from a server that only takes streams in.
    PlayFailed,
}

impl Code {
    /// As it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PublishBadName => "NetStream.Publish.BadName",
            Self::PublishDenied => "NetStream.Publish.Denied",
            Self::ConnectRejected => "NetConnection.Connect.Rejected",
            Self::PlayFailed => "NetStream.Play.Failed",
        }
    }
}

/// A refusal: a code for the encoder and a description for the person in front of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    code: Code,
    description: String,
}

impl Rejection {
    /// A refusal with any of the codes. Descriptions past 512 bytes are cut at a character.
    pub fn new(code: Code, description: impl Into<String>) -> Self {
        let mut description = description.into();
        description.truncate(description.floor_char_boundary(DESCRIPTION_BYTES_MAX));
        Self { code, description }
    }

    /// The stream or key is unknown, or the stream is busy.
    pub fn bad_name(description: impl Into<String>) -> Self {
        Self::new(Code::PublishBadName, description)
    }

    /// Known, but not allowed now: revoked, taken over, shutting down.
    pub fn denied(description: impl Into<String>) -> Self {
        Self::new(Code::PublishDenied, description)
    }

    /// The connection is not wanted: too many, or a wrong application.
    pub fn connect_rejected(description: impl Into<String>) -> Self {
        Self::new(Code::ConnectRejected, description)
    }

    /// The code for the encoder.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The text for the person.
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

/// Media that cannot be taken, with what will work instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {fix}")]
pub struct Unsupported {
    /// What arrived, as a sentence: `The picture is HEVC, which is not taken over RTMP here.`
    pub what: String,
    /// What will work, as a sentence: `Send H.264.`
    pub fix: String,
}

//! Publishing: what somebody who wants to send hands over, and the answer, with the words that they are told.
//!
//! The words are settled in one place so that OBS, the API and the go-live page say the same.

use std::net::IpAddr;

use crate::clock::Time;
use crate::id::{ApiKeyId, KeyId, StreamId, UserId};
use crate::slug::Slug;

/// By which door the publisher came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// RTMP, plain or over TLS.
    Rtmp,
    /// WebRTC, RFC 9725.
    Whip,
    /// The server's own test signal.
    Test,
}

impl Protocol {
    /// Its word in the API, logs and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rtmp => "rtmp",
            Self::Whip => "whip",
            Self::Test => "test",
        }
    }
}

/// Somebody wants to publish.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// By which door.
    pub protocol: Protocol,
    /// From where; failures are counted by it.
    pub address: IpAddr,
    /// The parts of the path, without empty ones; application and name of RTMP joined. As sent, not yet checked.
    pub path: &'a [String],
    /// The value of `token`, or the bearer token. As sent, not yet checked.
    pub token: Option<&'a str>,
}

/// With what a publisher was admitted; closing is asked for by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A stream key.
    Key(KeyId),
    /// An API key with the scope `publish`.
    ApiKey(ApiKeyId),
}

/// They may publish to this stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// To which stream.
    pub stream: StreamId,
    /// Its name in addresses.
    pub slug: Slug,
    /// Whose stream it is, if anybody's.
    pub owner: Option<UserId>,
    /// With what.
    pub credential: Credential,
}

/// They may not, and why: by the Gatekeeper, or later by the engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub enum Refused {
    /// Nothing that could be a key was sent.
    NoKey,
    /// What was sent is no key here, whatever is wrong with it.
    UnknownKey,
    /// The key was revoked; only its holder is told.
    Revoked {
        /// What the owner called it.
        name: String,
        /// When it was revoked.
        at: Time,
    },
    /// The key is good, but for another stream than the path names.
    OtherStream {
        /// What the path names, cut to what a slug can have.
        asked: String,
        /// The stream of the key.
        of: Slug,
    },
    /// The path begins with something that is neither `live` nor the stream.
    OtherApplication {
        /// What it begins with, cut to what a slug can have.
        asked: String,
    },
    /// The stream's owner was disabled.
    Disabled,
    /// Wait: there were too many failures from this address.
    TooManyTries {
        /// Seconds until the next try is heard.
        retry_after_s: u32,
    },
    /// Somebody else publishes to the stream.
    AlreadyLive,
    /// The stream's owner has just ended the broadcast that this one sent.
    Ended,
    /// What is sent cannot be shown to viewers.
    Unsupported {
        /// What is wrong, as a sentence.
        what: String,
        /// What to do, as a sentence.
        fix: String,
    },
    /// The server, or this address, has as many publishers as it may.
    TooManyPublishers,
    /// The server is stopping.
    ShuttingDown,
    /// The connection did not follow its protocol.
    Protocol {
        /// What was wrong, as a sentence for whoever wrote the client.
        what: String,
    },
}

impl Refused {
    /// A stable word for programs, logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::UnknownKey => "unknown_key",
            Self::Revoked { .. } => "revoked_key",
            Self::OtherStream { .. } => "other_stream",
            Self::OtherApplication { .. } => "other_application",
            Self::Disabled => "owner_disabled",
            Self::TooManyTries { .. } => "too_many_tries",
            Self::AlreadyLive => "already_live",
            Self::Ended => "broadcast_ended",
            Self::Unsupported { .. } => "unsupported_media",
            Self::TooManyPublishers => "too_many_publishers",
            Self::ShuttingDown => "shutting_down",
            Self::Protocol { .. } => "protocol_error",
        }
    }

    /// What happened, as a sentence for the person who sends.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::NoKey => "No key was sent.".to_owned(),
            Self::UnknownKey => "The key is not known here.".to_owned(),
            Self::Revoked { name, at } => {
                format!("This key (“{name}”) was revoked on {}.", at.day_and_month())
            }
            Self::OtherStream { asked, of } => {
                format!("The key belongs to the stream “{of}”, not to “{asked}”.")
            }
            Self::OtherApplication { asked } => {
                format!("The application is called “{asked}”; here it is “live”.")
            }
            Self::Disabled => "The account of this stream's owner is switched off.".to_owned(),
            Self::TooManyTries { .. } => "Too many tries.".to_owned(),
            Self::AlreadyLive => "Someone is already live on this stream.".to_owned(),
            Self::Ended => "The broadcast was ended on its page.".to_owned(),
            Self::Unsupported { what, .. } | Self::Protocol { what } => what.clone(),
            Self::TooManyPublishers => {
                "The server takes no more senders at this moment.".to_owned()
            }
            Self::ShuttingDown => "The server is stopping.".to_owned(),
        }
    }

    /// What to do about it, as a sentence. `HOST` stands for the server's own name, which the caller may put in.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::NoKey => {
                "Put the key into OBS: the field Stream Key, or Bearer Token for WHIP.".to_owned()
            }
            Self::UnknownKey => {
                "Copy the key again: a space or a line break may have come with it.".to_owned()
            }
            Self::Revoked { .. } => "Use another key of this stream, or make a new one.".to_owned(),
            Self::OtherStream { of, .. } => {
                format!("Send to “{of}”, or use a key of the other stream.")
            }
            Self::OtherApplication { .. } => "Set the server to rtmp://HOST:1935/live".to_owned(),
            Self::Disabled => "Ask an administrator to switch it on again.".to_owned(),
            Self::TooManyTries { retry_after_s } => {
                format!("Try again in {}.", crate::limit::wait_words(*retry_after_s))
            }
            Self::AlreadyLive => {
                "Stop the other sender first, or allow take-over in the settings of the stream."
                    .to_owned()
            }
            Self::Ended => "Stop the sender, wait 15 s, and start it again.".to_owned(),
            Self::Unsupported { fix, .. } => fix.clone(),
            Self::TooManyPublishers => {
                "Stop another sender, or ask the operator to raise the limit.".to_owned()
            }
            Self::ShuttingDown => {
                "Try again in a minute; most programs do so by themselves.".to_owned()
            }
            Self::Protocol { .. } => {
                "Update the program that sends, or try another one.".to_owned()
            }
        }
    }
}

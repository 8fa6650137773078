//! Sessions of WebRTC as an engine offers them: an offer is answered, changed and ended by its address (RFC 9725; WHEP draft 03).

use std::{net::IpAddr, sync::Arc};

use crate::{
    grant::Granted,
    publish,
    secret::{Hash, Secret},
    slug::Slug,
};

/// A viewer's offer, after leave to watch was given.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The stream to watch.
    pub slug: Slug,
    /// The leave, as its token: the session ends when it does. Never log it.
    pub token: Arc<str>,
    /// To whom leave was given: who may change or end the session.
    pub granted: Granted,
    /// The session description; not looked at yet.
    pub sdp: String,
    /// From where the offer came.
    pub address: IpAddr,
}

/// A publisher's offer. Whether they may is asked by the engine, as at its other doors.
#[derive(Debug, Clone)]
pub struct Publish {
    /// What the address names, as sent: a stream, or anything.
    pub path: Vec<String>,
    /// The bearer token or the value of `token`, as sent.
    pub key: Option<Secret>,
    /// The session description; not looked at yet.
    pub sdp: String,
    /// From where the offer came.
    pub address: IpAddr,
}

/// The offer of somebody who only wants to know whether they reach the server's port. The session carries nothing and ends by itself
/// within ten seconds.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The session description; not looked at yet.
    pub sdp: String,
    /// From where the offer came.
    pub address: IpAddr,
}

/// Whose a session is: who may change and end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A viewer, by their leave.
    Viewer(Granted),
    /// A publisher, by the key that they came with.
    Publisher(Hash),
}

/// A session that waits for its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The session description to answer with.
    pub sdp: String,
    /// The session's name in addresses: 128 random bits.
    pub session: String,
    /// Which ICE session it is; another after each restart.
    pub etag: String,
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// This engine has none, or it is switched off.
    #[error("WebRTC is switched off on this server")]
    Off,
    /// Nothing is sent on this stream just now.
    #[error("the stream is not live")]
    NotLive,
    /// What is sent cannot be shown this way; HLS can.
    #[error("{0}")]
    Unsuitable(String),
    /// The description cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It can be read and asks for what is not to be had.
    #[error("{0}")]
    Unacceptable(String),
    /// Too many sessions, in all or half open ones.
    #[error("there are too many sessions just now")]
    TooMany,
}

/// Why nobody publishes by an offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    /// This engine has no sessions, or they are switched off.
    #[error("WebRTC is switched off on this server")]
    Off,
    /// They may not, or what they send is not taken; the owner of the stream reads of it.
    #[error(transparent)]
    Refused(#[from] publish::Refused),
    /// The description cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It can be read and asks for what is not to be had.
    #[error("{0}")]
    Unacceptable(String),
    /// Too many sessions, in all or half open ones.
    #[error("there are too many sessions just now")]
    TooMany,
}

/// A change to a session.
#[derive(Debug, Clone)]
pub struct Change {
    /// The session's name.
    pub session: String,
    /// Who asks.
    pub holder: Holder,
    /// The fragment of trickle ICE (RFC 8840); not looked at yet.
    pub fragment: String,
    /// The `If-Match` header.
    pub if_match: Option<String>,
}

/// A session was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Further addresses were taken note of.
    Trickled,
    /// ICE begins anew.
    Restarted {
        /// The server's side of it, as a fragment.
        fragment: String,
        /// Which ICE session it is now.
        etag: String,
    },
}

/// Why a session was not changed; it goes on as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    /// There is none of that name for who asks.
    #[error("there is no such session")]
    NotFound,
    /// A restart has to say that it may replace what is there.
    #[error("a restart needs If-Match")]
    Unconditional,
    /// What the change was made for is not what is there.
    #[error("the session has changed since")]
    Stale,
    /// The fragment cannot be read.
    #[error("{0}")]
    Malformed(String),
}

//! What a server session says to its caller.

use std::{fmt, time::Duration};

use bytes::Bytes;
use media::{Frame, Track};

use crate::{Closed, Landing, Unsupported};

/// What a session wants of its caller.
#[derive(Clone, PartialEq)]
pub enum Output {
    /// Send these bytes, in order.
    Transmit(Bytes),
    /// Something happened.
    Event(Event),
    /// The session is over; answered once. Close the socket when everything before it was sent.
    Closed(Closed),
    /// Nothing more now: read on, and call [`crate::Session::handle_timeout`] at this time (since the same start as `now`).
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

/// What a publisher did.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Asks to publish; waits for [`crate::Session::accept`] or [`crate::Session::reject`].
    PublishRequested(Publish),
    /// A track's configuration, new or changed; comes before the frames it describes.
    Track(Track),
    /// A frame of a track that was announced. RTMP times are whole milliseconds; H.264 comes normalised (4-byte NAL lengths,
    /// no filler), as its track's configuration says.
    Frame(Frame),
    /// What the encoder says about itself; advisory, may be absent, late or untrue.
    Metadata(Metadata),
    /// The media cannot be taken; the session tells the encoder and closes.
    Refused(Unsupported),
    /// The publisher ended in order (`FCUnpublish`, `closeStream`, `deleteStream`).
    PublishEnded,
}

/// How a publisher wants its stream kept; this server decides that elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishKind {
    /// `live`, and whatever is not one of the others.
    Live,
    /// `record`.
    Record,
    /// `append`.
    Append,
}

/// A request to publish. `Debug` shows neither names nor queries: they carry keys.
#[derive(Clone, PartialEq)]
pub struct Publish {
    /// `connect`'s application, as sent.
    pub app: String,
    /// `connect`'s URL, as sent.
    pub tc_url: String,
    /// The publish name, as sent.
    pub name: String,
    /// Live, record or append.
    pub kind: PublishKind,
    /// Path and token, wherever the encoder put them.
    pub landing: Landing,
    /// `flashVer` of `connect`: how the encoder names itself.
    pub encoder: Option<String>,
}

impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish")
            .field("kind", &self.kind)
            .field("landing", &self.landing)
            .field("encoder", &self.encoder)
            .finish_non_exhaustive()
    }
}

/// What `onMetaData` declares. Every field is the encoder's word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Name of the encoder.
    pub encoder: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Frames per second.
    pub frame_rate: Option<f64>,
    /// Kilobits per second.
    pub video_kbit_rate: Option<f64>,
    /// Kilobits per second.
    pub audio_kbit_rate: Option<f64>,
}

/// What a session has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes received, all of them.
    pub bytes: u64,
    /// Frames handed out.
    pub frames: u64,
    /// Frames dropped because their configuration had not come yet.
    pub frames_before_config: u64,
    /// Messages of no use here: unknown types and commands, empty media, other streams' media.
    pub ignored: u64,
}

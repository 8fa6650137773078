//! The port Engine: what receives and delivers live media, seen from outside.
//!
//! Drawn at the level of control and delivery, so that another process can stand behind it too: streams, pieces and
//! reasons, never frames. Names of pieces are opaque here; the engine that wrote a name reads it.

use std::fs::File;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::BoxFuture;
use crate::clock::Time;
use crate::id::{ApiKeyId, KeyId, StreamId, UserId};
use crate::publish::{Credential, Protocol};
use crate::session;
use crate::slug::Slug;

/// Receives live media and delivers it.
pub trait Engine: Send + Sync {
    /// What is live now, in the order of slugs.
    fn streams(&self) -> Vec<Live>;

    /// The broadcast on this stream, if there is one.
    fn live(&self, slug: &Slug) -> Option<Live>;

    /// The last broadcast on this stream that has ended, since the server started.
    fn last_ended(&self, slug: &Slug) -> Option<Ended>;

    /// What the broadcast on this stream was like, one sample a second over the last five minutes of it, oldest first; empty
    /// without a broadcast. Also the seconds in which its publisher was away.
    fn history(&self, slug: &Slug) -> Vec<Sample>;

    /// A picture of the broadcast on this stream, as a playable MP4 of one sample: its last key frame as it came. `None`
    /// without a broadcast, or where no picture was sent yet.
    fn poster(&self, slug: &Slug) -> Option<Reply>;

    /// Resolves with the count of changes as soon as it is another than `seen`; begin with 0. What counts: a broadcast began,
    /// became playable or ended, its publisher left or returned, its tracks or the set of its warnings changed, an attempt
    /// was refused. Figures that move do not.
    fn changes(&self, seen: u64) -> BoxFuture<'static, u64>;

    /// A piece of the stream's presentation, below the token: `piece` is one or more plain path parts as the engine wrote
    /// them, `query` is the raw query without `?`. Access has been decided before.
    fn fetch(&self, slug: &str, piece: &str, query: &str) -> Fetch;

    /// The multivariant playlist of the stream, each URI in it beginning with `prefix`.
    fn index(&self, slug: &str, prefix: &str) -> Fetch;

    /// Answers a viewer's offer of WebRTC.
    fn watch(
        &self,
        offer: session::Offer,
    ) -> BoxFuture<'static, Result<session::Answer, session::Refused>> {
        drop(offer);
        Box::pin(async { Err(session::Refused::Off) })
    }

    /// Answers a publisher's offer of WebRTC (WHIP): they become the stream's publisher once their transport is ready.
    fn publish(
        &self,
        publish: session::Publish,
    ) -> BoxFuture<'static, Result<session::Answer, session::NotPublished>> {
        drop(publish);
        Box::pin(async { Err(session::NotPublished::Off) })
    }

    /// Answers the offer of somebody who wants to know whether they reach the port of WebRTC.
    fn reach(
        &self,
        reach: session::Reach,
    ) -> BoxFuture<'static, Result<session::Answer, session::Refused>> {
        drop(reach);
        Box::pin(async { Err(session::Refused::Off) })
    }

    /// Changes a session of WebRTC.
    fn change_session(
        &self,
        change: session::Change,
    ) -> BoxFuture<'static, Result<session::Changed, session::NotChanged>> {
        drop(change);
        Box::pin(async { Err(session::NotChanged::NotFound) })
    }

    /// Ends a session of WebRTC at its client's wish; whether there was one of this name for who asks.
    fn end_session(&self, session: String, holder: session::Holder) -> BoxFuture<'static, bool> {
        let _ = (session, holder);
        Box::pin(async { false })
    }

    /// Ends publishers or viewers at once; those concerned are told `why`.
    fn close(&self, who: Close, why: &str);

    /// Publish attempts that were refused lately, newest first; of one stream, or of all. Those that name no stream are
    /// in the list of all only.
    fn refusals(&self, slug: Option<&Slug>) -> Vec<Refusal>;

    /// Whether it can serve.
    fn health(&self) -> Health;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;
}

/// Whom to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Close {
    /// Publishers that came with this stream key.
    Key(KeyId),
    /// Publishers that came with this API key.
    ApiKey(ApiKeyId),
    /// Publishers to this stream: its owner ends the broadcast, at once and also while its sender is away. Who sent it is not let in
    /// again by coming back by itself.
    Publishers(StreamId),
    /// Publishers to streams that this user owns.
    PublishersOf(UserId),
    /// Viewers of this stream, after their grants have been made void.
    Viewers(StreamId),
    /// Everything of this stream: it was deleted.
    Stream(StreamId),
}

/// An answer to a request for a piece: now, or once it exists.
pub enum Fetch {
    /// It is here.
    Ready(Reply),
    /// It will be, or time will run out; dropping the future costs nothing and leaves nothing behind.
    Wait(BoxFuture<'static, Reply>),
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ready(reply) => f.debug_tuple("Ready").field(reply).finish(),
            Self::Wait(_) => f.write_str("Wait(…)"),
        }
    }
}

/// What to answer; the front door maps it to HTTP.
#[derive(Debug, Clone)]
pub struct Reply {
    /// How it went.
    pub status: Status,
    /// The media type of the body.
    pub media_type: &'static str,
    /// The body.
    pub body: Body,
    /// The same body compressed by gzip, where that was worth it.
    pub gzip: Option<Bytes>,
    /// Seconds for which caches may keep it; 0: not at all.
    pub max_age_s: u32,
    /// Whether it never changes while it exists.
    pub immutable: bool,
    /// Seconds after which to ask again, with [`Status::Unavailable`].
    pub retry_after_s: Option<u32>,
    /// Why, in words for whoever develops a player; never anything secret.
    pub reason: Option<&'static str>,
    /// Which version of a stored thing the body is, so that what is kept of it can be compared.
    pub version: Option<Version>,
}

/// A version of something stored (RFC 9110, 8.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The entity tag with its quotes; a strong one.
    pub etag: Arc<str>,
    /// When it was last changed.
    pub modified: Time,
}

impl Reply {
    /// An answer without a body, not to be kept.
    #[must_use]
    pub fn refused(status: Status, reason: &'static str) -> Self {
        Self {
            status,
            media_type: "text/plain",
            body: Body::default(),
            gzip: None,
            max_age_s: 0,
            immutable: false,
            retry_after_s: None,
            reason: Some(reason),
            version: None,
        }
    }
}

/// How a request for a piece went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Here it is: 200.
    Ok,
    /// The request breaks the rules of HLS: 400.
    BadRequest,
    /// There is no such piece: 404.
    NotFound,
    /// There was, and it has left the window: 410.
    Gone,
    /// Not now: 503.
    Unavailable,
}

/// A body in shared chunks that are sent one after another without being joined.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// The chunks.
    pub chunks: Vec<Chunk>,
    /// Bytes in all chunks together.
    pub len: u64,
}

/// A stretch of a body.
#[derive(Debug, Clone)]
pub enum Chunk {
    /// Bytes in memory.
    Slice(Bytes),
    /// Bytes of a file, for a kernel that sends them without a copy through the program.
    Stored(Range),
}

/// Bytes of a file. They exist, and never change, as long as somebody holds the file.
#[derive(Debug, Clone)]
pub struct Range {
    /// Where they lie. Whoever reads it names the place; the file's own position is nobody's.
    pub file: Arc<File>,
    /// Where in it they begin, in bytes.
    pub offset: u64,
    /// How many they are.
    pub len: u64,
    /// Whether reading them can take its time.
    pub medium: Medium,
}

/// What a file lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// Memory: its bytes are there at once.
    Memory,
    /// A disk, or what passes for one over a network: a read may wait, and whoever serves others meanwhile must not.
    Disk,
}

impl Chunk {
    /// Bytes in it.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Slice(slice) => slice.len() as u64,
            Self::Stored(range) => range.len,
        }
    }

    /// No bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromIterator<Chunk> for Body {
    fn from_iter<T: IntoIterator<Item = Chunk>>(chunks: T) -> Self {
        let chunks: Vec<Chunk> = chunks.into_iter().collect();
        let len = chunks.iter().map(Chunk::len).sum();
        Self { chunks, len }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::from_iter([Chunk::Slice(bytes)])
    }
}

impl From<Vec<Bytes>> for Body {
    fn from(slices: Vec<Bytes>) -> Self {
        slices.into_iter().map(Chunk::Slice).collect()
    }
}

/// A broadcast as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// On which stream.
    pub stream: StreamId,
    /// Its name in addresses.
    pub slug: Slug,
    /// When the broadcast began.
    pub since: Time,
    /// Whether its publisher is there.
    pub state: State,
    /// By which door the publisher came.
    pub protocol: Protocol,
    /// From where the publisher came; shorten it before it is shown.
    pub publisher: IpAddr,
    /// With which key the publisher came.
    pub credential: Credential,
    /// Whether viewers can play it yet.
    pub playable: bool,
    /// What is sent.
    pub tracks: Vec<TrackFacts>,
    /// Bits per second, over the last few seconds.
    pub bit_rate: u64,
    /// Pictures per second as measured; `None` until it is known.
    pub frame_rate: Option<f64>,
    /// Seconds from one key frame to the next, as measured.
    pub key_frame_interval_s: Option<f64>,
    /// How many watch.
    pub viewers: Viewers,
    /// Bytes received in this broadcast.
    pub bytes_received: u64,
    /// What is wrong with it, the worst first.
    pub warnings: Vec<Warning>,
}

/// Whether the publisher of a broadcast is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Media arrive.
    Receiving,
    /// The connection was lost; the broadcast goes on if the publisher returns in time.
    Away {
        /// When the broadcast ends otherwise.
        until: Time,
    },
}

/// How many watch, by protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewers {
    /// By HLS, as counted from their requests.
    pub hls: u32,
    /// By WebRTC.
    pub webrtc: u32,
}

/// What kind of track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

impl TrackKind {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

/// What is known of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackFacts {
    /// Pictures or sound.
    pub kind: TrackKind,
    /// The codec as people call it, `H.264`, `AAC`.
    pub codec: String,
    /// Its profile as people call it, `High`.
    pub profile: Option<String>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Pictures per second as declared.
    pub frame_rate: Option<f64>,
    /// Samples per second of sound.
    pub sample_rate: Option<u32>,
    /// Channels of sound.
    pub channels: Option<u32>,
}

/// Something is wrong with a broadcast that its sender can mend. The words for it are made where it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// A stable word for programs.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was measured, in `unit`; it moves while the warning stands.
    pub actual: Option<f64>,
    /// What it should be, in `unit`.
    pub expected: Option<f64>,
    /// The unit of both: `s`, `ms`, `percent`, `bits_per_second` or `frames_per_minute`; empty where there is no figure.
    pub unit: &'static str,
    /// When it was first seen, without a break since.
    pub since: Time,
}

/// How bad a warning is; the later the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It could be better, and some want it as it is.
    Notice,
    /// Viewers notice it.
    Warning,
    /// Viewers cannot watch as they should.
    Problem,
}

impl Severity {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What a broadcast was like in one second of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// At the end of which second.
    pub at: Time,
    /// Bits per second, as in [`Live::bit_rate`].
    pub bit_rate: u64,
    /// Pictures per second, as in [`Live::frame_rate`].
    pub frame_rate: Option<f64>,
    /// Seconds from one key frame to the next, as in [`Live::key_frame_interval_s`].
    pub key_frame_interval_s: Option<f64>,
    /// How many watched.
    pub viewers: Viewers,
}

/// A broadcast that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When it began.
    pub since: Time,
    /// When it ended.
    pub until: Time,
}

/// A publish attempt that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When.
    pub at: Time,
    /// By which door.
    pub protocol: Protocol,
    /// From where; shorten it before it is shown.
    pub address: IpAddr,
    /// The stream that it is about, where that could be told.
    pub slug: Option<Slug>,
    /// [`crate::publish::Refused::code`].
    pub reason: &'static str,
    /// [`crate::publish::Refused::message`].
    pub message: String,
    /// [`crate::publish::Refused::fix`].
    pub fix: String,
    /// How often the same happened in a row.
    pub times: u32,
}

/// Whether the engine can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Ok,
    /// It cannot, and why; for operators only.
    Failing(String),
}

/// What an engine can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// `embedded` or `mediamtx`.
    pub kind: &'static str,
    /// Its version.
    pub version: String,
    /// Whether publishers may come by WHIP.
    pub whip: bool,
    /// Whether viewers may come by WHEP.
    pub whep: bool,
    /// Whether it records.
    pub records: bool,
}

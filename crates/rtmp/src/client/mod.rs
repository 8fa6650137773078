//! The client side of a connection: publishes one stream to a server, in the order of commands that encoders use.
//!
//! Media may be sent from [`Event::Publishing`] on: each track before its frames. Frames go out in the legacy FLV form that every server reads.
//! Answers of the server that do not matter to a publish are passed over.

mod command;
mod event;

pub use event::{Event, Output, SendError, Target};

use std::{collections::VecDeque, time::Duration};

use bytes::Buf;
use media::{Codec, Frame, Track, TrackId};

use crate::{
    Closed, Limits, Metadata,
    amf0::Value,
    chunk::Head,
    flv::{audio, video},
    handshake::{self, Progress},
    link::Link,
    message::{command as amf_command, kind},
};

/// Chunk streams as encoders use them: commands, then one for each kind of media.
const COMMANDS: u32 = 3;
const DATA: u32 = 4;
const AUDIO: u32 = 5;
const VIDEO: u32 = 6;

/// Media that may wait for the socket, bytes: a few seconds, after which sending answers [`SendError::Full`].
const OUT_BYTES_MAX: usize = 8 << 20;
/// Smaller chunks would be more header than media.
const CHUNK_BYTES_MIN: u32 = 128;
/// From the connection to the end of the handshake, and from there to the server's yes, milliseconds.
const STEP_MS: u64 = 10_000;

/// One connection to a server that a stream is published to.
pub struct Session {
    target: Target,
    limits: Limits,
    now: Duration,
    deadline: Option<Duration>,
    link: Link,
    phase: Phase,
    video: Option<TrackId>,
    audio: Option<TrackId>,
    /// Time of the last frame; a configuration in mid-stream is sent with it.
    timestamp: u32,
    events: VecDeque<Event>,
    closed: Option<Closed>,
    closed_told: bool,
}

enum Phase {
    Handshake(handshake::Client),
    Connecting,
    CreatingStream,
    Requested { stream_id: u32 },
    Publishing { stream_id: u32 },
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session for a connection that was made at `now`. `seed` makes the handshake's random bytes.
    pub fn new(target: Target, seed: [u8; 32], now: Duration) -> Self {
        let limits = Limits {
            out_bytes_max: 2 * OUT_BYTES_MAX,
            ..Limits::default()
        };
        let (handshake, hello) = handshake::Client::new(seed);
        let mut link = Link::new(&limits);
        link.send_raw(&hello);
        Self {
            target,
            limits,
            now,
            deadline: Some(now.saturating_add(Duration::from_millis(STEP_MS))),
            link,
            phase: Phase::Handshake(handshake),
            video: None,
            audio: None,
            timestamp: 0,
            events: VecDeque::new(),
            closed: None,
            closed_told: false,
        }
    }

    /// Takes bytes from the socket, in any pieces. Drain [`Session::poll`] afterwards.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        if self.closed.is_some() {
            return;
        }
        self.now = self.now.max(now);
        self.link.count(bytes.len());
        self.drive(bytes);
        if self.closed.is_none() && !matches!(self.phase, Phase::Handshake(_)) {
            self.link.acknowledge();
        }
        self.check_deadline();
    }

    /// The time that [`Output::Timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = self.now.max(now);
        self.check_deadline();
    }

    /// The next thing to do; drain until [`Output::Timeout`].
    pub fn poll(&mut self) -> Output {
        if let Some(bytes) = self.link.take_out() {
            return Output::Transmit(bytes);
        }
        if let Some(event) = self.events.pop_front() {
            return Output::Event(event);
        }
        match &self.closed {
            Some(_) if self.closed_told => Output::Timeout(None),
            Some(closed) => {
                self.closed_told = true;
                Output::Closed(closed.clone())
            }
            None => Output::Timeout(self.deadline),
        }
    }

    /// Sends a track's sequence header; before its first frame and whenever it changes.
    pub fn send_track(&mut self, track: &Track) -> Result<(), SendError> {
        self.stream()?;
        match &track.codec {
            Codec::H264(config) => {
                self.video = Some(track.id);
                let head = video::head(video::Head::Config);
                self.send_media(
                    VIDEO,
                    kind::VIDEO,
                    self.timestamp,
                    head.chain(config.record().as_ref()),
                )
            }
            Codec::Aac(config) => {
                self.audio = Some(track.id);
                self.send_media(
                    AUDIO,
                    kind::AUDIO,
                    self.timestamp,
                    audio::CONFIG_HEAD.chain(config.specific().as_ref()),
                )
            }
            Codec::Opus(_) | Codec::H265(_) | Codec::Av1(_) => Err(SendError::Codec {
                codec: track.codec.name(),
            }),
        }
    }

    /// Sends a frame of a track that was sent before. Its time is rounded to milliseconds and wraps as RTMP's does.
    pub fn send_frame(&mut self, frame: &Frame) -> Result<(), SendError> {
        self.stream()?;
        let dts_ms = frame.dts.to_scale(1000);
        // RTMP time is what is left of the count in 32 bits.
        let timestamp = dts_ms as u32;
        let track = Some(frame.track);
        if track == self.video {
            let offset = frame.pts.to_scale(1000).saturating_sub(dts_ms);
            let composition_ms = i32::try_from(offset).unwrap_or(0);
            let head = video::head(video::Head::Frame {
                key: frame.key,
                composition_ms,
            });
            self.send_media(
                VIDEO,
                kind::VIDEO,
                timestamp,
                head.chain(frame.data.as_ref()),
            )
        } else if track == self.audio {
            self.send_media(
                AUDIO,
                kind::AUDIO,
                timestamp,
                audio::FRAME_HEAD.chain(frame.data.as_ref()),
            )
        } else {
            Err(SendError::UnknownTrack)
        }
    }

    /// Sends `onMetaData`; encoders do once, before media.
    pub fn send_metadata(&mut self, metadata: &Metadata) -> Result<(), SendError> {
        let stream_id = self.stream()?;
        let numbers = [
            ("width", metadata.width.map(f64::from)),
            ("height", metadata.height.map(f64::from)),
            ("framerate", metadata.frame_rate),
            ("videodatarate", metadata.video_kbit_rate),
            ("audiodatarate", metadata.audio_kbit_rate),
        ];
        let mut entries: Vec<(String, Value)> = numbers
            .into_iter()
            .filter_map(|(key, number)| Some((key.to_owned(), Value::Number(number?))))
            .collect();
        entries.extend(
            metadata
                .encoder
                .as_ref()
                .map(|name| ("encoder".to_owned(), Value::string(name))),
        );
        let values = [
            Value::string("@setDataFrame"),
            Value::string("onMetaData"),
            Value::EcmaArray(entries),
        ];
        self.link.send(
            DATA,
            &amf_command::write(kind::DATA_AMF0, stream_id, &values),
        );
        Ok(())
    }

    /// Ends the publish in order; `Closed` follows.
    pub fn finish(&mut self) {
        if let Ok(stream_id) = self.stream() {
            self.send_end(stream_id);
        }
        self.close(Closed::Finished);
    }

    /// The message stream that media goes to.
    fn stream(&self) -> Result<u32, SendError> {
        match (&self.phase, &self.closed) {
            (Phase::Publishing { stream_id }, None) => Ok(*stream_id),
            _ => Err(SendError::NotPublishing),
        }
    }

    fn send_media(
        &mut self,
        chunk_stream: u32,
        kind: u8,
        timestamp: u32,
        body: impl Buf,
    ) -> Result<(), SendError> {
        let stream_id = self.stream()?;
        let bytes = body.remaining();
        if bytes > self.limits.message_bytes_max as usize {
            return Err(SendError::TooLarge);
        }
        if self.link.waiting_bytes().saturating_add(bytes) > OUT_BYTES_MAX {
            return Err(SendError::Full);
        }
        self.timestamp = timestamp;
        self.link.send_parts(
            chunk_stream,
            Head {
                kind,
                stream_id,
                timestamp,
            },
            body,
        );
        Ok(())
    }

    fn drive(&mut self, mut input: &[u8]) {
        while self.closed.is_none() {
            if let Phase::Handshake(handshake) = &mut self.phase {
                match handshake.receive(&mut input) {
                    Ok(Progress::More | Progress::Answer(_)) => return,
                    Ok(Progress::Done(echo)) => {
                        self.link.send_raw(&echo);
                        self.begin();
                    }
                    Err(closed) => self.close(closed),
                }
                continue;
            }
            match self.link.next(&mut input) {
                Ok(Some(message)) => self.receive_message(&message),
                Ok(None) if self.link.is_full() => self.close(Closed::OutputFull),
                Ok(None) => return,
                Err(error) => self.close(Closed::Protocol(error.to_string())),
            }
        }
    }

    fn close(&mut self, closed: Closed) {
        if self.closed.is_none() {
            self.closed = Some(closed);
            self.deadline = None;
        }
    }

    fn check_deadline(&mut self) {
        if self.deadline.is_some_and(|deadline| self.now >= deadline) {
            self.close(match self.phase {
                Phase::Handshake(_) => Closed::HandshakeTimeout,
                _ => Closed::PublishTimeout,
            });
        }
    }
}

//! The client side of a connection: publishes one stream to a server, in the order of commands that encoders use.
//!
//! Media may be sent from [`Event::Publishing`] on: each track before its frames. Frames go out in the legacy FLV form that every server reads.
//! Answers of the server that do not matter to a publish are passed over.

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
    link::{Link, WINDOW_BYTES},
    message::{
        Message,
        command::{self, Command},
        control, kind,
    },
};

/// Chunk streams as encoders use them: commands, then one for each kind of media.
const COMMANDS: u32 = 3;
const DATA: u32 = 4;
const AUDIO: u32 = 5;
const VIDEO: u32 = 6;

/// Transactions whose answers matter.
const CONNECT: f64 = 1.0;
const CREATE_STREAM: f64 = 4.0;

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
        self.link
            .send(DATA, &command::write(kind::DATA_AMF0, stream_id, &values));
        Ok(())
    }

    /// Ends the publish in order; `Closed` follows.
    pub fn finish(&mut self) {
        if let (Phase::Publishing { stream_id }, None) = (&self.phase, &self.closed) {
            let stream_id = *stream_id;
            let name = Value::string(&self.target.name);
            self.send(&command::call(0, "FCUnpublish", 6.0, &[Value::Null, name]));
            let id = Value::Number(f64::from(stream_id));
            self.send(&command::call(0, "deleteStream", 7.0, &[Value::Null, id]));
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

    fn begin(&mut self) {
        self.phase = Phase::Connecting;
        self.deadline = Some(self.now.saturating_add(Duration::from_millis(STEP_MS)));
        self.link
            .send_control(&control::window_ack_size(WINDOW_BYTES));
        self.link
            .send_chunk_size(self.target.chunk_size.max(CHUNK_BYTES_MIN));
        let object = Value::object([
            ("app", Value::string(&self.target.app)),
            ("type", Value::string("nonprivate")),
            ("flashVer", Value::string(&self.target.encoder)),
            ("tcUrl", Value::string(&self.target.tc_url)),
        ]);
        self.send(&command::call(0, "connect", CONNECT, &[object]));
    }

    fn receive_message(&mut self, message: &Message) {
        if !matches!(message.kind, kind::COMMAND_AMF0 | kind::COMMAND_AMF3) {
            return;
        }
        match Command::read(message, &self.limits) {
            Ok(command) => self.receive_command(&command),
            Err(error) => self.close(Closed::Protocol(error.to_string())),
        }
    }

    fn receive_command(&mut self, command: &Command) {
        match (command.name.as_str(), &self.phase) {
            ("_result", Phase::Connecting) if command.transaction == CONNECT => {
                self.create_stream()
            }
            ("_result", Phase::CreatingStream) if command.transaction == CREATE_STREAM => {
                self.publish(command)
            }
            ("_error", Phase::Connecting) if command.transaction == CONNECT => {
                self.refused(command)
            }
            ("_error", Phase::CreatingStream) if command.transaction == CREATE_STREAM => {
                self.refused(command)
            }
            ("onStatus", _) => self.receive_status(command),
            ("close", _) => self.refused(command),
            _ => {}
        }
    }

    fn create_stream(&mut self) {
        self.events.push_back(Event::Connected);
        self.phase = Phase::CreatingStream;
        let name = Value::string(&self.target.name);
        self.send(&command::call(
            0,
            "releaseStream",
            2.0,
            &[Value::Null, name.clone()],
        ));
        self.send(&command::call(0, "FCPublish", 3.0, &[Value::Null, name]));
        self.send(&command::call(
            0,
            "createStream",
            CREATE_STREAM,
            &[Value::Null],
        ));
    }

    fn publish(&mut self, command: &Command) {
        // An id that is no number is taken as the one that servers begin with.
        let stream_id = command
            .arguments
            .first()
            .and_then(Value::as_number)
            .unwrap_or(1.0) as u32;
        self.phase = Phase::Requested { stream_id };
        let rest = [
            Value::Null,
            Value::string(&self.target.name),
            Value::string("live"),
        ];
        self.send(&command::call(stream_id, "publish", 5.0, &rest));
    }

    fn receive_status(&mut self, command: &Command) {
        let status = command.arguments.first();
        let text = |key| {
            status
                .and_then(|status| status.find(key))
                .and_then(Value::as_str)
        };
        if text("level") == Some("error") {
            return self.refused(command);
        }
        if let (Some("NetStream.Publish.Start"), Phase::Requested { stream_id }) =
            (text("code"), &self.phase)
        {
            self.phase = Phase::Publishing {
                stream_id: *stream_id,
            };
            self.deadline = None;
            self.events.push_back(Event::Publishing);
        }
    }

    /// A server's no: code and text stand in the last argument, if anywhere.
    fn refused(&mut self, command: &Command) {
        let info = command.arguments.last();
        let text = |key| {
            let value = info.and_then(|info| info.find(key)).and_then(Value::as_str);
            value.map(crate::server::shown).unwrap_or_default()
        };
        let (code, description) = (text("code"), text("description"));
        self.events.push_back(Event::Rejected {
            code: code.clone(),
            description: description.clone(),
        });
        self.close(Closed::RefusedByServer { code, description });
    }

    fn send(&mut self, message: &Message) {
        self.link.send(COMMANDS, message);
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

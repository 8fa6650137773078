//! The server side of a connection: what a publisher's encoder speaks to.
//!
//! Order of a publish: handshake, `connect`, `createStream`, `publish`, the caller's answer, media, an orderly end or none.
//! One publish at a time; after an orderly end another may follow. Playing is refused: viewers come over HTTP.
//! What comes while a publish request waits for its answer is held, up to a limit, since not every encoder waits.

mod command;
mod event;
mod ingest;
mod metadata;
mod rate;

pub use event::{Counts, Event, Metadata, Output, Publish, PublishKind};

use std::{collections::VecDeque, time::Duration};

use crate::{
    Closed, Limits, Rejection, Unsupported,
    flv::Tags,
    handshake::{self, Progress},
    link::Link,
    message::{Message, command as amf_command, kind},
};
use ingest::{Ingest, Taken};
use rate::Rate;

/// The chunk stream that commands are sent on, as every server does.
const COMMAND_CHUNK_STREAM: u32 = 3;
/// Longest text of a peer that is kept to be shown, characters.
const SHOWN_CHARS_MAX: usize = 120;

/// One connection of a publisher, server side.
pub struct Session {
    limits: Limits,
    now: Duration,
    deadline: Option<Duration>,
    /// [`Session::accept`] is not told the time: the idle deadline begins when the time is next known.
    begins_when_told: bool,
    link: Link,
    phase: Phase,
    /// What `connect` said.
    connect: Option<command::Connect>,
    /// Message streams made so far; their ids are 1 to this.
    streams: u32,
    published_before: bool,
    metadata: Option<Metadata>,
    held: Vec<u8>,
    byte_rate: Rate,
    frame_rate: Rate,
    counts: Counts,
    events: VecDeque<Event>,
    closed: Option<Closed>,
    closed_told: bool,
}

enum Phase {
    Handshake(handshake::Server),
    /// Commands are taken; nothing is published.
    Idle,
    /// `publish` on this stream waits for the caller's answer.
    Requested {
        stream_id: u32,
    },
    Publishing {
        stream_id: u32,
        ingest: Ingest,
    },
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session for a connection that was accepted at `now` (monotonic, since any start). `seed` makes the handshake's
    /// random bytes and must be fresh.
    pub fn new(limits: Limits, seed: [u8; 32], now: Duration) -> Self {
        Self {
            now,
            deadline: Some(now.saturating_add(Duration::from_millis(limits.handshake_ms))),
            begins_when_told: false,
            link: Link::new(&limits),
            phase: Phase::Handshake(handshake::Server::new(seed)),
            connect: None,
            streams: 0,
            published_before: false,
            metadata: None,
            held: Vec::new(),
            byte_rate: Rate::new(limits.bytes_per_second_max, limits.rate_window_ms, now),
            frame_rate: Rate::new(limits.frames_per_second_max, limits.rate_window_ms, now),
            counts: Counts::default(),
            events: VecDeque::new(),
            closed: None,
            closed_told: false,
            limits,
        }
    }

    /// Takes bytes from the socket, in any pieces. Drain [`Session::poll`] afterwards.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        if self.closed.is_some() {
            return;
        }
        self.advance(now);
        self.counts.bytes = self.counts.bytes.saturating_add(bytes.len() as u64);
        self.link.count(bytes.len());
        if !self.byte_rate.take(self.now, bytes.len() as u64) {
            return self.too_fast("bytes");
        }
        self.drive(bytes);
        if self.closed.is_none() && !matches!(self.phase, Phase::Handshake(_)) {
            self.link.acknowledge();
        }
        self.check_deadline();
    }

    /// The time that [`Output::Timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.advance(now);
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

    /// Answers the pending [`Event::PublishRequested`] with yes. Without one, nothing happens. Asks for the time at once.
    pub fn accept(&mut self) {
        let Phase::Requested { stream_id } = self.phase else {
            return;
        };
        if self.closed.is_some() {
            return;
        }
        self.send_publish_start(stream_id);
        self.phase = Phase::Publishing {
            stream_id,
            ingest: Ingest::default(),
        };
        self.metadata = None;
        let held = std::mem::take(&mut self.held);
        self.drive(&held);
        if self.closed.is_none() && !matches!(self.phase, Phase::Requested { .. }) {
            self.begins_when_told = true;
            self.deadline = Some(self.now);
        }
    }

    /// Answers the pending [`Event::PublishRequested`] with no, tells the encoder why, and closes; so at any other moment too.
    pub fn reject(&mut self, rejection: &Rejection) {
        self.send_rejection(rejection);
        self.close(Closed::Rejected(rejection.clone()));
    }

    /// Ends a publish that runs (revoked key, take-over, shutdown): tells the encoder why, and closes.
    pub fn end(&mut self, reason: &Rejection) {
        self.send_rejection(reason);
        self.close(Closed::Ended(reason.clone()));
    }

    /// What was seen so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
        if std::mem::take(&mut self.begins_when_told) {
            match self.phase {
                Phase::Publishing { .. } => self.set_deadline(self.limits.idle_ms),
                _ => self.set_deadline(self.limits.connect_to_publish_ms),
            }
        }
    }

    /// Works through input until it is used up, held or the session is over.
    fn drive(&mut self, mut input: &[u8]) {
        while self.closed.is_none() {
            if let Phase::Requested { .. } = self.phase {
                return self.hold(input);
            }
            if let Phase::Handshake(handshake) = &mut self.phase {
                match handshake.receive(&mut input) {
                    Ok(Progress::More) => return,
                    Ok(Progress::Answer(bytes)) => self.link.send_raw(&bytes),
                    Ok(Progress::Done(_)) => {
                        self.phase = Phase::Idle;
                        self.set_deadline(self.limits.connect_to_publish_ms);
                    }
                    Err(closed) => self.close(closed),
                }
                continue;
            }
            match self.link.next(&mut input) {
                Ok(Some(message)) => self.receive_message(message),
                Ok(None) if self.link.is_full() => {}
                Ok(None) => return,
                Err(error) => self.break_off(&error, input.len()),
            }
            if self.link.is_full() {
                self.close(Closed::OutputFull);
            }
        }
    }

    fn hold(&mut self, input: &[u8]) {
        if self.held.len().saturating_add(input.len()) > self.limits.held_bytes_max {
            return self.close(Closed::HeldFull);
        }
        self.held.extend_from_slice(input);
    }

    fn receive_message(&mut self, message: Message) {
        match message.kind {
            kind::AUDIO | kind::VIDEO => self.receive_media(&message),
            kind::DATA_AMF0 | kind::DATA_AMF3 => self.receive_data(&message),
            kind::COMMAND_AMF0 | kind::COMMAND_AMF3 => self.receive_command(&message),
            kind::AGGREGATE => {
                for tag in Tags::new(message) {
                    match tag.kind {
                        kind::AUDIO | kind::VIDEO => self.receive_media(&tag),
                        kind::DATA_AMF0 => self.receive_data(&tag),
                        _ => self.ignore(),
                    }
                    if self.closed.is_some() {
                        return;
                    }
                }
            }
            _ => self.ignore(),
        }
    }

    fn receive_media(&mut self, message: &Message) {
        let taken = match &mut self.phase {
            Phase::Publishing { stream_id, ingest } if is_of(message, *stream_id) => {
                ingest.receive(message)
            }
            _ => return self.ignore(),
        };
        match taken {
            Ok(Taken::Track(track)) => self.events.push_back(Event::Track(track)),
            Ok(Taken::Frame(frame)) => {
                if !self.frame_rate.take(self.now, 1) {
                    return self.too_fast("frames");
                }
                self.counts.frames = self.counts.frames.saturating_add(1);
                self.set_deadline(self.limits.idle_ms);
                self.events.push_back(Event::Frame(frame));
            }
            Ok(Taken::BeforeConfig) => {
                self.counts.frames_before_config =
                    self.counts.frames_before_config.saturating_add(1);
            }
            Ok(Taken::Repeat) => {}
            Ok(Taken::Nothing) => self.ignore(),
            Err(unsupported) => self.refuse_media(unsupported),
        }
    }

    /// Metadata is advisory: what cannot be read is ignored, what repeats is not told again.
    fn receive_data(&mut self, message: &Message) {
        let metadata = match self.phase {
            Phase::Publishing { stream_id, .. } if is_of(message, stream_id) => {
                amf_command::values(message, &self.limits)
                    .ok()
                    .and_then(|values| Metadata::read(&values))
            }
            _ => None,
        };
        match metadata {
            Some(metadata) if self.metadata.as_ref() == Some(&metadata) => {}
            Some(metadata) => {
                self.metadata = Some(metadata.clone());
                self.events.push_back(Event::Metadata(metadata));
            }
            None => self.ignore(),
        }
    }

    /// Told like a refusal, since the person in front of the encoder has to change something.
    fn too_fast(&mut self, what: &'static str) {
        let closed = Closed::TooFast { what };
        self.send_rejection(&Rejection::denied(format!(
            "The encoder sent {closed} here. Lower its rate and start again."
        )));
        self.close(closed);
    }

    fn refuse_media(&mut self, unsupported: Unsupported) {
        self.send_rejection(&Rejection::denied(unsupported.to_string()));
        self.events.push_back(Event::Refused(unsupported.clone()));
        self.close(Closed::Unsupported(unsupported));
    }

    fn ignore(&mut self) {
        self.counts.ignored = self.counts.ignored.saturating_add(1);
    }

    fn break_off(&mut self, error: &dyn std::fmt::Display, input_left: usize) {
        let at = self.counts.bytes.saturating_sub(input_left as u64);
        self.close(Closed::Protocol(format!(
            "{error}; before byte {at} of the connection"
        )));
    }

    fn close(&mut self, closed: Closed) {
        if self.closed.is_none() {
            self.closed = Some(closed);
            self.held = Vec::new();
            self.deadline = None;
        }
    }

    fn set_deadline(&mut self, after_ms: u64) {
        self.deadline = Some(self.now.saturating_add(Duration::from_millis(after_ms)));
    }

    fn check_deadline(&mut self) {
        if self.deadline.is_none_or(|deadline| self.now < deadline) {
            return;
        }
        self.close(match self.phase {
            Phase::Handshake(_) => Closed::HandshakeTimeout,
            Phase::Idle if self.published_before => Closed::Finished,
            Phase::Idle | Phase::Requested { .. } => Closed::PublishTimeout,
            Phase::Publishing { .. } => Closed::IdleTimeout,
        });
    }
}

/// Media belongs to the published stream; some hardware sends it on the connection's own (0).
fn is_of(message: &Message, stream_id: u32) -> bool {
    message.stream_id == stream_id || message.stream_id == 0
}

/// A peer's text as it may be shown: one line, of bounded length.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .take(SHOWN_CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests;

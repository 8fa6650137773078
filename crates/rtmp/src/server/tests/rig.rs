//! A publisher made of hand-written messages, and what the session did about them.

use bytes::{Bytes, BytesMut};

use super::super::*;
use crate::{
    amf0::Value,
    chunk::{Reader, Writer},
    message::{Message, command as amf_command, kind},
};

/// 320x180, High, from x264.
pub const AVCC: &[u8] = b"\x01d\0\r\xff\xe1\0\x1agd\0\r\xac\xd9AA\x9f\x9f\x01\x10\0\0\x03\0\x10\0\0\x03\x03\xc0\xf1B\x99`\x01\0\x04h\xef\xbc\xb0\xfd\xf8\xf8\0";
/// AAC-LC, 48 kHz, stereo.
pub const ASC: &[u8] = b"\x11\x90";
/// One IDR slice and one other slice, each with its length before it.
pub const IDR: &[u8] = b"\0\0\0\x02\x65\x88";
pub const SLICE: &[u8] = b"\0\0\0\x02\x41\x9a";

pub struct Rig {
    pub session: Session,
    pub now: Duration,
    pub events: Vec<Event>,
    pub closed: Option<Closed>,
    /// Messages that the session sent.
    pub answers: Vec<Message>,
    pub transmitted: usize,
    pub timeout: Option<Duration>,
    writer: Writer,
    reader: Reader,
    handshake_left: usize,
    piece: usize,
}

impl Rig {
    pub fn new(limits: Limits) -> Self {
        Self {
            session: Session::new(limits, [1; 32], Duration::ZERO),
            now: Duration::ZERO,
            events: Vec::new(),
            closed: None,
            answers: Vec::new(),
            transmitted: 0,
            timeout: None,
            writer: Writer::new(),
            reader: Reader::new(&Limits::default()),
            handshake_left: 3073,
            piece: usize::MAX,
        }
    }

    /// The handshake is done.
    pub fn greeted(limits: Limits) -> Self {
        let mut rig = Self::new(limits);
        rig.bytes(&[&[3][..], &[0; 3072]].concat());
        rig
    }

    /// `connect` and `createStream` are done.
    pub fn connected() -> Self {
        Self::connected_with(Limits::default())
    }

    pub fn connected_with(limits: Limits) -> Self {
        let mut rig = Self::greeted(limits);
        rig.connect();
        rig.call(0, "createStream", 2.0, &[Value::Null]);
        rig
    }

    /// A publish runs.
    pub fn publishing() -> Self {
        Self::publishing_with(Limits::default())
    }

    pub fn publishing_with(limits: Limits) -> Self {
        let mut rig = Self::connected_with(limits);
        rig.publish("cam?token=secretkey");
        rig.accept();
        rig.events.clear();
        rig.answers.clear();
        rig
    }

    /// Bytes arrive in pieces of this size from now on.
    pub fn in_pieces_of(mut self, piece: usize) -> Self {
        self.piece = piece;
        self
    }

    pub fn connect(&mut self) {
        self.connect_with(&[]);
    }

    pub fn connect_with(&mut self, extra: &[(&str, Value)]) {
        let mut entries: Vec<(String, Value)> = [
            ("app", "live"),
            ("type", "nonprivate"),
            ("flashVer", "FMLE/3.0 (compatible; test)"),
            ("tcUrl", "rtmp://h:1935/live"),
        ]
        .map(|(key, value)| (key.to_owned(), Value::string(value)))
        .to_vec();
        entries.extend(
            extra
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone())),
        );
        self.call(0, "connect", 1.0, &[Value::Object(entries)]);
    }

    pub fn publish(&mut self, name: &str) {
        self.call(
            1,
            "publish",
            5.0,
            &[Value::Null, Value::string(name), Value::string("live")],
        );
    }

    pub fn accept(&mut self) {
        self.session.accept();
        self.drain();
    }

    pub fn call(&mut self, stream_id: u32, name: &str, transaction: f64, rest: &[Value]) {
        self.message(&amf_command::call(stream_id, name, transaction, rest));
    }

    pub fn video(&mut self, time: u32, head: &[u8], data: &[u8]) {
        self.message(&Message::new(kind::VIDEO, 1, time, [head, data].concat()));
    }

    pub fn audio(&mut self, time: u32, head: &[u8], data: &[u8]) {
        self.message(&Message::new(kind::AUDIO, 1, time, [head, data].concat()));
    }

    pub fn configs(&mut self) {
        self.video(0, b"\x17\0\0\0\0", AVCC);
        self.audio(0, b"\xaf\0", ASC);
    }

    pub fn message(&mut self, message: &Message) {
        let mut out = BytesMut::new();
        let chunk_stream = if message.kind < 8 {
            2
        } else {
            3 + u32::from(message.kind % 3)
        };
        self.writer.write(&mut out, chunk_stream, message);
        self.bytes(&out);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(self.piece.min(bytes.len().max(1))) {
            self.session.receive(self.now, piece);
            self.drain();
        }
    }

    /// Time passes; the session is woken where it wanted to be.
    pub fn at(&mut self, ms: u64) {
        let now = Duration::from_millis(ms);
        if self.timeout.is_some_and(|timeout| timeout <= now) {
            self.session.handle_timeout(now);
        }
        self.now = now;
        self.drain();
    }

    pub fn drain(&mut self) {
        loop {
            match self.session.poll() {
                Output::Transmit(bytes) => self.take_answers(&bytes),
                Output::Event(event) => self.events.push(event),
                Output::Closed(closed) => {
                    assert!(self.closed.replace(closed).is_none(), "closed twice")
                }
                Output::Timeout(timeout) => {
                    self.timeout = timeout;
                    return;
                }
            }
        }
    }

    fn take_answers(&mut self, bytes: &Bytes) {
        assert!(self.closed.is_none(), "sent after the end");
        self.transmitted += bytes.len();
        let skipped = self.handshake_left.min(bytes.len());
        self.handshake_left -= skipped;
        let mut input = &bytes[skipped..];
        while let Some(message) = self.reader.next(&mut input).unwrap() {
            self.answers.push(message);
        }
    }

    /// Names of the commands that the session sent, and codes of statuses.
    pub fn commands(&self) -> Vec<String> {
        let commands = self
            .answers
            .iter()
            .filter(|message| message.kind == kind::COMMAND_AMF0);
        commands
            .map(|message| {
                let command = amf_command::Command::read(message, &Limits::default()).unwrap();
                let code = command
                    .arguments
                    .last()
                    .and_then(|info| info.find("code")?.as_str().map(str::to_owned));
                match (command.name.as_str(), code) {
                    ("onStatus", Some(code)) => code,
                    (name, _) => name.to_owned(),
                }
            })
            .collect()
    }

    /// Level and description of the last status.
    pub fn last_status(&self) -> (String, String) {
        let message = self
            .answers
            .iter()
            .rev()
            .find(|message| message.kind == kind::COMMAND_AMF0)
            .unwrap();
        let command = amf_command::Command::read(message, &Limits::default()).unwrap();
        let info = command.arguments.last().unwrap();
        let text = |key| {
            info.find(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        (text("level"), text("description"))
    }

    pub fn frames(&self) -> Vec<&media::Frame> {
        self.events
            .iter()
            .filter_map(|event| {
                if let Event::Frame(frame) = event {
                    Some(frame)
                } else {
                    None
                }
            })
            .collect()
    }

    pub fn tracks(&self) -> usize {
        self.events
            .iter()
            .filter(|event| matches!(event, Event::Track(_)))
            .count()
    }
}

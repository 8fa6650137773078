//! What both sides of a connection share once the handshake is done: chunks both ways and the control messages that keep
//! a connection alive (acknowledgements, pings, bandwidth).

use bytes::{Buf, Bytes, BytesMut};

use crate::{
    Limits,
    chunk::{self, Head, Reader, Writer},
    message::{
        Message,
        control::{self, event},
        kind,
    },
};

/// How much either side may send unacknowledged. Encoders do not stop at it; it only paces acknowledgements.
pub(crate) const WINDOW_BYTES: u32 = 2_500_000;
/// Acknowledged after this many bytes by a peer's wish at the least: below it, answers would outgrow what is received.
const WINDOW_BYTES_MIN: u64 = 1_024;

pub(crate) struct Link {
    reader: Reader,
    writer: Writer,
    out: BytesMut,
    out_bytes_max: usize,
    received: u64,
    acknowledged: u64,
    window: u64,
}

impl Link {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            reader: Reader::new(limits),
            writer: Writer::new(),
            out: BytesMut::new(),
            out_bytes_max: limits.out_bytes_max,
            received: 0,
            acknowledged: 0,
            window: u64::from(WINDOW_BYTES),
        }
    }

    /// Counts bytes that arrived, handshake included.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.received = self.received.wrapping_add(bytes as u64);
    }

    /// Acknowledges if it is time; once for each piece of input, so a tiny window cannot multiply answers.
    pub(crate) fn acknowledge(&mut self) {
        if self.received.wrapping_sub(self.acknowledged) >= self.window {
            self.acknowledged = self.received;
            // The sequence number wraps by specification.
            self.send_control(&control::acknowledgement(self.received as u32));
        }
    }

    /// The next message that is not about the link itself. Takes what it reads from the front of `input`.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Message>, chunk::Error> {
        while let Some(message) = self.reader.next(input)? {
            match message.kind {
                kind::WINDOW_ACK_SIZE => self.set_window(&message.body),
                kind::SET_PEER_BANDWIDTH => {
                    self.send_control(&control::window_ack_size(WINDOW_BYTES))
                }
                kind::USER_CONTROL => self.user_control(&message.body),
                kind::ACKNOWLEDGEMENT => {}
                _ => return Ok(Some(message)),
            }
            if self.is_full() {
                break;
            }
        }
        Ok(None)
    }

    /// Bytes that wait to be sent.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.out.len()
    }

    /// More waits to be sent than may: the peer asks without reading.
    pub(crate) fn is_full(&self) -> bool {
        self.out.len() > self.out_bytes_max
    }

    pub(crate) fn send(&mut self, chunk_stream: u32, message: &Message) {
        self.writer.write(&mut self.out, chunk_stream, message);
    }

    pub(crate) fn send_control(&mut self, message: &Message) {
        self.send(control::CHUNK_STREAM, message);
    }

    pub(crate) fn send_parts(&mut self, chunk_stream: u32, head: Head, body: impl Buf) {
        self.writer
            .write_parts(&mut self.out, chunk_stream, head, body);
    }

    /// Announces a chunk size for what this side sends, and uses it.
    pub(crate) fn send_chunk_size(&mut self, bytes: u32) {
        self.send_control(&control::set_chunk_size(bytes));
        self.writer.set_chunk_size(bytes);
    }

    /// Appends bytes that are not chunks (the handshake).
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// All that waits to be sent.
    pub(crate) fn take_out(&mut self) -> Option<Bytes> {
        (!self.out.is_empty()).then(|| self.out.split().freeze())
    }

    fn set_window(&mut self, body: &[u8]) {
        // Zero would mean to acknowledge nothing for ever; it is not taken.
        if let Some(bytes) = control::read_number(body).filter(|bytes| *bytes > 0) {
            self.window = u64::from(bytes).max(WINDOW_BYTES_MIN);
        }
    }

    fn user_control(&mut self, body: &[u8]) {
        if let Some((event::PING_REQUEST, time)) = control::read_user_control(body) {
            self.send_control(&control::user_control(event::PING_RESPONSE, time));
        }
    }
}

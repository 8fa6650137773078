//! Messages to bytes.

use bytes::{Buf, BufMut, BytesMut};

use super::{DEFAULT_CHUNK_SIZE, EXTENDED};
use crate::message::Message;

/// Cuts the messages of one direction into chunks.
pub(crate) struct Writer {
    chunk_size: usize,
    streams: Vec<Stream>,
}

/// A message without its body.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: u8,
    pub(crate) stream_id: u32,
    /// Milliseconds, wrapping after 2^32.
    pub(crate) timestamp: u32,
}

/// What the last message on a chunk stream said; the next header says only what changed.
#[derive(Clone, Copy)]
struct Stream {
    id: u32,
    kind: u8,
    length: u32,
    stream_id: u32,
    timestamp: u32,
    /// Delta of the last message; `None` after an absolute time, where readers disagree on what type 3 means.
    delta: Option<u32>,
    /// The time field as written, to be repeated on chunks of type 3 if it was extended.
    field: u32,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            chunk_size: DEFAULT_CHUNK_SIZE as usize,
            streams: Vec::new(),
        }
    }

    /// Chunk size from the next message on; announced by a Set Chunk Size before. Zero is taken as 1.
    pub(crate) fn set_chunk_size(&mut self, bytes: u32) {
        self.chunk_size = bytes.max(1) as usize;
    }

    /// Appends a whole message. The body must be shorter than 2^24 bytes.
    pub(crate) fn write(&mut self, out: &mut BytesMut, chunk_stream: u32, message: &Message) {
        let head = Head {
            kind: message.kind,
            stream_id: message.stream_id,
            timestamp: message.timestamp,
        };
        self.write_parts(out, chunk_stream, head, message.body.as_ref());
    }

    /// Appends a whole message whose body need not lie in one piece: what is sent is copied once.
    pub(crate) fn write_parts(
        &mut self,
        out: &mut BytesMut,
        chunk_stream: u32,
        head: Head,
        mut body: impl Buf,
    ) {
        let length = body.remaining();
        out.reserve(length + length / self.chunk_size * 7 + 32);
        self.begin(out, chunk_stream, head, &mut body);
        while body.has_remaining() {
            self.continue_with(out, chunk_stream, &mut body);
        }
    }

    /// Appends the first chunk of a message and takes what it holds from the front of `body`.
    pub(super) fn begin(
        &mut self,
        out: &mut BytesMut,
        chunk_stream: u32,
        message: Head,
        body: &mut impl Buf,
    ) {
        let length = u32::try_from(body.remaining()).unwrap_or(u32::MAX);
        let last = self
            .streams
            .iter_mut()
            .find(|stream| stream.id == chunk_stream);
        let delta = last
            .as_ref()
            .filter(|last| {
                last.stream_id == message.stream_id && message.timestamp >= last.timestamp
            })
            .map(|last| message.timestamp - last.timestamp);
        let format = match (&last, delta) {
            (Some(last), Some(delta)) => match (last.length, last.kind) == (length, message.kind) {
                true if last.delta == Some(delta) => 3,
                true => 2,
                false => 1,
            },
            _ => 0,
        };
        let field = delta.unwrap_or(message.timestamp);
        let now = Stream {
            id: chunk_stream,
            kind: message.kind,
            length,
            stream_id: message.stream_id,
            timestamp: message.timestamp,
            delta,
            field,
        };
        match last {
            Some(last) => *last = now,
            None => self.streams.push(now),
        }

        put_basic_header(out, format, chunk_stream);
        if format <= 2 {
            out.put_uint(u64::from(field.min(EXTENDED)), 3);
        }
        if format <= 1 {
            out.put_uint(u64::from(length), 3);
            out.put_u8(message.kind);
        }
        if format == 0 {
            out.put_u32_le(message.stream_id);
        }
        if field >= EXTENDED {
            out.put_u32(field);
        }
        self.put_payload(out, body);
    }

    /// Appends one further chunk of the message begun last on this chunk stream.
    pub(super) fn continue_with(&self, out: &mut BytesMut, chunk_stream: u32, body: &mut impl Buf) {
        put_basic_header(out, 3, chunk_stream);
        let field = self
            .streams
            .iter()
            .find(|stream| stream.id == chunk_stream)
            .map_or(0, |stream| stream.field);
        if field >= EXTENDED {
            out.put_u32(field);
        }
        self.put_payload(out, body);
    }

    fn put_payload(&self, out: &mut BytesMut, body: &mut impl Buf) {
        let bytes = self.chunk_size.min(body.remaining());
        out.put(body.take(bytes));
    }
}

/// One to three bytes; ids 2 to 65599.
fn put_basic_header(out: &mut BytesMut, format: u8, chunk_stream: u32) {
    let format = format << 6;
    match chunk_stream {
        0..=63 => out.put_u8(format | chunk_stream as u8),
        64..=319 => out.extend_from_slice(&[format, (chunk_stream - 64) as u8]),
        _ => {
            out.put_u8(format | 1);
            out.put_u16_le((chunk_stream - 64) as u16);
        }
    }
}

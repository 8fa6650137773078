//! Bytes to messages.

use bytes::Bytes;

use super::{
    DEFAULT_CHUNK_SIZE,
    header::{HEADER_BYTES_MAX, Header, take_header},
};
use crate::{
    Limits,
    message::{Message, control, kind},
};

/// First allocation for a message of a peer that has not sent a larger one yet.
const START_BYTES: usize = 4 << 10;

/// What a peer did against the chunk protocol. The connection cannot go on: its framing is lost, or a limit is reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("chunk size {0} was announced; 1 to {1} are taken")]
    ChunkSize(u32, u32),
    #[error("control message of type {0} is too short")]
    ShortControl(u8),
    #[error("more than {0} chunk streams")]
    TooManyStreams(usize),
    #[error("chunk stream {0} begins with a header that says no length")]
    NoHeader(u32),
    #[error("message of {length} bytes on chunk stream {stream}; at most {max} are taken")]
    TooLong { stream: u32, length: u32, max: u32 },
    #[error("length or type of a message changed before its end (chunk stream {0})")]
    Changed(u32),
    #[error("unfinished messages hold more than {0} bytes")]
    TooMuchPartial(usize),
}

/// Whether a peer repeats the extended timestamp on chunks of type 3; Adobe does, some of librtmp's descent do not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    Unknown,
    Repeats,
    Omits,
}

/// Reassembles the messages of one direction of a connection.
pub(crate) struct Reader {
    chunk_size: u32,
    chunk_size_max: u32,
    message_bytes_max: u32,
    streams_max: usize,
    partial_bytes_max: usize,
    streams: Vec<Stream>,
    state: State,
    habit: Habit,
    /// Memory of all unfinished messages.
    partial_bytes: usize,
    /// Largest message that came whole: a peer is given as much in advance.
    trusted_bytes: usize,
}

enum State {
    /// Gathers a header that is split over inputs.
    Header {
        carry: [u8; HEADER_BYTES_MAX],
        have: usize,
    },
    /// Compares what may be a repeated extended timestamp.
    Extended {
        stream: usize,
        seen: [u8; 4],
        have: usize,
    },
    /// Takes `left` bytes of a chunk's payload.
    Payload { stream: usize, left: usize },
}

impl State {
    const START: Self = Self::Header {
        carry: [0; HEADER_BYTES_MAX],
        have: 0,
    };
}

/// What a chunk stream remembers: headers say only what changed.
struct Stream {
    id: u32,
    kind: u8,
    length: u32,
    stream_id: u32,
    timestamp: u32,
    /// Time field of the last full header: absolute time or delta; what a chunk of type 3 repeats.
    field: u32,
    extended: bool,
    open: bool,
    body: Vec<u8>,
}

impl Stream {
    fn missing(&self) -> usize {
        (self.length as usize).saturating_sub(self.body.len())
    }
}

impl Reader {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            chunk_size: DEFAULT_CHUNK_SIZE,
            chunk_size_max: limits.chunk_size_max,
            message_bytes_max: limits.message_bytes_max,
            streams_max: limits.chunk_streams_max,
            partial_bytes_max: limits.partial_bytes_max,
            streams: Vec::new(),
            state: State::START,
            habit: Habit::Unknown,
            partial_bytes: 0,
            trusted_bytes: START_BYTES,
        }
    }

    /// The next whole message; takes what it reads from the front of `input`. `None` once all of `input` is taken.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Error> {
        while let Some(message) = self.next_of_any_kind(input)? {
            match message.kind {
                kind::SET_CHUNK_SIZE => self.set_chunk_size(&message.body)?,
                kind::ABORT => self.abort(&message.body)?,
                _ => return Ok(Some(message)),
            }
        }
        Ok(None)
    }

    fn next_of_any_kind(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Error> {
        loop {
            match self.state {
                State::Header { mut carry, have } => {
                    let Some(header) = take_header(&mut carry, have, input) else {
                        let have = (have + input.len()).min(HEADER_BYTES_MAX);
                        *input = &[];
                        self.state = State::Header { carry, have };
                        return Ok(None);
                    };
                    self.begin_chunk(&header)?;
                }
                State::Extended { stream, seen, have } => {
                    let Some(byte) = input.split_off_first() else {
                        return Ok(None);
                    };
                    self.compare(stream, seen, have, *byte)?;
                }
                State::Payload { stream, left } => {
                    let (taken, rest) = input.split_at_checked(left).unwrap_or((input, &[]));
                    *input = rest;
                    self.append(stream, taken)?;
                    let left = left.saturating_sub(taken.len());
                    self.state = State::Payload { stream, left };
                    if left > 0 {
                        return Ok(None);
                    }
                    self.state = State::START;
                    if let Some(message) = self.finish(stream) {
                        return Ok(Some(message));
                    }
                }
            }
        }
    }

    /// Applies a header to its chunk stream and goes on with what follows it.
    fn begin_chunk(&mut self, header: &Header) -> Result<(), Error> {
        let id = header.chunk_stream;
        let index = match self.streams.iter().position(|stream| stream.id == id) {
            Some(index) => index,
            None => self.open_stream(header)?,
        };
        let Some(stream) = self.streams.get_mut(index) else {
            return Err(Error::NoHeader(id));
        };
        if stream.open {
            if header
                .shape
                .is_some_and(|shape| shape != (stream.length, stream.kind))
            {
                return Err(Error::Changed(id));
            }
        } else {
            stream.apply(header);
            if stream.length > self.message_bytes_max {
                return Err(Error::TooLong {
                    stream: id,
                    length: stream.length,
                    max: self.message_bytes_max,
                });
            }
            stream.open = true;
        }
        let left = stream.missing().min(self.chunk_size as usize);
        let may_repeat = header.format == 3 && stream.extended;
        self.state = match self.habit {
            _ if !may_repeat => State::Payload {
                stream: index,
                left,
            },
            Habit::Omits => State::Payload {
                stream: index,
                left,
            },
            _ => State::Extended {
                stream: index,
                seen: [0; 4],
                have: 0,
            },
        };
        Ok(())
    }

    /// A new entry in the table. Type 1 may begin a chunk stream (librtmp pings so), types 2 and 3 say too little.
    fn open_stream(&mut self, header: &Header) -> Result<usize, Error> {
        let id = header.chunk_stream;
        let (length, kind) = header.shape.ok_or(Error::NoHeader(id))?;
        if self.streams.len() >= self.streams_max {
            return Err(Error::TooManyStreams(self.streams_max));
        }
        self.streams.push(Stream {
            id,
            kind,
            length,
            stream_id: 0,
            timestamp: 0,
            field: 0,
            extended: false,
            open: false,
            body: Vec::new(),
        });
        Ok(self.streams.len() - 1)
    }

    /// One more byte of what is either a repeated extended timestamp or payload; decided at the first byte that differs.
    fn compare(
        &mut self,
        index: usize,
        mut seen: [u8; 4],
        have: usize,
        byte: u8,
    ) -> Result<(), Error> {
        let Some(stream) = self.streams.get(index) else {
            return Ok(());
        };
        let left = stream.missing().min(self.chunk_size as usize);
        if let Some(place) = seen.get_mut(have) {
            *place = byte;
        }
        let have = have + 1;
        let candidates = [stream.field.to_be_bytes(), stream.timestamp.to_be_bytes()];
        // A chunk shorter than the timestamp cannot be told apart without looking into the next one: there the
        // specification's form is taken.
        let decided = self.habit == Habit::Repeats || left < seen.len();
        let same = decided
            || candidates
                .iter()
                .any(|candidate| candidate.get(..have) == seen.get(..have));
        if !same {
            self.habit = Habit::Omits;
            self.append(index, seen.get(..have).unwrap_or_default())?;
            let left = left.saturating_sub(have);
            self.state = State::Payload {
                stream: index,
                left,
            };
        } else if have < seen.len() {
            self.state = State::Extended {
                stream: index,
                seen,
                have,
            };
        } else {
            if !decided {
                self.habit = Habit::Repeats;
            }
            self.state = State::Payload {
                stream: index,
                left,
            };
        }
        Ok(())
    }

    /// Grows a body by doubling, never past the announced length, and by what the peer has proven to send at once.
    fn append(&mut self, index: usize, bytes: &[u8]) -> Result<(), Error> {
        let Some(stream) = self.streams.get_mut(index) else {
            return Ok(());
        };
        let needed = stream.body.len().saturating_add(bytes.len());
        let capacity = stream.body.capacity();
        if needed > capacity {
            let wanted = needed
                .max(capacity.saturating_mul(2))
                .max(self.trusted_bytes)
                .min(stream.length as usize);
            let partial = self
                .partial_bytes
                .saturating_add(wanted.saturating_sub(capacity));
            if partial > self.partial_bytes_max {
                return Err(Error::TooMuchPartial(self.partial_bytes_max));
            }
            stream
                .body
                .reserve_exact(wanted.saturating_sub(stream.body.len()));
            // The allocator may round up; what it answers is what the body gives back when it is done.
            self.partial_bytes = self
                .partial_bytes
                .saturating_add(stream.body.capacity().saturating_sub(capacity));
        }
        stream.body.extend_from_slice(bytes);
        Ok(())
    }

    /// The message of a chunk stream, if its last byte is there.
    fn finish(&mut self, index: usize) -> Option<Message> {
        let stream = self.streams.get_mut(index)?;
        if stream.missing() > 0 {
            return None;
        }
        let body = std::mem::take(&mut stream.body);
        stream.open = false;
        self.partial_bytes = self.partial_bytes.saturating_sub(body.capacity());
        self.trusted_bytes = self.trusted_bytes.max(body.len());
        Some(Message {
            kind: stream.kind,
            stream_id: stream.stream_id,
            timestamp: stream.timestamp,
            body: Bytes::from(body),
        })
    }

    fn set_chunk_size(&mut self, body: &[u8]) -> Result<(), Error> {
        let size = control::read_number(body).ok_or(Error::ShortControl(kind::SET_CHUNK_SIZE))?;
        if size == 0 || size > self.chunk_size_max {
            return Err(Error::ChunkSize(size, self.chunk_size_max));
        }
        self.chunk_size = size;
        Ok(())
    }

    fn abort(&mut self, body: &[u8]) -> Result<(), Error> {
        let id = control::read_number(body).ok_or(Error::ShortControl(kind::ABORT))?;
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id) {
            self.partial_bytes = self.partial_bytes.saturating_sub(stream.body.capacity());
            stream.body = Vec::new();
            stream.open = false;
        }
        Ok(())
    }

    /// Memory held for unfinished messages, bytes.
    #[cfg(test)]
    pub(super) fn partial_bytes(&self) -> usize {
        self.partial_bytes
    }
}

impl Stream {
    /// The first header of a message. Type 3 repeats the last delta, which after a type 0 is its absolute time (5.3.1.2.4).
    fn apply(&mut self, header: &Header) {
        if let Some((length, kind)) = header.shape {
            (self.length, self.kind) = (length, kind);
        }
        if let Some(stream_id) = header.stream_id {
            self.stream_id = stream_id;
        }
        if let Some(time) = header.time {
            (self.field, self.extended) = (time, header.extended);
        }
        let base = if header.format == 0 {
            0
        } else {
            self.timestamp
        };
        self.timestamp = base.wrapping_add(self.field);
    }
}

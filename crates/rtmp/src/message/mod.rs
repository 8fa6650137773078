//! Messages: what chunks carry (RTMP 1.0, sections 5.4 and 7.1), and the control messages of both directions.

pub(crate) mod command;
pub(crate) mod control;

use bytes::Bytes;

/// Message types, by the names of the specification.
pub(crate) mod kind {
    pub(crate) const SET_CHUNK_SIZE: u8 = 1;
    pub(crate) const ABORT: u8 = 2;
    pub(crate) const ACKNOWLEDGEMENT: u8 = 3;
    pub(crate) const USER_CONTROL: u8 = 4;
    pub(crate) const WINDOW_ACK_SIZE: u8 = 5;
    pub(crate) const SET_PEER_BANDWIDTH: u8 = 6;
    pub(crate) const AUDIO: u8 = 8;
    pub(crate) const VIDEO: u8 = 9;
    pub(crate) const DATA_AMF3: u8 = 15;
    pub(crate) const COMMAND_AMF3: u8 = 17;
    pub(crate) const DATA_AMF0: u8 = 18;
    pub(crate) const COMMAND_AMF0: u8 = 20;
    pub(crate) const AGGREGATE: u8 = 22;
}

/// One message, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// See [`kind`].
    pub(crate) kind: u8,
    /// Message stream; 0 is the connection itself.
    pub(crate) stream_id: u32,
    /// Milliseconds, wrapping after 2^32.
    pub(crate) timestamp: u32,
    pub(crate) body: Bytes,
}

impl Message {
    pub(crate) fn new(kind: u8, stream_id: u32, timestamp: u32, body: impl Into<Bytes>) -> Self {
        Self {
            kind,
            stream_id,
            timestamp,
            body: body.into(),
        }
    }
}

//! Protocol control (RTMP 1.0, section 5.4) and user control messages (section 7.1.7): small, fixed, big-endian.

use super::{Message, kind};

/// Second field of Set Peer Bandwidth: take this limit or keep a smaller one as the last kind said.
const LIMIT_DYNAMIC: u8 = 2;

/// User control events that matter to a publish.
pub(crate) mod event {
    pub(crate) const STREAM_BEGIN: u16 = 0;
    pub(crate) const PING_REQUEST: u16 = 6;
    pub(crate) const PING_RESPONSE: u16 = 7;
}

/// The chunk stream that the specification reserves for control messages.
pub(crate) const CHUNK_STREAM: u32 = 2;

pub(crate) fn set_chunk_size(bytes: u32) -> Message {
    number(kind::SET_CHUNK_SIZE, bytes)
}

pub(crate) fn acknowledgement(received: u32) -> Message {
    number(kind::ACKNOWLEDGEMENT, received)
}

pub(crate) fn window_ack_size(bytes: u32) -> Message {
    number(kind::WINDOW_ACK_SIZE, bytes)
}

pub(crate) fn set_peer_bandwidth(bytes: u32) -> Message {
    let mut body = bytes.to_be_bytes().to_vec();
    body.push(LIMIT_DYNAMIC);
    Message::new(kind::SET_PEER_BANDWIDTH, 0, 0, body)
}

pub(crate) fn user_control(event: u16, value: u32) -> Message {
    let mut body = event.to_be_bytes().to_vec();
    body.extend(value.to_be_bytes());
    Message::new(kind::USER_CONTROL, 0, 0, body)
}

/// The first four bytes of a body as a number.
pub(crate) fn read_number(body: &[u8]) -> Option<u32> {
    body.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// Event and first value of a user control message.
pub(crate) fn read_user_control(body: &[u8]) -> Option<(u16, u32)> {
    let (event, rest) = body.split_first_chunk()?;
    Some((u16::from_be_bytes(*event), read_number(rest)?))
}

fn number(kind: u8, value: u32) -> Message {
    Message::new(kind, 0, 0, value.to_be_bytes().to_vec())
}

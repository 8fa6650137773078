//! Aggregate messages (RTMP 1.0, section 7.1.6): FLV tags one after the other, rebased to the message's time.

use bytes::{Buf, Bytes};

use crate::message::Message;

/// Type, length, time, time's high byte, stream id.
const HEAD_BYTES: usize = 11;
/// Size of the tag before, which is not needed.
const BACK_POINTER_BYTES: usize = 4;

/// The messages within an aggregate; ends early where the body does.
pub(crate) struct Tags {
    rest: Bytes,
    stream_id: u32,
    timestamp: u32,
    first: Option<u32>,
}

impl Tags {
    pub(crate) fn new(message: Message) -> Self {
        Self {
            rest: message.body,
            stream_id: message.stream_id,
            timestamp: message.timestamp,
            first: None,
        }
    }
}

impl Iterator for Tags {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        let [kind, l2, l1, l0, t2, t1, t0, t3, ..] = *self.rest.first_chunk::<HEAD_BYTES>()?;
        let length = u32::from_be_bytes([0, l2, l1, l0]) as usize;
        let time = u32::from_be_bytes([t3, t2, t1, t0]);
        self.rest.advance(HEAD_BYTES);
        if self.rest.len() < length {
            self.rest.clear();
            return None;
        }
        let body = self.rest.split_to(length);
        self.rest.advance(BACK_POINTER_BYTES.min(self.rest.len()));
        let first = *self.first.get_or_insert(time);
        let timestamp = self.timestamp.wrapping_add(time.wrapping_sub(first));
        Some(Message {
            kind,
            stream_id: self.stream_id,
            timestamp,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(kind: u8, time: u32, body: &[u8]) -> Vec<u8> {
        let [t3, t2, t1, t0] = time.to_be_bytes();
        [
            &[kind, 0, 0, body.len() as u8, t2, t1, t0, t3, 0, 0, 0],
            body,
            &[0, 0, 0, 0],
        ]
        .concat()
    }

    fn tags(body: Vec<u8>) -> Vec<(u8, u32, Vec<u8>)> {
        Tags::new(Message::new(22, 1, 5000, body))
            .map(|tag| (tag.kind, tag.timestamp, tag.body.to_vec()))
            .collect()
    }

    #[test]
    fn tags_are_rebased_to_the_time_of_the_message() {
        let body = [
            tag(8, 0x0100_0000, b"a"),
            tag(9, 0x0100_0021, b"vv"),
            tag(8, 0x00ff_fffe, b""),
        ]
        .concat();
        assert_eq!(
            tags(body),
            [
                (8, 5000, b"a".to_vec()),
                (9, 5033, b"vv".to_vec()),
                (8, 4998, Vec::new())
            ]
        );
    }

    #[test]
    fn a_tag_that_is_cut_ends_the_list() {
        let whole = [tag(8, 0, b"a"), tag(9, 1, b"vvvv")].concat();
        assert_eq!(tags(whole[..whole.len() - 4].to_vec()).len(), 2);
        for end in 16..whole.len() - 4 {
            assert_eq!(tags(whole[..end].to_vec()).len(), 1);
        }
    }
}

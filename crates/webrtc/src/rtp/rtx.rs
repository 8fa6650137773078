//! The retransmission payload format (RFC 4588): the original sequence number, then the original payload.
//!
//! Retransmissions go out under an SSRC and a payload type of their own, with sequence numbers of their own and the time of the
//! original (RFC 4588, 4). Which format belongs to which is told in SDP (`apt`).

/// What to put before the payload of the packet that had this sequence number.
pub const fn prefix(original: u16) -> [u8; 2] {
    original.to_be_bytes()
}

/// The original sequence number and payload; `None` where the payload is too short. An empty original is what some senders
/// probe with.
pub fn read(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (original, rest) = payload.split_first_chunk()?;
    Some((u16::from_be_bytes(*original), rest))
}

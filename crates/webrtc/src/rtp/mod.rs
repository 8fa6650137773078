//! RTP: headers, payloads of a stream, and what is kept to send again.
//!
//! RFC 3550 5.1 (header), RFC 8285 (extensions), RFC 6184 (H.264), RFC 7587 (Opus), RFC 4588 (retransmission). A stream is cut
//! into [`Packet`]s once; sequence number, SSRC and time are each viewer's and come with the [`Header`]. Receiving media
//! (reordering, depacketising) is not here.

pub mod h264;
mod header;
pub mod history;
pub mod opus;
pub mod rtx;

#[cfg(test)]
mod tests;

use bytes::Bytes;

pub use header::{Error, Extensions, Header, Received, Written, playout_delay};

/// Bytes of RTP payload a packet where nothing else is known.
///
/// With header (12), an extension (8) and the tag (16) the UDP payload has 1,208 bytes, which with UDP and IPv6 (48) stays
/// below IPv6's smallest MTU (1,280) with room for a tunnel and a retransmission's 2 bytes.
pub const PAYLOAD_BYTES: usize = 1_172;

/// The payload of one RTP packet, without header: the same for every viewer. Cloning shares the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// What the payload format puts first.
    pub prefix: Prefix,
    /// What follows, most often a slice of the frame.
    pub payload: Bytes,
    /// The marker bit: for pictures, the last packet of the frame (RFC 6184, 5.1).
    pub marker: bool,
}

impl Packet {
    /// Bytes of RTP payload, prefix included.
    pub fn len(&self) -> usize {
        self.prefix.len().saturating_add(self.payload.len())
    }

    /// No payload at all; the packetisers make no such packet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The payload in order, as [`crate::srtp::Sender::protect`] takes it.
    pub fn slices(&self) -> [&[u8]; 2] {
        [&self.prefix, &self.payload]
    }
}

/// Up to two bytes before a payload: the indicator of a STAP-A, or indicator and header of an FU-A.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    bytes: [u8; 2],
    len: u8,
}

impl Prefix {
    /// Nothing.
    pub const NONE: Self = Self {
        bytes: [0; 2],
        len: 0,
    };

    /// One byte.
    pub const fn one(byte: u8) -> Self {
        Self {
            bytes: [byte, 0],
            len: 1,
        }
    }

    /// Two bytes.
    pub const fn two(bytes: [u8; 2]) -> Self {
        Self { bytes, len: 2 }
    }
}

impl std::ops::Deref for Prefix {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.len))
            .unwrap_or(&self.bytes)
    }
}

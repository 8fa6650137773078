//! Opus in RTP (RFC 7587): one Opus packet, one RTP packet (section 4.2), clock of 48,000 Hz.

use bytes::Bytes;

use super::{Packet, Prefix};

/// Ticks per second of RTP time, whatever rate the sound was coded from (RFC 7587, 4.1).
pub const CLOCK: u32 = 48_000;

/// Why a frame of sound cannot be sent; leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No byte at all: not even the one that tells what the packet holds.
    #[error("the Opus packet is empty")]
    Empty,
    /// Longer than the payload may be, and Opus cannot be cut.
    #[error("the Opus packet has {bytes} bytes, more than an RTP payload may have")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

/// The packet for one frame of sound, sharing its bytes.
///
/// The marker bit stays clear: it tells the first packet after silence that was not sent (RFC 7587 4.1, RFC 3551 4.1), and we
/// send sound without gaps.
pub fn packetise(frame: Bytes, max_payload: usize) -> Result<Packet, Error> {
    if frame.is_empty() {
        return Err(Error::Empty);
    }
    if frame.len() > max_payload {
        return Err(Error::TooLong { bytes: frame.len() });
    }
    Ok(Packet {
        prefix: Prefix::NONE,
        payload: frame,
        marker: false,
    })
}

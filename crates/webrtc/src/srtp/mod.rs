//! SRTP and SRTCP: RTP and RTCP packets encrypted and authenticated with keys that DTLS agreed on.
//!
//! RFC 3711 (frame, key derivation, AES-CM with HMAC-SHA1), RFC 7714 (AES-GCM), RFC 5764 (what DTLS hands over). One
//! [`Sender`] and one [`Receiver`] a peer. Assumes a key derivation rate of 0, no master key identifier (both as RFC 5764
//! section 4.1.2 fixes them for WebRTC) and encryption of both protocols: SRTCP without it is refused. No renewal of keys: a
//! context that has counted to its end answers an error, and the peer has to be set up again.

mod cipher;
mod keys;
mod profile;
mod receiver;
mod sender;
mod window;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use keys::{Master, Role, contexts, split};
pub use profile::Profile;
pub use receiver::{Receiver, Refused};
pub use sender::Sender;

/// RTP packets that one master key may protect a source: the packet index has 48 bits (RFC 3711, 9.2).
pub const RTP_PACKETS_MAX: u64 = 1 << 48;
/// RTCP packets that one master key may protect: the SRTCP index has 31 bits (RFC 3711, 9.2).
pub const RTCP_PACKETS_MAX: u32 = 1 << 31;
/// Sources (SSRCs) that a context keeps a state for. Closes: a peer that grows our tables by naming new ones.
pub const SOURCES_MAX: usize = 16;

/// The fixed part of an RTCP packet that stays readable: its header and the sender's SSRC (RFC 3711, 3.4).
const RTCP_CLEAR: usize = 8;
/// The word behind an SRTCP packet: the flag E (encrypted) above the index (RFC 3711, 3.4).
const RTCP_INDEX: usize = 4;
const ENCRYPTED: u32 = 1 << 31;

/// Why nothing could be protected, or a context not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The keying material has another length than [`Profile::keying_bytes`].
    #[error("the SRTP keying material has {found} bytes, not {expected}")]
    Keying {
        /// Bytes that the profile asks for.
        expected: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// Not the header of an RTP packet or not an RTCP packet; a mistake of the caller.
    #[error("what is to be protected is no {what}")]
    Malformed {
        /// What was expected.
        what: &'static str,
    },
    /// The sequence number lies before the first one of its source; a mistake of the caller.
    #[error("the RTP sequence number lies before the first of its source")]
    BeforeFirst,
    /// The keys have protected as many packets as they may: close the peer.
    #[error("the SRTP keys are used up")]
    Exhausted,
    /// More than [`SOURCES_MAX`] SSRCs; a mistake of the caller.
    #[error("more SSRCs than an SRTP context keeps")]
    TooManySources,
    /// The cryptographic library refused; not seen with lengths that the types allow.
    #[error("the cryptographic library refused")]
    Cipher,
}

/// The packet index that a sequence number stands for, given the highest one so far (RFC 3711, 3.3.1 and appendix A).
///
/// `None` where it would lie before the first rollover.
fn estimate(highest: u64, sequence: u16) -> Option<u64> {
    let (rollovers, last) = (highest >> 16, highest as u16);
    let rollovers = if last < 0x8000 {
        if sequence.saturating_sub(last) > 0x8000 {
            rollovers.checked_sub(1)?
        } else {
            rollovers
        }
    } else if last - 0x8000 > sequence {
        rollovers + 1
    } else {
        rollovers
    };
    Some(rollovers << 16 | u64::from(sequence))
}

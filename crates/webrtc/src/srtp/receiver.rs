//! Taking what the peer sends, or refusing it.

use super::{
    ENCRYPTED, Error, Master, RTP_PACKETS_MAX, SOURCES_MAX, cipher::Cipher, estimate,
    window::Window,
};
use crate::rtp;

/// Why a packet from outside is dropped. None of these ends a session: anybody can send such packets to our port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too short, or no packet of this protocol.
    #[error("no SRTP or SRTCP packet")]
    Malformed,
    /// The tag is wrong: altered, forged, or under other keys.
    #[error("the packet is not authentic")]
    NotAuthentic,
    /// A packet with this index came before.
    #[error("the packet was received before")]
    Replayed,
    /// So far behind the newest one that it cannot be told from a replay.
    #[error("the packet is too late to be told from a replay")]
    Late,
    /// SRTCP without encryption, which the profiles of WebRTC do not have.
    #[error("the SRTCP packet is not encrypted")]
    Unencrypted,
    /// Another SSRC than the [`SOURCES_MAX`] known ones.
    #[error("the peer uses too many SSRCs")]
    TooManySources,
    /// The peer has used its keys up (2^48 packets of a source).
    #[error("the peer's SRTP keys are used up")]
    Exhausted,
}

/// Authenticates and decrypts the packets of one peer.
///
/// Nothing of a packet is believed before its tag was found right: a refused packet leaves no trace.
pub struct Receiver {
    rtp: Cipher,
    rtcp: Cipher,
    rtp_sources: Sources,
    rtcp_sources: Sources,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver")
            .field("rtp_sources", &self.rtp_sources)
            .field("rtcp_sources", &self.rtcp_sources)
            .finish_non_exhaustive()
    }
}

impl Receiver {
    /// Derives the session keys. [`Error::Cipher`] where the cryptographic library refuses.
    pub fn new(master: &Master) -> Result<Self, Error> {
        Ok(Self::with_ciphers(master.rtp()?, master.rtcp()?))
    }

    pub(super) fn with_ciphers(rtp: Cipher, rtcp: Cipher) -> Self {
        Self {
            rtp,
            rtcp,
            rtp_sources: Sources::default(),
            rtcp_sources: Sources::default(),
        }
    }

    /// Answers the RTP packet in an SRTP packet, decrypted where it lies.
    ///
    /// Packets may come out of order by up to 127. A refused packet may have been overwritten.
    pub fn unprotect_rtp<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a [u8], Refused> {
        let (header, clear) = rtp::Header::read(packet).map_err(|_| Refused::Malformed)?;
        let known = self.rtp_sources.find(header.ssrc)?;
        let index = match known {
            Some(window) => {
                let index = estimate(window.highest(), header.sequence).ok_or(Refused::Late)?;
                window.check(index)?;
                index
            }
            None => u64::from(header.sequence),
        };
        if index >= RTP_PACKETS_MAX {
            return Err(Refused::Exhausted);
        }
        let plain = self.rtp.open_rtp(packet, clear, header.ssrc, index)?;
        self.rtp_sources.accept(header.ssrc, index);
        Ok(plain)
    }

    /// Answers the compound RTCP packet in an SRTCP packet, decrypted where it lies.
    ///
    /// The index is the sender's word, so that any gap is taken; packets may be late by up to 127 of their source. A refused
    /// packet may have been overwritten.
    pub fn unprotect_rtcp<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a [u8], Refused> {
        let ssrc = packet
            .get(4..8)
            .and_then(|bytes| bytes.first_chunk())
            .ok_or(Refused::Malformed)?;
        let ssrc = u32::from_be_bytes(*ssrc);
        if packet.first().is_none_or(|byte| byte >> 6 != 2) {
            return Err(Refused::Malformed);
        }
        let word = self.rtcp.rtcp_word(packet).ok_or(Refused::Malformed)?;
        if word & ENCRYPTED == 0 {
            return Err(Refused::Unencrypted);
        }
        let index = word & !ENCRYPTED;
        if let Some(window) = self.rtcp_sources.find(ssrc)? {
            window.check(u64::from(index))?;
        }
        let plain = self.rtcp.open_rtcp(packet, ssrc, index)?;
        self.rtcp_sources.accept(ssrc, u64::from(index));
        Ok(plain)
    }

    /// As if one source of RTP had come this far, for tests of the end.
    #[cfg(test)]
    pub(super) fn advance(&mut self, ssrc: u32, index: u64) {
        self.rtp_sources = Sources::default();
        self.rtp_sources.accept(ssrc, index);
    }
}

/// A window for each SSRC that sent something authentic.
#[derive(Debug, Default)]
struct Sources(Vec<(u32, Window)>);

impl Sources {
    /// `Ok(None)` for a source that is new and may become known.
    fn find(&self, ssrc: u32) -> Result<Option<&Window>, Refused> {
        match self.0.iter().find(|(known, _)| *known == ssrc) {
            Some((_, window)) => Ok(Some(window)),
            None if self.0.len() >= SOURCES_MAX => Err(Refused::TooManySources),
            None => Ok(None),
        }
    }

    fn accept(&mut self, ssrc: u32, index: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == ssrc) {
            Some((_, window)) => window.accept(index),
            None => self.0.push((ssrc, Window::new(index))),
        }
    }
}

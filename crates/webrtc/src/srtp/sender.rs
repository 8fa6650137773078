//! Protecting what we send.

use super::{
    Error, Master, RTCP_PACKETS_MAX, RTP_PACKETS_MAX, SOURCES_MAX, cipher::Cipher, estimate,
};
use crate::rtp;

/// Encrypts and authenticates our packets to one peer.
///
/// Counts rollovers for each SSRC by the sequence numbers it sees. Allocates nothing for a packet beyond what the output has
/// to grow by.
pub struct Sender {
    rtp: Cipher,
    rtcp: Cipher,
    /// A few at most: picture, its retransmissions, sound. Each with its highest packet index.
    sources: Vec<(u32, u64)>,
    rtcp_index: u32,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender")
            .field("sources", &self.sources)
            .field("rtcp_index", &self.rtcp_index)
            .finish_non_exhaustive()
    }
}

impl Sender {
    /// Derives the session keys. [`Error::Cipher`] where the cryptographic library refuses.
    pub fn new(master: &Master) -> Result<Self, Error> {
        Ok(Self::with_ciphers(master.rtp()?, master.rtcp()?))
    }

    pub(super) fn with_ciphers(rtp: Cipher, rtcp: Cipher) -> Self {
        Self {
            rtp,
            rtcp,
            sources: Vec::new(),
            rtcp_index: 0,
        }
    }

    /// Appends one SRTP packet to `out` and answers its length in bytes.
    ///
    /// `header` is a whole RTP header with its extensions; `payload` comes in slices that follow one another. The payload is
    /// copied once and encrypted where it lies.
    ///
    /// **The same SSRC and sequence number may come again only with the same bytes, header included** (a retransmission): two
    /// different packets under one number would give the keys away (RFC 7714, 8.4). A retransmission may be up to 2^15
    /// numbers behind the newest one. A source starts with its first packet; numbers before it are refused, and an initial
    /// one below 2^15 keeps clear of doubt at the first rollover (RFC 3711, 3.3.1).
    ///
    /// On an error `out` is as it was. [`Error::Malformed`], [`Error::BeforeFirst`] and [`Error::TooManySources`] are
    /// mistakes of the caller; [`Error::Exhausted`] after [`RTP_PACKETS_MAX`] packets.
    pub fn protect(
        &mut self,
        header: &[u8],
        payload: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<usize, Error> {
        let (fields, clear) = rtp::Header::read(header)
            .ok()
            .filter(|(_, length)| *length == header.len())
            .ok_or(Error::Malformed { what: "RTP header" })?;
        let known = self
            .sources
            .iter()
            .position(|(ssrc, _)| *ssrc == fields.ssrc);
        let index = match known.and_then(|at| self.sources.get(at)) {
            Some((_, highest)) => estimate(*highest, fields.sequence).ok_or(Error::BeforeFirst)?,
            None if self.sources.len() >= SOURCES_MAX => return Err(Error::TooManySources),
            None => u64::from(fields.sequence),
        };
        if index >= RTP_PACKETS_MAX {
            return Err(Error::Exhausted);
        }
        let start = out.len();
        out.extend_from_slice(header);
        for slice in payload {
            out.extend_from_slice(slice);
        }
        if let Err(error) = self.rtp.seal_rtp(out, (start, clear), fields.ssrc, index) {
            out.truncate(start);
            return Err(error);
        }
        match known.and_then(|at| self.sources.get_mut(at)) {
            Some((_, highest)) => *highest = index.max(*highest),
            None => self.sources.push((fields.ssrc, index)),
        }
        Ok(out.len() - start)
    }

    /// Appends one SRTCP packet, made from a whole compound packet, to `out` and answers its length in bytes.
    ///
    /// One index for all our SSRCs, from 0 (RFC 3711, 3.4). On an error `out` is as it was: [`Error::Malformed`] for less
    /// than a header and an SSRC, [`Error::Exhausted`] after [`RTCP_PACKETS_MAX`] packets.
    pub fn protect_rtcp(&mut self, compound: &[u8], out: &mut Vec<u8>) -> Result<usize, Error> {
        let ssrc = compound
            .get(4..8)
            .and_then(|bytes| bytes.first_chunk())
            .ok_or(Error::Malformed {
                what: "RTCP packet",
            })?;
        let ssrc = u32::from_be_bytes(*ssrc);
        if self.rtcp_index >= RTCP_PACKETS_MAX {
            return Err(Error::Exhausted);
        }
        let start = out.len();
        out.extend_from_slice(compound);
        if let Err(error) = self.rtcp.seal_rtcp(out, start, ssrc, self.rtcp_index) {
            out.truncate(start);
            return Err(error);
        }
        self.rtcp_index += 1;
        Ok(out.len() - start)
    }

    /// As if the counters had come this far, for tests of their ends.
    #[cfg(test)]
    pub(super) fn advance(&mut self, source: Option<(u32, u64)>, rtcp_index: u32) {
        self.sources.clear();
        self.sources.extend(source);
        self.rtcp_index = rtcp_index;
    }
}

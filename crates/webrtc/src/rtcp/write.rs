//! Writing what a sender of media has to say.

use super::{BYE, Ntp, SDES, SR};

/// Sources that one BYE names; the count has five bits.
pub const BYE_SOURCES_MAX: usize = 31;
/// The item CNAME of SDES (RFC 3550, 6.5.1).
const CNAME: u8 = 1;

/// The name that ties a peer's sources together (RFC 3550 6.5.1, RFC 7022): 1 to 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cname(Box<str>);

impl Cname {
    /// `None` where the name is empty or too long.
    pub fn new(name: &str) -> Option<Self> {
        (1..=255).contains(&name.len()).then(|| Self(name.into()))
    }

    /// As SDP tells it too.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The sender information of one source (RFC 3550, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// The source.
    pub ssrc: u32,
    /// Wall time of the report.
    pub ntp: Ntp,
    /// The same moment in RTP time of this source.
    pub rtp: u32,
    /// Packets sent so far, wrapping.
    pub packets: u32,
    /// Bytes of payload sent so far, without headers and padding, wrapping.
    pub octets: u32,
}

/// Appends a sender report without report blocks and the SDES with the name: together a compound packet (RFC 3550, 6.1).
pub fn write_sender_report(report: &SenderReport, cname: &Cname, out: &mut Vec<u8>) {
    put_header(out, 0, SR, 6);
    put(out, report.ssrc);
    out.extend_from_slice(&report.ntp.0.to_be_bytes());
    put(out, report.rtp);
    put(out, report.packets);
    put(out, report.octets);
    // SSRC, item head, name, at least one zero, up to a whole word.
    let words = (4 + 2 + cname.0.len() + 1).div_ceil(4);
    // At most 66 words.
    put_header(out, 1, SDES, words as u16);
    let end = out.len() + words * 4;
    put(out, report.ssrc);
    out.extend_from_slice(&[CNAME, cname.0.len() as u8]);
    out.extend_from_slice(cname.0.as_bytes());
    out.resize(end, 0);
}

/// Appends a BYE for these sources (RFC 3550, 6.6), to follow a report; [`BYE_SOURCES_MAX`] of them at most, others are left
/// out.
pub fn write_bye(sources: &[u32], out: &mut Vec<u8>) {
    let sources = sources.get(..BYE_SOURCES_MAX).unwrap_or(sources);
    // At most 31.
    put_header(out, sources.len() as u8, BYE, sources.len() as u16);
    for ssrc in sources {
        put(out, *ssrc);
    }
}

/// `words` is the length without this header.
fn put_header(out: &mut Vec<u8>, count: u8, kind: u8, words: u16) {
    out.extend_from_slice(&[0x80 | count & 0x1f, kind]);
    out.extend_from_slice(&words.to_be_bytes());
}

fn put(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_be_bytes());
}

//! Reading what a peer says, packet by packet of a compound.
//!
//! Authentic bytes may still be hostile: a viewer has keys too. The frame of the compound is checked as a whole first (RFC
//! 3550, A.2); packets inside that do not hold what their type asks for, and types that are not known, are passed over.

use super::{BYE, PSFB, RR, RTPFB, SR};

/// Sequence numbers that one compound's NACKs may name. Closes: 1,500 bytes that ask for 6,000 packets.
pub const LOST_MAX: usize = 512;

/// Formats of transport layer feedback (RFC 4585, 6.2).
const NACK: u8 = 1;
/// Formats of payload-specific feedback (RFC 4585 6.3, RFC 5104 4.3.1).
const PLI: u8 = 1;
const FIR: u8 = 4;

/// Why bytes are no compound packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A packet's header or what it announces is cut off.
    #[error("the RTCP packet at byte {offset} is cut off")]
    Short {
        /// Where it begins.
        offset: usize,
    },
    /// Another version than 2.
    #[error("the RTCP packet at byte {offset} has another version than 2")]
    Version {
        /// Where it begins.
        offset: usize,
    },
    /// Padding where only the last packet may have it, or more of it than there is (RFC 3550, 6.4.1).
    #[error("the RTCP packet at byte {offset} has padding that does not fit")]
    Padding {
        /// Where it begins.
        offset: usize,
    },
}

/// A compound packet whose frame was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compound<'a> {
    bytes: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Checks versions, lengths and padding of all packets. The first one may be of any type (RFC 5506).
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut rest = bytes;
        loop {
            let offset = bytes.len() - rest.len();
            let (packet, behind) = split(rest).ok_or(Error::Short { offset })?;
            if packet.first >> 6 != 2 {
                return Err(Error::Version { offset });
            }
            if packet.first & 0x20 != 0 {
                let padding = packet.body.last().copied().map_or(0, usize::from);
                let fits = padding > 0 && padding % 4 == 0 && padding <= packet.body.len();
                if !behind.is_empty() || !fits {
                    return Err(Error::Padding { offset });
                }
            }
            if behind.is_empty() {
                return Ok(Self { bytes });
            }
            rest = behind;
        }
    }

    /// What it says, in order. As many events as the bytes hold, one for each four at most.
    pub fn events(&self) -> Events<'a> {
        Events {
            rest: self.bytes,
            inside: Inside::Nothing,
            lost_left: LOST_MAX,
        }
    }
}

/// One thing that a peer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// How one of our sources arrives, from an RR or an SR.
    Report(ReportBlock),
    /// Packets are missing: a generic NACK.
    Nack {
        /// Our source.
        ssrc: u32,
        /// Their sequence numbers.
        lost: Lost<'a>,
    },
    /// A picture was lost: picture loss indication. The caller bounds how often it answers.
    Pli {
        /// Our source.
        ssrc: u32,
    },
    /// A full intra request.
    Fir {
        /// Our source.
        ssrc: u32,
        /// Its command sequence number; one that repeats is the same request.
        sequence: u8,
    },
    /// A source of the peer's leaves.
    Bye {
        /// The source.
        ssrc: u32,
    },
}

/// A report block (RFC 3550, 6.4.1). Claims of the peer's, not facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// Our source.
    pub ssrc: u32,
    /// Share lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost in all, 24 bits with sign; duplicates make it negative.
    pub cumulative_lost: i32,
    /// Rollovers above the highest sequence number received.
    pub highest_sequence: u32,
    /// Interarrival jitter in ticks of RTP time.
    pub jitter: u32,
    /// [`super::Ntp::middle`] of our last sender report there; 0 for none.
    pub last_sender_report: u32,
    /// Time since that one arrived, in 1/65,536 s.
    pub delay: u32,
}

/// The events of a compound packet.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    rest: &'a [u8],
    inside: Inside<'a>,
    lost_left: usize,
}

/// What is left of a packet that says several things.
#[derive(Clone, Copy, Debug)]
enum Inside<'a> {
    Nothing,
    Reports(&'a [u8]),
    Firs(&'a [u8]),
    Byes(&'a [u8]),
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            if let Some(event) = self.inside.next() {
                return Some(event);
            }
            let (packet, behind) = split(self.rest)?;
            self.rest = behind;
            if let Some(event) = self.open(&packet) {
                return Some(event);
            }
        }
    }
}

impl<'a> Events<'a> {
    /// The event of a packet that says one thing; of others, sets what is inside.
    fn open(&mut self, packet: &Raw<'a>) -> Option<Event<'a>> {
        let (body, count) = (packet.unpadded(), packet.first & 0x1f);
        self.inside = match (packet.kind, count) {
            // The sender's SSRC, and for SR its information of five words.
            (RR, _) => Inside::Reports(blocks(body.get(4..)?, count, 24)),
            (SR, _) => Inside::Reports(blocks(body.get(24..)?, count, 24)),
            (BYE, _) => Inside::Byes(blocks(body, count, 4)),
            (RTPFB, NACK) => {
                let (ssrc, items) = feedback(body)?;
                let lost = Lost::new(items, self.lost_left);
                self.lost_left -= lost.clone().count().min(self.lost_left);
                return Some(Event::Nack { ssrc, lost });
            }
            (PSFB, PLI) => {
                let (ssrc, _) = feedback(body)?;
                return Some(Event::Pli { ssrc });
            }
            // Each request names its source; the common field is 0 (RFC 5104, 4.3.1.2).
            (PSFB, FIR) => Inside::Firs(feedback(body)?.1),
            // SDES, bandwidth estimates (REMB, transport-wide), extended reports and what is not known.
            _ => Inside::Nothing,
        };
        None
    }
}

impl<'a> Inside<'a> {
    fn next(&mut self) -> Option<Event<'a>> {
        match self {
            Self::Nothing => None,
            Self::Reports(rest) => Some(Event::Report(report(chunk(rest)?))),
            Self::Firs(rest) => {
                let [a, b, c, d, sequence, ..] = *chunk::<8>(rest)?;
                Some(Event::Fir {
                    ssrc: u32::from_be_bytes([a, b, c, d]),
                    sequence,
                })
            }
            Self::Byes(rest) => Some(Event::Bye {
                ssrc: u32::from_be_bytes(*chunk(rest)?),
            }),
        }
    }
}

/// Sequence numbers that a NACK names, in its order; at most [`LOST_MAX`] over a whole compound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost<'a> {
    items: &'a [u8],
    /// Of the current item: the next number, and bits for those behind it.
    base: u16,
    mask: u32,
    left: usize,
}

impl<'a> Lost<'a> {
    fn new(items: &'a [u8], left: usize) -> Self {
        Self {
            items,
            base: 0,
            mask: 0,
            left,
        }
    }
}

impl Iterator for Lost<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        self.left = self.left.checked_sub(1)?;
        if self.mask == 0 {
            let [p0, p1, m0, m1] = *chunk(&mut self.items)?;
            self.base = u16::from_be_bytes([p0, p1]);
            // Bit 0 is the number itself, bit n the one n behind it (RFC 4585, 6.2.1).
            self.mask = u32::from(u16::from_be_bytes([m0, m1])) << 1 | 1;
        }
        let ahead = self.mask.trailing_zeros();
        self.mask &= self.mask - 1;
        Some(self.base.wrapping_add(ahead as u16))
    }
}

/// One packet of a compound: the first byte, the type, and what follows the header.
struct Raw<'a> {
    first: u8,
    kind: u8,
    body: &'a [u8],
}

impl<'a> Raw<'a> {
    fn unpadded(&self) -> &'a [u8] {
        let padding = match self.body.last() {
            Some(bytes) if self.first & 0x20 != 0 => usize::from(*bytes),
            _ => 0,
        };
        let end = self.body.len().saturating_sub(padding);
        self.body.get(..end).unwrap_or_default()
    }
}

fn split(bytes: &[u8]) -> Option<(Raw<'_>, &[u8])> {
    let ([first, kind, high, low], rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([*high, *low])) * 4;
    let (body, behind) = rest.split_at_checked(length)?;
    let raw = Raw {
        first: *first,
        kind: *kind,
        body,
    };
    Some((raw, behind))
}

/// The source that a feedback packet is about, and its items (RFC 4585, 6.1).
fn feedback(body: &[u8]) -> Option<(u32, &[u8])> {
    let (ssrc, items) = body.get(4..)?.split_first_chunk()?;
    Some((u32::from_be_bytes(*ssrc), items))
}

/// The first `count` blocks; fewer where there are fewer.
fn blocks(body: &[u8], count: u8, size: usize) -> &[u8] {
    body.get(..usize::from(count) * size).unwrap_or(body)
}

fn chunk<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (chunk, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(chunk)
}

fn report(block: &[u8; 24]) -> ReportBlock {
    let (words, _) = block.as_chunks::<4>();
    let word = |at: usize| words.get(at).map_or(0, |word| u32::from_be_bytes(*word));
    let loss = word(1);
    ReportBlock {
        ssrc: word(0),
        fraction_lost: (loss >> 24) as u8,
        // Moves the 24-bit sign to the top, and back.
        cumulative_lost: (loss << 8) as i32 >> 8,
        highest_sequence: word(2),
        jitter: word(3),
        last_sender_report: word(4),
        delay: word(5),
    }
}

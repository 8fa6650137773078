//! The header of an RTP packet (RFC 3550, 5.1) and its extensions (RFC 8285), written and read.

/// Bytes of a header without sources and extensions.
const FIXED: usize = 12;
/// Bytes that extensions may take, their own header included. Two of ours need 16.
const EXTENSIONS_MAX: usize = 32;
/// Profile of one-byte extension headers (RFC 8285, 4.2).
const ONE_BYTE: u16 = 0xbede;
/// Profile of two-byte extension headers, lowest four bits free (RFC 8285, 4.3).
const TWO_BYTE: u16 = 0x1000;

/// Why bytes are no RTP packet, or an extension cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before `what` does.
    #[error("the RTP packet ends inside {what}")]
    Short {
        /// The part being read.
        what: &'static str,
    },
    /// Another version than 2.
    #[error("the RTP version is {version}, not 2")]
    Version {
        /// What the first two bits say.
        version: u8,
    },
    /// The padding is longer than the payload, or 0.
    #[error("the RTP padding of {bytes} bytes does not fit the payload")]
    Padding {
        /// What the last byte says.
        bytes: u8,
    },
    /// An extension's number is not within 1 to 14, its value not 1 to 16 bytes, or all together are too many.
    #[error("the RTP header extension {id} does not fit")]
    Extension {
        /// Its number.
        id: u8,
    },
}

/// The fields of an RTP header that differ between packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Marker bit; its meaning is the payload format's.
    pub marker: bool,
    /// Payload type, 0 to 127; the highest bit is not sent. 64 to 95 collide with RTCP on one port (RFC 5761, 4).
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Time in ticks of the payload format's clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

impl Header {
    /// The header as bytes, with `extensions` where there are any.
    pub fn write(&self, extensions: &Extensions) -> Written {
        let mut written = Written {
            bytes: [0; FIXED + EXTENSIONS_MAX],
            len: FIXED + extensions.padded(),
        };
        let extended = if extensions.len == 0 { 0 } else { 0x10 };
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [r0, r1, r2, r3] = self.ssrc.to_be_bytes();
        let kind = u8::from(self.marker) << 7 | self.payload_type & 0x7f;
        let fixed = [
            0x80 | extended,
            kind,
            s0,
            s1,
            t0,
            t1,
            t2,
            t3,
            r0,
            r1,
            r2,
            r3,
        ];
        if let Some((to, behind)) = written.bytes.split_first_chunk_mut::<FIXED>() {
            *to = fixed;
            if extended != 0 {
                behind.copy_from_slice(&extensions.bytes);
            }
        }
        written
    }

    /// The fields, and the bytes that the whole header takes with sources and extensions.
    pub fn read(packet: &[u8]) -> Result<(Self, usize), Error> {
        let fixed = packet
            .first_chunk::<FIXED>()
            .ok_or(Error::Short { what: "its header" })?;
        let [first, kind, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *fixed;
        if first >> 6 != 2 {
            return Err(Error::Version {
                version: first >> 6,
            });
        }
        let mut length = FIXED + 4 * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            let words = packet
                .get(length..)
                .and_then(|rest| rest.first_chunk::<4>())
                .map(|[_, _, high, low]| u16::from_be_bytes([*high, *low]))
                .ok_or(Error::Short {
                    what: "its extensions",
                })?;
            length += 4 + 4 * usize::from(words);
        }
        if length > packet.len() {
            return Err(Error::Short {
                what: "its sources or extensions",
            });
        }
        let header = Self {
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
        };
        Ok((header, length))
    }
}

/// A header as bytes, on the stack.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    bytes: [u8; FIXED + EXTENSIONS_MAX],
    len: usize,
}

impl std::ops::Deref for Written {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }
}

/// Header extensions in the one-byte form (RFC 8285, 4.2), ready to be written: made once for many packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Profile, length in words, elements, padding.
    bytes: [u8; EXTENSIONS_MAX],
    /// Bytes in use, without padding; 0 or more than 4.
    len: usize,
}

impl Extensions {
    /// None.
    pub const NONE: Self = Self {
        bytes: [0; EXTENSIONS_MAX],
        len: 0,
    };

    /// Adds one: `id` from 1 to 14 as negotiated, `value` of 1 to 16 bytes. All together hold up to 28 bytes, one for each
    /// element's own header included; [`Error::Extension`] beyond.
    pub fn push(&mut self, id: u8, value: &[u8]) -> Result<(), Error> {
        let refused = Error::Extension { id };
        if !(1..=14).contains(&id) || !(1..=16).contains(&value.len()) {
            return Err(refused);
        }
        let start = self.len.max(4);
        let end = start + 1 + value.len();
        let place = self.bytes.get_mut(start..end).ok_or(refused)?;
        let (head, body) = place.split_first_mut().ok_or(refused)?;
        // At most 14 and 15: each fits its four bits.
        *head = id << 4 | (value.len() - 1) as u8;
        body.copy_from_slice(value);
        self.len = end;
        let words = (self.padded() - 4) / 4;
        let [p0, p1] = ONE_BYTE.to_be_bytes();
        if let Some(start) = self.bytes.first_chunk_mut::<4>() {
            *start = [p0, p1, 0, words as u8];
        }
        Ok(())
    }

    fn padded(&self) -> usize {
        self.len.next_multiple_of(4)
    }
}

/// The value of the playout-delay extension: bounds of the receiver's delay in ms, sent in steps of 10 ms up to 40,950.
///
/// `http://www.webrtc.org/experiments/rtp-hdrext/playout-delay`: 12 bits for each bound.
pub fn playout_delay(min_ms: u32, max_ms: u32) -> [u8; 3] {
    let (min, max) = ((min_ms / 10).min(0xfff), (max_ms / 10).min(0xfff));
    let [_, a, b, c] = (min << 12 | max).to_be_bytes();
    [a, b, c]
}

/// An RTP packet taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// The fields of the header.
    pub header: Header,
    /// The payload without padding.
    pub payload: &'a [u8],
    profile: u16,
    extensions: &'a [u8],
}

impl<'a> Received<'a> {
    /// Reads a whole packet, decrypted if it was SRTP.
    pub fn read(packet: &'a [u8]) -> Result<Self, Error> {
        let (header, length) = Header::read(packet)?;
        let (head, mut payload) = packet
            .split_at_checked(length)
            .ok_or(Error::Short { what: "its header" })?;
        let first = head.first().copied().unwrap_or_default();
        if first & 0x20 != 0 {
            let bytes = payload.last().copied().unwrap_or_default();
            let kept = payload
                .len()
                .checked_sub(usize::from(bytes))
                .filter(|_| bytes > 0)
                .and_then(|kept| payload.get(..kept));
            payload = kept.ok_or(Error::Padding { bytes })?;
        }
        let (mut profile, mut extensions) = (0, [].as_slice());
        if first & 0x10 != 0 {
            let rest = head.get(FIXED + 4 * usize::from(first & 0x0f)..);
            if let Some(([a, b, _, _], rest)) = rest.and_then(|rest| rest.split_first_chunk::<4>())
            {
                profile = u16::from_be_bytes([*a, *b]);
                extensions = rest;
            }
        }
        Ok(Self {
            header,
            payload,
            profile,
            extensions,
        })
    }

    /// The value of the first extension with this number; damage ends the search.
    pub fn extension(&self, id: u8) -> Option<&'a [u8]> {
        let one_byte = self.profile == ONE_BYTE;
        if !one_byte && self.profile & 0xfff0 != TWO_BYTE {
            return None;
        }
        let mut rest = self.extensions;
        loop {
            let (first, behind) = rest.split_first()?;
            rest = behind;
            if *first == 0 {
                continue;
            }
            let (found, length) = if one_byte {
                (first >> 4, usize::from(first & 0x0f) + 1)
            } else {
                let (length, behind) = rest.split_first()?;
                rest = behind;
                (*first, usize::from(*length))
            };
            // 15 is reserved and ends the list (RFC 8285, 4.2).
            if one_byte && found == 15 {
                return None;
            }
            let (value, behind) = rest.split_at_checked(length)?;
            if found == id {
                return Some(value);
            }
            rest = behind;
        }
    }
}

//! Opus as a track: the identification header, and what a packet tells of itself.
//!
//! RFC 7845, 5.1 (`OpusHead` in Ogg), and "Encapsulation of Opus in ISO Base Media File Format" 0.8.1, 4.3.2 (`dOps`, the same
//! fields in big-endian order); RFC 6716, 3.1 and 3.2 (the first byte of a packet and its frames). One stream of one or two
//! channels (channel mapping family 0), which is what WebRTC carries (RFC 7587); families with more are refused. Packets are not
//! decoded here: see [`crate::audio`].

use bytes::Bytes;

/// Ticks per second of every Opus track (RFC 7845, 4; RFC 7587, 4.1), whatever the sound was before it was encoded.
pub const RATE: u32 = 48_000;
/// Longest packet, in samples at [`RATE`] per channel: 120 ms (RFC 6716, 3.2.5, R5).
pub const PACKET_SAMPLES_MAX: u32 = 5760;
/// Samples at [`RATE`] of the packets that WebRTC senders make unless told otherwise: 20 ms (RFC 7587, 4.2, `ptime`).
pub const PACKET_SAMPLES_USUAL: u32 = 960;

const MAGIC: &[u8; 8] = b"OpusHead";
/// Version, channels, pre-skip, rate, gain and mapping family.
const FIELDS: usize = 11;

/// Why an identification header is refused. A publisher must send another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before its fields do.
    #[error("the Opus header is too short")]
    Short,
    /// Does not begin with `OpusHead`.
    #[error("the Opus header does not begin with OpusHead")]
    Magic,
    /// A version that is not known to be compatible (RFC 7845, 5.1: major version 0; in `dOps` 0).
    #[error("version {version} of the Opus header is not known")]
    Version {
        /// As stated.
        version: u8,
    },
    /// More than one stream of two channels.
    #[error(
        "Opus with {channels} channels (mapping family {family}) is not supported; mono and stereo (family 0) are"
    )]
    Channels {
        /// As stated.
        channels: u8,
        /// Channel mapping family.
        family: u8,
    },
}

/// An identification header that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    channels: u8,
    pre_skip: u16,
    input_sample_rate: u32,
    output_gain: i16,
}

impl Config {
    /// A header for packets of one or two channels (any other count is taken as two) that lag `pre_skip` samples at [`RATE`] behind
    /// the sound that was encoded. The input rate is told as [`RATE`], the gain is none.
    pub const fn new(channels: u8, pre_skip: u16) -> Self {
        Self {
            channels: if channels == 1 { 1 } else { 2 },
            pre_skip,
            input_sample_rate: RATE,
            output_gain: 0,
        }
    }

    /// Reads an identification header as Ogg and Enhanced RTMP carry it (RFC 7845, 5.1).
    pub fn parse_head(head: &[u8]) -> Result<Self, Error> {
        let fields = head.strip_prefix(MAGIC).ok_or(if head.len() < 8 {
            Error::Short
        } else {
            Error::Magic
        })?;
        let fields: &[u8; FIELDS] = fields.first_chunk().ok_or(Error::Short)?;
        let [version, channels, s0, s1, r0, r1, r2, r3, g0, g1, family] = *fields;
        if version & 0xf0 != 0 {
            return Err(Error::Version { version });
        }
        Self {
            channels,
            pre_skip: u16::from_le_bytes([s0, s1]),
            input_sample_rate: u32::from_le_bytes([r0, r1, r2, r3]),
            output_gain: i16::from_le_bytes([g0, g1]),
        }
        .of_family(family)
    }

    /// Reads what is inside a `dOps` box.
    pub fn parse_box(body: &[u8]) -> Result<Self, Error> {
        let fields: &[u8; FIELDS] = body.first_chunk().ok_or(Error::Short)?;
        let [version, channels, s0, s1, r0, r1, r2, r3, g0, g1, family] = *fields;
        if version != 0 {
            return Err(Error::Version { version });
        }
        Self {
            channels,
            pre_skip: u16::from_be_bytes([s0, s1]),
            input_sample_rate: u32::from_be_bytes([r0, r1, r2, r3]),
            output_gain: i16::from_be_bytes([g0, g1]),
        }
        .of_family(family)
    }

    fn of_family(self, family: u8) -> Result<Self, Error> {
        if family == 0 && matches!(self.channels, 1 | 2) {
            Ok(self)
        } else {
            Err(Error::Channels {
                channels: self.channels,
                family,
            })
        }
    }

    /// The header as Ogg and Enhanced RTMP carry it: 19 bytes.
    pub fn head(&self) -> Bytes {
        let mut head = MAGIC.to_vec();
        head.extend([1, self.channels]);
        head.extend(self.pre_skip.to_le_bytes());
        head.extend(self.input_sample_rate.to_le_bytes());
        head.extend(self.output_gain.to_le_bytes());
        head.push(0);
        Bytes::from(head)
    }

    /// What is inside its `dOps` box: 11 bytes.
    pub fn box_body(&self) -> Bytes {
        let mut body = vec![0, self.channels];
        body.extend(self.pre_skip.to_be_bytes());
        body.extend(self.input_sample_rate.to_be_bytes());
        body.extend(self.output_gain.to_be_bytes());
        body.push(0);
        Bytes::from(body)
    }

    /// `opus`, as players take it in `CODECS` and in the type of a source buffer.
    pub fn codec_string(&self) -> String {
        "opus".to_owned()
    }

    /// Channels that a decoder is asked for, 1 or 2. Packets may hold either (RFC 7587, 4.2).
    pub fn channels(&self) -> u8 {
        self.channels
    }

    /// A packet of silence, [`PACKET_SAMPLES_USUAL`] long: one frame of CELT that says so (RFC 6716, 4.3, `silence`).
    pub fn silence(&self) -> &'static [u8] {
        if self.channels == 1 {
            b"\xf8\xff\xfe"
        } else {
            b"\xfc\xff\xfe"
        }
    }

    /// Samples at [`RATE`] that come out of a decoder before the first one that was encoded.
    pub fn pre_skip(&self) -> u16 {
        self.pre_skip
    }

    /// Samples per second before encoding, for information only; 0 where that is unknown.
    pub fn input_sample_rate(&self) -> u32 {
        self.input_sample_rate
    }

    /// Gain to apply after decoding, in 1/256 dB.
    pub fn output_gain(&self) -> i16 {
        self.output_gain
    }
}

/// Samples at [`RATE`] per channel that a packet decodes to, 120 to [`PACKET_SAMPLES_MAX`]; `None` where it is none
/// (RFC 6716, 3.1 table 2 and 3.2).
pub fn packet_samples(packet: &[u8]) -> Option<u32> {
    let (toc, rest) = packet.split_first()?;
    let configuration = toc >> 3;
    let step = u32::from(configuration & 3);
    let samples = match configuration {
        // SILK: 10, 20, 40 and 60 ms.
        0..12 => [480, 960, 1920, 2880][configuration as usize & 3],
        // Hybrid: 10 and 20 ms.
        12..16 => 480 << (step & 1),
        // CELT: 2.5, 5, 10 and 20 ms.
        _ => 120 << step,
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 0x3f),
    };
    let samples = samples * frames;
    (1..=PACKET_SAMPLES_MAX)
        .contains(&samples)
        .then_some(samples)
}

#[cfg(test)]
mod tests;

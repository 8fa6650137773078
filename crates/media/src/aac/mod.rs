//! AAC decoder configuration (`AudioSpecificConfig`).
//!
//! ISO/IEC 14496-3, 1.6.2.1 (the configuration), 4.4.1 (GA, program config element), 1.6.5 (signalling of SBR and PS, explicit
//! and backward compatible). Accepts AAC-LC, HE-AAC and HE-AAC v2, which are what players decode; refuses the others by name.
//! SBR that only the frames tell (implicit signalling) is not seen: that costs a decoder nothing, it finds out itself.

mod silence;

pub use silence::is_silent;

use bytes::Bytes;

use crate::bits::Bits;

/// Longest configuration that is accepted, in bytes: room for a program config element and its comment.
pub const SPECIFIC_BYTES_MAX: usize = 512;
/// Lowest sample rate that is accepted; the lowest of the standard's table is 7,350.
pub const RATE_MIN: u32 = 4_000;
/// Highest sample rate that is accepted; the highest of the standard's table is 96,000.
pub const RATE_MAX: u32 = 192_000;

const LC: u8 = 2;
const SBR: u8 = 5;
const PS: u8 = 29;

/// Why a decoder configuration is refused. A publisher must send another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before `what` does.
    #[error("the AAC configuration ends inside {what}")]
    Short {
        /// The element being read.
        what: &'static str,
    },
    /// Longer than [`SPECIFIC_BYTES_MAX`].
    #[error("the AAC configuration is too long")]
    TooLong,
    /// A kind of AAC that players do not decode.
    #[error(
        "{name} (MPEG-4 audio object type {object_type}) is not supported; AAC-LC, HE-AAC and HE-AAC v2 are"
    )]
    ObjectType {
        /// Audio object type (ISO/IEC 14496-3, table 1.17).
        object_type: u8,
        /// What people call it.
        name: &'static str,
    },
    /// A reserved code, zero, or outside [`RATE_MIN`] to [`RATE_MAX`].
    #[error("the AAC configuration states no usable sample rate")]
    SampleRate,
    /// No channels, more than 8, or a reserved arrangement.
    #[error(
        "the AAC configuration states no usable channels (arrangement {channel_configuration})"
    )]
    Channels {
        /// `channelConfiguration`; 0 for one described by a program config element.
        channel_configuration: u8,
    },
}

/// An `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1) that was understood.
///
/// Two are equal when they are the same bytes.
#[derive(Clone, Debug)]
pub struct Config {
    specific: Bytes,
    sample_rate: u32,
    output_sample_rate: u32,
    channel_configuration: u8,
    core_channels: u8,
    sbr: bool,
    ps: bool,
    short_frames: bool,
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.specific == other.specific
    }
}

impl Eq for Config {}

impl Config {
    /// Reads a configuration as RTMP sequence headers and `esds` boxes carry it.
    pub fn parse(specific: Bytes) -> Result<Self, Error> {
        if specific.len() > SPECIFIC_BYTES_MAX {
            return Err(Error::TooLong);
        }
        let mut bits = Bits::new(&specific);
        let mut object_type = object_type(&mut bits)?;
        let sample_rate = sample_rate(&mut bits)?;
        let arrangement = short(bits.byte_of(4), "channelConfiguration")?;
        let (mut sbr, mut ps) = (false, false);
        let mut output_sample_rate = sample_rate;
        if matches!(object_type, SBR | PS) {
            (sbr, ps) = (true, object_type == PS);
            output_sample_rate = self::sample_rate(&mut bits)?;
            object_type = self::object_type(&mut bits)?;
        }
        if object_type != LC {
            return Err(Error::ObjectType {
                object_type,
                name: name_of(object_type),
            });
        }

        let short_frames = short(bits.flag(), "frameLengthFlag")?;
        if short(bits.flag(), "dependsOnCoreCoder")? {
            short(bits.skip(14), "coreCoderDelay")?;
        }
        let extension = short(bits.flag(), "extensionFlag")?;
        let channels = match arrangement {
            0 => short(program_channels(&mut bits), "program_config_element")?,
            1..=6 => u16::from(arrangement),
            7 | 12 | 14 => 8,
            11 => 7,
            _ => 0,
        };
        let core_channels = u8::try_from(channels)
            .ok()
            .filter(|count| (1..=8).contains(count));
        let core_channels = core_channels.ok_or(Error::Channels {
            channel_configuration: arrangement,
        })?;
        if extension {
            // extensionFlag3, the only one that follows for LC; nothing reads it.
            let _reserved = bits.flag();
        }
        if !sbr && let Some((rate, with_ps)) = compatible_extension(&mut bits) {
            (sbr, ps, output_sample_rate) = (true, with_ps, rate);
        }
        Ok(Self {
            specific,
            sample_rate,
            output_sample_rate,
            channel_configuration: arrangement,
            core_channels,
            sbr,
            ps,
            short_frames,
        })
    }

    /// The configuration as it came.
    pub fn specific(&self) -> &Bytes {
        &self.specific
    }

    /// RFC 6381 name: `mp4a.40.2` (AAC-LC), `mp4a.40.5` (HE-AAC) or `mp4a.40.29` (HE-AAC v2).
    pub fn codec_string(&self) -> String {
        format!("mp4a.40.{}", self.object_type())
    }

    /// Audio object type: 2 for AAC-LC, 5 with SBR, 29 with SBR and PS.
    pub fn object_type(&self) -> u8 {
        match (self.sbr, self.ps) {
            (_, true) => PS,
            (true, false) => SBR,
            (false, false) => LC,
        }
    }

    /// Samples per second of the AAC core (what counts frames: 1024 samples each at this rate), [`RATE_MIN`] to [`RATE_MAX`].
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Samples per second that come out of a decoder: twice the core's with SBR.
    pub fn output_sample_rate(&self) -> u32 {
        self.output_sample_rate
    }

    /// `channelConfiguration` (ISO/IEC 14496-3, table 1.19); 0 where a program config element describes the channels.
    pub fn channel_configuration(&self) -> u8 {
        self.channel_configuration
    }

    /// The configuration announces SBR; frames may hold it unannounced.
    pub fn has_sbr(&self) -> bool {
        self.sbr
    }

    /// Channels that come out of a decoder, 1 to 8; parametric stereo makes 2 of 1.
    pub fn channels(&self) -> u8 {
        if self.ps && self.core_channels == 1 {
            2
        } else {
            self.core_channels
        }
    }

    /// An access unit of silence for this configuration; `None` for arrangements other than the six usual ones, and for frames of 960
    /// samples. Each holds empty elements (ISO/IEC 14496-3, 4.4.2); SBR is left out, which decoders take as nothing to add.
    pub fn silence(&self) -> Option<&'static [u8]> {
        const SILENCE: [&[u8]; 6] = [
            b"\x00\xc8\x00\x80\x23\x80",
            b"\x21\x00\x49\x90\x02\x19\x00\x23\x80",
            b"\x00\xc8\x00\x80\x20\x84\x01\x26\x40\x08\x64\x00\x8e",
            b"\x00\xc8\x00\x80\x20\x84\x01\x26\x40\x08\x64\x00\x80\x2c\x80\x08\x02\x38",
            b"\x00\xc8\x00\x80\x20\x84\x01\x26\x40\x08\x64\x00\x82\x30\x04\x99\x00\x21\x90\x02\x38",
            b"\x00\xc8\x00\x80\x20\x84\x01\x26\x40\x08\x64\x00\x82\x30\x04\x99\x00\x21\x90\x02\x00\xb2\x00\x20\x08\xe0",
        ];
        let arrangement = usize::from(self.channel_configuration).checked_sub(1)?;
        SILENCE
            .get(arrangement)
            .copied()
            .filter(|_| !self.short_frames)
    }

    /// Samples an access unit decodes to at [`Config::sample_rate`]: 1024, or 960 where the configuration says so.
    pub fn frame_samples(&self) -> u32 {
        if self.short_frames { 960 } else { 1024 }
    }
}

fn short<T>(value: Option<T>, what: &'static str) -> Result<T, Error> {
    value.ok_or(Error::Short { what })
}

impl Bits<'_> {
    /// Up to 8 bits.
    fn byte_of(&mut self, count: u32) -> Option<u8> {
        self.number(count.min(8))
            .and_then(|value| u8::try_from(value).ok())
    }
}

fn object_type(bits: &mut Bits<'_>) -> Result<u8, Error> {
    match short(bits.byte_of(5), "audioObjectType")? {
        31 => Ok(32 + short(bits.byte_of(6), "audioObjectTypeExt")?),
        plain => Ok(plain),
    }
}

fn sample_rate(bits: &mut Bits<'_>) -> Result<u32, Error> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    let rate = match short(bits.byte_of(4), "samplingFrequencyIndex")? {
        15 => short(bits.number(24), "samplingFrequency")?,
        index => RATES
            .get(usize::from(index))
            .copied()
            .ok_or(Error::SampleRate)?,
    };
    if (RATE_MIN..=RATE_MAX).contains(&rate) {
        Ok(rate)
    } else {
        Err(Error::SampleRate)
    }
}

/// Channels that a program config element describes (ISO/IEC 14496-3, 4.4.1.1); reads to its end.
fn program_channels(bits: &mut Bits<'_>) -> Option<u16> {
    bits.skip(10)?;
    let (front, side, back) = (bits.number(4)?, bits.number(4)?, bits.number(4)?);
    let (low, associated, coupling) = (bits.number(2)?, bits.number(3)?, bits.number(4)?);
    for mixdown_bits in [4, 4, 3] {
        if bits.flag()? {
            bits.skip(mixdown_bits)?;
        }
    }
    let mut channels = 0;
    for _ in 0..front + side + back {
        channels += if bits.flag()? { 2 } else { 1 };
        bits.skip(4)?;
    }
    for _ in 0..low {
        channels += 1;
        bits.skip(4)?;
    }
    for _ in 0..associated {
        bits.skip(4)?;
    }
    for _ in 0..coupling {
        bits.skip(5)?;
    }
    bits.align();
    let comment_bytes = bits.number(8)?;
    bits.skip(comment_bytes as usize * 8)?;
    Some(channels)
}

/// Output rate and PS of SBR that is signalled behind the core's configuration, for decoders that do not know it.
fn compatible_extension(bits: &mut Bits<'_>) -> Option<(u32, bool)> {
    if bits.left() < 16
        || bits.number(11)? != 0x2b7
        || bits.number(5)? != u32::from(SBR)
        || !bits.flag()?
    {
        return None;
    }
    let rate = sample_rate(bits).ok()?;
    let ps = bits.left() >= 12 && bits.number(11)? == 0x548 && bits.flag()?;
    Some((rate, ps))
}

fn name_of(object_type: u8) -> &'static str {
    match object_type {
        1 => "AAC Main",
        3 => "AAC SSR",
        4 => "AAC LTP",
        6 => "AAC Scalable",
        17 | 19 | 20 => "Error-resilient AAC",
        22 => "BSAC",
        23 => "AAC-LD",
        32..=34 => "MPEG-1/2 audio",
        36 => "ALS",
        39 => "AAC-ELD",
        42 => "xHE-AAC",
        _ => "this audio coding",
    }
}

//! A track: one elementary stream with its codec configuration.

use crate::{aac, av1, h264, h265, opus};

/// Number of a track within its stream: 0 is the first picture, 1 the first sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u8);

impl TrackId {
    /// The one picture track of a stream.
    pub const VIDEO: Self = Self(0);
    /// The one sound track of a stream.
    pub const AUDIO: Self = Self(1);
}

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// Codec and its configuration. This enum is the one seam where further codecs come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264; frames are length-prefixed NAL units as in ISO/IEC 14496-15.
    H264(h264::Config),
    /// HEVC; frames as those of H.264. Stored media only.
    H265(h265::Config),
    /// AV1; frames are temporal units without delimiters. Stored media only.
    Av1(av1::Config),
    /// AAC; frames are raw access units (no ADTS).
    Aac(aac::Config),
    /// Opus; frames are packets of RFC 6716, and a frame's time is that of the first sample a decoder makes of it.
    Opus(opus::Config),
}

impl Codec {
    /// Picture or sound.
    pub fn kind(&self) -> Kind {
        match self {
            Self::H264(_) | Self::H265(_) | Self::Av1(_) => Kind::Video,
            Self::Aac(_) | Self::Opus(_) => Kind::Audio,
        }
    }

    /// What people call it: `H.264`, `HEVC`, `AV1`, `AAC` or `Opus`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::H264(_) => "H.264",
            Self::H265(_) => "HEVC",
            Self::Av1(_) => "AV1",
            Self::Aac(_) => "AAC",
            Self::Opus(_) => "Opus",
        }
    }

    /// The `CODECS` value of RFC 6381, such as `avc1.64001f`, `hvc1.1.6.L93.B0`, `av01.0.04M.08`, `mp4a.40.2` or `opus`.
    pub fn codec_string(&self) -> String {
        match self {
            Self::H264(config) => config.codec_string(),
            Self::H265(config) => config.codec_string(),
            Self::Av1(config) => config.codec_string(),
            Self::Aac(config) => config.codec_string(),
            Self::Opus(config) => config.codec_string(),
        }
    }

    /// Width and height of pictures in pixels, after cropping; `None` for sound.
    pub fn size(&self) -> Option<(u32, u32)> {
        match self {
            Self::H264(config) => Some((config.width(), config.height())),
            Self::H265(config) => Some((config.width(), config.height())),
            Self::Av1(config) => Some((config.width(), config.height())),
            Self::Aac(_) | Self::Opus(_) => None,
        }
    }

    /// Colours of pictures, where the configuration states them.
    pub fn colour(&self) -> Option<h264::Colour> {
        match self {
            Self::H264(config) => config.colour(),
            Self::H265(config) => config.colour(),
            Self::Av1(config) => config.colour(),
            Self::Aac(_) | Self::Opus(_) => None,
        }
    }

    /// Shape of a pixel (width, height), where the configuration states it.
    pub fn sample_aspect(&self) -> Option<(u16, u16)> {
        match self {
            Self::H264(config) => config.sample_aspect(),
            Self::H265(config) => config.sample_aspect(),
            Self::Av1(_) | Self::Aac(_) | Self::Opus(_) => None,
        }
    }
}

/// One elementary stream and its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Number within the stream.
    pub id: TrackId,
    /// Codec and configuration.
    pub codec: Codec,
}

impl Track {
    /// Picture or sound.
    pub fn kind(&self) -> Kind {
        self.codec.kind()
    }

    /// Ticks per second of this track in fMP4 made of live frames: 90,000 for pictures, the sample rate for sound
    /// (48,000 for Opus).
    pub fn timescale(&self) -> u32 {
        match &self.codec {
            Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) => 90_000,
            Codec::Aac(config) => config.sample_rate(),
            Codec::Opus(_) => opus::RATE,
        }
    }

    /// [`Codec::codec_string`].
    pub fn codec_string(&self) -> String {
        self.codec.codec_string()
    }
}

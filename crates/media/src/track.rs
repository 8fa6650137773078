//! A track: one elementary stream with its codec configuration.

use crate::{aac, h264, opus};

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
    /// AAC; frames are raw access units (no ADTS).
    Aac(aac::Config),
    /// Opus; frames are packets of RFC 6716, and a frame's time is that of the first sample a decoder makes of it.
    Opus(opus::Config),
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
        match self.codec {
            Codec::H264(_) => Kind::Video,
            Codec::Aac(_) | Codec::Opus(_) => Kind::Audio,
        }
    }

    /// Ticks per second of this track in fMP4: 90,000 for pictures, the sample rate for sound
    /// (48,000 for Opus).
    pub fn timescale(&self) -> u32 {
        match &self.codec {
            Codec::H264(_) => 90_000,
            Codec::Aac(config) => config.sample_rate(),
            Codec::Opus(_) => opus::RATE,
        }
    }

    /// The `CODECS` value of RFC 6381, such as `avc1.64001f`, `mp4a.40.2` or `opus`.
    pub fn codec_string(&self) -> String {
        match &self.codec {
            Codec::H264(config) => config.codec_string(),
            Codec::Aac(config) => config.codec_string(),
            Codec::Opus(config) => config.codec_string(),
        }
    }
}

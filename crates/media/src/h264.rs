//! H.264 decoder configuration (`avcC`) and parameter sets.

use bytes::Bytes;

/// Why a decoder configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Ends before `what` does.
    #[error("the H.264 configuration ends inside {what}")]
    Short {
        /// The element being read.
        what: &'static str,
    },
}

/// An `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3) whose first SPS was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    record: Bytes,
}

impl Config {
    /// Reads a record as RTMP sequence headers and `avcC` boxes carry it.
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        Ok(Self { record })
    }

    /// The record as it came.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    /// RFC 6381 name, such as `avc1.64001f`.
    pub fn codec_string(&self) -> String {
        String::new()
    }

    /// Width of the picture shown, in pixels, after cropping.
    pub fn width(&self) -> u32 {
        0
    }

    /// Height of the picture shown, in pixels, after cropping.
    pub fn height(&self) -> u32 {
        0
    }

    /// Frames per second as the SPS states it (numerator, denominator), where it does and it is plausible (1 to 240).
    pub fn frame_rate(&self) -> Option<(u32, u32)> {
        None
    }
}

//! A frame: one coded access unit of one track.

use bytes::Bytes;

use crate::{Timestamp, TrackId};

/// One coded access unit. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The track it belongs to.
    pub track: TrackId,
    /// Decode time.
    pub dts: Timestamp,
    /// Presentation time; before `dts` where an encoder uses signed offsets.
    pub pts: Timestamp,
    /// Decoding can start here ([`crate::h264::can_start`]; every AAC frame and Opus packet).
    pub key: bool,
    /// The access unit: length-prefixed NAL units for H.264, a raw block for AAC, a packet for Opus.
    pub data: Bytes,
}

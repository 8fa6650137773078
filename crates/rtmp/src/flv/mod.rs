//! FLV tags (Adobe FLV 10.1, annex E): the bodies of audio and video messages, and aggregates of them.
//!
//! Codecs come in at one seam, [`video::read`] and [`audio::read`]: H.264 and AAC, in the legacy form and by FourCC.
//! Every other codec is recognised and refused by its name.

pub(crate) mod audio;
pub(crate) mod video;

mod aggregate;
mod clock;
mod enhanced;

pub(crate) use aggregate::Tags;
pub(crate) use clock::Clock;

use bytes::Bytes;

/// What the body of an audio or video message is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// A codec configuration: `avcC` or `AudioSpecificConfig`.
    Config(Bytes),
    /// A coded access unit.
    Frame {
        /// The tag says that decoding can start here.
        key: bool,
        /// Presentation minus decode time, milliseconds; 24 bits with sign.
        composition_ms: i32,
        data: Bytes,
    },
    /// Nothing to hand on: silence markers, ends of sequence, commands, colour metadata.
    Nothing,
    /// Another codec, by name, or a form that is not taken.
    Unsupported(String),
}

//! Sound from one codec into another: AAC for viewers by WebRTC, Opus for viewers by HLS.
//!
//! A [`Transcoder`] takes the frames of one track and makes those of another on the same time line. Pure: no clock, no threads, no
//! I/O; what comes out depends on what went in alone. Where sound has to be decoded it is decoded by `syom` and `opus-pure`, resampled to
//! 48 kHz by `rubato`, and mixed to stereo after ITU-R BS.775. Frames from outside may hold anything: what does not decode is silence
//! of its length.
//!
//! **Time.** A frame's `pts` is, on both sides, that of the first sample a decoder makes of it: the meaning it has in fMP4 without an
//! edit list, and what players go by. The delays of the resampler and of the new encoder are subtracted, so what was heard with a
//! picture is heard with it still; the first frame of all therefore begins a little before the first of the input. Stamps are
//! smoothed: see [`AacToOpus`] for what counts as a gap, a shift and a jump.

mod chain;
mod decode;
mod encode;
mod line;
mod mix;
mod resample;

pub use chain::{AacToOpus, OpusToAac};

use crate::Frame;

/// Samples per second of everything that comes out.
pub const RATE: u32 = 48_000;

/// Makes the frames of one sound track out of those of another.
pub trait Transcoder: Send {
    /// Takes the next frame of the input, in decode order, and appends what it completes, in order.
    ///
    /// An error is one of our own encoder, never of the frame: start with a new transcoder.
    fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error>;

    /// Appends what is still inside, filled up with silence. What is pushed afterwards begins anew at its own time.
    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), Error>;
}

/// Why sound cannot be transcoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// This kind of sound is not decoded; another configuration may be.
    #[error("this sound cannot be transcoded: {reason}")]
    Unsupported {
        /// For people: what it is, and what would do.
        reason: String,
    },
    /// An encoder or the resampler failed, which is a defect of ours: start with a new transcoder.
    #[error("the {stage} failed: {reason}")]
    Stage {
        /// `Opus encoder`, `AAC encoder` or `resampler`.
        stage: &'static str,
        /// What it said.
        reason: String,
    },
}

#[cfg(test)]
mod tests;

//! Readers of rings: what leaves the engine.

pub(crate) mod hls;
mod reel;
mod sound;
pub(crate) mod webrtc;

pub(crate) use reel::Reels;
pub use sound::OpusInHls;

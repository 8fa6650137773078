//! Readers of rings: what leaves the engine.

pub(crate) mod hls;
mod reel;
pub(crate) mod webrtc;

pub(crate) use reel::Reels;

//! Readers of rings: what leaves the engine.

pub(crate) mod hls;
mod reel;

pub(crate) use reel::Reels;

//! Readers of rings: what leaves the engine.

pub(crate) mod hls;

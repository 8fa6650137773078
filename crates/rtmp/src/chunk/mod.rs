//! Chunks: messages cut into pieces and interleaved (RTMP 1.0, section 5.3).
//!
//! The reader takes every header form and every chunk size up to its limit and allocates for bytes that arrived, never for
//! bytes that a header promises. The writer compresses headers as encoders do.
//! Set Chunk Size and Abort act in here; all other messages come out whole.

mod header;
mod reader;
mod writer;

pub(crate) use reader::{Error, Reader};
pub(crate) use writer::{Head, Writer};

/// Chunk size of both directions until Set Chunk Size.
const DEFAULT_CHUNK_SIZE: u32 = 128;
/// The value of a 24-bit time that announces a 32-bit one.
const EXTENDED: u32 = 0xff_ffff;

#[cfg(test)]
mod tests;

//! Bytes of a piece as a list of shared slices: frames are never copied into one buffer.

use std::sync::Arc;

use bytes::Bytes;

/// The bytes of one piece, in order. Cloning shares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    chunks: Arc<[Bytes]>,
    len: u64,
}

impl Body {
    /// These slices one after the other.
    pub fn new(chunks: impl Into<Arc<[Bytes]>>) -> Self {
        let chunks = chunks.into();
        let len = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self { chunks, len }
    }

    /// The slices in order; none need be copied to be sent.
    pub fn chunks(&self) -> &Arc<[Bytes]> {
        &self.chunks
    }

    /// Bytes in all.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// No bytes at all, as for a gap.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One contiguous copy, for tests and tools.
    pub fn to_vec(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

impl Default for Body {
    fn default() -> Self {
        Self {
            chunks: Arc::from([]),
            len: 0,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::new([bytes])
    }
}

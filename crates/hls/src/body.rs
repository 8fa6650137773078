//! Bytes of a piece as a list of shared chunks: frames are never copied into one buffer.
//!
//! A chunk is a slice of memory or a range of a file. Whoever runs the packager may move slices into a file before a window takes them;
//! here such a range is carried and joined, and never read.

use std::{fs::File, sync::Arc};

use bytes::Bytes;

/// A stretch of the bytes of a piece.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// Bytes in memory.
    Slice(Bytes),
    /// Bytes of a file, which never change while somebody holds the file.
    Stored {
        /// Where they lie.
        file: Arc<File>,
        /// Where in it they begin, in bytes.
        offset: u64,
        /// How many they are.
        len: u64,
    },
}

impl Chunk {
    /// Bytes in it.
    pub fn len(&self) -> u64 {
        match self {
            Self::Slice(slice) => slice.len() as u64,
            Self::Stored { len, .. } => *len,
        }
    }

    /// No bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lengthens a range by one that lies directly behind it in the same file; whether it did.
    fn take_up(&mut self, next: &Self) -> bool {
        let (
            Self::Stored { file, offset, len },
            Self::Stored {
                file: other,
                offset: at,
                len: more,
            },
        ) = (self, next)
        else {
            return false;
        };
        let follows = Arc::ptr_eq(file, other) && offset.checked_add(*len) == Some(*at);
        if follows {
            *len = len.saturating_add(*more);
        }
        follows
    }
}

/// Ranges are equal where they are the same bytes of the same file.
impl PartialEq for Chunk {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Slice(a), Self::Slice(b)) => a == b,
            (
                Self::Stored { file, offset, len },
                Self::Stored {
                    file: other,
                    offset: at,
                    len: more,
                },
            ) => Arc::ptr_eq(file, other) && (offset, len) == (at, more),
            _ => false,
        }
    }
}

impl Eq for Chunk {}

/// The bytes of one piece, in order. Cloning shares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    chunks: Arc<[Chunk]>,
    len: u64,
}

impl Body {
    /// These slices one after the other.
    pub fn new(slices: impl IntoIterator<Item = Bytes>) -> Self {
        slices.into_iter().map(Chunk::Slice).collect()
    }

    /// These bodies one after the other; ranges that lie side by side become one.
    pub fn joined<'a>(bodies: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut chunks: Vec<Chunk> = Vec::new();
        for chunk in bodies.into_iter().flat_map(|body| body.chunks.iter()) {
            if !chunks.last_mut().is_some_and(|last| last.take_up(chunk)) {
                chunks.push(chunk.clone());
            }
        }
        chunks.into_iter().collect()
    }

    /// The chunks in order; none need be copied to be sent.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// The slices in order, without what is stored.
    pub fn slices(&self) -> impl Iterator<Item = &Bytes> {
        self.chunks.iter().filter_map(|chunk| match chunk {
            Chunk::Slice(slice) => Some(slice),
            Chunk::Stored { .. } => None,
        })
    }

    /// Bytes in all.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// No bytes at all, as for a gap.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One contiguous copy of the slices, for tests and tools that store nothing.
    pub fn to_vec(&self) -> Vec<u8> {
        self.slices().flatten().copied().collect()
    }
}

impl FromIterator<Chunk> for Body {
    fn from_iter<T: IntoIterator<Item = Chunk>>(chunks: T) -> Self {
        let chunks: Arc<[Chunk]> = chunks.into_iter().collect();
        let len = chunks.iter().map(Chunk::len).sum();
        Self { chunks, len }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(file: &Arc<File>, offset: u64, len: u64) -> Body {
        let file = file.clone();
        Body::from_iter([Chunk::Stored { file, offset, len }])
    }

    #[test]
    fn ranges_side_by_side_become_one_and_others_stay() {
        let open = || Arc::new(File::open("/dev/null").unwrap());
        let (one, other) = (open(), open());
        let slice = Body::from(Bytes::from_static(b"abc"));
        let parts = [
            stored(&one, 10, 5),
            stored(&one, 15, 5),
            stored(&one, 25, 1),
            stored(&other, 26, 4),
            slice.clone(),
            slice.clone(),
        ];
        let whole = Body::joined(&parts);
        let expected = Body::joined([
            &stored(&one, 10, 10),
            &stored(&one, 25, 1),
            &stored(&other, 26, 4),
            &slice,
            &slice,
        ]);
        assert_eq!(whole.chunks().len(), 5);
        assert_eq!(whole, expected);
        assert_eq!(whole.len(), 21);
        assert_ne!(stored(&one, 10, 5), stored(&other, 10, 5));
    }
}

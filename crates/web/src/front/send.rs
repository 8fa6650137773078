//! Sending an answer on a socket: slices of memory by vectored writes, ranges of files by `sendfile` (Linux), which takes the pages
//! as they are instead of copying them. Each stretch without progress has a bound.
//!
//! What cannot go that way (HTTP/2, other systems) reads ranges into blocks: [`blocks`]. Files here are files in memory, so that reading
//! them waits for no disk.

use std::{io, io::IoSlice, os::unix::fs::FileExt as _, time::Duration};

use bytes::Bytes;
use domain::engine::{Chunk, Range};
use tokio::{net::TcpStream, time::timeout};

/// Slices of one vectored write; the kernel takes at most 1,024.
const SLICES_MAX: usize = 64;
/// Bytes of a range that are read at once where it cannot be sent from the file.
const BLOCK_BYTES: u64 = 64 * 1024;

/// Sends head and body in as few system calls as the socket takes, waiting where it takes no more.
pub(super) async fn send(
    stream: &TcpStream,
    head: &[u8],
    chunks: &[Chunk],
    bound: Duration,
) -> io::Result<()> {
    Rest::new(head, chunks).send(stream, bound).await
}

/// Sends as much of head and body as the socket takes at once; what is left, where that was not all.
pub(super) fn send_now(
    stream: &TcpStream,
    head: &[u8],
    chunks: &[Chunk],
) -> io::Result<Option<Unsent>> {
    let mut rest = Rest::new(head, chunks);
    if rest.push(stream)? {
        return Ok(None);
    }
    Ok(Some(Unsent {
        head: rest.head.to_vec(),
        chunks_done: chunks.len() - rest.chunks.len(),
        done: rest.done,
    }))
}

/// What the socket did not take at once of an answer, without the chunks themselves.
pub(super) struct Unsent {
    head: Vec<u8>,
    chunks_done: usize,
    done: u64,
}

impl Unsent {
    /// Sends it; `chunks` are those of the answer.
    pub(super) async fn send(
        self,
        stream: &TcpStream,
        chunks: &[Chunk],
        bound: Duration,
    ) -> io::Result<()> {
        let mut rest = Rest {
            head: &self.head,
            chunks: chunks.get(self.chunks_done..).unwrap_or_default(),
            done: self.done,
        };
        rest.send(stream, bound).await
    }
}

/// What is still to be sent.
struct Rest<'a> {
    head: &'a [u8],
    chunks: &'a [Chunk],
    /// Bytes of the first chunk that were sent.
    done: u64,
}

impl<'a> Rest<'a> {
    fn new(head: &'a [u8], chunks: &'a [Chunk]) -> Self {
        Self {
            head,
            chunks,
            done: 0,
        }
    }

    /// Sends until all is sent; each wait without progress has the bound.
    async fn send(&mut self, stream: &TcpStream, bound: Duration) -> io::Result<()> {
        while !self.push(stream)? {
            timeout(bound, stream.writable())
                .await
                .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        }
        Ok(())
    }

    /// Sends until all is sent or the socket takes no more; whether it is all.
    fn push(&mut self, stream: &TcpStream) -> io::Result<bool> {
        loop {
            self.skip_empty();
            if self.head.is_empty() && self.chunks.is_empty() {
                return Ok(true);
            }
            match self.send_some(stream) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => self.advance(sent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn skip_empty(&mut self) {
        while let Some((first, rest)) = self.chunks.split_first()
            && first.is_empty()
        {
            self.chunks = rest;
        }
    }

    /// One system call's worth.
    fn send_some(&self, stream: &TcpStream) -> io::Result<usize> {
        if self.head.is_empty()
            && let [Chunk::Stored(range), ..] = self.chunks
        {
            return file::send(stream, range, self.done);
        }
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let (mut used, mut skip) = (0, usize::try_from(self.done).unwrap_or(usize::MAX));
        if !self.head.is_empty() {
            slices[used] = IoSlice::new(self.head);
            used += 1;
        }
        for chunk in self.chunks {
            match chunk {
                Chunk::Slice(slice) if used < SLICES_MAX => {
                    slices[used] = IoSlice::new(slice.get(skip..).unwrap_or_default());
                    (used, skip) = (used + 1, 0);
                }
                Chunk::Slice(_) => break,
                // Head and range leave in the same packets.
                Chunk::Stored(_) => return file::send_before(stream, &slices[..used]),
            }
        }
        stream.try_write_vectored(&slices[..used])
    }

    fn advance(&mut self, sent: usize) {
        let of_head = sent.min(self.head.len());
        self.head = &self.head[of_head..];
        self.done += (sent - of_head) as u64;
        while let Some((first, rest)) = self.chunks.split_first()
            && self.done >= first.len()
            && self.done > 0
        {
            self.done -= first.len();
            self.chunks = rest;
        }
    }
}

#[cfg(target_os = "linux")]
mod file {
    use rustix::{
        fs::sendfile,
        net::{SendAncillaryBuffer, SendFlags, sendmsg},
    };
    use tokio::io::Interest;

    use super::{IoSlice, Range, TcpStream, io};

    /// Sends what follows the first `done` bytes of a range, from the file itself.
    pub(super) fn send(stream: &TcpStream, range: &Range, done: u64) -> io::Result<usize> {
        let mut at = range.offset + done;
        let left = usize::try_from(range.len - done).unwrap_or(usize::MAX);
        stream.try_io(Interest::WRITABLE, || {
            Ok(sendfile(stream, &range.file, Some(&mut at), left)?)
        })
    }

    /// Sends slices that a range follows.
    pub(super) fn send_before(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
        stream.try_io(Interest::WRITABLE, || {
            Ok(sendmsg(
                stream,
                slices,
                &mut SendAncillaryBuffer::default(),
                flags,
            )?)
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod file {
    use super::{BLOCK_BYTES, IoSlice, Range, TcpStream, io, read};

    /// Sends what follows the first `done` bytes of a range, block by block.
    pub(super) fn send(stream: &TcpStream, range: &Range, done: u64) -> io::Result<usize> {
        stream.try_write(&read(range, done, BLOCK_BYTES)?)
    }

    pub(super) fn send_before(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        stream.try_write_vectored(slices)
    }
}

/// The bytes of chunks, block by block, for whoever cannot send from a file. A range is read as far as it is asked for.
pub(crate) fn blocks(chunks: Vec<Chunk>) -> impl Iterator<Item = io::Result<Bytes>> + Send {
    chunks.into_iter().flat_map(|chunk| {
        let (slice, range) = match chunk {
            Chunk::Slice(slice) => (Some(Ok(slice)), None),
            Chunk::Stored(range) => (None, Some(range)),
        };
        let read = range.into_iter().flat_map(|range| {
            (0..range.len.div_ceil(BLOCK_BYTES))
                .map(move |n| read(&range, n * BLOCK_BYTES, BLOCK_BYTES))
        });
        slice.into_iter().chain(read)
    })
}

/// At most `most` bytes of a range, past its first `done`.
fn read(range: &Range, done: u64, most: u64) -> io::Result<Bytes> {
    let len = range.len.saturating_sub(done).min(most);
    let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    range.file.read_exact_at(&mut bytes, range.offset + done)?;
    Ok(bytes.into())
}

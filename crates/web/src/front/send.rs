//! Sending an answer on a socket: slices of memory by vectored writes, ranges of files by `sendfile` (Linux), which takes the pages
//! as they are instead of copying them. Each stretch without progress has a bound.
//!
//! What cannot go that way (HTTP/2, other systems) reads ranges into blocks: [`of_chunks`]. Nothing here waits for a disk on the thread it runs
//! on: what of a file is not in memory is brought there first ([`disk`]).

use std::{io, io::IoSlice, time::Duration};

use axum::{body, response::Response};
use bytes::Bytes;
use domain::engine::{Body, Chunk, Medium, Range};
use futures_util::{Stream, stream};
use tokio::{net::TcpStream, time::timeout};

use super::disk::{self, WINDOW_BYTES};

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

/// Sends as much of head and body as is in memory and the socket takes at once; what is left, where that was not all.
pub(super) fn send_now(
    stream: &TcpStream,
    head: &[u8],
    chunks: &[Chunk],
) -> io::Result<Option<Unsent>> {
    let mut rest = Rest::new(head, chunks);
    Ok(match rest.push(stream)? {
        Pushed::All => None,
        Pushed::Full | Pushed::Absent => Some(Unsent {
            head: rest.head.to_vec(),
            chunks_done: chunks.len() - rest.chunks.len(),
            done: rest.done,
            is_absent: rest.is_absent,
        }),
    })
}

/// What was not sent at once of an answer, without the chunks themselves.
pub(super) struct Unsent {
    head: Vec<u8>,
    chunks_done: usize,
    done: u64,
    is_absent: bool,
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
            present: self.done,
            is_absent: self.is_absent,
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
    /// Bytes of the first chunk that were sent or were in memory when they were looked for.
    present: u64,
    /// What was looked for last was not in memory: what follows is probably not either, and looking already begins to read it.
    is_absent: bool,
}

/// How far sending came.
#[derive(Debug, PartialEq, Eq)]
enum Pushed {
    All,
    /// The socket takes no more.
    Full,
    /// What comes next is not in memory.
    Absent,
}

impl<'a> Rest<'a> {
    fn new(head: &'a [u8], chunks: &'a [Chunk]) -> Self {
        Self {
            head,
            chunks,
            done: 0,
            present: 0,
            is_absent: false,
        }
    }

    /// Sends until all is sent; each wait without progress, for the socket or a disk, has the bound.
    async fn send(&mut self, stream: &TcpStream, bound: Duration) -> io::Result<()> {
        loop {
            let waited = match self.push(stream)? {
                Pushed::All => return Ok(()),
                Pushed::Full => {
                    // Who waits for long may find that others needed the memory.
                    self.present = self.done;
                    timeout(bound, stream.writable()).await
                }
                Pushed::Absent => timeout(bound, self.bring_in()).await,
            };
            waited.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        }
    }

    /// Sends until all is sent, or the socket takes no more, or a disk would have to be waited for.
    fn push(&mut self, stream: &TcpStream) -> io::Result<Pushed> {
        loop {
            self.skip_empty();
            if self.head.is_empty() && self.chunks.is_empty() {
                return Ok(Pushed::All);
            }
            if !self.is_present() {
                return Ok(Pushed::Absent);
            }
            match self.send_some(stream) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => self.advance(sent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Pushed::Full);
                }
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

    /// Whether what is sent next waits for no disk.
    fn is_present(&mut self) -> bool {
        let Some((range, len)) = self.window() else {
            return true;
        };
        if self.present > self.done {
            return true;
        }
        if self.is_absent || !disk::is_in_memory(range, self.done, len) {
            self.is_absent = true;
            return false;
        }
        self.present = self.done + len;
        true
    }

    /// Brings in what is sent next.
    async fn bring_in(&mut self) -> io::Result<()> {
        if let Some((range, len)) = self.window() {
            self.is_absent = !disk::bring_in(range, self.done, len).await?;
            self.present = self.done + len;
        }
        Ok(())
    }

    /// What is sent next, where that lies on a disk: so many bytes of this range, past those that were sent.
    fn window(&self) -> Option<(&'a Range, u64)> {
        match self.chunks {
            [Chunk::Stored(range), ..] if self.head.is_empty() && range.medium == Medium::Disk => {
                Some((range, (range.len - self.done).min(WINDOW_BYTES)))
            }
            _ => None,
        }
    }

    /// One system call's worth.
    fn send_some(&self, stream: &TcpStream) -> io::Result<usize> {
        if self.head.is_empty()
            && let [Chunk::Stored(range), ..] = self.chunks
        {
            let end = match range.medium {
                Medium::Memory => range.len,
                Medium::Disk => self.present,
            };
            return file::send(stream, range, self.done, end - self.done);
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
            self.present = self.done;
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

    /// Sends at most `most` bytes past the first `done` of a range, from the file itself.
    pub(super) fn send(
        stream: &TcpStream,
        range: &Range,
        done: u64,
        most: u64,
    ) -> io::Result<usize> {
        let mut at = range.offset + done;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        stream.try_io(Interest::WRITABLE, || {
            Ok(sendfile(stream, &range.file, Some(&mut at), most)?)
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
    use std::os::unix::fs::FileExt as _;

    use super::{BLOCK_BYTES, IoSlice, Range, TcpStream, io};

    /// Sends at most `most` bytes past the first `done` of a range, block by block.
    pub(super) fn send(
        stream: &TcpStream,
        range: &Range,
        done: u64,
        most: u64,
    ) -> io::Result<usize> {
        let len = usize::try_from(most.min(BLOCK_BYTES)).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        range.file.read_exact_at(&mut bytes, range.offset + done)?;
        stream.try_write(&bytes)
    }

    pub(super) fn send_before(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        stream.try_write_vectored(slices)
    }
}

/// What the body of a response is made of, for who sends from files: beside the body, which is the same in blocks.
#[derive(Clone)]
pub(super) struct Made(pub(super) Body);

/// A response of these chunks. On a connection of the hot loop they are sent as they are, elsewhere block by block.
pub(crate) fn of_chunks(body: Body) -> Response {
    if body.len == 0 {
        return Response::default();
    }
    let mut response = Response::new(body::Body::from_stream(blocks(body.chunks.clone())));
    response.extensions_mut().insert(Made(body));
    response
}

/// The bytes of chunks, block by block. A range is read as far as it is asked for.
fn blocks(chunks: Vec<Chunk>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let chunks = chunks.into_iter();
    stream::try_unfold((chunks, None), async |(mut chunks, mut open)| {
        loop {
            if let Some((range, done)) =
                open.take_if(|(range, done): &mut (Range, u64)| *done < range.len)
            {
                let len = (range.len - done).min(BLOCK_BYTES);
                let block = disk::read(&range, done, len).await?;
                return Ok(Some((block, (chunks, Some((range, done + len))))));
            }
            match chunks.next() {
                None => return Ok(None),
                Some(Chunk::Slice(slice)) => return Ok(Some((slice, (chunks, None)))),
                Some(Chunk::Stored(range)) => open = Some((range, 0)),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write as _, sync::Arc};

    use futures_util::TryStreamExt as _;
    use tokio::{io::AsyncReadExt as _, net::TcpListener};

    use super::*;

    const NEVER: Duration = Duration::from_secs(60);

    /// A socket to send on, and its other end.
    async fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = TcpStream::connect(listener.local_addr().unwrap());
        let (to, from) = tokio::join!(to, listener.accept());
        to.as_ref().unwrap().writable().await.unwrap();
        (to.unwrap(), from.unwrap().0)
    }

    /// Some megabytes on the disk that this program lies on (folders for what is temporary may lie in memory), and what is in them.
    fn on_disk() -> (Range, Vec<u8>) {
        let place = std::env::current_exe().unwrap();
        let mut file = tempfile::tempfile_in(place.parent().unwrap()).unwrap();
        let bytes: Vec<u8> = (0..3_000_001_u32).map(|n| (n % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        file.sync_all().unwrap();
        let range = Range {
            file: Arc::new(file),
            offset: 1,
            len: bytes.len() as u64 - 1,
            medium: Medium::Disk,
        };
        (range, bytes[1..].to_vec())
    }

    #[cfg(target_os = "linux")]
    fn put_out_of_memory(file: &File) {
        rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_is_not_in_memory_is_brought_there_before_it_is_sent() {
        let (to, mut from) = sockets().await;
        let (range, bytes) = on_disk();
        put_out_of_memory(&range.file);
        let chunks = [
            Chunk::Slice(Bytes::from_static(b"first")),
            Chunk::Stored(range),
        ];
        let mut rest = Rest::new(b"head", &chunks);
        // All that is sent without waiting for the disk.
        assert_eq!(rest.push(&to).unwrap(), Pushed::Absent);
        assert_eq!((rest.head, rest.chunks.len(), rest.done), (&b""[..], 1, 0));
        // And nothing more, however often it is tried.
        assert_eq!(rest.push(&to).unwrap(), Pushed::Absent);
        assert_eq!(rest.done, 0);
        rest.bring_in().await.unwrap();
        assert_ne!((rest.push(&to).unwrap(), rest.done), (Pushed::Absent, 0));
        assert!(rest.done <= WINDOW_BYTES, "not past what was brought in");
        let reading = async {
            let mut came = vec![0; 9 + bytes.len()];
            from.read_exact(&mut came).await.unwrap();
            came
        };
        let (sent, came) = tokio::join!(rest.send(&to, NEVER), reading);
        sent.unwrap();
        assert!(came[..9] == *b"headfirst" && came[9..] == bytes);
    }

    #[tokio::test]
    async fn nobody_looks_whether_a_file_in_memory_is_there() {
        let (to, _from) = sockets().await;
        let (range, _) = on_disk();
        let chunks = [Chunk::Stored(Range {
            medium: Medium::Memory,
            ..range
        })];
        let mut rest = Rest::new(b"", &chunks);
        assert_eq!(rest.window().map(|(_, len)| len), None);
        assert_ne!(rest.push(&to).unwrap(), Pushed::Absent);
        assert_eq!((rest.present, rest.is_absent), (0, false));
    }

    #[tokio::test]
    async fn blocks_of_a_body_are_its_bytes_wherever_they_lie() {
        let (range, bytes) = on_disk();
        let memory = Range {
            medium: Medium::Memory,
            len: 65_537,
            ..range.clone()
        };
        let empty = Range {
            len: 0,
            ..range.clone()
        };
        let expected = [&b"first"[..], &bytes, &bytes[..65_537]].concat();
        let chunks = vec![
            Chunk::Slice(Bytes::from_static(b"first")),
            Chunk::Stored(range.clone()),
            Chunk::Stored(empty),
            Chunk::Stored(memory),
        ];
        for is_out in [true, false] {
            if is_out {
                #[cfg(target_os = "linux")]
                put_out_of_memory(&range.file);
            }
            let came: Vec<Bytes> = blocks(chunks.clone()).try_collect().await.unwrap();
            assert!(came.concat() == expected, "out of memory: {is_out}");
            assert!(came.iter().all(|block| block.len() as u64 <= BLOCK_BYTES));
        }
        let short = Chunk::Stored(Range {
            len: range.len + 1,
            ..range
        });
        let came: io::Result<Vec<Bytes>> = blocks(vec![short]).try_collect().await;
        assert_eq!(came.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}

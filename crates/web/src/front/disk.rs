//! Bytes of files on disks, for threads that must not wait for one.
//!
//! A thread that answers viewers sends from a file only what is in memory (the page cache). Whether it is, `preadv2` with `RWF_NOWAIT` says: it
//! reads a byte here and there, since reading all of a window would cost what `sendfile` saves. What is not there is read on the threads
//! for what blocks, which leaves it in the page cache. File systems that cannot tell (some over networks) are always read there.
//! Pages that are dropped between look and sending, or between two places that are looked at, are waited for after all.

use std::{io, os::unix::fs::FileExt as _};

use bytes::Bytes;
use domain::engine::{Medium, Range};
use tokio::sync::Semaphore;

/// Bytes that are looked for, and brought in, at a time: on a turning disk the reading takes as long as the way to it.
pub(super) const WINDOW_BYTES: u64 = 512 * 1024;
/// Bytes from one place that is looked at to the next; what kernels read ahead, and drop, is rarely less.
#[cfg(target_os = "linux")]
const STEP_BYTES: u64 = 64 * 1024;
/// Bytes of one read.
const BLOCK_BYTES: usize = 64 * 1024;

/// Reads that wait for disks at the same time. Closes: a slow disk that takes all threads for what blocks, which passwords and the
/// opening of files need too.
static READERS: Semaphore = Semaphore::const_new(32);

/// Whether so many bytes of a range, from one of its own, are in memory, as far as one can tell without waiting.
pub(super) fn is_in_memory(range: &Range, from: u64, len: u64) -> bool {
    match range.medium {
        Medium::Memory => true,
        Medium::Disk => now::is_there(range, from, len),
    }
}

/// Reads so many bytes of a range into the page cache; whether they were there already. A file that ends before is read to its end.
pub(super) async fn bring_in(range: &Range, from: u64, len: u64) -> io::Result<bool> {
    let range = range.clone();
    blocking(move || {
        if now::is_there(&range, from, len) {
            return Ok(true);
        }
        now::announce(&range, from, len);
        let mut block = vec![0; BLOCK_BYTES];
        let end = range.offset + from + len;
        let mut at = range.offset + from;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(usize::MAX);
            match range.file.read_at(&mut block[..most.min(BLOCK_BYTES)], at) {
                Ok(0) => break,
                Ok(read) => at += read as u64,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    })
    .await
}

/// So many bytes of a range, from one of its own.
///
/// # Errors
/// `UnexpectedEof` where the file ends before.
pub(super) async fn read(range: &Range, from: u64, len: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    let at = range.offset + from;
    match range.medium {
        Medium::Memory => range.file.read_exact_at(&mut bytes, at)?,
        Medium::Disk if now::read(range, at, &mut bytes) => {}
        Medium::Disk => {
            let file = range.file.clone();
            bytes = blocking(move || {
                file.read_exact_at(&mut bytes, at)?;
                Ok(bytes)
            })
            .await?;
        }
    }
    Ok(bytes.into())
}

/// Reads where waiting holds nobody up. The turn is the read's own: whoever stops waiting for it frees no place while it goes on.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let turn = READERS.acquire().await.map_err(io::Error::other)?;
    let reading = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        read()
    });
    reading.await.map_err(io::Error::other)?
}

#[cfg(target_os = "linux")]
mod now {
    use std::io::IoSliceMut;
    use std::num::NonZeroU64;

    use rustix::{
        fs::{Advice, fadvise},
        io::{ReadWriteFlags, preadv2},
    };

    use super::{Range, STEP_BYTES};

    /// Whether all bytes were read without waiting.
    pub(super) fn read(range: &Range, at: u64, into: &mut [u8]) -> bool {
        let len = into.len();
        let mut into = [IoSliceMut::new(into)];
        let read = preadv2(&range.file, &mut into, at, ReadWriteFlags::NOWAIT);
        read.is_ok_and(|read| read == len)
    }

    pub(super) fn is_there(range: &Range, from: u64, len: u64) -> bool {
        let start = range.offset + from;
        let Some(last) = (start + len).checked_sub(1) else {
            return true;
        };
        let looks_at = |at| {
            let mut byte = [0];
            let mut into = [IoSliceMut::new(&mut byte)];
            // Nothing at all is the end of the file, for which nobody waits.
            preadv2(&range.file, &mut into, at, ReadWriteFlags::NOWAIT).is_ok()
        };
        let steps = (0..len.div_ceil(STEP_BYTES)).map(|step| start + step * STEP_BYTES);
        steps.chain([last]).all(looks_at)
    }

    /// Lets the disk begin with all of it.
    pub(super) fn announce(range: &Range, from: u64, len: u64) {
        // Advice that is not taken costs time and nothing else.
        let _ = fadvise(
            &range.file,
            range.offset + from,
            NonZeroU64::new(len),
            Advice::WillNeed,
        );
    }
}

/// Elsewhere nobody can tell.
#[cfg(not(target_os = "linux"))]
mod now {
    use super::Range;

    pub(super) fn read(_: &Range, _: u64, _: &mut [u8]) -> bool {
        false
    }

    pub(super) fn is_there(_: &Range, _: u64, _: u64) -> bool {
        false
    }

    pub(super) fn announce(_: &Range, _: u64, _: u64) {}
}

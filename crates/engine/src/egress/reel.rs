//! Reels: files in memory (Linux) that hold a stream's parts, each from the beginning of a page, so that the kernel sends them to each
//! viewer without a copy through the program.
//!
//! A part is written once, when it closes, and what was written is never written again: its pages may be on their way to a viewer.
//! A reel belongs to whoever holds one of its ranges and goes with the last of them. Where there is none (another system, no
//! file descriptor or memory to spare), parts stay the slices of memory that they were, and are sent as such.

use std::{
    fs::File,
    io,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use hls::{Body, Chunk, Output};

/// Bytes after which a new segment begins a new reel. Many small files cost descriptors; large ones keep media that nobody may ask
/// for any more, for as long as their last segment.
const REEL_BYTES: u64 = 1 << 20;
/// Each part begins with a page. A packet then refers to as few pages as can be, and the kernel's rounds of sixteen pages are as long as
/// the longest packet of a loopback or of a card that cuts (64 KB): what is left over goes in a round of its own and not held up behind the
/// first, for which congestion control that paces (BBR) would set a timer at more cost than the sending itself.
const PAGE_BYTES: u64 = 4096;
/// Which share of all file descriptors reels may hold at most; the others are for connections.
const SHARE: usize = 4;

/// All reels of an engine.
#[derive(Debug)]
pub(crate) struct Reels {
    most: usize,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    files: Vec<Weak<File>>,
    /// So many are listed when those that are gone are next looked for: doubling keeps that cheap.
    sweep_at: usize,
}

impl Reels {
    /// As many as the process's limit of open files allows.
    pub(crate) fn new() -> Self {
        Self::at_most(memory::descriptors() / SHARE)
    }

    fn at_most(most: usize) -> Self {
        Self {
            most,
            open: Mutex::new(Open {
                files: Vec::new(),
                sweep_at: 64,
            }),
        }
    }

    /// A new file in memory; `None` where there can be none.
    fn open(&self) -> Option<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.files.len() >= open.sweep_at.min(self.most) {
            open.files.retain(|file| file.strong_count() > 0);
            open.sweep_at = (2 * open.files.len()).max(64);
        }
        if open.files.len() >= self.most {
            return None;
        }
        let file = Arc::new(memory::create().ok()?);
        open.files.push(Arc::downgrade(&file));
        Some(file)
    }
}

/// The reel that a stream's next part goes to.
#[derive(Debug, Default)]
pub(super) struct Reel {
    file: Option<Arc<File>>,
    /// Bytes written so far.
    end: u64,
}

impl Reel {
    /// Moves the bytes of a part into the file; everything else passes as it is.
    pub(super) fn take(&mut self, reels: &Reels, output: Output) -> Output {
        match output {
            Output::SegmentBegun(_) if self.end >= REEL_BYTES => self.file = None,
            Output::Ended => self.file = None,
            Output::Part(mut part) if !part.body.is_empty() => {
                if let Some(stored) = self.store(reels, &part.body) {
                    part.body = stored;
                }
                return Output::Part(part);
            }
            _ => {}
        }
        output
    }

    fn store(&mut self, reels: &Reels, body: &Body) -> Option<Body> {
        if self.file.is_none() {
            (self.file, self.end) = (reels.open(), 0);
        }
        let file = self.file.clone()?;
        if let Err(error) = memory::write(&file, self.end, body) {
            tracing::debug!(%error, "cannot write a part to a file in memory; it is sent from where it is");
            self.file = None;
            return None;
        }
        let (offset, len) = (self.end, body.len());
        self.end = (offset + len).next_multiple_of(PAGE_BYTES);
        Some(Body::from_iter([Chunk::Stored { file, offset, len }]))
    }
}

#[cfg(target_os = "linux")]
mod memory {
    use std::io::IoSlice;

    use rustix::{
        fs::{MemfdFlags, memfd_create},
        io::pwritev,
        process::{Resource, getrlimit},
    };

    use super::{Body, File, io};

    /// Slices of one write; the kernel takes at most 1,024.
    const SLICES_MAX: usize = 256;

    /// How many files the process may have open.
    pub(super) fn descriptors() -> usize {
        getrlimit(Resource::Nofile)
            .current
            .map_or(usize::MAX, |most| {
                usize::try_from(most).unwrap_or(usize::MAX)
            })
    }

    pub(super) fn create() -> io::Result<File> {
        Ok(memfd_create("media", MemfdFlags::CLOEXEC)?.into())
    }

    /// Writes all of a body at `offset`.
    pub(super) fn write(file: &File, mut offset: u64, body: &Body) -> io::Result<()> {
        let slices: Vec<&[u8]> = body.slices().map(|slice| &slice[..]).collect();
        for slices in slices.chunks(SLICES_MAX) {
            let mut slices: Vec<IoSlice<'_>> =
                slices.iter().map(|slice| IoSlice::new(slice)).collect();
            let mut rest = &mut slices[..];
            IoSlice::advance_slices(&mut rest, 0);
            while !rest.is_empty() {
                let wrote = pwritev(file, rest, offset)?;
                if wrote == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                offset += wrote as u64;
                IoSlice::advance_slices(&mut rest, wrote);
            }
        }
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
mod memory {
    use super::{Body, File, io};

    pub(super) fn descriptors() -> usize {
        0
    }

    pub(super) fn create() -> io::Result<File> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn write(_: &File, _: u64, _: &Body) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use bytes::Bytes;
    use hls::packager::{Part, SegmentBegun};

    use super::*;

    fn part(bytes: Vec<u8>) -> Output {
        let (head, rest) = bytes.split_at(bytes.len() / 3);
        let slices = [head, b"", rest].map(|slice| Bytes::from(slice.to_vec()));
        Output::Part(Part {
            msn: 1,
            index: 0,
            duration_us: 200_000,
            independent: true,
            gap: false,
            body: Body::new(slices),
        })
    }

    fn begun() -> Output {
        Output::SegmentBegun(SegmentBegun {
            msn: 1,
            date_ms: 0,
            discontinuity: false,
            init: 0,
            gap: false,
        })
    }

    fn body(output: Output) -> Body {
        match output {
            Output::Part(part) => part.body,
            other => panic!("{other:?} is no part"),
        }
    }

    fn read(body: &Body) -> Vec<u8> {
        let [Chunk::Stored { file, offset, len }] = body.chunks() else {
            panic!("{body:?} is not one range")
        };
        let mut bytes = vec![0; usize::try_from(*len).unwrap()];
        file.read_exact_at(&mut bytes, *offset).unwrap();
        bytes
    }

    #[test]
    fn parts_begin_with_a_page_and_read_back_as_written() {
        let (reels, mut reel) = (Reels::at_most(10), Reel::default());
        let all = [vec![1; 70_000], vec![2; 3], vec![3; 4096], vec![4; 5]];
        assert_eq!(reel.take(&reels, begun()), begun());
        let parts = all
            .clone()
            .map(|bytes| body(reel.take(&reels, part(bytes))));
        assert_eq!(parts.each_ref().map(read), all);
        for part in &parts {
            assert!(
                matches!(part.chunks(), [Chunk::Stored { offset, .. }] if offset % PAGE_BYTES == 0),
                "{part:?}"
            );
        }
        assert_eq!(
            Body::joined(&parts).len(),
            70_000 + 3 + 4096 + 5,
            "a segment has all of it and nothing between"
        );
    }

    #[test]
    fn new_reel_begins_with_a_segment_once_the_last_is_long_and_goes_with_its_last_range() {
        let (reels, mut reel) = (Reels::at_most(2), Reel::default());
        let long = vec![7; usize::try_from(REEL_BYTES).unwrap()];
        let keep = |reel: &mut Reel| {
            reel.take(&reels, begun());
            body(reel.take(&reels, part(long.clone())))
        };
        let first = keep(&mut reel);
        let more = body(reel.take(&reels, part(vec![8; 5])));
        assert_eq!(
            Body::joined([&first, &more]).chunks().len(),
            1,
            "amid a segment"
        );
        let second = keep(&mut reel);
        assert_eq!(Body::joined([&more, &second]).chunks().len(), 2);
        // Two are all there may be: the next stays in memory, until one of them is gone.
        let third = keep(&mut reel);
        assert_eq!(third.to_vec(), long);
        drop((first, more));
        assert_eq!(read(&keep(&mut reel)), long);
        assert_eq!(read(&second), long);
    }
}

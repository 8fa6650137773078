//! A brought file packaged into `media.mp4` and `index`: read once, copied once, nothing encoded anew.
//!
//! Blocks: it is run where blocking is allowed. Holds a few pieces of the file and never the file: at most some 40 MB, whatever it is
//! (frames of [`Limits::frame_bytes_max`] count most). All or nothing: both files are written under other names, brought to the disk, and
//! only then named, the index last; an item without an index is none, and what a crash leaves is overwritten the next time.

use std::{
    fs::{self, File, TryLockError},
    io::{self, BufWriter, Write},
    os::unix::fs::FileExt as _,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use media::mp4::{self, Demuxer, Event};
use record::{
    Index,
    package::{self as cut, Output, Packager, Settings},
};

use super::Facts;

/// Name of the packaged file in an item's folder.
pub const MEDIA: &str = "media.mp4";
/// Name of its index; the item is there when this is.
pub const INDEX: &str = "index";
/// Names while they are written.
const MEDIA_PART: &str = "media.mp4.part";
const INDEX_PART: &str = "index.part";

/// Bytes that are gathered before they are written.
const WRITE_BYTES: usize = 256 << 10;
/// Bytes of the disk that are left free, so that the database can still be written. Closes: one upload that stops everything.
const SPARE_BYTES: u64 = 64 << 20;

/// Bounds of one file.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest frame, in bytes. 8K intra pictures at 400 Mbit/s have some 4 MB. Closes: a frame that is as large as memory.
    pub frame_bytes_max: u32,
    /// Longest side of the picture, in pixels, after which no browser decodes. Closes: a picture that claims 64k by 64k.
    pub side_max: u32,
    /// Most pixels of the picture; 8K by 8K, as panoramas have. Closes the same.
    pub pixels_max: u64,
    /// Most pictures in a second, on average. Closes: a file of a million pictures a second.
    pub frame_rate_max: u32,
    /// How long a video is at most, in ms. Closes: a header that claims years.
    pub duration_ms_max: u64,
    /// How long a segment is at most, in ms: a picture that stands, with no sound beside it. Closes: one frame that is said to last a day,
    /// and is a segment of a day.
    pub segment_ms_max: u64,
    /// Largest cover that is taken out of a file, in bytes. A larger one is left where it is.
    pub cover_bytes_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 12 << 20,
            side_max: 16_384,
            pixels_max: 1 << 26,
            frame_rate_max: 1000,
            duration_ms_max: 100 * 3_600_000,
            segment_ms_max: 10 * 60_000,
            cover_bytes_max: 10_000_000,
        }
    }
}

/// Why a file was not packaged. The words are for the person who brought it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The file cannot be taken, and says why and what to do.
    #[error(transparent)]
    File(#[from] mp4::Refused),
    /// The picture is larger than players take.
    #[error(
        "Its picture is {width} by {height} pixels, more than browsers play. Export it at {side} pixels a side or less and upload it again."
    )]
    Picture {
        /// As stated.
        width: u32,
        /// As stated.
        height: u32,
        /// [`Limits::side_max`], or 8,192 where the product is too large.
        side: u32,
    },
    /// More pictures a second than any camera takes.
    #[error(
        "It has {rate} pictures a second, more than browsers play. Export it with at most {most} and upload it again."
    )]
    FrameRate {
        /// On average.
        rate: u32,
        /// [`Limits::frame_rate_max`].
        most: u32,
    },
    /// Longer than is taken.
    #[error(
        "It says that it lasts {hours} hours, and at most {most} are taken. Export it in parts, or again where that is not true."
    )]
    TooLong {
        /// As its frames say.
        hours: u64,
        /// As [`Limits::duration_ms_max`] says.
        most: u64,
    },
    /// One picture stands for longer than a segment may be.
    #[error(
        "For {minutes} minutes nothing moves in it. Export it with at least one picture a second and upload it again."
    )]
    Still {
        /// How long.
        minutes: u64,
    },
    /// Too many segments, or one too large.
    #[error("It is too large to be cut into segments. Export it in parts.")]
    TooLarge,
    /// The disk has no room. Whoever frees some may try again.
    #[error("The disk is full. Free {} of it, then try again.", Bytesize(*needed))]
    DiskFull {
        /// Bytes that must be free beyond those that are.
        needed: u64,
    },
    /// It is being packaged into the same folder at this moment.
    #[error("It is being worked on already.")]
    Busy,
    /// The caller stopped it.
    #[error("It was stopped before it was finished.")]
    Stopped,
    /// The brought file cannot be read.
    #[error("The server cannot read the file that was uploaded.")]
    Read(#[source] io::Error),
    /// The packaged file cannot be written.
    #[error("The server cannot write into its storage.")]
    Write(#[source] io::Error),
}

impl Refused {
    /// The file is to blame: trying again with the same one gives the same.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::File(_)
            | Self::Picture { .. }
            | Self::FrameRate { .. }
            | Self::TooLong { .. }
            | Self::Still { .. }
            | Self::TooLarge => true,
            Self::DiskFull { .. } | Self::Busy | Self::Stopped | Self::Read(_) | Self::Write(_) => {
                false
            }
        }
    }
}

/// Bytes as people say them, rounded up.
#[derive(Debug)]
pub(super) struct Bytesize(pub u64);

impl std::fmt::Display for Bytesize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const GB: u64 = 1_000_000_000;
        const MB: u64 = 1_000_000;
        if self.0 >= GB {
            let tenths = self.0.div_ceil(GB / 10);
            write!(f, "{}.{} GB", tenths / 10, tenths % 10)
        } else {
            write!(f, "{} MB", self.0.div_ceil(MB).max(1))
        }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes written so far.
    pub done: u64,
    /// About how many it will be.
    pub of: u64,
}

/// Packages the file at `source` into the folder `into`, which is made where it is missing.
///
/// `stop` ends it at the next megabyte; `progress` is told about each. Blocks for as long as the disk needs.
///
/// # Errors
/// [`Refused`]; nothing is left behind then, and an item that was there before is as it was.
pub fn package(
    source: &Path,
    into: &Path,
    limits: &Limits,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Facts, Refused> {
    let file = open(source).map_err(Refused::Read)?;
    let len = file.metadata().map_err(Refused::Read)?.len();
    if !into.is_dir() {
        fs::create_dir_all(into).map_err(|error| write_refused(error, into, len))?;
        if let Some(parent) = into.parent() {
            sync_folder(parent).map_err(Refused::Write)?;
        }
    }
    let _alone = alone_in(into)?;
    let _parts = Parts(into);
    Job {
        file: &file,
        len,
        limits,
        stop,
        progress,
    }
    .run(into)
}

/// A folder that is locked against another one that writes into it; a process that ends holds nothing.
pub(super) struct Alone(File);

impl Drop for Alone {
    fn drop(&mut self) {
        // A program that is being started has the file for a moment too, and would hold the lock for as long.
        let _ = self.0.unlock();
    }
}

/// Locks a folder for as long as what is answered lives.
pub(super) fn alone_in(folder: &Path) -> Result<Alone, Refused> {
    let folder = File::open(folder).map_err(Refused::Write)?;
    match folder.try_lock() {
        Ok(()) => Ok(Alone(folder)),
        Err(TryLockError::WouldBlock) => Err(Refused::Busy),
        Err(TryLockError::Error(error)) => Err(Refused::Write(error)),
    }
}

/// Whether a folder holds a packaged item.
#[must_use]
pub fn is_packaged(folder: &Path) -> bool {
    folder.join(INDEX).is_file()
}

/// A file of the server's own is opened; a pipe in its place is not waited for.
fn open(source: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = File::from(rustix::fs::open(source, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("not an ordinary file"))
    }
}

/// Takes unfinished files away when it goes.
struct Parts<'a>(&'a Path);

impl Drop for Parts<'_> {
    fn drop(&mut self) {
        for name in [MEDIA_PART, INDEX_PART] {
            // Where it was named, there is none.
            let _ = fs::remove_file(self.0.join(name));
        }
    }
}

struct Job<'a> {
    file: &'a File,
    len: u64,
    limits: &'a Limits,
    stop: &'a AtomicBool,
    progress: &'a mut dyn FnMut(Progress),
}

impl Job<'_> {
    fn run(&mut self, into: &Path) -> Result<Facts, Refused> {
        let write = |error| write_refused(error, into, self.len);
        let missing = missing_bytes(into, self.len).map_err(write)?;
        if missing > 0 {
            return Err(Refused::DiskFull { needed: missing });
        }
        let part = into.join(MEDIA_PART);
        let media = File::create(&part).map_err(write)?;
        let mut out = BufWriter::with_capacity(WRITE_BYTES, &media);
        let made = self.media(&mut out).map_err(|stopped| match stopped {
            Stopped::Refused(refused) => refused,
            Stopped::Write(error) => write_refused(error, into, self.len),
        })?;
        let write = |error| write_refused(error, into, self.len);
        out.flush().map_err(write)?;
        drop(out);
        media.sync_all().map_err(write)?;
        let bytes = media.metadata().map_err(write)?.len();
        let index = into.join(INDEX_PART);
        let mut file = File::create(&index).map_err(write)?;
        file.write_all(&made.index.to_bytes()).map_err(write)?;
        file.sync_all().map_err(write)?;
        // An index that was there speaks of another file.
        match fs::remove_file(into.join(INDEX)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(write(error)),
            _ => {}
        }
        sync_folder(into).map_err(write)?;
        fs::rename(&part, into.join(MEDIA)).map_err(write)?;
        sync_folder(into).map_err(write)?;
        fs::rename(&index, into.join(INDEX)).map_err(write)?;
        sync_folder(into).map_err(write)?;
        let mut facts = Facts::of(&made.index, bytes);
        facts.cover = made.cover.and_then(|needs| self.cover(needs));
        facts.broken_off = made.cut_short;
        Ok(facts)
    }

    /// Writes the packaged file.
    fn media(&mut self, out: &mut impl Write) -> Result<Made, Stopped> {
        let mut demuxer = Demuxer::new(
            self.len,
            mp4::Limits {
                frame_bytes_max: self.limits.frame_bytes_max,
                ..mp4::Limits::default()
            },
        );
        let mut packager = None;
        let mut written = 0;
        loop {
            match demuxer.poll().map_err(Refused::File)? {
                Event::Needs(needs) => {
                    if self.stop.load(Ordering::Relaxed) {
                        return Err(Refused::Stopped.into());
                    }
                    demuxer.receive(self.read(needs)?).map_err(Refused::File)?;
                    (self.progress)(Progress {
                        done: written,
                        of: self.len.max(written),
                    });
                }
                Event::Movie(movie) => {
                    for header in &movie.tracks {
                        let track = record::index::Track::of(header);
                        self.judge_size(track.size)?;
                    }
                    packager = Some(Packager::new(Settings::default(), &movie.tracks));
                }
                Event::Sample(sample) => {
                    let Some(packager) = &mut packager else {
                        return Err(Refused::File(mp4::Refused::Empty).into());
                    };
                    packager.push(sample).map_err(cut_refused)?;
                    self.drain(packager, out, &mut written)?;
                }
                Event::End => break,
            }
        }
        let mut packager = packager.ok_or(Refused::File(mp4::Refused::Empty))?;
        packager.finish().map_err(cut_refused)?;
        self.drain(&mut packager, out, &mut written)?;
        let index = packager.into_index();
        for track in index.tracks() {
            let rate = track.frames_per_1000_s / 1000;
            if rate > self.limits.frame_rate_max {
                let most = self.limits.frame_rate_max;
                return Err(Refused::FrameRate { rate, most }.into());
            }
        }
        Ok(Made {
            index,
            cover: demuxer.cover(),
            cut_short: demuxer.is_cut_short(),
        })
    }

    fn drain(
        &self,
        packager: &mut Packager,
        out: &mut impl Write,
        written: &mut u64,
    ) -> Result<(), Stopped> {
        while let Some(output) = packager.poll() {
            match output {
                Output::Append(bytes) => {
                    out.write_all(&bytes).map_err(Stopped::Write)?;
                    *written += bytes.len() as u64;
                }
                Output::Segment(segment) => {
                    let ms = |ticks| packager.index().us(ticks) / 1000;
                    if ms(segment.duration) > self.limits.segment_ms_max {
                        let minutes = ms(segment.duration) / 60_000;
                        return Err(Refused::Still { minutes }.into());
                    }
                    if ms(segment.end()) > self.limits.duration_ms_max {
                        return Err(Refused::TooLong {
                            hours: ms(segment.end()) / 3_600_000,
                            most: self.limits.duration_ms_max / 3_600_000,
                        }
                        .into());
                    }
                }
            }
        }
        Ok(())
    }

    fn judge_size(&self, (width, height): (u32, u32)) -> Result<(), Refused> {
        let limits = self.limits;
        let is_wide = width.max(height) > limits.side_max;
        let is_large = u64::from(width) * u64::from(height) > limits.pixels_max;
        let side = if is_wide { limits.side_max } else { 8192 };
        if is_wide || is_large {
            return Err(Refused::Picture {
                width,
                height,
                side,
            });
        }
        Ok(())
    }

    fn read(&self, needs: mp4::Needs) -> Result<Bytes, Refused> {
        let mut bytes = vec![0; needs.len as usize];
        match self.file.read_exact_at(&mut bytes, needs.offset) {
            Ok(()) => Ok(bytes.into()),
            // It was cut while it was read.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Refused::File(mp4::Refused::CutShort {
                    expected: self.len,
                    len: needs.offset,
                }))
            }
            Err(error) => Err(Refused::Read(error)),
        }
    }

    /// The cover, where it is a picture of bearable size; a file without one is as good.
    fn cover(&self, needs: mp4::Needs) -> Option<Bytes> {
        let is_bearable = needs.len <= self.limits.cover_bytes_max;
        let bytes = is_bearable.then(|| self.read(needs).ok()).flatten()?;
        let is_picture = bytes.starts_with(&[0xff, 0xd8, 0xff])
            || bytes.starts_with(&[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        is_picture.then_some(bytes)
    }
}

/// What came of a file.
struct Made {
    index: Index,
    cover: Option<mp4::Needs>,
    cut_short: bool,
}

/// Why writing ended early.
enum Stopped {
    Refused(Refused),
    Write(io::Error),
}

impl From<Refused> for Stopped {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

fn cut_refused(error: cut::Error) -> Refused {
    match error {
        cut::Error::TooLarge => Refused::TooLarge,
        cut::Error::Empty | cut::Error::UnknownTrack => Refused::File(mp4::Refused::Empty),
    }
}

/// Tells a full disk from other reasons. `bytes` is how much was to be written in all.
pub(super) fn write_refused(error: io::Error, into: &Path, bytes: u64) -> Refused {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refused::DiskFull {
            // A quota is full before its disk is.
            needed: missing_bytes(into, bytes)
                .ok()
                .filter(|missing| *missing > 0)
                .unwrap_or(bytes),
        },
        _ => Refused::Write(error),
    }
}

/// How many bytes are missing on the disk below `into` for a file of so many.
pub(super) fn missing_bytes(into: &Path, bytes: u64) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(into)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    // The packaged file has a little more of headers, and is never far from the source's size.
    let wanted = bytes.saturating_add(bytes / 64);
    Ok(wanted.saturating_add(SPARE_BYTES).saturating_sub(free))
}

/// Brings names in a folder to the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, then the disk is full.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = (self.0.checked_sub(bytes.len())).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_disk_that_fills_up_meanwhile_is_told_with_what_it_lacks() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../record/tests/files/moov-last.mp4");
        let file = open(&path).expect("a fixture");
        let len = file.metadata().expect("its length").len();
        let folder = tempfile::tempdir().expect("a folder");
        let mut job = Job {
            file: &file,
            len,
            limits: &Limits::default(),
            stop: &AtomicBool::new(false),
            progress: &mut |_| {},
        };
        let Err(Stopped::Write(error)) = job.media(&mut Disk(2000)) else {
            panic!("2,000 bytes are not enough");
        };
        let refused = write_refused(error, folder.path(), len);
        assert!(
            matches!(refused, Refused::DiskFull { needed } if needed == len),
            "{refused:?}"
        );
        assert!(!refused.is_final());
        assert_eq!(
            refused.to_string(),
            "The disk is full. Free 1 MB of it, then try again."
        );
        let large = Refused::DiskFull {
            needed: 1_340_000_001,
        };
        assert_eq!(
            large.to_string(),
            "The disk is full. Free 1.4 GB of it, then try again."
        );
    }
}

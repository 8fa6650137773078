//! What of stored videos is served: playlists from memory, pieces as ranges of files.
//!
//! A video is opened at its first request, away from the threads that answer (once, however many ask), and kept open until others take its
//! place ([`Limits`]). A request for a piece of an open one waits for nothing and allocates nothing but the answer. Access was decided
//! before. Of a packaged video there are `main.m3u8`, `init.mp4` and `s{n}.m4s`; of an adopted folder what its playlists name, and nothing
//! else in it. Pieces lie on disks: whoever sends a range may have to wait for one.

mod opened;

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{SystemTime, UNIX_EPOCH},
};

use domain::engine::{Fetch, Reply, Status};
use tokio::sync::{OnceCell, Semaphore};

use self::opened::Opened;
use super::{
    Facts,
    place::{Folder, Place, is_plain},
};

/// Videos that are opened or wait to be. Closes: requests for videos at random that pile up.
const OPENING_MAX: usize = 256;
/// Videos that are opened at the same time; the longest takes some hundred megabytes meanwhile. Closes: many of them at once, and disks
/// that do nothing else.
const OPENING_AT_ONCE: usize = 4;

/// What is kept open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most videos. Closes: a descriptor for each that was ever watched.
    pub open_max: usize,
    /// Bytes of indexes and playlists of all open videos together. A single one may be larger, and is then alone. Closes: 256 of the longest.
    pub bytes_max: usize,
    /// Most files of adopted folders. Closes: the same for segments in files of their own.
    pub files_max: usize,
}

impl Default for Limits {
    /// 256 videos, 64 MiB, 512 files.
    fn default() -> Self {
        Self {
            open_max: 256,
            bytes_max: 64 << 20,
            files_max: 512,
        }
    }
}

/// Serves stored videos. Cloning it shares it.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: Folder,
    limits: Limits,
    state: Mutex<State>,
    openers: Semaphore,
    files: Arc<opened::Files>,
}

type Outcome = Result<Arc<Opened>, Missing>;

#[derive(Debug, Default)]
struct State {
    open: HashMap<Place, Kept>,
    bytes: usize,
    /// Counts requests; what was used at the lowest count goes first.
    clock: u64,
    opening: HashMap<Place, Weak<OnceCell<Outcome>>>,
    /// Counts [`Shelf::forget`]: what was being opened meanwhile is not kept.
    forgotten: u64,
}

#[derive(Debug)]
struct Kept {
    opened: Arc<Opened>,
    used: u64,
}

/// Why a video is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    NotFound,
    /// It is there, and cannot be read.
    Broken,
    /// Too many are being opened.
    Busy,
}

/// A file of an item, for downloads, posters and captions: everything that HTTP tells of it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The file. Read it by places; its own position is nobody's.
    pub file: Arc<File>,
    /// Its bytes.
    pub len: u64,
    /// When it was last written (`Last-Modified`).
    pub modified: SystemTime,
    /// Its number on its file system.
    pub inode: u64,
}

impl Stored {
    /// A strong entity tag with its quotes: another file, another length or another time of writing has another one.
    #[must_use]
    pub fn etag(&self) -> String {
        let since = self.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("\"{:x}-{:x}-{:x}\"", self.len, since.as_nanos(), self.inode)
    }
}

impl Shelf {
    /// A shelf over the storage folder.
    ///
    /// # Errors
    /// What the system says where the folder cannot be opened.
    pub fn open(storage: &Path, limits: Limits) -> io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            root: Folder::open(storage)?,
            files: Arc::new(opened::Files::new(limits.files_max)),
            openers: Semaphore::new(OPENING_AT_ONCE),
            limits,
            state: Mutex::default(),
        })))
    }

    /// A piece of a video. `piece` is one or more plain path parts; anything else is answered as what is not there.
    #[must_use]
    pub fn fetch(&self, place: &Place, piece: &str) -> Fetch {
        if let Some(opened) = self.kept(place) {
            return opened.piece(piece, &self.0.files);
        }
        let (shelf, place, piece) = (self.clone(), place.clone(), piece.to_owned());
        Fetch::Wait(Box::pin(async move {
            match shelf.opened(&place).await {
                Ok(opened) => match opened.piece(&piece, &shelf.0.files) {
                    Fetch::Ready(reply) => reply,
                    Fetch::Wait(reply) => reply.await,
                },
                Err(missing) => refused(missing),
            }
        }))
    }

    /// The multivariant playlist of a video, each address in it beginning with `prefix`. Not to be kept by caches: the prefix is somebody's.
    #[must_use]
    pub fn multivariant(&self, place: &Place, prefix: &str) -> Fetch {
        if let Some(opened) = self.kept(place) {
            return Fetch::Ready(opened.multivariant(prefix));
        }
        let (shelf, place, prefix) = (self.clone(), place.clone(), prefix.to_owned());
        Fetch::Wait(Box::pin(async move {
            match shelf.opened(&place).await {
                Ok(opened) => opened.multivariant(&prefix),
                Err(missing) => refused(missing),
            }
        }))
    }

    /// What is known of a video, without its cover; `None` where it is not there or cannot be read.
    pub async fn facts(&self, place: &Place) -> Option<Facts> {
        let opened = match self.kept(place) {
            Some(opened) => opened,
            None => self.opened(place).await.ok()?,
        };
        Some(opened.facts().clone())
    }

    /// The file as it came, where it was kept.
    pub async fn original(&self, place: &Place) -> Option<Stored> {
        self.stored(place, "original").await
    }

    /// A file that lies beside a video, such as `poster.jpg`; `None` where it is not there. `name` is one plain name.
    pub async fn stored(&self, place: &Place, name: &str) -> Option<Stored> {
        if !is_plain(name) || name.contains('/') {
            return None;
        }
        let path = format!("{place}/{name}");
        let root = self.0.root.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let file = root.file(&path)?;
            let metadata = file.metadata()?;
            Ok(Stored {
                len: metadata.len(),
                modified: metadata.modified()?,
                inode: metadata.ino(),
                file: Arc::new(file),
            })
        });
        let opened: io::Result<Stored> = opened.await.ok()?;
        opened.ok()
    }

    /// Closes a video that was changed or deleted. Answers that are under way are finished from the files as they were.
    pub fn forget(&self, place: &Place) {
        let mut state = self.0.state();
        state.forgotten += 1;
        state.opening.remove(place);
        state.remove(place);
    }

    /// How many videos are open.
    #[must_use]
    pub fn open_videos(&self) -> usize {
        self.0.state().open.len()
    }

    fn kept(&self, place: &Place) -> Option<Arc<Opened>> {
        let mut state = self.0.state();
        state.clock += 1;
        let clock = state.clock;
        let kept = state.open.get_mut(place)?;
        kept.used = clock;
        Some(kept.opened.clone())
    }

    /// Opens a video, or waits for whoever is opening it.
    async fn opened(&self, place: &Place) -> Outcome {
        let (cell, forgotten) = {
            let mut state = self.0.state();
            if let Some(kept) = state.open.get(place) {
                return Ok(kept.opened.clone());
            }
            let under_way = state.opening.get(place).and_then(Weak::upgrade);
            let cell = match under_way {
                Some(cell) => cell,
                None => {
                    if state.opening.len() >= OPENING_MAX {
                        state.opening.retain(|_, cell| cell.strong_count() > 0);
                    }
                    if state.opening.len() >= OPENING_MAX {
                        return Err(Missing::Busy);
                    }
                    let cell = Arc::new(OnceCell::new());
                    state.opening.insert(place.clone(), Arc::downgrade(&cell));
                    cell
                }
            };
            (cell, state.forgotten)
        };
        let open = async {
            // It is never closed.
            let _turn = self.0.openers.acquire().await;
            let (inner, place_there) = (self.0.clone(), place.clone());
            let opening = move || Opened::open(&inner.root, &place_there);
            let opened = tokio::task::spawn_blocking(opening).await;
            let outcome = match opened {
                Ok(Ok(opened)) => Ok(Arc::new(opened)),
                Ok(Err(opened::Error::NotFound)) => Err(Missing::NotFound),
                Ok(Err(error)) => {
                    tracing::warn!(%place, %error, "a stored video cannot be served");
                    Err(Missing::Broken)
                }
                Err(_) => Err(Missing::Broken),
            };
            self.0.keep(place, &outcome, forgotten);
            outcome
        };
        cell.get_or_init(|| open).await.clone()
    }
}

impl Inner {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing in it is left half done by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, place: &Place, outcome: &Outcome, forgotten: u64) {
        let mut state = self.state();
        state.opening.remove(place);
        let Ok(opened) = outcome else {
            return;
        };
        if state.forgotten != forgotten {
            return;
        }
        state.remove(place);
        let weight = opened.weight();
        while !state.open.is_empty()
            && (state.open.len() >= self.limits.open_max
                || state.bytes.saturating_add(weight) > self.limits.bytes_max)
        {
            let oldest = state.open.iter().min_by_key(|(_, kept)| kept.used);
            let Some(oldest) = oldest.map(|(place, _)| place.clone()) else {
                break;
            };
            state.remove(&oldest);
        }
        state.bytes += weight;
        let used = state.clock;
        state.open.insert(
            place.clone(),
            Kept {
                opened: opened.clone(),
                used,
            },
        );
    }
}

impl State {
    fn remove(&mut self, place: &Place) {
        if let Some(kept) = self.open.remove(place) {
            self.bytes = self.bytes.saturating_sub(kept.opened.weight());
        }
    }
}

fn refused(missing: Missing) -> Reply {
    match missing {
        Missing::NotFound => Reply::refused(Status::NotFound, "there is no such video"),
        Missing::Broken => Reply {
            retry_after_s: Some(60),
            ..Reply::refused(Status::Unavailable, "the video cannot be read")
        },
        Missing::Busy => Reply {
            retry_after_s: Some(1),
            ..Reply::refused(Status::Unavailable, "too many videos are being opened")
        },
    }
}

//! The uploads that there are: made, found, appended to, handed over once, cleared away.
//!
//! What is known lies in memory and in the folders alike; memory is read from the folders at the start. File work runs on threads that may
//! block. Nothing here decides who may upload: an owner is a name that must be the same again.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    clock::{Clock, Time},
    random::Random,
    slug::Slug,
    stream::Visibility,
    user::UserId,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::Semaphore,
    task::spawn_blocking,
    time::{error::Elapsed, timeout},
};

use super::{
    Appending, Id, Kind, Wanted,
    append::{Running, Work},
};

/// The file of the bytes.
pub(super) const DATA: &str = "data";
const INFO: &str = "info";
const INFO_NEW: &str = "info.new";
/// Longest `info` that is read: far more than one has; a file that somebody put there must not fill the memory.
const INFO_BYTES_MAX: u64 = 64 * 1024;
/// An append whose body has been silent for so long gives way to a newer one: its connection is probably lost, and its sender is back.
const QUIET: Duration = Duration::from_secs(3);
/// Longest wait for an append to settle that gives way: its last bytes go to a disk that may be slow.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
/// Longest wait for one of the places to write.
const PLACE_WITHIN: Duration = Duration::from_secs(10);

/// Tells how many bytes may still be written below a folder.
pub type FreeBytes = Arc<dyn Fn(&Path) -> io::Result<u64> + Send + Sync>;

/// What uploads stand on.
#[derive(Clone)]
pub struct Ports {
    /// Ids come from it.
    pub random: Arc<dyn Random>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Room on the disk: [`free_bytes`], unless a test says otherwise.
    pub free_bytes: FreeBytes,
}

/// The bounds of uploads. Each closes one gap.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest file, in bytes (one file that takes the disk).
    pub length_max: u64,
    /// Uploads of one user that are not whole (files that nobody goes on with).
    pub open_per_user: usize,
    /// Bytes that these may come to together (one user who takes the disk).
    pub bytes_per_user: u64,
    /// Bytes of the disk that no upload takes: the database's (a full disk that stops everything else).
    pub reserve_bytes: u64,
    /// How long one is kept without a byte (abandoned ones), and its end after that.
    pub idle: Duration,
    /// Appends that write at once; each holds two batches of 256 KiB, and what the connection has read (many parallel uploads that take the memory).
    pub appends: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            length_max: 20_000_000_000,
            open_per_user: 100,
            bytes_per_user: 200_000_000_000,
            reserve_bytes: 1_000_000_000,
            idle: Duration::from_secs(24 * 3600),
            appends: 24,
        }
    }
}

/// What a new upload is made from.
#[derive(Clone, Debug)]
pub struct New {
    /// Whose it is.
    pub owner: UserId,
    /// How many bytes it will have.
    pub length: u64,
    /// What it is to become.
    pub wanted: Wanted,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Bytes are awaited.
    Receiving,
    /// It is whole, and is being looked at.
    HandingOver,
    /// It is over.
    Ended(Ended),
}

/// How an upload ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It has become an item.
    Item {
        /// What.
        kind: Kind,
        /// Its address.
        slug: Slug,
    },
    /// It cannot be used; a person reads why and what to do.
    Refused(String),
}

/// An upload as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Which.
    pub id: Id,
    /// Whose.
    pub owner: UserId,
    /// Bytes that are on disk.
    pub offset: u64,
    /// Bytes that it will have.
    pub length: u64,
    /// What it is to become.
    pub wanted: Wanted,
    /// When it was made.
    pub created: Time,
    /// When it is cleared away, unless another byte comes.
    pub expires: Time,
    /// How far it is.
    pub state: State,
    /// Why nothing could be made of it when it was whole, where another try may do.
    pub setback: Option<String>,
}

/// An upload that is whole, for whoever makes something of it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Which.
    pub id: Id,
    /// Whose.
    pub owner: UserId,
    /// The file; may be moved away.
    pub path: PathBuf,
    /// Its bytes.
    pub length: u64,
    /// What it is to become.
    pub wanted: Wanted,
}

/// Why an upload was not made, or did not go on. What is on disk stays there unless it is said otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is none with this id, or it is somebody else's.
    #[error("there is no such upload")]
    NotFound,
    /// Bytes were sent for another place than where it goes on: ask, and go on from there.
    #[error("it goes on at byte {offset}")]
    WrongOffset {
        /// Where.
        offset: u64,
    },
    /// Somebody sends to it right now.
    #[error("another request sends to this upload right now")]
    Busy,
    /// Too many uploads write at once: try again soon.
    #[error("too many uploads write at the same time")]
    NoPlace,
    /// It is whole already.
    #[error("this upload is whole already")]
    Ended,
    /// It would be longer than a file may be.
    #[error("a file can have {max} bytes at most")]
    TooLong {
        /// The bound.
        max: u64,
    },
    /// More bytes came than were announced.
    #[error("more bytes came than were announced")]
    Overrun,
    /// A file without a byte is no file.
    #[error("the file is empty")]
    Empty,
    /// This user has as many that are not whole as one may.
    #[error("{max} uploads wait to be finished already")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// This user's would have more bytes together than one's may.
    #[error("uploads that wait to be finished can have {max} bytes together")]
    TooManyBytes {
        /// The bound.
        max: u64,
    },
    /// The disk is full; it goes on once there is room.
    #[error("the disk is full: {missing} bytes more are needed")]
    Full {
        /// Bytes to make free.
        missing: u64,
    },
    /// The disk failed.
    #[error("the file could not be written")]
    Io(#[from] io::Error),
}

/// The uploads below one folder. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    folder: PathBuf,
    ports: Ports,
    limits: Limits,
    entries: Mutex<BTreeMap<Id, Entry>>,
    places: Arc<Semaphore>,
}

pub(super) struct Entry {
    owner: UserId,
    pub(super) length: u64,
    wanted: Wanted,
    created: Time,
    /// When the last byte came, or it ended.
    heard: Time,
    pub(super) offset: u64,
    state: State,
    setback: Option<String>,
    /// Comes in one request: it cannot be resumed, so it is neither listed nor remembered.
    is_single: bool,
    pub(super) running: Option<Arc<Running>>,
}

/// When the bytes of a new upload come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brings {
    /// With other requests.
    Later,
    /// With the one that makes it; how many, is known or not.
    Now { is_known: bool },
}

/// What `info` holds.
#[derive(Serialize, Deserialize)]
struct Info {
    owner: String,
    length: u64,
    created_ms: i64,
    filename: String,
    kind: Option<String>,
    slug: Option<String>,
    title: Option<String>,
    visibility: String,
    #[serde(default)]
    ended: Option<EndedInfo>,
}

#[derive(Serialize, Deserialize)]
enum EndedInfo {
    Item { kind: String, slug: String },
    Refused(String),
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Uploads").field(&self.inner.folder).finish()
    }
}

/// Bytes that this user may still write below a folder.
///
/// # Errors
/// Where the file system does not tell.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let told = rustix::fs::statvfs(folder)?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}

impl Uploads {
    /// Opens a folder, which is made where there is none, and takes up what an earlier run left. Blocks.
    ///
    /// # Errors
    /// Where the folder cannot be made or listed. Single uploads that cannot be read are removed and logged.
    pub fn open(folder: &Path, ports: Ports, limits: Limits) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut entries = BTreeMap::new();
        for found in fs::read_dir(folder)? {
            let path = found?.path();
            let id = path
                .file_name()
                .and_then(|name| name.to_str()?.parse().ok());
            // What others put here is theirs.
            let Some(id) = id else { continue };
            match read(&path) {
                Ok(Some(entry)) => {
                    entries.insert(id, entry);
                }
                Ok(None) => remove_folder(&path),
                Err(error) => {
                    tracing::warn!(%id, %error, "an upload cannot be read and is removed");
                    remove_folder(&path);
                }
            }
        }
        let places = Arc::new(Semaphore::new(limits.appends));
        let inner = Inner {
            folder: folder.to_owned(),
            ports,
            limits,
            entries: Mutex::new(entries),
            places,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The bounds.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Makes an upload that bytes can be appended to.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn create(&self, new: New) -> Result<Status, Refused> {
        if new.length == 0 {
            return Err(Refused::Empty);
        }
        self.make(new, Brings::Later).await
    }

    /// Makes one whose bytes come with this request and no other, and opens it. `most`: bytes that it can have, where that is known; else
    /// the disk's room is looked at as they come.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn receive(
        &self,
        owner: UserId,
        most: Option<u64>,
    ) -> Result<super::append::Receiving, Refused> {
        let new = New {
            owner,
            length: most.unwrap_or(self.inner.limits.length_max).max(1),
            wanted: Wanted::default(),
        };
        let brings = Brings::Now {
            is_known: most.is_some(),
        };
        let made = self.make(new, brings).await?;
        let appending = self.append(made.id, owner, 0).await;
        super::append::Receiving::begin(self.clone(), made.id, appending, most)
    }

    async fn make(&self, new: New, brings: Brings) -> Result<Status, Refused> {
        let uploads = self.clone();
        // In one piece, whatever becomes of the request: no entry without its folder.
        blocking(move || uploads.make_blocking(new, brings)).await?
    }

    fn make_blocking(&self, new: New, brings: Brings) -> Result<Status, Refused> {
        let limits = &self.inner.limits;
        if new.length > limits.length_max {
            return Err(Refused::TooLong {
                max: limits.length_max,
            });
        }
        // Of a length that nobody knows nothing is set aside.
        let announced = match brings {
            Brings::Now { is_known: false } => 0,
            _ => new.length,
        };
        let now = self.now();
        let id = Id::new(&*self.inner.ports.random);
        let entry = Entry {
            owner: new.owner,
            length: new.length,
            wanted: new.wanted,
            created: now,
            heard: now,
            offset: 0,
            state: State::Receiving,
            setback: None,
            is_single: brings != Brings::Later,
            running: None,
        };
        let free = (self.inner.ports.free_bytes)(&self.inner.folder)?;
        {
            let mut entries = self.entries();
            let open = |entry: &&Entry| entry.is_open();
            let own = || {
                let own = entries.values().filter(open);
                own.filter(|entry| entry.owner == new.owner)
            };
            if own().count() >= limits.open_per_user {
                return Err(Refused::TooMany {
                    max: limits.open_per_user,
                });
            }
            let together = own().fold(announced, |sum, entry| sum.saturating_add(entry.length));
            if together > limits.bytes_per_user {
                return Err(Refused::TooManyBytes {
                    max: limits.bytes_per_user,
                });
            }
            // What is being written now will take its room; what is abandoned must not keep others out.
            let coming = entries.values().filter(|entry| entry.running.is_some());
            let coming = coming.fold(0u64, |sum, entry| {
                sum.saturating_add(entry.length.saturating_sub(entry.offset))
            });
            let needed = [announced, coming, limits.reserve_bytes]
                .into_iter()
                .fold(0u64, u64::saturating_add);
            if needed > free {
                return Err(Refused::Full {
                    missing: needed - free,
                });
            }
            entries.insert(id, entry);
        }
        let made = self.make_folder(id);
        let mut entries = self.entries();
        match (made, entries.get(&id)) {
            (Ok(()), Some(entry)) => Ok(self.status_of(id, entry)),
            (made, _) => {
                entries.remove(&id);
                drop(entries);
                remove_folder(&self.folder(id));
                made.map_err(|error| self.refusal(error, 0))?;
                Err(Refused::NotFound)
            }
        }
    }

    fn make_folder(&self, id: Id) -> io::Result<()> {
        let folder = self.folder(id);
        fs::create_dir(&folder)?;
        fs::File::create_new(folder.join(DATA))?.sync_all()?;
        let info = self
            .entries()
            .get(&id)
            .filter(|entry| !entry.is_single)
            .map(Entry::info);
        if let Some(info) = info {
            write_info(&folder, &info)?;
            fs::File::open(&self.inner.folder)?.sync_all()?;
        }
        Ok(())
    }

    /// How an upload of this owner stands.
    #[must_use]
    pub fn find(&self, id: Id, owner: UserId) -> Option<Status> {
        let entries = self.entries();
        let entry = entries.get(&id).filter(|entry| entry.is_of(owner))?;
        Some(self.status_of(id, entry))
    }

    /// The uploads of this owner that can be gone on with, or have ended not long ago; the newest first.
    #[must_use]
    pub fn list(&self, owner: UserId) -> Vec<Status> {
        let entries = self.entries();
        let own = entries.iter().filter(|(_, entry)| entry.is_of(owner));
        let mut list: Vec<Status> = own.map(|(id, entry)| self.status_of(*id, entry)).collect();
        list.sort_by_key(|status| (std::cmp::Reverse(status.created), status.id));
        list
    }

    /// Begins to append at `offset`, which is where the upload is. One request at a time does; one that has been silent for a while gives way.
    ///
    /// # Errors
    /// [`Refused`] says what to do.
    pub async fn append(&self, id: Id, owner: UserId, offset: u64) -> Result<Appending, Refused> {
        self.make_way(id, owner).await?;
        let place = timeout(PLACE_WITHIN, self.inner.places.clone().acquire_owned());
        let place = place
            .await
            .map_err(|_: Elapsed| Refused::NoPlace)?
            .map_err(|_| Refused::NoPlace)?;
        let path = self.folder(id).join(DATA);
        let file = blocking(move || fs::OpenOptions::new().write(true).open(path)).await?;
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Refused::NotFound,
            _ => Refused::Io(error),
        })?;
        let mut entries = self.entries();
        let entry = entries
            .get_mut(&id)
            .filter(|entry| entry.owner == owner)
            .ok_or(Refused::NotFound)?;
        if entry.state != State::Receiving {
            return Err(Refused::Ended);
        }
        if entry.running.is_some() {
            return Err(Refused::Busy);
        }
        if entry.offset != offset {
            return Err(Refused::WrongOffset {
                offset: entry.offset,
            });
        }
        let work = Work::new(self.clone(), id, entry, file, place);
        entry.running = Some(work.running());
        Ok(Appending::new(work))
    }

    /// Lets a silent append end; a busy one stays.
    async fn make_way(&self, id: Id, owner: UserId) -> Result<(), Refused> {
        let running = {
            let entries = self.entries();
            let entry = entries.get(&id).filter(|entry| entry.owner == owner);
            let entry = entry.ok_or(Refused::NotFound)?;
            if entry.state != State::Receiving {
                return Err(Refused::Ended);
            }
            entry.running.clone()
        };
        let Some(running) = running else {
            return Ok(());
        };
        if self.now().since(running.heard()) < QUIET {
            return Err(Refused::Busy);
        }
        running.stop();
        let settled = timeout(SETTLES_WITHIN, running.settled()).await;
        settled.map_err(|_: Elapsed| Refused::Busy)
    }

    /// Removes an upload and its bytes; whoever sends to it is stopped.
    ///
    /// # Errors
    /// [`Refused::NotFound`]; [`Refused::Busy`] while something is made of it.
    pub async fn remove(&self, id: Id, owner: UserId) -> Result<(), Refused> {
        let running = {
            let entries = self.entries();
            let entry = entries.get(&id).filter(|entry| entry.owner == owner);
            entry.ok_or(Refused::NotFound)?.running.clone()
        };
        if let Some(running) = running {
            running.stop();
            let settled = timeout(SETTLES_WITHIN, running.settled()).await;
            settled.map_err(|_: Elapsed| Refused::Busy)?;
        }
        {
            let mut entries = self.entries();
            let entry = entries.get(&id).ok_or(Refused::NotFound)?;
            if entry.running.is_some() || entry.state == State::HandingOver {
                return Err(Refused::Busy);
            }
            entries.remove(&id);
        }
        let folder = self.folder(id);
        blocking(move || remove_folder(&folder)).await
    }

    /// The upload, if it is whole and nobody was given it before: whoever asks first makes something of it.
    #[must_use]
    pub fn take(&self, id: Id) -> Option<Whole> {
        let mut entries = self.entries();
        let entry = entries.get_mut(&id)?;
        let is_whole = entry.offset == entry.length && entry.running.is_none();
        if !is_whole || entry.state != State::Receiving {
            return None;
        }
        entry.state = State::HandingOver;
        entry.setback = None;
        Some(Whole {
            id,
            owner: entry.owner,
            path: self.folder(id).join(DATA),
            length: entry.length,
            wanted: entry.wanted.clone(),
        })
    }

    /// Uploads that are whole and that nobody took: those of an earlier run, which ended in between.
    #[must_use]
    pub fn whole(&self) -> Vec<Id> {
        let entries = self.entries();
        let whole = entries.iter().filter(|(_, entry)| {
            entry.state == State::Receiving
                && entry.offset == entry.length
                && entry.running.is_none()
                && !entry.is_single
        });
        whole.map(|(id, _)| *id).collect()
    }

    /// Remembers what became of an upload that was taken, for who asks; its bytes are removed where they still lie here.
    ///
    /// # Errors
    /// Where it cannot be written; it holds until the process ends then.
    pub async fn end(&self, id: Id, ended: Ended) -> io::Result<()> {
        let now = self.now();
        let info = {
            let mut entries = self.entries();
            let Some(entry) = entries.get_mut(&id) else {
                return Ok(());
            };
            entry.state = State::Ended(ended);
            entry.heard = now;
            let info = (!entry.is_single).then(|| entry.info());
            if info.is_none() {
                entries.remove(&id);
            }
            info
        };
        let folder = self.folder(id);
        let written = blocking(move || match info {
            Some(info) => {
                write_info(&folder, &info)?;
                match fs::remove_file(folder.join(DATA)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                }
            }
            None => {
                remove_folder(&folder);
                Ok(())
            }
        });
        written.await.map_err(io::Error::other)?
    }

    /// Removes one that came in one request, whose sender is gone or was told that nothing comes of it.
    pub async fn discard(&self, id: Id) {
        self.entries().remove(&id);
        let folder = self.folder(id);
        let _ = blocking(move || remove_folder(&folder)).await;
    }

    /// Gives back what was taken: nothing could be made of it now, `why` says for what reason, and another try may do. An append without a
    /// byte at its end is such a try.
    pub fn give_back(&self, id: Id, why: String) {
        let now = self.now();
        if let Some(entry) = self.entries().get_mut(&id)
            && entry.state == State::HandingOver
        {
            entry.state = State::Receiving;
            entry.setback = Some(why);
            entry.heard = now;
        }
    }

    /// Clears away what has been left for longer than [`Limits::idle`]; how many that were. To be called every few minutes.
    pub async fn tend(&self) -> usize {
        let now = self.now();
        let gone: Vec<Id> = {
            let mut entries = self.entries();
            let idle = self.inner.limits.idle;
            let is_left = |entry: &Entry| {
                entry.running.is_none()
                    && entry.state != State::HandingOver
                    && now.since(entry.heard) >= idle
            };
            let left: Vec<Id> = entries
                .iter()
                .filter(|(_, entry)| is_left(entry))
                .map(|(id, _)| *id)
                .collect();
            for id in &left {
                entries.remove(id);
            }
            left
        };
        let count = gone.len();
        let folders: Vec<PathBuf> = gone.into_iter().map(|id| self.folder(id)).collect();
        let removed = blocking(move || folders.iter().for_each(|folder| remove_folder(folder)));
        if removed.await.is_ok() && count > 0 {
            tracing::info!(count, "cleared away uploads that nobody went on with");
        }
        count
    }

    pub(super) fn now(&self) -> Time {
        self.inner.ports.clock.now()
    }

    pub(super) fn entries(&self) -> MutexGuard<'_, BTreeMap<Id, Entry>> {
        let held = self.inner.entries.lock();
        held.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn folder(&self, id: Id) -> PathBuf {
        self.inner.folder.join(id.to_string())
    }

    /// Fails where an upload would take the room that is not for uploads.
    pub(super) fn room(&self, missing: u64) -> Result<(), Refused> {
        let free = (self.inner.ports.free_bytes)(&self.inner.folder)?;
        let reserve = self.inner.limits.reserve_bytes;
        if free < reserve {
            return Err(Refused::Full {
                missing: missing.saturating_add(reserve - free),
            });
        }
        Ok(())
    }

    /// An error of the disk as it is told; `missing` bytes were still to come.
    pub(super) fn refusal(&self, error: io::Error, missing: u64) -> Refused {
        let is_full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
        if !is_full {
            return Refused::Io(error);
        }
        let free = (self.inner.ports.free_bytes)(&self.inner.folder).unwrap_or(0);
        let needed = missing.saturating_add(self.inner.limits.reserve_bytes);
        Refused::Full {
            missing: needed.saturating_sub(free).max(1),
        }
    }

    /// So many bytes are on disk.
    pub(super) fn acknowledge(&self, id: Id, offset: u64) {
        let now = self.now();
        if let Some(entry) = self.entries().get_mut(&id) {
            entry.offset = offset;
            entry.heard = now;
        }
    }

    /// The append is over.
    pub(super) fn release(&self, id: Id) {
        if let Some(entry) = self.entries().get_mut(&id) {
            entry.running = None;
        }
    }

    /// What came in one request is whole, with what it is to become.
    pub(super) fn seal(&self, id: Id, wanted: Wanted) {
        if let Some(entry) = self.entries().get_mut(&id) {
            entry.length = entry.offset;
            entry.wanted = wanted;
        }
    }

    fn status_of(&self, id: Id, entry: &Entry) -> Status {
        Status {
            id,
            owner: entry.owner,
            offset: entry.offset,
            length: entry.length,
            wanted: entry.wanted.clone(),
            created: entry.created,
            expires: entry.heard.plus(self.inner.limits.idle),
            state: entry.state.clone(),
            setback: entry.setback.clone(),
        }
    }
}

impl Entry {
    fn is_open(&self) -> bool {
        self.state == State::Receiving
    }

    fn is_of(&self, owner: UserId) -> bool {
        self.owner == owner && !self.is_single
    }

    fn info(&self) -> Info {
        let ended = match &self.state {
            State::Ended(Ended::Item { kind, slug }) => Some(EndedInfo::Item {
                kind: kind.word().to_owned(),
                slug: slug.to_string(),
            }),
            State::Ended(Ended::Refused(reason)) => Some(EndedInfo::Refused(reason.clone())),
            State::Receiving | State::HandingOver => None,
        };
        Info {
            owner: self.owner.to_string(),
            length: self.length,
            created_ms: self.created.ms(),
            filename: self.wanted.filename.clone(),
            kind: self.wanted.kind.map(|kind| kind.word().to_owned()),
            slug: self.wanted.slug.as_ref().map(ToString::to_string),
            title: self.wanted.title.clone(),
            visibility: self.wanted.visibility.word().to_owned(),
            ended,
        }
    }
}

impl Info {
    fn wanted(&self) -> Option<Wanted> {
        Some(Wanted {
            filename: self.filename.clone(),
            kind: match &self.kind {
                Some(word) => Some(Kind::find(word)?),
                None => None,
            },
            slug: match &self.slug {
                Some(slug) => Some(Slug::parse(slug).ok()?),
                None => None,
            },
            title: self.title.clone(),
            visibility: Visibility::find(&self.visibility)?,
        })
    }
}

impl EndedInfo {
    fn ended(self) -> Option<Ended> {
        Some(match self {
            Self::Item { kind, slug } => Ended::Item {
                kind: Kind::find(&kind)?,
                slug: Slug::parse(&slug).ok()?,
            },
            Self::Refused(reason) => Ended::Refused(reason),
        })
    }
}

/// Runs what blocks; an error only where it panicked or the process ends.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refused> {
    spawn_blocking(work)
        .await
        .map_err(|error| Refused::Io(io::Error::other(error)))
}

/// An upload as its folder tells it; `None` where it never was one, or has been taken away.
fn read(folder: &Path) -> io::Result<Option<Entry>> {
    let path = folder.join(INFO);
    let length = match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?.len(),
    };
    if length > INFO_BYTES_MAX {
        return Err(io::Error::other("its description is too long"));
    }
    let info: Info = serde_json::from_slice(&fs::read(&path)?)?;
    let bad = || io::Error::other("its description cannot be read");
    let owner: UserId = info.owner.parse().map_err(|_| bad())?;
    let wanted = info.wanted().ok_or_else(bad)?;
    let (length, created) = (info.length, Time::from_ms(info.created_ms));
    let (offset, heard, state) = match info.ended {
        Some(ended) => {
            let heard = modified(&fs::metadata(&path)?).unwrap_or(created);
            let state = State::Ended(ended.ended().ok_or_else(bad)?);
            (length, heard, state)
        }
        None => {
            let file = match fs::OpenOptions::new().write(true).open(folder.join(DATA)) {
                // Taken by whoever made something of it, just before the end.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                other => other?,
            };
            let told = file.metadata()?;
            if told.len() > length {
                file.set_len(length)?;
            }
            // What a killed process wrote is acknowledged from now on.
            file.sync_data()?;
            let heard = modified(&told).unwrap_or(created);
            (told.len().min(length), heard, State::Receiving)
        }
    };
    Ok(Some(Entry {
        owner,
        length,
        wanted,
        created,
        heard,
        offset,
        state,
        setback: None,
        is_single: false,
        running: None,
    }))
}

fn modified(told: &fs::Metadata) -> Option<Time> {
    let age = told.modified().ok()?.duration_since(std::time::UNIX_EPOCH);
    let ms = i64::try_from(age.ok()?.as_millis()).ok()?;
    Some(Time::from_ms(ms))
}

/// Whole or not at all, whenever the machine stops.
fn write_info(folder: &Path, info: &Info) -> io::Result<()> {
    let new = folder.join(INFO_NEW);
    let mut file = fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(info)?)?;
    file.sync_all()?;
    fs::rename(new, folder.join(INFO))?;
    fs::File::open(folder)?.sync_all()
}

/// Removes it; what cannot be removed is logged, and tried again at the next start.
fn remove_folder(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "an upload could not be removed");
        }
        _ => {}
    }
}

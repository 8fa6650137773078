//! The uploads that there are: made, found, appended to, handed over once, cleared away.
//!
//! What is known lies in memory and in the folders alike; memory is read from the folders at the start. File work runs on threads that may
//! block. Nothing here decides who may upload: an owner is a name that must be the same again.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    clock::{Clock, Time},
    random::Random,
    user::UserId,
};
use tokio::{
    sync::Semaphore,
    task::spawn_blocking,
    time::{error::Elapsed, timeout},
};

use super::{
    Appending, Ended, Id, Refused, State, Status, Wanted, Whole,
    append::Work,
    entry::Entry,
    info::{Info, read, remove_folder, write_info},
};

/// The file of the bytes.
pub(super) const DATA: &str = "data";
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

/// The uploads below one folder. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) folder: PathBuf,
    pub(super) ports: Ports,
    pub(super) limits: Limits,
    entries: Mutex<BTreeMap<Id, Entry>>,
    places: Arc<Semaphore>,
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
            let info = (!entry.is_single).then(|| Info::of(entry));
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

    pub(super) fn status_of(&self, id: Id, entry: &Entry) -> Status {
        Status {
            id,
            owner: entry.owner,
            offset: entry.offset,
            length: entry.length,
            wanted: entry.wanted.clone(),
            metadata: entry.metadata.clone(),
            created: entry.created,
            expires: entry.heard.plus(self.inner.limits.idle),
            state: entry.state.clone(),
            setback: entry.setback.clone(),
        }
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

//! Bytes on their way into an upload: gathered, written behind, synced before they are acknowledged.
//!
//! One batch is gathered while the one before it is written, so an append holds two batches and a message at most. Bytes are copied into
//! the batch: kept as they came, a few of them would hold the whole buffer that they were read into. A thread is taken for the time of a
//! write alone: a sender that is slow holds none.

use std::{
    fs, io, mem,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::Bytes;
use domain::clock::Time;
use tokio::{
    runtime::Handle,
    sync::{Notify, OwnedSemaphorePermit, watch},
    task::{JoinHandle, spawn_blocking},
};

use super::{Id, Refused, Uploads, Wanted, Whole, entry::Entry, store::blocking};

/// Bytes that are written at once: large enough that a thread is worth it.
const BATCH_BYTES: usize = 256 * 1024;
/// Bytes after which what was written is synced, and acknowledged to who asks in between: a second's worth or so.
const SYNC_BYTES: u64 = 32 * 1024 * 1024;

/// What others can do about an append that runs.
pub(super) struct Running {
    heard_ms: AtomicI64,
    stop: Notify,
    settled: watch::Receiver<()>,
}

impl Running {
    /// When its last byte came.
    pub(super) fn heard(&self) -> Time {
        Time::from_ms(self.heard_ms.load(Ordering::Relaxed))
    }

    /// Asks it to end with what it has.
    pub(super) fn stop(&self) {
        self.stop.notify_one();
    }

    /// Resolves once it has ended.
    pub(super) async fn settled(&self) {
        // Nothing is ever sent: the sender goes.
        let _ = self.settled.clone().changed().await;
    }
}

/// An append that runs. Whatever becomes of it, dropped included, what came before is written, synced and acknowledged.
pub struct Appending(Option<Work>);

/// What is written, and how far it is.
pub(super) struct Work {
    uploads: Uploads,
    id: Id,
    file: Arc<fs::File>,
    running: Arc<Running>,
    length: u64,
    /// Where the first byte of the batch goes.
    at: u64,
    /// Synced up to here.
    synced: u64,
    batch: Vec<u8>,
    /// The other batch, while none is written.
    spare: Vec<u8>,
    writing: Option<JoinHandle<Written>>,
    has_failed: bool,
    _place: OwnedSemaphorePermit,
    _settled: watch::Sender<()>,
}

/// A batch that was written, empty again; and how far all is synced, where it was.
type Written = (Vec<u8>, Result<Option<u64>, Refused>);

impl Appending {
    pub(super) fn new(work: Work) -> Self {
        Self(Some(work))
    }

    /// Takes more bytes. Waits while the disk is slower than they come.
    ///
    /// # Errors
    /// [`Refused::Overrun`] (none of these bytes is taken), [`Refused::Full`], [`Refused::Io`]; the append is to be settled then.
    pub async fn push(&mut self, bytes: Bytes) -> Result<(), Refused> {
        match &mut self.0 {
            Some(work) => work.push(bytes).await,
            None => Err(Refused::Ended),
        }
    }

    /// Resolves when somebody wants this append to end: its sender is back on another connection, or the upload is removed.
    pub async fn stopped(&self) {
        match &self.0 {
            Some(work) => work.running.stop.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Ends it; how many bytes the upload has, all of them on disk.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub async fn settle(mut self) -> Result<u64, Refused> {
        match self.0.take() {
            Some(work) => work.settle().await,
            None => Err(Refused::Ended),
        }
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        let Some(work) = self.0.take() else { return };
        // A request that was given up: what it brought is kept. Without a runtime the process ends, and the file tells how far it is.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = work.settle().await {
                    tracing::debug!(%error, "an upload that was given up could not be settled");
                }
            });
        }
    }
}

impl Work {
    pub(super) fn new(
        uploads: Uploads,
        id: Id,
        entry: &Entry,
        file: fs::File,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let (sender, settled) = watch::channel(());
        let running = Running {
            heard_ms: AtomicI64::new(uploads.now().ms()),
            stop: Notify::new(),
            settled,
        };
        Self {
            uploads,
            id,
            file: Arc::new(file),
            running: Arc::new(running),
            length: entry.length,
            at: entry.offset,
            synced: entry.offset,
            batch: Vec::new(),
            spare: Vec::new(),
            writing: None,
            has_failed: false,
            _place: place,
            _settled: sender,
        }
    }

    pub(super) fn running(&self) -> Arc<Running> {
        self.running.clone()
    }

    async fn push(&mut self, bytes: Bytes) -> Result<(), Refused> {
        let now = self.uploads.now().ms();
        self.running.heard_ms.store(now, Ordering::Relaxed);
        let end = self.at + self.batch.len() as u64 + bytes.len() as u64;
        if end > self.length {
            return Err(Refused::Overrun);
        }
        // At once, rather than in steps that each leave a hole behind.
        self.batch.reserve_exact(BATCH_BYTES - self.batch.len());
        // Given up in between, the upload ends where the batch does.
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let room = BATCH_BYTES.saturating_sub(self.batch.len());
            let (fits, later) = rest.split_at(room.min(rest.len()));
            self.batch.extend_from_slice(fits);
            rest = later;
            if self.batch.len() >= BATCH_BYTES {
                self.written().await?;
                self.write();
            }
        }
        Ok(())
    }

    /// Lets a thread write the batch, while the next one is gathered.
    fn write(&mut self) {
        let mut batch = mem::replace(&mut self.batch, mem::take(&mut self.spare));
        let at = self.at;
        self.at += batch.len() as u64;
        let (end, missing) = (self.at, self.length - at);
        let sync = end - self.synced >= SYNC_BYTES;
        let (file, uploads) = (self.file.clone(), self.uploads.clone());
        self.writing = Some(spawn_blocking(move || {
            let write = || {
                file.write_all_at(&batch, at)?;
                match sync {
                    true => file.sync_data().map(|()| Some(end)),
                    false => Ok(None),
                }
            };
            let written = uploads
                .room(missing)
                .and_then(|()| write().map_err(|error| uploads.refusal(error, missing)));
            batch.clear();
            (batch, written)
        }));
    }

    /// Waits for the batch that is being written.
    async fn written(&mut self) -> Result<(), Refused> {
        // Taken only when it is over: this may be given up in between.
        let Some(writing) = &mut self.writing else {
            return Ok(());
        };
        let written = writing.await;
        self.writing = None;
        let written = match written {
            Ok((batch, written)) => {
                self.spare = batch;
                written
            }
            Err(error) => Err(Refused::Io(io::Error::other(error))),
        };
        match written {
            Ok(Some(synced)) => {
                self.synced = synced;
                self.uploads.acknowledge(self.id, synced);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(refused) => {
                self.has_failed = true;
                Err(refused)
            }
        }
    }

    async fn settle(mut self) -> Result<u64, Refused> {
        let written = self.finish().await;
        let offset = match &written {
            Ok(()) => self.at,
            Err(_) => self.salvage().await,
        };
        self.uploads.acknowledge(self.id, offset);
        self.uploads.release(self.id);
        written.map(|()| offset)
    }

    /// Writes what is left, and syncs all.
    async fn finish(&mut self) -> Result<(), Refused> {
        self.written().await?;
        if self.has_failed {
            // Told before; what was gathered since has no place to go to.
            return Err(Refused::Io(io::Error::other("an earlier write failed")));
        }
        if !self.batch.is_empty() {
            self.write();
            self.written().await?;
        }
        if self.synced < self.at {
            let file = self.file.clone();
            let synced = blocking(move || file.sync_data()).await?;
            synced.map_err(|error| self.uploads.refusal(error, self.length - self.at))?;
        }
        Ok(())
    }

    /// After a failure: where the upload goes on. What reached the file counts if it can be synced, else only what was synced before does.
    async fn salvage(&self) -> u64 {
        let (file, synced, at) = (self.file.clone(), self.synced, self.at);
        let kept = blocking(move || {
            let whole = file.sync_data().and_then(|()| file.metadata());
            match whole {
                Ok(told) => told.len().clamp(synced, at.max(synced)),
                Err(_) => {
                    // Where this fails as well, a restart reads the length anew.
                    let _ = file.set_len(synced);
                    synced
                }
            }
        });
        kept.await.unwrap_or(synced)
    }
}

/// An upload whose bytes come with one request. Dropped before it was [sealed](Self::seal), nothing of it is left.
pub struct Receiving {
    uploads: Uploads,
    id: Id,
    appending: Option<Appending>,
    /// Nobody said how many bytes would come.
    is_open: bool,
    is_sealed: bool,
}

impl Receiving {
    pub(super) fn begin(
        uploads: Uploads,
        id: Id,
        appending: Result<Appending, Refused>,
        most: Option<u64>,
    ) -> Result<Self, Refused> {
        let (appending, failure) = match appending {
            Ok(appending) => (Some(appending), None),
            Err(refused) => (None, Some(refused)),
        };
        let receiving = Self {
            uploads,
            id,
            appending,
            is_open: most.is_none(),
            is_sealed: false,
        };
        failure.map_or(Ok(receiving), Err)
    }

    /// Takes more bytes.
    ///
    /// # Errors
    /// As [`Appending::push`].
    pub async fn push(&mut self, bytes: Bytes) -> Result<(), Refused> {
        let pushed = match &mut self.appending {
            Some(appending) => appending.push(bytes).await,
            None => Err(Refused::Ended),
        };
        match pushed {
            Err(Refused::Overrun) if self.is_open => Err(Refused::TooLong {
                max: self.uploads.limits().length_max,
            }),
            other => other,
        }
    }

    /// All bytes came: the file, for whoever makes something of it and then tells [`Uploads::end`].
    ///
    /// # Errors
    /// As [`Appending::settle`]; [`Refused::Empty`] where no byte came.
    pub async fn seal(mut self, wanted: Wanted) -> Result<Whole, Refused> {
        let appending = self.appending.take().ok_or(Refused::Ended)?;
        if appending.settle().await? == 0 {
            return Err(Refused::Empty);
        }
        self.uploads.seal(self.id, wanted);
        let whole = self.uploads.take(self.id).ok_or(Refused::NotFound)?;
        self.is_sealed = true;
        Ok(whole)
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else {
            return; // The next start removes it.
        };
        if self.is_sealed {
            return;
        }
        let (uploads, id, appending) = (self.uploads.clone(), self.id, self.appending.take());
        runtime.spawn(async move {
            if let Some(appending) = appending {
                let _ = appending.settle().await;
            }
            uploads.discard(id).await;
        });
    }
}

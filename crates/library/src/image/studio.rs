//! Where pictures are worked on: few at a time, each variant once, kept on disk.
//!
//! Live streams share the processor, so that [`WORKERS`] pictures are decoded at once at most, and large ones alone.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::files;

use super::{
    Facts, Form, Limits, ORIGINAL, Refused, clean, form,
    picture::{Frames, Picture},
    read, take,
};

/// Pictures that are worked on at once.
const WORKERS: u32 = 2;
/// From so many pixels a picture is worked on alone: two such would be half a gigabyte.
const ALONE_AREA: u64 = 16_000_000;
/// Who may wait for a picture at once. A page of a gallery asks for a few dozen; more is answered [`Unmade::Busy`].
pub const WAITING_MAX: usize = 256;
/// The widths that are made, in pixels. A list, so that nobody fills the disk by asking for each width there is.
pub const WIDTHS: [Width; 5] = [
    Width::W320,
    Width::W640,
    Width::W960,
    Width::W1280,
    Width::W1920,
];

/// A width from the list.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Width {
    /// 320 pixels.
    W320,
    /// 640 pixels.
    W640,
    /// 960 pixels.
    W960,
    /// 1,280 pixels.
    W1280,
    /// 1,920 pixels.
    W1920,
}

impl Width {
    /// The width of so many pixels, if it is on the list.
    #[must_use]
    pub fn parse(pixels: u32) -> Option<Self> {
        WIDTHS.into_iter().find(|width| width.pixels() == pixels)
    }

    /// In pixels.
    #[must_use]
    pub const fn pixels(self) -> u32 {
        match self {
            Self::W320 => 320,
            Self::W640 => 640,
            Self::W960 => 960,
            Self::W1280 => 1280,
            Self::W1920 => 1920,
        }
    }

    /// The name of a variant's file.
    pub(super) fn file(self, form: Form) -> String {
        format!("w{}.{}", self.pixels(), form.extension())
    }
}

/// A file that shows a picture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Variant {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is, for [`Form::media_type`].
    pub form: Form,
}

/// Why there is no such variant.
#[derive(Debug, thiserror::Error)]
pub enum Unmade {
    /// Too many wait already: try again in a second.
    #[error("Too many pictures are asked for at once. Try again in a moment.")]
    Busy,
    /// The stored picture could not be read or the variant not written.
    #[error("The picture could not be made smaller.")]
    Failed(#[source] Refused),
    /// The work was given up, as the server stops or a decoder failed.
    #[error("The picture could not be made smaller.")]
    GivenUp,
}

/// Keeps who works on pictures and who waits for which.
#[derive(Debug)]
pub struct Studio {
    limits: Limits,
    workers: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Variants that are being made, by their file.
    making: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

impl Studio {
    /// One for the whole server, since it bounds memory and processor by counting.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            workers: Arc::new(Semaphore::new(WORKERS as usize)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            making: Mutex::new(HashMap::new()),
        }
    }

    /// [`take`], beside the runtime and alone: what the file holds is not known yet. A file on which a decoder failed outright is
    /// refused as damaged.
    ///
    /// # Errors
    /// As [`take`].
    pub async fn take(&self, source: PathBuf, into: PathBuf) -> Result<Facts, Refused> {
        let limits = self.limits.clone();
        self.alone(move || take(&source, &into, &limits)).await
    }

    /// [`poster`](super::poster), beside the runtime and alone.
    ///
    /// # Errors
    /// As [`poster`](super::poster).
    pub async fn poster(&self, picture: bytes::Bytes, into: PathBuf) -> Result<Facts, Refused> {
        let limits = self.limits.clone();
        self.alone(move || super::poster(&picture, &into, &limits))
            .await
    }

    /// The picture in `folder` at this width, as a file. One that is not wider is given as it is stored, and moves if it does; a smaller
    /// one is made when it is first asked for, once however many ask, and shows the first frame.
    ///
    /// # Errors
    /// Where too many wait, or the disk fails.
    pub async fn variant(
        &self,
        folder: &Path,
        facts: &Facts,
        width: Width,
        wants: Form,
    ) -> Result<Variant, Unmade> {
        if width.pixels() >= facts.width {
            return Ok(Variant {
                path: folder.join(ORIGINAL),
                form: facts.form,
            });
        }
        let variant = Variant {
            path: folder.join(width.file(wants)),
            form: wants,
        };
        if exists(&variant.path).await {
            return Ok(variant);
        }
        let _place = self.waiting.try_acquire().map_err(|_| Unmade::Busy)?;
        let turn = self.turn(&variant.path);
        self.make(folder, facts, width, &variant, turn).await?;
        Ok(variant)
    }

    /// Makes a variant when it is this caller's turn, unless whoever was before has made it.
    async fn make(
        &self,
        folder: &Path,
        facts: &Facts,
        width: Width,
        variant: &Variant,
        turn: Arc<tokio::sync::Mutex<()>>,
    ) -> Result<(), Unmade> {
        let turn = turn.lock_owned().await;
        if exists(&variant.path).await {
            return Ok(());
        }
        let area = u64::from(facts.width) * u64::from(facts.height);
        let share = if area >= ALONE_AREA { WORKERS } else { 1 };
        let worker = self.worker(share).await.ok_or(Unmade::GivenUp)?;
        let (folder, form, limits) = (folder.to_owned(), variant.form, self.limits.clone());
        let work = tokio::task::spawn_blocking(move || {
            // Held to the end of the work, not of the wait: whoever asked may be gone before.
            let _held = (turn, worker);
            draw(&folder, width, form, &limits)
        });
        match work.await {
            Ok(made) => made.map_err(Unmade::Failed),
            Err(_) => Err(Unmade::GivenUp),
        }
    }

    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let gone = || Refused::Read(std::io::Error::other("the server stops"));
        let worker = self.worker(WORKERS).await.ok_or_else(gone)?;
        let work = tokio::task::spawn_blocking(move || {
            let _held = worker;
            work()
        });
        match work.await {
            Ok(done) => done,
            Err(error) if error.is_panic() => Err(Refused::Undecodable),
            Err(_) => Err(gone()),
        }
    }

    async fn worker(&self, share: u32) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.workers)
            .acquire_many_owned(share)
            .await
            .ok()
    }

    /// The turn to make a variant. Those of variants that nobody waits for any more are forgotten on the way, so that there are no
    /// more of them than callers.
    fn turn(&self, path: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        making.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(making.entry(path.to_owned()).or_default())
    }
}

async fn exists(path: &Path) -> bool {
    tokio::fs::metadata(path)
        .await
        .is_ok_and(|file| file.is_file())
}

/// Makes one variant of a stored picture.
fn draw(folder: &Path, width: Width, form: Form, limits: &Limits) -> Result<(), Refused> {
    // A picture that was turned may have grown past what is taken; it is our own file.
    let limits = &Limits {
        bytes_max: u64::MAX,
        ..limits.clone()
    };
    let stored = read(&folder.join(ORIGINAL), limits)?;
    let clean = clean::clean(form::sniff(&stored)?, &stored, limits)?;
    drop(stored);
    let drawn = Picture::decode(&clean, Frames::First, limits)?.variant(width.pixels(), form)?;
    let name = width.file(form);
    files::put(folder, &[(&name, &drawn)]).map_err(Refused::Write)
}

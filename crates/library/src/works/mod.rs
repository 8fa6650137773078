//! The works: from a whole file to an item that can be seen, and back to nothing when it is deleted.
//!
//! An item is made in the catalogue first and its folder is named by the id, so that a process that is killed finds at its next start what
//! it was doing: items in work whose file is there are packaged again, those whose file never came are taken back, and folders of no item
//! go. All that goes on beside what people bring meanwhile. Videos are packaged one at a time beside the runtime; pictures are few and
//! small, and are looked at before the answer.

mod adopted;
mod beside;
mod bring;
mod refused;
mod start;

use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    Catalogue,
    caller::Caller,
    slug::Slug,
    stored::{self, Kind, Outcome, Place, State, Stored, StoredId},
};
use tokio::sync::{Mutex, Semaphore};

pub use adopted::Scanned;
pub use beside::{NewCaptions, captions_file};
pub use bring::Brought;
pub use refused::Refused;
pub use start::Left;

use crate::{
    image::{self, Studio},
    video::{self, Shelf, package},
};
use refused::failed;

/// Name of the file as it came, in an item's folder.
pub const ORIGINAL: &str = "original";
/// Videos that are packaged at once: it is the disk that limits, and live streams share it.
const PACKAGING: usize = 1;
/// How often somebody who waits for an item looks at it.
const SETTLED_EVERY: Duration = Duration::from_millis(100);

/// What the works stand on.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of storage.
    pub storage: PathBuf,
    /// Whether files are kept as they came, to be downloaded; else what is packaged has to do.
    pub keep_originals: bool,
    /// Bounds of videos.
    pub video: package::Limits,
    /// Bounds of pictures.
    pub image: image::Limits,
}

impl Options {
    /// The defaults, with this folder.
    #[must_use]
    pub fn of(storage: PathBuf) -> Self {
        Self {
            storage,
            keep_originals: true,
            video: package::Limits::default(),
            image: image::Limits::default(),
        }
    }
}

/// The works. Cloning them shares them.
#[derive(Clone)]
pub struct Works {
    inner: Arc<Inner>,
}

struct Inner {
    catalogue: Catalogue,
    options: Options,
    shelf: Shelf,
    studio: Studio,
    packaging: Arc<Semaphore>,
    /// Who holds it makes an item of a folder, or takes one away with its folder.
    adopting: Mutex<()>,
    /// Who holds it removes what an earlier run left in the library.
    sweeping: Arc<Mutex<()>>,
    stop: Arc<AtomicBool>,
}

impl std::fmt::Debug for Works {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Works").field(&self.inner.options).finish()
    }
}

impl Works {
    /// Opens the works over the folder of storage, which is made where it is missing. Blocks.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(catalogue: Catalogue, options: Options) -> io::Result<Self> {
        for folder in ["library", "public", "private"] {
            fs::create_dir_all(options.storage.join(folder))?;
        }
        Ok(Self {
            inner: Arc::new(Inner {
                shelf: Shelf::open(&options.storage, video::shelf::Limits::default())?,
                studio: Studio::new(options.image.clone()),
                packaging: Arc::new(Semaphore::new(PACKAGING)),
                adopting: Mutex::default(),
                sweeping: Arc::default(),
                stop: Arc::default(),
                catalogue,
                options,
            }),
        })
    }

    /// Where items are known.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
    }

    /// What serves videos.
    #[must_use]
    pub fn shelf(&self) -> &Shelf {
        &self.inner.shelf
    }

    /// What makes pictures smaller.
    #[must_use]
    pub fn studio(&self) -> &Studio {
        &self.inner.studio
    }

    /// Where an item's own files lie.
    #[must_use]
    pub fn folder(&self, id: StoredId) -> PathBuf {
        let library = self.inner.options.storage.join("library");
        library.join(id.to_string())
    }

    /// Work that goes on is given up at its next step: the server stops. It is taken up at the next start.
    pub fn stop(&self) {
        self.inner.stop.store(true, Ordering::Relaxed);
    }

    /// Waits until an item is no longer being looked at, and answers how it is then; `None` where it is gone.
    pub async fn settled(&self, id: StoredId) -> Option<Arc<Stored>> {
        loop {
            let stored = self.inner.catalogue.stored(id)?;
            if stored.state != State::Processing {
                return Some(stored);
            }
            tokio::time::sleep(SETTLED_EVERY).await;
        }
    }

    async fn finish(&self, id: StoredId, outcome: Outcome) -> Result<Option<Arc<Stored>>, Refused> {
        Ok(self.inner.catalogue.finish_stored(id, outcome).await?)
    }

    async fn finish_or_log(&self, id: StoredId, outcome: Outcome) {
        match self.finish(id, outcome).await {
            Ok(Some(_)) => {}
            // Deleted meanwhile: what was just written goes too.
            Ok(None) => self.remove_files(id).await,
            Err(error) => {
                tracing::error!(%id, %error, "a packaged video could not be written down")
            }
        }
    }

    /// Takes an item back that never came to be.
    async fn take_back(&self, stored: &Stored) {
        let operator = Caller::operator();
        let deleted = self
            .inner
            .catalogue
            .delete_stored(&operator, stored.kind, &stored.slug);
        if let Err(error) = deleted.await {
            tracing::error!(id = %stored.id, %error, "an item that came to nothing could not be taken back");
        }
        self.remove_files(stored.id).await;
    }

    /// Deletes an item and its files; a folder that somebody put into the storage goes too.
    ///
    /// # Errors
    /// As the catalogue says.
    pub async fn delete(
        &self,
        caller: &Caller,
        kind: Kind,
        slug: &Slug,
    ) -> Result<(), stored::Refused> {
        let stored = self.inner.catalogue.managed_stored(caller, kind, slug)?;
        let place = place_of(&stored);
        // A folder that is on its way out is not adopted anew.
        let _turn = match place {
            video::Place::Adopted { .. } => Some(self.inner.adopting.lock().await),
            video::Place::Library(_) => None,
        };
        self.inner
            .catalogue
            .delete_stored(caller, kind, slug)
            .await?;
        self.inner.shelf.forget(&place);
        self.remove_files(stored.id).await;
        if let video::Place::Adopted { .. } = place {
            let folder = self.inner.options.storage.join(place.to_string());
            self.removed(move || match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            })
            .await;
        }
        Ok(())
    }

    async fn remove_files(&self, id: StoredId) {
        let storage = self.inner.options.storage.clone();
        self.removed(move || video::place::remove(&storage, id.number()))
            .await;
    }

    async fn removed(&self, remove: impl FnOnce() -> io::Result<()> + Send + 'static) {
        let removed = blocking(remove);
        if let Err(error) = removed.await {
            tracing::warn!(%error, "files of a deleted item could not be removed; the next start tries again");
        }
    }
}

/// Where the pieces of an item lie, below the storage.
#[must_use]
pub fn place_of(stored: &Stored) -> video::Place {
    let adopted = |visibility, slug: &Slug| video::Place::Adopted {
        visibility,
        slug: slug.as_str().into(),
    };
    match &stored.place {
        Place::Library | Place::Copied => video::Place::Library(stored.id.number()),
        Place::Public(slug) => adopted(video::place::Visibility::Public, slug),
        Place::Private(slug) => adopted(video::place::Visibility::Private, slug),
    }
}

fn facts_of(facts: &video::Facts) -> stored::Facts {
    let (width, height) = facts.size.unwrap_or_default();
    stored::Facts {
        bytes: facts.bytes,
        duration_ms: facts.duration_ms,
        width,
        height,
        codecs: facts.codecs.join(","),
        form: "mp4".to_owned(),
        file_name: String::new(),
        has_original: false,
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Refused> {
    blocking_with(move || work().map_err(failed)).await
}

async fn blocking_with<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => {
            Err(Refused::Unusable("It could not be read.".to_owned()))
        }
        Err(error) => Err(Refused::Failed(io::Error::other(error))),
    }
}

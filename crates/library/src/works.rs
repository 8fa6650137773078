//! The works: from a whole file to an item that can be seen, and back to nothing when it is deleted.
//!
//! An item is made in the catalogue first and its folder is named by the id, so that a process that is killed finds at its next start what
//! it was doing: items in work whose file is there are packaged again, those whose file never came are taken back, and folders of no item
//! go. All that goes on beside what people bring meanwhile. Videos are packaged one at a time beside the runtime; pictures are few and
//! small, and are looked at before the answer.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use domain::{
    Catalogue,
    caller::Caller,
    item::Visibility,
    slug::Slug,
    stored::{self, Caption, Kind, New, Outcome, Place, State, Stored, StoredId},
    user::UserId,
};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use crate::{
    captions::{self, Captions, Label, Language},
    files,
    image::{self, Studio},
    video::{self, Shelf, adopt, package},
};

/// Name of the file as it came, in an item's folder.
pub const ORIGINAL: &str = "original";
/// Videos that are packaged at once: it is the disk that limits, and live streams share it.
const PACKAGING: usize = 1;
/// How long an answer to whoever brought a video waits for it: short ones can be seen at once, and what is wrong with a file is told there.
const WAIT: Duration = Duration::from_secs(5);
/// How often somebody who waits for an item looks at it.
const SETTLED_EVERY: Duration = Duration::from_millis(100);
/// Bytes at the beginning of a file that tell what it is.
const HEAD_BYTES: u64 = 4096;

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

/// A file that is to become an item.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Where it lies; it is moved away.
    pub path: PathBuf,
    /// What it is to become; `None`: what its content says.
    pub kind: Option<Kind>,
    /// Its name in addresses; made from the title or the file's name when absent.
    pub slug: Option<Slug>,
    /// Its name for people.
    pub title: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whose it will be.
    pub owner: Option<UserId>,
    /// What the file was called.
    pub file_name: String,
}

/// Why nothing came of a file, a folder, captions or a poster. The words are for whoever brought it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The catalogue says no.
    #[error(transparent)]
    Item(#[from] stored::Refused),
    /// Nothing can be made of what is in it.
    #[error("{0}")]
    Unusable(String),
    /// The disk is full; the file stays, and another try may do.
    #[error("The disk is full.")]
    Full {
        /// Bytes to make free.
        missing: u64,
    },
    /// Something broke; the file stays, and another try may do.
    #[error("the file could not be taken in")]
    Failed(#[source] io::Error),
}

impl From<image::Refused> for Refused {
    fn from(refused: image::Refused) -> Self {
        match refused {
            image::Refused::Read(error) | image::Refused::Write(error) => failed(error),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<package::Refused> for Refused {
    fn from(refused: package::Refused) -> Self {
        match refused {
            package::Refused::DiskFull { needed } => Self::Full { missing: needed },
            package::Refused::Read(error) | package::Refused::Write(error) => failed(error),
            package::Refused::Stopped => Self::Failed(io::Error::other("the server stops")),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<adopt::Refused> for Refused {
    fn from(refused: adopt::Refused) -> Self {
        match refused {
            adopt::Refused::Write(why) => why.into(),
            adopt::Refused::Read(error) => failed(error),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<captions::Refused> for Refused {
    fn from(refused: captions::Refused) -> Self {
        Self::Unusable(refused.to_string())
    }
}

fn failed(error: io::Error) -> Refused {
    if error.kind() == io::ErrorKind::StorageFull {
        // How much is missing, nobody knows; something has to go.
        Refused::Full { missing: 1 << 20 }
    } else {
        Refused::Failed(error)
    }
}

/// What became of a folder that somebody put into the storage.
#[derive(Debug)]
pub struct Scanned {
    /// The folder's name, with where it lies: `public/course`.
    pub folder: String,
    /// The item; or why there is none.
    pub result: Result<Arc<Stored>, Refused>,
    /// Whether it is new.
    pub is_new: bool,
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

/// What an earlier run was doing when it ended.
#[derive(Debug)]
pub struct Left {
    in_work: Vec<Arc<Stored>>,
    sweeping: Option<OwnedMutexGuard<()>>,
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

    /// Copies a file of this machine to where it can be taken in from; what a crash leaves of it goes at the next start.
    ///
    /// # Errors
    /// What the system says.
    pub async fn copy_in(&self, from: PathBuf) -> Result<PathBuf, Refused> {
        let library = self.inner.options.storage.join("library");
        // A file that is only arriving has no item yet, and would be swept away.
        drop(self.inner.sweeping.lock().await);
        blocking(move || {
            let (mut file, path) = tempfile::Builder::new()
                .prefix(video::place::GONE)
                .tempfile_in(&library)?
                .keep()
                .map_err(|error| error.error)?;
            let copied = fs::File::open(from).and_then(|mut from| {
                io::copy(&mut from, &mut file)?;
                file.sync_all()
            });
            match copied {
                Ok(()) => Ok(path),
                Err(error) => {
                    let _ = fs::remove_file(&path);
                    Err(error)
                }
            }
        })
        .await
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

    /// Makes an item of a whole file, which is moved away. A picture is ready then, and so is a video that is packaged within a few seconds;
    /// for longer ones that goes on after the answer.
    ///
    /// # Errors
    /// [`Refused`]; there is no item then, and the file is where it was unless nothing can be made of it.
    pub async fn take_in(&self, caller: &Caller, brought: Brought) -> Result<Arc<Stored>, Refused> {
        let head = {
            let path = brought.path.clone();
            blocking(move || head(&path)).await?
        };
        let seen = if image::is_picture(&head) {
            Kind::Image
        } else {
            Kind::Video
        };
        // What is neither is looked at as what was said, so that the words are about that.
        let kind = match (brought.kind, seen) {
            (Some(Kind::Video), Kind::Image) => {
                let words = "This is a picture, not a video. Bring it as an image.";
                return Err(Refused::Unusable(words.to_owned()));
            }
            (Some(kind), _) => kind,
            (None, seen) => seen,
        };
        let new = New {
            kind,
            slug: brought.slug,
            title: brought.title,
            visibility: brought.visibility,
            owner: brought.owner,
            place: Place::Library,
            file_name: brought.file_name,
        };
        let stored = self.inner.catalogue.add_stored(caller, new).await?;
        let result = match kind {
            Kind::Image => self.take_picture(&stored, brought.path).await,
            Kind::Video => self.take_video(&stored, brought.path).await,
        };
        if result.is_err() {
            self.take_back(&stored).await;
        }
        result
    }

    async fn take_picture(
        &self,
        stored: &Arc<Stored>,
        path: PathBuf,
    ) -> Result<Arc<Stored>, Refused> {
        let folder = self.folder(stored.id);
        let facts = self.inner.studio.take(path.clone(), folder).await?;
        let facts = stored::Facts {
            bytes: facts.bytes,
            width: facts.width,
            height: facts.height,
            form: facts.form.extension().to_owned(),
            has_original: true,
            ..stored::Facts::default()
        };
        let ready = Outcome::Ready {
            facts,
            has_poster: true,
        };
        let finished = self.finish(stored.id, ready).await?;
        let _ = blocking(move || fs::remove_file(path)).await;
        finished.ok_or(Refused::Item(stored::Refused::NotFound))
    }

    async fn take_video(
        &self,
        stored: &Arc<Stored>,
        path: PathBuf,
    ) -> Result<Arc<Stored>, Refused> {
        let folder = self.folder(stored.id);
        let original = folder.join(ORIGINAL);
        {
            let (from, original) = (path.clone(), original.clone());
            blocking(move || {
                fs::create_dir_all(&folder)?;
                fs::rename(&from, &original)?;
                fs::File::open(&folder)?.sync_all()
            })
            .await?;
        }
        let works = self.clone();
        let id = stored.id;
        let mut packaging = tokio::spawn(async move { works.package(id).await });
        let outcome = match tokio::time::timeout(WAIT, &mut packaging).await {
            // It goes on, and tells the catalogue when it is done.
            Err(_) => {
                let works = self.clone();
                tokio::spawn(async move {
                    let packaged = packaging.await;
                    let died = |_| Err(Refused::Unusable("It could not be read.".to_owned()));
                    works.conclude(id, packaged.unwrap_or_else(died)).await;
                });
                return Ok(Arc::clone(stored));
            }
            Ok(Ok(Ok(outcome))) => outcome,
            Ok(Ok(Err(refused))) => {
                // What another try may do with goes back to where it came from.
                if !matches!(refused, Refused::Unusable(_)) {
                    blocking(move || fs::rename(&original, &path)).await?;
                }
                return Err(refused);
            }
            Ok(Err(error)) => return Err(Refused::Failed(io::Error::other(error))),
        };
        let finished = self.finish(id, outcome).await?;
        finished.ok_or(Refused::Item(stored::Refused::NotFound))
    }

    /// Writes down what became of packaging that nobody waits for; nothing where it was given up and will be taken up again.
    async fn conclude(&self, id: StoredId, packaged: Result<Outcome, Refused>) {
        let outcome = match packaged {
            Ok(outcome) => outcome,
            Err(Refused::Failed(_)) if self.inner.stop.load(Ordering::Relaxed) => return,
            Err(refused) => Outcome::Failed(refused.to_string()),
        };
        self.finish_or_log(id, outcome).await;
    }

    /// Packages the original that lies in an item's folder, and makes a poster of the file's own cover.
    async fn package(&self, id: StoredId) -> Result<Outcome, Refused> {
        let turn = Arc::clone(&self.inner.packaging).acquire_owned().await;
        let _turn = turn.map_err(|_| Refused::Failed(io::Error::other("the server stops")))?;
        let folder = self.folder(id);
        let limits = self.inner.options.video.clone();
        let stop = Arc::clone(&self.inner.stop);
        let keep = self.inner.options.keep_originals;
        let (facts, bytes) = blocking_with(move || {
            let original = folder.join(ORIGINAL);
            let bytes = fs::metadata(&original).map_err(failed)?.len();
            let facts = video::package(&original, &folder, &limits, &stop, &mut |_| {})?;
            if !keep {
                fs::remove_file(&original).map_err(failed)?;
            }
            Ok::<_, Refused>((facts, bytes))
        })
        .await?;
        self.inner.shelf.forget(&video::Place::Library(id.number()));
        let has_poster = match facts.cover.clone() {
            // A cover that is none is no reason to refuse a video.
            Some(cover) => self
                .inner
                .studio
                .poster(cover, self.folder(id))
                .await
                .is_ok(),
            None => false,
        };
        let mut facts = facts_of(&facts);
        facts.bytes = bytes;
        facts.has_original = keep;
        Ok(Outcome::Ready { facts, has_poster })
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

    /// Copies a folder of prepared HLS, at a path of this machine, and makes an item of it.
    ///
    /// # Errors
    /// [`Refused`]; there is no item then.
    pub async fn copy_folder(
        &self,
        caller: &Caller,
        brought: Brought,
    ) -> Result<Arc<Stored>, Refused> {
        let new = New {
            kind: Kind::Video,
            slug: brought.slug,
            title: brought.title,
            visibility: brought.visibility,
            owner: brought.owner,
            place: Place::Copied,
            file_name: brought.file_name,
        };
        let stored = self.inner.catalogue.add_stored(caller, new).await?;
        let into = self.folder(stored.id);
        let copied = blocking_with(move || Ok(adopt::copy(&brought.path, &into)?)).await;
        let result = match copied {
            Ok(facts) => {
                let ready = Outcome::Ready {
                    facts: facts_of(&facts),
                    has_poster: false,
                };
                let finished = self.finish(stored.id, ready).await;
                finished.and_then(|found| found.ok_or(Refused::Item(stored::Refused::NotFound)))
            }
            Err(refused) => Err(refused),
        };
        if result.is_err() {
            self.take_back(&stored).await;
        }
        result
    }

    /// Makes items of the folders in `public/` and `private/` that are none yet, one after another, whoever else scans meanwhile.
    ///
    /// # Errors
    /// Where the folders cannot be listed.
    pub async fn scan(&self) -> Result<Vec<Scanned>, Refused> {
        let storage = self.inner.options.storage.clone();
        let found = blocking(move || adopt::scan(&storage)).await?;
        let mut all = Vec::new();
        for folder in found {
            let name = folder.place.to_string();
            let scanned = match self.adopt(folder).await {
                Ok((item, is_new)) => Scanned {
                    folder: name,
                    result: Ok(item),
                    is_new,
                },
                Err(refused) => Scanned {
                    folder: name,
                    result: Err(refused),
                    is_new: false,
                },
            };
            all.push(scanned);
        }
        Ok(all)
    }

    async fn adopt(&self, found: adopt::Found) -> Result<(Arc<Stored>, bool), Refused> {
        let slug = Slug::parse(&found.slug_text).map_err(stored::Refused::Slug)?;
        // The folder is opened by this name, which a slug would fold.
        if slug.as_str() != found.slug_text {
            let words = "Write the folder's name in small letters.";
            return Err(Refused::Unusable(words.to_owned()));
        }
        let (place, visibility) = match found.visibility {
            video::place::Visibility::Public => (Place::Public(slug.clone()), Visibility::Public),
            video::place::Visibility::Private => {
                (Place::Private(slug.clone()), Visibility::Private)
            }
        };
        let _turn = self.inner.adopting.lock().await;
        let known = self.inner.catalogue.stored_at_place(&place);
        let adopted = blocking_with(move || Ok(adopt::look(&found.folder)?)).await?;
        let outcome = Outcome::Ready {
            facts: facts_of(&adopted.facts),
            has_poster: false,
        };
        let (item, is_new) = match known {
            Some(item) if item.state == State::Ready && item.facts.bytes == adopted.facts.bytes => {
                return Ok((item, false));
            }
            Some(item) => (item, false),
            None => {
                let new = New {
                    kind: Kind::Video,
                    title: Some(slug.as_str().to_owned()),
                    slug: Some(slug),
                    visibility,
                    owner: None,
                    place,
                    file_name: String::new(),
                };
                let operator = Caller::operator();
                let added = self.inner.catalogue.add_stored(&operator, new).await?;
                (added, true)
            }
        };
        self.inner.shelf.forget(&place_of(&item));
        let finished = self.finish(item.id, outcome).await?;
        let item = finished.ok_or(Refused::Item(stored::Refused::NotFound))?;
        Ok((item, is_new))
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

    /// Sets a video's poster: any picture that could be an image here.
    ///
    /// # Errors
    /// [`Refused`] says what is wrong with it.
    pub async fn set_poster(
        &self,
        caller: &Caller,
        slug: &Slug,
        picture: Bytes,
    ) -> Result<Arc<Stored>, Refused> {
        let catalogue = &self.inner.catalogue;
        let stored = catalogue.managed_stored(caller, Kind::Video, slug)?;
        let folder = self.folder(stored.id);
        self.inner.studio.poster(picture, folder).await?;
        let change = stored::Change {
            poster: Some(true),
            ..stored::Change::default()
        };
        Ok(catalogue
            .update_stored(caller, Kind::Video, slug, change)
            .await?)
    }

    /// Gives a video captions in a language, in the place of those that it has in it.
    ///
    /// # Errors
    /// [`Refused`] says what is wrong with them.
    pub async fn set_captions(
        &self,
        caller: &Caller,
        slug: &Slug,
        new: NewCaptions,
    ) -> Result<Arc<Stored>, Refused> {
        let catalogue = &self.inner.catalogue;
        let stored = catalogue.managed_stored(caller, Kind::Video, slug)?;
        let language = new.language.as_str().to_owned();
        let folder = self.folder(stored.id);
        let name = captions_file(&language);
        blocking_with(move || {
            let text = Captions::read(&new.text)?.render();
            files::put(&folder, &[(&name, text.as_bytes())]).map_err(failed)
        })
        .await?;
        let mut all: Vec<Caption> = stored.captions.clone();
        all.retain(|caption| caption.language != language);
        if new.is_default {
            for caption in &mut all {
                caption.is_default = false;
            }
        }
        all.push(Caption {
            language,
            label: new.label.as_str().to_owned(),
            is_default: new.is_default,
        });
        self.change_captions(caller, slug, all).await
    }

    /// Takes a video's captions in a language away.
    ///
    /// # Errors
    /// [`stored::Refused::NotFound`] where there are none.
    pub async fn remove_captions(
        &self,
        caller: &Caller,
        slug: &Slug,
        language: &str,
    ) -> Result<Arc<Stored>, Refused> {
        let stored = self
            .inner
            .catalogue
            .managed_stored(caller, Kind::Video, slug)?;
        let mut all = stored.captions.clone();
        all.retain(|caption| caption.language != language);
        if all.len() == stored.captions.len() {
            return Err(stored::Refused::NotFound.into());
        }
        let path = self.folder(stored.id).join(captions_file(language));
        let changed = self.change_captions(caller, slug, all).await?;
        let _ = blocking(move || fs::remove_file(path)).await;
        Ok(changed)
    }

    async fn change_captions(
        &self,
        caller: &Caller,
        slug: &Slug,
        captions: Vec<Caption>,
    ) -> Result<Arc<Stored>, Refused> {
        let change = stored::Change {
            captions: Some(captions),
            ..stored::Change::default()
        };
        let catalogue = &self.inner.catalogue;
        Ok(catalogue
            .update_stored(caller, Kind::Video, slug, change)
            .await?)
    }

    /// What an earlier run was doing when it ended. Call it once, before anybody can bring a file, whose item would be taken for one of
    /// these.
    #[must_use]
    pub fn left(&self) -> Left {
        Left {
            in_work: self.inner.catalogue.stored_in_work(),
            sweeping: Arc::clone(&self.inner.sweeping).try_lock_owned().ok(),
        }
    }

    /// Goes on with what an earlier run was doing: packaging begins anew, which is not waited for, and items whose file never came are taken
    /// back. Call it before uploads that are whole are handed over, which may have their names.
    pub async fn take_up(&self, left: &Left) {
        for stored in &left.in_work {
            let original = self.folder(stored.id).join(ORIGINAL);
            let is_there = stored.kind == Kind::Video
                && stored.place == Place::Library
                && tokio::fs::try_exists(&original).await.unwrap_or(false);
            if is_there {
                let (works, id) = (self.clone(), stored.id);
                tokio::spawn(async move {
                    let packaged = works.package(id).await;
                    works.conclude(id, packaged).await;
                });
            } else if !matches!(stored.place, Place::Public(_) | Place::Private(_))
                && self.inner.catalogue.stored(stored.id).is_some()
            {
                // Its file is still an upload, which becomes an item anew, or never came.
                self.take_back(stored).await;
            }
        }
    }

    /// Removes what an earlier run left in the library and what belongs to nothing.
    ///
    /// # Errors
    /// What the system says.
    pub async fn sweep(&self, left: Left) -> Result<(), Refused> {
        let swept = self.remove_orphans().await;
        drop(left.sweeping);
        swept
    }

    /// Folders of no item: they were deleted while the process ended.
    async fn remove_orphans(&self) -> Result<(), Refused> {
        let storage = self.inner.options.storage.clone();
        let catalogue = self.inner.catalogue.clone();
        blocking(move || {
            video::place::sweep(&storage)?;
            for found in fs::read_dir(storage.join("library"))? {
                let path = found?.path();
                let id = path
                    .file_name()
                    .and_then(|name| name.to_str()?.parse::<StoredId>().ok());
                // What has another name is somebody else's.
                if let Some(id) = id.filter(|id| catalogue.stored(*id).is_none()) {
                    video::place::remove(&storage, id.number())?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// Captions that somebody brought.
#[derive(Clone, Debug)]
pub struct NewCaptions {
    /// In which language.
    pub language: Language,
    /// What players call them.
    pub label: Label,
    /// Whether players show them unless told otherwise.
    pub is_default: bool,
    /// `WebVTT` or `SubRip`, as it came.
    pub text: Bytes,
}

/// Name of the file of captions in a language, in an item's folder; the language has been read as one.
#[must_use]
pub fn captions_file(language: &str) -> String {
    format!("captions-{language}.vtt")
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

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)?
        .take(HEAD_BYTES)
        .read_to_end(&mut head)?;
    Ok(head)
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

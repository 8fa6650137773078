//! From a whole file, or a folder of prepared HLS, to an item.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{
    caller::Caller,
    item::Visibility,
    slug::Slug,
    stored::{self, Kind, New, Outcome, Place, Stored, StoredId},
    user::UserId,
};

use super::{ORIGINAL, Refused, Works, blocking, blocking_with, facts_of, refused::failed};
use crate::{
    image,
    video::{self, adopt},
};

/// How long an answer to whoever brought a video waits for it: short ones can be seen at once, and what is wrong with a file is told there.
const WAIT: Duration = Duration::from_secs(5);

/// Bytes at the beginning of a file that tell what it is.
const HEAD_BYTES: u64 = 4096;

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

impl Works {
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
    pub(super) async fn conclude(&self, id: StoredId, packaged: Result<Outcome, Refused>) {
        let outcome = match packaged {
            Ok(outcome) => outcome,
            Err(Refused::Failed(_)) if self.inner.stop.load(Ordering::Relaxed) => return,
            Err(refused) => Outcome::Failed(refused.to_string()),
        };
        self.finish_or_log(id, outcome).await;
    }

    /// Packages the original that lies in an item's folder, and makes a poster of the file's own cover.
    pub(super) async fn package(&self, id: StoredId) -> Result<Outcome, Refused> {
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
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)?
        .take(HEAD_BYTES)
        .read_to_end(&mut head)?;
    Ok(head)
}

//! What an earlier run left: work to go on with, and what belongs to nothing.

use std::{fs, sync::Arc};

use domain::stored::{Kind, Place, Stored, StoredId};
use tokio::sync::OwnedMutexGuard;

use super::{ORIGINAL, Refused, Works, blocking};
use crate::video;

/// What an earlier run was doing when it ended.
#[derive(Debug)]
pub struct Left {
    in_work: Vec<Arc<Stored>>,
    sweeping: Option<OwnedMutexGuard<()>>,
}

impl Works {
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

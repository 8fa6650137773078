//! From the data directory to a catalogue: what both the server and the command line on a stopped server open.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use domain::{Catalogue, catalogue::Ports, clock::Clock, random::Random};
use store::sqlite::Sqlite;

use crate::{
    ports::{SystemClock, SystemRandom},
    vault::Vault,
};

/// An opened data directory; nobody else can open it meanwhile.
pub struct Opened {
    pub catalogue: Catalogue,
    pub store: Arc<Sqlite>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub folder: PathBuf,
    _lock: File,
}

/// Makes the data directory where it is missing, owner-only: it holds hashes of secrets and the key of grants.
pub fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder
        .create(folder)
        .with_context(|| format!("cannot make the data directory {}", folder.display()))
}

/// Takes the lock that says whose the data directory is; `None` while somebody has it.
pub fn lock(folder: &Path) -> Result<Option<File>> {
    let path = folder.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("cannot write to the data directory: {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Opens everything in a data directory.
pub async fn open(folder: &Path) -> Result<Opened> {
    make_folder(folder)?;
    let Some(lock) = lock(folder)? else {
        bail!(
            "another Media Server runs with the data directory {}; stop it first, or use another one",
            folder.display()
        );
    };
    let store = Arc::new(
        Sqlite::open(&folder.join("media.db"))
            .await
            .context("cannot open the database")?,
    );
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let ports = Ports {
        store: store.clone(),
        clock: clock.clone(),
        random: random.clone(),
        hasher: Arc::new(web::Passwords::new(random.clone())),
        vault: Arc::new(Vault::open(&folder.join("secrets"), &*random)?),
    };
    let catalogue = Catalogue::open(ports)
        .await
        .context("cannot read the database")?;
    Ok(Opened {
        catalogue,
        store,
        clock,
        random,
        folder: folder.to_owned(),
        _lock: lock,
    })
}

impl Opened {
    /// Saves what waits in memory and closes the database in order.
    pub async fn close(self) {
        if let Err(error) = self.catalogue.tend().await {
            tracing::warn!(%error, "the last uses of logins and keys were not saved");
        }
        self.store.close().await;
    }
}

//! From the data directory to a catalogue: what both the server and the command line on a stopped server open.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use domain::{Catalogue, catalogue::Ports, clock::Clock, random::Random};
use store::sqlite::Sqlite;

use library::{
    Works,
    upload::{self, Uploads},
};

use crate::{
    config::Config,
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

/// Makes the data directory, or a folder in it, where it is missing, owner-only: it holds hashes of secrets and the keys of grants and codes.
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
        .with_context(|| format!("cannot make the folder {}", folder.display()))
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
    /// The works over this data directory's storage. Once.
    pub fn works(&self, config: &Config) -> Result<Works> {
        let storage = self.folder.join("storage");
        let options = library::works::Options {
            keep_originals: config.is_on("library.keep_originals"),
            ..library::works::Options::of(storage.clone())
        };
        Works::open(self.catalogue.clone(), options)
            .with_context(|| format!("cannot open {}", storage.display()))
    }

    /// Where uploads arrive.
    pub fn uploads(&self, config: &Config) -> Result<Uploads> {
        let folder = self.folder.join("uploads");
        let ports = upload::Ports {
            random: self.random.clone(),
            clock: self.clock.clone(),
            free_bytes: Arc::new(upload::free_bytes),
        };
        let length_max = config.whole("library.upload_mb_max") * 1_000_000;
        let defaults = upload::Limits::default();
        let limits = upload::Limits {
            length_max,
            bytes_per_user: defaults.bytes_per_user.max(2 * length_max),
            idle: Duration::from_secs(config.whole("library.upload_kept_h") * 3600),
            ..defaults
        };
        Uploads::open(&folder, ports, limits)
            .with_context(|| format!("cannot open {}", folder.display()))
    }

    /// Saves what waits in memory and closes the database in order.
    pub async fn close(self) {
        if let Err(error) = self.catalogue.tend().await {
            tracing::warn!(%error, "the last uses of logins and keys were not saved");
        }
        self.store.close().await;
    }
}

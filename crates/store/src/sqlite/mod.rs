//! The store in one SQLite file: one connection that writes, owned by a task, and a few that read.
//!
//! Units wait in a bounded queue and are carried out one after another, each in one `BEGIN IMMEDIATE` transaction. The
//! task carries a unit through though its caller went away. It assumes that no other process writes to the file.

mod changes;
pub mod inspect;
mod items;
mod load;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::BoxFuture;
use domain::access_code::{CodeId, Used};
use domain::audit::Numbered;
use domain::clock::Date;
use domain::store::{Snapshot, Store, StoreError, Unit, Work};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Units that may wait; more are refused as busy rather than kept in memory without bound.
const QUEUE_MAX: usize = 1024;
/// How long a statement waits for a lock that a backup tool holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that read: the start, health checks, and a spare one.
const READERS_MAX: u32 = 3;
/// The first version without the WAL-reset bug, which can corrupt a database that two connections checkpoint.
const VERSION_MIN: [u32; 3] = [3, 51, 3];

/// The store in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    queue: mpsc::Sender<Job>,
    readers: SqlitePool,
    /// The last write failed, for another reason than something being taken; a health check tries again.
    failing: Arc<AtomicBool>,
}

/// Why the file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Build the server with a newer SQLite.
    #[error("SQLite {found} has a bug that can corrupt the database; at least 3.51.3 is needed")]
    SqliteTooOld {
        /// The version that was linked.
        found: String,
    },
    /// Update the server, or restore the backup made before the update.
    #[error(
        "{path} was written by a newer version of the server; update the server, or restore a backup"
    )]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// Make the file and its directory writable for the server's user.
    #[error("{path} cannot be created")]
    Create {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Look at the cause; restore a backup when the file is damaged.
    #[error("{path} cannot be opened as a database")]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
    /// Look at the cause; the file is as it was before.
    #[error("{path} cannot be brought to this version's form")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: MigrateError,
    },
}

/// Why the copy was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Choose a name in UTF-8.
    #[error("{path} is not a name in UTF-8")]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// Choose a file that is not there yet, in a directory that can be written.
    #[error("{path} cannot be created")]
    Create {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Look at the cause; often the disk is full.
    #[error("the copy to {path} failed")]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
}

enum Job {
    Write {
        unit: Box<dyn Unit>,
        done: oneshot::Sender<Result<(), StoreError>>,
    },
    Probe {
        done: oneshot::Sender<Result<(), StoreError>>,
    },
    Close {
        done: oneshot::Sender<()>,
    },
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Write { .. } => "Write",
            Self::Probe { .. } => "Probe",
            Self::Close { .. } => "Close",
        })
    }
}

impl Sqlite {
    /// Opens the file, which is created for its owner alone when it is not there, and brings it to this version's form.
    /// Needs a tokio runtime, in which the writing task lives.
    ///
    /// # Errors
    /// [`OpenError`] says what to do.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        create_private(path).map_err(|source| OpenError::Create {
            path: path.to_owned(),
            source,
        })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        Self::open_with(path, options).await
    }

    /// Opens an empty store that lives in memory, for tests.
    ///
    /// # Errors
    /// [`OpenError`], as for a file.
    pub async fn memory() -> Result<Self, OpenError> {
        let path = Path::new(":memory:");
        let failed = |source| OpenError::Failed {
            path: path.to_owned(),
            source,
        };
        Self::open_with(
            path,
            SqliteConnectOptions::from_str("sqlite::memory:").map_err(failed)?,
        )
        .await
    }

    async fn open_with(path: &Path, options: SqliteConnectOptions) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Failed {
            path: path.to_owned(),
            source,
        };
        let options = options
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let mut writer = options.connect().await.map_err(failed)?;
        let found: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&mut writer)
            .await
            .map_err(failed)?;
        if !is_new_enough(&found) {
            return Err(OpenError::SqliteTooOld { found });
        }
        MIGRATIONS
            .run(&mut writer)
            .await
            .map_err(|source| match source {
                MigrateError::VersionMissing(_) => OpenError::Newer {
                    path: path.to_owned(),
                },
                source => OpenError::Migrate {
                    path: path.to_owned(),
                    source,
                },
            })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_lazy_with(options.read_only(path != Path::new(":memory:")));
        let failing = Arc::new(AtomicBool::new(false));
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(writer, jobs, Arc::clone(&failing)));
        Ok(Self {
            queue,
            readers,
            failing,
        })
    }

    /// Writes a copy of everything, as it is at one moment, to a new file that only its owner can read; writing goes on
    /// meanwhile.
    ///
    /// # Errors
    /// [`BackupError`]; what there is of the copy may be removed.
    pub async fn backup(&self, to: &Path) -> Result<(), BackupError> {
        let text = to.to_str().ok_or_else(|| BackupError::Name {
            path: to.to_owned(),
        })?;
        // An empty file is taken for a new database, and keeps its permissions.
        create_new_private(to).map_err(|source| BackupError::Create {
            path: to.to_owned(),
            source,
        })?;
        sqlx::query("VACUUM INTO $1")
            .bind(text)
            .execute(&self.readers)
            .await
            .map_err(|source| BackupError::Failed {
                path: to.to_owned(),
                source,
            })?;
        Ok(())
    }

    /// Carries out what waits, moves everything into the one file and closes it. Later writes are refused.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Job::Close { done }).await.is_ok() {
            // An error means that the task has ended already, which is what was wanted.
            closed.await.ok();
        }
        self.readers.close().await;
    }
}

impl Store for Sqlite {
    fn load(&self) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        Box::pin(async move {
            let mut transaction = self.readers.begin().await.map_err(failed)?;
            load::all(&mut transaction).await
        })
    }

    fn audit(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Numbered>, StoreError>> {
        Box::pin(async move {
            let mut reader = self.readers.acquire().await.map_err(failed)?;
            load::audit(&mut reader, before, limit).await
        })
    }

    fn code_days(&self, code: CodeId, from: Date) -> BoxFuture<'_, Result<Vec<Used>, StoreError>> {
        Box::pin(async move {
            let mut reader = self.readers.acquire().await.map_err(failed)?;
            load::code_days(&mut reader, code, from).await
        })
    }

    fn write(&self, unit: Box<dyn Unit>) -> BoxFuture<'static, Result<(), StoreError>> {
        let (done, answer) = oneshot::channel();
        let handed_in = self.queue.try_send(Job::Write { unit, done });
        Box::pin(async move {
            match handed_in {
                Ok(()) => answer.await.unwrap_or(Err(StoreError::Closed)),
                Err(mpsc::error::TrySendError::Full(_)) => Err(StoreError::Busy),
                Err(mpsc::error::TrySendError::Closed(_)) => Err(StoreError::Closed),
            }
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if self.queue.is_closed() {
                return Err(StoreError::Closed);
            }
            if self.failing.load(Ordering::Relaxed) {
                // The disk may have room again, and it can be long until somebody writes: so write something.
                let (done, answer) = oneshot::channel();
                self.queue
                    .try_send(Job::Probe { done })
                    .map_err(|_| StoreError::Busy)?;
                answer.await.unwrap_or(Err(StoreError::Closed))?;
            }
            sqlx::query("SELECT count(*) FROM server_keys")
                .fetch_one(&self.readers)
                .await
                .map_err(failed)?;
            Ok(())
        })
    }
}

/// Carries out jobs until it is told to close, or until nobody can hand in any more.
async fn run(
    mut writer: SqliteConnection,
    mut jobs: mpsc::Receiver<Job>,
    failing: Arc<AtomicBool>,
) {
    let mut told_to_close = None;
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Write { unit, done } => {
                let result = carry_out(&mut writer, unit).await;
                if let Err(StoreError::Failed(error)) = &result {
                    tracing::error!(error = %error, "a write to the database failed; nothing of it was saved");
                }
                failing.store(
                    matches!(result, Err(StoreError::Failed(_))),
                    Ordering::Relaxed,
                );
                // Whoever asked may have gone away; the unit was told all the same.
                done.send(result).ok();
            }
            Job::Probe { done } => {
                let result = probe(&mut writer).await;
                failing.store(result.is_err(), Ordering::Relaxed);
                done.send(result).ok();
            }
            Job::Close { done } => {
                // What was handed in before is carried out; what comes after is refused.
                jobs.close();
                told_to_close = Some(done);
            }
        }
    }
    if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&mut writer)
        .await
    {
        tracing::warn!(%error, "the write-ahead log could not be moved into the database; the next start does it");
    }
    if let Err(error) = writer.close().await {
        tracing::warn!(%error, "the database did not close cleanly; nothing is lost");
    }
    if let Some(done) = told_to_close {
        done.send(()).ok();
    }
}

async fn carry_out(
    writer: &mut SqliteConnection,
    mut unit: Box<dyn Unit>,
) -> Result<(), StoreError> {
    // A panic in one unit must not end the task, and with it all writing.
    let decided =
        catch_unwind(AssertUnwindSafe(|| unit.decide())).map_err(|_| panicked("deciding"))?;
    let Some(work) = decided else { return Ok(()) };
    save(writer, &work).await?;
    catch_unwind(AssertUnwindSafe(|| unit.saved(work)))
        .map_err(|_| panicked("following what was saved"))
}

async fn save(writer: &mut SqliteConnection, work: &Work) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    for change in &work.changes {
        changes::apply(&mut transaction, change).await?;
    }
    transaction.commit().await.map_err(failed)
}

/// Writes something that changes nothing.
async fn probe(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE server_keys SET key = key")
        .execute(writer)
        .await
        .map_err(failed)?;
    Ok(())
}

fn panicked(at: &'static str) -> StoreError {
    StoreError::Failed(format!("a panic while {at}").into())
}

fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(cause) if cause.is_unique_violation() => StoreError::Taken,
        _ => StoreError::Failed(Box::new(error)),
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let found = [(); 3].map(|()| parts.next().unwrap_or(0));
    found >= VERSION_MIN
}

/// Creates the file, readable for its owner alone, if it is not there: it holds hashes of passwords.
fn create_private(path: &Path) -> std::io::Result<()> {
    private_options().create(true).open(path).map(drop)
}

/// The same for a file that must not be there yet.
fn create_new_private(path: &Path) -> std::io::Result<()> {
    private_options().create_new(true).open(path).map(drop)
}

fn private_options() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn versions_before_the_fix_are_refused() {
        for (version, expected) in [
            ("3.51.3", true),
            ("3.52.0", true),
            ("4.0", true),
            ("3.51.2", false),
            ("3.9.99", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}

//! A look at a database file from beside: for the self-check, also while a server uses the file. Reads only, and brings nothing to
//! another form.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::{MIGRATIONS, is_new_enough};

/// A backup tool may hold the file for a moment; longer, and somebody should know.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);
/// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// SQLite's version.
    pub version: String,
    /// Whether it is free of the bug for which the store refuses older ones.
    pub is_version_safe: bool,
    /// The form of the tables, against that of this program.
    pub form: Form,
    /// Whether the file is whole.
    pub whole: Whole,
}

/// The form of the tables: the number of the last migration, 0 before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// That of this program.
    Current(i64),
    /// An older one; opening the store brings it to this program's.
    Older {
        /// What is there.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// A newer one, which this program refuses.
    Newer {
        /// What is there.
        found: i64,
        /// What this program knows.
        known: i64,
    },
}

impl Form {
    /// The form that is there.
    #[must_use]
    pub fn found(self) -> i64 {
        match self {
            Self::Current(found) | Self::Older { found, .. } | Self::Newer { found, .. } => found,
        }
    }
}

/// What a look through the file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    /// Every page was read and fits (`PRAGMA quick_check`).
    Yes,
    /// The first thing that does not fit.
    Damaged(String),
    /// The time was over first; what was read fits.
    NotFinished,
}

/// The file cannot be opened or read as a database.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(#[from] sqlx::Error);

/// Who else may use the file meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// A server may: locks are taken, as by any reader.
    Maybe,
    /// Nobody, as the caller has seen to. Nothing is made beside the file then: a log and an index that a reader makes would belong
    /// to that reader's user, with the permissions that the file has by chance.
    Nobody,
}

/// Looks at a file, and through the whole of it for at most so long.
///
/// # Errors
/// [`Unreadable`], where it is no database or the disk fails.
pub async fn inspect(
    path: &Path,
    others: Others,
    look_through: Duration,
) -> Result<Inspection, Unreadable> {
    // What a killed server left in its log belongs to the database, and is read with it.
    let has_log = log_of(path).metadata().is_ok_and(|log| log.len() > 0);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(others == Others::Nobody && !has_log)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    let seen = read(&mut connection, look_through).await;
    // Nothing was written, so nothing is lost with an error here.
    connection.close().await.ok();
    seen
}

/// The write-ahead log beside a database: <https://www.sqlite.org/wal.html>.
fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

async fn read(
    connection: &mut SqliteConnection,
    look_through: Duration,
) -> Result<Inspection, Unreadable> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut *connection)
        .await?;
    let form = form(connection).await?;
    Ok(Inspection {
        is_version_safe: is_new_enough(&version),
        version,
        form,
        whole: look_through_all(connection, look_through).await?,
    })
}

async fn form(connection: &mut SqliteConnection) -> Result<Form, Unreadable> {
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(&mut *connection)
            .await?;
    let found = if tables == 0 {
        0
    } else {
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
            .fetch_one(&mut *connection)
            .await?
    };
    Ok(match found.cmp(&known) {
        std::cmp::Ordering::Less => Form::Older { found, known },
        std::cmp::Ordering::Equal => Form::Current(found),
        std::cmp::Ordering::Greater => Form::Newer { found, known },
    })
}

async fn look_through_all(
    connection: &mut SqliteConnection,
    bound: Duration,
) -> Result<Whole, Unreadable> {
    let start = Instant::now();
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS_BETWEEN_LOOKS, move || start.elapsed() < bound);
    let answer: Result<String, sqlx::Error> = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await;
    let is_over = start.elapsed() >= bound;
    match answer {
        Ok(said) if said == "ok" => Ok(Whole::Yes),
        // Out of time it may stop in the middle of the file and say so among what it found.
        Ok(said) if is_over && said.contains("interrupt") => Ok(Whole::NotFinished),
        Ok(said) => Ok(Whole::Damaged(said)),
        Err(_) if is_over => Ok(Whole::NotFinished),
        // SQLITE_CORRUPT, SQLITE_NOTADB: https://www.sqlite.org/rescode.html
        Err(sqlx::Error::Database(cause))
            if matches!(cause.code().as_deref(), Some("11" | "26")) =>
        {
            Ok(Whole::Damaged(cause.message().to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

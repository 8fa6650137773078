//! The look from beside a database file: what it sees, and that it leaves the file alone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use domain::store::{Change, GrantKey, Store};
use sqlx::{Connection as _, SqliteConnection};
use store::sqlite::Sqlite;
use store::sqlite::inspect::{Form, Others, Whole, inspect};
use testkit::store_contract::unit;

const LONG: Duration = Duration::from_secs(60);

async fn made(path: &Path) -> Sqlite {
    let store = Sqlite::open(path).await.expect("opens");
    let changes = vec![Change::SetGrantKey(GrantKey([5; 32]))];
    let written = store.write(unit(changes, &Arc::new(AtomicUsize::new(0))));
    written.await.expect("saves");
    store
}

async fn run(path: &Path, statement: &'static str) {
    let mut connection = SqliteConnection::connect(&path.display().to_string())
        .await
        .expect("connects");
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .expect("runs");
    connection.close().await.expect("closes");
}

#[tokio::test]
async fn store_is_whole_while_it_is_used_and_afterwards() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    let store = made(&path).await;
    let beside = inspect(&path, Others::Maybe, LONG).await.expect("reads");
    assert!(matches!(beside.form, Form::Current(1..)), "{beside:?}");
    assert_eq!(beside.whole, Whole::Yes);
    assert!(beside.is_version_safe, "{}", beside.version);
    store.close().await;
    let before = std::fs::read(&path).expect("reads");
    assert_eq!(
        inspect(&path, Others::Maybe, LONG).await.expect("reads"),
        beside
    );
    assert_eq!(std::fs::read(&path).expect("reads"), before);
    made(&path).await.close().await;
}

#[tokio::test]
async fn older_and_newer_forms_are_told_and_left_as_they_are() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    made(&path).await.close().await;
    let Form::Current(known) = inspect(&path, Others::Maybe, LONG)
        .await
        .expect("reads")
        .form
    else {
        panic!("of this version");
    };
    run(
        &path,
        "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
         FROM _sqlx_migrations LIMIT 1",
    )
    .await;
    let form = inspect(&path, Others::Maybe, LONG)
        .await
        .expect("reads")
        .form;
    assert_eq!(form, Form::Newer { found: 9999, known });
    run(&path, "DROP TABLE _sqlx_migrations").await;
    let form = inspect(&path, Others::Maybe, LONG)
        .await
        .expect("reads")
        .form;
    assert_eq!(form, Form::Older { found: 0, known });
    let again = inspect(&path, Others::Maybe, LONG)
        .await
        .expect("reads")
        .form;
    assert_eq!(again, form);
}

#[tokio::test]
async fn damaged_file_is_told_and_what_is_no_database_is_unreadable() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    made(&path).await.close().await;
    // A page of a table that holds rows; where the schema lies is another thing.
    let mut connection = SqliteConnection::connect(&path.display().to_string())
        .await
        .expect("connects");
    let page: i64 =
        sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'server_keys'")
            .fetch_one(&mut connection)
            .await
            .expect("is there");
    connection.close().await.expect("closes");
    let size = 4096;
    let end = usize::try_from(page).expect("a page") * size;
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[end - size..end].fill(0xff);
    std::fs::write(&path, &bytes).expect("writes");
    let whole = inspect(&path, Others::Maybe, LONG)
        .await
        .expect("reads")
        .whole;
    assert!(matches!(whole, Whole::Damaged(_)), "{whole:?}");
    std::fs::write(&path, vec![7; 8192]).expect("writes");
    assert!(inspect(&path, Others::Maybe, LONG).await.is_err());
    let none = directory.path().join("none");
    for others in [Others::Maybe, Others::Nobody] {
        assert!(inspect(&none, others, LONG).await.is_err());
        assert!(!none.exists());
    }
}

#[tokio::test]
async fn look_through_ends_when_its_time_is_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    made(&path).await.close().await;
    run(&path, "CREATE TABLE many AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i, hex(i) AS h FROM n").await;
    let whole = inspect(&path, Others::Maybe, Duration::ZERO)
        .await
        .expect("reads")
        .whole;
    assert_eq!(whole, Whole::NotFinished);
    let whole = inspect(&path, Others::Maybe, LONG)
        .await
        .expect("reads")
        .whole;
    assert_eq!(whole, Whole::Yes);
}

#[tokio::test]
async fn look_at_a_file_that_nobody_uses_leaves_nothing_beside_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    made(&path).await.close().await;
    for left in ["media.db-wal", "media.db-shm"] {
        std::fs::remove_file(directory.path().join(left)).ok();
    }
    let seen = inspect(&path, Others::Nobody, LONG).await.expect("reads");
    assert_eq!(seen.whole, Whole::Yes);
    let files = std::fs::read_dir(directory.path()).expect("lists").count();
    assert_eq!(files, 1);
}

#[tokio::test]
async fn what_a_killed_server_left_in_its_log_is_read_with_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = made(&directory.path().join("media.db")).await;
    let left = tempfile::tempdir().expect("a directory");
    for file in ["media.db", "media.db-wal"] {
        std::fs::copy(directory.path().join(file), left.path().join(file)).expect("copies");
    }
    store.close().await;
    let path = left.path().join("media.db");
    // The tables are in the log alone so far.
    let seen = inspect(&path, Others::Nobody, LONG).await.expect("reads");
    assert!(matches!(seen.form, Form::Current(1..)), "{seen:?}");
}

//! The look from beside a database file: what it sees, and that it leaves the file alone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use domain::store::{Change, GrantKey, Store};
use sqlx::{Connection as _, SqliteConnection};
use store::sqlite::Sqlite;
use store::sqlite::inspect::{Form, Whole, inspect};
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
    let beside = inspect(&path, LONG).await.expect("reads");
    assert!(matches!(beside.form, Form::Current(1..)), "{beside:?}");
    assert_eq!(beside.whole, Whole::Yes);
    assert!(beside.is_version_safe, "{}", beside.version);
    store.close().await;
    let before = std::fs::read(&path).expect("reads");
    assert_eq!(inspect(&path, LONG).await.expect("reads"), beside);
    assert_eq!(std::fs::read(&path).expect("reads"), before);
    made(&path).await.close().await;
}

#[tokio::test]
async fn older_and_newer_forms_are_told_and_left_as_they_are() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    made(&path).await.close().await;
    let Form::Current(known) = inspect(&path, LONG).await.expect("reads").form else {
        panic!("of this version");
    };
    run(
        &path,
        "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
         FROM _sqlx_migrations LIMIT 1",
    )
    .await;
    let form = inspect(&path, LONG).await.expect("reads").form;
    assert_eq!(form, Form::Newer { found: 9999, known });
    run(&path, "DROP TABLE _sqlx_migrations").await;
    let form = inspect(&path, LONG).await.expect("reads").form;
    assert_eq!(form, Form::Older { found: 0, known });
    let again = inspect(&path, LONG).await.expect("reads").form;
    assert_eq!(again, form);
}

#[tokio::test]
async fn damaged_file_is_told_and_what_is_no_database_is_unreadable() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    made(&path).await.close().await;
    let mut bytes = std::fs::read(&path).expect("reads");
    let page = 4096;
    assert!(bytes.len() > 3 * page, "pages to damage");
    // All but the first page, which holds the schema, and the second, where its list of migrations may lie.
    let end = bytes.len();
    bytes[end - page..].fill(0xff);
    std::fs::write(&path, &bytes).expect("writes");
    let whole = inspect(&path, LONG).await.expect("reads").whole;
    assert!(matches!(whole, Whole::Damaged(_)), "{whole:?}");
    std::fs::write(&path, vec![7; 8192]).expect("writes");
    assert!(inspect(&path, LONG).await.is_err());
    assert!(inspect(&directory.path().join("none"), LONG).await.is_err());
    assert!(!directory.path().join("none").exists());
}

#[tokio::test]
async fn look_through_ends_when_its_time_is_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    made(&path).await.close().await;
    run(&path, "CREATE TABLE many AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i, hex(i) AS h FROM n").await;
    let whole = inspect(&path, Duration::ZERO).await.expect("reads").whole;
    assert_eq!(whole, Whole::NotFinished);
    let whole = inspect(&path, LONG).await.expect("reads").whole;
    assert_eq!(whole, Whole::Yes);
}

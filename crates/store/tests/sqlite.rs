//! SQLite keeps the store's contract, in a file and in memory; and what only a file can show.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::store::{Change, GrantKey, Store, StoreError, Unit, Work};
use store::sqlite::{BackupError, OpenError, Sqlite};
use testkit::store_contract::{CASES, unit};

fn set(byte: u8) -> Vec<Change> {
    vec![Change::SetGrantKey(GrantKey([byte; 32]))]
}

async fn save(store: &Sqlite, changes: Vec<Change>) -> Result<(), StoreError> {
    store
        .write(unit(changes, &Arc::new(AtomicUsize::new(0))))
        .await
}

#[tokio::test]
async fn file_keeps_the_contract() {
    for (name, case) in CASES {
        println!("{name}");
        let directory = tempfile::tempdir().expect("a directory");
        let store = Sqlite::open(&directory.path().join("media.db"))
            .await
            .expect("opens");
        case(&store).await;
        store.close().await;
    }
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    for (name, case) in CASES {
        println!("{name}");
        case(&Sqlite::memory().await.expect("opens")).await;
    }
}

#[tokio::test]
async fn what_was_saved_is_there_after_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    let store = Sqlite::open(&path).await.expect("opens");
    save(&store, set(5)).await.expect("saves");
    // The files as they lie on the disk at this moment are what a killed process leaves behind.
    let left = tempfile::tempdir().expect("a directory");
    for file in ["media.db", "media.db-wal"] {
        std::fs::copy(directory.path().join(file), left.path().join(file)).expect("copies");
    }
    let again = Sqlite::open(&left.path().join("media.db"))
        .await
        .expect("opens");
    assert_eq!(
        again.load().await.expect("loads").grant_key,
        Some(GrantKey([5; 32]))
    );
}

#[tokio::test]
async fn closing_carries_out_what_waits_and_refuses_the_rest() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    let store = Sqlite::open(&path).await.expect("opens");
    let saved = Arc::new(AtomicUsize::new(0));
    let waiting: Vec<_> = (0..20)
        .map(|byte| store.write(unit(set(byte), &saved)))
        .collect();
    store.close().await;
    assert_eq!(saved.load(Ordering::SeqCst), 20);
    for write in waiting {
        write.await.expect("was carried out");
    }
    assert!(matches!(
        save(&store, set(1)).await,
        Err(StoreError::Closed)
    ));
    assert!(matches!(store.check().await, Err(StoreError::Closed)));
    assert!(
        !directory.path().join("media.db-wal").exists(),
        "everything lies in the one file"
    );
    let again = Sqlite::open(&path).await.expect("opens");
    assert_eq!(
        again.load().await.expect("loads").grant_key,
        Some(GrantKey([19; 32]))
    );
}

#[tokio::test]
async fn queue_that_is_full_refuses_instead_of_growing() {
    let store = Sqlite::memory().await.expect("opens");
    let saved = Arc::new(AtomicUsize::new(0));
    // This test's runtime has one thread: the writing task cannot run before the first await.
    let writes: Vec<_> = (0..1_100)
        .map(|_| store.write(unit(set(1), &saved)))
        .collect();
    let mut busy = 0;
    for write in writes {
        match write.await {
            Ok(()) => {}
            Err(StoreError::Busy) => busy += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((busy, saved.load(Ordering::SeqCst)), (76, 1_024));
}

#[tokio::test]
async fn unit_that_panics_does_not_end_writing() {
    struct Panics;
    impl Unit for Panics {
        fn decide(&mut self) -> Option<Work> {
            panic!("on purpose")
        }
        fn saved(&mut self, _: Work) {}
    }
    let store = Sqlite::memory().await.expect("opens");
    assert!(matches!(
        store.write(Box::new(Panics)).await,
        Err(StoreError::Failed(_))
    ));
    save(&store, set(1)).await.expect("saves");
    store.check().await.expect("is well");
}

#[tokio::test]
async fn failed_write_shows_in_the_check_until_writing_works_again() {
    use sqlx::{ConnectOptions, Connection};
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    let store = Sqlite::open(&path).await.expect("opens");
    save(&store, set(1)).await.expect("saves");
    // A trigger that refuses every write stands for a disk that does.
    let mut other = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .connect()
        .await
        .expect("connects");
    for when in ["INSERT", "UPDATE"] {
        let trigger = format!(
            "CREATE TRIGGER refuse_{when} BEFORE {when} ON server_keys BEGIN SELECT RAISE(FAIL, 'full'); END"
        );
        sqlx::query(sqlx::AssertSqlSafe(trigger))
            .execute(&mut other)
            .await
            .expect("creates");
    }
    assert!(matches!(
        save(&store, set(2)).await,
        Err(StoreError::Failed(_))
    ));
    assert!(matches!(store.check().await, Err(StoreError::Failed(_))));
    for when in ["INSERT", "UPDATE"] {
        let trigger = format!("DROP TRIGGER refuse_{when}");
        sqlx::query(sqlx::AssertSqlSafe(trigger))
            .execute(&mut other)
            .await
            .expect("drops");
    }
    store
        .check()
        .await
        .expect("is well again, though nobody wrote");
    assert_eq!(
        store.load().await.expect("loads").grant_key,
        Some(GrantKey([1; 32]))
    );
    other.close().await.expect("closes");
}

#[tokio::test]
async fn database_of_a_newer_version_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    Sqlite::open(&path).await.expect("opens").close().await;
    {
        use sqlx::{ConnectOptions, Connection};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let mut newer = options.connect().await.expect("connects");
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', TRUE, X'00', 0)",
        )
        .execute(&mut newer)
        .await
        .expect("inserts");
        newer.close().await.expect("closes");
    }
    let refused = Sqlite::open(&path).await;
    assert!(
        matches!(refused, Err(OpenError::Newer { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("media.db");
    let text =
        "this is a letter, not a database, and it is long enough to be taken for a header of one"
            .repeat(20);
    std::fs::write(&path, &text).expect("writes");
    assert!(Sqlite::open(&path).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).expect("reads"), text);
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_readable_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(&directory.path().join("media.db"))
        .await
        .expect("opens");
    save(&store, set(1)).await.expect("saves");
    for file in ["media.db", "media.db-wal", "media.db-shm"] {
        let mode = std::fs::metadata(directory.path().join(file))
            .expect("is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}

#[tokio::test]
async fn backup_is_a_whole_store_and_overwrites_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Sqlite::open(&directory.path().join("media.db"))
        .await
        .expect("opens");
    save(&store, set(4)).await.expect("saves");
    let copy = directory.path().join("copy'; --.db");
    store.backup(&copy).await.expect("copies");
    save(&store, set(5)).await.expect("saves");
    let again = store.backup(&copy).await;
    assert!(
        matches!(again, Err(BackupError::Create { .. })),
        "{again:?}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&copy)
            .expect("is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0);
    }
    let copy = Sqlite::open(&copy).await.expect("opens");
    assert_eq!(
        copy.load().await.expect("loads").grant_key,
        Some(GrantKey([4; 32]))
    );
}

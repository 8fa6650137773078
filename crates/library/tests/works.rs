//! What an earlier run left and folders that somebody put into the storage, beside what people bring meanwhile.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use domain::{
    caller::Caller,
    item::Visibility,
    slug::Slug,
    stored::{Kind, New, Place, State, Stored},
};
use library::works::{Brought, ORIGINAL, Options, Works};
use tempfile::TempDir;
use testkit::Rig;

/// For what must not come: long enough for the other side to come to it.
const WHILE: Duration = Duration::from_millis(200);

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn film() -> PathBuf {
    here("../record/tests/files/anamorphic.mp4")
}

fn open(rig: &Rig, storage: &TempDir) -> Works {
    let options = Options::of(storage.path().to_owned());
    Works::open(rig.catalogue.clone(), options).expect("the works open")
}

/// Puts a copy of a prepared folder where somebody puts a public one.
fn put(storage: &TempDir, slug: &str) -> PathBuf {
    let folder = storage.path().join("public").join(slug);
    fs::create_dir_all(&folder).expect("a folder");
    for entry in fs::read_dir(here("tests/folders/fmp4")).expect("a folder") {
        let from = entry.expect("an entry").path();
        let name = from.file_name().expect("a name");
        fs::copy(&from, folder.join(name)).expect("it is copied");
    }
    folder
}

async fn in_work(rig: &Rig, slug: &str) -> Arc<Stored> {
    let new = New {
        kind: Kind::Video,
        slug: Some(Slug::parse(slug).expect("a slug")),
        title: None,
        visibility: Visibility::Public,
        owner: None,
        place: Place::Library,
        file_name: String::new(),
    };
    let operator = Caller::operator();
    let added = rig.catalogue.add_stored(&operator, new);
    added.await.expect("it is added")
}

#[tokio::test]
async fn folder_is_adopted_once_by_all_who_scan_at_once() {
    let (rig, storage) = (Rig::new(), tempfile::tempdir().expect("a folder"));
    let works = open(&rig, &storage);
    for slug in ["one", "two", "three"] {
        put(&storage, slug);
    }
    let scans = tokio::join!(works.scan(), works.scan(), works.scan());
    let mut new = 0;
    for all in [scans.0, scans.1, scans.2] {
        let all = all.expect("the folders are listed");
        assert_eq!(all.len(), 3);
        for scanned in all {
            let item = scanned.result.expect("it is adopted");
            assert_eq!(item.state, State::Ready);
            new += usize::from(scanned.is_new);
        }
    }
    assert_eq!(new, 3);
}

#[tokio::test]
async fn folder_that_is_deleted_while_others_scan_is_not_adopted_anew() {
    let (rig, storage) = (Rig::new(), tempfile::tempdir().expect("a folder"));
    let works = open(&rig, &storage);
    let (operator, slug) = (Caller::operator(), Slug::parse("course").expect("a slug"));
    for _ in 0..20 {
        let folder = put(&storage, "course");
        works.scan().await.expect("the folders are listed");
        let delete = works.delete(&operator, Kind::Video, &slug);
        let (scanned, deleted) = tokio::join!(works.scan(), delete);
        scanned.expect("the folders are listed");
        deleted.expect("it is deleted");
        assert!(!folder.exists());
        let left = rig.catalogue.find_stored(&operator, Kind::Video, &slug);
        assert!(left.is_none(), "an item of a folder that is gone");
    }
}

#[tokio::test]
async fn what_an_earlier_run_did_is_taken_up_and_what_comes_meanwhile_left_alone() {
    let (earlier, storage) = (Rig::new(), tempfile::tempdir().expect("a folder"));
    let works = open(&earlier, &storage);
    let (whole, lost) = (
        in_work(&earlier, "whole").await,
        in_work(&earlier, "lost").await,
    );
    fs::create_dir(works.folder(whole.id)).expect("a folder");
    fs::copy(film(), works.folder(whole.id).join(ORIGINAL)).expect("it is copied");
    drop(works);

    let rig = earlier.restarted();
    let works = open(&rig, &storage);
    let left = works.left();
    let fresh = in_work(&rig, "fresh").await;
    works.take_up(&left).await;
    works.sweep(left).await.expect("it is swept");
    let settled = works.settled(whole.id).await.expect("it is there");
    assert_eq!(settled.state, State::Ready);
    assert!(rig.catalogue.stored(lost.id).is_none());
    let fresh = rig.catalogue.stored(fresh.id).expect("it is there");
    assert_eq!(fresh.state, State::Processing);
}

#[tokio::test]
async fn file_that_arrives_while_the_library_is_swept_stays() {
    let (rig, storage) = (Rig::new(), tempfile::tempdir().expect("a folder"));
    let works = open(&rig, &storage);
    let leaving = storage.path().join("library/.gone-an-earlier-one");
    fs::create_dir(&leaving).expect("a folder");
    let left = works.left();
    let mut copying = tokio::spawn({
        let works = works.clone();
        async move { works.copy_in(film()).await }
    });
    let early = tokio::time::timeout(WHILE, &mut copying).await;
    assert!(early.is_err(), "it would be swept away");
    works.sweep(left).await.expect("it is swept");
    assert!(!leaving.exists());
    let path = copying.await.expect("no panic").expect("it is copied");
    let brought = Brought {
        path,
        kind: None,
        slug: None,
        title: None,
        visibility: Visibility::Public,
        owner: None,
        file_name: "film.mp4".to_owned(),
    };
    let item = works.take_in(&Caller::operator(), brought).await;
    let item = works.settled(item.expect("it is taken in").id).await;
    assert_eq!(item.expect("it is there").state, State::Ready);
}

//! What is served of packaged videos and adopted folders, and what is not.

use std::{fs, os::unix::fs::symlink};

use domain::engine::{Fetch, Status};
use library::video::{Place, place::Visibility, shelf::Limits};

use crate::rig::{Storage, bytes};

#[tokio::test]
async fn a_packaged_video_is_served_piece_by_piece() {
    let storage = Storage::new();
    let place = storage.packaged(0x1f, "moov-first.mp4");
    assert_eq!(place.to_string(), "library/000000000000001f");
    let list = storage.multivariant(&place, "/hls/film/~token/").await;
    assert!(list.ends_with("\n/hls/film/~token/main.m3u8\n"), "{list}");
    let main = storage.get(&place, "main.m3u8").await;
    assert_eq!(main.media_type, "application/vnd.apple.mpegurl");
    let text = String::from_utf8(bytes(&main)).expect("text");
    assert!(text.contains("#EXT-X-PLAYLIST-TYPE:VOD") && text.ends_with("#EXT-X-ENDLIST\n"));
    let whole = fs::read(storage.path(&place).join("media.mp4")).expect("media");
    let mut joined = bytes(&storage.get(&place, "init.mp4").await);
    for name in text.lines().filter(|line| line.ends_with(".m4s")) {
        let reply = storage.get(&place, name).await;
        assert!(reply.immutable && reply.status == Status::Ok && reply.max_age_s > 86_400);
        assert_eq!(reply.media_type, "video/mp4");
        joined.extend(bytes(&reply));
    }
    assert!(joined == whole, "pieces are the file");
}

#[tokio::test]
async fn an_open_video_is_answered_at_once() {
    let storage = Storage::new();
    let place = storage.packaged(1, "moov-first.mp4");
    assert!(matches!(
        storage.shelf.fetch(&place, "init.mp4"),
        Fetch::Wait(_)
    ));
    assert_eq!(
        storage.shelf.open_videos(),
        0,
        "a future that was dropped costs nothing"
    );
    storage.get(&place, "init.mp4").await;
    assert!(matches!(
        storage.shelf.fetch(&place, "init.mp4"),
        Fetch::Ready(_)
    ));
    assert!(matches!(
        storage.shelf.multivariant(&place, ""),
        Fetch::Ready(_)
    ));
    storage.shelf.forget(&place);
    assert!(matches!(
        storage.shelf.fetch(&place, "init.mp4"),
        Fetch::Wait(_)
    ));
}

/// Abuse cases B1, B3 and F4.
#[tokio::test]
async fn nothing_else_of_an_item_is_a_piece_of_it() {
    let storage = Storage::new();
    let place = storage.packaged(1, "moov-first.mp4");
    let other = storage.put("folder", "ts");
    fs::write(storage.path(&other).join(".secret"), "secret").expect("a file");
    fs::write(storage.path(&other).join("other.ts"), "not named").expect("a file");
    for piece in [
        "",
        "index",
        "media.mp4",
        "media.mp4.part",
        "s99.m4s",
        "s00.m4s",
        "s-1.m4s",
        "S0.m4s",
        "../library",
        "..",
        ".",
        "../../public/folder/s0.ts",
        "s0.m4s/",
        "/s0.m4s",
        "%2e%2e",
        "init.mp4?",
        "original",
    ] {
        let reply = storage.get(&place, piece).await;
        assert_eq!(
            (reply.status, reply.body.len),
            (Status::NotFound, 0),
            "{piece}"
        );
        assert_eq!((reply.max_age_s, reply.immutable), (0, false), "{piece}");
    }
    for piece in [
        "",
        ".secret",
        "other.ts",
        "./s0.ts",
        "../folder/s0.ts",
        "S0.ts",
        "s0.ts/",
        "master.m3u8",
        "..",
        "../../library/0000000000000001/media.mp4",
    ] {
        let reply = storage.get(&other, piece).await;
        assert_eq!(
            (reply.status, reply.body.len),
            (Status::NotFound, 0),
            "{piece}"
        );
    }
    for place in [
        Place::Library(2),
        Place::Adopted {
            visibility: Visibility::Private,
            slug: "folder".into(),
        },
        Place::Adopted {
            visibility: Visibility::Public,
            slug: "../library/0000000000000001".into(),
        },
    ] {
        assert_eq!(
            storage.get(&place, "init.mp4").await.status,
            Status::NotFound
        );
        assert_eq!(storage.shelf.facts(&place).await, None);
    }
    assert_eq!(
        storage.shelf.open_videos(),
        2,
        "what is not there takes no place"
    );
}

#[tokio::test]
async fn whatever_else_lies_in_an_adopted_folder_it_is_what_its_playlists_say() {
    let storage = Storage::new();
    let place = storage.put("folder", "ts");
    fs::write(storage.path(&place).join("index"), "notes").expect("a file");
    fs::create_dir(storage.path(&place).join("hls")).expect("a folder");
    assert_eq!(storage.get(&place, "s0.ts").await.status, Status::Ok);
    // And an item that waits to be packaged is none yet.
    let waiting = Place::Library(3);
    fs::create_dir(storage.path(&waiting)).expect("a folder");
    fs::write(storage.path(&waiting).join("original"), "as it came").expect("a file");
    assert_eq!(
        storage.get(&waiting, "init.mp4").await.status,
        Status::NotFound
    );
    assert!(storage.shelf.original(&waiting).await.is_some());
}

/// Abuse case B2.
#[tokio::test]
async fn links_in_the_storage_are_not_followed() {
    let storage = Storage::new();
    let place = storage.packaged(1, "moov-first.mp4");
    let folder = storage.path(&place);
    let outside = tempfile::tempdir().expect("a folder");
    fs::rename(folder.join("media.mp4"), outside.path().join("media.mp4")).expect("moved");
    symlink(outside.path().join("media.mp4"), folder.join("media.mp4")).expect("a link");
    assert_eq!(
        storage.get(&place, "init.mp4").await.status,
        Status::Unavailable,
        "its media is not there"
    );
    symlink(outside.path().join("media.mp4"), folder.join("original")).expect("a link");
    assert!(storage.shelf.original(&place).await.is_none());
    let link = Place::Library(2);
    symlink(&folder, storage.path(&link)).expect("a link");
    assert_eq!(
        storage.get(&link, "init.mp4").await.status,
        Status::NotFound
    );

    // Swapped in after the folder was looked at.
    let adopted = storage.put("folder", "ts");
    storage.get(&adopted, "index.m3u8").await;
    let segment = storage.path(&adopted).join("s0.ts");
    fs::remove_file(&segment).expect("removed");
    symlink("/etc/hostname", &segment).expect("a link");
    assert_eq!(
        storage.get(&adopted, "s0.ts").await.status,
        Status::NotFound
    );
}

#[tokio::test]
async fn an_index_that_does_not_fit_its_media_is_not_served() {
    let storage = Storage::new();
    let place = storage.packaged(1, "moov-first.mp4");
    let media = storage.path(&place).join("media.mp4");
    let whole = fs::read(&media).expect("media");
    fs::write(&media, &whole[..whole.len() - 1]).expect("cut");
    let reply = storage.get(&place, "s0.m4s").await;
    assert_eq!(reply.status, Status::Unavailable);
    assert!(reply.retry_after_s.is_some());
    fs::write(&media, &whole).expect("mended");
    assert_eq!(
        storage.get(&place, "s0.m4s").await.status,
        Status::Ok,
        "looked at anew"
    );
    fs::write(storage.path(&place).join("index"), "no index").expect("broken");
    storage.shelf.forget(&place);
    assert_eq!(
        storage.get(&place, "s0.m4s").await.status,
        Status::Unavailable
    );
}

#[tokio::test]
async fn what_was_not_used_for_longest_makes_room() {
    let storage = Storage::with(Limits {
        open_max: 2,
        ..Limits::default()
    });
    let places: Vec<Place> = (0..3)
        .map(|id| storage.packaged(id, "silent.m4v"))
        .collect();
    for place in [&places[0], &places[1], &places[0], &places[2]] {
        storage.get(place, "init.mp4").await;
    }
    assert_eq!(storage.shelf.open_videos(), 2);
    let is_open = |place: &Place| matches!(storage.shelf.fetch(place, "init.mp4"), Fetch::Ready(_));
    assert!(is_open(&places[0]) && !is_open(&places[1]) && is_open(&places[2]));

    let narrow = Storage::with(Limits {
        bytes_max: 1,
        ..Limits::default()
    });
    for id in 0..3 {
        let place = narrow.packaged(id, "silent.m4v");
        assert_eq!(narrow.get(&place, "init.mp4").await.status, Status::Ok);
        assert_eq!(narrow.shelf.open_videos(), 1, "one, however large");
    }
}

#[tokio::test]
async fn many_who_ask_at_once_open_a_video_once() {
    let storage = Storage::new();
    let place = storage.packaged(1, "moov-first.mp4");
    let waiting: Vec<_> = (0..500)
        .map(|_| match storage.shelf.fetch(&place, "s0.m4s") {
            Fetch::Wait(reply) => tokio::spawn(reply),
            Fetch::Ready(_) => panic!("nobody opened it"),
        })
        .collect();
    let mut files = Vec::new();
    for reply in waiting {
        let reply = reply.await.expect("an answer");
        assert_eq!(reply.status, Status::Ok);
        let [domain::engine::Chunk::Stored(range)] = &reply.body.chunks[..] else {
            panic!("a range");
        };
        files.push(range.file.clone());
    }
    assert!(
        files
            .iter()
            .all(|file| std::sync::Arc::ptr_eq(file, &files[0]))
    );
}

#[tokio::test]
async fn the_original_and_files_beside_it_are_told_as_http_needs_them() {
    let storage = Storage::new();
    let place = storage.packaged(1, "moov-first.mp4");
    assert!(storage.shelf.original(&place).await.is_none());
    let original = storage.path(&place).join("original");
    fs::write(&original, "as it came").expect("a file");
    let stored = storage.shelf.original(&place).await.expect("it is there");
    assert_eq!(stored.len, 10);
    let tag = stored.etag();
    assert!(tag.starts_with('"') && tag.ends_with('"') && !tag.starts_with("W/"));
    assert_eq!(
        storage.shelf.original(&place).await.expect("it").etag(),
        tag
    );
    fs::write(&original, "As it came").expect("another one");
    assert_ne!(
        storage.shelf.original(&place).await.expect("it").etag(),
        tag
    );
    for name in ["../index", "a/b", ".", "..", "poster.jpg", ""] {
        assert!(storage.shelf.stored(&place, name).await.is_none(), "{name}");
    }
}

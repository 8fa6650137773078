//! Files and folders of the tests, and the shortest ways to use them.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use domain::engine::{Chunk, Fetch, Reply};
use library::video::{
    Facts, Place, Shelf,
    package::{self, Limits, Refused},
    place::Visibility,
    shelf,
};
use tempfile::TempDir;

/// An odd file that `record` has too.
pub fn odd(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../record/tests/files")
        .join(name)
}

/// A folder of HLS that FFmpeg made.
pub fn prepared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/folders")
        .join(name)
}

/// Packages with the usual limits.
pub fn package(source: &Path, into: &Path) -> Result<Facts, Refused> {
    package::package(
        source,
        into,
        &Limits::default(),
        &AtomicBool::new(false),
        &mut |_| {},
    )
}

/// Names in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    names.sort();
    names
}

/// A storage folder with its shelf.
pub struct Storage {
    pub folder: TempDir,
    pub shelf: Shelf,
}

impl Storage {
    pub fn new() -> Self {
        Self::with(shelf::Limits::default())
    }

    pub fn with(limits: shelf::Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["library", "public", "private"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let shelf = Shelf::open(folder.path(), limits).expect("a shelf");
        Self { folder, shelf }
    }

    pub fn path(&self, place: &Place) -> PathBuf {
        self.folder.path().join(place.to_string())
    }

    /// Packages an odd file as the item of this id.
    pub fn packaged(&self, id: u64, name: &str) -> Place {
        let place = Place::Library(id);
        package(&odd(name), &self.path(&place)).expect("it is taken");
        place
    }

    /// Puts a copy of a prepared folder where somebody puts a public one.
    pub fn put(&self, slug: &str, name: &str) -> Place {
        let place = Place::Adopted {
            visibility: Visibility::Public,
            slug: slug.into(),
        };
        copy(&prepared(name), &self.path(&place));
        place
    }

    pub async fn get(&self, place: &Place, piece: &str) -> Reply {
        settle(self.shelf.fetch(place, piece)).await
    }

    pub async fn multivariant(&self, place: &Place, prefix: &str) -> String {
        let reply = settle(self.shelf.multivariant(place, prefix)).await;
        String::from_utf8(bytes(&reply)).expect("a playlist is text")
    }
}

pub async fn settle(fetch: Fetch) -> Reply {
    match fetch {
        Fetch::Ready(reply) => reply,
        Fetch::Wait(reply) => reply.await,
    }
}

/// The bytes of an answer.
pub fn bytes(reply: &Reply) -> Vec<u8> {
    let mut all = Vec::new();
    for chunk in &reply.body.chunks {
        match chunk {
            Chunk::Slice(slice) => all.extend_from_slice(slice),
            Chunk::Stored(range) => {
                let mut bytes = vec![0; usize::try_from(range.len).expect("small")];
                let file = Arc::clone(&range.file);
                file.read_exact_at(&mut bytes, range.offset)
                    .expect("a range");
                all.extend_from_slice(&bytes);
            }
        }
    }
    assert_eq!(all.len() as u64, reply.body.len);
    all
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}

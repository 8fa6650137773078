//! One open video: packaged, or a folder that was adopted.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{self, Read as _, Write as _},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use bytes::Bytes;
use domain::engine::{Body, Chunk, Fetch, Medium, Range, Reply, Status};
use flate2::{Compression, write::GzEncoder};
use record::{
    Index,
    index::{RECORD_BYTES, SEGMENTS_MAX},
    vod::{self, Name},
};

use crate::video::{
    Facts,
    adopt::{self, Adopted, names},
    package::{INDEX, MEDIA},
    place::{Folder, Place},
};

/// Largest index that is read: all segments, and a header. Closes: a file of gigabytes in its place.
const INDEX_BYTES_MAX: u64 = (SEGMENTS_MAX * RECORD_BYTES + (64 << 10)) as u64;
/// How long caches may keep a playlist; it never changes, but who may see it does.
const PLAYLIST_AGE_S: u32 = 6;
/// How long caches may keep a piece of a packaged video: for good.
const PIECE_AGE_S: u32 = 31_536_000;
/// How long caches may keep a file of an adopted folder: whoever put it there may put another one.
const FILE_AGE_S: u32 = 3600;
/// Bytes of a segment in memory, about.
const SEGMENT_BYTES: usize = size_of::<record::Segment>();
/// What packs least and is worth it.
const GZIP_BYTES_MIN: usize = 128;

/// Why a video is not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no such video")]
    NotFound,
    #[error("its index: {0}")]
    Index(#[from] record::index::Error),
    #[error("its media file is shorter than its index says; package it again")]
    Short,
    #[error("its folder: {0}")]
    Folder(#[from] adopt::Refused),
    #[error("its files: {0}")]
    Io(#[from] io::Error),
}

/// An open video.
#[derive(Debug)]
pub(super) enum Opened {
    Packaged(Packaged),
    Adopted(Served),
}

#[derive(Debug)]
pub(super) struct Packaged {
    file: Arc<File>,
    index: Index,
    playlist: Text,
    multivariant: Vec<String>,
    facts: Facts,
}

/// A folder with its playlists.
#[derive(Debug)]
pub(super) struct Served {
    folder: Folder,
    playlists: HashMap<String, Text>,
    files: HashMap<String, Slot>,
    multivariant: Vec<String>,
    facts: Facts,
    weight: usize,
    /// The folder is a copy of ours, in which nothing changes.
    is_copy: bool,
}

/// A playlist as it is, and packed.
#[derive(Debug)]
struct Text {
    plain: Bytes,
    gzip: Option<Bytes>,
}

/// A file that is opened when it is asked for.
type Slot = Arc<Mutex<Weak<Open>>>;

/// A file of an adopted folder.
#[derive(Debug)]
struct Open {
    file: Arc<File>,
    len: u64,
}

/// The files of adopted folders that were opened last, which keeps them open.
#[derive(Debug)]
pub(super) struct Files {
    most: usize,
    kept: Mutex<VecDeque<Arc<Open>>>,
}

impl Files {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::default(),
        }
    }

    fn keep(&self, open: Arc<Open>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.most.max(1) {
            kept.pop_front();
        }
        kept.push_back(open);
    }
}

impl Opened {
    /// Opens the video at a place below the storage. Blocks.
    pub fn open(root: &Folder, place: &Place) -> Result<Self, Error> {
        let not_found = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::NotFound,
            _ => Error::Io(error),
        };
        let folder = root.folder(&place.to_string()).map_err(not_found)?;
        // What somebody put into the storage is a folder of HLS, whatever else lies in it.
        if matches!(place, Place::Adopted { .. }) {
            return Self::adopt(folder, false);
        }
        match folder.file(INDEX) {
            Ok(index) => return Packaged::open(&folder, index).map(Self::Packaged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        // An item whose file was never packaged has neither.
        let copy = folder.folder(adopt::COPY).map_err(not_found)?;
        Self::adopt(copy, true)
    }

    fn adopt(folder: Folder, is_copy: bool) -> Result<Self, Error> {
        match adopt::look_beneath(&folder) {
            Ok(adopted) => Ok(Self::Adopted(Served::new(folder, adopted, is_copy))),
            Err(adopt::Refused::NoPlaylist) => Err(Error::NotFound),
            Err(refused) => Err(refused.into()),
        }
    }

    /// Bytes that it takes in memory, about.
    pub fn weight(&self) -> usize {
        match self {
            Self::Packaged(packaged) => {
                packaged.index.segments().len() * SEGMENT_BYTES + packaged.playlist.weight()
            }
            Self::Adopted(served) => served.weight,
        }
    }

    pub fn facts(&self) -> &Facts {
        match self {
            Self::Packaged(packaged) => &packaged.facts,
            Self::Adopted(served) => &served.facts,
        }
    }

    pub fn multivariant(&self, prefix: &str) -> Reply {
        let cut = match self {
            Self::Packaged(packaged) => &packaged.multivariant,
            Self::Adopted(served) => &served.multivariant,
        };
        Reply {
            max_age_s: 0,
            ..text(Bytes::from(cut.join(prefix)), None)
        }
    }

    pub fn piece(&self, piece: &str, files: &Arc<Files>) -> Fetch {
        match self {
            Self::Packaged(packaged) => Fetch::Ready(packaged.piece(piece)),
            Self::Adopted(served) => served.piece(piece, files),
        }
    }
}

fn none() -> Reply {
    Reply::refused(Status::NotFound, "there is no such piece")
}

fn text(plain: Bytes, gzip: Option<Bytes>) -> Reply {
    Reply {
        status: Status::Ok,
        media_type: names::PLAYLIST,
        body: plain.into(),
        gzip,
        max_age_s: PLAYLIST_AGE_S,
        immutable: false,
        retry_after_s: None,
        reason: None,
        version: None,
    }
}

fn range(range: Range, media_type: &'static str, max_age_s: u32, immutable: bool) -> Reply {
    Reply {
        status: Status::Ok,
        media_type,
        body: Body::from_iter([Chunk::Stored(range)]),
        gzip: None,
        max_age_s,
        immutable,
        retry_after_s: None,
        reason: None,
        version: None,
    }
}

impl Packaged {
    fn open(folder: &Folder, index: File) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        index.take(INDEX_BYTES_MAX).read_to_end(&mut bytes)?;
        let (index, _) = Index::read(&bytes)?;
        drop(bytes);
        let file = folder.file(MEDIA).map_err(|_| Error::Short)?;
        let len = file.metadata()?.len();
        let end = index.segments().last().map(|last| last.bytes().end);
        if end.unwrap_or(index.init().end) > len {
            return Err(Error::Short);
        }
        let multivariant = vod::multivariant(&index, "");
        let last = format!("{}\n", Name::Playlist);
        let head = multivariant.strip_suffix(&last).unwrap_or_default();
        Ok(Self {
            file: Arc::new(file),
            playlist: Text::new(vod::media(&index).into()),
            multivariant: vec![head.to_owned(), last],
            facts: Facts::of(&index, len),
            index,
        })
    }

    fn piece(&self, piece: &str) -> Reply {
        let Some(name) = Name::parse(piece) else {
            return none();
        };
        if name == Name::Playlist {
            return self.playlist.reply();
        }
        let Some(bytes) = vod::piece(&self.index, name) else {
            return none();
        };
        let bytes = Range {
            file: self.file.clone(),
            offset: bytes.start,
            len: bytes.end - bytes.start,
            medium: Medium::Disk,
        };
        range(bytes, "video/mp4", PIECE_AGE_S, true)
    }
}

impl Served {
    fn new(folder: Folder, adopted: Adopted, is_copy: bool) -> Self {
        let playlists: HashMap<_, _> = (adopted.playlists.into_iter())
            .map(|(path, plain)| (path, Text::new(plain)))
            .collect();
        let texts = playlists.values().map(Text::weight).sum::<usize>();
        let paths = adopted.files.keys().map(|path| path.len() + 128);
        Self {
            weight: texts + paths.sum::<usize>(),
            folder,
            playlists,
            files: (adopted.files.into_keys())
                .map(|path| (path, Slot::default()))
                .collect(),
            multivariant: adopted.multivariant,
            facts: adopted.facts,
            is_copy,
        }
    }

    fn piece(&self, piece: &str, files: &Arc<Files>) -> Fetch {
        if let Some(text) = self.playlists.get(piece) {
            return Fetch::Ready(text.reply());
        }
        let found = self.files.get(piece).zip(names::media_type(piece));
        let Some((slot, media_type)) = found else {
            return Fetch::Ready(none());
        };
        let is_copy = self.is_copy;
        if let Some(open) = opened(slot) {
            return Fetch::Ready(whole(&open, media_type, is_copy));
        }
        let (folder, path) = (self.folder.clone(), piece.to_owned());
        let (slot, files) = (slot.clone(), files.clone());
        Fetch::Wait(Box::pin(async move {
            let opening = tokio::task::spawn_blocking(move || {
                let file = folder.file(&path)?;
                let len = file.metadata()?.len();
                Ok::<_, io::Error>(Arc::new(Open {
                    file: Arc::new(file),
                    len,
                }))
            });
            // It was there when the folder was looked at.
            let Ok(Ok(open)) = opening.await else {
                return none();
            };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&open);
            let reply = whole(&open, media_type, is_copy);
            files.keep(open);
            reply
        }))
    }
}

/// The file in a slot, where it is open.
fn opened(slot: &Slot) -> Option<Arc<Open>> {
    let open = slot.lock().unwrap_or_else(PoisonError::into_inner);
    open.upgrade()
}

fn whole(open: &Open, media_type: &'static str, is_copy: bool) -> Reply {
    let bytes = Range {
        file: open.file.clone(),
        offset: 0,
        len: open.len,
        medium: Medium::Disk,
    };
    let age = if is_copy { PIECE_AGE_S } else { FILE_AGE_S };
    range(bytes, media_type, age, is_copy)
}

impl Text {
    fn new(plain: Bytes) -> Self {
        let gzip = (plain.len() >= GZIP_BYTES_MIN).then(|| packed(&plain));
        Self {
            gzip: gzip.flatten().filter(|packed| packed.len() < plain.len()),
            plain,
        }
    }

    fn weight(&self) -> usize {
        self.plain.len() + self.gzip.as_ref().map_or(0, Bytes::len)
    }

    fn reply(&self) -> Reply {
        text(self.plain.clone(), self.gzip.clone())
    }
}

fn packed(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

//! Folders that hold HLS already: judged, copied, and found in the storage.
//!
//! A folder is taken where all that its playlists name lies in it: every address relative, of plain parts, an ordinary file reached without
//! a link, with an extension of HLS. Playlists must have ended (`EXT-X-ENDLIST`). What would make players go elsewhere or hold keys is
//! refused by name: encrypted segments (access is decided here, and a key beside them protects nothing), interstitials, steering,
//! variables. Segments are not looked into, but for the initialisation segment where playlists leave codecs out. RFC 8216bis, section 4.

mod copy;
pub mod names;
mod refused;
mod scan;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read as _},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use hls::read::{self, Media, Multivariant, Playlist};
use record::{Index, Segment};

use super::{Facts, place::Folder};
use names::{Name, Use};

pub(super) use copy::COPY;
pub use copy::copy;
pub use refused::Refused;
pub use scan::{Found, scan};

/// Names of the playlist that a folder is played by, the first that is there.
const ENTRIES: [&str; 2] = ["master.m3u8", "index.m3u8"];
/// Most media playlists of a folder. Closes: a playlist of playlists.
const PLAYLISTS_MAX: usize = 64;
/// Bytes of all playlists of a folder together; they are held while it is served. Closes: 64 of the longest.
const TEXT_BYTES_MAX: usize = 16 << 20;
/// Most files that the playlists of a folder name. Closes: millions of them.
const FILES_MAX: usize = 1 << 17;
/// Longest initialisation segment that is looked into.
const INIT_BYTES_MAX: u64 = 1 << 20;
/// Ticks of a microsecond.
const MICROSECONDS: u32 = 1_000_000;

/// A folder that is taken.
#[derive(Debug)]
pub struct Adopted {
    /// What its playlists tell.
    pub facts: Facts,
    /// The playlist it is played by, `master.m3u8` or `index.m3u8`.
    pub entry: &'static str,
    /// The multivariant playlist, cut where a prefix comes before an address.
    pub(super) multivariant: Vec<String>,
    /// Media playlists by their path, as they are.
    pub(super) playlists: BTreeMap<String, Bytes>,
    /// All other files that are named, by their path, with their bytes.
    pub(super) files: BTreeMap<String, u64>,
    /// The entry's own text.
    text: Bytes,
}

impl Adopted {
    /// How many files its playlists name, themselves counted.
    #[must_use]
    pub fn files(&self) -> usize {
        // A media playlist that is the entry is counted once.
        let entry = usize::from(!self.playlists.contains_key(self.entry));
        self.playlists.len() + self.files.len() + entry
    }
}

/// Judges the folder at a path of the server's own. Blocks.
///
/// # Errors
/// [`Refused`], in words for the person who brought it.
pub fn look(folder: &Path) -> Result<Adopted, Refused> {
    let folder = Folder::open(folder).map_err(Refused::Read)?;
    look_beneath(&folder)
}

/// The same of a folder that is open.
///
/// # Errors
/// As [`look`].
pub fn look_beneath(folder: &Folder) -> Result<Adopted, Refused> {
    let look = Look {
        folder,
        text_left: TEXT_BYTES_MAX,
        playlists: BTreeMap::new(),
        files: BTreeMap::new(),
        longest: Duration::ZERO,
    };
    for entry in ENTRIES {
        match folder.file(entry) {
            Ok(file) => return look.run(entry, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => {
                return Err(Refused::Missing {
                    playlist: "The folder".to_owned(),
                    file: entry.to_owned(),
                });
            }
        }
    }
    Err(Refused::NoPlaylist)
}

struct Look<'a> {
    folder: &'a Folder,
    text_left: usize,
    playlists: BTreeMap<String, Bytes>,
    files: BTreeMap<String, u64>,
    longest: Duration,
}

impl Look<'_> {
    fn run(mut self, entry: &'static str, file: File) -> Result<Adopted, Refused> {
        let text = self.text(entry, file)?;
        let playlist = read::playlist(&text).map_err(|why| Refused::wrong(entry, why))?;
        let (facts, multivariant) = match playlist {
            Playlist::Multivariant(read) => self.multivariant(entry, &text, &read)?,
            Playlist::Media(media) => {
                let sizes = self.media(entry, &text, &media)?;
                self.playlists.insert(entry.to_owned(), text.clone());
                let facts = self.probe(entry, &media, Facts::default());
                let list = written(entry, &media, &sizes, &facts);
                (facts, list)
            }
        };
        let text_bytes = self.playlists.values().map(|text| text.len() as u64);
        let file_bytes: u64 = self.files.values().sum();
        Ok(Adopted {
            facts: Facts {
                duration_ms: u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX),
                bytes: file_bytes + text_bytes.sum::<u64>(),
                ..facts
            },
            entry,
            multivariant,
            playlists: self.playlists,
            files: self.files,
            text,
        })
    }

    fn text(&mut self, path: &str, file: File) -> Result<Bytes, Refused> {
        let most = read::PLAYLIST_BYTES_MAX.min(self.text_left);
        let mut text = Vec::new();
        file.take(most as u64 + 1)
            .read_to_end(&mut text)
            .map_err(Refused::Read)?;
        if text.len() > self.text_left && self.text_left < read::PLAYLIST_BYTES_MAX {
            return Err(Refused::TooMuch {
                what: "bytes of playlists",
            });
        }
        if text.len() > most {
            let why = read::Error {
                line: 1,
                problem: read::Problem::TooLong,
            };
            return Err(Refused::wrong(path, why));
        }
        self.text_left -= text.len();
        Ok(text.into())
    }

    fn multivariant(
        &mut self,
        entry: &str,
        text: &Bytes,
        read: &Multivariant,
    ) -> Result<(Facts, Vec<String>), Refused> {
        // It was read as text before.
        let text = std::str::from_utf8(text).unwrap_or_default();
        let (mut cut, mut from) = (Vec::new(), 0);
        let mut paths = BTreeSet::new();
        for name in names::names(text) {
            let path = inside(
                entry,
                &name.map_err(|found| Refused::of(entry, found))?,
                Use::Playlist,
            )?;
            cut.push(text.get(from..path.at).unwrap_or_default().to_owned());
            from = path.at;
            paths.insert(path.path);
        }
        cut.push(text.get(from..).unwrap_or_default().to_owned());
        if paths.contains(entry) {
            return Err(Refused::Missing {
                playlist: entry.to_owned(),
                file: entry.to_owned(),
            });
        }
        if paths.len() > PLAYLISTS_MAX {
            return Err(Refused::TooMuch { what: "playlists" });
        }
        if read.variants.is_empty() {
            return Err(Refused::Empty {
                playlist: entry.to_owned(),
            });
        }
        let best = read.variants.iter().max_by_key(|variant| variant.bandwidth);
        let best_path = best.map(|best| normal(&best.uri).to_owned());
        let mut facts = Facts::default();
        if let Some(best) = best {
            facts = Facts::of_codecs(best.codecs.clone());
            facts.size = best.resolution;
            let rate = best.frame_rate_milli.unwrap_or(0);
            facts.frames_per_1000_s = u32::try_from(rate).unwrap_or(0);
        }
        for path in paths {
            let missing = || Refused::Missing {
                playlist: entry.to_owned(),
                file: path.clone(),
            };
            let file = self.folder.file(&path).map_err(|_| missing())?;
            let text = self.text(&path, file)?;
            let media = read::media(&text).map_err(|why| Refused::wrong(&path, why))?;
            self.media(&path, &text, &media)?;
            if best_path.as_ref() == Some(&path) {
                facts = self.probe(&path, &media, facts);
            }
            self.playlists.insert(path, text);
        }
        Ok((facts, cut))
    }

    /// Judges a media playlist and all that it names; answers the bytes of each segment.
    fn media(&mut self, path: &str, text: &Bytes, media: &Media) -> Result<Vec<u64>, Refused> {
        let text = std::str::from_utf8(text).unwrap_or_default();
        for name in names::names(text) {
            let name = inside(
                path,
                &name.map_err(|found| Refused::of(path, found))?,
                Use::Media,
            )?;
            if self.files.contains_key(&name.path) {
                continue;
            }
            if self.files.len() == FILES_MAX {
                return Err(Refused::TooMuch { what: "files" });
            }
            let opened = self
                .folder
                .file(&name.path)
                .and_then(|file| file.metadata());
            let Ok(metadata) = opened else {
                return Err(Refused::Missing {
                    playlist: path.to_owned(),
                    file: name.path,
                });
            };
            self.files.insert(name.path, metadata.len());
        }
        if !media.endlist {
            return Err(Refused::Live {
                playlist: path.to_owned(),
            });
        }
        if media.segments.is_empty() {
            return Err(Refused::Empty {
                playlist: path.to_owned(),
            });
        }
        self.longest = self.longest.max(media.duration());
        let mut sizes = Vec::with_capacity(media.segments.len());
        let mut behind = 0;
        for segment in &media.segments {
            let file = join(path, &segment.uri);
            let len = self.files.get(&file).copied().unwrap_or(0);
            let size = match &segment.byte_range {
                None => len,
                Some(range) => {
                    let (size, at) = byte_range(range).ok_or_else(|| Refused::Range {
                        playlist: path.to_owned(),
                        file: segment.uri.clone(),
                    })?;
                    let end = at.unwrap_or(behind).checked_add(size);
                    behind = end
                        .filter(|end| *end <= len)
                        .ok_or_else(|| Refused::Range {
                            playlist: path.to_owned(),
                            file: segment.uri.clone(),
                        })?;
                    size
                }
            };
            sizes.push(size);
        }
        Ok(sizes)
    }

    /// Adds what the initialisation segment tells, where the playlists told no codecs or no size.
    fn probe(&self, path: &str, media: &Media, facts: Facts) -> Facts {
        if !facts.codecs.is_empty() && facts.size.is_some() {
            return facts;
        }
        let map = media.segments.first().and_then(|first| first.map.as_ref());
        let Some(init) = map.and_then(|map| self.init(path, map)) else {
            return facts;
        };
        let codecs = init.tracks.iter().filter_map(|track| track.codec.as_ref());
        let size = codecs.clone().find_map(media::Codec::size);
        let held = Facts::of_codecs(codecs.map(media::Codec::codec_string).collect());
        Facts {
            size: facts.size.or(size),
            ..if facts.codecs.is_empty() { held } else { facts }
        }
    }

    fn init(&self, path: &str, map: &read::Map) -> Option<media::fmp4::read::Init> {
        let (size, at) = match &map.byte_range {
            Some(range) => byte_range(range)?,
            None => (INIT_BYTES_MAX, None),
        };
        let mut file = self.folder.file(&join(path, &map.uri)).ok()?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(at.unwrap_or(0))).ok()?;
        let mut bytes = Vec::new();
        file.take(size.min(INIT_BYTES_MAX))
            .read_to_end(&mut bytes)
            .ok()?;
        media::fmp4::read::init(&bytes).ok()
    }
}

/// A name that lies in the folder.
struct Inside {
    /// Where its address begins in the text.
    at: usize,
    path: String,
}

/// Judges a name by its text: a plain path, an extension of HLS, of the right kind.
fn inside(playlist: &str, name: &Name<'_>, wanted: Use) -> Result<Inside, Refused> {
    let path = names::path(playlist, name.uri).ok_or_else(|| Refused::Outside {
        playlist: playlist.to_owned(),
        line: name.line,
        uri: name.uri.chars().take(80).collect(),
    })?;
    let is_playlist = names::media_type(&path) == Some(names::PLAYLIST);
    if names::media_type(&path).is_none() || is_playlist != (wanted == Use::Playlist) {
        return Err(Refused::Extension {
            playlist: playlist.to_owned(),
            file: path,
        });
    }
    Ok(Inside { at: name.at, path })
}

/// An address without the steps that stay where they are.
fn normal(uri: &str) -> &str {
    let mut uri = uri;
    while let Some(rest) = uri.strip_prefix("./") {
        uri = rest;
    }
    uri
}

/// The path of an address that was judged before.
fn join(playlist: &str, uri: &str) -> String {
    names::path(playlist, uri).unwrap_or_default()
}

/// `n` or `n@o`.
fn byte_range(text: &str) -> Option<(u64, Option<u64>)> {
    match text.split_once('@') {
        Some((size, at)) => Some((size.trim().parse().ok()?, Some(at.trim().parse().ok()?))),
        None => Some((text.trim().parse().ok()?, None)),
    }
}

/// The multivariant playlist of a folder that has only a media playlist.
fn written(entry: &str, media: &Media, sizes: &[u64], facts: &Facts) -> Vec<String> {
    let mut index = Index::new(MICROSECONDS, 0, Vec::new());
    let (mut start, mut offset) = (0_u64, 0_u64);
    for (segment, size) in media.segments.iter().zip(sizes) {
        let duration = u64::try_from(segment.duration.as_micros()).unwrap_or(u64::MAX);
        let segment = Segment {
            start,
            duration,
            offset,
            len: u32::try_from(*size).unwrap_or(u32::MAX),
            independent: true,
        };
        if !index.push(segment) {
            break;
        }
        (start, offset) = (segment.end(), segment.bytes().end);
    }
    let mut text = String::from("#EXTM3U\n");
    if media.independent_segments {
        text.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
    let (peak, average) = (index.peak_bits().max(1), index.average_bits().max(1));
    text.push_str(&format!(
        "#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average}"
    ));
    if !facts.codecs.is_empty() {
        text.push_str(&format!(",CODECS=\"{}\"", facts.codecs.join(",")));
    }
    if let Some((width, height)) = facts.size {
        text.push_str(&format!(",RESOLUTION={width}x{height}"));
    }
    text.push('\n');
    vec![text, format!("{entry}\n")]
}

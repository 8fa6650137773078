//! Videos: files packaged for HLS, folders of HLS that are adopted, and what of them is served.
//!
//! [`package`] makes of a brought file what players play, [`adopt`] judges and copies folders that hold HLS already, [`Shelf`] answers
//! requests for pieces of either. Below the data directory: `storage/library/{id:016x}/` with `media.mp4` and `index` (packaged) or `hls/`
//! (a copied folder), and `original`; `storage/public/{slug}/` and `storage/private/{slug}/` for folders that somebody put there.
//! All files are opened beneath the storage folder without following links ([`place`]).

pub mod adopt;
pub mod package;
pub mod place;
pub mod shelf;

use bytes::Bytes;
use media::Kind;
use record::Index;

pub use package::package;
pub use place::Place;
pub use shelf::Shelf;

/// What is known of a stored video: what pages show and the catalogue keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How long it is, in ms.
    pub duration_ms: u64,
    /// Width and height of the picture as it is shown, in pixels; `None` for sound alone, and where it is not known.
    pub size: Option<(u32, u32)>,
    /// Pictures in a thousand seconds, on average; 0 where it is not known.
    pub frames_per_1000_s: u32,
    /// RFC 6381 names, picture first; empty where a folder does not tell.
    pub codecs: Vec<String>,
    /// The picture's codec as people call it, `H.264`.
    pub picture: Option<String>,
    /// The sound's codec as people call it, `AAC`.
    pub sound: Option<String>,
    /// Bytes of what is served.
    pub bytes: u64,
    /// The picture that the file carries for itself, JPEG or PNG by its first bytes, at most [`package::Limits::cover_bytes_max`]. Nobody has
    /// looked into it.
    pub cover: Option<Bytes>,
    /// The file was broken off while it was recorded; what was whole of it is here.
    pub broken_off: bool,
}

impl Facts {
    /// What an index tells, of a file of so many bytes.
    pub fn of(index: &Index, bytes: u64) -> Self {
        let picture = (index.tracks().iter()).find(|track| track.kind == Kind::Video);
        let codecs = index.tracks().iter().map(|track| track.codec.clone());
        let mut facts = Self::of_codecs(codecs.collect());
        facts.duration_ms = (index.duration_us() + 500) / 1000;
        facts.size = picture.map(|track| track.size);
        facts.frames_per_1000_s = picture.map_or(0, |track| track.frames_per_1000_s);
        facts.bytes = bytes;
        facts
    }

    /// What names of codecs tell.
    fn of_codecs(codecs: Vec<String>) -> Self {
        let of = |kind| {
            codecs
                .iter()
                .filter_map(|codec| named(codec))
                .find(|(found, _)| *found == kind)
                .map(|(_, name)| name.to_owned())
        };
        Self {
            picture: of(Kind::Video),
            sound: of(Kind::Audio),
            codecs,
            ..Self::default()
        }
    }
}

/// What people call a codec, by its RFC 6381 name.
fn named(codec: &str) -> Option<(Kind, &'static str)> {
    let family = codec.split('.').next().unwrap_or_default();
    Some(match family {
        "avc1" | "avc3" => (Kind::Video, "H.264"),
        "hvc1" | "hev1" => (Kind::Video, "HEVC"),
        "dvh1" | "dvhe" => (Kind::Video, "Dolby Vision"),
        "av01" => (Kind::Video, "AV1"),
        "vp09" => (Kind::Video, "VP9"),
        "mp4a" if codec == "mp4a.40.34" || codec == "mp4a.6B" || codec == "mp4a.69" => {
            (Kind::Audio, "MP3")
        }
        "mp4a" => (Kind::Audio, "AAC"),
        "opus" | "Opus" => (Kind::Audio, "Opus"),
        "fLaC" | "flac" => (Kind::Audio, "FLAC"),
        "ac-3" => (Kind::Audio, "AC-3"),
        "ec-3" => (Kind::Audio, "E-AC-3"),
        _ => return None,
    })
}

//! A bounded reader of fragmented MP4: initialisation segments to tracks, media segments to samples.
//!
//! Reads what [`super::init`] and [`super::fragment_head`] write and what other packagers write in its place: any order of
//! boxes, unknown boxes skipped, both versions, all optional fields. Never panics and never allocates by a claimed size:
//! samples are counted against [`SAMPLES_MAX`]. ISO/IEC 14496-12, clause 8; sample tables of plain MP4 are read in [`crate::mp4`].

mod boxes;
pub(crate) mod entry;
mod fragments;
mod init;

pub use boxes::{Boxed, Boxes};
pub(crate) use fragments::fragment;
pub use fragments::{Fragment, FragmentTrack, ReadSample, fragments};
pub(crate) use init::read_defaults;
pub use init::{Defaults, Init, InitTrack, init};

/// Most samples that one call reads. Closes: a few bytes of `trun` may claim four billion samples of no size.
pub const SAMPLES_MAX: usize = 1 << 18;
/// Most tracks of an initialisation segment.
pub const TRACKS_MAX: usize = 64;

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A box says it is longer than what holds it, or shorter than its own header; `at` counts from the start of the file.
    #[error("the box at byte {at} does not fit what holds it")]
    BoxSize {
        /// Byte offset of the box.
        at: usize,
    },
    /// A box ends before its fields do.
    #[error("{kind} at byte {at} ends inside its fields")]
    Short {
        /// Type of the box.
        kind: Kind,
        /// Byte offset of the box.
        at: usize,
    },
    /// A box that must be there is not.
    #[error("there is no {kind}")]
    Missing {
        /// Type of the box.
        kind: Kind,
    },
    /// A fragment names a track that the initialisation segment lacks.
    #[error("a fragment holds track {track_id}, which the initialisation segment does not have")]
    UnknownTrack {
        /// `track_ID`.
        track_id: u32,
    },
    /// A sample lies outside the file.
    #[error("a sample of track {track_id} lies outside the file")]
    SampleOutside {
        /// `track_ID`.
        track_id: u32,
    },
    /// More than [`SAMPLES_MAX`] samples or [`TRACKS_MAX`] tracks.
    #[error("too many {what}")]
    TooMany {
        /// Samples or tracks.
        what: &'static str,
    },
}

/// Type of a box, four characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(pub [u8; 4]);

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_longer_than_the_file_is_an_error_and_ends_the_walk() {
        let mut boxes = Boxes::new(&[0, 0, 0, 16, b'm', b'o', b'o', b'v', 0]);
        assert!(matches!(boxes.next(), Some(Err(Error::BoxSize { at: 0 }))));
        assert!(boxes.next().is_none());
        assert!(matches!(
            Boxes::new(&[0, 0, 0, 7, 0, 0, 0, 0]).next(),
            Some(Err(Error::BoxSize { at: 0 }))
        ));
    }

    #[test]
    fn a_run_that_claims_four_billion_samples_is_refused_before_any_allocation() {
        let mut file = Vec::new();
        let track = |track_id| InitTrack {
            track_id,
            timescale: 1000,
            handler: Kind(*b"vide"),
            entry: Kind(*b"avc1"),
            size: (0, 0),
            codec: None,
            defaults: Defaults::default(),
        };
        let init = Init {
            brands: Vec::new(),
            tracks: vec![track(1)],
        };
        let put = |file: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]| {
            file.extend(u32::try_from(body.len() + 8).expect("short").to_be_bytes());
            file.extend(kind);
            file.extend(body);
        };
        let mut traf = Vec::new();
        put(&mut traf, b"tfhd", &[0, 2, 0, 0, 0, 0, 0, 1]);
        put(&mut traf, b"trun", &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        let mut moof = Vec::new();
        put(&mut moof, b"mfhd", &[0; 8]);
        put(&mut moof, b"traf", &traf);
        put(&mut file, b"moof", &moof);
        assert_eq!(
            fragments(&file, &init),
            Err(Error::TooMany { what: "samples" })
        );
    }
}

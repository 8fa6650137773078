//! What stands in the way of adopting a folder.

use std::io;

use hls::read;

use super::names;
use crate::video::package;

/// Why a folder is not adopted. The words are for the person who brought it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Neither `master.m3u8` nor `index.m3u8`.
    #[error(
        "The folder has neither master.m3u8 nor index.m3u8. Name the playlist it is played by so."
    )]
    NoPlaylist,
    /// A playlist is not well formed.
    #[error("{playlist} is not a playlist that players understand: {why}.")]
    Playlist {
        /// Its path in the folder.
        playlist: String,
        /// Where and what.
        #[source]
        why: read::Error,
    },
    /// It may still grow.
    #[error(
        "{playlist} has no EXT-X-ENDLIST: it is a live stream, or was not finished. Finish it, then bring it again."
    )]
    Live {
        /// Its path in the folder.
        playlist: String,
    },
    /// It lists nothing.
    #[error("{playlist} lists no segments.")]
    Empty {
        /// Its path in the folder.
        playlist: String,
    },
    /// It is encrypted.
    #[error(
        "{playlist} is encrypted ({tag}). This server decides itself who may watch; bring it without encryption."
    )]
    Encrypted {
        /// Its path in the folder.
        playlist: String,
        /// The tag that says so.
        tag: String,
    },
    /// A tag that makes players fetch what lies elsewhere, or that hides what they fetch.
    #[error("Line {line} of {playlist}, {tag}, may lead players elsewhere. Take it out.")]
    Tag {
        /// Its path in the folder.
        playlist: String,
        /// Counted from 1.
        line: usize,
        /// Its name.
        tag: String,
    },
    /// An address that is not a plain path inside the folder.
    #[error(
        "Line {line} of {playlist} names \"{uri}\". Files must lie in the folder, with names of letters, digits, '.', '-', '_' and '~'."
    )]
    Outside {
        /// Its path in the folder.
        playlist: String,
        /// Counted from 1.
        line: usize,
        /// As written, cut at 80 characters.
        uri: String,
    },
    /// A file with an extension that has no place in HLS.
    #[error("{playlist} names {file}, whose extension is not one of HLS ({ALLOWED}).")]
    Extension {
        /// Its path in the folder.
        playlist: String,
        /// As written.
        file: String,
    },
    /// It names a file that is not there, is a link, or no ordinary file.
    #[error("{playlist} names {file}, which is not there, or is a link. Copy the file itself.")]
    Missing {
        /// Its path in the folder.
        playlist: String,
        /// As written.
        file: String,
    },
    /// A range that its file does not have.
    #[error("{playlist} names bytes of {file} that it does not have. Copy the folder again.")]
    Range {
        /// Its path in the folder.
        playlist: String,
        /// As written.
        file: String,
    },
    /// One of the bounds.
    #[error("The folder has too many {what}.")]
    TooMuch {
        /// Of what.
        what: &'static str,
    },
    /// The folder cannot be read.
    #[error("The server cannot read the folder.")]
    Read(#[source] io::Error),
    /// The copy cannot be written.
    #[error(transparent)]
    Write(package::Refused),
}

/// What the text of [`Refused::Extension`] lists.
const ALLOWED: &str = "m3u8, ts, m4s, mp4, m4a, m4v, aac, vtt, jpg, png, webp";

impl Refused {
    /// The playlist is not well formed.
    pub(super) fn wrong(playlist: &str, why: read::Error) -> Self {
        Self::Playlist {
            playlist: playlist.to_owned(),
            why,
        }
    }

    /// What was found in it that is not taken.
    pub(super) fn of(playlist: &str, found: names::Found) -> Self {
        let playlist = playlist.to_owned();
        match found {
            names::Found::Key { tag } => Self::Encrypted { playlist, tag },
            names::Found::Tag { line, tag } => Self::Tag {
                playlist,
                line,
                tag,
            },
        }
    }
}

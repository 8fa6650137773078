//! Why a file is not taken, in words for the person who brought it.

use crate::fmp4::read::Kind;

/// Why a file is refused. Each text says what it is and what to do; none holds bytes of the file but a sample entry's four letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another format, or none.
    #[error("This is {what}, not an MP4, MOV or M4V file. Export it as MP4 with H.264 and AAC.")]
    NotMp4 {
        /// What it looks like.
        what: &'static str,
    },
    /// There is no index (`moov`): it is written last, and the end is missing.
    #[error(
        "The file has no index: it was cut off before its end, or its recording never finished. Copy or upload it again."
    )]
    NoIndex,
    /// The file is shorter than what it says it holds.
    #[error(
        "The file ends early: it speaks of {expected} bytes and has {len}. Copy or upload it again."
    )]
    CutShort {
        /// Bytes that it needs at least.
        expected: u64,
        /// Bytes that there are.
        len: u64,
    },
    /// A codec that browsers and phones do not play.
    #[error(
        "Its {part} is {codec}, which many browsers and phones do not play. Export it with {wanted}."
    )]
    Codec {
        /// `picture` or `sound`.
        part: &'static str,
        /// The codec's name, or the four letters that the file gives.
        codec: String,
        /// What to export instead.
        wanted: &'static str,
    },
    /// A codec that is taken, with a configuration that is not understood.
    #[error("Its {part} cannot be read: {why}. Export it again with {wanted}.")]
    Configuration {
        /// `picture` or `sound`.
        part: &'static str,
        /// What is wrong.
        why: String,
        /// What to export instead.
        wanted: &'static str,
    },
    /// Encrypted by its seller.
    #[error(
        "It is encrypted (DRM) and cannot be played without its seller's key. Bring an unprotected file."
    )]
    Encrypted,
    /// Neither picture nor sound, or tracks without samples.
    #[error("The file holds no picture and no sound. Export it again.")]
    Empty,
    /// An edit list that does more than cut the ends off.
    #[error(
        "Its {part} was cut inside by an edit list, without being written anew. Export it as a new file."
    )]
    Edits {
        /// `picture` or `sound`.
        part: &'static str,
    },
    /// The format changes in the middle of a track.
    #[error("Its {part} changes its format in the middle. Export it as one piece.")]
    Changes {
        /// `picture` or `sound`.
        part: &'static str,
    },
    /// No frame that decoding can start at.
    #[error("Its picture has no key frame, so nothing can be shown. Export it again.")]
    NoKeyFrame,
    /// A box or table contradicts itself or another one.
    #[error("The file is damaged ({what}). Export or copy it again.")]
    Damaged {
        /// Where, for the log of who looks into it.
        what: &'static str,
    },
    /// One of [`super::Limits`].
    #[error(
        "The file has {what} beyond what this server takes. Export it again with usual settings."
    )]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
    },
}

pub(super) const fn damaged(what: &'static str) -> Refused {
    Refused::Damaged { what }
}

impl Refused {
    /// A codec that is not taken; four letters where it has no name here.
    pub(super) fn codec(video: bool, name: Option<&str>, kind: Kind) -> Self {
        Self::Codec {
            part: part(video),
            codec: name.map_or_else(|| format!("in a format called \"{kind}\""), str::to_owned),
            wanted: wanted(video),
        }
    }
}

pub(super) const fn part(video: bool) -> &'static str {
    if video { "picture" } else { "sound" }
}

pub(super) const fn wanted(video: bool) -> &'static str {
    if video {
        "H.264, HEVC or AV1"
    } else {
        "AAC or Opus"
    }
}

/// What a file that begins with these bytes is.
pub(super) fn look(head: &[u8]) -> &'static str {
    let at =
        |from: usize, magic: &[u8]| head.get(from..).is_some_and(|rest| rest.starts_with(magic));
    if head.is_empty() {
        "an empty file"
    } else if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        "a Matroska or WebM file"
    } else if at(0, b"RIFF") && at(8, b"AVI ") {
        "an AVI file"
    } else if at(0, b"RIFF") && at(8, b"WAVE") {
        "a WAV file"
    } else if at(0, b"FLV") {
        "an FLV file"
    } else if at(0, b"OggS") {
        "an Ogg file"
    } else if at(0, b"ID3") {
        "an MP3 file"
    } else if at(0, &[0x30, 0x26, 0xb2, 0x75]) {
        "a Windows Media file"
    } else if at(0, &[0, 0, 1, 0xba])
        || at(0, &[0x47]) && head.get(188).is_none_or(|byte| *byte == 0x47)
    {
        "an MPEG stream"
    } else if at(0, &[0x89, b'P', b'N', b'G']) || at(0, &[0xff, 0xd8, 0xff]) || at(0, b"GIF8") {
        "an image"
    } else if at(0, b"%PDF") {
        "a PDF document"
    } else if at(0, b"PK\x03\x04") {
        "a ZIP archive"
    } else if at(0, b"#EXTM3U") {
        "a playlist, which only names other files"
    } else if at(0, b"ffconcat") || at(0, b"<?xml") || at(0, b"<MPD") || at(0, b"v=0") {
        "a text that only names other files"
    } else if head
        .iter()
        .all(|byte| matches!(byte, 9 | 10 | 13 | 32..=126))
    {
        "a text file"
    } else {
        "some other kind of file"
    }
}

//! What is played from an index: playlists, and which bytes of the file a piece is.
//!
//! RFC 8216bis, 4.4.3 (media playlists; `EXT-X-PLAYLIST-TYPE:VOD`, so nothing ever changes) and 4.4.6 (multivariant). One rendition with
//! picture and sound together, as live streams have it. Names are written and parsed in [`Name`] alone.

use std::{
    fmt::{self, Write as _},
    ops::Range,
};

use media::Kind;

use crate::index::{Index, VideoRange};

/// A piece's name: `main.m3u8`, `init.mp4`, `s12.m4s`.
///
/// One path component. The item's bytes never change, so a name below the item's address always stands for the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// The media playlist.
    Playlist,
    /// The initialisation segment.
    Init,
    /// A segment.
    Segment {
        /// Its number, from 0; its media sequence number too.
        number: u32,
    },
}

impl Name {
    /// Understands a name as [`Name`] writes it; `None` for any other text. Does not allocate.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "main.m3u8" => Some(Self::Playlist),
            "init.mp4" => Some(Self::Init),
            _ => {
                let digits = text.strip_prefix('s')?.strip_suffix(".m4s")?;
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit())
                    && (digits == "0" || !digits.starts_with('0'));
                let number = digits.parse().ok().filter(|_| plain)?;
                Some(Self::Segment { number })
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Playlist => f.write_str("main.m3u8"),
            Self::Init => f.write_str("init.mp4"),
            Self::Segment { number } => write!(f, "s{number}.m4s"),
        }
    }
}

/// The bytes of the item's file that a name stands for; `None` where there is no such piece, and for the playlist, which is rendered.
pub fn piece(index: &Index, name: Name) -> Option<Range<u64>> {
    match name {
        Name::Playlist => None,
        Name::Init => Some(index.init()),
        Name::Segment { number } => {
            let segment = index.segments().get(usize::try_from(number).ok()?)?;
            Some(segment.bytes())
        }
    }
}

/// The media playlist: every segment, and the end.
///
/// Durations are rounded to a microsecond so that their sum stays exact: each is the difference of two rounded times.
pub fn media(index: &Index) -> String {
    // 6 is what EXT-X-MAP asks of a client at least.
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:6\n");
    // Writing into a String cannot fail.
    let _ = writeln!(text, "#EXT-X-TARGETDURATION:{}", index.target_duration_s());
    text.push_str("#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n");
    if index.is_independent() {
        text.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
    let _ = writeln!(text, "#EXT-X-MAP:URI=\"{}\"", Name::Init);
    for (number, segment) in (0..).zip(index.segments()) {
        let us = index
            .us(segment.end())
            .saturating_sub(index.us(segment.start));
        let (whole, fraction) = (us / 1_000_000, us % 1_000_000);
        let _ = write!(
            text,
            "#EXTINF:{whole}.{fraction:06},\n{}\n",
            Name::Segment { number }
        );
    }
    text.push_str("#EXT-X-ENDLIST\n");
    text
}

/// The multivariant playlist: one variant, whose address is the media playlist's name with `prefix` before it.
pub fn multivariant(index: &Index, prefix: &str) -> String {
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:6\n");
    if index.is_independent() {
        text.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
    let _ = write!(
        text,
        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"",
        index.peak_bits(),
        index.average_bits()
    );
    for (at, track) in index.tracks().iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{}", track.codec);
    }
    text.push('"');
    let picture = index
        .tracks()
        .iter()
        .find(|track| track.kind == Kind::Video);
    if let Some(picture) = picture {
        // Standard is what a list without the attribute says.
        match picture.range {
            VideoRange::Sdr => {}
            VideoRange::Hlg => text.push_str(",VIDEO-RANGE=HLG"),
            VideoRange::Pq => text.push_str(",VIDEO-RANGE=PQ"),
        }
        let (width, height) = picture.size;
        let _ = write!(text, ",RESOLUTION={width}x{height}");
        let rate = picture.frames_per_1000_s;
        if rate > 0 {
            let _ = write!(text, ",FRAME-RATE={}.{:03}", rate / 1000, rate % 1000);
        }
    }
    let _ = write!(text, "\n{prefix}{}\n", Name::Playlist);
    text
}

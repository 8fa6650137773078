//! Names of pieces, written and parsed in this one place: `e3-main.m3u8`, `e3-init0.mp4`, `e3-s12.m4s`, `e3-r0p74.m4s`.
//!
//! A name is one path component of `[a-z0-9.-]`. Its epoch is never used twice for a stream, so that a name always stands for
//! the same bytes (playlists apart) and caches may keep them. Parsing does not allocate and refuses what [`Name`] would not write.

use std::fmt;

/// A piece's name, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The epoch it belongs to.
    pub epoch: u32,
    /// What it is within the epoch.
    pub piece: Piece,
}

/// What a name stands for within its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// The media playlist.
    Playlist,
    /// An initialisation segment.
    Init {
        /// Its number.
        number: u32,
    },
    /// A whole segment.
    Segment {
        /// Media sequence number.
        msn: u64,
    },
    /// A partial segment.
    ///
    /// Parts are counted over segments: which segment the next part belongs to is not known while it is hinted at, for a key frame may
    /// come early; its name is.
    Part {
        /// First media sequence number of the run of the program that made it: counting begins anew with each.
        run: u64,
        /// Number within the run, from 0.
        number: u64,
    },
}

impl Name {
    /// Understands a name as [`Name`] writes it; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, rest) = text.strip_prefix('e')?.split_once('-')?;
        let epoch = u32::try_from(number(epoch)?).ok()?;
        let piece = if rest == "main.m3u8" {
            Piece::Playlist
        } else if let Some(rest) = rest.strip_prefix("init") {
            let init = number(rest.strip_suffix(".mp4")?)?;
            Piece::Init {
                number: u32::try_from(init).ok()?,
            }
        } else {
            let rest = rest.strip_suffix(".m4s")?;
            if let Some(segment) = rest.strip_prefix('s') {
                Piece::Segment {
                    msn: number(segment)?,
                }
            } else {
                let (run, part) = rest.strip_prefix('r')?.split_once('p')?;
                Piece::Part {
                    run: number(run)?,
                    number: number(part)?,
                }
            }
        };
        Some(Self { epoch, piece })
    }
}

/// A decimal number in the one way it is written: digits only, no leading zero.
pub(crate) fn number(text: &str) -> Option<u64> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}-", self.epoch)?;
        match self.piece {
            Piece::Playlist => f.write_str("main.m3u8"),
            Piece::Init { number } => write!(f, "init{number}.mp4"),
            Piece::Segment { msn } => write!(f, "s{msn}.m4s"),
            Piece::Part { run, number } => write!(f, "r{run}p{number}.m4s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece() -> impl Strategy<Value = Piece> {
        prop_oneof![
            Just(Piece::Playlist),
            any::<u32>().prop_map(|number| Piece::Init { number }),
            any::<u64>().prop_map(|msn| Piece::Segment { msn }),
            any::<(u64, u64)>().prop_map(|(run, number)| Piece::Part { run, number }),
        ]
    }

    proptest! {
        #[test]
        fn names_read_back_as_they_were_written(epoch: u32, piece in piece()) {
            let name = Name { epoch, piece };
            prop_assert_eq!(Name::parse(&name.to_string()), Some(name));
        }

        #[test]
        fn only_written_names_are_understood(text in "e?[0-9]{0,3}-?(s|r|init|main)?[0-9p]{0,6}(\\.m4s|\\.mp4|\\.m3u8)?") {
            if let Some(name) = Name::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "e",
            "e1-",
            "e01-main.m3u8",
            "e1-s.m4s",
            "e1-r1p.m4s",
            "e1-rp1.m4s",
            "e1-s1p1.m4s",
            "e1-s+1.m4s",
            "e1-r1p2p3.m4s",
            "é1-main.m3u8",
            "e4294967296-main.m3u8",
        ] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }
}

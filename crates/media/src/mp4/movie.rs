//! The `moov` box: which tracks there are, which are taken, and why one is not.

use bytes::Bytes;

use super::{
    Limits,
    edits::Edit,
    refused::{Refused, damaged, part, wanted},
    tables::{Cursor, Tables},
};
use crate::{
    Codec, Kind as TrackKind, Track, TrackId,
    fmp4::{
        self, TrackHeader,
        read::{self, Boxed, Boxes, Defaults, Init, InitTrack, Kind, entry, entry::Unread},
    },
};

/// Most sample entries of a track that are looked at. Closes: a `moov` that is nothing but entries.
const ENTRIES_MAX: usize = 16;

/// A track that is taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub header: TrackHeader,
    pub track_id: u32,
    pub edit: Edit,
    /// At its first sample.
    pub cursor: Cursor,
}

/// What a `moov` holds.
#[derive(Debug)]
pub(super) struct Movie {
    /// Picture first.
    pub taken: Vec<Taken>,
    /// All tracks, for fragments to refer to.
    pub init: Init,
    /// Fragments may follow (`mvex`).
    pub fragmented: bool,
}

/// A track that may be taken, with what its sample entries say.
struct Candidate<'a> {
    trak: Boxed<'a>,
    video: bool,
    enabled: bool,
    track_id: u32,
    matrix: [i32; 9],
    timescale: u32,
    language: u16,
    entries: Vec<entry::Entry>,
}

impl Movie {
    /// Reads the [outline](super::outline) of a `moov` box, its header included.
    pub fn read(moov: &Bytes, limits: &Limits) -> Result<Self, Refused> {
        let whole = Boxes::new(moov)
            .next()
            .and_then(Result::ok)
            .ok_or(damaged("moov"))?;
        let mut children = Vec::new();
        for found in whole.children() {
            match found {
                Ok(found) => children.push(found),
                // A few bytes at the end are no box, and some writers leave them.
                Err(read::Error::BoxSize { at }) if moov.len() - at < 8 => break,
                Err(_) => return Err(damaged("moov")),
            }
        }
        let find = |kind: [u8; 4]| children.iter().find(|found| found.kind.0 == kind).copied();
        if find(*b"cmov").is_some() {
            return Err(damaged("its index is compressed, as old QuickTime did"));
        }
        let movie_timescale = find(*b"mvhd")
            .and_then(|mvhd| timescale(&mvhd))
            .unwrap_or(1000);
        let mut candidates = Vec::new();
        let mut init = Init {
            brands: Vec::new(),
            tracks: Vec::new(),
        };
        let traks = children.iter().filter(|found| found.kind.0 == *b"trak");
        for trak in traks.copied() {
            if init.tracks.len() == limits.tracks_max {
                return Err(Refused::TooMuch { what: "tracks" });
            }
            // What is neither picture nor sound may be as odd as it likes.
            let Some(track_id) = track_id(&trak) else {
                continue;
            };
            init.tracks.push(placeholder(track_id));
            candidates.extend(candidate(trak, track_id));
        }
        let mvex = find(*b"mvex");
        if let Some(mvex) = &mvex {
            read::read_defaults(mvex, &mut init.tracks).map_err(|_| damaged("mvex"))?;
        }
        let mut taken = Vec::new();
        for video in [true, false] {
            if let Some(chosen) = choose(&candidates, video) {
                taken.push(take(chosen, movie_timescale)?);
            }
        }
        if taken.is_empty() {
            return Err(Refused::Empty);
        }
        Ok(Self {
            taken,
            init,
            fragmented: mvex.is_some(),
        })
    }
}

fn placeholder(track_id: u32) -> InitTrack {
    InitTrack {
        track_id,
        timescale: 1,
        handler: Kind(*b"    "),
        entry: Kind(*b"    "),
        size: (0, 0),
        codec: None,
        defaults: Defaults::default(),
    }
}

fn track_id(trak: &Boxed<'_>) -> Option<u32> {
    let tkhd = trak.find(*b"tkhd").ok()??;
    let mut fields = tkhd.fields();
    let (version, _) = fields.full().ok()?;
    fields.skip(if version == 1 { 16 } else { 8 }).ok()?;
    fields.u32().ok()
}

/// `timescale` of `mvhd` or `mdhd`, which begin alike.
fn timescale(found: &Boxed<'_>) -> Option<u32> {
    let mut fields = found.fields();
    let (version, _) = fields.full().ok()?;
    fields.skip(if version == 1 { 16 } else { 8 }).ok()?;
    fields.u32().ok().filter(|scale| *scale > 0)
}

/// Picture or sound; `None` for all else: text, time codes, hints, metadata.
fn candidate(trak: Boxed<'_>, track_id: u32) -> Option<Candidate<'_>> {
    let mdia = trak.find(*b"mdia").ok()??;
    let hdlr = mdia.find(*b"hdlr").ok()??;
    let video = match hdlr.body.get(8..12)? {
        b"vide" => true,
        b"soun" => false,
        _ => return None,
    };
    let mdhd = mdia.find(*b"mdhd").ok()??;
    let language = {
        let at = if mdhd.body.first() == Some(&1) {
            32
        } else {
            20
        };
        let packed = mdhd.body.get(at..).and_then(|rest| rest.first_chunk());
        // Below 0x400 stands a code of QuickTime's own.
        packed
            .map(|packed| u16::from_be_bytes(*packed))
            .filter(|packed| (0x400..0x7fff).contains(packed))
            .unwrap_or(fmp4::LANGUAGE_UNDETERMINED)
    };
    let stsd = mdia
        .find(*b"minf")
        .ok()??
        .find(*b"stbl")
        .ok()??
        .find(*b"stsd")
        .ok()??;
    let entries = stsd.children().after(8).map_while(Result::ok);
    let entries = entries
        .take(ENTRIES_MAX)
        .map(|found| entry::read(&found))
        .collect();
    let tkhd = trak.find(*b"tkhd").ok()??;
    Some(Candidate {
        video,
        enabled: tkhd.body.get(3).is_some_and(|flags| flags & 1 == 1),
        track_id,
        matrix: matrix(&tkhd).unwrap_or(fmp4::UNITY),
        timescale: timescale(&mdhd)?,
        language,
        entries,
        trak,
    })
}

/// The matrix, where it turns by quarters or mirrors, which is what players follow; others are left out.
fn matrix(tkhd: &Boxed<'_>) -> Option<[i32; 9]> {
    let at = if tkhd.body.first() == Some(&1) {
        52
    } else {
        40
    };
    let (words, _) = tkhd.body.get(at..)?.as_chunks::<4>();
    let mut matrix = [0; 9];
    for (place, word) in matrix.iter_mut().zip(words.get(..9)?) {
        *place = i32::from_be_bytes(*word);
    }
    const ONE: u32 = 0x1_0000;
    let [a, b, _, c, d, ..] = matrix;
    let is = |value: i32, size: u32| value.unsigned_abs() == size;
    let straight = is(a, ONE) && is(d, ONE) && b == 0 && c == 0;
    let turned = is(b, ONE) && is(c, ONE) && a == 0 && d == 0;
    let last = [matrix[2], matrix[5], matrix[8]] == [0, 0, 0x4000_0000];
    (last && (straight || turned)).then_some(matrix)
}

/// The first enabled track of a kind that can be read, then the first that can be, then the first of all, to say why not.
fn choose<'c, 'a>(candidates: &'c [Candidate<'a>], video: bool) -> Option<&'c Candidate<'a>> {
    let of_kind = || candidates.iter().filter(move |track| track.video == video);
    let readable = |track: &&&Candidate<'_>| {
        track
            .entries
            .first()
            .is_some_and(|entry| entry.codec.is_ok())
    };
    of_kind()
        .filter(|track| track.enabled)
        .find(|track| readable(&track))
        .or_else(|| of_kind().find(|track| readable(&track)))
        .or_else(|| of_kind().next())
}

fn take(chosen: &Candidate<'_>, movie_timescale: u32) -> Result<Taken, Refused> {
    let video = chosen.video;
    let stbl = chosen
        .trak
        .require(*b"mdia")
        .and_then(|mdia| mdia.require(*b"minf"))
        .and_then(|minf| minf.require(*b"stbl"))
        .map_err(|_| damaged("a track without sample tables"))?;
    let tables = Tables::read(&stbl)?;
    let entry = chosen.entries.first().ok_or(damaged("stsd"))?;
    let codec = entry
        .codec
        .clone()
        .map_err(|unread| refusal(unread, entry.kind, video))?;
    let right_kind = (codec.kind() == TrackKind::Video) == video;
    if !right_kind {
        return Err(damaged("a codec in a track of another kind"));
    }
    // Chunks name descriptions from 1 on.
    let alike = (1..)
        .zip(&chosen.entries)
        .filter(|(_, other)| other.codec.as_ref() == Ok(&codec))
        .fold(0, |bits, (number, _)| bits | 1_u32 << number);
    let elst = chosen.trak.find(*b"edts").ok().flatten();
    let elst = elst.and_then(|edts| edts.find(*b"elst").ok().flatten());
    let edit = match elst {
        Some(elst) => Edit::read(&elst, movie_timescale, chosen.timescale, video)?,
        None => Edit::WHOLE,
    };
    let stated = codec
        .sample_aspect()
        .map(|(width, height)| (width.into(), height.into()));
    Ok(Taken {
        track_id: chosen.track_id,
        edit,
        cursor: Cursor::new(tables, alike, video),
        header: TrackHeader {
            pixel_aspect: entry
                .pixel_aspect
                .or(stated)
                .filter(|(width, height)| width != height),
            track: Track {
                id: if video {
                    TrackId::VIDEO
                } else {
                    TrackId::AUDIO
                },
                codec,
            },
            timescale: chosen.timescale,
            matrix: if video { chosen.matrix } else { fmp4::UNITY },
            language: chosen.language,
            skip: 0,
        },
    })
}

fn refusal(unread: Unread, kind: Kind, video: bool) -> Refused {
    match unread {
        Unread::Other(name) => Refused::codec(video, name, kind),
        Unread::Encrypted => Refused::Encrypted,
        Unread::Broken { why, .. } => Refused::Configuration {
            part: part(video),
            why,
            wanted: wanted(video),
        },
    }
}

impl Taken {
    /// The track shows pictures.
    pub fn is_video(&self) -> bool {
        self.header.track.kind() == TrackKind::Video
    }

    /// Samples are units with a length before each, of this many bytes.
    pub fn nal_length_size(&self) -> u8 {
        match &self.header.track.codec {
            Codec::H264(config) => config.nal_length_size(),
            Codec::H265(config) => config.nal_length_size(),
            Codec::Av1(_) | Codec::Aac(_) | Codec::Opus(_) => 4,
        }
    }
}

//! Initialisation segments: tracks, their sample entries and defaults.

use super::{Boxed, Boxes, Error, Kind, TRACKS_MAX, entry};
use crate::Codec;

/// An initialisation segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// Major brand and compatible brands, in order.
    pub brands: Vec<Kind>,
    /// In the order of the file.
    pub tracks: Vec<InitTrack>,
}

impl Init {
    /// The track with this `track_ID`.
    pub fn track(&self, track_id: u32) -> Option<&InitTrack> {
        self.tracks.iter().find(|track| track.track_id == track_id)
    }
}

/// A track of an initialisation segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitTrack {
    /// `track_ID`.
    pub track_id: u32,
    /// Ticks per second (`mdhd`).
    pub timescale: u32,
    /// `vide`, `soun` or another.
    pub handler: Kind,
    /// Type of the sample entry, such as `avc1`.
    pub entry: Kind,
    /// Width and height of the sample entry in pixels; 0 for sound.
    pub size: (u32, u32),
    /// The configuration, where the codec is one of ours and understood.
    pub codec: Option<Codec>,
    /// `default_sample_duration`, `default_sample_size`, `default_sample_flags` of `trex`.
    pub defaults: Defaults,
}

impl InitTrack {
    /// Pictures.
    pub fn is_video(&self) -> bool {
        self.handler.0 == *b"vide"
    }
}

/// What samples have that do not say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Ticks.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Sample flags.
    pub flags: u32,
}

/// Reads an initialisation segment.
pub fn init(file: &[u8]) -> Result<Init, Error> {
    let mut brands = Vec::new();
    if let Some(ftyp) = Boxes::new(file).find_kind(*b"ftyp")? {
        let (chunks, _) = ftyp.body.as_chunks::<4>();
        // The second word is the minor version.
        brands.extend(
            chunks
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != 1)
                .take(TRACKS_MAX)
                .map(|(_, brand)| Kind(*brand)),
        );
    }
    let moov = Boxes::new(file)
        .find_kind(*b"moov")?
        .ok_or(Error::Missing {
            kind: Kind(*b"moov"),
        })?;
    let mut tracks = Vec::new();
    for found in moov.children() {
        let found = found?;
        if found.kind.0 == *b"trak" {
            if tracks.len() == TRACKS_MAX {
                return Err(Error::TooMany { what: "tracks" });
            }
            tracks.push(read_trak(&found)?);
        }
    }
    if let Some(mvex) = moov.find(*b"mvex")? {
        read_defaults(&mvex, &mut tracks)?;
    }
    Ok(Init { brands, tracks })
}

/// Gives tracks the defaults that `mvex` says (8.8.3).
pub(crate) fn read_defaults(mvex: &Boxed<'_>, tracks: &mut [InitTrack]) -> Result<(), Error> {
    for found in mvex.children() {
        let found = found?;
        if found.kind.0 != *b"trex" {
            continue;
        }
        let mut fields = found.fields();
        fields.full()?;
        let track_id = fields.u32()?;
        fields.u32()?;
        let defaults = Defaults {
            duration: fields.u32()?,
            size: fields.u32()?,
            flags: fields.u32()?,
        };
        if let Some(track) = tracks.iter_mut().find(|track| track.track_id == track_id) {
            track.defaults = defaults;
        }
    }
    Ok(())
}

fn read_trak(trak: &Boxed<'_>) -> Result<InitTrack, Error> {
    let mut fields = trak.require(*b"tkhd")?.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let track_id = fields.u32()?;

    let mdia = trak.require(*b"mdia")?;
    let mut fields = mdia.require(*b"mdhd")?.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 1 { 16 } else { 8 })?;
    let timescale = fields.u32()?;

    let mut fields = mdia.require(*b"hdlr")?.fields();
    fields.skip(8)?;
    let handler = Kind(fields.take()?);

    let stsd = mdia
        .require(*b"minf")?
        .require(*b"stbl")?
        .require(*b"stsd")?;
    // Version, flags and the count of entries come before the first one.
    let entry = stsd.children().after(8).next().ok_or(Error::Missing {
        kind: Kind(*b"stsd"),
    })??;
    let entry = entry::read(&entry);
    Ok(InitTrack {
        track_id,
        timescale,
        handler,
        entry: entry.kind,
        size: entry.size,
        codec: entry.codec.ok(),
        defaults: Defaults::default(),
    })
}

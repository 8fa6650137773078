//! Media segments: fragments, their runs and samples (ISO/IEC 14496-12, 8.8).

use std::ops::Range;

use super::{Boxed, Boxes, Defaults, Error, Init, Kind, SAMPLES_MAX, TRACKS_MAX};
use crate::fmp4::FLAG_NON_SYNC;

/// A `moof` and its `mdat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// `sequence_number` of `mfhd`.
    pub sequence: u32,
    /// From the start of `moof` to the end of the `mdat` behind it (or of `moof`, where none follows).
    pub range: Range<usize>,
    /// One per `traf`, in order.
    pub tracks: Vec<FragmentTrack>,
}

/// The samples of one track in a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FragmentTrack {
    /// `track_ID`.
    pub track_id: u32,
    /// Decode time of the first sample in ticks (`tfdt`); `None` where it is missing, which CMAF forbids.
    pub base_decode_time: Option<u64>,
    /// In decode order.
    pub samples: Vec<ReadSample>,
}

impl FragmentTrack {
    /// Sum of the samples' durations, in ticks.
    pub fn duration(&self) -> u64 {
        self.samples
            .iter()
            .map(|sample| u64::from(sample.duration))
            .sum()
    }
}

/// A sample as a fragment describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSample {
    /// Ticks.
    pub duration: u32,
    /// Sample flags.
    pub flags: u32,
    /// `pts - dts` in ticks.
    pub composition_offset: i64,
    /// Where its bytes are in the file.
    pub range: Range<usize>,
}

impl ReadSample {
    /// A sync sample by its flags.
    pub fn is_sync(&self) -> bool {
        self.flags & FLAG_NON_SYNC == 0
    }
}

/// Reads the fragments of a media segment or part. Every sample's range lies inside `file`.
pub fn fragments(file: &[u8], init: &Init) -> Result<Vec<Fragment>, Error> {
    let mut budget = SAMPLES_MAX;
    let mut list: Vec<Fragment> = Vec::new();
    for found in Boxes::new(file) {
        let found = found?;
        match &found.kind.0 {
            b"moof" => list.push(read_moof(&found, file.len(), init, &mut budget)?),
            b"mdat" => {
                if let Some(last) = list.last_mut() {
                    last.range.end = found.range().end;
                }
            }
            _ => {}
        }
    }
    Ok(list)
}

/// Reads one `moof` box that begins at byte `start` of a file of `file_len` bytes; its samples' ranges count from the file's start.
pub(crate) fn fragment(
    moof: &[u8],
    start: usize,
    file_len: usize,
    init: &Init,
) -> Result<Fragment, Error> {
    let mut budget = SAMPLES_MAX;
    let moof = Boxes::at(moof, start)
        .find_kind(*b"moof")?
        .ok_or(Error::Missing {
            kind: Kind(*b"moof"),
        })?;
    read_moof(&moof, file_len, init, &mut budget)
}

fn read_moof(
    moof: &Boxed<'_>,
    file_len: usize,
    init: &Init,
    budget: &mut usize,
) -> Result<Fragment, Error> {
    let mut fields = moof.require(*b"mfhd")?.fields();
    fields.full()?;
    let sequence = fields.u32()?;
    let mut tracks = Vec::new();
    let mut place = Place {
        moof_start: moof.start as u64,
        // Where nothing says what offsets count from, the first track counts from the moof, the others from where the data of the
        // one before end (8.8.7.1).
        implied: moof.start as u64,
        file_len,
    };
    for found in moof.children() {
        let found = found?;
        if found.kind.0 == *b"traf" {
            if tracks.len() == TRACKS_MAX {
                return Err(Error::TooMany { what: "tracks" });
            }
            tracks.push(read_traf(&found, &mut place, init, budget)?);
        }
    }
    Ok(Fragment {
        sequence,
        range: moof.range(),
        tracks,
    })
}

/// What offsets may count from.
struct Place {
    moof_start: u64,
    implied: u64,
    file_len: usize,
}

/// What `tfhd` says.
struct TrackHead {
    track_id: u32,
    /// What data offsets count from.
    base: u64,
    defaults: Defaults,
}

fn read_tfhd(tfhd: &Boxed<'_>, place: &Place, init: &Init) -> Result<TrackHead, Error> {
    let mut fields = tfhd.fields();
    let (_, flags) = fields.full()?;
    let track_id = fields.u32()?;
    let mut defaults = init
        .track(track_id)
        .ok_or(Error::UnknownTrack { track_id })?
        .defaults;
    let base = if flags & 0x01 != 0 {
        fields.u64()?
    } else if flags & 0x02_0000 != 0 {
        place.moof_start
    } else {
        place.implied
    };
    if flags & 0x02 != 0 {
        fields.u32()?;
    }
    if flags & 0x08 != 0 {
        defaults.duration = fields.u32()?;
    }
    if flags & 0x10 != 0 {
        defaults.size = fields.u32()?;
    }
    if flags & 0x20 != 0 {
        defaults.flags = fields.u32()?;
    }
    Ok(TrackHead {
        track_id,
        base,
        defaults,
    })
}

fn read_traf(
    traf: &Boxed<'_>,
    place: &mut Place,
    init: &Init,
    budget: &mut usize,
) -> Result<FragmentTrack, Error> {
    let head = read_tfhd(&traf.require(*b"tfhd")?, place, init)?;
    let base_decode_time = match traf.find(*b"tfdt")? {
        Some(tfdt) => {
            let mut fields = tfdt.fields();
            let (version, _) = fields.full()?;
            Some(if version == 1 {
                fields.u64()?
            } else {
                u64::from(fields.u32()?)
            })
        }
        None => None,
    };
    let mut samples = Vec::new();
    let mut data_at = head.base;
    for found in traf.children() {
        let found = found?;
        if found.kind.0 == *b"trun" {
            data_at = read_trun(&found, &head, data_at, place.file_len, budget, &mut samples)?;
        }
    }
    place.implied = data_at;
    Ok(FragmentTrack {
        track_id: head.track_id,
        base_decode_time,
        samples,
    })
}

/// Reads a run into `samples` and answers where the data of the next one begin unless it says.
fn read_trun(
    trun: &Boxed<'_>,
    head: &TrackHead,
    data_at: u64,
    file_len: usize,
    budget: &mut usize,
    samples: &mut Vec<ReadSample>,
) -> Result<u64, Error> {
    let outside = Error::SampleOutside {
        track_id: head.track_id,
    };
    let mut fields = trun.fields();
    let (version, flags) = fields.full()?;
    let count = fields.u32()?;
    *budget = usize::try_from(count)
        .ok()
        .and_then(|count| budget.checked_sub(count))
        .ok_or(Error::TooMany { what: "samples" })?;
    let mut at = data_at;
    if flags & 0x01 != 0 {
        let offset = i32::from_be_bytes(fields.take()?);
        at = head
            .base
            .checked_add_signed(i64::from(offset))
            .ok_or_else(|| outside.clone())?;
    }
    let mut first_flags = None;
    if flags & 0x04 != 0 {
        first_flags = Some(fields.u32()?);
    }
    for _ in 0..count {
        let duration = if flags & 0x100 != 0 {
            fields.u32()?
        } else {
            head.defaults.duration
        };
        let size = if flags & 0x200 != 0 {
            fields.u32()?
        } else {
            head.defaults.size
        };
        let own_flags = if flags & 0x400 != 0 {
            fields.u32()?
        } else {
            head.defaults.flags
        };
        let composition_offset = match (flags & 0x800 != 0, version) {
            (false, _) => 0,
            (true, 0) => i64::from(fields.u32()?),
            (true, _) => i64::from(i32::from_be_bytes(fields.take()?)),
        };
        let end = at
            .checked_add(u64::from(size))
            .ok_or_else(|| outside.clone())?;
        let range = usize::try_from(at)
            .ok()
            .zip(usize::try_from(end).ok())
            .map(|(start, end)| start..end);
        let range = range
            .filter(|range| range.end <= file_len)
            .ok_or_else(|| outside.clone())?;
        samples.push(ReadSample {
            duration,
            flags: first_flags.take().unwrap_or(own_flags),
            composition_offset,
            range,
        });
        at = end;
    }
    Ok(at)
}

//! Edit lists (ISO/IEC 14496-12, 8.6.6): where on the movie's time line a track's media lie, and what is cut off at both ends.

use super::refused::{Refused, damaged, part};
use crate::{Timestamp, fmp4::read::Boxed};

/// What an edit list comes to that only delays a track and cuts its ends off, as nearly all do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// When the track begins on the movie's time line.
    pub delay: Timestamp,
    /// Media time of what is shown first, in ticks of the track.
    pub from: i64,
    /// Media time at which showing ends, in ticks of the track; `None` where the media end.
    pub until: Option<i64>,
}

impl Edit {
    /// All of the media, from the movie's beginning.
    pub const WHOLE: Self = Self {
        delay: Timestamp::new(0, 1),
        from: 0,
        until: None,
    };

    /// Reads an `elst` box. `movie` and `media` are the ticks per second of the movie and the track.
    pub fn read(elst: &Boxed<'_>, movie: u32, media: u32, video: bool) -> Result<Self, Refused> {
        let mut fields = elst.fields();
        let (version, _) = fields.full().map_err(|_| damaged("edit list"))?;
        let count = fields.u32().map_err(|_| damaged("edit list"))?;
        let size = if version == 1 { 20 } else { 12 };
        let entries = elst.body.get(8..).unwrap_or_default().chunks_exact(size);
        if u64::from(count) > entries.len() as u64 {
            return Err(damaged("edit list"));
        }
        let refused = Refused::Edits { part: part(video) };
        let (mut delay, mut edit, mut is_over) = (0_i64, None::<Self>, false);
        for entry in entries.take(count as usize) {
            let (duration, from, rate) = read_entry(entry, version).ok_or(damaged("edit list"))?;
            if from < 0 {
                // Emptiness behind the media shows nothing.
                match &edit {
                    None => delay = delay.saturating_add_unsigned(duration),
                    Some(_) => is_over = true,
                }
                continue;
            }
            let span = Timestamp::new(i64::try_from(duration).unwrap_or(i64::MAX), movie);
            let until = (duration > 0).then(|| from.saturating_add(span.to_scale(media)));
            if rate != 0x1_0000 || is_over {
                return Err(refused);
            }
            edit = Some(match edit {
                None => Self {
                    delay: Timestamp::new(0, movie),
                    from,
                    until,
                },
                // A cut that goes on where the one before ended is none; times of the movie are coarser than the media's.
                Some(before)
                    if before
                        .until
                        .is_some_and(|end| joins(end, from, movie, media)) =>
                {
                    Self { until, ..before }
                }
                Some(_) => return Err(refused),
            });
        }
        let edit = edit.unwrap_or(Self::WHOLE);
        Ok(Self {
            delay: Timestamp::new(delay, movie),
            ..edit
        })
    }
}

fn joins(end: i64, from: i64, movie: u32, media: u32) -> bool {
    end.abs_diff(from) <= u64::from(media / movie.max(1)) + 1
}

/// Duration in ticks of the movie, media time in ticks of the track (below 0: nothing is shown), rate as 16.16.
fn read_entry(entry: &[u8], version: u8) -> Option<(u64, i64, u32)> {
    let word = |at: usize| Some(u32::from_be_bytes(*entry.get(at..)?.first_chunk()?));
    let long = |at: usize| Some(u64::from_be_bytes(*entry.get(at..)?.first_chunk()?));
    Some(if version == 1 {
        (long(0)?, long(8)?.cast_signed(), word(16)?)
    } else {
        (
            u64::from(word(0)?),
            i64::from(word(4)?.cast_signed()),
            word(8)?,
        )
    })
}

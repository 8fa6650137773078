//! Sample tables (ISO/IEC 14496-12, 8.6 and 8.7): read where they lie, one sample after the other.
//!
//! Nothing is expanded: a [`Cursor`] walks the bytes of the tables, so that a film of a million samples costs the size of its `moov` and no
//! more. Each table's count is held against the bytes of its box before anything is read.

use bytes::Bytes;

use super::refused::{Refused, damaged};
use crate::fmp4::read::Boxed;

/// One sample as its container describes it; times in ticks of the track, before edit lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub dts: i64,
    pub pts: i64,
    pub duration: u32,
    pub offset: u64,
    pub size: u32,
    pub sync: bool,
}

/// Numbers of 32 bits, side by side.
#[derive(Clone, Debug, Default)]
struct Words {
    data: Bytes,
    per_entry: usize,
}

impl Words {
    fn len(&self) -> usize {
        self.data.len() / (4 * self.per_entry.max(1))
    }

    /// The numbers of an entry.
    fn entry<const N: usize>(&self, index: usize) -> Option<[u32; N]> {
        let start = index.checked_mul(4 * N)?;
        let bytes = self.data.get(start..start.checked_add(4 * N)?)?;
        let (words, _) = bytes.as_chunks::<4>();
        let mut entry = [0; N];
        for (place, word) in entry.iter_mut().zip(words) {
            *place = u32::from_be_bytes(*word);
        }
        Some(entry)
    }
}

/// Sizes: one for all, or in fields of so many bits (8.7.3).
#[derive(Clone, Debug)]
enum Sizes {
    Same(u32),
    Each { data: Bytes, bits: u32 },
}

/// The tables of a track.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    times: Words,
    offsets: Words,
    /// `None`: every sample is a sync sample.
    sync: Option<Words>,
    chunks: Words,
    /// 4 or 8 bytes each.
    chunk_at: Words,
    sizes: Sizes,
    count: u32,
}

impl Tables {
    /// Reads an `stbl` box of `moov`. A fragmented file's tables are empty.
    pub fn read(moov: &Bytes, stbl: &Boxed<'_>) -> Result<Self, Refused> {
        let mut tables = Self {
            times: Words::default(),
            offsets: Words::default(),
            sync: None,
            chunks: Words::default(),
            chunk_at: Words::default(),
            sizes: Sizes::Same(0),
            count: 0,
        };
        for found in stbl.children() {
            let found = found.map_err(|_| damaged("sample tables"))?;
            match &found.kind.0 {
                b"stts" => tables.times = words(moov, &found, 2)?,
                b"ctts" => tables.offsets = words(moov, &found, 2)?,
                b"stss" => tables.sync = Some(words(moov, &found, 1)?),
                b"stsc" => tables.chunks = words(moov, &found, 3)?,
                b"stco" => tables.chunk_at = words(moov, &found, 1)?,
                b"co64" => tables.chunk_at = words(moov, &found, 2)?,
                b"stsz" | b"stz2" => {
                    (tables.sizes, tables.count) = sizes(moov, &found)?;
                }
                _ => {}
            }
        }
        if tables.count > 0 && (tables.times.len() == 0 || tables.chunks.len() == 0) {
            return Err(damaged("sample tables"));
        }
        Ok(tables)
    }

    /// Samples that the tables speak of.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The sample descriptions that chunks name, from 1.
    pub fn descriptions(&self) -> impl Iterator<Item = u32> + '_ {
        let entries = (0..self.chunks.len()).filter_map(|index| self.chunks.entry::<3>(index));
        entries.map(|[_, _, description]| description)
    }

    fn size(&self, index: u32) -> Option<u32> {
        match &self.sizes {
            Sizes::Same(size) => Some(*size),
            Sizes::Each { data, bits } => {
                let at = index as usize;
                Some(match bits {
                    4 => {
                        let byte = *data.get(at / 2)?;
                        u32::from(if at.is_multiple_of(2) {
                            byte >> 4
                        } else {
                            byte & 15
                        })
                    }
                    8 => u32::from(*data.get(at)?),
                    16 => u32::from(u16::from_be_bytes(*data.get(at * 2..)?.first_chunk()?)),
                    _ => u32::from_be_bytes(*data.get(at.checked_mul(4)?..)?.first_chunk()?),
                })
            }
        }
    }

    fn chunk_offset(&self, chunk: usize) -> Option<u64> {
        if self.chunk_at.per_entry == 2 {
            let [high, low] = self.chunk_at.entry::<2>(chunk)?;
            Some(u64::from(high) << 32 | u64::from(low))
        } else {
            self.chunk_at.entry::<1>(chunk).map(|[at]| u64::from(at))
        }
    }
}

/// The entries of a full box that begins with their count.
fn words(moov: &Bytes, found: &Boxed<'_>, per_entry: usize) -> Result<Words, Refused> {
    let wrong = damaged("a sample table is shorter than it says");
    let count = field(found.body, 4).ok_or_else(|| wrong.clone())?;
    let size = usize::try_from(count)
        .ok()
        .and_then(|count| count.checked_mul(4 * per_entry))
        .ok_or_else(|| wrong.clone())?;
    let data = slice(moov, found, 8, size).ok_or(wrong)?;
    Ok(Words { data, per_entry })
}

fn sizes(moov: &Bytes, found: &Boxed<'_>) -> Result<(Sizes, u32), Refused> {
    let wrong = damaged("a sample table is shorter than it says");
    let short = || wrong.clone();
    let first = field(found.body, 4).ok_or_else(short)?;
    let count = field(found.body, 8).ok_or_else(short)?;
    let bits = match (&found.kind.0, first) {
        (b"stsz", 0) => 32,
        (b"stsz", same) => return Ok((Sizes::Same(same), count)),
        (_, bits) => match bits & 0xff {
            4 => 4,
            8 => 8,
            16 => 16,
            _ => return Err(damaged("sample sizes")),
        },
    };
    let size = (u64::from(count) * u64::from(bits)).div_ceil(8);
    let size = usize::try_from(size).map_err(|_| short())?;
    let data = slice(moov, found, 12, size).ok_or_else(short)?;
    Ok((Sizes::Each { data, bits }, count))
}

fn field(body: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*body.get(at..)?.first_chunk()?))
}

/// Bytes of a box's body, shared with the `moov` that holds it.
fn slice(moov: &Bytes, found: &Boxed<'_>, skip: usize, size: usize) -> Option<Bytes> {
    let start = skip;
    let end = start.checked_add(size)?;
    found.body.get(start..end)?;
    Some(moov.slice(found.body_start + start..found.body_start + end))
}

/// Entries of a table that say something of so many samples each.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    next: usize,
    left: u32,
    value: u32,
}

impl Spread {
    /// The value for the next sample; the last one goes on where the table ends early.
    fn step(&mut self, table: &Words) -> u32 {
        while self.left == 0 {
            let Some([count, value]) = table.entry::<2>(self.next) else {
                return self.value;
            };
            self.next += 1;
            (self.left, self.value) = (count, value);
        }
        self.left -= 1;
        self.value
    }
}

/// Walks the samples of [`Tables`] in decode order. Ends with the samples or the chunks, whichever are fewer.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    tables: Tables,
    index: u32,
    dts: i64,
    times: Spread,
    offsets: Spread,
    next_sync: usize,
    /// Chunks begun so far.
    chunk: usize,
    /// The entry of `stsc` that holds.
    group: usize,
    left_in_chunk: u32,
    at: u64,
}

impl Cursor {
    pub fn new(tables: Tables) -> Self {
        Self {
            tables,
            index: 0,
            dts: 0,
            times: Spread::default(),
            offsets: Spread::default(),
            next_sync: 0,
            chunk: 0,
            group: 0,
            left_in_chunk: 0,
            at: 0,
        }
    }

    /// Enters the next chunk that holds samples.
    fn enter_chunk(&mut self) -> Option<()> {
        while self.left_in_chunk == 0 {
            self.at = self.tables.chunk_offset(self.chunk)?;
            self.chunk += 1;
            let number = u32::try_from(self.chunk).ok()?;
            while let Some([first, ..]) = self.tables.chunks.entry::<3>(self.group + 1) {
                if first > number {
                    break;
                }
                self.group += 1;
            }
            let [_, samples, _] = self.tables.chunks.entry::<3>(self.group)?;
            self.left_in_chunk = samples;
        }
        Some(())
    }

    fn is_sync(&mut self) -> bool {
        let Some(sync) = &self.tables.sync else {
            return true;
        };
        // Numbers count from 1 and rise.
        while let Some([number]) = sync.entry::<1>(self.next_sync) {
            if number > self.index {
                return number == self.index + 1;
            }
            self.next_sync += 1;
        }
        false
    }
}

impl Iterator for Cursor {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.index >= self.tables.count {
            return None;
        }
        self.enter_chunk()?;
        let size = self.tables.size(self.index)?;
        let sync = self.is_sync();
        // Writers that went back in time by a step left a difference below zero; as FFmpeg does, it counts as the least step.
        let step = self.times.step(&self.tables.times);
        let duration = if step > i32::MAX as u32 { 1 } else { step };
        let offset = if self.tables.offsets.len() == 0 {
            0
        } else {
            // Signed in version 1; and in version 0 as some writers fill it.
            i64::from(self.offsets.step(&self.tables.offsets).cast_signed())
        };
        let row = Row {
            dts: self.dts,
            pts: self.dts.saturating_add(offset),
            duration,
            offset: self.at,
            size,
            sync,
        };
        self.index += 1;
        self.left_in_chunk -= 1;
        self.dts = self.dts.saturating_add(i64::from(duration));
        self.at = self.at.saturating_add(u64::from(size));
        Some(row)
    }
}

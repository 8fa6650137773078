//! Sample tables (ISO/IEC 14496-12, 8.6 and 8.7): read where they lie, one sample after the other.
//!
//! Nothing is expanded, and nothing held but a window of each table: a [`Cursor`] walks them and says which bytes it needs next, so that a
//! film of a day costs no more memory than one of a minute. Each table's count is held against the bytes of its box before anything is read.

use bytes::Bytes;

use super::{
    Needs,
    outline::STUB_BODY,
    refused::{Refused, damaged, part},
};
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

/// Bytes of a table that are held at once. A track has six tables at most.
const TABLE_WINDOW: u64 = 64 << 10;

/// Why there is no answer yet, or none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// These bytes of a table are to be read, and given to [`Cursor::fill`].
    Needs(Needs),
    Refused(Refused),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// The entries of a table, which lie in the file, and a window of them.
#[derive(Clone, Debug, Default)]
struct Table {
    at: u64,
    len: u64,
    held_from: u64,
    held: Bytes,
    /// Numbers of 32 bits in an entry.
    per_entry: u64,
}

impl Table {
    /// Entries in it.
    fn count(&self) -> u64 {
        self.len / (4 * self.per_entry.max(1))
    }

    /// `len` bytes from `from` on, where the table has them.
    fn bytes(&self, from: u64, len: u64) -> Result<Option<&[u8]>, Stop> {
        if from.checked_add(len).is_none_or(|end| end > self.len) {
            return Ok(None);
        }
        let held = from.checked_sub(self.held_from).and_then(|skip| {
            let skip = usize::try_from(skip).ok()?;
            self.held.get(skip..)?.get(..usize::try_from(len).ok()?)
        });
        if held.is_some() {
            return Ok(held);
        }
        let ahead = TABLE_WINDOW.max(len).min(self.len - from);
        Err(Stop::Needs(Needs {
            offset: self.at + from,
            len: u32::try_from(ahead).unwrap_or(u32::MAX),
        }))
    }

    /// Takes bytes of the file, where they are its own; answers whether they were.
    fn fill(&mut self, offset: u64, bytes: &Bytes) -> bool {
        let from = offset.checked_sub(self.at).filter(|from| *from < self.len);
        if let Some(from) = from {
            self.held_from = from;
            self.held = bytes.clone();
        }
        from.is_some()
    }

    /// The numbers of an entry.
    fn entry<const N: usize>(&self, index: u64) -> Result<Option<[u32; N]>, Stop> {
        let size = 4 * N as u64;
        let Some(from) = index.checked_mul(size) else {
            return Ok(None);
        };
        Ok(self.bytes(from, size)?.map(|bytes| {
            let (words, _) = bytes.as_chunks::<4>();
            let mut entry = [0; N];
            for (place, word) in entry.iter_mut().zip(words) {
                *place = u32::from_be_bytes(*word);
            }
            entry
        }))
    }
}

/// Sizes: one for all, or in fields of so many bits (8.7.3).
#[derive(Clone, Debug)]
enum Sizes {
    Same(u32),
    Each { table: Table, bits: u64 },
}

/// The tables of a track.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    times: Table,
    offsets: Table,
    /// `None`: every sample is a sync sample.
    sync: Option<Table>,
    chunks: Table,
    /// 4 or 8 bytes each.
    chunk_at: Table,
    sizes: Sizes,
    count: u32,
}

impl Tables {
    /// Reads the `stbl` box of an [outline](super::outline). A fragmented file's tables are empty.
    pub fn read(stbl: &Boxed<'_>) -> Result<Self, Refused> {
        let mut tables = Self {
            times: Table::default(),
            offsets: Table::default(),
            sync: None,
            chunks: Table::default(),
            chunk_at: Table::default(),
            sizes: Sizes::Same(0),
            count: 0,
        };
        for found in stbl.children() {
            let found = found.map_err(|_| damaged("sample tables"))?;
            match &found.kind.0 {
                b"stts" => tables.times = table(&found, 2)?,
                b"ctts" => tables.offsets = table(&found, 2)?,
                b"stss" => tables.sync = Some(table(&found, 1)?),
                b"stsc" => tables.chunks = table(&found, 3)?,
                b"stco" => tables.chunk_at = table(&found, 1)?,
                b"co64" => tables.chunk_at = table(&found, 2)?,
                b"stsz" | b"stz2" => (tables.sizes, tables.count) = sizes(&found)?,
                _ => {}
            }
        }
        if tables.count > 0 && (tables.times.count() == 0 || tables.chunks.count() == 0) {
            return Err(damaged("sample tables"));
        }
        Ok(tables)
    }

    /// Samples that the tables speak of.
    pub fn count(&self) -> u32 {
        self.count
    }

    fn size(&self, index: u32) -> Result<Option<u32>, Stop> {
        let (table, bits) = match &self.sizes {
            Sizes::Same(size) => return Ok(Some(*size)),
            Sizes::Each { table, bits } => (table, *bits),
        };
        let at = u64::from(index) * bits;
        let bytes = table.bytes(at / 8, bits.div_ceil(8))?;
        Ok(bytes.map(|bytes| {
            let whole = bytes
                .iter()
                .fold(0, |whole, byte| whole << 8 | u32::from(*byte));
            match (bits, at % 8) {
                (4, 0) => whole >> 4,
                (4, _) => whole & 15,
                _ => whole,
            }
        }))
    }

    fn chunk_offset(&self, chunk: u32) -> Result<Option<u64>, Stop> {
        if self.chunk_at.per_entry == 2 {
            let entry = self.chunk_at.entry::<2>(chunk.into())?;
            Ok(entry.map(|[high, low]| u64::from(high) << 32 | u64::from(low)))
        } else {
            let entry = self.chunk_at.entry::<1>(chunk.into())?;
            Ok(entry.map(|[at]| at.into()))
        }
    }
}

/// The fields of a stub: where its entries lie, and how many bytes they have.
fn stub(found: &Boxed<'_>) -> Option<(u64, u64)> {
    let long = |at: usize| Some(u64::from_be_bytes(*found.body.get(at..)?.first_chunk()?));
    (found.body.len() == STUB_BODY)
        .then(|| Some((long(STUB_BODY - 16)?, long(STUB_BODY - 8)?)))
        .flatten()
}

/// A table whose entries are so many numbers each, held against the bytes that there are.
fn table(found: &Boxed<'_>, per_entry: u64) -> Result<Table, Refused> {
    let wrong = damaged("a sample table is shorter than it says");
    let (Some((at, there)), Some(count)) = (stub(found), field(found.body, 4)) else {
        return Err(wrong);
    };
    let len = u64::from(count) * 4 * per_entry;
    if len > there {
        return Err(wrong);
    }
    Ok(Table {
        at,
        len,
        per_entry,
        ..Table::default()
    })
}

fn sizes(found: &Boxed<'_>) -> Result<(Sizes, u32), Refused> {
    let wrong = || damaged("a sample table is shorter than it says");
    let (at, there) = stub(found).ok_or_else(wrong)?;
    let first = field(found.body, 4).ok_or_else(wrong)?;
    let count = field(found.body, 8).ok_or_else(wrong)?;
    let bits = match (&found.kind.0, first) {
        (b"stsz", 0) => 32,
        (b"stsz", same) => return Ok((Sizes::Same(same), count)),
        (_, bits) => match bits & 0xff {
            bits @ (4 | 8 | 16) => u64::from(bits),
            _ => return Err(damaged("sample sizes")),
        },
    };
    let len = (u64::from(count) * bits).div_ceil(8);
    if len > there {
        return Err(wrong());
    }
    let table = Table {
        at,
        len,
        ..Table::default()
    };
    Ok((Sizes::Each { table, bits }, count))
}

fn field(body: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*body.get(at..)?.first_chunk()?))
}

/// Entries of a table that say something of so many samples each.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    next: u64,
    left: u32,
    value: u32,
}

impl Spread {
    /// Finds the entry that the next sample belongs to; the last one goes on where the table ends early.
    fn settle(&mut self, table: &Table) -> Result<(), Stop> {
        while self.left == 0 {
            match table.entry::<2>(self.next)? {
                Some([count, value]) => {
                    self.next += 1;
                    (self.left, self.value) = (count, value);
                }
                None => self.left = 1,
            }
        }
        Ok(())
    }

    /// The value for the next sample, once it was found.
    fn take(&mut self) -> u32 {
        self.left = self.left.saturating_sub(1);
        self.value
    }
}

/// Walks the samples of [`Tables`] in decode order. Ends with the samples or the chunks, whichever are fewer.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    tables: Tables,
    /// The sample descriptions that are like the first one, a bit each, from bit 1 on.
    alike: u32,
    video: bool,
    index: u32,
    dts: i64,
    times: Spread,
    offsets: Spread,
    next_sync: u64,
    /// Chunks begun so far.
    chunk: u32,
    /// The entry of `stsc` that holds.
    group: u64,
    left_in_chunk: u32,
    at: u64,
}

impl Cursor {
    /// A walk from the first sample. `alike` has a bit for each sample description that is like the first one, from bit 1 on.
    pub fn new(tables: Tables, alike: u32, video: bool) -> Self {
        Self {
            tables,
            alike,
            video,
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

    /// Samples that the tables speak of.
    pub fn count(&self) -> u32 {
        self.tables.count()
    }

    /// Takes bytes that [`Cursor::step`] asked for.
    pub fn fill(&mut self, needs: Needs, bytes: &Bytes) {
        let tables = &mut self.tables;
        let sizes = match &mut tables.sizes {
            Sizes::Each { table, .. } => Some(table),
            Sizes::Same(_) => None,
        };
        let all = [
            &mut tables.times,
            &mut tables.offsets,
            &mut tables.chunks,
            &mut tables.chunk_at,
        ];
        for table in all.into_iter().chain(&mut tables.sync).chain(sizes) {
            if table.fill(needs.offset, bytes) {
                return;
            }
        }
    }

    /// The next sample. Where bytes are missing nothing has moved, and it is asked again when they are there.
    pub fn step(&mut self) -> Result<Option<Row>, Stop> {
        if self.index >= self.tables.count || !self.enter_chunk()? {
            return Ok(None);
        }
        let Some(size) = self.tables.size(self.index)? else {
            return Ok(None);
        };
        let sync = self.is_sync()?;
        self.times.settle(&self.tables.times)?;
        let has_offsets = self.tables.offsets.count() > 0;
        if has_offsets {
            self.offsets.settle(&self.tables.offsets)?;
        }
        // Writers that went back in time by a step left a difference below zero; as FFmpeg does, it counts as the least step.
        let step = self.times.take();
        let duration = if step > i32::MAX as u32 { 1 } else { step };
        // Signed in version 1; and in version 0 as some writers fill it.
        let offset = if has_offsets {
            i64::from(self.offsets.take().cast_signed())
        } else {
            0
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
        Ok(Some(row))
    }

    /// Enters the next chunk that holds samples; false where there is none.
    fn enter_chunk(&mut self) -> Result<bool, Stop> {
        while self.left_in_chunk == 0 {
            let Some(at) = self.tables.chunk_offset(self.chunk)? else {
                return Ok(false);
            };
            let number = self.chunk.saturating_add(1);
            while let Some([first, ..]) = self.tables.chunks.entry::<3>(self.group + 1)? {
                if first > number {
                    break;
                }
                self.group += 1;
            }
            let Some([_, samples, description]) = self.tables.chunks.entry::<3>(self.group)? else {
                return Ok(false);
            };
            let is_alike = description < u32::BITS && self.alike >> description & 1 == 1;
            if !is_alike {
                return Err(Stop::Refused(Refused::Changes {
                    part: part(self.video),
                }));
            }
            (self.at, self.chunk, self.left_in_chunk) = (at, number, samples);
        }
        Ok(true)
    }

    fn is_sync(&mut self) -> Result<bool, Stop> {
        let Some(sync) = &self.tables.sync else {
            return Ok(true);
        };
        // Numbers count from 1 and rise.
        while let Some([number]) = sync.entry::<1>(self.next_sync)? {
            if number > self.index {
                return Ok(number == self.index + 1);
            }
            self.next_sync += 1;
        }
        Ok(false)
    }
}

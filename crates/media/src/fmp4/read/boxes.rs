//! Boxes and their fields, whatever their meaning (ISO/IEC 14496-12, 4.2).

use std::ops::Range;

use super::{Error, Kind};

/// A box inside a file.
#[derive(Clone, Copy, Debug)]
pub struct Boxed<'a> {
    /// Its type.
    pub kind: Kind,
    /// Where its header begins, from the start of the file.
    pub start: usize,
    /// Where its body begins, from the start of the file.
    pub body_start: usize,
    /// What is inside.
    pub body: &'a [u8],
}

impl<'a> Boxed<'a> {
    /// The box with its header, as a range of the file.
    pub fn range(&self) -> Range<usize> {
        self.start..self.body_start + self.body.len()
    }

    /// The boxes inside.
    pub fn children(&self) -> Boxes<'a> {
        Boxes {
            data: self.body,
            base: self.body_start,
            at: 0,
        }
    }

    /// The first box of a type inside.
    pub(crate) fn find(&self, kind: [u8; 4]) -> Result<Option<Self>, Error> {
        self.children().find_kind(kind)
    }

    pub(crate) fn require(&self, kind: [u8; 4]) -> Result<Self, Error> {
        self.find(kind)?.ok_or(Error::Missing { kind: Kind(kind) })
    }

    pub(crate) fn fields(&self) -> Fields<'a> {
        Fields {
            left: self.body,
            short: Error::Short {
                kind: self.kind,
                at: self.start,
            },
        }
    }
}

/// Walks boxes side by side; ends after the first error.
#[derive(Clone, Debug)]
pub struct Boxes<'a> {
    data: &'a [u8],
    base: usize,
    at: usize,
}

impl<'a> Boxes<'a> {
    /// The boxes of a file.
    pub fn new(file: &'a [u8]) -> Self {
        Self {
            data: file,
            base: 0,
            at: 0,
        }
    }

    /// The boxes of a piece of a file that begins at byte `base` of it.
    pub(crate) fn at(piece: &'a [u8], base: usize) -> Self {
        Self {
            data: piece,
            base,
            at: 0,
        }
    }

    /// The same boxes after `skipped` bytes of fields that precede them.
    pub(crate) fn after(mut self, skipped: usize) -> Self {
        self.at = skipped;
        self
    }

    pub(crate) fn find_kind(self, kind: [u8; 4]) -> Result<Option<Boxed<'a>>, Error> {
        for found in self {
            let found = found?;
            if found.kind.0 == kind {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn step(&self, rest: &'a [u8]) -> Option<Boxed<'a>> {
        let size = u32::from_be_bytes(*rest.first_chunk()?);
        let kind = Kind(*rest.get(4..)?.first_chunk()?);
        let (header, size) = match size {
            0 => (8, rest.len()),
            1 => (
                16,
                usize::try_from(u64::from_be_bytes(*rest.get(8..)?.first_chunk()?)).ok()?,
            ),
            size => (8, usize::try_from(size).ok()?),
        };
        let start = self.base + self.at;
        Some(Boxed {
            kind,
            start,
            body_start: start.checked_add(header)?,
            body: rest.get(header..size)?,
        })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Boxed<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.data.get(self.at..).filter(|rest| !rest.is_empty())?;
        let found = self.step(rest);
        self.at = match &found {
            Some(found) => found.range().end - self.base,
            None => {
                let at = self.base + self.at;
                self.at = self.data.len();
                return Some(Err(Error::BoxSize { at }));
            }
        };
        found.map(Ok)
    }
}

/// The fields of a box, in order.
pub(crate) struct Fields<'a> {
    left: &'a [u8],
    short: Error,
}

impl<'a> Fields<'a> {
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self
            .left
            .split_first_chunk()
            .ok_or_else(|| self.short.clone())?;
        self.left = tail;
        Ok(*head)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Error> {
        self.left = self.left.get(count..).ok_or_else(|| self.short.clone())?;
        Ok(())
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.take().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.take().map(u64::from_be_bytes)
    }

    /// Version and flags.
    pub(crate) fn full(&mut self) -> Result<(u8, u32), Error> {
        let word = self.u32()?;
        Ok((word.to_be_bytes()[0], word & 0x00ff_ffff))
    }
}

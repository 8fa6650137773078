//! The few pieces of the file that are held, and the one that is wanted next.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{Needs, refused::Refused};

/// Pieces held at once: one for each of picture, sound and boxes, and one to spare, for files that keep them apart.
const WINDOWS: usize = 4;
/// Bytes that pieces beside the newest have together. Closes: four pieces, each as large as the largest frame.
const HELD_BYTES_MAX: usize = 8 << 20;
/// A frame that takes less than this share of its piece is copied out of it. Closes: a frame of ten bytes that keeps a megabyte in
/// memory for as long as it lives.
const SHARE: usize = 4;

/// What was read of the file.
#[derive(Debug)]
pub(super) struct Windows {
    len: u64,
    held: VecDeque<(u64, Bytes)>,
    pending: Option<Needs>,
}

impl Windows {
    pub fn new(len: u64) -> Self {
        Self {
            len,
            held: VecDeque::new(),
            pending: None,
        }
    }

    /// What is waited for.
    pub fn pending(&self) -> Option<Needs> {
        self.pending
    }

    /// These bytes, where they are held; `None` asks for them, and for up to `ahead` bytes with them.
    pub fn want(&mut self, offset: u64, len: u32, ahead: u32) -> Result<Option<Bytes>, Refused> {
        let end = offset.saturating_add(u64::from(len));
        if end > self.len {
            return Err(Refused::CutShort {
                expected: end,
                len: self.len,
            });
        }
        let inside = |(start, bytes): &(u64, Bytes)| {
            let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
            let to = from.checked_add(usize::try_from(len).ok()?)?;
            (to <= bytes.len()).then_some(from..to)
        };
        let found = (self.held.iter().enumerate())
            .find_map(|(index, window)| inside(window).map(|range| (index, range)));
        let Some((index, range)) = found else {
            let left = self.len - offset;
            let most = u64::from(len.max(ahead)).min(left);
            self.pending = Some(Needs {
                offset,
                len: u32::try_from(most).unwrap_or(u32::MAX),
            });
            return Ok(None);
        };
        // The one used last is the last to go.
        let Some(window) = self.held.remove(index) else {
            return Ok(None);
        };
        let bytes = if range.len() * SHARE < window.1.len() {
            Bytes::copy_from_slice(window.1.get(range).unwrap_or_default())
        } else {
            window.1.slice(range)
        };
        self.held.push_back(window);
        Ok(Some(bytes))
    }

    /// These bytes, where they were asked for just now, and forgets them; `None` asks for them.
    pub fn take(&mut self, needs: Needs) -> Result<Option<Bytes>, Refused> {
        let newest = self.held.back();
        let is_there = newest.is_some_and(|(start, bytes)| {
            *start == needs.offset && bytes.len() as u64 == u64::from(needs.len)
        });
        if is_there {
            return Ok(self.held.pop_back().map(|(_, bytes)| bytes));
        }
        let end = needs.offset.saturating_add(needs.len.into());
        if end > self.len {
            return Err(Refused::CutShort {
                expected: end,
                len: self.len,
            });
        }
        self.pending = Some(needs);
        Ok(None)
    }

    /// Takes the bytes that were asked for.
    pub fn receive(&mut self, bytes: Bytes) -> Result<(), Refused> {
        let Some(needs) = self.pending.take() else {
            return Ok(());
        };
        let wanted = usize::try_from(needs.len).unwrap_or(usize::MAX);
        if bytes.len() < wanted {
            return Err(Refused::CutShort {
                expected: needs.offset.saturating_add(u64::from(needs.len)),
                len: needs.offset.saturating_add(bytes.len() as u64),
            });
        }
        let held = |held: &VecDeque<(u64, Bytes)>| -> usize {
            held.iter().map(|(_, bytes)| bytes.len()).sum()
        };
        while self.held.len() >= WINDOWS || held(&self.held) > HELD_BYTES_MAX {
            self.held.pop_front();
        }
        self.held.push_back((needs.offset, bytes.slice(..wanted)));
        Ok(())
    }

    /// Forgets everything that is held.
    pub fn clear(&mut self) {
        self.held.clear();
    }
}

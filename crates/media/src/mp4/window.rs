//! The few pieces of the file that are held, and the one that is wanted next.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{Needs, refused::Refused};

/// Pieces held at once: one for each of picture, sound and boxes, and one to spare, for files that keep them apart.
const WINDOWS: usize = 4;
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
        if self.held.len() == WINDOWS {
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

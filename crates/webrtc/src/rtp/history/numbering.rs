//! One viewer's sequence numbers.

/// Which sequence number of a viewer stands for which index of the [`super::History`]: an offset, from where it holds on.
///
/// Numbers have no gaps where packets are left out on purpose ([`Numbering::skip_to`]), since a gap is loss to the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// The offset holds from this index on.
    first: u64,
    sequence_of_first: u16,
    /// One past the highest index that was numbered.
    next: u64,
}

impl Numbering {
    /// The first packet will be `index`, with this sequence number: a random one, below 2^15 (see
    /// [`crate::srtp::Sender::protect`]).
    pub const fn new(sequence: u16, index: u64) -> Self {
        Self {
            first: index,
            sequence_of_first: sequence,
            next: index,
        }
    }

    /// The sequence number for `index`, which counts as sent from now on; `None` for one before the first.
    ///
    /// Indices may be passed over: the player then asks for what is missing.
    pub fn number(&mut self, index: u64) -> Option<u16> {
        let ahead = index.checked_sub(self.first)?;
        self.next = self.next.max(index.saturating_add(1));
        Some(self.sequence_of_first.wrapping_add(ahead as u16))
    }

    /// Goes on with `index` under the next number, leaving out what lies between. What was sent before can no longer be asked
    /// for. Without effect where `index` is the next one, or lies behind.
    pub fn skip_to(&mut self, index: u64) {
        if index > self.next {
            *self = Self::new(self.next_sequence(), index);
        }
    }

    /// Takes the next number for a packet that is not in the history. What was sent before can no longer be asked for.
    pub fn take(&mut self) -> u16 {
        let sequence = self.next_sequence();
        *self = Self::new(sequence.wrapping_add(1), self.next);
        sequence
    }

    /// The index of the packet that was sent under this number, taking it as one of the last 32,768.
    ///
    /// `None` where no such was sent since the offset holds: outside bytes may name any number.
    pub fn index(&self, sequence: u16) -> Option<u64> {
        let newest = self
            .next
            .checked_sub(1)
            .filter(|index| *index >= self.first)?;
        let behind = self.next_sequence().wrapping_sub(1).wrapping_sub(sequence);
        if behind >= 0x8000 {
            return None;
        }
        newest
            .checked_sub(u64::from(behind))
            .filter(|index| *index >= self.first)
    }

    fn next_sequence(&self) -> u16 {
        let ahead = self.next.saturating_sub(self.first);
        self.sequence_of_first.wrapping_add(ahead as u16)
    }
}

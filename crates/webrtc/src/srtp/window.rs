//! The replay list of one source as a sliding window (RFC 3711, 3.3.2).

use super::Refused;

/// Packets that may arrive late and still count. The RFC asks for at least 64.
pub(super) const WINDOW: u64 = 128;

/// Which of the last [`WINDOW`] indices were received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    highest: u64,
    /// Bit n: `highest - n` was received.
    seen: u128,
}

impl Window {
    /// A window whose first packet, found authentic, has this index.
    pub(super) fn new(index: u64) -> Self {
        Self {
            highest: index,
            seen: 1,
        }
    }

    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether a packet with this index could be new. Asked before the packet is authenticated: changes nothing.
    pub(super) fn check(&self, index: u64) -> Result<(), Refused> {
        match self.highest.checked_sub(index) {
            None => Ok(()),
            Some(behind) if behind >= WINDOW => Err(Refused::Late),
            Some(behind) if self.seen >> behind & 1 == 1 => Err(Refused::Replayed),
            Some(_) => Ok(()),
        }
    }

    /// Notes a packet that was found authentic.
    pub(super) fn accept(&mut self, index: u64) {
        if let Some(behind) = self.highest.checked_sub(index) {
            if behind < WINDOW {
                self.seen |= 1 << behind;
            }
            return;
        }
        let ahead = index - self.highest;
        self.seen = if ahead < WINDOW {
            self.seen << ahead | 1
        } else {
            1
        };
        self.highest = index;
    }
}

//! What a stream has sent, kept for a while to be sent again.
//!
//! One [`History`] a stream, whatever the number of viewers: a packet has a running index, and a viewer's [`Numbering`] says
//! which of its sequence numbers stands for which index. [`Rate`] bounds what one viewer may have sent again.

mod numbering;
mod rate;

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

pub use numbering::Numbering;
pub use rate::Rate;

use super::Packet;

/// Bounds of a [`History`]; whichever is reached first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Packets; taken into 1 to 16,384, half of what sequence numbers can tell apart.
    pub packets_max: usize,
    /// Bytes of payload. Frames are freed as wholes, so that up to one frame more may be held.
    pub bytes_max: usize,
    /// Age. Older packets come too late for any player.
    pub age_max: Duration,
}

impl Default for Limits {
    /// A second and a group of pictures at usual rates: 8,192 packets, 8 MiB, 5 s.
    fn default() -> Self {
        Self {
            packets_max: 8_192,
            bytes_max: 8 << 20,
            age_max: Duration::from_secs(5),
        }
    }
}

/// A packet that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What was sent.
    pub packet: Packet,
    /// RTP time of the stream, which a viewer's own may differ from by an offset.
    pub timestamp: u32,
    /// When it was pushed.
    pub at: Duration,
}

/// The packets of a stream in order, the newest within [`Limits`].
#[derive(Clone, Debug)]
pub struct History {
    limits: Limits,
    packets: VecDeque<Sent>,
    bytes: usize,
    /// Index of the next packet.
    next: u64,
}

impl History {
    /// An empty one, whose first packet will have index 0.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits {
                packets_max: limits.packets_max.clamp(1, 16_384),
                ..limits
            },
            packets: VecDeque::new(),
            bytes: 0,
            next: 0,
        }
    }

    /// Keeps a packet and answers its running index. `now` as in all calls since an arbitrary start.
    pub fn push(&mut self, now: Duration, timestamp: u32, packet: Packet) -> u64 {
        self.bytes = self.bytes.saturating_add(packet.len());
        self.packets.push_back(Sent {
            packet,
            timestamp,
            at: now,
        });
        let index = self.next;
        self.next += 1;
        self.handle_timeout(now);
        index
    }

    /// Frees what is too old. To be called now and then while nothing is pushed; [`History::push`] does it too.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some(oldest) = self.packets.front() {
            let keep = self.packets.len() <= self.limits.packets_max
                && self.bytes <= self.limits.bytes_max
                && now.saturating_sub(oldest.at) <= self.limits.age_max;
            if keep {
                return;
            }
            self.bytes = self.bytes.saturating_sub(oldest.packet.len());
            self.packets.pop_front();
        }
    }

    /// The packet with this index, while it is kept.
    pub fn find(&self, index: u64) -> Option<&Sent> {
        let offset = index.checked_sub(self.oldest())?;
        self.packets.get(usize::try_from(offset).ok()?)
    }

    /// Index of the oldest packet kept; [`History::next`] where there is none.
    pub fn oldest(&self) -> u64 {
        self.next - self.packets.len() as u64
    }

    /// Index that the next packet will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Bytes of payload kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

//! Measured bit rates, for BANDWIDTH and AVERAGE-BANDWIDTH (RFC 8216bis, 4.4.6.2): peaks count over stretches of at least half a
//! target duration.

/// The highest rate over stretches of at least half a target duration.
#[derive(Debug, Default)]
pub(super) struct Peak {
    bytes: u64,
    us: u64,
    pub bits_per_s: u64,
}

impl Peak {
    /// Adds a segment; a stretch is judged once it is half a target duration long.
    pub(super) fn segment(&mut self, bytes: u64, us: u64, target_us: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.us = self.us.saturating_add(us);
        if self.us * 2 >= target_us {
            self.bits_per_s = self.bits_per_s.max(rate(self.bytes, self.us));
            (self.bytes, self.us) = (0, 0);
        }
    }
}

/// Bits a second.
pub(super) fn rate(bytes: u64, us: u64) -> u64 {
    let bits = u128::from(bytes) * 8_000_000;
    u64::try_from(bits / u128::from(us.max(1))).unwrap_or(u64::MAX)
}

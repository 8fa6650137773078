//! A cap on what one viewer may have sent again.

use std::time::Duration;

/// A token bucket in bytes. Closes: a viewer that asks for everything again, or a thousand times for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    bytes_per_second: u32,
    burst_bytes: u32,
    /// What may be sent now, in millionths of a byte.
    credit: u64,
    at: Duration,
}

const MILLION: u64 = 1_000_000;

impl Rate {
    /// A full bucket of `burst_bytes` that fills by `bytes_per_second`.
    pub fn new(bytes_per_second: u32, burst_bytes: u32, now: Duration) -> Self {
        Self {
            bytes_per_second,
            burst_bytes,
            credit: u64::from(burst_bytes) * MILLION,
            at: now,
        }
    }

    /// Takes `bytes` where they are there; otherwise nothing, and the packet is not to be sent. Time that goes backwards counts
    /// as standing still.
    pub fn take(&mut self, now: Duration, bytes: usize) -> bool {
        let passed = now.saturating_sub(self.at).as_micros();
        self.at = self.at.max(now);
        let full = u64::from(self.burst_bytes) * MILLION;
        // A byte a second is a millionth of a byte a microsecond.
        let gained = u64::try_from(passed)
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::from(self.bytes_per_second));
        self.credit = self.credit.saturating_add(gained).min(full);
        let wanted = u64::try_from(bytes)
            .unwrap_or(u64::MAX)
            .saturating_mul(MILLION);
        match self.credit.checked_sub(wanted) {
            Some(left) => {
                self.credit = left;
                true
            }
            None => false,
        }
    }
}

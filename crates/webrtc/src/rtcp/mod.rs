//! RTCP: reports we send, reports and feedback we read.
//!
//! RFC 3550 6.4 to 6.6 (SR, RR, SDES, BYE), RFC 4585 6.2.1 and 6.3.1 (NACK, PLI), RFC 5104 4.3.1 (FIR), RFC 5506 (packets
//! without a report in front are taken). When to report is the caller's to decide. Statistics of what we receive are not here.

mod read;
mod write;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use read::{Compound, Error, Event, Events, LOST_MAX, Lost, ReportBlock};
pub use write::{BYE_SOURCES_MAX, Cname, SenderReport, write_bye, write_sender_report};

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
/// Transport layer feedback, RFC 4585 6.2.
const RTPFB: u8 = 205;
/// Payload-specific feedback, RFC 4585 6.3.
const PSFB: u8 = 206;

/// Wall time as NTP counts it: seconds since 1900 above 32 bits of fraction (RFC 3550, 4). The seconds wrap in 2036.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ntp(pub u64);

impl Ntp {
    /// From the time since 1970.
    pub fn from_unix(since_1970: Duration) -> Self {
        /// Seconds from 1900 to 1970: 70 years with 17 leap days.
        const TO_1970: u64 = 2_208_988_800;
        let seconds = since_1970.as_secs().wrapping_add(TO_1970);
        let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
        Self(seconds << 32 | fraction)
    }

    /// The middle 32 bits, which reports carry back (RFC 3550, 6.4.1).
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }
}

/// Round-trip time from a report block that arrived at `now`, by the clock our sender reports are stamped with (RFC 3550,
/// 6.4.1).
///
/// `None` where the peer has no report of ours yet, or claims times that cannot be.
pub fn round_trip(now: Ntp, block: &ReportBlock) -> Option<Duration> {
    if block.last_sender_report == 0 {
        return None;
    }
    let since_report = now.middle().wrapping_sub(block.last_sender_report);
    // What seems to come from the future is a false or stale claim.
    let units = since_report
        .checked_sub(block.delay)
        .filter(|units| *units < 1 << 31)?;
    let micros = u64::from(units) * 1_000_000 / 65_536;
    Some(Duration::from_micros(micros))
}

//! What a publisher sends, measured over the last seconds.
//!
//! A frame costs the same however many came before it: sums are kept, and what leaves the look-back is taken out of them.

use std::{collections::VecDeque, time::Duration};

use media::{Frame, TrackId};

/// How far back rates look.
const LOOK_BACK: Duration = Duration::from_secs(4);
/// Shortest span that a rate is told over, so that the first frames of a publish are no peak.
const SPAN_MIN: Duration = Duration::from_millis(500);
/// Arrivals remembered; bounds what a flood of frames costs.
const ARRIVALS_MAX: usize = 2048;
/// A picture rate of media time is told as long as the last picture is younger than this; after it, what arrives counts.
const PICTURES_STOPPED: Duration = Duration::from_secs(1);
/// Picture rates that are told, frames per second; others come of broken timestamps.
const FRAME_RATES: std::ops::RangeInclusive<f64> = 0.1..=1000.0;

/// Rates of a running publish.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    arrivals: VecDeque<Arrival>,
    /// Bytes of the arrivals.
    recent_bytes: u64,
    /// Pictures among the arrivals.
    recent_pictures: u32,
    last_picture: Option<Arrival>,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Arrival {
    at: Duration,
    bytes: u32,
    /// Decode time in microseconds, of a picture.
    picture_us: Option<i64>,
}

/// A reading of the rates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) bit_rate: u64,
    pub(crate) frame_rate: Option<f64>,
    /// Bytes of media in all.
    pub(crate) bytes: u64,
}

impl Rates {
    /// Fresh rates for the same broadcast: bytes go on, rates begin anew.
    pub(crate) fn resumed(&self) -> Self {
        Self {
            bytes: self.bytes,
            ..Self::default()
        }
    }

    /// Timestamps jumped: nothing is measured across that.
    pub(crate) fn forget_times(&mut self) {
        for arrival in &mut self.arrivals {
            self.recent_pictures -= u32::from(arrival.picture_us.take().is_some());
        }
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, now: Duration, frame: &Frame) {
        let bytes = u32::try_from(frame.data.len()).unwrap_or(u32::MAX);
        self.bytes += u64::from(bytes);
        let picture_us = (frame.track == TrackId::VIDEO).then(|| frame.dts.as_micros());
        let arrival = Arrival {
            at: now,
            bytes,
            picture_us,
        };
        self.recent_bytes += u64::from(bytes);
        self.recent_pictures += u32::from(picture_us.is_some());
        self.arrivals.push_back(arrival);
        self.expire(now);
        if picture_us.is_some() {
            self.last_picture = Some(arrival);
        }
    }

    /// Lets go of what is too old to count.
    fn expire(&mut self, now: Duration) {
        while self.arrivals.len() > ARRIVALS_MAX
            || self
                .arrivals
                .front()
                .is_some_and(|arrival| arrival.at + LOOK_BACK < now)
        {
            let Some(gone) = self.arrivals.pop_front() else {
                return;
            };
            self.recent_bytes -= u64::from(gone.bytes);
            self.recent_pictures -= u32::from(gone.picture_us.is_some());
        }
    }

    /// The rates at this moment.
    pub(crate) fn read(&mut self, now: Duration) -> Reading {
        self.expire(now);
        let span = self
            .arrivals
            .front()
            .map_or(SPAN_MIN, |first| now.saturating_sub(first.at))
            .clamp(SPAN_MIN, LOOK_BACK)
            .as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "rates are positive and far below the bounds"
        )]
        let bit_rate = (self.recent_bytes as f64 * 8.0 / span) as u64;
        Reading {
            bit_rate,
            frame_rate: self.frame_rate(now, span),
            bytes: self.bytes,
        }
    }

    /// Pictures per second, rounded to tenths. By their own times, which the network does not blur; by their arrival once
    /// they have stopped, so that the rate falls.
    fn frame_rate(&self, now: Duration, span: f64) -> Option<f64> {
        let last = self.last_picture?;
        let rate = if now.saturating_sub(last.at) < PICTURES_STOPPED {
            let first_us = self.arrivals.iter().find_map(|a| a.picture_us)?;
            let steps = self.recent_pictures.checked_sub(1)?;
            f64::from(steps) / seconds(last.picture_us?.saturating_sub(first_us))
        } else {
            f64::from(self.recent_pictures) / span
        };
        let rate = (rate * 10.0).round() / 10.0;
        (FRAME_RATES.contains(&rate) || rate == 0.0).then_some(rate)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of an interval fit"
)]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::Timestamp;

    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn picture(ms: u64) -> Frame {
        let dts = Timestamp::from_ms(i64::try_from(ms).unwrap());
        Frame {
            track: TrackId::VIDEO,
            dts,
            pts: dts,
            key: false,
            data: Bytes::from(vec![0; 1000]),
        }
    }

    #[test]
    fn rates_follow_what_was_sent() {
        let mut rates = Rates::default();
        for n in 0..300 {
            rates.frame(at(n * 40), &picture(n * 40));
        }
        let reading = rates.read(at(299 * 40));
        assert!(
            (190_000..=210_000).contains(&reading.bit_rate),
            "{reading:?}"
        );
        assert_eq!(reading.frame_rate, Some(25.0));
        assert_eq!(reading.bytes, 300_000);
    }

    #[test]
    fn rates_fall_when_nothing_comes_any_more() {
        let mut rates = Rates::default();
        for n in 0..300 {
            rates.frame(at(n * 40), &picture(n * 40));
        }
        let half = rates.read(at(12_000 + 2000));
        assert!(half.frame_rate.unwrap() < 15.0, "{half:?}");
        let none = rates.read(at(12_000 + 5000));
        assert_eq!((none.bit_rate, none.frame_rate), (0, Some(0.0)));
    }

    #[test]
    fn frame_rate_is_that_of_the_pictures_own_times_whatever_the_network_does() {
        let mut rates = Rates::default();
        for n in 0..600u64 {
            let sent = n * 1001 / 30;
            // Arrives in clumps of a fifth of a second.
            rates.frame(at(sent / 200 * 200), &picture(sent));
        }
        assert_eq!(rates.read(at(20_000)).frame_rate, Some(30.0));
    }
}

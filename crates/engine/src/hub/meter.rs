//! What a publisher sends, measured over the last seconds.

use std::{collections::VecDeque, time::Duration};

use media::{Frame, TrackId};

/// How far back rates look.
const LOOK_BACK: Duration = Duration::from_secs(4);
/// Arrivals remembered; bounds what a flood of frames costs.
const ARRIVALS_MAX: usize = 2048;

/// Rates of a running publish.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    arrivals: VecDeque<(Duration, u32, bool)>,
    bytes: u64,
    last_key: Option<i64>,
    key_interval_us: Option<i64>,
    last_frame: Option<i64>,
    pub(crate) audio_seen: bool,
    pub(crate) reordered: bool,
}

/// A reading of the meter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) bit_rate: u64,
    pub(crate) frame_rate: Option<f64>,
    /// The interval between the last two key frames, or since the last one where that is longer.
    pub(crate) key_frame_interval_s: Option<f64>,
    /// Bytes of media in all.
    pub(crate) bytes: u64,
}

impl Meter {
    /// A fresh meter for the same broadcast: bytes go on, rates begin anew.
    pub(crate) fn resumed(&self) -> Self {
        Self {
            bytes: self.bytes,
            ..Self::default()
        }
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, now: Duration, frame: &Frame) {
        let bytes = u32::try_from(frame.data.len()).unwrap_or(u32::MAX);
        self.bytes += u64::from(bytes);
        let video = frame.track == TrackId::VIDEO;
        self.arrivals.push_back((now, bytes, video));
        while self.arrivals.len() > ARRIVALS_MAX
            || self
                .arrivals
                .front()
                .is_some_and(|(at, ..)| *at + LOOK_BACK < now)
        {
            self.arrivals.pop_front();
        }
        if !video {
            self.audio_seen = true;
            return;
        }
        let at = frame.dts.as_micros();
        self.reordered |= frame.pts.as_micros() > at + 1000;
        self.last_frame = Some(at);
        if frame.key {
            if let Some(last) = self.last_key {
                self.key_interval_us = Some(at.saturating_sub(last)).filter(|us| *us > 0);
            }
            self.last_key = Some(at);
        }
    }

    /// The rates at this moment.
    pub(crate) fn read(&self, now: Duration) -> Reading {
        let recent = self
            .arrivals
            .iter()
            .filter(|(at, ..)| *at + LOOK_BACK >= now);
        let (bytes, pictures) = recent.fold((0u64, 0u32), |(b, p), (_, bytes, video)| {
            (b + u64::from(*bytes), p + u32::from(*video))
        });
        let span = self
            .arrivals
            .front()
            .map_or(0.0, |(at, ..)| now.saturating_sub(*at).as_secs_f64())
            .clamp(0.5, 4.0);
        let since_key = match (self.last_frame, self.last_key) {
            (Some(frame), Some(key)) => Some(frame.saturating_sub(key)),
            _ => None,
        };
        let interval = self
            .key_interval_us
            .max(since_key.filter(|us| *us > 1_000_000 || self.key_interval_us.is_none()));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rates are positive and far below the bounds"
        )]
        let bit_rate = (bytes as f64 * 8.0 / span) as u64;
        #[expect(
            clippy::cast_precision_loss,
            reason = "microseconds of an interval fit"
        )]
        let key_frame_interval_s = interval.filter(|us| *us > 0).map(|us| us as f64 / 1e6);
        Reading {
            bit_rate,
            frame_rate: (pictures > 1).then(|| (f64::from(pictures) / span * 10.0).round() / 10.0),
            key_frame_interval_s,
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::Timestamp;

    use super::*;

    #[test]
    fn rates_follow_what_was_sent() {
        let mut meter = Meter::default();
        for n in 0..300u32 {
            let at = Timestamp::from_ms(i64::from(n) * 40);
            let frame = Frame {
                track: TrackId::VIDEO,
                dts: at,
                pts: at,
                key: n % 50 == 0,
                data: Bytes::from(vec![0; 1000]),
            };
            meter.frame(Duration::from_millis(u64::from(n) * 40), &frame);
        }
        let reading = meter.read(Duration::from_millis(299 * 40));
        assert!(
            (190_000..=210_000).contains(&reading.bit_rate),
            "{reading:?}"
        );
        assert!(
            (reading.frame_rate.unwrap() - 25.0).abs() < 0.5,
            "{reading:?}"
        );
        assert_eq!(reading.key_frame_interval_s, Some(2.0));
        assert_eq!(reading.bytes, 300_000);
    }
}

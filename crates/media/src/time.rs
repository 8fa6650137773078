//! Media time: a count of ticks with the length of a tick.

/// A moment on a stream's media time line: `ticks / scale` seconds. May be negative (priming, reordering).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    ticks: i64,
    scale: u32,
}

impl Timestamp {
    /// `ticks` of `1 / scale` seconds each; a `scale` of 0 is taken as 1.
    pub const fn new(ticks: i64, scale: u32) -> Self {
        Self {
            ticks,
            scale: if scale == 0 { 1 } else { scale },
        }
    }

    /// Milliseconds, the unit of RTMP.
    pub const fn from_ms(ms: i64) -> Self {
        Self::new(ms, 1000)
    }

    /// The count of ticks.
    pub const fn ticks(self) -> i64 {
        self.ticks
    }

    /// Ticks per second, at least 1.
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// The same moment counted in `1 / scale` seconds, rounded to the nearest tick (half away from zero), saturating.
    pub fn to_scale(self, scale: u32) -> i64 {
        if scale == self.scale {
            return self.ticks;
        }
        let wide = i128::from(self.ticks) * i128::from(scale.max(1));
        let unit = i128::from(self.scale);
        let half = if wide < 0 { -(unit / 2) } else { unit / 2 };
        i64::try_from((wide + half) / unit).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
    }

    /// Whole microseconds, rounded.
    pub fn as_micros(self) -> i64 {
        self.to_scale(1_000_000)
    }
}

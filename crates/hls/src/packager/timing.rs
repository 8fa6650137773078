//! Frame timing: which rate the first pictures have, the part target that suits it, and whether a promise holds.
//!
//! RTMP rounds time stamps to milliseconds, so a constant rate shows as steps of 33 and 34 ms. The declared rate of
//! the SPS counts only where the frames agree with it: encoders declare 60 and send 30.

use crate::Settings;

/// Ticks a second of the picture time line.
pub(super) const VIDEO_SCALE: u32 = 90_000;

/// What the part target rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Pictures at this constant rate: `num` frames in `den` seconds.
    Constant {
        /// Frames.
        num: u32,
        /// Seconds.
        den: u32,
    },
    /// Pictures at no constant rate.
    Variable,
    /// Sound alone: frames of `samples` at `rate` samples a second.
    Sound {
        /// Samples a second.
        rate: u32,
        /// Samples a frame.
        samples: u32,
    },
}

/// Rates that cameras and encoders use; whole ones first, since a few frames cannot tell 30 from 29.97.
const COMMON: [(u32, u32); 18] = [
    (30, 1),
    (25, 1),
    (60, 1),
    (50, 1),
    (24, 1),
    (30_000, 1001),
    (60_000, 1001),
    (24_000, 1001),
    (15, 1),
    (20, 1),
    (48, 1),
    (10, 1),
    (12, 1),
    (120, 1),
    (100, 1),
    (90, 1),
    (5, 1),
    (1, 1),
];

/// Residual within which two rates fit equally well: rounding to milliseconds, both ways.
const ROUNDING_TICKS: i64 = 135;

/// Fewer pictures fit some rate by chance, if they may stray by more than rounding.
const TELLING: usize = 6;

impl Timing {
    /// Judges decode times (90 kHz, in order) of the first pictures, and the rate that their SPS declares.
    pub(super) fn measure(declared: Option<(u32, u32)>, dts: &[i64]) -> Self {
        let declared = declared.filter(|&(num, den)| num > 0 && den > 0);
        if dts.len() < 2 {
            return declared.map_or(Self::Variable, |(num, den)| Self::Constant { num, den });
        }
        let fit = |num, den| {
            spread(num, den, dts)
                .filter(|&spread| spread <= 2 * ROUNDING_TICKS || dts.len() >= TELLING)
        };
        let mut best: Option<(i64, (u32, u32))> = None;
        for (num, den) in COMMON {
            if let Some(spread) = fit(num, den)
                && best.is_none_or(|(least, _)| spread + ROUNDING_TICKS < least)
            {
                best = Some((spread, (num, den)));
            }
        }
        // What is declared counts unless another rate fits far better: 24 frames a second also lie near the grid of 25.
        if let Some((num, den)) = declared
            && let Some(spread) = fit(num, den)
            && best.is_none_or(|(least, _)| spread <= 2 * least + ROUNDING_TICKS)
        {
            return Self::Constant { num, den };
        }
        if let Some((_, (num, den))) = best {
            return Self::Constant { num, den };
        }
        Self::uncommon(dts).unwrap_or(Self::Variable)
    }

    /// A constant rate that is none of the common ones, such as 27 frames a second.
    fn uncommon(dts: &[i64]) -> Option<Self> {
        let (first, last) = (*dts.first()?, *dts.last()?);
        let steps = i64::try_from(dts.len()).ok()? - 1;
        if steps < 5 {
            return None;
        }
        let step = u32::try_from(last.checked_sub(first)? / steps).ok()?;
        let plausible = (VIDEO_SCALE / 240..=VIDEO_SCALE).contains(&step);
        let fits = plausible && spread(VIDEO_SCALE, step, dts)? <= 2 * ROUNDING_TICKS;
        fits.then_some(Self::Constant {
            num: VIDEO_SCALE,
            den: step,
        })
    }

    /// The part target in microseconds for this timing.
    pub(super) fn part_target_us(self, settings: &Settings) -> u64 {
        let wish = u64::from(settings.part_ms) * 1000;
        let most = settings.target_us();
        let target = match self {
            Self::Constant { num, den } => whole_frames_us(wish, num, den, VIDEO_SCALE),
            Self::Sound { rate, samples } => whole_frames_us(wish, rate, samples, rate),
            Self::Variable => u64::from(settings.variable_part_ms) * 1000,
        };
        target.min(most)
    }

    /// Whether parts of whole frames at this timing stay within `target_us` and reach 85 % of it.
    pub(super) fn holds(self, target_us: u64, settings: &Settings) -> bool {
        let (num, den) = match self {
            Self::Constant { num, den } => (num, den),
            Self::Sound { rate, samples } => (rate, samples),
            Self::Variable => return target_us * 10 >= u64::from(settings.variable_part_ms) * 9000,
        };
        // One microsecond is what rounding a target up may have added.
        let frames = target_us.saturating_mul(u64::from(num)) / (u64::from(den).max(1) * 1_000_000);
        let length_us = frames
            .saturating_mul(u64::from(den))
            .saturating_mul(1_000_000)
            / u64::from(num).max(1);
        frames >= 1 && length_us * 100 >= target_us * 85
    }
}

/// The number of whole frames nearest to `wish_us`, at least one, as microseconds rounded up at both roundings that
/// a part's length goes through: to ticks of `scale`, then to microseconds.
fn whole_frames_us(wish_us: u64, num: u32, den: u32, scale: u32) -> u64 {
    let (num, den, scale) = (
        u128::from(num.max(1)),
        u128::from(den.max(1)),
        u128::from(scale.max(1)),
    );
    let wish = u128::from(wish_us);
    let frames = ((wish * num * 2 + den * 1_000_000) / (2 * den * 1_000_000)).max(1);
    let ticks = (frames * den * scale).div_ceil(num);
    u64::try_from((ticks * 1_000_000).div_ceil(scale)).unwrap_or(u64::MAX)
}

/// How far (90 kHz ticks) the times stray from a grid of this rate, or `None` where they do not lie on it: two frames
/// in one place, more than one place in six empty, or straying by more than a third of a frame.
fn spread(num: u32, den: u32, dts: &[i64]) -> Option<i64> {
    let first = i128::from(*dts.first()?);
    let (num, den) = (i128::from(num), i128::from(den));
    let unit = den * i128::from(VIDEO_SCALE);
    let (mut low, mut high, mut last_place) = (0, 0, -1);
    for &time in dts {
        let ahead = i128::from(time) - first;
        let place = (2 * ahead * num + unit).div_euclid(2 * unit);
        let off = ahead - place * unit / num;
        if place <= last_place {
            return None;
        }
        last_place = place;
        (low, high) = (off.min(low), off.max(high));
    }
    let empty = last_place - (i128::try_from(dts.len()).ok()? - 1);
    let spread = high - low;
    let fits = empty * 6 <= i128::try_from(dts.len()).ok()? && spread * 20 * num <= 7 * unit;
    fits.then(|| i64::try_from(spread).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decode times of `frames` pictures as RTMP carries them: whole milliseconds.
    fn rtmp(frames: i64, num: i64, den: i64) -> Vec<i64> {
        (0..frames)
            .map(|i| (i * 1000 * den * 2 + num) / (2 * num) * 90)
            .collect()
    }

    #[test]
    fn rates_are_told_from_twelve_rounded_frames_and_part_targets_are_whole_frames() {
        let table = [
            ((24, 1), None, 208_334),
            ((25, 1), None, 200_000),
            ((30, 1), None, 200_000),
            ((50, 1), None, 200_000),
            ((60, 1), None, 200_000),
            ((15, 1), None, 200_000),
            ((10, 1), None, 200_000),
            ((30_000, 1001), Some((30_000, 1001)), 200_200),
            ((24_000, 1001), Some((24_000, 1001)), 208_545),
            ((60_000, 1001), Some((60_000, 1001)), 200_200),
        ];
        for ((num, den), declared, target) in table {
            let timing = Timing::measure(declared, &rtmp(12, num.into(), den.into()));
            assert_eq!(timing, Timing::Constant { num, den });
            assert_eq!(
                timing.part_target_us(&Settings::default()),
                target,
                "{num}/{den}"
            );
            assert!(timing.holds(target, &Settings::default()), "{num}/{den}");
        }
    }

    #[test]
    fn declared_rate_that_frames_contradict_is_ignored() {
        assert_eq!(
            Timing::measure(Some((60, 1)), &rtmp(12, 30, 1)),
            Timing::Constant { num: 30, den: 1 }
        );
        assert_eq!(
            Timing::measure(Some((30, 1)), &rtmp(24, 60, 1)),
            Timing::Constant { num: 60, den: 1 }
        );
        for pictures in [4, 10] {
            assert_eq!(
                Timing::measure(Some((25, 1)), &rtmp(pictures, 24, 1)),
                Timing::Constant { num: 24, den: 1 }
            );
        }
    }

    #[test]
    fn uncommon_constant_rate_is_measured() {
        let Timing::Constant { num, den } = Timing::measure(None, &rtmp(12, 27, 1)) else {
            panic!("27 frames a second is constant");
        };
        let rate = f64::from(num) / f64::from(den);
        assert!((rate - 27.0).abs() < 0.1, "{rate}");
    }

    #[test]
    fn irregular_frames_are_variable_and_get_the_wide_target() {
        let dts = [0, 20, 70, 95, 160, 170, 230, 290, 300].map(|ms| ms * 90);
        let timing = Timing::measure(None, &dts);
        assert_eq!(timing, Timing::Variable);
        assert_eq!(timing.part_target_us(&Settings::default()), 500_000);
    }

    #[test]
    fn sound_targets_are_whole_frames() {
        let settings = Settings::default();
        assert_eq!(
            Timing::Sound {
                rate: 48_000,
                samples: 1024
            }
            .part_target_us(&settings),
            192_000
        );
        assert_eq!(
            Timing::Sound {
                rate: 44_100,
                samples: 1024
            }
            .part_target_us(&settings),
            208_980
        );
    }

    #[test]
    fn promise_of_one_rate_is_judged_for_another() {
        let settings = Settings::default();
        for (rate, target, holds) in [
            (30, 200_000, true),
            (60, 200_000, true),
            (24, 200_000, false),
            (20, 200_000, true),
            (7, 200_000, false),
        ] {
            assert_eq!(
                Timing::Constant { num: rate, den: 1 }.holds(target, &settings),
                holds,
                "{rate}"
            );
        }
        assert!(!Timing::Variable.holds(200_000, &settings));
    }
}

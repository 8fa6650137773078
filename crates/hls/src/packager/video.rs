//! The picture time line: where each picture lies in 90 kHz ticks, from time stamps that are rounded, jittery or wrong.
//!
//! At a constant rate pictures lie on a grid, which removes the millisecond rounding of RTMP; a picture that is more than
//! two thirds of a frame late has lost predecessors and takes a later place. The line begins where the first picture is
//! decoded, and what an encoder reorders is shown later than that. Beginning it where that picture is shown would make offsets
//! negative, which is allowed, but FFmpeg and players made of it then move all pictures, and so apart from the sound.

use media::Frame;

use super::timing::{Timing, VIDEO_SCALE};

/// A picture's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Decode time in ticks; the line begins at 0.
    pub decode: i64,
    /// Presentation time in ticks.
    pub present: i64,
    /// It had to be moved by more than rounding.
    pub repaired: bool,
}

#[derive(Debug)]
pub(super) struct VideoLine {
    grid: Option<Grid>,
    first_dts: i64,
    last_raw: i64,
    last_step: i64,
    seen: u32,
    strayed: u32,
}

/// Places of a constant rate: `anchor + index * den / num` seconds.
#[derive(Debug)]
struct Grid {
    num: i64,
    den: i64,
    anchor: i64,
    index: i64,
}

/// Pictures after which it is judged whether the rate still is what it was.
const JUDGED_OVER: u32 = 60;

impl VideoLine {
    /// A line that begins with `first`.
    pub(super) fn new(timing: Timing, first: &Frame) -> Self {
        let grid = match timing {
            Timing::Constant { num, den } => Some(Grid {
                num: num.max(1).into(),
                den: den.max(1).into(),
                anchor: 0,
                index: 0,
            }),
            Timing::Variable | Timing::Sound { .. } => None,
        };
        let first_dts = first.dts.to_scale(VIDEO_SCALE);
        Self {
            grid,
            first_dts,
            last_raw: 0,
            last_step: i64::from(VIDEO_SCALE) / 30,
            seen: 0,
            strayed: 0,
        }
    }

    /// The moment that lies at 0, in 90 kHz ticks of the source: where sound must begin too.
    pub(super) fn origin(&self) -> i64 {
        self.first_dts
    }

    /// Ticks a picture lasts, as far as is known.
    pub(super) fn step(&self) -> i64 {
        self.grid.as_ref().map_or(self.last_step, Grid::step)
    }

    /// Pictures come at a constant rate, so that the end of one is known before the next.
    pub(super) fn is_constant(&self) -> bool {
        self.grid.is_some()
    }

    /// Where the picture after the one placed last is expected.
    pub(super) fn expected(&self, last_decode: i64) -> i64 {
        self.grid
            .as_ref()
            .map_or(last_decode.saturating_add(self.last_step), |grid| {
                grid.at(grid.index)
            })
    }

    /// Most pictures of late did not lie on the grid: the rate has changed.
    pub(super) fn has_strayed(&self) -> bool {
        self.strayed > JUDGED_OVER / 2
    }

    /// The next picture's place, or `None` where its time stamp belongs to another time line: backwards, or more than
    /// `jump` ticks ahead.
    pub(super) fn place(&mut self, frame: &Frame, jump: i64) -> Option<Place> {
        let dts = frame.dts.to_scale(VIDEO_SCALE);
        let raw = dts.saturating_sub(self.first_dts);
        let ahead = raw.saturating_sub(self.last_raw);
        let slack = self.step().max(i64::from(VIDEO_SCALE) / 25);
        if ahead > jump || ahead < -slack {
            return None;
        }
        let reorder = frame.pts.to_scale(VIDEO_SCALE).saturating_sub(dts);
        let reorder = reorder.clamp(-jump, jump);
        if self.seen > 0 && ahead > 0 {
            self.last_step = ahead;
        }
        self.last_raw = raw;
        if self.seen == JUDGED_OVER {
            (self.seen, self.strayed) = (1, 0);
        }
        self.seen += 1;
        let Some(grid) = &mut self.grid else {
            return Some(Place {
                decode: raw,
                present: raw.saturating_add(reorder),
                repaired: ahead < 0,
            });
        };
        let (place, strayed) = grid.place(raw, reorder);
        self.strayed += u32::from(strayed);
        Some(place)
    }
}

impl Grid {
    fn step(&self) -> i64 {
        self.ticks(1).max(1)
    }

    /// Whole ticks of `frames` frames, rounded down.
    fn ticks(&self, frames: i64) -> i64 {
        let wide = i128::from(frames) * i128::from(self.den) * i128::from(VIDEO_SCALE);
        i64::try_from(wide.div_euclid(i128::from(self.num))).unwrap_or(i64::MAX)
    }

    fn at(&self, index: i64) -> i64 {
        let unit = i128::from(self.den) * i128::from(VIDEO_SCALE);
        let num = i128::from(self.num);
        let wide = (2 * i128::from(index) * unit + num).div_euclid(2 * num);
        i64::try_from(wide)
            .unwrap_or(i64::MAX)
            .saturating_add(self.anchor)
    }

    fn place(&mut self, raw: i64, reorder: i64) -> (Place, bool) {
        let step = self.step();
        let off = raw.saturating_sub(self.at(self.index));
        let mut strayed = false;
        if off * 10 > step * 7 {
            // Whole places only: parts keep their whole number of frames.
            self.index = self.index.saturating_add((2 * off + step) / (2 * step));
            strayed = true;
        } else if off * 10 < -step * 7 {
            self.anchor = self.anchor.saturating_add(off.max(-step / 2));
            strayed = true;
        }
        let places = (2 * reorder + step).div_euclid(2 * step);
        let decode = self.at(self.index);
        let present = self.at(self.index.saturating_add(places));
        self.index = self.index.saturating_add(1);
        (
            Place {
                decode,
                present,
                repaired: strayed,
            },
            strayed,
        )
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::{Timestamp, TrackId};

    use super::*;

    const JUMP: i64 = 180_000;

    fn picture(dts_ms: i64, pts_ms: i64) -> Frame {
        Frame {
            track: TrackId::VIDEO,
            dts: Timestamp::from_ms(dts_ms),
            pts: Timestamp::from_ms(pts_ms),
            key: false,
            data: Bytes::new(),
        }
    }

    fn decodes(timing: Timing, times_ms: &[i64]) -> Vec<i64> {
        let mut line = VideoLine::new(timing, &picture(times_ms[0], times_ms[0]));
        times_ms
            .iter()
            .map(|&ms| line.place(&picture(ms, ms), JUMP).unwrap().decode)
            .collect()
    }

    #[test]
    fn millisecond_rounding_vanishes_on_the_grid() {
        let timing = Timing::Constant { num: 30, den: 1 };
        assert_eq!(
            decodes(timing, &[5000, 5033, 5067, 5100, 5133]),
            [0, 3000, 6000, 9000, 12_000]
        );
    }

    #[test]
    fn lost_frames_leave_whole_places_empty() {
        let timing = Timing::Constant { num: 25, den: 1 };
        assert_eq!(
            decodes(timing, &[0, 40, 120, 160]),
            [0, 3600, 10_800, 14_400]
        );
    }

    #[test]
    fn slow_clock_drift_is_followed() {
        let timing = Timing::Constant { num: 30, den: 1 };
        let times: Vec<i64> = (0..3000).map(|i| i * 1001 / 30).collect();
        let decodes = decodes(timing, &times);
        for (ms, decode) in times.iter().zip(&decodes) {
            assert!((ms * 90 - decode).abs() <= 2200, "{ms} {decode}");
        }
        assert!(decodes.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn reordered_pictures_are_shown_as_late_as_the_encoder_says() {
        let mut line = VideoLine::new(Timing::Constant { num: 25, den: 1 }, &picture(0, 80));
        let presents: Vec<_> = [(0, 80), (40, 200), (80, 120), (120, 160)]
            .map(|(dts, pts)| line.place(&picture(dts, pts), JUMP).unwrap())
            .iter()
            .map(|place| (place.decode, place.present))
            .collect();
        assert_eq!(
            presents,
            [(0, 7200), (3600, 18_000), (7200, 10_800), (10_800, 14_400)]
        );
    }

    #[test]
    fn backward_and_far_time_stamps_belong_to_another_line() {
        for ms in [-500, 5000] {
            let mut line = VideoLine::new(Timing::Variable, &picture(0, 0));
            assert!(line.place(&picture(0, 0), JUMP).is_some());
            assert_eq!(line.place(&picture(ms, ms), JUMP), None);
        }
    }
}

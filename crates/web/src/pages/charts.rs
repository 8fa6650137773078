//! Small charts of the last minutes as SVG paths, and what they say in words. The script of the page (`charts.ts`) draws the same.
//!
//! A chart is 100 wide and 32 high; zero is its base line, so that a small change looks small. Where nothing is known there is a gap.

use std::fmt::Write as _;

use crate::text::Text;

/// Height at which zero lies.
const BASE: f64 = 32.0;
/// What the largest figure reaches.
const TOP: f64 = 3.0;
/// Points drawn; what is more is thinned out.
const POINTS_MAX: usize = 100;
/// Samples that words are made of: those of the last minute.
const JUDGED: usize = 60;
/// A chart spans this many samples at least, so that a new broadcast does not jump about.
const SPAN_MIN: usize = 60;
/// What stays within this part of its mean is steady.
const STEADY: f64 = 0.15;

/// A line, and the area beneath it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spark {
    pub(super) line: String,
    pub(super) area: String,
}

/// Draws one sample a second, oldest first; `None` without two figures.
pub(super) fn spark(samples: &[Option<f64>]) -> Option<Spark> {
    samples.iter().flatten().nth(1)?;
    let largest = samples.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
    let scale = if largest > 0.0 {
        (BASE - TOP) / largest
    } else {
        0.0
    };
    let span = samples.len().max(SPAN_MIN) - 1;
    let step = samples.len().div_ceil(POINTS_MAX).max(1);
    let mut spark = Spark::default();
    let mut last_x: Option<f64> = None;
    for (place, sample) in samples.iter().enumerate() {
        let is_drawn = place % step == 0 || place + 1 == samples.len();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
        let x = 100.0 - (samples.len() - 1 - place) as f64 * 100.0 / span as f64;
        match sample {
            Some(figure) if is_drawn => {
                let y = BASE - figure * scale;
                let pen = if last_x.is_some() { 'L' } else { 'M' };
                let _ = write!(spark.line, "{pen}{x:.1} {y:.1}");
                if last_x.is_none() {
                    let _ = write!(spark.area, "M{x:.1} {BASE}");
                }
                let _ = write!(spark.area, "L{x:.1} {y:.1}");
                last_x = Some(x);
            }
            Some(_) => {}
            None => close(&mut spark.area, last_x.take()),
        }
    }
    close(&mut spark.area, last_x);
    Some(spark)
}

fn close(area: &mut String, last_x: Option<f64>) {
    if let Some(x) = last_x {
        let _ = write!(area, "L{x:.1} {BASE}z");
    }
}

/// A bar of a chart of days, 300 wide and 100 high.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) height: String,
}

/// Draws a bar for each figure that is not zero, the largest as high as the chart.
pub(super) fn bars(figures: &[u64]) -> Vec<Bar> {
    const HIGH: f64 = 100.0;
    /// What is not zero can be seen.
    const LEAST: f64 = 1.5;
    let largest = figures.iter().copied().max().unwrap_or(0).max(1);
    #[expect(clippy::cast_precision_loss, reason = "drawn to a tenth of a unit")]
    let bar = |(place, figure): (usize, &u64)| {
        let pitch = 300.0 / figures.len() as f64;
        let height = (*figure as f64 * (HIGH - 1.0) / largest as f64).max(LEAST);
        (*figure > 0).then(|| Bar {
            x: format!("{:.1}", (place as f64 + 0.15) * pitch),
            y: format!("{:.1}", HIGH - height),
            height: format!("{height:.1}"),
        })
    };
    figures.iter().enumerate().filter_map(bar).collect()
}

/// How the figures of the last minute behave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Course {
    /// Too few to say.
    Unknown,
    /// They keep within so much of their middle.
    Steady { by: f64 },
    /// They move between these.
    Moving { low: f64, high: f64 },
}

/// Judges the last minute.
pub(super) fn course(samples: &[Option<f64>]) -> Course {
    let judged: Vec<f64> = samples
        .iter()
        .rev()
        .take(JUDGED)
        .flatten()
        .copied()
        .collect();
    if judged.len() < 5 {
        return Course::Unknown;
    }
    let low = judged.iter().copied().fold(f64::INFINITY, f64::min);
    let high = judged.iter().copied().fold(0.0, f64::max);
    let (middle, by) = ((low + high) / 2.0, (high - low) / 2.0);
    if by <= middle * STEADY {
        Course::Steady { by }
    } else {
        Course::Moving { low, high }
    }
}

/// The same in words; `say` writes a figure as its tile does, `by` is the part that is worth telling.
pub(super) fn words(t: Text, course: Course, by_min: f64, say: impl Fn(f64) -> String) -> String {
    match course {
        Course::Unknown => t.msg("health-measuring").to_string(),
        Course::Steady { by } if by < by_min => t.msg("health-steady").to_string(),
        Course::Steady { by } => t.msg("health-steady-by").arg("by", say(by)).to_string(),
        Course::Moving { low, high } => {
            let message = t.msg("health-between").arg("low", say(low));
            message.arg("high", say(high)).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_end_at_the_right_and_break_where_nothing_is_known() {
        assert_eq!(spark(&[]), None);
        assert_eq!(spark(&[Some(1.0)]), None);
        let drawn = spark(&[Some(2.0), None, Some(1.0), Some(2.0)]).unwrap();
        assert_eq!(drawn.line, "M94.9 3.0M98.3 17.5L100.0 3.0");
        assert_eq!(
            drawn.area,
            "M94.9 32L94.9 3.0L94.9 32zM98.3 32L98.3 17.5L100.0 3.0L100.0 32z"
        );
        let flat = spark(&[Some(0.0), Some(0.0)]).unwrap();
        assert!(flat.line.ends_with("L100.0 32.0"), "{}", flat.line);
    }

    #[test]
    fn five_minutes_are_thinned_out_and_keep_their_ends() {
        let minutes: Vec<_> = (0..300).map(|n| Some(f64::from(n))).collect();
        let drawn = spark(&minutes).unwrap();
        assert!(drawn.line.starts_with("M0.0 32.0L"), "{}", drawn.line);
        assert!(drawn.line.ends_with("L100.0 3.0"), "{}", drawn.line);
        assert!(drawn.line.matches('L').count() <= POINTS_MAX + 1);
    }

    #[test]
    fn courses_are_told_by_the_last_minute() {
        let steady: Vec<_> = (0..300)
            .map(|n| Some(if n < 200 { 9.0 } else { 2.6 }))
            .collect();
        assert_eq!(course(&steady), Course::Steady { by: 0.0 });
        let moving = [Some(1.0), Some(4.0), None, Some(2.0), Some(1.0), Some(3.0)];
        let expected = Course::Moving {
            low: 1.0,
            high: 4.0,
        };
        assert_eq!(course(&moving), expected);
        assert_eq!(course(&[Some(1.0); 4]), Course::Unknown);
        let t = Text::default();
        assert_eq!(
            words(t, expected, 0.1, |n| t.seconds(n)),
            "1\u{a0}s to 4\u{a0}s"
        );
    }
}

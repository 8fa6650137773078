//! The time line by itself, in ticks of 1/48,000 s and frames of 1024.

use crate::{
    Timestamp,
    audio::line::{Line, Place},
};

fn at(line: &mut Line, ticks: i64) -> Place {
    line.place(Timestamp::new(ticks, 48_000), 1024)
}

fn on(position: i64) -> Place {
    Place::On {
        position,
        gap: 0,
        late: 0,
    }
}

#[test]
fn small_differences_are_not_heeded() {
    let mut line = Line::new(48_000);
    assert_eq!(at(&mut line, 5000), Place::Anew(5000));
    for n in 1..100 {
        let off = if n % 2 == 0 { 480 } else { -480 };
        assert_eq!(at(&mut line, 5000 + n * 1024 + off), on(5000 + n * 1024));
    }
}

#[test]
fn a_lost_frame_is_a_gap_at_once_and_an_overlap_is_left_out() {
    let mut line = Line::new(48_000);
    at(&mut line, 0);
    assert_eq!(
        at(&mut line, 2048),
        Place::On {
            position: 2048,
            gap: 1024,
            late: 0
        }
    );
    assert_eq!(
        at(&mut line, 0),
        Place::On {
            position: 3072,
            gap: 0,
            late: 1024
        }
    );
    assert_eq!(at(&mut line, 3072), on(3072));
}

#[test]
fn a_shift_that_stays_moves_the_line_after_eight_frames() {
    for (off, gap, late) in [(600, 600, 0), (-600, 0, 600)] {
        let mut line = Line::new(48_000);
        at(&mut line, 0);
        for n in 1..8 {
            assert_eq!(at(&mut line, n * 1024 + off), on(n * 1024));
        }
        let position = 8 * 1024 + gap;
        assert_eq!(
            at(&mut line, 8 * 1024 + off),
            Place::On {
                position,
                gap,
                late
            }
        );
        assert_eq!(at(&mut line, 9 * 1024 + off), on(9 * 1024 + off));
    }
}

#[test]
fn more_than_a_second_is_another_line() {
    let mut line = Line::new(48_000);
    at(&mut line, 0);
    assert_eq!(
        at(&mut line, 1024 + 48_000),
        Place::On {
            position: 49_024,
            gap: 48_000,
            late: 0
        }
    );
    assert_eq!(at(&mut line, 50_048 + 48_001), Place::Anew(98_049));
    assert_eq!(at(&mut line, 0), Place::Anew(0));
    line.end();
    assert_eq!(at(&mut line, 1024), Place::Anew(1024));
}

//! The sound time line: positions counted in samples, since time stamps of whole milliseconds would leave holes.
//!
//! Counting goes on until the stamps disagree by more than a frame; then samples are missing or too many.

use media::{Codec, Timestamp, opus};

/// Samples a second and samples a frame of sound; none for pictures. Packets of Opus are taken for the usual 20 ms, as our own
/// encoder and browsers make them: others keep their time by their stamps alone.
pub(super) fn pace(codec: &Codec) -> Option<(u32, u32)> {
    match codec {
        Codec::H264(_) => None,
        Codec::Aac(config) => Some((config.sample_rate(), config.frame_samples())),
        Codec::Opus(_) => Some((opus::RATE, opus::PACKET_SAMPLES_USUAL)),
    }
}

/// Where a frame of sound goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    /// At this sample.
    At {
        /// Samples since the line began.
        position: i64,
        /// Sound is missing before it.
        repaired: bool,
    },
    /// Nowhere: its time is taken already, or lies before the line.
    Late,
    /// Its stamp belongs to another time line.
    Far,
}

#[derive(Debug)]
pub(super) struct AudioLine {
    rate: u32,
    samples: i64,
    /// Source position, in samples, that lies at 0.
    origin: i64,
    next: Option<i64>,
    /// Frames are dropped until the stamps have come back to `next`, however far.
    rejoining: bool,
}

impl AudioLine {
    /// A line whose 0 is `origin`.
    pub(super) fn new(rate: u32, samples: u32, origin: Timestamp) -> Self {
        let rate = rate.max(1);
        Self {
            rate,
            samples: samples.max(1).into(),
            origin: origin.to_scale(rate),
            next: None,
            rejoining: false,
        }
    }

    /// Samples a second.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Samples a frame.
    pub(super) fn samples(&self) -> i64 {
        self.samples
    }

    /// The next frame's position; stamps more than `jump_ms` off are far.
    pub(super) fn place(&mut self, pts: Timestamp, jump_ms: u32) -> Sound {
        let stamped = pts.to_scale(self.rate).saturating_sub(self.origin);
        let jump = i64::from(self.rate) * i64::from(jump_ms) / 1000;
        let tolerance = self.samples + i64::from(self.rate) / 250;
        let Some(next) = self.next else {
            if stamped < -self.samples / 2 {
                return Sound::Late;
            }
            if stamped > jump {
                return Sound::Far;
            }
            return self.at(stamped.max(0), false);
        };
        let off = stamped.saturating_sub(next);
        if off > jump {
            return Sound::Far;
        }
        if off > tolerance {
            return self.at(stamped, true);
        }
        if off < -tolerance {
            return if off < -jump && !self.rejoining {
                Sound::Far
            } else {
                Sound::Late
            };
        }
        self.at(next, false)
    }

    fn at(&mut self, position: i64, repaired: bool) -> Sound {
        self.rejoining = false;
        self.next = Some(position.saturating_add(self.samples));
        Sound::At { position, repaired }
    }

    /// Moves the line so that a frame stamped `pts` lies at `position` from now on; sound is dropped until then where
    /// that is in the past.
    pub(super) fn resync(&mut self, pts: Timestamp, position: i64) {
        self.origin = pts.to_scale(self.rate).saturating_sub(position);
        self.rejoining = true;
    }

    /// The position that the next frame would have.
    pub(super) fn expected(&self) -> i64 {
        self.next.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: i64) -> Sound {
        Sound::At {
            position,
            repaired: false,
        }
    }

    fn line() -> AudioLine {
        AudioLine::new(48_000, 1024, Timestamp::from_ms(0))
    }

    #[test]
    fn positions_are_counted_not_stamped() {
        let mut line = line();
        let placed = [0, 21, 43, 64, 85].map(|ms| line.place(Timestamp::from_ms(ms), 2000));
        assert_eq!(placed, [at(0), at(1024), at(2048), at(3072), at(4096)]);
    }

    #[test]
    fn missing_sound_leaves_a_hole_and_repeated_sound_is_dropped() {
        let mut line = line();
        assert_eq!(line.place(Timestamp::from_ms(0), 2000), at(0));
        assert_eq!(
            line.place(Timestamp::from_ms(100), 2000),
            Sound::At {
                position: 4800,
                repaired: true
            }
        );
        assert_eq!(line.place(Timestamp::from_ms(64), 2000), Sound::Late);
        assert_eq!(line.place(Timestamp::from_ms(121), 2000), at(5824));
    }

    #[test]
    fn sound_before_the_line_is_dropped_and_other_lines_are_far() {
        let mut line = line();
        assert_eq!(line.place(Timestamp::from_ms(-40), 2000), Sound::Late);
        assert_eq!(line.place(Timestamp::from_ms(0), 2000), at(0));
        assert_eq!(line.place(Timestamp::from_ms(9000), 2000), Sound::Far);
        line.resync(Timestamp::from_ms(9000), line.expected());
        assert_eq!(line.place(Timestamp::from_ms(9000), 2000), at(1024));
    }
}

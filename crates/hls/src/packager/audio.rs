//! The sound time line: positions counted in samples, since time stamps of whole milliseconds would leave holes.
//!
//! Counting goes on until the stamps disagree by more than a frame; then samples are missing or too many.

use media::{Codec, Timestamp, opus};

/// Samples a second and the usual samples of a frame of sound; none for pictures. Packets of Opus are usually of 20 ms, and each says
/// how long it is.
pub(super) fn pace(codec: &Codec) -> Option<(u32, u32)> {
    match codec {
        Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) => None,
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
    /// Samples of a usual frame.
    samples: i64,
    /// Each frame says how many it has.
    is_told: bool,
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
            is_told: false,
            origin: origin.to_scale(rate),
            next: None,
            rejoining: false,
        }
    }

    /// The line of a track of sound; none for pictures.
    pub(super) fn of(codec: &Codec, origin: Timestamp) -> Option<Self> {
        let (rate, samples) = pace(codec)?;
        Some(Self {
            is_told: matches!(codec, Codec::Opus(_)),
            ..Self::new(rate, samples, origin)
        })
    }

    /// Samples a second.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Samples of this frame.
    pub(super) fn samples(&self, frame: &[u8]) -> i64 {
        let told = opus::packet_samples(frame).filter(|_| self.is_told);
        told.map_or(self.samples, i64::from)
    }

    /// The position of the next frame, which has so many samples; stamps more than `jump_ms` off are far.
    pub(super) fn place(&mut self, pts: Timestamp, samples: i64, jump_ms: u32) -> Sound {
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
            return self.at(stamped.max(0), samples, false);
        };
        let off = stamped.saturating_sub(next);
        if off > jump {
            return Sound::Far;
        }
        if off > tolerance {
            return self.at(stamped, samples, true);
        }
        if off < -tolerance {
            return if off < -jump && !self.rejoining {
                Sound::Far
            } else {
                Sound::Late
            };
        }
        self.at(next, samples, false)
    }

    fn at(&mut self, position: i64, samples: i64, repaired: bool) -> Sound {
        self.rejoining = false;
        self.next = Some(position.saturating_add(samples));
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
        let placed = [0, 21, 43, 64, 85].map(|ms| line.place(Timestamp::from_ms(ms), 1024, 2000));
        assert_eq!(placed, [at(0), at(1024), at(2048), at(3072), at(4096)]);
    }

    #[test]
    fn missing_sound_leaves_a_hole_and_repeated_sound_is_dropped() {
        let mut line = line();
        assert_eq!(line.place(Timestamp::from_ms(0), 1024, 2000), at(0));
        assert_eq!(
            line.place(Timestamp::from_ms(100), 1024, 2000),
            Sound::At {
                position: 4800,
                repaired: true
            }
        );
        assert_eq!(line.place(Timestamp::from_ms(64), 1024, 2000), Sound::Late);
        assert_eq!(line.place(Timestamp::from_ms(121), 1024, 2000), at(5824));
    }

    #[test]
    fn sound_before_the_line_is_dropped_and_other_lines_are_far() {
        let mut line = line();
        assert_eq!(line.place(Timestamp::from_ms(-40), 1024, 2000), Sound::Late);
        assert_eq!(line.place(Timestamp::from_ms(0), 1024, 2000), at(0));
        assert_eq!(line.place(Timestamp::from_ms(9000), 1024, 2000), Sound::Far);
        line.resync(Timestamp::from_ms(9000), line.expected());
        assert_eq!(line.place(Timestamp::from_ms(9000), 1024, 2000), at(1024));
    }

    #[test]
    fn packets_of_opus_are_as_long_as_they_say() {
        let codec = Codec::Opus(opus::Config::new(2, 0));
        let mut line = AudioLine::of(&codec, Timestamp::new(0, 48_000)).unwrap();
        // RFC 6716, 3.1: one frame each of 2.5, 10, 20 and 60 ms.
        let mut time = 0;
        for (toc, samples) in [
            (0x80, 120),
            (0x80, 120),
            (0xf0, 480),
            (0xf8, 960),
            (0x18, 2880),
        ] {
            for _ in 0..50 {
                let packet = [toc, 0, 0];
                assert_eq!(line.samples(&packet), samples);
                let placed = line.place(Timestamp::new(time, 48_000), samples, 2000);
                assert_eq!(placed, at(time));
                time += samples;
            }
        }
    }
}

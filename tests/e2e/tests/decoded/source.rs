//! The committed media, re-timed as a publisher at any frame rate and group length would send them over RTMP.
//!
//! A closed group may be cut after any picture with nothing outstanding; what is left decodes to the same pictures. So two long
//! groups serve for every length, sent in turn, and the decode of the file as it lies there is what every case is held against.

use std::path::PathBuf;

use bytes::Bytes;
use media::{Codec, Frame, Timestamp, Track, TrackId, aac, h264};

/// When pictures come.
#[derive(Clone, Copy, Debug)]
pub enum Rate {
    /// So many frames in so many seconds.
    Constant(i64, i64),
    /// At no constant rate: 20 to 120 ms apart.
    Variable,
}

impl Rate {
    /// When the picture of this number comes, in ticks of 90 kHz, exactly.
    pub fn ticks(self, number: usize) -> i64 {
        let number = number as i64;
        match self {
            Self::Constant(num, den) => (2 * number * 90_000 * den + num) / (2 * num),
            Self::Variable => 90 * (number * 70 + ((number * 2_654_435_761) >> 16) % 11 * 5),
        }
    }

    /// The same as RTMP carries it: whole milliseconds.
    pub fn ms(self, number: usize) -> i64 {
        Timestamp::new(self.ticks(number), 90_000).to_scale(1000)
    }

    /// Pictures in `ms`, at least one.
    fn count(self, ms: i64) -> usize {
        match self {
            Self::Constant(num, den) => ((ms * num + den * 500) / (den * 1000)).max(1) as usize,
            Self::Variable => (ms / 70).max(1) as usize,
        }
    }
}

/// A fixture.
pub struct File {
    pub name: &'static str,
    pub track: Track,
    /// In decode order: composition time in ms as the file says it, whether the container calls it a key frame, and the bytes.
    units: Vec<(i64, bool, Bytes)>,
}

/// Where a fixture lies.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/{name}.flv"))
}

impl File {
    /// Reads an FLV file with one track (Adobe FLV 10.1, annex E).
    pub fn read(name: &'static str) -> Self {
        let file = Bytes::from(std::fs::read(path(name)).expect("`cargo xtask fixtures` made it"));
        assert!(file.starts_with(b"FLV"));
        let (mut at, mut track, mut units) = (13, None, Vec::new());
        while at + 11 < file.len() {
            let number = |from: usize| {
                file[from..from + 3]
                    .iter()
                    .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
            };
            let (kind, size) = (file[at], number(at + 1));
            let dts_ms = (number(at + 4) | usize::from(file[at + 7]) << 24) as i64;
            let body = file.slice(at + 11..at + 11 + size);
            at += 11 + size + 4;
            match (kind, body.get(1)) {
                (9, Some(0)) => {
                    let config =
                        h264::Config::parse(body.slice(5..)).expect("an H.264 configuration");
                    track = Some(Track {
                        id: TrackId::VIDEO,
                        codec: Codec::H264(config),
                    });
                }
                (9, Some(1)) => {
                    let offset_ms =
                        i64::from(i32::from_be_bytes([body[2], body[3], body[4], 0]) >> 8);
                    units.push((dts_ms + offset_ms, body[0] >> 4 == 1, body.slice(5..)));
                }
                (8, Some(0)) => {
                    let config = aac::Config::parse(body.slice(2..)).expect("an AAC configuration");
                    track = Some(Track {
                        id: TrackId::AUDIO,
                        codec: Codec::Aac(config),
                    });
                }
                (8, Some(1)) => units.push((dts_ms, true, body.slice(2..))),
                _ => {}
            }
        }
        Self {
            name,
            track: track.expect("a configuration"),
            units,
        }
    }

    /// Sound of `ms`, from the moment 0.
    pub fn sound(&self, ms: i64) -> Vec<Frame> {
        let Codec::Aac(config) = &self.track.codec else {
            panic!("{} is no sound", self.name);
        };
        let at = |number: usize| {
            Timestamp::new(
                number as i64 * i64::from(config.frame_samples()),
                config.sample_rate(),
            )
        };
        let frames: Vec<Frame> = (self.units.iter().enumerate())
            .map(|(number, (_, _, data))| {
                let at = Timestamp::from_ms(at(number).to_scale(1000));
                Frame {
                    track: TrackId::AUDIO,
                    dts: at,
                    pts: at,
                    key: true,
                    data: data.clone(),
                }
            })
            .take_while(|frame| frame.dts.ticks() < ms)
            .collect();
        assert!(
            frames.len() < self.units.len(),
            "{} is too short",
            self.name
        );
        frames
    }

    /// Pictures of `ms` at this rate, a key frame about every `gop_ms`.
    pub fn pictures(&self, rate: Rate, gop_ms: i64, ms: i64) -> Pictures {
        let groups = self.groups();
        let wanted = rate.count(gop_ms);
        let mut sent = Pictures {
            rate,
            frames: Vec::new(),
            shown: Vec::new(),
        };
        for group in groups.iter().cycle() {
            let base = sent.frames.len();
            if rate.ms(base) >= ms {
                sent.shown.sort_by_key(|(_, moment)| *moment);
                return sent;
            }
            let length = group.nearest_cut(wanted);
            for (place, &number) in group.units[..length].iter().enumerate() {
                let shown = base + group.shown[place];
                sent.frames
                    .push(self.picture(number, rate, base + place, shown + group.delay));
                sent.shown
                    .push((number_shown(&groups, number), shown + group.delay));
            }
        }
        sent
    }

    /// All pictures of the file as one stream, at this rate, in the one order they have.
    pub fn all(&self, rate: Rate) -> Pictures {
        let order = ranks(&self.units);
        let delay = delay(&order);
        let frames = (0..self.units.len())
            .map(|number| self.picture(number, rate, number, order[number] + delay))
            .collect();
        Pictures {
            rate,
            frames,
            shown: (0..self.units.len())
                .map(|number| (number, number + delay))
                .collect(),
        }
    }

    fn picture(&self, number: usize, rate: Rate, decoded: usize, shown: usize) -> Frame {
        let (_, marked, data) = &self.units[number];
        Frame {
            track: TrackId::VIDEO,
            dts: Timestamp::from_ms(rate.ms(decoded)),
            pts: Timestamp::from_ms(rate.ms(shown)),
            // What the RTMP door does with the encoder's mark.
            key: *marked && h264::can_start(data, 4),
            data: data.clone(),
        }
    }

    fn groups(&self) -> Vec<Group> {
        let starts: Vec<usize> = (0..self.units.len())
            .filter(|&number| h264::is_idr(&self.units[number].2, 4))
            .collect();
        let ends = starts.iter().skip(1).copied().chain([self.units.len()]);
        let groups = starts.iter().zip(ends).map(|(&start, end)| {
            let shown = ranks(&self.units[start..end]);
            Group {
                units: (start..end).collect(),
                delay: delay(&shown),
                shown,
            }
        });
        groups.collect()
    }
}

/// The pictures of one closed group, in decode order.
struct Group {
    /// Their numbers in the file.
    units: Vec<usize>,
    /// Which of the group's pictures in the order of showing each is.
    shown: Vec<usize>,
    /// Frame durations by which showing lags behind decoding.
    delay: usize,
}

impl Group {
    /// The number of pictures nearest to `wanted` after which none is outstanding.
    fn nearest_cut(&self, wanted: usize) -> usize {
        let mut highest = 0;
        let closed = self.shown.iter().enumerate().filter(|(place, shown)| {
            highest = highest.max(**shown);
            highest == *place
        });
        closed
            .map(|(place, _)| place + 1)
            .min_by_key(|length| length.abs_diff(wanted))
            .expect("a key frame stands alone")
    }
}

/// The place of each unit in the order of showing.
fn ranks(units: &[(i64, bool, Bytes)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|&number| units[number].0);
    let mut ranks = vec![0; units.len()];
    for (rank, number) in order.into_iter().enumerate() {
        ranks[number] = rank;
    }
    ranks
}

/// Frame durations that showing must lag behind decoding for no picture to be late.
fn delay(ranks: &[usize]) -> usize {
    ranks
        .iter()
        .enumerate()
        .map(|(place, shown)| place.saturating_sub(*shown))
        .max()
        .unwrap_or(0)
}

/// Where in the file's order of showing its unit `number` lies.
fn number_shown(groups: &[Group], number: usize) -> usize {
    let group = groups
        .iter()
        .find(|group| group.units.contains(&number))
        .expect("every unit lies in a group");
    group.units[0] + group.shown[number - group.units[0]]
}

/// Pictures as they are sent.
pub struct Pictures {
    pub rate: Rate,
    /// In decode order.
    pub frames: Vec<Frame>,
    /// In the order of showing: which of the file's pictures, in its order of showing, and at which moment of the rate.
    pub shown: Vec<(usize, usize)>,
}

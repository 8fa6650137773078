//! The part being filled: pictures and sound of one stretch of the time line, until it becomes a fragment.

use bytes::Bytes;
use media::TrackId;
use media::fmp4::{Run, Sample, fragment_head};

use crate::Body;

/// A picture whose duration is known once the next one, or the part's end, is.
#[derive(Debug)]
struct Picture {
    decode: i64,
    present: i64,
    size: u32,
    key: bool,
}

#[derive(Debug, Default)]
pub(super) struct OpenPart {
    /// Where it begins, in ticks of the run's line.
    pub start: i64,
    pictures: Vec<Picture>,
    samples: Vec<Sample>,
    sound: Vec<Sample>,
    sound_start: i64,
    sound_end: i64,
    chunks: Vec<Bytes>,
    sound_chunks: Vec<Bytes>,
    bytes: usize,
    key: bool,
    starts_with_key: bool,
}

impl OpenPart {
    pub(super) fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.sound.is_empty()
    }

    pub(super) fn has_pictures(&self) -> bool {
        !self.pictures.is_empty()
    }

    /// A picture in it is a key frame.
    pub(super) fn has_key(&self) -> bool {
        self.key
    }

    /// Its first picture is a key frame.
    pub(super) fn starts_with_key(&self) -> bool {
        self.starts_with_key
    }

    /// Decode time of the newest picture.
    pub(super) fn last_decode(&self) -> Option<i64> {
        self.pictures.last().map(|picture| picture.decode)
    }

    /// Whether `len` further bytes of a picture stay within the bounds.
    pub(super) fn has_room_for_picture(
        &self,
        len: usize,
        frames_max: usize,
        bytes_max: usize,
    ) -> bool {
        self.pictures.len() < frames_max && self.bytes.saturating_add(len) <= bytes_max
    }

    /// Whether `len` further bytes of sound stay within the bounds.
    pub(super) fn has_room_for_sound(
        &self,
        len: usize,
        frames_max: usize,
        bytes_max: usize,
    ) -> bool {
        self.sound.len() < frames_max && self.bytes.saturating_add(len) <= bytes_max
    }

    pub(super) fn add_picture(&mut self, decode: i64, present: i64, key: bool, data: Bytes) {
        if self.pictures.is_empty() {
            self.starts_with_key = key;
        }
        self.key |= key;
        self.bytes = self.bytes.saturating_add(data.len());
        let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
        self.pictures.push(Picture {
            decode,
            present,
            size,
            key,
        });
        self.chunks.push(data);
    }

    /// Adds `samples` of sound at `position`; a hole since the sound before it lengthens that.
    pub(super) fn add_sound(&mut self, position: i64, samples: i64, data: Bytes) {
        match self.sound.last_mut() {
            Some(last) => {
                let hole = u32::try_from(position.saturating_sub(self.sound_end)).unwrap_or(0);
                last.duration = last.duration.saturating_add(hole);
            }
            None => self.sound_start = position,
        }
        self.sound_end = position.saturating_add(samples);
        self.bytes = self.bytes.saturating_add(data.len());
        self.sound.push(Sample {
            duration: u32::try_from(samples).unwrap_or(u32::MAX),
            size: u32::try_from(data.len()).unwrap_or(u32::MAX),
            composition_offset: 0,
            key: true,
        });
        self.sound_chunks.push(data);
    }

    /// The fragment, with the last picture lasting until `end`; the part is empty afterwards and begins there.
    pub(super) fn close(&mut self, end: i64, sequence: u32) -> Body {
        self.samples.clear();
        let ends = self
            .pictures
            .iter()
            .skip(1)
            .map(|picture| picture.decode)
            .chain([end]);
        self.samples
            .extend(self.pictures.iter().zip(ends).map(|(picture, end)| {
                Sample {
                    duration: u32::try_from(end.saturating_sub(picture.decode))
                        .unwrap_or(1)
                        .max(1),
                    size: picture.size,
                    composition_offset: saturating_i32(
                        picture.present.saturating_sub(picture.decode),
                    ),
                    key: picture.key,
                }
            }));
        let pictures = self.pictures.first().map(|first| Run {
            track: TrackId::VIDEO,
            base_decode_time: u64::try_from(first.decode).unwrap_or(0),
            samples: &self.samples,
        });
        let sound = (!self.sound.is_empty()).then(|| Run {
            track: TrackId::AUDIO,
            base_decode_time: u64::try_from(self.sound_start).unwrap_or(0),
            samples: &self.sound,
        });
        let head = match (pictures, sound) {
            (Some(pictures), Some(sound)) => fragment_head(sequence, &[pictures, sound]),
            (Some(run), None) | (None, Some(run)) => fragment_head(sequence, &[run]),
            (None, None) => Bytes::new(),
        };
        let frames = self.chunks.drain(..).chain(self.sound_chunks.drain(..));
        let body = Body::new(std::iter::once(head).chain(frames));
        self.pictures.clear();
        self.sound.clear();
        (self.start, self.bytes, self.key, self.starts_with_key) = (end, 0, false, false);
        body
    }
}

fn saturating_i32(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

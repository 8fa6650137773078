//! One unbroken time line of a publisher: places frames, fills parts, and decides where parts and segments end.
//!
//! The line is counted in picture ticks, or in samples where there is only sound. At a constant rate a part closes with
//! its last frame; otherwise with the frame after it. Pictures that stay away while sound goes on are not waited for.

use std::collections::VecDeque;
use std::time::Duration;

use media::{Frame, Timestamp, Track, TrackId};

use super::Counters;
use super::audio::{AudioLine, Sound};
use super::cutter::{Cut, Cutter};
use super::output::Output;
use super::part::OpenPart;
use super::timing::{Timing, VIDEO_SCALE};
use super::video::VideoLine;
use crate::{Now, Settings};

/// How far sound may run ahead of the part that waits for pictures, which are then taken for missing.
const LEAD: Duration = Duration::from_millis(250);

/// Skewed frames of sound in a row, with pictures coming meanwhile, before sound is moved.
const SKEWED_FRAMES: u32 = 32;

/// What a frame is pushed into.
pub(super) struct Context<'a> {
    pub now: Now,
    pub settings: &'a Settings,
    pub cutter: &'a mut Cutter,
    pub out: &'a mut VecDeque<Output>,
    pub counters: &'a mut Counters,
}

/// Whether the run goes on.
#[derive(Debug)]
pub(super) enum Flow {
    /// The frame was taken or dropped.
    On,
    /// The frame belongs to another time line, which must begin with it.
    Break(Frame),
    /// The frame rate is not what the run was begun with; this key frame may begin the next.
    Retime(Frame),
}

#[derive(Debug)]
pub(super) struct Run {
    video: Option<VideoLine>,
    audio: Option<AudioLine>,
    scale: u32,
    target: i64,
    part: OpenPart,
    gops: Gops,
    last_picture: Duration,
    skewed: u32,
    pictures_while_skewed: u32,
}

/// Lengths of the groups of pictures, to foresee where a segment ends. Kept from one time line to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gops {
    current: u32,
    last: [u32; 2],
}

impl Gops {
    fn picture(&mut self, key: bool) {
        if key && self.current > 0 {
            self.last = [self.last[1], self.current];
            self.current = 0;
        }
        self.current = self.current.saturating_add(1);
    }

    /// The group is as long as the one before: a key frame may well be next.
    fn key_may_be_next(&self) -> bool {
        self.last[1] == self.current
    }

    /// So it was with that one too: a part may close early for it.
    fn key_is_next(&self) -> bool {
        self.key_may_be_next() && self.last[0] == self.current
    }
}

impl Run {
    /// A run of these tracks. `first` is the picture (or, for sound alone, the sound) that it begins with.
    pub(super) fn new(
        tracks: &[Track],
        timing: Timing,
        first: &Frame,
        part_target_us: u64,
        gops: Gops,
        now: Now,
    ) -> Self {
        let video = tracks
            .iter()
            .any(|track| track.id == TrackId::VIDEO)
            .then(|| VideoLine::new(timing, first));
        let origin = match &video {
            Some(line) => Timestamp::new(line.origin(), VIDEO_SCALE),
            None => first.pts,
        };
        let audio = tracks
            .iter()
            .find_map(|track| AudioLine::of(&track.codec, origin));
        let scale = match (&video, &audio) {
            (None, Some(line)) => line.rate(),
            _ => VIDEO_SCALE,
        };
        let target = i64::try_from(part_target_us)
            .unwrap_or(i64::MAX)
            .saturating_mul(scale.into())
            / 1_000_000;
        Self {
            video,
            audio,
            scale,
            target: target.max(1),
            part: OpenPart::default(),
            gops: Gops { current: 0, ..gops },
            last_picture: now.mono,
            skewed: 0,
            pictures_while_skewed: 0,
        }
    }

    /// Takes the next frame.
    pub(super) fn push(&mut self, frame: Frame, cx: &mut Context<'_>) -> Flow {
        match frame.track {
            TrackId::VIDEO if self.video.is_some() => self.push_picture(frame, cx),
            TrackId::AUDIO if self.audio.is_some() => self.push_sound(frame, cx),
            _ => {
                cx.counters.dropped += 1;
                Flow::On
            }
        }
    }

    fn push_picture(&mut self, frame: Frame, cx: &mut Context<'_>) -> Flow {
        let Some(line) = &mut self.video else {
            return Flow::On;
        };
        if frame.key && line.has_strayed() {
            return Flow::Retime(frame);
        }
        let jump = i64::from(VIDEO_SCALE) * i64::from(cx.settings.jump_ms) / 1000;
        let Some(place) = line.place(&frame, jump) else {
            return Flow::Break(frame);
        };
        let (step, constant) = (line.step(), line.is_constant());
        cx.counters.repaired += u64::from(place.repaired);
        self.last_picture = cx.now.mono;
        self.pictures_while_skewed = self.pictures_while_skewed.saturating_add(1);

        let soonest = self
            .part
            .last_decode()
            .map_or(self.part.start, |last| last.saturating_add(1));
        let decode = place.decode.max(soonest);
        self.close_parts_before(decode, cx);
        if !constant && self.ends_well_before(decode, step) {
            self.close(decode, cx);
        }
        if frame.key && self.segment_may_end(decode, cx) {
            if !self.part.is_empty() && decode > self.part.start {
                self.close(decode, cx);
            }
            cx.cutter.finish_segment(cx.out);
        }
        let (decode, present) = if self.part.has_pictures() {
            (decode, place.present)
        } else if place.present == place.decode {
            // Shown where its part begins: the picture before it lasts no longer.
            (self.part.start, self.part.start)
        } else {
            (self.part.start, place.present)
        };
        if !self.part.has_room_for_picture(
            frame.data.len(),
            cx.settings.part_frames_max,
            cx.settings.part_bytes_max,
        ) {
            cx.counters.dropped += 1;
            return Flow::On;
        }
        cx.counters.frames += 1;
        self.gops.picture(frame.key);
        self.part
            .add_picture(decode, present, frame.key, frame.data);

        if constant {
            let end = self.picture_end(decode);
            let no_room = end.saturating_add(step) > self.limit();
            if no_room || (self.gops.key_is_next() && self.segment_may_end(end, cx)) {
                self.close(end.min(self.limit()), cx);
            }
        }
        Flow::On
    }

    fn push_sound(&mut self, frame: Frame, cx: &mut Context<'_>) -> Flow {
        let Some(line) = &mut self.audio else {
            return Flow::On;
        };
        let samples = line.samples(&frame.data);
        let rate = line.rate();
        let mut sound = line.place(frame.pts, samples, cx.settings.jump_ms);
        if sound == Sound::Far {
            if self.video.is_none() {
                return Flow::Break(frame);
            }
            // Pictures lead: sound whose stamps alone have jumped goes on where it was.
            cx.counters.resynced += 1;
            line.resync(frame.pts, line.expected());
            sound = line.place(frame.pts, samples, cx.settings.jump_ms);
        }
        let Sound::At { position, repaired } = sound else {
            cx.counters.dropped += 1;
            return Flow::On;
        };
        cx.counters.repaired += u64::from(repaired);
        if self.video.is_some() {
            self.watch_skew(frame.pts, position, rate, cx);
            let lead = i64::try_from(LEAD.as_millis()).unwrap_or(0) * i64::from(self.scale) / 1000;
            let sound_at = rescale(position, rate, self.scale);
            let pictures_late =
                cx.now.mono.saturating_sub(self.last_picture) > LEAD.max(self.target_duration());
            if pictures_late {
                self.close_parts_before(sound_at.saturating_sub(lead), cx);
            }
        } else {
            self.close_parts_before(position, cx);
        }
        if !self.part.has_room_for_sound(
            frame.data.len(),
            cx.settings.part_frames_max,
            cx.settings.part_bytes_max,
        ) {
            cx.counters.dropped += 1;
            return Flow::On;
        }
        cx.counters.frames += 1;
        self.part.add_sound(position, samples, frame.data);
        let end = position.saturating_add(samples);
        if self.video.is_none() && end.saturating_add(samples) > self.limit() {
            self.close(end.min(self.limit()), cx);
            let half_target_us = cx.cutter.part_target_us() / 2;
            if cx.cutter.segment_us() + half_target_us > u64::from(cx.settings.segment_ms) * 1000 {
                cx.cutter.finish_segment(cx.out);
            }
        }
        Flow::On
    }

    /// Brings sound that stays far from the picture back to it, by arrival.
    fn watch_skew(&mut self, pts: Timestamp, position: i64, rate: u32, cx: &mut Context<'_>) {
        let picture_at = self.part.last_decode().unwrap_or(self.part.start);
        let apart = rescale(position, rate, self.scale).saturating_sub(picture_at);
        if apart.abs() <= i64::from(self.scale) * i64::from(cx.settings.skew_ms) / 1000 {
            (self.skewed, self.pictures_while_skewed) = (0, 0);
            return;
        }
        self.skewed = self.skewed.saturating_add(1);
        if self.skewed >= SKEWED_FRAMES && self.pictures_while_skewed >= SKEWED_FRAMES / 4 {
            (self.skewed, self.pictures_while_skewed) = (0, 0);
            cx.counters.resynced += 1;
            if let Some(line) = &mut self.audio {
                line.resync(pts, rescale(picture_at, self.scale, rate));
            }
        }
    }

    /// The open part does better to end where a picture at `decode` begins, which would hardly fit, than at its limit. It
    /// must be long enough then: pictures that last longer than the rest allows are cut by the limit instead.
    fn ends_well_before(&self, decode: i64, step: i64) -> bool {
        let length = decode.saturating_sub(self.part.start);
        let long_enough = length.saturating_mul(100) >= self.target.saturating_mul(86);
        self.part.has_pictures() && long_enough && decode.saturating_add(step) > self.limit()
    }

    /// Where the open part must end at the latest.
    fn limit(&self) -> i64 {
        self.part.start.saturating_add(self.target)
    }

    fn target_duration(&self) -> Duration {
        Duration::from_micros(self.micros(self.target))
    }

    /// When the picture at `decode`, the newest, is expected to end.
    fn picture_end(&self, decode: i64) -> i64 {
        let expected = self
            .video
            .as_ref()
            .map_or(decode, |line| line.expected(decode));
        expected.max(decode.saturating_add(1))
    }

    /// The segment is long enough to end at `moment` of the line if a key frame comes there.
    fn segment_may_end(&self, moment: i64, cx: &Context<'_>) -> bool {
        let step = self.video.as_ref().map_or(0, VideoLine::step);
        let open_us = self
            .micros(moment)
            .saturating_sub(self.micros(self.part.start));
        let reached_us = cx.cutter.segment_us() + open_us + self.micros(step / 2);
        reached_us >= u64::from(cx.settings.segment_ms) * 1000 || cx.cutter.wants_key()
    }

    /// Closes parts of full length until `moment` lies in the open one; those without frames are gaps.
    fn close_parts_before(&mut self, moment: i64, cx: &mut Context<'_>) {
        while moment >= self.limit() {
            self.close(self.limit(), cx);
        }
    }

    fn close(&mut self, end: i64, cx: &mut Context<'_>) {
        let duration_us = self
            .micros(end)
            .saturating_sub(self.micros(self.part.start));
        if self.part.is_empty() {
            self.part.start = end;
            cx.cutter.gap(cx.now, cx.out, cx.counters);
            return;
        }
        let alone = self.video.is_none();
        let cut = Cut {
            duration_us,
            independent: self.part.has_key() || alone,
            starts_with_key: self.part.starts_with_key() || alone,
            body: self.part.close(end, cx.cutter.next_sequence()),
        };
        cx.cutter.part(cx.now, cut, cx.out, cx.counters);
    }

    /// Closes what is open: nothing more will come. Answers what was learnt of the groups of pictures.
    pub(super) fn finish(mut self, cx: &mut Context<'_>) -> Gops {
        if !self.part.is_empty() {
            let sound_end = self
                .audio
                .as_ref()
                .map_or(0, |line| rescale(line.expected(), line.rate(), self.scale));
            let end = self
                .part
                .last_decode()
                .map_or(sound_end, |decode| self.picture_end(decode));
            self.close(
                end.clamp(self.part.start.saturating_add(1), self.limit()),
                cx,
            );
        }
        cx.cutter.finish_segment(cx.out);
        self.gops
    }

    fn micros(&self, ticks: i64) -> u64 {
        let wide = i128::from(ticks) * 1_000_000;
        let scale = i128::from(self.scale);
        u64::try_from((wide + scale / 2).div_euclid(scale)).unwrap_or(0)
    }
}

fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    Timestamp::new(ticks, from).to_scale(to)
}

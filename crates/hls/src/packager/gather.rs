//! The first frames of a time line, held until tracks and frame rate are known well enough to promise a part target.

use std::time::Duration;

use media::{Codec, Frame, Track, TrackId};

use super::timing::{Timing, VIDEO_SCALE};
use crate::{Now, Settings};

/// Why a time line begins: decides how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A publisher has come: everything about it is unknown.
    Publisher,
    /// The same publisher goes on with other tracks or another rate: it must be measured again.
    Change,
    /// The same publisher goes on after a stall or on another time line: rate and tracks are taken to hold.
    Same,
}

#[derive(Debug)]
pub(super) struct Gather {
    pub cause: Cause,
    /// When the first frame came, of whatever use; what waits are counted from.
    since: Option<Duration>,
    /// When it was last judged whether the frames suffice.
    tried: Duration,
    /// Sound need not be seen again before the time line may count on it.
    sound_held: bool,
    frames: Vec<(Now, Frame)>,
    bytes: usize,
    pictures: usize,
    sounds: usize,
    /// Pictures came, but no key frame yet: the next picture after the wait will do.
    keyless: bool,
}

/// What has been gathered, ready to begin.
pub(super) struct Settled {
    pub cause: Cause,
    pub tracks: Vec<Track>,
    pub timing: Timing,
    /// In order of arrival.
    pub frames: Vec<(Now, Frame)>,
}

/// Pictures that tell a rate, where the SPS agrees and where it says nothing.
const PICTURES_CONFIRM: usize = 4;
const PICTURES_TELL: usize = 10;

impl Gather {
    pub(super) fn new(cause: Cause, had_sound: bool, now: Now) -> Self {
        let since = (cause != Cause::Publisher).then_some(now.mono);
        Self {
            cause,
            since,
            tried: now.mono,
            sound_held: had_sound && cause == Cause::Same,
            frames: Vec::new(),
            bytes: 0,
            pictures: 0,
            sounds: 0,
            keyless: false,
        }
    }

    /// Takes a frame, or refuses it: pictures before a key frame are useless while one may still come.
    pub(super) fn push(&mut self, now: Now, frame: Frame, settings: &Settings) -> bool {
        let key_by = *self.since.get_or_insert(now.mono) + self.key_wait(settings);
        if self.is_full(settings) {
            return false;
        }
        if frame.track == TrackId::VIDEO {
            if self.pictures == 0 && !frame.key && now.mono < key_by {
                self.keyless = true;
                return false;
            }
            self.pictures += 1;
        } else {
            self.sounds += 1;
            if self.sounds > settings.gather_frames_max / 2 && self.pictures == 0 {
                self.drop_oldest();
            }
        }
        self.bytes = self.bytes.saturating_add(frame.data.len());
        self.frames.push((now, frame));
        true
    }

    fn drop_oldest(&mut self) {
        let half = self.frames.len() / 2;
        for (_, frame) in self.frames.drain(..half) {
            self.bytes = self.bytes.saturating_sub(frame.data.len());
            self.sounds = self.sounds.saturating_sub(1);
        }
    }

    /// The configuration of a track changed: its frames so far are of no use.
    pub(super) fn forget(&mut self, track: TrackId) {
        self.frames.retain(|(_, frame)| frame.track != track);
        self.bytes = self.frames.iter().map(|(_, frame)| frame.data.len()).sum();
        self.pictures = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.track == TrackId::VIDEO)
            .count();
        self.sounds = self.frames.len() - self.pictures;
    }

    fn is_full(&self, settings: &Settings) -> bool {
        self.frames.len() >= settings.gather_frames_max || self.bytes >= settings.gather_bytes_max
    }

    /// When a picture that is no key frame will do.
    fn key_by(&self, settings: &Settings) -> Option<Duration> {
        Some(self.since? + self.key_wait(settings))
    }

    fn key_wait(&self, settings: &Settings) -> Duration {
        Duration::from_millis(match self.cause {
            Cause::Publisher | Cause::Change => settings.key_wait_ms.into(),
            Cause::Same => settings.gather_ms.into(),
        })
    }

    /// When to try again though nothing comes; `None` while nothing has come.
    pub(super) fn timeout(&self, settings: &Settings) -> Option<Duration> {
        let (first, _) = self.frames.first()?;
        let patience = Duration::from_millis(settings.gather_ms.into());
        let key_by = self.key_by(settings)?;
        let steps = [
            first.mono + patience,
            first.mono + 3 * patience,
            key_by,
            key_by + patience,
        ];
        steps.into_iter().filter(|&at| at > self.tried).min()
    }

    /// Hands out what was gathered once it suffices.
    pub(super) fn settle(
        &mut self,
        now: Now,
        tracks: &[Option<Track>; 2],
        settings: &Settings,
    ) -> Option<Settled> {
        let [video, audio] = tracks;
        self.tried = now.mono;
        let first = self.frames.first()?.0;
        let patience = Duration::from_millis(settings.gather_ms.into());
        let waited = now.mono.saturating_sub(first.mono).max(self.span());
        let grace = if self.keyless {
            patience
        } else {
            Duration::ZERO
        };
        let key_overdue = now.mono >= self.key_by(settings)? + grace;
        let full = self.is_full(settings);

        let has_video = video.is_some() && self.pictures > 0;
        let has_audio = audio.is_some() && (self.sounds > 0 || (has_video && self.sound_held));
        if !has_video && !has_audio {
            return None;
        }
        let video_awaited = !has_video
            && if video.is_some() {
                !key_overdue
            } else {
                waited < patience
            };
        let audio_awaited = !has_audio && waited < patience && self.cause != Cause::Same;
        if (video_awaited || audio_awaited) && !full {
            return None;
        }
        let timing = if has_video {
            self.video_timing(video.as_ref(), waited, patience, full)?
        } else {
            let (rate, samples) = super::audio::pace(&audio.as_ref()?.codec)?;
            Timing::Sound { rate, samples }
        };
        let kept = [(has_video, video), (has_audio, audio)];
        let tracks = kept
            .into_iter()
            .filter(|(has, _)| *has)
            .filter_map(|(_, track)| track.clone())
            .collect();
        (self.pictures, self.sounds, self.bytes) = (0, 0, 0);
        Some(Settled {
            cause: self.cause,
            tracks,
            timing,
            frames: std::mem::take(&mut self.frames),
        })
    }

    /// The rate of the pictures, once they tell it or patience is over.
    fn video_timing(
        &self,
        video: Option<&Track>,
        waited: Duration,
        patience: Duration,
        full: bool,
    ) -> Option<Timing> {
        let declared = match &video?.codec {
            Codec::H264(config) => config.frame_rate(),
            Codec::H265(_) | Codec::Av1(_) | Codec::Aac(_) | Codec::Opus(_) => None,
        };
        let times: Vec<i64> = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.track == TrackId::VIDEO)
            .map(|(_, frame)| frame.dts.to_scale(VIDEO_SCALE))
            .collect();
        let timing = Timing::measure(declared, &times);
        let confirmed = declared.is_some_and(|(num, den)| timing == Timing::Constant { num, den });
        let enough = times.len() >= PICTURES_TELL || (confirmed && times.len() >= PICTURES_CONFIRM);
        let over = waited >= patience && (times.len() >= 3 || waited >= 3 * patience);
        (enough || over || full || self.cause == Cause::Same).then_some(timing)
    }

    /// The longest stretch that one track's time stamps cover: media that came at once has waited elsewhere.
    fn span(&self) -> Duration {
        let of = |track| {
            let mut stamps = self
                .frames
                .iter()
                .filter(|(_, frame)| frame.track == track)
                .map(|(_, f)| f.dts.as_micros());
            let first = stamps.next().unwrap_or(0);
            stamps
                .next_back()
                .map_or(0, |last| last.saturating_sub(first))
        };
        let longest = of(TrackId::VIDEO).max(of(TrackId::AUDIO));
        Duration::from_micros(u64::try_from(longest).unwrap_or(0))
    }
}

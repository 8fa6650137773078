//! The packager: frames in, parts and segments out.
//!
//! It waits for the first frames to know tracks and frame rate (`gather`), promises a part target for the epoch
//! (`timing`), puts frames on a time line (`video`, `audio`), cuts it (`run`, `part`) and numbers what it cut (`cutter`). While no
//! time line runs, gaps keep the cadence that the playlist promises. It assumes frames in decode order per track; it does
//! not decode, transcode or reorder. RFC 8216bis, 4.4.4.9 (parts), 6.2.1 and 6.2.2 (what a server must keep).

mod audio;
mod cutter;
mod gather;
mod output;
mod part;
mod run;
mod timing;
mod video;

use std::collections::VecDeque;
use std::time::Duration;

use media::{Frame, Kind, Track, TrackId};

pub use output::{Epoch, Init, Output, Part, Resume, SegmentBegun, SegmentDone};
pub use timing::Timing;

use crate::{Now, Settings};
use cutter::Cutter;
use gather::{Cause, Gather, Settled};
use run::{Context, Flow, Gops, Run};

/// What was repaired or refused since the packager was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames taken into parts.
    pub frames: u64,
    /// Frames dropped: no track, before the first key frame, too large, too many, or too late.
    pub dropped: u64,
    /// Time stamps that had to be moved by more than rounding.
    pub repaired: u64,
    /// Times sound was brought back to the picture.
    pub resynced: u64,
    /// Discontinuities begun.
    pub discontinuities: u64,
    /// Segments cut at the target duration without a key frame.
    pub cut_without_key: u64,
    /// Gap parts listed.
    pub gaps: u64,
}

/// One publisher's frames in, one presentation's events out.
///
/// Time comes in with every call; drain [`Packager::poll`] after each and call [`Packager::handle_timeout`] at
/// [`Packager::timeout`].
#[derive(Debug)]
pub struct Packager {
    settings: Settings,
    tracks: [Option<Track>; 2],
    state: State,
    cutter: Option<Cutter>,
    resume: Option<Resume>,
    next_epoch: u32,
    /// First number no segment had, over all epochs: a playlist's address changes with its epoch, its sequence still never falls.
    next_msn: u64,
    /// Of the time line that runs or ran last.
    timing: Timing,
    /// Of the time line that ran last.
    gops: Gops,
    last_frame: Duration,
    out: VecDeque<Output>,
    counters: Counters,
}

#[derive(Debug)]
enum State {
    /// No publisher.
    Idle,
    /// A publisher whose next time line has not begun.
    Gathering(Gather),
    /// A time line runs.
    Running { run: Box<Run>, change: Change },
}

/// How far a change of tracks has come while a time line runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// The time line has the tracks that were announced.
    None,
    /// Others were announced; frames of the old ones may still come.
    Announced,
    /// A frame of the new ones came; the next time line begins at a key frame, or without one at this time.
    Due(Duration),
}

impl Packager {
    /// A packager that has seen nothing, or that goes on where a restart broke off.
    pub fn new(settings: Settings, resume: Option<Resume>) -> Self {
        let next_msn = resume.as_ref().map_or(0, |resume| {
            resume.next_msn.saturating_add(settings.resume_margin)
        });
        let next_epoch = resume
            .as_ref()
            .map_or(1, |resume| resume.epoch.saturating_add(1));
        Self {
            settings: settings.clamped(),
            tracks: [None, None],
            state: State::Idle,
            cutter: None,
            resume: resume.filter(|resume| !resume.ended),
            next_epoch,
            next_msn,
            timing: Timing::Variable,
            gops: Gops::default(),
            last_frame: Duration::ZERO,
            out: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// A publisher begins or returns, with the tracks known so far (may be none). Takes over from one that is there.
    pub fn start(&mut self, now: Now, tracks: &[Track]) {
        self.stop_run(now);
        self.tracks = [None, None];
        for track in tracks {
            if let Some(slot) = slot(&mut self.tracks, track) {
                *slot = Some(track.clone());
            }
        }
        self.last_frame = now.mono;
        self.state = State::Gathering(Gather::new(Cause::Publisher, false, now));
    }

    /// A track's configuration came or changed; an identical repeat has no effect. A change takes effect at the next
    /// key frame, with a new initialisation segment and a discontinuity.
    pub fn track(&mut self, _now: Now, track: Track) {
        let id = track.id;
        let Some(slot) = slot(&mut self.tracks, &track) else {
            return;
        };
        if slot.as_ref() == Some(&track) {
            return;
        }
        *slot = Some(track);
        match &mut self.state {
            State::Idle => {}
            State::Gathering(gather) => gather.forget(id),
            State::Running { change, .. } if *change == Change::None => *change = Change::Announced,
            State::Running { .. } => {}
        }
    }

    /// Takes the next frame. Never fails: odd input is repaired or dropped, and counted.
    pub fn push(&mut self, now: Now, frame: Frame) {
        let known = slot_of(frame.track).is_some_and(|index| self.tracks[index].is_some());
        let sized = !frame.data.is_empty() && frame.data.len() <= self.settings.frame_bytes_max;
        if !known || !sized || matches!(self.state, State::Idle) {
            self.counters.dropped += 1;
            return;
        }
        self.last_frame = now.mono;
        self.accept(now, frame);
    }

    /// The publisher is lost and may return; gaps keep the cadence until it does or [`Packager::end`] is called.
    pub fn interrupt(&mut self, now: Now) {
        self.stop_run(now);
        self.state = State::Idle;
        self.keep_cadence(now);
    }

    /// The broadcast is over: the epoch ends, and a later [`Packager::start`] begins the next.
    pub fn end(&mut self, now: Now) {
        self.stop_run(now);
        self.state = State::Idle;
        self.end_epoch();
    }

    /// Does what is due; call at or after [`Packager::timeout`].
    pub fn handle_timeout(&mut self, now: Now) {
        if matches!(self.state, State::Running { .. }) && now.mono >= self.last_frame + self.stall()
        {
            self.stop_run(now);
            self.state = State::Gathering(Gather::new(Cause::Same, self.has_sound(), now));
        }
        self.try_settle(now);
        self.keep_cadence(now);
    }

    /// The next event; drain after every call.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`Packager::handle_timeout`] is due next, on the monotonic clock.
    pub fn timeout(&self) -> Option<Duration> {
        match &self.state {
            State::Running { .. } => Some(self.last_frame + self.stall()),
            State::Gathering(gather) => gather
                .timeout(&self.settings)
                .into_iter()
                .chain(self.gap_due())
                .min(),
            State::Idle => self.gap_due(),
        }
    }

    /// What was repaired or refused so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn accept(&mut self, now: Now, frame: Frame) {
        match &mut self.state {
            State::Idle => self.counters.dropped += 1,
            State::Gathering(gather) => {
                if !gather.push(now, frame, &self.settings) {
                    self.counters.dropped += 1;
                }
                self.try_settle(now);
            }
            State::Running { change, .. } if *change != Change::None => {
                self.accept_in_change(now, frame)
            }
            State::Running { .. } => self.feed(now, frame),
        }
    }

    /// Hands a frame to the time line that runs.
    fn feed(&mut self, now: Now, frame: Frame) {
        let (State::Running { run, .. }, Some(cutter)) = (&mut self.state, &mut self.cutter) else {
            return;
        };
        let (settings, out, counters) = (&self.settings, &mut self.out, &mut self.counters);
        match run.push(
            frame,
            &mut Context {
                now,
                settings,
                cutter,
                out,
                counters,
            },
        ) {
            Flow::On => {}
            Flow::Break(frame) => self.restart(now, Cause::Same, frame),
            Flow::Retime(frame) => self.restart(now, Cause::Change, frame),
        }
    }

    /// Takes a frame while tracks are announced that the time line does not have.
    fn accept_in_change(&mut self, now: Now, frame: Frame) {
        let (State::Running { change, .. }, Some(cutter)) = (&mut self.state, &self.cutter) else {
            return;
        };
        let held = |id: TrackId| cutter.tracks().iter().find(|track| track.id == id);
        let announced = slot_of(frame.track).and_then(|index| self.tracks[index].as_ref());
        let stale = held(frame.track) != announced;
        if stale && !matches!(change, Change::Due(_)) {
            *change =
                Change::Due(now.mono + Duration::from_millis(self.settings.key_wait_ms.into()));
        }
        let is_video = frame.track == TrackId::VIDEO;
        let turn = match *change {
            Change::Due(by) if is_video => frame.key || now.mono >= by,
            // Sound must not wait for a picture where there is none.
            Change::Due(_) => stale && held(TrackId::VIDEO).is_none(),
            Change::None | Change::Announced => false,
        };
        if turn {
            let kinds = [TrackId::VIDEO, TrackId::AUDIO];
            let same = kinds
                .iter()
                .zip(&self.tracks)
                .all(|(&id, new)| held(id).is_some() == new.is_some());
            self.restart(now, if same { Cause::Same } else { Cause::Change }, frame);
        } else if stale {
            self.counters.dropped += 1;
        } else {
            self.feed(now, frame);
        }
    }

    /// Ends the time line and begins to gather the next, with this frame.
    fn restart(&mut self, now: Now, cause: Cause, frame: Frame) {
        self.stop_run(now);
        self.state = State::Gathering(Gather::new(cause, self.has_sound(), now));
        self.accept(now, frame);
    }

    /// The time line that ran last had sound.
    fn has_sound(&self) -> bool {
        self.cutter.as_ref().is_some_and(|cutter| {
            cutter
                .tracks()
                .iter()
                .any(|track| track.kind() == Kind::Audio)
        })
    }

    fn try_settle(&mut self, now: Now) {
        let State::Gathering(gather) = &mut self.state else {
            return;
        };
        let Some(settled) = gather.settle(now, &self.tracks, &self.settings) else {
            return;
        };
        let Settled {
            cause,
            tracks,
            timing,
            frames,
        } = settled;
        let leading = tracks.first().map(|track| track.id);
        let Some((begun, first)) = frames
            .iter()
            .find(|(_, frame)| Some(frame.track) == leading)
        else {
            return;
        };
        let begun = *begun;
        let timing = self.agree(cause, &tracks, timing);
        self.timing = timing;
        let Some(cutter) = &mut self.cutter else {
            return;
        };
        let run = Box::new(Run::new(
            &tracks,
            timing,
            first,
            cutter.part_target_us(),
            self.gops,
            now,
        ));
        let wall_us = begun.wall_ms.saturating_mul(1000);
        let missing = self.tracks.iter().flatten().count() > tracks.len();
        cutter.begin_run(tracks, now, wall_us, &mut self.out, &mut self.counters);
        // A track that was announced but has sent nothing joins when it does.
        let change = if missing {
            Change::Announced
        } else {
            Change::None
        };
        self.state = State::Running { run, change };
        for (_, frame) in frames {
            self.accept(now, frame);
        }
    }

    /// Makes sure that the epoch's promises fit what is about to run, by beginning the next epoch where they do not.
    /// Answers the timing to run with.
    fn agree(&mut self, cause: Cause, tracks: &[Track], timing: Timing) -> Timing {
        let video = tracks.iter().any(|track| track.kind() == Kind::Video);
        let audio = tracks.iter().any(|track| track.kind() == Kind::Audio);
        if let Some(cutter) = &self.cutter {
            let has = |kind| cutter.tracks().iter().any(|track| track.kind() == kind);
            let same_kinds = has(Kind::Video) == video && has(Kind::Audio) == audio;
            if cause == Cause::Same && same_kinds {
                return self.timing;
            }
            if (same_kinds || cause != Cause::Publisher)
                && timing.holds(cutter.part_target_us(), &self.settings)
            {
                return timing;
            }
            self.end_epoch();
        } else if let Some(resume) = self.resume.take() {
            let fits = resume.video == video
                && resume.audio == audio
                && resume.target_duration_s == self.settings.target_duration_s
                && timing.holds(resume.part_target_us, &self.settings);
            if fits {
                let margin = self.settings.resume_margin;
                let epoch = Epoch {
                    number: resume.epoch,
                    first_msn: resume.next_msn.saturating_add(margin),
                    // The segment that was open may have had a discontinuity of its own.
                    discontinuity_sequence: resume.discontinuity_sequence.saturating_add(1),
                    target_duration_s: resume.target_duration_s,
                    part_target_us: resume.part_target_us,
                    timing: resume.timing,
                };
                let next_init = resume
                    .next_init
                    .saturating_add(u32::try_from(margin).unwrap_or(u32::MAX));
                self.cutter = Some(Cutter::new(
                    &self.settings,
                    epoch,
                    next_init,
                    true,
                    &mut self.out,
                ));
                return timing;
            }
            self.out.push_back(Output::Ended);
        }
        let epoch = Epoch {
            number: self.next_epoch,
            first_msn: self.next_msn,
            discontinuity_sequence: 0,
            target_duration_s: self.settings.target_duration_s,
            part_target_us: timing.part_target_us(&self.settings),
            timing,
        };
        self.next_epoch = self.next_epoch.saturating_add(1);
        self.cutter = Some(Cutter::new(&self.settings, epoch, 0, false, &mut self.out));
        timing
    }

    fn end_epoch(&mut self) {
        let resumed = self.resume.take().is_some();
        if let Some(mut cutter) = self.cutter.take() {
            cutter.finish_segment(&mut self.out);
            self.next_msn = cutter.next_msn();
            self.out.push_back(Output::Ended);
        } else if resumed {
            self.out.push_back(Output::Ended);
        }
    }

    /// Closes what is open; the state is to be set by the caller.
    fn stop_run(&mut self, now: Now) {
        let State::Running { run, .. } = std::mem::replace(&mut self.state, State::Idle) else {
            return;
        };
        let Some(cutter) = &mut self.cutter else {
            return;
        };
        let (settings, out, counters) = (&self.settings, &mut self.out, &mut self.counters);
        self.gops = run.finish(&mut Context {
            now,
            settings,
            cutter,
            out,
            counters,
        });
    }

    /// When the next gap is due, while no time line runs.
    fn gap_due(&self) -> Option<Duration> {
        let cutter = self.cutter.as_ref()?;
        Some(cutter.listed() + Duration::from_micros(cutter.part_target_us()))
    }

    /// Lists the gaps that are due while no time line runs.
    fn keep_cadence(&mut self, now: Now) {
        if matches!(self.state, State::Running { .. }) {
            return;
        }
        let Some(cutter) = &mut self.cutter else {
            return;
        };
        // A clock that stood still, as in a suspended machine, is not made up for in full.
        cutter.forget_before(now.mono.saturating_sub(Duration::from_secs(
            3 * u64::from(self.settings.target_duration_s),
        )));
        let target = Duration::from_micros(cutter.part_target_us());
        while cutter.listed() + target <= now.mono {
            cutter.gap(now, &mut self.out, &mut self.counters);
        }
    }

    /// How long a connected publisher may send nothing.
    fn stall(&self) -> Duration {
        let target_us = self.cutter.as_ref().map_or(0, Cutter::part_target_us);
        Duration::from_millis(self.settings.stall_ms.into())
            .max(Duration::from_micros(2 * target_us))
    }
}

/// Which of the two tracks this is; further tracks are not carried.
fn slot_of(id: TrackId) -> Option<usize> {
    match id {
        TrackId::VIDEO => Some(0),
        TrackId::AUDIO => Some(1),
        _ => None,
    }
}

fn slot<'a>(tracks: &'a mut [Option<Track>; 2], track: &Track) -> Option<&'a mut Option<Track>> {
    let expected = if track.id == TrackId::VIDEO {
        Kind::Video
    } else {
        Kind::Audio
    };
    slot_of(track.id)
        .filter(|_| track.kind() == expected)
        .and_then(|index| tracks.get_mut(index))
}

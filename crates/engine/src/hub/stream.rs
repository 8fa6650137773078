//! One stream: who publishes, since when, what is measured, and the window that viewers are answered from.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use domain::{
    clock::Time,
    engine::{Ended, Reply, Sample, Viewers, Warning},
    publish::{Admitted, Credential, Protocol, Refused},
    stream::StreamId,
};
use hls::Window;
use media::{Frame, Track, TrackId};
use tokio::sync::watch;

use super::{
    EndReason,
    kept_out::KeptOut,
    presence::Presence,
    ring::{Entry, Ring},
};
use crate::{
    Shared, egress,
    health::{Health, Reading},
    poster::Poster,
};

/// Where a broadcast stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody publishes and nobody is waited for.
    Off,
    /// A publisher is there.
    Receiving,
    /// The publisher is gone since this time of the engine's clock, and of the world's; the broadcast ends when the grace is over.
    Away { since: Duration, since_wall: Time },
}

/// From where a publisher came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) protocol: Protocol,
    pub(crate) address: IpAddr,
}

/// A broadcast as the hub knows it.
#[derive(Debug)]
pub(crate) struct Broadcast {
    pub(crate) admitted: Admitted,
    pub(crate) origin: Origin,
    pub(crate) since: Time,
    pub(crate) tracks: Vec<Track>,
    health: Health,
    poster: Option<Poster>,
    number: u64,
    end: watch::Sender<Option<EndReason>>,
}

/// What the page and the API are told.
pub(crate) struct Snapshot {
    pub(crate) admitted: Admitted,
    pub(crate) origin: Origin,
    pub(crate) since: Time,
    pub(crate) phase: Phase,
    pub(crate) tracks: Vec<Track>,
    pub(crate) reading: Reading,
    pub(crate) viewers: Viewers,
    pub(crate) warnings: Vec<Warning>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    broadcast: Option<Broadcast>,
    last_ended: Option<Ended>,
    publishers: u64,
    egress_runs: bool,
    /// Who was here last, of all who came since the start.
    last: Option<StreamId>,
    /// Whom the owner has just sent away.
    kept_out: Option<KeptOut>,
}

/// One stream.
pub(crate) struct Stream {
    slug: String,
    shared: Arc<Shared>,
    state: Mutex<State>,
    ring: Arc<Ring>,
    window: RwLock<Window>,
    version: watch::Sender<u64>,
    pub(crate) presence: Presence,
    /// Sessions of WebRTC that are connected.
    pub(crate) webrtc_viewers: AtomicU32,
    forgotten: AtomicBool,
    /// A viewer cannot go on without a key frame; publishers that can be asked for one are.
    key_frame_wanted: AtomicBool,
    /// Nothing comes, and what came was packaged.
    quiet: watch::Sender<bool>,
}

/// A picture that comes with the sound comes this soon after the broadcast began.
const PICTURE_AFTER_SOUND: Duration = Duration::from_millis(600);

impl Stream {
    pub(super) fn new(shared: Arc<Shared>, slug: &str, resume: Option<hls::Resume>) -> Arc<Self> {
        Arc::new(Self {
            slug: slug.to_owned(),
            ring: Ring::new(shared.settings.ring_bytes_max),
            window: RwLock::new(Window::new(shared.settings.hls.clone(), resume)),
            shared,
            state: Mutex::new(State {
                phase: Phase::Off,
                broadcast: None,
                last_ended: None,
                publishers: 0,
                egress_runs: false,
                last: None,
                kept_out: None,
            }),
            version: watch::Sender::new(0),
            presence: Presence::default(),
            webrtc_viewers: AtomicU32::new(0),
            forgotten: AtomicBool::new(false),
            key_frame_wanted: AtomicBool::new(false),
            quiet: watch::Sender::new(true),
        })
    }

    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    pub(crate) fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The window to answer from.
    pub(crate) fn window(&self) -> std::sync::RwLockReadGuard<'_, Window> {
        self.window.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the window, then wakes everyone who waits for a change: one wake-up for all.
    pub(crate) fn change_window(&self, change: impl FnOnce(&mut Window)) {
        let (version, turned) = {
            let mut window = self.window.write().unwrap_or_else(PoisonError::into_inner);
            let before = is_on(&window);
            change(&mut window);
            (window.version(), is_on(&window) != before)
        };
        self.version.send_replace(version);
        if turned {
            self.shared.changes.note();
        }
    }

    /// Whether a publisher is there now.
    pub(crate) fn is_receiving(&self) -> bool {
        self.state().phase == Phase::Receiving
    }

    /// Whether a publisher is there and has not said yet what it sends: nothing, or sound alone so far.
    pub(crate) fn is_starting(&self) -> bool {
        let now = self.shared.clock.now();
        let state = self.state();
        let broadcast = state.broadcast.as_ref();
        state.phase == Phase::Receiving
            && broadcast.is_some_and(|on| {
                let has_picture = on.tracks.iter().any(|track| track.id == TrackId::VIDEO);
                let is_new = now.since(on.since) < PICTURE_AFTER_SOUND;
                on.tracks.is_empty() || (!has_picture && is_new)
            })
    }

    /// Whether viewers can play what is on now.
    pub(crate) fn is_playable(&self) -> bool {
        is_on(&self.window())
    }

    /// Told of every version of the window.
    pub(crate) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A viewer cannot go on without a key frame. Cheap: many may call it, and the publisher is asked once a second at most.
    pub(crate) fn want_key_frame(&self) {
        self.key_frame_wanted.store(true, Ordering::Relaxed);
    }

    pub(super) fn key_frame_was_wanted(&self) -> bool {
        self.key_frame_wanted.swap(false, Ordering::Relaxed)
    }

    /// Whether somebody who comes with this would be made the publisher now; asking counts as a try, as coming does.
    pub(super) fn would_take(&self, credential: Credential) -> Result<(), Refused> {
        self.check(&mut self.state(), credential)
    }

    fn check(&self, state: &mut State, credential: Credential) -> Result<(), Refused> {
        if let Some(kept_out) = &mut state.kept_out
            && kept_out.refuses(credential, self.shared.mono())
        {
            return Err(Refused::Ended);
        }
        if state.phase == Phase::Receiving && !self.shared.tuned().take_over {
            return Err(Refused::AlreadyLive);
        }
        Ok(())
    }

    /// Makes a connection the publisher, or says who is in the way.
    pub(super) fn take(
        self: &Arc<Self>,
        admitted: Admitted,
        origin: Origin,
    ) -> Result<(u64, watch::Receiver<Option<EndReason>>), Refused> {
        let mut state = self.state();
        self.check(&mut state, admitted.credential)?;
        if state.phase == Phase::Receiving {
            if let Some(broadcast) = &state.broadcast {
                broadcast.end.send_replace(Some(EndReason::TakenOver));
            }
            self.ring.push(Entry::Away);
        }
        state.last = Some(admitted.stream);
        state.kept_out = None;
        state.publishers += 1;
        let number = state.publishers;
        let (end, ended) = watch::channel(None);
        // A publisher that returns goes on with the broadcast that waits for it.
        let target_duration_s = self.shared.settings.hls.target_duration_s;
        let (since, mut health, poster) = match state.broadcast.take() {
            Some(running) => (running.since, running.health, running.poster),
            None => (
                self.shared.clock.now(),
                Health::new(target_duration_s),
                None,
            ),
        };
        health.left();
        state.broadcast = Some(Broadcast {
            admitted,
            origin,
            since,
            tracks: Vec::new(),
            health,
            poster,
            number,
            end,
        });
        state.phase = Phase::Receiving;
        self.quiet.send_replace(false);
        if !state.egress_runs {
            state.egress_runs = true;
            tokio::spawn(egress::hls::run(self.clone(), self.ring.reader()));
        }
        self.ring.push(Entry::Start);
        drop(state);
        self.shared.changes.note();
        Ok((number, ended))
    }

    /// A publisher's connection is over; the grace begins, unless another has taken its place.
    pub(super) fn leave(&self, number: u64) {
        let mut state = self.state();
        let current = state
            .broadcast
            .as_ref()
            .is_some_and(|broadcast| broadcast.number == number);
        if !current || state.phase != Phase::Receiving {
            return;
        }
        if let Some(broadcast) = &mut state.broadcast {
            broadcast.health.left();
        }
        state.phase = Phase::Away {
            since: self.shared.mono(),
            since_wall: self.shared.clock.now(),
        };
        self.ring.push(Entry::Away);
        drop(state);
        self.shared.changes.note();
    }

    /// A publisher announces a track.
    pub(super) fn announce(&self, number: u64, track: &Track) {
        let mut state = self.state();
        let Some(broadcast) = state
            .broadcast
            .as_mut()
            .filter(|broadcast| broadcast.number == number)
        else {
            return;
        };
        broadcast.tracks.retain(|known| known.id != track.id);
        broadcast.tracks.push(track.clone());
        broadcast.tracks.sort_by_key(|track| track.id);
        broadcast.health.track(track);
        self.ring.push(Entry::Track(track.clone()));
        drop(state);
        self.shared.changes.note();
    }

    /// What a publisher says it sends, kilobits a second.
    pub(super) fn told(&self, number: u64, picture_kbit: Option<f64>, sound_kbit: Option<f64>) {
        let mut state = self.state();
        if let Some(broadcast) = state
            .broadcast
            .as_mut()
            .filter(|broadcast| broadcast.number == number)
        {
            broadcast.health.told(picture_kbit, sound_kbit);
        }
    }

    /// A publisher's frame; nothing where another has taken its place.
    pub(super) fn push(&self, number: u64, now: Duration, frame: Frame) {
        let mut state = self.state();
        if let Some(broadcast) = state
            .broadcast
            .as_mut()
            .filter(|broadcast| broadcast.number == number)
        {
            broadcast.health.frame(now, &frame);
            if frame.key && frame.track == TrackId::VIDEO {
                broadcast.keep_poster(&frame);
            }
            self.ring.push(Entry::Frame(frame));
        }
    }

    /// Once a second: looks at what came, and remembers it.
    pub(crate) fn look(&self, now: Duration) {
        // The egress sleeps until the end of the grace as it knows it, which may have become shorter.
        self.end_if_overdue();
        let wall = self.shared.clock.now();
        let viewers = self.viewers(now);
        let mut state = self.state();
        let receiving = state.phase == Phase::Receiving;
        let Some(broadcast) = &mut state.broadcast else {
            return;
        };
        let changed = receiving && broadcast.health.look(now, wall);
        broadcast.health.remember(now, wall, viewers);
        drop(state);
        if changed {
            self.shared.changes.note();
        }
    }

    fn viewers(&self, now: Duration) -> Viewers {
        Viewers {
            hls: self.presence.viewers(now),
            webrtc: self.webrtc_viewers.load(Ordering::Relaxed),
        }
    }

    /// The last minutes of the broadcast, oldest first.
    pub(crate) fn history(&self) -> Vec<Sample> {
        let state = self.state();
        let broadcast = state.broadcast.as_ref();
        broadcast.map_or_else(Vec::new, |broadcast| broadcast.health.history())
    }

    /// The last key frame of the broadcast.
    pub(crate) fn poster(&self) -> Option<Reply> {
        let poster = self.state().broadcast.as_ref()?.poster.clone()?;
        poster.reply()
    }

    /// When the grace of an absent publisher ends.
    pub(crate) fn away_until(&self) -> Option<Duration> {
        match self.state().phase {
            Phase::Away { since, .. } => Some(since + self.shared.tuned().grace),
            _ => None,
        }
    }

    /// Ends the broadcast if its publisher's grace is over.
    pub(crate) fn end_if_overdue(&self) {
        let mut state = self.state();
        let grace = self.shared.tuned().grace;
        if matches!(state.phase, Phase::Away { since, .. } if since + grace <= self.shared.mono()) {
            self.end(&mut state);
        }
    }

    /// Ends the broadcast now; its publisher is told why.
    pub(crate) fn end_broadcast(&self, reason: &EndReason) {
        let mut state = self.state();
        if let Some(broadcast) = &state.broadcast {
            broadcast.end.send_replace(Some(reason.clone()));
            self.end(&mut state);
        }
    }

    /// Ends this stream's broadcast now by its owner's wish, also while its publisher is away; who sent it is kept out for a while,
    /// so that an encoder that comes back by itself begins no other.
    pub(crate) fn end_by_owner(&self, of: StreamId, why: &str) {
        let mut state = self.state();
        if let Some(broadcast) = &state.broadcast
            && broadcast.admitted.stream == of
        {
            let kept_out = KeptOut::new(broadcast.admitted.credential, self.shared.mono());
            let reason = EndReason::Closed(why.to_owned());
            broadcast.end.send_replace(Some(reason));
            state.kept_out = Some(kept_out);
            self.end(&mut state);
        }
    }

    fn end(&self, state: &mut State) {
        if let Some(broadcast) = state.broadcast.take() {
            state.last_ended = Some(Ended {
                since: broadcast.since,
                until: self.shared.clock.now(),
            });
        }
        state.phase = Phase::Off;
        self.ring.push(Entry::End);
        self.shared.changes.note();
    }

    /// Cuts the publisher if it came with this credential; the grace lets another key go on.
    pub(crate) fn cut(&self, why: &str, concerned: impl Fn(&Admitted) -> bool) {
        let state = self.state();
        if let Some(broadcast) = state
            .broadcast
            .as_ref()
            .filter(|broadcast| concerned(&broadcast.admitted))
        {
            broadcast
                .end
                .send_replace(Some(EndReason::Closed(why.to_owned())));
        }
    }

    /// The egress has packaged everything up to an absence or an end.
    pub(crate) fn came_to_rest(&self) {
        if self.state().phase != Phase::Receiving {
            self.quiet.send_replace(true);
        }
    }

    /// Resolves once nothing comes any more and what came was packaged.
    pub(super) async fn quiet(&self) {
        let mut quiet = self.quiet.subscribe();
        let _ = quiet.wait_for(|quiet| *quiet).await;
    }

    /// Tells the publisher to go; the broadcast waits for its return.
    pub(super) fn send_away(&self, reason: &EndReason) {
        let number = match &self.state().broadcast {
            Some(broadcast) => {
                broadcast.end.send_replace(Some(reason.clone()));
                broadcast.number
            }
            None => return,
        };
        self.leave(number);
    }

    /// Whether the stream with this id publishes here, or did so last.
    pub(crate) fn is(&self, id: StreamId) -> bool {
        self.state().last == Some(id)
    }

    /// Nobody reaches this stream any more: its reader ends, and its memory goes with it.
    pub(super) fn forget(&self) {
        self.change_window(|window| *window = Window::new(self.shared.settings.hls.clone(), None));
        self.forgotten.store(true, Ordering::Relaxed);
        self.ring.push(Entry::End);
    }

    /// Whether [`Stream::forget`] was called.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::Relaxed)
    }

    /// The last broadcast that has ended since the start.
    pub(crate) fn last_ended(&self) -> Option<Ended> {
        self.state().last_ended
    }

    /// Whether the publisher came with this.
    pub(crate) fn came_with(credential: Credential) -> impl Fn(&Admitted) -> bool {
        move |admitted| admitted.credential == credential
    }

    /// The broadcast as it stands.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let now = self.shared.mono();
        let mut state = self.state();
        let phase = state.phase;
        let broadcast = state.broadcast.as_mut()?;
        Some(Snapshot {
            admitted: broadcast.admitted.clone(),
            origin: broadcast.origin,
            since: broadcast.since,
            phase,
            tracks: broadcast.tracks.clone(),
            reading: broadcast.health.read(now),
            viewers: self.viewers(now),
            warnings: broadcast.health.warnings(),
        })
    }
}

impl Broadcast {
    fn keep_poster(&mut self, frame: &Frame) {
        if let Some(track) = self.tracks.iter().find(|track| track.id == frame.track) {
            self.poster = Some(Poster {
                track: track.clone(),
                frame: frame.clone(),
            });
        }
    }
}

/// Whether a window shows a presentation that goes on. An ended one under a running broadcast is the last one's.
fn is_on(window: &Window) -> bool {
    window.is_playable() && !window.has_ended()
}

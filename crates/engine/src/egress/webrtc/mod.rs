//! Viewers by WebRTC: each watched stream is read once, and sent to all who watch it.
//!
//! `viewer` is one session, `feed` one stream as packets. The port and the thread are [`crate::sessions`]'s.

mod feed;
mod viewer;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use domain::{
    item::{Item, Space},
    session::{Answer, Offer, Refused},
    view::Purpose,
};
use tokio::{sync::mpsc, task::JoinHandle};
use webrtc::{
    peer::{Closed, Output},
    sdp::{self, Wish},
};

use crate::{
    hub::{Entry, Reader, Stream},
    sessions::{Agenda, Common, Key, Session, refused},
};
use feed::{Coded, Feed, Step};
use viewer::{Random, Viewer, Watching};

/// Frames on the way from the rings; a thread that falls behind this far is overloaded, and the rings jump for it.
const FEEDS_MAX: usize = 1024;

/// What could not be done when it was due is looked at again after so long.
const AGAIN: Duration = Duration::from_millis(1);

/// A frame of more packets than this is sent in slices of so many, to each viewer a slice before anybody gets the next one: a key frame
/// at once would overrun small buffers on its way (and make browsers think that packets come late), and keep everybody else waiting.
const SLICE_PACKETS: usize = 24;
/// A slice follows the one before after so long: some 100 Mb/s to each viewer.
const SLICE_EVERY: Duration = Duration::from_millis(2);
/// Frames that wait for their turn behind one in slices; beyond them the thread is behind, and nothing waits any more.
const PACED_MAX: usize = 8;

/// A watched stream.
struct Watched {
    feed: Feed,
    /// Frames on their way to the viewers, and how many packets of the first one are sent.
    paced: VecDeque<(Arc<Coded>, usize)>,
    /// When the next slice may be sent.
    paced_due: Instant,
    viewers: Vec<Key>,
    /// Of them those whose transport is ready.
    connected: u32,
    reading: JoinHandle<()>,
}

impl Watched {
    /// Sends what may be sent now.
    fn pace(&mut self, now: Instant, viewers: &mut HashMap<Key, Viewer>, common: &Common) {
        let is_behind = self.paced.len() > PACED_MAX;
        while let Some((coded, sent)) = self.paced.front_mut() {
            if self.paced_due > now && !is_behind {
                return;
            }
            let all = coded.packets.len();
            let slice = *sent..all.min(*sent + SLICE_PACKETS);
            let coded = coded.clone();
            *sent = slice.end;
            if slice.end == all {
                self.paced.pop_front();
            }
            if all > SLICE_PACKETS {
                self.paced_due = now + SLICE_EVERY;
            }
            for key in &self.viewers {
                if let Some(viewer) = viewers.get_mut(key) {
                    viewer.slice((&coded, slice.clone()), now, &self.feed, &common.socket);
                }
            }
        }
    }

    /// So many more are connected, or fewer; the stream is told.
    fn count(&mut self, change: i32) {
        self.connected = self.connected.saturating_add_signed(change);
        let told = &self.feed.stream.webrtc_viewers;
        told.store(self.connected, Ordering::Relaxed);
    }
}

/// All viewers, and what they watch.
pub(crate) struct Viewers {
    watched: HashMap<String, Watched>,
    viewers: HashMap<Key, Viewer>,
    /// Of them those whose transport is not ready.
    half_open: usize,
    agenda: Agenda,
    entries: mpsc::Sender<(String, Vec<Entry>)>,
    coming: mpsc::Receiver<(String, Vec<Entry>)>,
}

impl Viewers {
    pub(crate) fn new() -> Self {
        let (entries, coming) = mpsc::channel(FEEDS_MAX);
        Self {
            watched: HashMap::new(),
            viewers: HashMap::new(),
            half_open: 0,
            agenda: Agenda::default(),
            entries,
            coming,
        }
    }

    /// The next entries of a stream that is watched.
    pub(crate) async fn coming(&mut self) -> Option<(String, Vec<Entry>)> {
        self.coming.recv().await
    }

    pub(crate) fn session(&mut self, key: Key) -> Option<&mut dyn Session> {
        let viewer = self.viewers.get_mut(&key)?;
        Some(viewer)
    }

    /// When time has to pass next for one of them.
    pub(crate) fn due(&self) -> Option<Instant> {
        let waiting = self.watched.values().filter(|on| !on.paced.is_empty());
        let slices = waiting.map(|on| on.paced_due);
        slices.chain(self.agenda.next()).min()
    }

    pub(crate) fn tick(&mut self, common: &mut Common, now: Instant) {
        for watched in self.watched.values_mut() {
            watched.pace(now, &mut self.viewers, common);
        }
        while let Some(key) = self.agenda.take(now) {
            let Some(viewer) = self.viewers.get_mut(&key) else {
                continue;
            };
            if viewer.peer.timeout() <= now {
                viewer.peer.handle_timeout(now);
            }
            if viewer.due().is_some_and(|due| due <= now)
                && let Some(watched) = self.watched.get(viewer.watching.slug.as_str())
            {
                viewer.tick(now, &watched.feed, &common.socket);
            }
            self.drain(common, now, key);
        }
    }

    /// Notes when a session is due next.
    fn note(&mut self, now: Instant, key: Key) {
        if let Some(viewer) = self.viewers.get(&key) {
            let timeout = viewer.peer.timeout();
            let due = viewer.due().map_or(timeout, |due| due.min(timeout));
            // What is overdue and could not be done is tried again, not without end at once.
            self.agenda.note(key, due.max(now + AGAIN));
        }
    }

    /// Whether each session still has leave, and its stream still is.
    pub(crate) fn look(&mut self, common: &mut Common, now: Instant) {
        let gatekeeper = &common.shared.gatekeeper;
        let over: Vec<Key> = self
            .viewers
            .iter()
            .filter(|(_, viewer)| {
                gatekeeper
                    .check(
                        Space::Watch,
                        viewer.watching.slug.as_str(),
                        &viewer.watching.token,
                        Purpose::Play,
                    )
                    .is_err()
                    || self
                        .watched
                        .get(viewer.watching.slug.as_str())
                        .is_none_or(|watched| watched.feed.reorders || watched.feed.is_over())
            })
            .map(|(key, _)| *key)
            .collect();
        for key in over {
            self.remove(common, now, key);
        }
        self.watched.retain(|_, watched| {
            let wanted = !watched.viewers.is_empty();
            if !wanted {
                watched.reading.abort();
            }
            wanted
        });
    }

    /// New entries of a stream.
    pub(crate) fn take(&mut self, common: &Common, slug: &str, entries: &[Entry]) {
        let now = Instant::now();
        let Some(watched) = self.watched.get_mut(slug) else {
            return;
        };
        for entry in entries {
            match watched.feed.take(now, entry) {
                Step::Frame(coded) => watched.paced.push_back((coded, 0)),
                Step::Sound(sounds) => {
                    for key in &watched.viewers {
                        if let Some(viewer) = self.viewers.get_mut(key) {
                            viewer.sound(&sounds, &common.socket);
                        }
                    }
                }
                Step::Nothing => {}
            }
            watched.pace(now, &mut self.viewers, common);
        }
    }

    /// Does what a session's transport wants done.
    pub(crate) fn drain(&mut self, common: &mut Common, now: Instant, key: Key) {
        let Some(viewer) = self.viewers.get_mut(&key) else {
            return;
        };
        let mut is_over = false;
        let mut watched = self.watched.get_mut(viewer.watching.slug.as_str());
        while let Some(output) = viewer.peer.poll() {
            match output {
                Output::Transmit(route, bytes) => {
                    common.socket.send(route, &bytes, bytes.len());
                }
                Output::Connected => {
                    if let Some(watched) = &mut watched {
                        viewer.connected(now, &watched.feed, &common.socket);
                        self.half_open = self.half_open.saturating_sub(1);
                        watched.count(1);
                    }
                }
                Output::Rtcp(packet) => {
                    if let Some(watched) = &watched {
                        viewer.told(now, &packet, &watched.feed, &common.socket);
                    }
                }
                Output::Closed(why) => {
                    is_over = true;
                    if why == Closed::Handshake {
                        tracing::debug!(
                            stream = viewer.watching.slug.as_str(),
                            "a WebRTC handshake failed"
                        );
                    }
                }
            }
        }
        if is_over {
            self.remove(common, now, key);
        } else {
            self.note(now, key);
        }
    }

    /// Ends a session; its client is told.
    pub(crate) fn remove(&mut self, common: &mut Common, now: Instant, key: Key) {
        let Some(mut viewer) = self.viewers.remove(&key) else {
            return;
        };
        common.end(&mut viewer.peer, now, key, &viewer.id);
        self.agenda.forget(key);
        let watched = self.watched.get_mut(viewer.watching.slug.as_str());
        if !viewer.is_connected {
            self.half_open = self.half_open.saturating_sub(1);
        }
        if let Some(watched) = watched {
            let before = watched.viewers.len();
            watched.viewers.retain(|other| *other != key);
            if viewer.is_connected && watched.viewers.len() < before {
                watched.count(-1);
            }
        }
    }

    /// Ends all.
    pub(crate) fn clear(&mut self, common: &mut Common, now: Instant) {
        for key in self.viewers.keys().copied().collect::<Vec<_>>() {
            self.remove(common, now, key);
        }
    }

    /// Answers a viewer's offer.
    pub(crate) fn watch(&mut self, common: &mut Common, offer: &Offer) -> Result<Answer, Refused> {
        let parsed = sdp::Offer::parse(&offer.sdp).map_err(refused)?;
        if self.viewers.len() >= common.settings.sessions_max
            || self.half_open >= common.settings.half_open_max
        {
            return Err(Refused::TooMany);
        }
        let now = Instant::now();
        self.follow(common, now, offer)?;
        let Some(watched) = self.watched.get_mut(offer.slug.as_str()) else {
            return Err(Refused::NotLive);
        };
        if watched.feed.reorders {
            return Err(Refused::Unsuitable(
                "the encoder sends B-frames that others refer to; they cannot be shown by WebRTC"
                    .into(),
            ));
        }
        let wish = Wish {
            h264: watched.feed.profile(),
            opus: watched.feed.has_sound(),
        };
        if wish.h264.is_none() && !watched.feed.has_tracks() {
            return Err(Refused::NotLive);
        }
        if wish.h264.is_none() && !wish.opus {
            return Err(Refused::Unsuitable(
                "the stream has nothing that a browser takes by WebRTC".into(),
            ));
        }
        let opened = common.answer(&parsed, &wish, offer.address, now)?;
        let (fresh, answer) = (opened.fresh, opened.answer);
        let session = fresh.session();
        let viewer = Viewer::new(
            session.clone(),
            Watching {
                slug: offer.slug.clone(),
                token: offer.token.clone(),
                granted: offer.granted,
            },
            opened.peer,
            (answer.video, answer.audio),
            &Random {
                // The upper half stays free for a while, so that the first wrap does not come with the first packets.
                sequences: [2, 3, 4].map(|n| (fresh.number(n) & 0x7fff) as u16),
                time_offset: fresh.number(5),
            },
            now,
        );
        let etag = viewer.etag();
        let key = common.names.add(session.clone(), fresh.credentials().ufrag);
        self.viewers.insert(key, viewer);
        watched.viewers.push(key);
        self.half_open += 1;
        self.note(now, key);
        Ok(Answer {
            sdp: answer.text,
            session,
            etag,
        })
    }

    /// Begins to read a stream that nobody watched yet.
    fn follow(&mut self, common: &mut Common, now: Instant, offer: &Offer) -> Result<(), Refused> {
        let slug = offer.slug.as_str();
        let stream = common.hub.find(slug).ok_or(Refused::NotLive)?;
        if !stream.is_receiving() || !is_of(&stream, offer.granted.item) {
            return Err(Refused::NotLive);
        }
        let is_same = |watched: &Watched| {
            Arc::ptr_eq(&watched.feed.stream, &stream) && !watched.feed.is_over()
        };
        if self.watched.get(slug).is_some_and(is_same) {
            return Ok(());
        }
        if let Some(old) = self.watched.remove(slug) {
            old.reading.abort();
            old.feed.stream.webrtc_viewers.store(0, Ordering::Relaxed);
            for key in old.viewers {
                self.remove(common, now, key);
            }
        }
        let (mut reader, tracks) = stream.ring().reader_from_key();
        let mut feed = Feed::new(
            stream,
            &tracks,
            common.settings.burst_bytes_max,
            common.settings.burst_age_max,
            (now, common.shared.clock.now().ms().unsigned_abs()),
        );
        let mut backlog = Vec::new();
        reader.read(&mut backlog);
        for entry in &backlog {
            let _ = feed.take(now, entry);
        }
        let reading = tokio::spawn(forward(slug.to_owned(), reader, self.entries.clone()));
        let watched = Watched {
            feed,
            paced: VecDeque::new(),
            paced_due: now,
            viewers: Vec::new(),
            connected: 0,
            reading,
        };
        self.watched.insert(slug.to_owned(), watched);
        Ok(())
    }
}

/// Hands on what comes of a stream until nobody wants it.
async fn forward(slug: String, mut reader: Reader, entries: mpsc::Sender<(String, Vec<Entry>)>) {
    loop {
        reader.ready().await;
        let mut new = Vec::new();
        reader.read(&mut new);
        if entries.send((slug.clone(), new)).await.is_err() {
            return;
        }
    }
}

/// Whether the leave is for this stream.
fn is_of(stream: &Stream, item: Item) -> bool {
    matches!(item, Item::Stream(id) if stream.is(id))
}

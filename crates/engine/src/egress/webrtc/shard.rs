//! The thread that owns the port: datagrams to sessions, frames to viewers, time to both.

use std::{
    collections::HashMap,
    io,
    net::{SocketAddr, TcpListener as StdListener, UdpSocket},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use domain::{
    grant::Granted,
    session::{Answer, Change, Changed, NotChanged, Offer, Refused},
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle, time::sleep_until};
use webrtc::{
    peer::{Closed, IceCreds, Identity, Output, Peer, Route, StunMessage},
    sdp::{self, Fragment, Local, Wish},
};

use super::{
    Command, Settings,
    feed::{Feed, Step},
    reachable,
    socket::Socket,
    tcp::{self, Incoming},
    viewer::{Random, Viewer, Watching},
};
use crate::{
    Shared,
    hub::{Entry, Hub, Reader},
};

/// How often every session's leave is looked at: it ends within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Frames on the way from the rings; a thread that falls behind this far is overloaded, and the rings jump for it.
const FEEDS_MAX: usize = 1024;
/// Datagrams over TCP on the way from their connections, which wait meanwhile.
const INCOMING_MAX: usize = 256;
/// Reads in a row before frames and commands have their turn.
const READS_MAX: usize = 8;
/// No timer is finer than this.
const TICK: Duration = Duration::from_millis(2);
/// Random bytes of a session's name in addresses.
const SESSION_BYTES: usize = 16;

type Key = u64;

/// A watched stream.
struct Watched {
    feed: Feed,
    viewers: Vec<Key>,
    reading: JoinHandle<()>,
}

/// The thread's state.
pub(super) struct Shard {
    shared: Arc<Shared>,
    hub: Arc<Hub>,
    socket: Socket,
    local: SocketAddr,
    identity: Identity,
    settings: Settings,
    watched: HashMap<String, Watched>,
    viewers: HashMap<Key, Viewer>,
    by_id: HashMap<String, Key>,
    by_ufrag: HashMap<String, Key>,
    by_route: HashMap<Route, Key>,
    next_key: Key,
    entries: mpsc::Sender<(String, Vec<Entry>)>,
    coming: Option<mpsc::Receiver<(String, Vec<Entry>)>>,
    listener: Option<TcpListener>,
    has_tcp: bool,
}

impl Shard {
    pub(super) fn new(
        shared: Arc<Shared>,
        hub: Arc<Hub>,
        (socket, listener): (UdpSocket, Option<StdListener>),
        identity: Identity,
        settings: Settings,
    ) -> io::Result<Self> {
        let local = socket.local_addr()?;
        let (entries, coming) = mpsc::channel(FEEDS_MAX);
        let listener = listener.map(TcpListener::from_std).transpose()?;
        Ok(Self {
            shared,
            hub,
            socket: Socket::new(socket)?,
            local,
            identity,
            settings,
            watched: HashMap::new(),
            viewers: HashMap::new(),
            by_id: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_route: HashMap::new(),
            next_key: 0,
            entries,
            coming: Some(coming),
            has_tcp: listener.is_some(),
            listener,
        })
    }

    /// Runs until the engine stops.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let Some(mut coming) = self.coming.take() else {
            return;
        };
        let mut stopping = self.shared.stopping.subscribe();
        let (incoming, mut connected) = mpsc::channel(INCOMING_MAX);
        if let Some(listener) = self.listener.take() {
            tokio::spawn(tcp::listen(listener, incoming));
        }
        let mut look_at = Instant::now() + LOOK_EVERY;
        loop {
            let due = self.due(look_at);
            tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => break,
                Some((slug, entries)) = coming.recv() => self.take(&slug, &entries),
                Some(incoming) = connected.recv() => self.take_incoming(incoming),
                Some(command) = commands.recv() => self.carry_out(command),
                read = self.socket.readable() => if read.is_ok() { self.read() },
                () = sleep_until(due.into()) => {}
            }
            let now = Instant::now();
            self.tick(now);
            if look_at <= now {
                look_at = now + LOOK_EVERY;
                self.look(now);
            }
        }
        let now = Instant::now();
        for key in self.viewers.keys().copied().collect::<Vec<_>>() {
            self.remove(now, key);
        }
    }

    /// When time has to pass next.
    fn due(&self, look_at: Instant) -> Instant {
        let sessions = self.viewers.values().map(|viewer| {
            let timeout = viewer.peer.timeout();
            viewer.due().map_or(timeout, |due| due.min(timeout))
        });
        sessions
            .fold(look_at, Instant::min)
            .max(Instant::now() + TICK)
    }

    fn tick(&mut self, now: Instant) {
        let mut to_drain = Vec::new();
        for (key, viewer) in &mut self.viewers {
            if viewer.peer.timeout() <= now {
                viewer.peer.handle_timeout(now);
                to_drain.push(*key);
            }
            if viewer.due().is_some_and(|due| due <= now)
                && let Some(watched) = self.watched.get(viewer.watching.slug.as_str())
            {
                viewer.tick(now, &watched.feed, &self.socket);
            }
        }
        for key in to_drain {
            self.drain(now, key);
        }
    }

    /// Whether each session still has leave, and its stream still is.
    fn look(&mut self, now: Instant) {
        let gatekeeper = &self.shared.gatekeeper;
        let over: Vec<Key> = self
            .viewers
            .iter()
            .filter(|(_, viewer)| {
                gatekeeper
                    .check(viewer.watching.slug.as_str(), &viewer.watching.token)
                    .is_err()
                    || self
                        .watched
                        .get(viewer.watching.slug.as_str())
                        .is_none_or(|watched| watched.feed.reorders || watched.feed.is_over())
            })
            .map(|(key, _)| *key)
            .collect();
        for key in over {
            self.remove(now, key);
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
    fn take(&mut self, slug: &str, entries: &[Entry]) {
        let now = Instant::now();
        let Some(watched) = self.watched.get_mut(slug) else {
            return;
        };
        for entry in entries {
            match watched.feed.take(now, entry) {
                Step::Frame(coded) => {
                    for key in &watched.viewers {
                        if let Some(viewer) = self.viewers.get_mut(key) {
                            viewer.frame(&coded, now, &watched.feed, &self.socket);
                        }
                    }
                }
                Step::Sound(sounds) => {
                    for key in &watched.viewers {
                        if let Some(viewer) = self.viewers.get_mut(key) {
                            viewer.sound(&sounds, &self.socket);
                        }
                    }
                }
                Step::Nothing => {}
            }
        }
    }

    /// Datagrams that have come.
    fn read(&mut self) {
        let now = Instant::now();
        for _ in 0..READS_MAX {
            let mut datagrams = Vec::new();
            let more = self.socket.read(|route, datagram| {
                datagrams.push((route, datagram.to_vec()));
            });
            for (route, datagram) in datagrams {
                self.receive(now, route, &datagram);
            }
            if !more {
                return;
            }
        }
    }

    fn take_incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Opened(route, connection) => self.socket.open(route, connection),
            Incoming::Datagram(route, datagram) => self.receive(Instant::now(), route, &datagram),
            Incoming::Closed(route) => {
                self.socket.close(route);
                self.by_route.remove(&route);
            }
        }
    }

    /// A datagram: a check names its session, everything else is known by its address. What belongs to nobody is dropped without an
    /// answer.
    fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) {
        let key = if matches!(datagram.first(), Some(0..=3)) {
            let Ok(message) = StunMessage::parse(datagram) else {
                return;
            };
            let named = message
                .split_username()
                .and_then(|(ufrag, _)| self.by_ufrag.get(ufrag));
            let Some(key) = named.or_else(|| self.by_route.get(&route)).copied() else {
                return;
            };
            let Some(viewer) = self.viewers.get_mut(&key) else {
                return;
            };
            if viewer.peer.receive_check(now, route, message) {
                self.by_route.insert(route, key);
                self.socket.known(route);
            }
            key
        } else {
            let Some(key) = self.by_route.get(&route).copied() else {
                return;
            };
            if let Some(viewer) = self.viewers.get_mut(&key) {
                viewer.peer.receive(now, route, datagram);
            }
            key
        };
        self.drain(now, key);
    }

    /// Does what a session's transport wants done.
    fn drain(&mut self, now: Instant, key: Key) {
        let (mut is_over, mut is_new) = (false, false);
        if let Some(viewer) = self.viewers.get_mut(&key) {
            let watched = self.watched.get(viewer.watching.slug.as_str());
            while let Some(output) = viewer.peer.poll() {
                match output {
                    Output::Transmit(route, bytes) => {
                        self.socket.send(route, &bytes, bytes.len());
                    }
                    Output::Connected => {
                        is_new = true;
                        if let Some(watched) = watched {
                            viewer.connected(now, &watched.feed, &self.socket);
                        }
                    }
                    Output::Rtcp(packet) => {
                        if let Some(watched) = watched {
                            viewer.told(now, &packet, &watched.feed, &self.socket);
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
        }
        if is_over {
            self.remove(now, key);
        } else if is_new {
            self.count();
        }
    }

    /// Ends a session; its client is told.
    fn remove(&mut self, now: Instant, key: Key) {
        let Some(mut viewer) = self.viewers.remove(&key) else {
            return;
        };
        viewer.peer.leave(now);
        while let Some(output) = viewer.peer.poll() {
            if let Output::Transmit(route, bytes) = output {
                self.socket.send(route, &bytes, bytes.len());
            }
        }
        self.by_id.remove(&viewer.id);
        self.by_ufrag.retain(|_, other| *other != key);
        let routes = self.by_route.extract_if(|_, other| *other == key);
        for (route, _) in routes {
            self.socket.close(route);
        }
        if let Some(watched) = self.watched.get_mut(viewer.watching.slug.as_str()) {
            watched.viewers.retain(|other| *other != key);
        }
        self.count();
    }

    /// Tells the streams how many watch.
    fn count(&self) {
        for watched in self.watched.values() {
            let connected = watched
                .viewers
                .iter()
                .filter(|key| {
                    self.viewers
                        .get(key)
                        .is_some_and(|viewer| viewer.is_connected)
                })
                .count();
            watched.feed.stream.webrtc_viewers.store(
                u32::try_from(connected).unwrap_or(u32::MAX),
                Ordering::Relaxed,
            );
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Watch(offer, reply) => {
                let _ = reply.send(self.watch(&offer));
            }
            Command::Change(change, reply) => {
                let _ = reply.send(self.change(&change));
            }
            Command::End {
                session,
                granted,
                reply,
            } => {
                let key = self.find(&session, granted);
                if let Some(key) = key {
                    self.remove(Instant::now(), key);
                }
                let _ = reply.send(key.is_some());
            }
        }
    }

    fn find(&self, session: &str, granted: Granted) -> Option<Key> {
        let key = *self.by_id.get(session)?;
        self.viewers
            .get(&key)
            .is_some_and(|viewer| viewer.watching.granted == granted)
            .then_some(key)
    }

    fn watch(&mut self, offer: &Offer) -> Result<Answer, Refused> {
        let parsed = sdp::Offer::parse(&offer.sdp).map_err(refused)?;
        let half_open = self.viewers.values().filter(|v| !v.is_connected).count();
        if self.viewers.len() >= self.settings.sessions_max
            || half_open >= self.settings.half_open_max
        {
            return Err(Refused::TooMany);
        }
        let now = Instant::now();
        self.follow(now, offer)?;
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
        let mut random = [0; 72];
        self.shared.random.fill(&mut random);
        let number = |at: usize| {
            u32::from_be_bytes([random[at], random[at + 1], random[at + 2], random[at + 3]])
        };
        let local = credentials(&random[40..72]);
        let session = hex(&random[..SESSION_BYTES]);
        let addresses = reachable(self.local, &self.settings, offer.address.to_canonical());
        let answer = sdp::answer(
            &parsed,
            &wish,
            &Local {
                credentials: &local,
                fingerprint: self.identity.fingerprint(),
                udp: &addresses,
                tcp: if self.has_tcp { &addresses } else { &[] },
                is_lite: self.settings.ice_lite,
                session: u64::from(number(16)) << 16,
                ssrcs: [number(16) | 1, (number(16) | 1).wrapping_add(1), number(20)],
            },
        )
        .map_err(refused)?;
        let peer = Peer::new(
            &self.identity,
            local.clone(),
            &parsed,
            answer.is_active,
            self.settings.ice_lite,
            now,
        );
        let key = self.next_key;
        self.next_key += 1;
        let viewer = Viewer::new(
            session.clone(),
            Watching {
                slug: offer.slug.clone(),
                token: offer.token.clone(),
                granted: offer.granted,
            },
            peer,
            (answer.video, answer.audio),
            &Random {
                // The upper half stays free for a while, so that the first wrap does not come with the first packets.
                sequences: [24, 26, 34].map(|at| (number(at) & 0x7fff) as u16),
                time_offset: number(28),
            },
            now,
        );
        let etag = viewer.etag();
        self.by_id.insert(session.clone(), key);
        self.by_ufrag.insert(local.ufrag, key);
        self.viewers.insert(key, viewer);
        watched.viewers.push(key);
        Ok(Answer {
            sdp: answer.text,
            session,
            etag,
        })
    }

    /// Begins to read a stream that nobody watched yet.
    fn follow(&mut self, now: Instant, offer: &Offer) -> Result<(), Refused> {
        let slug = offer.slug.as_str();
        let stream = self.hub.find(slug).ok_or(Refused::NotLive)?;
        if !stream.is_receiving() || !stream.is(offer.granted.stream) {
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
            for key in old.viewers {
                self.remove(now, key);
            }
        }
        let (mut reader, tracks) = stream.ring().reader_from_key();
        let mut feed = Feed::new(
            stream,
            &tracks,
            self.settings.burst_bytes_max,
            self.settings.burst_age_max,
            (now, self.shared.clock.now().ms().unsigned_abs()),
        );
        let mut backlog = Vec::new();
        reader.read(&mut backlog);
        for entry in &backlog {
            let _ = feed.take(now, entry);
        }
        let reading = tokio::spawn(forward(slug.to_owned(), reader, self.entries.clone()));
        let watched = Watched {
            feed,
            viewers: Vec::new(),
            reading,
        };
        self.watched.insert(slug.to_owned(), watched);
        Ok(())
    }

    fn change(&mut self, change: &Change) -> Result<Changed, NotChanged> {
        let key = self
            .find(&change.session, change.granted)
            .ok_or(NotChanged::NotFound)?;
        let fragment = Fragment::parse(&change.fragment)
            .map_err(|error| NotChanged::Malformed(error.to_string()))?;
        let viewer = self.viewers.get_mut(&key).ok_or(NotChanged::NotFound)?;
        let is_restart = fragment.credentials.as_ref().is_some_and(|theirs| {
            viewer
                .peer
                .remote_credentials()
                .is_none_or(|known| known.ufrag != theirs.ufrag || known.pass != theirs.pass)
        });
        let current = viewer.etag();
        match change.if_match.as_deref() {
            Some("*") => {}
            Some(etag) if etag == current => {}
            Some(_) => return Err(NotChanged::Stale),
            None if is_restart => return Err(NotChanged::Unconditional),
            None => {}
        }
        let Some(theirs) = fragment.credentials.filter(|_| is_restart) else {
            return Ok(Changed::Trickled);
        };
        let now = Instant::now();
        let mut random = [0; 32];
        self.shared.random.fill(&mut random);
        let local = credentials(&random);
        viewer.restarts += 1;
        viewer.peer.restart(local.clone(), theirs, now);
        let etag = viewer.etag();
        self.by_ufrag.insert(local.ufrag.clone(), key);
        let fragment = format!(
            "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\n",
            local.ufrag, local.pass
        );
        self.drain(now, key);
        Ok(Changed::Restarted { fragment, etag })
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

fn refused(error: sdp::Error) -> Refused {
    let text = error.to_string();
    match error {
        sdp::Error::Malformed(_) => Refused::Malformed(text),
        sdp::Error::Unacceptable(_) => Refused::Unacceptable(text),
    }
}

/// Credentials from 32 random bytes: 40 bits of name, 192 of password (RFC 8445, 5.3, wants 24 and 128).
fn credentials(random: &[u8]) -> IceCreds {
    let (name, password) = random.split_at(8.min(random.len()));
    IceCreds {
        ufrag: hex(&name[..5.min(name.len())]),
        pass: hex(password),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

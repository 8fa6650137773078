//! The thread that owns the port: datagrams to sessions, frames to viewers and from publishers, time to all.

use std::{
    io,
    net::{TcpListener as StdListener, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use domain::session::{Change, Changed, Holder, NotChanged};
use tokio::{net::TcpListener, sync::mpsc, time::sleep_until};
use webrtc::{
    peer::{Identity, Route},
    sdp::Fragment,
};

use super::{
    Command, Common, Key, Names, Session, Settings,
    reach::Looks,
    socket::Socket,
    tcp::{self, Incoming},
};
use crate::{Shared, egress::webrtc::Viewers, hub::Hub, ingest::whip::Publishers};

/// How often every session's right is looked at: it ends within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Datagrams over TCP on the way from their connections, which wait meanwhile.
const INCOMING_MAX: usize = 256;
/// Reads in a row before frames and commands have their turn.
const READS_MAX: usize = 8;
/// No timer is finer than this.
const TICK: Duration = Duration::from_millis(2);

/// The thread's state.
pub(super) struct Shard {
    common: Common,
    viewers: Viewers,
    publishers: Publishers,
    looks: Looks,
    listener: Option<TcpListener>,
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
        let listener = listener.map(TcpListener::from_std).transpose()?;
        let common = Common {
            shared,
            hub,
            socket: Socket::new(socket)?,
            identity,
            settings,
            names: Names::default(),
            local,
            has_tcp: listener.is_some(),
        };
        Ok(Self {
            common,
            viewers: Viewers::new(),
            publishers: Publishers::new(),
            looks: Looks::default(),
            listener,
        })
    }

    /// Runs until the engine stops.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut stopping = self.common.shared.stopping.subscribe();
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
                Some((slug, entries)) = self.viewers.coming() => {
                    self.viewers.take(&self.common, &slug, &entries);
                }
                Some(incoming) = connected.recv() => self.take_incoming(incoming),
                Some(command) = commands.recv() => self.carry_out(command),
                read = self.common.socket.readable() => if read.is_ok() { self.read() },
                () = sleep_until(due.into()) => {}
            }
            let now = Instant::now();
            self.viewers.tick(&mut self.common, now);
            self.publishers.tick(&mut self.common, now);
            self.looks.tick(&mut self.common, now);
            if look_at <= now {
                look_at = now + LOOK_EVERY;
                self.viewers.look(&mut self.common, now);
                self.publishers.look(&mut self.common, now);
            }
        }
        let now = Instant::now();
        self.publishers.clear(&mut self.common, now);
        self.viewers.clear(&mut self.common, now);
    }

    /// When time has to pass next.
    fn due(&self, look_at: Instant) -> Instant {
        let sessions = [self.viewers.due(), self.publishers.due(), self.looks.due()];
        sessions
            .into_iter()
            .flatten()
            .fold(look_at, Instant::min)
            .max(Instant::now() + TICK)
    }

    /// Datagrams that have come.
    fn read(&mut self) {
        let now = Instant::now();
        for _ in 0..READS_MAX {
            let mut datagrams = Vec::new();
            let more = self.common.socket.read(|route, datagram| {
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
            Incoming::Opened(route, connection) => self.common.socket.open(route, connection),
            Incoming::Datagram(route, datagram) => self.receive(Instant::now(), route, &datagram),
            Incoming::Closed(route) => {
                self.common.socket.close(route);
                self.common.names.forget_route(route);
            }
        }
    }

    /// A datagram. What belongs to nobody is dropped without an answer.
    fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) {
        let Some(key) = self.common.names.of(route, datagram) else {
            return;
        };
        let Some(session) = self.session(key) else {
            return;
        };
        if session.receive(now, route, datagram) {
            let old = self.common.names.learn(route, key);
            self.common.socket.known(route);
            if let Some(old) = old {
                self.common.socket.close(old);
            }
        }
        self.drain(now, key);
    }

    /// Does what a session wants done.
    fn drain(&mut self, now: Instant, key: Key) {
        self.viewers.drain(&mut self.common, now, key);
        self.publishers.drain(&mut self.common, now, key);
        self.looks.drain(&mut self.common, now, key);
    }

    fn session(&mut self, key: Key) -> Option<&mut dyn Session> {
        if let Some(session) = self.publishers.session(key) {
            return Some(session);
        }
        match self.looks.session(key) {
            Some(session) => Some(session),
            None => self.viewers.session(key),
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Watch(offer, reply) => {
                let _ = reply.send(self.viewers.watch(&mut self.common, &offer));
            }
            Command::Publish(publish, reply) => {
                let _ = reply.send(self.publishers.publish(&mut self.common, *publish));
            }
            Command::Reach(reach, reply) => {
                let _ = reply.send(self.looks.look(&mut self.common, &reach));
            }
            Command::Change(change, reply) => {
                let _ = reply.send(self.change(&change));
            }
            Command::End {
                session,
                holder,
                reply,
            } => {
                let key = self.find(&session, holder);
                if let Some(key) = key {
                    let now = Instant::now();
                    self.viewers.remove(&mut self.common, now, key);
                    self.publishers.leave(&mut self.common, now, key);
                }
                let _ = reply.send(key.is_some());
            }
        }
    }

    fn find(&mut self, session: &str, holder: Holder) -> Option<Key> {
        let key = self.common.names.find(session)?;
        let session = self.session(key)?;
        (session.holder() == Some(holder)).then_some(key)
    }

    fn change(&mut self, change: &Change) -> Result<Changed, NotChanged> {
        let key = self
            .find(&change.session, change.holder)
            .ok_or(NotChanged::NotFound)?;
        let fragment = Fragment::parse(&change.fragment)
            .map_err(|error| NotChanged::Malformed(error.to_string()))?;
        let local = self.common.fresh().credentials();
        let session = self.session(key).ok_or(NotChanged::NotFound)?;
        let is_restart = fragment.credentials.as_ref().is_some_and(|theirs| {
            session
                .remote_credentials()
                .is_none_or(|known| known.ufrag != theirs.ufrag || known.pass != theirs.pass)
        });
        match change.if_match.as_deref() {
            Some("*") => {}
            Some(etag) if etag == session.etag() => {}
            Some(_) => return Err(NotChanged::Stale),
            None if is_restart => return Err(NotChanged::Unconditional),
            None => {}
        }
        let Some(theirs) = fragment.credentials.filter(|_| is_restart) else {
            return Ok(Changed::Trickled);
        };
        let now = Instant::now();
        if !session.restart(local.clone(), theirs, now) {
            return Err(NotChanged::Malformed(
                "ICE cannot begin anew with it".into(),
            ));
        }
        let etag = session.etag();
        self.common.names.also(key, local.ufrag.clone());
        let fragment = format!(
            "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\n",
            local.ufrag, local.pass
        );
        self.drain(now, key);
        Ok(Changed::Restarted { fragment, etag })
    }
}

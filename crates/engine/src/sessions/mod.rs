//! Sessions of WebRTC, of viewers and publishers alike: one thread owns the UDP port and every session.
//!
//! - [`Sessions`] is the way in: offers, changes and ends go to the thread as commands.
//! - `shard` is the thread's loop, `names` tells whose a datagram is, `socket` and `tcp` are the port.
//! - What a session does is said elsewhere: [`crate::egress::webrtc`] for viewers, [`crate::ingest::whip`] for publishers.

mod addresses;
mod agenda;
mod names;
mod reach;
mod shard;
mod socket;
mod tcp;

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use domain::session::{
    Answer, Change, Changed, Holder, NotChanged, NotPublished, Offer, Publish, Reach, Refused,
};
use tokio::sync::{mpsc, oneshot};
use webrtc::{
    peer::{IceCreds, Identity, Output, Peer, Route, StunMessage},
    sdp::{self, Local, Wish},
};

pub use addresses::offered;
pub(crate) use agenda::Agenda;
pub(crate) use names::{Key, Names};
pub(crate) use socket::Socket;
pub use socket::bind_datagrams;

use crate::{Shared, hub::Hub};

/// Commands that wait for the thread; whoever finds no room is told to come again.
const COMMANDS_MAX: usize = 256;

/// What the operator chose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Further addresses offered to clients, behind NAT or in a container; with the port of the socket where theirs is 0.
    pub public_addresses: Vec<SocketAddr>,
    /// Whether checks are answered only and never made (RFC 8445, 2.5): for servers that everybody reaches.
    pub ice_lite: bool,
    /// Sessions at once.
    pub sessions_max: usize,
    /// Sessions at once that wait for their client.
    pub half_open_max: usize,
    /// A group of pictures up to this size and age is sent to whoever joins; of a bigger one the key frame alone.
    pub burst_bytes_max: usize,
    /// See [`Settings::burst_bytes_max`].
    pub burst_age_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_addresses: Vec::new(),
            ice_lite: false,
            sessions_max: 4096,
            half_open_max: 256,
            burst_bytes_max: 1_000_000,
            burst_age_max: Duration::from_secs(4),
        }
    }
}

/// What is asked of the thread.
enum Command {
    Watch(Box<Offer>, oneshot::Sender<Result<Answer, Refused>>),
    Publish(Box<Publish>, oneshot::Sender<Result<Answer, NotPublished>>),
    Reach(Box<Reach>, oneshot::Sender<Result<Answer, Refused>>),
    Change(Box<Change>, oneshot::Sender<Result<Changed, NotChanged>>),
    End {
        session: String,
        holder: Holder,
        reply: oneshot::Sender<bool>,
    },
}

/// What all sessions of the thread share.
pub(crate) struct Common {
    pub(crate) shared: Arc<Shared>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) socket: Socket,
    pub(crate) identity: Identity,
    pub(crate) settings: Settings,
    pub(crate) names: Names,
    local: SocketAddr,
    has_tcp: bool,
}

impl Common {
    /// The addresses for an answer to a client: over UDP, and over TCP where that is taken.
    pub(crate) fn addresses(&self, client: IpAddr) -> (Vec<SocketAddr>, Vec<SocketAddr>) {
        let udp = addresses::reachable(self.local, &self.settings, client.to_canonical());
        let tcp = if self.has_tcp {
            udp.clone()
        } else {
            Vec::new()
        };
        (udp, tcp)
    }

    /// Answers an offer of somebody who is to be sent something; the transport waits for its client.
    pub(crate) fn answer(
        &self,
        offer: &sdp::Offer,
        wish: &Wish,
        client: IpAddr,
        now: Instant,
    ) -> Result<Opened, Refused> {
        let fresh = self.fresh();
        let credentials = fresh.credentials();
        let (udp, tcp) = self.addresses(client);
        let is_lite = self.settings.ice_lite;
        let local = Local {
            credentials: &credentials,
            fingerprint: self.identity.fingerprint(),
            udp: &udp,
            tcp: &tcp,
            is_lite,
            session: u64::from(fresh.number(0)) << 16,
            ssrcs: [
                fresh.number(0) | 1,
                (fresh.number(0) | 1).wrapping_add(1),
                fresh.number(1),
            ],
        };
        let answer = sdp::answer(offer, wish, &local).map_err(refused)?;
        let is_active = answer.is_active;
        let peer = Peer::new(&self.identity, credentials, offer, is_active, is_lite, now);
        Ok(Opened {
            fresh,
            answer,
            peer,
        })
    }

    /// Says goodbye to a client, and forgets the session.
    pub(crate) fn end(&mut self, peer: &mut Peer, now: Instant, key: Key, id: &str) {
        peer.leave(now);
        while let Some(output) = peer.poll() {
            if let Output::Transmit(route, bytes) = output {
                self.socket.send(route, &bytes, bytes.len());
            }
        }
        self.forget(key, id);
    }

    /// Forgets a session; the connections that were its are closed.
    pub(crate) fn forget(&mut self, key: Key, id: &str) {
        for route in self.names.forget(key, id) {
            self.socket.close(route);
        }
    }

    /// What is random about a new session.
    pub(crate) fn fresh(&self) -> Fresh {
        let mut random = [0; FRESH_BYTES];
        self.shared.random.fill(&mut random);
        Fresh(random)
    }
}

/// An offer that was answered.
pub(crate) struct Opened {
    pub(crate) fresh: Fresh,
    pub(crate) answer: sdp::Answer,
    pub(crate) peer: Peer,
}

/// Random bytes for one session.
pub(crate) struct Fresh([u8; FRESH_BYTES]);

const FRESH_BYTES: usize = 72;
/// Random bytes of a session's name in addresses.
const SESSION_BYTES: usize = 16;
/// Where the bytes for credentials begin; those between are numbers of RTP.
const CREDENTIALS_AT: usize = 40;

impl Fresh {
    /// The session's name in addresses.
    pub(crate) fn session(&self) -> String {
        hex(&self.0[..SESSION_BYTES])
    }

    /// A number that is in no other's place, `at` the `n`-th of six.
    pub(crate) fn number(&self, n: usize) -> u32 {
        let at = SESSION_BYTES + 4 * n.min(5);
        let bytes = self.0[at..].first_chunk().copied().unwrap_or_default();
        u32::from_be_bytes(bytes)
    }

    /// Credentials of 40 bits of name and 192 of password (RFC 8445, 5.3, wants 24 and 128).
    pub(crate) fn credentials(&self) -> IceCreds {
        let (name, password) = self.0[CREDENTIALS_AT..].split_at(8);
        IceCreds {
            ufrag: hex(&name[..5]),
            pass: hex(password),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A session as the thread sees it, whatever goes over it.
pub(crate) trait Session {
    /// Whose it is, where somebody may change or end it.
    fn holder(&self) -> Option<Holder>;

    /// Which session of ICE it is.
    fn etag(&self) -> String;

    /// The client's credentials, where they are known.
    fn remote_credentials(&self) -> Option<&IceCreds>;

    /// ICE begins anew with these; whether it could.
    fn restart(&mut self, local: IceCreds, remote: IceCreds, now: Instant) -> bool;

    /// A datagram for it; whether it was a check that shows the way to be the client's.
    fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) -> bool;
}

/// A datagram for a session's transport; whether it was a check that shows the way to be the client's.
pub(crate) fn receive(peer: &mut Peer, now: Instant, route: Route, datagram: &[u8]) -> bool {
    if matches!(datagram.first(), Some(0..=3)) {
        let message = StunMessage::parse(datagram);
        return message.is_ok_and(|message| peer.receive_check(now, route, message));
    }
    peer.receive(now, route, datagram);
    false
}

/// Why an offer is not answered, for who sent it.
pub(crate) fn refused(error: sdp::Error) -> Refused {
    let text = error.to_string();
    match error {
        sdp::Error::Malformed(_) => Refused::Malformed(text),
        sdp::Error::Unacceptable(_) => Refused::Unacceptable(text),
    }
}

/// The way to the sessions.
pub(crate) struct Sessions {
    commands: mpsc::Sender<Command>,
}

impl Sessions {
    /// Starts the thread over this socket, and a listener for those whose network has no UDP; it ends with the engine.
    pub(crate) fn start(
        shared: Arc<Shared>,
        hub: Arc<Hub>,
        sockets: (UdpSocket, Option<TcpListener>),
        settings: Settings,
    ) -> io::Result<Self> {
        let identity = Identity::generate().map_err(io::Error::other)?;
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (started, has_started) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("webrtc".into())
            .spawn(move || {
                runtime.block_on(async {
                    match shard::Shard::new(shared, hub, sockets, identity, settings) {
                        Ok(shard) => {
                            let _ = started.send(Ok(()));
                            shard.run(receiver).await;
                        }
                        Err(error) => {
                            let _ = started.send(Err(error));
                        }
                    }
                });
            })?;
        has_started.recv().map_err(io::Error::other)??;
        Ok(Self { commands })
    }

    pub(crate) async fn watch(&self, offer: Offer) -> Result<Answer, Refused> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Watch(Box::new(offer), reply);
        self.commands
            .try_send(command)
            .map_err(|_| Refused::TooMany)?;
        answer.await.unwrap_or(Err(Refused::Off))
    }

    pub(crate) async fn publish(&self, publish: Publish) -> Result<Answer, NotPublished> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Publish(Box::new(publish), reply);
        self.commands
            .try_send(command)
            .map_err(|_| NotPublished::TooMany)?;
        answer.await.unwrap_or(Err(NotPublished::Off))
    }

    pub(crate) async fn reach(&self, reach: Reach) -> Result<Answer, Refused> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Reach(Box::new(reach), reply);
        self.commands
            .try_send(command)
            .map_err(|_| Refused::TooMany)?;
        answer.await.unwrap_or(Err(Refused::Off))
    }

    pub(crate) async fn change(&self, change: Change) -> Result<Changed, NotChanged> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Change(Box::new(change), reply);
        self.commands
            .try_send(command)
            .map_err(|_| NotChanged::NotFound)?;
        answer.await.unwrap_or(Err(NotChanged::NotFound))
    }

    pub(crate) async fn end(&self, session: String, holder: Holder) -> bool {
        let (reply, answer) = oneshot::channel();
        let command = Command::End {
            session,
            holder,
            reply,
        };
        self.commands.send(command).await.is_ok() && answer.await.unwrap_or(false)
    }
}

//! WebRTC viewers: one thread owns the UDP port and every session, reads each watched stream once, and sends to all who watch it.
//!
//! - [`Sessions`] is the way in: offers, changes and ends go to the thread as commands.
//! - `shard` is the thread's loop; `viewer` one session; `feed` one stream as packets; `socket` and `tcp` the port.

mod feed;
mod shard;
mod socket;
mod tcp;
mod viewer;

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
    time::Duration,
};

use domain::{
    grant::Granted,
    session::{Answer, Change, Changed, NotChanged, Offer, Refused},
};
use tokio::sync::{mpsc, oneshot};
use webrtc::peer::Identity;

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
    Change(Box<Change>, oneshot::Sender<Result<Changed, NotChanged>>),
    End {
        session: String,
        granted: Granted,
        reply: oneshot::Sender<bool>,
    },
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

    pub(crate) async fn change(&self, change: Change) -> Result<Changed, NotChanged> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Change(Box::new(change), reply);
        self.commands
            .try_send(command)
            .map_err(|_| NotChanged::NotFound)?;
        answer.await.unwrap_or(Err(NotChanged::NotFound))
    }

    pub(crate) async fn end(&self, session: String, granted: Granted) -> bool {
        let (reply, answer) = oneshot::channel();
        let command = Command::End {
            session,
            granted,
            reply,
        };
        self.commands.send(command).await.is_ok() && answer.await.unwrap_or(false)
    }
}

/// The addresses under which a client may reach the socket, the best first. Loopback is offered to clients on this machine alone.
fn reachable(local: SocketAddr, settings: &Settings, client: IpAddr) -> Vec<SocketAddr> {
    let port = local.port();
    let mut found: Vec<SocketAddr> = settings
        .public_addresses
        .iter()
        .map(|address| match address.port() {
            0 => SocketAddr::new(address.ip(), port),
            _ => *address,
        })
        .collect();
    let own: Vec<IpAddr> = if local.ip().is_unspecified() {
        let all = if_addrs::get_if_addrs().unwrap_or_default();
        all.iter().map(if_addrs::Interface::ip).collect()
    } else {
        vec![local.ip()]
    };
    let is_here = client.is_loopback() || own.contains(&client);
    for ip in own {
        let fits = match ip {
            IpAddr::V4(_) => local.is_ipv4() || local.ip().is_unspecified(),
            // Link-local addresses need a zone, which a candidate cannot name.
            IpAddr::V6(v6) => local.is_ipv6() && !v6.is_unicast_link_local(),
        };
        let address = SocketAddr::new(ip, port);
        if fits && (!ip.is_loopback() || is_here) && !found.contains(&address) {
            found.push(address);
        }
    }
    found.truncate(ADDRESSES_MAX);
    found
}

/// Addresses in one answer.
const ADDRESSES_MAX: usize = 16;

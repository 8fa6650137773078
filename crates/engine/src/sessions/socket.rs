//! The UDP socket of all sessions: runs of equal datagrams leave in one call where the system can (UDP GSO). And the connections of
//! those whose network has no UDP.

use std::{
    cell::{RefCell, RefMut},
    collections::HashMap,
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6, UdpSocket as StdSocket},
};

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use tokio::{io::Interest, net::UdpSocket};
use webrtc::{peer::Route, sdp::Carrier};

use super::tcp::Connection;

/// Datagrams that one call takes at most; a key frame of 60 KB is some 50.
const SEGMENTS_MAX: usize = 64;
/// Bytes that one call takes at most: what fits one IP packet before it is cut.
const BATCH_BYTES_MAX: usize = 65_000;
/// Datagrams read in one go.
const READ_MAX: usize = 32;
/// The largest read: a run that the kernel put together (GRO).
const READ_BYTES: usize = 64 * 1024;
/// Wished for on both sides; the system may give less.
const BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Binds a UDP socket. `[::]` takes IPv4 as well, and falls back to IPv4 alone where the machine has no IPv6.
///
/// # Errors
/// Where the address is not this machine's, or another program has the port.
pub fn bind_datagrams(address: SocketAddr) -> io::Result<StdSocket> {
    use socket2::{Domain, Protocol, Socket, Type};
    let open = |address: SocketAddr| -> io::Result<StdSocket> {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.bind(&address.into())?;
        Ok(socket.into())
    };
    open(address).or_else(|error| {
        let is_wide = address.is_ipv6() && address.ip().is_unspecified();
        if is_wide && error.kind() != io::ErrorKind::AddrInUse {
            open(SocketAddr::new(
                Ipv4Addr::UNSPECIFIED.into(),
                address.port(),
            ))
        } else {
            Err(error)
        }
    })
}

/// The socket.
pub(crate) struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    is_v6: bool,
    connections: HashMap<Route, Connection>,
    gathered: RefCell<Vec<u8>>,
    buffers: Vec<Vec<u8>>,
    metas: Vec<RecvMeta>,
}

impl Socket {
    pub(super) fn new(socket: StdSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let socket = UdpSocket::from_std(socket)?;
        let state = UdpSocketState::new((&socket).into())?;
        let _ = state.set_send_buffer_size((&socket).into(), BUFFER_BYTES);
        let _ = state.set_recv_buffer_size((&socket).into(), BUFFER_BYTES);
        Ok(Self {
            socket,
            state,
            local,
            is_v6: local.is_ipv6(),
            connections: HashMap::new(),
            gathered: RefCell::default(),
            buffers: (0..quinn_udp::BATCH_SIZE.min(READ_MAX))
                .map(|_| vec![0; READ_BYTES])
                .collect(),
            metas: vec![RecvMeta::default(); quinn_udp::BATCH_SIZE.min(READ_MAX)],
        })
    }

    /// A client's connection, to be sent on from now on.
    pub(super) fn open(&mut self, route: Route, connection: Connection) {
        self.connections.insert(route, connection);
    }

    /// It belongs to a session.
    pub(super) fn known(&self, route: Route) {
        if let Some(connection) = self.connections.get(&route) {
            connection.known();
        }
    }

    /// It is gone, or its session is.
    pub(crate) fn close(&mut self, route: Route) {
        self.connections.remove(&route);
    }

    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Reads what is there and hands on each datagram with the way it came; whether there may be more.
    pub(super) fn read(&mut self, mut take: impl FnMut(Route, &[u8])) -> bool {
        let Self {
            socket,
            state,
            buffers,
            metas,
            ..
        } = self;
        let read = socket.try_io(Interest::READABLE, || {
            let mut slices: Vec<IoSliceMut<'_>> = buffers
                .iter_mut()
                .map(|buffer| IoSliceMut::new(buffer))
                .collect();
            state.recv((&*socket).into(), &mut slices, metas)
        });
        let Ok(count) = read else {
            return false;
        };
        for (meta, buffer) in metas.iter().zip(buffers.iter()).take(count) {
            let ip = meta.dst_ip.unwrap_or(self.local.ip());
            let route = Route {
                carrier: Carrier::Udp,
                local: SocketAddr::new(ip.to_canonical(), self.local.port()),
                remote: canonical(meta.addr),
            };
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            for datagram in bytes.chunks(meta.stride.max(1)) {
                take(route, datagram);
            }
        }
        true
    }

    /// Where a session gathers datagrams that leave together: one buffer for all, since each sends before the next has its turn.
    pub(crate) fn gathered(&self) -> RefMut<'_, Vec<u8>> {
        self.gathered.borrow_mut()
    }

    /// How many datagrams of this size one call takes.
    pub(crate) fn run_max(&self, size: usize) -> usize {
        self.state
            .max_gso_segments()
            .min(SEGMENTS_MAX)
            .min(BATCH_BYTES_MAX / size.max(1))
            .max(1)
    }

    /// Sends datagrams of `segment` bytes each, the last one perhaps shorter; whether the system took them. What it does not take is
    /// lost as if on the way.
    pub(crate) fn send(&self, route: Route, datagrams: &[u8], segment: usize) -> bool {
        if route.carrier == Carrier::Tcp {
            let connection = self.connections.get(&route);
            return connection.is_some_and(|connection| connection.send(datagrams, segment));
        }
        let transmit = Transmit {
            destination: self.destination(route.remote),
            ecn: None,
            contents: datagrams,
            segment_size: (segment < datagrams.len()).then_some(segment),
            src_ip: self.source(route.local.ip()),
        };
        self.socket
            .try_io(Interest::WRITABLE, || {
                self.state.try_send((&self.socket).into(), &transmit)
            })
            .is_ok()
    }

    /// An address as the socket's family writes it.
    fn destination(&self, address: SocketAddr) -> SocketAddr {
        match address {
            SocketAddr::V4(v4) if self.is_v6 => {
                SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0).into()
            }
            other => other,
        }
    }

    /// Where answers leave from: the address that was asked, where the socket has several.
    fn source(&self, ip: IpAddr) -> Option<IpAddr> {
        if !self.local.ip().is_unspecified() {
            return None;
        }
        Some(match ip {
            IpAddr::V4(v4) if self.is_v6 => v4.to_ipv6_mapped().into(),
            other => other,
        })
    }
}

/// IPv4 as such, however the socket writes it.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

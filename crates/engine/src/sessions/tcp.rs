//! ICE over TCP (RFC 6544, passive): for networks that let no datagrams through. Each connection carries the datagrams of one session,
//! each behind its length (RFC 4571, 2).

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
    sync::mpsc,
    time::{sleep, timeout},
};
use webrtc::{framing, peer::Route, sdp::Carrier};

use crate::held::{Held, Place};

/// Connections at once, and those of one address.
const CONNECTIONS_MAX: usize = 2048;
const PER_ADDRESS_MAX: u32 = 64;
/// One read: some frames.
const READ_BYTES: usize = 4096;
/// A connection that no session knows by then is closed.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);
/// A client that takes nothing for so long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// Writes that wait for a client: beyond them they are lost, as datagrams would be.
const WRITES_MAX: usize = 64;

/// What connections bring.
pub(super) enum Incoming {
    /// A client has connected.
    Opened(Route, Connection),
    /// It sent this.
    Datagram(Route, Vec<u8>),
    /// It is gone.
    Closed(Route),
}

/// A connection as the sessions see it. Dropping it closes it.
pub(super) struct Connection {
    writes: mpsc::Sender<Vec<u8>>,
    is_known: Arc<AtomicBool>,
}

impl Connection {
    /// It belongs to a session.
    pub(super) fn known(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }

    /// Sends datagrams of `segment` bytes each, the last one perhaps shorter; whether there was room for them.
    pub(super) fn send(&self, datagrams: &[u8], segment: usize) -> bool {
        let mut framed = Vec::with_capacity(datagrams.len() + 128);
        let mut fit = datagrams.chunks(segment.max(1));
        fit.all(|datagram| framing::write(datagram, &mut framed))
            && self.writes.try_send(framed).is_ok()
    }
}

/// Takes connections until nobody listens for what they bring.
pub(super) async fn listen(listener: TcpListener, incoming: mpsc::Sender<Incoming>) {
    let held = Arc::new(Held::default());
    while !incoming.is_closed() {
        match listener.accept().await {
            Ok((stream, remote)) => {
                let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
                if let Some(place) = held.take(remote.ip(), CONNECTIONS_MAX, PER_ADDRESS_MAX) {
                    tokio::spawn(serve(stream, remote, incoming.clone(), place));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a WebRTC connection; trying again");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    incoming: mpsc::Sender<Incoming>,
    place: Place,
) {
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let _ = stream.set_nodelay(true);
    let route = Route {
        carrier: Carrier::Tcp,
        local: SocketAddr::new(local.ip().to_canonical(), local.port()),
        remote,
    };
    let (reader, mut writer) = stream.into_split();
    let (writes, mut to_write) = mpsc::channel::<Vec<u8>>(WRITES_MAX);
    let is_known = Arc::new(AtomicBool::new(false));
    let connection = Connection {
        writes,
        is_known: is_known.clone(),
    };
    if incoming
        .send(Incoming::Opened(route, connection))
        .await
        .is_err()
    {
        return;
    }
    let write = async {
        // Ends when the session lets go of the connection.
        while let Some(bytes) = to_write.recv().await {
            match timeout(SEND_WITHIN, writer.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                _ => return,
            }
        }
    };
    let stranger = async {
        sleep(KNOWN_WITHIN).await;
        if is_known.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = read(reader, route, &incoming) => {}
        () = write => {}
        () = stranger => {}
    }
    let _ = incoming.send(Incoming::Closed(route)).await;
    drop(place);
}

/// Hands on frame after frame; ends with the connection, or at a frame that is none of ours.
async fn read(
    mut reader: OwnedReadHalf,
    route: Route,
    incoming: &mpsc::Sender<Incoming>,
) -> io::Result<()> {
    let mut frames = framing::Reader::default();
    let mut bytes = [0; READ_BYTES];
    let mut whole = Vec::new();
    loop {
        let n = reader.read(&mut bytes).await?;
        if n == 0 {
            return Ok(());
        }
        let read = frames.receive(&bytes[..n], |frame| whole.push(frame.to_vec()));
        for frame in whole.drain(..) {
            if incoming
                .send(Incoming::Datagram(route, frame))
                .await
                .is_err()
            {
                return Ok(());
            }
        }
        read.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    }
}

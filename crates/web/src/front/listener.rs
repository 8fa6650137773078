//! Accepting connections within caps, and ending them in order.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{Request, header};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::Service as _;

use super::{
    Hot, Networks,
    addresses::{Place, Tally},
    connection::{Left, hot_loop},
    rewind::Rewind,
    strict,
};

/// The bounds of the front door. Each closes one gap.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From a head's first byte to its end (slow heads).
    pub header_timeout: Duration,
    /// Without a request (forgotten connections).
    pub idle_timeout: Duration,
    /// Without progress while sending (readers that take nothing).
    pub send_timeout: Duration,
    /// Connections in all.
    pub connections: usize,
    /// Connections of one address.
    pub connections_per_address: Cap,
    /// After a stop, for running requests.
    pub drain: Duration,
}

/// A number of connections that can be set anew while they are counted; 0: no limit. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Cap(Arc<AtomicU32>);

impl Cap {
    /// Holds for every connection from now on; those that are there stay.
    pub fn set(&self, most: u32) {
        self.0.store(most, Ordering::Relaxed);
    }

    fn most(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl From<u32> for Cap {
    fn from(most: u32) -> Self {
        Self(Arc::new(AtomicU32::new(most)))
    }
}

/// The peer of a connection, as an extension of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Listens on an address. `[::]` takes IPv4 as well, and falls back to IPv4 alone where the machine has no IPv6.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let open = |address: SocketAddr| -> io::Result<TcpListener> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(4096)?;
        TcpListener::from_std(socket.into())
    };
    open(address).or_else(|error| {
        let without_v6 = matches!(
            error.kind(),
            io::ErrorKind::Unsupported | io::ErrorKind::AddrNotAvailable
        ) || error.raw_os_error() == Some(97);
        if address.is_ipv6() && address.ip().is_unspecified() && without_v6 {
            open(SocketAddr::new(
                IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                address.port(),
            ))
        } else {
            Err(error)
        }
    })
}

/// Everything a connection needs.
#[derive(Clone)]
pub struct Front {
    /// Answers live pieces.
    pub hot: Arc<dyn Hot>,
    /// Answers everything else.
    pub router: Router,
    /// Bounds.
    pub limits: Limits,
    /// Proxies hold many connections for others and are not counted by address.
    pub trusted_proxies: Networks,
}

impl Front {
    /// Accepts until `stop` turns true, then lets running requests end within the drain time.
    pub async fn serve(self, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let tally = Tally::default();
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &places) => accepted,
                () = stopped(&mut stop) => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            let (stream, peer, permit) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection; trying again");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let most = if self.trusted_proxies.contains(peer.ip()) {
                0
            } else {
                self.limits.connections_per_address.most()
            };
            let Some(place) = tally.take(peer.ip(), most) else {
                turn_away(stream);
                continue;
            };
            connections.spawn(
                self.clone()
                    .connection(stream, peer, stop.clone(), (permit, place)),
            );
        }
        drop(listener);
        let drained = timeout(self.limits.drain, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
        if drained.is_err() {
            tracing::info!(
                connections = connections.len(),
                "closing connections that did not end by themselves"
            );
        }
    }

    async fn connection(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        stop: watch::Receiver<bool>,
        _held: (OwnedSemaphorePermit, Place),
    ) {
        let _ = stream.set_nodelay(true);
        let Left::Hyper(stream, read_before) = hot_loop(
            stream,
            peer,
            &self.hot,
            &self.router,
            &self.limits,
            stop.clone(),
        )
        .await
        else {
            return;
        };
        // Boxed: few connections come here, and hyper's future would make that of every connection large.
        Box::pin(self.hyper(stream, read_before, peer, stop)).await;
    }

    /// What has a body, changes its protocol, or is HTTP/2: hyper's, to its end.
    async fn hyper(
        self,
        stream: TcpStream,
        read_before: Bytes,
        peer: SocketAddr,
        mut stop: watch::Receiver<bool>,
    ) {
        let io = TokioIo::new(Rewind::new(stream, read_before, self.limits.send_timeout));
        let service = service_fn(|request| answer(&self.router, peer, request));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout.max(Duration::from_secs(1)))
            .max_buf_size(64 * 1024)
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(128)
            .max_header_list_size(32 * 1024)
            .keep_alive_interval(self.limits.idle_timeout)
            .keep_alive_timeout(self.limits.header_timeout);
        let connection = builder.serve_connection(io, service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                None
            }
        };
        let ended = match ended {
            Some(ended) => ended,
            None => connection.await,
        };
        if let Err(error) = ended {
            tracing::trace!(%peer, %error, "a connection ended early");
        }
    }
}

/// Lets the router answer what is not refused here.
fn answer(
    router: &Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<Response, Infallible>> + Send + 'static {
    let answer = match strict::refusal(&request) {
        Some(status) => Err(status),
        None => {
            request.extensions_mut().insert(Peer(peer));
            Ok(router.clone().call(request))
        }
    };
    async move {
        match answer {
            Ok(answer) => answer.await,
            // Nothing after it can be trusted to be a request.
            Err(status) => Ok((status, [(header::CONNECTION, "close")]).into_response()),
        }
    }
}

/// Says why to an address that holds as many connections as it may, if its socket takes the words at once; nothing waits.
fn turn_away(stream: TcpStream) {
    const WORDS: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n";
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(WORDS);
        let _ = stream.shutdown(Shutdown::Write);
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = places
        .clone()
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}

/// Resolves once the server is to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stop.wait_for(|stopped| *stopped).await;
}

//! RTMP: a listener within caps, and a task for each connection around `rtmp::Session`.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{
    publish::{Attempt, Protocol, Refused},
    slug::Slug,
};
use rtmp::{Closed, Event, Output, Publish, Rejection, Session};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    Shared,
    held::Held,
    hub::{EndReason, Hub, Origin, Publishing},
    refusals::Refusee,
};

/// One read; a key frame of some hundred kilobytes takes few.
const READ_BYTES: usize = 64 * 1024;
/// After a refusal the socket stays open this long, so that the encoder reads it before the connection resets.
const LINGER: Duration = Duration::from_secs(1);

/// Accepts publishers until the engine stops.
pub(crate) async fn listen(shared: Arc<Shared>, hub: Arc<Hub>, listener: TcpListener) {
    let mut stopping = shared.stopping.subscribe();
    let held = Arc::new(Held::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept an RTMP connection; trying again");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(place) = held.take(
            peer.ip(),
            shared.settings.connections,
            shared.tuned().publishers_per_address,
        ) else {
            shared
                .counters
                .connections_refused
                .fetch_add(1, Ordering::Relaxed);
            let who = Refusee {
                protocol: Protocol::Rtmp,
                address: peer.ip().to_canonical(),
                stream: None,
            };
            shared.refuse(who, &Refused::TooManyPublishers);
            continue;
        };
        let connection = Connection::new(shared.clone(), hub.clone(), peer);
        tokio::spawn(async move {
            connection.run(stream).await;
            drop(place);
        });
    }
}

struct Connection {
    shared: Arc<Shared>,
    hub: Arc<Hub>,
    peer: SocketAddr,
    session: Session,
    publishing: Option<Publishing>,
    slug: Option<Slug>,
    timeout: Option<Duration>,
    outgoing: Vec<u8>,
}

impl Connection {
    fn new(shared: Arc<Shared>, hub: Arc<Hub>, peer: SocketAddr) -> Self {
        let session = Session::new(shared.settings.rtmp.clone(), shared.seed(), shared.mono());
        Self {
            shared,
            hub,
            peer,
            session,
            publishing: None,
            slug: None,
            timeout: None,
            outgoing: Vec::new(),
        }
    }

    async fn run(mut self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut buffer = vec![0; READ_BYTES];
        let closed = loop {
            let closed = self.drain();
            if self.flush(&mut stream).await.is_err() {
                break closed;
            }
            if closed.is_some() {
                break closed;
            }
            if self.step(&mut stream, &mut buffer).await.is_err() {
                break None;
            }
        };
        // The stream is free before its publisher has closed the socket: OBS may come back at once.
        self.publishing = None;
        self.note(closed.as_ref());
        if closed.is_some_and(|closed| {
            matches!(
                closed,
                Closed::Rejected(_)
                    | Closed::Ended(_)
                    | Closed::Unsupported(_)
                    | Closed::TooFast { .. }
            )
        }) {
            let _ = stream.shutdown().await;
            let _ = timeout(LINGER, async {
                while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
            })
            .await;
        }
    }

    /// Waits for bytes, time, or the server's wish to end this publisher.
    async fn step(&mut self, stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
        let at = self
            .timeout
            .map(|due| Instant::from_std(self.shared.start + due));
        let publishing = &mut self.publishing;
        let mut stopping = self.shared.stopping.subscribe();
        tokio::select! {
            read = stream.read(buffer) => {
                let n = read?;
                if n == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.shared.counters.ingest_bytes.fetch_add(n as u64, Ordering::Relaxed);
                self.session.receive(self.shared.mono(), &buffer[..n]);
            }
            () = async { sleep_until(at.unwrap_or_else(Instant::now)).await }, if at.is_some() => {
                self.session.handle_timeout(self.shared.mono());
            }
            reason = async {
                match publishing {
                    Some(publishing) => publishing.ended().await,
                    None => std::future::pending().await,
                }
            } => self.session.end(&farewell(&reason)),
            _ = stopping.wait_for(|stopping| *stopping), if publishing.is_none() => {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
        Ok(())
    }

    /// Does everything the session wants; why it is over, if it is.
    fn drain(&mut self) -> Option<Closed> {
        loop {
            match self.session.poll() {
                Output::Transmit(bytes) => self.outgoing.extend_from_slice(&bytes),
                Output::Event(event) => self.event(event),
                Output::Closed(closed) => return Some(closed),
                Output::Timeout(at) => {
                    self.timeout = at;
                    return None;
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::PublishRequested(request) => self.requested(&request),
            Event::Track(track) => {
                if let Some(publishing) = &self.publishing {
                    publishing.track(track);
                }
            }
            Event::Frame(frame) => {
                if let Some(publishing) = &self.publishing {
                    publishing.frame(self.shared.mono(), frame);
                }
            }
            Event::Refused(unsupported) => {
                self.refuse(&Refused::Unsupported {
                    what: unsupported.what,
                    fix: unsupported.fix,
                });
            }
            Event::Metadata(metadata) => {
                if let Some(publishing) = &self.publishing {
                    publishing.told(metadata.video_kbit_rate, metadata.audio_kbit_rate);
                }
            }
            Event::PublishEnded => self.publishing = None,
        }
    }

    fn requested(&mut self, request: &Publish) {
        let landing = &request.landing;
        let attempt = Attempt {
            protocol: Protocol::Rtmp,
            address: self.peer.ip().to_canonical(),
            path: &landing.path,
            token: landing.token.as_deref(),
        };
        let admitted = match self.shared.gatekeeper.admit_publish(&attempt) {
            Ok(admitted) => admitted,
            Err(why) => {
                // Where the owner looks for the reason.
                self.slug = self.shared.gatekeeper.stream_about(&attempt);
                return self.reject(&why);
            }
        };
        let slug = admitted.slug.clone();
        self.slug = Some(slug.clone());
        let origin = Origin {
            protocol: Protocol::Rtmp,
            address: self.peer.ip().to_canonical(),
        };
        match self.hub.publish(admitted, origin) {
            Ok(publishing) => {
                self.publishing = Some(publishing);
                self.session.accept();
                tracing::info!(stream = %slug, encoder = request.encoder.as_deref().unwrap_or("unknown"), "a publisher is live");
            }
            Err(why) => self.reject(&why),
        }
    }

    fn reject(&mut self, why: &Refused) {
        self.refuse(why);
        self.session.reject(&rejection(why));
    }

    fn refuse(&self, why: &Refused) {
        // Only the name of a stream that exists is kept: what stands in its place may be a key.
        let stream = self.slug.clone().and_then(|slug| {
            let id = self.shared.gatekeeper.stream_named(&slug)?;
            Some((id, slug))
        });
        let who = Refusee {
            protocol: Protocol::Rtmp,
            address: self.peer.ip().to_canonical(),
            stream,
        };
        self.shared.refuse(who, why);
        tracing::info!(reason = why.code(), "refused a publisher");
    }

    /// Sends what waits, within a bound.
    async fn flush(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        timeout(
            self.shared.settings.send_timeout,
            stream.write_all(&self.outgoing),
        )
        .await
        .map_err(|_| io::ErrorKind::TimedOut)??;
        self.outgoing.clear();
        Ok(())
    }

    fn note(&self, closed: Option<&Closed>) {
        let Some(slug) = &self.slug else {
            if let Some(
                Closed::Protocol(what) | Closed::Unsupported(rtmp::Unsupported { what, .. }),
            ) = closed
            {
                tracing::debug!(what, "an RTMP connection was closed");
            }
            return;
        };
        match closed {
            Some(Closed::Rejected(_)) => {}
            Some(closed) => {
                tracing::info!(stream = %slug, why = %closed, "a publisher's connection is over")
            }
            None => tracing::info!(stream = %slug, "a publisher's connection was lost"),
        }
    }
}

fn rejection(why: &Refused) -> Rejection {
    let text = format!("{} {}", why.message(), why.fix());
    match why {
        Refused::TooManyPublishers | Refused::TooManyTries { .. } | Refused::ShuttingDown => {
            Rejection::denied(text)
        }
        _ => Rejection::bad_name(text),
    }
}

fn farewell(reason: &EndReason) -> Rejection {
    Rejection::denied(match reason {
        EndReason::Closed(why) => why.clone(),
        EndReason::TakenOver => "Another sender took over this stream.".to_owned(),
        EndReason::ShuttingDown => "The server is stopping. Try again in a minute.".to_owned(),
    })
}

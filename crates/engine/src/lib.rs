//! The embedded engine: RTMP and WHIP in, low-latency HLS and WHEP out, in one process.
//!
//! Frames stay inside. A publisher's connection ([`ingest`]) pushes them into its stream's ring ([`hub`]); readers take them out at
//! their own pace, and publishing never waits for one. The HLS reader ([`egress`]) packages them into a window, and [`delivery`]
//! answers requests from that window. Who may publish is asked of the Gatekeeper; who may watch was decided before a request
//! comes here.

mod changes;
mod delivery;
mod egress;
mod health;
mod held;
mod hub;
mod ingest;
mod port;
mod poster;
mod refusals;
mod saved;
mod sessions;

use std::{
    io,
    net::UdpSocket,
    path::PathBuf,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{clock::Clock, gate::Gatekeeper, publish::Refused, random::Random};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    changes::Changes,
    egress::Reels,
    hub::Hub,
    refusals::{Refusals, Refusee},
    saved::Saver,
    sessions::Sessions,
};

pub use egress::OpusInHls;
pub use sessions::{Settings as WebrtcSettings, bind_datagrams, offered};

/// What the operator chose, and the bounds of the engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Cuts, promises and bounds of HLS.
    pub hls: hls::Settings,
    /// What becomes of Opus in HLS.
    pub opus_in_hls: OpusInHls,
    /// What one RTMP connection may cost.
    pub rtmp: rtmp::Limits,
    /// What can change while it runs, as it is at the start.
    pub tuned: Tuned,
    /// A publisher that does not take its answers for this long is disconnected.
    pub send_timeout: Duration,
    /// RTMP connections in all.
    pub connections: usize,
    /// Bytes of frames a stream's ring holds for slow readers.
    pub ring_bytes_max: usize,
    /// Folder with one folder a stream, for what must outlive a restart.
    pub livestreams: PathBuf,
}

/// What the operator chose and may choose anew while the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuned {
    /// A publisher may drop and return within this time.
    pub grace: Duration,
    /// A second publisher replaces the first instead of being refused.
    pub take_over: bool,
    /// RTMP connections of one address (of one /64 network with IPv6), and as many sessions of publishers by WebRTC; 0: no limit.
    pub publishers_per_address: u32,
}

/// What the engine counts, for metrics. Read at any time, never reset.
#[derive(Debug, Default)]
pub struct Counters {
    /// Bytes received from publishers.
    pub ingest_bytes: AtomicU64,
    /// Frames that a reader skipped because it was too slow.
    pub ring_dropped: AtomicU64,
    /// Frames that the packager could not use.
    pub packager_dropped: AtomicU64,
    /// Connections refused before they could ask: too many in all or of one address.
    pub connections_refused: AtomicU64,
}

/// What all parts of the engine share.
struct Shared {
    settings: Settings,
    tuned: RwLock<Tuned>,
    gatekeeper: Arc<dyn Gatekeeper>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    start: Instant,
    counters: Counters,
    refusals: Refusals,
    changes: Changes,
    saver: Saver,
    reels: Reels,
    stopping: watch::Sender<bool>,
    listening: AtomicBool,
}

impl Shared {
    /// The two clocks of this moment.
    fn now(&self) -> hls::Now {
        hls::Now {
            mono: self.mono(),
            wall_ms: self.clock.now().ms(),
        }
    }

    /// Notes a refusal, and tells whoever watches.
    fn refuse(&self, who: Refusee, why: &Refused) {
        if self.refusals.note(self.mono(), self.clock.now(), who, why) {
            self.changes.note();
        }
    }

    /// What holds now.
    fn tuned(&self) -> Tuned {
        *self.tuned.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the engine started.
    fn mono(&self) -> Duration {
        self.start.elapsed()
    }

    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.random.fill(&mut seed);
        seed
    }
}

/// The embedded engine.
pub struct Embedded {
    shared: Arc<Shared>,
    hub: Arc<Hub>,
    sessions: OnceLock<Arc<Sessions>>,
}

impl Embedded {
    /// An engine without listeners; takes up what the last run saved. Must be called inside a tokio runtime.
    pub fn new(
        settings: Settings,
        gatekeeper: Arc<dyn Gatekeeper>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let resumes = saved::load_all(
            &settings.livestreams,
            u32::try_from(clock.now().seconds()).unwrap_or(u32::MAX),
        );
        let shared = Arc::new(Shared {
            saver: Saver::start(settings.livestreams.clone()),
            reels: Reels::new(),
            tuned: RwLock::new(settings.tuned),
            settings,
            gatekeeper,
            clock,
            random,
            start: Instant::now(),
            counters: Counters::default(),
            refusals: Refusals::default(),
            changes: Changes::default(),
            stopping: watch::Sender::new(false),
            listening: AtomicBool::new(false),
        });
        let hub = Arc::new(Hub::new(shared.clone(), resumes));
        tokio::spawn(hub::pulse::run(shared.clone(), Arc::downgrade(&hub)));
        Self {
            shared,
            hub,
            sessions: OnceLock::new(),
        }
    }

    /// Takes publishers by RTMP from this listener until [`Embedded::stop`].
    pub fn listen_rtmp(&self, listener: TcpListener) {
        self.shared.listening.store(true, Ordering::Relaxed);
        tokio::spawn(ingest::rtmp::listen(
            self.shared.clone(),
            self.hub.clone(),
            listener,
        ));
    }

    /// Serves viewers and publishers by WebRTC from this socket, and from this listener those whose network has no UDP, until [`Embedded::stop`].
    ///
    /// # Errors
    /// Where the socket or a thread for it cannot be used.
    pub fn listen_webrtc(
        &self,
        socket: UdpSocket,
        listener: Option<std::net::TcpListener>,
        settings: WebrtcSettings,
    ) -> io::Result<()> {
        let sockets = (socket, listener);
        let sessions = Sessions::start(self.shared.clone(), self.hub.clone(), sockets, settings)?;
        self.sessions
            .set(Arc::new(sessions))
            .map_err(|_| io::Error::other("WebRTC is served already"))
    }

    /// Goes by these from now on. A publisher that is waited for is waited for as long as they say, from when it left: a broadcast
    /// whose time is over by them ends within a second. Connections that are there stay.
    pub fn tune(&self, tuned: Tuned) {
        *self
            .shared
            .tuned
            .write()
            .unwrap_or_else(PoisonError::into_inner) = tuned;
        self.shared.changes.note();
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// How often each reason to refuse a publisher came up since the start.
    pub fn refused_by_reason(&self) -> Vec<(&'static str, u64)> {
        self.shared.refusals.by_reason()
    }

    /// Stops in order: publishers are told, what they sent is packaged, and what the next run needs is saved. Waits until that is done.
    pub async fn stop(&self) {
        self.shared.stopping.send_replace(true);
        self.hub.stop().await;
        self.shared.saver.flush();
    }
}

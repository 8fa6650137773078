//! Everything that is spoken over HTTP: pages, API, and the delivery of live pieces.
//!
//! Sees the domain and the engine's port, never a store or an engine. Every decision on access is one call into the domain;
//! a handler reads like the rule it carries out. The front door ([`front`]) accepts connections and answers live pieces before any
//! router; the router does the rest.

mod api;
mod assets;
pub mod check;
pub mod configuration;
mod error;
mod events;
mod extract;
pub mod front;
mod health;
pub mod intake;
mod links;
pub mod machine;
mod openapi;
mod pages;
mod passwords;
mod play;
mod publish;
mod qr;
mod rate;
mod router;
mod sdp;
mod test_signal;
pub mod text;

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicU64},
};

use domain::{
    BoxFuture,
    catalogue::Catalogue,
    clock::{Clock, Time},
    engine::Engine,
    random::Random,
    user::UserId,
};

pub use api::access_codes::facts as access_code_facts;
pub use openapi::document as openapi;
pub use passwords::Passwords;
pub use router::{router, webrtc_door};
pub use test_signal::{Refused as TestSignalRefused, TestSignal};

use library::{Works, upload::Whole};

use front::{Hot, HotAnswer, HotRequest, Networks};

/// What the operator chose for HTTP.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Scheme and host under which visitors reach this server; empty: taken from the request.
    pub public_url: String,
    /// Whose forwarding headers count.
    pub trusted_proxies: Networks,
    /// What can change while it runs, as it is at the start.
    pub tuned: Tuned,
    /// Where publishers come in by RTMP; `None` where that is switched off.
    pub rtmp: Option<SocketAddr>,
    /// The words of pages.
    pub text: text::Text,
    /// The program's version, for pages.
    pub version: String,
}

/// What the operator chose and may choose anew while the program runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tuned {
    /// Origins that may call with their visitors' cookies.
    pub cors_origins: Vec<String>,
    /// How long a lost publisher is waited for, told to viewers.
    pub grace_s: u64,
}

/// One thing that must work for the server to serve.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its public name.
    pub name: &'static str,
    /// Why it fails; for operators only.
    pub failure: Option<String>,
}

/// What is counted here, for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Bytes of HLS bodies sent.
    pub hls_bytes: AtomicU64,
    /// Requests for pieces by what was asked and how it went.
    pub hls_requests: play::Requests,
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

type Checks = Box<dyn Fn() -> BoxFuture<'static, Vec<Check>> + Send + Sync>;

struct Inner {
    catalogue: Catalogue,
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    settings: Settings,
    tuned: RwLock<Arc<Tuned>>,
    started: Time,
    checks: Checks,
    self_check: Arc<dyn check::SelfCheck>,
    configuration: Arc<dyn configuration::Configuration>,
    machine: machine::Look,
    sending: rate::Rate,
    counters: Counters,
    assets: assets::Assets,
    ticker: events::Ticker,
    shown: pages::shown::Shown,
    test_signal: Arc<dyn TestSignal>,
    uploading: Option<intake::Uploading>,
    works: Works,
}

/// What an [`App`] stands on.
pub struct Ports {
    /// All that is known and allowed.
    pub catalogue: Catalogue,
    /// Live media.
    pub engine: Arc<dyn Engine>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for request ids.
    pub random: Arc<dyn Random>,
    /// What `/health` asks.
    pub checks: Checks,
    /// What the program finds out about its own place.
    pub self_check: Arc<dyn check::SelfCheck>,
    /// Settings.
    pub configuration: Arc<dyn configuration::Configuration>,
    /// What the process takes of its machine.
    pub machine: machine::Look,
    /// The server's own sender.
    pub test_signal: Arc<dyn TestSignal>,
    /// Stored videos and images.
    pub works: Works,
    /// Files that people bring; `None` where this server takes none.
    pub uploading: Option<intake::Uploading>,
}

impl App {
    /// Puts the handlers' state together.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        let Ports {
            catalogue,
            engine,
            clock,
            random,
            checks,
            self_check,
            configuration,
            machine,
            test_signal,
            works,
            uploading,
        } = ports;
        let ticker = events::Ticker::new(&catalogue);
        let inner = Inner {
            started: clock.now(),
            catalogue,
            engine,
            clock,
            random,
            tuned: RwLock::new(Arc::new(settings.tuned.clone())),
            settings,
            checks,
            self_check,
            configuration,
            machine,
            sending: rate::Rate::default(),
            counters: Counters::default(),
            assets: assets::Assets::embedded(),
            ticker,
            shown: pages::shown::Shown::default(),
            test_signal,
            works,
            uploading,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    /// Ends the streams of events, so that their connections can be drained: the server stops.
    pub fn stop(&self) {
        self.inner.ticker.close();
    }

    fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
    }

    /// The name of whose something is.
    fn name_of(&self, owner: Option<UserId>) -> Option<String> {
        let user = self.catalogue().find_user(owner?)?;
        Some(user.name.as_str().to_owned())
    }

    fn engine(&self) -> &dyn Engine {
        &*self.inner.engine
    }

    /// New keys on their way to the page that shows them.
    fn shown(&self) -> &pages::shown::Shown {
        &self.inner.shown
    }

    /// The server's own sender.
    fn test_signal(&self) -> &dyn TestSignal {
        &*self.inner.test_signal
    }

    /// Stored videos and images.
    fn works(&self) -> &Works {
        &self.inner.works
    }

    /// Counts bytes of HLS that went out.
    fn sent_hls(&self, bytes: u64) {
        let counted = &self.inner.counters.hls_bytes;
        counted.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
    }

    /// Files that people bring.
    fn uploading(&self) -> Option<&intake::Uploading> {
        self.inner.uploading.as_ref()
    }

    /// Makes ready what the first visitor would otherwise wait for, on a thread of its own: some tens of milliseconds of work, best begun when
    /// the server can be reached.
    pub fn warm_up(&self) {
        assets::pack();
    }

    /// Uploads that an earlier run had received whole; nobody else hands them over from now on. Once, before requests come.
    #[must_use]
    pub fn whole_uploads(&self) -> Vec<Whole> {
        let Some(intake::Uploading { uploads, .. }) = self.uploading() else {
            return Vec::new();
        };
        let whole = uploads.whole().into_iter();
        whole.filter_map(|id| uploads.take(id)).collect()
    }

    /// Makes items of them. Needs a runtime.
    pub fn take_up_uploads(&self, whole: Vec<Whole>) {
        api::uploads::take_up(self, whole);
    }

    /// The words of pages.
    fn text(&self) -> text::Text {
        self.inner.settings.text
    }

    fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Goes by these from now on.
    pub fn tune(&self, tuned: Tuned) {
        let held = self.inner.tuned.write();
        let mut held = held.unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(tuned);
    }

    /// What holds now.
    fn tuned(&self) -> Arc<Tuned> {
        let held = self.inner.tuned.read();
        held.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Hot for App {
    fn answer(&self, request: &HotRequest<'_>) -> Option<HotAnswer> {
        play::hot(self, request)
    }

    fn sent(&self, bytes: u64) {
        self.sent_hls(bytes);
    }
}

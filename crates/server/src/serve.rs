//! Running the server: opens, listens, tells what it listens on, and stops in order.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use domain::{
    BoxFuture, Catalogue,
    engine::{Close, Engine as _},
    store::Store as _,
};
use engine::Embedded;
use store::sqlite::Sqlite;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::interval,
};
use web::{
    App, Check, Ports,
    front::{Cap, Front, Hot, HotAnswer, HotRequest, Limits, Networks, bind},
};

use crate::{
    assemble::{self, Opened},
    check::{Checker, Listening, Subject, Vantage},
    config::{
        Config, Source,
        registry::Use,
        tuning::{Targets, Tuning, engine_tuned, web_tuned},
    },
    control, metrics, process,
    signals::Signals,
};
use library::{Works, upload::Uploads};

/// How often last uses are saved and ended logins are dropped.
const TEND_EVERY: Duration = Duration::from_secs(60);
/// How often what was written down of changes long ago is forgotten; at each start too.
const DROP_AUDIT_EVERY: Duration = Duration::from_secs(86_400);

/// A server that runs.
pub struct Running {
    pub opened: Opened,
    pub base_url: String,
    pub rtmp: Option<SocketAddr>,
    engine: Arc<Embedded>,
    signals: Signals,
    app: App,
    pub works: Works,
    stop: watch::Sender<bool>,
    later: Option<Later>,
    taking_up: Option<tokio::task::JoinHandle<()>>,
    fronts: Vec<tokio::task::JoinHandle<()>>,
}

/// Serves until a signal says to stop.
pub async fn run(config: &Config) -> Result<()> {
    let mut running = start(config).await?;
    if let Some(token) = running.opened.catalogue.setup_token() {
        println!("setup {}/setup?token={}", running.base_url, token.expose());
    }
    println!("ready {}", running.base_url);
    running.settle_in();
    until_told_to_stop().await?;
    running.stop().await;
    Ok(())
}

/// Resolves with the first SIGTERM or SIGINT; a second one ends the process at once.
pub async fn until_told_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        eprintln!("media-server: told twice to stop; stopping at once");
        std::process::exit(1);
    });
    Ok(())
}

/// Opens the data directory and every listener; prints each address. What can wait until then, [`Running::settle_in`] begins.
pub async fn start(config: &Config) -> Result<Running> {
    tell_unused(config);
    raise_open_files();
    let trusted_proxies = Networks::parse(
        config
            .list("http.trusted_proxies")
            .iter()
            .map(String::as_str),
    )
    .map_err(|text| {
        anyhow!("`http.trusted_proxies` holds `{text}`, which is neither an address nor a network")
    })?;
    let opened = assemble::open(&config.data_dir()).await?;
    let tuning = Tuning::new(config.clone(), opened.catalogue.clone());
    let config = &tuning.config();
    let http = listener(config, "http.listen")
        .await?
        .context("`http.listen` is switched off; there is nothing to serve")?;
    let rtmp = listener(config, "rtmp.listen").await?;
    let metrics = listener(config, "metrics.listen").await?;
    let compat_webrtc = door(config, "compat.webrtc_listen").await?;
    let datagrams = config.listen("webrtc.listen").map(datagrams).transpose()?;

    let embedded = Arc::new(Embedded::new(
        engine_settings(config, &opened.folder),
        Arc::new(opened.catalogue.clone()),
        opened.clock.clone(),
        opened.random.clone(),
    ));
    close_what_ends(&opened.catalogue, embedded.clone());
    let rtmp_address = rtmp.as_ref().map(TcpListener::local_addr).transpose()?;
    let signals = Signals::new(
        rtmp_address,
        opened.catalogue.clone(),
        embedded.clone(),
        opened.random.clone(),
    );
    let http_address = http.local_addr()?;
    let address = |listener: &Option<TcpListener>| {
        let listener = listener.as_ref();
        listener.map(TcpListener::local_addr).transpose()
    };
    let checker = Checker::new(Subject {
        config: config.clone(),
        folder: opened.folder.clone(),
        vantage: Vantage::Inside(Listening {
            http: http_address,
            rtmp: address(&rtmp)?,
            metrics: address(&metrics)?,
            webrtc: datagrams.as_ref().map(UdpSocket::local_addr).transpose()?,
            compat_webrtc: address(&compat_webrtc)?,
        }),
    });
    let works = opened.works(config)?;
    let uploads = opened.uploads(config)?;
    let app = App::new(
        Ports {
            catalogue: opened.catalogue.clone(),
            engine: embedded.clone(),
            clock: opened.clock.clone(),
            random: opened.random.clone(),
            checks: checks(opened.store.clone(), &opened.folder),
            self_check: Arc::new(checker.clone()),
            configuration: Arc::new(tuning.clone()),
            machine: Box::new(process::look),
            test_signal: Arc::new(signals.clone()),
            uploading: Some(web::intake::Uploading {
                uploads: uploads.clone(),
                intake: Arc::new(works.clone()),
            }),
            works: works.clone(),
        },
        web::Settings {
            public_url: config
                .text("http.public_url")
                .trim_end_matches('/')
                .to_owned(),
            trusted_proxies: trusted_proxies.clone(),
            tuned: web_tuned(config),
            rtmp: rtmp_address,
            text: web::text::Text::find(config.text("ui.language")).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    );

    let left = LeftOver {
        works: works.left(),
        uploads: app.whole_uploads(),
    };
    let (stop, stopping) = watch::channel(false);
    let base_url = match config.text("http.public_url").trim_end_matches('/') {
        "" => format!("http://{}", reachable(http_address)),
        url => url.to_owned(),
    };
    // Before anybody can ask for it over HTTP, who would be told that it is switched off.
    if let Some(socket) = datagrams {
        let local = socket.local_addr()?;
        let settings = config.webrtc_settings()?;
        // The same number, whatever the system gave; without it WebRTC works where UDP does.
        let listener = bind(local)
            .and_then(TcpListener::into_std)
            .inspect_err(|error| {
                tracing::warn!(%error, address = %local, "no TCP for WebRTC; viewers without UDP go by HLS");
            });
        embedded
            .listen_webrtc(socket, listener.ok(), settings)
            .with_context(|| {
                format!(
                    "WebRTC cannot be served on {local}; `--set webrtc.listen=` does without it"
                )
            })?;
        println!("webrtc {}", reachable(local));
    }
    let mut fronts = Vec::new();
    if let Some(listener) = metrics {
        println!(
            "metrics http://{}/metrics",
            reachable(listener.local_addr()?)
        );
        let front = Front {
            hot: Arc::new(NothingHot),
            router: metrics::router(app.clone(), embedded.clone()),
            limits: Limits {
                connections: 64,
                connections_per_address: Cap::default(),
                ..http_limits(config)
            },
            trusted_proxies: Networks::default(),
        };
        fronts.push(tokio::spawn(front.serve(listener, stopping.clone())));
    }
    let limits = http_limits(config);
    tuning.drive(Targets {
        engine: embedded.clone(),
        app: app.clone(),
        connections_per_address: limits.connections_per_address.clone(),
    });
    if let Some(listener) = compat_webrtc {
        println!("compat-webrtc http://{}", reachable(listener.local_addr()?));
        let front = Front {
            hot: Arc::new(NothingHot),
            router: web::webrtc_door(app.clone()),
            limits: limits.clone(),
            trusted_proxies: trusted_proxies.clone(),
        };
        fronts.push(tokio::spawn(front.serve(listener, stopping.clone())));
    }
    let front = Front {
        hot: Arc::new(app.clone()),
        router: web::router(app.clone()),
        limits,
        trusted_proxies,
    };
    fronts.push(tokio::spawn(front.serve(http, stopping.clone())));
    if let (Some(listener), Some(address)) = (rtmp, rtmp_address) {
        println!("rtmp rtmp://{}/live", reachable(address));
        embedded.listen_rtmp(listener);
    }
    let desk = control::Desk {
        catalogue: opened.catalogue.clone(),
        checker: checker.clone(),
        works: works.clone(),
        base_url: base_url.clone(),
    };
    control::listen(&opened.folder, desk, stopping.clone())?;
    let later = Later {
        left,
        checker,
        uploads,
        stopping,
    };
    Ok(Running {
        opened,
        base_url,
        rtmp: rtmp_address,
        engine: embedded,
        signals,
        app,
        works,
        stop,
        later: Some(later),
        taking_up: None,
        fronts,
    })
}

impl Running {
    /// Begins what goes on beside the serving: what an earlier run left is taken up, folders in the storage are adopted, and the server looks
    /// at itself and tends what it keeps. Once; until then nothing can be brought from this machine.
    pub fn settle_in(&mut self) {
        let Some(later) = self.later.take() else {
            return;
        };
        self.app.warm_up();
        let taking_up = take_up(self.works.clone(), self.app.clone(), later.left);
        self.taking_up = Some(tokio::spawn(taking_up));
        let catalogue = self.opened.catalogue.clone();
        tokio::spawn(tend(catalogue, later.uploads, later.stopping.clone()));
        tokio::spawn(later.checker.keep_looking(later.stopping));
    }

    /// Publishers are sent away, running requests end, everything is saved.
    pub async fn stop(self) {
        tracing::info!("stopping");
        self.signals.stop_all();
        self.engine.stop().await;
        self.app.stop();
        self.works.stop();
        self.stop.send_replace(true);
        // What it did not come to, the next start does.
        if let Some(taking_up) = self.taking_up {
            taking_up.abort();
        }
        for front in self.fronts {
            let _ = front.await;
        }
        self.opened.close().await;
    }
}

/// Binds a listener of the settings, or says who may hold the port.
async fn listener(config: &Config, name: &str) -> Result<Option<TcpListener>> {
    let Some(address) = config.listen(name) else {
        return Ok(None);
    };
    bind(address).map(Some).with_context(|| {
        format!("cannot listen on {address} (`{name}`); if another program has this port, stop it or use `--set {name}=…`")
    })
}

/// Binds a door of MediaMTX's habits. Where nobody asked for it and another program has the port (a MediaMTX, as a rule), the server does
/// without.
async fn door(config: &Config, name: &str) -> Result<Option<TcpListener>> {
    let asked = config
        .resolved()
        .all()
        .any(|(setting, _, source)| setting.name == name && *source != Source::Default);
    match listener(config, name).await {
        Err(error) if !asked => {
            tracing::warn!("{error:#}; going on without it");
            Ok(None)
        }
        bound => bound,
    }
}

/// Binds the UDP socket of WebRTC, for both families where the address is every one's.
fn datagrams(address: SocketAddr) -> Result<UdpSocket> {
    engine::bind_datagrams(address).with_context(|| {
        format!("cannot listen on {address} over UDP (`webrtc.listen`); if another program has this port, stop it or use `--set webrtc.listen=…`")
    })
}

/// How a person on this machine reaches an address.
fn reachable(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => format!("127.0.0.1:{}", address.port()),
        ip if ip.is_unspecified() => format!("localhost:{}", address.port()),
        _ => address.to_string(),
    }
}

/// Lets the process open as many files as its hard limit allows: each viewer holds one or two connections, and the soft limit is
/// 1,024 on many systems.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit of open files; viewers past it have to wait");
    }
}

/// Settings that somebody gave and that do nothing yet are told, once.
fn tell_unused(config: &Config) {
    for (setting, _, source) in config.resolved().all() {
        if setting.used == Use::Later && *source != Source::Default {
            tracing::warn!(setting = setting.name, "this setting is not yet in use");
        }
    }
}

fn http_limits(config: &Config) -> Limits {
    Limits {
        header_timeout: config.seconds("http.header_timeout_s"),
        idle_timeout: config.seconds("http.idle_timeout_s"),
        send_timeout: config.seconds("http.send_timeout_s"),
        connections: config.size("http.connections"),
        connections_per_address: config.whole32("limits.connections_per_address").into(),
        drain: config.seconds("shutdown.drain_s"),
    }
}

fn engine_settings(config: &Config, folder: &Path) -> engine::Settings {
    engine::Settings {
        hls: hls::Settings {
            part_ms: config.whole32("hls.part_ms"),
            segment_ms: config.whole32("hls.segment_ms"),
            target_duration_s: config.whole32("hls.target_duration_s"),
            ..hls::Settings::default()
        },
        opus_in_hls: match config.text("hls.opus") {
            "native" => engine::OpusInHls::Native,
            _ => engine::OpusInHls::Aac,
        },
        rtmp: config.rtmp_limits(),
        tuned: engine_tuned(config),
        send_timeout: config.seconds("rtmp.send_timeout_s"),
        connections: config.size("rtmp.connections"),
        ring_bytes_max: config.size("publish.ring_bytes_max"),
        livestreams: folder.join("livestreams"),
    }
}

/// Revoked keys and the like reach the live plane here, and nowhere else.
fn close_what_ends(catalogue: &Catalogue, engine: Arc<Embedded>) {
    catalogue.on_ended(move |ended| {
        let Some(who) = ended.closes() else { return };
        let why = match who {
            Close::Key(_) | Close::ApiKey(_) => "This key was revoked.",
            Close::PublishersOf(_) => "The account of this stream's owner was switched off.",
            Close::Publishers(_) | Close::Viewers(_) => "The stream is not open to you any more.",
            Close::Stream(_) => "The stream was deleted.",
        };
        engine.close(who, why);
    });
}

/// What `/health` asks beside the engine.
fn checks(
    store: Arc<Sqlite>,
    folder: &Path,
) -> Box<dyn Fn() -> BoxFuture<'static, Vec<Check>> + Send + Sync> {
    let folder = folder.to_owned();
    Box::new(move || {
        let (store, folder) = (store.clone(), folder.clone());
        Box::pin(async move {
            let database = store.check().await.err().map(|error| error.to_string());
            let probe = folder.join(".writable");
            let storage = tokio::fs::write(&probe, b"")
                .await
                .err()
                .map(|error| error.to_string());
            vec![
                Check {
                    name: "database",
                    failure: database,
                },
                Check {
                    name: "storage",
                    failure: storage,
                },
            ]
        })
    })
}

/// What waits until the server can be reached.
struct Later {
    left: LeftOver,
    checker: Checker,
    uploads: Uploads,
    stopping: watch::Receiver<bool>,
}

/// What an earlier run was doing with files that people brought.
struct LeftOver {
    works: library::works::Left,
    uploads: Vec<library::upload::Whole>,
}

/// Takes up what an earlier run was doing, and adopts folders that somebody put into the storage meanwhile. Goes on beside the serving: it can
/// take as long as the disk likes.
async fn take_up(works: Works, app: App, left: LeftOver) {
    works.take_up(&left.works).await;
    app.take_up_uploads(left.uploads);
    if let Err(error) = works.sweep(left.works).await {
        tracing::error!(%error, "what an earlier run left in the storage could not be removed");
    }
    match works.scan().await {
        Ok(all) => {
            for scanned in all {
                match scanned.result {
                    Ok(_) if scanned.is_new => {
                        tracing::info!(folder = scanned.folder, "a folder was adopted as a video");
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(folder = scanned.folder, %error, "a folder in the storage was not adopted");
                    }
                }
            }
        }
        Err(error) => tracing::warn!(%error, "the storage could not be looked through"),
    }
}

async fn tend(catalogue: Catalogue, uploads: Uploads, mut stop: watch::Receiver<bool>) {
    let (mut ticks, mut days) = (interval(TEND_EVERY), interval(DROP_AUDIT_EVERY));
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = catalogue.tend().await {
                    tracing::warn!(%error, "the last uses of logins and keys were not saved");
                }
            }
            _ = days.tick() => {
                if let Err(error) = catalogue.drop_old_audit().await {
                    tracing::warn!(%error, "what was written down of changes long ago is still kept");
                }
            }
            _ = stop.changed() => return,
        }
        let cleared = uploads.tend().await;
        if cleared > 0 {
            tracing::info!(
                cleared,
                "uploads that nobody went on with were cleared away"
            );
        }
    }
}

/// The metrics port has no hot path.
struct NothingHot;

impl Hot for NothingHot {
    fn answer(&self, _: &HotRequest<'_>) -> Option<HotAnswer> {
        None
    }

    fn sent(&self, _: u64) {}
}

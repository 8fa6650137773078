//! The self-check: what the program finds out about the place it runs in. Shown beside setup, at `/admin/check`, and by `doctor`.
//!
//! Looks at ports, the way visitors come, disk, clock, database, permissions, limits and FFmpeg, each in a file of its own; it
//! changes nothing, but for a file that it writes into the data directory and takes away again. It never talks to the network, and
//! binds a port only to see whether it is free. The words lie in `web`, by line and state; [`STATES`] is the list of both.
//!
//! A look takes longer than a page may: the server looks at its start, every five minutes and when an administrator asks for it, and
//! pages tell the last one with its time. What depends on the asking request is judged for each. One look at a time: who asks for
//! one meanwhile gets the same, and it is kept for two seconds. Every wait has a bound, so that a disk that hangs holds nobody for long.

mod address;
mod clock;
mod database;
mod disk;
mod ffmpeg;
mod files;
mod listeners;
mod permissions;
mod reach;
mod sockets;
mod states;
mod storage;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use domain::{BoxFuture, clock::Time};
use store::sqlite::inspect::Others;
use tokio::sync::{Mutex, Semaphore, watch};
use web::check::{Asked, Finding, Report, SelfCheck};

use crate::config::Config;

pub use states::finding;

/// How long a look at the machine is good for who asks for another: a button pressed twice costs nothing.
const KEPT_FOR: Duration = Duration::from_secs(2);
/// Between the looks of a server at itself; one is a tenth of a second of work at most.
const LOOKED_EVERY: Duration = Duration::from_mins(5);
/// A disk or a database that takes longer than this to answer hangs, by any measure that a page could wait for.
const HANGS_AFTER: Duration = Duration::from_secs(2);

/// What is looked at.
pub struct Subject {
    /// Its settings.
    pub config: Config,
    /// The data directory.
    pub folder: PathBuf,
    /// From where.
    pub vantage: Vantage,
}

/// From where one looks.
#[derive(Clone, Copy, Debug)]
pub enum Vantage {
    /// A server, at itself, for a page.
    Inside(Listening),
    /// The command line, with the data directory to itself.
    Alone,
    /// The command line, while somebody else may have the data directory.
    Beside,
}

impl Vantage {
    fn listening(self) -> Option<Listening> {
        match self {
            Self::Inside(listening) => Some(listening),
            Self::Alone | Self::Beside => None,
        }
    }

    /// The first page after a start waits for the look, and a busy server has other work; a person at the command line wants to know.
    fn patience(self) -> Patience {
        match self {
            Self::Inside(_) => Patience {
                look_through: Duration::from_millis(100),
                search: Duration::from_millis(100),
                version: Duration::from_millis(150),
            },
            Self::Alone | Self::Beside => Patience {
                look_through: Duration::from_secs(5),
                search: Duration::from_secs(3),
                version: Duration::from_secs(3),
            },
        }
    }
}

/// How long may be looked at most for what can take long on a machine that is fine.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Through the whole database.
    look_through: Duration,
    /// Through all processes for those that hold ports.
    search: Duration,
    /// Until FFmpeg has told its version.
    version: Duration,
}

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    /// Pages, API, HLS.
    pub http: SocketAddr,
    /// Ingest.
    pub rtmp: Option<SocketAddr>,
    /// Figures.
    pub metrics: Option<SocketAddr>,
    /// Media of WebRTC.
    pub webrtc: Option<SocketAddr>,
    /// MediaMTX's door for WebRTC.
    pub compat_webrtc: Option<SocketAddr>,
}

/// Looks, and keeps what it saw. Cheap to clone.
#[derive(Clone)]
pub struct Checker(Arc<Inner>);

/// What a look at the machine found.
#[derive(Clone)]
struct Seen {
    at: Time,
    since: Instant,
    findings: Arc<Vec<Finding>>,
}

struct Inner {
    subject: Subject,
    start: clock::Start,
    seen: RwLock<Option<Seen>>,
    /// Who holds it looks.
    looking: Arc<Mutex<()>>,
    /// One look at the disk at a time: threads that a dead disk holds must not pile up.
    storage: Arc<Semaphore>,
    ffmpeg: ffmpeg::Known,
}

impl Checker {
    /// Starts with a look at the clocks, by which later ones are judged.
    pub fn new(subject: Subject) -> Self {
        Self(Arc::new(Inner {
            subject,
            start: clock::Start::now(),
            seen: RwLock::default(),
            looking: Arc::default(),
            storage: Arc::new(Semaphore::new(1)),
            ffmpeg: ffmpeg::Known::default(),
        }))
    }

    /// Looks now and from time to time, until `stop` turns true.
    pub async fn keep_looking(self, mut stop: watch::Receiver<bool>) {
        loop {
            self.machine().await;
            tokio::select! {
                () = tokio::time::sleep(LOOKED_EVERY) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Every line, in the order in which it is shown, as it is now.
    pub async fn look(&self, asked: Option<&Asked>) -> Vec<Finding> {
        let seen = self.machine().await;
        self.tell(&seen, asked)
    }

    /// The lines of a look, with those that depend on the request.
    fn tell(&self, seen: &Seen, asked: Option<&Asked>) -> Vec<Finding> {
        let mut findings = seen.findings.to_vec();
        let way = address::judge(&address::Given::of(&self.0.subject.config), asked);
        let after_ports = listeners::LINES.len().min(findings.len());
        findings.splice(after_ports..after_ports, way);
        findings
    }

    /// A look at the machine: another one, or that of a moment ago.
    async fn machine(&self) -> Seen {
        let looking = self.0.looking.clone().lock_owned().await;
        if let Some(seen) = self.0.seen()
            && seen.since.elapsed() < KEPT_FOR
        {
            return seen;
        }
        let inner = self.0.clone();
        // In a task of its own, which keeps the lock: whoever asked may go away, and the next must not begin another look.
        let look = tokio::spawn(async move {
            let findings = inner.look_at_machine().await;
            let seen = Seen::of(findings);
            inner.keep(&seen);
            drop(looking);
            seen
        });
        look.await.unwrap_or_else(|_| Seen::of(Vec::new()))
    }
}

impl SelfCheck for Checker {
    fn last(&self, asked: Asked) -> BoxFuture<'static, Report> {
        let checker = self.clone();
        Box::pin(async move {
            let seen = match checker.0.seen() {
                Some(seen) => seen,
                None => checker.machine().await,
            };
            Report {
                at: seen.at,
                findings: checker.tell(&seen, Some(&asked)),
            }
        })
    }

    fn again(&self) -> BoxFuture<'static, ()> {
        let checker = self.clone();
        Box::pin(async move {
            checker.machine().await;
        })
    }
}

impl Seen {
    fn of(findings: Vec<Finding>) -> Self {
        Self {
            at: Time::from_ms(clock::now().saturating_mul(1000)),
            since: Instant::now(),
            findings: Arc::new(findings),
        }
    }
}

impl Inner {
    fn seen(&self) -> Option<Seen> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    fn keep(&self, seen: &Seen) {
        let mut kept = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(seen.clone());
    }

    async fn look_at_machine(&self) -> Vec<Finding> {
        let Subject {
            config,
            folder,
            vantage,
        } = &self.subject;
        let patience = vantage.patience();
        let others = match vantage {
            Vantage::Alone => Others::Nobody,
            Vantage::Inside(_) | Vantage::Beside => Others::Maybe,
        };
        let (ports, storage, database, ffmpeg) = tokio::join!(
            listeners::look(config, vantage.listening(), patience.search),
            self.storage(),
            database::look(folder, others, patience.look_through),
            self.ffmpeg.look(patience.version),
        );
        let mut findings = ports;
        let webrtc = vantage.listening().and_then(|listening| listening.webrtc);
        findings.push(reach::look(config, webrtc));
        let now = clock::now();
        findings.push(disk::judge(folder, storage.as_ref()));
        findings.push(clock::judge(
            now,
            self.start.stepped_s(),
            storage.as_ref().and_then(|seen| seen.stamp_offset_s),
        ));
        findings.push(database);
        findings.push(permissions::judge(folder, storage.as_ref()));
        findings.push(files::look(vantage.listening().is_some()));
        findings.push(ffmpeg);
        findings
    }

    /// What the data directory and its disk say; `None` where they do not answer in time.
    async fn storage(&self) -> Option<storage::Seen> {
        let permit = self.storage.clone().try_acquire_owned().ok()?;
        let folder = self.subject.folder.clone();
        let settings_are_secret = storage::settings_are_secret(&self.subject.config);
        let look = tokio::task::spawn_blocking(move || {
            let seen = storage::look(&folder, settings_are_secret);
            drop(permit);
            seen
        });
        tokio::time::timeout(HANGS_AFTER, look).await.ok()?.ok()
    }
}

/// A path as it is shown: whole, where it can be, and without what a terminal would obey.
fn shown(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    tame(&whole.to_string_lossy())
}

/// Text from outside without control characters, and short.
fn tame(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests;

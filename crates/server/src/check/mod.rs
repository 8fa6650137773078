//! The self-check: what the program finds out about the place it runs in. Shown beside setup, at `/admin/check`, and by `doctor`.
//!
//! Looks at ports, the way visitors come, disk, clock, database, permissions, limits and FFmpeg, each in a file of its own; it
//! changes nothing, but for a file that it writes into the data directory and takes away again. It never talks to the network, and
//! binds a port only to see whether it is free. The words lie in `web`, by line and state; [`STATES`] is the list of both.
//!
//! One look at the machine at a time: who asks meanwhile gets the same one, and it is kept for two seconds. What depends on the
//! asking request is judged anew each time. Every wait has a bound, so that a disk that hangs does not take the page with it.

mod address;
mod clock;
mod database;
mod disk;
mod ffmpeg;
mod files;
mod listeners;
mod permissions;
mod sockets;
mod states;
mod storage;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use store::sqlite::inspect::Others;
use tokio::sync::{Mutex, Semaphore};
use web::check::{Asked, Finding, SelfCheck};

use crate::config::Config;

pub use states::finding;

/// How long a look at the machine is good: a page that is loaded again at once costs nothing.
const KEPT_FOR: Duration = Duration::from_secs(2);
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

    /// A page is to be there within a fifth of a second; a person at the command line wants to know.
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

/// Looks, and keeps what it saw for a moment. Cheap to clone.
#[derive(Clone)]
pub struct Checker(Arc<Inner>);

/// What was found, and when.
type Seen = Option<(Instant, Vec<Finding>)>;

struct Inner {
    subject: Subject,
    start: clock::Start,
    seen: Arc<Mutex<Seen>>,
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
            seen: Arc::default(),
            storage: Arc::new(Semaphore::new(1)),
            ffmpeg: ffmpeg::Known::default(),
        }))
    }

    /// The port through which pages look.
    pub fn port(&self) -> SelfCheck {
        let checker = self.clone();
        Box::new(move |asked| {
            let checker = checker.clone();
            Box::pin(async move { checker.look(asked.as_ref()).await })
        })
    }

    /// Every line, in the order in which it is shown.
    pub async fn look(&self, asked: Option<&Asked>) -> Vec<Finding> {
        let mut findings = self.machine().await;
        let way = address::judge(&address::Given::of(&self.0.subject.config), asked);
        let after_ports = listeners::LINES.len().min(findings.len());
        findings.splice(after_ports..after_ports, way);
        findings
    }

    async fn machine(&self) -> Vec<Finding> {
        let mut seen = self.0.seen.clone().lock_owned().await;
        if let Some((at, findings)) = &*seen
            && at.elapsed() < KEPT_FOR
        {
            return findings.clone();
        }
        let inner = self.0.clone();
        // In a task of its own, which keeps the lock: whoever asked may go away, and the next must not begin another look.
        let look = tokio::spawn(async move {
            let findings = inner.look_at_machine().await;
            *seen = Some((Instant::now(), findings.clone()));
            findings
        });
        look.await.unwrap_or_default()
    }
}

impl Inner {
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

//! The window: which pieces of a presentation exist now, and what to answer to a request for one.
//!
//! Everything that viewers share is made when an event is applied; answering only looks up and clones references. Waiting
//! is the caller's: [`Answer::Wait`] says until when, and the same request is asked again when the version has grown.
//! RFC 8216bis, 6.2.2 (retention), 6.2.5 (directives); cache lifetimes of appendix B.1.

mod answer;
mod bandwidth;
mod directives;
mod epoch;
mod rendered;
mod segment;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use media::Track;

pub use answer::{Answer, Kind, Reply, Request};

use crate::name::{Name, Piece};
use crate::packager::{Output, Resume, Timing};
use crate::playlist::{Variant, multivariant};
use crate::{Body, Now, Settings};
use directives::Directives;
use epoch::{EpochWindow, Found};

/// What is live, for pages and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Number of the current epoch.
    pub epoch: u32,
    /// `PART-TARGET` in microseconds.
    pub part_target_us: u64,
    /// What the part target rests on.
    pub timing: Timing,
    /// The tracks of the newest initialisation segment.
    pub tracks: Vec<Track>,
    /// Peak bits a second, with headroom.
    pub bandwidth: u64,
    /// Mean bits a second, with headroom.
    pub average_bandwidth: u64,
    /// Bytes of media kept, of all epochs.
    pub bytes: usize,
    /// Enough is listed for players to start.
    pub playable: bool,
    /// The current epoch has ended.
    pub ended: bool,
}

/// Ended epochs kept at most, however fast they follow each other.
const EPOCHS_MAX: usize = 4;

/// The pieces of one presentation.
#[derive(Debug)]
pub struct Window {
    settings: Settings,
    version: u64,
    /// Oldest first; only the last may go on.
    epochs: VecDeque<EpochWindow>,
    /// What was saved of an epoch of which nothing is kept: its publisher is awaited after a restart, or it has ended.
    saved: Option<Resume>,
    /// Epochs up to this number existed and are gone, those kept apart.
    newest: Option<u32>,
}

impl Window {
    /// An empty window, or one that awaits the publisher of an epoch from before a restart.
    pub fn new(settings: Settings, resume: Option<Resume>) -> Self {
        let newest = resume.as_ref().map(|resume| resume.epoch);
        Self {
            settings: settings.clamped(),
            version: 0,
            epochs: VecDeque::new(),
            saved: resume,
            newest,
        }
    }

    /// Takes a packager's event and renders what it changes, once for all viewers.
    pub fn apply(&mut self, now: Now, output: Output) {
        match output {
            Output::Epoch(epoch) => {
                self.saved = None;
                self.newest = self.newest.max(Some(epoch.number));
                self.epochs.push_back(EpochWindow::new(epoch));
                if self.epochs.len() > EPOCHS_MAX {
                    self.epochs.pop_front();
                }
            }
            Output::Init(init) => self.current(|epoch| epoch.add_init(init)),
            Output::SegmentBegun(begun) => self.current(|epoch| epoch.begin_segment(begun)),
            Output::Part(part) => {
                self.current(|epoch| epoch.add_part(part));
                self.version += 1;
            }
            Output::SegmentDone(done) => {
                let settings = &self.settings;
                if let Some(epoch) = self.epochs.back_mut() {
                    epoch.finish_segment(now, done, settings);
                }
                self.version += 1;
            }
            Output::Ended => {
                if let Some(saved) = &mut self.saved {
                    saved.ended = true;
                }
                self.current(|epoch| epoch.end(now));
                self.version += 1;
            }
        }
        self.expire(now);
    }

    /// Lets go of ended epochs whose time is over. Events do so too; call this where none come any more.
    pub fn expire(&mut self, now: Now) {
        if let Some(last) = self.epochs.back().filter(|last| last.is_over(now)) {
            self.saved = Some(last.resume());
        }
        self.epochs.retain(|epoch| !epoch.is_over(now));
    }

    fn current(&mut self, change: impl FnOnce(&mut EpochWindow)) {
        if let Some(epoch) = self.epochs.back_mut() {
            change(epoch);
        }
    }

    /// Grows with every visible change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Answers a request. Has no side effect; the same request may be asked again at any time.
    pub fn answer(&self, request: &Request<'_>, now: Now) -> Answer {
        let Some(name) = Name::parse(request.piece) else {
            return self.not_found();
        };
        // Few epochs are kept, and the newest is the one that is asked for.
        let Some(epoch) = self
            .epochs
            .iter()
            .rev()
            .find(|epoch| epoch.epoch().number == name.epoch)
        else {
            return self.answer_elsewhere(name, request, now);
        };
        if epoch.is_over(now) {
            return self.gone();
        }
        let (found, kind) = match name.piece {
            Piece::Playlist => return self.answer_playlist(epoch, request, now),
            Piece::Init { number } => (epoch.find_init(number), Kind::Init),
            Piece::Segment { msn } => (epoch.find_segment(msn), Kind::Segment),
            Piece::Part { run, number } => (epoch.find_part(run, number), Kind::Part),
        };
        match found {
            Found::Here(body) => self.ready(
                body.clone(),
                None,
                kind,
                6 * self.settings.target_duration_s,
            ),
            Found::Hinted => self.wait(request, now, self.settings.target_duration_s),
            Found::Never => self.not_found(),
            Found::Past => self.gone(),
        }
    }

    fn answer_playlist(&self, epoch: &EpochWindow, request: &Request<'_>, now: Now) -> Answer {
        let target_s = self.settings.target_duration_s;
        let directives = match Directives::parse(request.query) {
            _ if epoch.has_ended() => Directives::default(),
            Ok(directives) => directives,
            Err(why) => {
                return Answer::BadRequest {
                    why,
                    max_age_s: target_s,
                };
            }
        };
        let blocking = directives.msn.is_some();
        if let Some(msn) = directives.msn {
            if epoch.is_too_far(msn, directives.part) {
                return Answer::BadRequest {
                    why: "too far in the future",
                    max_age_s: target_s,
                };
            }
            if !epoch.has(msn, directives.part) {
                return self.wait(request, now, 4 * target_s);
            }
        }
        let rendered = if directives.skip {
            epoch.delta()
        } else {
            epoch.full()
        };
        let Some(rendered) = rendered.filter(|_| epoch.is_playable() || epoch.has_ended()) else {
            return self.wait(request, now, if blocking { 4 * target_s } else { target_s });
        };
        let max_age_s = if blocking {
            6 * target_s
        } else {
            (target_s / 2).max(1)
        };
        let gzip = Some(rendered.gzip.clone()).filter(|gzip| !gzip.is_empty());
        self.ready(
            rendered.body.clone(),
            gzip,
            Kind::Playlist { blocking },
            max_age_s,
        )
    }

    /// Answers for an epoch of which nothing is kept.
    fn answer_elsewhere(&self, name: Name, request: &Request<'_>, now: Now) -> Answer {
        let awaited = self
            .saved
            .as_ref()
            .filter(|saved| !saved.ended && saved.epoch == name.epoch);
        if let Some(awaited) = awaited {
            return match name.piece {
                Piece::Playlist => self.wait(request, now, self.settings.target_duration_s),
                _ if name.piece.is_before(awaited) => self.gone(),
                _ => self.not_found(),
            };
        }
        if Some(name.epoch) <= self.newest {
            self.gone()
        } else {
            self.not_found()
        }
    }

    /// Three target durations are the longest that a request may block.
    fn wait(&self, request: &Request<'_>, now: Now, max_age_s: u32) -> Answer {
        let deadline =
            request.since + Duration::from_secs(3 * u64::from(self.settings.target_duration_s));
        if now.mono >= deadline {
            Answer::Unavailable { max_age_s }
        } else {
            Answer::Wait { deadline }
        }
    }

    fn ready(&self, body: Body, gzip: Option<Bytes>, kind: Kind, max_age_s: u32) -> Answer {
        Answer::Ready(Reply {
            body,
            gzip,
            kind,
            max_age_s,
        })
    }

    fn not_found(&self) -> Answer {
        Answer::NotFound {
            max_age_s: self.settings.target_duration_s,
        }
    }

    fn gone(&self) -> Answer {
        Answer::Gone {
            max_age_s: self.settings.target_duration_s,
        }
    }

    /// The multivariant playlist with `prefix` (such as `~token/`) before each URI; `None` until it is playable.
    pub fn multivariant(&self, prefix: &str) -> Option<Bytes> {
        let epoch = self.epochs.back().filter(|epoch| epoch.is_playable())?;
        let (bandwidth, average_bandwidth) = epoch.bandwidth();
        let uri = Name {
            epoch: epoch.epoch().number,
            piece: Piece::Playlist,
        }
        .to_string();
        let variant = Variant {
            uri: &uri,
            bandwidth,
            average_bandwidth,
            tracks: epoch.tracks(),
            timing: epoch.epoch().timing,
        };
        Some(Bytes::from(multivariant(prefix, &[variant])))
    }

    /// What to save at each segment's end; `None` before the first epoch.
    pub fn resume(&self) -> Option<Resume> {
        self.epochs
            .back()
            .map(EpochWindow::resume)
            .or_else(|| self.saved.clone())
    }

    /// `PART-TARGET` of the current epoch in microseconds, without the cost of [`Window::facts`]; `None` before the first epoch.
    pub fn part_target_us(&self) -> Option<u64> {
        Some(self.epochs.back()?.epoch().part_target_us)
    }

    /// Whether the current epoch has ended; `false` before the first one.
    pub fn has_ended(&self) -> bool {
        self.epochs.back().is_some_and(EpochWindow::has_ended)
    }

    /// Whether the current epoch can be played, ended or not.
    pub fn is_playable(&self) -> bool {
        self.epochs.back().is_some_and(EpochWindow::is_playable)
    }

    /// What is live; `None` before the first epoch.
    pub fn facts(&self) -> Option<Facts> {
        let current = self.epochs.back()?;
        let (bandwidth, average_bandwidth) = current.bandwidth();
        Some(Facts {
            epoch: current.epoch().number,
            part_target_us: current.epoch().part_target_us,
            timing: current.epoch().timing,
            tracks: current.tracks().to_vec(),
            bandwidth,
            average_bandwidth,
            bytes: self.epochs.iter().map(EpochWindow::bytes).sum(),
            playable: current.is_playable(),
            ended: current.has_ended(),
        })
    }
}

impl Piece {
    /// It may have existed before the restart that `resume` was saved for.
    fn is_before(self, resume: &Resume) -> bool {
        match self {
            Self::Playlist => false,
            Self::Init { number } => number < resume.next_init,
            Self::Segment { msn } => msn < resume.next_msn,
            Self::Part { run, .. } => run < resume.next_msn,
        }
    }
}

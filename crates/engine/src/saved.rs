//! What must outlive a restart so that a playlist never goes backwards: one small file a stream, written at each segment's end.
//!
//! Written by a thread of its own, newest state first: a slow disk delays nobody. A file is replaced by renaming, so that a kill at any
//! instant leaves the old or the new one. What is lost with the last write is made up for by a margin when it is read.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hls::{Resume, packager::Timing};
use serde::{Deserialize, Serialize};

const FILE: &str = "live.json";
/// How long a stop waits for the last states to be written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    epoch: u32,
    next_msn: u64,
    discontinuity_sequence: u64,
    next_init: u32,
    target_duration_s: u32,
    part_target_us: u64,
    timing: SavedTiming,
    video: bool,
    audio: bool,
    ended: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedTiming {
    Constant { num: u32, den: u32 },
    Variable,
    Sound { rate: u32, samples: u32 },
}

impl From<&Resume> for Saved {
    fn from(resume: &Resume) -> Self {
        Self {
            epoch: resume.epoch,
            next_msn: resume.next_msn,
            discontinuity_sequence: resume.discontinuity_sequence,
            next_init: resume.next_init,
            target_duration_s: resume.target_duration_s,
            part_target_us: resume.part_target_us,
            timing: match resume.timing {
                Timing::Constant { num, den } => SavedTiming::Constant { num, den },
                Timing::Variable => SavedTiming::Variable,
                Timing::Sound { rate, samples } => SavedTiming::Sound { rate, samples },
            },
            video: resume.video,
            audio: resume.audio,
            ended: resume.ended,
        }
    }
}

impl From<Saved> for Resume {
    fn from(saved: Saved) -> Self {
        Self {
            epoch: saved.epoch,
            next_msn: saved.next_msn,
            discontinuity_sequence: saved.discontinuity_sequence,
            next_init: saved.next_init,
            target_duration_s: saved.target_duration_s,
            part_target_us: saved.part_target_us,
            timing: match saved.timing {
                SavedTiming::Constant { num, den } => Timing::Constant { num, den },
                SavedTiming::Variable => Timing::Variable,
                SavedTiming::Sound { rate, samples } => Timing::Sound { rate, samples },
            },
            video: saved.video,
            audio: saved.audio,
            ended: saved.ended,
        }
    }
}

/// Reads what the last run left. A file that cannot be read is told and left out: the stream begins a new epoch by the clock then.
pub(crate) fn load_all(folder: &Path) -> Vec<(String, Resume)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path().join(FILE);
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        match (
            serde_json::from_str::<Saved>(&text),
            entry.file_name().into_string(),
        ) {
            (Ok(saved), Ok(slug)) => found.push((slug, saved.into())),
            (Err(error), _) => {
                tracing::warn!(path = %path.display(), %error, "cannot read the saved state of a live stream")
            }
            (Ok(_), Err(_)) => {}
        }
    }
    found
}

#[derive(Debug, Default)]
struct Waiting {
    states: HashMap<String, Option<Resume>>,
    busy: bool,
    over: bool,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    stuck: AtomicBool,
}

/// Writes states in the background.
#[derive(Debug)]
pub(crate) struct Saver(Arc<Shared>);

impl Saver {
    pub(crate) fn start(folder: PathBuf) -> Self {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            changed: Condvar::new(),
            stuck: AtomicBool::new(false),
        });
        let writer = shared.clone();
        let started = std::thread::Builder::new()
            .name("live-state".into())
            .spawn(move || write_all(&writer, &folder));
        if let Err(error) = started {
            tracing::error!(%error, "cannot start the thread that saves the state of live streams");
            shared.stuck.store(true, Ordering::Relaxed);
        }
        Self(shared)
    }

    /// Writes this state soon; a newer one replaces it if it comes first.
    pub(crate) fn save(&self, slug: &str, resume: Resume) {
        self.put(slug, Some(resume));
    }

    /// Removes what was saved of a stream.
    pub(crate) fn forget(&self, slug: &str) {
        self.put(slug, None);
    }

    fn put(&self, slug: &str, state: Option<Resume>) {
        let mut waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.states.insert(slug.to_owned(), state);
        self.0.changed.notify_all();
    }

    /// Waits until everything is written, within a bound.
    pub(crate) fn flush(&self) {
        let waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let busy = |waiting: &mut Waiting| waiting.busy || !waiting.states.is_empty();
        if let Ok((_, result)) = self
            .0
            .changed
            .wait_timeout_while(waiting, FLUSH_TIMEOUT, busy)
            && result.timed_out()
        {
            tracing::warn!("the state of live streams was not written in time");
        }
    }

    /// Whether the last write failed.
    pub(crate) fn is_stuck(&self) -> bool {
        self.0.stuck.load(Ordering::Relaxed)
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .over = true;
        self.0.changed.notify_all();
    }
}

fn write_all(shared: &Shared, folder: &Path) {
    loop {
        let states = {
            let mut waiting = shared
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            waiting.busy = false;
            shared.changed.notify_all();
            while waiting.states.is_empty() && !waiting.over {
                waiting = shared
                    .changed
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if waiting.states.is_empty() {
                return;
            }
            waiting.busy = true;
            std::mem::take(&mut waiting.states)
        };
        for (slug, state) in states {
            let done = write(&folder.join(&slug), state.as_ref());
            if let Err(error) = &done {
                tracing::warn!(stream = slug, %error, "cannot save the state of a live stream");
            }
            shared.stuck.store(done.is_err(), Ordering::Relaxed);
        }
    }
}

fn write(folder: &Path, state: Option<&Resume>) -> io::Result<()> {
    let path = folder.join(FILE);
    let Some(resume) = state else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    let text = serde_json::to_vec(&Saved::from(resume))?;
    let fresh = folder.join("live.json.new");
    match fs::write(&fresh, &text) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            fs::write(&fresh, &text)?;
        }
        other => other?,
    }
    fs::rename(fresh, path)
}

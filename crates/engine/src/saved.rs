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

/// Reads what the last run left. Where a file cannot be read, numbers begin at the clock (Unix seconds), above any that were used:
/// a stream makes no more than a segment and an epoch a second.
pub(crate) fn load_all(folder: &Path, now_s: u32) -> Vec<(String, Resume)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path().join(FILE);
        let (Ok(slug), Ok(text)) = (entry.file_name().into_string(), fs::read(&path)) else {
            continue;
        };
        let resume = serde_json::from_slice::<Saved>(&text).map_or_else(
            |error| {
                tracing::warn!(path = %path.display(), %error, "cannot read the saved state of a live stream; its numbers begin at the clock");
                by_clock(now_s)
            },
            Resume::from,
        );
        found.push((slug, resume));
    }
    found
}

/// Numbers above any that were used, of a presentation that has ended.
fn by_clock(now_s: u32) -> Resume {
    Resume {
        epoch: now_s,
        next_msn: u64::from(now_s),
        discontinuity_sequence: 0,
        next_init: 0,
        target_duration_s: 1,
        part_target_us: 1,
        timing: Timing::Variable,
        video: false,
        audio: false,
        ended: true,
    }
}

#[derive(Debug, Default)]
struct Waiting {
    states: HashMap<String, Resume>,
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
        let mut waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.states.insert(slug.to_owned(), resume);
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
            let done = write(&folder.join(&slug), &state);
            if let Err(error) = &done {
                tracing::warn!(stream = slug, %error, "cannot save the state of a live stream");
            }
            shared.stuck.store(done.is_err(), Ordering::Relaxed);
        }
    }
}

fn write(folder: &Path, state: &Resume) -> io::Result<()> {
    let text = serde_json::to_vec(&Saved::from(state))?;
    let fresh = folder.join("live.json.new");
    match fs::write(&fresh, &text) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            fs::write(&fresh, &text)?;
        }
        other => other?,
    }
    fs::rename(fresh, folder.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resume(next_msn: u64) -> Resume {
        Resume {
            next_msn,
            ended: false,
            video: true,
            ..by_clock(7)
        }
    }

    #[test]
    fn newest_state_is_what_the_next_run_reads() {
        let folder = tempfile::tempdir().unwrap();
        let saver = Saver::start(folder.path().to_owned());
        for msn in 0..50 {
            saver.save("live", resume(msn));
        }
        saver.flush();
        assert_eq!(
            load_all(folder.path(), 100),
            [("live".to_owned(), resume(49))]
        );
        assert!(!saver.is_stuck());
    }

    #[test]
    fn unreadable_state_begins_at_the_clock_instead_of_anew() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("live")).unwrap();
        fs::write(folder.path().join("live").join(FILE), b"{\"epoch\":").unwrap();
        let found = load_all(folder.path(), 1_795_000_000);
        assert_eq!(found[0].1.epoch, 1_795_000_000);
        assert!(found[0].1.ended && found[0].1.next_msn == 1_795_000_000);
    }

    #[test]
    fn unwritable_folder_is_told_and_heals() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file");
        fs::write(&place, b"in the way").unwrap();
        let saver = Saver::start(place.clone());
        saver.save("live", resume(1));
        saver.flush();
        assert!(saver.is_stuck());
        fs::remove_file(&place).unwrap();
        saver.save("live", resume(2));
        saver.flush();
        assert!(!saver.is_stuck());
    }
}

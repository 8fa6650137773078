//! Whether FFmpeg is there, and which version. Nothing needs it yet.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use rustix::fs::{Access, access};
use tokio::{io::AsyncReadExt as _, process::Command, sync::Semaphore, time::timeout};
use web::check::Finding;

use super::{finding, shown, tame};

/// It tells its version within some tens of milliseconds; one that takes longer than this does not.
const ENDED_AFTER: Duration = Duration::from_secs(10);
/// The version stands in the first line.
const OUTPUT_BYTES_MAX: u64 = 1024;

/// The version of the program that was asked last, so that it is not started again for each look.
#[derive(Clone, Debug)]
pub struct Known {
    last: Arc<Mutex<Option<Told>>>,
    /// One program at a time.
    asking: Arc<Semaphore>,
}

/// A program as it was when it told its version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    path: PathBuf,
    changed: Option<SystemTime>,
    version: String,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            last: Arc::default(),
            asking: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Known {
    /// Looks for it in `PATH`, and waits at most so long for its version; the next look may have what came later.
    pub async fn look(&self, patience: Duration) -> Finding {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        self.look_in(std::env::split_paths(&folders), patience)
            .await
    }

    async fn look_in(&self, folders: impl Iterator<Item = PathBuf>, patience: Duration) -> Finding {
        let Some(path) = find(folders) else {
            return finding("ffmpeg", "absent", Vec::new());
        };
        let place = ("path", shown(&path));
        match self.version(path, patience).await {
            Some(version) => finding("ffmpeg", "found", vec![place, ("version", version)]),
            None => finding("ffmpeg", "silent", vec![place]),
        }
    }

    async fn version(&self, path: PathBuf, patience: Duration) -> Option<String> {
        let changed = path.metadata().and_then(|facts| facts.modified()).ok();
        let last = self.lock().clone();
        if let Some(told) = last.filter(|told| told.path == path && told.changed == changed) {
            return Some(told.version);
        }
        let permit = self.asking.clone().try_acquire_owned().ok()?;
        let known = self.clone();
        let asking = tokio::spawn(async move {
            let version = timeout(ENDED_AFTER, ask(&path)).await.ok()??;
            *known.lock() = Some(Told {
                path,
                changed,
                version: version.clone(),
            });
            drop(permit);
            Some(version)
        });
        timeout(patience, asking).await.ok()?.ok()?
    }

    fn lock(&self) -> MutexGuard<'_, Option<Told>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first program of that name that this user may run. Relative folders depend on where somebody stands, and are left out.
fn find(folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    folders
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("ffmpeg"))
        .find(|path| path.is_file() && access(path, Access::EXEC_OK).is_ok())
}

async fn ask(path: &Path) -> Option<String> {
    let mut child = Command::new(path)
        .arg("-version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut output = Vec::new();
    let stdout = child.stdout.take()?;
    let read = stdout.take(OUTPUT_BYTES_MAX).read_to_end(&mut output).await;
    read.ok()?;
    version(&String::from_utf8_lossy(&output))
}

/// `5.1.6-0+deb12u1` from `ffmpeg version 5.1.6-0+deb12u1 Copyright (c) …`.
fn version(output: &str) -> Option<String> {
    let line = output.lines().next()?;
    let version = line.strip_prefix("ffmpeg version ")?;
    version.split_ascii_whitespace().next().map(tame)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use tempfile::TempDir;

    use super::*;

    fn program(script: &str) -> TempDir {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("ffmpeg");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    async fn look(known: &Known, folder: &TempDir, patience: Duration) -> Finding {
        let folder = folder.path().to_owned();
        known.look_in(std::iter::once(folder), patience).await
    }

    #[test]
    fn version_is_the_word_after_the_name() {
        for (output, expected) in [
            (
                "ffmpeg version 8.0 Copyright (c) 2000-2026\nbuilt with",
                Some("8.0"),
            ),
            (
                "ffmpeg version n7.1-\u{1b}[31m x",
                Some("n7.1-\u{fffd}[31m"),
            ),
            ("something else", None),
            ("", None),
        ] {
            assert_eq!(version(output).as_deref(), expected, "{output}");
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn program_is_found_and_asked_once() {
        let folder = program("echo ran >>\"$0.runs\"; echo ffmpeg version 8.0 Copyright");
        let known = Known::default();
        let first = look(&known, &folder, LONG).await;
        assert_eq!(first.state, "found");
        assert!(first.values.contains(&("version", "8.0".to_owned())));
        assert_eq!(look(&known, &folder, LONG).await, first);
        let runs = fs::read_to_string(folder.path().join("ffmpeg.runs")).unwrap();
        assert_eq!(runs, "ran\n");
    }

    #[tokio::test]
    async fn program_that_is_slow_keeps_nobody_waiting_and_is_known_later() {
        let folder =
            program("while ! test -e \"$0.go\"; do :; done; echo ffmpeg version 8.0 Copyright");
        let known = Known::default();
        assert_eq!(look(&known, &folder, Duration::ZERO).await.state, "silent");
        // It is not started again meanwhile.
        assert_eq!(look(&known, &folder, LONG).await.state, "silent");
        fs::write(folder.path().join("ffmpeg.go"), "").unwrap();
        let asked = known.asking.acquire().await.unwrap();
        assert_eq!(look(&known, &folder, Duration::ZERO).await.state, "found");
        drop(asked);
    }

    #[tokio::test]
    async fn program_that_says_something_else_is_there_all_the_same() {
        let folder = program("echo busybox");
        let found = look(&Known::default(), &folder, LONG).await;
        assert_eq!(found.state, "silent");
    }

    #[tokio::test]
    async fn what_cannot_be_run_is_not_there() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ffmpeg"), "no program").unwrap();
        let found = look(&Known::default(), &folder, LONG).await;
        assert_eq!(found.state, "absent");
        let relative = std::iter::once(PathBuf::from("."));
        let found = Known::default().look_in(relative, LONG).await;
        assert_eq!(found.state, "absent");
    }
}

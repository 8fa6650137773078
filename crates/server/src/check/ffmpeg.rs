//! Whether FFmpeg is there, and which version. Nothing needs it yet.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use rustix::fs::{Access, access};
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};
use web::check::Finding;

use super::{finding, shown, tame};

/// It tells its version within some tens of milliseconds; a page does not wait for more.
const TELLS_WITHIN: Duration = Duration::from_millis(150);
/// The version stands in the first line.
const OUTPUT_BYTES_MAX: u64 = 1024;

/// The version of the program that was asked last, so that it is not started again for each look.
#[derive(Debug, Default)]
pub struct Known(Mutex<Option<(PathBuf, Option<SystemTime>, String)>>);

impl Known {
    /// Looks for it in `PATH`.
    pub async fn look(&self) -> Finding {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        self.look_in(std::env::split_paths(&folders)).await
    }

    async fn look_in(&self, folders: impl Iterator<Item = PathBuf>) -> Finding {
        let Some(path) = find(folders) else {
            return finding("ffmpeg", "absent", Vec::new());
        };
        let place = ("path", shown(&path));
        match self.version(&path).await {
            Some(version) => finding("ffmpeg", "found", vec![place, ("version", version)]),
            None => finding("ffmpeg", "silent", vec![place]),
        }
    }

    async fn version(&self, path: &Path) -> Option<String> {
        let changed = path.metadata().and_then(|facts| facts.modified()).ok();
        if let Some(version) = self.known(path, changed) {
            return Some(version);
        }
        let version = timeout(TELLS_WITHIN, ask(path)).await.ok()??;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((path.to_owned(), changed, version.clone()));
        Some(version)
    }

    fn known(&self, path: &Path, changed: Option<SystemTime>) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, at, version) = known.as_ref()?;
        ((of.as_path(), *at) == (path, changed)).then(|| version.clone())
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

    async fn look(known: &Known, folder: &TempDir) -> Finding {
        known
            .look_in(std::iter::once(folder.path().to_owned()))
            .await
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

    #[tokio::test]
    async fn program_is_found_and_asked_once() {
        let folder = program("echo ran >>\"$0.runs\"; echo ffmpeg version 8.0 Copyright");
        let known = Known::default();
        // A busy machine may take longer to start a shell than a page waits.
        let first = loop {
            let found = look(&known, &folder).await;
            if found.state == "found" {
                break found;
            }
        };
        let runs = || fs::read_to_string(folder.path().join("ffmpeg.runs")).unwrap();
        let before = runs();
        assert_eq!(look(&known, &folder).await, first);
        assert_eq!(runs(), before);
        assert!(first.values.contains(&("version", "8.0".to_owned())));
    }

    #[tokio::test]
    async fn program_that_hangs_or_says_something_else_is_there_all_the_same() {
        for script in ["exec sleep 5", "echo busybox"] {
            let folder = program(script);
            let found = look(&Known::default(), &folder).await;
            assert_eq!(found.state, "silent", "{script}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_run_is_not_there() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ffmpeg"), "no program").unwrap();
        assert_eq!(look(&Known::default(), &folder).await.state, "absent");
        let relative = std::iter::once(PathBuf::from("."));
        assert_eq!(Known::default().look_in(relative).await.state, "absent");
    }
}

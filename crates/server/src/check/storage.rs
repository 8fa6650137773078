//! What the data directory and its file system say, read at once, on a thread that may wait for a slow disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

use super::{clock::seconds_between, disk::Room, tame};
use crate::config::{Config, Source};

/// Written and taken away again, to see that it can be done and how it is stamped.
const PROBE: &str = ".check";
/// Files whose contents protect accounts. `-wal` and `-shm` hold pages of the database.
const SENSITIVE: [&str; 4] = ["media.db", "media.db-wal", "media.db-shm", "control.sock"];
/// Secrets that are looked at; there are a few.
const SECRETS_MAX: usize = 64;

/// All of it.
#[derive(Debug)]
pub struct Seen {
    /// Room on its file system, or why that is not known.
    pub room: Result<Room, String>,
    /// The directory.
    pub folder: Folder,
    /// Files that protect accounts, with their permissions.
    pub sensitive: Vec<(PathBuf, u32)>,
    /// How many seconds after now a file is stamped that is written now.
    pub stamp_offset_s: Option<i64>,
    /// The user of this process.
    pub user: u32,
}

/// The directory itself.
#[derive(Debug)]
pub enum Folder {
    /// It is there, with these permissions.
    There {
        mode: u32,
        owner: u32,
        is_writable: bool,
    },
    /// It is not, and this user may make it or not.
    Missing { can_be_made: bool },
    /// Something else has its name.
    Other,
    /// It cannot be looked at.
    Unknown(String),
}

/// Whether the settings file in the data directory holds a secret.
pub fn settings_are_secret(config: &Config) -> bool {
    let mut all = config.resolved().all();
    all.any(|(setting, _, source)| setting.name.ends_with(".secret") && *source == Source::File)
}

/// Looks at everything.
pub fn look(path: &Path, settings_are_secret: bool) -> Seen {
    let probe = probe(path);
    let folder = match fs::metadata(path) {
        Ok(facts) if facts.is_dir() => Folder::There {
            mode: facts.mode() & 0o777,
            owner: facts.uid(),
            is_writable: probe.is_ok(),
        },
        Ok(_) => Folder::Other,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Folder::Missing {
            can_be_made: access(nearest(path), Access::WRITE_OK | Access::EXEC_OK).is_ok(),
        },
        Err(error) => Folder::Unknown(tame(&error.to_string())),
    };
    Seen {
        room: room(&nearest(path)),
        folder,
        sensitive: sensitive(path, settings_are_secret),
        stamp_offset_s: probe.ok(),
        user: rustix::process::geteuid().as_raw(),
    }
}

/// The path, or where it will be made.
fn nearest(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = whole.ancestors().find(|folder| folder.is_dir());
    there.map_or_else(|| PathBuf::from("/"), Path::to_owned)
}

fn room(path: &Path) -> Result<Room, String> {
    let facts = statvfs(path).map_err(|error| tame(&io::Error::from(error).to_string()))?;
    Ok(Room {
        free_bytes: facts.f_bavail.saturating_mul(facts.f_frsize),
        total_bytes: facts.f_blocks.saturating_mul(facts.f_frsize),
        // File systems that make inodes as they need them say 0 of 0.
        free_files: (facts.f_files > 0).then_some(facts.f_favail),
        is_read_only: facts.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

/// Writes a file and takes it away; by how many seconds its stamp is ahead of the clock.
fn probe(folder: &Path) -> io::Result<i64> {
    let path = folder.join(PROBE);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)?;
    let stamped = file.write_all(b"?").and_then(|()| stamp(&file));
    fs::remove_file(&path)?;
    Ok(seconds_between(SystemTime::now(), stamped?))
}

fn stamp(file: &File) -> io::Result<SystemTime> {
    file.metadata()?.modified()
}

fn sensitive(folder: &Path, settings_are_secret: bool) -> Vec<(PathBuf, u32)> {
    let settings = settings_are_secret.then_some("media-server.toml");
    let fixed = SENSITIVE.into_iter().chain(settings);
    let secrets = folder.join("secrets");
    let listed = fs::read_dir(&secrets).into_iter().flatten().flatten();
    let within = listed.take(SECRETS_MAX).map(|entry| entry.path());
    fixed
        .map(|name| folder.join(name))
        .chain([secrets.clone()])
        .chain(within)
        .filter_map(|path| {
            let facts = fs::symlink_metadata(&path).ok()?;
            Some((path, facts.mode() & 0o777))
        })
        .collect()
}

#[cfg(test)]
impl Default for Seen {
    fn default() -> Self {
        Self {
            room: Ok(Room::default()),
            folder: Folder::There {
                mode: 0o700,
                owner: 1000,
                is_writable: true,
            },
            sensitive: Vec::new(),
            stamp_offset_s: Some(0),
            user: 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn directory_is_read_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o750)).unwrap();
        let database = folder.path().join("media.db");
        fs::write(&database, b"").unwrap();
        fs::set_permissions(&database, fs::Permissions::from_mode(0o640)).unwrap();
        let seen = look(folder.path(), false);
        assert!(matches!(
            seen.folder,
            Folder::There {
                mode: 0o750,
                is_writable: true,
                ..
            }
        ));
        assert_eq!(seen.sensitive, [(database, 0o640)]);
        assert!(seen.room.unwrap().total_bytes > 0);
        assert!(seen.stamp_offset_s.unwrap().abs() <= 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn directory_that_is_missing_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        let seen = look(&missing, false);
        assert!(matches!(seen.folder, Folder::Missing { can_be_made: true }));
        assert!(seen.room.is_ok());
        assert!(!folder.path().join("a").exists());
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(matches!(look(&file, false).folder, Folder::Other));
    }

    #[test]
    fn secrets_and_settings_that_hold_one_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("secrets")).unwrap();
        for name in ["secrets/key", "media-server.toml", "other"] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        let names = |is_secret| -> Vec<String> {
            let seen = look(folder.path(), is_secret).sensitive;
            seen.iter()
                .map(|(path, _)| {
                    let name = path.strip_prefix(folder.path()).unwrap();
                    name.display().to_string()
                })
                .collect()
        };
        assert_eq!(names(false), ["secrets", "secrets/key"]);
        assert_eq!(names(true), ["media-server.toml", "secrets", "secrets/key"]);
    }
}

//! Where stored videos lie, and the one way in which their files are opened: beneath the storage folder, following no link.
//!
//! Linux resolves the path in one call that refuses to leave (`openat2`, RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS); where that is missing
//! each part of the path is opened by itself, which refuses the same. A link that is planted or swapped in while a path is walked is
//! thus not followed. What is no ordinary file is not opened for reading: no pipe that waits for a writer, no device.

use std::{
    fmt,
    fs::{self, File},
    io,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
    sync::Arc,
};

use rustix::fs::{Dir, FileType, Mode, OFlags};

/// Longest part of a path, in bytes: what file systems take.
const PART_BYTES_MAX: usize = 255;
/// Most parts of a path below an item's folder. Closes: folders within folders without an end.
const PARTS_MAX: usize = 8;
/// Most names of a folder that are listed. Closes: a folder of millions that somebody put there.
const LISTED_MAX: usize = 100_000;

/// How names of items begin that are being taken away.
pub(crate) const GONE: &str = ".gone-";

/// Who sees a folder that somebody put into the storage, by where it was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// `storage/public/`.
    Public,
    /// `storage/private/`.
    Private,
}

/// Where a video lies below the storage folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// `library/{id:016x}`.
    Library(u64),
    /// `public/{slug}` or `private/{slug}`, put there by somebody.
    Adopted {
        /// Which of both.
        visibility: Visibility,
        /// The folder's name.
        slug: Arc<str>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(id) => write!(f, "library/{id:016x}"),
            Self::Adopted { visibility, slug } => match visibility {
                Visibility::Public => write!(f, "public/{slug}"),
                Visibility::Private => write!(f, "private/{slug}"),
            },
        }
    }
}

/// Takes an item of the library away with all that lies in its folder: out of sight at once, then from the disk. Answers that are under
/// way are finished from files that are open. Blocks.
///
/// # Errors
/// What the system says; an item that is not there is taken away already. What a crash leaves, [`sweep`] takes.
pub fn remove(storage: &Path, id: u64) -> io::Result<()> {
    let folder = storage.join(Place::Library(id).to_string());
    let gone = storage.join(format!("library/{GONE}{id:016x}"));
    match fs::rename(&folder, &gone) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match fs::remove_dir_all(&gone) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Takes away what removing left behind when the server was stopped meanwhile: once, after the start. Blocks.
///
/// # Errors
/// What the system says; a storage without a library has nothing to sweep.
pub fn sweep(storage: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(storage.join("library")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(GONE.as_bytes())
        {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let removed = if is_folder {
                fs::remove_dir_all(entry.path())
            } else {
                fs::remove_file(entry.path())
            };
            match removed {
                // Whoever deletes an item meanwhile was quicker.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// A folder that files are opened beneath.
#[derive(Clone, Debug)]
pub struct Folder(Arc<OwnedFd>);

impl Folder {
    /// Opens the folder at a path of the server's own; links on the way are the operator's and are followed.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self(Arc::new(opened)))
    }

    /// Opens a folder beneath this one.
    ///
    /// # Errors
    /// As [`Folder::file`].
    pub fn folder(&self, path: &str) -> io::Result<Self> {
        let opened = self.beneath(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        Ok(Self(Arc::new(opened)))
    }

    /// Opens an ordinary file beneath this folder for reading.
    ///
    /// # Errors
    /// `NotFound` also for paths with empty parts or dots as parts, and for what is no ordinary file; otherwise what the system says.
    pub fn file(&self, path: &str) -> io::Result<File> {
        let file = File::from(self.beneath(path, OFlags::RDONLY | OFlags::NONBLOCK)?);
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    /// Names of the folders in this one, in order, but for those that begin with a dot. Links to folders are none.
    ///
    /// # Errors
    /// What the system says, and more than 100,000 names.
    pub fn folders(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for (seen, entry) in Dir::read_from(self.0.as_fd())?.enumerate() {
            if seen == LISTED_MAX {
                return Err(io::Error::other("the folder holds too many names"));
            }
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            let is_folder = match entry.file_type() {
                FileType::Directory => true,
                // Some file systems do not say.
                FileType::Unknown => self.folder(name).is_ok(),
                _ => false,
            };
            if is_folder && !name.starts_with('.') {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn beneath(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
        if !path.split('/').all(is_part) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        #[cfg(target_os = "linux")]
        if let Some(opened) = in_one_call(&self.0, path, flags) {
            return opened;
        }
        part_by_part(&self.0, path, flags)
    }
}

/// `None` where the kernel does not know the call, or a sandbox forbids it.
#[cfg(target_os = "linux")]
fn in_one_call(folder: &OwnedFd, path: &str, flags: OFlags) -> Option<io::Result<OwnedFd>> {
    use rustix::{
        fs::{ResolveFlags, openat2},
        io::Errno,
    };

    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    loop {
        return match openat2(folder, path, flags, Mode::empty(), resolve) {
            Err(Errno::NOSYS | Errno::PERM) => None,
            // Something was renamed meanwhile, and the kernel was not sure.
            Err(Errno::AGAIN | Errno::INTR) => continue,
            opened => Some(opened.map_err(io::Error::from)),
        };
    }
}

fn part_by_part(folder: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let (folders, name) = match path.rsplit_once('/') {
        Some((folders, name)) => (folders, name),
        None => ("", path),
    };
    let inner = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut at: Option<OwnedFd> = None;
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        let from = at.as_ref().unwrap_or(folder);
        at = Some(rustix::fs::openat(from, part, inner, Mode::empty())?);
    }
    let from = at.as_ref().unwrap_or(folder);
    Ok(rustix::fs::openat(from, name, flags, Mode::empty())?)
}

/// A path of plain parts: letters, digits and `._~-`, none of which needs quoting in an address, none beginning with a dot.
pub(super) fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    let is_part = |part: &str| {
        !part.is_empty()
            && part.len() <= PART_BYTES_MAX
            && !part.starts_with('.')
            && part.bytes().all(plain)
    };
    path.split('/').count() <= PARTS_MAX && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Abuse cases B1 and B2, by both ways of opening.
    #[test]
    fn nothing_is_opened_through_a_link_or_outside() {
        let data = tempfile::tempdir().expect("a folder");
        let storage = data.path().join("storage");
        fs::create_dir_all(storage.join("library/a")).expect("folders");
        fs::write(data.path().join("secret"), "secret").expect("a file");
        fs::write(storage.join("library/a/media.mp4"), "media").expect("a file");
        symlink(data.path().join("secret"), storage.join("library/a/link")).expect("a link");
        symlink("media.mp4", storage.join("library/a/near")).expect("a link");
        symlink(data.path(), storage.join("library/b")).expect("a link");
        let root = Folder::open(&storage).expect("the storage");
        assert!(root.file("library/a/media.mp4").is_ok());
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        assert!(part_by_part(&root.0, "library/a/media.mp4", flags).is_ok());
        for path in ["library/a/link", "library/a/near", "library/b/secret"] {
            assert!(root.file(path).is_err(), "{path}");
            assert!(part_by_part(&root.0, path, flags).is_err(), "{path}");
        }
        for path in [
            "../secret",
            "library/../../secret",
            "/etc/passwd",
            "library//a",
            "",
            ".",
            "library/a",
            "library/a/media.mp4\0",
        ] {
            assert!(root.file(path).is_err(), "{path:?}");
        }
        assert!(root.folder("library/b").is_err());
        assert_eq!(
            root.folder("library")
                .expect("a folder")
                .folders()
                .expect("names"),
            ["a"],
            "a link to a folder is none"
        );
    }

    #[test]
    fn what_is_removed_is_gone_also_after_a_crash() {
        let storage = tempfile::tempdir().expect("a folder");
        let item = storage.path().join("library/0000000000000007");
        fs::create_dir_all(item.join("hls/v0")).expect("folders");
        fs::write(item.join("hls/v0/a.ts"), "media").expect("a file");
        symlink("/etc", item.join("link")).expect("a link");
        remove(storage.path(), 7).expect("removed");
        remove(storage.path(), 7).expect("removed before");
        assert_eq!(
            fs::read_dir(storage.path().join("library"))
                .expect("it")
                .count(),
            0
        );
        fs::create_dir_all(storage.path().join("library/.gone-0000000000000008/hls"))
            .expect("left");
        fs::create_dir_all(&item).expect("another one");
        sweep(storage.path()).expect("swept");
        assert_eq!(
            fs::read_dir(storage.path().join("library"))
                .expect("it")
                .count(),
            1
        );
        assert!(std::path::Path::new("/etc/passwd").exists());
        sweep(&storage.path().join("none")).expect("nothing");
    }

    #[test]
    fn pipes_are_not_waited_for() {
        let data = tempfile::tempdir().expect("a folder");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            data.path().join("pipe"),
            FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .expect("a pipe");
        let root = Folder::open(data.path()).expect("a folder");
        assert_eq!(
            root.file("pipe").map_err(|error| error.kind()).err(),
            Some(io::ErrorKind::NotFound)
        );
    }

    #[test]
    fn plain_paths_are_told_from_others() {
        for path in ["a.ts", "v0/prog_index.m3u8", "a/b/c/d/e/f/g/h", "A-1~.m4s"] {
            assert!(is_plain(path), "{path}");
        }
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            "..",
            "../a",
            "a/../b",
            ".a",
            "a/.b",
            "a b",
            "a%20b",
            "a?b",
            "a#b",
            "a\\b",
            "http://a",
            "a:b",
            "ä",
            "a\nb",
            "a/b/c/d/e/f/g/h/i",
        ] {
            assert!(!is_plain(path), "{path:?}");
        }
    }
}

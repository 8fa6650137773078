//! Who may read what protects accounts: hashes of passwords, the key of grants, the socket of the command line.

use std::path::Path;

use web::check::Finding;

use super::{
    HANGS_AFTER, finding, shown,
    storage::{Folder, Seen},
};

/// Bits of the group and of everybody.
const OTHERS: u32 = 0o077;

/// Judges the data directory; `seen` is `None` where the disk did not answer.
pub fn judge(folder: &Path, seen: Option<&Seen>) -> Finding {
    let path = ("path", shown(folder));
    let Some(seen) = seen else {
        let error = format!("no answer within {} s", HANGS_AFTER.as_secs());
        return finding("permissions", "unknown", vec![path, ("error", error)]);
    };
    let for_owner = || {
        vec![
            path.clone(),
            ("user", seen.user.to_string()),
            ("quoted", quoted(folder)),
        ]
    };
    let say = |state, values| finding("permissions", state, values);
    match &seen.folder {
        Folder::Unknown(error) => say("unknown", vec![path, ("error", error.clone())]),
        Folder::Other => say("no-folder", vec![path]),
        Folder::Missing { can_be_made: false } => say("no-parent", for_owner()),
        Folder::Missing { can_be_made: true } => say("new", vec![path]),
        // A file system that is full or read-only is told as such, in its own line.
        Folder::There {
            is_writable: false,
            owner,
            ..
        } if has_room(seen) => {
            let owner = ("owner", owner.to_string());
            say("not-writable", [for_owner(), vec![owner]].concat())
        }
        Folder::There { mode, .. } => {
            let open: Vec<&Path> = seen
                .sensitive
                .iter()
                .filter(|(_, mode)| mode & OTHERS != 0)
                .map(|(path, _)| path.as_path())
                .collect();
            let folder_is_open = mode & OTHERS != 0;
            match (folder_is_open, open.is_empty()) {
                (false, true) => say("private", vec![path]),
                // Behind a closed directory nobody gets at them, until somebody opens it.
                (false, false) => say("open", named(&open)),
                (true, true) => say("open", named(&[folder])),
                (true, false) => say("exposed", named(&[&[folder], open.as_slice()].concat())),
            }
        }
    }
}

fn has_room(seen: &Seen) -> bool {
    let room = seen.room.as_ref();
    room.is_ok_and(|room| room.free_bytes > 0 && !room.is_read_only)
}

/// What is open, and the command that closes it.
fn named(paths: &[&Path]) -> Vec<(&'static str, String)> {
    let list: Vec<String> = paths.iter().map(|path| shown(path)).collect();
    let arguments: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
    vec![
        ("what", list.join(", ")),
        ("command", format!("chmod go= {}", arguments.join(" "))),
    ]
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = shown(path);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
    if path.chars().all(is_plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use web::{check::Level, text::Text};

    use super::*;
    use crate::check::disk::Room;

    fn seen(folder: Folder, files: &[(&str, u32)]) -> Seen {
        Seen {
            room: Ok(Room {
                free_bytes: 1,
                ..Room::default()
            }),
            folder,
            sensitive: files.iter().map(|(p, m)| ((*p).into(), *m)).collect(),
            ..Seen::default()
        }
    }

    fn there(mode: u32) -> Folder {
        Folder::There {
            mode,
            owner: 1000,
            is_writable: true,
        }
    }

    #[test]
    fn what_others_may_read_is_told_with_the_command_that_closes_it() {
        let closed = [("/data/media.db", 0o600)];
        let open = [("/data/media.db", 0o640), ("/data/control.sock", 0o600)];
        for (mode, files, expected, command) in [
            (0o700, &closed[..], ("private", Level::Ok), None),
            (
                0o755,
                &closed,
                ("open", Level::Warning),
                Some("chmod go= /data"),
            ),
            (
                0o700,
                &open,
                ("open", Level::Warning),
                Some("chmod go= /data/media.db"),
            ),
            (
                0o710,
                &open,
                ("exposed", Level::Problem),
                Some("chmod go= /data /data/media.db"),
            ),
        ] {
            let finding = judge(Path::new("/data"), Some(&seen(there(mode), files)));
            assert_eq!((finding.state, finding.level), expected, "{mode:o}");
            let fix = finding.fix(Text::default()).map(|fix| fix.to_string());
            match command {
                None => assert_eq!(fix, None),
                Some(command) => assert!(fix.as_ref().unwrap().ends_with(command), "{fix:?}"),
            }
        }
    }

    #[test]
    fn directory_that_cannot_be_used_is_a_problem() {
        let locked = Folder::There {
            mode: 0o700,
            owner: 0,
            is_writable: false,
        };
        for (folder, state) in [
            (locked, "not-writable"),
            (Folder::Missing { can_be_made: false }, "no-parent"),
            (Folder::Missing { can_be_made: true }, "new"),
            (Folder::Other, "no-folder"),
            (Folder::Unknown("denied".to_owned()), "unknown"),
        ] {
            assert_eq!(
                judge(Path::new("/data"), Some(&seen(folder, &[]))).state,
                state
            );
        }
        assert_eq!(judge(Path::new("/data"), None).state, "unknown");
    }

    #[test]
    fn paths_are_quoted_for_a_shell() {
        for (path, expected) in [
            ("/var/lib/media-server", "/var/lib/media-server"),
            ("/my data", "'/my data'"),
            ("/it's", r"'/it'\''s'"),
            ("/a;rm", "'/a;rm'"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }
}

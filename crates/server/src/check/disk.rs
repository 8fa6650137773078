//! Room on the disk of the data directory. How long it lasts is not told: nothing records yet, and what is live lies in memory.

use std::path::Path;

use web::{check::Finding, text::Text};

use super::{HANGS_AFTER, finding, shown, storage::Seen};

/// Below it somebody should look: an hour of uploads away from full.
const LOW_BYTES: u64 = 5_000_000_000;
/// Below it the database may soon be unable to save: its log alone may take tens of megabytes, a backup all of its size.
const FULL_BYTES: u64 = 500_000_000;
/// Fewer new files than this, and the next start or stream may fail.
const INODES_MIN: u64 = 1_000;

/// What a file system says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// Bytes that this user may still write.
    pub free_bytes: u64,
    /// Its size in bytes.
    pub total_bytes: u64,
    /// Files that may still be made; `None` where there is no bound.
    pub free_files: Option<u64>,
    /// Nothing can be written.
    pub is_read_only: bool,
}

/// Judges the room; `seen` is `None` where the disk did not answer.
pub fn judge(folder: &Path, seen: Option<&Seen>) -> Finding {
    let path = ("path", shown(folder));
    let room = match seen.map(|seen| &seen.room) {
        None => {
            let seconds = ("seconds", HANGS_AFTER.as_secs().to_string());
            return finding("disk", "stuck", vec![path, seconds]);
        }
        Some(Err(error)) => {
            let error = ("error", error.clone());
            return finding("disk", "unknown", vec![path, error]);
        }
        Some(Ok(room)) => room,
    };
    let text = Text::default();
    let mut values = vec![
        path,
        ("free", text.bytes(room.free_bytes)),
        ("total", text.bytes(room.total_bytes)),
    ];
    if let Some(files) = room.free_files {
        values.push(("files", text.count(files)));
    }
    finding("disk", state(room), values)
}

fn state(room: &Room) -> &'static str {
    if room.is_read_only {
        "read-only"
    } else if room.free_bytes < FULL_BYTES {
        "full"
    } else if room.free_files.is_some_and(|files| files < INODES_MIN) {
        "inodes"
    } else if room.free_bytes < LOW_BYTES {
        "low"
    } else {
        "enough"
    }
}

#[cfg(test)]
mod tests {
    use web::check::Level;

    use super::*;

    #[test]
    fn disk_is_judged_at_its_thresholds() {
        let room = |free_bytes, free_files, is_read_only| Room {
            free_bytes,
            total_bytes: 100_000_000_000,
            free_files,
            is_read_only,
        };
        for (room, expected) in [
            (room(5_000_000_000, None, false), ("enough", Level::Ok)),
            (room(4_999_999_999, None, false), ("low", Level::Warning)),
            (room(500_000_000, None, false), ("low", Level::Warning)),
            (room(499_999_999, None, false), ("full", Level::Problem)),
            (room(0, Some(0), false), ("full", Level::Problem)),
            (room(u64::MAX, Some(999), false), ("inodes", Level::Problem)),
            (room(u64::MAX, Some(1_000), false), ("enough", Level::Ok)),
            (room(u64::MAX, None, true), ("read-only", Level::Problem)),
        ] {
            let seen = Seen {
                room: Ok(room),
                ..Seen::default()
            };
            let finding = judge(Path::new("/data"), Some(&seen));
            assert_eq!((finding.state, finding.level), expected, "{room:?}");
        }
    }

    #[test]
    fn disk_that_does_not_answer_is_a_problem_and_one_that_does_not_tell_a_warning() {
        assert_eq!(judge(Path::new("/data"), None).state, "stuck");
        let seen = Seen {
            room: Err("no such device".to_owned()),
            ..Seen::default()
        };
        let finding = judge(Path::new("/data"), Some(&seen));
        assert_eq!((finding.state, finding.level), ("unknown", Level::Warning));
        let said = finding.found(Text::default()).to_string();
        assert!(said.contains("no such device"), "{said}");
    }
}

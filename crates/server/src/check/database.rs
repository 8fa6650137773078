//! The database: SQLite's version, the form of the tables, and a look through the whole file for as long as there is time.

use std::{io, path::Path, time::Duration};

use rustix::fs::{Access, access};
use store::sqlite::inspect::{Form, Inspection, Others, Whole, inspect};
use web::check::Finding;

use super::{HANGS_AFTER, finding, shown, tame};

/// Looks at `media.db`; takes at most `look_through` for the whole file.
pub async fn look(folder: &Path, others: Others, look_through: Duration) -> Finding {
    let path = folder.join("media.db");
    let asked = path.clone();
    // Asked for, and not opened: closing any descriptor of the file would let go of the locks that SQLite has on it in this process
    // (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
    let readable = tokio::task::spawn_blocking(move || access(asked, Access::READ_OK));
    match tokio::time::timeout(HANGS_AFTER, readable).await {
        Ok(Ok(Err(error))) => return unopened(&path, &error.into()),
        Ok(_) => {}
        Err(_) => return stuck(&path, HANGS_AFTER),
    }
    let most = HANGS_AFTER + look_through;
    match tokio::time::timeout(most, inspect(&path, others, look_through)).await {
        Ok(Ok(inspection)) => judge(inspection),
        Ok(Err(error)) => unreadable(&path, &error.to_string()),
        Err(_) => stuck(&path, most),
    }
}

fn unopened(path: &Path, error: &io::Error) -> Finding {
    match error.kind() {
        io::ErrorKind::NotFound => finding("database", "new", Vec::new()),
        io::ErrorKind::PermissionDenied => {
            let user = rustix::process::geteuid().as_raw().to_string();
            finding(
                "database",
                "denied",
                vec![("path", shown(path)), ("user", user)],
            )
        }
        _ => unreadable(path, &error.to_string()),
    }
}

fn unreadable(path: &Path, what: &str) -> Finding {
    let values = vec![("path", shown(path)), ("what", tame(what))];
    finding("database", "unreadable", values)
}

fn stuck(path: &Path, after: Duration) -> Finding {
    let seconds = after.as_secs().to_string();
    finding(
        "database",
        "stuck",
        vec![("path", shown(path)), ("seconds", seconds)],
    )
}

fn judge(seen: Inspection) -> Finding {
    let mut values = vec![
        ("sqlite", tame(&seen.version)),
        ("form", seen.form.found().to_string()),
    ];
    let state = match (seen.whole, seen.form) {
        (Whole::Damaged(what), _) => {
            values.push(("what", tame(&what)));
            "damaged"
        }
        (_, Form::Newer { known, .. }) => {
            values.push(("known", known.to_string()));
            "newer"
        }
        _ if !seen.is_version_safe => "old-sqlite",
        (_, Form::Older { known, .. }) => {
            values.push(("known", known.to_string()));
            "older"
        }
        (Whole::NotFinished, Form::Current(_)) => "large",
        (Whole::Yes, Form::Current(_)) => "whole",
    };
    finding("database", state, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_of_what_was_seen_is_told() {
        let current = Form::Current(3);
        let older = Form::Older { found: 2, known: 3 };
        let newer = Form::Newer { found: 4, known: 3 };
        let damaged = || Whole::Damaged("wrong # of entries".to_owned());
        for (whole, form, is_version_safe, state) in [
            (Whole::Yes, current, true, "whole"),
            (Whole::NotFinished, current, true, "large"),
            (Whole::Yes, older, true, "older"),
            (Whole::Yes, newer, true, "newer"),
            (Whole::Yes, current, false, "old-sqlite"),
            (damaged(), newer, false, "damaged"),
        ] {
            let version = "3.51.3".to_owned();
            let seen = Inspection {
                version,
                is_version_safe,
                form,
                whole,
            };
            assert_eq!(judge(seen).state, state);
        }
    }

    #[test]
    fn file_that_cannot_be_opened_is_told_by_its_reason() {
        for (kind, state) in [
            (io::ErrorKind::NotFound, "new"),
            (io::ErrorKind::PermissionDenied, "denied"),
            (io::ErrorKind::InvalidInput, "unreadable"),
        ] {
            let found = unopened(Path::new("/data/media.db"), &kind.into());
            assert_eq!(found.state, state);
        }
    }

    #[test]
    fn database_that_does_not_answer_is_told_with_how_long_it_was_waited_for() {
        let path = Path::new("/data/media.db");
        let finding = stuck(path, Duration::from_secs(7));
        let levels = (finding.state, finding.level);
        assert_eq!(levels, ("stuck", web::check::Level::Problem));
        let said = finding.found(web::text::Text::default()).to_string();
        assert!(said.contains("7 s"), "{said}");
    }

    #[tokio::test]
    async fn file_that_is_no_database_is_a_problem_and_none_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let bound = Duration::from_secs(5);
        assert_eq!(
            look(folder.path(), Others::Nobody, bound).await.state,
            "new"
        );
        std::fs::write(folder.path().join("media.db"), [7; 8192]).unwrap();
        assert_eq!(
            look(folder.path(), Others::Nobody, bound).await.state,
            "unreadable"
        );
    }
}

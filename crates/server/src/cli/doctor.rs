//! `media-server doctor`: the self-check on the command line.
//!
//! Beside a running server it shows what that sees; without one it looks itself, with the data directory locked so that none starts
//! meanwhile. It makes no directory and no database. Exit code 0 when nothing is red.

use std::{
    fmt::Write as _,
    fs::{File, TryLockError},
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Result;
use serde_json::{Map, Value, json};
use web::{
    check::{Finding, Level},
    text::Text,
};

use crate::{
    check::{self, Checker, Subject, Vantage},
    config::Config,
    control,
};

/// Who looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A server, at the place where it runs.
    Running,
    /// This command, at the place where a server would run.
    Stopped,
    /// This command, beside a server that did not answer, or without being allowed to see whether there is one.
    Beside,
}

/// Looks, prints, and says by the exit code whether anything is red.
pub async fn run(config: &Config, as_json: bool) -> Result<ExitCode> {
    let report = look(config).await?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", text(&report, wants_colour()));
    }
    Ok(if report["ok"] == true {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn look(config: &Config) -> Result<Value> {
    let folder = config.data_dir();
    let whose = whose(&folder);
    let (vantage, seen) = match whose {
        Whose::Ours { .. } => (Vantage::Alone, Seen::Stopped),
        Whose::Servers | Whose::Unknown => (Vantage::Beside, Seen::Beside),
    };
    let silent = if let Whose::Servers = whose {
        match control::look(&folder).await {
            Ok(report) => return Ok(report),
            Err(error) => {
                eprintln!("media-server: {error:#}");
                let path = folder.display().to_string();
                Some(check::finding("server", "silent", vec![("path", path)]))
            }
        }
    } else {
        None
    };
    let checker = Checker::new(Subject {
        config: config.clone(),
        folder,
        vantage,
    });
    let mut findings = checker.look(None).await;
    findings.splice(0..0, silent);
    drop(whose);
    Ok(report(&findings, seen))
}

/// Who has the data directory.
enum Whose {
    /// Nobody; while the lock is held, no server starts.
    Ours { _lock: Option<File> },
    /// A running server.
    Servers,
    /// This user may not ask.
    Unknown,
}

fn whose(folder: &Path) -> Whose {
    let lock = match File::options().write(true).open(folder.join("lock")) {
        Ok(lock) => lock,
        // No server ever ran here.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Whose::Ours { _lock: None };
        }
        Err(_) => return Whose::Unknown,
    };
    match lock.try_lock() {
        Ok(()) => Whose::Ours { _lock: Some(lock) },
        Err(TryLockError::WouldBlock) => Whose::Servers,
        Err(TryLockError::Error(_)) => Whose::Unknown,
    }
}

/// The findings with their words, as JSON: what `--json` prints and what a running server answers.
pub fn report(findings: &[Finding], seen: Seen) -> Value {
    let text = Text::default();
    let lines: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let values = finding.values.iter();
            let values: Map<String, Value> = values
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            json!({
                "id": finding.id,
                "level": finding.level.word(),
                "state": finding.state,
                "name": finding.name(text).to_string(),
                "found": finding.found(text).to_string(),
                "fix": finding.fix(text).map(|fix| fix.to_string()),
                "values": values,
            })
        })
        .collect();
    json!({
        "ok": findings.iter().all(|finding| finding.level < Level::Problem),
        "running": match seen {
            Seen::Running => Some(true),
            Seen::Stopped => Some(false),
            Seen::Beside => None,
        },
        "version": env!("CARGO_PKG_VERSION"),
        "findings": lines,
    })
}

/// Whether a person reads it who did not say that colours are unwanted (<https://no-color.org>).
fn wants_colour() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// The report in aligned lines.
fn text(report: &Value, has_colour: bool) -> String {
    let empty = Vec::new();
    let findings = report["findings"].as_array().unwrap_or(&empty);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names = findings.iter().map(|f| word(&f["name"]).chars().count());
    let width = names.max().unwrap_or(0);
    let version = word(&report["version"]);
    let mut out = match report["running"].as_bool() {
        Some(true) => format!("Media Server {version} is running, and sees this:\n\n"),
        Some(false) => format!("No Media Server runs here. Version {version} would find this:\n\n"),
        None => format!(
            "Whether a Media Server runs well here cannot be told. From beside, version {version} sees this:\n\n"
        ),
    };
    for finding in findings {
        let (mark, colour) = match finding["level"].as_str() {
            Some("ok") => ("ok  ", "32"),
            Some("notice") => ("note", "36"),
            Some("warning") => ("warn", "33"),
            _ => ("FAIL", "1;31"),
        };
        let mark = if has_colour {
            format!("\u{1b}[{colour}m{mark}\u{1b}[0m")
        } else {
            mark.to_owned()
        };
        let (name, found) = (word(&finding["name"]), word(&finding["found"]));
        let _ = writeln!(out, "{mark}  {name:<width$}  {found}");
        if let Some(fix) = finding["fix"].as_str() {
            let _ = writeln!(out, "      {:<width$}  -> {fix}", "");
        }
    }
    let count = |level: &str| findings.iter().filter(|f| f["level"] == level).count();
    let (problems, warnings) = (count("problem"), count("warning"));
    let _ = match (problems, warnings) {
        (0, 0) => writeln!(out, "\nNothing to fix."),
        (0, n) => writeln!(out, "\nTo look at: {n}. Nothing keeps it from working."),
        (m, 0) => writeln!(out, "\nTo fix: {m}."),
        (m, n) => writeln!(out, "\nTo fix: {m}. To look at: {n}."),
    };
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            check::finding(
                "clock",
                "right",
                vec![("now", "2026-12-01T00:00:00Z".into())],
            ),
            check::finding("ffmpeg", "absent", Vec::new()),
            check::finding("proxy", "untrusted", vec![("peer", "10.0.0.1".into())]),
        ]
    }

    #[test]
    fn lines_are_aligned_and_end_with_what_there_is_to_do() {
        let said = text(&report(&findings(), Seen::Stopped), false);
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("No Media Server runs here."));
        assert_eq!(lines[2], "ok    Clock           2026-12-01T00:00:00Z");
        assert!(lines[3].starts_with("note  FFmpeg          Not found."));
        assert!(lines[4].starts_with("warn  Proxy in front  10.0.0.1 says"));
        assert!(lines[5].starts_with("                      -> If 10.0.0.1 is your proxy"));
        assert_eq!(
            lines.last(),
            Some(&"To look at: 1. Nothing keeps it from working.")
        );
        assert!(!said.contains('\u{1b}'));
        let coloured = text(&report(&findings(), Seen::Running), true);
        assert!(coloured.contains("\u{1b}[33mwarn\u{1b}[0m  Proxy"));
    }

    #[test]
    fn report_is_fine_until_something_is_red() {
        let mut all = findings();
        let fine = report(&all, Seen::Running);
        assert_eq!(
            (&fine["ok"], &fine["running"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(fine["findings"][0]["fix"], Value::Null);
        assert_eq!(fine["findings"][2]["values"]["peer"], "10.0.0.1");
        all.push(check::finding("http", "off", Vec::new()));
        assert_eq!(report(&all, Seen::Running)["ok"], false);
        let beside = report(&all, Seen::Beside);
        assert_eq!(beside["running"], Value::Null);
        assert!(text(&beside, false).starts_with("Whether a Media Server runs well"));
    }

    #[test]
    fn data_directory_is_a_servers_while_that_has_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(whose(folder.path()), Whose::Ours { _lock: None }));
        assert!(!folder.path().join("lock").exists());
        let held = crate::assemble::lock(folder.path()).unwrap();
        assert!(matches!(whose(folder.path()), Whose::Servers));
        drop(held);
        assert!(matches!(
            whose(folder.path()),
            Whose::Ours { _lock: Some(_) }
        ));
    }
}

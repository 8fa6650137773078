//! `doctor` and `healthcheck` of the real binary: what they say of a machine that is fine, and of ones that are not.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use e2e::{Server, server::binary};
use serde_json::Value;
use tempfile::TempDir;

/// The drain is ten seconds by default; nobody is connected.
const DRAIN: Duration = Duration::from_secs(12);
/// Ports that nothing else on the machine has.
const FREE: [&str; 4] = [
    "http.listen=127.0.0.1:0",
    "rtmp.listen=127.0.0.1:0",
    "metrics.listen=127.0.0.1:0",
    "webrtc.listen=127.0.0.1:0",
];

fn settings(more: &[&str]) -> Vec<String> {
    let all = FREE.iter().chain(more);
    all.map(|setting| (*setting).to_owned()).collect()
}

fn run(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("the binary does not start: {error}"),
    }
}

/// What a doctor found.
struct Report {
    code: Option<i32>,
    all: Value,
}

impl Report {
    fn of(mut command: Command) -> Self {
        let output = run(command.args(["doctor", "--json"]));
        let all = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let said = String::from_utf8_lossy(&output.stderr);
            panic!("no report ({error}): {said}")
        });
        Self {
            code: output.status.code(),
            all,
        }
    }

    /// Without a server, on a directory.
    fn at(data: &Path, more: &[&str]) -> Self {
        Self::of(binary(data, &settings(more)))
    }

    fn findings(&self) -> &[Value] {
        self.all["findings"].as_array().map_or(&[], Vec::as_slice)
    }

    fn line(&self, id: &str) -> &Value {
        let line = self.findings().iter().find(|finding| finding["id"] == id);
        line.unwrap_or_else(|| panic!("no line {id} in {}", self.all))
    }

    /// State and level of a line.
    fn is(&self, id: &str, state: &str, level: &str) {
        let line = self.line(id);
        assert_eq!(
            (&line["state"], &line["level"]),
            (&state.into(), &level.into()),
            "{line}"
        );
    }

    /// Nothing is red but these, and the exit code says whether anything is. The room on the disk of the machine that runs the
    /// stories is not theirs to judge.
    fn only_red(&self, ids: &[&str]) {
        let red: Vec<&Value> = self
            .findings()
            .iter()
            .filter(|finding| finding["level"] == "problem" && finding["id"] != "disk")
            .collect();
        let found: Vec<&str> = red.iter().filter_map(|f| f["id"].as_str()).collect();
        assert_eq!(found, ids, "{red:?}");
        assert!(
            red.iter().all(|finding| finding["fix"].is_string()),
            "{red:?}"
        );
        let is_red = self.findings().iter().any(|f| f["level"] == "problem");
        assert_eq!(self.code, Some(i32::from(is_red)));
        assert_eq!(self.all["ok"], !is_red);
    }
}

fn folder() -> (TempDir, PathBuf) {
    match TempDir::new() {
        Ok(folder) => {
            let data = folder.path().join("data");
            (folder, data)
        }
        Err(error) => panic!("no directory: {error}"),
    }
}

fn set_mode(path: &Path, mode: u32) {
    let done = fs::set_permissions(path, fs::Permissions::from_mode(mode));
    assert!(done.is_ok(), "{}: {done:?}", path.display());
}

#[test]
fn fresh_directory_is_fine_and_is_not_made() {
    let (_folder, data) = folder();
    let report = Report::at(&data, &[]);
    report.only_red(&[]);
    report.is("permissions", "new", "ok");
    report.is("database", "new", "ok");
    report.is("http", "any", "ok");
    report.is("webrtc", "any", "ok");
    assert_eq!(report.all["running"], false);
    assert!(!data.exists());
}

#[test]
fn json_has_every_line_with_its_words_and_a_fix_where_one_is_needed() {
    let (_folder, data) = folder();
    let report = Report::at(&data, &["http.public_url=http://media.example.org"]);
    report.is("tls", "plain", "warning");
    let lines = report.findings();
    assert_eq!(lines.len(), 17, "{lines:?}");
    for line in lines {
        for name in ["id", "level", "state", "name", "found"] {
            let word = line[name].as_str();
            assert!(word.is_some_and(|word| !word.is_empty()), "{name}: {line}");
        }
        assert!(line["values"].is_object(), "{line}");
        let needs_fix = line["level"] == "warning" || line["level"] == "problem";
        assert_eq!(line["fix"].is_string(), needs_fix, "{line}");
    }
}

#[test]
fn people_read_aligned_lines_without_colours_in_a_pipe() {
    let (_folder, data) = folder();
    let output = run(binary(&data, &settings(&["http.listen="])).arg("doctor"));
    assert_eq!(
        output.status.code(),
        Some(1),
        "without HTTP nothing is served"
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let place = |start: &str, words: &str| {
        let line = said.lines().find(|line| line.starts_with(start));
        let Some(at) = line.and_then(|line| line.find(words)) else {
            panic!("no {start} with {words}: {said}");
        };
        at
    };
    let column = place("FAIL  Pages", "Switched off");
    assert_eq!(place("ok    Encoders", "A free port"), column);
    assert_eq!(place("ok    Real time", "A free port"), column);
    assert!(said.contains("-> Give it an address again"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn port_that_another_process_holds_is_traced_to_it() {
    let holder = Server::start(&[]);
    let (_folder, data) = folder();
    let http = format!("http.listen={}", holder.http);
    let rtmp = format!("rtmp.listen=0.0.0.0:{}", holder.rtmp.port());
    let report = Report::at(&data, &[&http, &rtmp]);
    report.only_red(&["http", "rtmp"]);
    report.is("http", "held", "problem");
    let found = report.line("http")["found"].as_str().unwrap_or_default();
    assert!(found.contains("held by media-server (process "), "{found}");
    assert_eq!(
        holder.client().get("/health").status,
        200,
        "it was not disturbed"
    );
}

#[test]
fn directory_that_others_may_read_is_told_with_a_command_that_closes_it() {
    let (_folder, data) = folder();
    let mut server = Server::start(&[]);
    server.add_administrator();
    server.terminate(DRAIN);
    fs::rename(server.data(), &data).unwrap_or_else(|error| panic!("{error}"));

    Report::at(&data, &[]).is("permissions", "private", "ok");
    set_mode(&data, 0o755);
    let report = Report::at(&data, &[]);
    report.is("permissions", "open", "warning");
    report.only_red(&[]);
    set_mode(&data.join("media.db"), 0o644);
    let report = Report::at(&data, &[]);
    report.is("permissions", "exposed", "problem");
    report.only_red(&["permissions"]);

    let fix = report.line("permissions")["fix"]
        .as_str()
        .unwrap_or_default();
    let Some((_, command)) = fix.split_once(": ") else {
        panic!("no command in {fix}");
    };
    let closed = run(Command::new("sh").args(["-c", command]));
    assert!(closed.status.success(), "{closed:?}");
    let report = Report::at(&data, &[]);
    report.is("permissions", "private", "ok");
    report.is("database", "whole", "ok");
    report.only_red(&[]);
}

#[test]
fn damaged_database_is_red_and_is_left_alone() {
    let (_folder, data) = folder();
    let made = fs::create_dir(&data);
    assert!(made.is_ok(), "{made:?}");
    set_mode(&data, 0o700);
    let database = data.join("media.db");
    let bytes = vec![7; 8192];
    let written = fs::write(&database, &bytes);
    assert!(written.is_ok(), "{written:?}");
    set_mode(&database, 0o600);
    let report = Report::at(&data, &[]);
    report.is("database", "unreadable", "problem");
    report.only_red(&["database"]);
    assert_eq!(fs::read(&database).unwrap_or_default(), bytes);
}

#[test]
fn running_server_tells_what_it_sees_itself() {
    let server = Server::start(&["http.trusted_proxies=127.0.0.1"]);
    // The settings of the command line are not those of the server, and the server's count.
    let report = Report::of(server.command());
    report.only_red(&[]);
    assert_eq!(report.all["running"], true);
    report.is("http", "behind", "ok");
    let address = &report.line("http")["values"]["address"];
    assert_eq!(address.as_str(), Some(&*server.http.to_string()));
    report.is("rtmp", "local", "notice");
    report.is("database", "whole", "ok");
    report.is("permissions", "private", "ok");
    report.is("proxy", "trusted", "ok");
    report.is("clock", "right", "ok");
}

#[test]
fn server_that_hangs_is_told_as_such() {
    let server = Server::start(&[]);
    server.signal("STOP");
    let report = Report::of(server.command());
    server.signal("CONT");
    report.is("server", "silent", "problem");
    assert_eq!(report.code, Some(1));
    assert_eq!(report.all["running"], Value::Null);
}

#[test]
fn healthcheck_says_by_its_exit_code_whether_the_server_serves() {
    let mut server = Server::start(&[]);
    let check = |server: &Server, url: &str| {
        let output = run(server.command().args(["healthcheck", "--url", url]));
        output.status.code()
    };
    assert_eq!(check(&server, &server.url("")), Some(0));
    assert_eq!(check(&server, &server.url("/health")), Some(0));
    let setting = format!("http.listen={}", server.http);
    let configured = run(server
        .command()
        .args(["--set", &setting])
        .arg("healthcheck"));
    assert_eq!(configured.status.code(), Some(0), "{configured:?}");
    let url = server.url("");
    server.terminate(DRAIN);
    assert_eq!(check(&server, &url), Some(1));
}

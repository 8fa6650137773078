//! The real binary in a directory of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Client, Encoder, MOMENT, Publisher, tool, until};

/// Password of everybody whom the rig adds.
pub const PASSWORD: &str = "correct horse battery staple";
/// Lines of the log that a failing story shows.
const LOG_LINES: usize = 60;

/// A server that runs; ended when dropped.
pub struct Server {
    child: Child,
    folder: Arc<TempDir>,
    settings: Vec<String>,
    /// Where it serves pages, API and media.
    pub http: SocketAddr,
    /// Where it takes publishers.
    pub rtmp: SocketAddr,
    /// Where it takes datagrams of WebRTC.
    pub webrtc: SocketAddr,
    /// Address of the metrics.
    pub metrics: String,
    /// MediaMTX's door for WebRTC, where it is open.
    pub compat_webrtc: Option<SocketAddr>,
    /// Where the first administrator is made, while there is none.
    pub setup: Option<String>,
    /// The demo's link.
    pub open: Option<String>,
    /// What the demo has to see: the word of each line, and the address.
    pub samples: Vec<(String, String)>,
    command: &'static str,
}

impl Server {
    /// Starts one on free ports in a new directory, with settings such as `publish.grace_s=3`.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        Self::new("serve", settings)
    }

    /// Starts the demo likewise.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[must_use]
    pub fn demo() -> Self {
        Self::new("demo", &[])
    }

    fn new(command: &'static str, settings: &[&str]) -> Self {
        let folder = match TempDir::new() {
            Ok(folder) => Arc::new(folder),
            Err(error) => panic!("no directory: {error}"),
        };
        let mut all: Vec<String> = [
            "http.listen",
            "rtmp.listen",
            "metrics.listen",
            "webrtc.listen",
            "compat.webrtc_listen",
        ]
        .iter()
        .map(|name| format!("{name}=127.0.0.1:0"))
        .collect();
        all.extend(settings.iter().map(|setting| (*setting).to_owned()));
        Self::spawn(folder, command, all, last_line(command))
    }

    fn spawn(
        folder: Arc<TempDir>,
        command: &'static str,
        settings: Vec<String>,
        last: &str,
    ) -> Self {
        let log = match fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.path().join("log"))
        {
            Ok(log) => log,
            Err(error) => panic!("no file for the log: {error}"),
        };
        let mut serve = binary(&folder.path().join("data"), &settings);
        let child = serve
            .arg(command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => panic!("the server does not start: {error}"),
        };
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self {
            child,
            folder,
            settings,
            http: nowhere,
            rtmp: nowhere,
            webrtc: nowhere,
            metrics: String::new(),
            compat_webrtc: None,
            setup: None,
            open: None,
            samples: Vec::new(),
            command,
        };
        server.read(&lines, last);
        server
    }

    /// Reads what it tells until the line that it tells last.
    fn read(&mut self, lines: &mpsc::Receiver<String>, last: &str) {
        let start = Instant::now();
        loop {
            let left = MOMENT.saturating_sub(start.elapsed());
            let line = match lines.recv_timeout(left) {
                Ok(line) => line,
                Err(_) => panic!("the server did not become ready; its log: {}", self.log()),
            };
            let address = |url: &str, scheme: &str| {
                let text = url
                    .strip_prefix(scheme)
                    .unwrap_or(url)
                    .split('/')
                    .next()
                    .unwrap_or_default();
                text.parse()
                    .unwrap_or_else(|_| panic!("no address: {line}"))
            };
            match line.split_once(' ') {
                Some(("rtmp", url)) => self.rtmp = address(url, "rtmp://"),
                Some(("webrtc", text)) => self.webrtc = address(text, ""),
                // With `https` it is the address of a proxy in front, and the story knows the port.
                Some(("ready", url)) if url.starts_with("http://") => {
                    self.http = address(url, "http://")
                }
                Some(("compat-webrtc", url)) => {
                    self.compat_webrtc = Some(address(url, "http://"));
                }
                Some(("metrics", url)) => url.clone_into(&mut self.metrics),
                Some(("setup", url)) => self.setup = Some(url.to_owned()),
                Some(("open", url)) => self.open = Some(url.to_owned()),
                Some((word @ ("watch" | "image" | "code"), url)) => {
                    self.samples.push((word.to_owned(), url.to_owned()));
                }
                _ => {}
            }
            if line.starts_with(last) {
                return;
            }
        }
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    /// Where it does not end within the deadline.
    pub fn terminate(&mut self, deadline: Duration) -> ExitStatus {
        signal(&self.child, "TERM");
        until("the end of the server", deadline, || {
            self.child.try_wait().ok().flatten()
        })
    }

    /// Sends it a signal by name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts again in the same directory and on the same ports, after its end.
    ///
    /// # Panics
    /// Where it still runs or does not become ready.
    #[must_use]
    pub fn again(self) -> Self {
        let last = last_line(self.command);
        self.again_until(last)
    }

    /// The same, ready once it has told a line that begins so.
    ///
    /// # Panics
    /// As [`Self::again`].
    #[must_use]
    pub fn again_until(mut self, last: &str) -> Self {
        assert!(
            self.child.try_wait().ok().flatten().is_some(),
            "the server still runs"
        );
        let mut settings = vec![
            format!("http.listen={}", self.http),
            format!("rtmp.listen={}", self.rtmp),
        ];
        settings.extend(
            self.settings
                .iter()
                .filter(|s| !s.starts_with("http.listen") && !s.starts_with("rtmp.listen"))
                .cloned(),
        );
        Self::spawn(self.folder.clone(), self.command, settings, last)
    }

    /// The command line on its data directory.
    #[must_use]
    pub fn command(&self) -> Command {
        binary(&self.data(), &[])
    }

    /// Runs the command line on its data directory; what it prints.
    ///
    /// # Errors
    /// What it says where it fails.
    pub fn try_cli(&self, arguments: &[&str], input: &str) -> Result<Value, String> {
        let mut command = self.command();
        command
            .args(arguments)
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        if let Some(mut stdin) = child.stdin.take() {
            // Commands that ask nothing may be over before they could be told.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child
            .wait_with_output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!(
                "{}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    /// Runs the command line on its data directory; what it prints.
    ///
    /// # Panics
    /// Where it fails.
    #[must_use]
    pub fn cli(&self, arguments: &[&str], input: &str) -> Value {
        match self.try_cli(arguments, input) {
            Ok(value) => value,
            Err(error) => panic!("{arguments:?}: {error}"),
        }
    }

    /// Adds an administrator `anna`.
    pub fn add_administrator(&self) {
        let _ = self.cli(&["user", "add", "anna", "--admin"], PASSWORD);
    }

    /// Adds a stream that anyone may watch; its key.
    ///
    /// # Panics
    /// Where that fails.
    #[must_use]
    pub fn add_stream(&self, slug: &str, visibility: &str) -> String {
        text(
            &self.cli(&["stream", "add", slug, "--visibility", visibility], ""),
            "key",
        )
    }

    /// Brings a file as anna's; `more` are further words of the command, such as `--title`.
    ///
    /// # Panics
    /// Where that fails.
    pub fn upload(&self, file: &Path, slug: &str, more: &[&str]) {
        let file = file.to_string_lossy();
        let command = ["upload", &*file, "--slug", slug, "--user", "anna"];
        let _ = self.cli(&[&command[..], more].concat(), "");
    }

    /// A server with such settings and the public stream `live`, who sends it with this encoder, and where to.
    ///
    /// # Panics
    /// Where that fails.
    #[must_use]
    pub fn live(settings: &[&str], encoder: &Encoder) -> (Self, Publisher, String) {
        let server = Self::start(settings);
        let operator = server.operator();
        let key = server.add_stream("live", "public");
        let to = server.rtmp_url(&format!("live?token={key}"));
        let publisher = encoder.publish(&to);
        wait_until_receiving(&operator, "live");
        (server, publisher, to)
    }

    /// Adds an API key of `anna` for everything, and a client that shows it.
    ///
    /// # Panics
    /// Where that fails.
    #[must_use]
    pub fn operator(&self) -> Client {
        self.add_administrator();
        let made = self.cli(
            &[
                "api-key",
                "add",
                "stories",
                "--user",
                "anna",
                "--scopes",
                "read,manage,publish,admin",
            ],
            "",
        );
        self.client()
            .with("Authorization", &format!("Bearer {}", text(&made, "key")))
    }

    /// A client that nobody knows.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.http)
    }

    /// An address of its RTMP door: `rtmp://host:port/` and this.
    #[must_use]
    pub fn rtmp_url(&self, rest: &str) -> String {
        format!("rtmp://{}/{rest}", self.rtmp)
    }

    /// An address of its HTTP door.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// Its data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has logged.
    #[must_use]
    pub fn whole_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The end of its log.
    #[must_use]
    pub fn log(&self) -> String {
        let whole = self.whole_log();
        let lines: Vec<&str> = whole.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// Memory that it holds, in bytes.
    ///
    /// # Panics
    /// Where the system does not say: these stories run on Linux.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let kilobytes = status.lines().find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .parse::<u64>()
                .ok()
        });
        match kilobytes {
            Some(kilobytes) => kilobytes * 1024,
            None => panic!("no figure for the server's memory"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- the server's log:\n{}", self.log());
        }
    }
}

/// The state of a stream as its owner sees it.
///
/// # Panics
/// Where the API does not answer.
#[must_use]
pub fn state(operator: &Client, slug: &str) -> Option<String> {
    let answer = operator.get(&format!("/api/streams/{slug}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["live"]["state"].as_str().map(str::to_owned)
}

/// Waits until a stream receives.
///
/// # Panics
/// Where it does not come to that.
pub fn wait_until_receiving(operator: &Client, slug: &str) {
    until(&format!("{slug} receives"), MOMENT, || {
        (state(operator, slug).as_deref() == Some("receiving")).then_some(())
    });
}

/// Waits until a stream receives no more.
///
/// # Panics
/// Where it goes on.
pub fn wait_until_gone(operator: &Client, slug: &str, deadline: Duration) {
    until(&format!("{slug} receives no more"), deadline, || {
        (state(operator, slug).as_deref() != Some("receiving")).then_some(())
    });
}

/// A text of an answer of the command line.
///
/// # Panics
/// Where it is missing.
#[must_use]
pub fn text(value: &Value, name: &str) -> String {
    match value[name].as_str() {
        Some(text) => text.to_owned(),
        None => panic!("no {name} in {value}"),
    }
}

/// The newest refused attempt on a stream; null where there is none.
#[must_use]
pub fn newest_refusal(operator: &Client, slug: &str) -> Value {
    operator
        .get(&format!("/api/streams/{slug}/refusals"))
        .json()["refusals"][0]
        .clone()
}

/// How the last line begins that a command tells before it serves.
fn last_line(command: &str) -> &'static str {
    if command == "demo" { "code " } else { "ready " }
}

/// The binary on a data directory with settings.
#[must_use]
pub fn binary(data: &Path, settings: &[String]) -> Command {
    let mut command = Command::new(tool("SERVER_BIN"));
    // Settings that the person who runs the stories has for a server of their own are not for these.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MEDIA_SERVER_") {
            command.env_remove(name);
        }
    }
    command.arg("--data-dir").arg(data);
    for setting in settings {
        command.args(["--set", setting]);
    }
    command
}

/// Sends a signal to a child that the rig has started.
pub fn signal(child: &Child, name: &str) {
    let _ = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
}

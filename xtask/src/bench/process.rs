//! The servers that are measured, what they have used, and how they are pinned.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::run;

/// Steps of CPU time in `/proc`, in a second; Linux has told programs 100 on every machine for decades.
const TICKS_PER_S: f64 = 100.0;
/// Until a server is ready. Closes: one that never is.
const READY: Duration = Duration::from_secs(60);

/// Our release build, made where it is missing.
pub fn binary() -> Result<PathBuf> {
    run::run(
        "release build",
        &mut run::cargo(&["build", "--release", "--locked", "--package", "server"]),
    )?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| run::root().join("target"), Into::into);
    Ok(target.join("release/media-server"))
}

/// Pins this process and what it starts to the second core.
pub fn pin_self() -> Result<()> {
    let own = std::process::id().to_string();
    run::output(Command::new("taskset").args(["-pc", "1", &own])).map(drop)
}

/// A command pinned to the first core.
pub fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program);
    command
}

/// A process that ends with this value.
pub struct Running {
    child: Child,
}

impl Running {
    /// Takes a started one.
    pub fn new(child: Child) -> Self {
        Self { child }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU seconds used so far, in user space and in the kernel.
    pub fn cpu_s(&self) -> Result<(f64, f64)> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in brackets may hold spaces; what follows it does not.
        let rest = text.rsplit_once(')').context("no stat")?.1;
        let field = |at: usize| -> Result<f64> {
            let word = rest.split_ascii_whitespace().nth(at);
            Ok(word.context("a short stat")?.parse::<f64>()? / TICKS_PER_S)
        };
        Ok((field(11)?, field(12)?))
    }

    /// A line of its `status` in kB, such as `VmRSS` and `VmHWM`.
    pub fn kilobytes(&self, name: &str) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let word = line.and_then(|rest| rest.split_ascii_whitespace().nth(1));
        Ok(word.with_context(|| format!("no {name}"))?.parse()?)
    }

    /// Begins the peak of resident memory anew.
    pub fn forget_peak(&self) -> Result<()> {
        Ok(fs::write(
            format!("/proc/{}/clear_refs", self.child.id()),
            "5",
        )?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Our server on a data directory, on a free port of the loopback.
pub struct Server {
    /// Its process.
    pub running: Running,
    /// Host and port.
    pub address: String,
    /// From its start to its ready line.
    pub ready: Duration,
    binary: PathBuf,
    data: PathBuf,
}

impl Server {
    /// Starts it.
    pub fn start(binary: &Path, data: &Path) -> Result<Self> {
        let log = data.with_extension("log");
        let log = fs::File::options().create(true).append(true).open(&log)?;
        let mut command = pinned(binary);
        command.arg("--data-dir").arg(data);
        for name in ["http.listen", "rtmp.listen", "webrtc.listen"] {
            command.args(["--set", &format!("{name}=127.0.0.1:0")]);
        }
        for name in [
            "metrics.listen",
            "compat.hls_listen",
            "compat.webrtc_listen",
            "compat.api_listen",
        ] {
            command.args(["--set", &format!("{name}=")]);
        }
        let start = Instant::now();
        let mut child = command
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("ready http://") {
                return Ok(Self {
                    address: address.to_owned(),
                    ready: start.elapsed(),
                    running: Running::new(child),
                    binary: binary.to_owned(),
                    data: data.to_owned(),
                });
            }
            if start.elapsed() > READY {
                break;
            }
        }
        bail!("the server did not become ready; see its log beside the data directory")
    }

    /// The command line on it, with something on standard input; the JSON that it answers.
    pub fn cli(&self, arguments: &[&str], input: &str) -> Result<serde_json::Value> {
        let mut child = Command::new(&self.binary)
            .arg("--data-dir")
            .arg(&self.data)
            .args(arguments)
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{arguments:?}: {}", output.status);
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// A person and a key of theirs that may do all that they may.
    pub fn user(&self, name: &str, admin: bool) -> Result<String> {
        let mut add = vec!["user", "add", name];
        if admin {
            add.push("--admin");
        }
        self.cli(&add, "a password of the bench")?;
        let scopes = "read,manage";
        let key = self.cli(
            &[
                "api-key", "add", "bench", "--user", name, "--scopes", scopes,
            ],
            "",
        )?;
        let key = key["key"].as_str().context("no key")?;
        Ok(key.to_owned())
    }
}

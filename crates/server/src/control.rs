//! The command line on a running server: a Unix socket in the data directory that only its owner reaches.
//!
//! One line of JSON asks, one line answers. On a stopped server the same request runs in the process of the command line itself.

use std::{
    fs::{self, File},
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use domain::Catalogue;
use library::Works;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::watch,
    time::timeout,
};

use crate::{
    assemble,
    check::Checker,
    cli::{
        self, doctor,
        operate::{self, Hands, Request},
    },
    config::Config,
};

const SOCKET: &str = "control.sock";
/// Longest path that fits into the address of a Unix socket on Linux and macOS.
const SOCKET_PATH_MAX: usize = 100;
const LINE_BYTES_MAX: u64 = 64 * 1024;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// For what copies and packages a file: hours, on a slow disk.
const LONG_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// A running server must be quick to say how it is; one that is not has a problem worth telling.
const LOOK_TIMEOUT: Duration = Duration::from_secs(6);

/// Who answers on the socket.
#[derive(Clone)]
pub struct Desk {
    /// Carries out what the command line changes.
    pub catalogue: Catalogue,
    /// Looks at the place the server runs in.
    pub checker: Checker,
    /// Makes items of files.
    pub works: Works,
    /// Under which address people reach the server, for links.
    pub base_url: String,
}

/// What is asked beside [`Request`]s: a look, which a stopped server cannot give.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Look {
    Doctor,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(Value),
    Refused(String),
}

/// A path to the socket that is short enough; the file keeps a folder open that the path goes through.
fn address(folder: &Path) -> Result<(PathBuf, Option<File>)> {
    let path = folder.join(SOCKET);
    if path.as_os_str().len() <= SOCKET_PATH_MAX {
        return Ok((path, None));
    }
    let open = File::open(folder)?;
    Ok((
        PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd())),
        Some(open),
    ))
}

/// Listens until `stop` turns true.
pub fn listen(folder: &Path, desk: Desk, mut stop: watch::Receiver<bool>) -> Result<()> {
    let (path, _open) = address(folder)?;
    // The lock is ours, so a socket that is left there belongs to nobody.
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path)
        .with_context(|| format!("cannot listen on {}", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    let real = folder.join(SOCKET);
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stop.changed() => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(serve(stream, desk.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept on the control socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        let _ = fs::remove_file(real);
    });
    Ok(())
}

async fn serve(mut stream: UnixStream, desk: Desk) {
    let answered = timeout(LONG_TIMEOUT, async {
        let (read, mut write) = stream.split();
        let mut line = String::new();
        let mut asked = BufReader::new(read.take(LINE_BYTES_MAX));
        timeout(ANSWER_TIMEOUT, asked.read_line(&mut line)).await??;
        let answer = answer(&desk, &line).await;
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        write.write_all(&text).await?;
        anyhow::Ok(())
    })
    .await;
    if !matches!(answered, Ok(Ok(()))) {
        tracing::debug!("a command on the control socket was not answered");
    }
}

/// How long an answer may take: a file is copied and packaged first.
fn patience(request: &Request) -> Duration {
    if request.takes_long() {
        LONG_TIMEOUT
    } else {
        ANSWER_TIMEOUT
    }
}

impl Desk {
    fn hands(&self) -> Hands {
        Hands {
            catalogue: self.catalogue.clone(),
            works: self.works.clone(),
            base_url: self.base_url.clone(),
        }
    }
}

async fn answer(desk: &Desk, line: &str) -> Answer {
    if let Ok(Look::Doctor) = serde_json::from_str(line) {
        let findings = desk.checker.look(None).await;
        return Answer::Done(doctor::report(&findings, doctor::Seen::Running));
    }
    match serde_json::from_str::<Request>(line) {
        Ok(request) => match operate::run(&desk.hands(), request).await {
            Ok(value) => Answer::Done(value),
            Err(error) => Answer::Refused(format!("{error:#}")),
        },
        Err(error) => Answer::Refused(format!(
            "the running server does not understand this command: {error}"
        )),
    }
}

/// What the server that has the data directory sees of its place. Makes nothing and takes no lock.
///
/// # Errors
/// Where it does not answer in time, or is of a version that cannot.
pub async fn look(folder: &Path) -> Result<Value> {
    match timeout(LOOK_TIMEOUT, ask_running(folder, &Look::Doctor)).await {
        Ok(answer) => answer,
        Err(_) => Err(anyhow!("the running server did not answer in time")),
    }
}

/// Runs a request on the server that has the data directory, or here if none has.
pub async fn ask(config: &Config, request: Request) -> Result<Value> {
    let folder = &*config.data_dir();
    assemble::make_folder(folder)?;
    match assemble::lock(folder)? {
        Some(lock) => {
            drop(lock);
            let opened = assemble::open(folder).await?;
            let hands = Hands {
                catalogue: opened.catalogue.clone(),
                works: opened.works(config)?,
                base_url: cli::origin(config),
            };
            let answer = operate::run(&hands, request).await;
            hands.works.stop();
            opened.close().await;
            answer
        }
        None => match timeout(patience(&request), ask_running(folder, &request)).await {
            Ok(answer) => answer,
            Err(_) => Err(anyhow!("the running server did not answer in time")),
        },
    }
}

async fn ask_running(folder: &Path, request: &impl Serialize) -> Result<Value> {
    let (path, _open) = address(folder)?;
    let mut stream = connect(&path)
        .await
        .context("a Media Server has this data directory, but does not answer")?;
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    stream.write_all(&text).await?;
    let mut line = String::new();
    BufReader::new(stream.take(16 * LINE_BYTES_MAX))
        .read_line(&mut line)
        .await?;
    match serde_json::from_str(&line).context("the running server gave no answer")? {
        Answer::Done(value) => Ok(value),
        Answer::Refused(why) => Err(anyhow!(why)),
    }
}

/// A server that starts has the lock before it has the socket.
async fn connect(path: &Path) -> std::io::Result<UnixStream> {
    let mut tries = 0;
    loop {
        match UnixStream::connect(path).await {
            Err(_) if tries < 50 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            other => return other,
        }
    }
}

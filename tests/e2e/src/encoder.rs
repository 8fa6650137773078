//! ffmpeg as an encoder: a small moving picture and a tone, in real time.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use crate::{MOMENT, tool, until};

/// Which ffmpeg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ffmpeg {
    /// The newest release.
    Modern,
    /// That of the system, some years old.
    System,
}

/// Both.
pub const FFMPEGS: [Ffmpeg; 2] = [Ffmpeg::Modern, Ffmpeg::System];

impl Ffmpeg {
    /// The program.
    ///
    /// # Panics
    /// Where the environment does not name it.
    #[must_use]
    pub fn program(self) -> PathBuf {
        tool(match self {
            Self::Modern => "FFMPEG_MODERN",
            Self::System => "FFMPEG_SYSTEM",
        })
    }
}

/// What to send.
#[derive(Clone, Debug)]
pub struct Encoder {
    ffmpeg: Ffmpeg,
    video: bool,
    audio: bool,
    gop_frames: u32,
    options: Vec<String>,
}

/// Pictures a second.
const FRAME_RATE: u32 = 25;

impl Encoder {
    /// Picture and sound, a key frame each second.
    #[must_use]
    pub fn new(ffmpeg: Ffmpeg) -> Self {
        Self {
            ffmpeg,
            video: true,
            audio: true,
            gop_frames: FRAME_RATE,
            options: Vec::new(),
        }
    }

    /// Without sound.
    #[must_use]
    pub fn video_only(self) -> Self {
        Self {
            audio: false,
            ..self
        }
    }

    /// Without a picture.
    #[must_use]
    pub fn audio_only(self) -> Self {
        Self {
            video: false,
            ..self
        }
    }

    /// A key frame every so many seconds.
    #[must_use]
    pub fn key_frame_every(self, seconds: u32) -> Self {
        Self {
            gop_frames: seconds * FRAME_RATE,
            ..self
        }
    }

    /// An option of ffmpeg's RTMP output, such as `rtmp_app`.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.extend([format!("-{name}"), value.to_owned()]);
        self
    }

    /// Publishes to an address in real time.
    ///
    /// # Panics
    /// Where ffmpeg cannot be started.
    #[must_use]
    pub fn publish(&self, url: &str) -> Publisher {
        let mut command = self.command(true);
        command.args(&self.options).args(["-f", "flv", url]);
        Publisher::start(command)
    }

    /// Writes some seconds into a file that publishers can copy from.
    ///
    /// # Panics
    /// Where ffmpeg fails.
    pub fn write(&self, seconds: u32, file: &Path) {
        let mut command = self.command(false);
        command
            .args(["-t", &seconds.to_string(), "-f", "flv"])
            .arg(file);
        let publisher = Publisher::start(command);
        let (status, text) = publisher.end();
        assert!(status.success(), "ffmpeg wrote no file: {text}");
    }

    fn command(&self, real_time: bool) -> Command {
        let mut command = Command::new(self.ffmpeg.program());
        command.args(["-hide_banner", "-loglevel", "warning", "-nostdin", "-y"]);
        let pace: &[&str] = if real_time { &["-re"] } else { &[] };
        if self.video {
            command.args(pace).args([
                "-f",
                "lavfi",
                "-i",
                &format!("testsrc2=size=320x180:rate={FRAME_RATE}"),
            ]);
        }
        if self.audio {
            command
                .args(pace)
                .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]);
        }
        if self.video {
            let gop = self.gop_frames.to_string();
            command.args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-tune",
                "zerolatency",
                "-pix_fmt",
                "yuv420p",
                "-b:v",
                "300k",
            ]);
            command.args([
                "-threads",
                "1",
                "-g",
                &gop,
                "-keyint_min",
                &gop,
                "-sc_threshold",
                "0",
            ]);
        }
        if self.audio {
            command.args(["-c:a", "aac", "-b:a", "64k"]);
        }
        command
    }
}

/// Publishes a prepared file as it is, over and over: costs next to nothing.
///
/// # Panics
/// Where ffmpeg cannot be started.
#[must_use]
pub fn copy(ffmpeg: Ffmpeg, file: &Path, url: &str) -> Publisher {
    let mut command = Command::new(ffmpeg.program());
    command
        .args([
            "-hide_banner",
            "-loglevel",
            "warning",
            "-nostdin",
            "-re",
            "-stream_loop",
            "-1",
            "-i",
        ])
        .arg(file);
    command.args(["-c", "copy", "-f", "flv", url]);
    Publisher::start(command)
}

/// An ffmpeg that runs; ended when dropped.
pub struct Publisher {
    child: Child,
    log: tempfile::NamedTempFile,
}

impl Publisher {
    fn start(mut command: Command) -> Self {
        let log = tempfile::NamedTempFile::new().and_then(|log| Ok((log.reopen()?, log)));
        let (writer, log): (File, _) = match log {
            Ok(log) => log,
            Err(error) => panic!("no file for ffmpeg's words: {error}"),
        };
        match command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(writer)
            .spawn()
        {
            Ok(child) => Self { child, log },
            Err(error) => panic!("ffmpeg does not start: {error}"),
        }
    }

    /// What it has said so far.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = String::new();
        let _ = self
            .log
            .reopen()
            .and_then(|mut file| file.read_to_string(&mut text));
        text
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// Where the system cannot say.
    pub fn runs(&mut self) -> bool {
        match self.child.try_wait() {
            Ok(status) => status.is_none(),
            Err(error) => panic!("no word about ffmpeg: {error}"),
        }
    }

    /// Waits until it ends by itself; its status and its words.
    ///
    /// # Panics
    /// Where it does not end.
    #[must_use]
    pub fn end(self) -> (ExitStatus, String) {
        self.end_within(MOMENT)
    }

    /// Like [`Publisher::end`], within a deadline.
    ///
    /// # Panics
    /// Where it does not end in time.
    #[must_use]
    pub fn end_within(mut self, deadline: Duration) -> (ExitStatus, String) {
        let status = until("the end of ffmpeg", deadline, || {
            self.child.try_wait().ok().flatten()
        });
        (status, self.words())
    }

    /// Ends it as a power cut would: nothing is said to the server beyond the end of the connection.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Lets it say goodbye.
    pub fn stop(mut self) {
        crate::server::signal(&self.child, "TERM");
        until("ffmpeg's goodbye", MOMENT, || {
            self.child.try_wait().ok().flatten()
        });
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- ffmpeg said:\n{}", self.words());
        }
    }
}

//! Encoders: ffmpeg with a small moving picture and a tone, in real time, and our own RTMP client.

use std::{
    fs::File,
    io::Read as _,
    net::SocketAddr,
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

/// Pictures that are sent after those which they are shown before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BFrames {
    /// No picture refers to them.
    Disposable,
    /// Pictures refer to every second one of them.
    Referred,
}

/// What to send.
#[derive(Clone, Debug)]
pub struct Encoder {
    ffmpeg: Ffmpeg,
    video: bool,
    audio: bool,
    gop_frames: u32,
    mark: Option<String>,
    b_frames: Option<BFrames>,
    options: Vec<String>,
}

/// Identifies this rig's marks among SEI messages of user data (ITU-T H.264, D.1.7); any number will do.
const MARK_UUID: &str = "086f3693b7b34f2c965321492feee5b8";
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
            mark: None,
            b_frames: None,
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

    /// With a text in each key frame, as user data (SEI): decoders ignore it, and a story finds it again in the segments.
    #[must_use]
    pub fn marked(self, text: &str) -> Self {
        Self {
            mark: Some(text.to_owned()),
            ..self
        }
    }

    /// With two B-frames between the others.
    #[must_use]
    pub fn b_frames(self, kind: BFrames) -> Self {
        Self {
            b_frames: Some(kind),
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

    /// Publishes by WHIP in real time, with this profile of H.264, without B-frames, and with Opus.
    ///
    /// # Panics
    /// Where ffmpeg cannot be started.
    #[must_use]
    pub fn publish_whip(&self, url: &str, key: &str, profile: &str) -> Publisher {
        let mut command = self.command(true);
        if self.video {
            command.args(["-profile:v", profile, "-bf", "0"]);
            if profile != "baseline" {
                // The preset is for speed, and asks for nothing that the profile would be needed for.
                command.args(["-coder", "1"]);
            }
            if profile == "high" {
                command.args(["-8x8dct", "1"]);
            }
        }
        if self.audio {
            command.args(["-c:a", "libopus", "-ac", "2", "-ar", "48000"]);
        }
        command
            .args(&self.options)
            .args(["-f", "whip", "-authorization", key, url]);
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
            command.args(match self.b_frames {
                None => &["-tune", "zerolatency"][..],
                Some(BFrames::Disposable) => &["-bf", "2", "-x264-params", "b-pyramid=none"],
                Some(BFrames::Referred) => &["-bf", "2", "-x264-params", "b-pyramid=normal"],
            });
            if let Some(mark) = &self.mark {
                // The filter marks access units that hold an SPS, so each key frame is given its own.
                let mark = format!("h264_metadata=sei_user_data={MARK_UUID}+{mark}");
                command.args(["-bsf:v", &format!("dump_extra=freq=keyframe,{mark}")]);
            }
        }
        if self.audio {
            command.args(["-c:a", "aac", "-b:a", "64k"]);
        }
        command
    }
}

/// Runs ffmpeg with arguments of the story's own: the input in real time, the output up to its address.
///
/// # Panics
/// Where ffmpeg cannot be started.
#[must_use]
pub fn run(ffmpeg: Ffmpeg, arguments: &[&str]) -> Publisher {
    let mut command = Command::new(ffmpeg.program());
    command
        .args(["-hide_banner", "-loglevel", "warning", "-nostdin"])
        .args(arguments);
    Publisher::start(command)
}

/// Publishes a prepared file as it is, over and over, in real time: costs next to nothing.
///
/// # Panics
/// Where ffmpeg cannot be started.
#[must_use]
pub fn copy(ffmpeg: Ffmpeg, file: &Path, url: &str) -> Publisher {
    copy_at(&["-re"], ffmpeg, file, url)
}

/// Publishes a prepared file over and over as fast as it is taken.
///
/// # Panics
/// Where ffmpeg cannot be started.
#[must_use]
pub fn flood(ffmpeg: Ffmpeg, file: &Path, url: &str) -> Publisher {
    copy_at(&[], ffmpeg, file, url)
}

fn copy_at(pace: &[&str], ffmpeg: Ffmpeg, file: &Path, url: &str) -> Publisher {
    let mut command = Command::new(ffmpeg.program());
    command
        .args(["-hide_banner", "-loglevel", "warning", "-nostdin"])
        .args(pace)
        .args(["-stream_loop", "-1", "-i"])
        .arg(file)
        .args(["-c", "copy", "-f", "flv", url]);
    Publisher::start(command)
}

/// Publishes a prepared file by our own RTMP client (`crates/rtmp/examples/publish.rs`), with application and name as they are sent.
///
/// # Panics
/// Where it cannot be started.
#[must_use]
pub fn ours(server: SocketAddr, app: &str, name: &str, file: &Path) -> Publisher {
    let mut command = Command::new(tool("PUBLISH_BIN"));
    command.args([&server.to_string(), app, name]).arg(file);
    Publisher::start(command)
}

/// An encoder that runs; ended when dropped.
pub struct Publisher {
    child: Child,
    log: tempfile::NamedTempFile,
}

impl Publisher {
    fn start(mut command: Command) -> Self {
        // Appending, since both outputs write into it.
        let log = tempfile::NamedTempFile::new().and_then(|log| {
            let out = File::options().append(true).open(log.path())?;
            Ok((out.try_clone()?, out, log))
        });
        let (stdout, stderr, log) = match log {
            Ok(log) => log,
            Err(error) => panic!("no file for the encoder's words: {error}"),
        };
        match command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
        {
            Ok(child) => Self { child, log },
            Err(error) => panic!("the encoder does not start: {error}"),
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
            Err(error) => panic!("no word about the encoder: {error}"),
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
        let status = until("the end of the encoder", deadline, || {
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
        until("the encoder's goodbye", MOMENT, || {
            self.child.try_wait().ok().flatten()
        });
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the encoder said:\n{}", self.words());
        }
    }
}

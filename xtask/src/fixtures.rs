//! `cargo xtask fixtures`: the committed media, made by FFmpeg from its own sources.

mod demo;
mod files;
mod silence;

use anyhow::Result;

use crate::{run, tools};

/// Makes the loop of the test signal, the sample library, sound and silence, and the media of the decoding matrix.
pub fn make() -> Result<()> {
    test_signal()?;
    demo::make()?;
    silence::make()?;
    files::make()?;
    std::fs::create_dir_all(run::root().join(MATRIX))?;
    for picture in &PICTURES {
        picture.make()?;
    }
    SOUNDS.iter().try_for_each(Sound::make)
}

/// A moving picture with a running clock and counter, and a tone that beeps each second.
fn test_signal() -> Result<()> {
    let out = "crates/server/assets/test-signal.flv";
    std::fs::create_dir_all(run::root().join("crates/server/assets"))?;
    encode(
        "test signal",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=640x360:rate=30",
            "-f",
            "lavfi",
            "-i",
            // 440 Hz, interrupted by a higher beep at the start of each second; whole periods fit the loop.
            "aevalsrc=0.12*sin(2*PI*440*t)+0.25*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.08)|0.12*sin(2*PI*440*t)+0.25*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.08):s=48000",
            "-t",
            "8",
            "-c:v",
            "libx264",
            "-preset",
            "veryslow",
            "-tune",
            "zerolatency",
            "-profile:v",
            "main",
            "-pix_fmt",
            "yuv420p",
            "-b:v",
            "360k",
            "-maxrate",
            "480k",
            "-bufsize",
            "360k",
            "-x264-params",
            "keyint=30:min-keyint=30:scenecut=0:bframes=0",
            "-c:a",
            "aac",
            "-b:a",
            "64k",
            out,
        ],
    )
}

/// Where the media of the decoding matrix lie.
const MATRIX: &str = "tests/e2e/fixtures";

/// Pictures of the matrix: tiny ones, each different from all others, so that a picture's hash is its name.
struct Picture {
    name: &'static str,
    profile: &'static str,
    rate: &'static str,
    frames: &'static str,
    x264: &'static str,
}

/// Two groups of 600 pictures each, so that the matrix can cut every length it needs off them, and two streams that have an
/// IDR picture at their start alone.
const PICTURES: [Picture; 6] = [
    Picture {
        name: "baseline",
        profile: "baseline",
        rate: "30",
        frames: "1200",
        x264: "keyint=600:min-keyint=600:scenecut=0:slices=2",
    },
    Picture {
        name: "main",
        profile: "main",
        rate: "25",
        frames: "1200",
        x264: "keyint=600:min-keyint=600:scenecut=0:bframes=2:b-adapt=0:b-pyramid=none:aud=1",
    },
    Picture {
        name: "high",
        profile: "high",
        rate: "30",
        frames: "1200",
        x264: "keyint=600:min-keyint=600:scenecut=0:bframes=3:b-adapt=0:b-pyramid=normal:repeat-headers=1",
    },
    Picture {
        name: "ntsc",
        profile: "high",
        rate: "30000/1001",
        frames: "1200",
        x264: "keyint=600:min-keyint=600:scenecut=0:bframes=3:b-adapt=0:b-pyramid=normal:repeat-headers=1",
    },
    Picture {
        name: "open-groups",
        profile: "high",
        rate: "30",
        frames: "240",
        x264: "keyint=48:min-keyint=48:scenecut=0:open-gop=1:bframes=2:b-adapt=0:b-pyramid=none",
    },
    Picture {
        name: "intra-refresh",
        profile: "main",
        rate: "30",
        frames: "240",
        x264: "keyint=48:min-keyint=48:scenecut=0:intra-refresh=1:bframes=0:ref=1",
    },
];

impl Picture {
    fn make(&self) -> Result<()> {
        let input = format!("testsrc2=size=128x72:rate={}", self.rate);
        let out = format!("{MATRIX}/{}.flv", self.name);
        let mut arguments = vec!["-f", "lavfi", "-i", &input, "-frames:v", self.frames];
        arguments.extend(["-c:v", "libx264", "-preset", "veryslow", "-crf", "40"]);
        arguments.extend(["-profile:v", self.profile, "-pix_fmt", "yuv420p"]);
        arguments.extend(["-x264-params", self.x264, "-threads", "1", &out]);
        encode(self.name, &arguments)
    }
}

/// Sound of the matrix: a tone that rises, so that every frame differs; as long as the longest case.
struct Sound {
    name: &'static str,
    rate: &'static str,
    channels: &'static str,
    bit_rate: &'static str,
}

const SOUNDS: [Sound; 4] = [
    Sound {
        name: "48-stereo",
        rate: "48000",
        channels: "2",
        bit_rate: "24k",
    },
    Sound {
        name: "48-mono",
        rate: "48000",
        channels: "1",
        bit_rate: "16k",
    },
    Sound {
        name: "44-stereo",
        rate: "44100",
        channels: "2",
        bit_rate: "24k",
    },
    Sound {
        name: "44-mono",
        rate: "44100",
        channels: "1",
        bit_rate: "16k",
    },
];

impl Sound {
    fn make(&self) -> Result<()> {
        let input = format!(
            "aevalsrc=0.2*sin(2*PI*(300+40*t)*t)|0.2*sin(2*PI*(900-10*t)*t):s={}:d=26",
            self.rate
        );
        let out = format!("{MATRIX}/{}.flv", self.name);
        // Without noise substitution, so that a frame decodes to the same samples wherever decoding began.
        encode(
            self.name,
            &[
                "-f",
                "lavfi",
                "-i",
                &input,
                "-ac",
                self.channels,
                "-c:a",
                "aac",
                "-aac_pns",
                "0",
                "-b:a",
                self.bit_rate,
                &out,
            ],
        )
    }
}

/// Runs the system's FFmpeg so that the same version makes the same bytes; the last argument is the file.
fn encode(what: &str, arguments: &[&str]) -> Result<()> {
    let Some((out, arguments)) = arguments.split_last() else {
        return Ok(());
    };
    let mut command = run::command(
        tools::system_ffmpeg()?,
        &["-hide_banner", "-loglevel", "warning", "-y"],
    );
    command
        .args(arguments)
        .args(["-flvflags", "no_duration_filesize", "-bitexact", out]);
    run::run(what, &mut command)
}

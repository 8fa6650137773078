//! `cargo xtask fixtures`: the committed media, made by FFmpeg from its own sources.

use anyhow::Result;

use crate::{run, tools};

/// Makes the loop of the test signal: a moving picture with a running clock and counter, and a tone that beeps each second.
pub fn make() -> Result<()> {
    let ffmpeg = tools::system_ffmpeg()?;
    let out = "crates/server/assets/test-signal.flv";
    std::fs::create_dir_all(run::root().join("crates/server/assets"))?;
    run::run(
        "test signal",
        &mut run::command(
            ffmpeg,
            &[
                "-hide_banner",
                "-loglevel",
                "warning",
                "-y",
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
                "-flvflags",
                "no_duration_filesize",
                "-bitexact",
                out,
            ],
        ),
    )
}

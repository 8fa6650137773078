//! `cargo xtask test`: every test there is.

use anyhow::Result;

use crate::{run, tools};

/// Unit, property and contract tests first; then the stories over the real binary.
pub fn all() -> Result<()> {
    tools::npm_ci("web-ui")?;
    run::run(
        "web-ui: tests",
        run::command("npm", &["test", "--silent"]).current_dir(run::root().join("web-ui")),
    )?;
    run::run(
        "tests of the crates",
        &mut run::cargo(&["test", "--workspace", "--exclude", "e2e", "--locked"]),
    )?;
    stories()
}

fn stories() -> Result<()> {
    let python = tools::python()?;
    let modern = tools::modern_ffmpeg(&python)?;
    let system = tools::system_ffmpeg()?;
    let chromium = tools::chromium()?;
    let curl = tools::curl()?;
    let nginx = tools::nginx()?;
    tools::npm_ci("tests/e2e/browser")?;
    run::run(
        "release build",
        &mut run::cargo(&["build", "--release", "--locked", "--package", "server"]),
    )?;
    run::run(
        "release build of our own RTMP client",
        &mut run::cargo(&[
            "build",
            "--release",
            "--locked",
            "--package",
            "rtmp",
            "--example",
            "publish",
        ]),
    )?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| run::root().join("target"), Into::into);
    run::run(
        "stories",
        run::cargo(&[
            "test",
            "--locked",
            "--package",
            "e2e",
            // One that fails is not to hide how the others do.
            "--no-fail-fast",
            "--",
            "--test-threads",
            "2",
        ])
        .env("SERVER_BIN", target.join("release/media-server"))
        .env("PUBLISH_BIN", target.join("release/examples/publish"))
        .env("FFMPEG_MODERN", modern)
        .env("FFMPEG_SYSTEM", system)
        .env("CHROMIUM", chromium)
        .env("CURL", curl)
        .env("NGINX", nginx)
        .env("PYTHON", python),
    )
}

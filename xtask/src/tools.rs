//! What the tests need beside Rust, installed into `.tools/` or by the system's package manager.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::run;

/// A folder below `.tools/`, made where it is missing.
pub fn folder(name: &str) -> Result<PathBuf> {
    let path = run::root().join(".tools").join(name);
    fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// Installs exactly what a folder's `package-lock.json` says, once per content of that file.
pub fn npm_ci(place: &str) -> Result<()> {
    let place = run::root().join(place);
    let lock = fs::read_to_string(place.join("package-lock.json"))?;
    let stamp = place.join("node_modules/.installed-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if !run::has("npm") {
        bail!("npm is needed for {} and is not installed", place.display());
    }
    run::run(
        "npm packages",
        run::command(
            "npm",
            &["ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        )
        .current_dir(&place),
    )?;
    // esbuild's and other binaries come as packages of their own; no script has to run.
    fs::write(stamp, lock)?;
    Ok(())
}

/// Python in a virtual environment of its own, with what `tests/e2e/requirements.txt` pins.
pub fn python() -> Result<PathBuf> {
    let venv = folder("python")?;
    let pins = run::root().join("tests/e2e/requirements.txt");
    let wanted = fs::read_to_string(&pins).with_context(|| pins.display().to_string())?;
    let stamp = venv.join("installed");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        let path = venv.to_string_lossy().into_owned();
        run::run(
            "Python environment",
            &mut run::command("python3", &["-m", "venv", &path]),
        )
        .or_else(|_| {
            apt(&["python3-venv"]).and_then(|()| {
                run::run(
                    "Python environment",
                    &mut run::command("python3", &["-m", "venv", &path]),
                )
            })
        })?;
        let pins = pins.to_string_lossy();
        run::run(
            "pinned FFmpeg and aiortc",
            &mut run::command(
                venv.join("bin/pip"),
                &[
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--requirement",
                    &pins,
                ],
            ),
        )?;
        fs::write(&stamp, &wanted)?;
    }
    Ok(venv.join("bin/python"))
}

/// A modern FFmpeg: that of a wheel.
pub fn modern_ffmpeg(python: &Path) -> Result<PathBuf> {
    let path = run::output(&mut run::command(
        python,
        &[
            "-c",
            "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())",
        ],
    ))?;
    Ok(PathBuf::from(path.trim()))
}

/// The system's FFmpeg, an older one, as many encoders' users have it.
pub fn system_ffmpeg() -> Result<PathBuf> {
    system("ffmpeg", &["ffmpeg"])
}

/// The system's Chromium.
pub fn chromium() -> Result<PathBuf> {
    system("chromium", &["chromium"])
}

/// curl, as developers type it.
pub fn curl() -> Result<PathBuf> {
    system("curl", &["curl"])
}

/// nginx, to measure ourselves beside it, and as the caching proxy that operators put in front.
pub fn nginx() -> Result<PathBuf> {
    system("nginx", &["nginx-light"])
}

/// The command line of SQLite.
pub fn sqlite() -> Result<PathBuf> {
    system("sqlite3", &["sqlite3"])
}

fn system(program: &str, packages: &[&str]) -> Result<PathBuf> {
    if let Some(path) = find(program) {
        return Ok(path);
    }
    apt(packages)?;
    find(program)
        .with_context(|| format!("`{program}` is still missing after installing {packages:?}"))
}

fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
}

fn apt(packages: &[&str]) -> Result<()> {
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("{packages:?} must be installed by hand: this system has no apt");
    }
    run::run(
        "apt: package lists",
        &mut run::command("apt-get", &["update", "-qq"]),
    )?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    run::run(
        &format!("apt: {}", packages.join(" ")),
        run::command("apt-get", &arguments).env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

//! `cargo xtask fuzz TARGET`: libFuzzer through cargo-fuzz, keeping the corpus that the ordinary tests replay.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::run;

/// Longest input that is tried, in bytes: deep enough for every parser, short enough that a corpus stays small.
const INPUT_BYTES_MAX: u32 = 4096;

/// Fuzzes one target for so many seconds, from its corpus and into it.
pub fn run(target: &str, seconds: u32) -> Result<()> {
    let corpus = corpus(target)?;
    if !run::has("cargo-fuzz") {
        run::run(
            "installing cargo-fuzz",
            &mut run::cargo(&["install", "cargo-fuzz", "--version", "0.13.2", "--locked"]),
        )?;
    }
    // The address sanitizer is an unstable flag; this lets the stable compiler take it.
    run::run(
        &format!("fuzz {target}"),
        run::cargo(&["fuzz", "run", target])
            .arg(corpus)
            .args([
                "--",
                &format!("-max_total_time={seconds}"),
                &format!("-max_len={INPUT_BYTES_MAX}"),
            ])
            .args(["-timeout=5", "-rss_limit_mb=1024"])
            .env("RUSTC_BOOTSTRAP", "1"),
    )
}

/// The target's corpus: beside its source, in the crate that owns the parser.
fn corpus(target: &str) -> Result<PathBuf> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(run::root().join("crates"))? {
        let fuzz = entry?.path().join("fuzz");
        for source in fs::read_dir(&fuzz).into_iter().flatten() {
            let source = source?.path();
            let Some(name) = source.file_stem().filter(|_| source.is_file()) else {
                continue;
            };
            if name == target {
                let corpus = fuzz.join("corpus").join(target);
                fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
                return Ok(corpus);
            }
            targets.push(name.to_string_lossy().into_owned());
        }
    }
    targets.sort();
    bail!(
        "there is no fuzz target `{target}`; there are: {}",
        targets.join(", ")
    )
}

//! `cargo xtask fuzz TARGET`: libFuzzer through cargo-fuzz, keeping the corpus that the ordinary tests replay.

use anyhow::Result;

use crate::run;

/// Fuzzes one target for so many seconds.
pub fn run(target: &str, seconds: u32) -> Result<()> {
    if !run::has("cargo-fuzz") {
        run::run("installing cargo-fuzz", &mut run::cargo(&["install", "cargo-fuzz", "--version", "0.13.2", "--locked"]))?;
    }
    // The address sanitizer is an unstable flag; this lets the stable compiler take it.
    run::run(
        &format!("fuzz {target}"),
        run::cargo(&["fuzz", "run", target, "--", &format!("-max_total_time={seconds}"), "-timeout=5", "-rss_limit_mb=1024"])
            .env("RUSTC_BOOTSTRAP", "1"),
    )
}

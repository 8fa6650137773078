//! `cargo xtask bench …`: what the goals of stored media are measured with. Figures go to standard output; what they mean, to
//! `docs/performance.md`.
//!
//! Servers are pinned to the first core and whatever loads them to the second one, so that the two do not take time from each other. Cost
//! is CPU time of the server's process from `/proc`, which a busy machine disturbs less than it does the clock.

mod client;
mod cold;
mod library;
mod load;
mod process;
mod upload;
mod vod;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::run;

/// Delivery of stored videos beside nginx.
pub fn vod() -> Result<()> {
    vod::run()
}

/// Small answers beside viewers of files that are not in memory; also those of another binary.
pub fn cold(other: Option<&Path>) -> Result<()> {
    cold::run(other)
}

/// Pages of a library of 100 and of 100,000 items; of these builds too, in turns.
pub fn library(others: &[&str]) -> Result<()> {
    library::run(others)
}

/// A large upload and its packaging, of so many gigabytes.
pub fn upload(gigabytes: u64) -> Result<()> {
    upload::run(gigabytes)
}

/// An empty folder for a benchmark. It stays until the next run, so that a log can be read.
fn folder(name: &str) -> Result<PathBuf> {
    let path = run::root().join("target/bench").join(name);
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// Median, least and most.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        Self {
            median: at(values.len() / 2),
            least: at(0),
            most: at(values.len().saturating_sub(1)),
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            median,
            least,
            most,
        } = self;
        write!(f, "{median:.2} ({least:.2} to {most:.2})")
    }
}

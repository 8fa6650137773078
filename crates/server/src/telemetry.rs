//! Logs, on standard error. Standard output is for what scripts read.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Starts logging as configured; the words of `log.level` are those of `tracing`'s filter.
pub fn start(config: &Config) {
    let filter =
        EnvFilter::try_new(config.text("log.level")).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start in one process (tests) keeps the first.
    let _ = if config.text("log.format") == "json" {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}

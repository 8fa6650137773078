//! The rig of the stories over the real binary: starts it on free ports of the loopback, drives its command line, publishes with
//! ffmpeg, and watches with a small blocking HTTP client.
//!
//! Assumes the tools that `cargo xtask test` installs and names in the environment; a story without its tool panics and says so,
//! it is never skipped. Nothing here sleeps for a guess: what is awaited has a name and a deadline, and a deadline that passes
//! is a finding. Every child is ended by its id when its owner is dropped.

pub mod browser;
pub mod encoder;
pub mod http;
pub mod playlist;
pub mod relay;
pub mod server;
pub mod wait;

pub use browser::{Browser, Devices, Profile, Sound};
pub use encoder::{BFrames, Encoder, FFMPEGS, Ffmpeg, Publisher};
pub use http::{Answer, Client};
pub use playlist::Media;
pub use relay::{Datagrams, Mischief, Relay, Weather};
pub use server::Server;
pub use wait::{MOMENT, until};

use std::path::{Path, PathBuf};

/// A tool that the environment names.
///
/// # Panics
/// Where it names none: the stories do not run alone.
#[must_use]
pub fn tool(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => panic!("{variable} names no program; run `cargo xtask test`"),
    }
}

/// A file of the demo's sample library.
#[must_use]
pub fn sample(name: &str) -> PathBuf {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/server/assets/demo");
    samples.join(name)
}

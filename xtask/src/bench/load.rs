//! The load: connections that stay open, each asking for one thing after the other.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{
    client::{Body, Client},
    process::Running,
};

/// Something to ask for: a target, and fields with their line ends.
pub type Request = (String, String);

/// What a round gave.
pub struct Round {
    /// Bytes of bodies.
    pub bytes: u64,
    /// Answers.
    pub answers: u64,
    /// Seconds by the clock.
    pub seconds: f64,
    /// CPU seconds of the server in user space.
    pub user_s: f64,
    /// CPU seconds of the server in the kernel.
    pub kernel_s: f64,
}

impl Round {
    /// Gigabytes of bodies in a CPU second of the server.
    pub fn gigabytes_per_cpu_s(&self) -> f64 {
        self.bytes as f64 / 1e9 / (self.user_s + self.kernel_s)
    }
}

/// Loads a server for so long; every answer must be a good one and as long as it says.
pub fn run(
    server: &Running,
    address: &str,
    requests: &[Request],
    connections: usize,
    length: Duration,
) -> Result<Round> {
    if requests.is_empty() {
        bail!("nothing to ask for");
    }
    let (bytes, answers) = (AtomicU64::new(0), AtomicU64::new(0));
    let before = server.cpu_s()?;
    let start = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..connections)
            .map(|number| {
                let (bytes, answers) = (&bytes, &answers);
                scope.spawn(move || -> Result<()> {
                    let mut client = Client::connect(address)?;
                    // Each begins elsewhere, so that they do not walk in step.
                    let first = number * requests.len() / connections;
                    for (target, fields) in requests.iter().cycle().skip(first) {
                        if start.elapsed() > length {
                            break;
                        }
                        let answer = client.get(target, fields, Body::Counted)?;
                        if !matches!(answer.status, 200 | 206) || answer.length == 0 {
                            bail!("{target}: {}", answer.head);
                        }
                        bytes.fetch_add(answer.length, Ordering::Relaxed);
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            worker.join().ok().context("a connection panicked")??;
        }
        Ok(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let after = server.cpu_s()?;
    Ok(Round {
        bytes: bytes.into_inner(),
        answers: answers.into_inner(),
        seconds,
        user_s: after.0 - before.0,
        kernel_s: after.1 - before.1,
    })
}

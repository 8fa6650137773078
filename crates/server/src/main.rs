//! Media Server: the program. Sees every room of the house, puts them together, and decides nothing.

mod assemble;
mod check;
mod cli;
mod config;
mod control;
mod demo;
mod fetch;
mod hls_check;
mod metrics;
mod ports;
mod process;
mod serve;
mod signals;
mod telemetry;
mod test_signal;
mod vault;

use std::process::ExitCode;

// Without huge pages (`no_thp`): each of them is 2 MB of memory for the first byte, and an idle server touches many.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}

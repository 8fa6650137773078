//! What a person runs and what CI runs, the same.

mod abuse;
mod arch;
mod bench;
mod check;
mod fixtures;
mod fuzz;
mod run;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask check          formatting, lints, arrows between crates, generated files, licences
cargo xtask test           every test; installs what it needs below .tools/ or by apt
cargo xtask arch           only the arrows between crates
cargo xtask generate       writes the generated files anew (reference pages, web-ui build)
cargo xtask fixtures       makes the committed media anew with ffmpeg
cargo xtask fuzz TARGET [SECONDS]   fuzzes one target (60 s), keeping its corpus
cargo xtask bench vod      stored videos beside nginx: bytes per CPU second
cargo xtask bench cold [BINARY]  small answers beside viewers of cold files on a slow disk, beside another binary (root)
cargo xtask bench library [BINARY…]   pages, start and memory with 100 and 100,000 items, beside other builds
cargo xtask bench upload [GB]   memory and time of a large upload (5 GB; takes four times that on the disk)
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["check"] => check::all(),
        ["test"] => test::all(),
        ["arch"] => arch::check(),
        ["generate"] => check::generate(),
        ["fixtures"] => fixtures::make(),
        ["fuzz", target] => fuzz::run(target, 60),
        ["fuzz", target, seconds] => seconds
            .parse()
            .map_err(Into::into)
            .and_then(|s| fuzz::run(target, s)),
        ["bench", "vod"] => bench::vod(),
        ["bench", "cold"] => bench::cold(None),
        ["bench", "cold", other] => bench::cold(Some(other.as_ref())),
        ["bench", "library", ref others @ ..] => bench::library(others),
        ["bench", "upload"] => bench::upload(5),
        ["bench", "upload", gigabytes] => gigabytes
            .parse()
            .map_err(Into::into)
            .and_then(bench::upload),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

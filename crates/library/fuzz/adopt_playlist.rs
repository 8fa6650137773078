//! A libFuzzer target; what it does stands in `inputs/playlist.rs`, which the ordinary tests replay the corpus with.
#![no_main]

#[path = "inputs/playlist.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| input::run(data));

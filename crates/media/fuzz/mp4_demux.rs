//! A libFuzzer target; what it does stands in `inputs/mp4.rs`, which the ordinary tests replay the corpus with.
#![no_main]

#[path = "inputs/mp4.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| input::run(data));

//! A libFuzzer target; what it does stands in `inputs/index.rs`, which the ordinary tests replay the corpus with.
#![no_main]

#[path = "inputs/index.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| input::run(data));

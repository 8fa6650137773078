//! A libFuzzer target; what it does stands in `inputs/request.rs`, which the ordinary tests replay the corpus with.
#![no_main]

#[path = "inputs/request.rs"]
mod input;
#[path = "../tests/stories/rig.rs"]
#[expect(dead_code, reason = "a rig of many stories")]
mod rig;
#[path = "../tests/stories/rules.rs"]
mod rules;

libfuzzer_sys::fuzz_target!(|data: &[u8]| input::run(data));

//! Replays the fuzz target's corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/index.rs"]
mod index;

#[test]
fn indexes_are_read_or_refused() {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), "record_index", index::run);
}

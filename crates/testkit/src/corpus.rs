//! Replays what fuzz targets have kept: inputs that once reached a new place in the code, or broke it.

use std::{fs, path::Path, thread};

/// Runs each input of `fuzz/corpus/<target>` below `crate_folder` (`env!("CARGO_MANIFEST_DIR")`); names the one that fails.
///
/// # Panics
/// Where the corpus is missing or empty, and where `run` does.
pub fn replay(crate_folder: &str, target: &str, run: impl Fn(&[u8])) {
    let corpus = Path::new(crate_folder).join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&corpus).expect("the corpus is committed");
    let mut count = 0;
    for entry in entries {
        let path = entry.expect("a folder can be listed to its end").path();
        let input = fs::read(&path).expect("the corpus is readable");
        let _named = Named(&path);
        run(&input);
        count += 1;
    }
    assert!(count > 0, "{target} has a corpus");
}

/// Says which input it was, when a panic passes by.
struct Named<'a>(&'a Path);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the input is {}", self.0.display());
        }
    }
}

//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

use std::{fs, path::Path};

#[path = "../fuzz/inputs/slug.rs"]
mod slug;
#[path = "../fuzz/inputs/token.rs"]
mod token;

fn replay(target: &str, run: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(corpus).expect("the corpus is committed") {
        run(&fs::read(entry.expect("a file").path()).expect("readable"));
        count += 1;
    }
    assert!(count > 0, "{target} has a corpus");
}

#[test]
fn slugs_stay_within_their_grammar() {
    replay("slug", slug::run);
}

#[test]
fn only_tokens_that_were_given_are_taken() {
    replay("grant_token", token::run);
}

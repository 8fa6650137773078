//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/slug.rs"]
mod slug;
#[path = "../fuzz/inputs/token.rs"]
mod token;

fn replay(target: &str, run: impl Fn(&[u8])) {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), target, run);
}

#[test]
fn slugs_stay_within_their_grammar() {
    replay("slug", slug::run);
}

#[test]
fn only_tokens_that_were_given_are_taken() {
    replay("grant_token", token::run);
}

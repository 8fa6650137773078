//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

use std::{fs, path::Path};

#[path = "../fuzz/inputs/client.rs"]
mod client;
#[path = "../fuzz/inputs/landing.rs"]
mod landing;
#[path = "../fuzz/inputs/server.rs"]
mod server;

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
fn server_inputs_end_quietly() {
    replay("rtmp_server", server::run);
}

#[test]
fn client_inputs_end_quietly() {
    replay("rtmp_client", client::run);
}

#[test]
fn landings_stay_within_bounds() {
    replay("rtmp_landing", landing::run);
}

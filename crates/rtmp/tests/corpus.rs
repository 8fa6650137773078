//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/client.rs"]
mod client;
#[path = "../fuzz/inputs/landing.rs"]
mod landing;
#[path = "../fuzz/inputs/server.rs"]
mod server;

fn replay(target: &str, run: impl Fn(&[u8])) {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), target, run);
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

//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/h264.rs"]
mod h264;
#[path = "../fuzz/inputs/rtcp.rs"]
mod rtcp;
#[path = "../fuzz/inputs/rtp.rs"]
mod rtp;
#[path = "../fuzz/inputs/srtp.rs"]
mod srtp;

fn replay(target: &str, run: impl Fn(&[u8])) {
    testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), target, run);
}

#[test]
fn compound_packets_say_a_bounded_lot() {
    replay("rtcp_read", rtcp::run);
}

#[test]
fn rtp_packets_are_read_within_their_bytes() {
    replay("rtp_read", rtp::run);
}

#[test]
fn only_protected_packets_are_taken_and_once() {
    replay("srtp_unprotect", srtp::run);
}

#[test]
fn access_units_become_packets_that_fit() {
    replay("rtp_h264", h264::run);
}

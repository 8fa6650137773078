//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/fragment.rs"]
mod fragment;
#[path = "../fuzz/inputs/framing.rs"]
mod framing;
#[path = "../fuzz/inputs/h264.rs"]
mod h264;
#[path = "../fuzz/inputs/peer.rs"]
mod peer;
#[path = "../fuzz/inputs/rtcp.rs"]
mod rtcp;
#[path = "../fuzz/inputs/rtp.rs"]
mod rtp;
#[path = "../fuzz/inputs/sdp.rs"]
mod sdp;
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

/// Abuse case D3.
#[test]
fn offers_are_answered_section_by_section_or_refused() {
    replay("sdp_offer", sdp::run);
}

#[test]
fn fragments_bring_credentials_that_fit_or_none() {
    replay("sdp_fragment", fragment::run);
}

/// Abuse cases D5, D6.
#[test]
fn strangers_are_not_answered_and_nobody_is_believed_without_a_key() {
    replay("peer_receive", peer::run);
}

#[test]
fn frames_do_not_depend_on_the_pieces_they_came_in() {
    replay("tcp_framing", framing::run);
}

//! Replays the fuzz targets' corpus: inputs that once reached a new place in the code, or broke it.

#[path = "../fuzz/inputs/fragment.rs"]
mod fragment;
#[path = "../fuzz/inputs/framing.rs"]
mod framing;
#[path = "../fuzz/inputs/h264.rs"]
mod h264;
#[path = "../fuzz/inputs/offer.rs"]
mod offer;
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

/// Abuse case D10.
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

#[test]
fn offers_to_publish_are_answered_whole_or_refused() {
    replay("whip_offer", offer::run);
}

/// Offers of real clients with lines lost, doubled, swapped and other numbers in them.
#[test]
fn odd_offers_to_publish_harm_nothing() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/whip_offer");
    let files = std::fs::read_dir(folder).expect("the corpus is committed");
    let texts: Vec<String> = files
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a text"))
        .collect();
    let mut dice = 1_u64;
    let mut draw = |below: usize| {
        // Knuth's generator: the same offers each time.
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % below.max(1)
    };
    for round in 0..400 {
        let mut lines: Vec<String> = texts[round % texts.len()]
            .split("\r\n")
            .map(str::to_owned)
            .collect();
        for _ in 0..=draw(3) {
            let (at, to) = (draw(lines.len()), draw(lines.len()));
            match draw(5) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(to, lines[at].clone()),
                2 => lines.swap(at, to),
                3 => {
                    // One number for another.
                    let digit = char::from(b'0' + draw(10) as u8);
                    let other = char::from(b'0' + draw(10) as u8);
                    lines[at] = lines[at].replace(digit, &other.to_string());
                }
                _ => {
                    let from = (0..draw(lines[at].len() + 1)).rev();
                    let cut = from
                        .into_iter()
                        .find(|cut| lines[at].is_char_boundary(*cut));
                    lines[at].truncate(cut.unwrap_or(0));
                }
            }
        }
        offer::run(lines.join("\r\n").as_bytes());
    }
}

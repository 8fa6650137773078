//! An offer of a client, and the answer to it.

use std::net::{Ipv4Addr, SocketAddr};

use webrtc::{
    peer::IceCreds,
    sdp::{Local, Offer, Wish, answer},
};

/// Panics where an answer is no description, has other sections than its offer, or is out of proportion.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(offer) = Offer::parse(text) else {
        return;
    };
    let address = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 8189));
    let credentials = IceCreds {
        ufrag: "abcd".to_owned(),
        pass: "abcdefghijklmnopqrstuvwx".to_owned(),
    };
    let wish = Wish {
        h264: Some([0x64, 0, 0x28]),
        opus: true,
    };
    let local = Local {
        credentials: &credentials,
        fingerprint: [7; 32],
        udp: &[address],
        tcp: &[address],
        is_lite: false,
        session: 1,
        ssrcs: [1, 2, 3],
    };
    let Ok(answer) = answer(&offer, &wish, &local) else {
        return;
    };
    let kinds = answer.text.split_terminator("\r\n").map(|line| {
        let (kind, rest) = line.split_at(line.len().min(2));
        assert!(
            kind.ends_with('=') && !rest.contains(['\r', '\n']),
            "{line:?}"
        );
        kind
    });
    let sections = kinds.filter(|kind| *kind == "m=").count();
    assert_eq!(sections, offer.sections.len());
    assert!(answer.text.len() <= 4096 + 2 * data.len());
}

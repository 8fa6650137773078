//! An offer to publish.

use std::{sync::OnceLock, time::Instant};

use webrtc::{
    peer::{IceCreds, Identity},
    sdp::Offer,
    whip::{Door, Session},
};

/// Panics where an answer lacks what every answer has, or has more sections than the offer.
pub fn run(data: &[u8]) {
    static SHARED: OnceLock<(Identity, Instant)> = OnceLock::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "no moment can be made of nothing"
    )]
    let (identity, now) = SHARED.get_or_init(|| {
        let identity = Identity::generate().expect("there is randomness");
        (identity, Instant::now())
    });
    let Ok(offer) = Offer::parse(&String::from_utf8_lossy(data)) else {
        return;
    };
    let sections = offer.sections.len();
    let door = Door {
        identity,
        credentials: IceCreds {
            ufrag: "srv1".into(),
            pass: "abcdefghijklmnopqrstuvwx".into(),
        },
        udp: &[([192, 0, 2, 1], 8189).into()],
        tcp: &[],
    };
    let Ok((_, answer)) = Session::answer(offer, &door, *now) else {
        return;
    };
    let count = |begin: &str| {
        answer
            .split("\r\n")
            .filter(|line| line.starts_with(begin))
            .count()
    };
    assert_eq!(count("m="), sections, "{answer}");
    assert_eq!(count("a=recvonly"), sections, "{answer}");
    assert_eq!(count("a=ice-ufrag:srv1"), sections, "{answer}");
    assert_eq!(count("a=end-of-candidates"), 1, "{answer}");
}

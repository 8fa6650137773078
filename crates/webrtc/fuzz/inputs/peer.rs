//! Datagrams of strangers and of a client: the first byte says whether a client has shown itself by checks before, then each datagram is
//! preceded by its length in two bytes.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::OnceLock,
    time::{Duration, Instant},
};

use webrtc::{
    peer::{IceCreds, Identity, Output, Peer, Route, StunMessage},
    sdp::{Carrier, Offer},
};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    a=ice-ufrag:them\r\na=ice-pwd:theirstheirstheirstheirs\r\n\
    a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n\
    a=setup:actpass\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";
/// Records of DTLS in answer to one datagram of a client whose address is known: a flight of the server's side.
const FLIGHT_BYTES_MAX: usize = 64 * 1024;

/// Panics where a stranger is answered, or anybody is believed who knows no key.
pub fn run(data: &[u8]) {
    static SHARED: OnceLock<(Identity, Instant)> = OnceLock::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "no moment can be made of nothing"
    )]
    let (identity, start) = SHARED.get_or_init(|| {
        let identity = Identity::generate().unwrap_or_else(|error| panic!("{error}"));
        (identity, Instant::now())
    });
    let Some((mode, mut rest)) = data.split_first() else {
        return;
    };
    let offer = Offer::parse(OFFER).unwrap_or_else(|error| panic!("{error}"));
    let local = IceCreds {
        ufrag: "ours".to_owned(),
        pass: "oursoursoursoursoursours".to_owned(),
    };
    let mut now = *start;
    let mut peer = Peer::new(identity, local, &offer, false, false, now);
    let route = Route {
        carrier: Carrier::Udp,
        local: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 8189)),
        remote: SocketAddr::from((Ipv4Addr::new(198, 51, 100, 7), 40_000)),
    };
    let is_client = mode & 1 == 1;
    if is_client {
        show_itself(&mut peer, route, now);
    }
    let _ = std::iter::from_fn(|| peer.poll()).count();
    while let Some((head, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*head)).min(after.len());
        let (datagram, next) = after.split_at(length);
        rest = next;
        now += Duration::from_millis(20);
        match StunMessage::parse(datagram) {
            Ok(message) => drop(peer.receive_check(now, route, message)),
            Err(_) => peer.receive(now, route, datagram),
        }
        let mut sent = 0;
        while let Some(output) = peer.poll() {
            match output {
                Output::Transmit(_, bytes) => sent += bytes.len(),
                Output::Connected | Output::Rtcp(_) => panic!("believed without a key"),
                Output::Closed(_) => {}
            }
        }
        assert!(sent <= FLIGHT_BYTES_MAX);
        assert!(is_client || sent == 0, "a stranger was answered");
    }
    assert!(peer.sending().is_none());
}

/// A check as the client sends it, with the session's password.
fn show_itself(peer: &mut Peer, route: Route, now: Instant) {
    let mut client = is::IceAgent::new(IceCreds {
        ufrag: "them".to_owned(),
        pass: "theirstheirstheirstheirs".to_owned(),
    });
    client.set_remote_credentials(IceCreds {
        ufrag: "ours".to_owned(),
        pass: "oursoursoursoursoursours".to_owned(),
    });
    client.set_controlling(true);
    let candidate = |address: SocketAddr| {
        let text = webrtc::sdp::candidate(address, 0, Carrier::Udp);
        is::Candidate::from_sdp_string(&text).unwrap_or_else(|error| panic!("{error}"))
    };
    let _ = client.add_local_candidate(candidate(route.remote));
    client.add_remote_candidate(candidate(route.local));
    for step in 0..50 {
        let now = now + Duration::from_millis(20 * step);
        client.handle_timeout(now);
        while let Some(check) = client.poll_transmit() {
            let message =
                StunMessage::parse(&check.contents).unwrap_or_else(|error| panic!("{error}"));
            if peer.receive_check(now, route, message) {
                return;
            }
        }
    }
    panic!("no check was taken");
}

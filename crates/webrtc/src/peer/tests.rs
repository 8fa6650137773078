//! A client by `str0m` and the transport of one viewer, on a clock that the test moves; and strangers between them.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use is::{Candidate, IceCreds, stun::StunMessage};
use str0m::{
    Event, Input, Output as Polled, Rtc,
    change::SdpAnswer,
    media::{Direction, MediaKind},
    net::{Protocol, Receive},
};

use super::{CONNECT_WITHIN, Closed, Identity, Output, Peer, Route};
use crate::sdp::{self, Carrier, Local, Offer, Wish};

const CLIENT: &str = "192.0.2.7:5000";
const SERVER: &str = "192.0.2.1:8189";
const STRANGER: &str = "198.51.100.9:6000";
const STEP: Duration = Duration::from_millis(5);

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn way(remote: &str) -> Route {
    Route {
        carrier: Carrier::Udp,
        local: address(SERVER),
        remote: address(remote),
    }
}

struct Pair {
    now: Instant,
    client: Rtc,
    peer: Peer,
    to_server: Vec<Vec<u8>>,
    to_client: Vec<Vec<u8>>,
    /// The first record of DTLS that the client sent: its hello.
    hello: Option<Vec<u8>>,
    is_connected: bool,
    closed: Option<Closed>,
    reports: Vec<Vec<u8>>,
    /// Bytes that went to an address from which no check of the client came.
    astray: usize,
}

impl Pair {
    /// Who offers to watch, and waits for the first check to arrive. `announced` may name another certificate than the client has.
    fn new(announced: impl FnOnce(&mut Offer)) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "no moment can be made of nothing"
        )]
        let now = Instant::now();
        let mut client = Rtc::builder().clear_codecs().enable_h264(true).build(now);
        // Named in the offer; the server does not go by that.
        client.add_local_candidate(Candidate::host(address(CLIENT), "udp").unwrap());
        let mut api = client.sdp_api();
        api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        let (offered, pending) = api.apply().unwrap();
        let mut offer = Offer::parse(&offered.to_sdp_string()).unwrap();
        announced(&mut offer);
        let identity = Identity::generate().unwrap();
        let credentials = IceCreds {
            ufrag: "srv1".into(),
            pass: "abcdefghijklmnopqrstuvwx".into(),
        };
        let wish = Wish {
            h264: Some([0x42, 0xe0, 0x1f]),
            opus: false,
        };
        let local = Local {
            credentials: &credentials,
            fingerprint: identity.fingerprint(),
            udp: &[address(SERVER)],
            tcp: &[],
            is_lite: false,
            session: 1,
            ssrcs: [1, 2, 3],
        };
        let answer = sdp::answer(&offer, &wish, &local).unwrap();
        let peer = Peer::new(
            &identity,
            credentials.clone(),
            &offer,
            answer.is_active,
            false,
            now,
        );
        let accepted = SdpAnswer::from_sdp_string(&answer.text).unwrap();
        client.sdp_api().accept_answer(pending, accepted).unwrap();
        Self {
            now,
            client,
            peer,
            to_server: Vec::new(),
            to_client: Vec::new(),
            hello: None,
            is_connected: false,
            closed: None,
            reports: Vec::new(),
            astray: 0,
        }
    }

    fn run(&mut self, time: Duration, mut meddle: impl FnMut(&mut Self)) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            meddle(self);
            for bytes in std::mem::take(&mut self.to_server) {
                if matches!(bytes.first(), Some(20..=63)) {
                    self.hello.get_or_insert_with(|| bytes.clone());
                }
                self.arrive(CLIENT, &bytes);
            }
            for bytes in std::mem::take(&mut self.to_client) {
                if let Ok(received) =
                    Receive::new(Protocol::Udp, address(SERVER), address(CLIENT), &bytes)
                {
                    let _ = self.client.handle_input(Input::Receive(self.now, received));
                }
                self.poll_client();
            }
            let _ = self.client.handle_input(Input::Timeout(self.now));
            self.poll_client();
            if self.peer.timeout() <= self.now {
                self.peer.handle_timeout(self.now);
            }
            self.poll_peer();
        }
    }

    /// A datagram reaches the server from this address.
    fn arrive(&mut self, remote: &str, bytes: &[u8]) {
        let route = way(remote);
        match StunMessage::parse(bytes) {
            Ok(message) => drop(self.peer.receive_check(self.now, route, message)),
            Err(_) => self.peer.receive(self.now, route, bytes),
        }
        self.poll_peer();
    }

    fn poll_client(&mut self) {
        while self.client.is_alive() {
            match self.client.poll_output() {
                Ok(Polled::Transmit(transmit)) => self.to_server.push(transmit.contents.to_vec()),
                Ok(Polled::Event(Event::Connected)) => {}
                Ok(Polled::Event(_)) => {}
                Ok(Polled::Timeout(_)) | Err(_) => return,
            }
        }
    }

    fn poll_peer(&mut self) {
        while let Some(output) = self.peer.poll() {
            match output {
                Output::Transmit(route, bytes) if route.remote == address(CLIENT) => {
                    self.to_client.push(bytes);
                }
                Output::Transmit(_, bytes) => self.astray += bytes.len(),
                Output::Connected => self.is_connected = true,
                Output::Rtcp(packet) => self.reports.push(packet),
                Output::Closed(why) => self.closed = Some(why),
            }
        }
    }
}

/// Abuse case D7: hellos of an address that showed no password race the client's own, at every moment of the handshake.
#[test]
fn hellos_of_strangers_are_not_heard() {
    // What a client of another session says first.
    let mut other = Pair::new(|_| ());
    other.run(Duration::from_secs(1), |_| ());
    let hello = other.hello.unwrap();
    assert!(other.is_connected);
    for turn in 0..20 {
        let mut pair = Pair::new(|_| ());
        let mut step = 0;
        pair.run(Duration::from_secs(2), |pair| {
            step += 1;
            if step % 20 >= turn {
                pair.arrive(STRANGER, &hello);
            }
        });
        assert!(pair.is_connected && pair.closed.is_none(), "turn {turn}");
        assert_eq!(pair.astray, 0, "nothing is sent to a stranger");
    }
}

/// Abuse case D8: the certificate is another one than the offer named.
#[test]
fn certificate_that_was_not_announced_ends_the_session_before_any_key() {
    let mut pair = Pair::new(|offer| offer.fingerprint[7] ^= 1);
    pair.run(Duration::from_secs(2), |_| ());
    assert_eq!(pair.closed, Some(Closed::Handshake));
    assert!(!pair.is_connected && pair.peer.sending().is_none());
}

/// Abuse case D9: what is not sealed by the client, what it sealed once and comes again, and what comes from elsewhere, ten thousand times.
#[test]
fn packets_that_are_forged_or_come_again_change_nothing() {
    let mut pair = Pair::new(|_| ());
    pair.run(Duration::from_secs(1), |_| ());
    assert!(pair.is_connected);
    let mut sealed = Vec::new();
    pair.run(Duration::from_secs(10), |pair| {
        let is_report = |bytes: &&Vec<u8>| super::is_rtcp(bytes) && bytes[0] >= 128;
        sealed.extend(pair.to_server.iter().filter(is_report).cloned());
    });
    let reports = pair.reports.len();
    assert!(reports > 0 && sealed.len() >= reports, "the client reports");
    for n in 0..10_000_u32 {
        let mut forged = sealed[n as usize % sealed.len()].clone();
        pair.arrive(CLIENT, &forged);
        let at = n as usize % forged.len();
        forged[at] ^= 1 << (n % 8);
        pair.arrive(CLIENT, &forged);
        pair.arrive(STRANGER, &forged);
    }
    assert_eq!(pair.reports.len(), reports, "nothing of it was believed");
    pair.run(Duration::from_secs(10), |_| ());
    assert!(pair.reports.len() > reports && pair.closed.is_none());
    assert_eq!(pair.astray, 0);
}

/// Abuse cases D4, D12: a session whose client never comes. Its offer named addresses, and nothing is sent to them.
#[test]
fn session_without_a_client_is_given_up_in_time_and_sends_nothing() {
    let mut pair = Pair::new(|_| ());
    pair.run(CONNECT_WITHIN + STEP, |pair| pair.to_server.clear());
    assert_eq!(pair.closed, Some(Closed::Never));
    assert!(pair.to_client.is_empty() && pair.astray == 0);
}

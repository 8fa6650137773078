//! One session's transport: checks of ICE by the crate `is`, the DTLS handshake by `dimpl`, then SRTP of our own. Sans-IO.
//!
//! The server knocks at no door: it learns a client's addresses only from checks that carry the session's password, answers DTLS only
//! where such a check came from, and believes no certificate but the one whose fingerprint the offer named.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use dimpl::{Dtls, DtlsCertificate, Output as Dtls1};
use is::{Candidate, IceAgent, IceAgentEvent, Protocol, stun::StunPacket};
pub use is::{IceCreds, stun::StunMessage};

use crate::{
    sdp::{self, Carrier},
    srtp,
};

/// Addresses of the server that one session may use; a host has few, and each costs a pair of checks.
const LOCAL_MAX: usize = 8;
/// Addresses of the client from which checks came that are remembered.
const SEEN_MAX: usize = 32;
/// A session that is not connected by then is given up.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// Largest record of DTLS that is sent.
const RECORD_BYTES_MAX: usize = 2048;
/// Largest datagram of DTLS, below what any path drops.
const DTLS_MTU: usize = 1150;

/// The server's certificate and the DTLS settings, shared by all sessions: building them costs more than a handshake.
pub struct Identity {
    certificate: DtlsCertificate,
    config: Arc<dimpl::Config>,
    fingerprint: [u8; 32],
}

/// There is no certificate: the system has no randomness or the provider of ciphers is broken.
#[derive(Debug, thiserror::Error)]
#[error("no certificate for WebRTC can be made: {0}")]
pub struct NoIdentity(String);

impl Identity {
    /// Makes a certificate for this run of the program. Browsers know it by its fingerprint alone, so that it need not last.
    ///
    /// # Errors
    /// [`NoIdentity`].
    pub fn generate() -> Result<Self, NoIdentity> {
        let certificate = dimpl::certificate::generate_self_signed_certificate()
            .map_err(|error| NoIdentity(error.to_string()))?;
        let config = dimpl::Config::builder()
            .mtu(DTLS_MTU)
            // ICE has shown that the address is the client's; a cookie would show it again for a round trip more.
            .use_server_cookie(false)
            .handshake_timeout(CONNECT_WITHIN)
            .build()
            .map_err(|error| NoIdentity(error.to_string()))?;
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(&certificate.fingerprint());
        Ok(Self {
            certificate,
            config: Arc::new(config),
            fingerprint,
        })
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub const fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    pub(crate) const fn certificate(&self) -> &DtlsCertificate {
        &self.certificate
    }
}

/// By which way a datagram came or is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// What carries it.
    pub carrier: Carrier,
    /// The server's address.
    pub local: SocketAddr,
    /// The client's address.
    pub remote: SocketAddr,
}

/// The server's addresses at which checks of one session have come.
#[derive(Default)]
pub(crate) struct Locals(Vec<(SocketAddr, Carrier)>);

impl Locals {
    /// The candidate of an address that was not known yet, while there is room for it.
    pub(crate) fn learn(&mut self, route: Route) -> Option<Candidate> {
        let known = (route.local, route.carrier);
        if self.0.contains(&known) || self.0.len() == LOCAL_MAX {
            return None;
        }
        let text = sdp::candidate(route.local, self.0.len(), route.carrier);
        let candidate = Candidate::from_sdp_string(&text).ok()?;
        self.0.push(known);
        Some(candidate)
    }
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was not connected in time.
    Never,
    /// Nothing came from the client for too long.
    Lost,
    /// The client said goodbye.
    ByClient,
    /// The handshake failed, or the certificate is not the one that was announced.
    Handshake,
}

/// What a session wants done.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Route, Vec<u8>),
    /// Media may be sent from now on.
    Connected,
    /// A packet of RTCP from the client, authenticated.
    Rtcp(Vec<u8>),
    /// It is over.
    Closed(Closed),
}

/// The transport of one session.
pub struct Peer {
    ice: IceAgent,
    dtls: Dtls,
    /// SHA-256 of the certificate that the client must show.
    expected: [u8; 32],
    is_verified: bool,
    locals: Locals,
    seen: Vec<Route>,
    route: Option<Route>,
    srtp: Option<(srtp::Sender, srtp::Receiver)>,
    outputs: VecDeque<Output>,
    timeout: Instant,
    give_up: Instant,
    role: srtp::Role,
    is_connected: bool,
    is_closed: bool,
}

impl Peer {
    /// A session that waits for the client's first check.
    ///
    /// `expected` is the fingerprint of the offer, `is_active` whether the server begins the DTLS handshake ([`sdp::Answer::is_active`]).
    #[must_use]
    pub fn new(
        identity: &Identity,
        local: IceCreds,
        offer: &sdp::Offer,
        is_active: bool,
        is_lite: bool,
        now: Instant,
    ) -> Self {
        let mut ice = IceAgent::new(local);
        ice.set_remote_credentials(offer.credentials.clone());
        ice.set_controlling(false);
        ice.set_ice_lite(is_lite);
        let mut dtls = Dtls::new_auto(identity.config.clone(), identity.certificate.clone(), now);
        if is_active {
            dtls.set_active(true);
        }
        Self {
            ice,
            dtls,
            expected: offer.fingerprint,
            is_verified: false,
            locals: Locals::default(),
            seen: Vec::new(),
            route: None,
            srtp: None,
            outputs: VecDeque::new(),
            timeout: now,
            give_up: now + CONNECT_WITHIN,
            role: if is_active {
                srtp::Role::Client
            } else {
                srtp::Role::Server
            },
            is_connected: false,
            is_closed: false,
        }
    }

    /// The client's name for checks as this session expects it: `ufrag` of the server.
    #[must_use]
    pub fn ufrag(&self) -> &str {
        &self.ice.local_credentials().ufrag
    }

    /// A check (STUN) that names this session; whether it is its client's.
    pub fn receive_check(&mut self, now: Instant, route: Route, message: StunMessage<'_>) -> bool {
        if self.is_closed || !self.ice.accepts_message(&message) {
            return false;
        }
        if let Some(candidate) = self.locals.learn(route) {
            let _ = self.ice.add_local_candidate(candidate);
        }
        let packet = StunPacket {
            proto: protocol(route.carrier),
            source: route.remote,
            destination: route.local,
            message,
        };
        if self.ice.handle_packet(now, packet) && !self.seen.contains(&route) {
            if self.seen.len() == SEEN_MAX {
                self.seen.remove(0);
            }
            self.seen.push(route);
        }
        self.handle_timeout(now);
        true
    }

    /// Anything but a check, from an address of this session. What is not the client's is dropped without a word.
    pub fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) {
        if self.is_closed || !self.seen.contains(&route) {
            return;
        }
        match datagram.first() {
            // RFC 7983, 7.
            Some(20..=63) => {
                if self.dtls.handle_timeout(now).is_err()
                    || self.dtls.handle_packet(datagram).is_err()
                {
                    return self.close(Closed::Handshake);
                }
                // Until a pair is nominated answers go where the question came from.
                let route = *self.route.get_or_insert(route);
                self.drain_dtls(route);
                self.handle_timeout(now);
            }
            Some(128..=191) => {
                if let Some((_, receiver)) = &mut self.srtp
                    && is_rtcp(datagram)
                {
                    let mut packet = datagram.to_vec();
                    if let Ok(plain) = receiver.unprotect_rtcp(&mut packet) {
                        self.outputs.push_back(Output::Rtcp(plain.to_vec()));
                    }
                }
            }
            _ => {}
        }
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.is_closed {
            return;
        }
        if !self.is_connected && now >= self.give_up {
            return self.close(Closed::Never);
        }
        self.ice.handle_timeout(now);
        self.drain_ice();
        if self.is_closed {
            return;
        }
        let mut next = self.ice.poll_timeout();
        if let Some(route) = self.route {
            if self.dtls.handle_timeout(now).is_err() {
                return self.close(Closed::Handshake);
            }
            let due = self.drain_dtls(route);
            next = [next, due].into_iter().flatten().min();
        }
        let end = (!self.is_connected).then_some(self.give_up);
        let later = now + Duration::from_secs(5);
        self.timeout = [next, end]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(later)
            .max(now + Duration::from_millis(1));
    }

    /// When [`Peer::handle_timeout`] is due next.
    #[must_use]
    pub const fn timeout(&self) -> Instant {
        self.timeout
    }

    /// What is to be done next, if anything.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How to send media: the way, and what protects them. `None` until connected.
    pub fn sending(&mut self) -> Option<(Route, &mut srtp::Sender)> {
        let route = self.route?;
        if !self.is_connected || self.is_closed {
            return None;
        }
        self.srtp.as_mut().map(|(sender, _)| (route, sender))
    }

    /// Other credentials of the client begin a restart of ICE (RFC 8445, 2.4); media go on meanwhile.
    pub fn restart(&mut self, local: IceCreds, remote: IceCreds, now: Instant) {
        self.ice.ice_restart(local, true);
        self.ice.set_remote_credentials(remote);
        self.handle_timeout(now);
    }

    /// The credentials that the client has.
    #[must_use]
    pub fn remote_credentials(&self) -> Option<&IceCreds> {
        self.ice.remote_credentials()
    }

    /// Says goodbye; [`Peer::poll`] yields what is to be sent for it.
    pub fn leave(&mut self, now: Instant) {
        if self.is_closed {
            return;
        }
        if let Some(route) = self.route
            && self.dtls.handle_timeout(now).is_ok()
            && self.dtls.close().is_ok()
        {
            self.drain_dtls(route);
        }
        self.is_closed = true;
    }

    fn drain_ice(&mut self) {
        while let Some(event) = self.ice.poll_event() {
            match event {
                IceAgentEvent::NominatedSend {
                    proto,
                    source,
                    destination,
                } => {
                    self.route = Some(Route {
                        carrier: carrier(proto),
                        local: source,
                        remote: destination,
                    });
                }
                IceAgentEvent::IceConnectionStateChange(state)
                    if state.is_disconnected() && self.is_connected =>
                {
                    return self.close(Closed::Lost);
                }
                _ => {}
            }
        }
        while let Some(transmit) = self.ice.poll_transmit() {
            let route = Route {
                carrier: carrier(transmit.proto),
                local: transmit.source,
                remote: transmit.destination,
            };
            self.outputs
                .push_back(Output::Transmit(route, transmit.contents.to_vec()));
        }
    }

    /// Takes what the handshake wants done; when it is to be looked at again.
    fn drain_dtls(&mut self, route: Route) -> Option<Instant> {
        let mut buffer = [0; RECORD_BYTES_MAX];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Dtls1::Packet(record) => self
                    .outputs
                    .push_back(Output::Transmit(route, record.to_vec())),
                Dtls1::PeerCert(certificate) => {
                    let hash = dimpl::certificate::calculate_fingerprint(certificate);
                    self.is_verified = hash == self.expected;
                    if !self.is_verified {
                        self.close(Closed::Handshake);
                        return None;
                    }
                }
                Dtls1::KeyingMaterial(material, profile) => {
                    let keys = profile_of(profile)
                        .filter(|_| self.is_verified)
                        .and_then(|profile| srtp::contexts(profile, self.role, &material).ok());
                    let Some(pair) = keys else {
                        self.close(Closed::Handshake);
                        return None;
                    };
                    self.srtp = Some(pair);
                    self.is_connected = true;
                    self.outputs.push_back(Output::Connected);
                }
                Dtls1::CloseNotify => {
                    self.close(Closed::ByClient);
                    return None;
                }
                Dtls1::Timeout(at) => return Some(at),
                // A record larger than the MTU does not come; application data are nothing that was offered.
                Dtls1::BufferTooSmall { .. } => {
                    self.close(Closed::Handshake);
                    return None;
                }
                _ => {}
            }
        }
    }

    fn close(&mut self, why: Closed) {
        if !self.is_closed {
            self.is_closed = true;
            self.outputs.push_back(Output::Closed(why));
        }
    }
}

/// Whether a packet of the RTP family is RTCP (RFC 5761, 4).
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    datagram
        .get(1)
        .is_some_and(|kind| (192..=223).contains(kind))
}

pub(crate) const fn protocol(carrier: Carrier) -> Protocol {
    match carrier {
        Carrier::Udp => Protocol::Udp,
        Carrier::Tcp => Protocol::Tcp,
    }
}

pub(crate) const fn carrier(protocol: Protocol) -> Carrier {
    match protocol {
        Protocol::Udp => Carrier::Udp,
        _ => Carrier::Tcp,
    }
}

fn profile_of(profile: dimpl::SrtpProfile) -> Option<srtp::Profile> {
    match profile {
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => Some(srtp::Profile::Aes128CmHmacSha1_80),
        dimpl::SrtpProfile::AEAD_AES_128_GCM => Some(srtp::Profile::AeadAes128Gcm),
        dimpl::SrtpProfile::AEAD_AES_256_GCM => Some(srtp::Profile::AeadAes256Gcm),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

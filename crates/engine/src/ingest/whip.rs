//! WHIP: publishers by WebRTC (RFC 9725), around [`webrtc::whip::Session`]. The port and the thread are [`crate::sessions`]'s.
//!
//! Who may is asked twice: when the offer comes, so that a refusal is told where the sender looks; and when the transport is ready, which
//! is when they become the stream's publisher. In between nobody is in anybody's way: an offer that is never followed up takes no stream,
//! and ends nobody's broadcast.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use domain::{
    limit::block,
    publish::{Admitted, Attempt, Protocol, Refused},
    secret::{Hash, Secret},
    session::{Answer, Holder, NotPublished, Publish},
};
use webrtc::{
    peer::{Closed, IceCreds, Route},
    sdp,
    whip::{self, Door, Output, offer::NotTaken},
};

use crate::{
    Shared,
    held::{Held, Place},
    hub::{EndReason, Origin, Publishing},
    refusals::Refusee,
    sessions::{Common, Fresh, Key, Session},
};

/// Sessions of one address that wait for their client, also where the operator sets no limit to publishers of one address.
const HALF_OPEN_OF_ADDRESS_MAX: usize = 32;

/// With what somebody came.
struct Knock {
    path: Vec<String>,
    key: Option<Secret>,
    address: IpAddr,
}

impl Knock {
    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            protocol: Protocol::Whip,
            address: self.address,
            path: &self.path,
            token: self.key.as_ref().map(Secret::expose),
        }
    }

    fn admit(&self, shared: &Shared) -> Result<Admitted, Refused> {
        if self.key.as_ref().is_none_or(|key| key.expose().is_empty()) {
            return Err(Refused::NoKey);
        }
        shared.gatekeeper.admit_publish(&self.attempt())
    }

    fn hash(&self) -> Hash {
        Hash::of(self.key.as_ref().map_or("", Secret::expose))
    }

    /// Notes a refusal where the owner looks for it.
    fn refuse(&self, shared: &Shared, why: &Refused) {
        let gatekeeper = &shared.gatekeeper;
        let stream = gatekeeper.stream_about(&self.attempt()).and_then(|slug| {
            let id = gatekeeper.stream_named(&slug)?;
            Some((id, slug))
        });
        let who = Refusee {
            protocol: Protocol::Whip,
            address: self.address,
            stream,
        };
        shared.refuse(who, why);
        tracing::info!(reason = why.code(), "refused a publisher");
    }
}

/// One session.
struct Publisher {
    id: String,
    holder: Holder,
    knock: Knock,
    admitted: Admitted,
    session: whip::Session,
    /// Its hold on the stream, from when its transport is ready.
    publishing: Option<Publishing>,
    restarts: u64,
    /// Bytes that came since they were counted last.
    received: u64,
    _place: Place,
}

impl Session for Publisher {
    fn holder(&self) -> Option<Holder> {
        Some(self.holder)
    }

    fn etag(&self) -> String {
        format!("ice-{}", self.restarts)
    }

    fn remote_credentials(&self) -> Option<&IceCreds> {
        Some(self.session.remote_credentials())
    }

    fn restart(&mut self, local: IceCreds, remote: IceCreds, now: Instant) -> bool {
        let is_done = self.session.restart(local, remote, now).is_ok();
        self.restarts += u64::from(is_done);
        is_done
    }

    fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) -> bool {
        self.received += datagram.len() as u64;
        self.session.receive(now, route, datagram)
    }
}

/// All publishers by WebRTC.
pub(crate) struct Publishers {
    publishers: HashMap<Key, Publisher>,
    held: Arc<Held>,
}

impl Publishers {
    pub(crate) fn new() -> Self {
        Self {
            publishers: HashMap::new(),
            held: Arc::default(),
        }
    }

    pub(crate) fn session(&mut self, key: Key) -> Option<&mut dyn Session> {
        let publisher = self.publishers.get_mut(&key)?;
        Some(publisher)
    }

    /// When time has to pass next for one of them.
    pub(crate) fn due(&self) -> Option<Instant> {
        let sessions = self.publishers.values();
        sessions.map(|publisher| publisher.session.timeout()).min()
    }

    pub(crate) fn tick(&mut self, common: &mut Common, now: Instant) {
        let mut to_drain = Vec::new();
        for (key, publisher) in &mut self.publishers {
            let publishing = publisher.publishing.as_ref();
            if publishing.is_some_and(Publishing::key_frame_is_wanted) {
                publisher.session.want_key_frame(now);
                to_drain.push(*key);
            }
            if publisher.session.timeout() <= now {
                publisher.session.handle_timeout(now);
                to_drain.push(*key);
            }
        }
        for key in to_drain {
            self.drain(common, now, key);
        }
    }

    /// Whether each one may still publish.
    pub(crate) fn look(&mut self, common: &mut Common, now: Instant) {
        let ended: Vec<(Key, EndReason)> = self
            .publishers
            .iter()
            .filter_map(|(key, publisher)| Some((*key, publisher.publishing.as_ref()?.end()?)))
            .collect();
        for (key, reason) in ended {
            if let Some(publisher) = self.publishers.get(&key) {
                let stream = publisher.admitted.slug.as_str();
                tracing::info!(stream, ?reason, "a publisher was ended");
            }
            self.remove(common, now, key);
        }
    }

    /// Does what a session wants done.
    pub(crate) fn drain(&mut self, common: &mut Common, now: Instant, key: Key) {
        let Some(publisher) = self.publishers.get_mut(&key) else {
            return;
        };
        let received = std::mem::take(&mut publisher.received);
        let counted = &common.shared.counters.ingest_bytes;
        counted.fetch_add(received, Ordering::Relaxed);
        let mut is_over = false;
        while let Some(output) = publisher.session.poll() {
            match output {
                Output::Transmit(route, bytes) => {
                    common.socket.send(route, &bytes, bytes.len());
                }
                Output::Connected => is_over |= publisher.begin(common).is_err(),
                Output::Track(track) => {
                    if let Some(publishing) = &publisher.publishing {
                        publishing.track(track);
                    }
                }
                Output::Frame(frame) => {
                    if let Some(publishing) = &publisher.publishing {
                        publishing.frame(common.shared.mono(), frame);
                    }
                }
                Output::Closed(why) => {
                    is_over = true;
                    publisher.note(why);
                }
            }
        }
        if is_over {
            self.remove(common, now, key);
        }
    }

    /// Ends a session at its client's wish.
    pub(crate) fn leave(&mut self, common: &mut Common, now: Instant, key: Key) {
        if let Some(publisher) = self.publishers.get(&key) {
            let stream = publisher.admitted.slug.as_str();
            tracing::info!(stream, "a publisher has left");
        }
        self.remove(common, now, key);
    }

    /// Ends a session; its client is told, and the stream is free.
    fn remove(&mut self, common: &mut Common, now: Instant, key: Key) {
        let Some(mut publisher) = self.publishers.remove(&key) else {
            return;
        };
        publisher.publishing = None;
        publisher.session.leave(now);
        while let Some(output) = publisher.session.poll() {
            if let Output::Transmit(route, bytes) = output {
                common.socket.send(route, &bytes, bytes.len());
            }
        }
        common.forget(key, &publisher.id);
    }

    /// Ends all.
    pub(crate) fn clear(&mut self, common: &mut Common, now: Instant) {
        for key in self.publishers.keys().copied().collect::<Vec<_>>() {
            self.remove(common, now, key);
        }
    }

    /// Answers a publisher's offer.
    pub(crate) fn publish(
        &mut self,
        common: &mut Common,
        wish: Publish,
    ) -> Result<Answer, NotPublished> {
        let knock = Knock {
            path: wish.path,
            key: wish.key,
            address: wish.address.to_canonical(),
        };
        let (admitted, place, (session, sdp), fresh) =
            self.take(common, &knock, &wish.sdp).inspect_err(|why| {
                if let Some(why) = as_refusal(why) {
                    knock.refuse(&common.shared, &why);
                }
            })?;
        let id = fresh.session();
        let publisher = Publisher {
            id: id.clone(),
            holder: Holder::Publisher(knock.hash()),
            knock,
            admitted,
            session,
            publishing: None,
            restarts: 0,
            received: 0,
            _place: place,
        };
        let etag = publisher.etag();
        let key = common.names.add(id.clone(), fresh.credentials().ufrag);
        self.publishers.insert(key, publisher);
        Ok(Answer {
            sdp,
            session: id,
            etag,
        })
    }

    /// What a session needs: leave, a place, an answer.
    fn take(
        &self,
        common: &Common,
        knock: &Knock,
        sdp: &str,
    ) -> Result<(Admitted, Place, (whip::Session, String), Fresh), NotPublished> {
        let admitted = knock.admit(&common.shared)?;
        let offer = sdp::Offer::parse(sdp).map_err(of_sdp)?;
        common.hub.would_publish(&admitted)?;
        let place = self.place(common, knock.address)?;
        let fresh = common.fresh();
        let (udp, tcp) = common.addresses(knock.address);
        let door = Door {
            identity: &common.identity,
            credentials: fresh.credentials(),
            udp: &udp,
            tcp: &tcp,
        };
        let answered = whip::Session::answer(offer, &door, Instant::now());
        let answered = answered.map_err(|why| match why {
            NotTaken::Sdp(error) => of_sdp(error),
            NotTaken::Codec { what, fix } => Refused::Unsupported { what, fix }.into(),
        })?;
        Ok((admitted, place, answered, fresh))
    }

    /// A place for one more from this address.
    fn place(&self, common: &Common, address: IpAddr) -> Result<Place, Refused> {
        let block_of_it = block(address);
        let waiting = self
            .publishers
            .values()
            .filter(|publisher| publisher.publishing.is_none());
        let (mut all, mut of_address) = (0, 0);
        for publisher in waiting {
            all += 1;
            of_address += usize::from(block(publisher.knock.address) == block_of_it);
        }
        let is_full =
            all >= common.settings.half_open_max || of_address >= HALF_OPEN_OF_ADDRESS_MAX;
        let of_address = common.shared.tuned().publishers_per_address;
        let place = self
            .held
            .take(address, common.settings.sessions_max, of_address);
        place.filter(|_| !is_full).ok_or(Refused::TooManyPublishers)
    }
}

impl Publisher {
    /// The transport is ready: they become the stream's publisher, if they still may.
    fn begin(&mut self, common: &Common) -> Result<(), Refused> {
        let shared = &common.shared;
        let origin = Origin {
            protocol: Protocol::Whip,
            address: self.knock.address,
        };
        let begun = self.knock.admit(shared).and_then(|admitted| {
            self.admitted = admitted.clone();
            common.hub.publish(admitted, origin)
        });
        let publishing = begun.inspect_err(|why| self.knock.refuse(shared, why))?;
        self.publishing = Some(publishing);
        let stream = self.admitted.slug.as_str();
        tracing::info!(stream, "a publisher is live by WebRTC");
        Ok(())
    }

    fn note(&self, why: Closed) {
        let stream = self.admitted.slug.as_str();
        match why {
            Closed::Never | Closed::Handshake => {
                tracing::info!(stream, ?why, "a publisher's session was not connected");
            }
            Closed::Lost => tracing::info!(stream, "a publisher's connection was lost"),
            Closed::ByClient => tracing::info!(stream, "a publisher has closed its connection"),
        }
    }
}

fn of_sdp(error: sdp::Error) -> NotPublished {
    let text = error.to_string();
    match error {
        sdp::Error::Malformed(_) => NotPublished::Malformed(text),
        sdp::Error::Unacceptable(_) => NotPublished::Unacceptable(text),
    }
}

/// What the owner of the stream reads of it.
fn as_refusal(why: &NotPublished) -> Option<Refused> {
    match why {
        NotPublished::Refused(why) => Some(why.clone()),
        NotPublished::Malformed(what) | NotPublished::Unacceptable(what) => {
            Some(Refused::Protocol { what: what.clone() })
        }
        NotPublished::Off | NotPublished::TooMany => None,
    }
}

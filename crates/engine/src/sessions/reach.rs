//! Looks at whether a browser reaches the port: sessions that carry nothing, and end by themselves.
//!
//! A page makes one by each way that an answer offers, and says what came of it; the server knows nothing better than whoever looks.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use domain::session::{Answer, Holder, Reach, Refused};
use webrtc::{
    peer::{IceCreds, Output, Peer, Route},
    sdp::{self, Wish},
};

use super::{Common, Key, Session};

/// A look is over by then, whatever came of it.
const LASTS: Duration = Duration::from_secs(10);
/// Looks at once.
const LOOKS_MAX: usize = 32;

struct Look {
    id: String,
    peer: Peer,
    until: Instant,
}

impl Session for Look {
    /// Nobody's: it is neither changed nor ended from outside.
    fn holder(&self) -> Option<Holder> {
        None
    }

    fn etag(&self) -> String {
        String::new()
    }

    fn remote_credentials(&self) -> Option<&IceCreds> {
        self.peer.remote_credentials()
    }

    fn restart(&mut self, _: IceCreds, _: IceCreds, _: Instant) -> bool {
        false
    }

    fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) -> bool {
        super::receive(&mut self.peer, now, route, datagram)
    }
}

/// All looks.
#[derive(Default)]
pub(super) struct Looks(HashMap<Key, Look>);

impl Looks {
    pub(super) fn session(&mut self, key: Key) -> Option<&mut dyn Session> {
        let look = self.0.get_mut(&key)?;
        Some(look)
    }

    /// When time has to pass next for one of them.
    pub(super) fn due(&self) -> Option<Instant> {
        let looks = self.0.values();
        looks.map(|look| look.peer.timeout().min(look.until)).min()
    }

    pub(super) fn tick(&mut self, common: &mut Common, now: Instant) {
        let mut to_drain = Vec::new();
        for (key, look) in &mut self.0 {
            if look.peer.timeout() <= now || look.until <= now {
                look.peer.handle_timeout(now);
                to_drain.push(*key);
            }
        }
        for key in to_drain {
            self.drain(common, now, key);
        }
    }

    /// Does what a session wants done.
    pub(super) fn drain(&mut self, common: &mut Common, now: Instant, key: Key) {
        let Some(look) = self.0.get_mut(&key) else {
            return;
        };
        let mut is_over = look.until <= now;
        while let Some(output) = look.peer.poll() {
            match output {
                Output::Transmit(route, bytes) => {
                    common.socket.send(route, &bytes, bytes.len());
                }
                Output::Closed(_) => is_over = true,
                Output::Connected | Output::Rtcp(_) => {}
            }
        }
        if is_over {
            self.remove(common, now, key);
        }
    }

    fn remove(&mut self, common: &mut Common, now: Instant, key: Key) {
        let Some(mut look) = self.0.remove(&key) else {
            return;
        };
        common.end(&mut look.peer, now, key, &look.id);
    }

    /// Answers an offer that asks for sound, which never comes.
    pub(super) fn look(&mut self, common: &mut Common, wish: &Reach) -> Result<Answer, Refused> {
        let parsed = sdp::Offer::parse(&wish.sdp).map_err(super::refused)?;
        if self.0.len() >= LOOKS_MAX {
            return Err(Refused::TooMany);
        }
        let now = Instant::now();
        let wanted = Wish {
            h264: None,
            opus: true,
        };
        let opened = common.answer(&parsed, &wanted, wish.address, now)?;
        let session = opened.fresh.session();
        let ufrag = opened.fresh.credentials().ufrag;
        let key = common.names.add(session.clone(), ufrag);
        let look = Look {
            id: session.clone(),
            peer: opened.peer,
            until: now + LASTS,
        };
        self.0.insert(key, look);
        Ok(Answer {
            sdp: opened.answer.text,
            session,
            etag: String::new(),
        })
    }
}

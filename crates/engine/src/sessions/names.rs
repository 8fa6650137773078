//! Whose a datagram is: a check (STUN) names its session, everything else is known by the way it came.

use std::collections::HashMap;

use webrtc::peer::{Route, StunMessage};

/// A session within the thread; never used again.
pub(crate) type Key = u64;

/// Ways by which one session's checks came that are remembered; a client has few addresses.
const ROUTES_MAX: usize = 32;

/// Names in checks of one session that hold on; ICE begins anew seldom, and checks are not on their way for long.
const UFRAGS_MAX: usize = 4;

/// The sessions by all that names them.
#[derive(Default)]
pub(crate) struct Names {
    by_id: HashMap<String, Key>,
    by_ufrag: HashMap<String, Key>,
    /// What a session was called in checks, one name for each time that ICE began.
    ufrags: HashMap<Key, Vec<String>>,
    by_route: HashMap<Route, Key>,
    routes: HashMap<Key, Vec<Route>>,
    next: Key,
}

impl Names {
    /// A new session with this name in addresses and this one in checks.
    pub(crate) fn add(&mut self, id: String, ufrag: String) -> Key {
        let key = self.next;
        self.next += 1;
        self.by_id.insert(id, key);
        self.also(key, ufrag);
        key
    }

    /// A restart of ICE gives it another name in checks; the old one holds on, since checks of the old session may be on their way.
    pub(super) fn also(&mut self, key: Key, ufrag: String) {
        let ufrags = self.ufrags.entry(key).or_default();
        ufrags.push(ufrag.clone());
        let old = (ufrags.len() > UFRAGS_MAX).then(|| ufrags.remove(0));
        if let Some(old) = old {
            self.by_ufrag.remove(&old);
        }
        self.by_ufrag.insert(ufrag, key);
    }

    /// The session with this name in addresses.
    pub(super) fn find(&self, id: &str) -> Option<Key> {
        self.by_id.get(id).copied()
    }

    /// The session that a datagram is for.
    pub(super) fn of(&self, route: Route, datagram: &[u8]) -> Option<Key> {
        let by_route = self.by_route.get(&route).copied();
        if !matches!(datagram.first(), Some(0..=3)) {
            return by_route;
        }
        let message = StunMessage::parse(datagram).ok()?;
        let named = message
            .split_username()
            .and_then(|(ufrag, _)| self.by_ufrag.get(ufrag));
        named.copied().or(by_route)
    }

    /// What comes by this way is that session's; the way that gave place, if one had to.
    pub(super) fn learn(&mut self, route: Route, key: Key) -> Option<Route> {
        if self.by_route.get(&route) == Some(&key) {
            return None;
        }
        self.forget_route(route);
        self.by_route.insert(route, key);
        let routes = self.routes.entry(key).or_default();
        routes.push(route);
        let old = (routes.len() > ROUTES_MAX).then(|| routes.remove(0));
        if let Some(old) = old {
            self.by_route.remove(&old);
        }
        old
    }

    /// Nothing comes by this way any more.
    pub(super) fn forget_route(&mut self, route: Route) {
        if let Some(key) = self.by_route.remove(&route)
            && let Some(routes) = self.routes.get_mut(&key)
        {
            routes.retain(|known| *known != route);
        }
    }

    /// The session is gone; the ways that were its.
    pub(crate) fn forget(&mut self, key: Key, id: &str) -> Vec<Route> {
        self.by_id.remove(id);
        for ufrag in self.ufrags.remove(&key).unwrap_or_default() {
            self.by_ufrag.remove(&ufrag);
        }
        let routes = self.routes.remove(&key).unwrap_or_default();
        for route in &routes {
            self.by_route.remove(route);
        }
        routes
    }
}

#[cfg(test)]
mod tests {
    use webrtc::sdp::Carrier;

    use super::*;

    fn route(port: u16) -> Route {
        Route {
            carrier: Carrier::Udp,
            local: ([192, 0, 2, 1], 8189).into(),
            remote: ([192, 0, 2, 7], port).into(),
        }
    }

    #[test]
    fn ways_of_a_session_are_bounded_and_go_with_it() {
        let mut names = Names::default();
        let one = names.add("one".into(), "u1".into());
        let other = names.add("other".into(), "u2".into());
        names.learn(route(1), other);
        let gone: Vec<Route> = (100..150)
            .filter_map(|n| names.learn(route(n), one))
            .collect();
        assert_eq!(gone, (100..118).map(route).collect::<Vec<_>>());
        let media = [0x80; 12];
        assert_eq!(names.of(route(100), &media), None);
        assert_eq!(names.of(route(149), &media), Some(one));
        // A way that was somebody else's: NATs use a port again.
        names.learn(route(149), other);
        assert_eq!(names.of(route(149), &media), Some(other));
        assert_eq!(names.forget(one, "one").len(), ROUTES_MAX - 1);
        assert_eq!(names.find("one"), None);
        assert_eq!(names.of(route(148), &media), None);
        assert_eq!(names.of(route(1), &media), Some(other));
    }

    #[test]
    fn names_in_checks_are_bounded_and_go_with_their_session() {
        let mut names = Names::default();
        let one = names.add("one".into(), "first".into());
        let _ = names.add("other".into(), "others".into());
        for n in 0..20 {
            names.also(one, format!("again{n}"));
        }
        assert_eq!(names.ufrags[&one].len(), UFRAGS_MAX);
        names.forget(one, "one");
        assert_eq!((names.by_ufrag.len(), names.ufrags.len()), (1, 1));
    }
}

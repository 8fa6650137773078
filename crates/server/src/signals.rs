//! The test signal on the streams of people: what stands behind the button of the Go-live page.
//!
//! Each is a task that publishes through the real door with a lent key, once: when its connection is over, however that came, it is
//! over too. What it leaves is tidied in one place, [`finish`].

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Catalogue,
    catalogue::Lent,
    engine::{Close, Engine},
    publish::Credential,
    random::Random,
    slug::Slug,
};
use tokio::{task::AbortHandle, time::timeout};
use web::{TestSignal, TestSignalRefused};

use crate::test_signal;

/// Streams that show the test signal at once; each costs what a publisher costs, and a small one.
const SIGNALS_MAX: usize = 4;
/// A forgotten one stops by itself.
const LASTS: Duration = Duration::from_secs(3600);

/// The test signals that run.
#[derive(Clone)]
pub struct Signals {
    inner: Arc<Inner>,
}

struct Inner {
    door: Option<SocketAddr>,
    catalogue: Catalogue,
    engine: Arc<dyn Engine>,
    random: Arc<dyn Random>,
    running: Mutex<HashMap<Slug, Running>>,
}

struct Running {
    key: Lent,
    task: AbortHandle,
}

impl Signals {
    /// None yet. `door` is where RTMP listens; an address of all interfaces is reached over the loopback.
    pub fn new(
        door: Option<SocketAddr>,
        catalogue: Catalogue,
        engine: Arc<dyn Engine>,
        random: Arc<dyn Random>,
    ) -> Self {
        let door = door.map(|mut door| {
            if door.ip().is_unspecified() {
                door.set_ip(Ipv4Addr::LOCALHOST.into());
            }
            door
        });
        Self {
            inner: Arc::new(Inner {
                door,
                catalogue,
                engine,
                random,
                running: Mutex::default(),
            }),
        }
    }

    /// Stops them all: the server stops.
    pub fn stop_all(&self) {
        let all: Vec<Running> = self.inner.running().drain().map(|(_, one)| one).collect();
        for one in all {
            one.task.abort();
            self.inner.finish(&one.key);
        }
    }
}

impl TestSignal for Signals {
    fn runs(&self, slug: &Slug) -> bool {
        self.inner.running().contains_key(slug)
    }

    fn start(&self, slug: &Slug, key: Lent) -> Result<(), TestSignalRefused> {
        let door = self.inner.door.ok_or(TestSignalRefused::NoDoor)?;
        let mut running = self.inner.running();
        if running.contains_key(slug) {
            return Err(TestSignalRefused::Running);
        }
        if running.len() >= SIGNALS_MAX {
            return Err(TestSignalRefused::TooMany { max: SIGNALS_MAX });
        }
        let (inner, lent, of) = (self.inner.clone(), key.clone(), slug.clone());
        let task = tokio::spawn(async move {
            let sent = test_signal::once(door, &lent.secret, &*inner.random);
            if let Ok(Err(error)) = timeout(LASTS, sent).await {
                tracing::info!(stream = %of, %error, "the test signal is over");
            }
            // Another may have begun meanwhile.
            let mut running = inner.running();
            if running.get(&of).is_some_and(|one| one.key.id == lent.id) {
                running.remove(&of);
            }
            drop(running);
            inner.finish(&lent);
        });
        let task = task.abort_handle();
        running.insert(slug.clone(), Running { key, task });
        Ok(())
    }

    fn stop(&self, slug: &Slug) {
        let one = self.inner.running().remove(slug);
        if let Some(one) = one {
            one.task.abort();
            self.inner.finish(&one.key);
        }
    }
}

impl Inner {
    fn running(&self) -> MutexGuard<'_, HashMap<Slug, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the key back, and ends its broadcast without the wait for a sender that will not return.
    fn finish(&self, key: &Lent) {
        self.catalogue.take_back(key.id);
        let is_its = |live: &domain::engine::Live| {
            live.stream == key.stream && live.credential == Credential::Key(key.id)
        };
        if self.engine.streams().iter().any(is_its) {
            let why = "The test signal was stopped.";
            self.engine.close(Close::Publishers(key.stream), why);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{stream::Visibility, user::Role};
    use testkit::{FakeEngine, Rig, Seeded};

    use super::*;

    struct Site {
        rig: Rig,
        engine: Arc<FakeEngine>,
        signals: Signals,
    }

    /// Streams `s0` to `s5` of an administrator's, and a door that nobody answers: what comes through it is the stories' to tell.
    async fn site(door: Option<SocketAddr>) -> Site {
        let rig = Rig::new();
        rig.user("root", Role::Administrator);
        let engine = Arc::new(FakeEngine::default());
        let signals = Signals::new(
            door,
            rig.catalogue.clone(),
            engine.clone(),
            Arc::new(Seeded::new(3)),
        );
        Site {
            rig,
            engine,
            signals,
        }
    }

    impl Site {
        fn lend(&self, slug: &str) -> (Slug, Lent) {
            let root = self.rig.as_cookie(&self.rig.log_in("root"));
            let slug: Slug = slug.parse().unwrap();
            if self.rig.catalogue.find_stream(&root, &slug).is_none() {
                self.rig.stream(&root, slug.as_str(), Visibility::Private);
            }
            let lent = self.rig.catalogue.lend_key(&root, &slug).unwrap();
            (slug, lent)
        }

        fn start(&self, slug: &str) -> Result<(), TestSignalRefused> {
            let (slug, lent) = self.lend(slug);
            self.signals.start(&slug, lent)
        }
    }

    /// A listener that takes connections and says nothing.
    async fn silent() -> (tokio::net::TcpListener, SocketAddr) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn runs_once_a_stream_and_on_few_at_once() {
        let (_listener, door) = silent().await;
        let site = site(Some(door)).await;
        for n in 0..SIGNALS_MAX {
            assert_eq!(site.start(&format!("s{n}")), Ok(()));
        }
        assert_eq!(site.start("s0"), Err(TestSignalRefused::Running));
        let too_many = TestSignalRefused::TooMany { max: SIGNALS_MAX };
        assert_eq!(site.start("s5"), Err(too_many));
        site.signals.stop(&"s0".parse().unwrap());
        assert!(!site.signals.runs(&"s0".parse().unwrap()));
        assert_eq!(site.start("s5"), Ok(()));
        site.signals.stop_all();
        assert!(!site.signals.runs(&"s5".parse().unwrap()));
    }

    #[tokio::test]
    async fn without_a_door_it_does_not_start() {
        assert_eq!(site(None).await.start("s0"), Err(TestSignalRefused::NoDoor));
    }

    #[tokio::test]
    async fn stopping_takes_the_key_back_and_ends_its_own_broadcast_alone() {
        let (_listener, door) = silent().await;
        let site = site(Some(door)).await;
        let root = site.rig.as_cookie(&site.rig.log_in("root"));
        for is_its in [false, true] {
            let (slug, lent) = site.lend("s0");
            let stream = site.rig.catalogue.find_stream(&root, &slug).unwrap();
            site.engine.go_live(&stream, site.rig.now());
            if is_its {
                let mut live = site.engine.live(&slug).unwrap();
                live.credential = Credential::Key(lent.id);
                site.engine.set_live(live);
            }
            site.signals.start(&slug, lent.clone()).unwrap();
            site.signals.stop(&slug);
            let closed = site.engine.closed();
            let expected = is_its.then_some(Close::Publishers(stream.id));
            assert_eq!(closed.first().map(|(who, _)| who.clone()), expected);
        }
    }

    #[tokio::test]
    async fn lost_connection_is_its_end() {
        let (listener, door) = silent().await;
        let site = site(Some(door)).await;
        let slug: Slug = "s0".parse().unwrap();
        assert_eq!(site.start("s0"), Ok(()));
        let (connection, _) = listener.accept().await.unwrap();
        drop(connection);
        tokio::time::timeout(Duration::from_secs(10), async {
            while site.signals.runs(&slug) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("it ends");
    }
}

//! A whole catalogue in one line, with people and streams in it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use domain::Catalogue;
use domain::access_code::{self, Shown};
use domain::api_key::{self, Scope, Scopes};
use domain::caller::Caller;
use domain::catalogue::Ports;
use domain::clock::{Clock, Time};
use domain::gate::{Gatekeeper as _, Leave};
use domain::grant::Granted;
use domain::item::Space;
use domain::login::{Attempt, Begun};
use domain::password::Hasher;
use domain::random::Random;
use domain::secret::Secret;
use domain::slug::Slug;
use domain::store::Store;
use domain::stored::{self, Stored};
use domain::stream::{MadeKey, New, Stream, Visibility};
use domain::user::{self, Name, Role, User};
use domain::view;

use crate::{FakeHasher, FakeVault, FixedClock, Memory, Seeded, block_on};

/// Where people of a rig come from.
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
/// Where somebody else comes from.
pub const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9));
/// The password of everybody in a rig.
pub const PASSWORD: &str = "correct horse battery";

/// A catalogue over a store in memory, with everything that a test moves.
#[derive(Clone)]
pub struct Rig {
    /// The catalogue.
    pub catalogue: Catalogue,
    /// What it keeps.
    pub store: Memory,
    /// Its time; starts at 3 November 2026, 18:00 UTC.
    pub clock: FixedClock,
    /// Its hasher.
    pub hasher: Arc<FakeHasher>,
}

impl Rig {
    /// An empty catalogue.
    ///
    /// # Panics
    /// Never: the store in memory does not fail by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::over(Memory::default(), FixedClock::default())
    }

    /// A catalogue over what is stored already: the next start of a server.
    #[must_use]
    pub fn over(store: Memory, clock: FixedClock) -> Self {
        let hasher = Arc::new(FakeHasher::default());
        let ports = Ports {
            store: Arc::new(store.clone()) as Arc<dyn Store>,
            clock: Arc::new(clock.clone()) as Arc<dyn Clock>,
            random: Arc::new(Seeded::new(clock.now().ms().unsigned_abs())) as Arc<dyn Random>,
            hasher: Arc::clone(&hasher) as Arc<dyn Hasher>,
            vault: Arc::new(FakeVault),
        };
        let catalogue = block_on(Catalogue::open(ports)).expect("a store in memory opens");
        Self {
            catalogue,
            store,
            clock,
            hasher,
        }
    }

    /// Stops and starts again over the same store.
    #[must_use]
    pub fn restarted(&self) -> Self {
        // A moment later, so that the new start draws other randomness.
        self.clock.advance(std::time::Duration::from_millis(1));
        Self::over(self.store.clone(), self.clock.clone())
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Adds somebody.
    pub fn user(&self, name: &str, role: Role) -> User {
        let new = user::New {
            name: Name::parse(name).expect("a name"),
            role,
            password: Secret::new(PASSWORD),
        };
        block_on(self.catalogue.add_user(&Caller::operator(), new)).expect("is added")
    }

    /// Logs somebody in who was added.
    pub fn log_in(&self, name: &str) -> Begun {
        let password = Secret::new(PASSWORD);
        let attempt = Attempt {
            name,
            password: &password,
            address: ADDRESS,
            agent: "test",
        };
        block_on(self.catalogue.log_in(attempt)).expect("logs in")
    }

    /// Adds somebody, logs them in, and is them.
    pub fn member(&self, name: &str) -> Caller {
        self.user(name, Role::Member);
        self.as_cookie(&self.log_in(name))
    }

    /// Adds an administrator, logs them in, and is them.
    pub fn administrator(&self, name: &str) -> Caller {
        self.user(name, Role::Administrator);
        self.as_cookie(&self.log_in(name))
    }

    /// Whoever comes with this login's cookie.
    #[must_use]
    pub fn as_cookie(&self, begun: &Begun) -> Caller {
        self.catalogue
            .caller_for_cookie(begun.cookie.expose(), ADDRESS)
    }

    /// Makes an API key of this caller's user, and is whoever comes with it.
    pub fn api_key(&self, owner: &Caller, scopes: &[Scope]) -> (Caller, Secret) {
        let new = api_key::New {
            name: "Website".to_owned(),
            user: owner.user().expect("somebody"),
            scopes: Scopes::of(scopes).expect("some"),
            expires: None,
        };
        let (_, secret) = block_on(self.catalogue.add_api_key(owner, new)).expect("is made");
        (
            self.catalogue
                .caller_for_api_key(secret.expose(), ADDRESS)
                .expect("is known"),
            secret,
        )
    }

    /// Makes a stream of this caller's.
    pub fn stream(&self, owner: &Caller, slug: &str, visibility: Visibility) -> (Stream, MadeKey) {
        let new = New {
            slug: Slug::parse(slug).expect("a slug"),
            title: None,
            visibility,
            owner: None,
        };
        block_on(self.catalogue.add_stream(owner, new)).expect("is made")
    }

    /// Brings an item of this caller's that is ready.
    pub fn stored(
        &self,
        owner: &Caller,
        kind: stored::Kind,
        slug: &str,
        visibility: Visibility,
    ) -> Arc<Stored> {
        let new = stored::New {
            kind,
            slug: Some(Slug::parse(slug).expect("a slug")),
            title: None,
            visibility,
            owner: None,
            place: stored::Place::Library,
            file_name: format!("{slug}.file"),
        };
        let added = block_on(self.catalogue.add_stored(owner, new)).expect("is made");
        let outcome = stored::Outcome::Ready {
            facts: stored::Facts {
                bytes: 1_000_000,
                width: 1280,
                height: 720,
                has_original: true,
                ..stored::Facts::default()
            },
            has_poster: true,
        };
        let ready = block_on(self.catalogue.finish_stored(added.id, outcome)).expect("is saved");
        ready.expect("is there")
    }

    /// Leave to play what has this name among streams and videos.
    ///
    /// # Errors
    /// As the catalogue says.
    pub fn watch(&self, caller: &Caller, slug: &Slug) -> Result<Leave, view::Refused> {
        let asking = view::Asking::of(caller, view::Purpose::Play);
        self.catalogue.admit_view(&asking, Space::Watch, slug)
    }

    /// Whether a token opens what has this name among streams and videos, to play it.
    ///
    /// # Errors
    /// As the catalogue says.
    pub fn check(&self, slug: &str, token: &str) -> Result<Granted, view::Refused> {
        self.catalogue
            .check(Space::Watch, slug, token, view::Purpose::Play)
    }

    /// Makes a code of this caller's for items such as `video:welcome`.
    pub fn code(&self, owner: &Caller, text: Option<&str>, items: &[&str]) -> Shown {
        let new = access_code::New {
            code: text.map(Secret::new),
            items: items
                .iter()
                .map(|item| item.parse().expect("a name"))
                .collect(),
            ..access_code::New::default()
        };
        block_on(self.catalogue.add_code(owner, new)).expect("is made")
    }
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

/// The parts of a path, without empty ones.
#[must_use]
pub fn parts(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

//! The catalogue: all that is known, all that is allowed, in one place.
//!
//! Reads answer from memory at once. Writes decide at their turn in the store's queue, are saved, then change the
//! memory, then tell listeners what ended; so memory never runs ahead of the disk, and never stays behind it either,
//! though the caller went away. Every operation takes its caller first and judges them by their standing at that
//! moment. No lock is held across an await.

mod api_keys;
mod audits;
mod codes;
mod gatekeeper;
mod lent;
mod links;
mod logins;
mod rights;
mod seats;
mod settings;
mod setups;
mod shelf;
mod stored;
mod streams;
mod titles;
mod tries;
mod users;
mod words;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::access_code::Vault;
use crate::audit::By;
use crate::clock::{Clock, Time};
use crate::engine::Close;
use crate::grant::{Item, Mint};
use crate::id::{ApiKeyId, CodeId, KeyId, LoginId, StoredId, StreamId, UserId};
use crate::limit::{Rate, Table, WRONG_KEYS};
use crate::password::Hasher;
use crate::random::Random;
use crate::secret::Hash;
use crate::store::{Change, GrantKey, Store, StoreError, Unit, Work};

pub use audits::Refused as AuditRefused;
pub use lent::Lent;
use rights::Rights;
pub use setups::First;
pub use streams::PAGE_MAX;
pub use tries::Guessed;

/// What the catalogue stands on.
#[derive(Clone)]
pub struct Ports {
    /// What lasts.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids and secrets.
    pub random: Arc<dyn Random>,
    /// Hashing of passwords.
    pub hasher: Arc<dyn Hasher>,
    /// Keeps access codes.
    pub vault: Arc<dyn Vault>,
}

/// Something that others relied on has ended. Told after it was saved, so that shells close what lives by it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A stream key was revoked: its publishers go.
    Key(KeyId),
    /// An API key was revoked: its publishers and viewers go.
    ApiKey(ApiKeyId),
    /// A login has ended: its viewers go.
    Login(LoginId),
    /// A user was switched off: publishers to their streams go. Their logins and API keys are told one by one.
    User(UserId),
    /// Viewers of a stream must be judged anew: grants of an earlier generation are void.
    Viewers {
        /// The stream.
        stream: StreamId,
        /// Its generation from now on.
        generation: u32,
    },
    /// A stream was deleted: publishers and viewers go.
    Stream(StreamId),
    /// Viewers of a stored item must be judged anew.
    StoredViewers(Item),
    /// A stored item was deleted: its files go.
    Stored(StoredId),
    /// An access code was deleted or paused, has ended, or opens less: its viewers go.
    Code(CodeId),
}

impl Ended {
    /// Whom the engine must cut off; `None` for logins and codes, whose viewers' tokens are void at once: from their next request on, or
    /// when the engine next asks about its sessions, twice a second.
    #[must_use]
    pub fn closes(self) -> Option<Close> {
        match self {
            Self::Key(key) => Some(Close::Key(key)),
            Self::ApiKey(key) => Some(Close::ApiKey(key)),
            Self::Login(_) | Self::StoredViewers(_) | Self::Stored(_) | Self::Code(_) => None,
            Self::User(user) => Some(Close::PublishersOf(user)),
            Self::Viewers { stream, .. } => Some(Close::Viewers(stream)),
            Self::Stream(stream) => Some(Close::Stream(stream)),
        }
    }
}

/// The one place of decisions. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    inner: Arc<Inner>,
}

type Listener = Arc<dyn Fn(Ended) + Send + Sync>;
type SettingsListener = Arc<dyn Fn() + Send + Sync>;

struct Inner {
    ports: Ports,
    rights: RwLock<Rights>,
    mint: Mint,
    limits: Limits,
    listeners: RwLock<Vec<Listener>>,
    settings_listeners: RwLock<Vec<SettingsListener>>,
    /// The token of this start, while nobody has an account.
    setup: Mutex<Option<Hash>>,
    /// Links that log in once: who, and until when. At most [`logins::ONCE_LINKS_MAX`].
    once: Mutex<HashMap<[u8; 32], (UserId, Time)>>,
    /// Keys that are lent, by their hashes.
    lent: Mutex<HashMap<[u8; 32], lent::Loan>>,
    /// Uses that have not been saved yet; at most one for each login and key.
    uses: Mutex<HashMap<Used, Time>>,
    /// How often codes opened something since that was last saved, and when last.
    code_uses: Mutex<HashMap<CodeId, (u64, Time)>>,
    /// Who watches with a code.
    seats: seats::Seats,
    /// A hash of no password, verified against for names that do not exist, so that these take as long.
    dummy: Mutex<Option<String>>,
}

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Used {
    Login(LoginId),
    Key(KeyId),
    ApiKey(ApiKeyId),
}

/// The limits on failures. Tables are sized so that all of them take 3 MB at most, and 0.2 before anybody failed.
struct Limits {
    /// Wrong stream keys by address, at [`WRONG_KEYS`] unless set. A key that an owner chose is the only one that can be guessed
    /// at all.
    publish: Table,
    /// Wrong API keys by address, likewise.
    api: Table,
    /// Wrong access codes by address, likewise.
    codes: Table,
    /// Failed logins by address: bounds what one network can try over all accounts.
    login_address: Table,
    /// Failed logins by account and address: bounds guessing at one account from one network.
    login_pair: Table,
    /// Failed logins by account from addresses that never logged in to it: slows guessing from many networks.
    login_account: Table,
    /// Addresses that logged in to an account lately; [`Limits::login_account`] does not bind them, or strangers could
    /// lock the owner out. A bucket with a try taken is such an address.
    login_known: Table,
}

impl Limits {
    fn new(random: &dyn Random) -> Self {
        let table =
            |burst, refill_ms, buckets| Table::new(Rate { burst, refill_ms }, buckets, random);
        Self {
            publish: Table::new(WRONG_KEYS, 16_384, random),
            api: Table::new(WRONG_KEYS, 16_384, random),
            codes: Table::new(WRONG_KEYS, 16_384, random),
            login_address: table(30, 6_000, 16_384),
            login_pair: table(10, 30_000, 16_384),
            login_account: table(100, 10_000, 8_192),
            login_known: table(1, 30 * 86_400_000_u32, 8_192),
        }
    }
}

impl Catalogue {
    /// Loads all rights; on the first start makes the key under which grants are signed.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read or written.
    pub async fn open(ports: Ports) -> Result<Self, StoreError> {
        let mut snapshot = ports.store.load().await?;
        let stored = snapshot.grant_key.take();
        let is_first_start = stored.is_none();
        let grant_key = stored.unwrap_or_else(|| {
            let mut key = [0; 32];
            ports.random.fill(&mut key);
            GrantKey(key)
        });
        let catalogue = Self {
            inner: Arc::new(Inner {
                rights: RwLock::new(Rights::load(snapshot)),
                mint: Mint::new(&grant_key),
                limits: Limits::new(&*ports.random),
                listeners: RwLock::default(),
                settings_listeners: RwLock::default(),
                setup: Mutex::default(),
                once: Mutex::default(),
                lent: Mutex::default(),
                uses: Mutex::default(),
                code_uses: Mutex::default(),
                seats: seats::Seats::default(),
                dummy: Mutex::default(),
                ports,
            }),
        };
        if is_first_start {
            catalogue
                .write(By::SERVER, move |_, work, _| {
                    work.push(Change::SetGrantKey(grant_key));
                    Ok::<_, StoreError>(())
                })
                .await?;
        }
        Ok(catalogue)
    }

    /// Calls `listener` for everything that ends, after it was saved, on the task that saves: it must not wait.
    pub fn on_ended(&self, listener: impl Fn(Ended) + Send + Sync + 'static) {
        self.inner
            .listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::new(listener));
    }

    /// How many wrong stream keys, and as many wrong API keys and access codes, are heard of one address from now on.
    pub fn limit_wrong_keys(&self, rate: Rate) {
        self.inner.limits.publish.set_rate(rate);
        self.inner.limits.api.set_rate(rate);
        self.inner.limits.codes.set_rate(rate);
    }

    /// Saves when logins and keys were last used, and drops logins, links and lent keys that have ended by themselves. Call it about once a
    /// minute, and before the store is closed.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not take it; the uses are lost then, nothing else.
    pub async fn tend(&self) -> Result<(), StoreError> {
        self.end_void_loans();
        let uses = std::mem::take(&mut *lock(&self.inner.uses));
        let used_codes = self.take_used_codes();
        self.write(By::SERVER, move |rights, work, now| {
            for login in rights.logins().filter(|login| login.ends() <= now) {
                work.push(Change::DeleteLogin(login.id));
            }
            for link in rights.links().filter(|link| link.ends <= now) {
                work.push(Change::DropLink(link.user));
            }
            for (used, at) in uses {
                work.push(match used {
                    Used::Login(id) => Change::SeenLogin(id, at),
                    Used::Key(id) => Change::UsedKey(id, at),
                    Used::ApiKey(id) => Change::UsedApiKey(id, at),
                });
            }
            for (code, used, last) in used_codes {
                work.push(Change::UsedCode { code, used, last });
            }
            Ok(())
        })
        .await
    }

    fn rights(&self) -> RwLockReadGuard<'_, Rights> {
        self.inner
            .rights
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Time {
        self.inner.ports.clock.now()
    }

    fn random(&self) -> Arc<dyn Random> {
        Arc::clone(&self.inner.ports.random)
    }

    /// Remembers that something was used, unless that was noted less than five minutes ago.
    fn note_use(&self, used: Used, last: Option<Time>, now: Time) {
        if last.is_some_and(|last| now.since(last) < USE_STEP) {
            return;
        }
        lock(&self.inner.uses).entry(used).or_insert(now);
    }

    /// Decides at its turn on rights that equal what is stored, and answers once the work has been saved.
    /// What is changed is written down as theirs who are named by `by`.
    async fn write<T, E, F>(&self, by: By, decide: F) -> Result<T, E>
    where
        F: FnOnce(&Rights, &mut Work, Time) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let verdict = Arc::new(Mutex::new(None));
        let unit = Decision {
            inner: Arc::clone(&self.inner),
            by,
            decide: Some(decide),
            verdict: Arc::clone(&verdict),
        };
        self.inner.ports.store.write(Box::new(unit)).await?;
        let verdict = lock(&verdict).take();
        verdict.unwrap_or_else(|| Err(StoreError::Closed.into()))
    }
}

impl Inner {
    /// Tells all listeners.
    fn tell(&self, ended: impl IntoIterator<Item = Ended>) {
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for ended in ended {
            for listener in &listeners {
                listener(ended);
            }
        }
    }
}

/// Uses are noted at most this often, or every request would write.
const USE_STEP: std::time::Duration = std::time::Duration::from_secs(300);

/// A write on its way through the store's queue.
struct Decision<T, E, F> {
    inner: Arc<Inner>,
    by: By,
    decide: Option<F>,
    verdict: Arc<Mutex<Option<Result<T, E>>>>,
}

impl<T, E, F> Unit for Decision<T, E, F>
where
    F: FnOnce(&Rights, &mut Work, Time) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    fn decide(&mut self) -> Option<Work> {
        let decide = self.decide.take()?;
        let mut work = Work::default();
        let now = self.inner.ports.clock.now();
        let rights = self.inner.rights.read();
        let rights = rights.unwrap_or_else(PoisonError::into_inner);
        let verdict = decide(&rights, &mut work, now);
        if verdict.is_ok() {
            audits::write_down(&rights, &self.by, now, &mut work);
        }
        drop(rights);
        let goes_on = verdict.is_ok() && !work.changes.is_empty();
        *lock(&self.verdict) = Some(verdict);
        goes_on.then_some(work)
    }

    fn saved(&mut self, work: Work) {
        let sets = |change: &Change| matches!(change, Change::SetSetting { .. });
        let has_settings = work.changes.iter().any(sets);
        let ended: Vec<Ended> = {
            let mut rights = self
                .inner
                .rights
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let mut ended = Vec::new();
            for change in work.changes {
                let Some(end) = rights.apply(change) else {
                    continue;
                };
                ended.push(end);
                // Publishers with a key of that user's may be on streams of others.
                if let Ended::User(user) = end {
                    ended.extend(rights.api_keys_of(user).map(|key| Ended::ApiKey(key.id)));
                }
            }
            ended
        };
        for ended in &ended {
            match ended {
                Ended::Stream(stream) | Ended::Viewers { stream, .. } => {
                    self.inner.mint.forget(Item::Stream(*stream));
                }
                Ended::StoredViewers(item) => self.inner.mint.forget(*item),
                Ended::Code(code) => self.inner.seats.forget(*code),
                _ => {}
            }
        }
        let loans: Vec<Ended> = ended
            .iter()
            .filter_map(|ended| match ended {
                Ended::Login(login) => Some(self.inner.end_loans_of(*login)),
                _ => None,
            })
            .flatten()
            .collect();
        self.inner.tell(ended.into_iter().chain(loans));
        if has_settings {
            let listeners = self.inner.settings_listeners.read();
            let listeners = listeners.unwrap_or_else(PoisonError::into_inner).clone();
            for listener in listeners {
                listener();
            }
        }
    }
}

/// The lock, also after a panic elsewhere: what it guards is never left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

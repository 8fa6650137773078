//! What every store must do. An adapter runs each of [`CASES`] on a store that is empty.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::BoxFuture;
use domain::access_code::{Code, CodeId, DAYS_KEPT, Tag, Used};
use domain::api_key::{ApiKey, ApiKeyId, Scope, Scopes};
use domain::audit::{Entry, Numbered, Via};
use domain::clock::{Date, Time};
use domain::item::{Item, Site};
use domain::login::{Login, LoginId};
use domain::secret::Hash;
use domain::setting::Setting;
use domain::slug::Slug;
use domain::store::{Change, GrantKey, Snapshot, Store, StoreError, Unit, UserRow, Work};
use domain::stored::{self, Caption, Facts, Place, State, Stored, StoredId};
use domain::stream::{Key, KeyId, Stream, StreamId, Visibility};
use domain::user::{Link, Name, Role, User, UserId};

/// A rule, to be tried on an empty store; it panics where the store breaks it.
pub type Case = fn(&dyn Store) -> BoxFuture<'_, ()>;

/// All rules by name.
pub const CASES: &[(&str, Case)] = &[
    ("what_was_saved_is_loaded", |store| {
        Box::pin(what_was_saved_is_loaded(store))
    }),
    ("changes_are_loaded", |store| {
        Box::pin(changes_are_loaded(store))
    }),
    ("deleted_stream_takes_its_keys", |store| {
        Box::pin(deleted_stream_takes_its_keys(store))
    }),
    ("deleted_items_are_opened_by_no_code", |store| {
        Box::pin(deleted_items_are_opened_by_no_code(store))
    }),
    ("uses_of_a_code_are_kept_by_day", |store| {
        Box::pin(uses_of_a_code_are_kept_by_day(store))
    }),
    ("what_was_written_down_is_read_in_pages", |store| {
        Box::pin(what_was_written_down_is_read_in_pages(store))
    }),
    ("unique_things_are_taken", |store| {
        Box::pin(unique_things_are_taken(store))
    }),
    ("failed_unit_leaves_nothing", |store| {
        Box::pin(failed_unit_leaves_nothing(store))
    }),
    ("undecided_unit_saves_nothing", |store| {
        Box::pin(undecided_unit_saves_nothing(store))
    }),
    ("changing_what_is_not_there_does_nothing", |store| {
        Box::pin(changing_what_is_not_there_does_nothing(store))
    }),
    ("units_run_one_after_another", |store| {
        Box::pin(units_run_one_after_another(store))
    }),
    ("abandoned_unit_is_carried_through", |store| {
        Box::pin(abandoned_unit_is_carried_through(store))
    }),
    ("check_passes", |store| Box::pin(check_passes(store))),
];

/// A unit that saves this work, and counts when it was told so.
#[must_use]
pub fn unit(changes: Vec<Change>, saved: &Arc<AtomicUsize>) -> Box<dyn Unit> {
    Box::new(Fixed {
        work: Some(Work { changes }),
        saved: Arc::clone(saved),
    })
}

struct Fixed {
    work: Option<Work>,
    saved: Arc<AtomicUsize>,
}

impl Unit for Fixed {
    fn decide(&mut self) -> Option<Work> {
        self.work.take()
    }

    fn saved(&mut self, _: Work) {
        self.saved.fetch_add(1, Ordering::SeqCst);
    }
}

async fn save(store: &dyn Store, changes: Vec<Change>) -> Result<(), StoreError> {
    let saved = Arc::new(AtomicUsize::new(0));
    let result = store.write(unit(changes, &saved)).await;
    let told = saved.load(Ordering::SeqCst);
    assert_eq!(
        told,
        usize::from(result.is_ok()),
        "the unit is told exactly when it was saved"
    );
    result
}

async fn load(store: &dyn Store) -> Snapshot {
    store.load().await.expect("loads")
}

async fn what_was_saved_is_loaded(store: &dyn Store) {
    assert_eq!(
        load(store).await,
        Snapshot::default(),
        "a new store is empty"
    );
    let all = snapshot();
    save(store, adding(&all)).await.expect("saves");
    assert_eq!(load(store).await, all);
}

async fn deleted_items_are_opened_by_no_code(store: &dyn Store) {
    let all = snapshot();
    save(store, adding(&all)).await.expect("saves");
    let film = StoredId::from_number(1);
    let work = vec![Change::DeleteStored(film), Change::DeleteStream(stream(1))];
    save(store, work).await.expect("saves");
    let left = load(store).await;
    assert!(left.stored.iter().all(|stored| stored.id != film));
    for code in &left.codes {
        assert_eq!(code.items, [Item::Image(StoredId::from_number(3))]);
    }
    save(store, vec![Change::DeleteCode(CodeId::from_number(1))])
        .await
        .expect("saves");
    assert_eq!(load(store).await.codes.len(), 1);
}

async fn what_was_written_down_is_read_in_pages(store: &dyn Store) {
    let entry = |number: i64| Entry {
        at: Time::from_ms(number * 1000),
        who: "ana".to_owned(),
        via: Via::Login,
        address: "203.0.113.x".to_owned(),
        action: "video.changed".to_owned(),
        subject: format!("video:film-{number}"),
        detail: "visibility private to public".to_owned(),
    };
    for number in 1..=5 {
        save(store, vec![Change::AddAudit(entry(number))])
            .await
            .expect("saves");
    }
    let newest = store.audit(None, 2).await.expect("reads");
    let at = |found: &[Numbered]| -> Vec<Entry> {
        found
            .iter()
            .map(|numbered| numbered.entry.clone())
            .collect()
    };
    assert_eq!(at(&newest), [entry(5), entry(4)]);
    let older = store
        .audit(Some(newest[1].number), 10)
        .await
        .expect("reads");
    assert_eq!(at(&older), [entry(3), entry(2), entry(1)]);
    let work = vec![Change::DropAudit(Time::from_ms(4000))];
    save(store, work).await.expect("saves");
    let left = store.audit(None, 10).await.expect("reads");
    assert_eq!(at(&left), [entry(5), entry(4)]);
}

async fn changes_are_loaded(store: &dyn Store) {
    let mut all = snapshot();
    save(store, adding(&all)).await.expect("saves");
    let later = Time::from_ms(1_793_729_000_123);
    let mut stream = all.streams[0].clone();
    stream.title = "Zwei".to_owned();
    stream.visibility = Visibility::Private;
    stream.changed = later;
    stream.generation = u32::MAX;
    stream.description = String::new();
    stream.sites = Vec::new();
    let mut film = Stored::clone(&all.stored[0]);
    film.state = State::Ready;
    film.facts.width = 640;
    film.captions.remove(0);
    film.poster = None;
    film.sites = Vec::new();
    let mut code = all.codes[0].clone();
    code.items.remove(0);
    code.paused = Some(later);
    code.viewers_max = None;
    code.note = String::new();
    let mut link = all.links[1].clone();
    link.hash = Hash::of("a newer link");
    link.ends = later;
    let work = vec![
        Change::SetPassword {
            user: user(1),
            password_hash: "new".to_owned(),
        },
        Change::SetDisabled {
            user: user(1),
            disabled: Some(later),
        },
        Change::DropLink(user(1)),
        Change::SetLink(link.clone()),
        Change::SeenLogin(login(1), later),
        Change::SetStream(stream.clone()),
        Change::RevokeKey(key(1), later),
        Change::UsedKey(key(2), later),
        Change::RevokeApiKey(api_key(1), later),
        Change::UsedApiKey(api_key(1), later),
        Change::SetStored(Box::new(film.clone())),
        Change::SetCode(Box::new(code.clone())),
        Change::UsedCode {
            code: CodeId::from_number(2),
            used: used(later.date(), 4, 0),
            last: Some(later),
        },
        // Watching on is no new use.
        Change::UsedCode {
            code: CodeId::from_number(2),
            used: used(later.date(), 0, 5_000),
            last: None,
        },
        Change::SetGrantKey(GrantKey([9; 32])),
        Change::LoggedIn(user(2), later),
        set("publish.grace_s", Some("5")),
        set(
            "http.cors_origins",
            Some("https://a.example, https://b.example"),
        ),
    ];
    save(store, work).await.expect("saves");
    all.users[0].password_hash = Some("new".to_owned());
    all.users[0].user.disabled = Some(later);
    all.links = vec![link];
    all.logins[0].last_seen = later;
    all.streams[0] = stream;
    all.stored[0] = Arc::new(film);
    all.codes[0] = code;
    all.codes[1].uses = 7;
    all.codes[1].last_used = Some(later);
    all.keys[0].revoked = Some(later);
    all.keys[1].last_used = Some(later);
    all.api_keys[0].revoked = Some(later);
    all.api_keys[0].last_used = Some(later);
    all.grant_key = Some(GrantKey([9; 32]));
    all.users[1].user.last_login = Some(later);
    all.settings = vec![
        setting("http.cors_origins", "https://a.example, https://b.example"),
        setting("publish.grace_s", "5"),
    ];
    assert_eq!(load(store).await, all);

    let work = vec![
        set("http.cors_origins", None),
        set("no.such", None),
        Change::SetDisabled {
            user: user(1),
            disabled: None,
        },
        Change::DeleteLogin(login(1)),
        Change::DeleteKey(key(1)),
        Change::DeleteApiKey(api_key(1)),
    ];
    save(store, work).await.expect("saves");
    all.users[0].user.disabled = None;
    all.logins.clear();
    all.keys.remove(0);
    all.api_keys.clear();
    all.settings.remove(0);
    assert_eq!(load(store).await, all);
}

async fn uses_of_a_code_are_kept_by_day(store: &dyn Store) {
    save(store, adding(&snapshot())).await.expect("saves");
    let (code, other) = (CodeId::from_number(2), CodeId::from_number(1));
    let today = Time::from_ms(1_790_000_000_000).date();
    let of = |code, used| Change::UsedCode {
        code,
        used,
        last: None,
    };
    let oldest = today.before(DAYS_KEPT - 1);
    let work = vec![
        of(code, used(oldest.before(1), 1, 0)),
        of(code, used(oldest, 2, 0)),
        of(code, used(today.before(3), 3, 1_500)),
        of(other, used(today, 9, 0)),
        of(CodeId::from_number(77), used(today, 9, 0)),
    ];
    save(store, work).await.expect("saves");
    save(store, vec![of(code, used(today, 1, 0))])
        .await
        .expect("saves");
    save(store, vec![of(code, used(today, 1, 250))])
        .await
        .expect("saves");
    let days = |code, from| async move { store.code_days(code, from).await.expect("reads") };
    let kept = [
        used(oldest, 2, 0),
        used(today.before(3), 3, 1_500),
        used(today, 2, 250),
    ];
    assert_eq!(
        days(code, oldest.before(9)).await,
        kept,
        "what is older is forgotten"
    );
    assert_eq!(days(code, today.before(3)).await, kept[1..]);
    assert_eq!(
        days(CodeId::from_number(77), oldest).await,
        [],
        "it is not there"
    );
    save(store, vec![Change::DeleteCode(code)])
        .await
        .expect("saves");
    assert_eq!(days(code, oldest).await, []);
    assert_eq!(days(other, oldest).await, [used(today, 9, 0)]);
}

fn used(day: Date, opened: u64, watched_ms: u64) -> Used {
    Used {
        day,
        opened,
        watched: Duration::from_millis(watched_ms),
    }
}

async fn deleted_stream_takes_its_keys(store: &dyn Store) {
    save(store, adding(&snapshot())).await.expect("saves");
    save(store, vec![Change::DeleteStream(stream(1))])
        .await
        .expect("saves");
    let left = load(store).await;
    assert!(left.streams.iter().all(|found| found.id != stream(1)));
    assert!(left.keys.iter().all(|found| found.stream != stream(1)));
    assert_eq!(left.streams.len(), 1, "the other stream stays");
}

async fn unique_things_are_taken(store: &dyn Store) {
    let all = snapshot();
    save(store, adding(&all)).await.expect("saves");
    let mut same_name = all.users[0].clone();
    same_name.user.id = user(77);
    let mut same_link = all.links[0].clone();
    same_link.user = user(2);
    let mut same_slug = all.streams[0].clone();
    same_slug.id = stream(77);
    let mut same_key = all.keys[0].clone();
    same_key.id = key(77);
    let mut same_cookie = all.logins[0].clone();
    same_cookie.id = login(77);
    let mut same_api_key = all.api_keys[0].clone();
    same_api_key.id = api_key(77);
    let mut same_film = Stored::clone(&all.stored[0]);
    same_film.id = StoredId::from_number(77);
    let mut same_code = all.codes[0].clone();
    same_code.id = CodeId::from_number(77);
    for change in [
        Change::AddUser(same_name),
        Change::SetLink(same_link),
        Change::AddStored(Box::new(same_film)),
        Change::AddCode(Box::new(same_code)),
        Change::AddStream(same_slug),
        Change::AddKey(same_key),
        Change::AddLogin(same_cookie),
        Change::AddApiKey(same_api_key),
        Change::AddStream(all.streams[0].clone()),
    ] {
        let result = save(store, vec![change.clone()]).await;
        assert!(
            matches!(result, Err(StoreError::Taken)),
            "{change:?} is taken, got {result:?}"
        );
    }
    assert_eq!(load(store).await, all);
}

async fn failed_unit_leaves_nothing(store: &dyn Store) {
    let all = snapshot();
    save(store, adding(&all)).await.expect("saves");
    let work = vec![
        Change::DeleteLogin(login(1)),
        Change::SetGrantKey(GrantKey([1; 32])),
        Change::AddStream(all.streams[0].clone()),
    ];
    assert!(matches!(save(store, work).await, Err(StoreError::Taken)));
    assert_eq!(
        load(store).await,
        all,
        "what came before the failure is undone"
    );
}

async fn undecided_unit_saves_nothing(store: &dyn Store) {
    struct Undecided;
    impl Unit for Undecided {
        fn decide(&mut self) -> Option<Work> {
            None
        }
        fn saved(&mut self, _: Work) {
            panic!("nothing was saved");
        }
    }
    store
        .write(Box::new(Undecided))
        .await
        .expect("nothing to do is no failure");
    assert_eq!(load(store).await, Snapshot::default());
}

async fn changing_what_is_not_there_does_nothing(store: &dyn Store) {
    let work = vec![
        Change::SetDisabled {
            user: user(5),
            disabled: None,
        },
        Change::SetLink(snapshot().links[0].clone()),
        Change::DropLink(user(5)),
        Change::SetStream(snapshot().streams[0].clone()),
        Change::DeleteStream(stream(5)),
        Change::RevokeKey(key(5), Time::from_ms(0)),
        Change::DeleteLogin(login(5)),
    ];
    save(store, work).await.expect("saves");
    assert_eq!(load(store).await, Snapshot::default());
}

async fn units_run_one_after_another(store: &dyn Store) {
    struct Logged {
        at: usize,
        log: Arc<Mutex<Vec<(usize, &'static str)>>>,
    }
    impl Unit for Logged {
        fn decide(&mut self) -> Option<Work> {
            self.log
                .lock()
                .expect("not poisoned")
                .push((self.at, "decides"));
            Some(Work {
                changes: vec![Change::SetGrantKey(GrantKey(
                    [u8::try_from(self.at).unwrap_or(0); 32],
                ))],
            })
        }
        fn saved(&mut self, _: Work) {
            self.log
                .lock()
                .expect("not poisoned")
                .push((self.at, "saved"));
        }
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let pending: Vec<_> = (0..8)
        .map(|at| {
            store.write(Box::new(Logged {
                at,
                log: Arc::clone(&log),
            }))
        })
        .collect();
    for write in pending {
        write.await.expect("saves");
    }
    let expected: Vec<_> = (0..8)
        .flat_map(|at| [(at, "decides"), (at, "saved")])
        .collect();
    assert_eq!(*log.lock().expect("not poisoned"), expected);
    assert_eq!(load(store).await.grant_key, Some(GrantKey([7; 32])));
}

async fn abandoned_unit_is_carried_through(store: &dyn Store) {
    let saved = Arc::new(AtomicUsize::new(0));
    drop(store.write(unit(vec![Change::SetGrantKey(GrantKey([3; 32]))], &saved)));
    // Whatever comes after it waits for it.
    save(store, vec![Change::DeleteLogin(login(1))])
        .await
        .expect("saves");
    assert_eq!(saved.load(Ordering::SeqCst), 1);
    assert_eq!(load(store).await.grant_key, Some(GrantKey([3; 32])));
}

async fn check_passes(store: &dyn Store) {
    store.check().await.expect("a fresh store is well");
}

fn user(number: u64) -> UserId {
    UserId::from_number(number)
}
fn login(number: u64) -> LoginId {
    LoginId::from_number(number)
}
fn stream(number: u64) -> StreamId {
    StreamId::from_number(number)
}
fn key(number: u64) -> KeyId {
    KeyId::from_number(number)
}
fn api_key(number: u64) -> ApiKeyId {
    ApiKeyId::from_number(number)
}

fn setting(name: &str, value: &str) -> Setting {
    Setting {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}
fn set(name: &str, value: Option<&str>) -> Change {
    Change::SetSetting {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    }
}

/// One of everything, and two where a sibling must stay untouched; every optional field both ways.
fn snapshot() -> Snapshot {
    let at = Time::from_ms(1_793_728_800_001);
    let row = |number, name: &str, role, disabled| UserRow {
        user: User {
            id: user(number),
            name: Name::parse(name).expect("a name"),
            role,
            created: at,
            disabled,
            last_login: None,
        },
        password_hash: (number != 2).then(|| format!("$hash${number}")),
    };
    let place = |number, slug: &str, owner, visibility| Stream {
        id: stream(number),
        slug: Slug::parse(slug).expect("a slug"),
        title: format!("“{slug}” – \u{1f3a5} '; --"),
        owner,
        visibility,
        created: at,
        changed: at,
        generation: 3,
        description: "Two\nlines".to_owned(),
        sites: vec![
            Site::parse("school.example").expect("a site"),
            Site::parse("*.club.example:8443").expect("a site"),
        ],
    };
    let item = |number, kind, slug: &str, owner, state| Stored {
        id: StoredId::from_number(number),
        kind,
        slug: Slug::parse(slug).expect("a slug"),
        title: format!("“{slug}” '; --"),
        description: "About it".to_owned(),
        owner,
        visibility: Visibility::Private,
        created: at,
        changed: at,
        generation: 1,
        state,
        place: Place::Library,
        facts: Facts {
            bytes: 5_000_000_000,
            duration_ms: 90_000,
            width: 1920,
            height: 1080,
            codecs: "avc1.640028,mp4a.40.2".to_owned(),
            form: "mp4".to_owned(),
            file_name: "holiday.mp4".to_owned(),
            has_original: true,
        },
        poster: None,
        captions: Vec::new(),
        downloadable: false,
        sites: Vec::new(),
    };
    let mut film = item(
        1,
        stored::Kind::Video,
        "film",
        Some(user(1)),
        State::Processing,
    );
    film.captions = vec![
        Caption {
            language: "de".to_owned(),
            label: "Deutsch".to_owned(),
            is_default: true,
        },
        Caption {
            language: "en".to_owned(),
            label: "English".to_owned(),
            is_default: false,
        },
    ];
    film.poster = Some(at);
    film.downloadable = true;
    film.sites = vec![Site::parse("https://school.example").expect("a site")];
    let mut folder = item(
        2,
        stored::Kind::Video,
        "folder",
        None,
        State::Failed("It holds nothing.".to_owned()),
    );
    folder.place = Place::Public(Slug::parse("folder").expect("a slug"));
    let code = |number, viewers_max, starts| Code {
        id: CodeId::from_number(number),
        owner: user(1),
        tag: Tag([u8::try_from(number).expect("small"); 32]),
        sealed: vec![1, 2, 3],
        is_chosen: true,
        description: "Spring course".to_owned(),
        note: "For 31 people".to_owned(),
        items: vec![
            Item::Image(StoredId::from_number(3)),
            Item::Stream(stream(1)),
            Item::Video(StoredId::from_number(1)),
        ],
        starts,
        expires: Some(Time::from_ms(1_893_456_000_000)),
        paused: None,
        viewers_max,
        sites: vec![Site::parse("school.example").expect("a site")],
        may_download: true,
        created: at,
        changed: at,
        uses: 3,
        last_used: Some(at),
    };
    let link = |number, token: &str| Link {
        user: user(number),
        hash: Hash::of(token),
        created: at,
        ends: Time::from_ms(1_793_988_000_001),
    };
    let stream_key = |number, of| Key {
        id: key(number),
        stream: stream(of),
        name: "Old laptop".to_owned(),
        hash: Hash::of(&format!("key {number}")),
        created: at,
        revoked: None,
        last_used: None,
    };
    Snapshot {
        users: vec![
            row(1, "ana", Role::Administrator, None),
            row(2, "ben", Role::Member, Some(at)),
        ],
        links: vec![link(1, "a link"), link(2, "another link")],
        logins: vec![Login {
            id: login(1),
            user: user(1),
            hash: Hash::of("cookie"),
            created: at,
            last_seen: at,
            address: "203.0.113.x".to_owned(),
            agent: "Firefox".to_owned(),
        }],
        streams: vec![
            place(1, "cam", Some(user(2)), Visibility::Members),
            place((1 << 63) - 1, "live", None, Visibility::Public),
        ],
        keys: vec![stream_key(1, 1), stream_key(2, (1 << 63) - 1)],
        api_keys: vec![ApiKey {
            id: api_key(1),
            user: user(2),
            name: "Website".to_owned(),
            scopes: Scopes::of(&[Scope::Read, Scope::Publish]).expect("some"),
            hash: Hash::of("api key"),
            created: at,
            expires: Some(Time::from_ms(1_893_456_000_000)),
            revoked: None,
            last_used: None,
        }],
        stored: vec![
            Arc::new(film),
            Arc::new(folder),
            // The same name as the video: images have theirs.
            Arc::new(item(
                3,
                stored::Kind::Image,
                "film",
                Some(user(2)),
                State::Ready,
            )),
        ],
        codes: vec![code(1, Some(40), None), code(2, None, Some(at))],
        grant_key: Some(GrantKey([7; 32])),
        settings: vec![setting("publish.grace_s", "7")],
    }
}

fn adding(all: &Snapshot) -> Vec<Change> {
    let mut changes: Vec<Change> = all.users.iter().cloned().map(Change::AddUser).collect();
    changes.extend(all.links.iter().cloned().map(Change::SetLink));
    changes.extend(all.logins.iter().cloned().map(Change::AddLogin));
    changes.extend(all.streams.iter().cloned().map(Change::AddStream));
    changes.extend(all.keys.iter().cloned().map(Change::AddKey));
    changes.extend(all.api_keys.iter().cloned().map(Change::AddApiKey));
    let stored = all
        .stored
        .iter()
        .map(|stored| Box::new(Stored::clone(stored)));
    changes.extend(stored.map(Change::AddStored));
    let codes = all.codes.iter().cloned().map(Box::new);
    changes.extend(codes.map(Change::AddCode));
    changes.extend(all.grant_key.iter().cloned().map(Change::SetGrantKey));
    let settings = all.settings.iter();
    changes.extend(settings.map(|setting| set(&setting.name, Some(&setting.value))));
    changes
}

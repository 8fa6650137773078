//! Users, logins, API keys and the first start.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::api_key::{self, Scope, Scopes};
use domain::caller::{self, Caller, Subject};
use domain::catalogue::{Ended, First};
use domain::engine::Close;
use domain::login::{self, Attempt, Begun};
use domain::password::PasswordError;
use domain::secret::Secret;
use domain::slug::Slug;
use domain::store::{Store, StoreError};
use domain::stream::Visibility;
use domain::user::{self, Name, Role};
use domain::{publish, setup};
use testkit::{ADDRESS, ELSEWHERE, PASSWORD, Rig, block_on};

fn try_log_in(
    rig: &Rig,
    name: &str,
    password: &str,
    address: IpAddr,
) -> Result<Begun, login::Refused> {
    let password = Secret::new(password);
    block_on(rig.catalogue.log_in(Attempt {
        name,
        password: &password,
        address,
        agent: "test",
    }))
}

fn network(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + n))
}

#[test]
fn login_lasts_from_its_cookie_until_it_is_ended() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    let begun = rig.log_in("ANA ");
    let ana = rig.as_cookie(&begun);
    assert_eq!(
        (ana.user(), ana.role),
        (Some(begun.login.user), Some(Role::Member))
    );
    assert_eq!(begun.login.address, "203.0.113.x");
    assert_eq!(
        rig.as_cookie(&begun).user(),
        rig.restarted().as_cookie(&begun).user()
    );
    for cookie in [
        "",
        "lo_",
        &begun.cookie.expose()[1..],
        &begun.cookie.expose().to_uppercase(),
    ] {
        assert_eq!(
            rig.catalogue.caller_for_cookie(cookie, ADDRESS),
            Caller::nobody(ADDRESS)
        );
    }
    block_on(rig.catalogue.log_out(&ana)).expect("logs out");
    assert_eq!(rig.as_cookie(&begun), Caller::nobody(ADDRESS));
    assert_eq!(rig.restarted().as_cookie(&begun), Caller::nobody(ADDRESS));
}

#[test]
fn last_login_is_remembered_when_the_login_is_over() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    let last = |rig: &Rig| {
        let name = Name::parse("ana").expect("a name");
        let ana = rig.catalogue.find_user_named(&Caller::operator(), &name);
        ana.expect("is there").last_login
    };
    assert_eq!(last(&rig), None);
    let first = rig.log_in("ana");
    rig.clock.advance(Duration::from_secs(60));
    let second = rig.log_in("ana");
    assert_eq!(last(&rig), Some(second.login.created));
    assert_ne!(first.login.created, second.login.created);
    for begun in [first, second] {
        block_on(rig.catalogue.log_out(&rig.as_cookie(&begun))).expect("logs out");
    }
    let known = last(&rig);
    assert!(known.is_some());
    assert_eq!(last(&rig.restarted()), known);
    rig.clock.advance(Duration::from_secs(60));
    assert!(try_log_in(&rig, "ana", "wrong", ADDRESS).is_err());
    assert_eq!(last(&rig), known, "what failed is no login");
}

#[test]
fn every_login_has_a_cookie_of_its_own() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    let cookies: HashSet<String> = (0..20)
        .map(|_| rig.log_in("ana").cookie.expose().to_owned())
        .collect();
    assert_eq!(cookies.len(), 20);
    assert!(cookies.iter().all(|cookie| cookie.len() == 3 + 43));
}

#[test]
fn login_ends_when_it_is_idle_or_old() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    let idle = rig.log_in("ana");
    let used = rig.log_in("ana");
    let day = Duration::from_secs(86_400);
    for n in 1..=90 {
        rig.clock.advance(day);
        let is_there = |begun| rig.as_cookie(begun).user().is_some();
        assert_eq!(is_there(&used), n < 90, "day {n}");
        block_on(rig.catalogue.tend()).expect("saves");
        assert_eq!(n < 30, rig.store_has(&idle), "day {n}");
    }
}

trait Stored {
    fn store_has(&self, begun: &Begun) -> bool;
}

impl Stored for Rig {
    fn store_has(&self, begun: &Begun) -> bool {
        let kept = block_on(self.store.load()).expect("loads");
        kept.logins.iter().any(|login| login.id == begun.login.id)
    }
}

#[test]
fn uses_are_saved_together_and_seldom() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    let begun = rig.log_in("ana");
    let seen = || block_on(rig.store.load()).expect("loads").logins[0].last_seen;
    let first = seen();
    for _ in 0..60 {
        rig.clock.advance(Duration::from_secs(10));
        assert!(rig.as_cookie(&begun).user().is_some());
        assert_eq!(seen(), first, "strangers and viewers do not drive the disk");
    }
    block_on(rig.catalogue.tend()).expect("saves");
    assert_eq!(seen(), first.plus(Duration::from_secs(300)));
}

/// Abuse cases I2, I3: nothing tells a known name, and each costs one check of a hash. That the checks take alike long is of the
/// hash itself, whose time does not depend on what is checked.
#[test]
fn wrong_name_and_wrong_password_are_alike() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    let eve = rig.user("eve", Role::Member);
    block_on(rig.catalogue.disable_user(&Caller::operator(), eve.id)).expect("disables");
    let long = "x".repeat(1 << 20);
    for (name, password) in [
        ("ana", "wrong"),
        ("ana", ""),
        ("ana", "correct horse battery\0"),
        ("ana", "Correct horse battery"),
        ("ana", long.as_str()),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("../ana", PASSWORD),
        ("eve", PASSWORD),
    ] {
        let before = rig.hasher.verified();
        let refused = try_log_in(&rig, name, password, ADDRESS).expect_err("is wrong");
        assert_eq!(refused.to_string(), "Name or password is wrong.", "{name}");
        assert_eq!(
            rig.hasher.verified(),
            before + 1,
            "{name} takes as long as any other"
        );
        rig.clock.advance(Duration::from_secs(60));
    }
}

/// Abuse case I1: one address.
#[test]
fn guessing_from_one_network_runs_out_and_the_owner_gets_in_from_another() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    let guessed = rig.hasher.verified();
    let mut waits = Vec::new();
    for n in 0..10_000 {
        match try_log_in(&rig, "ana", &format!("guess {n}"), ADDRESS) {
            Err(login::Refused::Wrong) => {}
            Err(login::Refused::TooManyTries { retry_after_s }) => waits.push(retry_after_s),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        rig.hasher.verified() - guessed,
        10,
        "guesses that were heard"
    );
    assert_eq!(waits.first(), Some(&30));
    try_log_in(&rig, "ana", PASSWORD, ELSEWHERE).expect("the owner is not locked out");
    rig.clock.advance(Duration::from_secs(30));
    try_log_in(&rig, "ana", PASSWORD, ADDRESS).expect("and gets in from there after waiting");
}

/// Abuse case I1: many addresses.
#[test]
fn guessing_from_many_networks_is_slowed_and_the_owner_gets_in_where_they_were_before() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    rig.log_in("ana");
    let guess = |n| try_log_in(&rig, "ana", "guess", network(n));
    let heard = (0..10_000)
        .filter(|n| matches!(guess(*n), Err(login::Refused::Wrong)))
        .count();
    assert_eq!(heard, 100);
    try_log_in(&rig, "ana", PASSWORD, ADDRESS).expect("was here before");
}

/// Abuse case I1: one password over many names.
#[test]
fn spraying_one_password_over_many_accounts_runs_out() {
    let rig = Rig::new();
    let heard = (0..1_000)
        .filter(|n| {
            matches!(
                try_log_in(&rig, &format!("user{n}"), "Summer 2026", ADDRESS),
                Err(login::Refused::Wrong)
            )
        })
        .count();
    assert_eq!(heard, 30);
}

#[test]
fn right_passwords_use_nothing_up() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    for _ in 0..300 {
        rig.log_in("ana");
    }
    let ana = rig.as_cookie(&rig.log_in("ana"));
    assert_eq!(
        rig.catalogue.list_logins(&ana).expect("hers").len(),
        50,
        "the oldest make room"
    );
}

/// Abuse case I4: who is turned away did not guess.
#[test]
fn full_hashing_pool_is_told_and_not_counted() {
    let rig = Rig::new();
    rig.user("ana", Role::Member);
    rig.hasher.set_busy(true);
    for name in ["ana", "nobody"] {
        for _ in 0..100 {
            assert!(matches!(
                try_log_in(&rig, name, PASSWORD, ADDRESS),
                Err(login::Refused::Busy(_))
            ));
        }
    }
    rig.hasher.set_busy(false);
    rig.log_in("ana");
}

#[test]
fn people_see_and_end_their_own_logins_only() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let ben = rig.member("ben");
    let phone = rig.log_in("ana");
    let theirs = |caller: &Caller| {
        rig.catalogue
            .list_logins(caller)
            .map(|logins| logins.len())
            .ok()
    };
    assert_eq!(
        (theirs(&ana), theirs(&ben), theirs(&Caller::nobody(ADDRESS))),
        (Some(2), Some(1), None)
    );
    assert_eq!(
        theirs(&rig.api_key(&ana, &Scope::ALL).0),
        None,
        "a key lists no logins"
    );
    let refused = block_on(rig.catalogue.end_login(&ben, phone.login.id));
    assert!(matches!(refused, Err(login::Refused::NotFound)));
    block_on(rig.catalogue.end_other_logins(&ana)).expect("ends");
    assert_eq!(theirs(&ana), Some(1));
    assert_eq!(rig.as_cookie(&phone), Caller::nobody(ADDRESS));
}

/// Abuse case I6: after another password.
#[test]
fn another_password_ends_the_logins_made_with_the_old_one() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let other = rig.log_in("ana");
    let (key, _) = rig.api_key(&ana, &Scope::ALL);
    let (old, new) = (Secret::new(PASSWORD), Secret::new("a new long password"));
    let change =
        |caller: &Caller, old: &Secret| block_on(rig.catalogue.change_password(caller, old, &new));
    assert!(
        matches!(change(&key, &old), Err(user::Refused::NotAllowed)),
        "a key changes no password"
    );
    for _ in 0..10 {
        assert!(matches!(
            change(&ana, &new),
            Err(user::Refused::WrongPassword)
        ));
    }
    assert!(
        matches!(change(&ana, &new), Err(user::Refused::TooManyTries { .. })),
        "a cookie guesses no password"
    );
    rig.clock.advance(Duration::from_secs(60));
    let named = Secret::new("Ana2026!");
    let refused = block_on(rig.catalogue.change_password(&ana, &old, &named));
    assert!(
        matches!(refused, Err(user::Refused::Password(_))),
        "one's own name with digits is tried first"
    );
    change(&ana, &old).expect("changes");
    assert_eq!(rig.as_cookie(&other), Caller::nobody(ADDRESS));
    assert_eq!(
        rig.catalogue.list_logins(&ana).expect("hers").len(),
        1,
        "this login stays"
    );
    assert!(try_log_in(&rig, "ana", PASSWORD, ELSEWHERE).is_err());
    try_log_in(&rig, "ana", "a new long password", ELSEWHERE).expect("logs in");
}

#[test]
fn users_are_added_and_switched_off_by_administrators_only() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    let add = |caller: &Caller, name: &str, password: &str| {
        let name = Name::parse(name).expect("a name");
        block_on(rig.catalogue.add_user(
            caller,
            user::New {
                name,
                role: Role::Member,
                password: Secret::new(password),
            },
        ))
    };
    let weak = rig.api_key(&root, &[Scope::Read, Scope::Manage]).0;
    for caller in [
        &Caller::nobody(ADDRESS),
        &ana,
        &weak,
        &rig.api_key(&ana, &Scope::ALL).0,
    ] {
        assert!(matches!(
            add(caller, "new", PASSWORD),
            Err(user::Refused::NotAllowed)
        ));
        assert!(matches!(
            rig.catalogue.list_users(caller),
            Err(user::Refused::NotAllowed)
        ));
        let root = root.user().expect("root");
        assert!(matches!(
            block_on(rig.catalogue.disable_user(caller, root)),
            Err(user::Refused::NotAllowed)
        ));
        let reset = block_on(rig.catalogue.reset_password(
            caller,
            root,
            &Secret::new("a new long password"),
        ));
        assert!(matches!(reset, Err(user::Refused::NotAllowed)));
    }
    assert!(matches!(
        add(&root, "ANA", PASSWORD),
        Err(user::Refused::Taken)
    ));
    let common = add(&root, "new", "password123");
    assert!(matches!(
        common,
        Err(user::Refused::Password(PasswordError::Common))
    ));
    let last = block_on(
        rig.catalogue
            .disable_user(&root, root.user().expect("root")),
    );
    assert!(matches!(last, Err(user::Refused::LastAdministrator)));
    let names: Vec<String> = rig
        .catalogue
        .list_users(&root)
        .expect("may")
        .into_iter()
        .map(|user| user.name.to_string())
        .collect();
    assert_eq!(names, ["ana", "root"]);
}

/// Abuse case I6: with all that was theirs.
#[test]
fn everything_of_a_disabled_user_dies_at_once() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    let begun = rig.log_in("ana");
    let (_, key) = rig.api_key(&ana, &Scope::ALL);
    let link = rig
        .catalogue
        .one_time_login(&ana, begun.login.user)
        .expect("a link");
    block_on(rig.catalogue.disable_user(&root, begun.login.user)).expect("disables");
    for rig in [&rig, &rig.restarted()] {
        assert_eq!(rig.as_cookie(&begun), Caller::nobody(ADDRESS));
        assert!(
            rig.catalogue
                .caller_for_api_key(key.expose(), ADDRESS)
                .is_err()
        );
        let redeemed = block_on(rig.catalogue.redeem_one_time_login(
            link.expose(),
            ADDRESS,
            "test",
        ));
        assert!(matches!(redeemed, Err(login::Refused::Link)));
    }
    block_on(rig.catalogue.enable_user(&root, begun.login.user)).expect("enables");
    assert_eq!(
        rig.as_cookie(&begun),
        Caller::nobody(ADDRESS),
        "logins do not come back"
    );
}

#[test]
fn same_name_at_the_same_time_is_taken_once() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let winners = race(&rig, 8, |rig| {
        let name = Name::parse("new").expect("a name");
        let new = user::New {
            name,
            role: Role::Member,
            password: Secret::new(PASSWORD),
        };
        match block_on(rig.catalogue.add_user(&root, new)) {
            Ok(_) => true,
            Err(user::Refused::Taken) => false,
            Err(error) => panic!("{error:?}"),
        }
    });
    assert_eq!(winners, 1);
}

#[test]
fn two_last_administrators_cannot_switch_each_other_off() {
    for _ in 0..20 {
        let rig = Rig::new();
        let people = [rig.administrator("one"), rig.administrator("two")];
        let next = Mutex::new(people.iter().zip(people.iter().rev()));
        race(&rig, 2, |rig| {
            let pair = next.lock().expect("not poisoned").next();
            let (who, whom) = pair.expect("one for each");
            block_on(
                rig.catalogue
                    .disable_user(who, whom.user().expect("somebody")),
            )
            .is_ok()
        });
        let users = rig.catalogue.list_users(&Caller::operator()).expect("may");
        assert_eq!(
            users.iter().filter(|user| user.disabled.is_none()).count(),
            1
        );
    }
}

/// How many of so many threads win.
fn race(rig: &Rig, threads: usize, act: impl Fn(&Rig) -> bool + Sync) -> usize {
    let start = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let run = || {
            start.wait();
            act(rig)
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .filter(|won| *won)
            .count()
    })
}

#[test]
fn api_keys_are_made_with_a_login_and_never_grow() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    let add = |caller: &Caller, user: &Caller| {
        let new = api_key::New {
            name: "Website".to_owned(),
            user: user.user().expect("somebody"),
            scopes: Scopes::of(&Scope::ALL).expect("some"),
            expires: Some(rig.now().plus(Duration::from_secs(60))),
        };
        block_on(rig.catalogue.add_api_key(caller, new))
    };
    assert!(matches!(
        add(&ana, &root),
        Err(api_key::Refused::NotAllowed)
    ));
    assert!(matches!(
        add(&rig.api_key(&root, &Scope::ALL).0, &root),
        Err(api_key::Refused::NotAllowed)
    ));
    let (key, secret) = add(&root, &ana).expect("administrators make anybody's");
    assert_eq!(secret.expose().len(), 3 + 43);
    let caller = rig
        .catalogue
        .caller_for_api_key(secret.expose(), ADDRESS)
        .expect("is known");
    assert_eq!(caller.user(), ana.user());
    assert!(
        !caller.administers(),
        "a scope gives no more than its user has"
    );
    let ben = rig.member("ben");
    let refused = block_on(rig.catalogue.revoke_api_key(&ben, key.id));
    assert!(matches!(refused, Err(api_key::Refused::NotFound)));
    rig.clock.advance(Duration::from_secs(60));
    assert_eq!(
        rig.catalogue.caller_for_api_key(secret.expose(), ADDRESS),
        Err(caller::Refused::Unknown),
        "has ended"
    );
}

#[test]
fn dead_api_keys_take_nobodys_place_and_are_forgotten_in_the_end() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let new = || api_key::New {
        name: "Website".to_owned(),
        user: ana.user().expect("ana"),
        scopes: Scopes::of(&[Scope::Read]).expect("some"),
        expires: None,
    };
    for _ in 0..150 {
        rig.clock.advance(Duration::from_secs(1));
        let (key, _) = block_on(rig.catalogue.add_api_key(&ana, new())).expect("is made");
        block_on(rig.catalogue.revoke_api_key(&ana, key.id)).expect("revokes");
    }
    for _ in 0..100 {
        block_on(rig.catalogue.add_api_key(&ana, new())).expect("is made");
    }
    let full = block_on(rig.catalogue.add_api_key(&ana, new()));
    assert!(matches!(full, Err(api_key::Refused::TooMany { max: 100 })));
    assert_eq!(rig.catalogue.list_api_keys(&ana).expect("hers").len(), 200);
}

#[test]
fn wrong_api_keys_run_out_and_right_ones_are_heard() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let (_, key) = rig.api_key(&ana, &[Scope::Read]);
    let wrong = |n: usize| {
        rig.catalogue
            .caller_for_api_key(&format!("ak_{n}"), ADDRESS)
    };
    assert_eq!(
        (0..1_000)
            .filter(|n| wrong(*n) == Err(caller::Refused::Unknown))
            .count(),
        20
    );
    assert!(matches!(
        wrong(0),
        Err(caller::Refused::TooManyTries { .. })
    ));
    rig.catalogue
        .caller_for_api_key(key.expose(), ADDRESS)
        .expect("cannot be guessed, so is always heard");
}

fn set_up(rig: &Rig, token: &str, name: &str) -> Result<setup::Done, setup::Refused> {
    let password = Secret::new(PASSWORD);
    let first = First {
        token,
        name,
        password: &password,
        address: ADDRESS,
        agent: "test",
    };
    block_on(rig.catalogue.setup(first))
}

/// Abuse case I12: in the catalogue.
#[test]
fn setup_makes_the_administrator_and_the_stream_live_once() {
    let rig = Rig::new();
    assert!(rig.catalogue.needs_setup());
    assert!(
        matches!(set_up(&rig, "", "root"), Err(setup::Refused::Token)),
        "no token has been made yet"
    );
    let token = rig.catalogue.setup_token().expect("nobody is here");
    assert!(rig.catalogue.is_setup_token(token.expose()));
    assert!(matches!(
        set_up(&rig, "on_guess", "root"),
        Err(setup::Refused::Token)
    ));
    assert!(
        matches!(
            set_up(&rig, token.expose(), "-"),
            Err(setup::Refused::Name(_))
        ),
        "the token stays good"
    );
    let winners = race(&rig, 4, |rig| match set_up(rig, token.expose(), "root") {
        Ok(done) => {
            assert_eq!(rig.as_cookie(&done.begun).role, Some(Role::Administrator));
            assert!(done.key.is_some());
            true
        }
        Err(setup::Refused::Over | setup::Refused::Token) => false,
        Err(error) => panic!("{error:?}"),
    });
    assert_eq!(winners, 1);
    let live = Slug::parse("live").expect("a slug");
    let stream = rig
        .catalogue
        .find_stream(&Caller::operator(), &live)
        .expect("was made");
    assert_eq!(stream.visibility, Visibility::Members);
    for rig in [&rig, &rig.restarted()] {
        assert!(!rig.catalogue.needs_setup());
        assert_eq!(rig.catalogue.setup_token(), None);
        assert!(matches!(
            set_up(rig, token.expose(), "second"),
            Err(setup::Refused::Over)
        ));
    }
}

#[test]
fn setup_takes_over_a_stream_that_the_command_line_made() {
    let rig = Rig::new();
    rig.stream(&Caller::operator(), "live", Visibility::Public);
    let token = rig.catalogue.setup_token().expect("nobody is here");
    assert!(
        set_up(&rig, token.expose(), "root")
            .expect("is set up")
            .key
            .is_none()
    );
}

#[test]
fn link_logs_in_once() {
    let rig = Rig::new();
    let ana = rig.user("ana", Role::Member).id;
    let link = rig
        .catalogue
        .one_time_login(&Caller::operator(), ana)
        .expect("a link");
    let redeem = |rig: &Rig| {
        block_on(
            rig.catalogue
                .redeem_one_time_login(link.expose(), ADDRESS, "test"),
        )
        .is_ok()
    };
    assert_eq!(race(&rig, 8, redeem), 1);
    let late = rig
        .catalogue
        .one_time_login(&Caller::operator(), ana)
        .expect("a link");
    rig.clock.advance(login::ONCE_MAX);
    assert!(
        block_on(
            rig.catalogue
                .redeem_one_time_login(late.expose(), ADDRESS, "test")
        )
        .is_err()
    );
    let root = rig.administrator("root");
    let stolen = rig.catalogue.one_time_login(&root, ana);
    assert!(
        matches!(stolen, Err(login::Refused::NotAllowed)),
        "nobody becomes somebody else on the web"
    );
}

#[test]
fn what_ended_is_told_after_it_was_saved() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let begun = {
        rig.user("ana", Role::Member);
        rig.log_in("ana")
    };
    let ana = rig.as_cookie(&begun);
    let (stream, made) = rig.stream(&ana, "cam", Visibility::Public);
    rig.api_key(&ana, &Scope::ALL);
    let key = rig.catalogue.list_api_keys(&ana).expect("hers")[0].id;
    let told = Arc::new(Mutex::new(Vec::new()));
    let (sink, within) = (Arc::clone(&told), rig.catalogue.clone());
    rig.catalogue.on_ended(move |ended| {
        // A listener may ask: no lock is held while it is told.
        assert!(!within.needs_setup());
        sink.lock().expect("not poisoned").push(ended);
    });
    let take = || std::mem::take(&mut *told.lock().expect("not poisoned"));
    let catalogue = &rig.catalogue;

    block_on(catalogue.revoke_key(&ana, &stream.slug, made.key.id)).expect("revokes");
    block_on(catalogue.revoke_key(&ana, &stream.slug, made.key.id)).expect("again");
    assert_eq!(take(), [Ended::Key(made.key.id)], "told once");
    assert_eq!(
        Ended::Key(made.key.id).closes(),
        Some(Close::Key(made.key.id))
    );

    let edit = domain::edit::Edit {
        visibility: Some(Visibility::Private),
        ..Default::default()
    };
    block_on(catalogue.update_stream(&ana, &stream.slug, edit)).expect("changes");
    assert_eq!(
        take(),
        [Ended::Viewers {
            stream: stream.id,
            generation: 1
        }]
    );

    block_on(catalogue.disable_user(&root, begun.login.user)).expect("disables");
    assert_eq!(
        take(),
        [
            Ended::User(begun.login.user),
            Ended::ApiKey(key),
            Ended::Login(begun.login.id)
        ]
    );

    block_on(catalogue.delete_stream(&root, &stream.slug)).expect("deletes");
    assert_eq!(take(), [Ended::Stream(stream.id)]);
}

#[test]
fn write_that_fails_changes_nothing() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let (stream, made) = rig.stream(&root, "cam", Visibility::Public);
    rig.store.set_fails(true);
    let refused = block_on(rig.catalogue.revoke_key(&root, &stream.slug, made.key.id));
    assert!(matches!(
        refused,
        Err(domain::stream::Refused::Store(StoreError::Failed(_)))
    ));
    assert!(block_on(rig.catalogue.delete_stream(&root, &stream.slug)).is_err());
    rig.store.set_fails(false);
    let path = testkit::parts("cam");
    let attempt = publish::Attempt {
        protocol: publish::Protocol::Rtmp,
        address: ADDRESS,
        path: &path,
        token: Some(made.secret.expose()),
    };
    use domain::gate::Gatekeeper;
    rig.catalogue
        .admit_publish(&attempt)
        .expect("the key was not revoked");
}

#[test]
fn abandoned_write_is_carried_through() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let (stream, made) = rig.stream(&root, "cam", Visibility::Public);
    {
        // A client that hangs up: the future is polled once and dropped.
        let mut write = Box::pin(rig.catalogue.revoke_key(&root, &stream.slug, made.key.id));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = write.as_mut().poll(&mut context);
    }
    let keys = rig.catalogue.list_keys(&root, &stream.slug).expect("hers");
    assert!(keys[0].revoked.is_some());
}

#[test]
fn secrets_do_not_show_themselves() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let begun = rig.log_in("root");
    let (stream, made) = rig.stream(&root, "cam", Visibility::Public);
    let text = format!("{begun:?} {made:?} {stream:?} {:?}", root.subject);
    for secret in [&begun.cookie, &made.secret] {
        assert!(!text.contains(secret.expose()) && !text.contains(&secret.expose()[3..]));
    }
    assert!(matches!(root.subject, Subject::Login { .. }));
}

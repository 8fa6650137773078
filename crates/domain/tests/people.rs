//! People: invited and helped back in by links, and gone at once when they are switched off.

#![expect(
    clippy::unwrap_used,
    reason = "a rig that cannot be built is a failed test"
)]

use std::time::Duration;

use domain::api_key::{self, Scope, Scopes};
use domain::caller::Caller;
use domain::gate::Gatekeeper as _;
use domain::item::Space;
use domain::login::{self, Attempt, Begun};
use domain::publish::{self, Protocol};
use domain::secret::Secret;
use domain::slug::Slug;
use domain::stream::Visibility;
use domain::user::{ByLink, LINK_MAX, Name, Refused, Role};
use domain::view;
use testkit::{ADDRESS, PASSWORD, Rig, block_on};

const CHOSEN: &str = "a password of my own";

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn set(rig: &Rig, token: &str, password: &str) -> Result<Begun, Refused> {
    block_on(rig.catalogue.set_password_by_link(ByLink {
        token,
        password: &Secret::new(password),
        address: ADDRESS,
        agent: "test",
    }))
}

fn try_log_in(rig: &Rig, name: &str, password: &str) -> Result<Begun, login::Refused> {
    block_on(rig.catalogue.log_in(Attempt {
        name,
        password: &Secret::new(password),
        address: ADDRESS,
        agent: "test",
    }))
}

fn invite(rig: &Rig, root: &Caller, who: &str) -> Secret {
    let invited = block_on(rig.catalogue.invite(root, name(who), Role::Member));
    invited.unwrap().1
}

#[test]
fn invited_person_sets_the_password_by_the_link_and_is_in() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let token = invite(&rig, &root, "eve");
    let eve = || rig.catalogue.find_person(&root, &name("eve")).unwrap();
    assert!(!eve().has_password);
    assert_eq!(eve().link_ends, Some(rig.now().plus(LINK_MAX)));
    for password in ["", PASSWORD, CHOSEN, token.expose()] {
        let refused = try_log_in(&rig, "eve", password);
        assert!(matches!(refused, Err(login::Refused::Wrong)), "{password}");
    }
    // A preview looks, and what is no password is refused; neither uses the link up.
    assert_eq!(rig.catalogue.find_link(token.expose()), Some(name("eve")));
    for password in ["short", "password123", "eve", "eve2026!"] {
        let refused = set(&rig, token.expose(), password);
        assert!(matches!(refused, Err(Refused::Password(_))), "{password}");
    }
    let rig = rig.restarted();
    let begun = set(&rig, token.expose(), CHOSEN).unwrap();
    assert_eq!(rig.as_cookie(&begun).role, Some(Role::Member));
    assert_eq!(rig.catalogue.find_link(token.expose()), None);
    let eve = rig.catalogue.find_person(&root, &name("eve")).unwrap();
    assert!(eve.has_password && eve.link_ends.is_none());
    try_log_in(&rig.restarted(), "eve", CHOSEN).unwrap();
}

/// Abuse case I11: in the catalogue.
#[test]
fn link_to_set_a_password_works_once_and_while_it_is_the_last() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let is_link = |refused| matches!(refused, Err(Refused::Link));

    let token = invite(&rig, &root, "eve");
    let start = std::sync::Barrier::new(8);
    let winners = std::thread::scope(|scope| {
        let run = || {
            start.wait();
            set(&rig, token.expose(), CHOSEN).is_ok()
        };
        let running: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        let won = running.into_iter().map(|thread| thread.join().unwrap());
        won.filter(|won| *won).count()
    });
    assert_eq!(winners, 1);
    assert!(is_link(set(&rig, token.expose(), CHOSEN)));
    assert!(is_link(set(&rig.restarted(), token.expose(), CHOSEN)));

    let ana = rig.user("ana", Role::Member).id;
    let link = || block_on(rig.catalogue.reset_link(&root, ana)).unwrap();
    let (older, newer) = (link(), link());
    assert!(
        is_link(set(&rig, older.expose(), CHOSEN)),
        "another was made"
    );
    rig.clock.advance(LINK_MAX);
    assert!(is_link(set(&rig, newer.expose(), CHOSEN)), "it has ended");
    let person = || rig.catalogue.find_person(&root, &name("ana")).unwrap();
    assert_eq!(person().link_ends, None);

    let disabled = link();
    block_on(rig.catalogue.disable_user(&root, ana)).unwrap();
    assert!(is_link(set(&rig, disabled.expose(), CHOSEN)));
    let refused = block_on(rig.catalogue.reset_link(&root, ana));
    assert!(matches!(refused, Err(Refused::Disabled)));
    block_on(rig.catalogue.enable_user(&root, ana)).unwrap();
    assert!(
        is_link(set(&rig, disabled.expose(), CHOSEN)),
        "it does not come back"
    );

    let overtaken = link();
    let other = Secret::new("typed by the operator");
    block_on(rig.catalogue.reset_password(&root, ana, &other)).unwrap();
    assert!(is_link(set(&rig, overtaken.expose(), CHOSEN)));
    for token in ["", "on_", &overtaken.expose()[1..]] {
        assert!(is_link(set(&rig, token, CHOSEN)), "{token}");
    }
    try_log_in(&rig, "ana", "typed by the operator").unwrap();
}

#[test]
fn link_for_who_has_a_password_ends_their_logins_when_it_is_used() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let old = {
        rig.user("ana", Role::Member);
        rig.log_in("ana")
    };
    let token = block_on(rig.catalogue.reset_link(&root, old.login.user)).unwrap();
    assert!(rig.as_cookie(&old).user().is_some());
    rig.log_in("ana");
    let begun = set(&rig, token.expose(), CHOSEN).unwrap();
    assert_eq!(rig.as_cookie(&old), Caller::nobody(ADDRESS));
    let ana = rig.as_cookie(&begun);
    assert_eq!(rig.catalogue.list_logins(&ana).unwrap().len(), 1);
    assert!(try_log_in(&rig, "ana", PASSWORD).is_err());
}

#[test]
fn administrator_who_never_set_a_password_does_not_stand_in_for_the_last_one() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let (eve, token) = block_on(
        rig.catalogue
            .invite(&root, name("eve"), Role::Administrator),
    )
    .unwrap();
    let id = root.user().unwrap();
    let last = block_on(rig.catalogue.disable_user(&root, id));
    assert!(matches!(last, Err(Refused::LastAdministrator)));
    // The one who was invited may go.
    block_on(rig.catalogue.disable_user(&root, eve.id)).unwrap();
    block_on(rig.catalogue.enable_user(&root, eve.id)).unwrap();
    assert!(set(&rig, token.expose(), CHOSEN).is_err());
    let token = block_on(rig.catalogue.reset_link(&root, eve.id)).unwrap();
    let eve = rig.as_cookie(&set(&rig, token.expose(), CHOSEN).unwrap());
    block_on(rig.catalogue.disable_user(&eve, id)).unwrap();
}

#[test]
fn links_that_have_ended_are_not_kept() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    invite(&rig, &root, "eve");
    let kept = || {
        block_on(domain::store::Store::load(&rig.store))
            .unwrap()
            .links
    };
    rig.clock.advance(LINK_MAX - Duration::from_secs(1));
    block_on(rig.catalogue.tend()).unwrap();
    assert_eq!(kept().len(), 1);
    rig.clock.advance(Duration::from_secs(1));
    block_on(rig.catalogue.tend()).unwrap();
    assert_eq!(kept(), []);
}

#[test]
fn people_are_invited_and_helped_by_administrators_only() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    for caller in [
        Caller::nobody(ADDRESS),
        ana.clone(),
        rig.api_key(&ana, &Scope::ALL).0,
        rig.api_key(&root, &[Scope::Read, Scope::Manage]).0,
    ] {
        let invited = block_on(rig.catalogue.invite(&caller, name("eve"), Role::Member));
        assert!(matches!(invited, Err(Refused::NotAllowed)), "{caller:?}");
        let link = block_on(rig.catalogue.reset_link(&caller, root.user().unwrap()));
        assert!(matches!(link, Err(Refused::NotAllowed)), "{caller:?}");
        assert!(rig.catalogue.list_people(&caller).is_err());
        assert!(rig.catalogue.find_person(&caller, &name("root")).is_err());
    }
    let key = rig.api_key(&root, &[Scope::Admin]).0;
    block_on(rig.catalogue.invite(&key, name("eve"), Role::Member)).unwrap();
    let again = block_on(rig.catalogue.invite(&root, name("EVE"), Role::Member));
    assert!(matches!(again, Err(Refused::Taken)));
}

#[test]
fn what_is_done_with_links_is_written_down_without_them() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let first = invite(&rig, &root, "eve");
    let eve = rig.catalogue.find_user_named(&root, &name("eve")).unwrap();
    let second = block_on(rig.catalogue.reset_link(&root, eve.id)).unwrap();
    set(&rig, second.expose(), CHOSEN).unwrap();
    let entries = block_on(rig.catalogue.audit(&root, None, 4)).unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|numbered| {
            let entry = &numbered.entry;
            (
                entry.who.as_str(),
                entry.action.as_str(),
                entry.subject.as_str(),
                entry.detail.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("", "login.began", "eve", ""),
            ("", "person.password_set", "eve", ""),
            ("root", "person.link_made", "eve", ""),
            ("root", "person.added", "eve", "member, invited"),
        ]
    );
    let text = format!("{entries:?}");
    for secret in [first.expose(), second.expose(), CHOSEN] {
        assert!(!text.contains(secret));
    }
}

#[test]
fn what_is_made_together_is_told_by_its_name() {
    let rig = Rig::over(testkit::Memory::default(), testkit::FixedClock::default());
    let token = rig.catalogue.setup_token().unwrap();
    let done = block_on(rig.catalogue.setup(domain::catalogue::First {
        token: token.expose(),
        name: "root",
        password: &Secret::new(PASSWORD),
        address: ADDRESS,
        agent: "test",
    }));
    let root = rig.as_cookie(&done.unwrap().begun);
    let entries = block_on(rig.catalogue.audit(&root, None, 10)).unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|numbered| {
            let entry = &numbered.entry;
            (entry.action.as_str(), entry.subject.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("login.began", "root"),
            ("stream_key.added", "stream:live"),
            ("stream.added", "stream:live"),
            ("person.added", "root"),
        ]
    );
}

/// Abuse case F6: a person who is switched off.
#[test]
fn whoever_watches_or_sends_by_a_disabled_person_is_cut_off() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    let (stream, made) = rig.stream(&ana, "cam", Visibility::Private);
    rig.code(&ana, Some("website2024"), &["stream:cam"]);
    let watch = |caller: &Caller| rig.watch(caller, &stream.slug).unwrap().token;
    let stranger = Caller::nobody(ADDRESS);
    let by_code = || {
        let asking = view::Asking {
            code: Some("website2024"),
            ..view::Asking::of(&stranger, view::Purpose::Play)
        };
        rig.catalogue
            .admit_view(&asking, Space::Watch, &stream.slug)
    };
    let key = rig.api_key(&ana, &[Scope::Read]).0;
    let tokens = [watch(&ana), watch(&key), by_code().unwrap().token];
    let path = ["live".to_owned(), "cam".to_owned()];
    let publishes = || {
        let attempt = publish::Attempt {
            protocol: Protocol::Rtmp,
            address: ADDRESS,
            path: &path,
            token: Some(made.secret.expose()),
        };
        rig.catalogue.admit_publish(&attempt).is_ok()
    };
    assert!(publishes());
    let ana = ana.user().unwrap();
    block_on(rig.catalogue.disable_user(&root, ana)).unwrap();
    for (token, by) in tokens.iter().zip(["login", "API key", "access code"]) {
        assert!(rig.check("cam", token).is_err(), "{by}");
        assert!(rig.restarted().check("cam", token).is_err(), "{by}");
    }
    assert!(by_code().is_err() && !publishes());
    let own: Slug = "cam".parse().unwrap();
    assert!(rig.watch(&root, &own).is_ok(), "the stream stays");
}

#[test]
fn api_key_that_would_have_ended_is_not_made() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let add = |expires| {
        let new = api_key::New {
            name: "Website".to_owned(),
            user: ana.user().unwrap(),
            scopes: Scopes::of(&[Scope::Read]).unwrap(),
            expires: Some(expires),
        };
        block_on(rig.catalogue.add_api_key(&ana, new))
    };
    let now = rig.now();
    assert!(matches!(add(now), Err(api_key::Refused::Ended)));
    add(now.plus(Duration::from_secs(1))).unwrap();
}

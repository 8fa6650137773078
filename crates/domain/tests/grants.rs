//! Tokens: what opens, and everything that makes them void.

use std::time::Duration;

use domain::api_key::Scope;
use domain::caller::Caller;
use domain::edit::Edit;
use domain::gate::Leave;
use domain::grant::{LIFE_MAX, Mint, Subject, TOKEN_CHARS};
use domain::item::Item;
use domain::slug::Slug;
use domain::store::GrantKey;
use domain::stream::{Stream, Visibility};
use domain::view::Refused;
use proptest::prelude::*;
use testkit::{ADDRESS, Rig, block_on};

fn leave(rig: &Rig, caller: &Caller, stream: &Stream) -> Leave {
    rig.watch(caller, &stream.slug).expect("may watch")
}

fn opens(rig: &Rig, leave: &Leave, slug: &str) -> bool {
    let found = rig.check(slug, &leave.token);
    assert!(
        matches!(found, Ok(_) | Err(Refused::NotFound)),
        "one answer to everything that is wrong"
    );
    found.is_ok()
}

/// Two streams of ana's and her leave to watch the first.
fn rig(visibility: Visibility) -> (Rig, Caller, Stream, Leave) {
    let rig = Rig::new();
    rig.administrator("root");
    let ana = rig.member("ana");
    let (stream, _) = rig.stream(&ana, "cam", visibility);
    rig.stream(&ana, "other", visibility);
    let leave = leave(&rig, &ana, &stream);
    (rig, ana, stream, leave)
}

#[test]
fn token_opens_its_item_and_no_other() {
    let (rig, _, stream, leave) = rig(Visibility::Private);
    assert_eq!(leave.token.len(), TOKEN_CHARS);
    for _ in 0..2 {
        assert_eq!(rig.check("cam", &leave.token), Ok(leave.granted));
        assert!(opens(&rig, &leave, "CAM"), "slugs are folded everywhere");
        assert!(!opens(&rig, &leave, "other"));
        assert!(!opens(&rig, &leave, "nowhere"));
        assert!(!opens(&rig, &leave, ""));
    }
    assert_eq!(leave.granted.item, Item::Stream(stream.id));
    assert!(
        opens(&rig.restarted(), &leave, "cam"),
        "the key is kept over a restart"
    );
}

#[test]
fn token_altered_anywhere_opens_nothing() {
    let (rig, _, _, leave) = rig(Visibility::Private);
    let token = leave.token.as_bytes();
    for at in 0..token.len() {
        for other in [b'A', b'B', b'_', b'.', 0xc3] {
            let mut altered = token.to_vec();
            if altered[at] == other {
                continue;
            }
            altered[at] = other;
            let altered = String::from_utf8_lossy(&altered).into_owned();
            assert!(rig.check("cam", &altered).is_err(), "{other} at {at}");
        }
    }
    for altered in [
        "",
        "A",
        &leave.token[1..],
        &leave.token[..TOKEN_CHARS - 1],
        &format!("{}A", leave.token),
        &format!("{}=", leave.token),
        &leave.token.to_lowercase(),
        &leave.token.repeat(1000),
    ] {
        assert!(rig.check("cam", altered).is_err());
    }
}

#[test]
fn token_of_another_servers_key_opens_nothing() {
    let (rig, _, stream, leave) = rig(Visibility::Public);
    let forged = Mint::new(&GrantKey([0; 32])).mint(leave.granted, stream.generation, leave.ends);
    assert!(rig.check("cam", &forged).is_err());
}

#[test]
fn token_ends_by_itself_after_seven_days_at_most() {
    let (rig, ana, stream, leave) = rig(Visibility::Private);
    assert!(leave.ends <= rig.now().plus(LIFE_MAX));
    assert!(leave.ends >= rig.now().plus(LIFE_MAX - Duration::from_secs(3_600)));
    rig.clock.set(leave.ends);
    assert!(!opens(&rig, &leave, "cam"));
    let again = rig.watch(&ana, &stream.slug).expect("may still watch");
    assert!(opens(&rig, &again, "cam"));
}

#[test]
fn open_items_have_one_token_for_everybody_all_day() {
    for visibility in [Visibility::Public, Visibility::Unlisted] {
        let (rig, _, stream, first) = rig(visibility);
        assert_eq!(first.granted.subject, Subject::Nobody);
        assert!(first.is_public());
        rig.clock.advance(Duration::from_secs(3 * 3_600));
        let second = leave(&rig, &Caller::nobody(ADDRESS), &stream);
        assert_eq!(first.token, second.token);
        rig.clock.advance(Duration::from_secs(86_400));
        let third = leave(&rig, &Caller::nobody(ADDRESS), &stream);
        assert_ne!(second.token, third.token);
        assert!(
            opens(&rig, &second, "cam"),
            "whoever began yesterday goes on"
        );
    }
}

#[test]
fn private_tokens_are_their_subjects_own() {
    let (rig, ana, stream, first) = rig(Visibility::Members);
    let ben = rig.member("ben");
    assert_ne!(first.token, leave(&rig, &ben, &stream).token);
    assert!(!first.is_public());
    let (key, _) = rig.api_key(&ana, &[Scope::Read]);
    assert!(matches!(
        leave(&rig, &key, &stream).granted.subject,
        Subject::ApiKey(_)
    ));
}

/// Something that ends a grant.
type End = fn(&Rig, &Caller);

#[test]
fn token_ends_with_its_subject() {
    let ends: [(&str, End); 6] = [
        ("logging out", |rig, ana| {
            block_on(rig.catalogue.log_out(ana)).expect("logs out")
        }),
        ("ending the login", |rig, ana| {
            let domain::caller::Subject::Login { login, .. } = ana.subject else {
                panic!("a login")
            };
            let other = rig.as_cookie(&rig.log_in("ana"));
            block_on(rig.catalogue.end_login(&other, login)).expect("ends");
        }),
        ("switching the user off", |rig, ana| {
            block_on(
                rig.catalogue
                    .disable_user(&Caller::operator(), ana.user().expect("ana")),
            )
            .expect("disables");
        }),
        ("another password", |rig, ana| {
            let password = domain::secret::Secret::new("another long password");
            let user = ana.user().expect("ana");
            block_on(
                rig.catalogue
                    .reset_password(&Caller::operator(), user, &password),
            )
            .expect("resets");
        }),
        ("another visibility", |rig, ana| {
            let edit = Edit {
                visibility: Some(Visibility::Members),
                ..Edit::default()
            };
            let slug = Slug::parse("cam").expect("a slug");
            block_on(rig.catalogue.update_stream(ana, &slug, edit)).expect("changes");
        }),
        ("deleting", |rig, ana| {
            let slug = Slug::parse("cam").expect("a slug");
            block_on(rig.catalogue.delete_stream(ana, &slug)).expect("deletes");
        }),
    ];
    for (name, end) in ends {
        let (rig, ana, _, leave) = rig(Visibility::Private);
        assert!(opens(&rig, &leave, "cam"));
        end(&rig, &ana);
        assert!(!opens(&rig, &leave, "cam"), "{name}");
        assert!(
            !opens(&rig.restarted(), &leave, "cam"),
            "{name}, after a restart"
        );
    }
}

#[test]
fn token_ends_with_a_login_that_ends_by_itself() {
    let (rig, ana, stream, _) = rig(Visibility::Members);
    rig.clock.advance(Duration::from_secs(29 * 86_400));
    let leave = leave(&rig, &ana, &stream);
    rig.clock.advance(Duration::from_secs(86_400 - 1));
    assert!(opens(&rig, &leave, "cam"));
    rig.clock.advance(Duration::from_secs(1));
    assert!(leave.ends > rig.now());
    assert!(!opens(&rig, &leave, "cam"), "before anybody tidied up");
}

#[test]
fn token_of_an_api_key_ends_with_it() {
    let (rig, ana, stream, _) = rig(Visibility::Private);
    let (key, _) = rig.api_key(&ana, &[Scope::Read]);
    let leave = leave(&rig, &key, &stream);
    assert!(opens(&rig, &leave, "cam"));
    let id = rig.catalogue.list_api_keys(&ana).expect("hers")[0].id;
    block_on(rig.catalogue.revoke_api_key(&ana, id)).expect("revokes");
    assert!(!opens(&rig, &leave, "cam"));
}

#[test]
fn closing_an_open_item_makes_the_shared_token_void_for_good() {
    let (rig, ana, stream, public) = rig(Visibility::Public);
    for visibility in [Visibility::Private, Visibility::Public] {
        let edit = Edit {
            visibility: Some(visibility),
            ..Edit::default()
        };
        block_on(rig.catalogue.update_stream(&ana, &stream.slug, edit)).expect("changes");
        assert!(!opens(&rig, &public, "cam"), "{}", visibility.word());
    }
    let again = leave(&rig, &Caller::nobody(ADDRESS), &stream);
    assert_ne!(again.token, public.token);
}

#[test]
fn stream_made_again_under_the_same_slug_is_another() {
    let (rig, ana, stream, public) = rig(Visibility::Public);
    block_on(rig.catalogue.delete_stream(&ana, &stream.slug)).expect("deletes");
    rig.stream(&ana, "cam", Visibility::Public);
    assert!(!opens(&rig, &public, "cam"));
}

#[test]
fn flood_of_good_tokens_forgets_some_and_breaks_none() {
    let mint = Mint::new(&GrantKey([3; 32]));
    let stream = domain::stream::StreamId::from_number(1);
    let token = |n: u64| {
        let subject = Subject::Login(domain::login::LoginId::from_number(n));
        mint.mint(
            domain::grant::Granted {
                item: Item::Stream(stream),
                subject,
            },
            0,
            domain::clock::Time::from_ms(1_000),
        )
    };
    for n in 0..100_000 {
        assert!(mint.verify(&token(n)).is_some());
    }
    assert!(mint.verify(&token(0)).is_some());
}

proptest! {
    #[test]
    fn random_text_opens_nothing(token in "[A-Za-z0-9_-]{62}", odd in ".{0,80}") {
        let mint = Mint::new(&GrantKey([3; 32]));
        prop_assert!(mint.verify(&token).is_none());
        prop_assert!(mint.verify(&odd).is_none());
    }

    #[test]
    fn token_says_what_was_granted(
        stream in any::<u64>(), id in any::<u64>(), kind in 0..3_u8, generation in any::<u32>(), ends in any::<i32>(),
    ) {
        let mint = Mint::new(&GrantKey([3; 32]));
        let subject = match kind {
            0 => Subject::Nobody,
            1 => Subject::Login(domain::login::LoginId::from_number(id)),
            _ => Subject::ApiKey(domain::api_key::ApiKeyId::from_number(id)),
        };
        let granted = domain::grant::Granted { item: Item::Stream(domain::stream::StreamId::from_number(stream)), subject };
        let ends = domain::clock::Time::from_ms(i64::from(ends) * 1000);
        let token = mint.mint(granted, generation, ends);
        for _ in 0..2 {
            let grant = mint.verify(&token).expect("was minted");
            prop_assert_eq!((grant.granted, grant.generation, grant.ends), (granted, generation, ends));
        }
    }
}

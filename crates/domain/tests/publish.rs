//! Where a key may land, and what whoever sends is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::api_key::Scope;
use domain::caller::Caller;
use domain::gate::Gatekeeper;
use domain::limit::Rate;
use domain::publish::{Attempt, Credential, Protocol, Refused};
use domain::secret::Secret;
use domain::slug::Slug;
use domain::stream::{OwnKeyError, Refused as StreamRefused, Visibility};
use proptest::prelude::*;
use testkit::{ADDRESS, ELSEWHERE, Rig, block_on, parts};

/// The slug that a key may publish to with this path and token, or the code of the refusal.
fn landed(rig: &Rig, path: &str, token: Option<&str>) -> Result<String, &'static str> {
    attempt(rig, path, token, ADDRESS).map_err(|refused| refused.code())
}

fn attempt(
    rig: &Rig,
    path: &str,
    token: Option<&str>,
    address: std::net::IpAddr,
) -> Result<String, Refused> {
    let path = parts(path);
    let attempt = Attempt {
        protocol: Protocol::Rtmp,
        address,
        path: &path,
        token,
    };
    rig.catalogue
        .admit_publish(&attempt)
        .map(|admitted| admitted.slug.to_string())
}

/// A stream `cam` and the public stream `open` of ana's, `live` of the administrator's; the keys of the first and last.
fn rig() -> (Rig, Caller, String, String) {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    let (_, live) = rig.stream(&root, "live", Visibility::Members);
    let (_, cam) = rig.stream(&ana, "cam", Visibility::Private);
    rig.stream(&ana, "open", Visibility::Public);
    (
        rig,
        ana,
        cam.secret.expose().to_owned(),
        live.secret.expose().to_owned(),
    )
}

#[test]
fn key_lands_wherever_clients_put_it() {
    let (rig, _, cam, live) = rig();
    for (path, token, expected) in [
        // ffmpeg, GStreamer, OBS with `?token=`.
        ("live", Some(&live), Ok("live")),
        ("LIVE", Some(&live), Ok("live")),
        ("cam", Some(&cam), Ok("cam")),
        ("live/cam", Some(&cam), Ok("cam")),
        ("live/Cam", Some(&cam), Ok("cam")),
        ("cam/cam", Some(&cam), Ok("cam")),
        ("", Some(&cam), Ok("cam")),
        ("live", Some(&cam), Err("other_stream")),
        ("cam", Some(&live), Err("other_stream")),
        ("nowhere", Some(&cam), Err("other_stream")),
        ("app/cam", Some(&cam), Err("other_application")),
        // OBS with the key alone.
        (&format!("live/{cam}"), None, Ok("cam")),
        (&format!("Live/{cam}"), None, Ok("cam")),
        (&format!("cam/{cam}"), None, Ok("cam")),
        (&cam, None, Ok("cam")),
        (&format!("live/cam/{cam}"), None, Ok("cam")),
        (&format!("stream/{cam}"), None, Err("other_application")),
        // No key.
        ("", None, Err("no_key")),
        ("live", None, Err("no_key")),
        ("live/open", None, Err("no_key")),
        ("live", Some(&String::new()), Err("no_key")),
        // No key here. Whether a private stream exists is not told.
        ("live/cam", None, Err("unknown_key")),
        ("live/nowhere", None, Err("unknown_key")),
        ("live/../cam", None, Err("unknown_key")),
    ] {
        let expected = expected.map(str::to_owned);
        assert_eq!(
            landed(&rig, path, token.map(String::as_str)),
            expected,
            "path {path:?}"
        );
    }
}

/// Abuse case C7.
#[test]
fn everything_that_is_no_key_gets_the_same_answer() {
    let (rig, _, cam, _) = rig();
    let changed_case: String = cam
        .chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let megabyte = "a".repeat(1 << 20);
    for token in [
        &cam[..cam.len() - 1],
        &cam[..4],
        &format!("{cam} "),
        &format!("{cam}\n"),
        &format!("{cam}{cam}{cam}{cam}{cam}"),
        &changed_case,
        "wrong",
        " ",
        "\0",
        &"ü".repeat(100),
        &megabyte,
    ] {
        rig.clock.advance(Duration::from_secs(60));
        assert_eq!(
            attempt(&rig, "cam", Some(token), ADDRESS),
            Err(Refused::UnknownKey),
            "{:.40}",
            token
        );
    }
}

#[test]
fn revoked_key_is_told_to_its_holder_and_lost_to_others() {
    let (rig, ana, cam, _) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let key = rig.catalogue.list_keys(&ana, &slug).expect("hers")[0].clone();
    block_on(rig.catalogue.revoke_key(&ana, &slug, key.id)).expect("revokes");
    let refused = attempt(&rig, "cam", Some(&cam), ADDRESS).expect_err("is revoked");
    assert_eq!(
        refused.message(),
        "This key (“First key”) was revoked on 3 November."
    );
    assert_eq!(
        refused.fix(),
        "Use another key of this stream, or make a new one."
    );
    assert_eq!(
        landed(&rig.restarted(), "cam", Some(&cam)),
        Err("revoked_key"),
        "also after a restart"
    );
}

#[test]
fn rotated_key_keeps_its_name_and_ends_the_old_one_at_once() {
    let (rig, ana, cam, _) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let old = rig.catalogue.list_keys(&ana, &slug).expect("hers")[0].clone();
    let ended = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = ended.clone();
    rig.catalogue
        .on_ended(move |end| told.lock().expect("not poisoned").push(end));
    let made = block_on(rig.catalogue.rotate_key(&ana, &slug, old.id)).expect("rotates");
    assert_eq!(made.key.name, old.name);
    assert_eq!(landed(&rig, "cam", Some(&cam)), Err("revoked_key"));
    assert_eq!(
        landed(&rig, "cam", Some(made.secret.expose())),
        Ok("cam".to_owned())
    );
    assert_eq!(
        *ended.lock().expect("not poisoned"),
        [domain::catalogue::Ended::Key(old.id)]
    );
    let again = block_on(rig.catalogue.rotate_key(&ana, &slug, old.id));
    assert!(matches!(again, Err(StreamRefused::NotFound)), "{again:?}");
    let bob = rig.member("bob");
    let theirs = block_on(rig.catalogue.rotate_key(&bob, &slug, made.key.id));
    assert!(matches!(theirs, Err(StreamRefused::NotFound)), "{theirs:?}");
}

#[test]
fn lent_key_publishes_until_it_is_taken_back_and_stands_nowhere() {
    let (rig, ana, ..) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let lent = rig.catalogue.lend_key(&ana, &slug).expect("hers");
    let key = lent.secret.expose();
    assert_eq!(landed(&rig, "live", Some(key)), Err("other_stream"));
    assert_eq!(
        landed(&rig, &format!("live/{key}"), None),
        Ok("cam".to_owned())
    );
    assert_eq!(rig.catalogue.list_keys(&ana, &slug).expect("hers").len(), 1);
    assert_eq!(
        landed(&rig.restarted(), "cam", Some(key)),
        Err("unknown_key")
    );
    rig.catalogue.take_back(lent.id);
    assert_eq!(landed(&rig, "cam", Some(key)), Err("unknown_key"));

    let bob = rig.member("bob");
    for caller in [&bob, &Caller::nobody(ADDRESS)] {
        let refused = rig.catalogue.lend_key(caller, &slug);
        assert!(
            matches!(refused, Err(StreamRefused::NotFound)),
            "{refused:?}"
        );
    }
    let lent = rig.catalogue.lend_key(&ana, &slug).expect("hers");
    block_on(rig.catalogue.delete_stream(&ana, &slug)).expect("deletes");
    assert_eq!(
        landed(&rig, "cam", Some(lent.secret.expose())),
        Err("unknown_key"),
        "it ends with its stream"
    );
}

#[test]
fn only_so_many_keys_are_lent_at_once() {
    let (rig, ana, ..) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let lent: Vec<_> = (0..16)
        .map(|_| rig.catalogue.lend_key(&ana, &slug).expect("is lent"))
        .collect();
    let refused = rig.catalogue.lend_key(&ana, &slug);
    assert!(
        matches!(refused, Err(StreamRefused::TooMany { max: 16 })),
        "{refused:?}"
    );
    rig.catalogue.take_back(lent[3].id);
    assert!(rig.catalogue.lend_key(&ana, &slug).is_ok());
}

#[test]
fn key_lent_to_a_page_ends_with_its_login_and_cuts_who_sends_with_it() {
    let (rig, ana, ..) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let ended = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&ended);
    rig.catalogue
        .on_ended(move |end| told.lock().expect("not poisoned").push(end));
    let lent = rig.catalogue.lend_key_to_page(&ana, &slug).expect("hers");
    let key = lent.secret.expose();
    assert_eq!(landed(&rig, "cam", Some(key)), Ok("cam".to_owned()));
    assert_eq!(rig.catalogue.list_keys(&ana, &slug).expect("hers").len(), 1);
    block_on(rig.catalogue.log_out(&ana)).expect("logs out");
    assert_eq!(landed(&rig, "cam", Some(key)), Err("unknown_key"));
    assert!(
        ended
            .lock()
            .expect("not poisoned")
            .contains(&domain::catalogue::Ended::Key(lent.id))
    );
    let again = rig.catalogue.lend_key_to_page(&ana, &slug);
    assert!(again.is_err(), "{again:?}");
    for caller in [&rig.member("bob"), &Caller::nobody(ADDRESS)] {
        let refused = rig.catalogue.lend_key_to_page(caller, &slug);
        assert!(
            matches!(refused, Err(StreamRefused::NotFound)),
            "{refused:?}"
        );
    }
    let operator = rig.catalogue.lend_key_to_page(&Caller::operator(), &slug);
    assert!(
        matches!(operator, Err(StreamRefused::NotAllowed)),
        "a page has a login: {operator:?}"
    );
}

#[test]
fn key_lent_to_a_page_ends_after_a_day_and_when_four_newer_ones_were_lent() {
    let (rig, ana, ..) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let ended = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&ended);
    rig.catalogue
        .on_ended(move |end| told.lock().expect("not poisoned").push(end));
    let lent: Vec<_> = (0..5)
        .map(|_| {
            rig.clock.advance(Duration::from_secs(1));
            rig.catalogue.lend_key_to_page(&ana, &slug).expect("hers")
        })
        .collect();
    let lands = |nth: usize| landed(&rig, "cam", Some(lent[nth].secret.expose())).is_ok();
    assert_eq!([0, 1, 4].map(lands), [false, true, true]);
    assert_eq!(
        *ended.lock().expect("not poisoned"),
        [domain::catalogue::Ended::Key(lent[0].id)]
    );
    // The server's own senders are counted apart.
    assert!(rig.catalogue.lend_key(&ana, &slug).is_ok());

    rig.clock.advance(Duration::from_secs(24 * 3600 - 2));
    assert_eq!([2, 4].map(lands), [false, true]);
    rig.clock.advance(Duration::from_secs(2));
    assert!(!lands(4));
    ended.lock().expect("not poisoned").clear();
    block_on(rig.catalogue.tend()).expect("tends");
    assert_eq!(ended.lock().expect("not poisoned").len(), 4);
}

#[test]
fn only_so_many_revoked_keys_are_remembered() {
    let (rig, ana, first, _) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    for n in 0..101 {
        rig.clock.advance(Duration::from_secs(1));
        let keys = rig.catalogue.list_keys(&ana, &slug).expect("hers");
        let key = keys
            .iter()
            .find(|key| key.revoked.is_none())
            .expect("one is good")
            .id;
        block_on(
            rig.catalogue
                .add_key(&ana, &slug, &format!("key {n}"), None),
        )
        .expect("is made");
        block_on(rig.catalogue.revoke_key(&ana, &slug, key)).expect("revokes");
    }
    assert_eq!(
        rig.catalogue.list_keys(&ana, &slug).expect("hers").len(),
        101,
        "100 revoked, one good"
    );
    assert_eq!(
        landed(&rig, "cam", Some(&first)),
        Err("unknown_key"),
        "the oldest was forgotten"
    );
}

#[test]
fn refused_attempt_is_told_to_the_owner_of_what_it_is_about() {
    let (rig, ana, cam, _) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let about = |path: &str, token: Option<&str>| {
        let path = parts(path);
        let attempt = Attempt {
            protocol: Protocol::Rtmp,
            address: ADDRESS,
            path: &path,
            token,
        };
        let about = rig.catalogue.stream_about(&attempt);
        about.map(|slug| slug.to_string())
    };
    let key = rig.catalogue.list_keys(&ana, &slug).expect("hers")[0].id;
    block_on(rig.catalogue.revoke_key(&ana, &slug, key)).expect("revokes");
    let cam_is_it = Some("cam".to_owned());
    // A key says which stream it is, also a revoked one, wherever it was sent.
    assert_eq!(about(&format!("live/{cam}"), None), cam_is_it);
    assert_eq!(about("live", Some(&cam)), cam_is_it);
    assert_eq!(about(&format!("stream/{cam}"), None), cam_is_it);
    // Without one, the path does.
    assert_eq!(about("live/cam", None), cam_is_it);
    assert_eq!(about("live/cam", Some("wrong")), cam_is_it);
    let live_is_it = Some("live".to_owned());
    assert_eq!(about("live/sk_mistyped", None), live_is_it);
    assert_eq!(about("LIVE", Some("")), live_is_it);
    assert_eq!(about("app/sk_mistyped", None), None);
    assert_eq!(about("", None), None);
    assert_eq!(about(&"x/".repeat(5_000), Some(&"y".repeat(1 << 20))), None);
}

#[test]
fn key_of_a_disabled_owner_is_dead_until_the_owner_is_switched_on() {
    let (rig, ana, cam, _) = rig();
    let ana = ana.user().expect("ana");
    block_on(rig.catalogue.disable_user(&Caller::operator(), ana)).expect("disables");
    assert_eq!(landed(&rig, "cam", Some(&cam)), Err("owner_disabled"));
    block_on(rig.catalogue.enable_user(&Caller::operator(), ana)).expect("enables");
    assert_eq!(landed(&rig, "cam", Some(&cam)), Ok("cam".to_owned()));
}

#[test]
fn api_key_publishes_to_its_users_streams_when_its_scopes_say_so() {
    let (rig, ana, ..) = rig();
    let root = rig.as_cookie(&rig.log_in("root"));
    let secret = |owner: &Caller, scopes: &[Scope]| rig.api_key(owner, scopes).1;
    let good = secret(&ana, &[Scope::Publish]);
    let weak = secret(&ana, &[Scope::Read, Scope::Manage]);
    let vain = secret(&ana, &[Scope::Publish, Scope::Admin]);
    let root_own = secret(&root, &[Scope::Publish]);
    let root_all = secret(&root, &[Scope::Publish, Scope::Admin]);
    for (key, path, expected) in [
        (&good, "cam", Ok("cam")),
        (&good, "live/CAM", Ok("cam")),
        (&good, "app/cam", Err("other_application")),
        (&good, "live", Err("unknown_key")),
        (&good, "", Err("unknown_key")),
        (&good, "nowhere", Err("unknown_key")),
        (&weak, "cam", Err("unknown_key")),
        (&vain, "live", Err("unknown_key")),
        (&root_own, "", Ok("live")),
        (&root_own, "cam", Err("unknown_key")),
        (&root_all, "cam", Ok("cam")),
    ] {
        rig.clock.advance(Duration::from_secs(60));
        assert_eq!(
            landed(&rig, path, Some(key.expose())),
            expected.map(str::to_owned),
            "path {path:?}"
        );
    }
    // It is no key of a stream: as the name of one it would land in lists and logs.
    assert_eq!(
        landed(&rig, &format!("live/{}", good.expose()), None),
        Err("unknown_key")
    );
    let path = parts("cam");
    let attempt = Attempt {
        protocol: Protocol::Whip,
        address: ADDRESS,
        path: &path,
        token: Some(good.expose()),
    };
    let admitted = rig.catalogue.admit_publish(&attempt).expect("is admitted");
    assert!(matches!(admitted.credential, Credential::ApiKey(_)));
}

/// Abuse case C7.
#[test]
fn guesses_run_out_but_made_keys_are_always_heard() {
    let (rig, ana, cam, _) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    let own = Secret::new("violet-otter-quarry-19");
    block_on(
        rig.catalogue
            .add_key(&ana, &slug, "Mine", Some(own.clone())),
    )
    .expect("is made");
    let guess = |n: usize| {
        attempt(
            &rig,
            "cam",
            Some(&format!("violet-otter-quarry-{n:05}")),
            ADDRESS,
        )
    };
    let heard = (0..10_000)
        .filter(|n| guess(*n) == Err(Refused::UnknownKey))
        .count();
    assert_eq!(heard, 20);
    let refused =
        attempt(&rig, "cam", Some(own.expose()), ADDRESS).expect_err("is a guess like others now");
    assert_eq!(
        (refused.code(), refused.fix().as_str()),
        ("too_many_tries", "Try again in 3 s.")
    );
    assert_eq!(
        attempt(&rig, "cam", Some(own.expose()), ELSEWHERE),
        Ok("cam".to_owned())
    );
    assert_eq!(
        landed(&rig, "cam", Some(&cam)),
        Ok("cam".to_owned()),
        "nobody can lock out a key that we made"
    );
    rig.clock.advance(Duration::from_secs(3));
    assert_eq!(
        landed(&rig, "cam", Some(own.expose())),
        Ok("cam".to_owned())
    );

    rig.catalogue.limit_wrong_keys(Rate {
        burst: 2,
        refill_ms: 60_000,
    });
    let third = "198.51.100.7".parse().expect("an address");
    let refused = |n| {
        attempt(
            &rig,
            "cam",
            Some(&format!("violet-otter-quarry-{n}")),
            third,
        )
    };
    assert_eq!(
        [7, 8, 9].map(|n| refused(n).map_err(|why| why.code())),
        ["unknown_key", "unknown_key", "too_many_tries"].map(Err),
        "as set"
    );
}

#[test]
fn own_keys_are_long_plain_and_not_well_known() {
    let (rig, ana, cam, _) = rig();
    let slug = Slug::parse("cam").expect("a slug");
    for (key, expected) in [
        ("violet-otter-quarry-19", None),
        ("violet-otter-quarry-19", Some(OwnKeyError::WellKnown)),
        (cam.as_str(), Some(OwnKeyError::WellKnown)),
        ("supersecret123", Some(OwnKeyError::WellKnown)),
        ("SuperSecret123supersecret123", Some(OwnKeyError::WellKnown)),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", Some(OwnKeyError::WellKnown)),
        ("short-but-not-known", Some(OwnKeyError::TooShort)),
        ("violet otter quarry 1999", Some(OwnKeyError::Character)),
        ("violet/otter/quarry/1999", Some(OwnKeyError::Character)),
        (&"violet-otter-".repeat(10), Some(OwnKeyError::TooLong)),
    ] {
        let result = block_on(
            rig.catalogue
                .add_key(&ana, &slug, "Mine", Some(Secret::new(key))),
        );
        match (result, expected) {
            (Ok(_), None) => {}
            (Err(StreamRefused::OwnKey(found)), Some(expected)) => {
                assert_eq!(found, expected, "{key}")
            }
            (result, expected) => panic!("{key}: {result:?}, not {expected:?}"),
        }
    }
}

#[test]
fn refusals_say_what_happened_and_what_to_do() {
    let cam = Slug::parse("cam").expect("a slug");
    for (refused, message, fix) in [
        (
            Refused::NoKey,
            "No key was sent.",
            "Put the key into OBS: the field Stream Key, or Bearer Token for WHIP.",
        ),
        (
            Refused::UnknownKey,
            "The key is not known here.",
            "Copy the key again: a space or a line break may have come with it.",
        ),
        (
            Refused::AlreadyLive,
            "Someone is already live on this stream.",
            "Stop the other sender first, or allow take-over in the settings of the stream.",
        ),
        (
            Refused::OtherApplication {
                asked: "stream".to_owned(),
            },
            "The application is called “stream”; here it is “live”.",
            "Set the server to rtmp://HOST:1935/live",
        ),
        (
            Refused::OtherStream {
                asked: "live".to_owned(),
                of: cam,
            },
            "The key belongs to the stream “cam”, not to “live”.",
            "Send to “cam”, or use a key of the other stream.",
        ),
    ] {
        assert_eq!(
            (refused.message().as_str(), refused.fix().as_str()),
            (message, fix)
        );
    }
}

#[test]
fn what_was_sent_is_shown_short_and_plain() {
    let (rig, _, cam, _) = rig();
    let refused = attempt(
        &rig,
        &format!("{}\r\n/{cam}", "x".repeat(5_000)),
        None,
        ADDRESS,
    );
    let Err(Refused::OtherApplication { asked }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(asked, "x".repeat(63));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_refused_and_harms_nothing(
        path in proptest::collection::vec(".{0,300}", 0..5),
        token in proptest::option::of(".{0,300}"),
    ) {
        let (rig, _, cam, _) = rig();
        let attempt = Attempt { protocol: Protocol::Rtmp, address: ADDRESS, path: &path, token: token.as_deref() };
        let refused = rig.catalogue.admit_publish(&attempt).expect_err("is no key");
        prop_assert!(matches!(refused, Refused::NoKey | Refused::UnknownKey));
        prop_assert_eq!(landed(&rig, "cam", Some(&cam)), Ok("cam".to_owned()));
    }
}

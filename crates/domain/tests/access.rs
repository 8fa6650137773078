//! Who may watch, list, find and change which stream: one table.

use domain::api_key::Scope;
use domain::caller::Caller;
use domain::edit::Edit;
use domain::slug::Slug;
use domain::stream::{New, Refused, Visibility};
use domain::view;
use testkit::{ADDRESS, Rig, block_on};

/// What a caller may do with a stream of ana's: w watch, l see it listed, f find it, m manage it.
const TABLE: &[(&str, [&str; 4])] = &[
    //                    public  unlisted members private
    ("nobody", ["wlf ", "w f ", "    ", "    "]),
    ("owner", ["wlfm", "wlfm", "wlfm", "wlfm"]),
    ("member", ["wlf ", "w f ", "wlf ", "    "]),
    ("administrator", ["wlfm", "wlfm", "wlfm", "wlfm"]),
    ("disabled member", ["wlf ", "w f ", "    ", "    "]),
    ("logged-out owner", ["wlf ", "w f ", "    ", "    "]),
    ("owner's key, read", ["wlf ", "wlf ", "wlf ", "wlf "]),
    ("owner's key, manage", ["wlfm", "w fm", "  fm", "  fm"]),
    ("owner's key, publish", ["wlf ", "w f ", "    ", "    "]),
    ("member's key, all", ["wlf ", "w f ", "wlf ", "    "]),
    (
        "administrator's key, read",
        ["wlf ", "w f ", "wlf ", "    "],
    ),
    (
        "administrator's key, read and admin",
        ["wlf ", "wlf ", "wlf ", "wlf "],
    ),
    ("administrator's key, all", ["wlfm", "wlfm", "wlfm", "wlfm"]),
    ("owner's revoked key", ["wlf ", "w f ", "    ", "    "]),
];

fn callers(rig: &Rig) -> Vec<(&'static str, Caller)> {
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    let ben = rig.member("ben");
    let eve = rig.member("eve");
    let gone = rig.as_cookie(&rig.log_in("ana"));
    let (revoked, _) = rig.api_key(&ana, &Scope::ALL);
    let key = rig.catalogue.list_api_keys(&ana).expect("hers")[0].id;
    let keys = [
        ("owner's key, read", rig.api_key(&ana, &[Scope::Read]).0),
        ("owner's key, manage", rig.api_key(&ana, &[Scope::Manage]).0),
        (
            "owner's key, publish",
            rig.api_key(&ana, &[Scope::Publish]).0,
        ),
        ("member's key, all", rig.api_key(&ben, &Scope::ALL).0),
        (
            "administrator's key, read",
            rig.api_key(&root, &[Scope::Read]).0,
        ),
        (
            "administrator's key, read and admin",
            rig.api_key(&root, &[Scope::Read, Scope::Admin]).0,
        ),
        (
            "administrator's key, all",
            rig.api_key(&root, &Scope::ALL).0,
        ),
    ];
    block_on(rig.catalogue.revoke_api_key(&ana, key)).expect("revokes");
    block_on(rig.catalogue.log_out(&gone)).expect("logs out");
    block_on(rig.catalogue.disable_user(&root, eve.user().expect("eve"))).expect("disables");
    let mut callers = vec![
        ("nobody", Caller::nobody(ADDRESS)),
        ("owner", ana),
        ("member", ben),
        ("administrator", root),
        ("disabled member", eve),
        ("logged-out owner", gone),
        ("owner's revoked key", revoked),
    ];
    callers.extend(keys);
    callers
}

#[test]
fn every_caller_may_what_the_table_says() {
    let rig = Rig::new();
    let callers = callers(&rig);
    let caller = |name: &str| {
        callers
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, caller)| caller)
    };
    let ana = caller("owner").expect("ana");
    for visibility in Visibility::ALL {
        rig.stream(ana, visibility_slug(visibility), visibility);
    }
    assert_eq!(TABLE.len(), callers.len());
    for (name, rows) in TABLE {
        let who = caller(name).expect("is in both");
        let listed = rig.catalogue.list_streams(who, None, 100).streams;
        for (visibility, expected) in Visibility::ALL.into_iter().zip(rows) {
            let slug = Slug::parse(visibility_slug(visibility)).expect("a slug");
            let stream = rig.catalogue.find_stream(ana, &slug).expect("hers");
            let letters: String = [
                ('w', rig.watch(who, &slug).is_ok()),
                ('l', listed.contains(&stream)),
                ('f', rig.catalogue.find_stream(who, &slug).is_some()),
                ('m', rig.catalogue.may_manage(who, stream.id)),
            ]
            .into_iter()
            .map(|(letter, may)| if may { letter } else { ' ' })
            .collect();
            assert_eq!(letters, *expected, "{name}, {}", visibility.word());

            // Every change goes by the same letter.
            let may_manage = expected.contains('m');
            let edit = Edit {
                title: Some(format!("by {name}")),
                ..Edit::default()
            };
            let result = block_on(rig.catalogue.update_stream(who, &slug, edit));
            assert_eq!(
                result.is_ok(),
                may_manage,
                "{name} changes {}: {result:?}",
                visibility.word()
            );
            assert_eq!(
                block_on(rig.catalogue.add_key(who, &slug, "k", None)).is_ok(),
                may_manage,
                "{name}"
            );
            assert_eq!(
                rig.catalogue.list_keys(who, &slug).is_ok(),
                may_manage,
                "{name}"
            );
            let key = rig.catalogue.list_keys(ana, &slug).expect("hers")[0].id;
            assert_eq!(
                block_on(rig.catalogue.revoke_key(who, &slug, key)).is_ok(),
                may_manage,
                "{name}"
            );
            if !may_manage {
                let refused =
                    block_on(rig.catalogue.delete_stream(who, &slug)).expect_err("may not");
                let is_alike = matches!(refused, Refused::NotFound) != expected.contains('f');
                assert!(
                    is_alike,
                    "{name}: what may not be known is not there: {refused:?}"
                );
            }
        }
    }
}

fn visibility_slug(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "one",
        Visibility::Unlisted => "two",
        Visibility::Members => "three",
        Visibility::Private => "four",
    }
}

#[test]
fn not_allowed_and_not_existing_are_alike() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let ben = rig.member("ben");
    rig.stream(&ana, "cam", Visibility::Private);
    for slug in ["cam", "nowhere"] {
        let slug = Slug::parse(slug).expect("a slug");
        let refused = |caller: &Caller| rig.watch(caller, &slug).map(|_| ());
        assert_eq!(refused(&ben), Err(view::Refused::NotFound));
        assert_eq!(refused(&Caller::nobody(ADDRESS)), Err(view::Refused::LogIn));
        assert!(matches!(
            rig.catalogue.list_keys(&ben, &slug),
            Err(Refused::NotFound)
        ));
    }
}

#[test]
fn streams_are_made_for_oneself_and_by_administrators_for_others() {
    let rig = Rig::new();
    let new = |slug: &str, owner| New {
        slug: Slug::parse(slug).expect("a slug"),
        title: None,
        visibility: Visibility::Private,
        owner,
    };
    // Before anybody has an account, the operator's streams are nobody's.
    let (stream, _) = block_on(
        rig.catalogue
            .add_stream(&Caller::operator(), new("first", None)),
    )
    .expect("is made");
    assert_eq!(stream.owner, None);
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    let (stream, _) = block_on(
        rig.catalogue
            .add_stream(&Caller::operator(), new("second", None)),
    )
    .expect("is made");
    assert_eq!(stream.owner, root.user());
    let (stream, _) =
        block_on(rig.catalogue.add_stream(&root, new("third", ana.user()))).expect("is made");
    assert_eq!(stream.owner, ana.user());
    assert_eq!(rig.catalogue.list_own_streams(&ana), vec![stream]);
    for caller in [
        &Caller::nobody(ADDRESS),
        &rig.api_key(&ana, &[Scope::Read, Scope::Publish]).0,
    ] {
        let refused = block_on(rig.catalogue.add_stream(caller, new("fourth", None)));
        assert!(matches!(refused, Err(Refused::NotAllowed)), "{refused:?}");
    }
    let refused = block_on(rig.catalogue.add_stream(&ana, new("fourth", root.user())));
    assert!(matches!(refused, Err(Refused::NotAllowed)), "{refused:?}");
    let refused = block_on(rig.catalogue.add_stream(&ana, new("FIRST", None)));
    assert!(matches!(refused, Err(Refused::Taken)), "{refused:?}");
}

#[test]
fn lists_go_on_where_they_ended() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    for n in 0..7 {
        rig.stream(
            &ana,
            &format!("cam{n}"),
            if n == 3 {
                Visibility::Private
            } else {
                Visibility::Public
            },
        );
    }
    let nobody = Caller::nobody(ADDRESS);
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = rig.catalogue.list_streams(&nobody, cursor.as_deref(), 2);
        seen.extend(
            page.streams
                .into_iter()
                .map(|stream| stream.slug.to_string()),
        );
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["cam0", "cam1", "cam2", "cam4", "cam5", "cam6"]);
    assert_eq!(
        rig.catalogue.list_streams(&nobody, None, 0).streams.len(),
        1,
        "limits are clamped"
    );
    assert_eq!(
        rig.catalogue
            .list_streams(&nobody, Some("zzz"), 10)
            .streams
            .len(),
        0
    );
}

#[test]
fn change_over_a_change_that_was_not_seen_is_refused() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let (stream, _) = rig.stream(&ana, "cam", Visibility::Private);
    let edit = |title: &str, seen| Edit {
        title: Some(title.to_owned()),
        visibility: None,
        seen,
        ..Edit::default()
    };
    let update = |edit| block_on(rig.catalogue.update_stream(&ana, &stream.slug, edit));
    let second = update(edit("Second", Some(stream.changed))).expect("changes");
    assert_ne!(
        second.changed, stream.changed,
        "also within one millisecond"
    );
    assert!(matches!(
        update(edit("Lost", Some(stream.changed))),
        Err(Refused::Changed)
    ));
    let third = update(edit("Third", Some(second.changed))).expect("changes");
    assert_eq!(third.title, "Third");
    assert_eq!(third.generation, 0, "a title judges no viewer anew");
}

#[test]
fn files_are_brought_by_logins_and_by_keys_that_manage() {
    let rig = Rig::new();
    let may: Vec<&str> = callers(&rig)
        .iter()
        .filter(|(_, caller)| rig.catalogue.may_upload(caller))
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(
        may,
        [
            "owner",
            "member",
            "administrator",
            "owner's key, manage",
            "member's key, all",
            "administrator's key, all",
        ]
    );
    assert!(!rig.catalogue.may_upload(&Caller::operator()));
}

//! Access codes: what they open, for whom, until when, and nothing else.

use std::time::Duration;

use domain::access_code::{Change, New, Query, Refused, Status};
use domain::caller::Caller;
use domain::clock::Time;
use domain::gate::{Gatekeeper, Leave};
use domain::grant::Subject;
use domain::item::{Item, Space};
use domain::secret::Secret;
use domain::slug::Slug;
use domain::stored::Kind;
use domain::stream::Visibility;
use domain::view::{self, Asking, Purpose, Unopened};
use testkit::{ADDRESS, ELSEWHERE, Rig, block_on};

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// A stranger who brings a code.
struct Stranger<'a> {
    rig: &'a Rig,
    code: &'a str,
    address: std::net::IpAddr,
}

impl Stranger<'_> {
    fn ask(
        &self,
        space: Space,
        name: &str,
        purpose: Purpose,
        seat: Option<&str>,
    ) -> Result<Leave, view::Refused> {
        let caller = Caller::nobody(self.address);
        let asking = Asking {
            caller: &caller,
            code: Some(self.code),
            seat,
            purpose,
        };
        self.rig.catalogue.admit_view(&asking, space, &slug(name))
    }

    fn play(&self, name: &str) -> Result<Leave, view::Refused> {
        self.ask(Space::Watch, name, Purpose::Play, None)
    }
}

fn with<'a>(rig: &'a Rig, code: &'a str) -> Stranger<'a> {
    Stranger {
        rig,
        code,
        address: ADDRESS,
    }
}

const UNKNOWN: view::Refused = view::Refused::Code(Unopened::Unknown);

/// Abuse case J4: other media, publishing, after its end.
#[test]
fn code_opens_what_it_names_and_nothing_else() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let video = rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    rig.stored(&ana, Kind::Video, "other", Visibility::Private);
    rig.stored(&ana, Kind::Image, "logo", Visibility::Private);
    rig.stored(&ana, Kind::Image, "welcome", Visibility::Private);
    rig.stream(&ana, "cam", Visibility::Members);
    rig.stream(&ana, "stage", Visibility::Private);
    let items = ["video:welcome", "image:logo", "stream:cam"];
    let made = rig.code(&ana, Some("website2024"), &items);
    assert_eq!(made.status, Status::Active);
    let stranger = with(&rig, "website2024");
    let leave = stranger.play("welcome").unwrap();
    assert_eq!(leave.granted.item, Item::Video(video.id));
    assert!(
        matches!(leave.granted.subject, Subject::Code { code, seat } if code == made.code.id && seat > 0)
    );
    assert!(!leave.is_public());
    let token = &leave.token;
    assert_eq!(rig.check("welcome", token), Ok(leave.granted));
    assert!(rig.check("other", token).is_err());
    assert!(
        rig.catalogue
            .check(Space::Images, "welcome", token, Purpose::Look)
            .is_err(),
        "the image of the same name"
    );
    assert!(stranger.play("cam").is_ok());
    assert!(
        stranger
            .ask(Space::Images, "logo", Purpose::Open, None)
            .is_ok()
    );
    for name in ["other", "stage", "missing"] {
        assert_eq!(stranger.play(name).unwrap_err(), UNKNOWN, "{name}");
    }
    let image = stranger.ask(Space::Images, "welcome", Purpose::Open, None);
    assert_eq!(image.unwrap_err(), UNKNOWN);
    // It is no key of any kind.
    assert!(
        rig.catalogue
            .caller_for_api_key("website2024", ADDRESS)
            .is_err()
    );
    for wrong in ["website2025", "Website2024", "website202", "x"] {
        assert_eq!(
            with(&rig, wrong).play("welcome").unwrap_err(),
            UNKNOWN,
            "{wrong}"
        );
    }
    assert!(
        with(&rig, " website2024 ").play("welcome").is_ok(),
        "as it was pasted"
    );
}

/// Abuse case F6: deleting, pausing and disabling end who watches.
#[test]
fn code_that_ends_takes_its_viewers_along() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let ends = rig.now().plus(Duration::from_secs(3600));
    let new = New {
        code: Some(Secret::new("website2024")),
        items: vec!["video:welcome".parse().unwrap()],
        expires: Some(ends),
        ..New::default()
    };
    let made = block_on(rig.catalogue.add_code(&ana, new)).unwrap();
    let id = made.code.id;
    let stranger = with(&rig, "website2024");
    let leave = stranger.play("welcome").unwrap();
    let holds = || rig.check("welcome", &leave.token).is_ok();
    let pause = |paused| {
        let change = Change {
            paused: Some(paused),
            ..Change::default()
        };
        block_on(rig.catalogue.update_code(&ana, id, change)).unwrap()
    };
    assert!(holds());
    assert_eq!(pause(true).status, Status::Paused);
    assert!(!holds());
    assert_eq!(
        stranger.play("welcome").unwrap_err(),
        view::Refused::Code(Unopened::Paused)
    );
    assert_eq!(pause(false).status, Status::Active);
    assert!(holds(), "who watched goes on");
    rig.clock.advance(Duration::from_secs(3600));
    assert!(!holds());
    assert_eq!(
        stranger.play("welcome").unwrap_err(),
        view::Refused::Code(Unopened::Ended(ends))
    );
    let change = Change {
        expires: Some(None),
        ..Change::default()
    };
    block_on(rig.catalogue.update_code(&ana, id, change)).unwrap();
    let leave = stranger.play("welcome").unwrap();
    let ana_id = ana.user().unwrap();
    block_on(rig.catalogue.disable_user(&root, ana_id)).unwrap();
    assert!(rig.check("welcome", &leave.token).is_err());
    assert_eq!(stranger.play("welcome").unwrap_err(), UNKNOWN);
    block_on(rig.catalogue.enable_user(&root, ana_id)).unwrap();
    let ana = rig.as_cookie(&rig.log_in("ana"));
    assert!(rig.check("welcome", &leave.token).is_ok());
    let restarted = rig.restarted();
    assert!(
        restarted.check("welcome", &leave.token).is_ok(),
        "after a restart"
    );
    block_on(rig.catalogue.delete_code(&ana, id)).unwrap();
    assert!(rig.check("welcome", &leave.token).is_err());
    assert_eq!(stranger.play("welcome").unwrap_err(), UNKNOWN);
    assert!(rig.restarted().check("welcome", &leave.token).is_err());
}

#[test]
fn code_that_has_not_begun_tells_its_holder_when() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let starts = rig.now().plus(Duration::from_secs(60));
    let new = New {
        code: Some(Secret::new("website2024")),
        items: vec!["video:welcome".parse().unwrap()],
        starts: Some(starts),
        ..New::default()
    };
    assert_eq!(
        block_on(rig.catalogue.add_code(&ana, new)).unwrap().status,
        Status::NotYet
    );
    let stranger = with(&rig, "website2024");
    assert_eq!(
        stranger.play("welcome").unwrap_err(),
        view::Refused::Code(Unopened::NotYet(starts))
    );
    assert_eq!(
        stranger.play("other").unwrap_err(),
        UNKNOWN,
        "dates only where it would open"
    );
    rig.clock.advance(Duration::from_secs(60));
    assert!(stranger.play("welcome").is_ok());
}

#[test]
fn refused_item_leaves_no_code_behind() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let ben = rig.member("ben");
    let root = rig.administrator("root");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    rig.stored(&ben, Kind::Video, "bens", Visibility::Public);
    let add = |caller: &Caller, items: &[&str], code: &str| {
        let new = New {
            code: Some(Secret::new(code)),
            items: items.iter().map(|item| item.parse().unwrap()).collect(),
            ..New::default()
        };
        block_on(rig.catalogue.add_code(caller, new)).map(|_| ())
    };
    for items in [
        &["video:welcome", "video:bens"][..],
        &["video:welcome", "video:missing"],
        &["video:welcome", "image:welcome"],
    ] {
        let refused = add(&ana, items, "website2024");
        assert!(matches!(refused, Err(Refused::NotYours(_))), "{items:?}");
    }
    assert!(matches!(
        add(&root, &["video:welcome"], "website2024"),
        Err(Refused::NotYours(_))
    ));
    assert!(matches!(
        add(&ana, &[], "website2024"),
        Err(Refused::NoItems)
    ));
    assert!(rig.catalogue.list_codes(&ana).unwrap().is_empty());
    assert_eq!(
        with(&rig, "website2024").play("welcome").unwrap_err(),
        UNKNOWN
    );
    add(&ana, &["video:welcome"], "website2024").unwrap();
    assert!(matches!(
        add(&ben, &["video:bens"], "website2024"),
        Err(Refused::Taken)
    ));
    assert!(matches!(
        add(&ana, &["video:welcome"], "short"),
        Err(Refused::Code(_))
    ));
    let (key, _) = rig.api_key(&ana, &[domain::api_key::Scope::Read]);
    assert!(matches!(
        add(&key, &["video:welcome"], "another-code"),
        Err(Refused::NotAllowed)
    ));
    let nobody = Caller::nobody(ADDRESS);
    assert!(matches!(
        add(&nobody, &["video:welcome"], "another-code"),
        Err(Refused::NotAllowed)
    ));
}

#[test]
fn codes_are_their_owners_to_read_and_to_change() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    let ben = rig.member("ben");
    rig.stored(&ana, Kind::Image, "logo", Visibility::Private);
    let made = rig.code(&ana, None, &["image:logo"]);
    let text = made.text.unwrap();
    assert_eq!(text.expose().len(), 28);
    let listed = rig.catalogue.list_codes(&ana).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].text.as_ref().unwrap().expose(), text.expose());
    assert_eq!(listed[0].items, ["image:logo".parse().unwrap()]);
    assert!(rig.catalogue.list_codes(&ben).unwrap().is_empty());
    let id = made.code.id;
    assert!(rig.catalogue.find_code(&ben, id).is_err());
    assert!(rig.catalogue.code_named(&ben, text.expose()).is_err());
    assert_eq!(rig.catalogue.code_named(&ana, text.expose()).unwrap(), id);
    assert!(matches!(
        block_on(rig.catalogue.delete_code(&ben, id)),
        Err(Refused::NotFound)
    ));
    assert!(matches!(
        block_on(rig.catalogue.update_code(&ben, id, Change::default())),
        Err(Refused::NotFound)
    ));
    let stale = Change {
        seen: Some(Time::from_ms(0)),
        ..Change::default()
    };
    assert!(matches!(
        block_on(rig.catalogue.update_code(&ana, id, stale)),
        Err(Refused::Changed)
    ));
}

/// Abuse case J5.
#[test]
fn as_many_watch_as_there_are_places() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let new = New {
        code: Some(Secret::new("website2024")),
        items: vec!["video:welcome".parse().unwrap()],
        viewers_max: Some(3),
        ..New::default()
    };
    let id = block_on(rig.catalogue.add_code(&ana, new)).unwrap().code.id;
    let stranger = with(&rig, "website2024");
    let answers: Vec<_> = (0..100).map(|_| stranger.play("welcome")).collect();
    let leaves: Vec<&Leave> = answers.iter().flatten().collect();
    assert_eq!(leaves.len(), 3);
    let full = view::Refused::Code(Unopened::Full { places: 3 });
    assert!(
        answers
            .iter()
            .filter_map(|one| one.as_ref().err())
            .all(|why| *why == full)
    );
    assert_eq!(rig.catalogue.find_code(&ana, id).unwrap().watching, 3);
    // A page shows what can be played, and its leave plays nothing.
    let page = stranger
        .ask(Space::Watch, "welcome", Purpose::Open, None)
        .unwrap();
    assert_eq!(rig.check("welcome", &page.token), Err(full));
    let look = rig
        .catalogue
        .check(Space::Watch, "welcome", &page.token, Purpose::Look);
    assert!(look.is_ok(), "its poster");
    // Who goes on watching keeps the place; who stopped gives it back.
    for _ in 0..4 {
        rig.clock.advance(Duration::from_secs(20));
        for leave in &leaves[..2] {
            assert!(rig.check("welcome", &leave.token).is_ok());
        }
    }
    let next = stranger.play("welcome").unwrap();
    assert_eq!(stranger.play("welcome").unwrap_err(), full);
    assert_eq!(rig.check("welcome", &leaves[2].token), Err(full));
    assert!(rig.check("welcome", &next.token).is_ok());
}

#[test]
fn viewer_who_says_who_it_is_has_one_place() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let new = New {
        code: Some(Secret::new("website2024")),
        items: vec!["video:welcome".parse().unwrap()],
        viewers_max: Some(1),
        ..New::default()
    };
    let id = block_on(rig.catalogue.add_code(&ana, new)).unwrap().code.id;
    let stranger = with(&rig, "website2024");
    stranger
        .ask(Space::Watch, "welcome", Purpose::Open, None)
        .unwrap();
    for _ in 0..3 {
        stranger
            .ask(Space::Watch, "welcome", Purpose::Play, Some("tab-1"))
            .unwrap();
    }
    assert!(
        stranger
            .ask(Space::Watch, "welcome", Purpose::Play, Some("tab-2"))
            .is_err()
    );
    let shown = rig.catalogue.find_code(&ana, id).unwrap();
    assert_eq!(
        (shown.code.uses, shown.watching),
        (1, 1),
        "one page was opened"
    );
    block_on(rig.catalogue.tend()).unwrap();
    let shown = rig.restarted().catalogue.list_codes(&ana).unwrap();
    assert_eq!(shown[0].code.uses, 1);
    assert!(shown[0].code.last_used.is_some());
}

#[test]
fn use_of_a_code_is_told_by_day() {
    let rig = Rig::new();
    let (ana, ben) = (rig.member("ana"), rig.member("ben"));
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let made = rig.code(&ana, Some("website2024"), &["video:welcome"]);
    let id = made.code.id;
    let days = |rig: &Rig| block_on(rig.catalogue.code_days(&ana, id)).unwrap();
    let minutes = |number: u64| Duration::from_secs(number * 60);
    let none = days(&rig);
    assert_eq!(none.len(), 30);
    assert!(
        none.iter()
            .all(|day| day.opened == 0 && day.watched.is_zero())
    );
    assert!(
        none.windows(2)
            .all(|pair| pair[0].day == pair[1].day.before(1))
    );
    assert_eq!(none[29].day, rig.now().date());

    // Two watch, one of them for a while longer; what lies between two requests that are a minute apart is no watching.
    let stranger = with(&rig, "website2024");
    let (first, second) = (
        stranger.play("welcome").unwrap(),
        stranger.play("welcome").unwrap(),
    );
    for step in 1..=12 {
        rig.clock.advance(Duration::from_secs(10));
        assert!(rig.check("welcome", &first.token).is_ok());
        if step <= 6 {
            assert!(rig.check("welcome", &second.token).is_ok());
        }
    }
    rig.clock.advance(minutes(5));
    assert!(rig.check("welcome", &first.token).is_ok());
    let told = days(&rig);
    assert_eq!(
        (told[29].opened, told[29].watched),
        (2, minutes(3)),
        "before it is saved"
    );
    block_on(rig.catalogue.tend()).unwrap();
    assert_eq!(days(&rig), told, "and after");

    rig.clock.advance(Duration::from_secs(24 * 60 * 60));
    stranger.play("welcome").unwrap();
    block_on(rig.catalogue.tend()).unwrap();
    let again = rig.restarted();
    let kept = block_on(again.catalogue.code_days(&ana, id)).unwrap();
    assert_eq!((kept[28].opened, kept[28].watched), (2, minutes(3)));
    assert_eq!((kept[29].opened, kept[29].watched), (1, Duration::ZERO));
    assert_eq!(again.catalogue.find_code(&ana, id).unwrap().code.uses, 3);

    assert!(block_on(rig.catalogue.code_days(&ben, id)).is_err());
    assert!(block_on(rig.catalogue.code_days(&Caller::nobody(ADDRESS), id)).is_err());
    // A month later nothing of it is left.
    rig.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let operator = Caller::operator();
    let later = block_on(rig.catalogue.code_days(&operator, id)).unwrap();
    assert!(later.iter().all(|day| day.opened == 0));
}

#[test]
fn codes_are_listed_in_pages() {
    let rig = Rig::new();
    let (ana, ben) = (rig.member("ana"), rig.member("ben"));
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let made: Vec<_> = (0..7)
        .map(|place| {
            if place % 2 == 0 {
                rig.clock.advance(Duration::from_secs(1));
            }
            rig.code(&ana, None, &["video:welcome"]).code.id
        })
        .collect();
    let all: Vec<_> = rig.catalogue.list_codes(&ana).unwrap();
    let all: Vec<_> = all.iter().map(|shown| shown.code.id).collect();
    let mut query = Query {
        limit: 3,
        ..Query::default()
    };
    let mut seen = Vec::new();
    for (place, length) in [3, 3, 1].into_iter().enumerate() {
        let page = rig.catalogue.page_of_codes(&ana, &query).unwrap();
        assert_eq!((page.codes.len(), page.of), (length, 7));
        seen.extend(page.codes.iter().map(|shown| shown.code.id));
        assert_eq!(page.next_cursor.is_none(), place == 2);
        query.cursor = page.next_cursor;
    }
    assert_eq!(seen, all, "each once, in the order of the whole list");
    let pause = Change {
        paused: Some(true),
        ..Change::default()
    };
    block_on(rig.catalogue.update_code(&ana, made[3], pause)).unwrap();
    let paused = Query {
        status: Some(Status::Paused),
        limit: 1,
        ..Query::default()
    };
    let page = rig.catalogue.page_of_codes(&ana, &paused).unwrap();
    assert_eq!((page.codes[0].code.id, page.next_cursor), (made[3], None));
    let wrong = Query {
        cursor: Some("welcome".to_owned()),
        limit: 3,
        ..Query::default()
    };
    assert!(
        rig.catalogue
            .page_of_codes(&ana, &wrong)
            .unwrap()
            .codes
            .is_empty()
    );
    let theirs = Query {
        limit: 3,
        ..Query::default()
    };
    assert_eq!(rig.catalogue.page_of_codes(&ben, &theirs).unwrap().of, 0);
    let nobody = Caller::nobody(ADDRESS);
    assert!(rig.catalogue.page_of_codes(&nobody, &theirs).is_err());
}

/// Abuse case J3: guessing is hopeless, and who has a code that cannot be guessed is heard all the same.
#[test]
fn guesses_are_counted_by_address() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    rig.code(&ana, Some("website2024"), &["video:welcome"]);
    let made = rig.code(&ana, None, &["video:welcome"]);
    let made = made.text.unwrap();
    let mut heard = 0;
    for guess in 0..100 {
        let text = format!("guess-{guess}");
        match with(&rig, &text).play("welcome") {
            Err(UNKNOWN) => heard += 1,
            Err(view::Refused::TooMany { retry_after_s }) => assert!(retry_after_s >= 1),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard, 20);
    let chosen = with(&rig, "website2024");
    assert!(matches!(
        chosen.play("welcome"),
        Err(view::Refused::TooMany { .. })
    ));
    assert!(with(&rig, made.expose()).play("welcome").is_ok());
    let elsewhere = Stranger {
        address: ELSEWHERE,
        ..chosen
    };
    assert!(elsewhere.play("welcome").is_ok());
}

#[test]
fn open_items_need_no_code_and_count_none() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Public);
    for _ in 0..100 {
        let leave = with(&rig, "no-such-code").play("welcome").unwrap();
        assert!(leave.is_public());
    }
    rig.stored(&ana, Kind::Video, "closed", Visibility::Private);
    assert_eq!(
        with(&rig, "no-such-code").play("closed").unwrap_err(),
        UNKNOWN
    );
}

#[test]
fn deleted_item_is_gone_from_its_codes_and_its_name_opens_nothing_new() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let id = rig
        .code(&ana, Some("website2024"), &["video:welcome"])
        .code
        .id;
    let leave = with(&rig, "website2024").play("welcome").unwrap();
    block_on(
        rig.catalogue
            .delete_stored(&ana, Kind::Video, &slug("welcome")),
    )
    .unwrap();
    assert!(rig.check("welcome", &leave.token).is_err());
    assert!(rig.catalogue.find_code(&ana, id).unwrap().items.is_empty());
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    assert!(rig.check("welcome", &leave.token).is_err());
    assert_eq!(
        with(&rig, "website2024").play("welcome").unwrap_err(),
        UNKNOWN
    );
}

#[test]
fn every_change_is_written_down_with_who_made_it() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let ana = rig.member("ana");
    rig.stored(&ana, Kind::Video, "welcome", Visibility::Private);
    let id = rig
        .code(&ana, Some("website2024"), &["video:welcome"])
        .code
        .id;
    let edit = domain::edit::Edit {
        visibility: Some(Visibility::Public),
        ..domain::edit::Edit::default()
    };
    block_on(
        rig.catalogue
            .update_stored(&ana, Kind::Video, &slug("welcome"), edit.into()),
    )
    .unwrap();
    block_on(rig.catalogue.delete_code(&ana, id)).unwrap();
    let entries = block_on(rig.catalogue.audit(&root, None, 200)).unwrap();
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
        .take(5)
        .collect();
    let id = id.to_string();
    assert_eq!(
        told,
        [
            ("ana", "access_code.deleted", id.as_str(), "video:welcome"),
            (
                "ana",
                "video.changed",
                "video:welcome",
                "visibility private to public"
            ),
            ("ana", "access_code.added", id.as_str(), "video:welcome"),
            ("", "video.changed", "video:welcome", "ready, poster"),
            ("ana", "video.added", "video:welcome", "private"),
        ]
    );
    assert!(
        entries
            .iter()
            .all(|numbered| !format!("{numbered:?}").contains("website2024"))
    );
    assert_eq!(entries[0].entry.address, "203.0.113.x");
    assert!(block_on(rig.catalogue.audit(&ana, None, 200)).is_err());
}

#[test]
fn what_can_be_shared_is_ones_own_found_by_words_streams_first() {
    let rig = Rig::new();
    let (ann, ben) = (rig.member("ann"), rig.member("ben"));
    let root = rig.administrator("root");
    for name in ["hall", "stage"] {
        rig.stream(&ann, name, Visibility::Private);
    }
    rig.stream(&ben, "bens", Visibility::Public);
    for (kind, name) in [
        (Kind::Video, "lesson-1"),
        (Kind::Image, "lesson-logo"),
        (Kind::Video, "intro"),
    ] {
        rig.stored(&ann, kind, name, Visibility::Private);
    }
    let found = |caller: &Caller, words: &str, max: usize| -> Vec<String> {
        let found = rig.catalogue.list_shareable(caller, words, max);
        found.into_iter().map(|one| one.name.to_string()).collect()
    };
    // What was brought at the same moment stands in no order.
    let (streams, mut stored) = {
        let mut streams = found(&ann, "", 10);
        let stored = streams.split_off(2);
        (streams, stored)
    };
    stored.sort();
    assert_eq!(streams, ["stream:hall", "stream:stage"]);
    assert_eq!(
        stored,
        ["image:lesson-logo", "video:intro", "video:lesson-1"]
    );
    assert_eq!(found(&ann, "", 3).len(), 3);
    assert_eq!(found(&ann, " LESSON  1", 10), ["video:lesson-1"]);
    assert_eq!(found(&ann, "bens", 10), [""; 0]);
    assert_eq!(found(&ben, "", 10), ["stream:bens"]);
    // Looking after everything is not owning it.
    assert_eq!(found(&root, "", 10), [""; 0]);
    assert_eq!(found(&Caller::nobody(ADDRESS), "", 10), [""; 0]);
    let (reader, _) = rig.api_key(&ann, &[domain::api_key::Scope::Read]);
    assert_eq!(found(&reader, "", 10), [""; 0], "a key that shares nothing");
    // All that is found can be shared.
    let all = found(&ann, "", 10);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(rig.code(&ann, None, &all).items.len(), 5);
}

//! Stored items: who sees which, in what order, under which name.

use std::time::Duration;

use domain::api_key::Scope;
use domain::caller::Caller;
use domain::edit::Edit;
use domain::slug::Slug;
use domain::stored::{Change, Kind, New, Outcome, Place, Query, Refused, State};
use domain::stream::Visibility;
use testkit::{ADDRESS, Rig, block_on};

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn listed(rig: &Rig, who: &Caller, query: &Query) -> Vec<String> {
    let mut query = Query {
        limit: 3,
        ..query.clone()
    };
    let mut all = Vec::new();
    loop {
        let page = rig.catalogue.list_stored(who, &query);
        assert!(page.items.len() <= 3);
        all.extend(page.items.iter().map(|item| item.slug.to_string()));
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return all,
        }
    }
}

#[test]
fn lists_show_what_the_caller_may_see_the_newest_first_each_once() {
    let rig = Rig::new();
    let (ana, ben, root) = (
        rig.member("ana"),
        rig.member("ben"),
        rig.administrator("root"),
    );
    let mut made = Vec::new();
    for (owner, name) in [(&ana, "ana"), (&ben, "ben")] {
        for visibility in Visibility::ALL {
            for kind in Kind::ALL {
                let text = format!("{name}-{}-{}", visibility.word(), kind.word());
                rig.stored(owner, kind, &text, visibility);
                made.push(text);
                rig.clock.advance(Duration::from_secs(1));
            }
        }
    }
    made.reverse();
    let expect = |sees: &dyn Fn(&str) -> bool| -> Vec<String> {
        made.iter().filter(|name| sees(name)).cloned().collect()
    };
    let all = Query::default();
    let nobody = Caller::nobody(ADDRESS);
    let public = |name: &str| name.contains("-public-");
    assert_eq!(listed(&rig, &nobody, &all), expect(&public));
    let anas = |name: &str| public(name) || name.contains("-members-") || name.starts_with("ana");
    assert_eq!(listed(&rig, &ana, &all), expect(&anas));
    assert_eq!(listed(&rig, &root, &all), expect(&|_| true));
    let (publishes, _) = rig.api_key(&ana, &[Scope::Publish]);
    assert_eq!(
        listed(&rig, &publishes, &all),
        expect(&public),
        "a key that may not read"
    );
    let own = Query {
        own: true,
        kind: Some(Kind::Image),
        ..Query::default()
    };
    let own_images = |name: &str| name.starts_with("ana") && name.ends_with("image");
    assert_eq!(listed(&rig, &ana, &own), expect(&own_images));
    let words = Query {
        words: "ANA video".to_owned(),
        ..Query::default()
    };
    let found = |name: &str| name.starts_with("ana") && name.ends_with("video");
    assert_eq!(listed(&rig, &ana, &words), expect(&found));
    let wrong = Query {
        cursor: Some("nonsense".to_owned()),
        limit: 3,
        ..Query::default()
    };
    assert!(rig.catalogue.list_stored(&root, &wrong).items.is_empty());
    // What changes its visibility moves between lists.
    let edit = Edit {
        visibility: Some(Visibility::Private),
        ..Edit::default()
    };
    block_on(rig.catalogue.update_stored(
        &ana,
        Kind::Video,
        &slug("ana-public-video"),
        edit.into(),
    ))
    .unwrap();
    assert!(!listed(&rig, &ben, &all).contains(&"ana-public-video".to_owned()));
    assert_eq!(
        listed(&rig.restarted(), &nobody, &all),
        listed(&rig, &nobody, &all)
    );
}

/// Abuse case B4.
#[test]
fn streams_and_videos_share_their_names_and_images_have_theirs() {
    let rig = Rig::new();
    let ana = rig.member("ana");
    rig.stream(&ana, "cam", Visibility::Private);
    rig.stored(&ana, Kind::Image, "cam", Visibility::Private);
    rig.stored(&ana, Kind::Video, "film", Visibility::Private);
    let bring = |kind, name: Option<&str>, file: &str| {
        let new = New {
            kind,
            slug: name.map(slug),
            title: None,
            visibility: Visibility::Private,
            owner: None,
            place: Place::Library,
            file_name: file.to_owned(),
        };
        block_on(rig.catalogue.add_stored(&ana, new))
    };
    assert!(matches!(
        bring(Kind::Video, Some("CAM"), "a.mp4"),
        Err(Refused::Taken)
    ));
    assert!(matches!(
        bring(Kind::Image, Some("cam"), "a.png"),
        Err(Refused::Taken)
    ));
    let stream = domain::stream::New {
        slug: slug("film"),
        title: None,
        visibility: Visibility::Private,
        owner: None,
    };
    assert!(block_on(rig.catalogue.add_stream(&ana, stream)).is_err());
    for (file, expected) in [
        ("Film.MP4", "film-2"),
        ("film.mov", "film-3"),
        ("watch.mp4", "watch-2"),
        ("\u{65e5}.mp4", "video-2"),
    ] {
        assert_eq!(
            bring(Kind::Video, None, file).unwrap().slug.as_str(),
            expected,
            "{file}"
        );
    }
    assert!(
        rig.catalogue
            .may_bring(&ana, Some(Kind::Video), Some(&slug("cam")))
            .is_err()
    );
    assert!(
        rig.catalogue
            .may_bring(&ana, Some(Kind::Image), Some(&slug("film")))
            .is_ok()
    );
    assert!(
        rig.catalogue
            .may_bring(&Caller::nobody(ADDRESS), None, None)
            .is_err()
    );
}

#[test]
fn item_is_its_owners_to_change_and_keeps_what_packaging_found() {
    let rig = Rig::new();
    let (ana, ben) = (rig.member("ana"), rig.member("ben"));
    let nobody = Caller::nobody(ADDRESS);
    let film = rig.stored(&ana, Kind::Video, "film", Visibility::Members);
    assert_eq!(film.state, State::Ready);
    assert_eq!(film.facts.file_name, "film.file");
    assert_eq!((film.facts.width, film.poster.is_some()), (1280, true));
    let title = |title: &str, seen| {
        Change::from(Edit {
            title: Some(title.to_owned()),
            seen,
            ..Edit::default()
        })
    };
    let edit = |who, change| {
        block_on(
            rig.catalogue
                .update_stored(who, Kind::Video, &slug("film"), change),
        )
    };
    assert!(matches!(
        edit(&ben, title("Mine", None)),
        Err(Refused::NotAllowed)
    ));
    assert!(matches!(
        edit(&nobody, title("Mine", None)),
        Err(Refused::NotFound)
    ));
    let changed = edit(&ana, title("Film", Some(film.changed))).unwrap();
    assert!(matches!(
        edit(&ana, title("Film 2", Some(film.changed))),
        Err(Refused::Changed)
    ));
    assert_eq!(changed.generation, film.generation);
    let failed = Outcome::Failed("It holds nothing.".to_owned());
    block_on(rig.catalogue.finish_stored(film.id, failed)).unwrap();
    let found = rig.restarted().catalogue.stored(film.id).unwrap();
    assert_eq!(found.state, State::Failed("It holds nothing.".to_owned()));
    block_on(
        rig.catalogue
            .delete_stored(&ana, Kind::Video, &slug("film")),
    )
    .unwrap();
    let gone = block_on(
        rig.catalogue
            .finish_stored(film.id, Outcome::Failed(String::new())),
    );
    assert!(gone.unwrap().is_none(), "deleted while it was packaged");
}

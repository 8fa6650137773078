//! Settings that administrators change while the server runs.

use std::sync::{Arc, Mutex};

use domain::caller::Caller;
use domain::setting::{COUNT_MAX, Edit, NAME_BYTES_MAX, Refused, VALUE_BYTES_MAX};
use testkit::{Rig, block_on};

fn edit(name: &str, value: Option<&str>) -> Edit {
    Edit {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    }
}

fn change(rig: &Rig, caller: &Caller, edits: Vec<Edit>) -> Result<(), Refused> {
    block_on(rig.catalogue.change_settings(caller, edits))
}

fn kept(rig: &Rig) -> Vec<(String, String)> {
    let settings = rig.catalogue.settings().into_iter();
    settings
        .map(|setting| (setting.name, setting.value))
        .collect()
}

#[test]
fn settings_are_changed_by_administrators_and_outlast_the_start() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    assert_eq!(kept(&rig), []);
    let edits = vec![edit("b", Some("2")), edit("a", Some("1"))];
    change(&rig, &root, edits).expect("changes");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let both = [pair("a", "1"), pair("b", "2")];
    assert_eq!(kept(&rig), both);
    assert_eq!(kept(&rig.restarted()), both);
    change(&rig, &root, vec![edit("a", None), edit("b", Some("3"))]).expect("changes");
    assert_eq!(kept(&rig.restarted()), [pair("b", "3")]);
}

#[test]
fn nobody_else_changes_settings() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let member = rig.member("ana");
    let key = |scope| rig.api_key(&root, &[scope]).0;
    let others = [
        Caller::nobody(testkit::ADDRESS),
        member,
        key(domain::api_key::Scope::Read),
        key(domain::api_key::Scope::Manage),
        key(domain::api_key::Scope::Publish),
    ];
    for other in others {
        let refused = change(&rig, &other, vec![edit("a", Some("1"))]);
        assert!(matches!(refused, Err(Refused::NotAllowed)), "{other:?}");
    }
    assert_eq!(kept(&rig), []);
    change(&rig, &Caller::operator(), vec![edit("a", Some("1"))]).expect("the operator may");
}

#[test]
fn what_is_kept_has_a_bound_and_all_is_changed_or_nothing() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let (long, name) = (
        "x".repeat(VALUE_BYTES_MAX + 1),
        "n".repeat(NAME_BYTES_MAX + 1),
    );
    for wrong in [edit("a", Some(&long)), edit(&name, Some("1"))] {
        let refused = change(&rig, &root, vec![edit("b", Some("1")), wrong]);
        assert!(matches!(refused, Err(Refused::TooLarge)));
    }
    let many = |n| (0..n).map(|n| edit(&format!("s{n}"), Some("1"))).collect();
    assert!(matches!(
        change(&rig, &root, many(COUNT_MAX + 1)),
        Err(Refused::TooLarge)
    ));
    assert_eq!(kept(&rig), []);
    let fits = edit("a", Some(&long[1..]));
    change(&rig, &root, vec![fits]).expect("as large as it may be");
    rig.store.set_fails(true);
    let failed = change(&rig, &root, vec![edit("a", None)]);
    assert!(matches!(failed, Err(Refused::Store(_))));
    assert_eq!(kept(&rig).len(), 1, "memory does not run ahead of the disk");
}

#[test]
fn listeners_are_told_after_it_was_saved_and_only_then() {
    let rig = Rig::new();
    let root = rig.administrator("root");
    let seen: Arc<Mutex<Vec<usize>>> = Arc::default();
    let (catalogue, log) = (rig.catalogue.clone(), seen.clone());
    rig.catalogue.on_settings(move || {
        log.lock()
            .expect("not poisoned")
            .push(catalogue.settings().len());
    });
    change(
        &rig,
        &root,
        vec![edit("a", Some("1")), edit("b", Some("1"))],
    )
    .expect("changes");
    change(&rig, &root, vec![edit("a", Some("1"))]).expect("is so already");
    rig.member("ana");
    change(&rig, &root, vec![edit("a", None)]).expect("changes");
    assert_eq!(*seen.lock().expect("not poisoned"), [2, 1]);
}

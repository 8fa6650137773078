//! Killed at any moment, packaging leaves an item that is whole, or none.

use std::{env, fs, path::Path, process::Command, thread, time::Duration};

use library::video::{Place, package::is_packaged};

use crate::rig::{Storage, bytes, odd, package};

const INTO: &str = "LIBRARY_TEST_PACKAGE_INTO";

/// Packages one file after the other into the same folder until it is killed; does nothing as an ordinary test.
#[test]
fn a_process_that_packages_until_it_is_killed() {
    let Ok(into) = env::var(INTO) else {
        return;
    };
    for name in ["moov-first.mp4", "fragmented.mp4"].into_iter().cycle() {
        package(&odd(name), Path::new(&into)).expect("it is taken");
    }
}

#[tokio::test]
async fn an_item_is_whole_or_not_there_after_a_kill() {
    let storage = Storage::new();
    let place = Place::Library(7);
    let into = storage.path(&place);
    let mut whole = 0;
    for round in 0..25_u64 {
        let mut child = Command::new(env::current_exe().expect("this test"))
            .args([
                "--exact",
                "killed::a_process_that_packages_until_it_is_killed",
            ])
            .env(INTO, &into)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("a process");
        // What counts is that moments differ.
        thread::sleep(Duration::from_micros(15_000 + 1_377 * round));
        child.kill().expect("killed");
        child.wait().expect("gone");
        storage.shelf.forget(&place);
        let facts = storage.shelf.facts(&place).await;
        assert_eq!(facts.is_some(), is_packaged(&into), "round {round}");
        let Some(facts) = facts else { continue };
        whole += 1;
        let media = fs::read(into.join("media.mp4")).expect("media");
        assert_eq!(facts.bytes, media.len() as u64);
        let init = storage.get(&place, "init.mp4").await;
        let tracks = media::fmp4::read::init(&bytes(&init)).expect("an initialisation segment");
        let first = bytes(&storage.get(&place, "s0.m4s").await);
        let fragments = media::fmp4::read::fragments(&first, &tracks);
        assert!(fragments.is_ok_and(|all| !all.is_empty()), "round {round}");
    }
    assert!(whole > 0, "some rounds come as far as an item");
    // What a kill left does not stand in the way.
    package(&odd("moov-first.mp4"), &into).expect("it is taken");
    assert_eq!(crate::rig::names(&into), ["index", "media.mp4"]);
}

//! A file goes up through everything that can happen to it: the server killed in the middle, its user on other pages meanwhile, the tab closed and
//! the file chosen again. What arrives is what was sent, byte for byte.

use std::{
    fs,
    path::{Path, PathBuf},
};

use e2e::{Browser, Encoder, Ffmpeg, MOMENT, Profile, Server, server::PASSWORD, until};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Two parts of the page's and a piece of a third.
const LENGTH: usize = 36 * 1024 * 1024;
/// So that it takes some ten seconds.
const BYTES_PER_S: u64 = 4 * 1024 * 1024;

/// Bytes of which no two stretches are alike.
fn content() -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(LENGTH).collect()
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    if let Err(error) = fs::write(&path, bytes) {
        panic!("no file: {error}");
    }
    path
}

/// A page of the administrator's.
fn logged_in<'a>(server: &Server, browser: &'a Browser) -> Profile<'a> {
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(anna.open(&server.url("/upload")), 200);
    anna
}

/// The bytes of the one upload, under a name that stays whatever becomes of it.
fn held(server: &Server, folder: &Path) -> PathBuf {
    let uploads = server.data().join("uploads");
    let held = folder.join("held");
    until("an upload lies there", MOMENT, || {
        let upload = fs::read_dir(&uploads).ok()?.next()?.ok()?.path();
        fs::hard_link(upload.join("data"), &held).ok()
    });
    held
}

const OFFSET: &str =
    "fetch('/api/uploads').then((r) => r.json()).then(({ uploads: [u] }) => u ? u.offset : -1)";
const ROW: &str = "document.querySelector('[data-queue] li')?.innerText ?? ''";

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

#[test]
fn file_arrives_whole_through_a_killed_server_other_pages_and_a_closed_tab() {
    let folder = TempDir::new().unwrap_or_else(|error| panic!("no folder: {error}"));
    let bytes = content();
    let path = file(folder.path(), "lesson.mp4", &bytes);
    let mut server = Server::start(&[]);
    server.add_administrator();
    let browser = Browser::start();
    let anna = logged_in(&server, &browser);
    anna.pace(BYTES_PER_S);
    anna.choose("#files", &[&path]);
    let _ = anna.is_told("1 upload begins");
    let held = held(&server, folder.path());
    let _ = anna.until(&format!("({ROW}).includes('left')"), MOMENT);
    anna.picture("upload-running-1280");

    // The server dies in the middle of the second part.
    let _ = anna.until(&format!("{OFFSET}.then((n) => n >= {})", 16 << 20), MOMENT);
    server.kill();
    let _ = anna.until(
        &format!("({ROW}).includes('The connection broke at')"),
        MOMENT,
    );
    let on_disk = fs::metadata(&held).map_or(0, |told| told.len());
    assert!(on_disk >= 16 << 20, "{on_disk} bytes were left");
    let _server = server.again();
    let _ = anna.until(&format!("({ROW}).includes('left')"), MOMENT);

    // It goes on while its user moves between pages: the document stays.
    let _ = anna.see("globalThis.storyMark = 1");
    anna.click("a.brand");
    let _ = anna.until("location.pathname === '/' && storyMark === 1", MOMENT);
    let sign = "document.querySelector('[data-upload-sign]')?.textContent ?? ''";
    let _ = anna.until(&format!("/^1 upload · \\d+ %$/.test({sign})"), MOMENT);
    anna.picture("upload-elsewhere-1280");
    anna.size(320, 720);
    assert_eq!(
        anna.faults(),
        Vec::<String>::new(),
        "with the sign of uploads at 320 px"
    );
    anna.picture("upload-elsewhere-320");
    anna.size(1280, 800);
    anna.click("nav a[href='/streams']");
    let _ = anna.until(
        "location.pathname === '/streams' && document.title.startsWith('Streams')",
        MOMENT,
    );
    let _ = anna.see("history.back()");
    let _ = anna.until(
        "location.pathname === '/' && document.querySelector('main h1')?.textContent",
        MOMENT,
    );
    assert_eq!(anna.see("storyMark"), json!(1), "the same document");
    anna.click("[data-upload-sign]");
    let _ = anna.until(
        &format!("location.pathname === '/upload' && ({ROW}).includes('lesson.mp4')"),
        MOMENT,
    );

    // The tab goes, and is asked whether it means to.
    let at = number(&anna.see(OFFSET));
    assert!(at < LENGTH as u64, "there is something left to do");
    anna.reload();
    let _ = anna.is_told("leave this page?");
    anna.pace(u64::from(u32::MAX));
    let earlier = "document.querySelector('[data-earlier]')?.innerText ?? ''";
    let _ = anna.until(
        &format!("({earlier}).includes('Choose the file again to go on')"),
        MOMENT,
    );
    anna.picture("upload-again-1280");
    anna.choose("#files", &[&path]);
    let state = "fetch('/api/uploads').then((r) => r.json()).then(({ uploads: [u] }) => u.state)";
    let _ = anna.until(
        &format!("{state}.then((state) => state !== 'receiving')"),
        4 * MOMENT,
    );

    let arrived = fs::read(&held).unwrap_or_default();
    assert_eq!(arrived.len(), bytes.len());
    assert!(arrived == bytes, "what arrived is what was sent");
    let complaints = anna.complaints();
    let other: Vec<&String> = complaints
        .iter()
        // The browser's own words for what the killed server did not answer.
        .filter(|complaint| !complaint.contains("net::ERR_"))
        .collect();
    assert_eq!(other, Vec::<&String>::new(), "a page complained");
}

#[test]
fn page_is_used_by_keyboard_and_seen_by_everybody() {
    let folder = TempDir::new().unwrap_or_else(|error| panic!("no folder: {error}"));
    let server = Server::start(&[]);
    server.add_administrator();
    let browser = Browser::start();
    let anna = logged_in(&server, &browser);
    // Slow enough that all of it can be looked at.
    anna.pace(64 * 1024);
    let paths = [
        "Lesson 1.mp4",
        "Lesson 2.mp4",
        "Lesson 3.mp4",
        "Autumn fair with a name that is long.mp4",
    ]
    .map(|name| file(folder.path(), name, &content()[..4 << 20]));
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let empty = file(folder.path(), "Nothing.mp4", b"");
    anna.choose("#files", &[&[empty.as_path()], &paths[..]].concat());
    let _ = anna.is_told("Nothing.mp4 is empty");
    let _ = anna.until(
        "document.querySelectorAll('[data-queue] li').length === 4",
        MOMENT,
    );
    let _ = anna.until(
        "document.querySelector('[data-queue]').innerText.includes('waiting for its turn')",
        MOMENT,
    );
    anna.tab_to("Pause Lesson 1.mp4");
    anna.press("Enter");
    let _ = anna.until(
        "document.activeElement.getAttribute('aria-label') === 'Resume Lesson 1.mp4'",
        MOMENT,
    );
    let _ = anna.until(
        "!document.querySelector('[data-queue]').innerText.includes('waiting for its turn')",
        MOMENT,
    );
    for (width, height, scheme) in [
        (1280, 800, "light"),
        (1280, 800, "dark"),
        (320, 720, "light"),
    ] {
        anna.size(width, height);
        anna.scheme(scheme);
        assert_eq!(
            anna.faults(),
            Vec::<String>::new(),
            "at {width} px, {scheme}"
        );
        anna.picture(&format!("upload-{width}-{scheme}"));
    }
    anna.size(1280, 800);
    assert_eq!(anna.walk(), Vec::<String>::new());
    anna.tab_to("Cancel Lesson 2.mp4");
    anna.press("Enter");
    let _ = anna.until(
        "document.querySelectorAll('[data-queue] li').length === 3",
        MOMENT,
    );
    assert_eq!(anna.complaints(), Vec::<String>::new(), "a page complained");
}

/// What scripts begin on a page ends with it and begins on the next, also where both lie in one document.
#[test]
fn pages_that_are_moved_to_while_it_runs_do_all_they_do() {
    let folder = TempDir::new().unwrap_or_else(|error| panic!("no folder: {error}"));
    let (server, _publisher, _) = Server::live(&[], &Encoder::new(Ffmpeg::Modern));
    let browser = Browser::start();
    let anna = logged_in(&server, &browser);
    anna.pace(64 * 1024);
    let path = file(folder.path(), "lesson.mp4", &content());
    anna.choose("#files", &[&path]);
    let _ = anna.until(&format!("({ROW}).includes('left')"), MOMENT);
    let _ = anna.see("globalThis.storyMark = 1");

    for _ in 0..2 {
        anna.click("a.brand");
        let _ = anna.until("location.pathname === '/' && document.querySelector('[data-live-list] a[href=\"/watch/live\"]')", MOMENT);
        anna.click("[data-live-list] a[href='/watch/live']");
        let _ = anna.until("location.pathname === '/watch/live'", MOMENT);
        let _ = anna.moves(0.0);
        anna.click("nav a[href='/streams']");
        let _ = anna.until("location.pathname === '/streams'", MOMENT);
        assert_eq!(
            anna.see("document.querySelectorAll('video').length"),
            json!(0)
        );
        anna.click("main a[href='/streams/live']");
        let _ = anna.until("location.pathname === '/streams/live'", MOMENT);
        let heading = "document.querySelector('[data-heading]')?.textContent ?? ''";
        let _ = anna.until(&format!("({heading}).startsWith('Receiving')"), MOMENT);
        // Figures come by events, which the page has asked for itself.
        let figure = "document.querySelector('[data-tile] [data-number]')?.textContent";
        let first = anna.see(figure);
        let _ = anna.until(
            &format!("{figure} !== {first} || document.querySelector('[data-golive] path')"),
            MOMENT,
        );
    }
    // A form that changes something goes the same way.
    let _ = anna.see("fetch('/streams/new', {headers: {accept: 'text/html'}}).then(() => { const a = document.createElement('a'); a.href = '/streams/new'; document.querySelector('main').append(a); a.textContent = 'new'; a.id = 'story-new'; })");
    let _ = anna.until("document.querySelector('#story-new')", MOMENT);
    anna.click("#story-new");
    let _ = anna.until(
        "location.pathname === '/streams/new' && document.activeElement.id === 'title'",
        MOMENT,
    );
    anna.type_text("Evening");
    anna.press("Enter");
    let _ = anna.until("location.pathname === '/streams/evening'", MOMENT);
    assert_eq!(anna.see("storyMark"), json!(1), "the same document");
    let sign = "document.querySelector('[data-upload-sign]')?.textContent ?? ''";
    let _ = anna.until(&format!("({sign}).startsWith('1 upload')"), MOMENT);
    assert_eq!(anna.complaints(), Vec::<String>::new(), "a page complained");
}

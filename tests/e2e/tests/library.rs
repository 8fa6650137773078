//! Stored videos and images in a browser: brought by the page and played to the end, framed by another site without cookies, cut off when
//! their code goes, with captions, from where a link says.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use e2e::{Browser, Client, Encoder, Ffmpeg, MOMENT, Profile, Server, server::PASSWORD};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long the videos are.
const LENGTH_S: u32 = 14;
/// What ends is told within a second of the answer.
const WITHIN_MS: i64 = 1_000;

const VIDEO: &str = "document.querySelector('stage-player video[slot=media]')";

fn folder() -> TempDir {
    TempDir::new().unwrap_or_else(|error| panic!("no folder: {error}"))
}

fn ffmpeg(arguments: &[&str]) {
    let made = Command::new(Ffmpeg::Modern.program())
        .args(["-loglevel", "error", "-y"])
        .args(arguments)
        .status();
    assert!(
        made.is_ok_and(|status| status.success()),
        "ffmpeg {arguments:?}"
    );
}

/// A video with sound.
fn video(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let length = LENGTH_S.to_string();
    ffmpeg(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=640x360:r=30",
        "-f",
        "lavfi",
        "-i",
        "sine=f=440",
        "-t",
        &length,
        "-c:v",
        "libx264",
        "-g",
        "60",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        &path.to_string_lossy(),
    ]);
    path
}

/// A server with a video of anna's that is ready.
fn with_video(slug: &str, visibility: &str) -> (Server, TempDir, Client) {
    let folder = folder();
    let path = video(folder.path(), "lesson.mp4");
    let server = Server::start(&[]);
    let operator = server.operator();
    let more = ["--title", "Reading the grain", "--visibility", visibility];
    server.upload(&path, slug, &more);
    e2e::until("the video is ready", MOMENT, || {
        let told = operator.get(&format!("/api/videos/{slug}")).json();
        (told["status"] == "ready").then_some(())
    });
    (server, folder, operator)
}

fn plays_to_its_end(page: Profile<'_>) {
    let _ = page.until(&format!("{VIDEO}.currentTime > 1"), MOMENT);
    // Fourteen seconds are long in a story: the middle is passed over.
    let _ = page.see(&format!("{VIDEO}.currentTime = 11"));
    let _ = page.until(&format!("{VIDEO}.ended"), MOMENT);
    let _ = page.until(
        "document.querySelector('.p-big:not([hidden])')?.ariaLabel === 'Play again'",
        MOMENT,
    );
}

/// How often the page asked for the video's index.
fn index_asked(page: Profile<'_>) -> usize {
    let asked = page.asked();
    let index = asked
        .iter()
        .filter(|asked| asked.path.ends_with("/index.m3u8"));
    index.count()
}

#[test]
fn video_that_is_dropped_on_the_page_plays_to_its_end_and_again() {
    let folder = folder();
    let path = video(folder.path(), "Reading the grain.mp4");
    let server = Server::start(&[]);
    server.add_administrator();
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(anna.open(&server.url("/upload")), 200);
    anna.choose("#files", &[&path]);
    let link = "document.querySelector('main a[href=\"/watch/reading-the-grain\"]')";
    let _ = anna.until(link, 3 * MOMENT);
    anna.click("main a[href='/watch/reading-the-grain']");
    let _ = anna.until(
        "document.querySelector('stage-player .p-big:not([hidden])')",
        3 * MOMENT,
    );
    assert_eq!(
        anna.see(&format!("{VIDEO}.paused")),
        json!(true),
        "it waits for a press"
    );
    anna.click("stage-player .p-big");
    plays_to_its_end(anna);
    assert_eq!(index_asked(anna), 1, "nothing is asked for at its end");
    anna.click("stage-player .p-big");
    let _ = anna.until(
        &format!("{VIDEO}.currentTime > 0.5 && {VIDEO}.currentTime < 8 && !{VIDEO}.paused"),
        MOMENT,
    );
    assert_eq!(anna.complaints(), Vec::<String>::new(), "a page complained");
}

/// A page of another site, for as long as it is asked for.
fn other_site(body: &str) -> SocketAddr {
    let listener =
        TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no site: {error}"));
    let address = listener
        .local_addr()
        .unwrap_or_else(|error| panic!("no address: {error}"));
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn framed(server: &Server, path: &str) -> String {
    let src = server.url(path);
    let page = format!(
        "<!doctype html><html lang=\"en\"><title>A school</title><link rel=\"icon\" href=\"data:,\"><h1>Lesson 1</h1>\
         <iframe src=\"{src}\" title=\"Lesson\" allow=\"autoplay; fullscreen\" width=\"640\" height=\"360\"></iframe></html>"
    );
    // Another host, so another site: what the frame keeps is a third party's.
    format!("http://localhost:{}/", other_site(&page).port())
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or_default()
}

fn add_code(operator: &Client, body: &Value) {
    let made = operator.send_json("POST", "/api/access-codes", body);
    assert_eq!(made.status, 201, "{}", made.text());
}

#[test]
fn private_video_plays_in_a_frame_of_another_site_without_cookies_until_its_code_is_deleted() {
    let (server, _folder, operator) = with_video("lesson1", "private");
    let items = json!([{"media_type": "video", "media_slug": "lesson1"}]);
    add_code(
        &operator,
        &json!({"code": "spring-course-7Q4M", "media_items": items}),
    );
    let school = framed(&server, "/embed/lesson1?access_code=spring-course-7Q4M");
    let browser = Browser::without_cookies_of_frames();
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&school), 200);
    let _ = visitor.until_inside(
        "/embed/",
        "document.querySelector('stage-player .p-big:not([hidden])')",
        MOMENT,
    );
    assert_eq!(
        visitor.see_inside("/embed/", "document.querySelector('.p-top').innerText"),
        json!("Reading the grain")
    );
    visitor.picture("embed-on-another-site");
    visitor.click_inside("/embed/", ".p-big");
    let _ = visitor.until_inside("/embed/", &format!("{VIDEO}.currentTime > 1"), MOMENT);
    let _ = visitor.see_inside("/embed/", &format!("{VIDEO}.currentTime = 11"));
    let _ = visitor.until_inside("/embed/", &format!("{VIDEO}.ended"), MOMENT);
    assert_eq!(
        visitor.cookies(),
        json!([]),
        "no cookie was needed, and none was set"
    );

    // Again, and the code goes while it plays.
    visitor.click_inside("/embed/", ".p-big");
    let _ = visitor.until_inside(
        "/embed/",
        &format!("{VIDEO}.currentTime > 0.5 && !{VIDEO}.ended"),
        MOMENT,
    );
    let deleted = operator.ask("DELETE", "/api/access-codes/spring-course-7Q4M", &[], b"");
    assert_eq!(deleted.status, 204);
    let slate = "document.querySelector('.p-slate').innerText.includes('Your access code was switched off')";
    let deleted_at = now_ms();
    let told = visitor.until_inside("/embed/", slate, MOMENT).at_ms;
    println!("stored: told {} ms after DELETE", told - deleted_at);
    assert!(
        told - deleted_at < WITHIN_MS,
        "told after {} ms",
        told - deleted_at
    );
    assert_eq!(
        visitor.see_inside("/embed/", "document.querySelector('.p-slate').innerText.includes('Ask the person who gave it to you.')"),
        json!(true)
    );
    assert_eq!(
        visitor.see_inside(
            "/embed/",
            &format!("{VIDEO}.paused || {VIDEO}.readyState === 0")
        ),
        json!(true)
    );
    visitor.picture("embed-code-off");
    // The browser's own words for pieces that are refused.
    let complaints = visitor.complaints();
    let other: Vec<&String> = complaints
        .iter()
        .filter(|complaint| {
            !complaint.contains("status of 403") && !complaint.contains("status of 404")
        })
        .collect();
    assert_eq!(other, Vec::<&String>::new(), "a page complained");
}

#[test]
fn stream_in_a_frame_waits_for_a_press_and_says_when_there_is_nothing() {
    let (server, publisher, _) = Server::live(&[], &Encoder::new(Ffmpeg::Modern));
    let _ = server.add_stream("offline", "public");
    let browser = Browser::start();
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&framed(&server, "/embed/live")), 200);
    let press = "document.querySelector('stage-player .p-big:not([hidden])')";
    let _ = visitor.until_inside("/embed/", press, MOMENT);
    let asked = visitor.asked();
    let played = asked
        .iter()
        .any(|asked| asked.path.contains("/whep") || asked.path.ends_with(".m3u8"));
    assert!(!played, "nothing is played before the press");
    visitor.click_inside("/embed/", ".p-big");
    let _ = visitor.until_inside(
        "/embed/",
        &format!("{VIDEO}.currentTime > 1 && !{VIDEO}.paused"),
        MOMENT,
    );
    publisher.stop();
    assert_eq!(visitor.open(&framed(&server, "/embed/offline")), 200);
    let slate = "document.querySelector('.p-slate')?.innerText.includes('Not live right now')";
    let _ = visitor.until_inside("/embed/", slate, MOMENT);
    assert_eq!(
        visitor.see_inside("/embed/", "document.querySelector('.p-big').hidden"),
        json!(true)
    );
    assert_eq!(
        visitor.complaints(),
        Vec::<String>::new(),
        "a page complained"
    );
}

#[test]
fn site_that_is_not_named_shows_nothing_in_its_frame() {
    let (server, _folder, operator) = with_video("lesson1", "private");
    let items = json!([{"media_type": "video", "media_slug": "lesson1"}]);
    add_code(
        &operator,
        &json!({"code": "spring-course-7Q4M", "media_items": items, "sites": ["school.example"]}),
    );
    let path = "/embed/lesson1?access_code=spring-course-7Q4M";
    let browser = Browser::start();
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&framed(&server, path)), 200);
    e2e::until("the browser refuses the frame", MOMENT, || {
        let complaints = visitor.complaints();
        let refused = complaints
            .iter()
            .any(|told| told.contains("frame-ancestors"));
        refused.then_some(())
    });
    // Alone, the page is there.
    assert_eq!(visitor.open(&server.url(path)), 200);
}

#[test]
fn owner_shares_a_video_from_the_menu_of_its_card() {
    let (server, _folder, _operator) = with_video("lesson1", "private");
    let browser = Browser::start();
    let anna = browser.profile("anna");
    anna.log_in(&server.url(""), "anna", PASSWORD);
    for (width, height) in [(1280, 800), (320, 640)] {
        anna.size(width, height);
        assert_eq!(anna.open(&server.url("/")), 200);
        anna.click("button[aria-label='More for Reading the grain']");
        let _ = anna.until("document.querySelector('.menu:popover-open')", MOMENT);
        assert_eq!(anna.faults(), Vec::<String>::new(), "{width} px");
        anna.picture(&format!("card-menu-{width}"));
        anna.click(".menu:popover-open a[data-share]");
        let said = "document.querySelector('dialog[open]')?.innerText.includes('Only you and administrators can see this.')";
        let _ = anna.until(said, MOMENT);
    }
    assert_eq!(anna.complaints(), Vec::<String>::new());
}

#[test]
fn captions_are_shown_when_they_are_wanted_and_a_link_begins_where_it_says() {
    let (server, _folder, operator) = with_video("lesson1", "public");
    let text = "WEBVTT\n\n00:00.000 --> 00:14.000\nMind the grain\n";
    let set = operator.ask(
        "PUT",
        "/api/videos/lesson1/captions/en?label=English",
        &[("Content-Type", "text/vtt")],
        text.as_bytes(),
    );
    assert_eq!(set.status, 200, "{}", set.text());
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    assert_eq!(viewer.open(&server.url("/watch/lesson1?t=0:05")), 200);
    viewer.click("stage-player .p-big");
    let _ = viewer.until(&format!("{VIDEO}.currentTime > 5.3"), MOMENT);
    let first = viewer.see(&format!("{VIDEO}.played.start(0)"));
    assert!(
        first
            .as_f64()
            .is_some_and(|first| (4.0..6.0).contains(&first)),
        "{first}"
    );
    let shown =
        format!("[...({VIDEO}.textTracks[0].activeCues ?? [])].map((cue) => cue.text).join()");
    assert_eq!(viewer.see(&shown), json!(""), "not unless they are wanted");
    viewer.press("c");
    let _ = viewer.until(&format!("{shown} === 'Mind the grain'"), MOMENT);
    viewer.picture("watch-captions");
    // Speed, and ten seconds back.
    viewer.press(">");
    let _ = viewer.until(&format!("{VIDEO}.playbackRate === 1.25"), MOMENT);
    viewer.press("j");
    let _ = viewer.until(&format!("{VIDEO}.currentTime < 4"), MOMENT);
    // What its viewer chose is remembered.
    viewer.reload();
    let _ = viewer.until(
        "document.querySelector('.p-captions')?.ariaPressed === 'true'",
        MOMENT,
    );
    assert_eq!(
        viewer.complaints(),
        Vec::<String>::new(),
        "a page complained"
    );
}

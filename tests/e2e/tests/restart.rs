//! A restart of the server, asked for or not: addresses, tokens and sequence hold.

use std::{fs, path::Path, time::Duration};

use e2e::{
    Encoder, Ffmpeg, MOMENT, Media, Server,
    playlist::{Viewer, media_path},
    server::wait_until_receiving,
    until,
};

/// The drain is ten seconds by default; publishers and viewers end before.
const DRAIN: Duration = Duration::from_secs(12);

fn story(end: impl Fn(&mut Server)) {
    let mut server = Server::start(&[]);
    let operator = server.operator();
    let url = server.rtmp_url(&format!(
        "live?token={}",
        server.add_stream("live", "public")
    ));
    let publisher = Encoder::new(Ffmpeg::Modern).publish(&url);
    wait_until_receiving(&operator, "live");
    let viewer = Viewer::join(&server.client(), "live");
    // Past the first second of the broadcast, so that what is saved at a segment's end was saved.
    let before = viewer.wait_for(3);
    end(&mut server);
    let (status, words) = publisher.end();
    assert!(!status.success(), "the publisher notices: {words}");

    let server = server.again();
    assert!(server.setup.is_none(), "it knows its administrator");
    let _publisher = Encoder::new(Ffmpeg::System).publish(&url);
    wait_until_receiving(&operator, "live");
    let after = until("the playlist goes on", MOMENT, || {
        let path = media_path("live", &server.client().get("/hls/live/index.m3u8"))?;
        let media = Media::of(&server.client().get(&path));
        media.has("EXTINF").then_some(media)
    });
    assert!(
        after.sequence() > before.last()
            || after.last() > before.last() && after.sequence() >= before.sequence(),
        "the sequence went backwards, from\n{}\nto\n{}",
        before.text,
        after.text
    );
    let token_still_good = server.client().get(viewer.path());
    assert_ne!(token_still_good.status, 403, "a grant outlives the server");
}

#[test]
fn sigterm_ends_in_order_and_the_stream_goes_on_after_the_restart() {
    story(|server| {
        let status = server.terminate(DRAIN);
        assert_eq!(status.code(), Some(0), "{}", server.log());
        assert!(!server.log().contains("panicked"), "{}", server.log());
    });
}

#[test]
fn sigkill_loses_no_promise() {
    story(Server::kill);
}

#[test]
fn sigterm_answers_viewers_who_wait() {
    let mut server = Server::start(&[]);
    let operator = server.operator();
    let url = server.rtmp_url(&format!(
        "live?token={}",
        server.add_stream("live", "public")
    ));
    let _publisher = Encoder::new(Ffmpeg::Modern).publish(&url);
    wait_until_receiving(&operator, "live");
    let viewer = Viewer::join(&server.client(), "live");
    let far = viewer.wait_for(1).last() + 2;
    let waits = std::thread::spawn(move || viewer.ask(&format!("?_HLS_msn={far}")));
    let status = server.terminate(DRAIN);
    assert_eq!(status.code(), Some(0));
    let answer = waits
        .join()
        .unwrap_or_else(|_| panic!("the connection was cut while it waited"));
    assert!(
        answer.status == 200 || answer.status == 503,
        "{}",
        answer.status
    );
}

#[test]
fn folder_that_was_put_into_the_storage_is_adopted_without_being_asked_for() {
    let mut server = Server::start(&[]);
    let operator = server.operator();
    assert!(server.terminate(DRAIN).success());
    let prepared =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/library/tests/folders/fmp4");
    let course = server.data().join("storage/public/course");
    fs::create_dir(&course).expect("a folder");
    for entry in fs::read_dir(prepared).expect("a folder") {
        let from = entry.expect("an entry").path();
        let name = from.file_name().expect("a name");
        fs::copy(&from, course.join(name)).expect("it is copied");
    }

    // It goes on beside the serving, so the ready line promises nothing; the log tells, and nobody asks the server.
    let server = server.again();
    until("the folder is adopted", MOMENT, || {
        let log = server.whole_log();
        log.contains("a folder was adopted as a video")
            .then_some(())
    });
    let told = operator.get("/api/videos/course").json();
    assert_eq!(told["status"], "ready", "{told}");
    let scanned = server.cli(&["library", "scan"], "");
    assert_eq!(scanned["folders"][0]["new"], false, "{scanned}");
}

//! The picture that stands for a live stream, decoded by FFmpeg and drawn by a browser.

use std::process::{Command, Stdio};

use e2e::{Browser, Encoder, Ffmpeg, MOMENT, Server, server::wait_until_receiving, until};

/// Size of the encoder's pictures.
const SIZE: (usize, usize) = (320, 180);

/// Every picture in the file, as grey pixels one after another.
fn decoded(file: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("poster.mp4");
    std::fs::write(&path, file).expect("a file");
    let out = Command::new(Ffmpeg::Modern.program())
        .args(["-hide_banner", "-loglevel", "error", "-xerror", "-i"])
        .arg(&path)
        .args(["-fps_mode", "passthrough"])
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg starts");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.is_empty(), "{said}");
    out.stdout
}

#[test]
fn poster_of_a_live_stream_is_one_picture_of_its_size_and_moves_on() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    assert_eq!(server.client().get("/hls/live/poster.mp4").status, 204);
    let publisher =
        Encoder::new(Ffmpeg::System).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let client = server.client();
    let poster = || {
        let answer = client.get("/hls/live/poster.mp4");
        (answer.status == 200).then_some(answer)
    };
    let first = until("a poster", MOMENT, poster);
    assert_eq!(first.header("content-type"), Some("video/mp4"));
    let picture = decoded(&first.body);
    assert_eq!(picture.len(), SIZE.0 * SIZE.1, "one picture");
    assert!(picture.iter().max() > picture.iter().min(), "not one grey");
    // A key frame a second: the picture follows.
    let next = until("the next poster", MOMENT, || {
        poster().filter(|next| next.body != first.body)
    });
    assert_eq!(decoded(&next.body).len(), SIZE.0 * SIZE.1);
    drop(publisher);
}

#[test]
fn home_page_draws_the_picture_of_what_is_live() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let browser = Browser::start();
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&server.url("/")), 200);
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    // The page was open before; the card comes by itself, and with it the picture.
    let drawn = "(() => { const c = document.querySelector('[data-slug=live] canvas:not([hidden])'); if (!c) return 0; const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return new Set(p).size > 16 && [c.width, c.height]; })()";
    let size = visitor.until(drawn, MOMENT).value;
    assert_eq!(size, serde_json::json!([SIZE.0, SIZE.1]));
    visitor.picture("home-1280");
    assert_eq!(visitor.complaints(), Vec::<String>::new());
}

/// One thing is asked for before the poster shows: the page. It is decoded while style and scripts are still on their way.
#[test]
fn poster_of_the_watch_page_needs_nothing_but_the_page() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    until("a poster", MOMENT, || {
        (server.client().get("/hls/live/poster.mp4").status == 200).then_some(())
    });
    let browser = Browser::start();
    let viewer = browser.profile("viewer");
    viewer.hang("**/assets/**");
    assert_eq!(viewer.begin(&server.url("/watch/live")), 200);
    let _ = viewer.until(
        "(() => { const poster = document.querySelector('video.p-poster'); return poster?.readyState >= 2 && poster.videoWidth > 0; })()",
        MOMENT,
    );
    let asked = viewer.asked();
    let own: Vec<&str> = asked
        .iter()
        .filter(|asked| !asked.path.starts_with("/assets/"))
        .map(|asked| asked.path.as_str())
        .collect();
    assert_eq!(own.first(), Some(&"/watch/live"));
    assert!(
        own[1..].iter().all(|path| *path == "/hls/live/poster.mp4"),
        "{own:?}"
    );

    // As it is, with everything: of what the page needs, the poster waits for nothing but the page.
    let visitor = browser.profile("visitor");
    assert_eq!(visitor.open(&server.url("/watch/live")), 200);
    let _ = visitor.until(
        "performance.getEntriesByType('resource').some(({ name }) => name.includes('poster.mp4'))",
        MOMENT,
    );
    let order: Vec<String> = visitor
        .asked()
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    println!("asked for, in this order: {order:?}");
    let own: u64 = visitor
        .asked()
        .iter()
        .filter(|asked| asked.path == "/watch/live" || asked.path.starts_with("/assets/"))
        .map(|asked| asked.bytes)
        .sum();
    println!("the page, its styles, scripts and icons: {own} bytes");
    assert!((100_000..=220_000).contains(&own), "{own} bytes");
}

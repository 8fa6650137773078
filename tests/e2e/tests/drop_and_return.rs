//! A publisher that drops and returns within the grace keeps address, sequence and viewers; after it the broadcast ends.

use std::time::Duration;

use e2e::{
    Encoder, FFMPEGS, Ffmpeg, MOMENT, Server,
    playlist::{Viewer, media_path},
    server::{state, wait_until_gone, wait_until_receiving},
    until,
    wait::throughout,
};

#[test]
fn viewer_keeps_its_playlist_while_the_publisher_drops_and_returns() {
    let server = Server::start(&["publish.grace_s=20"]);
    let operator = server.operator();
    let url = server.rtmp_url(&format!(
        "live?token={}",
        server.add_stream("live", "public")
    ));
    let first = Encoder::new(Ffmpeg::Modern).publish(&url);
    wait_until_receiving(&operator, "live");
    let viewer = Viewer::join(&server.client(), "live");
    let mut seen = viewer.wait_for(2).sequence();
    let mut last = 0;

    first.kill();
    wait_until_gone(&operator, "live", MOMENT);
    assert_eq!(state(&operator, "live").as_deref(), Some("away"));
    let mut look = || {
        let media = viewer.look();
        if media.has("EXT-X-ENDLIST") {
            return Err(format!("it ended:\n{}", media.text));
        }
        if media.sequence() < seen || media.last() < last {
            return Err(format!("from {seen} and {last} it fell:\n{}", media.text));
        }
        (seen, last) = (media.sequence(), media.last());
        Ok(())
    };
    // Longer than the target duration: a live playlist that says nothing for so long is one that broke.
    throughout(Duration::from_secs(5), &mut look);
    let away = viewer.look();
    assert!(away.has_gap(), "what is missing is told:\n{}", away.text);

    let _second = Encoder::new(Ffmpeg::System).publish(&url);
    let back = until("pictures after the gap", MOMENT, || {
        look().unwrap_or_else(|objection| panic!("{objection}"));
        let media = viewer.look();
        let after = media
            .text
            .rsplit_once("#EXT-X-DISCONTINUITY\n")
            .map(|(_, after)| after.to_owned());
        after.filter(|after| after.contains("#EXTINF") && after.contains("INDEPENDENT=YES"))
    });
    let piece = back
        .lines()
        .find(|line| line.ends_with(".m4s"))
        .unwrap_or_else(|| panic!("no segment:\n{back}"));
    assert_eq!(
        server.client().get(&viewer.beside(piece)).status,
        200,
        "{piece}"
    );
    let index = server.client().get("/hls/live/index.m3u8");
    assert_eq!(
        media_path("live", &index).as_deref(),
        Some(viewer.path()),
        "the index names the same playlist"
    );
}

#[test]
fn broadcast_ends_after_the_grace_and_the_next_one_has_the_same_address() {
    for ffmpeg in FFMPEGS {
        let server = Server::start(&["publish.grace_s=3"]);
        let operator = server.operator();
        let url = server.rtmp_url(&format!(
            "live?token={}",
            server.add_stream("live", "public")
        ));
        let publisher = Encoder::new(ffmpeg).publish(&url);
        wait_until_receiving(&operator, "live");
        let viewer = Viewer::join(&server.client(), "live");
        let _ = viewer.wait_for(1);
        publisher.kill();
        let ended = until("the end of the playlist", MOMENT, || {
            Some(viewer.look()).filter(|media| media.has("EXT-X-ENDLIST"))
        });
        assert!(
            !ended.has("EXT-X-PRELOAD-HINT"),
            "nothing more is hinted at:\n{}",
            ended.text
        );
        assert_eq!(state(&operator, "live"), None);
        let segment = ended
            .segments()
            .last()
            .map(|name| viewer.beside(name))
            .unwrap_or_default();
        assert_eq!(
            server.client().get(&segment).status,
            200,
            "what was sent can still be watched to its end"
        );

        let _next = Encoder::new(ffmpeg).publish(&url);
        wait_until_receiving(&operator, "live");
        let (path, next) = until("the next broadcast at the same index", MOMENT, || {
            let viewer = Viewer::join(&server.client(), "live");
            let media = viewer.look();
            (!media.has("EXT-X-ENDLIST")).then(|| (viewer.path().to_owned(), media))
        });
        let discontinued = next.has("EXT-X-DISCONTINUITY") && next.sequence() >= ended.sequence();
        assert!(
            path != viewer.path() || discontinued,
            "the ended playlist came back to life:\n{}",
            next.text
        );
    }
}

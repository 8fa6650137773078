//! Where encoders put the key, and what becomes of wrong, revoked and second ones.

use std::time::Duration;

use e2e::{
    Encoder, FFMPEGS, Ffmpeg, Server, encoder,
    playlist::Viewer,
    server::{newest_refusal, text, wait_until_gone, wait_until_receiving},
    until,
};
use serde_json::Value;

/// A revoked key ends its publisher within a second; fivefold slack for busy machines.
const CUT: Duration = Duration::from_secs(5);

#[test]
fn every_place_for_the_key_publishes() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let query = format!("?token={key}");
    for ffmpeg in FFMPEGS {
        let plain = Encoder::new(ffmpeg);
        let fields = |app: &str, name: &str| {
            plain
                .clone()
                .option("rtmp_app", app)
                .option("rtmp_playpath", name)
        };
        let tries = [
            (
                "ffmpeg, query",
                plain.clone(),
                server.rtmp_url(&format!("live{query}")),
            ),
            (
                "ffmpeg, stream and query",
                plain.clone(),
                server.rtmp_url(&format!("live/live{query}")),
            ),
            (
                "ffmpeg, key as the stream",
                plain.clone(),
                server.rtmp_url(&format!("live/{key}")),
            ),
            ("ffmpeg, key alone", plain.clone(), server.rtmp_url(&key)),
            (
                "OBS, server with live, key ?token=",
                fields("live", &query),
                server.rtmp_url("live"),
            ),
            (
                "OBS, server with live, key live?token=",
                fields("live", &format!("live{query}")),
                server.rtmp_url("live"),
            ),
            (
                "OBS, server with live, key alone",
                fields("live", &key),
                server.rtmp_url("live"),
            ),
            (
                "OBS, bare server, key live?token=",
                fields("", &format!("live{query}")),
                server.rtmp_url(""),
            ),
            (
                "OBS, bare server, key alone",
                fields("", &key),
                server.rtmp_url(""),
            ),
            (
                "GStreamer, query in the application",
                fields(&format!("live{query}"), ""),
                server.rtmp_url("live"),
            ),
        ];
        for (form, ffmpeg_as, url) in tries {
            let publisher = ffmpeg_as.publish(&url);
            until(
                &format!("{ffmpeg:?} is live by: {form}\n{}", publisher.words()),
                e2e::MOMENT,
                || {
                    (e2e::server::state(&operator, "live").as_deref() == Some("receiving"))
                        .then_some(())
                },
            );
            publisher.kill();
            wait_until_gone(&operator, "live", CUT);
        }
    }
    assert_eq!(
        newest_refusal(&operator, "live"),
        Value::Null,
        "no form was refused on the way"
    );
}

#[test]
fn our_own_client_publishes_in_every_place_for_the_key_and_reads_why_it_may_not() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no directory: {error}"));
    let file = folder.path().join("media.flv");
    Encoder::new(Ffmpeg::Modern).write(4, &file);
    let query = format!("?token={key}");
    let both = format!("live{query}");
    let tries = [
        // Server with `live`, as OBS sends it.
        ("live", query.as_str()),
        ("live", &both),
        ("live", &key),
        // The bare server.
        ("", &both),
        ("", &key),
        // The query in the server's field, as OBS and GStreamer send it.
        (&both, ""),
        (&both, "live"),
        // What comes along when an address is copied.
        ("live/", &format!("/live/{query}")),
        ("live", &format!("\"{key}\"")),
        (" live ", &format!("{query}\n")),
    ];
    for (app, name) in tries {
        let form = format!("{app:?} {name:?}").replace(&key, "KEY");
        let mut publisher = encoder::ours(server.rtmp, app, name, &file);
        until(&format!("live by {form}"), e2e::MOMENT, || {
            let words = publisher.words();
            assert!(publisher.runs(), "{form}: {words}");
            (e2e::server::state(&operator, "live").as_deref() == Some("receiving")).then_some(())
        });
        let viewer = Viewer::join(&server.client(), "live");
        let before = viewer.look().last();
        until(&format!("played by {form}"), e2e::MOMENT, || {
            (viewer.look().last() > before).then_some(())
        });
        publisher.kill();
        wait_until_gone(&operator, "live", CUT);
    }
    assert_eq!(newest_refusal(&operator, "live"), Value::Null);

    let (status, words) = encoder::ours(server.rtmp, "live", "?token=wrong", &file).end();
    assert!(!status.success(), "{words}");
    assert!(
        words.contains("refused NetStream.Publish.BadName: ") && words.contains("key"),
        "{words}"
    );
    assert!(!words.contains("publishing"), "{words}");
}

#[test]
fn key_of_another_stream_is_refused_and_the_owner_reads_why() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _ = server.add_stream("cam", "public");
    for ffmpeg in FFMPEGS {
        let (status, words) = Encoder::new(ffmpeg)
            .publish(&server.rtmp_url(&format!("live/cam?token={key}")))
            .end();
        assert!(!status.success(), "{words}");
        assert!(
            words.contains("BadName") || words.contains("key"),
            "the encoder shows a reason: {words}"
        );
        let refusal = newest_refusal(&operator, "cam");
        assert_eq!(refusal["reason"], "other_stream", "{refusal}");
        assert!(
            refusal["message"]
                .as_str()
                .is_some_and(|message| message.contains("live")),
            "{refusal}"
        );
    }
    let (status, _) = Encoder::new(Ffmpeg::Modern)
        .publish(&server.rtmp_url(&format!("live/cam/{key}")))
        .end();
    assert!(
        !status.success(),
        "a key in the path opens no other stream either"
    );
}

#[test]
fn wrong_key_is_refused_with_words() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let _ = server.add_stream("live", "public");
    for ffmpeg in FFMPEGS {
        for rest in ["live?token=wrong", "live/wrong", "live"] {
            let (status, words) = Encoder::new(ffmpeg).publish(&server.rtmp_url(rest)).end();
            assert!(!status.success(), "{rest} publishes: {words}");
        }
    }
    assert_eq!(e2e::server::state(&operator, "live"), None);
}

#[test]
fn revoked_key_cuts_its_publisher_and_another_key_goes_on() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let _ = server.add_stream("live", "public");
    let added = server.cli(&["stream", "key", "live", "add", "studio"], "");
    let other = server.cli(&["stream", "key", "live", "add", "van"], "");
    let (id, key) = (text(&added, "id"), text(&added, "key"));
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let viewer = Viewer::join(&server.client(), "live");

    let _ = server.cli(&["stream", "key", "live", "revoke", &id], "");
    let (status, _) = publisher.end_within(CUT);
    assert!(!status.success());
    wait_until_gone(&operator, "live", CUT);
    let (status, _) = Encoder::new(Ffmpeg::Modern)
        .publish(&server.rtmp_url(&format!("live?token={key}")))
        .end();
    assert!(!status.success(), "a revoked key opens nothing");
    assert_eq!(newest_refusal(&operator, "live")["reason"], "revoked_key");

    let before = viewer.look().last();
    let _publisher = Encoder::new(Ffmpeg::Modern)
        .publish(&server.rtmp_url(&format!("live?token={}", text(&other, "key"))));
    wait_until_receiving(&operator, "live");
    until("the viewer goes on", e2e::MOMENT, || {
        (viewer.look().last() > before + 1).then_some(())
    });
}

/// Abuse case C8.
#[test]
fn second_publisher_is_refused_and_the_first_unharmed() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let url = server.rtmp_url(&format!("live?token={key}"));
    let mut first = Encoder::new(Ffmpeg::System).publish(&url);
    wait_until_receiving(&operator, "live");
    let viewer = Viewer::join(&server.client(), "live");
    let (status, _) = Encoder::new(Ffmpeg::Modern).publish(&url).end();
    assert!(!status.success());
    assert_eq!(newest_refusal(&operator, "live")["reason"], "already_live");
    let media = viewer.wait_for(viewer.look().last() + 2);
    assert!(
        first.runs() && !media.has("EXT-X-DISCONTINUITY") && !media.has_gap(),
        "{}",
        media.text
    );
}

#[test]
fn second_publisher_takes_over_where_the_setting_says_so() {
    let server = Server::start(&["publish.take_over=true"]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let url = server.rtmp_url(&format!("live?token={key}"));
    let first = Encoder::new(Ffmpeg::System).publish(&url);
    wait_until_receiving(&operator, "live");
    let viewer = Viewer::join(&server.client(), "live");
    let mut second = Encoder::new(Ffmpeg::Modern).publish(&url);
    let (status, _) = first.end_within(CUT);
    assert!(!status.success());
    until("the change in the same playlist", e2e::MOMENT, || {
        viewer.look().has("EXT-X-DISCONTINUITY").then_some(())
    });
    assert!(second.runs());
}

//! Many streams at once, each its own.

use e2e::{
    Encoder, Ffmpeg, MOMENT, Server, encoder::copy, playlist::Viewer, server::wait_until_receiving,
    until,
};
use serde_json::Value;

const STREAMS: usize = 20;

#[test]
fn twenty_publishers_at_once_are_all_playable() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no directory: {error}"));
    let file = folder.path().join("loop.flv");
    Encoder::new(Ffmpeg::Modern).write(20, &file);
    let names: Vec<String> = (0..STREAMS).map(|number| format!("cam{number}")).collect();
    let keys: Vec<String> = names
        .iter()
        .map(|name| server.add_stream(name, "public"))
        .collect();
    let mut publishers: Vec<_> = names
        .iter()
        .zip(&keys)
        .map(|(name, key)| {
            copy(
                Ffmpeg::Modern,
                &file,
                &server.rtmp_url(&format!("live/{name}?token={key}")),
            )
        })
        .collect();
    for name in &names {
        wait_until_receiving(&operator, name);
    }
    let viewers: Vec<Viewer> = names
        .iter()
        .map(|name| Viewer::join(&server.client(), name))
        .collect();
    for viewer in &viewers {
        let media = viewer.wait_for(2);
        let segment = viewer.beside(media.segments().last().copied().unwrap_or_default());
        let piece = server.client().get(&segment);
        assert_eq!(piece.status, 200, "{segment}");
        assert_eq!(piece.body.get(4..8), Some(&b"moof"[..]), "{segment}");
    }
    let listed = operator.get("/api/streams").json();
    let live = listed["streams"].as_array().map_or(0, |streams| {
        streams
            .iter()
            .filter(|s| s["live"] == Value::Bool(true))
            .count()
    });
    assert_eq!(live, STREAMS, "{listed}");
    assert!(publishers.iter_mut().all(e2e::Publisher::runs));
    drop(publishers);
    until("all are away", MOMENT, || {
        names
            .iter()
            .all(|name| e2e::server::state(&operator, name).as_deref() != Some("receiving"))
            .then_some(())
    });
}

//! The doors of MediaMTX's habits: the same handlers at the ports where its users look for them.

use std::net::TcpListener;

use e2e::{Client, Encoder, Ffmpeg, Server, server::wait_until_receiving};

fn door(server: &Server) -> Client {
    let address = server.compat_webrtc;
    Client::new(address.unwrap_or_else(|| panic!("no door was told; the log: {}", server.log())))
}

#[test]
fn webrtc_answers_alike_at_both_doors_and_nothing_else_is_at_mediamtxs() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _ = server.add_stream("mine", "private");
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let doors = [server.client(), door(&server)];
    let sdp = [("Content-Type", "application/sdp")];
    for (method, path, fields, body) in [
        ("OPTIONS", "/live/whep", &[][..], ""),
        ("HEAD", "/live/whep", &[][..], ""),
        ("POST", "/live/whep", &sdp[..], "no description"),
        ("POST", "/live/whep", &[][..], "v=0"),
        ("POST", "/mine/whep", &sdp[..], "v=0"),
        ("POST", "/nobody/whep", &sdp[..], "v=0"),
        ("DELETE", "/live/whep/AAAAAAAAAAAAAAAAAAAAAA", &[][..], ""),
        ("OPTIONS", "/live/whip", &[][..], ""),
        ("POST", "/live/whip", &sdp[..], "v=0"),
        ("POST", "/live/whip?token=sk_wrong", &sdp[..], "v=0"),
    ] {
        let answers = doors
            .each_ref()
            .map(|door| door.ask(method, path, fields, body.as_bytes()));
        assert_eq!(
            answers[0].status,
            answers[1].status,
            "{method} {path}: {} and {}",
            answers[0].text(),
            answers[1].text()
        );
    }
    for path in [
        "/",
        "/login",
        "/api/streams",
        "/watch/live",
        "/hls/live/index.m3u8",
    ] {
        let answer = doors[1].get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    drop(publisher);
}

#[test]
fn port_that_was_asked_for_and_is_taken_ends_the_start_with_words() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
    let address = held.local_addr().unwrap_or_else(|error| panic!("{error}"));
    let server = Server::start(&[]);
    let mut again = e2e::server::binary(
        &server.data().with_file_name("other"),
        &[
            "http.listen=127.0.0.1:0".to_owned(),
            "rtmp.listen=".to_owned(),
            "metrics.listen=".to_owned(),
            "webrtc.listen=".to_owned(),
            format!("compat.webrtc_listen={address}"),
        ],
    );
    let output = again.output().unwrap_or_else(|error| panic!("{error}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(words.contains("compat.webrtc_listen"), "{words}");
}

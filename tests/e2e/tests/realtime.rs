//! Watching by WebRTC: a real browser through the page, and who is let in and put out.

use std::time::Duration;

use e2e::{
    BFrames, Browser, Datagrams, Encoder, Ffmpeg, MOMENT, Publisher, Server, Weather,
    browser::WATCH,
    server::{PASSWORD, wait_until_receiving},
};
use serde_json::json;

const STATS: &str = "document.querySelector('stage-player').stats";
/// Two seconds of pictures have been shown by WebRTC.
const FLOWS: &str = "(() => { const s = document.querySelector('stage-player').stats; return s.connection === 'WebRTC' && s.frames > 60 && s.width > 0; })()";

#[test]
fn browser_watches_in_real_time_and_is_put_out_when_its_login_ends() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "members");
    let publisher = Encoder::new(Ffmpeg::Modern)
        .key_frame_every(4)
        .publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");

    let browser = Browser::start();
    let page = browser.profile("viewer");
    page.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = page.until(FLOWS, MOMENT * 2);
    let stats = page.see(STATS);
    println!("real time: {stats}");
    assert_eq!(stats["stalls"], json!(0), "{stats}");
    let delay = stats["delay_s"].as_f64();
    assert!(delay.is_some_and(|delay| delay < 0.5), "{stats}");
    let live = operator.get("/api/streams/live").json();
    assert_eq!(live["live"]["viewers"]["webrtc"], json!(1), "{live}");
    page.picture("real-time");

    const PUT_OUT: &str = "!document.querySelector('stage-player video[slot=media]').srcObject?.active || document.querySelector('.p-slate').textContent.trim() !== ''";
    assert_eq!(page.see(PUT_OUT), json!(false));
    // Its login ends: no more pictures, within a second.
    let _ = server.cli(
        &["user", "reset-password", "anna"],
        "another battery staple",
    );
    let _ = page.until(PUT_OUT, MOMENT);
    // The words are those of HLS.
    let _ = page.until(
        "document.querySelector('stage-player .p-slate').innerText.includes('This is not open to everyone')",
        MOMENT,
    );
    assert!(
        page.complaints()
            .iter()
            .all(|complaint| complaint.contains("40"))
    );
    publisher.stop();
}

/// Collects the times of the pictures as they are shown, for a while.
const ORDER: &str = "new Promise((done) => {
  const video = document.querySelector('stage-player video[slot=media]');
  const times = [];
  const take = (_, { mediaTime }) => { times.push(mediaTime); video.requestVideoFrameCallback(take); };
  video.requestVideoFrameCallback(take);
  setTimeout(() => done(times), 3000);
})";

/// A publisher with B-frames on a stream that anyone may watch.
fn with_b_frames(server: &Server, kind: BFrames) -> Publisher {
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let publisher = Encoder::new(Ffmpeg::Modern)
        .b_frames(kind)
        .publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    publisher
}

#[test]
fn b_frames_that_no_picture_refers_to_are_left_out_and_the_rest_is_shown_in_order() {
    let server = Server::start(&[]);
    let mut publisher = with_b_frames(&server, BFrames::Disposable);
    let browser = Browser::start();
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = page.until(
        "document.querySelector('stage-player').stats.connection === 'WebRTC' && document.querySelector('stage-player').stats.frames > 10",
        MOMENT,
    );
    let times = page.see(ORDER);
    let times: Vec<f64> = times
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_f64)
        .collect();
    // A third of 25 pictures a second for three seconds, some of which a busy machine leaves out.
    assert!(times.len() > 8, "{times:?}");
    assert!(
        times.is_sorted_by(|before, after| before <= after),
        "pictures jump: {times:?}"
    );
    assert_eq!(page.see(STATS)["connection"], json!("WebRTC"));
    assert!(publisher.runs(), "{}", publisher.words());
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn b_frames_that_pictures_refer_to_lead_viewers_to_hls_and_the_sender_reads_what_to_change() {
    let server = Server::start(&[]);
    let mut publisher = with_b_frames(&server, BFrames::Referred);
    let browser = Browser::start();
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = page.until(
        "(() => { const s = document.querySelector('stage-player').stats; return s.connection === 'Low-delay HLS' && s.frames > 25 && s.delay_s !== null; })()",
        2 * MOMENT,
    );
    // The stream is to blame, not the viewer's network: nothing is remembered.
    let kept = page.see("JSON.parse(localStorage.getItem('media-server.player') ?? '{}')");
    assert_eq!(kept["noRealTimeUntil"].as_f64().unwrap_or(0.0), 0.0);
    assert!(publisher.runs(), "{}", publisher.words());

    let owner = browser.profile("owner");
    owner.log_in(&server.url(""), "anna", PASSWORD);
    assert_eq!(owner.open(&server.url("/streams/live")), 200);
    let notes = "document.querySelector('[data-notes]').innerText";
    let _ = owner.until(&format!("{notes}.includes('B-frames are on')"), MOMENT);
    let words = owner.see(notes);
    for part in [
        "Real-time playback cannot show them",
        "Tune “zerolatency”",
        "-bf 0",
    ] {
        assert!(
            words.as_str().is_some_and(|words| words.contains(part)),
            "{part}: {words}"
        );
    }
    assert_eq!(owner.complaints(), Vec::<String>::new());
}

#[test]
fn network_without_udp_is_watched_over_tcp() {
    let (server, _publisher, _) = Server::live(&[], &Encoder::new(Ffmpeg::Modern));
    let browser = Browser::start();
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/login")), 200);
    // The server answers and never knocks: who is told of no UDP address has no UDP.
    for (without_udp, protocol) in [(false, "udp"), (true, "tcp")] {
        let seen = page.see(&format!("{WATCH}({without_udp})"));
        assert_eq!(seen["protocol"], json!(protocol), "{seen}");
        let energy = seen["audio"]["totalAudioEnergy"].as_f64();
        assert!(energy > Some(0.001), "no sound: {seen}");
        // Both are played at one moment of the sender's clock.
        let shown = |kind: &str| seen[kind]["estimatedPlayoutTimestamp"].as_f64();
        let apart = shown("video")
            .zip(shown("audio"))
            .map(|(v, a)| (v - a).abs());
        println!("{protocol}: sound and picture {apart:?} ms apart");
        let frames = seen["video"]["framesDecoded"].as_u64();
        assert!(frames > Some(60), "{protocol}: {seen}");
        assert_eq!(seen["video"]["packetsLost"], json!(0), "{protocol}: {seen}");
    }
}

#[test]
fn door_tells_what_it_wants_and_lets_in_who_may_watch() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let _ = server.add_stream("secret", "private");
    let key = server.add_stream("live", "public");
    let client = server.client();
    let offer = |slug: &str, body: &str| {
        let fields = [("content-type", "application/sdp")];
        client.ask("POST", &format!("/{slug}/whep"), &fields, body.as_bytes())
    };
    for slug in ["secret", "nothing"] {
        assert_eq!(offer(slug, "v=0\r\n").status, 401, "{slug}");
    }
    let early = offer("live", OFFER);
    assert_eq!(early.status, 409);
    assert_eq!(early.header("retry-after"), Some("2"));
    let _publisher =
        Encoder::new(Ffmpeg::System).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    assert_eq!(offer("live", "hello").status, 400);
    let long = "a=candidate:x\r\n".repeat(4000);
    assert_eq!(offer("live", &long).status, 400);
    let many = format!(
        "v=0\r\n{}",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(2000)
    );
    assert!([400, 422].contains(&offer("live", &many).status));

    let mut answer = offer("live", OFFER);
    while answer.status == 409 {
        answer = offer("live", OFFER);
    }
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(offer("live", &OFFER.replace("H264", "VP8")).status, 422);
    let sdp = answer.text();
    assert!(
        sdp.contains("a=setup:passive") && sdp.contains("a=sendonly"),
        "{sdp}"
    );
    assert!(
        sdp.contains(" 127.0.0.1 "),
        "a client on this machine is told the loopback: {sdp}"
    );
    let session = answer.header("location").unwrap_or_default().to_owned();
    let end = || client.ask("DELETE", &session, &[], b"");
    assert_eq!(end().status, 200);
    assert_eq!(end().status, 404);
}

/// Abuse case D4.
#[test]
fn sessions_that_never_connect_are_freed_and_harm_nobody() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _publisher =
        Encoder::new(Ffmpeg::System).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let client = server.client();
    let offer = || {
        let fields = [("content-type", "application/sdp")];
        client
            .ask("POST", "/live/whep", &fields, OFFER.as_bytes())
            .status
    };
    while offer() == 409 {}
    let statuses: Vec<u16> = (0..400).map(|_| offer()).collect();
    let taken = statuses.iter().filter(|status| **status == 201).count();
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert!(
        taken > 0 && refused > 0 && taken + refused == 400,
        "{taken} {refused}"
    );
    let freed = std::time::Instant::now();
    while offer() != 201 {
        assert!(freed.elapsed() < Duration::from_secs(20), "not freed");
        std::thread::sleep(Duration::from_millis(500));
    }
}

const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:Wd4M\r\na=ice-pwd:0123456789abcdefghijklmn\r\n\
a=fingerprint:sha-256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99\r\n\
a=setup:actpass\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:102 H264/90000\r\n\
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";

/// Looks on for a minute: for how long no other picture came, at the longest, and what the browser counts.
const LOOK_ON: &str = "new Promise((done) => {
  const video = document.querySelector('stage-player video[slot=media]');
  let last = performance.now();
  let longest = 0;
  let shown = 0;
  const take = (now) => { shown += 1; longest = Math.max(longest, now - last); last = now; video.requestVideoFrameCallback(take); };
  video.requestVideoFrameCallback(take);
  setTimeout(() => done({ longest: Math.max(longest, performance.now() - last), shown, stats: document.querySelector('stage-player').stats }), 60000);
})";

#[test]
fn network_that_loses_five_of_a_hundred_is_watched_without_a_freeze() {
    let relay = Datagrams::bind();
    let address = relay.address;
    let server = Server::start(&[&format!("webrtc.public_addresses={address}")]);
    relay.pass_to(server.webrtc, Weather::LOSSY, Weather::LOSSY);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _publisher = Encoder::new(Ffmpeg::Modern)
        .key_frame_every(4)
        .publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let browser = Browser::start();
    let page = browser.profile("viewer");
    // The only way to the server leads over the relay.
    page.prepare(&format!(
        "(() => {{ const real = RTCPeerConnection.prototype.setRemoteDescription;
          RTCPeerConnection.prototype.setRemoteDescription = function (answer) {{
            const lines = answer.sdp.split('\\r\\n');
            const kept = lines.filter((line) => !line.startsWith('a=candidate:') || / udp .* {} typ/i.test(line));
            return real.call(this, {{ type: answer.type, sdp: kept.join('\\r\\n') }});
          }}; }})()",
        address.port()
    ));
    assert_eq!(page.open(&server.url("/watch/live")), 200);
    let _ = page.until(FLOWS, MOMENT * 2);
    let seen = page.see(LOOK_ON);
    println!("at 5 % loss: {seen}");
    assert_eq!(seen["stats"]["connection"], json!("WebRTC"), "{seen}");
    assert!(seen["longest"].as_f64() < Some(1000.0), "it froze: {seen}");
    // Nearly everything is repaired in time.
    assert!(seen["shown"].as_u64() > Some(60 * 25 * 9 / 10), "{seen}");
}

/// Joins, and looks on for three seconds: when the first picture was there, how many were shown in the half second after it, for how long none
/// came at the longest, and what the browser counts as freezes.
const JOIN: &str = r#"(async () => {
  const peer = new RTCPeerConnection();
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  const video = document.createElement("video");
  video.autoplay = video.muted = true;
  const stream = new MediaStream();
  video.srcObject = stream;
  document.body.append(video);
  peer.ontrack = ({ track }) => stream.addTrack(track);
  const shown = [];
  const take = (now) => { shown.push(now); video.requestVideoFrameCallback(take); };
  video.requestVideoFrameCallback(take);
  const begun = performance.now();
  await peer.setLocalDescription();
  const headers = { "content-type": "application/sdp" };
  const answer = await fetch("/live/whep", { method: "POST", headers, body: peer.localDescription.sdp });
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  const answered = performance.now();
  await new Promise((done) => setTimeout(done, 3000));
  const inbound = [...(await peer.getStats()).values()].find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  peer.close();
  video.remove();
  const gaps = shown.slice(1).map((now, at) => now - shown[at]);
  return {
    after_asking_ms: Math.round(shown[0] - begun),
    after_answer_ms: Math.round(shown[0] - answered),
    in_half_a_second: shown.filter((now) => now < shown[0] + 500).length,
    longest_ms: Math.round(Math.max(...gaps)),
    freezes: inbound?.freezeCount,
  };
})()"#;

#[test]
fn picture_is_there_at_once_wherever_in_the_group_a_browser_joins() {
    // A key frame every four seconds: waiting for one would take two on average.
    let (server, _publisher, _) =
        Server::live(&[], &Encoder::new(Ffmpeg::Modern).key_frame_every(4));
    let browser = Browser::start();
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/login")), 200);
    for join in 0..7 {
        let seen = page.see(JOIN);
        println!("join {join}: {seen}");
        assert_eq!(seen["freezes"], json!(0), "{seen}");
        let first = seen["after_answer_ms"].as_f64();
        // The promise is a fifth of a second; fivefold slack for busy machines.
        assert!(first.is_some_and(|ms| ms < 1000.0), "{seen}");
    }
}

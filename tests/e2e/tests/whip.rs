//! Publishing by WebRTC: a real encoder and a real browser, good networks and bad ones, and who is not let in.

use std::{process::Command, time::Duration};

use e2e::{
    Answer, Browser, Client, Datagrams, Devices, Encoder, Ffmpeg, MOMENT, Server, Weather,
    browser::WATCH,
    encoder,
    playlist::{Media, Viewer},
    server::{newest_refusal, state, text, wait_until_gone, wait_until_receiving},
    until,
};
use serde_json::{Value, json};

/// A revoked key ends its publisher within a second; fivefold slack for busy machines.
const CUT: Duration = Duration::from_secs(5);

fn offer(client: &Client, slug: &str, key: Option<&str>, sdp: &str) -> Answer {
    let bearer = format!("Bearer {}", key.unwrap_or_default());
    let mut fields = vec![("content-type", "application/sdp")];
    fields.extend(key.is_some().then_some(("authorization", bearer.as_str())));
    client.ask("POST", &format!("/{slug}/whip"), &fields, sdp.as_bytes())
}

/// What a decoder counts in a file: pictures, and samples of sound.
fn decoded(file: &[u8]) -> (usize, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stream.mp4");
    std::fs::write(&path, file).expect("a file");
    let run = |output: &[&str]| {
        let out = Command::new(Ffmpeg::Modern.program())
            .args([
                "-hide_banner",
                "-loglevel",
                "error",
                "-xerror",
                "-nostdin",
                "-i",
            ])
            .arg(&path)
            .args(output)
            .output()
            .expect("ffmpeg starts");
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success() && said.is_empty(), "{said}");
        out.stdout
    };
    let picture = [
        "-map",
        "0:v",
        "-fps_mode",
        "passthrough",
        "-f",
        "framemd5",
        "-",
    ];
    let picture = String::from_utf8_lossy(&run(&picture)).into_owned();
    let pictures = picture
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count();
    let sound = run(&[
        "-map", "0:a", "-f", "s16le", "-ac", "1", "-ar", "48000", "-",
    ]);
    assert!(sound.iter().any(|byte| *byte != 0), "no silence");
    (pictures, sound.len() / 2)
}

/// A whole segment as a playlist tells it.
#[derive(Debug)]
struct Segment {
    /// The head that it is read with.
    head: String,
    name: String,
    seconds: f64,
    is_gap: bool,
    /// Time begins anew with it.
    is_new: bool,
}

fn segments(media: &Media) -> Vec<Segment> {
    let (mut head, mut seconds) = (String::new(), 0.0);
    let (mut is_gap, mut is_new) = (false, false);
    let mut found = Vec::new();
    for line in media.text.lines() {
        if let Some(rest) = line.strip_prefix("#EXT-X-MAP:URI=\"") {
            rest.trim_end_matches('"').clone_into(&mut head);
        } else if let Some(rest) = line.strip_prefix("#EXTINF:") {
            seconds = rest.trim_end_matches(',').parse().expect("a duration");
        } else if line == "#EXT-X-GAP" {
            is_gap = true;
        } else if line == "#EXT-X-DISCONTINUITY" {
            is_new = true;
        } else if !line.starts_with('#') && !line.is_empty() {
            found.push(Segment {
                head: head.clone(),
                name: line.to_owned(),
                seconds,
                is_gap: std::mem::take(&mut is_gap),
                is_new: std::mem::take(&mut is_new),
            });
        }
    }
    found
}

/// Three whole segments with their head, as one file, and how long they say they are. Not the first ones: the first of all is cut short,
/// so that there is something to play at once, and the next one has no key frame then.
fn watched(client: &Client) -> (Vec<u8>, f64) {
    let viewer = Viewer::join(client, "live");
    let mut next = viewer.wait_for(0).sequence() + 5;
    loop {
        let found = segments(&viewer.wait_for(next));
        let last = &found[found.len() - 3..];
        let is_odd = |one: &Segment| one.is_gap || one.head != last[0].head;
        if last.iter().any(is_odd) || last[1..].iter().any(|one| one.is_new) {
            next += 1;
            continue;
        }
        let mut file = client.get(&viewer.beside(&last[0].head)).body;
        for one in last {
            let segment = client.get(&viewer.beside(&one.name));
            assert_eq!(segment.status, 200);
            file.extend(segment.body);
        }
        return (file, last.iter().map(|one| one.seconds).sum());
    }
}

fn every_viewer_gets(profile: &str, name: &str) {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let publisher =
        Encoder::new(Ffmpeg::Modern).publish_whip(&server.url("/live/whip"), &key, profile);
    wait_until_receiving(&operator, "live");
    let client = server.client();
    let (file, seconds) = watched(&client);
    let index = client.get("/hls/live/index.m3u8").text();
    assert!(
        index.contains("avc1.") && index.contains("RESOLUTION=320x180"),
        "{index}"
    );
    assert!(
        index.contains("opus") || index.contains("mp4a.40.2"),
        "{index}"
    );
    let (pictures, samples) = decoded(&file);
    println!("{profile}: {seconds} s with {pictures} pictures and {samples} samples");
    assert!(
        (pictures as f64 - seconds * 25.0).abs() <= 2.0,
        "{pictures} in {seconds} s"
    );
    assert!(
        (samples as f64 / 48_000.0 - seconds).abs() < 0.1,
        "{samples} in {seconds} s"
    );

    let live = operator.get("/api/streams/live").json()["live"].clone();
    assert_eq!(live["protocol"], json!("whip"), "{live}");
    let tracks = live["tracks"].to_string();
    assert!(tracks.contains(name) && tracks.contains("Opus"), "{tracks}");

    let browser = Browser::with_devices(Devices::Allowed);
    let page = browser.profile("viewer");
    assert_eq!(page.open(&server.url("/login")), 200);
    let seen = page.see(&format!("{WATCH}(false)"));
    let frames = seen["video"]["framesDecoded"].as_u64();
    assert!(frames > Some(60), "{seen}");
    let energy = seen["audio"]["totalAudioEnergy"].as_f64();
    assert!(energy > Some(0.001), "no sound: {seen}");

    // It leaves, and is waited for as any other.
    publisher.stop();
    wait_until_gone(&operator, "live", CUT);
    assert_eq!(state(&operator, "live").as_deref(), Some("away"));
}

#[test]
fn ffmpeg_sends_baseline_and_every_viewer_gets_it() {
    every_viewer_gets("baseline", "Constrained Baseline");
}

#[test]
fn ffmpeg_sends_high_and_every_viewer_gets_it() {
    every_viewer_gets("high", "High");
}

#[test]
fn what_ffmpeg_sends_conforms_to_hls() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish_whip(&server.url("/live/whip"), &key, "main");
    wait_until_receiving(&operator, "live");
    let _ = Viewer::join(&server.client(), "live");
    let check = server
        .command()
        .args(["hls-check", &server.url("/hls/live/index.m3u8")])
        .args(["--seconds", "12", "--json"])
        .output()
        .expect("hls-check starts");
    let findings: Vec<Value> = serde_json::from_slice(&check.stdout).expect("findings");
    let broken: Vec<&Value> = findings.iter().filter(|f| f["ok"] != true).collect();
    assert!(broken.is_empty() && findings.len() > 10, "{broken:?}");
}

/// Abuse case D1.
#[test]
fn who_may_not_is_told_why_and_the_owner_reads_of_it() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let other = server.add_stream("van", "public");
    let client = server.client();
    let url = server.url("/live/whip");

    let wrong = Encoder::new(Ffmpeg::Modern).publish_whip(&url, "wrong", "baseline");
    let (status, words) = wrong.end();
    assert!(!status.success(), "{words}");
    let refusal = newest_refusal(&operator, "live");
    assert_eq!(refusal["reason"], json!("unknown_key"), "{refusal}");
    assert_eq!(refusal["protocol"], json!("whip"), "{refusal}");

    for (key, status, code) in [
        (None, 401, "no_key"),
        (Some("wrong"), 401, "unknown_key"),
        (Some(other.as_str()), 403, "other_stream"),
    ] {
        let answer = offer(&client, "live", key, OFFER);
        assert_eq!(answer.status, status, "{}", answer.text());
        let problem = answer.json();
        assert_eq!(problem["code"], json!(code));
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| text.len() > 20)
        );
    }
    for (sdp, status, reason) in [
        ("hello", 400, "protocol_error"),
        (&OFFER.replace("H264", "VP9"), 422, "unsupported_media"),
    ] {
        let answer = offer(&client, "live", Some(&key), sdp);
        assert_eq!(answer.status, status, "{}", answer.text());
        let refusal = newest_refusal(&operator, "live");
        assert_eq!(refusal["reason"], json!(reason), "{refusal}");
    }
    let named = newest_refusal(&operator, "live")["message"].to_string();
    assert!(named.contains("VP9") && named.contains("H.264"), "{named}");

    // Offers that are never followed up take no stream, and run out of places.
    let statuses: Vec<u16> = (0..40)
        .map(|_| offer(&client, "live", Some(&key), OFFER).status)
        .collect();
    assert!(
        statuses[..32].iter().all(|status| *status == 201),
        "{statuses:?}"
    );
    assert!(
        statuses[32..].iter().all(|status| *status == 503),
        "{statuses:?}"
    );
    assert_eq!(state(&operator, "live"), None, "nobody is live by an offer");

    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish(&server.rtmp_url(&format!("live?token={key}")));
    wait_until_receiving(&operator, "live");
    let second = offer(&client, "live", Some(&key), OFFER);
    assert_eq!(second.status, 409, "{}", second.text());
    assert_eq!(second.json()["code"], json!("already_live"));
}

#[test]
fn revoked_key_ends_its_publisher_and_another_goes_on() {
    let server = Server::start(&["publish.grace_s=60"]);
    let operator = server.operator();
    let _ = server.add_stream("live", "public");
    let added = server.cli(&["stream", "key", "live", "add", "studio"], "");
    let other = server.cli(&["stream", "key", "live", "add", "van"], "");
    let (id, key) = (text(&added, "id"), text(&added, "key"));
    let encoder = Encoder::new(Ffmpeg::Modern);
    let url = server.url("/live/whip");
    let first = encoder.publish_whip(&url, &key, "baseline");
    wait_until_receiving(&operator, "live");
    let _ = Viewer::join(&server.client(), "live");
    let _ = server.cli(&["stream", "key", "live", "revoke", &id], "");
    wait_until_gone(&operator, "live", CUT);
    first.kill();
    let answer = offer(&server.client(), "live", Some(&key), OFFER);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["code"], json!("revoked_key"));
    let _second = encoder.publish_whip(&url, &text(&other, "key"), "baseline");
    wait_until_receiving(&operator, "live");
}

#[test]
fn deleted_stream_ends_its_publisher() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish_whip(&server.url("/live/whip"), &key, "baseline");
    wait_until_receiving(&operator, "live");
    let deleted = operator.ask("DELETE", "/api/streams/live", &[], b"");
    assert_eq!(deleted.status, 204);
    until("the end of the publisher", CUT, || {
        server.log().contains("a publisher was ended").then_some(())
    });
    let again = offer(&server.client(), "live", Some(&key), OFFER);
    assert_eq!(again.status, 401, "{}", again.text());
}

/// When a picture turns white, and when a sound begins, in seconds of the file.
fn flashes_and_beeps(file: &[u8]) -> (Vec<f64>, Vec<f64>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stream.mp4");
    std::fs::write(&path, file).expect("a file");
    let run = |output: &[&str]| {
        let out = Command::new(Ffmpeg::Modern.program())
            .args(["-hide_banner", "-nostdin", "-copyts", "-i"])
            .arg(&path)
            .args(output)
            .args(["-f", "null", "-"])
            .output()
            .expect("ffmpeg starts");
        let mut said = out.stdout;
        said.extend(out.stderr);
        String::from_utf8_lossy(&said).into_owned()
    };
    let told = |text: &str, name: &str| {
        let rest = text.split(name).nth(1)?;
        let number = rest.trim_start().split([' ', '\n']).next()?;
        number.parse::<f64>().ok()
    };
    let light = run(&[
        "-vf",
        "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-",
    ]);
    let (mut at, mut was_white, mut flashes) = (0.0, true, Vec::new());
    for line in light.lines() {
        at = told(line, "pts_time:").unwrap_or(at);
        if let Some(luma) = told(line, "YAVG=") {
            let is_white = luma > 128.0;
            flashes.extend((is_white && !was_white).then_some(at));
            was_white = is_white;
        }
    }
    let sound = run(&["-af", "silencedetect=n=-30dB:d=0.3"]);
    let ends = sound.lines().filter_map(|line| told(line, "silence_end:"));
    (flashes, ends.collect())
}

#[test]
fn picture_and_sound_stay_together() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    // Each second begins with a flash and a beep.
    let picture = "color=black:s=320x180:r=25,drawbox=w=320:h=180:color=white:t=fill:enable='lt(mod(t,1),0.12)'";
    let sound = "aevalsrc='if(lt(mod(t,1),0.12),0.5*sin(2*PI*1000*t),0)':s=48000";
    let url = server.url("/live/whip");
    let mut arguments = vec!["-re", "-f", "lavfi", "-i", picture];
    arguments.extend(["-re", "-f", "lavfi", "-i", sound]);
    arguments.extend([
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-tune",
        "zerolatency",
    ]);
    arguments.extend([
        "-profile:v",
        "baseline",
        "-pix_fmt",
        "yuv420p",
        "-bf",
        "0",
        "-g",
        "25",
    ]);
    arguments.extend(["-c:a", "libopus", "-ac", "2", "-f", "whip"]);
    arguments.extend(["-authorization", &key, &url]);
    let _publisher = encoder::run(Ffmpeg::Modern, &arguments);
    wait_until_receiving(&operator, "live");
    let (file, _) = watched(&server.client());
    let (flashes, beeps) = flashes_and_beeps(&file);
    println!("flashes {flashes:?}, beeps {beeps:?}");
    let mut pairs = 0;
    for flash in flashes {
        let apart = beeps.iter().map(|beep| (beep - flash).abs());
        let apart = apart.fold(f64::MAX, f64::min);
        // Nobody sees 45 ms (ITU-R BT.1359); a beep at the edge of the file has no silence before it.
        if apart < 0.5 {
            assert!(apart < 0.045, "{apart} s apart");
            pairs += 1;
        }
    }
    assert!(pairs >= 2, "{pairs} flashes with a beep");
}

#[test]
fn encoder_that_is_cut_off_is_waited_for_and_comes_back() {
    let server = Server::start(&["publish.grace_s=60"]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let encoder = Encoder::new(Ffmpeg::Modern);
    let url = server.url("/live/whip");
    let first = encoder.publish_whip(&url, &key, "baseline");
    wait_until_receiving(&operator, "live");
    first.kill();
    // Nothing says goodbye: it is noticed by silence.
    wait_until_gone(&operator, "live", Duration::from_secs(35));
    assert_eq!(state(&operator, "live").as_deref(), Some("away"));
    let _second = encoder.publish_whip(&url, &key, "baseline");
    wait_until_receiving(&operator, "live");
}

#[test]
fn bad_network_is_repaired() {
    let relay = Datagrams::bind();
    let server = Server::start(&[&format!("webrtc.public_addresses={}", relay.address)]);
    relay.pass_to(server.webrtc, Weather::ROUGH, Weather::default());
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let _publisher =
        Encoder::new(Ffmpeg::Modern).publish_whip(&server.url("/live/whip"), &key, "baseline");
    wait_until_receiving(&operator, "live");
    let (file, seconds) = watched(&server.client());
    let (pictures, samples) = decoded(&file);
    println!("2 % lost: {seconds} s with {pictures} pictures and {samples} samples");
    let expected = seconds * 25.0;
    assert!(pictures as f64 > expected * 0.9, "{pictures} of {expected}");
}

/// Sends a camera and a microphone by WHIP from a page of another origin, as a studio's page would; answers with the session.
const PUBLISH: &str = r#"(async (door, key, layers = [], withoutUdp = false) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 }, audio: true });
  const peer = new RTCPeerConnection();
  globalThis.peer = peer;
  for (const track of media.getTracks()) {
    const sendEncodings = track.kind === "video" ? layers : [];
    peer.addTransceiver(track, { direction: "sendonly", streams: [media], sendEncodings });
  }
  const prefers = RTCRtpSender.getCapabilities("video").codecs.filter(({ mimeType }) => /h264|rtx/i.test(mimeType));
  for (const transceiver of peer.getTransceivers()) {
    if (transceiver.sender.track.kind === "video") transceiver.setCodecPreferences(prefers);
  }
  await peer.setLocalDescription();
  const headers = { "content-type": "application/sdp", authorization: `Bearer ${key}` };
  const answer = await fetch(door, { method: "POST", headers, body: peer.localDescription.sdp });
  if (answer.status !== 201) return { status: answer.status, why: await answer.text() };
  const told = await answer.text();
  const sdp = withoutUdp ? told.replace(/a=candidate:\S+ 1 udp .*\r\n/g, "") : told;
  await peer.setRemoteDescription({ type: "answer", sdp });
  const session = new URL(answer.headers.get("location"), door).href;
  const trickled = await fetch(session, { method: "PATCH", headers: { ...headers, "content-type": "application/trickle-ice-sdpfrag" }, body: "a=mid:0\r\na=end-of-candidates\r\n" });
  return { status: 201, session, etag: answer.headers.get("etag"), trickled: trickled.status };
})"#;

#[test]
fn browser_sends_its_camera() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let browser = Browser::with_devices(Devices::Allowed);
    let page = browser.profile("studio");
    // Our own pages may use no camera; the metrics are on another origin, and say nothing of it.
    assert_eq!(page.open(&server.metrics), 200);
    let made = page.see(&format!(
        "{PUBLISH}('{}', '{key}')",
        server.url("/live/whip")
    ));
    assert_eq!(made["status"], json!(201), "{made}");
    assert_eq!(made["trickled"], json!(204), "{made}");
    assert_eq!(made["etag"], json!("\"ice-0\""), "{made}");
    wait_until_receiving(&operator, "live");
    let (file, seconds) = watched(&server.client());
    let (pictures, samples) = decoded(&file);
    println!("camera: {seconds} s with {pictures} pictures and {samples} samples");
    assert!(
        pictures as f64 > seconds * 10.0,
        "{pictures} in {seconds} s"
    );
    assert!(
        (samples as f64 / 48_000.0 - seconds).abs() < 0.2,
        "{samples} in {seconds} s"
    );

    let session = made["session"].as_str().unwrap_or_default();
    let end = format!(
        "fetch('{session}', {{ method: 'DELETE', headers: {{ authorization: 'Bearer {key}' }} }}).then(({{ status }}) => status)"
    );
    assert_eq!(page.see(&end), json!(200));
    wait_until_gone(&operator, "live", CUT);
    assert_eq!(page.see(&end), json!(404));
    let ended = until("the browser notices", MOMENT, || {
        let state = page.see("peer.connectionState");
        (state != json!("connected")).then_some(state)
    });
    println!("the browser is {ended}");
}

#[test]
fn browser_sends_layers_over_tcp_and_the_best_is_shown() {
    let server = Server::start(&[]);
    let operator = server.operator();
    let key = server.add_stream("live", "public");
    let browser = Browser::with_devices(Devices::Allowed);
    let page = browser.profile("studio");
    assert_eq!(page.open(&server.metrics), 200);
    let layers = "[{ rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }]";
    let url = server.url("/live/whip");
    let made = page.see(&format!("{PUBLISH}('{url}', '{key}', {layers}, true)"));
    assert_eq!(made["status"], json!(201), "{made}");
    wait_until_receiving(&operator, "live");
    // The browser begins with the smallest, and adds the others as it learns what the way bears.
    let width = || {
        let live = operator.get("/api/streams/live").json();
        let tracks = live["live"]["tracks"].as_array()?.clone();
        let video = tracks.into_iter().find(|track| track["kind"] == "video")?;
        video["width"].as_u64()
    };
    until("the widest layer", MOMENT * 2, || {
        (width() == Some(640)).then_some(())
    });
    let carried = page.see(
        "(async () => { const all = [...(await peer.getStats()).values()]; const pair = all.find((s) => s.type === 'candidate-pair' && s.nominated); return all.find(({ id }) => id === pair.remoteCandidateId)?.protocol; })()",
    );
    assert_eq!(carried, json!("tcp"));
    let (file, seconds) = watched(&server.client());
    let (pictures, _) = decoded(&file);
    println!("layers over TCP: {seconds} s with {pictures} pictures");
    assert!(
        pictures as f64 > seconds * 10.0,
        "{pictures} in {seconds} s"
    );
}

const OFFER: &str = "v=0\r\no=rtc 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=setup:actpass\r\na=ice-ufrag:Wd4M\r\na=ice-pwd:0123456789abcdefghijklmn\r\n\
a=fingerprint:sha-256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\n\
a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";

mod pair;

use std::time::{Duration, Instant};

use media::{Codec, TrackId};
use pair::{Pair, SETS_180, SETS_360, Weather, answered};

use str0m::media::Rid;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Sends pictures at 25 a second and sound at 50, a key frame each second, from here on.
fn send(pair: &mut Pair, from: u32, seconds: u32) {
    for number in from..from + seconds * 25 {
        let is_key = number.is_multiple_of(25);
        let bytes = if is_key { 6000 } else { 2500 };
        let sets = is_key.then_some(SETS_360);
        pair.picture(number, u64::from(number) * 3600, sets, bytes);
        for half in 0..2 {
            if pair.audio.is_some() {
                let now = pair.now;
                pair.sound(u64::from(number * 2 + half) * 960, now);
            }
            pair.run(Duration::from_millis(20));
        }
    }
}

#[test]
fn client_is_connected_and_what_it_sends_comes_out_whole_and_in_order() {
    let mut pair = Pair::connected(&[], true);
    send(&mut pair, 0, 4);
    pair.run(SECOND);
    assert_eq!(pair.numbers(), (0..100).collect::<Vec<_>>());
    let [picture, sound] = &pair.tracks[..] else {
        panic!("{:?}", pair.tracks);
    };
    assert!(matches!(&picture.codec, Codec::H264(config) if config.width() == 640));
    assert!(matches!(&sound.codec, Codec::Opus(config) if config.channels() == 2));
    let pictures = pair.of_track(TrackId::VIDEO);
    assert!(pictures[0].key && !pictures[1].key && pictures[25].key);
    // No parameter sets in frames; each begins with the length of its slice.
    assert!(pictures.iter().all(|frame| frame.data[4] & 0x1f != 7));
    let steps = pictures
        .windows(2)
        .map(|two| two[1].dts.ticks() - two[0].dts.ticks());
    assert!(steps.into_iter().all(|step| step == 3600));
    let sounds = pair.of_track(TrackId::AUDIO);
    assert!(sounds.len() > 190, "{}", sounds.len());
    let steps = sounds
        .windows(2)
        .map(|two| two[1].dts.ticks() - two[0].dts.ticks());
    assert!(steps.into_iter().all(|step| step == 960));
    assert!(pair.closed.is_none());
}

#[test]
fn loss_and_another_order_are_repaired() {
    for mut pair in [
        Pair::connected(&[], true),
        Pair::with_repairs_in_a_pair_alone().connect(),
    ] {
        send(&mut pair, 0, 1);
        pair.weather = Weather {
            lost: 50,
            late_ms: 30,
        };
        send(&mut pair, 25, 7);
        pair.weather = Weather::default();
        send(&mut pair, 200, 1);
        pair.run(SECOND);
        let numbers = pair.numbers();
        assert!(numbers.is_sorted(), "{numbers:?}");
        let missing = 225 - numbers.len();
        assert!(missing <= 5, "{missing} of 225 are missing: {numbers:?}");
    }
}

#[test]
fn what_is_lost_for_good_is_left_out_up_to_a_key_frame_that_is_asked_for() {
    let mut pair = Pair::connected(&[], false);
    send(&mut pair, 0, 1);
    pair.run(SECOND / 2);
    assert_eq!(pair.numbers().len(), 25);
    // A second and a half of darkness in the middle of a group of six seconds.
    let asked = pair.asked.len();
    pair.drops_from_bytes = Some(300);
    for number in 26..64 {
        pair.picture(number, u64::from(number) * 3600, None, 2500);
        pair.run(Duration::from_millis(40));
    }
    pair.drops_from_bytes = None;
    for number in 64..175 {
        pair.picture(number, u64::from(number) * 3600, None, 2500);
        pair.run(Duration::from_millis(40));
    }
    assert_eq!(pair.numbers().len(), 25, "nothing that cannot be decoded");
    let asked: Vec<Instant> = pair.asked[asked..].iter().map(|(at, _)| *at).collect();
    assert!((3..=6).contains(&asked.len()), "{}", asked.len());
    let apart = asked.windows(2).map(|two| two[1] - two[0]);
    assert!(apart.into_iter().all(|apart| apart >= SECOND * 9 / 10));
    send(&mut pair, 175, 1);
    pair.run(SECOND / 2);
    assert_eq!(pair.numbers()[25..], (175..200).collect::<Vec<_>>());
}

#[test]
fn client_that_sends_key_frames_on_demand_alone_is_asked_for_them() {
    let mut pair = Pair::connected(&[], false);
    let mut asked = 0;
    for number in 0..250_u32 {
        let is_key = number == 0 || pair.asked.len() > asked;
        asked = pair.asked.len();
        let sets = is_key.then_some(SETS_360);
        pair.picture(number, u64::from(number) * 3600, sets, 1500);
        pair.run(Duration::from_millis(40));
    }
    let pictures = pair.of_track(TrackId::VIDEO);
    let keys = pictures.iter().filter(|frame| frame.key).count();
    assert!((4..=6).contains(&keys), "{keys} key frames in 10 s");
}

/// Abuse case D9.
#[test]
fn packets_that_are_not_the_clients_change_nothing() {
    for layers in [&[][..], &["lo", "hi"][..]] {
        let mut pair = Pair::connected(layers, true);
        let layer = layers.last().map(|name| Rid::from(*name));
        let mut number = 0_u32;
        let mut second = |pair: &mut Pair, is_forged: bool| {
            pair.is_forged = is_forged;
            for _ in 0..25 {
                let sets = number.is_multiple_of(25).then_some(SETS_360);
                let ticks = u64::from(number) * 3600;
                for name in layers.iter().take(1) {
                    let name = Some(Rid::from(*name));
                    pair.picture_of(name, number, ticks, sets.map(|_| SETS_180), 500);
                }
                pair.picture_of(layer, number, ticks, sets, 2500);
                number += 1;
                pair.run(Duration::from_millis(40));
            }
        };
        second(&mut pair, false);
        (0..3).for_each(|_| second(&mut pair, true));
        pair.run(SECOND / 2);
        let shown = pair.numbers();
        assert!(shown.len() >= 99, "{} of 100 with {layers:?}", shown.len());
        assert!(pair.closed.is_none());
    }
}

#[test]
fn copies_with_other_bytes_change_nothing() {
    let mut pair = Pair::connected(&[], true);
    pair.is_mangled = true;
    send(&mut pair, 0, 5);
    pair.run(SECOND / 2);
    assert_eq!(pair.closed, None);
    assert_eq!(pair.numbers(), (0..125).collect::<Vec<_>>());
}

#[test]
fn sound_is_brought_to_the_picture_by_sender_reports() {
    let mut pair = Pair::connected(&[], true);
    // Sound is sent a fifth of a second after it was captured, the picture at once.
    let delay = Duration::from_millis(200);
    let began = pair.now;
    for number in 0..250_u32 {
        let sets = number.is_multiple_of(25).then_some(SETS_360);
        pair.picture(number, u64::from(number) * 3600 + 77, sets, 1500);
        for half in 0..2 {
            let captured = pair.now.checked_sub(delay).unwrap();
            pair.sound(u64::from(number * 2 + half) * 960 + 12_345, captured);
            pair.run(Duration::from_millis(20));
        }
    }
    // A picture and a sound captured at one moment lie at one moment of the line.
    let moment = |frame: &media::Frame, captured: Duration| {
        frame.pts.as_micros() - i64::try_from(captured.as_micros()).unwrap()
    };
    let picture = pair.of_track(TrackId::VIDEO);
    let sound = pair.of_track(TrackId::AUDIO);
    let (picture, sound) = (picture.last().unwrap(), sound.last().unwrap());
    let last = began + Duration::from_millis(249 * 40);
    let sound_last = began + Duration::from_millis(249 * 40 + 20) - delay;
    let apart = moment(picture, last - pair.started.min(began))
        - moment(sound, sound_last - pair.started.min(began));
    assert!(apart.abs() <= 25_000, "{apart} µs apart");
    let jumps = pair.of_track(TrackId::AUDIO);
    let jumps = jumps
        .windows(2)
        .filter(|two| two[1].dts.ticks() - two[0].dts.ticks() != 960);
    assert!(jumps.count() <= 2, "moved as often as needed alone");
}

#[test]
fn broadcast_without_sound_for_its_picture_or_without_a_picture_begins_all_the_same() {
    let mut pair = Pair::connected(&[], true);
    for number in 0..400_u32 {
        let now = pair.now;
        pair.sound(u64::from(number) * 960, now);
        pair.run(Duration::from_millis(20));
    }
    let first = pair
        .frames
        .first()
        .map(|(at, _)| *at - pair.started)
        .unwrap();
    assert!((SECOND * 4..SECOND * 7).contains(&first), "{first:?}");
    assert_eq!(pair.tracks.len(), 1);
}

#[test]
fn best_layer_is_shown_and_another_when_it_falls_silent() {
    let mut pair = Pair::connected(&["lo", "hi"], false);
    let layers = [("lo", SETS_180, 500), ("hi", SETS_360, 2500)];
    let mut number = 0_u32;
    let mut second = |pair: &mut Pair, with_hi: bool| {
        for _ in 0..25 {
            for (name, sets, bytes) in layers {
                if name == "lo" || with_hi {
                    let sets = number.is_multiple_of(25).then_some(sets);
                    let ticks = u64::from(number) * 3600;
                    pair.picture_of(Some(name.into()), number, ticks, sets, bytes);
                }
            }
            number += 1;
            pair.run(Duration::from_millis(40));
        }
    };
    (0..3).for_each(|_| second(&mut pair, true));
    let width = |track: &Track| match &track.codec {
        Codec::H264(config) => config.width(),
        _ => 0,
    };
    assert_eq!(pair.tracks.last().map(width), Some(640));
    (0..4).for_each(|_| second(&mut pair, false));
    assert_eq!(pair.tracks.last().map(width), Some(320));
    (0..3).for_each(|_| second(&mut pair, true));
    assert_eq!(pair.tracks.last().map(width), Some(640));
    let times: Vec<i64> = pair
        .of_track(TrackId::VIDEO)
        .iter()
        .map(|f| f.dts.ticks())
        .collect();
    assert!(
        times.windows(2).all(|two| two[0] < two[1]),
        "one line for all layers"
    );
}

/// Abuse case D4.
#[test]
fn session_without_a_client_ends_in_fifteen_seconds() {
    let mut pair = Pair::new(&[], true);
    let from = pair.now;
    let mut at = None;
    while at.is_none() && pair.now < from + SECOND * 20 {
        pair.now += Duration::from_millis(100);
        pair.session.handle_timeout(pair.now);
        at = pair.session.poll().map(|output| (pair.now - from, output));
    }
    let (after, output) = at.unwrap();
    assert!(
        matches!(output, Output::Closed(Closed::Never)),
        "{output:?}"
    );
    assert!((SECOND * 14..SECOND * 16).contains(&after), "{after:?}");
}

#[test]
fn client_that_is_gone_is_noticed_and_one_that_says_so_at_once() {
    let mut pair = Pair::connected(&[], false);
    send(&mut pair, 0, 1);
    let from = pair.now;
    while pair.closed.is_none() && pair.now < from + SECOND * 60 {
        pair.now += Duration::from_millis(100);
        pair.session.handle_timeout(pair.now);
        while let Some(output) = pair.session.poll() {
            if let Output::Closed(why) = output {
                pair.closed = Some(why);
            }
        }
    }
    assert_eq!(pair.closed, Some(Closed::Lost));
    assert!(pair.now - from <= SECOND * 30);

    let mut pair = Pair::connected(&[], false);
    pair.client.close().unwrap();
    pair.run(SECOND);
    assert_eq!(pair.closed, Some(Closed::ByClient));
}

#[test]
fn other_credentials_begin_anew_and_media_go_on() {
    let mut pair = Pair::connected(&[], false);
    send(&mut pair, 0, 1);
    let theirs = IceCreds {
        ufrag: "anew".into(),
        pass: "0123456789abcdefghijklmn".into(),
    };
    let ours = IceCreds {
        ufrag: "srv2".into(),
        pass: "zyxwvutsrqponmlkjihgfedc".into(),
    };
    pair.session
        .restart(ours, theirs.clone(), pair.now)
        .unwrap();
    assert_eq!(pair.session.remote_credentials(), &theirs);
    send(&mut pair, 25, 1);
    pair.run(SECOND / 2);
    assert_eq!(pair.numbers(), (0..50).collect::<Vec<_>>());
}

/// As OBS offers, shortened to what matters: no candidates, no repairs of their own, and layers where it sends several.
fn obs(layers: &str) -> String {
    format!(
        "v=0\r\no=rtc 3767197920 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=group:LS 0 1\r\na=msid-semantic:WMS *\r\n\
         a=setup:actpass\r\na=ice-ufrag:h9UU\r\na=ice-pwd:AmsJDgZrGSPUpb+3g3pLcP\r\na=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {FINGERPRINT}\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=ssrc:1001 cname:x\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
         a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\na=sendonly\r\n{layers}a=rtcp-mux\r\n\
         a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r\n\
         a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\r\n"
    )
}

const FINGERPRINT: &str = "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99";

fn lines(answer: &str) -> Vec<&str> {
    answer.split("\r\n").collect()
}

#[test]
fn obs_is_answered_with_every_layer_and_all_addresses() {
    let now = pair::start();
    let (_, answer) = answered(&obs("a=ssrc:1002 cname:x\r\n"), now).unwrap();
    for line in [
        "a=group:BUNDLE 0 1",
        "a=ice-lite",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=setup:passive",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=ice-ufrag:srv1",
        "a=candidate:u0 1 udp 2130706431 192.0.2.1 8189 typ host",
        "a=end-of-candidates",
    ] {
        assert!(lines(&answer).contains(&line), "{line} in\n{answer}");
    }
    for odd in ["transport-cc", "ccm fir", "goog-remb", "a=msid", "str0m"] {
        assert!(!answer.contains(odd), "{odd} in\n{answer}");
    }
    let layers = "a=rid:0 send\r\na=rid:1 send\r\na=rid:2 send\r\na=simulcast:send 0;1;2\r\n";
    let (_, answer) = answered(&obs(layers), now).unwrap();
    for line in [
        "a=rid:0 recv",
        "a=rid:1 recv",
        "a=rid:2 recv",
        "a=simulcast:recv 0;1;2",
    ] {
        assert!(lines(&answer).contains(&line), "{line} in\n{answer}");
    }
}

#[test]
fn browser_with_layers_is_answered_with_each() {
    let text = "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS s\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 109 114 115\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
         a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host\r\na=candidate:2 1 udp 2122260223 0ac3a7a2-1.local 50000 typ host\r\n\
         a=ice-ufrag:Wd4M\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=ice-options:trickle\r\n\
         a=fingerprint:sha-256 FP\r\na=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:toffset\r\n\
         a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
         a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\na=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
         a=sendonly\r\na=msid:s t\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
         a=rtpmap:103 H264/90000\r\na=rtcp-fb:103 goog-remb\r\na=rtcp-fb:103 transport-cc\r\na=rtcp-fb:103 ccm fir\r\na=rtcp-fb:103 nack\r\na=rtcp-fb:103 nack pli\r\n\
         a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\na=rtpmap:104 rtx/90000\r\na=fmtp:104 apt=103\r\n\
         a=rtpmap:107 H264/90000\r\na=rtcp-fb:107 nack\r\na=fmtp:107 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f\r\na=rtpmap:108 rtx/90000\r\na=fmtp:108 apt=107\r\n\
         a=rtpmap:109 red/90000\r\na=rtpmap:114 H264/90000\r\na=rtcp-fb:114 nack\r\na=rtcp-fb:114 nack pli\r\na=fmtp:114 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c34\r\na=rtpmap:115 rtx/90000\r\na=fmtp:115 apt=114\r\n\
         a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;~f\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendonly\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:110 telephone-event/48000\r\n";
    let text = text.replace("FP", FINGERPRINT);
    let (_, answer) = answered(&text, pair::start()).unwrap();
    for line in [
        "m=video 9 UDP/TLS/RTP/SAVPF 103 104 114 115",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=rid:q recv",
        "a=rid:h recv",
        "a=rid:f recv",
        "a=simulcast:recv q;h;f",
        "a=rtcp-fb:103 transport-cc",
        "a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=fmtp:115 apt=114",
    ] {
        assert!(lines(&answer).contains(&line), "{line} in\n{answer}");
    }
    assert!(!answer.contains("192.0.2.7") && !answer.contains("VP8"));
}

#[test]
fn codec_that_is_not_taken_is_named() {
    let now = pair::start();
    let good = obs("");
    let refused = |text: &str| answered(text, now).err().unwrap();
    let hevc = refused(&good.replace("96 H264/90000", "96 H265/90000"));
    assert!(
        hevc.contains("H265") && hevc.contains("takes H.264"),
        "{hevc}"
    );
    let pcm = refused(&good.replace("opus/48000/2", "PCMU/8000"));
    assert!(pcm.contains("PCMU") && pcm.contains("takes Opus"), "{pcm}");
}

#[test]
fn offer_that_is_answered_in_part_elsewhere_is_refused_here() {
    let now = pair::start();
    let good = obs("");
    assert!(answered(&good, now).is_ok());
    let video = &good[good.find("m=video").unwrap()..];
    let more = format!(
        "{good}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sctp-port:5000\r\n"
    );
    for (what, text) in [
        (
            "two pictures",
            format!("{good}{}", video.replace("mid:1", "mid:2")),
        ),
        ("data", more),
        ("a viewer", good.replace("sendonly", "recvonly")),
        ("nothing", good.replace("a=sendonly", "a=inactive")),
        ("a number twice", good.replace("96", "111")),
        ("a name twice", good.replace("mid:1", "mid:0")),
        ("a layer twice", obs("a=simulcast:send a;a\r\n")),
        ("a layer of odd name", obs("a=simulcast:send a;<c>\r\n")),
        ("many layers", obs("a=simulcast:send a;b;c;d;e;f\r\n")),
        (
            "an extension twice",
            good.replace("a=extmap:2", "a=extmap:1"),
        ),
        ("no certificate", good.replace("a=fingerprint", "a=x")),
        (
            "a long name",
            good.replace("mid:1", "mid:12345678901234567"),
        ),
    ] {
        assert!(answered(&text, now).is_err(), "{what} was taken");
    }
}

#[test]
fn nothing_of_an_offer_reaches_the_answer_but_what_was_understood() {
    let odd = obs("a=ssrc:1002 cname:<b>\r\na=msid:<i> <u>\r\n").replace("s=-", "s=<script>");
    let (_, answer) = answered(&odd, pair::start()).unwrap();
    assert!(!answer.contains('<'), "{answer}");
}

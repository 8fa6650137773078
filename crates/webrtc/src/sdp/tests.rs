use std::net::SocketAddr;

use is::IceCreds;

use super::{
    MediaKind,
    answer::{Answer, Carrier, Local, Wish, answer, candidate},
    fragment::Fragment,
    offer::{BYTES_MAX, Error, Offer, Setup},
};

const FINGERPRINT: &str = "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99";

/// What a browser offers that wants to watch, shortened to what matters.
fn browser(video: &str, audio: &str) -> String {
    format!(
        "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 39 40 112 113\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
         a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host\r\na=ice-ufrag:Wd4M\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:actpass\r\na=mid:0\r\na={video}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
         a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
         a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 goog-remb\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n\
         a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n\
         a=rtpmap:39 H264/90000\r\na=rtcp-fb:39 nack\r\na=fmtp:39 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=64001f\r\n\
         a=rtpmap:112 H264/90000\r\na=rtcp-fb:112 nack\r\na=rtcp-fb:112 nack pli\r\n\
         a=fmtp:112 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f\r\na=rtpmap:113 rtx/90000\r\na=fmtp:113 apt=112\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na={audio}\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\n"
    )
}

fn answered(offer: &str, wish: &Wish) -> Result<Answer, Error> {
    let offer = Offer::parse(offer)?;
    let credentials = IceCreds {
        ufrag: "srv1".into(),
        pass: "abcdefghijklmnopqrstuvwx".into(),
    };
    answer(
        &offer,
        wish,
        &Local {
            credentials: &credentials,
            fingerprint: [0xab; 32],
            udp: &[
                "192.0.2.1:8189".parse().unwrap(),
                "[2001:db8::1]:8189".parse().unwrap(),
            ],
            tcp: &["192.0.2.1:8189".parse().unwrap()],
            is_lite: false,
            session: 8,
            ssrcs: [11, 12, 13],
        },
    )
}

const HIGH: Wish = Wish {
    h264: Some([0x64, 0x00, 0x28]),
    opus: true,
};

#[test]
fn browser_is_answered_with_the_real_profile_and_its_repair() {
    let answer = answered(&browser("recvonly", "recvonly"), &HIGH).unwrap();
    let video = answer.video.unwrap();
    assert_eq!((video.payload, video.ssrc), (112, 11));
    assert_eq!(video.repair, Some((113, 12)));
    assert_eq!(answer.audio.unwrap().payload, 111);
    assert!(!answer.is_active);
    let text = &answer.text;
    for line in [
        "a=group:BUNDLE 0 1",
        "m=video 9 UDP/TLS/RTP/SAVPF 112 113",
        "a=fmtp:112 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640028",
        "a=rtcp-fb:112 nack pli",
        "a=fmtp:113 apt=112",
        "a=ssrc-group:FID 11 12",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=setup:passive",
        "a=sendonly",
        "a=rtcp-mux",
        "a=candidate:u0 1 udp 2130706431 192.0.2.1 8189 typ host",
        "a=candidate:u1 1 udp 2130706175 2001:db8::1 8189 typ host",
        "a=end-of-candidates",
    ] {
        assert!(text.lines().any(|have| have == line), "{line} in\n{text}");
    }
    assert!(text.lines().all(|line| !line.contains(" 192.0.2.7 ")));
    assert!(text.split("\r\n").all(|line| !line.contains('\n')));
}

/// Abuse case D12: no data channel where none is wanted.
#[test]
fn sections_stay_in_order_and_unwanted_ones_are_switched_off() {
    let picture_alone = Wish {
        opus: false,
        ..HIGH
    };
    let answer = answered(&browser("recvonly", "recvonly"), &picture_alone).unwrap();
    assert!(answer.audio.is_none());
    let media: Vec<&str> = answer
        .text
        .lines()
        .filter(|line| line.starts_with("m="))
        .collect();
    assert_eq!(
        media,
        [
            "m=video 9 UDP/TLS/RTP/SAVPF 112 113",
            "m=audio 0 UDP/TLS/RTP/SAVPF 111"
        ]
    );
    assert!(answer.text.contains("a=group:BUNDLE 0\r\n"));
    let no_picture = answered(&browser("inactive", "recvonly"), &HIGH).unwrap();
    assert!(no_picture.video.is_none() && no_picture.audio.is_some());
    assert!(no_picture.text.contains("a=group:BUNDLE 1\r\n"));
}

#[test]
fn profile_that_the_client_lacks_is_sent_as_the_best_that_it_has() {
    let baseline = Wish {
        h264: Some([0x42, 0xc0, 0x1f]),
        opus: false,
    };
    let answer = answered(&browser("recvonly", "inactive"), &baseline).unwrap();
    assert_eq!(answer.video.unwrap().payload, 112);
    assert!(answer.text.contains("profile-level-id=64001f"));
    let plain = Wish {
        h264: Some([0x42, 0x00, 0x1e]),
        opus: false,
    };
    let answer = answered(&browser("recvonly", "inactive"), &plain).unwrap();
    assert_eq!(answer.video.unwrap().payload, 102);
    assert!(answer.text.contains("profile-level-id=42001e"));
}

#[test]
fn client_that_takes_nothing_of_the_stream_is_told() {
    let offer = browser("recvonly", "recvonly").replace("H264", "H265");
    assert!(matches!(
        answered(&offer, &HIGH),
        Err(Error::Unacceptable(_))
    ));
    let sender = browser("sendonly", "sendonly");
    assert!(matches!(
        answered(&sender, &HIGH),
        Err(Error::Unacceptable(_))
    ));
}

#[test]
fn passive_client_makes_the_server_begin() {
    let offer = browser("recvonly", "recvonly").replace("setup:actpass", "setup:passive");
    let parsed = Offer::parse(&offer).unwrap();
    assert_eq!(parsed.setup, Setup::Passive);
    let answer = answered(&offer, &HIGH).unwrap();
    assert!(answer.is_active && answer.text.contains("a=setup:active"));
}

/// Abuse case D3.
#[test]
fn what_is_no_offer_of_webrtc_is_refused_with_its_reason() {
    let good = browser("recvonly", "recvonly");
    let twice = format!("{good}{}", &good[good.find("m=video").unwrap()..]);
    for (offer, is_malformed) in [
        (String::new(), true),
        ("hello".into(), true),
        ("v=0\r\n".into(), true),
        (good.replace("a=ice-pwd", "a=x-pwd"), true),
        (
            good.replace("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
            true,
        ),
        (good.replace(":99\r\n", ":9\r\n"), true),
        (good.replace("a=mid:0", "a=mid:0 0"), true),
        (good.replace("a=mid:0\r\n", ""), true),
        (good.replace("a=ice-ufrag:Wd4M", "a=ice-ufrag:a b"), true),
        (good.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), false),
        (twice, false),
        (
            format!(
                "v=0\r\n{}",
                "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(100)
            ),
            false,
        ),
        (
            format!(
                "v=0\r\n{}",
                "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(10_000)
            ),
            true,
        ),
        (
            "v=0\r\n".to_owned() + &"a=candidate:x\r\n".repeat(4_000),
            true,
        ),
        ("v=0\r\n".to_owned() + &"a".repeat(BYTES_MAX), true),
    ] {
        let shown: String = offer.chars().take(60).collect();
        match Offer::parse(&offer) {
            Err(Error::Malformed(_)) => assert!(is_malformed, "{shown}"),
            Err(Error::Unacceptable(_)) => assert!(!is_malformed, "{shown}"),
            Ok(_) => panic!("taken: {shown}"),
        }
    }
}

#[test]
fn nothing_of_an_offer_can_add_a_line_to_the_answer() {
    // `lines` splits at any line break that an offer can hold, and a mid is a token.
    let offer = browser("recvonly", "recvonly").replace("a=mid:0", "a=mid:0\ra=evil");
    if let Ok(answer) = answered(&offer, &HIGH) {
        assert!(answer.text.split("\r\n").all(|line| !line.contains('\r')));
    }
}

#[test]
fn bundle_only_section_is_wanted_although_its_port_is_zero() {
    let offer = browser("recvonly", "recvonly").replace(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n",
        "m=audio 0 UDP/TLS/RTP/SAVPF 111 0\r\na=bundle-only\r\n",
    );
    assert!(
        Offer::parse(&offer)
            .unwrap()
            .section(MediaKind::Audio)
            .is_some()
    );
    let off = browser("recvonly", "recvonly").replace("m=audio 9", "m=audio 0");
    assert!(
        Offer::parse(&off)
            .unwrap()
            .section(MediaKind::Audio)
            .is_none()
    );
}

#[test]
fn fragment_names_credentials_or_none() {
    let trickled = Fragment::parse("a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n");
    assert!(trickled.unwrap().credentials.is_none());
    let restart = Fragment::parse("a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n");
    assert_eq!(restart.unwrap().credentials.unwrap().ufrag, "EsAw");
    assert!(Fragment::parse("a=ice-ufrag:a b\r\n").is_err());
}

#[test]
fn candidates_are_read_by_the_agent_as_they_are_written() {
    for (address, carrier) in [
        ("192.0.2.1:8189", Carrier::Udp),
        ("[2001:db8::1]:8189", Carrier::Udp),
        ("192.0.2.1:8189", Carrier::Tcp),
    ] {
        let address: SocketAddr = address.parse().unwrap();
        let read = is::Candidate::from_sdp_string(&candidate(address, 3, carrier)).unwrap();
        assert_eq!(read.addr(), address);
    }
    let first = candidate("192.0.2.1:1".parse().unwrap(), 0, Carrier::Udp);
    assert!(first.contains(" 2130706431 "), "RFC 8445, 5.1.2.1: {first}");
}

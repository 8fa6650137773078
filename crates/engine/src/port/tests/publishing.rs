//! The door of publishers by WebRTC, up to where a client would have to follow.

use std::net::UdpSocket;

use domain::{
    engine::Refusal,
    secret::Secret,
    session::{Answer, Change, Changed, Holder, NotChanged, NotPublished, Publish},
};

use super::*;

const OFFER: &str = "v=0\r\no=rtc 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=setup:actpass\r\na=ice-ufrag:Wd4M\r\na=ice-pwd:0123456789abcdefghijklmn\r\n\
a=fingerprint:sha-256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\n\
a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9));

impl Engine {
    fn with_sessions(rig: &Rig, take_over: bool) -> Self {
        let engine = engine(rig, take_over);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let settings = crate::WebrtcSettings::default();
        engine
            .embedded
            .listen_webrtc(socket, None, settings)
            .unwrap();
        engine
    }

    async fn offer_as(
        &self,
        key: Option<Secret>,
        sdp: &str,
        address: IpAddr,
    ) -> Result<Answer, NotPublished> {
        let publish = Publish {
            path: vec!["live".into()],
            key,
            sdp: sdp.into(),
            address,
        };
        self.embedded.publish(publish).await
    }

    async fn offer(&self, sdp: &str) -> Result<Answer, NotPublished> {
        self.offer_as(Some(self.key.clone()), sdp, ORIGIN.address)
            .await
    }

    fn refused(&self) -> Vec<Refusal> {
        self.embedded.refusals(Some(&self.admitted.slug))
    }
}

#[tokio::test]
async fn offer_is_answered_and_takes_no_stream_before_its_client_comes() {
    let rig = Rig::new();
    let engine = Engine::with_sessions(&rig, false);
    assert!(engine.embedded.capabilities().whip);
    let answer = engine.offer(OFFER).await.unwrap();
    assert!(answer.sdp.contains("a=recvonly") && answer.sdp.contains(" 127.0.0.1 "));
    assert_eq!((answer.session.len(), answer.etag.as_str()), (32, "ice-0"));
    assert!(engine.embedded.live(&engine.admitted.slug).is_none());
    assert!(engine.publish().is_ok(), "nobody is in the way");
    assert!(engine.refused().is_empty());
}

#[tokio::test]
async fn refusals_are_kept_where_the_owner_looks() {
    let rig = Rig::new();
    let engine = Engine::with_sessions(&rig, false);
    let wrong = Some(Secret::new("wrong"));
    let asked = [
        (None, OFFER.to_owned(), "no_key"),
        (wrong, OFFER.to_owned(), "unknown_key"),
        (
            Some(engine.key.clone()),
            "hello".to_owned(),
            "protocol_error",
        ),
        (
            Some(engine.key.clone()),
            OFFER.replace("H264", "AV1"),
            "unsupported_media",
        ),
    ];
    for (key, sdp, reason) in asked {
        let refused = engine.offer_as(key, &sdp, ORIGIN.address).await;
        assert!(refused.is_err(), "{reason}");
        let newest = engine.refused().remove(0);
        assert_eq!((newest.reason, newest.protocol), (reason, Protocol::Whip));
    }
    let publishing = engine.publish().unwrap();
    let second = engine.offer(OFFER).await;
    assert_eq!(second, Err(Refused::AlreadyLive.into()));
    assert_eq!(engine.refused()[0].reason, "already_live");
    drop(publishing);
    assert!(engine.offer(OFFER).await.is_ok());
}

#[tokio::test]
async fn offer_ends_nobodys_broadcast_also_where_take_over_is_allowed() {
    let rig = Rig::new();
    let engine = Engine::with_sessions(&rig, true);
    let publishing = engine.publish().unwrap();
    assert!(engine.offer(OFFER).await.is_ok());
    assert!(publishing.end().is_none());
}

#[tokio::test]
async fn sessions_that_wait_have_a_bound_by_address() {
    let rig = Rig::new();
    let engine = Engine::with_sessions(&rig, false);
    let mut taken = 0;
    while engine.offer(OFFER).await.is_ok() {
        taken += 1;
        assert!(taken <= 1000, "no bound");
    }
    assert_eq!(taken, 32);
    assert_eq!(
        engine.offer(OFFER).await,
        Err(Refused::TooManyPublishers.into())
    );
    let key = Some(engine.key.clone());
    assert!(engine.offer_as(key, OFFER, ELSEWHERE).await.is_ok());
}

#[tokio::test]
async fn session_is_changed_and_ended_by_who_holds_it() {
    let rig = Rig::new();
    let engine = Engine::with_sessions(&rig, false);
    let answer = engine.offer(OFFER).await.unwrap();
    let mine = Holder::Publisher(engine.key.hash());
    let other = Holder::Publisher(Secret::new("another").hash());
    let restart = "a=ice-ufrag:anew\r\na=ice-pwd:0123456789abcdefghijklmn\r\n";
    let change = |holder, fragment: &str, if_match: Option<&str>| {
        engine.embedded.change_session(Change {
            session: answer.session.clone(),
            holder,
            fragment: fragment.into(),
            if_match: if_match.map(str::to_owned),
        })
    };
    assert_eq!(change(other, "", None).await, Err(NotChanged::NotFound));
    assert_eq!(
        change(mine, "a=mid:0\r\n", None).await,
        Ok(Changed::Trickled)
    );
    assert_eq!(
        change(mine, restart, None).await,
        Err(NotChanged::Unconditional)
    );
    assert_eq!(
        change(mine, restart, Some("ice-7")).await,
        Err(NotChanged::Stale)
    );
    let Ok(Changed::Restarted { fragment, etag }) = change(mine, restart, Some("ice-0")).await
    else {
        panic!("not restarted");
    };
    assert_eq!(etag, "ice-1");
    assert!(fragment.contains("a=ice-ufrag:") && !answer.sdp.contains(&fragment));
    let end = |holder| engine.embedded.end_session(answer.session.clone(), holder);
    assert!(!end(other).await);
    assert!(end(mine).await);
    assert!(!end(mine).await);
}

//! The engine behind its port, over a catalogue with one stream and without a listener.

mod publishing;
mod watching;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use domain::{
    engine::{Chunk, Close, Engine as _, Fetch, Reply, Status},
    publish::{Admitted, Protocol, Refused},
    stream::Visibility,
};
use media::{Codec, Frame, Timestamp, Track, TrackId, aac};
use testkit::{FixedClock, Rig, Seeded};

use super::*;
use crate::{OpusInHls, Settings, Tuned, hub::Origin};

const ORIGIN: Origin = Origin {
    protocol: Protocol::Rtmp,
    address: IpAddr::V4(Ipv4Addr::LOCALHOST),
};

/// An engine over a catalogue with one stream, without a listener.
struct Engine {
    embedded: Embedded,
    admitted: Admitted,
    key: domain::secret::Secret,
    _folder: tempfile::TempDir,
}

fn engine(rig: &Rig, take_over: bool) -> Engine {
    engine_with(rig, take_over, OpusInHls::Aac)
}

fn engine_with(rig: &Rig, take_over: bool, opus_in_hls: OpusInHls) -> Engine {
    let folder = tempfile::tempdir().unwrap();
    let owner = rig.administrator("ada");
    let (stream, made) = rig.stream(&owner, "live", Visibility::Private);
    let settings = Settings {
        hls: hls::Settings::default(),
        opus_in_hls,
        rtmp: rtmp::Limits::default(),
        tuned: Tuned {
            grace: Duration::from_secs(30),
            take_over,
            publishers_per_address: 0,
        },
        send_timeout: Duration::from_secs(5),
        connections: 10,
        ring_bytes_max: 8 << 20,
        livestreams: folder.path().to_owned(),
    };
    let embedded = Embedded::new(
        settings,
        Arc::new(rig.catalogue.clone()),
        Arc::new(FixedClock::at(rig.now())),
        Arc::new(Seeded::new(1)),
    );
    let admitted = Admitted {
        stream: stream.id,
        slug: stream.slug,
        owner: stream.owner,
        credential: Credential::Key(made.key.id),
    };
    Engine {
        embedded,
        admitted,
        key: made.secret,
        _folder: folder,
    }
}

impl Engine {
    fn publish(&self) -> Result<crate::hub::Publishing, Refused> {
        self.embedded.hub.publish(self.admitted.clone(), ORIGIN)
    }

    /// Publishes so many seconds of sound at once.
    fn send(&self, publishing: &crate::hub::Publishing, seconds: i64) {
        let config = aac::Config::parse(Bytes::from_static(&[0x11, 0x90])).unwrap();
        publishing.track(Track {
            id: TrackId::AUDIO,
            codec: Codec::Aac(config),
        });
        for n in 0..seconds * 48_000 / 1024 {
            let at = Timestamp::new(n * 1024, 48_000);
            let frame = Frame {
                track: TrackId::AUDIO,
                dts: at,
                pts: at,
                key: true,
                data: Bytes::from_static(&[0x21; 200]),
            };
            publishing.frame(self.embedded.shared.mono(), frame);
        }
    }

    async fn index(&self) -> Reply {
        answer(self.embedded.index("live", "")).await
    }
}

/// The text of a playlist.
fn text_of(reply: &Reply) -> String {
    let slices = reply.body.chunks.iter().map(|chunk| match chunk {
        Chunk::Slice(slice) => std::str::from_utf8(slice).unwrap(),
        Chunk::Stored(_) => panic!("playlists are not stored"),
    });
    slices.collect()
}

async fn answer(fetch: Fetch) -> Reply {
    match fetch {
        Fetch::Ready(reply) => reply,
        Fetch::Wait(waiting) => waiting.await,
    }
}

#[tokio::test]
async fn publish_becomes_playable_and_is_told() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    assert_eq!(engine.index().await.status, Status::NotFound);
    let publishing = engine.publish().unwrap();
    engine.send(&publishing, 3);
    let index = engine.index().await;
    assert_eq!(index.status, Status::Ok);
    let text = text_of(&index);
    let media = text.lines().find(|line| !line.starts_with('#')).unwrap();
    let playlist = answer(engine.embedded.fetch("live", media, "")).await;
    assert_eq!(playlist.status, Status::Ok);
    let live = engine.embedded.live(&engine.admitted.slug).unwrap();
    assert!(live.playable && live.bytes_received > 0);
    assert_eq!(live.tracks.len(), 1);
}

#[tokio::test]
async fn opus_is_aac_in_hls_unless_it_is_wanted_as_it_is() {
    for (wish, codec) in [(OpusInHls::Aac, "mp4a.40.2"), (OpusInHls::Native, "opus")] {
        let rig = Rig::new();
        let engine = engine_with(&rig, false, wish);
        let publishing = engine.publish().unwrap();
        publishing.track(Track {
            id: TrackId::AUDIO,
            codec: Codec::Opus(media::opus::Config::new(2, 0)),
        });
        for n in 0..150 {
            let at = Timestamp::new(n * 960, 48_000);
            let frame = Frame {
                track: TrackId::AUDIO,
                dts: at,
                pts: at,
                key: true,
                // Silence: 20 ms, fullband, stereo (RFC 6716, 3.1).
                data: Bytes::from_static(&[0xfc, 0xff, 0xfe]),
            };
            publishing.frame(engine.embedded.shared.mono(), frame);
        }
        let index = text_of(&engine.index().await);
        assert!(index.contains(&format!("CODECS=\"{codec}\"")), "{index}");
        // What the publisher is told is what they send.
        let live = engine.embedded.live(&engine.admitted.slug).unwrap();
        assert_eq!(live.tracks[0].codec, "Opus");
    }
}

#[tokio::test]
async fn second_publisher_is_refused_or_takes_over_as_told() {
    let rig = Rig::new();
    let refusing = engine(&rig, false);
    let first = refusing.publish().unwrap();
    assert_eq!(refusing.publish().err(), Some(Refused::AlreadyLive));
    drop(first);
    assert!(refusing.publish().is_ok());

    let rig = Rig::new();
    let yielding = engine(&rig, true);
    let mut first = yielding.publish().unwrap();
    let second = yielding.publish().unwrap();
    assert_eq!(first.ended().await, EndReason::TakenOver);
    drop(first);
    // The first one's leaving does not count as the second one's.
    let live = yielding.embedded.live(&yielding.admitted.slug).unwrap();
    assert_eq!(live.state, State::Receiving);
    drop(second);
}

#[tokio::test]
async fn what_is_tuned_holds_for_broadcasts_that_run() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let (slug, embedded) = (&engine.admitted.slug, &engine.embedded);
    let tuned = |grace_s, take_over| Tuned {
        grace: Duration::from_secs(grace_s),
        take_over,
        publishers_per_address: 0,
    };
    let mut first = engine.publish().unwrap();
    embedded.tune(tuned(600, true));
    let second = engine.publish().unwrap();
    assert_eq!(first.ended().await, EndReason::TakenOver);
    embedded.tune(tuned(600, false));
    assert_eq!(engine.publish().err(), Some(Refused::AlreadyLive));
    drop(second);
    let left = rig.now();
    let until = |grace_s| left.plus(Duration::from_secs(grace_s));
    assert_eq!(
        embedded.live(slug).unwrap().state,
        State::Away { until: until(600) }
    );
    embedded.tune(tuned(300, false));
    assert_eq!(
        embedded.live(slug).unwrap().state,
        State::Away { until: until(300) }
    );
    embedded.tune(tuned(0, false));
    let ended = async {
        let mut seen = 0;
        while embedded.live(slug).is_some() {
            seen = embedded.changes(seen).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ended)
        .await
        .expect("its time is over, within a second");
}

#[tokio::test]
async fn revoked_key_ends_its_publisher_and_no_other() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let mut publishing = engine.publish().unwrap();
    let Credential::Key(key) = engine.admitted.credential else {
        panic!("published with a key")
    };
    let other = domain::stream::KeyId::from_number(key.number() ^ 1);
    engine.embedded.close(Close::Key(other), "other");
    engine
        .embedded
        .close(Close::Key(key), "This key was revoked.");
    assert_eq!(
        publishing.ended().await,
        EndReason::Closed("This key was revoked.".into())
    );
}

#[tokio::test]
async fn broadcast_that_its_owner_ends_is_over_at_once_and_stays_so() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let mut publishing = engine.publish().unwrap();
    engine.send(&publishing, 3);
    assert_eq!(engine.index().await.status, Status::Ok);
    let stream = engine.admitted.stream;
    let other = domain::stream::StreamId::from_number(stream.number() ^ 1);
    engine.embedded.close(Close::Publishers(other), "other");
    assert!(engine.embedded.live(&engine.admitted.slug).is_some());
    engine.embedded.close(Close::Publishers(stream), "Enough.");
    assert_eq!(
        publishing.ended().await,
        EndReason::Closed("Enough.".into())
    );
    drop(publishing);
    assert!(engine.embedded.live(&engine.admitted.slug).is_none());
    assert!(engine.embedded.last_ended(&engine.admitted.slug).is_some());
    // The encoder comes back by itself; somebody with another key may send.
    assert_eq!(engine.publish().err(), Some(Refused::Ended));
    let mut other = engine.admitted.clone();
    other.credential = Credential::Key(domain::stream::KeyId::from_number(7));
    assert!(engine.embedded.hub.publish(other, ORIGIN).is_ok());
}

#[tokio::test]
async fn broadcast_whose_sender_is_away_can_be_ended() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    drop(engine.publish().unwrap());
    assert!(engine.embedded.live(&engine.admitted.slug).is_some());
    let who = Close::Publishers(engine.admitted.stream);
    engine.embedded.close(who, "Enough.");
    assert!(engine.embedded.live(&engine.admitted.slug).is_none());
}

#[tokio::test]
async fn deleted_stream_leaves_no_media_under_its_name() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let publishing = engine.publish().unwrap();
    engine.send(&publishing, 3);
    let index = engine.index().await;
    let text = text_of(&index);
    let media = text
        .lines()
        .find(|line| !line.starts_with('#'))
        .unwrap()
        .to_owned();
    drop(publishing);
    let stream = engine.embedded.hub.find("live").unwrap();
    stream.end_broadcast(&EndReason::ShuttingDown);
    engine
        .embedded
        .close(Close::Stream(engine.admitted.stream), "deleted");
    assert_eq!(engine.index().await.status, Status::NotFound);
    let playlist = answer(engine.embedded.fetch("live", &media, "")).await;
    assert_ne!(playlist.status, Status::Ok);
    // The next stream of the name begins an epoch of its own.
    let next = engine.publish().unwrap();
    engine.send(&next, 3);
    let index = engine.index().await;
    let text = text_of(&index);
    assert!(!text.contains(&media), "{text}");
}

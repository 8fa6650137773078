//! The embedded engine behind the domain's port.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{
    BoxFuture,
    engine::{
        Capabilities, Close, Ended, Engine, Fetch, Health, Live, Refusal, Reply, Sample, State,
        Status, TrackFacts, TrackKind,
    },
    publish::Credential,
    session,
    slug::Slug,
};
use media::{Codec, Track};
use tokio::time::timeout;

use crate::{
    Embedded, delivery,
    hub::{EndReason, Phase, Stream},
};

/// How long an offer waits for a publisher that is there and has sent nothing yet.
const STARTS_WITHIN: Duration = Duration::from_secs(3);

/// How often it is looked at meanwhile, beside when something changes.
const STARTING_LOOK: Duration = Duration::from_millis(100);

impl Engine for Embedded {
    fn streams(&self) -> Vec<Live> {
        self.hub.all().iter().filter_map(live).collect()
    }

    fn live(&self, slug: &Slug) -> Option<Live> {
        self.hub
            .find(slug.as_str())
            .and_then(|stream| live(&stream))
    }

    fn last_ended(&self, slug: &Slug) -> Option<Ended> {
        self.hub
            .find(slug.as_str())
            .and_then(|stream| stream.last_ended())
    }

    fn history(&self, slug: &Slug) -> Vec<Sample> {
        let stream = self.hub.find(slug.as_str());
        stream.map_or_else(Vec::new, |stream| stream.history())
    }

    fn poster(&self, slug: &Slug) -> Option<Reply> {
        self.hub.find(slug.as_str())?.poster()
    }

    fn changes(&self, seen: u64) -> BoxFuture<'static, u64> {
        self.shared.changes.other_than(seen)
    }

    fn fetch(&self, slug: &str, piece: &str, query: &str) -> Fetch {
        match self.hub.find(slug) {
            Some(stream) => delivery::fetch(stream, piece, query),
            None => Fetch::Ready(Reply {
                max_age_s: 1,
                ..Reply::refused(Status::NotFound, "there is no such piece")
            }),
        }
    }

    fn index(&self, slug: &str, prefix: &str) -> Fetch {
        match self.hub.find(slug) {
            Some(stream) => delivery::index(stream, prefix),
            None => Fetch::Ready(delivery::not_live()),
        }
    }

    fn watch(
        &self,
        offer: session::Offer,
    ) -> BoxFuture<'static, Result<session::Answer, session::Refused>> {
        let sessions = self.sessions.get().cloned();
        let (hub, shared) = (self.hub.clone(), self.shared.clone());
        Box::pin(async move {
            let sessions = sessions.ok_or(session::Refused::Off)?;
            let begins = async {
                let mut seen = 0;
                // As the index does: who comes with the publisher's first bytes is not sent away.
                while hub
                    .find(offer.slug.as_str())
                    .is_some_and(|on| on.is_starting())
                {
                    let change = shared.changes.other_than(seen);
                    seen = timeout(STARTING_LOOK, change).await.unwrap_or(seen);
                }
            };
            let _ = timeout(STARTS_WITHIN, begins).await;
            sessions.watch(offer).await
        })
    }

    fn publish(
        &self,
        publish: session::Publish,
    ) -> BoxFuture<'static, Result<session::Answer, session::NotPublished>> {
        let sessions = self.sessions.get().cloned();
        Box::pin(async move {
            match sessions {
                Some(sessions) => sessions.publish(publish).await,
                None => Err(session::NotPublished::Off),
            }
        })
    }

    fn reach(
        &self,
        reach: session::Reach,
    ) -> BoxFuture<'static, Result<session::Answer, session::Refused>> {
        let sessions = self.sessions.get().cloned();
        Box::pin(async move {
            match sessions {
                Some(sessions) => sessions.reach(reach).await,
                None => Err(session::Refused::Off),
            }
        })
    }

    fn change_session(
        &self,
        change: session::Change,
    ) -> BoxFuture<'static, Result<session::Changed, session::NotChanged>> {
        let sessions = self.sessions.get().cloned();
        Box::pin(async move {
            match sessions {
                Some(sessions) => sessions.change(change).await,
                None => Err(session::NotChanged::NotFound),
            }
        })
    }

    fn end_session(&self, session: String, holder: session::Holder) -> BoxFuture<'static, bool> {
        let sessions = self.sessions.get().cloned();
        Box::pin(async move {
            match sessions {
                Some(sessions) => sessions.end(session, holder).await,
                None => false,
            }
        })
    }

    fn close(&self, who: Close, why: &str) {
        let all = self.hub.all();
        match who {
            Close::Key(key) => all
                .iter()
                .for_each(|s| s.cut(why, Stream::came_with(Credential::Key(key)))),
            Close::ApiKey(key) => all
                .iter()
                .for_each(|s| s.cut(why, Stream::came_with(Credential::ApiKey(key)))),
            Close::Publishers(stream) => all.iter().for_each(|s| s.end_by_owner(stream, why)),
            Close::PublishersOf(user) => all
                .iter()
                .for_each(|s| s.cut(why, |a| a.owner == Some(user))),
            // A viewer's next request meets a void grant; there is no connection of theirs to cut by stream.
            Close::Viewers(_) => {}
            Close::Stream(id) => {
                self.shared.refusals.forget(id);
                for stream in all.iter().filter(|stream| stream.is(id)) {
                    stream.end_broadcast(&EndReason::Closed(why.to_owned()));
                    self.hub.forget(stream);
                }
            }
        }
    }

    fn refusals(&self, slug: Option<&Slug>) -> Vec<Refusal> {
        let Some(slug) = slug else {
            return self.shared.refusals.list(None);
        };
        let stream = self.shared.gatekeeper.stream_named(slug);
        stream.map_or_else(Vec::new, |stream| self.shared.refusals.list(Some(stream)))
    }

    fn health(&self) -> Health {
        if self.shared.saver.is_stuck() {
            return Health::Failing(
                "the state of live streams cannot be written to the data directory".into(),
            );
        }
        Health::Ok
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            kind: "embedded",
            version: env!("CARGO_PKG_VERSION").to_owned(),
            whip: self.sessions.get().is_some(),
            whep: self.sessions.get().is_some(),
            records: false,
        }
    }
}

impl Embedded {
    /// Whether publishers can come by RTMP.
    pub fn takes_rtmp(&self) -> bool {
        self.shared.listening.load(Ordering::Relaxed)
    }
}

fn live(stream: &Arc<Stream>) -> Option<Live> {
    let snapshot = stream.snapshot()?;
    let state = match snapshot.phase {
        Phase::Away { since_wall, .. } => State::Away {
            until: since_wall.plus(stream.shared().tuned().grace),
        },
        Phase::Receiving | Phase::Off => State::Receiving,
    };
    Some(Live {
        stream: snapshot.admitted.stream,
        slug: snapshot.admitted.slug,
        since: snapshot.since,
        state,
        protocol: snapshot.origin.protocol,
        publisher: snapshot.origin.address,
        credential: snapshot.admitted.credential,
        playable: stream.is_playable(),
        tracks: snapshot.tracks.iter().map(facts).collect(),
        bit_rate: snapshot.reading.bit_rate,
        frame_rate: snapshot.reading.frame_rate,
        key_frame_interval_s: snapshot.reading.key_frame_interval_s,
        viewers: snapshot.viewers,
        bytes_received: snapshot.reading.bytes,
        warnings: snapshot.warnings,
    })
}

fn facts(track: &Track) -> TrackFacts {
    match &track.codec {
        Codec::H264(config) => TrackFacts {
            kind: TrackKind::Video,
            codec: "H.264".into(),
            profile: Some(config.profile_name().to_owned()),
            width: Some(config.width()),
            height: Some(config.height()),
            frame_rate: config
                .frame_rate()
                .map(|(num, den)| f64::from(num) / f64::from(den.max(1))),
            sample_rate: None,
            channels: None,
        },
        // No door of the engine takes these; stored media has them.
        Codec::H265(_) | Codec::Av1(_) => TrackFacts {
            kind: TrackKind::Video,
            codec: track.codec.name().into(),
            profile: None,
            width: track.codec.size().map(|(width, _)| width),
            height: track.codec.size().map(|(_, height)| height),
            frame_rate: None,
            sample_rate: None,
            channels: None,
        },
        Codec::Aac(config) => TrackFacts {
            kind: TrackKind::Audio,
            codec: "AAC".into(),
            profile: None,
            width: None,
            height: None,
            frame_rate: None,
            sample_rate: Some(config.sample_rate()),
            channels: Some(u32::from(config.channels())),
        },
        Codec::Opus(config) => TrackFacts {
            kind: TrackKind::Audio,
            codec: "Opus".into(),
            profile: None,
            width: None,
            height: None,
            frame_rate: None,
            sample_rate: Some(media::opus::RATE),
            channels: Some(u32::from(config.channels())),
        },
    }
}

#[cfg(test)]
mod tests {
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
}

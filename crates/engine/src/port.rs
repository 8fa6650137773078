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
mod tests;

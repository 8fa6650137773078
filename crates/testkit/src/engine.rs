//! An engine that has what a test gave it, and remembers what it was asked.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use bytes::Bytes;
use domain::BoxFuture;
use domain::clock::Time;
use domain::engine::{
    Body, Capabilities, Close, Ended, Engine, Fetch, Health, Live, Refusal, Reply, Sample, State,
    Status, TrackFacts, TrackKind, Viewers,
};
use domain::publish::{Credential, Protocol};
use domain::session;
use domain::slug::Slug;
use domain::stream::{KeyId, Stream};

/// An engine that has what a test gave it, and remembers what it was asked.
#[derive(Debug, Default)]
pub struct FakeEngine(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    live: BTreeMap<Slug, Live>,
    ended: HashMap<Slug, Ended>,
    pieces: HashMap<(String, String), Reply>,
    asked: Vec<(String, String, String)>,
    closed: Vec<(Close, String)>,
    refusals: Vec<Refusal>,
    failing: Option<String>,
    history: HashMap<Slug, Vec<Sample>>,
    posters: HashMap<Slug, Reply>,
    /// Sessions of WebRTC by name: whose, and how often restarted.
    sessions: HashMap<String, (session::Holder, u32)>,
    /// What publishers are told, where it is not yes.
    not_published: Option<session::NotPublished>,
    /// Paths and addresses of offers to publish.
    published: Vec<(Vec<String>, IpAddr)>,
    /// Changes so far; each call that changes something raises it.
    changes: Changes,
}

/// A count that wakes whoever waits for it; without a runtime.
#[derive(Debug, Default)]
struct Changes {
    count: u64,
    waiting: Vec<Waker>,
}

impl Changes {
    fn raise(&mut self) {
        self.count += 1;
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

impl FakeEngine {
    /// A broadcast begins: H.264 and AAC, 720p30, 2.6 Mb/s.
    pub fn go_live(&self, stream: &Stream, since: Time) {
        self.set_live(live(stream, since));
    }

    /// Replaces what is known of a broadcast.
    pub fn set_live(&self, live: Live) {
        let mut kept = self.kept();
        kept.live.insert(live.slug.clone(), live);
        kept.changes.raise();
    }

    /// Replaces what the broadcast on this stream was like.
    pub fn set_history(&self, slug: &Slug, samples: Vec<Sample>) {
        self.kept().history.insert(slug.clone(), samples);
    }

    /// Has this picture of the broadcast on this stream.
    pub fn set_poster(&self, slug: &Slug, poster: Reply) {
        self.kept().posters.insert(slug.clone(), poster);
    }

    /// The broadcast on this stream ends.
    pub fn end(&self, slug: &Slug, until: Time) {
        let mut kept = self.kept();
        if let Some(live) = kept.live.remove(slug) {
            kept.ended.insert(
                slug.clone(),
                Ended {
                    since: live.since,
                    until,
                },
            );
            kept.history.remove(slug);
            kept.posters.remove(slug);
            kept.changes.raise();
        }
    }

    /// Has this piece from now on.
    pub fn put(&self, slug: &str, piece: &str, reply: Reply) {
        self.kept()
            .pieces
            .insert((slug.to_owned(), piece.to_owned()), reply);
    }

    /// Every `fetch`: slug, piece, query.
    #[must_use]
    pub fn asked(&self) -> Vec<(String, String, String)> {
        self.kept().asked.clone()
    }

    /// Every `close`, with its reason.
    #[must_use]
    pub fn closed(&self) -> Vec<(Close, String)> {
        self.kept().closed.clone()
    }

    /// Has refused this attempt.
    pub fn refuse(&self, refusal: Refusal) {
        let mut kept = self.kept();
        kept.refusals.insert(0, refusal);
        kept.changes.raise();
    }

    /// Refuses publishers by WebRTC from now on, or takes them again.
    pub fn refuse_publishers(&self, why: Option<session::NotPublished>) {
        self.kept().not_published = why;
    }

    /// Every offer to publish: what its address named, and from where it came.
    #[must_use]
    pub fn published(&self) -> Vec<(Vec<String>, IpAddr)> {
        self.kept().published.clone()
    }

    /// Cannot serve from now on, or can again.
    pub fn set_failing(&self, why: Option<&str>) {
        self.kept().failing = why.map(str::to_owned);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn live(stream: &Stream, since: Time) -> Live {
    let video = TrackFacts {
        kind: TrackKind::Video,
        codec: "H.264".to_owned(),
        profile: Some("High".to_owned()),
        width: Some(1280),
        height: Some(720),
        frame_rate: Some(30.0),
        sample_rate: None,
        channels: None,
    };
    let audio = TrackFacts {
        kind: TrackKind::Audio,
        codec: "AAC".to_owned(),
        profile: Some("LC".to_owned()),
        width: None,
        height: None,
        frame_rate: None,
        sample_rate: Some(48_000),
        channels: Some(2),
    };
    Live {
        stream: stream.id,
        slug: stream.slug.clone(),
        since,
        state: State::Receiving,
        protocol: Protocol::Rtmp,
        publisher: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        credential: Credential::Key(KeyId::from_number(1)),
        playable: true,
        tracks: vec![video, audio],
        bit_rate: 2_600_000,
        frame_rate: Some(30.0),
        key_frame_interval_s: Some(2.0),
        viewers: Viewers { hls: 3, webrtc: 0 },
        bytes_received: 1_000_000,
        warnings: Vec::new(),
    }
}

impl Engine for FakeEngine {
    fn streams(&self) -> Vec<Live> {
        self.kept().live.values().cloned().collect()
    }

    fn live(&self, slug: &Slug) -> Option<Live> {
        self.kept().live.get(slug).cloned()
    }

    fn last_ended(&self, slug: &Slug) -> Option<Ended> {
        self.kept().ended.get(slug).copied()
    }

    fn history(&self, slug: &Slug) -> Vec<Sample> {
        self.kept().history.get(slug).cloned().unwrap_or_default()
    }

    fn poster(&self, slug: &Slug) -> Option<Reply> {
        self.kept().posters.get(slug).cloned()
    }

    /// Any offer is answered while the stream is live.
    fn watch(
        &self,
        offer: session::Offer,
    ) -> BoxFuture<'static, Result<session::Answer, session::Refused>> {
        let mut kept = self.kept();
        let answer = if kept.live.contains_key(&offer.slug) {
            let session = format!("session-{}", kept.sessions.len());
            let holder = session::Holder::Viewer(offer.granted);
            kept.sessions.insert(session.clone(), (holder, 0));
            Ok(session::Answer {
                sdp: "v=0\r\n".to_owned(),
                session,
                etag: "ice-0".to_owned(),
            })
        } else {
            Err(session::Refused::NotLive)
        };
        Box::pin(std::future::ready(answer))
    }

    /// Any key is taken until a test says otherwise.
    fn publish(
        &self,
        publish: session::Publish,
    ) -> BoxFuture<'static, Result<session::Answer, session::NotPublished>> {
        let mut kept = self.kept();
        kept.published.push((publish.path, publish.address));
        let answer = match (kept.not_published.clone(), publish.key) {
            (Some(why), _) => Err(why),
            (None, None) => Err(domain::publish::Refused::NoKey.into()),
            (None, Some(key)) => {
                let session = format!("session-{}", kept.sessions.len());
                let holder = session::Holder::Publisher(key.hash());
                kept.sessions.insert(session.clone(), (holder, 0));
                Ok(session::Answer {
                    sdp: "v=0\r\n".to_owned(),
                    session,
                    etag: "ice-0".to_owned(),
                })
            }
        };
        Box::pin(std::future::ready(answer))
    }

    /// The fragment `restart` restarts.
    fn change_session(
        &self,
        change: session::Change,
    ) -> BoxFuture<'static, Result<session::Changed, session::NotChanged>> {
        let mut kept = self.kept();
        let known = kept.sessions.get_mut(&change.session);
        let answer = match known.filter(|(holder, _)| *holder == change.holder) {
            None => Err(session::NotChanged::NotFound),
            Some(_) if change.fragment != "restart" => Ok(session::Changed::Trickled),
            Some((_, restarts)) => match change.if_match.as_deref() {
                None => Err(session::NotChanged::Unconditional),
                Some(etag) if etag != "*" && etag != format!("ice-{restarts}") => {
                    Err(session::NotChanged::Stale)
                }
                Some(_) => {
                    *restarts += 1;
                    Ok(session::Changed::Restarted {
                        fragment: "a=ice-ufrag:new1\r\n".to_owned(),
                        etag: format!("ice-{restarts}"),
                    })
                }
            },
        };
        Box::pin(std::future::ready(answer))
    }

    fn end_session(&self, session: String, holder: session::Holder) -> BoxFuture<'static, bool> {
        let mut kept = self.kept();
        let is_theirs = kept
            .sessions
            .get(&session)
            .is_some_and(|(theirs, _)| *theirs == holder);
        if is_theirs {
            kept.sessions.remove(&session);
        }
        Box::pin(std::future::ready(is_theirs))
    }

    fn changes(&self, seen: u64) -> BoxFuture<'static, u64> {
        let kept = self.0.clone();
        Box::pin(std::future::poll_fn(move |context| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.changes.count != seen {
                return Poll::Ready(kept.changes.count);
            }
            let waiting = &mut kept.changes.waiting;
            waiting.retain(|known| !known.will_wake(context.waker()));
            waiting.push(context.waker().clone());
            Poll::Pending
        }))
    }

    fn fetch(&self, slug: &str, piece: &str, query: &str) -> Fetch {
        let mut kept = self.kept();
        kept.asked
            .push((slug.to_owned(), piece.to_owned(), query.to_owned()));
        let found = kept
            .pieces
            .get(&(slug.to_owned(), piece.to_owned()))
            .cloned();
        Fetch::Ready(found.unwrap_or_else(|| Reply::refused(Status::NotFound, "no such piece")))
    }

    fn index(&self, slug: &str, prefix: &str) -> Fetch {
        if !self.kept().live.contains_key(slug) {
            return Fetch::Ready(Reply::refused(Status::NotFound, "not live"));
        }
        let text = format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=2600000\n{prefix}1/media.m3u8\n");
        Fetch::Ready(Reply {
            status: Status::Ok,
            media_type: "application/vnd.apple.mpegurl",
            body: Body::from(Bytes::from(text)),
            gzip: None,
            max_age_s: 0,
            immutable: false,
            retry_after_s: None,
            reason: None,
            version: None,
        })
    }

    fn close(&self, who: Close, why: &str) {
        self.kept().closed.push((who, why.to_owned()));
    }

    fn refusals(&self, slug: Option<&Slug>) -> Vec<Refusal> {
        let kept = self.kept();
        kept.refusals
            .iter()
            .filter(|refusal| slug.is_none() || refusal.slug.as_ref() == slug)
            .cloned()
            .collect()
    }

    fn health(&self) -> Health {
        self.kept()
            .failing
            .clone()
            .map_or(Health::Ok, Health::Failing)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            kind: "embedded",
            version: "0.0.0".to_owned(),
            whip: true,
            whep: false,
            records: false,
        }
    }
}

//! What a page is told of a broadcast: changes, history, the picture, refusals.

use std::{path::Path, time::Duration};

use domain::{
    engine::{Live, Severity},
    slug::Slug,
};
use media::{fmp4, h264};
use tokio::time::timeout;

use super::*;
use crate::{hub::Publishing, refusals::Refusee};

/// Far longer than any of this takes; only a wake-up that never comes reaches it.
const NEVER: Duration = Duration::from_secs(20);

/// Sleeps until something changed, and looks again, as a page does.
struct Page<'a> {
    engine: &'a Engine,
    seen: u64,
}

impl Page<'_> {
    async fn open(engine: &Engine) -> Page<'_> {
        let seen = engine.embedded.changes(0).await;
        Page { engine, seen }
    }

    /// Woken as often as it takes until this is so; looks only when it was woken.
    async fn until(&mut self, what: &str, is_so: impl Fn(Option<Live>) -> bool) {
        loop {
            let changed = timeout(NEVER, self.engine.embedded.changes(self.seen)).await;
            self.seen = changed.unwrap_or_else(|_| panic!("nobody told that {what}"));
            if is_so(self.engine.embedded.live(&self.engine.admitted.slug)) {
                return;
            }
        }
    }
}

impl Engine {
    fn stream(&self) -> Arc<Stream> {
        self.embedded.hub.find("live").unwrap()
    }

    fn refuse(&self, who: Option<&Admitted>, why: &Refused) {
        let who = Refusee {
            protocol: Protocol::Rtmp,
            address: ORIGIN.address,
            stream: who.map(|admitted| (admitted.stream, admitted.slug.clone())),
        };
        self.embedded.shared.refuse(who, why);
    }
}

/// Configuration and key frame of the test signal, 640 by 360.
fn picture() -> (Track, Frame) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/assets/test-signal.flv");
    let file = std::fs::read(path).unwrap();
    let (mut config, mut at) = (None, 13);
    loop {
        let header = &file[at..at + 11];
        let bytes =
            usize::from(header[1]) << 16 | usize::from(header[2]) << 8 | usize::from(header[3]);
        let body = &file[at + 11..at + 11 + bytes];
        at += 11 + bytes + 4;
        match (header[0], body) {
            (9, [0x17, 0, _, _, _, record @ ..]) => {
                config = Some(h264::Config::parse(Bytes::copy_from_slice(record)).unwrap());
            }
            (9, [0x17, 1, _, _, _, data @ ..]) => {
                let track = Track {
                    id: TrackId::VIDEO,
                    codec: Codec::H264(config.unwrap()),
                };
                return (track, frame(0, Bytes::copy_from_slice(data)));
            }
            _ => {}
        }
    }
}

fn frame(ms: i64, data: Bytes) -> Frame {
    Frame {
        track: TrackId::VIDEO,
        dts: Timestamp::from_ms(ms),
        pts: Timestamp::from_ms(ms),
        key: true,
        data,
    }
}

/// Pictures without sound over these seconds of the engine's clock.
fn pictures(publishing: &Publishing, seconds: std::ops::Range<i64>) {
    let (track, key) = picture();
    publishing.track(track);
    for n in seconds.start * 10..seconds.end * 10 {
        let now = Duration::from_millis(u64::try_from(n * 100).unwrap());
        publishing.frame(now, frame(n * 100, key.data.clone()));
    }
}

#[tokio::test]
async fn every_kind_of_change_wakes_whoever_watches() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let mut page = Page::open(&engine).await;

    let publishing = engine.publish().unwrap();
    page.until("a broadcast began", |live| live.is_some()).await;
    engine.send(&publishing, 3);
    page.until("its tracks are known", |live| {
        live.unwrap().tracks.len() == 1
    })
    .await;
    if !engine
        .embedded
        .live(&engine.admitted.slug)
        .unwrap()
        .playable
    {
        page.until("it became playable", |live| live.unwrap().playable)
            .await;
    }
    drop(publishing);
    page.until("its publisher left", |live| {
        matches!(live.unwrap().state, State::Away { .. })
    })
    .await;
    let publishing = engine.publish().unwrap();
    page.until("it returned", |live| {
        live.unwrap().state == State::Receiving
    })
    .await;
    pictures(&publishing, 100..106);
    engine.stream().look(Duration::from_secs(106));
    page.until("its sound is missed", |live| {
        live.unwrap().warnings.iter().any(|w| w.code == "no_sound")
    })
    .await;
    engine.stream().end_broadcast(&EndReason::ShuttingDown);
    page.until("it ended", |live| live.is_none()).await;

    engine.refuse(Some(&engine.admitted), &Refused::AlreadyLive);
    page.until("an attempt was refused", |_| {
        engine.embedded.refusals(Some(&engine.admitted.slug)).len() == 1
    })
    .await;
}

/// Sound over these seconds of the engine's clock.
fn sound(engine: &Engine, publishing: &Publishing, seconds: std::ops::Range<u64>) {
    for second in seconds {
        for n in 0..40 {
            let now = Duration::from_millis(second * 1000 + n * 25);
            let at = Timestamp::from_ms(i64::try_from(now.as_millis()).unwrap());
            publishing.frame(
                now,
                Frame {
                    track: TrackId::AUDIO,
                    dts: at,
                    pts: at,
                    key: true,
                    data: Bytes::from_static(&[0x55; 200]),
                },
            );
        }
        engine.stream().look(Duration::from_secs(second + 1));
    }
}

#[tokio::test]
async fn nothing_wakes_a_page_while_only_figures_move() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let publishing = engine.publish().unwrap();
    let config = aac::Config::parse(Bytes::from_static(&[0x11, 0x90])).unwrap();
    publishing.track(Track {
        id: TrackId::AUDIO,
        codec: Codec::Aac(config),
    });
    let mut page = Page::open(&engine).await;
    sound(&engine, &publishing, 100..104);
    page.until("it became playable", |live| live.unwrap().playable)
        .await;
    page.seen = engine.embedded.changes(0).await;
    sound(&engine, &publishing, 104..134);
    let woken = ready(engine.embedded.changes(page.seen));
    assert_eq!(woken, None, "thirty seconds of figures");
    assert!(engine.embedded.history(&engine.admitted.slug).len() >= 30);
}

/// What a future answers if it is ready now.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn flood_of_refusals_is_told_to_its_end_and_seldom() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let mut page = Page::open(&engine).await;
    let before = page.seen;
    for _ in 0..10_000 {
        engine.refuse(None, &Refused::NoKey);
    }
    let all = || engine.embedded.refusals(None)[0].times;
    page.until("the whole flood", |_| all() == 10_000).await;
    // The last of them were not told at once; the beat tells them.
    page.until("its last ones", |_| true).await;
    assert!(page.seen - before < 100, "{}", page.seen - before);
    assert_eq!(engine.embedded.refusals(Some(&engine.admitted.slug)), []);
}

#[tokio::test]
async fn refusals_of_a_deleted_stream_are_gone() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    engine.refuse(Some(&engine.admitted), &Refused::UnknownKey);
    assert_eq!(engine.embedded.refusals(None).len(), 1);
    engine
        .embedded
        .close(Close::Stream(engine.admitted.stream), "deleted");
    assert_eq!(engine.embedded.refusals(None), []);
    assert_eq!(
        engine
            .embedded
            .refusals(Some(&Slug::parse("other").unwrap())),
        []
    );
}

#[tokio::test]
async fn broadcast_is_told_with_its_publisher_and_remembered_while_it_is_away() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let slug = &engine.admitted.slug;
    assert_eq!(engine.embedded.history(slug), []);
    let publishing = engine.publish().unwrap();
    let live = engine.embedded.live(slug).unwrap();
    assert_eq!(live.publisher, ORIGIN.address);
    assert_eq!(live.credential, engine.admitted.credential);
    pictures(&publishing, 100..106);
    for second in 101..=106 {
        engine.stream().look(Duration::from_secs(second));
    }
    let warnings = engine.embedded.live(slug).unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].severity, Severity::Warning);
    drop(publishing);
    assert_eq!(engine.embedded.live(slug).unwrap().warnings, []);
    engine.stream().look(Duration::from_secs(112));
    let history = engine.embedded.history(slug);
    assert!(history.len() >= 7, "{history:?}");
    let last = history.last().unwrap();
    assert_eq!((last.bit_rate, last.frame_rate), (0, None));
    let first = history.first().unwrap();
    assert!(
        first.bit_rate > 0 && first.frame_rate == Some(10.0),
        "{first:?}"
    );
    engine.stream().end_broadcast(&EndReason::ShuttingDown);
    assert_eq!(engine.embedded.history(slug), []);
}

#[tokio::test]
async fn poster_is_the_last_key_frame_as_a_file_of_one_picture() {
    let rig = Rig::new();
    let engine = engine(&rig, false);
    let slug = &engine.admitted.slug;
    assert!(engine.embedded.poster(slug).is_none());
    let publishing = engine.publish().unwrap();
    engine.send(&publishing, 1);
    assert!(
        engine.embedded.poster(slug).is_none(),
        "sound is no picture"
    );
    let (track, key) = picture();
    publishing.track(track);
    publishing.frame(
        Duration::ZERO,
        frame(40, Bytes::from_static(&[0, 0, 0, 1, 0x65])),
    );
    publishing.frame(Duration::ZERO, frame(80, key.data.clone()));
    let reply = engine.embedded.poster(slug).unwrap();
    assert_eq!(
        (reply.status, reply.media_type, reply.max_age_s),
        (Status::Ok, "video/mp4", 5)
    );
    let file: Vec<u8> = reply
        .body
        .chunks
        .iter()
        .flat_map(|chunk| match chunk {
            Chunk::Slice(slice) => slice.to_vec(),
            Chunk::Stored(_) => panic!("a poster is not stored"),
        })
        .collect();
    assert_eq!(u64::try_from(file.len()).unwrap(), reply.body.len);
    let init = fmp4::read::init(&file).unwrap();
    assert_eq!(init.tracks.len(), 1);
    assert_eq!(init.tracks[0].size, (640, 360));
    let fragments = fmp4::read::fragments(&file, &init).unwrap();
    let samples: Vec<_> = fragments
        .iter()
        .flat_map(|f| &f.tracks)
        .flat_map(|t| &t.samples)
        .collect();
    assert_eq!(samples.len(), 1);
    assert!(file.ends_with(&key.data));
    engine.stream().end_broadcast(&EndReason::ShuttingDown);
    assert!(engine.embedded.poster(slug).is_none());
}

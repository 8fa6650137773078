//! A viewer that checks every rule of the specification follows streams of the packager.

use std::time::Duration;

use bytes::Bytes;
use hls::check::{Ask, Checker, Finding, Limits, Observation, Plan};
use hls::{Answer, Kind};
use media::Frame;

use crate::rig::{Rig, Source};

/// Between the server and the viewer.
const LATENCY: Duration = Duration::from_millis(2);

/// How often a viewer is looked after while nothing happens.
const GLANCE: Duration = Duration::from_millis(20);

/// What the publisher does next.
enum Act {
    Send(Frame),
    Leave,
    Return,
    End,
}

/// A publisher's acts in time, since the stream began.
struct Script {
    source: Source,
    acts: std::iter::Peekable<std::vec::IntoIter<(Duration, Act)>>,
}

impl Script {
    /// Sends for each of `stretches` (from, until, ms of real time), and leaves in between.
    fn new(source: Source, stretches: &[(i64, i64)], end: bool) -> Self {
        let mut acts = Vec::new();
        for (place, &(from, until)) in stretches.iter().enumerate() {
            let at = |ms: i64| Duration::from_millis(ms as u64);
            if place > 0 {
                acts.push((at(from), Act::Return));
            }
            let frames = source.frames(from, until - from);
            acts.extend(frames.into_iter().map(|f| {
                (
                    Duration::from_micros(f.dts.as_micros() as u64),
                    Act::Send(f),
                )
            }));
            if place + 1 < stretches.len() {
                acts.push((at(until), Act::Leave));
            } else if end {
                acts.push((at(until), Act::End));
            }
        }
        Self {
            source,
            acts: acts.into_iter().peekable(),
        }
    }

    /// Lets time pass to the next act, but not long, and does it if it is due; `false` where there is none.
    fn advance(&mut self, rig: &mut Rig, begun: Duration) -> bool {
        let Some((at, _)) = self.acts.peek() else {
            return false;
        };
        let left = (begun + *at).saturating_sub(rig.now.mono);
        rig.pass(left.min(GLANCE));
        if left > GLANCE {
            return true;
        }
        let Some((_, act)) = self.acts.next() else {
            return false;
        };
        match act {
            Act::Send(frame) => rig.push(frame),
            Act::Leave => rig.interrupt(),
            Act::Return => rig.start(&self.source.tracks()),
            Act::End => rig.end(),
        }
        true
    }
}

/// The answer as HTTP would carry it: status, MIME type, lifetime, body, packed body.
fn http(
    rig: &Rig,
    url: &str,
    since: Duration,
) -> Option<(u16, &'static str, u32, Bytes, Option<Bytes>)> {
    let path = url.strip_prefix("https://h/").expect("one host");
    let (name, query) = path.split_once('?').unwrap_or((path, ""));
    if name == "index.m3u8" {
        return rig
            .window
            .multivariant("")
            .map(|text| (200, "application/vnd.apple.mpegurl", 1, text, None));
    }
    let refuse = |status, max_age_s| {
        Some((
            status,
            "text/plain",
            max_age_s,
            Bytes::from_static(b"no"),
            None,
        ))
    };
    match rig.ask_since(name, query, since) {
        Answer::Ready(reply) => {
            let kind = match reply.kind {
                Kind::Playlist { .. } => "application/vnd.apple.mpegurl",
                Kind::Init | Kind::Segment | Kind::Part => "video/mp4",
            };
            Some((
                200,
                kind,
                reply.max_age_s,
                reply.body.to_vec().into(),
                reply.gzip,
            ))
        }
        Answer::Wait { .. } => None,
        Answer::NotFound { max_age_s } => refuse(404, max_age_s),
        Answer::Gone { max_age_s } => refuse(410, max_age_s),
        Answer::BadRequest { max_age_s, .. } => refuse(400, max_age_s),
        Answer::Unavailable { max_age_s } => refuse(503, max_age_s),
    }
}

fn observe(rig: &Rig, ask: &Ask, since: Duration, begun: Duration) -> Option<Observation> {
    let (status, kind, max_age_s, body, gzip) = http(rig, &ask.url, since)?;
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![
        header("Content-Type", kind),
        header("Cache-Control", &format!("max-age={max_age_s}")),
        header("Access-Control-Allow-Origin", "*"),
    ];
    let packed = gzip.filter(|_| ask.gzip);
    if packed.is_some() {
        headers.push(header("Content-Encoding", "gzip"));
    }
    Some(Observation {
        at: rig.now.mono - begun + LATENCY,
        took: rig.now.mono - since + LATENCY,
        url: ask.url.clone(),
        kind: ask.kind,
        status,
        headers,
        body: packed.unwrap_or(body),
        gzip_asked: ask.gzip,
    })
}

/// Follows the stream from `join_ms` to its end and reports what failed.
fn failures(mut script: Script, join_ms: u64) -> Vec<Finding> {
    let mut rig = Rig::new();
    let begun = rig.now.mono;
    rig.start(&script.source.tracks());
    while rig.now.mono < begun + Duration::from_millis(join_ms) && script.advance(&mut rig, begun) {
    }
    let mut checker = Checker::new(Limits::default());
    let mut plan = Plan::new("https://h/index.m3u8".to_owned());
    let mut live = true;
    while live {
        let since = rig.now.mono;
        let mut asks = plan.next_requests(&checker);
        loop {
            asks.retain(|ask| match observe(&rig, ask, since, begun) {
                Some(observation) => {
                    checker.observe(observation);
                    false
                }
                None => true,
            });
            if asks.is_empty() && rig.now.mono > since {
                break;
            }
            live = script.advance(&mut rig, begun);
            if !live {
                break;
            }
        }
    }
    checker
        .report()
        .into_iter()
        .filter(|finding| !finding.ok)
        .collect()
}

/// Without the rule on hints: how long the first group of pictures is, and that a publisher leaves, cannot be foreseen.
fn but_for_hints(findings: Vec<Finding>) -> Vec<Finding> {
    findings
        .into_iter()
        .filter(|finding| finding.rule != "hint.true")
        .collect()
}

#[test]
fn steady_streams_pass_every_rule() {
    let sources = [
        Source {
            rate: Some((25, 1)),
            gop: 50,
            ..Source::default()
        },
        Source {
            rate: Some((24, 1)),
            gop: 48,
            ..Source::default()
        },
        Source {
            rate: Some((30, 1)),
            gop: 30,
            b_frames: 2,
            ..Source::default()
        },
        Source {
            rate: Some((60, 1)),
            gop: 120,
            sound: Some(44_100),
            ..Source::default()
        },
        Source {
            sound: None,
            ..Source::default()
        },
    ];
    for source in sources {
        let what = format!("{source:?}");
        let failed = failures(Script::new(source, &[(0, 60_000)], false), 40_000);
        assert!(failed.is_empty(), "{what}: {failed:#?}");
    }
}

#[test]
fn sound_alone_passes_every_rule() {
    let source = Source {
        rate: None,
        ..Source::default()
    };
    let mut failed = failures(Script::new(source, &[(0, 60_000)], false), 40_000);
    // Every part is independent and may be short.
    failed.retain(|finding| {
        (finding.rule, finding.evidence.as_str()) != ("part.duration-min", "never exercised")
    });
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn stream_followed_from_its_first_second_to_its_end_passes_every_rule() {
    let source = Source {
        rate: Some((25, 1)),
        gop: 50,
        ..Source::default()
    };
    let failed = but_for_hints(failures(Script::new(source, &[(0, 50_000)], true), 1000));
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn publisher_who_leaves_and_returns_passes_every_rule() {
    let source = Source {
        rate: Some((25, 1)),
        gop: 50,
        ..Source::default()
    };
    let failed = but_for_hints(failures(
        Script::new(source, &[(0, 45_040), (51_000, 70_000)], false),
        40_000,
    ));
    assert!(failed.is_empty(), "{failed:#?}");
}

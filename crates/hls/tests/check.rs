//! The rules against a model origin on a virtual clock: a clean stream passes all, and each fault is found by its rule.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::time::Duration;

use bytes::Bytes;
use hls::check::{Checker, Finding, Limits, Observation, Plan, RequestKind};
use media::{
    Codec, Track, TrackId, aac,
    fmp4::{self, Run, Sample},
    h264,
};
use proptest::prelude::*;

const TARGET_MS: u64 = 1000;
const PART_MS: u64 = 200;
const PARTS: u64 = 5;
/// Parts that exist when a run begins.
const HISTORY: u64 = 60;
const WINDOW: u64 = 10;
const LATENCY_MS: u64 = 2;

/// libx264, constrained baseline, 640x360, 30 frames a second; written through FFmpeg.
const RECORD: &[u8] = &[
    0x01, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f,
    0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2e,
    0x48, 0x01, 0x00, 0x05, 0x68, 0xcb, 0x83, 0xcb, 0x20,
];

fn init() -> Bytes {
    let video = h264::Config::parse(Bytes::from_static(RECORD)).unwrap();
    let audio = aac::Config::parse(Bytes::from_static(&[0x11, 0x90])).unwrap();
    fmp4::init(&[
        Track {
            id: TrackId::VIDEO,
            codec: Codec::H264(video),
        },
        Track {
            id: TrackId::AUDIO,
            codec: Codec::Aac(audio),
        },
    ])
}

/// Six frames of picture, the first of a segment a key frame, and the sound that has come meanwhile.
fn part(index: u64) -> Bytes {
    let frame = |size, duration, key| Sample {
        duration,
        size,
        composition_offset: 0,
        key,
    };
    let pictures: Vec<_> = (0..6)
        .map(|at| frame(100 + at, 3000, index.is_multiple_of(PARTS) && at == 0))
        .collect();
    let sounds_until = |part: u64| part * PART_MS * 48 / 1024;
    let first = sounds_until(index);
    let sounds: Vec<_> = (first..sounds_until(index + 1))
        .map(|_| frame(20, 1024, true))
        .collect();
    let runs = [
        Run {
            track: TrackId::VIDEO,
            base_decode_time: index * 18_000,
            samples: &pictures,
        },
        Run {
            track: TrackId::AUDIO,
            base_decode_time: first * 1024,
            samples: &sounds,
        },
    ];
    let mut out = fmp4::fragment_head(u32::try_from(index).unwrap(), &runs).to_vec();
    let payload: u32 = pictures
        .iter()
        .chain(&sounds)
        .map(|sample| sample.size)
        .sum();
    out.resize(
        out.len() + usize::try_from(payload).unwrap(),
        u8::try_from(index % 251).unwrap(),
    );
    out.into()
}

fn segment(msn: u64) -> Bytes {
    (0..PARTS).flat_map(|at| part(msn * PARTS + at)).collect()
}

/// A server of one stream that always keeps to the rules.
struct Origin {
    /// Parts after which the stream is over.
    ends_at: Option<u64>,
}

impl Origin {
    /// Parts that exist at a moment.
    fn parts_at(&self, now_ms: u64) -> u64 {
        let parts = HISTORY + now_ms / PART_MS;
        self.ends_at.map_or(parts, |end| parts.min(end))
    }

    fn ended(&self, parts: u64) -> bool {
        self.ends_at.is_some_and(|end| parts >= end)
    }

    fn playlist(&self, parts: u64, skip: bool) -> String {
        let whole = parts / PARTS;
        let first = whole.saturating_sub(WINDOW);
        let skipped = if skip && !self.ended(parts) {
            WINDOW - 6
        } else {
            0
        };
        let mut out = format!(
            "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n\
             #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6.0,HOLD-BACK=3.0,PART-HOLD-BACK=0.6\n\
             #EXT-X-MEDIA-SEQUENCE:{first}\n"
        );
        if skipped > 0 {
            out += &format!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n");
        } else {
            out += "#EXT-X-MAP:URI=\"e1-init1.mp4\"\n";
        }
        for msn in first + skipped..=whole {
            let date_ms = msn * TARGET_MS;
            let listed = if msn == whole { parts % PARTS } else { PARTS };
            if listed > 0 {
                out += &format!(
                    "#EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:{:02}:{:02}.000Z\n",
                    date_ms / 60_000,
                    date_ms / 1000 % 60
                );
            }
            if msn + 3 >= whole {
                for at in 0..listed {
                    let independent = if at == 0 { ",INDEPENDENT=YES" } else { "" };
                    out += &format!(
                        "#EXT-X-PART:DURATION=0.2,URI=\"e1-s{msn}p{at}.m4s\"{independent}\n"
                    );
                }
            }
            if msn < whole {
                out += &format!("#EXTINF:1.0,\ne1-s{msn}.m4s\n");
            }
        }
        if self.ended(parts) {
            out += "#EXT-X-ENDLIST\n";
        } else {
            out += &format!(
                "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"e1-s{whole}p{}.m4s\"\n",
                parts % PARTS
            );
        }
        out
    }

    /// Status, MIME type, lifetime, body, and the moment of the answer.
    fn answer(&self, url: &str, now_ms: u64) -> (u16, &'static str, u64, Bytes, u64) {
        const PLAYLIST: &str = "application/vnd.apple.mpegurl";
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let name = path.rsplit('/').next().unwrap();
        let parts = self.parts_at(now_ms);
        let refuse = |status| (status, "text/plain", 1, Bytes::from_static(b"no"), now_ms);
        match name {
            "index.m3u8" => {
                let text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH=100000,\
                            CODECS=\"avc1.42c01e,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=30.000\ne1-main.m3u8\n";
                (
                    200,
                    PLAYLIST,
                    1,
                    Bytes::from_static(text.as_bytes()),
                    now_ms,
                )
            }
            "e1-main.m3u8" => {
                let value = |key: &str| {
                    query
                        .split('&')
                        .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
                };
                let number = |key: &str| value(key).map(str::parse::<u64>).transpose();
                let (Ok(msn), Ok(part)) = (number("_HLS_msn"), number("_HLS_part")) else {
                    return refuse(400);
                };
                let mut wanted = parts;
                if !self.ended(parts) {
                    match (msn, part) {
                        (None, Some(_)) => return refuse(400),
                        (Some(msn), _) if msn > parts / PARTS + 2 => return refuse(400),
                        (Some(_), Some(part)) if part > parts % PARTS + 15 => return refuse(400),
                        (Some(msn), Some(part)) => wanted = msn * PARTS + part.min(PARTS) + 1,
                        (Some(msn), None) => wanted = (msn + 1) * PARTS,
                        (None, None) => {}
                    }
                }
                let at = now_ms.max((wanted.saturating_sub(HISTORY)) * PART_MS);
                let text = self.playlist(self.parts_at(at), value("_HLS_skip").is_some());
                let lifetime = if msn.is_some() { 6 } else { 1 };
                (200, PLAYLIST, lifetime, text.into(), at)
            }
            "e1-init1.mp4" => (200, "video/mp4", 6, init(), now_ms),
            _ => {
                let numbers = name
                    .strip_prefix("e1-s")
                    .and_then(|rest| rest.strip_suffix(".m4s"));
                let Some(numbers) = numbers else {
                    return refuse(404);
                };
                match numbers.split_once('p') {
                    Some((msn, at)) => {
                        let index =
                            msn.parse::<u64>().unwrap() * PARTS + at.parse::<u64>().unwrap();
                        if self.ends_at.is_some_and(|end| index >= end) {
                            return refuse(404);
                        }
                        let at = now_ms.max((index + 1).saturating_sub(HISTORY) * PART_MS);
                        (200, "video/mp4", 6, part(index), at)
                    }
                    None => (
                        200,
                        "video/mp4",
                        6,
                        segment(numbers.parse().unwrap()),
                        now_ms,
                    ),
                }
            }
        }
    }
}

fn gzip(body: &[u8]) -> Bytes {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap().into()
}

/// Follows the plan for a while and reports; `spoil` changes each answer before it is packed and seen.
fn run(origin: &Origin, until_ms: u64, spoil: &dyn Fn(&mut Observation)) -> Vec<Finding> {
    let mut checker = Checker::new(Limits::default());
    let mut plan = Plan::new("https://h/hls/cam/index.m3u8".to_owned());
    let mut now_ms = 1;
    while now_ms < until_ms {
        let mut round_ends = now_ms + 1;
        for ask in plan.next_requests(&checker) {
            let (status, kind, lifetime, body, at_ms) = origin.answer(&ask.url, now_ms);
            let at_ms = at_ms + LATENCY_MS;
            round_ends = round_ends.max(at_ms);
            let header = |name: &str, value: String| (name.to_owned(), value);
            let mut observation = Observation {
                at: Duration::from_millis(at_ms),
                took: Duration::from_millis(at_ms - now_ms),
                url: ask.url,
                kind: ask.kind,
                status,
                headers: vec![
                    header("Content-Type", kind.to_owned()),
                    header("Cache-Control", format!("max-age={lifetime}")),
                    header("Access-Control-Allow-Origin", "*".to_owned()),
                ],
                body,
                gzip_asked: ask.gzip,
            };
            if ask.gzip {
                observation
                    .headers
                    .push(header("Content-Encoding", "gzip".to_owned()));
            }
            spoil(&mut observation);
            if observation.headers.iter().any(|(_, value)| value == "gzip") {
                observation.body = gzip(&observation.body);
            }
            checker.observe(observation);
        }
        now_ms = round_ends;
    }
    assert!(plan.probed(), "the run was long enough for every probe");
    checker.report()
}

fn broken(findings: &[Finding]) -> Vec<&'static str> {
    findings
        .iter()
        .filter(|finding| !finding.ok)
        .map(|finding| finding.rule)
        .collect()
}

const LIVE: Origin = Origin { ends_at: None };

#[test]
fn a_clean_live_stream_passes_every_rule() {
    let findings = run(&LIVE, 8000, &|_| {});
    let failed: Vec<_> = findings.iter().filter(|finding| !finding.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let idle: Vec<_> = findings
        .iter()
        .filter(|finding| finding.evidence.starts_with("not applicable"))
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(
        idle,
        [
            "vod.type",
            "vod.ended",
            "gap.agree",
            "control.same",
            "end.final",
            "report.all",
            "transport.range",
            "independent.segments"
        ]
    );
}

#[test]
fn a_stream_that_ends_cleanly_passes_every_rule() {
    let findings = run(
        &Origin {
            ends_at: Some(HISTORY + 30),
        },
        8000,
        &|_| {},
    );
    let failed: Vec<_> = findings.iter().filter(|finding| !finding.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let end = findings
        .iter()
        .find(|finding| finding.rule == "end.final")
        .unwrap();
    assert!(end.evidence.starts_with("held"), "{end:?}");
}

#[test]
fn a_checker_that_saw_nothing_passes_nothing_but_its_own_bounds() {
    let findings = Checker::default().report();
    let passed: Vec<_> = findings
        .iter()
        .filter(|finding| finding.ok)
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(passed, ["run.complete"]);
}

#[test]
fn rule_names_are_unique() {
    let mut names: Vec<_> = Checker::default()
        .report()
        .iter()
        .map(|finding| finding.rule)
        .collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

fn text(observation: &Observation) -> Option<&str> {
    (observation.kind == RequestKind::Media && observation.status == 200)
        .then(|| std::str::from_utf8(&observation.body).unwrap())
}

/// Rewrites every media playlist from the third second on, or from the start.
fn rewrite(observation: &mut Observation, from_ms: u64, change: impl FnOnce(&str) -> String) {
    if observation.at >= Duration::from_millis(from_ms)
        && let Some(old) = text(observation)
    {
        observation.body = change(old).into();
    }
}

fn set_header(observation: &mut Observation, name: &str, value: &str) {
    for (_, old) in observation
        .headers
        .iter_mut()
        .filter(|(other, _)| other == name)
    {
        value.clone_into(old);
    }
}

fn lines_without(old: &str, start: &str) -> String {
    old.lines()
        .filter(|line| !line.starts_with(start))
        .flat_map(|line| [line, "\n"])
        .collect()
}

type Fault = (&'static str, fn(&mut Observation));

/// A fault for each rule, which must be found by that rule at least.
const FAULTS: &[Fault] = &[
    ("playlist.readable", |o| {
        rewrite(o, 3000, |old| old.replace("#EXTINF:1.0", "#EXTINF:one"))
    }),
    ("segment.within-target", |o| {
        rewrite(o, 0, |old| old.replace("#EXTINF:1.0", "#EXTINF:1.5"))
    }),
    ("part.duration-max", |o| {
        rewrite(o, 0, |old| old.replace("DURATION=0.2,", "DURATION=0.201,"))
    }),
    ("part.duration-min", |o| {
        rewrite(o, 0, |old| old.replace("DURATION=0.2,", "DURATION=0.16,"))
    }),
    ("part.sum", |o| {
        rewrite(o, 0, |old| old.replace("#EXTINF:1.0", "#EXTINF:0.9"))
    }),
    ("control.block-reload", |o| {
        if !o.url.contains("_HLS") {
            rewrite(o, 0, |old| old.replace("CAN-BLOCK-RELOAD=YES,", ""));
        }
    }),
    ("control.part-hold-back", |o| {
        rewrite(o, 0, |old| {
            old.replace("PART-HOLD-BACK=0.6", "PART-HOLD-BACK=0.3")
        })
    }),
    ("control.part-hold-back-advised", |o| {
        rewrite(o, 0, |old| {
            old.replace("PART-HOLD-BACK=0.6", "PART-HOLD-BACK=0.5")
        });
    }),
    ("control.hold-back", |o| {
        rewrite(o, 0, |old| old.replace(",HOLD-BACK=3.0", ",HOLD-BACK=2.0"))
    }),
    ("control.can-skip-until", |o| {
        rewrite(o, 0, |old| old.replace("SKIP-UNTIL=6.0", "SKIP-UNTIL=5.0"))
    }),
    ("date.present", |o| {
        rewrite(o, 0, |old| lines_without(old, "#EXT-X-PROGRAM-DATE-TIME"))
    }),
    ("date.consistent", |o| {
        rewrite(o, 0, |old| old.replace(":00:1", ":00:5"))
    }),
    ("part.tags-before", |o| {
        rewrite(o, 0, |old| {
            old.replacen(
                "#EXTINF",
                "#EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:00:00Z\n#EXTINF",
                9,
            )
        });
    }),
    ("map.present", |o| {
        rewrite(o, 0, |old| lines_without(old, "#EXT-X-MAP"))
    }),
    ("version.enough", |o| {
        rewrite(o, 0, |old| old.replace("VERSION:9", "VERSION:5"))
    }),
    ("hint.one", |o| {
        rewrite(o, 0, |old| lines_without(old, "#EXT-X-PRELOAD-HINT"))
    }),
    ("part.tags-removed", |o| {
        rewrite(o, 0, |old| {
            let tag = |at| format!("#EXT-X-PART:DURATION=0.2,URI=\"x{at}.m4s\"\n");
            old.replacen(
                "#EXTINF",
                &format!("{}#EXTINF", (0..5).map(tag).collect::<String>()),
                1,
            )
        });
    }),
    ("gap.agree", |o| {
        rewrite(o, 0, |old| old.replace("#EXTINF", "#EXT-X-GAP\n#EXTINF"))
    }),
    ("fixed.target-duration", |o| {
        rewrite(o, 3000, |old| {
            old.replace("TARGETDURATION:1", "TARGETDURATION:2")
        })
    }),
    ("fixed.part-target", |o| {
        rewrite(o, 3000, |old| {
            old.replace("PART-TARGET=0.2", "PART-TARGET=0.21")
        })
    }),
    ("fixed.server-control", |o| {
        rewrite(o, 3000, |old| {
            old.replace("PART-HOLD-BACK=0.6", "PART-HOLD-BACK=0.61")
        })
    }),
    ("sequence.counts-removed", |o| {
        rewrite(o, 3000, |old| {
            old.replace("MEDIA-SEQUENCE:", "MEDIA-SEQUENCE:1")
        })
    }),
    ("sequence.never-back", |o| {
        rewrite(o, 3000, |_| LIVE.playlist(HISTORY + 2, false))
    }),
    ("playlist.append-only", |o| {
        rewrite(o, 3000, |old| old.replace("#EXTINF:1.0", "#EXTINF:1.001"))
    }),
    ("discontinuity.counts-removed", |o| {
        rewrite(o, 3000, |old| {
            old.replace(
                "#EXT-X-MEDIA-SEQ",
                "#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MEDIA-SEQ",
            )
        });
    }),
    ("window.three-targets", |o| {
        rewrite(o, 0, |old| {
            old.replace("TARGETDURATION:1", "TARGETDURATION:5")
        })
    }),
    ("hint.true", |o| {
        rewrite(o, 0, |old| {
            old.replace("TYPE=PART,URI=\"e1-", "TYPE=PART,URI=\"e2-")
        })
    }),
    ("cadence.part", |o| {
        if o.url.contains("_HLS_part") && o.at.as_millis() / 200 % 4 == 0 {
            o.at += Duration::from_millis(400);
            o.took += Duration::from_millis(400);
        }
    }),
    ("cadence.segment", |o| {
        if o.at >= Duration::from_millis(3000) {
            o.at += Duration::from_secs(1);
            o.took += Duration::from_secs(1);
        }
    }),
    ("blocking.not-early", |o| {
        if o.url.contains("_HLS_part") {
            rewrite(o, 3000, |_| LIVE.playlist(HISTORY + 10, false));
        }
    }),
    ("blocking.past-last-part", |o| {
        if o.url.contains("_HLS_part=5") && o.at < o.took + Duration::from_secs(30) {
            let msn: u64 = o
                .url
                .split("_HLS_msn=")
                .nth(1)
                .unwrap()
                .split('&')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            rewrite(o, 0, |_| LIVE.playlist((msn + 1) * PARTS, false));
        }
    }),
    ("blocking.removed", |o| {
        if !o.url.contains("_HLS_part") && o.url.contains("_HLS_msn") {
            o.took += Duration::from_millis(400);
            o.at += Duration::from_millis(400);
        }
    }),
    ("status.part-without-msn", |o| {
        if o.url.ends_with("?_HLS_part=0") {
            o.status = 404
        }
    }),
    ("status.msn-too-far", |o| {
        if o.status == 400 && !o.url.contains("_HLS_part") {
            o.status = 503
        }
    }),
    ("status.part-too-far", |o| {
        if o.url.contains("_HLS_part=1000") {
            o.status = 503
        }
    }),
    ("status.no-number", |o| {
        if o.url.contains("soon") {
            o.status = 500
        }
    }),
    ("status.missing", |o| {
        if o.kind == RequestKind::Missing {
            o.status = 200
        }
    }),
    ("piece.available", |o| {
        if o.kind == RequestKind::Part {
            o.status = 404
        }
    }),
    ("delta.answered", |o| {
        if o.url.contains("_HLS_skip") {
            rewrite(o, 0, |_| LIVE.playlist(HISTORY + 6, false));
        }
    }),
    ("delta.equal", |o| {
        if o.url.contains("_HLS_skip") {
            rewrite(o, 0, |old| old.replace("#EXTINF:1.0", "#EXTINF:0.999"));
        }
    }),
    ("delta.boundary", |o| {
        if o.url.contains("_HLS_skip") {
            rewrite(o, 0, |old| old.replace("SKIP-UNTIL=6.0", "SKIP-UNTIL=8.0"));
        }
    }),
    ("delta.order", |o| {
        rewrite(o, 0, |old| {
            let line = old
                .lines()
                .find(|line| line.starts_with("#EXT-X-SKIP"))
                .unwrap_or("#")
                .to_owned();
            lines_without(old, "#EXT-X-SKIP")
                .replace("#EXT-X-MEDIA-SEQ", &format!("{line}\n#EXT-X-MEDIA-SEQ"))
        });
    }),
    ("transport.gzip", |o| {
        o.headers.retain(|(name, _)| name != "Content-Encoding")
    }),
    ("transport.content-type", |o| {
        set_header(o, "Content-Type", "text/plain")
    }),
    ("transport.cors", |o| {
        if o.status >= 400 {
            o.headers.retain(|(name, _)| !name.starts_with("Access"))
        }
    }),
    ("cache.playlists", |o| {
        if o.kind == RequestKind::Media {
            set_header(o, "Cache-Control", "max-age=60")
        }
    }),
    ("cache.media", |o| {
        if o.kind == RequestKind::Part {
            set_header(o, "Cache-Control", "no-store")
        }
    }),
    ("cache.errors", |o| {
        if o.status >= 400 {
            set_header(o, "Cache-Control", "max-age=60")
        }
    }),
    ("init.readable", |o| {
        if o.kind == RequestKind::Init {
            o.body = o.body.slice(..200)
        }
    }),
    ("media.readable", |o| {
        if o.kind == RequestKind::Part {
            o.body = o.body.slice(..o.body.len() - 1)
        }
    }),
    ("media.begins", |o| {
        if o.kind == RequestKind::Segment {
            o.body = [b"\0\0\0\x08free", &o.body[..]].concat().into();
        }
    }),
    ("vod.ended", |o| {
        rewrite(o, 0, |old| {
            old.replace(
                "#EXT-X-PART-INF",
                "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-PART-INF",
            )
        });
    }),
    ("media.unchanged", |o| {
        if o.kind == RequestKind::Segment && o.at > Duration::from_millis(1500) {
            o.body = part(3);
        }
    }),
    ("media.parts-are-segment", |o| {
        if o.kind == RequestKind::Segment {
            o.body = segment(1)
        }
    }),
    ("media.continuous", |o| {
        if o.url.ends_with("p3.m4s") {
            o.body = part(3)
        }
    }),
    ("media.durations", |o| {
        if o.kind == RequestKind::Segment {
            o.body = part(3)
        }
    }),
    ("independent.true", |o| {
        rewrite(o, 0, |old| {
            old.replace(
                "p3.m4s\"\n#EXT-X-PART",
                "p3.m4s\",INDEPENDENT=YES\n#EXT-X-PART",
            )
        })
    }),
    ("independent.marked", |o| {
        rewrite(o, 0, |old| old.replace(",INDEPENDENT=YES", ""))
    }),
    ("independent.segments", |o| {
        rewrite(o, 0, |old| {
            old.replace(
                "#EXT-X-PART-INF",
                "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-PART-INF",
            )
        });
        if o.kind == RequestKind::Segment {
            o.body = part(3);
        }
    }),
    ("multivariant.codecs", |o| {
        multivariant(o, "avc1.42c01e", "avc1.64001f")
    }),
    ("multivariant.resolution", |o| {
        multivariant(o, "640x360", "1280x720")
    }),
    ("multivariant.bandwidth", |o| {
        multivariant(o, "=100000", "=1000")
    }),
];

fn multivariant(observation: &mut Observation, from: &str, to: &str) {
    if observation.kind == RequestKind::Multivariant {
        observation.body = String::from_utf8(observation.body.to_vec())
            .unwrap()
            .replace(from, to)
            .into();
    }
}

#[test]
fn every_rule_has_a_fault() {
    let report = Checker::default().report();
    let without = report
        .iter()
        .map(|finding| finding.rule)
        .filter(|rule| FAULTS.iter().all(|(name, _)| name != rule));
    // These have tests of their own; those of stored streams are with `library`, which has some.
    assert_eq!(
        without.collect::<Vec<_>>(),
        [
            "run.complete",
            "vod.type",
            "control.same",
            "end.final",
            "report.all",
            "transport.range"
        ]
    );
}

#[test]
fn each_fault_is_found_by_its_rule() {
    let mut unseen = Vec::new();
    for (rule, fault) in FAULTS {
        let findings = run(&LIVE, 5500, fault);
        if !broken(&findings).contains(rule) {
            let finding = findings.iter().find(|finding| finding.rule == *rule);
            unseen.push(format!(
                "{rule}: {:?}",
                finding.map(|finding| &finding.evidence)
            ));
        }
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
}

#[test]
fn nothing_may_follow_the_end() {
    let mut checker = Checker::new(Limits::default());
    for (at_ms, text) in [
        (
            10,
            Origin {
                ends_at: Some(HISTORY),
            }
            .playlist(HISTORY, false),
        ),
        (900, LIVE.playlist(HISTORY + 1, false)),
    ] {
        checker.observe(Observation {
            at: Duration::from_millis(at_ms),
            took: Duration::from_millis(1),
            url: "https://h/a.m3u8".to_owned(),
            kind: RequestKind::Media,
            status: 200,
            headers: Vec::new(),
            body: text.into(),
            gzip_asked: false,
        });
    }
    assert!(broken(&checker.report()).contains(&"end.final"));
}

/// Two renditions of one presentation, each with these lines behind its playlist; without any, the second has its own
/// server control.
fn two_renditions(tail: [&str; 2]) -> Vec<Finding> {
    let mut checker = Checker::default();
    let mut observe = |url: &str, kind, body: String| {
        checker.observe(Observation {
            at: Duration::from_millis(10),
            took: Duration::from_millis(1),
            url: url.to_owned(),
            kind,
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            gzip_asked: false,
        });
    };
    let variant = |name| format!("#EXT-X-STREAM-INF:BANDWIDTH=1\n{name}\n");
    let index = format!("#EXTM3U\n{}{}", variant("a.m3u8"), variant("b.m3u8"));
    observe("/x/index.m3u8", RequestKind::Multivariant, index);
    observe(
        "/x/a.m3u8",
        RequestKind::Media,
        LIVE.playlist(HISTORY, false) + tail[0],
    );
    let mut other = LIVE.playlist(HISTORY, false) + tail[1];
    if tail[1].is_empty() {
        other = other.replace("PART-HOLD-BACK=0.6", "PART-HOLD-BACK=0.7");
    }
    observe("/x/b.m3u8", RequestKind::Media, other);
    checker.report()
}

#[test]
fn renditions_report_each_other_and_share_their_control() {
    let report = |name| format!("#EXT-X-RENDITION-REPORT:URI=\"{name}\"\n");
    let clean = two_renditions([&report("b.m3u8"), &report("./a.m3u8")]);
    assert!(
        !broken(&clean).contains(&"report.all") && !broken(&clean).contains(&"control.same"),
        "{clean:#?}"
    );
    let faulty = two_renditions([&report("b.m3u8"), ""]);
    assert!(broken(&faulty).contains(&"report.all") && broken(&faulty).contains(&"control.same"));
}

#[test]
fn a_bomb_and_a_long_run_stay_within_limits() {
    let limits = Limits {
        observations_max: 2,
        body_max: 1000,
        ..Limits::default()
    };
    let mut checker = Checker::new(limits);
    for _ in 0..3 {
        checker.observe(Observation {
            at: Duration::ZERO,
            took: Duration::ZERO,
            url: "/a.m3u8".to_owned(),
            kind: RequestKind::Media,
            status: 200,
            headers: vec![("content-encoding".to_owned(), "gzip".to_owned())],
            body: gzip(&vec![b'#'; 1 << 20]),
            gzip_asked: true,
        });
    }
    let findings = checker.report();
    let evidence = |rule| {
        &findings
            .iter()
            .find(|finding| finding.rule == rule)
            .unwrap()
            .evidence
    };
    assert!(evidence("run.complete").contains("1 observations left out"));
    assert!(evidence("playlist.readable").contains("too long when unpacked"));
}

proptest! {
    #[test]
    fn hostile_playlists_and_media_never_panic(
        changes in proptest::collection::vec((0_usize..40, "18446744073709551615|9007199254740992|1000000000.9|0|-1|x"), 0..4),
        noise in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let spoil = |old: String| {
            let mut number = 0;
            let pieces = old.split_inclusive(|letter: char| !letter.is_ascii_digit());
            let changed = pieces.map(|piece| {
                number += 1;
                match changes.iter().find(|(at, _)| *at == number) {
                    Some((_, by)) => piece.replace(|letter: char| letter.is_ascii_digit(), by),
                    None => piece.to_owned(),
                }
            });
            changed.collect::<String>()
        };
        let mut checker = Checker::default();
        let observation = |url: &str, kind, body| Observation {
            at: Duration::from_secs(1),
            took: Duration::from_secs(2),
            url: url.to_owned(),
            kind,
            status: 200,
            headers: Vec::new(),
            body,
            gzip_asked: false,
        };
        let mut damaged = part(0).to_vec();
        damaged.splice(20..20 + noise.len(), noise.iter().copied());
        checker.observe(observation("/index.m3u8", RequestKind::Multivariant, LIVE.answer("/index.m3u8", 0).3));
        checker.observe(observation("/e1-init1.mp4", RequestKind::Init, init()));
        checker.observe(observation("/e1-s11p0.m4s", RequestKind::Part, damaged.into()));
        checker.observe(observation("/e1-s11p1.m4s", RequestKind::Part, noise.clone().into()));
        for (parts, query) in [(HISTORY, ""), (HISTORY + 1, "?_HLS_msn=18446744073709551615&_HLS_part=9007199254740992")] {
            let url = format!("/e1-main.m3u8{query}");
            checker.observe(observation(&url, RequestKind::Media, spoil(LIVE.playlist(parts, false)).into()));
            checker.observe(observation(&url, RequestKind::Media, spoil(LIVE.playlist(parts, true)).into()));
        }
        let _ = checker.report();
        let mut plan = Plan::new("/index.m3u8".to_owned());
        for _ in 0..12 {
            let _ = plan.next_requests(&checker);
        }
    }
}

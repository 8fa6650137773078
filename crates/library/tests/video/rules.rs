//! What is served of stored videos keeps every rule of `hls::check`, and a fault in it is found by its rule.

use std::time::Duration;

use domain::engine::{Reply, Status};
use hls::check::{Checker, Finding, Limits, Observation, Plan, RequestKind};
use library::video::Place;

use crate::rig::{Storage, bytes, settle};

const BASE: &str = "https://host/hls/film/";
/// Rounds after which a run of so small a video is over.
const ROUNDS_MAX: usize = 40;

/// Asks what the plan asks, as the front door would answer it; `spoil` changes each answer.
async fn run(storage: &Storage, place: &Place, spoil: &dyn Fn(&mut Observation)) -> Vec<Finding> {
    let mut checker = Checker::new(Limits::default());
    let mut plan = Plan::new(format!("{BASE}index.m3u8"));
    for round in 0.. {
        assert!(round < ROUNDS_MAX, "it ends by itself");
        let asks = plan.next_requests(&checker);
        if plan.is_over(&checker) {
            break;
        }
        for ask in asks {
            let path = ask.url.strip_prefix(BASE).expect("below the item");
            let reply = match path.strip_prefix("~t/") {
                Some(piece) => storage.get(place, piece).await,
                None => settle(storage.shelf.multivariant(place, "~t/")).await,
            };
            let mut observation = answered(&ask.url, ask.kind, ask.gzip, &reply);
            spoil(&mut observation);
            checker.observe(observation);
        }
    }
    checker.report()
}

fn answered(url: &str, kind: RequestKind, gzip: bool, reply: &Reply) -> Observation {
    let mut body = bytes(reply);
    let mut headers = vec![
        ("content-type", reply.media_type.to_owned()),
        ("cache-control", format!("max-age={}", reply.max_age_s)),
        ("access-control-allow-origin", "*".to_owned()),
    ];
    let mut status = if reply.status == Status::Ok { 200 } else { 404 };
    if let RequestKind::Range { first, last } = kind {
        status = 206;
        headers.push((
            "content-range",
            format!("bytes {first}-{last}/{}", body.len()),
        ));
        body = body[first as usize..=last as usize].to_vec();
    }
    if let Some(packed) = reply.gzip.as_ref().filter(|_| gzip) {
        headers.push(("content-encoding", "gzip".to_owned()));
        body = packed.to_vec();
    }
    Observation {
        at: Duration::from_millis(20),
        took: Duration::from_millis(10),
        url: url.to_owned(),
        kind,
        status,
        headers: (headers.into_iter())
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        body: body.into(),
        gzip_asked: gzip,
    }
}

fn broken(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| !finding.ok).collect()
}

fn is_judged(findings: &[Finding], rule: &str) -> bool {
    let finding = findings.iter().find(|finding| finding.rule == rule);
    finding.expect("a rule").evidence.starts_with("held")
}

#[tokio::test]
async fn packaged_videos_keep_every_rule() {
    let storage = Storage::new();
    let files = [
        "moov-first.mp4",
        "reordered.mov",
        "fragmented.mp4",
        "hevc-hvc1.mp4",
        "av1-opus.mp4",
        "silent.m4v",
        "sound-alone.m4a",
        "variable.mp4",
        "trimmed.mp4",
        "late-sound.mp4",
        "open-groups.mp4",
    ];
    for (id, name) in (0..).zip(files) {
        let place = storage.packaged(id, name);
        let findings = run(&storage, &place, &|_| {}).await;
        let broken = broken(&findings);
        assert!(broken.is_empty(), "{name}: {broken:#?}");
        for rule in [
            "vod.type",
            "vod.ended",
            "media.begins",
            "transport.range",
            "transport.gzip",
        ] {
            assert!(is_judged(&findings, rule), "{name}: {rule}");
        }
    }
}

#[tokio::test]
async fn adopted_folders_keep_the_rules_that_can_be_held_against_them() {
    let storage = Storage::new();
    for name in ["ts", "fmp4", "one-file"] {
        let place = storage.put(name, name);
        let findings = run(&storage, &place, &|_| {}).await;
        let broken = broken(&findings);
        assert!(broken.is_empty(), "{name}: {broken:#?}");
        assert!(is_judged(&findings, "vod.type"), "{name}");
    }
}

type Fault = (&'static str, fn(&mut Observation));

/// Puts a text in the place of another in a playlist.
fn replace(seen: &mut Observation, from: &str, to: &str) {
    if matches!(seen.kind, RequestKind::Media | RequestKind::Multivariant) && !seen.gzip_asked {
        let text = String::from_utf8(seen.body.to_vec()).expect("text");
        seen.body = text.replace(from, to).into();
    }
}

#[tokio::test]
async fn each_fault_of_a_stored_video_is_found_by_its_rule() {
    let storage = Storage::new();
    // Long enough for two segments.
    let place = two_segments(&storage);
    let faults: [Fault; 15] = [
        ("vod.type", |seen| {
            replace(seen, "#EXT-X-PLAYLIST-TYPE:VOD\n", "")
        }),
        ("vod.ended", |seen| {
            replace(
                seen,
                "#EXT-X-ENDLIST",
                "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x.m4s\"\n#EXT-X-ENDLIST",
            );
        }),
        ("map.present", |seen| {
            replace(seen, "#EXT-X-MAP", "#EXT-X-NO-MAP")
        }),
        ("version.enough", |seen| {
            replace(seen, "VERSION:6", "VERSION:5")
        }),
        ("segment.within-target", |seen| {
            replace(seen, "EXTINF:", "EXTINF:1")
        }),
        ("media.durations", |seen| {
            replace(seen, "EXTINF:1.", "EXTINF:2.")
        }),
        ("multivariant.bandwidth", |seen| {
            replace(seen, ":BANDWIDTH=", ":BANDWIDTH=1,X-BANDWIDTH=");
        }),
        ("multivariant.codecs", |seen| {
            replace(seen, "mp4a.40.2", "mp4a.40.5")
        }),
        ("multivariant.resolution", |seen| {
            replace(seen, "128x72", "1280x720")
        }),
        ("media.begins", |seen| {
            if seen.kind == RequestKind::Segment {
                let mut body = seen.body.to_vec();
                body.splice(0..0, *b"\0\0\0\x08free");
                seen.body = body.into();
            }
        }),
        ("media.continuous", |seen| {
            if seen.url.ends_with("s1.m4s") {
                let mut body = seen.body.to_vec();
                let at = body
                    .windows(4)
                    .position(|kind| kind == b"tfdt")
                    .expect("a time");
                body[at + 15] ^= 1;
                seen.body = body.into();
            }
        }),
        ("transport.range", |seen| {
            if matches!(seen.kind, RequestKind::Range { .. }) {
                seen.status = 200;
            }
        }),
        ("cache.media", |seen| {
            if seen.kind == RequestKind::Segment {
                seen.headers.retain(|(name, _)| name != "cache-control");
            }
        }),
        ("status.missing", |seen| {
            if seen.kind == RequestKind::Missing {
                seen.status = 200;
            }
        }),
        ("piece.available", |seen| {
            if seen.kind == RequestKind::Segment {
                seen.status = 503;
            }
        }),
    ];
    for (rule, fault) in faults {
        let findings = run(&storage, &place, &fault).await;
        let found = broken(&findings);
        assert!(
            found.iter().any(|finding| finding.rule == rule),
            "{rule}: {found:#?}"
        );
    }
}

/// A video of three segments: the usual cut, brought down to a second.
fn two_segments(storage: &Storage) -> Place {
    use media::mp4::{Demuxer, Event, Limits};
    use record::package::{Output, Packager, Settings};

    let source = std::fs::read(crate::rig::odd("moov-first.mp4")).expect("a fixture");
    let settings = Settings {
        segment_target_ms: 1000,
        ..Settings::default()
    };
    let mut demuxer = Demuxer::new(source.len() as u64, Limits::default());
    let (mut packager, mut media) = (None, Vec::new());
    loop {
        match demuxer.poll().expect("it is taken") {
            Event::Needs(needs) => {
                let start = needs.offset as usize;
                let bytes = source[start..start + needs.len as usize].to_vec();
                demuxer.receive(bytes.into()).expect("what was asked for");
            }
            Event::Movie(movie) => packager = Some(Packager::new(settings.clone(), &movie.tracks)),
            Event::Sample(sample) => {
                let packager = packager.as_mut().expect("tracks come first");
                packager.push(sample).expect("a sample");
            }
            Event::End => break,
        }
    }
    let mut packager = packager.expect("tracks");
    packager.finish().expect("samples");
    while let Some(output) = packager.poll() {
        if let Output::Append(bytes) = output {
            media.extend_from_slice(&bytes);
        }
    }
    let place = Place::Library(99);
    let folder = storage.path(&place);
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("media.mp4"), media).expect("media");
    std::fs::write(folder.join("index"), packager.into_index().to_bytes()).expect("an index");
    place
}

//! What viewers ask, and when they are told what.

use std::time::Duration;

use hls::{Answer, Kind, Settings};

use crate::rig::{Rig, Source, text};

fn live(ms: i64) -> Rig {
    let mut rig = Rig::new();
    rig.publish(
        &Source {
            rate: Some((25, 1)),
            gop: 50,
            ..Source::default()
        },
        0,
        ms,
    );
    rig
}

/// Media sequence number and part index that come next.
fn next(rig: &Rig) -> (u64, u32) {
    let last = rig.parts().last().unwrap();
    let done = rig.window.resume().unwrap().next_msn;
    if last.msn < done {
        (done, 0)
    } else {
        (last.msn, last.index + 1)
    }
}

#[test]
fn nothing_is_served_before_a_whole_segment_and_what_players_hold_back() {
    let source = Source {
        rate: Some((25, 1)),
        gop: 50,
        ..Source::default()
    };
    let mut rig = Rig::new();
    rig.start(&source.tracks());
    let (before, after): (Vec<_>, Vec<_>) = source
        .frames(0, 780)
        .into_iter()
        .partition(|frame| frame.dts.as_micros() < 500_000);
    rig.play(before);
    assert!(rig.window.multivariant("").is_none());
    assert!(matches!(rig.ask("e1-main.m3u8", ""), Answer::Wait { .. }));
    rig.play(after);
    insta::assert_snapshot!(rig.playlist(), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:4
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,HOLD-BACK=12,PART-HOLD-BACK=0.6
    #EXT-X-PART-INF:PART-TARGET=0.2
    #EXT-X-MEDIA-SEQUENCE:0
    #EXT-X-DISCONTINUITY-SEQUENCE:0
    #EXT-X-MAP:URI="e1-init0.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:31.000Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p0.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p1.m4s"
    #EXTINF:0.4,
    e1-s0.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:31.400Z
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p2.m4s"
    #EXT-X-PART:DURATION=0.2,URI="e1-r0p3.m4s"
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="e1-r0p4.m4s"
    "#);
    insta::assert_snapshot!(String::from_utf8(rig.window.multivariant("~t0k/").unwrap().to_vec()).unwrap(), @r#"
    #EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-STREAM-INF:BANDWIDTH=367494,AVERAGE-BANDWIDTH=367494,CODECS="avc1.4d400d,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000
    ~t0k/e1-main.m3u8
    "#);
}

#[test]
fn blocking_reload_waits_for_the_part_and_then_has_it() {
    let mut rig = live(9100);
    let (msn, part) = next(&rig);
    let query = format!("_HLS_msn={msn}&_HLS_part={part}");
    let Answer::Wait { deadline } = rig.ask("e1-main.m3u8", &query) else {
        panic!("the part is not there yet")
    };
    assert_eq!(deadline, rig.now.mono + Duration::from_secs(12));
    let since = rig.now.mono;
    let version = rig.window.version();
    rig.play(
        Source {
            rate: Some((25, 1)),
            gop: 50,
            ..Source::default()
        }
        .frames(9120, 250),
    );
    assert!(rig.window.version() > version);
    let Answer::Ready(reply) = rig.ask_since("e1-main.m3u8", &query, since) else {
        panic!("the part is there")
    };
    assert_eq!(
        (reply.kind, reply.max_age_s),
        (Kind::Playlist { blocking: true }, 24)
    );
    assert!(text(&reply).contains(&part_name(&rig, msn, part)));
}

#[test]
fn part_request_past_the_last_part_means_the_next_segment() {
    let rig = live(9100);
    let (msn, part) = next(&rig);
    assert!(part > 0);
    // The segment before is complete: any part past its end is the first of this one, which is there.
    assert!(matches!(
        rig.ask(
            "e1-main.m3u8",
            &format!("_HLS_msn={}&_HLS_part=14", msn - 1)
        ),
        Answer::Ready(_)
    ));
    assert!(matches!(
        rig.ask("e1-main.m3u8", &format!("_HLS_msn={}", msn - 1)),
        Answer::Ready(_)
    ));
    assert!(matches!(
        rig.ask("e1-main.m3u8", &format!("_HLS_msn={msn}")),
        Answer::Wait { .. }
    ));
}

/// Abuse case F1.
#[test]
fn requests_too_far_ahead_or_without_sense_are_refused() {
    let rig = live(9100);
    let (msn, part) = next(&rig);
    let bad = |query: &str| matches!(rig.ask("e1-main.m3u8", query), Answer::BadRequest { .. });
    assert!(bad(&format!("_HLS_msn={}", msn + 2)));
    assert!(!bad(&format!("_HLS_msn={}", msn + 1)));
    assert!(bad(&format!("_HLS_msn={msn}&_HLS_part={}", part + 15)));
    assert!(!bad(&format!("_HLS_msn={msn}&_HLS_part={}", part + 14)));
    for query in [
        "_HLS_part=1",
        "_HLS_msn=x",
        "_HLS_msn=18446744073709551615",
        "_HLS_skip=1",
    ] {
        assert!(bad(query), "{query}");
    }
    // Long gone: the whole playlist, at once.
    assert!(matches!(
        rig.ask("e1-main.m3u8", "_HLS_msn=0"),
        Answer::Ready(_)
    ));
}

/// Abuse case F3.
#[test]
fn unanswered_wait_ends_after_three_target_durations() {
    let mut rig = live(5100);
    let since = rig.now.mono;
    let (msn, _) = next(&rig);
    let query = format!("_HLS_msn={}", msn + 1);
    rig.end_of_time(11_900);
    assert!(matches!(
        rig.ask_since("e1-main.m3u8", &query, since),
        Answer::Wait { .. }
    ));
    rig.end_of_time(100);
    assert!(matches!(
        rig.ask_since("e1-main.m3u8", &query, since),
        Answer::Unavailable { .. }
    ));
}

/// The name of a part of the first run and epoch; of the next one where it is not there yet.
fn part_name(rig: &Rig, msn: u64, index: u32) -> String {
    let place = rig
        .parts()
        .position(|part| part.msn == msn && part.index == index)
        .unwrap_or_else(|| rig.parts().count());
    format!("e1-r0p{place}.m4s")
}

#[test]
fn hinted_part_blocks_and_unhinted_names_do_not_exist() {
    let rig = live(9100);
    let (msn, part) = next(&rig);
    let ask = |piece: &str| rig.ask(piece, "");
    let hinted = part_name(&rig, msn, part);
    let hint = format!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{hinted}\"");
    assert!(rig.playlist().contains(&hint), "{}", rig.playlist());
    assert!(matches!(ask(&hinted), Answer::Wait { .. }));
    assert!(matches!(
        ask(&format!("e1-r0p{}.m4s", rig.parts().count() + 1)),
        Answer::NotFound { .. }
    ));
    assert!(matches!(
        ask(&format!("e1-s{msn}.m4s")),
        Answer::NotFound { .. }
    ));
    for piece in [
        "e1-s99.m4s",
        "e1-init9.mp4",
        "e2-main.m3u8",
        "main.m3u8",
        "",
        "e1-r0p999.m4s",
    ] {
        assert!(matches!(ask(piece), Answer::NotFound { .. }), "{piece}");
    }
}

#[test]
fn hint_holds_whichever_segment_the_next_part_begins() {
    let rig = live(9990);
    let hinted = rig
        .playlist()
        .lines()
        .find_map(|line| line.strip_prefix("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\""))
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap()
        .to_owned();
    assert!(matches!(rig.ask(&hinted, ""), Answer::Wait { .. }));
    // The group of two seconds is full: the next picture is a key frame, and begins a segment.
    let before = rig.parts().last().unwrap().msn;
    let rig = live(10_300);
    let next = rig.parts().find(|part| part.msn > before).unwrap();
    assert_eq!(next.index, 0);
    assert!(rig.playlist().contains(&hinted), "{hinted}");
}

#[test]
fn segment_is_its_parts_and_shares_their_bytes() {
    let rig = live(9100);
    let Answer::Ready(segment) = rig.ask("e1-s2.m4s", "") else {
        panic!("listed")
    };
    let mut parts = Vec::new();
    for listed in rig.parts().filter(|part| part.msn == 2) {
        let name = part_name(&rig, 2, listed.index);
        let Answer::Ready(part) = rig.ask(&name, "") else {
            panic!("{name} is listed")
        };
        assert_eq!((part.kind, part.max_age_s), (Kind::Part, 24));
        parts.extend(part.body.slices().cloned());
    }
    assert_eq!(segment.kind, Kind::Segment);
    assert_eq!(segment.body.chunks().len(), parts.len());
    let shared = segment
        .body
        .slices()
        .zip(&parts)
        .all(|(a, b)| a.as_ptr() == b.as_ptr());
    assert!(shared && segment.body.len() > 10_000);
}

#[test]
fn delta_leaves_out_what_is_older_than_six_target_durations() {
    let rig = live(60_000);
    let (Answer::Ready(full), Answer::Ready(delta)) = (
        rig.ask("e1-main.m3u8", ""),
        rig.ask("e1-main.m3u8", "_HLS_skip=YES"),
    ) else {
        panic!("both are there")
    };
    let (full, delta) = (text(&full), text(&delta));
    let skipped: usize = delta
        .lines()
        .find_map(|line| line.strip_prefix("#EXT-X-SKIP:SKIPPED-SEGMENTS="))
        .unwrap()
        .parse()
        .unwrap();
    assert!(skipped >= 3, "{skipped}");
    let count = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("#EXTINF"))
            .count()
    };
    assert_eq!(count(&full), count(&delta) + skipped);
    let tail = &delta[delta.find("#EXT-X-PROGRAM-DATE-TIME").unwrap()..];
    assert!(full.ends_with(tail));
    assert!(
        delta.find("#EXT-X-DISCONTINUITY-SEQUENCE").unwrap() < delta.find("#EXT-X-SKIP").unwrap()
    );
}

#[test]
fn parts_are_listed_for_three_target_durations_and_kept_for_three_more() {
    let rig = live(60_000);
    let playlist = rig.playlist();
    let oldest = playlist
        .lines()
        .find(|line| line.starts_with("#EXT-X-PART:"))
        .unwrap();
    let oldest: usize = oldest
        .split("e1-r0p")
        .nth(1)
        .unwrap()
        .split('.')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let oldest = rig.parts().nth(oldest).unwrap().msn;
    let newest = rig.parts().last().unwrap().msn;
    assert!((5..=7).contains(&(newest - oldest)), "{oldest} {newest}");
    assert!(matches!(
        rig.ask(&part_name(&rig, oldest - 6, 0), ""),
        Answer::Ready(_)
    ));
    assert!(matches!(
        rig.ask(&part_name(&rig, newest - 17, 0), ""),
        Answer::Gone { .. }
    ));
}

/// Abuse case F4.
#[test]
fn removed_segments_stay_for_those_who_saw_them_and_then_are_gone() {
    let rig = live(120_000);
    let first: u64 = rig
        .playlist()
        .lines()
        .find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(matches!(
        rig.ask(&format!("e1-s{}.m4s", first - 1), ""),
        Answer::Ready(_)
    ));
    assert!(matches!(
        rig.ask(&format!("e1-s{}.m4s", first - 8), ""),
        Answer::Gone { .. }
    ));
    assert!(matches!(rig.ask("e1-r0p0.m4s", ""), Answer::Gone { .. }));
}

/// Abuse case C11.
#[test]
fn window_stays_within_its_bytes_but_never_under_three_target_durations() {
    let settings = Settings {
        window_bytes_max: 400_000,
        ..Settings::default()
    };
    let mut rig = Rig::with(settings, None);
    rig.publish(&Source::default(), 0, 60_000);
    let playlist = hls::read::media(rig.playlist().as_bytes()).unwrap();
    let seconds = playlist
        .segments
        .iter()
        .map(|segment| segment.duration.as_secs_f64())
        .sum::<f64>();
    assert!((12.0..14.0).contains(&seconds), "{seconds}");
    assert!(
        rig.window.facts().unwrap().bytes < 800_000,
        "{:?}",
        rig.window.facts()
    );
}

#[test]
fn gzip_form_is_the_same_text() {
    use std::io::Read as _;
    let rig = live(9100);
    let Answer::Ready(reply) = rig.ask("e1-main.m3u8", "") else {
        panic!("there")
    };
    assert_eq!(
        (reply.kind, reply.max_age_s),
        (Kind::Playlist { blocking: false }, 2)
    );
    let mut plain = String::new();
    flate2::read::GzDecoder::new(&reply.gzip.clone().unwrap()[..])
        .read_to_string(&mut plain)
        .unwrap();
    assert_eq!(plain, text(&reply));
    assert!(reply.gzip.unwrap().len() * 3 < plain.len());
}

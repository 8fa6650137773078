//! Rules about one playlist at one moment (RFC 8216bis 4.4, 6.2, appendix B).

use std::time::Duration;

use super::{Judge, lists};
use crate::{
    check::{
        Limits,
        log::{Log, Seen},
    },
    read::{Part, Segment},
};

/// What decimals of three digits may be off.
const ROUNDING: Duration = Duration::from_millis(1);
/// Dates may overlap by less than this to follow a drifting clock.
const DATE_TOLERANCE_MS: i64 = 1000;

pub(super) fn readable(log: &Log, _: &Limits, judge: &mut Judge) {
    for _ in 0..log.readable {
        judge.expect(true, String::new);
    }
    for why in &log.unreadable {
        judge.expect(false, || why.clone());
    }
}

pub(super) fn complete(log: &Log, _: &Limits, judge: &mut Judge) {
    judge.expect(log.dropped == 0, || {
        format!("{} observations left out", log.dropped)
    });
}

fn target(list: &Seen) -> Duration {
    Duration::from_secs(list.media.target_duration_s)
}

pub(super) fn extinf(log: &Log, _: &Limits, judge: &mut Judge) {
    for (url, list) in lists(log) {
        for segment in &list.media.segments {
            let rounded =
                segment.duration.as_secs() + u64::from(segment.duration.subsec_millis() >= 500);
            judge.expect(rounded <= list.media.target_duration_s, || {
                format!(
                    "{url}: segment {} lasts {:?}",
                    segment.msn, segment.duration
                )
            });
        }
    }
}

/// Every part with its segment, what follows it there, and whether the segment is whole.
fn parts(list: &Seen) -> impl Iterator<Item = (&Segment, &Part, Option<&Part>, bool)> {
    list.media.with_open().flat_map(|segment| {
        let whole = !segment.uri.is_empty();
        let next = segment.parts.iter().skip(1).map(Some).chain([None]);
        segment
            .parts
            .iter()
            .zip(next)
            .map(move |(part, next)| (segment, part, next, whole))
    })
}

fn needs_parts(log: &Log, judge: &mut Judge) {
    if lists(log).next().is_some() && lists(log).all(|(_, list)| list.media.part_target.is_none()) {
        judge.not_needed("no playlist has parts");
    }
}

pub(super) fn part_max(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    for (url, list) in lists(log) {
        let longest = list.media.part_target.unwrap_or_default();
        for (segment, part, _, _) in parts(list) {
            judge.expect(part.duration <= longest, || {
                format!(
                    "{url}: {} of segment {} lasts {:?}, PART-TARGET {longest:?}",
                    part.uri, segment.msn, part.duration
                )
            });
        }
    }
}

pub(super) fn part_min(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    let exempt = |list| parts(list).all(|(_, part, _, _)| part.independent || part.gap);
    if lists(log).next().is_some() && lists(log).all(|(_, list)| exempt(list)) {
        judge.not_needed("every part is independent or a gap, as with sound alone");
    }
    for (url, list) in lists(log) {
        let shortest = list.media.part_target.unwrap_or_default().mul_f64(0.85);
        for (segment, part, next, whole) in parts(list) {
            // The newest part may turn out to be the last of its segment.
            let Some(next) = next else {
                if whole && segment.parts.len() == 1 {
                    judge.expect(true, String::new);
                }
                continue;
            };
            if !part.independent && !part.gap && !next.gap {
                judge.expect(part.duration + Duration::from_micros(1) >= shortest, || {
                    format!(
                        "{url}: {} of segment {} lasts {:?}",
                        part.uri, segment.msn, part.duration
                    )
                });
            }
        }
    }
}

pub(super) fn part_sum(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    for (url, list) in lists(log) {
        for segment in list
            .media
            .segments
            .iter()
            .filter(|segment| !segment.parts.is_empty())
        {
            let sum: Duration = segment.parts.iter().map(|part| part.duration).sum();
            let count = u32::try_from(segment.parts.len()).unwrap_or(u32::MAX);
            judge.expect(sum.abs_diff(segment.duration) <= ROUNDING * count, || {
                format!(
                    "{url}: segment {} lasts {:?}, its parts {sum:?}",
                    segment.msn, segment.duration
                )
            });
        }
    }
}

pub(super) fn block_reload(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    for (url, list) in lists(log).filter(|(_, list)| list.media.part_target.is_some()) {
        let offered = list
            .media
            .server_control
            .as_ref()
            .is_some_and(|control| control.can_block_reload);
        judge.expect(offered, || format!("{url} does not"));
    }
}

fn hold_back_of_parts(log: &Log, judge: &mut Judge, times: u32) {
    needs_parts(log, judge);
    for (url, list) in lists(log) {
        if let Some(target) = list.media.part_target {
            let held = list
                .media
                .server_control
                .as_ref()
                .and_then(|control| control.part_hold_back);
            judge.expect(held.is_some_and(|held| held >= target * times), || {
                format!("{url}: PART-HOLD-BACK {held:?}, PART-TARGET {target:?}")
            });
        }
    }
}

pub(super) fn part_hold_back(log: &Log, _: &Limits, judge: &mut Judge) {
    hold_back_of_parts(log, judge, 2);
}

pub(super) fn part_hold_back_advised(log: &Log, _: &Limits, judge: &mut Judge) {
    hold_back_of_parts(log, judge, 3);
}

pub(super) fn hold_back(log: &Log, _: &Limits, judge: &mut Judge) {
    if lists(log).next().is_some() {
        judge.not_needed("HOLD-BACK is absent, which means three target durations");
    }
    for (url, list) in lists(log) {
        if let Some(held) = list
            .media
            .server_control
            .as_ref()
            .and_then(|control| control.hold_back)
        {
            judge.expect(held >= target(list) * 3, || {
                format!("{url}: HOLD-BACK {held:?}")
            });
        }
    }
}

pub(super) fn skip_until(log: &Log, _: &Limits, judge: &mut Judge) {
    if lists(log).next().is_some() {
        judge.not_needed("no delta updates are offered");
    }
    for (url, list) in lists(log) {
        let Some(control) = &list.media.server_control else {
            continue;
        };
        if let Some(until) = control.can_skip_until {
            judge.expect(until >= target(list) * 6, || {
                format!("{url}: CAN-SKIP-UNTIL {until:?}")
            });
        } else if control.can_skip_dateranges {
            judge.expect(false, || {
                format!("{url}: CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL")
            });
        }
    }
}

/// A stored stream need not say when it was.
fn needs_dates(log: &Log, judge: &mut Judge) {
    let dated = |list: &Seen| {
        let mut segments = list.media.with_open();
        segments.any(|segment| segment.program_date_time_ms.is_some())
    };
    if log.is_stored() && !lists(log).any(|(_, list)| dated(list)) {
        judge.not_needed("what is stored needs no dates");
    }
}

pub(super) fn date_present(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_dates(log, judge);
    if judge.is_excused() {
        return;
    }
    for (url, list) in lists(log) {
        let mut segments = list.media.with_open();
        let dated = segments.any(|segment| segment.program_date_time_ms.is_some());
        judge.expect(dated || list.media.with_open().next().is_none(), || {
            format!("{url}: no date")
        });
        for segment in list
            .media
            .with_open()
            .filter(|segment| segment.discontinuity)
        {
            judge.expect(segment.program_date_time_ms.is_some(), || {
                format!(
                    "{url}: segment {} begins a discontinuity without a date",
                    segment.msn
                )
            });
        }
    }
}

pub(super) fn date_consistent(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_dates(log, judge);
    for (url, list) in lists(log) {
        let mut expected_ms: Option<i64> = None;
        for segment in list.media.with_open() {
            if segment.discontinuity {
                expected_ms = None;
            }
            if let (Some(date), Some(expected)) = (segment.program_date_time_ms, expected_ms) {
                judge.expect((date - expected).abs() < DATE_TOLERANCE_MS, || {
                    format!(
                        "{url}: segment {} is dated {} ms off",
                        segment.msn,
                        date - expected
                    )
                });
            } else if segment.program_date_time_ms.is_some() {
                judge.expect(true, String::new);
            }
            let start = segment.program_date_time_ms.or(expected_ms);
            let lasts = i64::try_from(segment.duration.as_millis()).unwrap_or(i64::MAX);
            expected_ms = start.map(|start| start.saturating_add(lasts));
        }
    }
}

pub(super) fn late_tags(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    for (url, list) in lists(log).filter(|(_, list)| list.media.part_target.is_some()) {
        judge.expect(list.media.late_tags.is_empty(), || {
            let tags: Vec<_> = list
                .media
                .late_tags
                .iter()
                .map(|late| format!("{} (line {})", late.tag, late.line))
                .collect();
            format!("{url}: {}", tags.join(", "))
        });
    }
}

/// Segments that explain themselves: MPEG-TS, sound in ADTS with its stamp, captions.
fn explains_itself(body: &[u8]) -> bool {
    body.first() == Some(&0x47)
        || body.starts_with(b"ID3")
        || body.starts_with(b"WEBVTT")
        || matches!(body, [0xff, second, ..] if second & 0xf6 == 0xf0)
}

pub(super) fn map_present(log: &Log, _: &Limits, judge: &mut Judge) {
    if log.is_stored() {
        judge.not_needed("its segments need none");
    }
    for (url, list) in lists(log) {
        for segment in list.media.with_open() {
            let piece = log.piece(url, &segment.uri);
            if segment.map.is_none() && piece.is_some_and(|piece| explains_itself(&piece.body)) {
                continue;
            }
            // What was not fetched of a stored stream cannot be judged.
            if segment.map.is_none() && piece.is_none() && log.is_stored() {
                continue;
            }
            judge.expect(segment.map.is_some(), || {
                format!("{url}: segment {} has none", segment.msn)
            });
        }
    }
}

pub(super) fn version(log: &Log, _: &Limits, judge: &mut Judge) {
    let deltas = log
        .streams
        .iter()
        .flat_map(|(url, stream)| stream.deltas.iter().map(move |list| (url.as_str(), list)));
    for (url, list) in lists(log).chain(deltas) {
        let media = &list.media;
        let mut needed = 1;
        let all = || media.with_open();
        if all().any(|segment| segment.duration.subsec_nanos() > 0) {
            needed = 3;
        }
        if all().any(|segment| segment.byte_range.is_some()) {
            needed = 4;
        }
        if media.with_open().any(|segment| segment.map.is_some()) {
            needed = 6;
        }
        if let Some(skip) = &media.skip {
            needed = if skip.removed_dateranges.is_some() {
                10
            } else {
                9
            };
        }
        judge.expect(media.version >= needed, || {
            format!("{url}: version {}, needs {needed}", media.version)
        });
    }
}

pub(super) fn vod_type(log: &Log, _: &Limits, judge: &mut Judge) {
    if !log.streams.is_empty() && !log.streams.values().any(|stream| stream.stored) {
        judge.not_needed("nothing is stored");
    }
    for (url, stream) in log.streams.iter().filter(|(_, stream)| stream.stored) {
        for list in &stream.lists {
            let stated = &list.media.playlist_type;
            judge.expect(stated.as_deref() == Some("VOD"), || {
                format!("{url}: EXT-X-PLAYLIST-TYPE is {stated:?}")
            });
        }
    }
}

pub(super) fn vod_ended(log: &Log, _: &Limits, judge: &mut Judge) {
    if lists(log).next().is_some() {
        judge.not_needed("no playlist says VOD");
    }
    let says_vod = |list: &Seen| list.media.playlist_type.as_deref() == Some("VOD");
    for (url, list) in lists(log).filter(|(_, list)| says_vod(list)) {
        let media = &list.media;
        let is_live = media.part_target.is_some() || !media.hints.is_empty();
        judge.expect(media.endlist && !is_live, || {
            format!("{url}: ENDLIST {}, live tags {is_live}", media.endlist)
        });
    }
}

pub(super) fn hint_one(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    for (url, list) in lists(log).filter(|(_, list)| list.media.part_target.is_some()) {
        let (parts, maps) = list.media.hints.iter().fold((0, 0), |(parts, maps), hint| {
            if hint.map {
                (parts, maps + 1)
            } else {
                (parts + 1, maps)
            }
        });
        let wanted = u32::from(!list.media.endlist);
        judge.expect(parts == wanted && maps <= wanted, || {
            format!(
                "{url}: {parts} part hints and {maps} map hints, ENDLIST {}",
                list.media.endlist
            )
        });
        for hint in list.media.hints.iter().filter(|hint| !hint.map) {
            let listed = list
                .media
                .with_open()
                .flat_map(|segment| &segment.parts)
                .any(|part| part.uri == hint.uri && part.byte_range.is_none());
            judge.expect(!listed, || {
                format!("{url}: the hint {} is already listed", hint.uri)
            });
        }
    }
}

pub(super) fn part_retention(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    for (url, list) in lists(log).filter(|(_, list)| list.media.part_target.is_some()) {
        let mut after = list
            .media
            .open
            .parts
            .iter()
            .map(|part| part.duration)
            .sum::<Duration>();
        for segment in list.media.segments.iter().rev() {
            // A segment that reaches into the last three target durations may keep its parts.
            judge.expect(
                after <= target(list) * 3 || segment.parts.is_empty(),
                || {
                    format!(
                        "{url}: segment {} keeps its parts {after:?} from the end",
                        segment.msn
                    )
                },
            );
            after = after.saturating_add(segment.duration);
        }
    }
}

pub(super) fn gap(log: &Log, _: &Limits, judge: &mut Judge) {
    if lists(log).next().is_some() {
        judge.not_needed("nothing was missing");
    }
    for (url, list) in lists(log) {
        for segment in list
            .media
            .segments
            .iter()
            .filter(|segment| !segment.parts.is_empty())
        {
            let all = segment.parts.iter().all(|part| part.gap);
            if segment.gap || all {
                judge.expect(segment.gap == all, || {
                    format!(
                        "{url}: segment {} has GAP {}, its parts {all}",
                        segment.msn, segment.gap
                    )
                });
            }
        }
    }
}

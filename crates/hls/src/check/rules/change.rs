//! Rules about a playlist over time (RFC 8216bis 6.2.1, 6.2.2, appendix B).

use std::{collections::BTreeSet, time::Duration};

use super::{Judge, lists, steps};
use crate::{
    check::{
        Limits,
        log::{Log, Seen},
        url::{resolve, without_query},
    },
    read::{Media, Segment},
};

fn fixed<T: PartialEq + std::fmt::Debug>(log: &Log, judge: &mut Judge, of: fn(&Media) -> T) {
    for (url, earlier, later) in steps(log) {
        let (was, is) = (of(&earlier.media), of(&later.media));
        judge.expect(was == is, || format!("{url}: {was:?} became {is:?}"));
    }
}

pub(super) fn target_duration(log: &Log, _: &Limits, judge: &mut Judge) {
    fixed(log, judge, |media| media.target_duration_s);
}

pub(super) fn part_target(log: &Log, _: &Limits, judge: &mut Judge) {
    fixed(log, judge, |media| media.part_target);
}

pub(super) fn server_control(log: &Log, _: &Limits, judge: &mut Judge) {
    fixed(log, judge, |media| media.server_control.clone());
}

/// The media playlists that one multivariant playlist names together; epochs that follow each other are no renditions.
fn presentations(log: &Log) -> Vec<BTreeSet<String>> {
    let named = log.multivariants.iter().map(|(base, multivariant)| {
        let variants = multivariant.variants.iter().map(|variant| &variant.uri);
        let renditions = multivariant
            .renditions
            .iter()
            .filter_map(|rendition| rendition.uri.as_ref());
        variants
            .chain(renditions)
            .map(|uri| without_query(&resolve(base, uri)).to_owned())
            .collect()
    });
    named
        .filter(|urls: &BTreeSet<String>| urls.len() > 1)
        .collect()
}

fn needs_renditions(log: &Log, judge: &mut Judge) {
    if !log.multivariants.is_empty() && presentations(log).is_empty() {
        judge.not_needed("there is one media playlist");
    }
}

pub(super) fn control_same(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_renditions(log, judge);
    for urls in presentations(log) {
        let newest = |url: &String| Some((url.clone(), &log.streams.get(url)?.newest()?.media));
        let newest: Vec<_> = urls.iter().filter_map(newest).collect();
        for ((url, media), (other_url, other)) in newest.iter().zip(newest.iter().skip(1)) {
            let same = media.server_control == other.server_control
                && media.target_duration_s == other.target_duration_s;
            judge.expect(same, || format!("{url} and {other_url} differ"));
        }
    }
}

pub(super) fn sequence(log: &Log, _: &Limits, judge: &mut Judge) {
    for (url, earlier, later) in steps(log) {
        let (was, is) = (earlier.media.media_sequence, later.media.media_sequence);
        judge.expect(is >= was, || format!("{url}: {was} became {is}"));
        // A name keeps its number: otherwise more or fewer were counted than removed.
        for (before, after) in earlier.media.segments.iter().flat_map(|before| {
            later
                .media
                .segments
                .iter()
                .filter(|after| after.uri == before.uri)
                .map(move |after| (before, after))
        }) {
            let same = before.msn == after.msn || before.gap || before.byte_range.is_some();
            judge.expect(same, || {
                format!(
                    "{url}: {} was number {} and became {}",
                    before.uri, before.msn, after.msn
                )
            });
        }
    }
}

/// What is stored has no moments.
fn needs_time(log: &Log, judge: &mut Judge) {
    if log.is_stored() {
        judge.not_needed("it is stored, and never changes");
    }
}

pub(super) fn no_return(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_time(log, judge);
    for (url, stream) in &log.streams {
        let mut by_time: Vec<&Seen> = stream.lists.iter().collect();
        by_time.sort_by_key(|list| list.at);
        for (index, list) in by_time.iter().enumerate() {
            let known = by_time
                .get(..index)
                .unwrap_or_default()
                .iter()
                .rev()
                .find(|known| known.at <= list.asked);
            if let Some(known) = known {
                judge.expect(list.position() >= known.position(), || {
                    format!(
                        "{url}: at {:?} {:?} after {:?}",
                        list.at,
                        list.position(),
                        known.position()
                    )
                });
            }
        }
    }
}

/// A segment is the same but for parts whose tags are gone.
fn same_segment(before: &Segment, after: &Segment) -> bool {
    before.uri == after.uri
        && before.duration == after.duration
        && before.discontinuity == after.discontinuity
        && before.gap == after.gap
        && before.map == after.map
        && before.program_date_time_ms == after.program_date_time_ms
        && before.byte_range == after.byte_range
        && (after.parts.is_empty() || before.parts == after.parts)
}

pub(super) fn append_only(log: &Log, _: &Limits, judge: &mut Judge) {
    for (url, earlier, later) in steps(log) {
        let find = |msn: u64| later.media.with_open().find(|after| after.msn == msn);
        for before in &earlier.media.segments {
            if before.msn < later.media.media_sequence {
                continue;
            }
            let kept = find(before.msn).is_some_and(|after| same_segment(before, after));
            judge.expect(kept, || {
                format!("{url}: segment {} changed or vanished", before.msn)
            });
        }
        let open = &earlier.media.open;
        if let Some(after) =
            find(open.msn).filter(|after| !open.parts.is_empty() && !after.parts.is_empty())
        {
            let kept = after.parts.starts_with(&open.parts)
                && open.discontinuity == after.discontinuity
                && open.program_date_time_ms == after.program_date_time_ms;
            judge.expect(kept, || {
                format!("{url}: the parts of segment {} changed", open.msn)
            });
        }
    }
}

pub(super) fn discontinuity(log: &Log, _: &Limits, judge: &mut Judge) {
    for (url, earlier, later) in steps(log) {
        if later.media.media_sequence > earlier.media.next_msn() {
            continue;
        }
        let gone = earlier
            .media
            .with_open()
            .filter(|segment| segment.msn < later.media.media_sequence);
        let removed = gone.filter(|segment| segment.discontinuity).count() as u64;
        let wanted = earlier.media.discontinuity_sequence + removed;
        judge.expect(later.media.discontinuity_sequence == wanted, || {
            format!(
                "{url}: {} instead of {wanted}",
                later.media.discontinuity_sequence
            )
        });
    }
}

pub(super) fn window(log: &Log, _: &Limits, judge: &mut Judge) {
    if steps(log).next().is_some() {
        judge.not_needed("no segment was removed");
    }
    for (url, earlier, later) in steps(log) {
        if later.media.media_sequence > earlier.media.media_sequence {
            let floor = Duration::from_secs(later.media.target_duration_s.saturating_mul(3));
            let left = later.media.duration();
            judge.expect(left >= floor, || format!("{url}: {left:?} left"));
        }
    }
}

pub(super) fn hint_true(log: &Log, _: &Limits, judge: &mut Judge) {
    if lists(log).next().is_some() && lists(log).all(|(_, list)| list.media.hints.is_empty()) {
        judge.not_needed("nothing was hinted");
    }
    for (url, earlier, later) in steps(log) {
        let Some(hint) = earlier.media.hints.iter().find(|hint| !hint.map) else {
            continue;
        };
        let open = &earlier.media.open;
        let in_this = later.media.with_open().find(|after| after.msn == open.msn);
        // A segment that closes without another part hands the hint on to the next segment's first part.
        let next = in_this
            .and_then(|after| after.parts.get(open.parts.len()))
            .or_else(|| {
                let whole =
                    in_this.is_some_and(|after| !after.uri.is_empty() && !after.parts.is_empty());
                let following = later
                    .media
                    .with_open()
                    .find(|after| after.msn == open.msn + 1);
                following
                    .filter(|_| whole)
                    .and_then(|after| after.parts.first())
            });
        if let Some(next) = next {
            judge.expect(next.uri == hint.uri || next.gap, || {
                format!("{url}: {} hinted, {} came", hint.uri, next.uri)
            });
        }
    }
}

pub(super) fn end(log: &Log, _: &Limits, judge: &mut Judge) {
    if !lists(log).any(|(_, list)| list.media.endlist) && lists(log).next().is_some() {
        judge.not_needed("the stream did not end");
    }
    for (url, stream) in &log.streams {
        let Some(ended) = stream
            .lists
            .iter()
            .filter(|list| list.media.endlist)
            .min_by_key(|list| list.at)
        else {
            continue;
        };
        judge.expect(true, String::new);
        for list in stream.lists.iter().filter(|list| list.asked >= ended.at) {
            judge.expect(
                list.media.endlist && list.position() == ended.position(),
                || {
                    format!(
                        "{url}: {:?} after the end at {:?}",
                        list.position(),
                        ended.position()
                    )
                },
            );
        }
    }
}

/// Moments at which each whole playlist was first received with something new.
fn firsts(lists: &[Seen]) -> Vec<&Seen> {
    let mut firsts: Vec<&Seen> = Vec::new();
    for list in lists {
        match firsts.last_mut() {
            Some(last) if last.position() == list.position() => {
                if list.at < last.at {
                    *last = list;
                }
            }
            _ => firsts.push(list),
        }
    }
    firsts
}

pub(super) fn part_cadence(log: &Log, limits: &Limits, judge: &mut Judge) {
    if lists(log).next().is_some() && lists(log).all(|(_, list)| list.media.part_target.is_none()) {
        judge.not_needed("no playlist has parts");
    }
    for (url, stream) in &log.streams {
        let firsts = firsts(&stream.lists);
        for (earlier, later) in firsts.iter().zip(firsts.iter().skip(1)) {
            let Some(target) = later.media.part_target else {
                continue;
            };
            let due = earlier.at.saturating_add(target);
            // Only a request for exactly the next part, waiting when it was due, can tell.
            let (next, known) = (later.directives, earlier.position());
            let waited = next.msn == Some(known.next_msn) && next.part == Some(known.parts);
            if waited && later.asked <= due && !later.media.endlist {
                judge.expect(later.at <= due.saturating_add(limits.slack), || {
                    format!(
                        "{url}: {:?} came {:?} late",
                        later.position(),
                        later.at.saturating_sub(due)
                    )
                });
            }
        }
    }
}

pub(super) fn segment_cadence(log: &Log, limits: &Limits, judge: &mut Judge) {
    needs_time(log, judge);
    for (url, stream) in &log.streams {
        let mut last: Option<&Seen> = None;
        for list in firsts(&stream.lists) {
            if let Some(earlier) =
                last.filter(|earlier| earlier.position().next_msn < list.position().next_msn)
            {
                let allowed =
                    Duration::from_millis(list.media.target_duration_s.saturating_mul(1500))
                        + limits.slack;
                let took = list.at.saturating_sub(earlier.at);
                judge.expect(took <= allowed || list.media.endlist, || {
                    format!("{url}: segment {} took {took:?}", list.position().next_msn)
                });
            }
            if last.is_none_or(|earlier| earlier.position().next_msn < list.position().next_msn) {
                last = Some(list);
            }
        }
    }
}

pub(super) fn reports(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_renditions(log, judge);
    for urls in presentations(log) {
        for (url, list) in
            lists(log).filter(|(url, list)| urls.contains(*url) && list.media.part_target.is_some())
        {
            let reported: Vec<String> = list
                .media
                .reports
                .iter()
                .map(|report| resolve(url, &report.uri))
                .collect();
            for other in urls.iter().filter(|other| *other != url) {
                let there = reported
                    .iter()
                    .any(|reported| without_query(reported) == other);
                judge.expect(there, || format!("{url} does not report {other}"));
            }
        }
    }
}

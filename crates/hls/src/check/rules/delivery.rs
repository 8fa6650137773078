//! Rules about answers: directives, status, deltas, headers (RFC 8216bis 6.2.5, appendix B.1).

use std::time::Duration;

use super::{Judge, lists};
use crate::check::{
    Limits, RequestKind,
    log::{Exchange, Log, Seen, Stream},
    url::without_query,
};
use crate::read::Media;

fn stream_of<'a>(log: &'a Log, exchange: &Exchange) -> Option<&'a Stream> {
    log.streams.get(without_query(&exchange.url))
}

fn playlists(log: &Log) -> impl Iterator<Item = &Exchange> {
    log.exchanges
        .iter()
        .filter(|exchange| exchange.kind == RequestKind::Media)
}

/// No playlist offers blocking reload, so its directives mean nothing.
fn needs_blocking(log: &Log, judge: &mut Judge) {
    let blocks = |list: &Seen| {
        list.media
            .server_control
            .as_ref()
            .is_some_and(|control| control.can_block_reload)
    };
    if lists(log).next().is_some() && !lists(log).any(|(_, list)| blocks(list)) {
        judge.not_needed("no playlist offers blocking reload");
    }
}

/// The playlist lists what the directives wait for.
fn satisfies(media: &Media, msn: u64, part: Option<u64>) -> bool {
    let whole = media.next_msn();
    let Some(part) = part else { return whole > msn };
    if whole == msn {
        return media.open.parts.len() as u64 > part;
    }
    if whole <= msn {
        return false;
    }
    // Past the last part of a whole segment: the first part of the next one must be there.
    let parts = media
        .segments
        .iter()
        .find(|segment| segment.msn == msn)
        .map_or(0, |segment| segment.parts.len() as u64);
    let beyond = parts > 0 && part >= parts;
    !beyond || whole > msn + 1 || !media.open.parts.is_empty()
}

pub(super) fn blocking(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_blocking(log, judge);
    for (url, stream) in &log.streams {
        for list in stream.lists.iter().chain(&stream.deltas) {
            let Some(msn) = list.directives.msn.filter(|_| !list.media.endlist) else {
                continue;
            };
            judge.expect(satisfies(&list.media, msn, list.directives.part), || {
                format!(
                    "{url}: asked for {msn}/{:?}, got {:?}",
                    list.directives.part,
                    list.position()
                )
            });
        }
    }
}

pub(super) fn past_last_part(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_blocking(log, judge);
    for (url, stream) in &log.streams {
        for list in stream.lists.iter().filter(|list| !list.media.endlist) {
            let (Some(msn), Some(part)) = (list.directives.msn, list.directives.part) else {
                continue;
            };
            let segment = list
                .media
                .segments
                .iter()
                .find(|segment| segment.msn == msn);
            if segment.is_some_and(|segment| {
                !segment.parts.is_empty() && part >= segment.parts.len() as u64
            }) {
                judge.expect(satisfies(&list.media, msn, Some(part)), || {
                    format!("{url}: asked for {msn}/{part}, got {:?}", list.position())
                });
            }
        }
    }
}

pub(super) fn old(log: &Log, limits: &Limits, judge: &mut Judge) {
    needs_blocking(log, judge);
    for exchange in playlists(log) {
        let (Some(msn), Some(known)) = (exchange.directives.msn, exchange.known) else {
            continue;
        };
        if msn < known.next_msn && exchange.directives.part.is_none() {
            let took = exchange.at.saturating_sub(exchange.asked);
            judge.expect(exchange.ok() && took <= limits.slack, || {
                format!(
                    "{}: status {} after {took:?}",
                    exchange.url, exchange.status
                )
            });
        }
    }
}

/// Expects 400 of every playlist request that `wrong` picks, unless the playlist had ended.
fn refused(log: &Log, judge: &mut Judge, wrong: impl Fn(&Exchange, &Media) -> bool) {
    needs_blocking(log, judge);
    for exchange in playlists(log).filter(|exchange| !exchange.after_end) {
        let Some(newest) = stream_of(log, exchange).and_then(Stream::newest) else {
            continue;
        };
        if wrong(exchange, &newest.media) {
            judge.expect(exchange.status == 400, || {
                format!("{}: status {}", exchange.url, exchange.status)
            });
        }
    }
}

pub(super) fn part_alone(log: &Log, _: &Limits, judge: &mut Judge) {
    refused(log, judge, |exchange, _| {
        let directives = exchange.directives;
        directives.part.is_some() && directives.msn.is_none() && !directives.malformed
    });
}

pub(super) fn too_far(log: &Log, _: &Limits, judge: &mut Judge) {
    // A media sequence number two beyond the last whole segment is allowed; one more may be, as the server was a segment ahead.
    refused(log, judge, |exchange, _| {
        match (exchange.directives.msn, exchange.known) {
            (Some(msn), Some(known)) => msn > known.next_msn + 3,
            _ => false,
        }
    });
}

pub(super) fn part_too_far(log: &Log, _: &Limits, judge: &mut Judge) {
    refused(log, judge, |exchange, newest| {
        let (Some(msn), Some(part), Some(known)) = (
            exchange.directives.msn,
            exchange.directives.part,
            exchange.known,
        ) else {
            return false;
        };
        let Some(target) = newest.part_target.filter(|target| !target.is_zero()) else {
            return false;
        };
        let limit = if target < Duration::from_secs(1) {
            (3.0 / target.as_secs_f64()).ceil() as u64
        } else {
            3
        };
        // Twice the limit: the server may have gone on meanwhile.
        msn >= known.next_msn
            && msn <= known.next_msn + 2
            && part > known.parts.saturating_add(limit.saturating_mul(2))
    });
}

pub(super) fn no_number(log: &Log, _: &Limits, judge: &mut Judge) {
    refused(log, judge, |exchange, _| exchange.directives.malformed);
}

pub(super) fn missing(log: &Log, _: &Limits, judge: &mut Judge) {
    for exchange in log
        .exchanges
        .iter()
        .filter(|exchange| exchange.kind == RequestKind::Missing)
    {
        judge.expect(exchange.status == 404, || {
            format!("{}: status {}", exchange.url, exchange.status)
        });
    }
}

fn is_media(exchange: &Exchange) -> bool {
    matches!(
        exchange.kind,
        RequestKind::Init | RequestKind::Part | RequestKind::Segment | RequestKind::Range { .. }
    )
}

pub(super) fn available(log: &Log, _: &Limits, judge: &mut Judge) {
    // A hint that came to nothing, since the stream ended or a gap took its place, may be answered 404.
    let ended = lists(log).any(|(_, list)| {
        list.media.endlist
            || list
                .media
                .with_open()
                .any(|segment| segment.parts.iter().any(|part| part.gap))
    });
    for exchange in log.exchanges.iter().filter(|exchange| is_media(exchange)) {
        let excused =
            ended && exchange.kind != RequestKind::Init && matches!(exchange.status, 404 | 410);
        if !excused {
            judge.expect(exchange.ok() && exchange.body_len > 0, || {
                format!(
                    "{}: status {}, {} bytes",
                    exchange.url, exchange.status, exchange.body_len
                )
            });
        }
    }
}

/// Where the segment `back` from the end of the list begins, counted from the end.
fn skippable(list: &Seen) -> u64 {
    let until = list
        .media
        .server_control
        .as_ref()
        .and_then(|control| control.can_skip_until);
    let Some(until) = until else { return 0 };
    let mut after: Duration = list.media.open.parts.iter().map(|part| part.duration).sum();
    let mut kept = 0;
    for segment in list.media.segments.iter().rev() {
        after = after.saturating_add(segment.duration);
        // The skip boundary is where segments begin that far from the end.
        if after > until {
            break;
        }
        kept += 1;
    }
    (list.media.segments.len() as u64).saturating_sub(kept)
}

fn needs_deltas(log: &Log, judge: &mut Judge) {
    if lists(log).next().is_some() && lists(log).all(|(_, list)| skippable(list) == 0) {
        judge.not_needed("no delta updates are offered, or no playlist is long enough for one");
    }
}

pub(super) fn delta_answered(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_deltas(log, judge);
    for (url, stream) in &log.streams {
        for list in stream
            .lists
            .iter()
            .filter(|list| list.directives.skip && !list.media.endlist)
        {
            // One more than the boundary asks, since rounding may keep a segment.
            judge.expect(skippable(list) <= 1, || {
                format!(
                    "{url}: a whole playlist where {} could be skipped",
                    skippable(list)
                )
            });
        }
        for _ in &stream.deltas {
            judge.expect(true, String::new);
        }
    }
}

pub(super) fn delta_equal(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_deltas(log, judge);
    for (url, stream) in &log.streams {
        for delta in &stream.deltas {
            let whole = stream.lists.iter().find(|list| {
                list.position() == delta.position()
                    && list.media.media_sequence == delta.media.media_sequence
            });
            let Some(whole) = whole else { continue };
            let skipped = delta.media.skip.as_ref().map_or(0, |skip| skip.segments);
            let rest = usize::try_from(skipped)
                .ok()
                .and_then(|skipped| whole.media.segments.get(skipped..));
            let (is, was) = (&delta.media, &whole.media);
            let same = rest.is_some_and(|rest| same_but_for_map(rest, &is.segments))
                && is.open.parts == was.open.parts
                && is.hints == was.hints
                && is.target_duration_s == was.target_duration_s
                && is.part_target == was.part_target
                && is.server_control == was.server_control
                && is.discontinuity_sequence == was.discontinuity_sequence
                && is.endlist == was.endlist;
            judge.expect(same, || format!("{url}: at {:?}", delta.position()));
        }
    }
}

/// Equal, where the map of the first segments may have been told in what was skipped.
fn same_but_for_map(whole: &[crate::read::Segment], delta: &[crate::read::Segment]) -> bool {
    whole.len() == delta.len()
        && whole.iter().zip(delta).all(|(whole, delta)| {
            let mut filled = delta.clone();
            if filled.map.is_none() {
                filled.map.clone_from(&whole.map);
            }
            filled == *whole
        })
}

pub(super) fn delta_boundary(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_deltas(log, judge);
    for (url, stream) in &log.streams {
        for delta in &stream.deltas {
            let until = delta
                .media
                .server_control
                .as_ref()
                .and_then(|control| control.can_skip_until);
            let kept = delta.media.duration();
            judge.expect(until.is_some_and(|until| kept >= until), || {
                format!("{url}: {kept:?} kept, {until:?} promised")
            });
        }
    }
}

pub(super) fn delta_order(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_deltas(log, judge);
    for (url, stream) in &log.streams {
        for delta in &stream.deltas {
            let ordered = delta
                .media
                .skip
                .as_ref()
                .is_some_and(|skip| skip.after_sequences);
            judge.expect(ordered && delta.media.version >= 9, || {
                format!("{url}: in order {ordered}, version {}", delta.media.version)
            });
        }
    }
}

fn is_playlist(exchange: &Exchange) -> bool {
    matches!(
        exchange.kind,
        RequestKind::Media | RequestKind::Multivariant
    )
}

pub(super) fn gzip(log: &Log, _: &Limits, judge: &mut Judge) {
    for exchange in log
        .exchanges
        .iter()
        .filter(|exchange| is_playlist(exchange) && exchange.ok())
    {
        let packed = exchange.header("content-encoding") == Some("gzip");
        // Multivariant playlists are short; packing them is no duty.
        if exchange.gzip_asked && exchange.kind == RequestKind::Media {
            judge.expect(packed, || format!("{}: not packed", exchange.url));
        } else if packed && !exchange.gzip_asked {
            judge.expect(false, || format!("{}: packed unasked", exchange.url));
        }
    }
}

pub(super) fn types(log: &Log, _: &Limits, judge: &mut Judge) {
    for exchange in log.exchanges.iter().filter(|exchange| exchange.ok()) {
        let full = exchange
            .header("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let kind = full.split(';').next().unwrap_or_default().trim();
        let right = if is_playlist(exchange) {
            matches!(kind, "application/vnd.apple.mpegurl" | "audio/mpegurl")
        } else if is_media(exchange) {
            matches!(
                kind,
                "video/mp4"
                    | "audio/mp4"
                    | "video/iso.segment"
                    | "audio/iso.segment"
                    | "video/mp2t"
                    | "audio/aac"
                    | "text/vtt"
            )
        } else {
            continue;
        };
        judge.expect(right, || format!("{}: {full}", exchange.url));
    }
}

pub(super) fn ranges(log: &Log, _: &Limits, judge: &mut Judge) {
    if !log.is_stored() && lists(log).next().is_some() {
        judge.not_needed("nothing is stored");
    }
    if log.is_stored() && log.ranges.is_empty() {
        judge.not_needed("no segment is a file of its own");
    }
    for part in &log.ranges {
        let stated = part.content_range.as_deref().and_then(read_range);
        let right = match (stated, log.pieces.get(&part.url).map(|piece| &piece.body)) {
            (Some((first, last, _)), None) => (first, last) == (part.first, part.last),
            (Some((first, last, len)), Some(whole)) => {
                let wanted = usize::try_from(first)
                    .ok()
                    .zip(usize::try_from(last).ok())
                    .and_then(|(first, last)| whole.get(first..=last));
                let end = (whole.len() as u64).saturating_sub(1);
                first == part.first
                    && last == part.last.min(end)
                    && len == whole.len() as u64
                    && wanted.is_some_and(|wanted| part.body == wanted)
            }
            (None, _) => false,
        };
        let len = part.body.len() as u64;
        let is_whole = stated.is_some_and(|(first, last, _)| {
            last.checked_sub(first)
                .is_some_and(|more| more.checked_add(1) == Some(len))
        });
        judge.expect(part.status == 206 && right && is_whole, || {
            format!(
                "{}: bytes {} to {}: status {}, {:?}, {len} bytes",
                part.url, part.first, part.last, part.status, part.content_range
            )
        });
    }
}

/// First byte, last byte and length of a `Content-Range`.
fn read_range(value: &str) -> Option<(u64, u64, u64)> {
    let (range, len) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, len.parse().ok()?))
}

pub(super) fn cors(log: &Log, _: &Limits, judge: &mut Judge) {
    for exchange in &log.exchanges {
        let origin = exchange.header("access-control-allow-origin");
        let credentials = exchange.header("access-control-allow-credentials") == Some("true");
        judge.expect(
            origin.is_some_and(|origin| origin != "*" || !credentials),
            || {
                format!(
                    "{}: status {}, allowed origin {origin:?}",
                    exchange.url, exchange.status
                )
            },
        );
    }
}

/// Seconds that a cache may keep the answer; `None` where nothing says.
fn lifetime_s(exchange: &Exchange) -> Option<u64> {
    let control = exchange.header("cache-control")?.to_ascii_lowercase();
    let mut directives = control.split(',').map(str::trim);
    if directives
        .clone()
        .any(|directive| matches!(directive, "no-store" | "no-cache"))
    {
        return Some(0);
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
}

/// The target duration of the stream, or of any.
fn target_of(log: &Log, exchange: &Exchange) -> Option<u64> {
    let own = stream_of(log, exchange).and_then(Stream::newest);
    own.or_else(|| log.streams.values().find_map(Stream::newest))
        .map(|list| list.media.target_duration_s)
}

pub(super) fn cache_playlists(log: &Log, _: &Limits, judge: &mut Judge) {
    for exchange in playlists(log).filter(|exchange| exchange.ok()) {
        let Some(target) = target_of(log, exchange) else {
            continue;
        };
        let ended = stream_of(log, exchange)
            .and_then(Stream::newest)
            .is_some_and(|list| list.media.endlist);
        let longest = if exchange.directives.is_blocking() || ended {
            target * 6
        } else {
            (target / 2).max(1)
        };
        let lifetime = lifetime_s(exchange);
        judge.expect(lifetime.is_some_and(|lifetime| lifetime <= longest), || {
            format!("{}: {lifetime:?} s, at most {longest}", exchange.url)
        });
    }
}

pub(super) fn cache_media(log: &Log, _: &Limits, judge: &mut Judge) {
    for exchange in log
        .exchanges
        .iter()
        .filter(|exchange| is_media(exchange) && exchange.ok())
    {
        let Some(target) = target_of(log, exchange) else {
            continue;
        };
        let lifetime = lifetime_s(exchange);
        judge.expect(lifetime.is_some_and(|lifetime| lifetime >= target), || {
            format!("{}: {lifetime:?} s, at least {target}", exchange.url)
        });
    }
}

pub(super) fn cache_errors(log: &Log, _: &Limits, judge: &mut Judge) {
    for exchange in log
        .exchanges
        .iter()
        .filter(|exchange| exchange.status >= 400)
    {
        let Some(target) = target_of(log, exchange) else {
            continue;
        };
        let longest = if exchange.directives.is_blocking() {
            target * 4
        } else {
            target
        };
        let lifetime = lifetime_s(exchange);
        judge.expect(lifetime.is_some_and(|lifetime| lifetime <= longest), || {
            format!(
                "{}: status {}, {lifetime:?} s, at most {longest}",
                exchange.url, exchange.status
            )
        });
    }
}

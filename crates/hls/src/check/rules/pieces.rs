//! Rules about the bytes: initialisation segments, parts and segments, and what the multivariant playlist says of them.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use media::{
    Codec,
    fmp4::read::{self as mp4, Fragment, Init},
};

use super::{Judge, needs_fragments};
use crate::{
    check::{
        Limits, RequestKind,
        log::{Log, Stream},
        url::{resolve, without_query},
    },
    read::{Map, Part, Segment},
};

/// What sound may end before or after the picture, and what decimals round.
const DURATION_TOLERANCE: Duration = Duration::from_millis(100);

/// The newest form in which each segment of a stream was listed with its parts, by number.
fn segments(stream: &Stream) -> BTreeMap<u64, &Segment> {
    let mut found: BTreeMap<u64, &Segment> = BTreeMap::new();
    for list in &stream.lists {
        for segment in list.media.with_open() {
            let richer = found.get(&segment.msn).is_none_or(|known| {
                segment.parts.len() > known.parts.len()
                    || (segment.parts.len() == known.parts.len() && known.uri.is_empty())
            });
            if richer {
                found.insert(segment.msn, segment);
            }
        }
    }
    found
}

fn init_of(log: &Log, url: &str, map: Option<&Map>) -> Option<Init> {
    let map = map.filter(|map| map.byte_range.is_none())?;
    mp4::init(&log.piece(url, &map.uri)?.body).ok()
}

/// A segment with what was fetched of it.
struct Fetched<'a> {
    url: &'a str,
    segment: &'a Segment,
    init: Init,
    /// Parts in order with their fragments; `None` where one was not fetched or not read.
    parts: Vec<(&'a Part, Option<Vec<Fragment>>)>,
    whole: Option<&'a Bytes>,
}

/// Every segment whose initialisation segment is known, in order.
fn fetched(log: &Log) -> impl Iterator<Item = Fetched<'_>> {
    log.streams.iter().flat_map(move |(url, stream)| {
        segments(stream).into_values().filter_map(move |segment| {
            let init = init_of(log, url, segment.map.as_deref())?;
            let parts = segment.parts.iter().map(|part| {
                let piece = log
                    .piece(url, &part.uri)
                    .filter(|_| part.byte_range.is_none());
                (
                    part,
                    piece.and_then(|piece| mp4::fragments(&piece.body, &init).ok()),
                )
            });
            let parts = parts.collect();
            let whole = Some(segment)
                .filter(|segment| !segment.uri.is_empty() && segment.byte_range.is_none());
            let whole = whole
                .and_then(|segment| log.piece(url, &segment.uri))
                .map(|piece| &piece.body);
            Some(Fetched {
                url,
                segment,
                init,
                parts,
                whole,
            })
        })
    })
}

pub(super) fn init_readable(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_fragments(log, judge);
    for (url, piece) in log
        .pieces
        .iter()
        .filter(|(_, piece)| piece.kind == RequestKind::Init)
    {
        let init = mp4::init(&piece.body);
        let understood = init.as_ref().is_ok_and(|init| {
            !init.tracks.is_empty()
                && init
                    .tracks
                    .iter()
                    .all(|track| track.codec.is_some() && track.timescale > 0)
        });
        judge.expect(understood, || match init {
            Ok(_) => format!("{url}: a track is not understood"),
            Err(e) => format!("{url}: {e}"),
        });
    }
}

pub(super) fn media_readable(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_fragments(log, judge);
    for (url, stream) in &log.streams {
        for segment in segments(stream).into_values() {
            let Some(init) = init_of(log, url, segment.map.as_deref()) else {
                continue;
            };
            let uris = segment
                .parts
                .iter()
                .map(|part| part.uri.as_str())
                .chain([segment.uri.as_str()]);
            for (uri, piece) in uris.filter_map(|uri| Some((uri, log.piece(url, uri)?))) {
                let fragments = mp4::fragments(&piece.body, &init);
                let end = fragments
                    .as_ref()
                    .ok()
                    .and_then(|list| list.last())
                    .map_or(0, |last| last.range.end);
                let timed = fragments.as_ref().is_ok_and(|list| {
                    list.iter()
                        .flat_map(|fragment| &fragment.tracks)
                        .all(|track| track.base_decode_time.is_some())
                });
                judge.expect(timed && end == piece.body.len(), || match &fragments {
                    Ok(list) => format!(
                        "{uri}: {} fragments end at {end} of {}",
                        list.len(),
                        piece.body.len()
                    ),
                    Err(e) => format!("{uri}: {e}"),
                });
            }
        }
    }
}

pub(super) fn unchanged(log: &Log, _: &Limits, judge: &mut Judge) {
    if log.is_stored() && !log.ranges.is_empty() {
        judge.not_needed("its segments are ranges of a file");
    }
    for _ in &log.pieces {
        judge.expect(true, String::new);
    }
    for url in &log.changed_pieces {
        judge.expect(false, || url.clone());
    }
}

pub(super) fn concat(log: &Log, _: &Limits, judge: &mut Judge) {
    let no_parts = |stream: &Stream| {
        stream
            .lists
            .iter()
            .all(|list| list.media.part_target.is_none())
    };
    if !log.streams.is_empty() && log.streams.values().all(no_parts) {
        judge.not_needed("no playlist has parts");
    }
    for (url, stream) in &log.streams {
        for segment in segments(stream)
            .into_values()
            .filter(|segment| !segment.parts.is_empty() && !segment.gap)
        {
            let Some(whole) = log
                .piece(url, &segment.uri)
                .filter(|_| !segment.uri.is_empty())
            else {
                continue;
            };
            let media = segment.parts.iter().filter(|part| !part.gap);
            let bodies: Option<Vec<&Bytes>> = media
                .map(|part| log.piece(url, &part.uri).map(|piece| &piece.body))
                .collect();
            let Some(bodies) = bodies else { continue };
            let same = bodies.iter().copied().flatten().eq(whole.body.iter());
            judge.expect(same, || format!("{url}: segment {}", segment.msn));
        }
    }
}

pub(super) fn begins(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_fragments(log, judge);
    for found in fetched(log) {
        let Some(body) = found.whole else { continue };
        let kind = body.get(4..8).unwrap_or_default();
        // ISO/IEC 23000-19, 7.3.2.3: what may come before a chunk.
        let right = matches!(kind, b"styp" | b"sidx" | b"prft" | b"emsg" | b"moof");
        judge.expect(right, || {
            let (url, msn) = (found.url, found.segment.msn);
            format!("{url}: segment {msn} begins with {}", kind.escape_ascii())
        });
    }
}

pub(super) fn continuity(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_fragments(log, judge);
    let one = |stream: &Stream| {
        stream
            .lists
            .iter()
            .all(|list| list.media.segments.len() < 2)
    };
    if log.is_stored() && log.streams.values().all(one) {
        judge.not_needed("there is one segment");
    }
    // Next decode time by playlist and track.
    let mut expected: BTreeMap<(&str, u32), u64> = BTreeMap::new();
    let mut last: Option<(&str, u64)> = None;
    for found in fetched(log) {
        if found.segment.discontinuity
            || last.is_none_or(|(url, msn)| url != found.url || msn + 1 != found.segment.msn)
        {
            expected.clear();
        }
        last = Some((found.url, found.segment.msn));
        let from_parts = !found.parts.is_empty();
        let whole = found
            .whole
            .filter(|_| !from_parts)
            .and_then(|body| mp4::fragments(body, &found.init).ok());
        let units = found
            .parts
            .iter()
            .map(|(part, fragments)| (part.uri.as_str(), part.gap, fragments.as_ref()));
        let units = units.chain((!from_parts).then_some((
            found.segment.uri.as_str(),
            found.segment.gap,
            whole.as_ref(),
        )));
        for (uri, gap, fragments) in units {
            let Some(fragments) = fragments.filter(|_| !gap) else {
                expected.clear();
                continue;
            };
            for track in fragments.iter().flat_map(|fragment| &fragment.tracks) {
                let Some(start) = track.base_decode_time else {
                    continue;
                };
                if let Some(wanted) = expected.insert(
                    (found.url, track.track_id),
                    start.saturating_add(track.duration()),
                ) {
                    judge.expect(start == wanted, || {
                        format!(
                            "{uri}: track {} begins at {start}, expected {wanted}",
                            track.track_id
                        )
                    });
                }
            }
        }
    }
}

pub(super) fn durations(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_fragments(log, judge);
    for found in fetched(log) {
        let Some(fragments) = found
            .whole
            .and_then(|body| mp4::fragments(body, &found.init).ok())
        else {
            continue;
        };
        if found.segment.parts.iter().any(|part| part.gap) {
            continue;
        }
        let lasts = leading_duration(&found.init, &fragments);
        let shown = shown_duration(leading(&found.init), &fragments);
        let is_right =
            |lasts: Duration| lasts.abs_diff(found.segment.duration) <= DURATION_TOLERANCE;
        // What has ended ends with what is shown or heard last.
        let newest = log.streams.get(found.url).and_then(Stream::newest);
        let is_last = newest.is_some_and(|newest| {
            let last = newest.media.segments.last().map(|last| last.msn);
            newest.media.endlist && last == Some(found.segment.msn)
        });
        let ends = is_last && is_right(shown_duration(&found.init.tracks, &fragments));
        // Where pictures are reordered and come at no constant rate, those of decoding differ.
        judge.expect(is_right(lasts) || is_right(shown) || ends, || {
            format!(
                "{}: segment {} lasts {lasts:?}, not {:?}",
                found.url, found.segment.msn, found.segment.duration
            )
        });
    }
}

/// The track that durations are told by: the picture, or the sound where there is none.
fn leading(init: &Init) -> Option<&mp4::InitTrack> {
    let picture = init.tracks.iter().find(|track| track.is_video());
    picture.or(init.tracks.first())
}

/// From where the first frame of these tracks is shown to where the last one ends.
fn shown_duration<'a>(
    of: impl IntoIterator<Item = &'a mp4::InitTrack>,
    fragments: &[Fragment],
) -> Duration {
    let (mut begins, mut ends) = (Duration::MAX, Duration::ZERO);
    for told in of {
        let tracks = fragments.iter().flat_map(|fragment| &fragment.tracks);
        for track in tracks.filter(|track| track.track_id == told.track_id) {
            let mut at = i64::try_from(track.base_decode_time.unwrap_or(0)).unwrap_or(i64::MAX);
            for sample in &track.samples {
                let shown = at.saturating_add(sample.composition_offset);
                let end = shown.saturating_add(sample.duration.into());
                let time = |ticks: i64| seconds(u64::try_from(ticks).unwrap_or(0), told.timescale);
                begins = begins.min(time(shown));
                ends = ends.max(time(end));
                at = at.saturating_add(sample.duration.into());
            }
        }
    }
    ends.saturating_sub(begins)
}

fn seconds(ticks: u64, timescale: u32) -> Duration {
    Duration::from_secs_f64(ticks as f64 / f64::from(timescale.max(1)))
}

/// How long the picture lasts, or the sound where there is no picture.
fn leading_duration(init: &Init, fragments: &[Fragment]) -> Duration {
    let Some(leading) = leading(init) else {
        return Duration::ZERO;
    };
    let tracks = fragments.iter().flat_map(|fragment| &fragment.tracks);
    let ticks: u64 = tracks
        .filter(|track| track.track_id == leading.track_id)
        .map(mp4::FragmentTrack::duration)
        .sum();
    seconds(ticks, leading.timescale)
}

/// The sync flags of the picture's samples, in order; of the sound's where there is no picture.
fn sync_flags<'a>(init: &'a Init, fragments: &'a [Fragment]) -> impl Iterator<Item = bool> + 'a {
    let video = init
        .tracks
        .iter()
        .find(|track| track.is_video())
        .map(|track| track.track_id);
    let tracks = fragments.iter().flat_map(|fragment| &fragment.tracks);
    let tracks = tracks.filter(move |track| video.is_none_or(|video| track.track_id == video));
    tracks
        .flat_map(|track| &track.samples)
        .map(mp4::ReadSample::is_sync)
}

/// Parts that were fetched, with whether they hold a frame to start from.
fn started_parts(log: &Log, mut look: impl FnMut(&str, &Part, bool)) {
    for found in fetched(log) {
        for (part, fragments) in &found.parts {
            if let Some(fragments) = fragments.as_ref().filter(|_| !part.gap) {
                look(
                    found.url,
                    part,
                    sync_flags(&found.init, fragments).any(|sync| sync),
                );
            }
        }
    }
}

fn needs_parts(log: &Log, judge: &mut Judge) {
    let no_parts = |stream: &Stream| {
        stream
            .lists
            .iter()
            .all(|list| list.media.part_target.is_none())
    };
    if !log.streams.is_empty() && log.streams.values().all(no_parts) {
        judge.not_needed("no playlist has parts");
    }
}

pub(super) fn independent_true(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    started_parts(log, |url, part, sync| {
        if part.independent {
            judge.expect(sync, || format!("{url}: {}", part.uri));
        }
    });
}

pub(super) fn independent_marked(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_parts(log, judge);
    started_parts(log, |url, part, sync| {
        if sync {
            judge.expect(part.independent, || format!("{url}: {}", part.uri));
        }
    });
}

pub(super) fn independent_segments(log: &Log, _: &Limits, judge: &mut Judge) {
    let claims = |url: &str| {
        let own = log.streams.get(url).is_some_and(|stream| {
            stream
                .lists
                .iter()
                .any(|list| list.media.independent_segments)
        });
        own || log
            .multivariants
            .iter()
            .any(|(_, playlist)| playlist.independent_segments)
    };
    needs_fragments(log, judge);
    if !log.streams.is_empty() && !log.streams.keys().any(|url| claims(url)) {
        judge.not_needed("nothing claims it");
    }
    for found in fetched(log).filter(|found| claims(found.url) && !found.segment.gap) {
        let whole = found
            .whole
            .and_then(|body| mp4::fragments(body, &found.init).ok());
        let first = found
            .parts
            .first()
            .filter(|(part, _)| !part.gap)
            .and_then(|(_, fragments)| fragments.as_ref());
        let Some(fragments) = whole.as_ref().or(first) else {
            continue;
        };
        if let Some(sync) = sync_flags(&found.init, fragments).next() {
            judge.expect(sync, || {
                format!("{}: segment {}", found.url, found.segment.msn)
            });
        }
    }
}

/// Each variant with the initialisation segments of its playlist.
fn variants(log: &Log, mut look: impl FnMut(&crate::read::Variant, &str, &Init)) {
    for (base, multivariant) in &log.multivariants {
        for variant in &multivariant.variants {
            let url = resolve(base, &variant.uri);
            let url = without_query(&url);
            let newest = log.streams.get(url).and_then(Stream::newest);
            let map = newest.and_then(|list| list.media.with_open().last()?.map.as_deref());
            if let Some(init) = init_of(log, url, map) {
                look(variant, url, &init);
            }
        }
    }
}

pub(super) fn codecs(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_fragments(log, judge);
    variants(log, |variant, url, init| {
        let mut held: Vec<String> = init
            .tracks
            .iter()
            .filter_map(|track| track.codec.as_ref())
            .map(Codec::codec_string)
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let mut named: Vec<String> = variant
            .codecs
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        held.sort();
        named.sort();
        // With separate renditions of sound a variant names more than its own playlist holds.
        let right = if variant.audio.is_some() {
            held.iter().all(|name| named.contains(name))
        } else {
            held == named
        };
        judge.expect(right, || format!("{url}: {named:?} named, {held:?} held"));
    });
}

pub(super) fn resolution(log: &Log, _: &Limits, judge: &mut Judge) {
    needs_fragments(log, judge);
    variants(log, |variant, url, init| {
        let picture = init.tracks.iter().find(|track| track.is_video());
        let size = picture.map(|track| {
            let known = track.codec.as_ref().and_then(Codec::size);
            known.unwrap_or(track.size)
        });
        judge.expect(variant.resolution == size, || {
            format!("{url}: {:?} named, {size:?} held", variant.resolution)
        });
    });
}

pub(super) fn bandwidth(log: &Log, _: &Limits, judge: &mut Judge) {
    let ranged = |stream: &Stream| {
        let mut segments = stream.lists.iter().flat_map(|list| &list.media.segments);
        segments.all(|segment| segment.byte_range.is_some())
    };
    if log.is_stored() && log.streams.values().all(ranged) {
        judge.not_needed("its segments are ranges of a file, which are not fetched");
    }
    for (base, multivariant) in &log.multivariants {
        for variant in &multivariant.variants {
            let url = resolve(base, &variant.uri);
            let Some(stream) = log.streams.get(without_query(&url)) else {
                continue;
            };
            if let Some(peak) = peak_bits(log, without_query(&url), stream) {
                judge.expect(variant.bandwidth >= peak, || {
                    format!("{url}: {} named, {peak} measured", variant.bandwidth)
                });
            }
        }
    }
}

/// Most bits a second over runs of whole segments of half to one and a half target durations.
fn peak_bits(log: &Log, url: &str, stream: &Stream) -> Option<u64> {
    let target_s = stream.newest()?.media.target_duration_s;
    let (shortest, longest) = (
        Duration::from_millis(target_s * 500),
        Duration::from_millis(target_s * 1500),
    );
    let sized = segments(stream)
        .into_values()
        .filter(|segment| !segment.uri.is_empty())
        .map(|segment| {
            (
                segment.msn,
                segment.duration,
                log.piece(url, &segment.uri)
                    .map(|piece| piece.body.len() as u64),
            )
        });
    let sized: Vec<_> = sized.collect();
    let mut peak = None;
    for start in 0..sized.len() {
        let (mut lasts, mut bytes) = (Duration::ZERO, 0_u64);
        let Some((first, _, _)) = sized.get(start) else {
            break;
        };
        for ((msn, duration, size), offset) in sized.iter().skip(start).zip(0_u64..) {
            let Some(size) = size.filter(|_| *msn == first + offset) else {
                break;
            };
            lasts = lasts.saturating_add(*duration);
            bytes = bytes.saturating_add(size);
            if lasts > longest {
                break;
            }
            if lasts >= shortest {
                let rate = (bytes.saturating_mul(8) as f64 / lasts.as_secs_f64()) as u64;
                peak = peak.max(Some(rate));
            }
        }
    }
    peak
}

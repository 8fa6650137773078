//! Which requests a conformance run makes next, so that command and tests make the same.
//!
//! Follows a stream as a player does (blocking reload and hinted part together, then what is listed) and adds one probe of
//! the directives' edges per round. Decides from what the checker has seen; keeps no bytes itself.

use super::{
    Checker, RequestKind,
    log::Stream,
    url::{resolve, with_query},
};
use crate::read::Segment;

/// Listed files that one round fetches at most, so that a round stays shorter than a segment.
const FETCHES_PER_ROUND: usize = 6;
/// Segments of a stored playlist that are fetched from its beginning on, from its end, and spread between. Closes: a check that downloads a
/// film.
const STORED_FIRST: usize = 40;
const STORED_LAST: usize = 8;
const STORED_SPREAD: usize = 16;
/// Bytes of a stored presentation that are fetched at most, all playlists together. Closes the same.
const STORED_BYTES_MAX: usize = 256 << 20;

/// A request to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// With its query.
    pub url: String,
    /// What to write into [`super::Observation::kind`].
    pub kind: RequestKind,
    /// Say `Accept-Encoding: gzip`.
    pub gzip: bool,
}

/// The course of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    multivariant_url: String,
    round: u64,
    probe: usize,
    /// A round found nothing more of a stored presentation to ask for.
    stored_asked: bool,
}

/// Probes of one media playlist, one a round; each names its query or file.
const PROBES: [fn(&str, &Stream) -> Option<Ask>; 10] = [
    |url, _| Some(probe(url, "_HLS_part=0")),
    |url, stream| {
        Some(probe(
            url,
            &format!("_HLS_msn={}", stream.newest()?.media.next_msn() + 10),
        ))
    },
    |url, stream| {
        Some(probe(
            url,
            &format!(
                "_HLS_msn={}&_HLS_part=1000",
                stream.newest()?.media.next_msn()
            ),
        ))
    },
    |url, _| Some(probe(url, "_HLS_msn=soon")),
    |url, stream| {
        Some(probe(
            url,
            &format!("_HLS_msn={}", stream.newest()?.media.media_sequence),
        ))
    },
    |url, _| Some(probe(url, "_HLS_skip=YES")),
    |url, stream| {
        Some(probe(
            url,
            &format!("_HLS_msn={}", stream.newest()?.media.next_msn()),
        ))
    },
    |url, stream| {
        let last = stream
            .newest()?
            .media
            .segments
            .last()
            .filter(|segment| !segment.parts.is_empty())?;
        Some(probe(
            url,
            &format!("_HLS_msn={}&_HLS_part={}", last.msn, last.parts.len()),
        ))
    },
    // The oldest segment once more: its bytes must be the same.
    |url, stream| {
        let media = &stream.newest()?.media;
        let oldest = media
            .segments
            .iter()
            .find(|segment| !segment.gap && segment.byte_range.is_none())?;
        Some(Ask {
            url: resolve(url, &oldest.uri),
            kind: RequestKind::Segment,
            gzip: false,
        })
    },
    |url, _| {
        Some(Ask {
            url: resolve(url, "no-such-piece-0.m4s"),
            kind: RequestKind::Missing,
            gzip: false,
        })
    },
];

fn probe(url: &str, query: &str) -> Ask {
    Ask {
        url: with_query(url, query),
        kind: RequestKind::Media,
        gzip: false,
    }
}

impl Plan {
    /// A run that begins at a multivariant playlist.
    pub fn new(multivariant_url: String) -> Self {
        Self {
            multivariant_url,
            round: 0,
            probe: 0,
            stored_asked: false,
        }
    }

    /// Every probe has been asked once.
    pub fn probed(&self) -> bool {
        self.probe >= PROBES.len()
    }

    /// Everything was looked at: nothing more will come, since all that was found is stored, and what was asked was answered or failed.
    pub fn is_over(&self, seen: &Checker) -> bool {
        self.stored_asked && seen.log.is_stored()
    }

    /// The requests of the next round, to be made at the same time; the round is over when all are answered.
    ///
    /// Empty once every playlist has ended and all it lists is fetched.
    pub fn next_requests(&mut self, seen: &Checker) -> Vec<Ask> {
        self.round += 1;
        let log = &seen.log;
        let Some((base, multivariant)) = log.multivariants.last() else {
            return vec![Ask {
                url: self.multivariant_url.clone(),
                kind: RequestKind::Multivariant,
                gzip: false,
            }];
        };
        let uris = multivariant.variants.iter().map(|variant| &variant.uri);
        let uris = uris.chain(
            multivariant
                .renditions
                .iter()
                .filter_map(|rendition| rendition.uri.as_ref()),
        );
        let mut asks = Vec::new();
        let mut urls: Vec<String> = uris.map(|uri| resolve(base, uri)).collect();
        urls.dedup();
        for url in urls {
            match log
                .streams
                .get(super::url::without_query(&url))
                .filter(|stream| stream.newest().is_some())
            {
                Some(stream) if stream.stored => look_through(seen, &url, stream, &mut asks),
                Some(stream) => self.follow(seen, &url, stream, &mut asks),
                None => {
                    asks.push(Ask {
                        url: url.clone(),
                        kind: RequestKind::Media,
                        gzip: false,
                    });
                    asks.push(Ask {
                        url,
                        kind: RequestKind::Media,
                        gzip: true,
                    });
                }
            }
        }
        self.stored_asked = asks.is_empty() && log.is_stored();
        asks
    }

    fn follow(&mut self, seen: &Checker, url: &str, stream: &Stream, asks: &mut Vec<Ask>) {
        let Some(newest) = stream.newest().map(|newest| &newest.media) else {
            return;
        };
        let blocks = newest
            .server_control
            .as_ref()
            .is_some_and(|control| control.can_block_reload);
        if !newest.endlist {
            let (msn, part) = (newest.next_msn(), newest.open.parts.len());
            let query = match (blocks, newest.part_target) {
                (true, Some(_)) => format!("_HLS_msn={msn}&_HLS_part={part}"),
                (true, None) => format!("_HLS_msn={msn}"),
                (false, _) => String::new(),
            };
            let next = if query.is_empty() {
                url.to_owned()
            } else {
                with_query(url, &query)
            };
            let gzip = self.round.is_multiple_of(2);
            asks.push(Ask {
                url: next.clone(),
                kind: RequestKind::Media,
                gzip,
            });
            let skips = newest
                .server_control
                .as_ref()
                .is_some_and(|control| control.can_skip_until.is_some());
            if skips && self.round.is_multiple_of(3) {
                asks.push(Ask {
                    url: with_query(&next, "_HLS_skip=YES"),
                    kind: RequestKind::Media,
                    gzip,
                });
            }
            for hint in &newest.hints {
                let kind = if hint.map {
                    RequestKind::Init
                } else {
                    RequestKind::Part
                };
                asks.push(Ask {
                    url: resolve(url, &hint.uri),
                    kind,
                    gzip: false,
                });
            }
            if let Some(make) = PROBES.get(self.probe) {
                self.probe += 1;
                asks.extend(make(url, stream));
            }
        }
        let listed = newest.with_open().collect::<Vec<_>>();
        let wanted = listed
            .iter()
            .rev()
            .flat_map(|segment| pieces_of(url, segment));
        let new = wanted.filter(|ask| !seen.log.asked.contains(&ask.url));
        let asked_already: Vec<String> = asks.iter().map(|ask| ask.url.clone()).collect();
        asks.extend(
            new.filter(|ask| !asked_already.contains(&ask.url))
                .take(FETCHES_PER_ROUND),
        );
        asks.dedup();
    }
}

/// What is still to be asked of a stored playlist: its pieces, or many of them; one again; a range; what is not there.
fn look_through(seen: &Checker, url: &str, stream: &Stream, asks: &mut Vec<Ask>) {
    let Some(newest) = stream.newest().map(|newest| &newest.media) else {
        return;
    };
    let ask = |url: String, kind| Ask {
        url,
        kind,
        gzip: false,
    };
    let asked = |wanted: &Ask| {
        let made = &seen.log.exchanges;
        made.iter()
            .any(|exchange| exchange.kind == wanted.kind && exchange.url == wanted.url)
    };
    let missing = ask(resolve(url, "no-such-piece-0.m4s"), RequestKind::Missing);
    if !asked(&missing) {
        asks.push(missing);
    }
    let whole = |segment: &&Segment| !segment.gap && segment.byte_range.is_none();
    if let Some(first) = newest.segments.iter().find(whole) {
        let again = resolve(url, &first.uri);
        if seen.log.piece(url, &first.uri).is_some() {
            let range = ask(
                again.clone(),
                RequestKind::Range {
                    first: 10,
                    last: 109,
                },
            );
            if !asked(&range) {
                asks.push(range);
                asks.push(ask(again, RequestKind::Segment));
            }
        }
    }
    // A range of a file that holds all segments: the first one of them.
    let ranged = newest.segments.iter().find_map(|segment| {
        let (size, at) = segment.byte_range.as_deref()?.split_once('@')?;
        let (size, first) = (size.parse::<u64>().ok()?, at.parse::<u64>().ok()?);
        let last = first.checked_add(size)?.checked_sub(1)?;
        let kind = RequestKind::Range { first, last };
        Some(ask(resolve(url, &segment.uri), kind))
    });
    asks.extend(ranged.filter(|ask| !asked(ask)));
    if seen.log.bytes() > STORED_BYTES_MAX {
        return;
    }
    let count = newest.segments.len();
    let every = count.div_ceil(STORED_SPREAD).max(1);
    let wanted = newest.segments.iter().enumerate().filter(|(at, _)| {
        *at < STORED_FIRST || at + STORED_LAST >= count || at.is_multiple_of(every)
    });
    let pieces = wanted.flat_map(|(_, segment)| pieces_of(url, segment));
    let new: Vec<Ask> = pieces
        .filter(|ask| !seen.log.asked.contains(&ask.url))
        .take(FETCHES_PER_ROUND)
        .collect();
    for ask in new {
        if !asks.contains(&ask) {
            asks.push(ask);
        }
    }
}

/// Everything of a segment that can be fetched.
fn pieces_of<'a>(url: &'a str, segment: &'a Segment) -> impl Iterator<Item = Ask> + 'a {
    let ask = move |uri: &str, kind| Ask {
        url: resolve(url, uri),
        kind,
        gzip: false,
    };
    let map = segment
        .map
        .iter()
        .filter(|map| map.byte_range.is_none())
        .map(move |map| ask(&map.uri, RequestKind::Init));
    let parts = segment
        .parts
        .iter()
        .filter(|part| !part.gap && part.byte_range.is_none());
    let parts = parts.map(move |part| ask(&part.uri, RequestKind::Part));
    let whole = !segment.gap && !segment.uri.is_empty() && segment.byte_range.is_none();
    map.chain(parts)
        .chain(whole.then(|| ask(&segment.uri, RequestKind::Segment)))
}

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
        }
    }

    /// Every probe has been asked once.
    pub fn probed(&self) -> bool {
        self.probe >= PROBES.len()
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

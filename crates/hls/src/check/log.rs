//! What was seen: observations sorted into playlists, pieces and exchanges, each read once.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    time::Duration,
};

use bytes::Bytes;

use super::{
    Limits, Observation, RequestKind,
    url::{Directives, resolve, without_query},
};
use crate::read::{self, Media, Multivariant};

/// One request and its answer, without the body.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub at: Duration,
    pub asked: Duration,
    pub url: String,
    pub kind: RequestKind,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub gzip_asked: bool,
    pub directives: Directives,
    pub body_len: usize,
    /// A playlist with ENDLIST had been seen at this URL when the request was made.
    pub after_end: bool,
    /// The newest state known when the request was made: `(media sequence, next part)`.
    pub known: Option<Position>,
}

impl Exchange {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// How far a media playlist has come: segments that are whole, then parts of the one under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub next_msn: u64,
    pub parts: u64,
}

/// A media playlist as it was at one moment.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub at: Duration,
    pub asked: Duration,
    pub directives: Directives,
    pub media: Media,
}

impl Seen {
    pub fn position(&self) -> Position {
        Position {
            next_msn: self.media.next_msn(),
            parts: self.media.open.parts.len() as u64,
        }
    }
}

/// The life of one media playlist.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// Whole playlists, by position and then by time.
    pub lists: Vec<Seen>,
    /// Delta updates, in order of time.
    pub deltas: Vec<Seen>,
    /// It had ended when it was first seen, and is no live stream's last state.
    pub stored: bool,
}

impl Stream {
    pub fn newest(&self) -> Option<&Seen> {
        self.lists.last()
    }
}

/// A media file that was fetched.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub kind: RequestKind,
    pub body: Bytes,
}

/// A range of a segment that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub url: String,
    pub first: u64,
    pub last: u64,
    pub status: u16,
    pub content_range: Option<String>,
    pub body: Bytes,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    pub multivariants: Vec<(String, Multivariant)>,
    /// By URL without query.
    pub streams: BTreeMap<String, Stream>,
    /// By URL; those answered with success.
    pub pieces: BTreeMap<String, Piece>,
    pub exchanges: Vec<Exchange>,
    pub ranges: Vec<Part>,
    /// URLs of media files that were asked for, whatever the answer.
    pub asked: BTreeSet<String>,
    /// Bodies that could not be read, with the reason.
    pub unreadable: Vec<String>,
    /// Pieces that were answered twice with different bytes.
    pub changed_pieces: Vec<String>,
    /// Observations left out since a limit was reached.
    pub dropped: u64,
    pub readable: u64,
    bytes: usize,
}

impl Log {
    pub fn add(&mut self, limits: &Limits, observation: Observation) {
        let size = observation.body.len().saturating_add(observation.url.len());
        if self.exchanges.len() >= limits.observations_max
            || self.bytes.saturating_add(size) > limits.bytes_max
        {
            self.dropped += 1;
            return;
        }
        self.bytes += size;
        let stream = self.streams.get(without_query(&observation.url));
        let asked = observation.at.saturating_sub(observation.took);
        let before = |list: &&Seen| list.at <= asked;
        let exchange = Exchange {
            at: observation.at,
            asked,
            kind: observation.kind,
            status: observation.status,
            headers: observation.headers,
            gzip_asked: observation.gzip_asked,
            directives: Directives::of(&observation.url),
            body_len: observation.body.len(),
            after_end: stream.is_some_and(|stream| {
                stream
                    .lists
                    .iter()
                    .filter(before)
                    .any(|list| list.media.endlist)
            }),
            known: stream
                .and_then(|stream| stream.lists.iter().filter(before).map(Seen::position).max()),
            url: observation.url,
        };
        if matches!(
            exchange.kind,
            RequestKind::Init | RequestKind::Part | RequestKind::Segment
        ) {
            self.asked.insert(exchange.url.clone());
        }
        if let RequestKind::Range { first, last } = exchange.kind {
            self.ranges.push(Part {
                url: exchange.url.clone(),
                first,
                last,
                status: exchange.status,
                content_range: exchange.header("content-range").map(str::to_owned),
                body: observation.body.clone(),
            });
        }
        if exchange.ok()
            && let Err(why) = self.keep(limits, &exchange, observation.body)
        {
            self.unreadable.push(format!("{}: {why}", exchange.url));
        }
        self.exchanges.push(exchange);
    }

    fn keep(&mut self, limits: &Limits, exchange: &Exchange, body: Bytes) -> Result<(), String> {
        let body = decoded(exchange, body, limits)?;
        match exchange.kind {
            RequestKind::Multivariant => {
                let playlist = read::multivariant(&body).map_err(|e| e.to_string())?;
                self.readable += 1;
                self.multivariants.push((exchange.url.clone(), playlist));
            }
            RequestKind::Media => {
                let media = read::media(&body).map_err(|e| e.to_string())?;
                self.readable += 1;
                let seen = Seen {
                    at: exchange.at,
                    asked: exchange.asked,
                    directives: exchange.directives,
                    media,
                };
                let stream = self
                    .streams
                    .entry(without_query(&exchange.url).to_owned())
                    .or_default();
                if stream.lists.is_empty() && stream.deltas.is_empty() {
                    // A live stream that is over keeps its parts' target.
                    stream.stored = seen.media.endlist && seen.media.part_target.is_none();
                }
                if seen.media.skip.is_some() {
                    stream.deltas.push(seen);
                } else {
                    let order = |seen: &Seen| (seen.position(), seen.media.endlist, seen.at);
                    let place = stream
                        .lists
                        .partition_point(|other| order(other) <= order(&seen));
                    stream.lists.insert(place, seen);
                }
            }
            RequestKind::Init | RequestKind::Part | RequestKind::Segment => {
                if let Some(known) = self.pieces.get(&exchange.url) {
                    if known.body != body {
                        self.changed_pieces.push(exchange.url.clone());
                    }
                } else {
                    self.pieces.insert(
                        exchange.url.clone(),
                        Piece {
                            kind: exchange.kind,
                            body,
                        },
                    );
                }
            }
            RequestKind::Missing | RequestKind::Range { .. } | RequestKind::Other => {}
        }
        Ok(())
    }

    /// Every playlist that was seen is a stored one.
    pub fn is_stored(&self) -> bool {
        !self.streams.is_empty() && self.streams.values().all(|stream| stream.stored)
    }

    /// Bytes that are kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The piece that a playlist at `base` names, if it was fetched.
    pub fn piece(&self, base: &str, uri: &str) -> Option<&Piece> {
        self.pieces.get(&resolve(base, uri))
    }
}

/// The body as the playlist or file it is, whatever its content coding.
fn decoded(exchange: &Exchange, body: Bytes, limits: &Limits) -> Result<Bytes, String> {
    match exchange.header("content-encoding") {
        None | Some("identity") => Ok(body),
        Some("gzip") => {
            let bound = u64::try_from(limits.body_max).unwrap_or(u64::MAX);
            let mut plain = Vec::new();
            let mut decoder =
                flate2::read::MultiGzDecoder::new(&body[..]).take(bound.saturating_add(1));
            decoder
                .read_to_end(&mut plain)
                .map_err(|e| format!("gzip: {e}"))?;
            if plain.len() > limits.body_max {
                return Err("gzip: too long when unpacked".to_owned());
            }
            Ok(plain.into())
        }
        Some(other) => Err(format!("unknown content coding {other}")),
    }
}

//! Which sources of packets are a client's own.
//!
//! `str0m` follows a source that it does not know by what its packet says of itself, before it has shown to be authentic (RFC 3711, 3.3
//! comes after). Whoever can write under a client's address could so take a stream's place and silence it. So while media come, others
//! than the sources that they come from are dropped here, unread.

use std::time::{Duration, Instant};

use str0m::media::Rid;

use crate::{peer::is_rtcp, sdp::MediaKind};

/// A client whose media have stopped for so long may go on from another source.
const SETTLED_FOR: Duration = Duration::from_secs(2);

/// What is known of one section's sources.
pub(super) struct Expected<'a> {
    pub(super) kind: MediaKind,
    /// Whether the packet is media, not a repair.
    pub(super) is_media: bool,
    /// Streams that the section has: its layers, or one.
    pub(super) streams: usize,
    /// Sources that the offer named.
    pub(super) announced: &'a [u32],
}

struct Source {
    kind: MediaKind,
    layer: Option<Rid>,
    number: u32,
}

/// The sources that media come from.
#[derive(Default)]
pub(super) struct Sources {
    known: Vec<Source>,
    heard: [Option<Instant>; 2],
}

impl Sources {
    /// Authentic media came from this source.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        kind: MediaKind,
        layer: Option<Rid>,
        number: Option<u32>,
    ) {
        self.heard[usize::from(kind == MediaKind::Audio)] = Some(now);
        let Some(number) = number else {
            return;
        };
        let of_it = |source: &&mut Source| source.kind == kind && source.layer == layer;
        match self.known.iter_mut().find(of_it) {
            Some(source) => source.number = number,
            // As many as there are layers: `layer` is a name of the offer.
            None => self.known.push(Source {
                kind,
                layer,
                number,
            }),
        }
    }

    /// Whether a packet may be of the client, as far as its first bytes tell.
    pub(super) fn admits(&self, now: Instant, number: u32, expected: &Expected<'_>) -> bool {
        let heard = self.heard[usize::from(expected.kind == MediaKind::Audio)];
        let is_settled =
            heard.is_some_and(|heard| now.saturating_duration_since(heard) < SETTLED_FOR);
        // Zero is what browsers measure the way with.
        if !is_settled || number == 0 || expected.announced.contains(&number) {
            return true;
        }
        let mut of_kind = self.known.iter().filter(|s| s.kind == expected.kind);
        if of_kind.clone().any(|source| source.number == number) {
            return true;
        }
        if expected.is_media {
            of_kind.by_ref().count() < expected.streams
        } else {
            expected.announced.is_empty()
        }
    }
}

/// Payload type and source of a packet of media (RFC 3550, 5.1); `None` for anything else.
pub(super) fn head(datagram: &[u8]) -> Option<(u8, u32)> {
    let is_media = matches!(datagram.first(), Some(128..=191)) && !is_rtcp(datagram);
    let payload = datagram.get(1).filter(|_| is_media)? & 0x7f;
    let number = datagram.get(8..12)?.first_chunk().copied()?;
    Some((payload, u32::from_be_bytes(number)))
}

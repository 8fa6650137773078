//! A stream's recent frames, bounded in bytes, with readers that hold positions.
//!
//! Publishing never waits: what does not fit pushes the oldest out. A reader that was too slow goes on at the next key frame and
//! counts what it missed.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use media::{Frame, Track, TrackId};
use tokio::sync::watch;

/// Entries a ring holds at most: bounds tiny frames, which bytes alone would not.
const ENTRIES_MAX: usize = 8192;
/// What an entry costs beside its bytes.
const ENTRY_BYTES: usize = 128;

/// What a reader sees, in order.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A publisher begins or returns.
    Start,
    /// A track's configuration came or changed.
    Track(Track),
    /// A frame.
    Frame(Frame),
    /// The publisher is gone and may return.
    Away,
    /// The broadcast is over.
    End,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    /// Position of the first entry.
    first: u64,
    bytes: usize,
    /// The tracks in force at the end of the ring, for readers that missed their announcement.
    tracks: Vec<Track>,
}

/// The ring of one stream.
#[derive(Debug)]
pub(crate) struct Ring {
    inner: Mutex<Inner>,
    end: watch::Sender<u64>,
    bytes_max: usize,
}

/// A position in a ring.
pub(crate) struct Reader {
    ring: Arc<Ring>,
    next: u64,
    grown: watch::Receiver<u64>,
    /// Frames missed because this reader was too slow.
    pub(crate) dropped: u64,
}

impl Ring {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            end: watch::Sender::new(0),
            bytes_max,
        })
    }

    /// Adds an entry and wakes the readers.
    pub(crate) fn push(&self, entry: Entry) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match &entry {
            Entry::Start => inner.tracks.clear(),
            Entry::Track(track) => {
                inner.tracks.retain(|known| known.id != track.id);
                inner.tracks.push(track.clone());
            }
            _ => {}
        }
        inner.bytes += cost(&entry);
        inner.entries.push_back(entry);
        while inner.entries.len() > 1
            && (inner.bytes > self.bytes_max || inner.entries.len() > ENTRIES_MAX)
        {
            if let Some(gone) = inner.entries.pop_front() {
                inner.bytes -= cost(&gone);
                inner.first += 1;
            }
        }
        let end = inner.first + inner.entries.len() as u64;
        drop(inner);
        self.end.send_replace(end);
    }

    /// Lets go of everything that was read by all or is of no use after an end.
    pub(crate) fn clear(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.first += inner.entries.len() as u64;
        inner.entries.clear();
        inner.bytes = 0;
    }

    /// A reader that sees what comes from now on.
    pub(crate) fn reader(self: &Arc<Self>) -> Reader {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let next = inner.first + inner.entries.len() as u64;
        drop(inner);
        Reader {
            ring: self.clone(),
            next,
            grown: self.end.subscribe(),
            dropped: 0,
        }
    }

    /// A reader that begins at the last key frame of the picture, or with what comes where there is none; and the tracks in force.
    pub(crate) fn reader_from_key(self: &Arc<Self>) -> (Reader, Vec<Track>) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let is_key = |entry: &Entry| matches!(entry, Entry::Frame(frame) if frame.key && frame.track == TrackId::VIDEO);
        let last = inner.entries.iter().rposition(is_key);
        let next = inner.first + last.unwrap_or(inner.entries.len()) as u64;
        let tracks = inner.tracks.clone();
        drop(inner);
        let reader = Reader {
            ring: self.clone(),
            next,
            grown: self.end.subscribe(),
            dropped: 0,
        };
        (reader, tracks)
    }
}

impl Reader {
    /// Waits until there may be something to read.
    pub(crate) async fn ready(&mut self) {
        // The ring lives as long as this reader, so its sender cannot be gone.
        let next = self.next;
        let _ = self.grown.wait_for(|end| *end > next).await;
    }

    /// Takes everything there is; nothing where there is nothing.
    pub(crate) fn read(&mut self, into: &mut Vec<Entry>) {
        let ring = self.ring.clone();
        let inner = ring.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let end = inner.first + inner.entries.len() as u64;
        if self.next < inner.first {
            self.catch_up(&inner, into);
        }
        let skip = usize::try_from(self.next - inner.first).unwrap_or(usize::MAX);
        into.extend(inner.entries.iter().skip(skip).cloned());
        self.next = end;
    }

    /// Moves to the first key frame that is still there, with the tracks in force.
    fn catch_up(&mut self, inner: &Inner, into: &mut Vec<Entry>) {
        let mut missed = inner.first - self.next;
        let has_video = inner.tracks.iter().any(|track| track.id == TrackId::VIDEO);
        let resumes = |entry: &Entry| match entry {
            Entry::Frame(frame) => frame.key && (frame.track == TrackId::VIDEO || !has_video),
            Entry::Start | Entry::Away | Entry::End => true,
            Entry::Track(_) => false,
        };
        let at = inner
            .entries
            .iter()
            .position(resumes)
            .unwrap_or(inner.entries.len());
        missed += at as u64;
        self.dropped += missed;
        self.next = inner.first + at as u64;
        into.extend(inner.tracks.iter().cloned().map(Entry::Track));
    }
}

fn cost(entry: &Entry) -> usize {
    ENTRY_BYTES
        + match entry {
            Entry::Frame(frame) => frame.data.len(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::Timestamp;

    use super::*;

    fn frame(ms: i64, key: bool, bytes: usize) -> Entry {
        Entry::Frame(Frame {
            track: TrackId::VIDEO,
            dts: Timestamp::from_ms(ms),
            pts: Timestamp::from_ms(ms),
            key,
            data: Bytes::from(vec![0; bytes]),
        })
    }

    fn times(entries: &[Entry]) -> Vec<i64> {
        entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Frame(frame) => Some(frame.dts.ticks()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn reader_sees_everything_in_order_from_where_it_began() {
        let ring = Ring::new(1 << 20);
        ring.push(frame(0, true, 10));
        let mut reader = ring.reader();
        ring.push(frame(33, false, 10));
        ring.push(frame(66, false, 10));
        let mut got = Vec::new();
        reader.read(&mut got);
        assert_eq!(times(&got), [33, 66]);
        got.clear();
        reader.read(&mut got);
        assert!(got.is_empty());
        assert_eq!(reader.dropped, 0);
    }

    #[test]
    fn slow_reader_jumps_to_the_next_key_frame_and_counts_what_it_missed() {
        let ring = Ring::new(5 * (1000 + ENTRY_BYTES));
        let mut slow = ring.reader();
        for n in 0..20 {
            ring.push(frame(n, n % 4 == 0, 1000));
        }
        let mut got = Vec::new();
        slow.read(&mut got);
        assert_eq!(times(&got), [16, 17, 18, 19]);
        assert_eq!(slow.dropped, 16);
    }

    /// Abuse case C11.
    #[test]
    fn ring_stays_within_its_bytes_and_entries() {
        let ring = Ring::new(100_000);
        for n in 0..20_000 {
            ring.push(frame(n, false, usize::try_from(n % 50).unwrap()));
        }
        let inner = ring.inner.lock().unwrap();
        assert!(inner.bytes <= 100_000 && inner.entries.len() <= ENTRIES_MAX);
    }

    #[tokio::test]
    async fn waiting_reader_is_woken_by_a_push() {
        let ring = Ring::new(1 << 20);
        let mut reader = ring.reader();
        let pushing = ring.clone();
        let waiting = tokio::spawn(async move {
            reader.ready().await;
            let mut got = Vec::new();
            reader.read(&mut got);
            got.len()
        });
        tokio::task::yield_now().await;
        pushing.push(frame(0, true, 1));
        assert_eq!(waiting.await.unwrap(), 1);
    }
}

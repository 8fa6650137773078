//! Publish attempts that were refused: kept in memory, because strangers cause them, and bounded.
//!
//! A list for each stream that exists and was named, one for the rest. The same reason from the same network is one row that
//! counts, wherever in the list it stands: a flood from one address does not push out what others need to see.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    clock::Time,
    engine::Refusal,
    limit::block,
    publish::{Protocol, Refused},
    slug::Slug,
    stream::StreamId,
};

/// Refusals kept for one stream, and for those that name none.
const KEPT: usize = 50;
/// Streams for which refusals are kept; the one that was quiet for longest gives way. Bounds what strangers fill by naming
/// streams.
const STREAMS_MAX: usize = 1000;
/// Whoever watches is woken at most so often: strangers must not drive the pages either.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// The refusals of late.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    inner: Mutex<Inner>,
    /// Something is untold.
    untold: AtomicBool,
}

#[derive(Debug, Default)]
struct Inner {
    by_stream: HashMap<Option<StreamId>, VecDeque<Refusal>>,
    by_reason: BTreeMap<&'static str, u64>,
    told: Option<Duration>,
}

/// Who was refused where.
#[derive(Clone, Debug)]
pub(crate) struct Refusee {
    pub(crate) protocol: Protocol,
    pub(crate) address: IpAddr,
    /// The stream that the attempt names, where there is one.
    pub(crate) stream: Option<(StreamId, Slug)>,
}

impl Refusals {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a refusal. Whether whoever watches is to be told at once; what is not told now is due at [`Refusals::is_untold`].
    pub(crate) fn note(&self, now: Duration, at: Time, who: Refusee, why: &Refused) -> bool {
        let mut inner = self.inner();
        *inner.by_reason.entry(why.code()).or_insert(0) += 1;
        let (stream, slug) = who.stream.unzip();
        let mut refusal = Refusal {
            at,
            protocol: who.protocol,
            address: who.address,
            slug,
            reason: why.code(),
            message: why.message(),
            fix: why.fix(),
            times: 1,
        };
        let kept = inner.list_of(stream);
        if let Some(same) = kept.iter().position(|known| is_same(known, &refusal)) {
            let times = kept.remove(same).map_or(0, |known| known.times);
            refusal.times = times.saturating_add(1);
        }
        kept.push_front(refusal);
        kept.truncate(KEPT);
        let tell = inner
            .told
            .is_none_or(|told| now.saturating_sub(told) >= TELL_EVERY);
        if tell {
            inner.told = Some(now);
        }
        self.untold.store(!tell, Ordering::Relaxed);
        tell
    }

    /// Whether something was noted that nobody was told of; true once.
    pub(crate) fn is_untold(&self) -> bool {
        self.untold.swap(false, Ordering::Relaxed)
    }

    /// Newest first; of one stream, or of all.
    pub(crate) fn list(&self, stream: Option<StreamId>) -> Vec<Refusal> {
        let inner = self.inner();
        if stream.is_some() {
            let kept = inner.by_stream.get(&stream);
            return kept.into_iter().flatten().cloned().collect();
        }
        let mut list: Vec<Refusal> = inner.by_stream.values().flatten().cloned().collect();
        list.sort_by_key(|refusal| std::cmp::Reverse(refusal.at));
        list
    }

    /// The stream was deleted: its list goes with it.
    pub(crate) fn forget(&self, stream: StreamId) {
        self.inner().by_stream.remove(&Some(stream));
    }

    /// How often each reason came up.
    pub(crate) fn by_reason(&self) -> Vec<(&'static str, u64)> {
        let inner = self.inner();
        inner
            .by_reason
            .iter()
            .map(|(reason, times)| (*reason, *times))
            .collect()
    }
}

impl Inner {
    /// The list of this stream; another one is given up where there are too many.
    fn list_of(&mut self, stream: Option<StreamId>) -> &mut VecDeque<Refusal> {
        if self.by_stream.len() > STREAMS_MAX && !self.by_stream.contains_key(&stream) {
            let quiet = self
                .by_stream
                .iter()
                .filter(|(stream, _)| stream.is_some())
                .min_by_key(|(_, kept)| kept.front().map(|newest| newest.at))
                .map(|(stream, _)| *stream);
            if let Some(quiet) = quiet {
                self.by_stream.remove(&quiet);
            }
        }
        self.by_stream.entry(stream).or_default()
    }
}

/// The same reason from the same network by the same door. The words may differ where they repeat what was sent.
fn is_same(a: &Refusal, b: &Refusal) -> bool {
    a.reason == b.reason && a.protocol == b.protocol && block(a.address) == block(b.address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(last: u8, stream: Option<u64>) -> Refusee {
        Refusee {
            protocol: Protocol::Rtmp,
            address: IpAddr::from([192, 0, 2, last]),
            stream: stream.map(|number| {
                let slug = Slug::parse(&format!("s{number}")).unwrap();
                (StreamId::from_number(number), slug)
            }),
        }
    }

    fn at(second: i64) -> Time {
        Time::from_ms(second * 1000)
    }

    #[test]
    fn flood_from_one_address_is_one_row_and_hides_nobody() {
        let refusals = Refusals::default();
        let stream = Some(7);
        let note = |second, who, why: &Refused| refusals.note(Duration::ZERO, at(second), who, why);
        note(0, who(1, stream), &Refused::AlreadyLive);
        for n in 1..=2000 {
            let why = match n % 3 {
                0 => Refused::UnknownKey,
                1 => Refused::TooManyTries { retry_after_s: 40 },
                _ => Refused::OtherApplication {
                    asked: format!("guess{n}"),
                },
            };
            note(n, who(2, stream), &why);
        }
        let list = refusals.list(Some(StreamId::from_number(7)));
        let rows: Vec<_> = list.iter().map(|r| (r.reason, r.times)).collect();
        assert_eq!(
            rows,
            [
                ("other_application", 667),
                ("too_many_tries", 667),
                ("unknown_key", 666),
                ("already_live", 1)
            ]
        );
        assert!(
            list.iter()
                .all(|r| r.slug.as_ref().unwrap().as_str() == "s7")
        );
        assert_eq!(list[0].at, at(2000));
        assert!(list[0].message.contains("guess2000"), "{}", list[0].message);
    }

    #[test]
    fn fifty_are_kept_of_each_stream_and_fifty_without_one() {
        let refusals = Refusals::default();
        for n in 0..200 {
            let last = u8::try_from(n).unwrap();
            for stream in [None, Some(1), Some(2)] {
                refusals.note(
                    Duration::ZERO,
                    at(n),
                    who(last, stream),
                    &Refused::UnknownKey,
                );
            }
        }
        let of = |stream| refusals.list(Some(StreamId::from_number(stream))).len();
        assert_eq!((of(1), of(2), refusals.list(None).len()), (50, 50, 150));
        refusals.forget(StreamId::from_number(1));
        assert_eq!((of(1), refusals.list(None).len()), (0, 100));
    }

    #[test]
    fn named_streams_are_bounded_and_the_quietest_gives_way() {
        let refusals = Refusals::default();
        refusals.note(Duration::ZERO, at(0), who(1, None), &Refused::NoKey);
        for n in 0..3000_u32 {
            refusals.note(
                Duration::ZERO,
                at(i64::from(n) + 1),
                who(1, Some(u64::from(n))),
                &Refused::UnknownKey,
            );
        }
        let all = refusals.list(None);
        assert_eq!(all.len(), STREAMS_MAX + 1);
        assert_eq!(all.last().unwrap().reason, "no_key");
        assert!(refusals.list(Some(StreamId::from_number(0))).is_empty());
        assert_eq!(refusals.list(Some(StreamId::from_number(2999))).len(), 1);
    }

    #[test]
    fn watchers_are_told_at_once_but_not_of_each_of_many() {
        let refusals = Refusals::default();
        let told = (0..1000)
            .filter(|ms| {
                refusals.note(
                    Duration::from_millis(*ms),
                    at(0),
                    who(1, None),
                    &Refused::NoKey,
                )
            })
            .collect::<Vec<_>>();
        assert_eq!(told, [0, 500]);
        assert!(refusals.is_untold());
        assert!(!refusals.is_untold());
    }
}

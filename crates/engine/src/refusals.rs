//! Publish attempts that were refused: kept in memory, because strangers cause them, and bounded.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use domain::{
    clock::Time,
    engine::Refusal,
    publish::{Protocol, Refused},
    slug::Slug,
};

/// Refusals kept for one stream, and for those that name none.
const KEPT: usize = 50;
/// Streams for which refusals are kept.
const STREAMS_MAX: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    by_stream: HashMap<Option<Slug>, VecDeque<Refusal>>,
    by_reason: BTreeMap<&'static str, u64>,
}

impl Refusals {
    /// Notes a refusal; the same one again in a row is counted instead.
    pub(crate) fn note(
        &self,
        at: Time,
        protocol: Protocol,
        address: IpAddr,
        slug: Option<Slug>,
        why: &Refused,
    ) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *inner.by_reason.entry(why.code()).or_insert(0) += 1;
        let slug = slug.filter(|slug| {
            inner.by_stream.len() < STREAMS_MAX || inner.by_stream.contains_key(&Some(slug.clone()))
        });
        let kept = inner.by_stream.entry(slug.clone()).or_default();
        let message = why.message();
        if let Some(last) = kept.front_mut()
            && last.address == address
            && last.reason == why.code()
            && last.message == message
        {
            last.at = at;
            last.times = last.times.saturating_add(1);
            return;
        }
        kept.push_front(Refusal {
            at,
            protocol,
            address,
            slug,
            reason: why.code(),
            message,
            fix: why.fix(),
            times: 1,
        });
        kept.truncate(KEPT);
    }

    /// Newest first; of one stream, or of all.
    pub(crate) fn list(&self, slug: Option<&Slug>) -> Vec<Refusal> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<Refusal> = match slug {
            Some(slug) => inner
                .by_stream
                .get(&Some(slug.clone()))
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            None => inner.by_stream.values().flatten().cloned().collect(),
        };
        list.sort_by_key(|refusal| std::cmp::Reverse(refusal.at));
        list
    }

    /// How often each reason came up.
    pub(crate) fn by_reason(&self) -> Vec<(&'static str, u64)> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner
            .by_reason
            .iter()
            .map(|(reason, times)| (*reason, *times))
            .collect()
    }
}

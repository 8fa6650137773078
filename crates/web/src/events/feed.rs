//! One page's stream of events.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream::unfold};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use super::topic::Topic;
use crate::{App, extract::Viewing};

/// Something is sent at least this often, so that proxies keep the connection and a lost one is noticed.
const PING_EVERY: Duration = Duration::from_secs(15);
/// An event of its own with data in it: of a comment, and of an event without data, a page learns nothing (HTML, 9.2.6).
const PING: &str = "event: ping\ndata: {}\n\n";
/// Browsers come back after this many milliseconds when the connection ends.
const GREETING: &str = "retry: 3000\n\n";

struct Feed {
    app: App,
    viewing: Viewing,
    /// With what each said last.
    topics: Vec<(Topic, Bytes)>,
    ticks: watch::Receiver<u64>,
    greeted: bool,
}

/// Chunks of whole events, until the server stops or nothing is left that the caller may hear.
pub(super) fn feed(
    app: App,
    viewing: Viewing,
    topics: Vec<Topic>,
    ticks: watch::Receiver<u64>,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
    let topics = topics
        .into_iter()
        .map(|topic| (topic, Bytes::new()))
        .collect();
    let feed = Feed {
        app,
        viewing,
        topics,
        ticks,
        greeted: false,
    };
    unfold(feed, async |mut feed| {
        let chunk = feed.next().await?;
        Some((Ok(chunk), feed))
    })
}

impl Feed {
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            let mut first = GREETING.as_bytes().to_vec();
            first.extend_from_slice(&self.news());
            return Some(first.into());
        }
        // Ticks without news are no word.
        let due = Instant::now() + PING_EVERY;
        loop {
            if self.topics.is_empty() {
                return None;
            }
            match timeout_at(due, self.ticks.changed()).await {
                Ok(Ok(())) => {
                    if *self.ticks.borrow_and_update() == 0 {
                        return None;
                    }
                    let news = self.news();
                    if !news.is_empty() {
                        return Some(news);
                    }
                }
                Ok(Err(_)) => return None,
                Err(_) => return Some(Bytes::from_static(PING.as_bytes())),
            }
        }
    }

    /// The events of topics that say something else than before. What the caller may not hear (any more) is told and dropped.
    fn news(&mut self) -> Bytes {
        let tick = *self.ticks.borrow();
        let (app, viewing) = (&self.app, &self.viewing);
        let mut news: Vec<Bytes> = Vec::new();
        self.topics.retain_mut(|(topic, last)| {
            let Some(audience) = topic.audience(app, viewing) else {
                news.push(topic.closed(app, viewing));
                return false;
            };
            let render = || topic.event(app, viewing);
            let said = app.inner.ticker.said(tick, topic, audience, render);
            if said != *last {
                news.push(said.clone());
                *last = said;
            }
            true
        });
        if news.is_empty() {
            return Bytes::new();
        }
        // The id of an event is the server's time in milliseconds.
        let id = format!("id: {}\n", app.inner.clock.now().ms());
        let parts = news.iter().flat_map(|event| [id.as_bytes(), event]);
        parts.collect::<Vec<_>>().concat().into()
    }
}

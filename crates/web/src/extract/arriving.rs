//! A body of any size, as long as it keeps coming.
//!
//! A bound on the whole time would be one on the size. So what is bounded is the time that bytes are waited for: each 30 s of it must bring
//! 32 KiB, which is 9 kb/s. The time that this side takes to write is nobody's fault but its own and does not count.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout};

/// Waiting after which enough must have come.
const WINDOW: Duration = Duration::from_secs(30);
/// Bytes that are enough (bodies that trickle in and hold a place).
const WINDOW_BYTES: usize = 32 * 1024;
/// What is read of a body that was refused, so that its sender hears the answer and not a reset: as much as a part of our own page has.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;
/// Longest time for that.
const DRAIN: Duration = Duration::from_secs(10);

/// A body on its way.
pub(crate) struct Arriving {
    body: Body,
    waited: Duration,
    brought: usize,
}

/// Why no more of a body comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cut {
    #[error("the body comes too slowly")]
    TooSlow,
    #[error("the connection broke")]
    Broken,
}

impl Arriving {
    pub(crate) fn new(body: Body) -> Self {
        Self {
            body,
            waited: Duration::ZERO,
            brought: 0,
        }
    }

    /// The next bytes; `None` at the end. May be given up and asked again.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        loop {
            let began = Instant::now();
            let left = WINDOW.saturating_sub(self.waited);
            let frame = timeout(left, self.body.frame()).await;
            self.waited += began.elapsed();
            if self.waited >= WINDOW {
                if self.brought < WINDOW_BYTES {
                    return Some(Err(Cut::TooSlow));
                }
                (self.waited, self.brought) = (Duration::ZERO, 0);
            }
            match frame {
                Err(_) => {}
                Ok(None) => return None,
                Ok(Some(Err(_))) => return Some(Err(Cut::Broken)),
                Ok(Some(Ok(frame))) => {
                    // Trailers say nothing here.
                    if let Ok(bytes) = frame.into_data() {
                        self.brought += bytes.len();
                        return Some(Ok(bytes));
                    }
                }
            }
        }
    }

    /// The same as a stream.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Cut>> {
        futures_util::stream::unfold(self, |mut arriving| async {
            let next = arriving.next().await?;
            Some((next, arriving))
        })
    }

    /// Reads on for a while after a refusal.
    pub(crate) async fn drain(mut self) {
        let mut left = DRAIN_BYTES;
        let _ = timeout(DRAIN, async {
            while let Some(Ok(bytes)) = self.next().await {
                match left.checked_sub(bytes.len()) {
                    Some(less) => left = less,
                    None => return,
                }
            }
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    /// A body of so many pieces of this size, one each `every`.
    fn body(pieces: usize, size: usize, every: Duration) -> Arriving {
        let pieces = stream::unfold(pieces, move |left| async move {
            let left = left.checked_sub(1)?;
            tokio::time::sleep(every).await;
            Some((Ok::<_, Infallible>(Bytes::from(vec![0; size])), left))
        });
        Arriving::new(Body::from_stream(pieces))
    }

    async fn read(mut arriving: Arriving) -> Result<usize, Cut> {
        let mut length = 0;
        while let Some(bytes) = arriving.next().await {
            length += bytes?.len();
        }
        Ok(length)
    }

    #[tokio::test(start_paused = true)]
    async fn slow_uplink_may_take_a_day() {
        // 200 kb/s.
        let day = body(86_400, 25_000, Duration::from_secs(1));
        assert_eq!(read(day).await, Ok(86_400 * 25_000));
        // 16 kb/s, in bursts.
        let bursts = body(100, 50_000, Duration::from_secs(25));
        assert_eq!(read(bursts).await, Ok(100 * 50_000));
    }

    /// Abuse case A2.
    #[tokio::test(start_paused = true)]
    async fn body_that_trickles_in_is_cut() {
        let began = Instant::now();
        let trickle = body(86_400, 1, Duration::from_secs(1));
        assert_eq!(read(trickle).await, Err(Cut::TooSlow));
        assert_eq!(began.elapsed(), WINDOW);
        let silent = body(1, 1, Duration::from_secs(86_400));
        assert_eq!(read(silent).await, Err(Cut::TooSlow));
        assert_eq!(began.elapsed(), 2 * WINDOW);
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_this_side_takes_does_not_count() {
        let mut arriving = body(20, 100, Duration::from_secs(1));
        let mut count = 0;
        while let Some(bytes) = arriving.next().await {
            bytes.unwrap();
            count += 1;
            tokio::time::sleep(Duration::from_secs(600)).await;
        }
        assert_eq!(count, 20);
    }
}

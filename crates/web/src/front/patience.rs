//! One timer for a connection's life instead of one for each wait: it is set anew only when it would ring too late, and asked what is
//! due when it rings too early.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep};

/// How long a connection is waited for.
pub(super) struct Patience<'a> {
    timer: Pin<&'a mut Sleep>,
    until: Instant,
}

impl<'a> Patience<'a> {
    /// With a timer that rings whenever.
    pub(super) fn new(timer: Pin<&'a mut Sleep>) -> Self {
        let until = timer.deadline();
        Self { timer, until }
    }

    /// Waits this long from now.
    pub(super) fn begin(&mut self, bound: Duration) {
        self.until = Instant::now() + bound;
        if self.until < self.timer.deadline() {
            self.timer.as_mut().reset(self.until);
        }
    }

    /// Resolves once the time is over.
    pub(super) async fn over(&mut self) {
        loop {
            self.timer.as_mut().await;
            if self.until <= self.timer.deadline() {
                return;
            }
            self.timer.as_mut().reset(self.until);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_is_over_when_it_was_said_last_and_not_before() {
        let start = Instant::now();
        let timer = pin!(sleep(Duration::from_secs(10)));
        let mut patience = Patience::new(timer);
        // Longer than the timer: it rings in between, and goes on.
        patience.begin(Duration::from_secs(25));
        let early = timeout(Duration::from_secs(24), patience.over()).await;
        assert!(early.is_err());
        patience.over().await;
        assert_eq!(start.elapsed().as_secs(), 25);
        // Shorter than what it is set to.
        patience.begin(Duration::from_secs(60));
        let early = timeout(Duration::from_secs(1), patience.over()).await;
        assert!(early.is_err());
        patience.begin(Duration::from_secs(3));
        patience.over().await;
        assert_eq!(start.elapsed().as_secs(), 29);
    }
}
